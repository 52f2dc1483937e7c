"""What an item is, and when a table that has one with its key is right. Pure: no AWS."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Subnormal
from enum import StrEnum
from typing import NoReturn

# Beside the sender's fields in every item.
FINGERPRINT = "_fingerprint"

# What DynamoDB takes (amazondynamodb/latest/developerguide/Constraints.html).
_LONGEST_PARTITION_KEY = 2048
_LONGEST_SORT_KEY = 1024
_DEEPEST = 32
# Its smallest exponent is -130; the SDK stops at -128.
_NUMBERS = Context(prec=38, Emin=-128, Emax=125, traps=[Inexact, InvalidOperation, Overflow, Subnormal])


class Outcome(StrEnum):
    """What became of an item. Each of them means: done."""

    WRITTEN = "written"
    REPEATED = "repeated"
    OUTDATED = "outdated"


class NotWrittenError(Exception):
    """An item was not written. Its text is a code only: it goes into logs."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TransientError(NotWrittenError):
    """Passes by itself: the message comes back after a while."""


class PermanentError(NotWrittenError):
    """Stays: the message comes back until it is a dead letter, kept for whoever can tell what it should have been."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How items are told apart."""

    partition_key: str
    sort_key: str = ""
    version_field: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Rules:
        """As the construct says."""
        return cls(
            partition_key=environment["PARTITION_KEY"],
            sort_key=environment.get("SORT_KEY", ""),
            version_field=environment.get("VERSION_FIELD", ""),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What one message asks to be written."""

    fields: Mapping[str, object]
    fingerprint: str
    version: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What the table has under an item's key already."""

    fingerprint: object
    version: object


def read(body: str, rules: Rules) -> Item:
    """The item of a message.

    Raises:
        PermanentError: When there is none in it that DynamoDB could take.
    """
    fields = _fields(body)
    if FINGERPRINT in fields:
        raise PermanentError("ReservedField")
    _check_key(fields, rules.partition_key, _LONGEST_PARTITION_KEY)
    if rules.sort_key:
        _check_key(fields, rules.sort_key, _LONGEST_SORT_KEY)
    version = _version(fields, rules.version_field) if rules.version_field else None
    return Item(fields=fields, fingerprint=_fingerprint(fields), version=version)


def judge(item: Item, held: Held) -> Outcome:
    """What it means that the table did not take the item.

    Raises:
        PermanentError: When it has another one under the same key, and neither is known to be newer.
    """
    if held.fingerprint == item.fingerprint:
        return Outcome.REPEATED
    if item.version is not None and isinstance(held.version, Decimal) and held.version > item.version:
        return Outcome.OUTDATED
    raise PermanentError("AnotherItemWithThisKey")


def _fields(body: str) -> dict[str, object]:
    try:
        found: object = json.loads(body, parse_float=_decimal, parse_int=_decimal, parse_constant=_no_number)
    except (json.JSONDecodeError, RecursionError):
        raise PermanentError("NotJson") from None
    if not isinstance(found, dict):
        raise PermanentError("NotAnObject")
    _check_value(found, depth=1)
    return found


def _no_number(name: str) -> NoReturn:  # noqa: ARG001 - NaN and Infinity, whichever it is
    raise PermanentError("NumberOutOfRange")


def _decimal(text: str) -> Decimal:
    try:
        number = _NUMBERS.create_decimal(text)
    except ArithmeticError:
        raise PermanentError("NumberOutOfRange") from None
    # The zeros at the end of a large number are no digits that have to be kept; and there is one zero.
    return number.normalize(_NUMBERS) if number else Decimal(0)


def _check_value(value: object, *, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list):
        if depth > _DEEPEST:
            raise PermanentError("TooDeep")
        if isinstance(value, dict):
            for name in value:
                _check_text(name)
        for inner in value.values() if isinstance(value, dict) else value:
            _check_value(inner, depth=depth + 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PermanentError("NotUnicode") from None


def _check_key(fields: Mapping[str, object], name: str, longest: int) -> None:
    value = fields.get(name)
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= longest:
        raise PermanentError("UnfitKey")


def _version(fields: Mapping[str, object], name: str) -> Decimal:
    value = fields.get(name)
    if not isinstance(value, Decimal):
        raise PermanentError("UnfitVersion")
    return value


def _fingerprint(fields: Mapping[str, object]) -> str:
    """Of what the item says, however it was spelled: order, spaces, 1.0 or 1."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=_spelled)
    return hashlib.sha256(text.encode()).hexdigest()


def _spelled(number: Decimal) -> list[str]:
    # In a list of its own, no text could look the same.
    return ["number", str(number)]
