"""Queue APIs deployed by the real ``cdk deploy``: what is refused before the queue, and what gets there once."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_aws.embedded import EmbeddedAws, Response
from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_patterns.messaging.queue_api import QueueApi
from aws_patterns.messaging.queue_api_options import Authorization, DeduplicateBy, IdempotentFifo

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "QueueApis")
schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["customer"],
    "properties": {
        "customer": {"type": "string"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 9},
        "note": {"type": "string"},
    },
}
quick = {"throttle_rate": 300, "throttle_burst": 300}
everybody = {"authorization": Authorization.OPEN_TO_EVERYONE, "account_log_role": False}
apis = {
    "Signed": QueueApi(stack, "Signed", schema=schema, removal_policy=cdk.RemovalPolicy.DESTROY),
    "Open": QueueApi(
        stack,
        "Open",
        schema=schema,
        maximum_message_bytes=2048,
        cors_origin="https://shop.example.org",
        removal_policy=cdk.RemovalPolicy.DESTROY,
        **quick,
        **everybody,
    ),
    "Keyed": QueueApi(
        stack,
        "Keyed",
        schema=schema,
        fifo=IdempotentFifo(group_field="customer"),
        removal_policy=cdk.RemovalPolicy.DESTROY,
        **quick,
        **everybody,
    ),
    "Bodies": QueueApi(
        stack,
        "Bodies",
        schema=schema,
        fifo=IdempotentFifo(group_field="customer", deduplicate_by=DeduplicateBy.BODY),
        removal_policy=cdk.RemovalPolicy.DESTROY,
        **quick,
        **everybody,
    ),
    "Gone": QueueApi(stack, "Gone", schema=schema, removal_policy=cdk.RemovalPolicy.DESTROY, **everybody),
    "Slow": QueueApi(
        stack,
        "Slow",
        schema=schema,
        throttle_rate=0.1,
        throttle_burst=3,
        removal_policy=cdk.RemovalPolicy.DESTROY,
        **everybody,
    ),
}
for name, api in apis.items():
    cdk.CfnOutput(stack, f"{name}Url", value=api.url)
    cdk.CfnOutput(stack, f"{name}Queue", value=api.queue.queue_url)
app.synth()
"""

JSON = {"Content-Type": "application/json"}
GOOD = {"customer": "ann", "quantity": 1}


@dataclass(frozen=True, slots=True)
class Api:
    """A deployed API and the queue behind it."""

    aws: EmbeddedAws
    url: str
    queue_url: str

    def post(self, body: object, headers: Mapping[str, str] = JSON, *, path: str = "") -> Response:
        sent = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.aws.http("POST", self.url + path, body=sent, headers=headers)

    def keyed(self, body: object, key: str, header: str = "Idempotency-Key") -> Response:
        return self.post(body, {**JSON, header: key})

    def messages(self) -> list[MessageTypeDef]:
        """Everything in the queue, in the order that SQS gives it out; deleted."""
        sqs = self.aws.client("sqs")
        found: list[MessageTypeDef] = []
        while messages := sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            found += messages
            for message in messages:
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def deployed(
    session_aws: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Api]]:
    folder = tmp_path_factory.mktemp("queue_apis")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws.deploy("QueueApis", app=app, folder=folder)
    yield lambda name: Api(session_aws, outputs[f"{name}Url"], outputs[f"{name}Queue"])
    session_aws.destroy("QueueApis", app=app, folder=folder)


@pytest.fixture
def api(deployed: Callable[[str], Api]) -> Callable[[str], Api]:
    """An API by its name, with nothing in its queue."""

    def choose(name: str) -> Api:
        found = deployed(name)
        found.messages()
        return found

    return choose


def test_what_is_accepted_is_in_the_queue_under_the_id_that_was_told(api: Callable[[str], Api]) -> None:
    shop = api("Open")
    body = '{ "customer": "a&b=c+d %7B caf\u00e9 \U0001f408 \\"\\n",  "quantity": 3 }'
    reply = shop.post(body.encode())
    assert reply.status == 202, reply.text
    (message,) = shop.messages()
    assert message["Body"] == body, "byte for byte"
    assert reply.json() == {"Status": "Accepted", "MessageId": message["MessageId"]}


@pytest.mark.parametrize(
    ("body", "headers", "path", "status"),
    [
        (b"", JSON, "", 400),
        (b"{customer", JSON, "", 400),
        (b"[]", JSON, "", 400),
        (b'"text"', JSON, "", 400),
        (b"null", JSON, "", 400),
        (b"\xff\xfe", JSON, "", 400),
        (b"{}", JSON, "", 400),
        (b'{"customer": 7}', JSON, "", 400),
        (b'{"customer": null}', JSON, "", 400),
        (b'{"customer": "ann", "quantity": 0}', JSON, "", 400),
        (b'{"customer": "ann", "quantity": 1.5}', JSON, "", 400),
        (b'{"customer": "ann", "quantity": "1"}', JSON, "", 400),
        (b'{"customer": "ann", "Action": "DeleteQueue"}', JSON, "", 400),
        (b'{"customer": "ann"} trailing', JSON, "", 400),
        (b"[" * 100_000, JSON, "", 400),
        (b'{"customer": "ann"}', {"Content-Type": "text/plain"}, "", 415),
        (b"Action=PurgeQueue", {"Content-Type": "application/x-www-form-urlencoded"}, "", 400),
        (b'{"customer": "ann"}', JSON, "/elsewhere", 404),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason_and_never_reaches_the_queue(
    *, api: Callable[[str], Api], body: bytes, headers: Mapping[str, str], path: str, status: int
) -> None:
    shop = api("Open")
    reply = shop.post(body, headers, path=path)
    assert reply.status == status, reply.text
    assert reply.headers["content-type"].startswith("application/json")
    answer = reply.json()
    assert answer["Status"] == "Error"
    assert answer["Reason"]
    assert shop.messages() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nothing_but_sending_is_offered(api: Callable[[str], Api], method: str) -> None:
    shop = api("Open")
    shop.post(GOOD)
    reply = shop.aws.http(method, shop.url, headers=JSON)
    assert (reply.status, reply.json()) == (
        404,
        {"Status": "Error", "Reason": "No such resource or method: use POST /messages"},
    )
    assert len(shop.messages()) == 1


def test_nothing_in_a_body_becomes_another_parameter_of_the_request_to_sqs(api: Callable[[str], Api]) -> None:
    keyed = api("Keyed")
    body = {"customer": "a&MessageDeduplicationId=b", "note": "&Action=PurgeQueue&DelaySeconds=900&MessageBody=other"}
    assert keyed.keyed(body, "key&MessageGroupId=b").status == 202
    (message,) = keyed.messages()
    assert json.loads(message["Body"]) == body
    assert message["Attributes"]["MessageGroupId"] == "a&MessageDeduplicationId=b"
    assert message["Attributes"]["MessageDeduplicationId"] == "key&MessageGroupId=b"


def test_a_message_at_the_limit_is_stored_and_one_above_is_refused_with_the_limit(api: Callable[[str], Api]) -> None:
    shop = api("Open")
    around = len(json.dumps({"customer": "ann", "note": ""}))
    assert shop.post({"customer": "ann", "note": "x" * (2048 - around)}).status == 202
    reply = shop.post({"customer": "ann", "note": "x" * (2049 - around)})
    assert (reply.status, reply.json()) == (
        400,
        {"Status": "Error", "Reason": "The queue refused the message: it is over 2048 bytes"},
    )
    assert len(shop.messages()) == 1


def test_a_spike_of_requests_is_stored_whole(api: Callable[[str], Api]) -> None:
    shop = api("Open")

    def send(number: int) -> str:
        for _ in range(50):
            reply = shop.post({"customer": f"customer-{number}"})
            if reply.status != 429:
                assert reply.status == 202, reply.text
                return str(reply.json()["MessageId"])
            assert reply.headers["retry-after"] == "5"
        raise AssertionError("throttled for ever")

    with ThreadPoolExecutor(16) as clients:
        told = list(clients.map(send, range(500)))
    messages = shop.messages()
    assert sorted(message["MessageId"] for message in messages) == sorted(told)
    assert {json.loads(message["Body"])["customer"] for message in messages} == {f"customer-{n}" for n in range(500)}


def test_a_flood_is_held_back_before_the_queue(api: Callable[[str], Api]) -> None:
    slow = api("Slow")
    replies = [slow.post(GOOD) for _ in range(10)]
    assert Counter(reply.status for reply in replies) == {202: 3, 429: 7}
    refused = replies[-1]
    assert refused.headers["retry-after"] == "5"
    assert refused.json() == {
        "Status": "Error",
        "Reason": "Too many requests at the moment: try again in a few seconds",
    }
    assert len(slow.messages()) == 3


def test_who_does_not_sign_is_refused_before_the_queue(api: Callable[[str], Api]) -> None:
    signed = api("Signed")
    reply = signed.post(GOOD)
    assert (reply.status, reply.json()) == (
        403,
        {
            "Status": "Error",
            "Reason": "The request carries no credentials, or this is no resource: use POST /messages",
        },
    )
    assert signed.messages() == []


@pytest.mark.parametrize("header", ["Idempotency-Key", "idempotency-key"])
def test_the_same_key_is_the_same_message(api: Callable[[str], Api], header: str) -> None:
    keyed, key = api("Keyed"), secrets.token_hex(32)
    first, again = (keyed.keyed(GOOD, key, header) for _ in range(2))
    assert (first.status, again.status) == (202, 202)
    other = keyed.keyed(GOOD, secrets.token_hex(32), header)
    ids = [message["MessageId"] for message in keyed.messages()]
    assert ids == [first.json()["MessageId"], other.json()["MessageId"]]


def test_a_request_without_a_key_is_refused_before_the_queue(api: Callable[[str], Api]) -> None:
    keyed = api("Keyed")
    reply = keyed.post(GOOD)
    assert (reply.status, reply.json()) == (
        400,
        {
            "Status": "Error",
            "Reason": "The header Idempotency-Key is missing: the same key says that it is the same message",
        },
    )
    assert keyed.messages() == []


@pytest.mark.parametrize("customer", ["", "white space", "caf\u00e9", "c" * 129])
def test_a_group_that_sqs_would_not_take_is_refused_before_the_queue(api: Callable[[str], Api], customer: str) -> None:
    bodies = api("Bodies")
    reply = bodies.post({"customer": customer})
    assert (reply.status, reply.json()["Reason"]) == (400, "The body does not fit the schema of this API")
    assert bodies.messages() == []


def test_the_same_body_is_the_same_message(api: Callable[[str], Api]) -> None:
    bodies = api("Bodies")
    note = secrets.token_hex(8)
    for body in ({**GOOD, "note": note}, {**GOOD, "note": note}, {**GOOD, "note": f"{note}!"}):
        assert bodies.post(body).status == 202
    assert [json.loads(message["Body"])["note"] for message in bodies.messages()] == [note, f"{note}!"]


def test_each_customers_messages_keep_their_order(api: Callable[[str], Api]) -> None:
    bodies, run = api("Bodies"), secrets.token_hex(8)

    def shop(customer: str) -> None:
        for number in range(30):
            assert bodies.post({"customer": customer, "note": f"{run} {number}"}).status == 202

    customers = ["ann", "bob", "cy", "dee"]
    with ThreadPoolExecutor(4) as clients:
        list(clients.map(shop, customers))
    messages = bodies.messages()
    for customer in customers:
        notes = [
            json.loads(message["Body"])["note"]
            for message in messages
            if message["Attributes"]["MessageGroupId"] == customer
        ]
        assert notes == [f"{run} {number}" for number in range(30)]


def test_the_page_that_was_named_may_send_and_read_the_replies(api: Callable[[str], Api]) -> None:
    shop = api("Open")
    asked = {
        "Origin": "https://shop.example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,idempotency-key",
    }
    preflight = shop.aws.http("OPTIONS", shop.url, headers=asked)
    assert preflight.status in {200, 204}
    assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]
    replies = [preflight, shop.post(GOOD), shop.post({}), shop.post(GOOD, path="/elsewhere")]
    for reply in replies:
        assert reply.headers["access-control-allow-origin"] == "https://shop.example.org"


def test_no_page_may_send_where_none_was_named(api: Callable[[str], Api]) -> None:
    bodies = api("Bodies")
    for reply in (bodies.post(GOOD), bodies.post({}), bodies.aws.http("OPTIONS", bodies.url)):
        assert "access-control-allow-origin" not in reply.headers


def test_what_is_not_stored_is_to_be_sent_again_and_raises_the_alarm(deployed: Callable[[str], Api]) -> None:
    """SQS answers 400 for a queue that is gone as for a message that is too large: only one is the sender's to mend."""
    gone = deployed("Gone")
    gone.aws.client("sqs").delete_queue(QueueUrl=gone.queue_url)
    reply = gone.post(GOOD)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert reply.json() == {
        "Status": "Error",
        "Reason": "The message was not stored: please send it again in a few seconds",
    }
    alarms = gone.aws.client("cloudwatch")

    def in_alarm() -> bool:
        found = alarms.describe_alarms(StateValue="ALARM")["MetricAlarms"]
        return any("Gone" in alarm["AlarmName"] and "ServerErrors" in alarm["AlarmName"] for alarm in found)

    eventually(in_alarm, "alarm about messages that were not accepted")
