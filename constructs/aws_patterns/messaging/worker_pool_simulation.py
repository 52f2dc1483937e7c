"""How a pool of workers would behave: how many it settles at, how long messages wait, when it has drained. No CDK.

A model of what AWS does, minute by minute, with a flow instead of single messages: metrics are a minute old, target
tracking waits for three readings above its target and fifteen below it, new workers take their time to start, busy
ones are not ended. For planning and for pictures; what AWS does in detail it tells nobody.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_patterns.messaging import _defaults as defaults

if TYPE_CHECKING:
    from aws_patterns.messaging.worker_pool_options import WorkerPlan

_ALMOST = 1e-6
_SHORTEST_CALM_SECONDS = 1_800


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """So many messages a second, for so long: ``Load(messages_per_second=50, seconds=7200)``."""

    messages_per_second: float
    seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A pool at one second.

    Attributes:
        second: Since the beginning.
        sent: Messages, all together, what lay there at the beginning included.
        done: Messages, all together.
        in_service: Workers that work or could.
        desired: Workers that there shall be.
        waiting: Messages that nobody works on.
    """

    second: int
    sent: float
    done: float
    in_service: int
    desired: int
    waiting: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """What became of a pool and its messages, second by second.

    Attributes:
        plan: Of the pool.
        loads: What it was given.
        moments: One for each second.
    """

    plan: WorkerPlan
    loads: tuple[Load, ...]
    moments: tuple[Moment, ...]

    @property
    def settled_workers(self) -> tuple[int, int]:
        """The fewest and the most workers in service in the last half of the last load; half an hour at least."""
        calm = max(self.loads[-1].seconds // 2, min(_SHORTEST_CALM_SECONDS, self.loads[-1].seconds))
        counts = [moment.in_service for moment in self.moments[-calm:]]
        return min(counts), max(counts)

    @property
    def drain_seconds(self) -> int | None:
        """From when most messages waited until none did; 0 where none ever waited, ``None`` where some still do."""
        worst = max(self.moments, key=lambda moment: moment.waiting)
        if worst.waiting < 1:
            return 0
        drained = (moment.second for moment in self.moments[worst.second :] if moment.waiting < 1)
        end = next(drained, None)
        return None if end is None else end - worst.second

    @property
    def worker_hours(self) -> float:
        """What was paid for: workers in service, and those that were starting or should not have been there."""
        return sum(max(moment.in_service, moment.desired) for moment in self.moments) / 3_600

    def latency_seconds(self, sent_at: int) -> int | None:
        """From when a message was sent until it was done; ``None`` where it never was."""
        finished = bisect_left(self.moments, self.moments[sent_at].sent - _ALMOST, key=lambda moment: moment.done)
        return finished - sent_at if finished < len(self.moments) else None

    @property
    def longest_latency_seconds(self) -> int | None:
        """Of all messages; ``None`` where some were never done."""
        worst, finished = 0, 0
        for moment in self.moments:
            if moment.second and moment.sent == self.moments[moment.second - 1].sent:
                continue
            while finished < len(self.moments) and self.moments[finished].done < moment.sent - _ALMOST:
                finished += 1
            if finished == len(self.moments):
                return self._worst_of_the_unfinished(worst)
            worst = max(worst, finished - moment.second)
        return worst

    def _worst_of_the_unfinished(self, worst: int) -> int | None:
        """Messages of the last moments can't be done yet: what is in time so far is no delay."""
        late = self.latency_seconds(max(0, len(self.moments) - 1 - math.ceil(self.plan.acceptable_latency_seconds)))
        return None if late is None else worst

    def __str__(self) -> str:
        fewest, most = self.settled_workers
        rate = f"{self.loads[-1].messages_per_second:g} messages a second"
        workers = f"{most}" if fewest == most else f"{fewest} to {most}"
        drain, longest = self.drain_seconds, self.longest_latency_seconds
        drained = "does not drain" if drain is None else f"drains in {drain} s"
        latency = "some wait for ever" if longest is None else f"longest latency {longest} s"
        return f"at {rate}: settles at {workers} workers, {drained}, {latency}"


def simulate(
    plan: WorkerPlan,
    loads: Sequence[Load],
    *,
    backlog: float = 0,
    workers: int | None = None,
    counts_arrivals: bool = True,
) -> Simulation:
    """Let a pool work.

    Args:
        plan: Of the pool, from ``plan_worker_pool`` or a ``WorkerPool``.
        loads: One after the other.
        backlog: Messages that wait at the beginning.
        workers: In service at the beginning. Default: the minimum.
        counts_arrivals: Whether scaling looks at what arrives too, as ``WorkerPool`` does, or at the backlog alone, as
            AWS's example does; for comparison.
    """
    if not loads or any(load.seconds < 1 or load.messages_per_second < 0 for load in loads):
        raise ValueError("loads must be at least one, each of 1 second or more and 0 messages a second or more")
    pool = _Pool(plan=plan, backlog=backlog, counts_arrivals=counts_arrivals)
    pool.in_service = pool.desired = plan.minimum if workers is None else workers
    for load in loads:
        for _ in range(load.seconds):
            pool.pass_second(load.messages_per_second)
    return Simulation(plan=plan, loads=tuple(loads), moments=tuple(pool.moments))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    """What CloudWatch says about one minute."""

    backlog: float
    per_worker: float
    workers: int


@dataclass(kw_only=True, slots=True)
class _Pool:
    plan: WorkerPlan
    backlog: float
    counts_arrivals: bool
    in_service: int = 0
    desired: int = 0
    starting: deque[int] = field(default_factory=deque)
    moments: list[Moment] = field(default_factory=list)
    _sent: float = 0
    _done: float = 0
    _sent_before: float = 0
    _readings: deque[_Reading] = field(default_factory=lambda: deque(maxlen=defaults.SCALE_IN_MINUTES + 1))
    _rests_until: int = 0

    def __post_init__(self) -> None:
        self._sent = self._sent_before = self.backlog

    def pass_second(self, rate: float) -> None:
        now = len(self.moments)
        self._sent += rate
        self.backlog += rate
        if self.plan.heartbeat_seconds is None:
            self._call_functions(now)
        else:
            self._start_and_end(now)
            if now and now % defaults.METRIC_SECONDS == 0:
                self._scale(now)
        hands = min(self.backlog, self.in_service * self.plan.concurrency)
        done = min(self.backlog, hands / self.plan.processing_seconds)
        self.backlog -= done
        self._done += done
        self.moments.append(
            Moment(
                second=now,
                sent=self._sent,
                done=self._done,
                in_service=self.in_service,
                desired=self.desired,
                waiting=max(0.0, self.backlog - hands + done),
            )
        )

    def _call_functions(self, now: int) -> None:
        """Lambda's own scaling: five at first, three hundred more each minute, as many as there is work for."""
        limit = defaults.FUNCTION_START_WORKERS + now * defaults.FUNCTION_WORKERS_PER_MINUTE // 60
        calls = math.ceil(self.backlog / self.plan.batch_size - _ALMOST)
        # A batch is worked on one message after the other, so that a call is one worker.
        self.in_service = self.desired = min(calls, limit, self.plan.maximum)

    def _start_and_end(self, now: int) -> None:
        while self.starting and self.starting[0] <= now:
            self.starting.popleft()
            self.in_service += 1
        missing = self.desired - self.in_service - len(self.starting)
        if missing > 0:
            self.starting.extend([now + self.plan.warm_up_seconds] * missing)
        for _ in range(min(-missing, len(self.starting))):
            self.starting.pop()
        busy = math.ceil(self.backlog / self.plan.concurrency - _ALMOST)
        # Who works is not ended; as soon as somebody does not, it is.
        self.in_service -= max(0, min(self.in_service - self.desired, self.in_service - busy))

    def _scale(self, now: int) -> None:
        """What the alarms know is a minute old; then comes the reading of the minute that has just ended."""
        self._wake()
        self._follow_target(now)
        per_second = (self._sent - self._sent_before) / defaults.METRIC_SECONDS
        self._sent_before = self._sent
        arriving = per_second * self.plan.acceptable_latency_seconds if self.counts_arrivals else 0.0
        self._readings.append(
            _Reading(
                backlog=self.backlog,
                per_worker=(self.backlog + arriving) / max(self.in_service, 1),
                workers=self.in_service,
            )
        )

    def _wake(self) -> None:
        if self._readings and self._readings[-1].workers == 0 and self.desired == 0 and self._readings[-1].backlog >= 1:
            self.desired = min(wake_size(self._readings[-1].backlog, self.plan), self.plan.maximum)

    def _follow_target(self, now: int) -> None:
        target = self.plan.backlog_per_worker
        recent = list(self._readings)[-defaults.SCALE_OUT_MINUTES :]
        if not recent or not self.in_service:
            return
        wanted = math.ceil(max(recent[-1].workers, 1) * recent[-1].per_worker / target - _ALMOST)
        if len(recent) == defaults.SCALE_OUT_MINUTES and all(reading.per_worker > target for reading in recent):
            self.desired = max(self.desired, min(wanted, self.plan.maximum))
            return
        calm = list(self._readings)[-defaults.SCALE_IN_MINUTES :]
        low = all(reading.per_worker < defaults.SCALE_IN_PART * target for reading in calm)
        if low and len(calm) == defaults.SCALE_IN_MINUTES and not self.starting and now >= self._rests_until:
            self.desired = max(self.plan.minimum, min(self.desired, wanted))
            self._rests_until = now + defaults.SCALE_IN_COOLDOWN_SECONDS


def wake_size(backlog: float, plan: WorkerPlan) -> int:
    """How many workers a pool of none starts for so many messages: enough for the target, doubled up."""
    size = 1
    while size < plan.maximum and backlog >= size * plan.backlog_per_worker:
        size *= 2
    return min(size, plan.maximum)
