"""The hours in which AWS backs up and upgrades a database. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults

_HOUR = 60
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_DAILY = re.compile(rf"{_TIME}-{_TIME}")
_WEEKLY = re.compile(rf"({'|'.join(_DAYS)}):{_TIME}-({'|'.join(_DAYS)}):{_TIME}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """In minutes since its day or week began, in UTC."""

    start: int
    minutes: int


def check_windows(
    problems: Problems,
    *,
    backup_window: str | None,
    maintenance_window: str,
    shortest_minutes: int = defaults.SHORTEST_WINDOW_MINUTES,
) -> None:
    """Add to ``problems`` what is wrong with either, and that they overlap: AWS refuses that at deployment."""
    backup = None if backup_window is None else _daily(problems, backup_window, shortest_minutes)
    maintenance = _weekly(problems, maintenance_window, shortest_minutes)
    if backup is not None and maintenance is not None and _overlap(backup, maintenance):
        problems.add(
            f"backups.window and maintenance.window must not overlap, got {backup_window!r} and "
            f"{maintenance_window!r}: move one of them"
        )


def _daily(problems: Problems, value: str, shortest: int) -> Window | None:
    if is_token(value):
        return None
    match = _DAILY.fullmatch(value)
    if match is None:
        problems.add(f"backups.window must be hours of the day in UTC such as '02:00-03:00', got {value!r}")
        return None
    start, end = _minutes(match, 1), _minutes(match, 3)
    window = Window(start=start, minutes=(end - start) % _DAY)
    return _long_enough(problems, "backups.window", value, window, (shortest, _DAY))


def _weekly(problems: Problems, value: str, shortest: int) -> Window | None:
    if is_token(value):
        return None
    match = _WEEKLY.fullmatch(value)
    if match is None:
        problems.add(
            "maintenance.window must be hours of the week in UTC such as 'sun:04:00-sun:05:00', with days "
            f"{', '.join(_DAYS)}, got {value!r}"
        )
        return None
    start = _DAYS.index(match[1].lower()) * _DAY + _minutes(match, 2)
    end = _DAYS.index(match[4].lower()) * _DAY + _minutes(match, 5)
    longest = defaults.LONGEST_MAINTENANCE_WINDOW_MINUTES
    window = Window(start=start, minutes=(end - start) % _WEEK)
    return _long_enough(problems, "maintenance.window", value, window, (shortest, longest))


def _minutes(match: re.Match[str], group: int) -> int:
    return int(match[group]) * _HOUR + int(match[group + 1])


def _long_enough(problems: Problems, name: str, value: str, window: Window, limits: tuple[int, int]) -> Window | None:
    shortest, longest = limits
    if shortest <= window.minutes <= longest:
        return window
    problems.add(f"{name} must be {shortest} to {longest} minutes long, got {window.minutes} minutes ({value!r})")
    return None


def _overlap(backup: Window, maintenance: Window) -> bool:
    """Whether one of the week's backups has a minute in common with the maintenance, over midnight and Sunday too."""
    for day in range(len(_DAYS)):
        start = day * _DAY + backup.start
        after = (maintenance.start - start) % _WEEK
        if after < backup.minutes or _WEEK - after < maintenance.minutes:
            return True
    return False
