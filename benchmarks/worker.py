"""How fast the worker program is: against a bare loop at the same queue, and on several processors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import PROJECT, Spread
from local_aws.embedded import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CONCURRENCIES = (1, 2, 4, 8, 16, 32)

_MESSAGES = 3_000
_BUSY_MESSAGES = 200
# Before them, programs are starting and connections are made.
_WARM_UP = 0.2
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 300
_BATCH = 10

_BARE = ("-m", "benchmarks.cases.bare_worker")
_WORKER = ("-m", "queue_worker")


@dataclass(frozen=True, slots=True)
class Contest:
    """Messages a second, by what took them, one number a round.

    Attributes:
        bare: Of the bare loop.
        trivial: Of the worker with jobs that do nothing, by its concurrency.
        busy: Of the worker with jobs that compute, by its concurrency.
        alone: Of as many processes that only compute.
    """

    bare: list[float] = field(default_factory=list)
    trivial: dict[int, list[float]] = field(default_factory=lambda: {number: [] for number in CONCURRENCIES})
    busy: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})
    alone: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})


def measured(rounds: int, folder: Path) -> Contest:
    """Run everything once a round, so that whatever else the machine does falls on all of them alike."""
    found = Contest()
    aws = EmbeddedAws(folder)
    try:
        for number in range(rounds):
            # Half of the worker's runs have the loop's before them, the other half after them.
            _round(aws, found, reverse=bool(number % 2))
            sys.stderr.write(f"worker: round {number + 1} of {rounds}\n")
    finally:
        aws.stop()
    return found


def _round(aws: EmbeddedAws, found: Contest, *, reverse: bool) -> None:
    runs = [(_BARE, 0), *((_WORKER, concurrency) for concurrency in CONCURRENCIES)]
    for program, concurrency in reversed(runs) if reverse else runs:
        rate = _rate(aws, program, "trivial", concurrency, _MESSAGES)
        (found.trivial[concurrency] if concurrency else found.bare).append(rate)
    for concurrency, rates in found.busy.items():
        rates.append(_rate(aws, _WORKER, "busy", concurrency, _BUSY_MESSAGES))
    for processes, rates in found.alone.items():
        rates.append(_computed(processes, _BUSY_MESSAGES))


def _rate(aws: EmbeddedAws, program: Sequence[str], job: str, concurrency: int, messages: int) -> float:
    """Messages a second, once the program is at work."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"bench-{uuid.uuid4().hex[:12]}", Attributes={"VisibilityTimeout": "120"})[
        "QueueUrl"
    ]
    for _ in range(messages // _BATCH):
        sqs.send_message_batch(
            QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": f"{number}"} for number in range(_BATCH)]
        )
    settings = {
        "QUEUE_URL": url,
        "JOB": f"benchmarks.cases.jobs:{job}",
        "CONCURRENCY": str(concurrency),
        "HEALTH_PORT": "0",
        "RECEIVE_WAIT_SECONDS": "1",
    }
    with _running(program, {**aws.environment, **settings}):
        left = _wait(sqs, url, int(messages * (1 - _WARM_UP)))
        began = time.perf_counter()
        _wait(sqs, url, 0)
        took = time.perf_counter() - began
    sqs.delete_queue(QueueUrl=url)
    return left / took


def _wait(sqs: SQSClient, url: str, most: int) -> int:
    """Until no more than so many messages are there; how many there are then."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while (left := _depth(sqs, url)) > most:
        if time.monotonic() > end:
            raise RuntimeError(f"{left} messages are left after {_PATIENCE_SECONDS} s")
        time.sleep(_LOOK_SECONDS)
    return left


def _depth(sqs: SQSClient, url: str) -> int:
    counted = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    return sum(int(number) for number in counted.values())


@contextmanager
def _running(program: Sequence[str], settings: Mapping[str, str]) -> Iterator[None]:
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "lambda_src")])
    process = subprocess.Popen(  # noqa: S603 - the programs are those of this repository
        [sys.executable, *program],
        env={"PATH": os.environ["PATH"], **settings, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _computed(processes: int, jobs: int) -> float:
    """Jobs a second of so many processes that do nothing else."""
    command = f"from benchmarks.cases.jobs import spend\nfor number in range({jobs // processes}): spend(str(number))"
    began = time.perf_counter()
    running = [
        subprocess.Popen([sys.executable, "-c", command], cwd=PROJECT)  # noqa: S603 - a fixed command
        for _ in range(processes)
    ]
    # All are waited for, also behind one that failed.
    codes = [process.wait() for process in running]
    if any(codes):
        raise RuntimeError("a process that only computes has failed")
    return jobs / (time.perf_counter() - began)


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Each round's numbers set against one another."""
    return Spread(tuple(one / other for one, other in zip(above, below, strict=True)))
