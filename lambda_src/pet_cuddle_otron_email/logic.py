"""What a delivery is, and which of SES's refusals pass by themselves. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

SUBJECT = "Whiskers Commands You to attend!"

_SERVER_TROUBLE = 500
_TOO_MANY_REQUESTS = 429

# SES says "throttled" for its rate per second and for its daily quota alike; only the wording differs, which is no
# contract. Both pass by themselves: the state machine retries, and where the quota outlasts its patience the
# reminder is kept in the dead-letter queue. Names with and without "Exception" are those of SES's two APIs and of
# the gateway before them.
_TRANSIENT_CODES = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceErrorException",
        "LimitExceededException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class SendError(Exception):
    """A mail was not sent. Its text is a code only: it is kept in the execution's history and in queues."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TransientSendError(SendError):
    """Passes by itself: the state machine tries again."""


class PermanentSendError(SendError):
    """Stays until somebody acts: the reminder is kept for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One mail of one reminder. The names are those of the state machine's payload, in Python's spelling."""

    execution_name: str
    email: str
    message: str

    @classmethod
    def of(cls, event: Mapping[str, object]) -> Delivery:
        """From the state machine's payload.

        Raises:
            PermanentSendError: When the payload is not one; no retry would change it.
        """
        texts = {
            field.name: text
            for field, key in zip(fields(cls), ("executionName", "email", "message"), strict=True)
            if isinstance(text := event.get(key), str) and text
        }
        if len(texts) < len(fields(cls)):
            raise PermanentSendError("InvalidPayload")
        return cls(**texts)

    def claim(self) -> dict[str, str]:
        """What makes two attempts the same delivery, without saying to whom."""
        return {"executionName": self.execution_name, "channel": "email"}


def refusal(code: str, status: int) -> SendError:
    """The error to raise for what SES answered.

    What is not known to pass is permanent: a rejected message, an unverified sender, an account that may not send.
    Sending it again would change nothing, and harm the sender's reputation.
    """
    transient = code in _TRANSIENT_CODES or status == _TOO_MANY_REQUESTS or status >= _SERVER_TROUBLE
    return TransientSendError(code) if transient else PermanentSendError(code)
