"""Which scheduled actions can't work, alone or beside each other."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Literal
from zoneinfo import available_timezones

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute._scaling_cron import Cron
from aws_patterns.compute.scaling_policies import ScheduledScaling

if TYPE_CHECKING:
    from aws_patterns.compute.capacity import Capacity

_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?Z")
_UTC = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "Etc/GMT", "GMT", "UCT", "Zulu"})
_LAST_HOUR, _LAST_MINUTE = 23, 59


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class _Instant:
    """A minute, in UTC. AWS runs actions by the minute."""

    year: int
    month: int
    day: int
    hour: int
    minute: int

    @classmethod
    def parse(cls, text: str) -> _Instant | None:
        found = _INSTANT.fullmatch(text)
        if found is None:
            return None
        year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
        in_year = 1 <= month <= len(calendar.month_name) - 1 and year >= 1
        if not in_year or not 1 <= day <= calendar.monthrange(year, month)[1]:
            return None
        if hour > _LAST_HOUR or minute > _LAST_MINUTE or int(found[6] or 0) > _LAST_MINUTE:
            return None
        return cls(year=year, month=month, day=day, hour=hour, minute=minute)

    @property
    def date(self) -> tuple[int, int, int]:
        weekday = (calendar.weekday(self.year, self.month, self.day) + 1) % 7
        return self.month, self.day, weekday


@dataclass(frozen=True, kw_only=True, slots=True)
class _Times:
    """When an action runs."""

    name: str
    zone: str
    cron: Cron | None
    once: _Instant | None

    def meet(self, other: _Times) -> bool:
        """Whether they run in the same minute. Not told for recurrences in different time zones."""
        if self.once and other.once:
            return self.once == other.once
        if self.cron and other.cron:
            return self.zone == other.zone and self.cron.meets(other.cron)
        cron, zone, once = (self.cron, self.zone, other.once) if self.cron else (other.cron, other.zone, self.once)
        if cron is None or once is None or zone != "UTC":
            return False
        return cron.includes(minute=once.minute, hour=once.hour, date=once.date)


def check_schedule(problems: Problems, actions: Sequence[ScheduledScaling], *, capacity: Capacity, name: str) -> None:
    """Add whatever is wrong with the scheduled actions of one fleet."""
    times = [found for action in actions if (found := _check_times(problems, action, f"{name}.{action.name}"))]
    for one, other in combinations(times, 2):
        if one.meet(other):
            problems.add(
                f"{name} must not do two things at once, got {one.name} and {other.name}: "
                "AWS refuses the second; move one by a minute"
            )
    for action in actions:
        _check_sizes(problems, action, f"{name}.{action.name}")
    _check_limits(problems, actions, capacity, name)
    _check_standstill(problems, actions, name)


def _check_times(problems: Problems, action: ScheduledScaling, name: str) -> _Times | None:
    if is_token(action.recurrence) or is_token(action.start) or is_token(action.time_zone):
        return None
    start = _instant(problems, f"{name}.start", action.start)
    end = _instant(problems, f"{name}.end", action.end)
    if start and end and not start < end:
        problems.add(f"{name}.end must be later than its start, got {action.end} and {action.start}")
    zone = "UTC" if action.time_zone in _UTC else action.time_zone
    if action.recurrence is None:
        if action.start is None:
            problems.add(f"{name} must have a recurrence, or a start to happen once")
        if action.end is not None:
            problems.add(f"{name}.end must come with a recurrence: what happens once has no end")
        if zone != "UTC":
            problems.add(f"{name}.time_zone must come with a recurrence: a start is in UTC, got {action.time_zone!r}")
        return _Times(name=action.name, zone="UTC", cron=None, once=start) if start else None
    _check_zone(problems, f"{name}.time_zone", action.time_zone)
    try:
        cron = Cron.parse(action.recurrence)
    except ValueError as error:
        problems.add(
            f"{name}.recurrence must be a cron expression of five fields such as '0 8 * * 1-5', "
            f"got {action.recurrence!r}: {error}"
        )
        return None
    return _Times(name=action.name, zone=zone, cron=cron, once=None)


def _instant(problems: Problems, name: str, text: str | None) -> _Instant | None:
    if text is None or is_token(text):
        return None
    found = _Instant.parse(text)
    if found is None:
        problems.add(f"{name} must be a time in UTC such as 2027-12-24T08:00:00Z, got {text!r}")
    return found


def _check_zone(problems: Problems, name: str, zone: str) -> None:
    known = _zones()
    # A machine without a time zone database can't tell; AWS will.
    if known and zone not in known:
        close = get_close_matches(zone, known, n=1)
        advice = f"did you mean {close[0]}?" if close else "see the IANA time zone database"
        problems.add(f"{name} must be an IANA name such as Europe/Vienna, got {zone!r}: {advice}")


@cache
def _zones() -> tuple[str, ...]:
    # In an order of their own, or the advice would differ from one run to the next.
    return tuple(sorted(available_timezones()))


def _check_sizes(problems: Problems, action: ScheduledScaling, name: str) -> None:
    sizes = {"minimum": action.minimum, "desired": action.desired, "maximum": action.maximum}
    given = {key: size for key, size in sizes.items() if size is not None and not is_token(size)}
    if all(size is None for size in sizes.values()):
        problems.add(f"{name} must set minimum, maximum or desired: as it is it changes nothing")
    for key, size in given.items():
        if size < 0:
            problems.add(f"{name}.{key} must be 0 or more, got {size}")
    for (lower, low), (upper, high) in combinations(given.items(), 2):
        if low > high:
            problems.add(f"{name}.{lower} must not be above its {upper}, got {low} and {high}")


_Limit = Literal["minimum", "maximum"]


def _check_limits(problems: Problems, actions: Sequence[ScheduledScaling], capacity: Capacity, name: str) -> None:
    """An action that leaves a limit as it was meets whatever the fleet, or another action, has made of it."""
    for action in actions:
        highest = max(_known(action.minimum, action.desired), default=None)
        if action.maximum is None and highest is not None:
            for where, limit in _found(actions, action, capacity, "maximum"):
                if highest > limit:
                    _add_refusal(problems, f"{name}.{action.name}", highest, "maximum", f"{limit} {where}")
                    break
        lowest = min(_known(action.maximum, action.desired), default=None)
        if action.minimum is None and lowest is not None:
            for where, limit in _found(actions, action, capacity, "minimum"):
                if lowest < limit:
                    _add_refusal(problems, f"{name}.{action.name}", lowest, "minimum", f"{limit} {where}")
                    break


def _add_refusal(problems: Problems, name: str, asked: int, limit: str, found: str) -> None:
    problems.add(
        f"{name} asks for {asked} and leaves the {limit} as it is, {found}: AWS would refuse it then; "
        f"give it a {limit} as well"
    )


def _found(
    actions: Sequence[ScheduledScaling], beside: ScheduledScaling, capacity: Capacity, limit: _Limit
) -> Iterator[tuple[str, int]]:
    for size in _known(getattr(capacity, limit)):
        yield "in the fleet's capacity", size
    for other in actions:
        if other is not beside:
            for size in _known(getattr(other, limit)):
                yield f"after {other.name}", size


def _check_standstill(problems: Problems, actions: Sequence[ScheduledScaling], name: str) -> None:
    maxima = {action.name: action.maximum for action in actions if action.maximum is not None}
    stops = [stop for stop, maximum in maxima.items() if maximum == 0]
    if stops and not any(is_token(maximum) or maximum for maximum in maxima.values()):
        problems.add(
            f"{name}.{stops[0]} stops the fleet (maximum 0) and no other action starts it again: "
            "add one that sets minimum and maximum back"
        )


def _known(*sizes: int | None) -> list[int]:
    return [size for size in sizes if size is not None and not is_token(size)]
