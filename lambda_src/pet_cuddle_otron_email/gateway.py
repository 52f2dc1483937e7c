"""SES and the idempotency table, as sending a reminder needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError

from pet_cuddle_otron_email.logic import SUBJECT, Delivery, PermanentSendError, SendError, TransientSendError, refusal

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client

# As long as a failed execution can be redriven: a mail that has gone out must not go out again then.
_REMEMBERED_SECONDS = 14 * 86_400

_DYNAMODB_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})

# One attempt: the state machine retries, with more patience than a function should have. The long read timeout
# is against doubles: SES takes no idempotency token, so a mail whose answer was not awaited goes out twice.
_SES_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(kw_only=True, slots=True)
class _Attempt:
    """What came of sending, whatever becomes of the record about it."""

    delivery: Delivery
    message_id: str | None = None
    error: SendError | None = None


class Gateway:
    """Sends a mail once per execution, as far as SES allows to know."""

    def __init__(self, *, sender: str, table: str, ses: SESV2Client, dynamodb: DynamoDBClient) -> None:
        self._sender = sender
        self._ses = ses
        self._config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS, hash_function="sha256")
        self._once: Callable[..., Mapping[str, str]] = idempotent_function(
            self._send,
            data_keyword_argument="claim",
            persistence_store=DynamoDBPersistenceLayer(table_name=table, boto3_client=dynamodb),
            config=self._config,
            key_prefix="pet-cuddle-otron-email",
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        session = boto3.session.Session()
        return cls(
            sender=environment["SENDER"],
            table=environment["IDEMPOTENCY_TABLE"],
            ses=session.client("sesv2", config=_SES_CONFIG),
            dynamodb=session.client("dynamodb", config=_DYNAMODB_CONFIG),
        )

    def deliver(self, delivery: Delivery, context: LambdaContext) -> str:
        """Send the mail unless it has been sent, and give SES's id for it.

        Raises:
            TransientSendError: When a later attempt may succeed.
            PermanentSendError: When it would not.
        """
        self._config.register_lambda_context(context)
        attempt = _Attempt(delivery=delivery)
        try:
            return self._once(claim=delivery.claim(), attempt=attempt)["messageId"]
        except IdempotencyAlreadyInProgressError:
            # Perhaps the other attempt has died: its record gives way when its function's time is over.
            raise TransientSendError("AlreadyInProgress") from None
        except (IdempotencyPersistenceLayerError, IdempotencyInconsistentStateError):
            if attempt.error:
                raise attempt.error from None
            if attempt.message_id:
                # It has gone out; failing over the lost record would send it again.
                return attempt.message_id
            raise TransientSendError("IdempotencyTableUnavailable") from None

    def _send(self, *, claim: Mapping[str, str], attempt: _Attempt) -> dict[str, str]:  # noqa: ARG002 - the decorator's
        try:
            attempt.message_id = self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [attempt.delivery.email]},
                Content={
                    "Simple": {
                        "Subject": {"Data": SUBJECT, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": attempt.delivery.message, "Charset": "UTF-8"}},
                    }
                },
            )["MessageId"]
        except (ClientError, BotoCoreError) as error:
            attempt.error = _send_error(error)
            # SES's text names the address.
            raise attempt.error from None
        return {"messageId": attempt.message_id}


def _send_error(error: ClientError | BotoCoreError) -> SendError:
    if isinstance(error, ClientError):
        return refusal(error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
    kind = TransientSendError if isinstance(error, AwsConnectionError | HTTPClientError) else PermanentSendError
    return kind(type(error).__name__)
