"""Processes are suspended and resumed as CloudFormation asks, and CloudFormation always gets an answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from custom_resource.logic import InvalidRequestError
from fleet_suspended_processes.gateway import Gateway
from fleet_suspended_processes.handler import handle, logger, settle
from fleet_suspended_processes.logic import Verb, Wanted, changes
from tests.functions.cloudformation_mailbox import Mailbox, told

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

GROUP = "Web-Group-1"
KNOWN = "suspended-processes-of-Web-Group-1"


def properties(*processes: str, group: str = GROUP) -> dict[str, object]:
    return {"GroupName": group, "Processes": list(processes)}


@pytest.fixture(autouse=True)
def asked(mailbox: Mailbox) -> None:
    mailbox.properties = properties("AZRebalance", "HealthCheck")


@dataclass
class Aws:
    """Auto Scaling that expects certain calls, in order, and no others."""

    gateway: Gateway
    stubber: Stubber

    def expects(self, operation: str, *processes: str, group: str = GROUP) -> None:
        sent = {"AutoScalingGroupName": group, "ScalingProcesses": list(processes)}
        self.stubber.add_response(f"{operation}_processes", {}, sent)

    def refuses(self, operation: str, code: str, message: str, *, times: int = 1) -> None:
        for _ in range(times):
            self.stubber.add_client_error(f"{operation}_processes", code, message)


@pytest.fixture
def aws(waited: list[float]) -> Iterator[Aws]:
    client = boto3.session.Session("test", "test", region_name="eu-west-1").client("autoscaling")
    with Stubber(client) as stubber:
        yield Aws(Gateway(client), stubber)
        stubber.assert_no_pending_responses()


def succeeded(**more: object) -> dict[str, object]:
    return {**told(KNOWN), **more}


def failed(reason: str) -> dict[str, object]:
    return told(KNOWN, reason=reason)


def test_a_new_resource_suspends(aws: Aws, mailbox: Mailbox) -> None:
    aws.expects("suspend", "AZRebalance", "HealthCheck")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [succeeded()]


def test_a_changed_one_suspends_what_is_new_and_resumes_only_what_it_had_suspended(aws: Aws, mailbox: Mailbox) -> None:
    aws.expects("suspend", "AZRebalance", "HealthCheck")
    aws.expects("resume", "Launch", "Terminate")
    before = properties("Terminate", "HealthCheck", "Launch")
    settle(aws.gateway, mailbox.request("Update", PhysicalResourceId=KNOWN, OldResourceProperties=before))
    assert mailbox.answers == [succeeded()]


def test_a_group_in_anothers_place_makes_another_resource_so_that_the_former_is_deleted(
    aws: Aws, mailbox: Mailbox
) -> None:
    aws.expects("suspend", "AZRebalance", "HealthCheck")
    before = properties("Launch", group="Web-Group-0")
    former = "suspended-processes-of-Web-Group-0"
    settle(aws.gateway, mailbox.request("Update", PhysicalResourceId=former, OldResourceProperties=before))
    assert mailbox.answers == [succeeded()]

    aws.expects("resume", "Launch", group="Web-Group-0")
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=former, ResourceProperties=before))
    assert mailbox.answers[1] == succeeded(PhysicalResourceId=former)


def test_a_deleted_one_resumes(aws: Aws, mailbox: Mailbox) -> None:
    aws.expects("resume", "AZRebalance", "HealthCheck")
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    assert mailbox.answers == [succeeded()]


def test_a_group_that_is_gone_has_nothing_to_resume(aws: Aws, mailbox: Mailbox) -> None:
    aws.refuses("resume", "ValidationError", "AutoScalingGroup name not found - AutoScalingGroup Web not found")
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    assert mailbox.answers == [succeeded()]


def test_a_group_that_is_not_there_can_not_be_suspended(aws: Aws, mailbox: Mailbox) -> None:
    aws.refuses("suspend", "ValidationError", "AutoScalingGroup name not found")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed("ValidationError: AutoScalingGroup name not found")]


@pytest.mark.parametrize("code", ["ResourceInUse", "ResourceContention", "ScalingActivityInProgress", "AccessDenied"])
def test_what_passes_by_itself_is_waited_for(aws: Aws, mailbox: Mailbox, waited: list[float], code: str) -> None:
    aws.refuses("suspend", code, "a moment, please", times=4)
    aws.expects("suspend", "AZRebalance", "HealthCheck")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [succeeded()]
    assert waited == [1, 2, 4, 8]


def test_what_does_not_pass_is_told_to_whoever_deploys(aws: Aws, mailbox: Mailbox, waited: list[float]) -> None:
    aws.refuses("suspend", "AccessDenied", "not authorized", times=5)
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed("AccessDenied: not authorized")]
    assert sum(waited) < 30


def test_other_refusals_are_told_at_once(aws: Aws, mailbox: Mailbox, waited: list[float]) -> None:
    aws.refuses("suspend", "ValidationError", "1 validation error detected")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed("ValidationError: 1 validation error detected")]
    assert waited == []


def test_connection_trouble_is_told(aws: Aws, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://autoscaling")

    monkeypatch.setattr(aws.gateway._client, "suspend_processes", call)
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed('Could not connect to the endpoint URL: "https://autoscaling"')]


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        {"GroupName": GROUP},
        {"GroupName": GROUP, "Processes": []},
        {"GroupName": GROUP, "Processes": "Launch"},
        {"GroupName": GROUP, "Processes": ["Launch", ""]},
        {"GroupName": GROUP, "Processes": ["Launch", 3]},
        {"GroupName": GROUP, "Processes": ["Launch", "Launch"]},
        {"GroupName": "", "Processes": ["Launch"]},
        {"GroupName": ["a"], "Processes": ["Launch"]},
    ],
)
def test_properties_that_are_none_are_refused_and_answered(aws: Aws, mailbox: Mailbox, wrong: object) -> None:
    settle(aws.gateway, mailbox.request("Create", ResourceProperties=wrong))
    (answer,) = mailbox.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "the properties must be GroupName, and Processes that differ and are not empty"
    assert answer["PhysicalResourceId"] == "suspended-processes-of-nothing"


def test_a_wrong_change_keeps_the_id_or_the_resource_would_be_deleted(aws: Aws, mailbox: Mailbox) -> None:
    settle(
        aws.gateway,
        mailbox.request("Update", PhysicalResourceId=KNOWN, ResourceProperties={}, OldResourceProperties={}),
    )
    assert mailbox.answers[0]["PhysicalResourceId"] == KNOWN


def test_the_entry_point_answers_and_keeps_the_address_out_of_the_log(
    aws: Aws,
    mailbox: Mailbox,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capture: Callable[[], str],
) -> None:
    monkeypatch.setattr("fleet_suspended_processes.handler._gateway", lambda: aws.gateway)
    aws.expects("suspend", "AZRebalance", "HealthCheck")
    handle(mailbox.request("Create"), context)
    assert mailbox.answers == [succeeded()]
    assert "processes changed" in capture()
    assert "secret" not in capture()


@pytest.fixture
def capture() -> Iterator[Callable[[], str]]:
    """What the function has logged."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(logger.registered_formatter.format(record))

    keep = Keep()
    logger.addHandler(keep)
    yield lambda: "\n".join(written)
    logger._logger.removeHandler(keep)


PROCESSES = st.lists(st.sampled_from(["Launch", "Terminate", "HealthCheck", "AZRebalance"]), min_size=1, unique=True)


@given(before=PROCESSES, after=PROCESSES, by_hand=st.sets(st.sampled_from(["Launch", "InstanceRefresh"])))
def test_after_any_change_exactly_what_is_wanted_and_what_was_done_by_hand_is_suspended(
    before: Sequence[str], after: Sequence[str], by_hand: set[str]
) -> None:
    suspended = set(by_hand)

    def run(**event: object) -> None:
        for change in changes(event):
            assert change.processes, "none would be taken for all"
            if change.verb is Verb.SUSPEND:
                suspended.update(change.processes)
            else:
                suspended.difference_update(change.processes)

    run(RequestType="Create", ResourceProperties=properties(*before))
    assert suspended == {*before, *by_hand}
    update = {
        "RequestType": "Update",
        "ResourceProperties": properties(*after),
        "OldResourceProperties": properties(*before),
    }
    run(**update)
    run(**update)
    assert suspended == {*after, *(by_hand - set(before))}
    run(RequestType="Delete", ResourceProperties=properties(*after))
    assert suspended == by_hand - set(before) - set(after)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_is_sent_is_understood_or_refused(value: object) -> None:
    try:
        wanted = Wanted.of(value)
    except InvalidRequestError:
        return
    assert wanted.processes
