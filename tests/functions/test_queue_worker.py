"""The worker with a queue and jobs that do what a test says: what it takes, holds, gives back and tells."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import pytest

from queue_worker.children import UnfitError
from queue_worker.holding import Answer, Holding
from queue_worker.job import Message
from queue_worker.logic import (
    Bury,
    CallError,
    Delete,
    Done,
    Failed,
    Interrupted,
    Outcome,
    QueueTerms,
    Received,
    Refused,
    Return,
)
from queue_worker.worker import Worker
from tests.functions.telling import FakeTeller

TERMS = QueueTerms(visibility_seconds=30, max_receive_count=3, dead_letters="https://dead")
PATIENCE = 20.0


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.002)


def received(name: str, *, group: str | None = None, attempt: int = 1) -> Received:
    return Received(message=Message(id=name, body=name, receive_count=attempt, group=group), receipt=name)


@dataclass
class FakeQueue:
    """SQS as far as a worker sees it; each list of faults is used up in order, an answer or an error at a time."""

    arriving: SimpleQueue[list[Received] | CallError] = field(default_factory=SimpleQueue)
    asked: list[int] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hidden: list[tuple[str, int]] = field(default_factory=list)
    buried: list[tuple[str, Bury]] = field(default_factory=list)
    faults: dict[str, list[Answer | CallError]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def send(self, *messages: Received) -> None:
        self.arriving.put(list(messages))

    def receive(self, most: int) -> list[Received]:
        self.asked.append(most)
        try:
            came = self.arriving.get(timeout=0.01)
        except Empty:
            return []
        if isinstance(came, CallError):
            raise came
        assert len(came) <= most
        return came

    def hide(self, receipts: Sequence[tuple[str, int]]) -> Answer:
        answer = self._answer("hide", len(receipts))
        self.hidden += [each for each in receipts if each[0] not in answer.failed | answer.lost]
        return answer

    def delete(self, receipts: Sequence[str]) -> Answer:
        answer = self._answer("delete", len(receipts))
        self.deleted += [each for each in receipts if each not in answer.failed]
        return answer

    def bury(self, received: Received, buried: Bury) -> None:
        self._answer("bury", 1)
        self.buried.append((received.message.id, buried))

    def _answer(self, call: str, messages: int) -> Answer:
        assert 1 <= messages <= 10
        self.calls[call] += 1
        fault = self.faults[call].pop(0) if self.faults.get(call) else Answer()
        if isinstance(fault, CallError):
            raise fault
        return fault


@dataclass(eq=False)
class FakeRunner:
    """Gives outcomes by the message's id; waits, when it has a gate, until that opens or it is cut."""

    outcomes: dict[str, Outcome | Exception] = field(default_factory=dict)
    gate: threading.Event | None = None
    unfit: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    severed: threading.Event = field(default_factory=threading.Event)
    closed: bool = False

    def start(self) -> None:
        if self.unfit:
            raise UnfitError(self.unfit.pop(0))

    def run(self, message: Message, seconds: float) -> Outcome:
        assert seconds == 60
        self.begun.append(message.id)
        while self.gate is not None and not self.gate.wait(0.002):
            if self.severed.is_set():
                return Interrupted()
        self.done.append(message.id)
        outcome = self.outcomes.get(message.id, Done())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def cut(self) -> None:
        self.severed.set()

    def close(self) -> None:
        self.closed = True


@dataclass
class Bench:
    """A worker and all it deals with."""

    queue: FakeQueue
    teller: FakeTeller
    runners: list[FakeRunner]
    worker: Worker

    def ends(self) -> None:
        self.worker.stop()
        assert self.worker.wait(PATIENCE)
        self.worker.close(PATIENCE)
        assert all(runner.closed for runner in self.runners)


MakeBench = Callable[..., Bench]


@pytest.fixture
def bench() -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(*runners: FakeRunner, terms: QueueTerms = TERMS) -> Bench:
        queue, teller = FakeQueue(), FakeTeller()
        worker = Worker(queue, runners, terms, teller, job_timeout_seconds=60, sleep=lambda _: None)
        made.append(Bench(queue, teller, list(runners), worker))
        return made[-1]

    yield make
    for each in made:
        each.worker.stop()
        each.worker.cut()
        each.worker.close(PATIENCE)


class TestWork:
    def test_is_deleted_when_it_is_done(self, bench: MakeBench) -> None:
        b = bench(FakeRunner(), FakeRunner())
        b.queue.send(received("a"), received("b"))
        b.worker.start()
        until(lambda: sorted(b.queue.deleted) == ["a", "b"], "deletion")
        b.ends()
        assert b.teller.counts == {"MessagesDone": 2}
        assert len(b.teller.measured["ProcessingTime"]) == 2
        assert b.teller.said() == ["job done", "job done"]
        assert b.queue.hidden == []

    def test_that_is_refused_is_buried_with_the_reason_and_then_deleted(self, bench: MakeBench) -> None:
        b = bench(FakeRunner({"a": Refused(reason="empty")}))
        b.queue.send(received("a"))
        b.worker.start()
        until(lambda: b.queue.deleted == ["a"], "deletion")
        assert b.queue.buried == [("a", Bury(reason="empty"))]
        assert b.teller.counts == {"MessagesRefused": 1, "MessagesBuried": 1}

    def test_that_cannot_be_buried_goes_back(self, bench: MakeBench) -> None:
        b = bench(FakeRunner({"a": Refused(reason="empty")}))
        b.queue.faults["bury"] = [CallError("AccessDenied")]
        b.queue.send(received("a", attempt=2))
        b.worker.start()
        until(lambda: b.queue.hidden == [("a", 2)], "return")
        assert b.queue.deleted == []
        assert ("could not bury message", {"message_id": "a", "code": "AccessDenied"}) in b.teller.notes

    def test_that_failed_is_tried_again_later_and_the_last_time_buried(self, bench: MakeBench) -> None:
        failed = Failed(kind="OSError", where="a.py:1")
        b = bench(FakeRunner({"a": failed, "b": failed}))
        b.queue.send(received("a", attempt=2))
        b.queue.send(received("b", attempt=3))
        b.worker.start()
        until(lambda: b.queue.deleted == ["b"], "deletion")
        until(lambda: b.queue.hidden == [("a", 2)], "return")
        assert b.queue.buried == [("b", Bury(reason="failed", detail="OSError a.py:1"))]
        assert b.teller.counts == {"JobsFailed": 2, "MessagesBuried": 1}

    def test_in_a_group_waits_for_what_failed_before_it(self, bench: MakeBench) -> None:
        runner = FakeRunner({"2": Failed(kind="OSError")})
        b = bench(runner)
        b.queue.send(received("0"))
        b.worker.start()
        until(lambda: b.queue.deleted == ["0"], "a quick job, after which more is taken")
        b.queue.send(*(received(name, group="g") for name in "1234"))
        until(lambda: sorted(b.queue.hidden) == [("2", 1), ("3", 0), ("4", 0)], "return")
        assert runner.done == ["0", "1", "2"]

    def test_is_taken_ahead_in_whole_batches_when_it_is_quick(self, bench: MakeBench) -> None:
        runner = FakeRunner()
        b = bench(runner)
        b.queue.send(received("a"))
        b.worker.start()
        until(lambda: 10 in b.queue.asked, "more at a time")
        assert b.queue.asked[0] == 1
        runner.gate = threading.Event()
        before = len(b.queue.asked)
        for tens in (0, 10):
            b.queue.send(*(received(str(tens + ones)) for ones in range(10)))
        until(lambda: b.worker.held == 20, "two batches")
        runner.gate.set()
        until(lambda: len(b.queue.deleted) == 21, "deletion")
        assert set(b.queue.asked[before:]) == {10}


class TestStop:
    def test_lets_jobs_finish_and_gives_back_what_waits(self, bench: MakeBench) -> None:
        runner = FakeRunner()
        b = bench(runner)
        b.queue.send(received("quick"))
        b.worker.start()
        until(lambda: b.queue.deleted == ["quick"], "deletion")
        runner.gate = threading.Event()
        b.queue.send(*(received(name) for name in "abcd"))
        until(lambda: runner.begun == ["quick", "a"], "a job under way")
        assert b.worker.health().status == "ok"
        b.worker.stop()
        assert b.worker.health().status == "draining"
        until(lambda: sorted(b.queue.hidden) == [("b", 0), ("c", 0), ("d", 0)], "return of what waits")
        assert not b.worker.wait(0.01)
        assert (b.worker.held, b.worker.idle) == (1, False)
        runner.gate.set()
        assert b.worker.wait(PATIENCE)
        assert (b.worker.held, b.worker.idle) == (0, True)
        assert b.queue.deleted == ["quick", "a"]
        assert b.teller.counts["MessagesReturned"] == 3

    def test_gives_back_what_a_group_has_left(self, bench: MakeBench) -> None:
        runner = FakeRunner()
        b = bench(runner)
        b.queue.send(received("quick"))
        b.worker.start()
        until(lambda: b.queue.deleted == ["quick"], "deletion")
        runner.gate = threading.Event()
        b.queue.send(*(received(name, group="g") for name in "abc"))
        until(lambda: "a" in runner.begun, "a job under way")
        b.worker.stop()
        runner.gate.set()
        assert b.worker.wait(PATIENCE)
        assert b.queue.hidden == [("b", 0), ("c", 0)]

    def test_gives_back_what_is_cut_off(self, bench: MakeBench) -> None:
        runner = FakeRunner(gate=threading.Event())
        b = bench(runner)
        b.queue.send(received("a"))
        b.worker.start()
        until(lambda: runner.begun == ["a"], "a job under way")
        b.worker.stop()
        b.worker.cut()
        assert b.worker.wait(PATIENCE)
        assert b.queue.hidden == [("a", 0)]
        assert b.teller.counts == {"MessagesReturned": 1}

    def test_gives_back_what_arrives_with_the_last_call(self, bench: MakeBench) -> None:
        b = bench(FakeRunner())

        def receive(most: int) -> list[Received]:
            b.worker.stop()
            return [received("late")]

        b.queue.receive = receive  # type: ignore[method-assign]  # the moment matters
        b.worker.start()
        assert b.worker.wait(PATIENCE)
        assert b.queue.hidden == [("late", 0)]
        assert b.runners[0].begun == []

    def test_may_be_said_again_when_all_is_over(self, bench: MakeBench) -> None:
        b = bench(FakeRunner(), FakeRunner())
        b.worker.start()
        b.ends()
        b.worker.stop()
        assert b.worker.wait(0)


class TestTrouble:
    def test_with_the_queue_is_told_and_passes(self, bench: MakeBench) -> None:
        b = bench(FakeRunner())
        b.queue.arriving.put(CallError("ServiceUnavailable"))
        b.queue.arriving.put(CallError("ServiceUnavailable"))
        b.queue.send(received("a"))
        b.worker.start()
        until(lambda: b.queue.deleted == ["a"], "deletion")
        assert b.teller.notes[:2] == [("receiving failed", {"code": "ServiceUnavailable"})] * 2
        assert b.worker.health().checks["receiving"] == "ok"

    def test_with_the_job_at_the_start_takes_no_message(self, bench: MakeBench) -> None:
        b = bench(FakeRunner(), FakeRunner(unfit=["ImportError job.py:1"]))
        with pytest.raises(UnfitError, match=r"^ImportError job\.py:1$"):
            b.worker.start()
        assert b.queue.asked == []

    def test_with_the_job_later_on_blames_no_message(self, bench: MakeBench) -> None:
        b = bench(FakeRunner())
        b.worker.start()
        b.runners[0].unfit = ["OSError"] * 2
        b.queue.send(received("a"))
        until(lambda: b.worker.health().checks["jobs"] != "ok" or b.queue.deleted == ["a"], "trouble")
        until(lambda: b.queue.deleted == ["a"], "deletion")
        until(lambda: b.worker.health().status == "ok", "health")
        assert b.teller.said().count("job can't be run") == 2
        assert b.queue.hidden == []

    def test_with_the_job_does_not_keep_a_worker_from_ending(self, bench: MakeBench) -> None:
        b = bench(FakeRunner())
        b.worker.start()
        b.runners[0].unfit = ["OSError"] * 1_000
        b.queue.send(received("a"))
        until(lambda: b.worker.held == 1, "a message")
        b.ends()
        assert b.queue.hidden == [("a", 0)]

    def test_that_nobody_thought_of_is_seen(self, bench: MakeBench) -> None:
        b = bench(FakeRunner({"a": KeyError("ann@example.org")}))
        b.queue.send(received("a"))
        b.worker.start()
        assert b.worker.broken.wait(PATIENCE)
        assert b.teller.notes == [("worker broken", {"part": "job 0", "kind": "KeyError"})]


@dataclass
class HoldingBench:
    """Messages that are held, and a clock that stands still."""

    queue: FakeQueue = field(default_factory=FakeQueue)
    teller: FakeTeller = field(default_factory=FakeTeller)
    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.holding = Holding(
            self.queue, self.teller, visibility_seconds=30, clock=lambda: self.now, sleep=self.slept.append
        )

    def settle(self, *settlements: tuple[Received, Delete | Return]) -> None:
        """Have these told to SQS, all of them."""
        for each, decided in settlements:
            self.holding.settle(each, decided)
        self.holding.end()
        self.holding.settle_until_end()


class TestHeartbeat:
    def test_hides_what_needs_it_in_batches(self) -> None:
        b = HoldingBench()
        b.holding.take([received(str(number)) for number in range(25)])
        b.holding.beat()
        assert b.queue.hidden == []
        b.now = 12
        b.holding.beat()
        assert b.queue.hidden == [(str(number), 30) for number in range(25)]
        assert b.queue.calls == {"hide": 3}
        assert b.holding.beaten_at == 12
        b.now = 20
        b.holding.beat()
        assert b.queue.calls == {"hide": 3}

    def test_tries_again_what_it_could_not_hide(self) -> None:
        b = HoldingBench()
        b.holding.take([received(str(number)) for number in range(12)])
        b.queue.faults["hide"] = [CallError("RequestTimeout"), Answer(failed=frozenset({"11"}))]
        b.now = 12
        b.holding.beat()
        assert b.queue.hidden == [("10", 30)]
        b.holding.beat()
        assert sorted(b.queue.hidden) == sorted((str(number), 30) for number in range(12))
        assert b.teller.notes == [("heartbeat failed", {"code": "RequestTimeout", "messages": 10})]

    def test_lets_go_what_somebody_else_has(self) -> None:
        b = HoldingBench()
        b.holding.take([received("mine"), received("theirs")])
        b.queue.faults["hide"] = [Answer(lost=frozenset({"theirs"}))]
        for b.now in (12, 24):
            b.holding.beat()
        assert b.queue.hidden == [("mine", 30), ("mine", 30)]
        assert b.teller.counts == {"MessagesLost": 1}
        b.settle((received("theirs"), Delete()))
        assert len(b.holding) == 1

    def test_beats_until_the_end(self) -> None:
        b = HoldingBench()
        b.holding = Holding(b.queue, b.teller, visibility_seconds=0, clock=time.monotonic, sleep=b.slept.append)
        began = b.holding.beaten_at
        thread = threading.Thread(target=b.holding.beat_until_end)
        thread.start()
        until(lambda: b.holding.beaten_at > began, "a beat")
        b.holding.end()
        thread.join(PATIENCE)
        assert not thread.is_alive()


class TestSettling:
    def test_tells_in_batches_and_then_holds_nothing(self) -> None:
        b = HoldingBench()
        messages = [received(str(number)) for number in range(25)]
        b.holding.take(messages)
        b.settle(*((each, Delete() if number % 5 else Return(seconds=number)) for number, each in enumerate(messages)))
        assert sorted(b.queue.deleted, key=int) == [str(number) for number in range(25) if number % 5]
        assert b.queue.hidden == [(str(number), number) for number in range(0, 25, 5)]
        assert b.queue.calls == {"delete": 3, "hide": 3}
        assert (len(b.holding), b.holding.unfinished) == (0, 0)

    def test_asks_again_for_what_sqs_did_not_do(self) -> None:
        b = HoldingBench()
        messages = [received(name) for name in "abc"]
        b.holding.take(messages)
        b.queue.faults["delete"] = [CallError("ServiceUnavailable"), Answer(failed=frozenset({"b"}))]
        b.settle(*((each, Delete()) for each in messages))
        assert b.queue.deleted == ["a", "c", "b"]
        assert b.slept == [0.0, 0.1, 0.5]
        assert b.teller.notes == []

    def test_is_content_when_sqs_does_it_in_the_end(self) -> None:
        b = HoldingBench()
        b.holding.take([received("a")])
        b.queue.faults["delete"] = [CallError("ServiceUnavailable")] * 3
        b.settle((received("a"), Delete()))
        assert (b.queue.deleted, b.teller.notes) == (["a"], [])

    @pytest.mark.parametrize(
        ("fault", "code"), [(CallError("AccessDenied"), "AccessDenied"), (Answer(failed=frozenset({"a"})), "some")]
    )
    def test_leaves_to_the_visibility_timeout_what_sqs_will_not_do(self, fault: Answer | CallError, code: str) -> None:
        b = HoldingBench()
        b.holding.take([received("a")])
        b.queue.faults["delete"] = [fault] * 4
        b.settle((received("a"), Delete()))
        assert b.teller.notes == [("could not delete messages", {"code": code, "messages": 1})]
        assert len(b.holding) == 0

    def test_does_not_wait_for_others_to_tell_of_one(self) -> None:
        b = HoldingBench()
        b.holding.take([received("a")])
        thread = threading.Thread(target=b.holding.settle_until_end)
        thread.start()
        b.holding.settle(received("a"), Return(seconds=3))
        until(lambda: b.queue.hidden == [("a", 3)], "return")
        b.holding.end()
        thread.join(PATIENCE)
        assert not thread.is_alive()
