"""Images through the stack's queue and workers that are killed at random, with duplicates: none is lost or done wrong.

The stack MediaWorkerPool is deployed; its workers are processes with the variables and the role of its instances, as
many as are wanted and killed as often. ``LOSS_IMAGES`` says how many images; ``make soak`` asks for 2,000.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import pytest

from media_renditions.imaging import render
from media_renditions.recipe import Recipe
from tests import images
from tests.local.media_pool import MANIFEST, MediaPool, media_pool
from tests.local.roles import assumed
from tests.local.worker_process import WorkerProcess, workers

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

COUNT = int(os.environ.get("LOSS_IMAGES", "200"))
WORKERS = 4
# Long enough for the slowest image on a machine that is busy, and short enough to get on after a kill.
VISIBILITY_SECONDS = 5
# A message that is hit by every kill is none that can't be done.
ATTEMPTS = 100
PATIENCE_SECONDS = 120 + COUNT * 0.6


@pytest.fixture
def pool(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[MediaPool]:
    """The stack, with a queue that hands out again soon what a killed worker had."""
    with media_pool(session_aws_enforcing_iam) as deployed:
        sqs = deployed.aws.client("sqs")
        policy = sqs.get_queue_attributes(QueueUrl=deployed.queue, AttributeNames=["RedrivePolicy"])["Attributes"]
        redrive = {**json.loads(policy["RedrivePolicy"]), "maxReceiveCount": ATTEMPTS}
        sqs.set_queue_attributes(
            QueueUrl=deployed.queue,
            Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS), "RedrivePolicy": json.dumps(redrive)},
        )
        yield deployed


@dataclass(frozen=True, slots=True)
class Queue:
    """Whose messages workers take."""

    url: str


def send(pool: MediaPool, key: str, body: bytes, again: int | None) -> None:
    """Upload an image, of which S3 tells; and tell of it once more, in one of the forms that there are."""
    pool.upload(key, body)
    if again is not None:
        message = body_of(again, pool.master, key)
        pool.aws.client("sqs").send_message(QueueUrl=pool.queue, MessageBody=message)


def body_of(number: int, bucket: str, key: str) -> str:
    """A message about an object, in the forms that there are, by turns."""
    event = {
        "Records": [
            {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key)}}}
        ]
    }
    forms: list[object] = [
        event,
        {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:0:t", "Message": json.dumps(event)},
        {"bucket": bucket, "key": key},
        {
            "source": "aws.s3",
            "detail-type": "Object Created",
            "detail": {"bucket": {"name": bucket}, "object": {"key": key}},
        },
    ]
    return json.dumps(forms[number % len(forms)])


class Crew:
    """Workers that stand for the pool's instances, but for being killed and begun anew at any moment."""

    def __init__(self, pool: MediaPool, start: Callable[..., WorkerProcess]) -> None:
        given = assumed(pool.aws, pool.role_arn()).get_credentials()
        assert given is not None
        self._queue = Queue(pool.queue)
        self._start = start
        self._settings = {
            **{name.lower(): value for name, value in pool.worker_settings().items() if name != "JOB"},
            "aws_access_key_id": given.access_key,
            "aws_secret_access_key": given.secret_key,
            "aws_session_token": given.token,
            "health_port": 0,
            "receive_wait_seconds": 1,
            "grace_seconds": 10,
        }
        self._job = pool.worker_settings()["JOB"]
        self.all: list[WorkerProcess] = []
        self._running = [self._begin() for _ in range(WORKERS)]
        self.kills = 0

    def _begin(self) -> WorkerProcess:
        self.all.append(self._start(self._queue, self._job, **self._settings))
        return self.all[-1]

    def ready(self) -> None:
        self._running[0].ready()

    def hit(self, chance: random.Random) -> None:
        """One of them, in one of the ways; or not this time."""
        victim = chance.randrange(WORKERS)
        match chance.randrange(4):
            case 0:
                self._running[victim].signal(signal.SIGTERM)
            case 1:
                # Its jobs' processes go on for a moment.
                self._running[victim].signal(signal.SIGKILL)
                self._running[victim].exit_code()
            case 2:
                self._running[victim].kill_all()
            case _:
                return
        self.kills += 1
        self._running[victim] = self._begin()


def test_nothing_is_lost_though_workers_are_killed_at_random(pool: MediaPool) -> None:
    seed = int(os.environ.get("LOSS_SEED", time.time_ns() % 1_000_000))
    print(f"LOSS_SEED={seed}")  # noqa: T201 - shown by pytest when the test fails
    chance = random.Random(seed)
    samples = [images.refused(number) if number % 5 == 0 else images.image(number) for number in range(COUNT)]
    chance.shuffle(samples)
    files = {f"in/{number:05d} {sample.name}": sample for number, sample in enumerate(samples)}
    with workers(pool.aws) as start, ThreadPoolExecutor(4) as uploads:
        crew = Crew(pool, start)
        crew.ready()
        twice = set(chance.sample(range(COUNT), COUNT // 10))
        uploaded = [
            uploads.submit(send, pool, key, sample.body, number if number in twice else None)
            for number, (key, sample) in enumerate(files.items())
        ]
        end = time.monotonic() + PATIENCE_SECONDS
        while not (all(upload.done() for upload in uploaded) and pool.depth() == (0, 0)):
            assert time.monotonic() < end, f"{pool.depth()} messages left after {crew.kills} kills"
            time.sleep(chance.uniform(0.2, 0.9))
            crew.hit(chance)
        for upload in uploaded:
            upload.result()
        print(f"{crew.kills} kills")  # noqa: T201 - shown by pytest when the test fails
        assert crew.kills > 0, "nothing was tried"
        assert [worker.output for worker in crew.all if worker.records("worker broken")] == []

    recipe = Recipe.of(pool.variables())
    expected: dict[str, str] = {}
    for key, sample in files.items():
        for each in () if sample.reason else render(sample.body, recipe)[1]:
            digest = hashlib.md5(each.body).hexdigest()
            expected[f"{key}/{each.rendition.name}.{each.rendition.kind}"] = digest
    made = pool.made()
    manifests = {f"{key}/{MANIFEST}" for key in files}
    assert {name: digest for name, digest in made.items() if name not in manifests} == expected
    assert manifests <= made.keys()
    refused = {key: sample.reason for key, sample in files.items() if sample.reason}
    assert {key: pool.manifest(key).get("refused", "") for key in files} == {key: refused.get(key, "") for key in files}
    # An image that was done twice may have two letters.
    assert set(pool.buried()) == set(refused.items())
