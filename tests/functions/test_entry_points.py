"""What Lambda calls, and what ends up in the logs of it."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

import pet_cuddle_otron_api.handler
import pet_cuddle_otron_email.handler
from pet_cuddle_otron_email.logic import SendError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from tests.functions.conftest import FakeAws, Json

GOOD = {"waitSeconds": 60, "message": "Cuddle!", "email": "ann@example.org", "phone": "+447700900123"}
SECRETS = ("Cuddle!", "ann@", "example.org", "447700900123", "order-66")


@pytest.fixture
def _deployed(
    connect: Callable[[pytest.MonkeyPatch], None],
    aws: FakeAws,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    connect(monkeypatch)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    caches = (pet_cuddle_otron_api.handler._api, pet_cuddle_otron_email.handler._gateway)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()


def _post(body: object) -> Json:
    return {
        "resource": "/petcuddleotron",
        "httpMethod": "POST",
        "headers": {"Idempotency-Key": "order-66", "X-Forwarded-For": "203.0.113.7"},
        "requestContext": {"requestId": "gateway-request", "identity": {"sourceIp": "203.0.113.7"}},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


@pytest.mark.usefixtures("_deployed")
def test_a_reminder_travels_from_the_api_to_the_mail(aws: FakeAws, context: LambdaContext) -> None:
    reply = pet_cuddle_otron_api.handler.handle(_post(GOOD), context)
    assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (200, "application/json")
    ((name, execution),) = aws.executions.items()
    asked = json.loads(execution.input)
    task = {"executionName": name, "email": asked["email"], "message": asked["message"]}
    assert pet_cuddle_otron_email.handler.handle(task, context) == {"channel": "email", "messageId": "mail-1"}


@pytest.mark.usefixtures("_deployed")
def test_the_logs_tell_what_was_decided_and_nothing_about_anyone(
    aws: FakeAws,
    context: LambdaContext,
    logs: io.StringIO,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    api, email = pet_cuddle_otron_api.handler.handle, pet_cuddle_otron_email.handler.handle
    with caplog.at_level("DEBUG"):
        api(_post(GOOD), context)
        api(_post({**GOOD, "message": "Cuddle!!"}), context)
        api(_post({**GOOD, "email": "ann@", "phone": "447700900123", "waitSeconds": "Cuddle!"}), context)
        aws.instead["StartExecution"] = [RuntimeError("ann@example.org said Cuddle!")]
        api(_post(GOOD), context)
        aws.fail("StartExecution", "InvalidExecutionInput", message="ann@example.org: Cuddle!", times=2)
        api(_post(GOOD), context)
        task = {"executionName": "ab" * 32, "email": "ann@example.org", "message": "Cuddle!"}
        aws.fail("SendEmail", "MessageRejected", message="not verified: ann@example.org")
        with pytest.raises(SendError):
            email(task, context)
        email(task, context)
    written = logs.getvalue()
    assert [json.loads(line)["message"] for line in written.splitlines()] == [
        "reminder accepted",
        "request refused",
        "request refused",
        "unexpected failure",
        "AWS trouble",
        "mail not sent",
        "mail sent",
    ]
    told = [json.loads(line) for line in written.splitlines()]
    assert told[0]["correlation_id"] == "gateway-request"
    assert told[0]["execution"] in aws.executions
    assert told[2]["fields"] == ["waitSeconds", "email", "phone"]
    assert (told[4]["operation"], told[4]["code"]) == ("StartExecution", "InvalidExecutionInput")
    assert (told[5]["error"], told[5]["code"]) == ("PermanentSendError", "MessageRejected")
    ours = [record for record in caplog.records if not record.name.startswith(("botocore", "boto3", "urllib3"))]
    spoken = written + "".join(capfd.readouterr()) + "".join(record.getMessage() for record in ours)
    assert not [secret for secret in (*SECRETS, "203.0.113.7") if secret in spoken]


@pytest.mark.usefixtures("_deployed")
@pytest.mark.parametrize("package", ["pet_cuddle_otron_api", "pet_cuddle_otron_email"])
def test_on_lambda_the_clients_are_made_before_the_first_request(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    monkeypatch.delenv("IDEMPOTENCY_TABLE")
    # Nothing is asked of the function: only making the clients can miss the setting.
    with pytest.raises(KeyError, match="IDEMPOTENCY_TABLE"):
        importlib.reload(importlib.import_module(f"{package}.handler"))
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    importlib.reload(importlib.import_module(f"{package}.handler"))
