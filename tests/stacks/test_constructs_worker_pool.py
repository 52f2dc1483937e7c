"""Pools of workers in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Architecture, Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.messaging.worker_pool_options import FargateWorkers, FunctionWorkers, InstanceWorkers, PoolLimits
from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_lambda as lambda_

    Props = Mapping[str, Any]
    Make = Callable[[cdk.Stack], Props]


def instances(**props: Any) -> Make:
    return lambda _stack: {"workers": InstanceWorkers(**props)}


def on_instances_with_all(stack: cdk.Stack) -> Props:
    """On Spot capacity, with a queue and a key of its own, and told operators."""
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.messaging.work_queue import WorkQueue

    key = kms.Key(stack, "Key", enable_key_rotation=True)
    script = ec2.UserData.for_linux()
    script.add_commands("systemctl enable --now worker")
    return {
        "workers": InstanceWorkers(
            instances=Instances(instance_types=["m7g.large", "m6g.large"], user_data=script, root_volume_gib=50),
            mixed_fleet=MixedFleet(on_demand_base=1, spot_percentage=100),
            concurrency=4,
            health_url="http://localhost:8081/health",
            update=InstanceRefresh(minimum_healthy_percent=50),
        ),
        "queue": WorkQueue(stack, "Jobs", encryption_key=key, visibility_timeout_seconds=300).queue,
        "acceptable_latency_seconds": 3_600,
        "peak_messages_per_second": 20,
        "minimum_workers": 2,
        "alarm_topic": sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        "environment": {"JOB": "a:b"},
    }


def tasks(**props: Any) -> Make:
    def make(stack: cdk.Stack) -> Props:
        from aws_cdk import aws_ecs as ecs

        image = ecs.ContainerImage.from_registry("public.ecr.aws/docker/library/python:3.14-slim")
        return {"workers": FargateWorkers(image=image, **props), "environment": {"JOB": "a:b"}}

    return make


def tasks_from_a_repository(stack: cdk.Stack) -> Props:
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs

    images = ecr.Repository.from_repository_name(stack, "Images", "workers")
    return {"workers": FargateWorkers(image=ecs.ContainerImage.from_ecr_repository(images, "1"))}


def function(stack: cdk.Stack) -> lambda_.Function:
    import aws_cdk as cdk

    from aws_patterns._python_function import python_function

    return python_function(
        stack,
        "Function",
        package="pet_cuddle_otron_email",
        description="Somebody's function",
        environment={},
        timeout_seconds=30,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def with_function(**props: Any) -> Make:
    return lambda stack: {"workers": FunctionWorkers(function=function(stack), **props)}


def function_in_order(stack: cdk.Stack) -> Props:
    from aws_patterns.messaging.work_queue import WorkQueue
    from aws_patterns.messaging.work_queue_options import Fifo

    queue = WorkQueue(stack, "Orders", fifo=Fifo(), visibility_timeout_seconds=180).queue
    return {"workers": FunctionWorkers(function=function(stack)), "queue": queue}


def overridden(_stack: cdk.Stack) -> Props:
    return {
        "workers": InstanceWorkers(update=RollingUpdate(), trust_new_instances=True),
        "limits": PoolLimits(
            backlog_per_worker=0.5, visibility_timeout_seconds=43_200, job_timeout_seconds=42_000, grace_seconds=3_600
        ),
        "late_from_zero": True,
        "maximum_workers": 500,
    }


VARIANTS: dict[str, Make] = {
    "instances as they stand": instances(),
    "instances with all": on_instances_with_all,
    "instances overridden": overridden,
    "instances, always two": lambda stack: {**instances()(stack), "minimum_workers": 2, "maximum_workers": 2},
    "tasks as they stand": tasks(),
    "tasks with all": tasks(
        cpu=1_024,
        memory_mib=4_096,
        architecture=Architecture.X86_64,
        concurrency=2,
        spot_percentage=80,
        on_demand_base=1,
        command=["python", "-m", "worker"],
        health_command=["python", "-m", "worker", "health"],
        scratch_gib=100,
    ),
    "tasks from a repository": tasks_from_a_repository,
    "function as it stands": with_function(),
    "function in windows": with_function(batch_size=10, batching_window_seconds=20),
    "function in order": function_in_order,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        from aws_cdk import aws_cloudwatch as cloudwatch

        from aws_patterns.messaging.worker_pool import WorkerPool

        props = {"acceptable_latency_seconds": 60, "processing_seconds": 2, **VARIANTS[variant](stack)}
        pool = WorkerPool(stack, "Pool", **props)
        cloudwatch.Dashboard(stack, "Dashboard", widgets=[list(pool.graphs("Pool"))])

    assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []
