"""The worker program in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk

JOB = "thumbnails.handler:make"


def on_instances(stack: cdk.Stack, **props: Any) -> None:
    """A pool whose instances install it, with the buckets of its job."""
    import aws_cdk as cdk

    from aws_patterns.compute.instances import Instances
    from aws_patterns.messaging.media_buckets import MediaBuckets
    from aws_patterns.messaging.worker_pool import WorkerPool
    from aws_patterns.messaging.worker_pool_options import InstanceWorkers
    from aws_patterns.messaging.worker_program import WorkerProgram

    program = WorkerProgram(stack, "Program", **props)
    buckets = MediaBuckets(stack, "Media", removal_policy=props.get("removal_policy", cdk.RemovalPolicy.RETAIN))
    pool = WorkerPool(
        stack,
        "Pool",
        workers=InstanceWorkers(instances=Instances(user_data=program.user_data()), health_url=program.health_url),
        acceptable_latency_seconds=300,
        processing_seconds=2,
        environment={**program.environment, **buckets.environment},
    )
    program.grant_install(pool)
    buckets.grant_transcode(pool)


def as_it_stands(stack: cdk.Stack, _folder: Path) -> None:
    on_instances(stack)


def with_a_job_of_ones_own(stack: cdk.Stack, folder: Path) -> None:
    import aws_cdk as cdk
    from aws_cdk import aws_logs as logs

    on_instances(
        stack,
        job=JOB,
        job_source=str(folder),
        wheelhouse=str(folder / "wheels"),
        service="thumbnails",
        log_retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def as_an_image(stack: cdk.Stack, folder: Path) -> None:
    from aws_patterns.messaging.media_buckets import MediaBuckets
    from aws_patterns.messaging.worker_pool import WorkerPool
    from aws_patterns.messaging.worker_pool_options import FargateWorkers
    from aws_patterns.messaging.worker_program import worker_image
    from aws_patterns.messaging.worker_program_options import HEALTH_COMMAND, job_environment

    image = worker_image(stack, job=JOB, job_source=str(folder))
    pool = WorkerPool(
        stack,
        "Pool",
        workers=FargateWorkers(image=image, health_command=HEALTH_COMMAND),
        acceptable_latency_seconds=300,
        processing_seconds=2,
        environment=job_environment(job=JOB),
    )
    MediaBuckets(stack, "Media").grant_transcode(pool)


def all_renditions(stack: cdk.Stack, _folder: Path) -> None:
    """On instances and in tasks, told operators, with a network that is there already."""
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.messaging.media_renditions import MediaRenditions
    from aws_patterns.messaging.worker_pool_options import FargateWorkers
    from aws_patterns.messaging.worker_program import worker_image
    from aws_patterns.messaging.worker_program_options import HEALTH_COMMAND
    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    vpc = MultiAzVpc(stack, "Network").vpc
    operators = sns.Topic(
        stack, "Operators", enforce_ssl=True, master_key=kms.Key(stack, "K", enable_key_rotation=True)
    )
    MediaRenditions(stack, "Instances", vpc=vpc, alarm_topic=operators)
    tasks = FargateWorkers(image=worker_image(stack), health_command=HEALTH_COMMAND)
    MediaRenditions(stack, "Tasks", vpc=vpc, workers=tasks, minimum_workers=1)


VARIANTS: Mapping[str, Callable[[cdk.Stack, Path], None]] = {
    "as it stands": as_it_stands,
    "with a job of one's own": with_a_job_of_ones_own,
    "as an image": as_an_image,
    "all renditions": all_renditions,
}


@pytest.fixture
def job_source(tmp_path: Path) -> Path:
    """A folder with a package of somebody's own, and wheels for it."""
    for file in ("thumbnails/handler.py", "thumbnails/wheels.txt", "wheels/a-1-py3-none-any.whl"):
        path = tmp_path / "mine" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "mine"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: str,
    *,
    tmp_path: Path,
    job_source: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        VARIANTS[variant](stack, job_source)

    assert findings_about(build, place, folder=tmp_path / "cdk.out", context=cdk_context, judge=judge) == []
