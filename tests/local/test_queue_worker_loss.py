"""Images through workers that are killed at random, with duplicates: none is lost, and none is done wrong.

``LOSS_IMAGES`` says how many; ``make soak`` asks for 2,000.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote_plus

import pytest

from media_renditions.imaging import render
from media_renditions.recipe import Recipe
from tests import images
from tests.local.worker_process import TestQueue, WorkerProcess, reason, workers

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from local_aws.embedded import EmbeddedAws

COUNT = int(os.environ.get("LOSS_IMAGES", "200"))
WORKERS = 4
RENDITIONS = "thumbnail=64x64.webp large=256x256.jpeg"
# Long enough for the slowest image on a machine that is busy, and short enough to get on after a kill.
VISIBILITY_SECONDS = 5
# A message that is hit by every kill is none that can't be done.
ATTEMPTS = 100
PATIENCE_SECONDS = 120 + COUNT * 0.6


class Buckets(NamedTuple):
    """The Master and the Transcode bucket."""

    s3: S3Client
    master: str
    transcode: str

    def upload(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.master, Key=key, Body=body)

    def made(self) -> dict[str, str]:
        """The MD5 of each object in the Transcode bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.transcode)
        return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}


@pytest.fixture
def buckets(session_aws: EmbeddedAws) -> Iterator[Buckets]:
    s3, name = session_aws.client("s3"), uuid.uuid4().hex[:12]
    found = Buckets(s3, f"master-{name}", f"transcode-{name}")
    for bucket in (found.master, found.transcode):
        s3.create_bucket(Bucket=bucket)
    yield found
    for bucket in (found.master, found.transcode):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})  # type: ignore[typeddict-item]  # keys will do
        s3.delete_bucket(Bucket=bucket)


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


def key_of(letter_body: str) -> str:
    from media_renditions.references import references

    (found,) = references(letter_body)
    return found.key


def test_nothing_is_lost_though_workers_are_killed_at_random(session_aws: EmbeddedAws, buckets: Buckets) -> None:
    seed = int(os.environ.get("LOSS_SEED", time.time_ns() % 1_000_000))
    print(f"LOSS_SEED={seed}")  # noqa: T201 - shown by pytest when the test fails
    chance = random.Random(seed)
    samples = [images.refused(number) if number % 5 == 0 else images.image(number) for number in range(COUNT)]
    keys = [f"in/{number:05d} {sample.name}" for number, sample in enumerate(samples)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(buckets.upload, keys, (sample.body for sample in samples)))
    sent = [body_of(number, buckets.master, key) for number, key in enumerate(keys)]
    sent += chance.sample(sent, COUNT // 10)
    chance.shuffle(sent)

    queue = TestQueue(session_aws.client("sqs"), visibility_seconds=VISIBILITY_SECONDS, max_receive_count=ATTEMPTS)
    queue.send(*sent)
    with workers(session_aws) as start:

        def begin() -> WorkerProcess:
            return start(
                queue,
                "media_renditions.handler:make",
                master_bucket=buckets.master,
                transcode_bucket=buckets.transcode,
                renditions=RENDITIONS,
                most_pixels=4_000_000,
                concurrency=2,
                grace_seconds=10,
            )

        running = [begin() for _ in range(WORKERS)]
        running[0].ready()
        kills = 0
        end = time.monotonic() + PATIENCE_SECONDS
        while not queue.empty():
            assert time.monotonic() < end, f"{queue.depth()} messages left after {kills} kills"
            time.sleep(chance.uniform(0.2, 0.9))
            victim = chance.randrange(WORKERS)
            match chance.randrange(4):
                case 0:
                    running[victim].signal(signal.SIGTERM)
                case 1:
                    # Its jobs' processes go on for a moment.
                    running[victim].signal(signal.SIGKILL)
                    running[victim].exit_code()
                case 2:
                    running[victim].kill_all()
                case _:
                    continue
            kills += 1
            running[victim] = begin()
        assert kills > 0, "nothing was tried"
        print(f"{kills} kills")  # noqa: T201 - shown by pytest when the test fails
        assert [worker.process.pid for worker in running if worker.records("worker broken")] == []

    recipe = Recipe.of({"RENDITIONS": RENDITIONS})
    expected: dict[str, str] = {}
    for key, sample in zip(keys, samples, strict=True):
        if not sample.reason:
            for each in render(sample.body, recipe)[1]:
                digest = hashlib.md5(each.body).hexdigest()
                expected[f"{key}/{each.rendition.name}.{each.rendition.kind}"] = digest
    made = buckets.made()
    manifests = {name for name in made if name.endswith("/renditions.json")}
    assert {name: digest for name, digest in made.items() if name not in manifests} == expected
    assert manifests == {
        f"{key}/renditions.json" for key, sample in zip(keys, samples, strict=True) if not sample.reason
    }
    letters = {(key_of(letter["Body"]), reason(letter)) for letter in queue.buried()}
    assert letters == {(key, sample.reason) for key, sample in zip(keys, samples, strict=True) if sample.reason}
    queue.delete()
