"""The rules of the way back are set and removed, and nobody else's are touched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from bucket_replication_back.gateway import Gateway
from bucket_replication_back.handler import handle, settle
from bucket_replication_back.logic import Wanted, are_ours
from custom_resource.logic import InvalidRequestError
from tests.functions.cloudformation_mailbox import Mailbox, told

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_s3 import S3Client

BUCKET, REGION, ROLE = "orders-copy", "eu-west-3", "arn:aws:iam::111122223333:role/back"
ID = "back-from-eu-west-3"
RULE = {
    "ID": ID,
    "Priority": 1,
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "DeleteMarkerReplication": {"Status": "Enabled"},
    "Destination": {"Bucket": "arn:aws:s3:::orders", "StorageClass": "STANDARD"},
}
PROPERTIES = {"Bucket": BUCKET, "Region": REGION, "Role": ROLE, "Rules": json.dumps([RULE])}
KNOWN = f"{REGION}/{BUCKET}"
NO_RULES = "ReplicationConfigurationNotFoundError"


@pytest.fixture(autouse=True)
def asked(mailbox: Mailbox) -> None:
    mailbox.properties = PROPERTIES


class Connected(Gateway):
    """A gateway whose client is known, and which notes where it asks."""

    def __init__(self, client: S3Client) -> None:
        self.known = client
        self.asked: set[str] = set()

    def client(self, region: str) -> S3Client:
        self.asked.add(region)
        return self.known


@dataclass
class Aws:
    """S3 that expects certain calls, in order, and no others."""

    gateway: Connected
    stubber: Stubber

    def has(self, ids: Sequence[str]) -> None:
        if not ids:
            self.refuses("get", NO_RULES)
            return
        rules = [{"ID": id, "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::x"}} for id in ids]
        configuration = {"ReplicationConfiguration": {"Role": ROLE, "Rules": rules}}
        self.stubber.add_response("get_bucket_replication", configuration, {"Bucket": BUCKET})

    def takes(self) -> None:
        expected = {"Bucket": BUCKET, "ReplicationConfiguration": {"Role": ROLE, "Rules": [RULE]}}
        self.stubber.add_response("put_bucket_replication", {}, expected)

    def drops(self) -> None:
        self.stubber.add_response("delete_bucket_replication", {}, {"Bucket": BUCKET})

    def refuses(self, verb: str, code: str, *, times: int = 1) -> None:
        for _ in range(times):
            self.stubber.add_client_error(f"{verb}_bucket_replication", code, "no")


@pytest.fixture
def aws(waited: list[float]) -> Iterator[Aws]:
    client = boto3.session.Session("test", "test", region_name=REGION).client("s3")
    with Stubber(client) as stubber:
        yield Aws(Connected(client), stubber)
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("kind", ["Create", "Update"])
@pytest.mark.parametrize("before", [[], [ID]])
def test_the_rules_are_set_in_the_region_of_the_copies(
    aws: Aws, mailbox: Mailbox, kind: str, before: list[str]
) -> None:
    aws.has(before)
    aws.takes()
    settle(aws.gateway, mailbox.request(kind))
    assert mailbox.answers == [told(KNOWN)]
    assert aws.gateway.asked == {REGION}


def test_rules_of_somebody_else_are_not_written_over(aws: Aws, mailbox: Mailbox) -> None:
    aws.has([ID, "theirs", "another"])
    settle(aws.gateway, mailbox.request("Create"))
    reason = (
        "orders-copy in eu-west-3 has replication rules of somebody else: another, theirs. Remove them, or copy to "
        "another bucket"
    )
    assert mailbox.answers == [told(KNOWN, reason=reason)]


def test_a_deletion_removes_them(aws: Aws, mailbox: Mailbox) -> None:
    aws.has([ID])
    aws.drops()
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    assert mailbox.answers == [told(KNOWN)]


@pytest.mark.parametrize("found", [[], ["theirs"], [ID, "theirs"]])
def test_a_deletion_removes_nothing_else(aws: Aws, mailbox: Mailbox, found: list[str]) -> None:
    aws.has(found)
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    assert mailbox.answers == [told(KNOWN)]


@pytest.mark.parametrize("when", ["get", "delete"])
def test_a_bucket_that_is_gone_holds_nothing_up(aws: Aws, mailbox: Mailbox, when: str) -> None:
    if when == "delete":
        aws.has([ID])
    aws.refuses(when, "NoSuchBucket")
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    assert mailbox.answers == [told(KNOWN)]


def test_without_a_bucket_nothing_can_be_set(aws: Aws, mailbox: Mailbox) -> None:
    aws.refuses("get", "NoSuchBucket")
    aws.refuses("put", "NoSuchBucket")
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [told(KNOWN, reason="orders-copy in eu-west-3: NoSuchBucket: no")]


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidRequest", "OperationAborted"])
def test_what_passes_by_itself_is_waited_for(aws: Aws, mailbox: Mailbox, waited: list[float], code: str) -> None:
    aws.has([])
    aws.refuses("put", code, times=4)
    aws.takes()
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [told(KNOWN)]
    assert waited == [1, 2, 4, 8]


def test_what_does_not_pass_is_told_to_whoever_deploys(aws: Aws, mailbox: Mailbox) -> None:
    aws.has([])
    aws.refuses("put", "InvalidRequest", times=5)
    settle(aws.gateway, mailbox.request("Create"))
    assert mailbox.answers == [told(KNOWN, reason="orders-copy in eu-west-3: InvalidRequest: no")]


def test_a_region_that_does_not_answer_is_told(
    aws: Aws, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, waited: list[float]
) -> None:
    def call(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(aws.gateway.known, "get_bucket_replication", call)
    settle(aws.gateway, mailbox.request("Delete", PhysicalResourceId=KNOWN))
    reason = 'orders-copy in eu-west-3: Could not connect to the endpoint URL: "https://s3"'
    assert mailbox.answers == [told(KNOWN, reason=reason)]
    assert waited == []


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({}, "the property Bucket must be a text, got None"),
        ({**PROPERTIES, "Region": ""}, "the property Region must be a text, got ''"),
        ({**PROPERTIES, "Role": 1}, "the property Role must be a text, got 1"),
        *(
            ({**PROPERTIES, "Rules": rules}, "the property Rules must be a JSON list of rules, each with an ID")
            for rules in ("{", "[]", "{}", "[1]", '[{"Id": "x"}]', "[" * 100_000)
        ),
    ],
)
def test_a_request_for_no_rules_is_refused(mailbox: Mailbox, properties: object, problem: str) -> None:
    settle(Gateway(), mailbox.request("Create", ResourceProperties=properties))
    assert mailbox.answers == [told("no-bucket", reason=problem)]


def test_what_was_never_set_is_deleted_without_a_question(mailbox: Mailbox) -> None:
    """CloudFormation deletes what it failed to create, with the properties that were refused."""
    settle(Gateway(), mailbox.request("Delete", ResourceProperties={}, PhysicalResourceId="no-bucket"))
    assert mailbox.answers == [told("no-bucket")]


def test_a_request_of_no_known_kind_is_refused(mailbox: Mailbox) -> None:
    settle(Gateway(), mailbox.request("Look"))
    reason = "RequestType must be Create, Update or Delete, got 'Look'"
    assert mailbox.answers == [told(KNOWN, reason=reason)]


@given(st.dictionaries(st.sampled_from(["Bucket", "Region", "Role", "Rules", "More"]), st.text() | st.integers()))
def test_whatever_is_asked_for_is_rules_or_refused(properties: dict[str, object]) -> None:
    with suppress(InvalidRequestError):
        assert Wanted.of(properties).ids


@given(st.sets(st.sampled_from([ID, "theirs", "another"])))
def test_only_what_is_all_ours_is_removed(found: set[str]) -> None:
    assert are_ours(Wanted.of(PROPERTIES), found) == (found == {ID})


def test_lambda_calls_it_and_the_log_holds_no_address(
    aws: Aws,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    context: LambdaContext,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws.has([])
    aws.takes()
    monkeypatch.setattr("bucket_replication_back.handler.Gateway", lambda: aws.gateway)
    handle(mailbox.request("Create"), context)
    assert mailbox.answers == [told(KNOWN)]
    assert "signature" not in "".join(capsys.readouterr())


def test_the_client_is_of_the_region_asked_for() -> None:
    assert Gateway().client("ap-southeast-2").meta.region_name == "ap-southeast-2"
