"""Real boto3 clients whose requests never leave the process, and what a Lambda function is given to run with."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeAlias, cast

import boto3
import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.stub import Stubber

import pet_cuddle_otron_api.handler
import pet_cuddle_otron_email.handler
from pet_cuddle_otron_api.handler import Api
from pet_cuddle_otron_email.gateway import Gateway
from secret_rotation.gateway import SecretVersions
from tests.functions.cloudformation_mailbox import Mailbox, open_mailbox

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

Json: TypeAlias = dict[str, object]
Item: TypeAlias = dict[str, dict[str, str]]

STATE_MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:Reminders"

# What Powertools puts as condition for "nobody has this, or not any more"; the table below honours exactly this.
_CONDITION = (
    "attribute_not_exists(#id) OR #expiry < :now OR "
    "(#status = :inprogress AND attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)"
)


class ProcessDiedError(BaseException):
    """The function was cut off: nothing in it may catch this."""


class ServiceFaultError(Exception):
    """An error reply of an AWS service."""

    def __init__(self, code: str, status: int = 400, message: str = "refused", **extra: object) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"__type": code, "message": message, **extra}
        self.code = code


@dataclass
class Started:
    """An execution of the state machine."""

    input: str
    started: float
    status: str = "RUNNING"
    cause: str | None = None


@dataclass
class FakeAws:
    """DynamoDB, Step Functions and SES as far as the functions use them, at the level of HTTP."""

    executions: dict[str, Started] = field(default_factory=dict)
    records: dict[str, Item] = field(default_factory=dict)
    mails: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    # Operation -> what happens instead of it, or (after_...) once it is done; each entry is used once, in order.
    instead: dict[str, list[BaseException]] = field(default_factory=dict)
    after: dict[str, list[BaseException]] = field(default_factory=dict)
    # AWS answers a repeated start of a running execution with its start date; an emulator may not.
    always_refuses_repeated_names: bool = False
    # A table whose clock is behind lets no record expire in time.
    holds_records_for_valid: bool = False

    @property
    def started(self) -> list[Started]:
        return list(self.executions.values())

    def fail(self, operation: str, code: str, *, status: int = 400, message: str = "refused", times: int = 1) -> None:
        """Answer the next calls of an operation with an error."""
        self.instead.setdefault(operation, []).extend(ServiceFaultError(code, status, message) for _ in range(times))

    def cut_off(self, *, before: str = "", after: str = "") -> type[BaseException]:
        """Let the function die before or after its next call of an operation; gives what that raises."""
        (self.instead if before else self.after).setdefault(before or after, []).append(ProcessDiedError())
        return ProcessDiedError

    def reset(self) -> None:
        vars(self).update(vars(FakeAws()))

    def age(self, seconds: float) -> None:
        """Let that much time go by."""
        for execution in self.executions.values():
            execution.started -= seconds
        for record in self.records.values():
            for name, unit in (("expiration", 1), ("in_progress_expiration", 1000)):
                if name in record:
                    record[name] = {"N": str(int(record[name]["N"]) - int(seconds * unit))}

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Botocore's hook in place of sending the request."""
        target = request.headers.get("X-Amz-Target", b"SES.SendEmail")
        operation = (target.decode() if isinstance(target, bytes) else str(target)).rsplit(".", 1)[-1]
        self.calls.append(operation)
        status, headers = 200, HTTPHeaders()
        try:
            if self.instead.get(operation):
                raise self.instead[operation].pop(0)
            operations: Mapping[str, Callable[[Json], Json]] = {
                "PutItem": self._put_item,
                "UpdateItem": self._update_item,
                "GetItem": self._get_item,
                "DeleteItem": self._delete_item,
                "StartExecution": self._start_execution,
                "DescribeExecution": self._describe_execution,
                "SendEmail": self._send_email,
            }
            body = operations[operation](json.loads(_bytes(request)))
            if self.after.get(operation):
                raise self.after[operation].pop(0)
        except ServiceFaultError as fault:
            status, body = fault.status, fault.body
            headers["x-amzn-ErrorType"] = fault.code
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))

    def _put_item(self, data: Json) -> Json:
        item = _item(data["Item"])
        key, values = item["id"]["S"], _item(data["ExpressionAttributeValues"])
        assert data["ConditionExpression"] == _CONDITION
        held = self.records.get(key)
        if held is not None and (
            self.holds_records_for_valid
            or not (
                int(held["expiration"]["N"]) < int(values[":now"]["N"])
                or (
                    held["status"]["S"] == "INPROGRESS"
                    and int(held["in_progress_expiration"]["N"]) < int(values[":now_in_millis"]["N"])
                )
            )
        ):
            assert data["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
            raise ServiceFaultError("ConditionalCheckFailedException", Item=held)
        self.records[key] = item
        return {}

    def _update_item(self, data: Json) -> Json:
        names, values = data["ExpressionAttributeNames"], _item(data["ExpressionAttributeValues"])
        assert isinstance(names, dict)
        record = self.records[_item(data["Key"])["id"]["S"]]
        for assignment in str(data["UpdateExpression"]).removeprefix("SET ").split(", "):
            name, value = assignment.split(" = ")
            record[names[name]] = values[value]
        return {}

    def _get_item(self, data: Json) -> Json:
        held = self.records.get(_item(data["Key"])["id"]["S"])
        return {} if held is None else {"Item": held}

    def _delete_item(self, data: Json) -> Json:
        self.records.pop(_item(data["Key"])["id"]["S"], None)
        return {}

    def _start_execution(self, data: Json) -> Json:
        assert data["stateMachineArn"] == STATE_MACHINE
        name, given = str(data["name"]), str(data["input"])
        held = self.executions.get(name)
        if held is None:
            held = self.executions[name] = Started(input=given, started=time.time())
        elif self.always_refuses_repeated_names or held.status != "RUNNING" or held.input != given:
            raise ServiceFaultError("ExecutionAlreadyExists")
        return {"executionArn": f"arn:{name}", "startDate": held.started}

    def _describe_execution(self, data: Json) -> Json:
        machine, _, name = str(data["executionArn"]).rpartition(":")
        assert machine == STATE_MACHINE.replace(":stateMachine:", ":execution:")
        held = self.executions.get(name)
        if held is None:
            raise ServiceFaultError("ExecutionDoesNotExist")
        cause = {} if held.cause is None else {"cause": held.cause}
        return {"status": held.status, "startDate": held.started, "input": held.input, **cause}

    def _send_email(self, data: Json) -> Json:
        self.mails.append(data)
        return {"MessageId": f"mail-{len(self.mails)}"}


class _Raw(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


class Context(LambdaContext):
    """What Lambda tells a function about its invocation."""

    def __init__(self) -> None:
        self._function_name = "function"
        self._memory_limit_in_mb = 256
        self._invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:function"
        self._aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # static in the stub, not on Lambda
        return 10_000


@dataclass
class Page:
    """A client of the API: what a web page sees of it."""

    api: Api

    def ask(self, event: Json) -> tuple[int, Json, dict[str, str]]:
        reply = self.api.answer(APIGatewayProxyEvent(event), Context())
        body = json.loads(reply["body"])
        assert isinstance(body, dict)
        return reply["statusCode"], body, reply["headers"]

    def post(self, body: object, **headers: str) -> tuple[int, Json]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post_text(json.dumps(body), sent)

    def post_text(
        self, body: str | None, headers: Mapping[str, str] | None = None, *, is_base64: bool = False
    ) -> tuple[int, Json]:
        status, answer, _ = self.ask(post_event(body, headers, is_base64=is_base64))
        return status, answer

    def get(self, name: str) -> tuple[int, Json]:
        status, answer, _ = self.ask(
            {
                "resource": "/petcuddleotron/{executionId}",
                "httpMethod": "GET",
                "headers": None,
                "pathParameters": {"executionId": name},
                "body": None,
            }
        )
        return status, answer


def post_event(body: str | None, headers: Mapping[str, str] | None = None, *, is_base64: bool = False) -> Json:
    """A POST as API Gateway's REST proxy integration hands it over."""
    return {
        "resource": "/petcuddleotron",
        "path": "/petcuddleotron",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "pathParameters": None,
        "requestContext": {"requestId": "gateway-request"},
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _bytes(request: AWSPreparedRequest) -> bytes:
    assert request.body is None or isinstance(request.body, bytes)
    return request.body or b"{}"


def _item(value: object) -> Item:
    assert isinstance(value, dict)
    return value


ENVIRONMENT: Mapping[str, str] = {
    "STATE_MACHINE_ARN": STATE_MACHINE,
    "IDEMPOTENCY_TABLE": "Requests",
    "IDEMPOTENCY_WINDOW_SECONDS": "300",
    "CHANNELS": "email,sms",
    "ALLOWED_EMAIL_DOMAINS": "",
    "ALLOWED_PHONE_PREFIXES": "",
    "SENDER": "whiskers@example.org",
}


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment variables that the construct sets."""
    return dict(ENVIRONMENT)


@pytest.fixture(scope="session")
def connected() -> FakeAws:
    """The AWS that every client of the session talks to."""
    return FakeAws()


@pytest.fixture(scope="session")
def connect(connected: FakeAws) -> Callable[[pytest.MonkeyPatch], None]:
    """Makes the functions' gateways create clients whose requests end here."""

    def session() -> boto3.session.Session:
        made = boto3.session.Session("test", "test", region_name="eu-west-1")
        made.events.register("before-send", cast("Callable[..., None]", connected.answer))
        return made

    stand_in = SimpleNamespace(session=SimpleNamespace(Session=session))

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pet_cuddle_otron_api.gateway, "boto3", stand_in)
        monkeypatch.setattr(pet_cuddle_otron_email.gateway, "boto3", stand_in)

    return patch


@pytest.fixture(scope="session")
def deployed(connect: Callable[[pytest.MonkeyPatch], None]) -> tuple[Api, Gateway]:
    """Both functions, their clients made once, as on Lambda."""
    with pytest.MonkeyPatch.context() as patch:
        connect(patch)
        return Api.from_environment(ENVIRONMENT), Gateway.from_environment(ENVIRONMENT)


@pytest.fixture
def aws(connected: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """An AWS in which nothing has happened yet. Waiting takes no time in it."""
    connected.reset()
    monkeypatch.setattr("time.sleep", connected.age)
    return connected


@pytest.fixture
def page(aws: FakeAws, deployed: tuple[Api, Gateway]) -> Page:
    """A page that talks to the API as deployed with default settings."""
    return Page(deployed[0])


@pytest.fixture
def page_of(aws: FakeAws, connect: Callable[[pytest.MonkeyPatch], None]) -> Callable[..., Page]:
    """A page that talks to the API as deployed with these environment variables."""

    def make(**changes: str) -> Page:
        with pytest.MonkeyPatch.context() as patch:
            connect(patch)
            return Page(Api.from_environment({**ENVIRONMENT, **changes}))

    return make


@pytest.fixture
def context() -> LambdaContext:
    """What Lambda tells a function about its invocation."""
    return Context()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Where CloudFormation waits for answers."""
    with open_mailbox() as box:
        yield box


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long functions of custom resources have waited: no time goes by."""
    pauses: list[float] = []
    monkeypatch.setattr("custom_resource.gateway.time.sleep", pauses.append)
    return pauses


@pytest.fixture
def secret_versions() -> Iterator[tuple[SecretVersions, Stubber]]:
    """Secrets Manager that expects certain calls, in order, and no others."""
    client = boto3.client(
        "secretsmanager", region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    with Stubber(client) as stubber:
        yield SecretVersions(client), stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def outbox(aws: FakeAws, deployed: tuple[Api, Gateway]) -> Gateway:
    """The mail function's way to SES."""
    return deployed[1]


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything that the functions' loggers write."""
    written = io.StringIO()
    loggers = (pet_cuddle_otron_api.handler.logger, pet_cuddle_otron_email.handler.logger)
    handlers = [
        handler for logger in loggers for handler in logger.handlers if isinstance(handler, logging.StreamHandler)
    ]
    assert handlers
    streams = [handler.setStream(written) for handler in handlers]
    yield written
    for handler, stream in zip(handlers, streams, strict=True):
        if stream is not None:
            handler.setStream(stream)
