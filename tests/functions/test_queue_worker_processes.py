"""Jobs in processes of their own, real ones: whatever happens in there is an answer out here."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from queue_worker.children import Child, Process, UnfitError, perform, serve
from queue_worker.job import Message, RefusedError
from queue_worker.logic import Done, Failed, Interrupted, Refused

if TYPE_CHECKING:
    from queue_worker.job import Facts, Job

MESSAGE = Message(id="1", body="work")
PATIENCE = 30.0


def make(environment: Mapping[str, str]) -> Job:
    """Does what the message's body says."""
    if environment.get("UNFIT") == "raises":
        raise RuntimeError("ann@example.org")
    if environment.get("UNFIT") == "ends":
        os._exit(7)
    if environment.get("UNFIT") == "hangs":
        time.sleep(PATIENCE)

    def do(message: Message) -> Facts | None:
        match message.body:
            case "refuse":
                raise RefusedError("not-wanted")
            case "fail":
                raise ValueError("ann@example.org")
            case "end":
                os._exit(5)
            case "hang":
                time.sleep(PATIENCE)
        return {"pid": os.getpid(), "flag": True, "list": [1]}  # type: ignore[dict-item]  # what a job must not do

    return do


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> str:
    module = ModuleType("job_of_this_test")
    module.make = make  # type: ignore[attr-defined]  # a module of the moment
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return f"{module.__name__}:make"


class Spawned:
    """Counts processes, which begin as copies of this one."""

    def __init__(self, entry: str, environment: Mapping[str, str]) -> None:
        self.entry = entry
        self.environment = dict(environment)
        self.processes: list[Process] = []

    def __call__(self) -> tuple[Process, Connection]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self.entry, self.environment), daemon=True)
        process.start()
        theirs.close()
        self.processes.append(process)
        return process, ours


@pytest.fixture
def spawned(entry: str) -> Spawned:
    return Spawned(entry, {})


@pytest.fixture
def child(spawned: Spawned) -> Iterator[Child]:
    child = Child(spawned, start_seconds=PATIENCE)
    yield child
    child.close()


class TestChild:
    def test_does_one_job_after_the_other_in_the_same_process(self, child: Child) -> None:
        pids = []
        for _ in range(3):
            child.start()
            outcome = child.run(MESSAGE, PATIENCE)
            assert isinstance(outcome, Done)
            pids.append(outcome.facts["pid"])
        assert len(set(pids)) == 1
        assert os.getpid() not in pids

    @pytest.mark.parametrize(
        ("body", "seconds", "outcome", "processes"),
        [
            ("refuse", PATIENCE, Refused(reason="not-wanted"), 1),
            ("end", PATIENCE, Failed(kind="process ended with 5"), 2),
            ("hang", 0.1, Failed(kind="timed out"), 2),
        ],
    )
    def test_says_what_came_of_a_job_and_is_ready_for_the_next(
        self, *, child: Child, spawned: Spawned, body: str, seconds: float, outcome: object, processes: int
    ) -> None:
        child.start()
        told = child.run(Message(id="1", body=body), seconds)
        assert told == outcome
        child.start()
        assert isinstance(child.run(MESSAGE, PATIENCE), Done)
        assert len(spawned.processes) == processes

    def test_replaces_a_process_that_ended_while_it_had_nothing_to_do(self, child: Child, spawned: Spawned) -> None:
        child.start()
        spawned.processes[0].kill()
        spawned.processes[0].join(PATIENCE)
        child.start()
        assert isinstance(child.run(MESSAGE, PATIENCE), Done)

    def test_that_ended_just_before_a_job_says_so(self, child: Child, spawned: Spawned) -> None:
        child.start()
        spawned.processes[0].kill()
        spawned.processes[0].join(PATIENCE)
        assert child.run(MESSAGE, PATIENCE) == Failed(kind="process ended with -9")
        assert child.run(MESSAGE, PATIENCE) == Interrupted(), "and does nothing before it is started again"

    def test_that_is_cut_gives_its_job_back(self, child: Child) -> None:
        child.start()
        cutting = threading.Timer(0.2, child.cut)
        cutting.start()
        assert child.run(Message(id="1", body="hang"), PATIENCE) == Interrupted()
        cutting.join()
        child.cut()
        child.close()

    @pytest.mark.parametrize(
        ("how", "reason"),
        [("raises", r"RuntimeError test_queue_worker_processes\.py:\d+"), ("ends", r"exit code 7")],
    )
    def test_that_cannot_run_the_job_says_why_and_nothing_else(self, entry: str, how: str, reason: str) -> None:
        with pytest.raises(UnfitError, match=f"^{reason}$"):
            Child(Spawned(entry, {"UNFIT": how}), start_seconds=PATIENCE).start()

    def test_that_is_never_ready_is_given_up(self, entry: str) -> None:
        with pytest.raises(UnfitError, match=r"^exit code -9$"):
            Child(Spawned(entry, {"UNFIT": "hangs"}), start_seconds=0.2).start()

    def test_that_cannot_have_a_process_says_so(self) -> None:
        def refuse() -> tuple[Process, Connection]:
            raise BlockingIOError("no more processes")

        with pytest.raises(UnfitError, match=r"^BlockingIOError$"):
            Child(refuse, start_seconds=PATIENCE).start()


def talk(entry: str, environment: Mapping[str, str], *bodies: str) -> list[object]:
    """What a process says, in a thread of this one."""
    ours, theirs = multiprocessing.Pipe()
    thread = threading.Thread(target=serve, args=(theirs, entry, environment))
    thread.start()
    said = [ours.recv()]
    for body in bodies:
        ours.send(Message(id="1", body=body))
        said.append(ours.recv())
    ours.close()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it ends when nobody is left to speak to"
    theirs.close()
    return said


@pytest.fixture
def _harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    # This process is not one that should be ended first.
    monkeypatch.setattr("queue_worker.children.Path.write_text", lambda *_: (_ for _ in ()).throw(OSError()))


@pytest.mark.usefixtures("_harmless")
def test_a_process_says_that_it_is_ready_and_then_what_came_of_each_job(entry: str) -> None:
    ready, done, refused, failed = talk(entry, {}, "work", "refuse", "fail")
    assert ready == "ready"
    assert done == Done(facts={"pid": os.getpid(), "flag": True})
    assert refused == Refused(reason="not-wanted")
    assert isinstance(failed, Failed)
    assert failed.kind == "ValueError"
    assert failed.where.startswith("test_queue_worker_processes.py:")


@pytest.mark.usefixtures("_harmless")
def test_a_process_without_its_job_says_why(entry: str) -> None:
    (said,) = talk("job_of_this_test", {})
    assert str(said).startswith("ValueError job.py:")
    (said,) = talk(entry, {"UNFIT": "raises"})
    assert str(said).startswith("RuntimeError test_queue_worker_processes.py:")


def test_what_a_job_returns_is_told_as_far_as_it_can_be() -> None:
    assert perform(lambda _: None, MESSAGE) == Done(facts={})


def test_an_error_without_a_place_is_told_all_the_same() -> None:
    from queue_worker.children import _where

    assert _where(ValueError()) == ""
