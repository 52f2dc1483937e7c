"""What becomes of a message, how many are taken, and for how long they are held. Pure: no threads, no clock, no AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import inf
from typing import Protocol, TypeAlias, TypeVar

from queue_worker.job import Facts, Message

# What SQS takes and gives in one call.
BATCH = 10

# SQS hides no message for longer than this, counted from when it was received.
_LONGEST_HIDDEN_SECONDS = 43_200

# A worker takes more than it can begin with at once only when it will begin with it within about this time.
_AHEAD_SECONDS = 1.0
_MOST_AHEAD = 2 * BATCH
_WEIGHT_OF_LAST = 0.2

_MOST_ATTRIBUTES = 10

_Item = TypeVar("_Item")


class CallError(Exception):
    """AWS refused a call or did not answer. Its text is a code only."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueTerms:
    """What a queue says about itself: for how long it hides messages, how often it hands one out, and then?"""

    visibility_seconds: int
    max_receive_count: int | None = None
    dead_letters: str | None = None
    """The URL of its dead-letter queue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A message, and what SQS wants to see when it is spoken about."""

    message: Message
    receipt: str
    raw_attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The job did it."""

    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The job will never do it."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The job did not do it this time."""

    kind: str
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interrupted:
    """The worker ended the job: its own time is over."""


Outcome: TypeAlias = Done | Refused | Failed | Interrupted


@dataclass(frozen=True, kw_only=True, slots=True)
class Delete:
    """The message is done with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bury:
    """The message becomes a dead letter, and says why."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """The message goes back, to be handed out again after so many seconds."""

    seconds: int = 0


Verdict: TypeAlias = Delete | Bury | Return


def verdict(outcome: Outcome, message: Message, terms: QueueTerms) -> Verdict:
    """What becomes of a message.

    The last failure is buried here rather than by SQS, which would do so without a reason. When the worker itself
    dies over a message, SQS does it.
    """
    match outcome:
        case Done():
            return Delete()
        case Interrupted():
            return Return()
        case Refused(reason=reason) if terms.dead_letters:
            return Bury(reason=reason)
        case Failed(kind=kind, where=where) if terms.dead_letters and _was_last(message, terms):
            return Bury(reason="failed", detail=f"{kind} {where}".strip())
        case _:
            return Return(seconds=pause(message, terms))


def _was_last(message: Message, terms: QueueTerms) -> bool:
    return terms.max_receive_count is not None and message.receive_count >= terms.max_receive_count


def pause(message: Message, terms: QueueTerms) -> int:
    """Before a message that failed is tried again: 1 s, 2 s, 4 s... up to the queue's visibility timeout."""
    return min(1 << min(message.receive_count - 1, 16), terms.visibility_seconds)


def epitaph(buried: Bury, received: Received) -> dict[str, object]:
    """The attributes of a dead letter: the sender's, without which it can't be done later, and of ours what fits."""
    message = received.message
    texts = {
        "DeadLetterReason": buried.reason,
        "DeadLetterDetail": buried.detail,
        "OriginalMessageId": message.id,
        "Attempts": str(message.receive_count),
    }
    theirs = {name: value for name, value in received.raw_attributes.items() if name not in texts}
    ours = ((name, {"DataType": "String", "StringValue": text}) for name, text in texts.items() if text)
    return {**theirs, **dict(islice(ours, _MOST_ATTRIBUTES - len(theirs)))}


def lanes(received: Iterable[Received]) -> list[list[Received]]:
    """What may be worked on side by side: each message by itself, those of one group in their order."""
    found: dict[tuple[str | None, str], list[Received]] = {}
    for each in received:
        group = each.message.group
        found.setdefault((group, each.receipt if group is None else ""), []).append(each)
    return list(found.values())


def in_batches(items: Sequence[_Item], size: int = BATCH) -> Iterator[Sequence[_Item]]:
    """In the portions that SQS takes."""
    return (items[start : start + size] for start in range(0, len(items), size))


class Pace:
    """How many messages to ask for: enough that nobody waits for work, few enough that no other worker would."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._seconds: float | None = None

    def took(self, seconds: float) -> None:
        """Remember how long a job took."""
        last = max(seconds, 1e-6)
        self._seconds = last if self._seconds is None else self._seconds + _WEIGHT_OF_LAST * (last - self._seconds)

    def room(self, unfinished: int) -> int:
        """For how many messages, while there are so many not finished; 0 to 10."""
        ahead = (
            0 if self._seconds is None else min(int(self._concurrency * _AHEAD_SECONDS / self._seconds), _MOST_AHEAD)
        )
        free = min(self._concurrency + ahead - unfinished, BATCH)
        # Somebody always has work then, so a call can wait until it brings a whole batch.
        return 0 if free < BATCH and unfinished > self._concurrency else max(free, 0)


@dataclass(kw_only=True, slots=True)
class Held:
    """Since when this worker has a message, and until when nobody else gets it."""

    taken: float
    hidden_until: float


class Ledger:
    """All messages that a worker holds, from when it got them until SQS knows what became of them."""

    def __init__(self, visibility_seconds: int) -> None:
        self._visibility = visibility_seconds
        self._held: dict[str, Held] = {}
        self.unfinished = 0
        """Those that wait for their job or are being worked on."""

    def __len__(self) -> int:
        return len(self._held)

    def take(self, received: Iterable[Received], now: float) -> None:
        """Hold messages that just arrived."""
        for each in received:
            self._held[each.receipt] = Held(taken=now, hidden_until=now + self._visibility)
            self.unfinished += 1

    def finish(self) -> None:
        """The job of one is over; SQS is to be told. It stays hidden until SQS was."""
        self.unfinished -= 1

    def forsake(self, receipts: Iterable[str]) -> None:
        """SQS has given them to somebody else: there is nothing left to hide."""
        for receipt in receipts:
            if receipt in self._held:
                self._held[receipt].hidden_until = inf

    def drop(self, receipts: Iterable[str]) -> None:
        """SQS knows what became of them, or will find out."""
        for receipt in receipts:
            self._held.pop(receipt, None)

    def due(self, now: float) -> list[tuple[str, int]]:
        """Whose time has run down by a third, and for how many seconds to hide them from now on."""
        return [
            (receipt, seconds)
            for receipt, held in self._held.items()
            if (held.hidden_until - now) * 3 < self._visibility * 2 and (seconds := self._extension(held, now)) > 0
        ]

    def _extension(self, held: Held, now: float) -> int:
        return min(self._visibility, int(_LONGEST_HIDDEN_SECONDS - (now - held.taken)))

    def extended(self, extensions: Iterable[tuple[str, int]], now: float) -> None:
        """SQS hides them anew. Some may be settled meanwhile."""
        for receipt, seconds in extensions:
            if receipt in self._held and self._held[receipt].hidden_until != inf:
                self._held[receipt].hidden_until = now + seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Vitals:
    """What a worker knows about itself. Times are of one clock."""

    now: float
    beaten_at: float
    trouble_since: float | None
    """Since when no message could be asked for; ``None`` when the last time it could."""
    unfit: int
    """Processes that jobs can't run in."""
    draining: bool
    visibility_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What is told: ``ok``, ``failing`` or ``draining``, and what is wrong."""

    status: str
    checks: Mapping[str, str]


# Longer than SQS's hiccups; an instance or task that is replaced for one gains nothing.
_LONGEST_TROUBLE_SECONDS = 120.0


def health(vitals: Vitals) -> Health:
    """Whether a worker does its work."""
    trouble = 0.0 if vitals.trouble_since is None else vitals.now - vitals.trouble_since
    quiet = vitals.now - vitals.beaten_at
    checks = {
        "receiving": "ok" if trouble <= _LONGEST_TROUBLE_SECONDS else f"failing for {trouble:.0f} s",
        "heartbeat": "ok" if quiet <= vitals.visibility_seconds else f"silent for {quiet:.0f} s",
        "jobs": "ok" if not vitals.unfit else f"{vitals.unfit} processes can't run the job",
    }
    wrong = any(result != "ok" for result in checks.values())
    return Health(status="draining" if vitals.draining else "failing" if wrong else "ok", checks=checks)


class Teller(Protocol):
    """Who is told what happens, for the log and the metrics. Safe to call from any thread."""

    def note(self, level: str, message: str, **facts: object) -> None:
        """A line of the log."""

    def count(self, name: str, value: float = 1) -> None:
        """So many more of something."""

    def measure(self, name: str, seconds: float) -> None:
        """How long something took."""
