"""Settings of the stack MediaWorkerPool."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, cast

from aws_patterns._validation import Problems
from aws_patterns.compute.instances import Architecture, Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.media_job import MOST_PIXELS, RENDITIONS, MediaJob
from aws_patterns.messaging.media_renditions_options import (
    ACCEPTABLE_LATENCY_SECONDS,
    CONCURRENCY,
    INSTANCE_TYPE,
    PROCESSING_SECONDS,
    check_media_renditions,
)
from aws_patterns.messaging.worker_pool_options import FargateWorkers, InstanceWorkers, PoolLimits, WorkerPlan
from aws_patterns.messaging.worker_program_options import HEALTH_COMMAND
from aws_patterns.serverless import _defaults as serverless_defaults
from aws_patterns.serverless.media_uploads_options import check_media_uploads
from stacks.settings._shared import mixed_fleet_problems, renamed, topic_problems

if TYPE_CHECKING:
    from aws_cdk import aws_ecs as ecs

# What the parts call it, and what it is called here.
_NAMES = {
    r"workers\.instances\.": "",
    r"workers\.mixed_fleet\.": "",
    r"workers\.mixed_fleet\b": "spot_percentage",
    r"workers\.(cpu|memory_mib|architecture)\b": r"task_\1",
    r"workers\.": "",
    r"limits\.": "",
    r"with cpu=": "with task_cpu=",
    r"^maximum_bytes(?=\s)": "maximum_upload_bytes",
}


class WorkersOn(StrEnum):
    """Where the workers run."""

    INSTANCES = "instances"
    TASKS = "tasks"


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaWorkerPoolSettings:
    """What may be chosen about uploads of images and the workers that make renditions of them.

    Args:
        workers: Where workers run: on EC2 instances (instances), or in containers on Fargate (tasks), whose image
            Docker builds at deployment.
        acceptable_latency_seconds: From when an image is uploaded until its renditions are there.
        processing_seconds: How long a worker takes for an image, usually.
        peak_messages_per_second: Images in a second that the pool must keep up with; the maximum follows. Default: not
            said.
        minimum_workers: Workers that there always are. With 0 they are all gone when there is no work, and the first
            image then waits for some minutes longer than is acceptable.
        maximum_workers: What bounds the bill. Default: what the peak needs and a quarter more; without a peak 10.
        concurrency: Images that a worker has in hand at a time, each in a process of its own.
        instance_types: With instances: types of one architecture, the preferred first; several with spot_percentage
            only.
        task_cpu: With tasks: units of processor, of which 1024 are one.
        task_memory_mib: With tasks: memory in MiB.
        task_architecture: With tasks: arm64 or x86_64. What builds the image must be able to.
        spot_percentage: Share of Spot capacity beyond on_demand_base; on instances it needs several instance_types.
            Default: none.
        on_demand_base: Workers that are never Spot. Default: none.
        backlog_per_worker: Images that a worker may have before it. Default: as many as it is done with in the
            acceptable latency.
        visibility_timeout_seconds: How long a received message stays hidden. Default: twice the processing time, at
            least 30.
        job_timeout_seconds: After which a worker gives an image up and has it tried again. Default: ten times the
            processing time, at least a minute.
        grace_seconds: From being told to stop to the end of a worker. Default: a job's timeout, at least 90; what fits
            into two minutes' notice in tasks and on Spot capacity.
        max_receive_count: Attempts before a message becomes a dead letter.
        renditions: What is made of an image, each as name=WIDTHxHEIGHT.kind, where the kind is jpeg, png, webp or avif.
        maximum_pixels: Of an image; a worker needs some sixteen bytes of memory for each.
        maximum_upload_bytes: Of an image's file.
        throttle_rate: Requests per second that the API accepts in the long run.
        throttle_burst: Requests that may arrive at once.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    workers: WorkersOn = WorkersOn.INSTANCES
    acceptable_latency_seconds: float = ACCEPTABLE_LATENCY_SECONDS
    processing_seconds: float = PROCESSING_SECONDS
    peak_messages_per_second: float | None = None
    minimum_workers: int = 0
    maximum_workers: int | None = None
    concurrency: int = CONCURRENCY
    instance_types: tuple[str, ...] = (INSTANCE_TYPE,)
    # As much as the instance has.
    task_cpu: int = 2_048
    task_memory_mib: int = 4_096
    task_architecture: Architecture = Architecture.ARM64
    spot_percentage: int | None = None
    on_demand_base: int | None = None
    backlog_per_worker: float | None = None
    visibility_timeout_seconds: int | None = None
    job_timeout_seconds: int | None = None
    grace_seconds: int | None = None
    max_receive_count: int = defaults.MAX_RECEIVE_COUNT
    renditions: tuple[str, ...] = RENDITIONS
    maximum_pixels: int = MOST_PIXELS
    maximum_upload_bytes: int = serverless_defaults.UPLOAD_MAXIMUM_BYTES
    throttle_rate: float = serverless_defaults.UPLOAD_THROTTLE_RATE
    throttle_burst: int = serverless_defaults.UPLOAD_THROTTLE_BURST
    alarm_topic_arn: str | None = None
    removal_policy: Literal["retain", "destroy"] = "retain"

    def job(self) -> MediaJob:
        """What is made of an image."""
        return MediaJob(
            renditions=self.renditions,
            maximum_bytes=self.maximum_upload_bytes,
            maximum_pixels=self.maximum_pixels,
        )

    def instance_workers(self) -> InstanceWorkers:
        """On instances."""
        mixed = None
        if self.spot_percentage is not None:
            mixed = MixedFleet(on_demand_base=self.on_demand_base or 0, spot_percentage=self.spot_percentage)
        return InstanceWorkers(
            instances=Instances(instance_types=self.instance_types),
            mixed_fleet=mixed,
            concurrency=self.concurrency,
        )

    def task_workers(self, image: "ecs.ContainerImage") -> FargateWorkers:
        """In tasks of this image."""
        return FargateWorkers(
            image=image,
            cpu=self.task_cpu,
            memory_mib=self.task_memory_mib,
            architecture=self.task_architecture,
            concurrency=self.concurrency,
            spot_percentage=self.spot_percentage or 0,
            on_demand_base=self.on_demand_base or 0,
            health_command=HEALTH_COMMAND,
        )

    def limits(self) -> PoolLimits:
        """What does not follow."""
        return PoolLimits(
            backlog_per_worker=self.backlog_per_worker,
            visibility_timeout_seconds=self.visibility_timeout_seconds,
            job_timeout_seconds=self.job_timeout_seconds,
            grace_seconds=self.grace_seconds,
        )

    def plan(self, problems: Problems | None = None) -> WorkerPlan | None:
        """What follows for the pool; ``None`` where nothing can."""
        on_instances = self.workers is WorkersOn.INSTANCES
        return check_media_renditions(
            Problems("MediaWorkerPool") if problems is None else problems,
            # Which image it is does not matter for what is checked.
            workers=self.instance_workers() if on_instances else self.task_workers(cast("ecs.ContainerImage", None)),
            job=self.job(),
            acceptable_latency_seconds=self.acceptable_latency_seconds,
            processing_seconds=self.processing_seconds,
            peak_messages_per_second=self.peak_messages_per_second,
            minimum_workers=self.minimum_workers,
            maximum_workers=self.maximum_workers,
            limits=self.limits(),
            max_receive_count=self.max_receive_count,
        )

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("MediaWorkerPool")
        self.plan(problems)
        check_media_uploads(
            problems,
            maximum_bytes=self.maximum_upload_bytes,
            throttle_rate=self.throttle_rate,
            throttle_burst=self.throttle_burst,
        )
        by_share = {"spot_percentage": self.spot_percentage, "on_demand_base": self.on_demand_base}
        return [
            *renamed(problems.found, _NAMES),
            # Tasks know of a base without a share themselves.
            *(mixed_fleet_problems(**by_share) if self.workers is WorkersOn.INSTANCES else []),
            *topic_problems(self.alarm_topic_arn),
        ]
