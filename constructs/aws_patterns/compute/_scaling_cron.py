"""Cron expressions of five fields: what they mean, and whether two of them ever meet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    # In order, from the first number on.
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    # Both 0 and 7 are Sunday.
    _Field("day of the week", 0, 7, _WEEKDAYS),
)
_PART = re.compile(r"(?P<range>\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cron:
    """The times that an expression names."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, expression: str) -> Cron:
        """Read an expression.

        Raises:
            ValueError: Saying which field is wrong, and how.
        """
        texts = expression.split()
        if len(texts) != len(_FIELDS):
            raise ValueError(f"it has {len(texts)} fields, not five (minute, hour, day, month, day of the week)")
        minutes, hours, days, months, weekdays = (
            frozenset(_numbers(text, field)) for text, field in zip(texts, _FIELDS, strict=True)
        )
        found = cls(
            minutes=minutes,
            hours=hours,
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            any_day=texts[2] == "*",
            any_weekday=texts[4] == "*",
        )
        if not any(found._dates()):
            raise ValueError("there is no such date")
        return found

    def meets(self, other: Cron) -> bool:
        """Whether both ever name the same time: over the centuries every date falls on every day of the week."""
        if not (self.minutes & other.minutes and self.hours & other.hours):
            return False
        return not set(self._dates()).isdisjoint(other._dates())

    def includes(self, *, minute: int, hour: int, date: tuple[int, int, int]) -> bool:
        """Whether it names that minute of a date, which is month, day of the month, day of the week (Sunday is 0)."""
        return minute in self.minutes and hour in self.hours and date in set(self._dates())

    def _dates(self) -> Iterator[tuple[int, int, int]]:
        for month in self.months:
            for day in range(1, _LONGEST[month - 1] + 1):
                for weekday in range(7):
                    if self._on(day, weekday):
                        yield month, day, weekday

    def _on(self, day: int, weekday: int) -> bool:
        # Cron's own rule: where both kinds of day are given, either will do.
        if self.any_day or self.any_weekday:
            return day in self.days and weekday in self.weekdays
        return day in self.days or weekday in self.weekdays


def _numbers(text: str, field: _Field) -> Iterator[int]:
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError(f"{text!r} is no {field.name}")
        if found["range"] == "*":
            first, last = field.first, field.last
        else:
            first = _number(found["first"], field)
            last = _number(found["last"], field) if found["last"] else field.last if found["step"] else first
        step = int(found["step"] or 1)
        if not (first <= last and step):
            raise ValueError(f"{text!r} is no {field.name}")
        yield from range(first, last + 1, step)


def _number(text: str, field: _Field) -> int:
    if text.upper() in field.names:
        return field.first + field.names.index(text.upper())
    number = int(text) if text.isdecimal() else -1
    if not field.first <= number <= field.last:
        raise ValueError(f"{text!r} is no {field.name}")
    return number
