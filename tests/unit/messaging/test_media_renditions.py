"""Uploads that are told, wait, are worked on, and whose failures are kept: how the parts are put together."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Match, Template

from aws_patterns.compute.instances import Instances
from aws_patterns.messaging.fanout_options import Subscriber
from aws_patterns.messaging.media_job import MediaJob
from aws_patterns.messaging.media_renditions import MediaRenditions
from aws_patterns.messaging.worker_pool_options import FargateWorkers, InstanceWorkers, PoolLimits
from aws_patterns.messaging.worker_program import worker_image
from aws_patterns.messaging.worker_program_options import HEALTH_COMMAND, HEALTH_URL


def in_tasks(stack: cdk.Stack) -> FargateWorkers:
    return FargateWorkers(image=worker_image(stack), health_command=HEALTH_COMMAND)


def queues(stack: cdk.Stack) -> Mapping[str, Mapping[str, Any]]:
    found = Template.from_stack(stack).find_resources("AWS::SQS::Queue")
    return {name: queue["Properties"] for name, queue in found.items()}


def test_it_takes_a_single_statement(stack: cdk.Stack) -> None:
    made = MediaRenditions(stack, "Renditions")
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::AutoScaling::AutoScalingGroup", {"MinSize": "0", "MaxSize": "10"})
    assert made.program is not None
    assert made.pool.network is not None
    template.has_resource_properties("AWS::CloudWatch::Dashboard", Match.any_value())


def test_an_upload_is_told_to_the_queue_that_the_workers_read(stack: cdk.Stack) -> None:
    made = MediaRenditions(stack, "Renditions")
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "Custom::S3BucketNotifications",
        {
            "BucketName": stack.resolve(made.buckets.master.bucket_name),
            "NotificationConfiguration": {
                "TopicConfigurations": [
                    {"Events": ["s3:ObjectCreated:*"], "TopicArn": stack.resolve(made.uploaded.topic.topic_arn)}
                ]
            },
        },
    )
    queue = made.work_queue.queue
    template.has_resource_properties("AWS::SNS::Subscription", {"Endpoint": stack.resolve(queue.queue_arn)})
    assert made.pool.environment["QUEUE_URL"] == queue.queue_url
    assert made.pool.work_queue is None, "there is no second one"


def test_workers_know_their_job_and_both_buckets(stack: cdk.Stack) -> None:
    job = MediaJob(renditions=["icon=16x16.png"], maximum_bytes=10, maximum_pixels=20)
    made = MediaRenditions(stack, "Renditions", job=job)
    told = made.pool.environment
    assert {name: told[name] for name in ("RENDITIONS", "MOST_BYTES", "MOST_PIXELS")} == job.environment()
    assert told["MASTER_BUCKET"] == made.buckets.master.bucket_name
    assert told["TRANSCODE_BUCKET"] == made.buckets.transcode.bucket_name


def test_an_instance_is_up_when_its_worker_says_so(stack: cdk.Stack) -> None:
    MediaRenditions(stack, "Renditions", minimum_workers=1)
    (template,) = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    script = json.dumps(template["Properties"]["LaunchTemplateData"]["UserData"])
    assert script.index("/etc/worker-pool.env") < script.index("install.sh") < script.index(HEALTH_URL)


def test_tasks_have_the_program_in_their_image_and_a_log_of_the_pools(stack: cdk.Stack) -> None:
    made = MediaRenditions(stack, "Renditions", workers=in_tasks(stack))
    assert made.program is None
    assert "LOG_GROUP" not in made.pool.environment
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::AutoScaling::AutoScalingGroup", 0)
    (role,) = {
        json.dumps(task["Properties"]["TaskRoleArn"])
        for task in template.find_resources("AWS::ECS::TaskDefinition").values()
    }
    allowed = [
        policy["Properties"]
        for policy in template.find_resources("AWS::IAM::Policy").values()
        if role in json.dumps([{"Fn::GetAtt": [each["Ref"], "Arn"]} for each in policy["Properties"]["Roles"]])
    ]
    assert "s3:PutObject" in json.dumps(allowed)


def test_the_queue_hides_and_tries_as_was_said(stack: cdk.Stack) -> None:
    limits = PoolLimits(visibility_timeout_seconds=77, job_timeout_seconds=70)
    made = MediaRenditions(stack, "Renditions", limits=limits, max_receive_count=2)
    (found,) = [queue for queue in queues(stack).values() if queue.get("VisibilityTimeout") == 77]
    assert found["RedrivePolicy"]["maxReceiveCount"] == 2
    assert made.pool.plan.visibility_timeout_seconds == 77
    assert made.pool.plan.job_timeout_seconds == 70


def test_others_hear_of_uploads_too(stack: cdk.Stack) -> None:
    made = MediaRenditions(stack, "Renditions")
    made.uploaded.add_subscriber("Index", Subscriber())
    Template.from_stack(stack).resource_count_is("AWS::SNS::Subscription", 2)


def test_two_live_in_one_stack_and_in_a_network_of_another(app: cdk.App) -> None:
    vpc = ec2.Vpc(cdk.Stack(app, "Network"), "Vpc", max_azs=2)
    stack = cdk.Stack(app, "Media")
    for id in ("A", "B"):
        MediaRenditions(stack, id, vpc=vpc, removal_policy=cdk.RemovalPolicy.DESTROY)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::AutoScaling::AutoScalingGroup", 2)
    template.resource_count_is("AWS::EC2::VPC", 0)


def test_everything_wrong_is_said_at_once(stack: cdk.Stack) -> None:
    message = (
        "MediaRenditions S/Renditions can't be built:\n"
        "  - workers.instances.user_data must be left out: it installs the worker program\n"
        "  - processing_seconds must be more than 0 seconds, got 0 seconds\n"
        "  - renditions must look like large=1920x1920.jpeg, of jpeg, png, webp, avif, got 'huge'"
    )
    workers = InstanceWorkers(instances=Instances(user_data=ec2.UserData.for_linux()))
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        MediaRenditions(stack, "Renditions", workers=workers, processing_seconds=0, job=MediaJob(renditions=["huge"]))


def test_attempts_are_limited_as_the_queue_has_it(stack: cdk.Stack) -> None:
    problem = "built:\n  - max_receive_count must be between 1 and 1000, got 0"
    with pytest.raises(ValueError, match=re.escape(problem)):
        MediaRenditions(stack, "Renditions", max_receive_count=0)
