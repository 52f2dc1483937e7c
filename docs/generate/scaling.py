"""How the pool of workers of a stack behaves on a day with a rush: a picture, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Literal

from aws_patterns.messaging.worker_pool_options import WorkerPlan
from aws_patterns.messaging.worker_pool_simulation import Load, Moment, Simulation, simulate
from docs.generate.charts import Column, Curve, Panel, draw
from docs.generate.dot import INK
from docs.generate.drawing import framed
from docs.generate.graph import Category

_HOUR = 3_600
_MINUTE = 60
_PIECE = 300

# Messages a second at each hour; in between it changes evenly. Nothing at night, two hours of lunch.
_QUIET_DAY = ((0, 0.0), (6.5, 0.0), (6.6, 0.1), (8, 1.2), (10, 2.2), (12, 1.4), (14, 1.6), (16, 2.4), (18, 1.2),
              (20, 0.2), (21, 0.1), (21.1, 0.0), (24, 0.0))  # fmt: skip
# What nobody has announced: for a third of an hour, so many times more.
_RUSH_HOUR, _RUSH_SECONDS, _RUSH_FACTOR = 11, 1_200, 4
_SHOWN_BEFORE, _SHOWN_AFTER = 5 * _MINUTE, 45 * _MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """A pool's day.

    Attributes:
        title: Of the picture.
        svg: The picture.
        summary: What the day comes to, in Markdown.
    """

    title: str
    svg: str
    summary: str


@cache
def day(plan: WorkerPlan) -> Scaling:
    """Simulate and draw a day of a pool that sleeps at night."""
    done = simulate(plan, list(_loads()))
    title = "A day of a pool of workers"
    rush = _Rush(done)
    columns = [
        Column(
            title="A day",
            begin=0,
            end=24 * _HOUR,
            width=560,
            ticks=[(hour * _HOUR, f"{hour}:00") for hour in range(0, 25, 4)],
        ),
        Column(
            title=f"The rush at {_RUSH_HOUR}:00",
            begin=rush.begins - _SHOWN_BEFORE,
            end=rush.begins + _SHOWN_AFTER,
            width=300,
            ticks=[
                (rush.begins + minutes * _MINUTE, f"{_RUSH_HOUR}:{minutes:02}")
                for minutes in range(0, _SHOWN_AFTER // _MINUTE, 10)
            ],
            marks=list(zip(rush.seconds, "ABCD", strict=True)),
        ),
    ]
    width, height, body = draw(columns, _panels(done), rush.captions)
    summary = _summary(done)
    described = f"{summary} Around the rush: {' '.join(rush.captions)}"
    return Scaling(title=title, svg=framed(width, height, body, title, described), summary=summary)


def _loads() -> Iterator[Load]:
    for (begin, low), (end, high) in pairwise(_QUIET_DAY):
        seconds, passed = round((end - begin) * _HOUR), 0
        while passed < seconds:
            piece = min(_PIECE, seconds - passed)
            rate = low + (high - low) * (passed + piece / 2) / seconds
            now = begin * _HOUR + passed - _RUSH_HOUR * _HOUR
            times = _RUSH_FACTOR if 0 <= now < _RUSH_SECONDS else 1
            yield Load(messages_per_second=rate * times, seconds=piece)
            passed += piece


class _Rush:
    """What happens when, around the hour in which it is busiest."""

    def __init__(self, done: Simulation) -> None:
        self.begins = _RUSH_HOUR * _HOUR
        moments = done.moments[self.begins :]
        usual = done.moments[self.begins - 1]
        alarmed = next(moment for moment in moments if moment.desired > usual.desired)
        there = next(moment for moment in moments if moment.in_service >= alarmed.desired)
        drained = next(moment for moment in moments[there.second - self.begins :] if moment.waiting < 1)
        fewer = next(moment for moment in moments[there.second - self.begins :] if moment.desired < there.desired)
        self.seconds = [alarmed.second, there.second, drained.second, fewer.second]
        self.captions = [
            f"A  {_minutes(alarmed.second - self.begins)} after it begins, the backlog per worker has been above its "
            f"target for three minutes: {alarmed.desired} workers instead of {usual.desired}.",
            f"B  {_minutes(there.second - self.begins)}: they work. Most messages that ever wait: "
            f"{max(moment.waiting for moment in moments):,.0f}.",
            f"C  {_minutes(drained.second - self.begins)}: nothing waits any more, though the rush goes on.",
            f"D  {_minutes(fewer.second - self.begins)}: a quarter of an hour of calm, and only "
            f"{fewer.desired} are kept. Who works is not ended.",
        ]


def _minutes(seconds: int) -> str:
    return f"{seconds / _MINUTE:.0f} min"


def _panels(done: Simulation) -> list[Panel]:
    moments = done.moments
    begins = accumulate((load.seconds for load in done.loads), initial=0)
    rates = [(float(second), load.messages_per_second) for second, load in zip(begins, done.loads, strict=False)]
    waits = [(moment.second, float(_latency(done, moment))) for moment in moments[::_MINUTE]]
    most = max(moment.desired for moment in moments)
    acceptable = done.plan.acceptable_latency_seconds
    return [
        Panel(
            title="Messages sent, each second",
            ticks=_ticks(max(rate for _, rate in rates)),
            curves=[Curve(points=rates, color=Category.NETWORK.value, filled=True)],
        ),
        Panel(
            title="Messages that wait",
            ticks=_ticks(max(moment.waiting for moment in moments)),
            curves=[Curve(points=_of_minutes(moments), color=Category.INTEGRATION.value, filled=True)],
        ),
        Panel(
            title="Workers: in service, and wanted (dashed)",
            ticks=_ticks(most),
            curves=[
                Curve(points=_changes(moments, "in_service"), color=Category.COMPUTE.value, filled=True),
                Curve(points=_changes(moments, "desired"), color=INK, dashed=True),
            ],
        ),
        Panel(
            title="Seconds from sent to done",
            ticks=_ticks(max(acceptable * 1.1, *(wait for _, wait in waits))),
            curves=[Curve(points=waits, color=Category.STORAGE.value, filled=True)],
            limit=(acceptable, f"acceptable: {acceptable:g} s"),
        ),
    ]


def _changes(moments: Sequence[Moment], name: Literal["in_service", "desired"]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for moment in moments:
        value = float(getattr(moment, name))
        if not found or value != found[-1][1]:
            found.append((float(moment.second), value))
    return found


def _of_minutes(moments: Sequence[Moment]) -> list[tuple[float, float]]:
    """The most that waits in each minute: a curve of every second is no better to see."""
    starts = range(0, len(moments), _MINUTE)
    return [(float(start), max(one.waiting for one in moments[start : start + _MINUTE])) for start in starts]


def _latency(done: Simulation, moment: Moment) -> int:
    before = done.moments[max(0, moment.second - 1)]
    if moment.sent == before.sent:
        return 0
    return done.latency_seconds(moment.second) or 0


def _ticks(most: float) -> list[float]:
    """Lines at round values, the last at or above the most."""
    step = next(float(size * 10**power) for power in range(7) for size in (1, 2, 5) if most <= 5 * size * 10**power)
    lines = [0.0]
    while lines[-1] < most:
        lines.append(lines[-1] + step)
    return lines


def _summary(done: Simulation) -> str:
    sent = done.moments[-1].sent
    most = max(moment.in_service for moment in done.moments)
    return (
        f"On this day {sent:,.0f} messages are sent, and the longest takes {done.longest_latency_seconds} s of the "
        f"{done.plan.acceptable_latency_seconds:g} s that are acceptable. {done.worker_hours:.0f} hours of workers are "
        f"paid for; the {most} that the rush needs would be {24 * most} if they were always there."
    )
