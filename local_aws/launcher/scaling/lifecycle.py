"""Lifecycle hooks: who is told, and how long an instance waits."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from local_aws.launcher import aws, hooks

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from local_aws.launcher.hooks import Record

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
_WORDS = {LAUNCHING: "launch", TERMINATING: "terminate"}
WAITING = {LAUNCHING: "Pending:Wait", TERMINATING: "Terminating:Wait"}


def begin(group: Record, instance: Record, transition: str) -> bool:
    """Let the hooks of a transition hold an instance; False where there is none."""
    name = group["AutoScalingGroupName"]
    found = [
        hook
        for hook in hooks.store(hooks.SCALING_HOOKS).values()
        if hook["AutoScalingGroupName"] == name and hook["LifecycleTransition"] == transition
    ]
    if not found:
        return False
    instance["LifecycleState"] = WAITING[transition]
    instance["Actions"] = {}
    for hook in found:
        token = str(uuid.uuid4())
        instance["Actions"][hook["LifecycleHookName"]] = {
            "Token": token,
            "Until": time.time() + hook["HeartbeatTimeout"],
            "Seconds": hook["HeartbeatTimeout"],
            "DefaultResult": hook["DefaultResult"],
        }
        _tell(group, instance, hook, token)
    return True


def tell(detail_type: str, group: Record, instance: Record, detail: Record) -> None:
    """Publish an event of Auto Scaling's."""
    put = cast("Callable[..., object]", hooks.PUT_EVENTS.get())
    entry = {
        "Source": "aws.autoscaling",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": [group["AutoScalingGroupARN"], _arn(instance)],
    }
    put({"Entries": [entry]}, allow_aws_source=True)


def told_end(group: Record, instance: Record, word: str) -> None:
    """Publish that an instance has been launched or terminated."""
    detail = {
        "StatusCode": "InProgress",
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "ActivityId": str(uuid.uuid4()),
        "EC2InstanceId": instance["InstanceId"],
        "Details": {"Availability Zone": instance["AvailabilityZone"]},
    }
    tell(f"EC2 Instance {word.capitalize()} Successful", group, instance, detail)


def _tell(group: Record, instance: Record, hook: Record, token: str) -> None:
    launching = hook["LifecycleTransition"] == LAUNCHING
    detail = {
        "LifecycleActionToken": token,
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "LifecycleHookName": hook["LifecycleHookName"],
        "EC2InstanceId": instance["InstanceId"],
        "LifecycleTransition": hook["LifecycleTransition"],
        "Origin": "EC2" if launching else "AutoScalingGroup",
        "Destination": "AutoScalingGroup" if launching else "EC2",
    }
    if hook["NotificationMetadata"]:
        detail["NotificationMetadata"] = hook["NotificationMetadata"]
    tell(f"EC2 Instance-{_WORDS[hook['LifecycleTransition']]} Lifecycle Action", group, instance, detail)
    if target := str(hook["NotificationTargetARN"]):
        service = "Service"
        message = {**detail, "AccountId": hooks.account(), "RequestId": str(uuid.uuid4()), service: "AWS Auto Scaling"}
        # From a thread: this one serves the requests that the client makes.
        threading.Thread(
            target=_notify, args=(hooks.account(), hooks.region(), target, json.dumps(message)), daemon=True
        ).start()


def _notify(account: str, region: str, target: str, message: str) -> None:
    with hooks.scope(account, region):
        match target.split(":")[2]:
            case "sns":
                subject = "Auto Scaling: Lifecycle action"
                cast("SNSClient", aws.client("sns")).publish(TopicArn=target, Message=message, Subject=subject)
            case "sqs":
                queue = cast("SQSClient", aws.client("sqs"))
                url = queue.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
                queue.send_message(QueueUrl=url, MessageBody=message)
            case "lambda":
                function = cast("LambdaClient", aws.client("lambda"))
                function.invoke(FunctionName=target, InvocationType="Event", Payload=message.encode())


def _arn(instance: Record) -> str:
    return f"arn:aws:ec2:{hooks.region()}:{hooks.account()}:instance/{instance['InstanceId']}"
