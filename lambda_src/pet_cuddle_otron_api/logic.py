"""What a reminder is, who may get one, and how one is doing. Pure: no AWS, no clock, no environment."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

Channel: TypeAlias = Literal["email", "sms"]
Outcome: TypeAlias = Literal["waiting", "sent", "failed"]
State: TypeAlias = Literal["waiting", "sending", "sent", "failed"]

# What each preference asks for.
CHANNELS: Mapping[str, tuple[Channel, ...]] = {
    "email": ("email",),
    "sms": ("sms",),
    "both": ("email", "sms"),
}

# The field that holds a channel's address.
FIELDS: Mapping[Channel, str] = {"email": "email", "sms": "phone"}

_EXECUTION_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What this deployment sends, and to whom. Empty allow-lists let everyone through."""

    channels: frozenset[str]
    email_domains: tuple[str, ...] = ()
    phone_prefixes: tuple[str, ...] = ()

    @classmethod
    def from_lists(cls, *, channels: str, email_domains: str, phone_prefixes: str) -> Policy:
        """From comma-separated lists, as environment variables hold them."""
        enabled = frozenset(_split(channels))
        if not enabled or not enabled <= FIELDS.keys():
            raise ValueError(f"CHANNELS must name email, sms or both of them, got {channels!r}")
        return cls(
            channels=enabled,
            email_domains=tuple(domain.lower() for domain in _split(email_domains)),
            phone_prefixes=tuple(_split(phone_prefixes)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """A request that holds: only the addresses that are used, at least one of them."""

    wait_seconds: int
    message: str
    email: str | None
    phone: str | None

    @property
    def channels(self) -> tuple[Channel, ...]:
        return CHANNELS[self.preference]

    @property
    def preference(self) -> str:
        if self.email and self.phone:
            return "both"
        return "email" if self.email else "sms"

    def to_json(self) -> str:
        """The state machine's input; the same reminder always gives the same text."""
        fields: dict[str, str | int] = {
            "waitSeconds": self.wait_seconds,
            "message": self.message,
            "preference": self.preference,
        }
        if self.email:
            fields["email"] = self.email
        if self.phone:
            fields["phone"] = self.phone
        return json.dumps(fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Which requests count as the same one, without saying what is in them."""

    key: str
    digest: str

    @classmethod
    def of(cls, reminder: Reminder, idempotency_key: str | None) -> Claim:
        digest = hashlib.sha256(reminder.to_json().encode()).hexdigest()
        # The prefixes keep a header that happens to be a digest from meeting that reminder.
        key = f"header:{idempotency_key}" if idempotency_key is not None else f"body:{digest}"
        return cls(key=key, digest=digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """What Step Functions knows about a reminder."""

    status: str
    started: datetime
    input: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """What a visitor may know about a reminder: neither message nor address."""

    state: State
    send_at: str
    channels: Mapping[Channel, Outcome]


def is_execution_name(text: str) -> bool:
    """Whether this could be the id of a reminder that the API started."""
    return _EXECUTION_NAME.fullmatch(text) is not None


def send_at(started: datetime, wait_seconds: int) -> str:
    """When the wait is over, in UTC, as the API writes it."""
    return (started.astimezone(UTC) + timedelta(seconds=wait_seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def progress(execution: Execution, now: datetime) -> Progress:
    """How a reminder is doing. One that ended without saying so, by hand or by timeout, has failed."""
    asked = _object(execution.input)
    wait_seconds = asked.get("waitSeconds")
    wait = wait_seconds if isinstance(wait_seconds, int) else 0
    channels = CHANNELS.get(str(asked.get("preference")), ())
    outcomes: dict[Channel, Outcome]
    state: State
    if execution.status in {"RUNNING", "PENDING_REDRIVE"}:
        outcomes = dict.fromkeys(channels, "waiting")
        state = "waiting" if now < execution.started + timedelta(seconds=wait) else "sending"
    elif execution.status == "SUCCEEDED":
        outcomes = dict.fromkeys(channels, "sent")
        state = "sent"
    else:
        told = _object(execution.cause)
        outcomes = {channel: "sent" if told.get(channel) == "sent" else "failed" for channel in channels}
        state = "failed"
    return Progress(state=state, send_at=send_at(execution.started, wait), channels=outcomes)


def _object(text: str) -> Mapping[str, object]:
    try:
        parsed: object = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _split(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip())]
