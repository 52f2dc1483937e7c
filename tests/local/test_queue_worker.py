"""The worker program, real processes of it: nothing is lost, whatever happens to them."""

from __future__ import annotations

import http.server
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.local.worker_process import Journal, TestQueue, WorkerProcess, reason, workers

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws


class Start(Protocol):
    """Starts a worker whose jobs write into the test's journal; takes a program to run in its place."""

    def __call__(self, queue: TestQueue, job: str = "worker_jobs:make", **settings: object) -> WorkerProcess: ...


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


@pytest.fixture
def start(session_aws: EmbeddedAws, journal: Journal) -> Iterator[Start]:
    with workers(session_aws) as begin:

        def with_journal(queue: TestQueue, job: str = "worker_jobs:make", **settings: object) -> WorkerProcess:
            return begin(queue, job, **{"journal": journal.folder, "concurrency": 2, "grace_seconds": 20, **settings})

        yield with_journal


@pytest.fixture
def make_queue(session_aws: EmbeddedAws) -> Iterator[Callable[..., TestQueue]]:
    made: list[TestQueue] = []

    def make(**attributes: int) -> TestQueue:
        made.append(TestQueue(session_aws.client("sqs"), **attributes))  # type: ignore[arg-type]  # fifo is a bool
        return made[-1]

    yield make
    for queue in made:
        queue.delete()


def test_all_messages_are_done_once_and_deleted(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue()
    queue.send(*({"name": f"n{number}"} for number in range(150)))
    worker = start(queue)
    worker.eventually(queue.empty, "empty queue")
    assert Counter(journal.ended()) == {f"n{number}": 1 for number in range(150)}
    assert worker.ends() == 0
    written = worker.metrics()
    assert sum(sum(each.get("MessagesDone", [])) for each in written) == 150
    assert sum(len(each.get("ProcessingTime", [])) for each in written) == 150
    assert {(each["service"], each["_aws"]["CloudWatchMetrics"][0]["Namespace"]) for each in written} == {
        ("media", "QueueWorker")
    }


class TestSigterm:
    def test_lets_work_under_way_finish_and_gives_back_what_waits(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue()
        queue.send({"name": "quick"})
        worker = start(queue, concurrency=1)
        worker.eventually(lambda: journal.ended() == ["quick"], "a quick job, after which the worker takes some ahead")
        queue.send(*({"name": f"slow{number}", "seconds": 2} for number in range(6)))
        worker.eventually(lambda: len(journal.begun()) == 2, "a slow job under way")
        assert worker.ends() == 0
        (done,) = journal.ended()[1:]
        assert len(queue.receive()) == 5, "what was not begun can be had at once"
        assert done.startswith("slow")
        assert worker.logged("stopped")["left"] == 0

    def test_gives_back_at_once_what_does_not_finish_in_time(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=600)
        queue.send({"name": "endless", "seconds": 500})
        worker = start(queue, grace_seconds=3)
        worker.eventually(lambda: journal.begun() == ["endless"], "the job under way")
        began = time.monotonic()
        assert worker.ends() == 0
        assert time.monotonic() - began < 8
        (message,) = queue.receive()
        assert message["Attributes"]["ApproximateReceiveCount"] == "2"
        assert worker.logged("job interrupted")["message_id"] == message["MessageId"]

    def test_twice_waits_for_nothing(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=600)
        queue.send({"name": "endless", "seconds": 500})
        worker = start(queue, grace_seconds=300)
        worker.eventually(lambda: journal.begun() == ["endless"], "the job under way")
        worker.signal(signal.SIGTERM)
        worker.logged("stopping")
        assert worker.ends() == 0
        assert len(queue.receive()) == 1

    def test_while_waiting_for_messages_hides_none_that_arrive_then(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=600)
        worker = start(queue, receive_wait_seconds=5).ready()
        worker.signal(signal.SIGTERM)
        worker.logged("stopping")
        queue.send(*({"name": f"late{number}"} for number in range(5)))
        assert worker.exit_code() == 0
        assert len(queue.receive()) == 5
        assert journal.begun() == []


class TestDeath:
    def test_of_a_worker_gives_its_messages_to_another(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=2)
        queue.send({"name": "survivor", "seconds": 1})
        victim = start(queue)
        victim.eventually(lambda: journal.begun() == ["survivor"], "the job under way")
        victim.kill_all()
        start(queue).eventually(queue.empty, "empty queue")
        assert journal.ended() == ["survivor"]

    def test_of_a_worker_is_the_end_of_its_idle_processes(
        self, make_queue: Callable[..., TestQueue], start: Start
    ) -> None:
        worker = start(make_queue()).ready()
        worker.signal(signal.SIGKILL)
        worker.exit_code()
        worker.eventually(worker.is_gone, "end of all its processes")

    def test_by_a_mistake_of_its_own_gives_back_what_it_can_and_lets_somebody_start_it_again(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=3)
        queue.send({"name": "survivor"})
        mistaken = (
            "import os, sys; from queue_worker import handler, logic\n"
            "def took(*_): raise KeyError\n"
            "logic.Pace.took = took; sys.exit(handler.main([], os.environ))"
        )
        worker = start(queue, program=("-c", mistaken))
        assert worker.exit_code() == 1
        assert worker.logged("worker broken")["kind"] == "KeyError"
        worker.eventually(worker.is_gone, "end of all its processes")
        start(queue).eventually(queue.empty, "empty queue")
        assert journal.ended() == ["survivor", "survivor"]

    def test_of_a_jobs_process_is_an_attempt_that_failed_and_nobody_elses_trouble(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(max_receive_count=2)
        queue.send({"name": "crash", "do": "crash"}, *({"name": f"n{number}"} for number in range(20)))
        queue.send({"name": "exit", "do": "exit"})
        worker = start(queue)
        worker.eventually(queue.empty, "empty queue")
        assert sorted(journal.ended()) == sorted(f"n{number}" for number in range(20))
        letters = {json.loads(letter["Body"])["name"]: letter for letter in queue.buried()}
        details = {
            name: (reason(each), each["MessageAttributes"]["DeadLetterDetail"]["StringValue"])
            for name, each in letters.items()
        }
        assert details == {"crash": ("failed", "process ended with -11"), "exit": ("failed", "process ended with 3")}
        assert Counter(journal.begun())["crash"] == 2

    def test_of_the_heartbeat_lets_another_worker_try_and_both_may_finish(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=2)
        queue.send({"name": "twice", "seconds": 3})
        stopped = start(queue)
        stopped.eventually(lambda: journal.begun() == ["twice"], "the job under way")
        stopped.signal(signal.SIGSTOP)
        other = start(queue)
        other.eventually(lambda: len(journal.begun()) == 2, "a second attempt")
        other.eventually(queue.empty, "empty queue")
        stopped.signal(signal.SIGCONT)
        assert stopped.ends() == 0
        assert journal.ended() == ["twice", "twice"]
        assert queue.empty()
        assert queue.buried() == []


def test_the_heartbeat_keeps_a_message_for_longer_than_the_visibility_timeout(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue(visibility_seconds=2)
    queue.send({"name": "long", "seconds": 7})
    first, second = start(queue), start(queue)
    first.eventually(lambda: journal.ended() == ["long"], "the end of the job")
    second.eventually(queue.empty, "empty queue")
    assert journal.begun() == ["long"]


def test_a_job_that_hangs_is_ended_and_its_message_tried_again(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue(max_receive_count=2)
    queue.send({"name": "hangs", "seconds": 500})
    start(queue, job_timeout_seconds=1).eventually(queue.empty, "empty queue")
    (letter,) = queue.buried()
    assert letter["MessageAttributes"]["DeadLetterDetail"]["StringValue"] == "timed out"
    assert journal.begun() == ["hangs", "hangs"]


def test_what_fails_for_a_while_is_done_in_the_end(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue()
    queue.send({"name": "third", "do": "fail until", "attempt": 3})
    worker = start(queue)
    worker.eventually(queue.empty, "empty queue")
    assert journal.ended() == ["third"]
    assert [record["kind"] for record in worker.records("job failed")] == ["ValueError", "ValueError"]
    assert queue.buried() == []


def test_a_refusal_becomes_a_dead_letter_that_says_why_and_is_otherwise_the_same(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue()
    body = json.dumps({"name": "unwanted", "do": "refuse"})
    sent = queue.sqs.send_message(
        QueueUrl=queue.url,
        MessageBody=body,
        MessageAttributes={
            "Tenant": {"DataType": "String", "StringValue": "blue"},
            "Raw": {"DataType": "Binary", "BinaryValue": b"\0\1"},
        },
    )
    worker = start(queue)
    worker.eventually(queue.empty, "empty queue")
    (letter,) = queue.buried()
    assert letter["Body"] == body
    attributes = letter["MessageAttributes"]
    assert {name: value.get("StringValue") or value["BinaryValue"] for name, value in attributes.items()} == {
        "DeadLetterReason": "not-wanted",
        "OriginalMessageId": sent["MessageId"],
        "Attempts": "1",
        "Tenant": "blue",
        "Raw": b"\0\1",
    }
    assert journal.begun() == ["unwanted"], "no second attempt"


def test_messages_of_a_group_are_done_in_their_order_though_some_fail(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue(fifo=True, max_receive_count=3)
    for group in ("a", "b"):
        tasks = [{"name": f"{group}{number}"} for number in range(12)]
        tasks[4]["do"] = "refuse"
        tasks[7] |= {"do": "fail until", "attempt": "2"}
        tasks[7]["attempt"] = 2  # type: ignore[assignment]  # a number among texts
        queue.send(*tasks, group=group)
    workers_started = [start(queue), start(queue)]
    workers_started[0].eventually(queue.empty, "empty queue")
    for group in ("a", "b"):
        names = [name for name in journal.ended() if name[0] == group]
        assert names == [f"{group}{number}" for number in range(12) if number != 4]
    assert sorted(reason(letter) or "" for letter in queue.buried()) == ["not-wanted", "not-wanted"]


def test_the_log_says_nothing_of_what_messages_hold(
    make_queue: Callable[..., TestQueue], start: Start, journal: Journal
) -> None:
    queue = make_queue(max_receive_count=1)
    queue.send(*({"name": "ann@example.org", "do": deed} for deed in ("", "refuse", "fail", "crash")), "ann")
    worker = start(queue)
    worker.eventually(queue.empty, "empty queue")
    assert worker.ends() == 0
    assert "ann" not in worker.output
    assert all(json.loads(line) for line in worker.output.splitlines() if line.startswith("{"))


class Machine:
    """What an instance or a task asks its machine: the metadata service, and the agent of ECS.

    Attributes:
        metadata: By path; what is not there is not found.
        protections: What the agent was asked for.
    """

    def __init__(self) -> None:
        self.metadata = {"instance-id": "i-0123456789abcdef0", "placement/region": "us-east-1"}
        self.protections: list[bool] = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Machine:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        machine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = machine.metadata.get(self.path.removeprefix("/latest/meta-data/"))
                known = self.headers["X-aws-ec2-metadata-token"] == "token"
                self._answer(401 if not known else 404 if found is None else 200, found or "")

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.path == "/task-protection/v1/state":
                    machine.protections.append(json.loads(body)["ProtectionEnabled"])
                self._answer(200, "token")

            def _answer(self, status: int, body: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


class TestHost:
    def test_that_takes_an_instance_back_has_its_messages_given_back_and_no_more_taken(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue(visibility_seconds=600)
        queue.send({"name": "endless", "seconds": 500})
        with Machine() as machine:
            worker = start(
                queue, host="ec2", scale_in_protection="no", grace_seconds=3, metadata_url=f"{machine.url}/latest"
            )
            worker.eventually(lambda: journal.begun() == ["endless"], "the job under way")
            machine.metadata["spot/instance-action"] = '{"action": "terminate", "time": "2026-11-21T09:00:00Z"}'
            assert worker.logged("stopped")["left"] == 0
            assert worker.records("stopping")[0]["why"] == "spot interruption"
            assert queue.depth() == (1, 0)
            queue.send({"name": "another"})
            assert worker.get("/health")[1]["status"] == "draining"
            assert worker.process.poll() is None, "started again, it would take messages"
            assert worker.ends() == 0
        assert queue.depth() == (2, 0)

    def test_is_asked_to_leave_a_busy_task_alone(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue()
        with Machine() as machine:
            worker = start(queue, host="ecs", ecs_agent_uri=machine.url).ready()
            queue.send({"name": "busy", "seconds": 2})
            worker.eventually(lambda: journal.begun() == ["busy"], "the job under way")
            worker.eventually(lambda: machine.protections == [True], "protection")
            worker.eventually(lambda: journal.ended() == ["busy"], "the end of the job")
            assert machine.protections == [True], "a pause is no reason to give it up"
            assert worker.ends() == 0

    @pytest.mark.parametrize(("host", "code"), [("ec2", "NoInstanceMetadata"), ("ecs", "NoEcsAgent")])
    def test_that_is_not_there_is_missed_at_the_start(
        self, make_queue: Callable[..., TestQueue], start: Start, host: str, code: str
    ) -> None:
        worker = start(make_queue(), host=host, metadata_url="http://127.0.0.1:1")
        assert worker.exit_code() == 2
        assert worker.logged("host can't be asked")["code"] == code


class TestHealth:
    def test_is_told_to_whoever_asks_on_this_machine(
        self, make_queue: Callable[..., TestQueue], start: Start, project: Path
    ) -> None:
        worker = start(make_queue()).ready()
        assert worker.get("/health") == (
            200,
            {"status": "ok", "held": 0, "checks": {"receiving": "ok", "heartbeat": "ok", "jobs": "ok"}},
        )
        assert worker.get("/other") == (404, {})
        assert self._asked(project, worker.logged("working")["health_port"]) == 0
        assert worker.ends() == 0
        assert self._asked(project, worker.logged("working")["health_port"]) == 1

    def _asked(self, project: Path, port: int) -> int:
        return subprocess.run(
            [sys.executable, "-m", "queue_worker", "health"],
            cwd=project / "lambda_src",
            env={"QUEUE_URL": "x", "JOB": "a:b", "HEALTH_PORT": str(port)},
            stdout=subprocess.DEVNULL,
            timeout=60,
            check=False,
        ).returncode


class TestStart:
    def test_fails_before_any_message_is_taken_when_the_job_cannot_be_run(
        self, make_queue: Callable[..., TestQueue], start: Start, journal: Journal
    ) -> None:
        queue = make_queue()
        queue.send({"name": "patient"})
        worker = start(queue, "worker_jobs:unfit")
        assert worker.exit_code() == 2
        assert worker.logged("job can't be run")["reason"].startswith("RuntimeError worker_jobs.py:")
        assert str(journal.folder) not in worker.output
        (message,) = queue.receive()
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"

    def test_fails_when_there_is_no_such_queue(self, make_queue: Callable[..., TestQueue], start: Start) -> None:
        queue = make_queue()
        queue.url += "-gone"
        worker = start(queue)
        queue.url = queue.url.removesuffix("-gone")
        assert worker.exit_code() == 2
        assert "NonExistentQueue" in worker.logged("queue can't be used")["code"]

    def test_fails_when_somebody_else_has_its_address(self, make_queue: Callable[..., TestQueue], start: Start) -> None:
        queue = make_queue()
        first = start(queue).ready()
        port = first.logged("working")["health_port"]
        second = start(queue, health_port=port)
        assert second.exit_code() == 2
        assert second.logged("health can't be told")["address"] == f"127.0.0.1:{port}"

    def test_says_all_that_is_wrong_with_its_settings(self, make_queue: Callable[..., TestQueue], start: Start) -> None:
        worker = start(make_queue(), "nothing", concurrency=0)
        assert worker.exit_code() == 2
        assert worker.logged("settings can't be used")["problems"] == [
            "CONCURRENCY must be a whole number between 1 and 256, got '0'",
            "JOB must look like package.module:function, got 'nothing'",
        ]
