"""Reads a request as a form: every field that is wrong is named, with what to do about it. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import unicodedata
from collections.abc import Mapping

from email_validator import EmailNotValidError, validate_email

from http_api.logic import Problem, RefusedError, shown
from pet_cuddle_otron_api.logic import CHANNELS, FIELDS, Channel, Claim, Policy, Reminder

# Step Functions ends any execution after a year: the last day is kept for delivery retries.
LONGEST_WAIT_SECONDS = 364 * 86_400

# Three SMS parts, each with the header that joins them: beyond that, cost and loss grow faster than use.
LONGEST_MESSAGE = 3 * 153
LONGEST_UNICODE_MESSAGE = 3 * 67

# Far above any valid request, far below what would be worth an attacker's while.
LARGEST_BODY_BYTES = 8 * 1024

LONGEST_KEY = 255

_ABSENT = frozenset({"", "NO_EMAIL", "NO_PHONE"})  # what the lab's pages send for an empty field

_DIGITS = re.compile(r"[0-9]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_KEY = re.compile(rf"[\x20-\x7e]{{1,{LONGEST_KEY}}}")

# 3GPP TS 23.038: a text outside these two tables is sent as UTF-16, at less than half the length.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("^{}\\[~]|€")


def read_request(body: bytes, idempotency_key: str | None, policy: Policy) -> tuple[Reminder, Claim]:
    """The reminder asked for, and its claim to be a new one.

    Raises:
        RefusedError: With every problem of the request.
    """
    form = _Form(_parse(body), policy)
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        form.refuse("Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable ASCII characters")
    reminder = form.reminder()
    if form.problems:
        raise RefusedError(form.problems)
    return reminder, Claim.of(reminder, idempotency_key)


def body_bytes(body: str | None, *, is_base64: bool) -> bytes:
    """The body as it was sent: API Gateway hands over text, or base64 where it took the body for binary.

    Raises:
        RefusedError: Where there is none, or where it is not what it says.
    """
    if not body:
        raise RefusedError([Problem(field="body", reason="is missing: send a JSON object")])
    # Half a surrogate pair has no bytes; "surrogatepass" lets the UTF-8 check of the parser refuse it.
    data = body.encode("utf-8", "surrogatepass")
    if not is_base64:
        return data
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise RefusedError([Problem(field="body", reason="is not valid base64")]) from None


class _Form:
    """Reads the fields of one request and collects what is wrong with them."""

    def __init__(self, fields: Mapping[str, object], policy: Policy) -> None:
        self._fields = fields
        self._policy = policy
        self.problems: list[Problem] = []

    def refuse(self, field: str, reason: str) -> None:
        self.problems.append(Problem(field=field, reason=reason))

    def reminder(self) -> Reminder:
        """Meaningful only while there are no problems."""
        wait_seconds = self._wait_seconds()
        wanted = self._wanted()
        message = self._message(sms="sms" in wanted)
        email = self._email() if "email" in wanted else None
        phone = self._phone() if "sms" in wanted else None
        return Reminder(wait_seconds=wait_seconds, message=message, email=email, phone=phone)

    def _text(self, field: str) -> str:
        value = self._fields.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(field, f"must be text, got {_kind(value)}")
            return ""
        return value.strip()

    def _given(self, field: str) -> bool:
        value = self._fields.get(field)
        return value is not None and not (isinstance(value, str) and value.strip() in _ABSENT)

    def _wait_seconds(self) -> int:
        value = self._fields.get("waitSeconds")
        limits = f"must be a whole number of seconds from 1 to {LONGEST_WAIT_SECONDS} (364 days)"
        if value is None or value == "":
            self.refuse("waitSeconds", f"is required: it {limits}")
            return 0
        seconds = _whole_number(value)
        if seconds is None or not 1 <= seconds <= LONGEST_WAIT_SECONDS:
            self.refuse("waitSeconds", f"{limits}, got {shown(value)}")
            return 0
        return seconds

    def _wanted(self) -> tuple[Channel, ...]:
        """The channels whose addresses matter; the others' are neither checked nor kept."""
        given = tuple(channel for channel, field in FIELDS.items() if self._given(field))
        preference = self._fields.get("preference")
        if preference is None or (isinstance(preference, str) and not preference.strip()):
            return self._wanted_by_address(given)
        wanted = CHANNELS.get(preference.strip()) if isinstance(preference, str) else None
        if wanted is None:
            self.refuse("preference", f'must be "email", "sms" or "both", or left out, got {shown(preference)}')
            return given
        for channel in wanted:
            if channel not in self._policy.channels:
                enabled = " or ".join(f'"{each}"' for each in sorted(self._policy.channels))
                self.refuse("preference", f'must be {enabled} or left out: "{channel}" is switched off here')
            elif channel not in given:
                self.refuse(FIELDS[channel], f"is required where preference is {shown(preference)}")
        return tuple(each for each in wanted if each in given and each in self._policy.channels)

    def _wanted_by_address(self, given: tuple[Channel, ...]) -> tuple[Channel, ...]:
        for channel in given:
            if channel not in self._policy.channels:
                self.refuse(FIELDS[channel], f'must be left out: "{channel}" is switched off here')
        if not given:
            field, *others = (FIELDS[each] for each in FIELDS if each in self._policy.channels)
            self.refuse(field, ", or ".join(["is required", *others]))
        return tuple(channel for channel in given if channel in self._policy.channels)

    def _message(self, *, sms: bool) -> str:
        before = len(self.problems)
        message = self._text("message").replace("\r\n", "\n")
        if len(self.problems) > before:
            return ""
        if not message:
            self.refuse("message", f"is required: 1 to {LONGEST_MESSAGE} characters")
        # Cc are control characters, Cs halves of a surrogate pair, which no mail can carry.
        elif any(unicodedata.category(each) in {"Cc", "Cs"} and each != "\n" for each in message):
            self.refuse("message", "must not hold control characters or broken Unicode; line breaks are fine")
        elif len(message) > LONGEST_MESSAGE:
            self.refuse("message", f"must have at most {LONGEST_MESSAGE} characters, has {len(message)}")
        elif sms and (too_long := _sms_problem(message)):
            self.refuse("message", too_long)
        return message

    def _email(self) -> str | None:
        text = self._text("email")
        if not text:
            return None
        try:
            # SES carries no address with letters outside ASCII before the @.
            parts = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
        except EmailNotValidError:
            # The library's own words quote parts of the address.
            self.refuse("email", "must be one address such as name@example.org, in ASCII before the @")
            return None
        domain, allowed = parts.ascii_domain.lower(), self._policy.email_domains
        if allowed and not any(domain == each or domain.endswith(f".{each}") for each in allowed):
            self.refuse("email", f"must be at {' or '.join(allowed)}: mail goes nowhere else from here")
            return None
        return f"{parts.local_part}@{domain}"

    def _phone(self) -> str | None:
        phone, allowed = self._text("phone"), self._policy.phone_prefixes
        if not phone:
            return None
        if not _E164.fullmatch(phone):
            self.refuse("phone", "must be + and 7 to 15 digits, country code first, such as +447700900123")
        elif allowed and not phone.startswith(allowed):
            self.refuse("phone", f"must begin with {' or '.join(allowed)}: texts go nowhere else from here")
        return phone


def _parse(body: bytes) -> Mapping[str, object]:
    if len(body) > LARGEST_BODY_BYTES:
        raise RefusedError(
            [Problem(field="body", reason=f"must have at most {LARGEST_BODY_BYTES} bytes, has {len(body)}")]
        )
    try:
        parsed: object = json.loads(body.decode(), parse_int=_bounded_int, parse_constant=_no_constant)
    except (ValueError, RecursionError):  # how deep is too deep differs between Python releases
        raise RefusedError([Problem(field="body", reason="is not valid JSON in UTF-8, or nested too deeply")]) from None
    if not isinstance(parsed, dict):
        raise RefusedError([Problem(field="body", reason=f"must be a JSON object, got {_kind(parsed)}")])
    return parsed


def _bounded_int(digits: str) -> int:
    """Python refuses to read numbers of thousands of digits; no more than these are ever looked at."""
    return int(digits[:20])


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        return _bounded_int(text.lstrip("0") or "0") if _DIGITS.fullmatch(text) else None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    return value if isinstance(value, int) else None


def _sms_problem(message: str) -> str | None:
    if all(each in _GSM_BASIC or each in _GSM_EXTENSION for each in message):
        used = sum(2 if each in _GSM_EXTENSION else 1 for each in message)
        limit, unit = LONGEST_MESSAGE, "characters (signs such as € or [ count twice)"
    else:
        used = len(message.encode("utf-16-le")) // 2
        limit, unit = LONGEST_UNICODE_MESSAGE, "characters where some are outside the SMS alphabet, as emoji are"
    return f"must fit three text messages: at most {limit} {unit}, has {used}" if used > limit else None


def _kind(value: object) -> str:
    kinds = {type(None): "null", bool: "true or false", dict: "an object", list: "a list", str: "text"}
    return kinds.get(type(value), "a number")
