"""Takes messages off a queue, has each worked on, and decides what becomes of it. No AWS of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Protocol

from queue_worker.children import UnfitError
from queue_worker.ending import Undertaker, conclude
from queue_worker.holding import Holding, Keeper
from queue_worker.job import Message
from queue_worker.logic import (
    CallError,
    Health,
    Outcome,
    Pace,
    QueueTerms,
    Received,
    Return,
    Teller,
    Vitals,
    health,
    lanes,
)

# After trouble: soon again at first, then less often.
_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Queue(Keeper, Undertaker, Protocol):
    """SQS, as far as a worker needs it. Each call may raise CallError."""

    def receive(self, most: int) -> list[Received]:
        """Up to so many messages, waiting for them as long as the settings say."""


class Runner(Protocol):
    """Runs jobs one by one; see ``queue_worker.children.Child``."""

    def start(self) -> None:
        """Be ready for a job, or raise UnfitError."""

    def run(self, message: Message, seconds: float) -> Outcome:
        """Do the job."""

    def cut(self) -> None:
        """End what is under way, for good."""

    def close(self) -> None:
        """End."""


class Worker:
    """Begins with ``start``. Ends with ``stop``, then ``wait``; ``cut`` for what takes too long; ``close``.

    Attributes:
        broken: Whether something happened that nobody thought of. Whoever sees it ends this worker.
    """

    def __init__(
        self,
        queue: Queue,
        runners: Sequence[Runner],
        terms: QueueTerms,
        teller: Teller,
        *,
        job_timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._queue = queue
        self._runners = runners
        self._terms = terms
        self._teller = teller
        self._job_timeout = job_timeout_seconds
        self._clock = clock
        self._holding = Holding(queue, teller, visibility_seconds=terms.visibility_seconds, clock=clock, sleep=sleep)
        self._changed = self._holding.changed
        self._pace = Pace(len(runners))
        self._lanes: SimpleQueue[list[Received] | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._receiving = True
        self._trouble_since: float | None = None
        self._unfit: set[Runner] = set()
        self._threads: list[threading.Thread] = []
        self.broken = threading.Event()

    def start(self) -> None:
        """Begin.

        Raises:
            UnfitError: When the job can't be run here; no message has been taken then.
        """
        for runner in self._runners:
            runner.start()
        self._begin("heartbeat", self._holding.beat_until_end)
        self._begin("settle", self._holding.settle_until_end)
        for number, runner in enumerate(self._runners):
            self._begin(f"job {number}", self._work, runner)
        self._begin("receive", self._receive)

    def stop(self) -> None:
        """Take no more messages and give back what no job has begun with."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._give_back_waiting()

    def cut(self) -> None:
        """End the jobs that are under way; their messages go back."""
        for runner in self._runners:
            runner.cut()

    def wait(self, seconds: float) -> bool:
        """After ``stop``: whether everything was done or given back within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._receiving and len(self._holding) == 0, timeout=seconds)

    def close(self, seconds: float = 5.0) -> None:
        """After ``wait``: end what is left of it."""
        self._holding.end()
        end = self._clock() + seconds
        for thread in self._threads:
            thread.join(max(end - self._clock(), 0))

    @property
    def held(self) -> int:
        """How many messages it has."""
        return len(self._holding)

    @property
    def idle(self) -> bool:
        """Whether it has nothing that would be lost time if it ended now."""
        return self.held == 0

    def health(self) -> Health:
        """Whether it does its work."""
        return health(
            Vitals(
                now=self._clock(),
                beaten_at=self._holding.beaten_at,
                trouble_since=self._trouble_since,
                unfit=len(self._unfit),
                draining=self._stopping.is_set(),
                visibility_seconds=self._terms.visibility_seconds,
            )
        )

    def _begin(self, name: str, task: Callable[..., None], *arguments: object) -> None:
        def run() -> None:
            try:
                task(*arguments)
            except Exception as error:
                # A mistake in here. What is held comes back by itself once this worker is gone.
                self.broken.set()
                self._teller.note("error", "worker broken", part=name, kind=type(error).__name__)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _receive(self) -> None:
        attempt = 0
        while (room := self._await_room()) > 0:
            try:
                received = self._queue.receive(room)
            except CallError as error:
                self._teller.note("warning", "receiving failed", code=error.code)
                self._trouble_since = self._trouble_since or self._clock()
                self._stopping.wait(_PAUSES_SECONDS[min(attempt, len(_PAUSES_SECONDS) - 1)])
                attempt += 1
                continue
            self._trouble_since, attempt = None, 0
            self._holding.take(received)
            for lane in lanes(received):
                self._lanes.put(lane)
        # What arrived with the last call.
        self._give_back_waiting()
        for _ in self._runners:
            self._lanes.put(None)
        with self._changed:
            self._receiving = False
            self._changed.notify_all()

    def _await_room(self) -> int:
        """For how many messages there is room; 0 when no more are wanted."""
        with self._changed:
            while not self._stopping.is_set():
                if (room := self._pace.room(self._holding.unfinished)) > 0:
                    return room
                self._changed.wait()
        return 0

    def _work(self, runner: Runner) -> None:
        while self._ready(runner) and (lane := self._lanes.get()) is not None:
            # Those of a group that come after one that failed have to wait for it.
            while lane and self._ready(runner) and self._process(runner, lane.pop(0)):
                pass
            self._give_back(lane)
        runner.close()

    def _ready(self, runner: Runner) -> bool:
        """Wait until jobs can be run; whether they still should."""
        attempt = 0
        while not self._stopping.is_set():
            try:
                runner.start()
            except UnfitError as error:
                self._unfit.add(runner)
                self._teller.note("error", "job can't be run", reason=str(error))
                self._stopping.wait(_PAUSES_SECONDS[min(attempt, len(_PAUSES_SECONDS) - 1)])
                attempt += 1
            else:
                self._unfit.discard(runner)
                return True
        return False

    def _process(self, runner: Runner, received: Received) -> bool:
        """Do the job; whether the message is done with."""
        began = self._clock()
        outcome = runner.run(received.message, self._job_timeout)
        seconds = self._clock() - began
        self._pace.took(seconds)
        decided = conclude(received, outcome, seconds, undertaker=self._queue, terms=self._terms, teller=self._teller)
        self._holding.settle(received, decided)
        if self._pace.room(self._holding.unfinished) > 0:
            with self._changed:
                self._changed.notify_all()
        return not isinstance(decided, Return)

    def _give_back(self, lane: Sequence[Received]) -> None:
        for received in lane:
            self._holding.settle(received, Return())
            self._teller.count("MessagesReturned")

    def _give_back_waiting(self) -> None:
        try:
            while (lane := self._lanes.get_nowait()) is not None:
                self._give_back(lane)
        except Empty:
            return
        # Meant for whoever works: there is no more.
        self._lanes.put(None)
