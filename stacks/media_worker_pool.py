"""Uploads of images, and a pool of workers that makes renditions of them."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.messaging.media_renditions import MediaRenditions
from aws_patterns.messaging.worker_program import worker_image
from aws_patterns.serverless.media_uploads import MediaUploads
from stacks._parts import alarm_topic, outputs, removal_policy
from stacks.settings.media_worker_pool import MediaWorkerPoolSettings, WorkersOn


class MediaWorkerPoolStack(cdk.Stack):
    """Page, Master bucket, topic, queue, workers, Transcode bucket; wired from its settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: MediaWorkerPoolSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope, id, env=env, description="Images uploaded by a page, and workers that make renditions of them"
        )
        topic = alarm_topic(self, settings.alarm_topic_arn)
        on_instances = settings.workers is WorkersOn.INSTANCES
        renditions = MediaRenditions(
            self,
            "Renditions",
            workers=settings.instance_workers()
            if on_instances
            else settings.task_workers(worker_image(self, architecture=settings.task_architecture)),
            job=settings.job(),
            acceptable_latency_seconds=settings.acceptable_latency_seconds,
            processing_seconds=settings.processing_seconds,
            peak_messages_per_second=settings.peak_messages_per_second,
            minimum_workers=settings.minimum_workers,
            maximum_workers=settings.maximum_workers,
            limits=settings.limits(),
            max_receive_count=settings.max_receive_count,
            alarm_topic=topic,
            removal_policy=removal_policy(settings),
        )
        buckets, pool = renditions.buckets, renditions.pool
        page = MediaUploads(
            self,
            "Uploads",
            master=buckets.master,
            transcode=buckets.transcode,
            maximum_bytes=settings.maximum_upload_bytes,
            throttle_rate=settings.throttle_rate,
            throttle_burst=settings.throttle_burst,
            alarm_topic=topic,
            removal_policy=removal_policy(settings),
        )
        outputs(
            self,
            {
                "SiteUrl": page.site.url,
                "ApiUrl": page.api_url,
                "MasterBucketName": buckets.master.bucket_name,
                "TranscodeBucketName": buckets.transcode.bucket_name,
                "QueueUrl": renditions.work_queue.queue.queue_url,
                "DeadLetterQueueUrl": renditions.work_queue.dead_letter_queue.queue_url,
                "AutoScalingGroupName": pool.fleet.group.auto_scaling_group_name if pool.fleet else None,
                "ServiceName": pool.service.service_name if pool.service else None,
                "DashboardName": renditions.dashboard.dashboard_name,
            },
        )
