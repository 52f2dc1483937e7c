"""The primary of a key is found by its name, and CloudFormation always gets an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from custom_resource.logic import RefusedError
from regional_key_lookup.gateway import Gateway
from regional_key_lookup.handler import handle, settle
from regional_key_lookup.logic import Wanted, primary_arn
from tests.functions.cloudformation_mailbox import Mailbox, told

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_kms import KMSClient

PRIMARY = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1"
REPLICA = "arn:aws:kms:eu-west-3:111122223333:key/mrk-1"
KNOWN = "eu-west-1/alias/orders"
PROPERTIES = {"Alias": "alias/orders", "Region": "eu-west-1"}


@pytest.fixture(autouse=True)
def asked(mailbox: Mailbox) -> None:
    mailbox.properties = PROPERTIES


class Connected(Gateway):
    """A gateway whose client is known, and which notes where it asks."""

    def __init__(self, client: KMSClient) -> None:
        self.known = client
        self.asked: list[str] = []

    def client(self, region: str) -> KMSClient:
        self.asked.append(region)
        return self.known


@dataclass
class Aws:
    """KMS that expects certain calls, in order, and no others."""

    gateway: Connected
    stubber: Stubber

    def knows(self, *, kind: str = "PRIMARY", multi_region: bool = True) -> None:
        configuration = {
            "MultiRegionKeyType": kind,
            "PrimaryKey": {"Arn": PRIMARY, "Region": "eu-west-1"},
            "ReplicaKeys": [{"Arn": REPLICA, "Region": "eu-west-3"}],
        }
        metadata: dict[str, object] = {"KeyId": "mrk-1", "Arn": PRIMARY, "MultiRegion": multi_region}
        if multi_region:
            metadata["MultiRegionConfiguration"] = configuration
        self.stubber.add_response("describe_key", {"KeyMetadata": metadata}, {"KeyId": "alias/orders"})

    def refuses(self, code: str, message: str, *, times: int = 1) -> None:
        for _ in range(times):
            self.stubber.add_client_error("describe_key", code, message)


@pytest.fixture
def aws(waited: list[float]) -> Iterator[Aws]:
    client = boto3.session.Session("test", "test", region_name="eu-west-1").client("kms")
    with Stubber(client) as stubber:
        yield Aws(Connected(client), stubber)
        stubber.assert_no_pending_responses()


def succeeded(**more: object) -> dict[str, object]:
    return {**told(KNOWN, data={"Arn": PRIMARY}), **more}


def failed(reason: str) -> dict[str, object]:
    return told(KNOWN, reason=reason)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_the_primary_is_told(aws: Aws, mailbox: Mailbox, kind: str) -> None:
    aws.knows()
    settle(aws.gateway, mailbox.request(kind))
    assert mailbox.answers == [succeeded()]
    assert aws.gateway.asked == ["eu-west-1"]


def test_where_the_name_means_a_replica_the_primary_is_told_too(aws: Aws, mailbox: Mailbox) -> None:
    """After the Regions have changed places."""
    aws.knows(kind="REPLICA")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [succeeded()]


def test_a_key_of_one_region_is_refused(aws: Aws, mailbox: Mailbox) -> None:
    aws.knows(multi_region=False)
    settle(aws.gateway, mailbox.request("Create"))
    reason = "alias/orders in eu-west-1 is not a multi-Region key: it can't be replicated"
    assert mailbox.answers == [failed(reason)]


def test_nothing_is_asked_for_a_deletion(aws: Aws, mailbox: Mailbox) -> None:
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    assert mailbox.answers == [succeeded(Data={})]
    assert aws.gateway.asked == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException"])
def test_what_passes_by_itself_is_waited_for(aws: Aws, mailbox: Mailbox, waited: list[float], code: str) -> None:
    aws.refuses(code, "a moment, please", times=4)
    aws.knows()
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [succeeded()]
    assert waited == [1, 2, 4, 8]


def test_what_does_not_pass_is_told_to_whoever_deploys(aws: Aws, mailbox: Mailbox, waited: list[float]) -> None:
    aws.refuses("NotFoundException", "Alias is not found.", times=5)
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed("alias/orders in eu-west-1: NotFoundException: Alias is not found.")]
    assert sum(waited) < 30


def test_other_refusals_are_told_at_once(aws: Aws, mailbox: Mailbox, waited: list[float]) -> None:
    aws.refuses("InvalidArnException", "no")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed("alias/orders in eu-west-1: InvalidArnException: no")]
    assert waited == []


def test_connection_trouble_is_told(aws: Aws, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://kms")

    monkeypatch.setattr(aws.gateway.known, "describe_key", call)
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [failed('Could not connect to the endpoint URL: "https://kms"')]


@pytest.mark.parametrize(
    "properties",
    [None, {}, {"Alias": "alias/x"}, {"Alias": "x", "Region": "eu-west-1"}, {"Alias": "alias/x", "Region": ""}],
)
def test_a_request_for_no_key_is_refused(mailbox: Mailbox, properties: object) -> None:
    settle(Gateway(), mailbox.request("Create", ResourceProperties=properties))
    (answer,) = mailbox.answers
    assert answer["Reason"] == "the properties must be Alias, which begins with alias/, and Region"
    assert answer["PhysicalResourceId"] == "no-key"


@given(st.dictionaries(st.text(), st.none() | st.text() | st.dictionaries(st.text(), st.text())))
def test_whatever_kms_says_is_a_primary_or_a_refusal(metadata: dict[str, object]) -> None:
    with suppress(RefusedError):
        assert primary_arn(Wanted(alias="alias/x", region="eu-west-1"), metadata)


def test_lambda_calls_it_and_the_log_holds_no_address(
    aws: Aws,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    context: LambdaContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws.knows()
    monkeypatch.setattr("regional_key_lookup.handler.Gateway", lambda: aws.gateway)
    handle(mailbox.request("Create"), context)
    assert mailbox.answers == [succeeded()]
    assert "signature" not in "".join(capsys.readouterr())


def test_the_client_is_of_the_region_asked_for() -> None:
    assert Gateway().client("ap-southeast-2").meta.region_name == "ap-southeast-2"
