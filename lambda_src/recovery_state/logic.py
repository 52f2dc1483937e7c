"""The items of the state table, and what is in them. Pure: no AWS, no clock.

Each item is a JSON object whose fields are attributes of the item, beside its key ``item``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

KEY = "item"
SERVING = "serving"
LOCK = "run"
HEARTBEAT = "heartbeat"
WATCH = "watch"


class Role(StrEnum):
    """What a Region is there for."""

    PRIMARY = "primary"
    RECOVERY = "recovery"

    @property
    def other(self) -> Role:
        """The role of the other Region."""
        return Role.RECOVERY if self is Role.PRIMARY else Role.PRIMARY


class InvalidStateError(Exception):
    """What an item holds is none of what is written into it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """Who gets the traffic: the primary, unless somebody has moved it.

    Attributes:
        role: Of the Region.
        since: When it was moved there; empty if never.
        execution: The run that moved it; empty if none.
    """

    role: Role = Role.PRIMARY
    since: str = ""
    execution: str = ""

    @classmethod
    def of(cls, values: Mapping[str, object] | None) -> Serving:
        """From what its item holds; ``None``: nobody has ever moved it.

        Raises:
            InvalidStateError: When that is no such thing.
        """
        if values is None:
            return cls()
        role = str(values.get("role"))
        if role not in set(Role):
            raise InvalidStateError(f"{SERVING} must name the role primary or recovery, got {role!r}")
        return cls(role=Role(role), since=_text(values, "since"), execution=_text(values, "execution"))

    def values(self) -> dict[str, object]:
        """What its item holds."""
        return {**asdict(self), "role": str(self.role)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """The one run that may change something.

    Attributes:
        execution: Its name.
        mode: What it does.
        since: When it began.
    """

    execution: str
    mode: str
    since: str

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Lock:
        """From what its item holds."""
        return cls(execution=_text(values, "execution"), mode=_text(values, "mode"), since=_text(values, "since"))

    def values(self) -> dict[str, object]:
        """What its item holds."""
        return asdict(self)


def endpoint_item(role: Role) -> str:
    """Where the address of a Region's own API is written: ``{"url": ...}``."""
    return f"endpoint#{role}"


def run_item(execution: str) -> str:
    """Where a run writes what it has done."""
    return f"run#{execution}"


def written(moment: datetime) -> str:
    """A time as every item has it: UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """The time that was written. Raises ValueError for another text."""
    return datetime.fromisoformat(text)


def to_attribute(value: object) -> dict[str, object]:
    """What is JSON, as DynamoDB takes it.

    Raises:
        TypeError: When it is no JSON.
    """
    match value:
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case str():
            return {"S": str(value)}
        case int() | float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": {str(name): to_attribute(part) for name, part in value.items()}}
        case list() | tuple():
            return {"L": [to_attribute(part) for part in value]}
        case _:
            raise TypeError(f"{type(value).__name__} can't be written into the state")


def from_attribute(attribute: Mapping[str, object]) -> object:
    """The JSON that DynamoDB was given.

    Raises:
        InvalidStateError: When it is of a kind that nobody writes here.
    """
    ((kind, value),) = attribute.items()
    match kind, value:
        case "S" | "BOOL", str() | bool():
            return value
        case "NULL", _:
            return None
        case "N", str():
            return float(value) if any(letter in value for letter in ".eE") else int(value)
        case "M", Mapping():
            return {name: from_attribute(part) for name, part in value.items()}
        case "L", list():
            return [from_attribute(part) for part in value]
        case _:
            raise InvalidStateError(f"the state has no attributes of the type {kind}")


def to_item(name: str, values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """An item with its key."""
    return {KEY: {"S": name}, **{field: to_attribute(value) for field, value in values.items()}}


def from_item(item: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """What an item holds, without its key."""
    return {field: from_attribute(value) for field, value in item.items() if field != KEY}


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
