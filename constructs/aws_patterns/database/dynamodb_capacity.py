"""How a DynamoDB table is paid for and how much it takes, and what is wrong with that. Needs no CDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults

# Accounts may have their quotas raised; beyond this nobody has.
_LARGEST_UNITS = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDemand:
    """Paid by request, with nothing to plan: ``OnDemand(maximum_write_units=1000)``.

    Attributes:
        maximum_read_units: Read request units a second, beyond which requests are throttled: a limit to the bill. A
            unit is a consistent read of 4 KB. Default: the account's quota, 40,000 unless raised.
        maximum_write_units: Write request units a second, likewise. A unit is a write of 1 KB.
    """

    maximum_read_units: int | None = None
    maximum_write_units: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    """Capacity that follows its use: ``Scaling(minimum=5, maximum=500)``.

    Attributes:
        minimum: Units a second that there are always, and paid for.
        maximum: Units a second that there are never more of.
        target_percent: Of the units that there are, how many are used before there are more. 20 to 90, default 70.
    """

    minimum: int
    maximum: int
    target_percent: int = defaults.CAPACITY_TARGET_PERCENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Provisioned:
    """Paid by the hour: ``Provisioned(read=Scaling(minimum=5, maximum=500), write=Scaling(minimum=5, maximum=100))``.

    Cheaper where use is steady and known. It takes minutes to follow; what comes sooner, and is more than was left over
    in the last five minutes, is throttled.

    Attributes:
        read: Read capacity units: consistent reads of 4 KB a second.
        write: Write capacity units: writes of 1 KB a second. The same in all replicas.
    """

    read: Scaling
    write: Scaling


def check_capacity(problems: Problems, name: str, capacity: OnDemand | Provisioned) -> None:
    """Add to ``problems`` whatever is wrong with one capacity, of this name in messages."""
    if isinstance(capacity, OnDemand):
        for unit in ("maximum_read_units", "maximum_write_units"):
            value: int | None = getattr(capacity, unit)
            if value is not None:
                problems.between(f"{name}.{unit}", value, 1, _LARGEST_UNITS, " units a second")
        return
    check_scaling(problems, f"{name}.read", capacity.read)
    check_scaling(problems, f"{name}.write", capacity.write)


def check_scaling(problems: Problems, name: str, scaling: Scaling) -> None:
    """Add to ``problems`` whatever is wrong with one range of units, of this name in messages."""
    low, high = defaults.SMALLEST_CAPACITY_TARGET_PERCENT, defaults.LARGEST_CAPACITY_TARGET_PERCENT
    problems.between(f"{name}.target_percent", scaling.target_percent, low, high, " percent")
    for option, value in (("minimum", scaling.minimum), ("maximum", scaling.maximum)):
        problems.between(f"{name}.{option}", value, 1, _LARGEST_UNITS, " units a second")
    known = not is_token(scaling.minimum) and not is_token(scaling.maximum)
    if known and 1 <= scaling.maximum < scaling.minimum <= _LARGEST_UNITS:
        problems.add(
            f"{name}.minimum must not be more than {name}.maximum ({scaling.maximum} units a second), got "
            f"{scaling.minimum} units a second"
        )


def check_same_kind(
    problems: Problems, capacity: OnDemand | Provisioned, of_indexes: Mapping[str, OnDemand | Provisioned | None]
) -> None:
    """Add to ``problems`` which indexes, by what they are called, are paid for in another way than their table."""
    for name, own in _given(of_indexes):
        check_capacity(problems, name, own)
        if isinstance(own, OnDemand) != isinstance(capacity, OnDemand):
            problems.add(
                f"{name} must be {_kind(capacity)} as the capacity of the table is, got {_kind(own)}: a table and its "
                "indexes are paid for in one way"
            )


def _given(
    of_indexes: Mapping[str, OnDemand | Provisioned | None],
) -> Iterator[tuple[str, OnDemand | Provisioned]]:
    return ((name, own) for name, own in of_indexes.items() if own is not None)


def _kind(capacity: OnDemand | Provisioned) -> str:
    return type(capacity).__name__
