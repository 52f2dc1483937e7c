"""CloudFormation always gets an answer, about the resource that it asked about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.error import HTTPError

import pytest

from custom_resource import handler
from custom_resource.logic import InvalidRequestError, RefusedError, answer, physical_id, request_type
from tests.functions.cloudformation_mailbox import Mailbox, told


@pytest.fixture(autouse=True)
def _no_waiting(waited: list[float]) -> None:
    """No time goes by in any of these."""


def identify(properties: object) -> str:
    if isinstance(properties, Mapping) and "Name" in properties:
        return f"thing-{properties['Name']}"
    raise InvalidRequestError("the properties must be Name")


def thing_id(event: Mapping[str, object]) -> object:
    return physical_id(event, identify, of_nothing="no-thing")


def settle(event: Mapping[str, object], error: Exception | None = None) -> None:
    def act(_event: Mapping[str, object]) -> dict[str, object]:
        if error:
            raise error
        return {"Size": "3"}

    handler.settle(event, act, thing_id)


@pytest.fixture
def box(mailbox: Mailbox) -> Mailbox:
    mailbox.properties = {"Name": "a"}
    return mailbox


def test_what_was_done_is_told_with_what_templates_may_read(box: Mailbox) -> None:
    settle(box.request("Create"))
    assert box.answers == [told("thing-a", data={"Size": "3"})]


def test_the_answer_has_the_content_type_that_its_address_is_signed_for(box: Mailbox) -> None:
    settle(box.request("Create"))
    assert box.content_types == [""]


@pytest.mark.parametrize("error", [RefusedError("no such thing"), InvalidRequestError("no such thing")])
def test_why_it_was_not_done_is_told_to_whoever_deploys(box: Mailbox, error: Exception) -> None:
    settle(box.request("Create"), error)
    assert box.answers == [told("thing-a", reason="no such thing")]


def test_even_a_mistake_of_our_own_is_answered_without_its_text(box: Mailbox) -> None:
    settle(box.request("Create"), KeyError("secret"))
    assert box.answers == [told("thing-a", reason="KeyError: see the function's log")]


def test_an_answer_that_does_not_arrive_is_sent_again(box: Mailbox, waited: list[float]) -> None:
    box.refuse = 4
    settle(box.request("Create"))
    assert box.answers == [told("thing-a", data={"Size": "3"})]
    assert waited == [1, 2, 4, 8]


def test_an_answer_that_can_not_be_delivered_fails_the_function_so_that_lambda_runs_it_again(box: Mailbox) -> None:
    box.refuse = 5
    with pytest.raises(HTTPError):
        settle(box.request("Create"))


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_other_properties_make_another_resource(kind: str) -> None:
    event = {"RequestType": kind, "PhysicalResourceId": "thing-before", "ResourceProperties": {"Name": "b"}}
    assert thing_id(event) == "thing-b"


def test_what_is_deleted_is_what_it_was() -> None:
    event = {"RequestType": "Delete", "PhysicalResourceId": "thing-before", "ResourceProperties": {"Name": "b"}}
    assert thing_id(event) == "thing-before"


def test_what_is_not_understood_keeps_its_id_or_the_resource_would_be_deleted() -> None:
    assert thing_id({"RequestType": "Update", "PhysicalResourceId": "thing-before"}) == "thing-before"
    assert thing_id({"RequestType": "Create"}) == "no-thing"


@pytest.mark.parametrize("kind", ["Replace", None, 3])
def test_a_request_of_no_known_kind_is_refused(kind: object) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        request_type({"RequestType": kind})
    assert str(refused.value) == f"RequestType must be Create, Update or Delete, got {kind!r}"


def test_a_long_reason_is_cut_to_what_cloudformation_takes() -> None:
    assert len(json.dumps(answer({}, physical_id="a", reason="Why? " * 1_000))) < 4_096
