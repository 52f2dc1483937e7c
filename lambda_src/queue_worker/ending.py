"""The end of a job: what can't be done is buried, and somebody is told, in codes and numbers only."""

from __future__ import annotations

from typing import Protocol

from queue_worker.job import Message
from queue_worker.logic import (
    Bury,
    CallError,
    Delete,
    Done,
    Failed,
    Outcome,
    QueueTerms,
    Received,
    Refused,
    Return,
    Teller,
    Verdict,
    pause,
    verdict,
)


class Undertaker(Protocol):
    """Has a dead-letter queue."""

    def bury(self, received: Received, buried: Bury) -> None:
        """Put a copy that says why into it; may raise CallError."""


def conclude(
    received: Received, outcome: Outcome, seconds: float, *, undertaker: Undertaker, terms: QueueTerms, teller: Teller
) -> Delete | Return:
    """What SQS is to be told about a message, whose job took so long."""
    message = received.message
    decided = verdict(outcome, message, terms)
    if isinstance(decided, Bury):
        try:
            undertaker.bury(received, decided)
        except CallError as error:
            teller.note("error", "could not bury message", message_id=message.id, code=error.code)
            decided = Return(seconds=pause(message, terms))
    _tell(outcome, decided, message, seconds, teller)
    return decided if isinstance(decided, Return) else Delete()


def _tell(outcome: Outcome, decided: Verdict, message: Message, seconds: float, teller: Teller) -> None:
    told = {"message_id": message.id, "attempt": message.receive_count, "seconds": round(seconds, 3)}
    match outcome:
        case Done(facts=facts):
            # What a job has nothing to tell about is counted, and that is all.
            teller.note("info" if facts else "debug", "job done", **told, facts=facts)
            teller.count("MessagesDone")
            teller.measure("ProcessingTime", seconds)
        case Refused(reason=reason):
            teller.note("warning", "job refused", **told, reason=reason)
            teller.count("MessagesRefused")
        case Failed(kind=kind, where=where):
            teller.note("error", "job failed", **told, kind=kind, where=where)
            teller.count("JobsFailed")
        case _:
            teller.note("warning", "job interrupted", **told)
            teller.count("MessagesReturned")
    if isinstance(decided, Bury):
        teller.count("MessagesBuried")
