"""Renditions of images: a bucket for originals, workers behind a queue, and a bucket for what they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.fanout import Fanout
from aws_patterns.messaging.media_buckets import MediaBuckets
from aws_patterns.messaging.media_job import MediaJob
from aws_patterns.messaging.media_renditions_options import (
    ACCEPTABLE_LATENCY_SECONDS,
    ON_INSTANCES,
    PROCESSING_SECONDS,
    SUBSCRIBER,
    check_media_renditions,
    subscriber_of,
)
from aws_patterns.messaging.messaging_dashboard import MessagingDashboard
from aws_patterns.messaging.worker_pool import WorkerPool
from aws_patterns.messaging.worker_pool_options import FargateWorkers, InstanceWorkers, PoolLimits
from aws_patterns.messaging.worker_program import WorkerProgram
from aws_patterns.messaging.worker_program_options import job_environment


class MediaRenditions(Construct):
    """What lands in the Master bucket is told to a topic, waits in a queue, and is worked on by as many as it takes.

    Use it where images are worked on after they were uploaded, and somebody waits for minutes rather than for a second.
    ``MediaUploads`` is a page in front of it. Others that are to hear of uploads too are added to ``uploaded``, each
    with a queue of its own. For another job, compose the parts: ``MediaBuckets``, ``Fanout``, ``WorkerProgram`` with a
    ``job_source``, ``WorkerPool``. Not for images that are made while somebody asks for them: that is an origin behind
    a CDN.

    What can't be done is in the dead letters with its reason, and in the Transcode bucket as a manifest that says it.

    >>> MediaRenditions(stack, "Renditions")

    With workers in tasks, on Spot capacity:

    >>> from aws_patterns.messaging.worker_pool_options import FargateWorkers
    >>> from aws_patterns.messaging.worker_program import worker_image
    >>> from aws_patterns.messaging.worker_program_options import HEALTH_COMMAND
    >>> tasks = FargateWorkers(
    ...     image=worker_image(stack), cpu=1024, memory_mib=2048, spot_percentage=80, health_command=HEALTH_COMMAND
    ... )
    >>> MediaRenditions(stack, "InTasks", workers=tasks, job=MediaJob(renditions=["preview=400x300.avif"]))

    Args:
        workers: Who works. Instances are told by their user data to install the worker program; tasks have it in
            their image (``worker_image``). Default: t4g.medium instances with two images in hand.
        job: What is made of an image.
        acceptable_latency_seconds: From when an image is uploaded until its renditions are there. Default 300.
        processing_seconds: How long a worker takes for an image, usually. Default 2.
        peak_messages_per_second: Images in a second that the pool must keep up with. Default: not said.
        minimum_workers: Workers that there always are. Default 0: the first images for a pool of no workers may then
            take longer than is acceptable.
        maximum_workers: What bounds the bill. Default: what the peak needs and a quarter more; without a peak 10.
        limits: Overrides of what follows.
        max_receive_count: Attempts before a message becomes a dead letter. 1 to 1,000, default 5.
        vpc: The network of the workers. Default: a `MultiAzVpc` of three zones.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of images, queues and logs. Default ``RETAIN``.

    Attributes:
        buckets: The Master and the Transcode bucket.
        uploaded: Tells everybody who subscribes of each image.
        work_queue: What the workers read, with its dead letters.
        program: What instances install; ``None`` with tasks.
        pool: The workers.
        dashboard: Topic, queue and workers over time.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ways-to-add-notification-config-to-bucket.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workers: InstanceWorkers | FargateWorkers = ON_INSTANCES,
        job: MediaJob = MediaJob(),  # noqa: B008 - frozen
        acceptable_latency_seconds: float = ACCEPTABLE_LATENCY_SECONDS,
        processing_seconds: float = PROCESSING_SECONDS,
        peak_messages_per_second: float | None = None,
        minimum_workers: int = 0,
        maximum_workers: int | None = None,
        limits: PoolLimits = PoolLimits(),  # noqa: B008 - frozen
        max_receive_count: int = defaults.MAX_RECEIVE_COUNT,
        vpc: ec2.IVpc | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"MediaRenditions {self.node.path}") as problems:
            plan = check_media_renditions(
                problems,
                workers=workers,
                job=job,
                acceptable_latency_seconds=acceptable_latency_seconds,
                processing_seconds=processing_seconds,
                peak_messages_per_second=peak_messages_per_second,
                minimum_workers=minimum_workers,
                maximum_workers=maximum_workers,
                limits=limits,
                max_receive_count=max_receive_count,
            )
        assert plan is not None, "without problems there is a plan"  # noqa: S101 - for the type checker
        self.buckets = MediaBuckets(self, "Buckets", removal_policy=removal_policy)
        self.uploaded = Fanout(
            self,
            "Uploaded",
            subscribers={SUBSCRIBER: subscriber_of(plan, max_receive_count=max_receive_count)},
            alarm_topic=alarm_topic,
            removal_policy=removal_policy,
        )
        self.uploaded.add_bucket_source(self.buckets.master)
        self.work_queue = self.uploaded.queues[SUBSCRIBER]
        self.program: WorkerProgram | None = None
        if isinstance(workers, InstanceWorkers):
            self.program = WorkerProgram(self, "Program", service=SUBSCRIBER, removal_policy=removal_policy)
            workers = _installing(workers, self.program)
        self.pool = WorkerPool(
            self,
            "Workers",
            workers=workers,
            acceptable_latency_seconds=acceptable_latency_seconds,
            processing_seconds=processing_seconds,
            peak_messages_per_second=peak_messages_per_second,
            minimum_workers=minimum_workers,
            maximum_workers=maximum_workers,
            # The queue has it already.
            limits=replace(limits, visibility_timeout_seconds=None),
            late_from_zero=minimum_workers == 0,
            queue=self.work_queue.queue,
            vpc=vpc,
            environment=self._environment(job),
            alarm_topic=alarm_topic,
            removal_policy=removal_policy,
        )
        self.buckets.grant_transcode(self.pool)
        if self.program:
            self.program.grant_install(self.pool)
        self.dashboard = MessagingDashboard(
            self, "Dashboard", parts={"Uploads": self.uploaded, "Queue": self.work_queue, "Workers": self.pool}
        ).dashboard

    def _environment(self, job: MediaJob) -> Mapping[str, str]:
        own = self.program.environment if self.program else job_environment(service=SUBSCRIBER)
        return {**own, **job.environment(), **self.buckets.environment}


def _installing(workers: InstanceWorkers, program: WorkerProgram) -> InstanceWorkers:
    return replace(
        workers,
        instances=replace(workers.instances, user_data=program.user_data()),
        health_url=workers.health_url or program.health_url,
    )
