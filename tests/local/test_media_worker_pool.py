"""The stack MediaWorkerPool as a person deploys it: images in, renditions out, made by a worker that the work woke.

In the place of the instances runs the worker program that they would install, as their own role, which IAM holds to
its policies.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from botocore.exceptions import ClientError

from local_aws import programs
from local_aws.embedded import EmbeddedAws
from media_renditions.imaging import render
from media_renditions.recipe import Recipe
from queue_worker.settings import Settings
from tests import images
from tests.local.media_pool import MANIFEST, MAXIMUM_PIXELS, MediaPool, media_pool
from tests.local.programs import eventually
from tests.local.roles import assumed
from tests.local.uploads import Uploads

if TYPE_CHECKING:
    import boto3

WORKER = "queue worker"
PHOTO = images.IMAGES["photo.jpg"]((320, 200), 7)


@pytest.fixture(scope="module")
def pool() -> Iterator[MediaPool]:
    """On a server of its own that runs programs, under an IAM that is enforced."""
    # Not below pytest's own folder: what the worker's processes meet at has a path of a hundred characters at most.
    with tempfile.TemporaryDirectory(prefix="pool") as folder:
        aws = EmbeddedAws(Path(folder), enforce_iam=True, programs=True)
        try:
            with media_pool(aws) as deployed:
                yield deployed
        finally:
            aws.stop()


def expected(pool: MediaPool, key: str, body: bytes) -> dict[str, str]:
    """The MD5 of each rendition, by its key."""
    recipe = Recipe.of(pool.variables())
    return {
        f"{key}/{each.rendition.name}.{each.rendition.kind}": hashlib.md5(each.body).hexdigest()
        for each in render(body, recipe)[1]
    }


def of(pool: MediaPool, keys: list[str]) -> dict[str, str]:
    """What was made of these."""
    return {name: digest for name, digest in pool.made().items() if name.rpartition("/")[0] in keys}


def test_work_wakes_a_worker_that_makes_renditions_of_every_image(pool: MediaPool) -> None:
    samples = [images.image(number) for number in range(len(images.IMAGES))]
    keys = [f"photos/{number} Käthe & {sample.name}" for number, sample in enumerate(samples)]
    for key, sample in zip(keys, samples, strict=True):
        pool.upload(key, sample.body)
    eventually(lambda: bool(pool.instances()), "instance for the work")
    manifests = {f"{key}/{MANIFEST}" for key in keys}
    eventually(lambda: manifests <= pool.made().keys(), "manifest of each image")
    made = of(pool, keys)
    wanted = {
        name: digest
        for key, sample in zip(keys, samples, strict=True)
        for name, digest in expected(pool, key, sample.body).items()
    }
    assert {name: digest for name, digest in made.items() if name not in manifests} == wanted
    assert pool.manifest(keys[0])["source"]["format"] == "JPEG"
    (worker,) = programs.read(pool.aws.port).running
    assert (worker.name, worker.instance) == (WORKER, pool.instances()[0])
    eventually(lambda: is_protected(pool, worker.instance), "protection of a busy worker from scaling in")


def is_protected(pool: MediaPool, instance: str) -> bool:
    found = pool.aws.client("autoscaling").describe_auto_scaling_instances(InstanceIds=[instance])
    return [each["ProtectedFromScaleIn"] for each in found["AutoScalingInstances"]] == [True]


def test_what_can_not_be_done_is_a_dead_letter_with_its_reason_and_costs_the_others_nothing(pool: MediaPool) -> None:
    samples = [images.refused(number) for number in range(len(images.REFUSED))]
    reasons = {f"refused/{number} {sample.name}": sample.reason for number, sample in enumerate(samples)}
    for key, sample in zip(reasons, samples, strict=True):
        pool.upload(key, sample.body)
    pool.upload("refused/none.jpg", PHOTO)
    eventually(lambda: pool.depth() == (0, 0), "end of the work")
    assert dict(pool.buried()) == reasons
    assert {key: pool.manifest(key)["refused"] for key in reasons} == reasons
    assert (
        of(pool, ["refused/none.jpg"]).keys() - {f"refused/none.jpg/{MANIFEST}"}
        == expected(pool, "refused/none.jpg", PHOTO).keys()
    )


class TestUploadsFromThePage:
    def test_are_followed_until_their_renditions_can_be_seen(self, pool: MediaPool) -> None:
        page = Uploads(pool.aws, pool.outputs)
        signed = page.sign(PHOTO)
        page.send(signed, PHOTO)
        eventually(lambda: page.state(signed)["state"] == "done", "end of the upload")
        found = page.state(signed)["renditions"]
        assert [(each["name"], each["width"], each["height"]) for each in found] == [
            ("thumbnail", 64, 40),
            ("large", 256, 160),
        ]
        for each in found:
            assert pool.aws.http("GET", each["url"]).status == 200

    def test_are_told_why_when_they_are_refused(self, pool: MediaPool) -> None:
        page, body = Uploads(pool.aws, pool.outputs), b"believe me, it is a cat"
        signed = page.sign(body)
        page.send(signed, body)
        eventually(lambda: page.state(signed)["state"] == "refused", "refusal")
        assert page.state(signed)["reason"] == "not-an-image"
        eventually(lambda: pool.buried() == [(signed.key, "not-an-image")], "dead letter")


class Acting(NamedTuple):
    """Somebody with the permissions of the instances."""

    pool: MediaPool
    session: boto3.Session

    def client(self, service: str) -> Any:
        return self.session.client(cast("Any", service), endpoint_url=self.pool.aws.endpoint_url)


@pytest.fixture
def acting(pool: MediaPool) -> Acting:
    return Acting(pool, assumed(pool.aws, pool.role_arn()))


class TestInstances:
    def test_find_variables_that_the_program_can_work_with(self, pool: MediaPool) -> None:
        variables = pool.variables()
        settings = Settings.of(variables, cpus=2)
        assert (settings.queue_url, settings.host, settings.protected) == (pool.queue, "ec2", True)
        assert Recipe.of(variables).most_pixels == MAXIMUM_PIXELS
        assert (variables["MASTER_BUCKET"], variables["TRANSCODE_BUCKET"]) == (pool.master, pool.transcode)
        logs = pool.aws.client("logs").describe_log_groups(logGroupNamePrefix=variables["LOG_GROUP"])["logGroups"]
        assert [found.get("retentionInDays") for found in logs] == [30]

    def test_may_do_what_their_work_takes(self, acting: Acting) -> None:
        pool, s3, sqs = acting.pool, acting.client("s3"), acting.client("sqs")
        pool.aws.client("s3").put_object(Bucket=pool.master, Key="own/image", Body=PHOTO)
        assert s3.get_object(Bucket=pool.master, Key="own/image")["Body"].read() == PHOTO
        # To be told that it is not there, and not that one may not know.
        with pytest.raises(ClientError, match="404"):
            s3.head_object(Bucket=pool.master, Key="own/nothing")
        s3.put_object(Bucket=pool.transcode, Key="own/rendition", Body=b"-")
        assert s3.head_object(Bucket=pool.transcode, Key="own/rendition")["ContentLength"] == 1
        sqs.get_queue_attributes(QueueUrl=pool.queue, AttributeNames=["All"])
        sqs.receive_message(QueueUrl=pool.queue)
        sqs.get_queue_url(QueueName=pool.dead_letters.rpartition("/")[2])

    def test_may_do_nothing_else(self, acting: Acting) -> None:
        pool, s3, sqs = acting.pool, acting.client("s3"), acting.client("sqs")
        own = pool.aws.client("s3").list_buckets()["Buckets"]
        (assets,) = [bucket["Name"] for bucket in own if "assets" in bucket["Name"]]
        (logs,) = [bucket["Name"] for bucket in own if "accesslogs" in bucket["Name"]]
        (topic,) = [found["TopicArn"] for found in pool.aws.client("sns").list_topics()["Topics"]]
        pool.upload("own/precious", PHOTO)
        refused: Mapping[str, Callable[[], object]] = {
            "write originals": lambda: s3.put_object(Bucket=pool.master, Key="own/precious", Body=b"-"),
            "delete originals": lambda: s3.delete_object(Bucket=pool.master, Key="own/precious"),
            "delete renditions": lambda: s3.delete_object(Bucket=pool.transcode, Key="own/precious/large.jpeg"),
            "read access logs": lambda: s3.list_objects_v2(Bucket=logs),
            "read other assets": lambda: s3.get_object(Bucket=assets, Key="another.zip"),
            "make buckets public": lambda: s3.delete_public_access_block(Bucket=pool.transcode),
            "send work": lambda: sqs.send_message(QueueUrl=pool.queue, MessageBody="-"),
            "empty the queue": lambda: sqs.purge_queue(QueueUrl=pool.queue),
            "take dead letters": lambda: sqs.receive_message(QueueUrl=pool.dead_letters),
            "write other logs": lambda: acting.client("logs").create_log_stream(
                logGroupName="/aws/lambda/other", logStreamName="i-0"
            ),
            "grow": lambda: acting.client("autoscaling").set_desired_capacity(
                AutoScalingGroupName=pool.outputs["AutoScalingGroupName"], DesiredCapacity=9
            ),
            "tell of uploads": lambda: acting.client("sns").publish(TopicArn=topic, Message="-"),
            "know parameters": lambda: acting.client("ssm").get_parameter(Name="/a"),
        }
        allowed = [deed for deed, call in refused.items() if not _is_refused(call)]
        assert allowed == []


def _is_refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
    return False
