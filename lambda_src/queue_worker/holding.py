"""Holds messages: hides them from others while they wait and are worked on, then tells SQS what became of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias

from queue_worker.logic import BATCH, CallError, Delete, Ledger, Received, Return, Teller, in_batches

# A call that fails is made again after these; then the message comes back by itself, and is done again.
_PAUSES_SECONDS = (0.1, 0.5, 2.0)

# How long the first waits for others to join in its call.
_LINGER_SECONDS = 0.02

# So often that several in a row may fail before a message becomes visible.
_BEATS_PER_TIMEOUT = 8
_LONGEST_BEAT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What SQS said about the messages of a call, by their receipts; those that it did are not named."""

    failed: frozenset[str] = frozenset()
    """It may do them when it is asked again."""
    lost: frozenset[str] = frozenset()
    """They are not this worker's any more."""


class Keeper(Protocol):
    """SQS, as far as it is told about messages that somebody holds. Each call may raise CallError."""

    def hide(self, receipts: Sequence[tuple[str, int]]) -> Answer:
        """Hand out messages again after so many seconds, and not before. Ten at most."""

    def delete(self, receipts: Sequence[str]) -> Answer:
        """Messages that are done with. Ten at most."""


Settlement: TypeAlias = tuple[Received, Delete | Return]


class Holding:
    """All that a worker holds. Any thread may call anything.

    Attributes:
        changed: Notified when SQS knows of some more; whoever knows of other changes notifies as well.
        beaten_at: When the heartbeat last went through all messages.
    """

    def __init__(
        self,
        keeper: Keeper,
        teller: Teller,
        *,
        visibility_seconds: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._keeper = keeper
        self._teller = teller
        self._visibility = visibility_seconds
        self._clock = clock
        self._sleep = sleep
        self._ledger = Ledger(visibility_seconds)
        self._settlements: deque[Settlement] = deque()
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self._to_tell = threading.Condition(self._lock)
        self.changed = threading.Condition(self._lock)
        self.beaten_at = clock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._ledger)

    @property
    def unfinished(self) -> int:
        """How many wait for their job or are being worked on."""
        return self._ledger.unfinished

    def take(self, received: Iterable[Received]) -> None:
        """Hold messages that just arrived."""
        with self._lock:
            self._ledger.take(received, self._clock())

    def settle(self, received: Received, verdict: Delete | Return) -> None:
        """Have SQS told, soon, what became of a message."""
        with self._lock:
            self._ledger.finish()
            self._settlements.append((received, verdict))
            # Nobody is woken up for those in between: that costs more than a short job.
            if len(self._settlements) in (1, BATCH):
                self._to_tell.notify()

    def end(self) -> None:
        """Let both loops end; what was settled before is told before."""
        self._ended.set()
        with self._lock:
            self._to_tell.notify()

    def beat(self) -> None:
        """Hide all that need it for a while longer."""
        with self._lock:
            due = self._ledger.due(self._clock())
        for batch in in_batches(due):
            now = self._clock()
            try:
                answer = self._keeper.hide(batch)
            except CallError as error:
                # The next beat comes in time.
                self._teller.note("warning", "heartbeat failed", code=error.code, messages=len(batch))
                continue
            if answer.lost:
                self._teller.note("warning", "messages lost", messages=len(answer.lost))
                self._teller.count("MessagesLost", len(answer.lost))
            with self._lock:
                # A job goes on: that it may run twice is nothing new. But it is hidden from nobody any more.
                self._ledger.forsake(answer.lost)
                self._ledger.extended((each for each in batch if each[0] not in answer.failed), now)
        self.beaten_at = self._clock()

    def beat_until_end(self) -> None:
        """The heartbeat."""
        pause = min(self._visibility / _BEATS_PER_TIMEOUT, _LONGEST_BEAT_SECONDS)
        while not self._ended.wait(pause):
            self.beat()

    def settle_until_end(self) -> None:
        """Tell SQS what became of messages, in batches."""
        while batch := self._next_batch():
            deleted = [received.receipt for received, verdict in batch if isinstance(verdict, Delete)]
            returned = {each.receipt: verdict.seconds for each, verdict in batch if isinstance(verdict, Return)}
            self._insist("delete", self._keeper.delete, deleted)
            self._insist("return", partial(self._return, returned), list(returned))
            with self._lock:
                self._ledger.drop(received.receipt for received, _ in batch)
                self.changed.notify_all()

    def _next_batch(self) -> list[Settlement]:
        """Ten, or fewer when no more come soon; none at the end."""
        with self._lock:
            self._to_tell.wait_for(lambda: bool(self._settlements) or self._ended.is_set())
            self._to_tell.wait_for(
                lambda: len(self._settlements) >= BATCH or self._ended.is_set(), timeout=_LINGER_SECONDS
            )
            return [self._settlements.popleft() for _ in range(min(BATCH, len(self._settlements)))]

    def _insist(self, what: str, ask: Callable[[Sequence[str]], Answer], receipts: Sequence[str]) -> None:
        code = ""
        for pause in (0.0, *_PAUSES_SECONDS):
            if not receipts:
                return
            self._sleep(pause)
            try:
                failed = ask(receipts).failed
            except CallError as error:
                code = error.code
            else:
                receipts, code = [each for each in receipts if each in failed], "some"
        if receipts:
            # Nothing is lost: they come back when their time is over.
            self._teller.note("error", f"could not {what} messages", code=code, messages=len(receipts))

    def _return(self, seconds: Mapping[str, int], receipts: Sequence[str]) -> Answer:
        return self._keeper.hide([(receipt, seconds[receipt]) for receipt in receipts])
