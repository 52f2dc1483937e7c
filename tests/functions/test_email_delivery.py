"""A mail goes out once; what passes by itself is told from what does not."""

from __future__ import annotations

import json
import re
import traceback
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from pet_cuddle_otron_email.handler import deliver
from pet_cuddle_otron_email.logic import Delivery, PermanentSendError, SendError, TransientSendError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from pet_cuddle_otron_email.gateway import Gateway
    from tests.functions.conftest import FakeAws, Json

NAME = "ab" * 32
EVENT = {"executionName": NAME, "email": "ann@example.org", "message": "Cuddle!\nNow, caf\u00e9 \U0001f408"}


def test_the_mail_holds_what_was_asked_for(aws: FakeAws, outbox: Gateway, context: LambdaContext) -> None:
    assert deliver(outbox, EVENT, context) == {"channel": "email", "messageId": "mail-1"}
    assert aws.mails == [
        {
            "FromEmailAddress": "whiskers@example.org",
            "Destination": {"ToAddresses": ["ann@example.org"]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": "Whiskers Commands You to attend!", "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": EVENT["message"], "Charset": "UTF-8"}},
                }
            },
        }
    ]


def test_a_repeated_task_sends_once_even_days_later(aws: FakeAws, outbox: Gateway, context: LambdaContext) -> None:
    first = deliver(outbox, EVENT, context)
    aws.age(13 * 86_400)
    assert deliver(outbox, EVENT, context) == first
    assert len(aws.mails) == 1


def test_another_execution_sends_another_mail(aws: FakeAws, outbox: Gateway, context: LambdaContext) -> None:
    deliver(outbox, EVENT, context)
    deliver(outbox, {**EVENT, "executionName": "cd" * 32}, context)
    assert len(aws.mails) == 2


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("ThrottlingException", 400),
        ("Throttling", 400),
        ("LimitExceededException", 400),
        ("RequestTimeoutException", 408),
        ("ServiceUnavailable", 503),
        ("InternalFailure", 500),
        ("SomethingNew", 502),
        ("SomethingNew", 429),
    ],
)
def test_what_passes_by_itself_is_tried_again_and_then_sends_once(
    *, aws: FakeAws, outbox: Gateway, context: LambdaContext, code: str, status: int
) -> None:
    aws.fail("SendEmail", code, status=status, times=2)
    for _ in range(2):
        with pytest.raises(TransientSendError, match=f"^{code}$"):
            deliver(outbox, EVENT, context)
    deliver(outbox, EVENT, context)
    assert len(aws.mails) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("MessageRejected", 400),
        ("MailFromDomainNotVerifiedException", 400),
        ("AccountSuspendedException", 400),
        ("SendingPausedException", 400),
        ("BadRequestException", 400),
        ("NotFoundException", 404),
        ("AccessDeniedException", 403),
        ("SomethingNew", 400),
    ],
)
def test_what_needs_somebody_to_act_is_not_tried_again(
    *, aws: FakeAws, outbox: Gateway, context: LambdaContext, code: str, status: int
) -> None:
    aws.fail("SendEmail", code, status=status)
    with pytest.raises(PermanentSendError, match=f"^{code}$"):
        deliver(outbox, EVENT, context)
    assert aws.calls.count("SendEmail") == 1


@pytest.mark.parametrize(
    "trouble",
    [
        EndpointConnectionError(endpoint_url="https://ses"),
        ConnectTimeoutError(endpoint_url="https://ses"),
        ReadTimeoutError(endpoint_url="https://ses"),
    ],
)
def test_connection_trouble_passes_by_itself(
    aws: FakeAws, outbox: Gateway, context: LambdaContext, trouble: Exception
) -> None:
    aws.instead["SendEmail"] = [trouble]
    with pytest.raises(TransientSendError, match=f"^{type(trouble).__name__}$"):
        deliver(outbox, EVENT, context)
    assert aws.calls.count("SendEmail") == 1


def test_a_function_without_credentials_needs_somebody_to_act(
    aws: FakeAws, outbox: Gateway, context: LambdaContext
) -> None:
    aws.instead["SendEmail"] = [NoCredentialsError()]
    with pytest.raises(PermanentSendError, match=r"^NoCredentialsError$"):
        deliver(outbox, EVENT, context)


def test_a_mail_that_went_out_counts_as_sent_though_the_record_of_it_is_lost(
    aws: FakeAws, outbox: Gateway, context: LambdaContext
) -> None:
    aws.fail("UpdateItem", "InternalServerError", status=500, times=2)
    assert deliver(outbox, EVENT, context)["messageId"] == "mail-1"


def test_a_refusal_is_told_though_the_record_of_the_attempt_cannot_be_removed(
    aws: FakeAws, outbox: Gateway, context: LambdaContext
) -> None:
    aws.fail("SendEmail", "MessageRejected")
    aws.fail("DeleteItem", "InternalServerError", status=500, times=2)
    with pytest.raises(PermanentSendError, match=r"^MessageRejected$"):
        deliver(outbox, EVENT, context)


def test_without_the_table_nothing_is_sent_and_the_task_is_tried_again(
    aws: FakeAws, outbox: Gateway, context: LambdaContext
) -> None:
    aws.fail("PutItem", "ThrottlingException", times=2)
    with pytest.raises(TransientSendError, match=r"^IdempotencyTableUnavailable$"):
        deliver(outbox, EVENT, context)
    assert aws.mails == []


def test_a_function_cut_off_before_sending_sends_once_its_time_is_over(
    aws: FakeAws, outbox: Gateway, context: LambdaContext
) -> None:
    with pytest.raises(aws.cut_off(before="SendEmail")):
        deliver(outbox, EVENT, context)
    with pytest.raises(TransientSendError, match=r"^AlreadyInProgress$"):
        deliver(outbox, EVENT, context)
    aws.age(11)
    deliver(outbox, EVENT, context)
    assert len(aws.mails) == 1


@pytest.mark.parametrize(
    "event", [{}, {**EVENT, "email": ""}, {**EVENT, "message": None}, {**EVENT, "executionName": 7}]
)
def test_a_payload_that_is_none_is_not_tried_again(
    aws: FakeAws, outbox: Gateway, context: LambdaContext, event: Json
) -> None:
    with pytest.raises(PermanentSendError, match=r"^InvalidPayload$"):
        deliver(outbox, event, context)
    assert aws.calls == []


def test_an_error_says_nothing_about_whom_or_what(aws: FakeAws, outbox: Gateway, context: LambdaContext) -> None:
    aws.fail("SendEmail", "MessageRejected", message="Email address is not verified: ann@example.org")
    with pytest.raises(SendError) as raised:
        deliver(outbox, EVENT, context)
    told = "".join(traceback.format_exception(raised.value))
    assert not re.search(r"ann@|Cuddle!", told)


def test_the_table_never_holds_what_the_mail_says_or_to_whom(
    aws: FakeAws, outbox: Gateway, context: LambdaContext
) -> None:
    deliver(outbox, EVENT, context)
    held = json.dumps(aws.records)
    assert "COMPLETED" in held
    assert not [secret for secret in ("Cuddle", "ann", "example") if secret in held]


def test_a_delivery_is_read_field_by_field() -> None:
    assert Delivery.of(EVENT) == Delivery(execution_name=NAME, email=EVENT["email"], message=EVENT["message"])
