"""Pools of workers deployed by the real ``cdk deploy``: woken by work, told what they need, allowed no more."""

from __future__ import annotations

import base64
import http.server
import json
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.programs import eventually
from tests.local.roles import assumed
from tests.local.worker_process import Journal, WorkerProcess

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import InstanceTypeDef

    from local_aws.embedded import EmbeddedAws

APP = '''
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_patterns.messaging.worker_pool import WorkerPool
from aws_patterns.messaging.worker_pool_options import FunctionWorkers, InstanceWorkers, PoolLimits

CODE = """
def handle(event, context):
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in bad]}
"""

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "WorkerPools")
gone = cdk.RemovalPolicy.DESTROY
on_instances = WorkerPool(
    stack,
    "Instances",
    workers=InstanceWorkers(),
    acceptable_latency_seconds=1800,
    processing_seconds=600,
    environment={"JOB": "worker_jobs:make"},
    removal_policy=gone,
)
function = lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handle",
    code=lambda_.Code.from_inline(CODE),
    timeout=cdk.Duration.seconds(1),
)
by_calls = WorkerPool(
    stack,
    "Calls",
    workers=FunctionWorkers(function=function),
    acceptable_latency_seconds=60,
    processing_seconds=0.1,
    limits=PoolLimits(visibility_timeout_seconds=1),
    removal_policy=gone,
)
for name, pool in (("Instances", on_instances), ("Calls", by_calls)):
    cdk.CfnOutput(stack, f"{name}Url", value=pool.queue.queue_url)
    cdk.CfnOutput(stack, f"{name}DeadLettersUrl", value=pool.work_queue.dead_letter_queue.queue_url)
cdk.CfnOutput(stack, "Group", value=on_instances.fleet.group.auto_scaling_group_name)
cdk.CfnOutput(stack, "Role", value=on_instances.fleet.role.role_arn)
cdk.CfnOutput(stack, "Template", value=on_instances.fleet.launch_template.launch_template_id)
app.synth()
'''


class Deployed(NamedTuple):
    """Both pools."""

    aws: EmbeddedAws
    outputs: dict[str, str]

    def send(self, name: str, *bodies: str) -> None:
        for body in bodies:
            self.aws.client("sqs").send_message(QueueUrl=self.outputs[f"{name}Url"], MessageBody=body)

    def waiting(self, name: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs[f"{name}Url"], AttributeNames=["All"]
        )["Attributes"]
        return sum(int(value) for key, value in found.items() if key in names)

    def dead_letters(self, name: str) -> list[Any]:
        return (
            self.aws.client("sqs")
            .receive_message(
                QueueUrl=self.outputs[f"{name}DeadLettersUrl"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            .get("Messages", [])
        )

    def instances(self) -> list[InstanceTypeDef]:
        groups = self.aws.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.outputs["Group"]]
        )
        return list(groups["AutoScalingGroups"][0]["Instances"])

    def variables(self) -> Mapping[str, str]:
        """What an instance of the pool finds in its file."""
        (version,) = self.aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=self.outputs["Template"], Versions=["$Latest"]
        )["LaunchTemplateVersions"]
        script = base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()
        text = script.split("<<'VARIABLES'\n")[1].split("\nVARIABLES")[0]
        return dict(word.split("=", 1) for word in shlex.split(text))

    def acting_as_a_worker(self) -> boto3.Session:
        """With the permissions of an instance of the pool."""
        return assumed(self.aws, self.outputs["Role"])


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """The pools; destroyed afterwards."""
    aws = session_aws_enforcing_iam
    folder = tmp_path_factory.mktemp("worker_pools")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    yield Deployed(aws, aws.deploy("WorkerPools", app=app, folder=folder))
    aws.destroy("WorkerPools", app=app, folder=folder)


class Metadata:
    """What the metadata service tells an instance."""

    def __init__(self, instance: str) -> None:
        self.state = "InService"
        told = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                self._tell("token")

            def do_GET(self) -> None:
                told_here = {
                    "instance-id": instance,
                    "placement/region": "us-east-1",
                    "autoscaling/target-lifecycle-state": told.state,
                }
                self._tell(told_here.get(self.path.removeprefix("/latest/meta-data/")))

            def _tell(self, text: str | None) -> None:
                self.send_response(404 if text is None else 200)
                self.end_headers()
                self.wfile.write((text or "").encode())

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/latest"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_sleeping_pool_is_woken_works_and_lets_its_worker_finish(deployed: Deployed, tmp_path: Path) -> None:
    assert deployed.instances() == []
    names = [f"n{number}" for number in range(7)]
    deployed.send("Instances", *(json.dumps({"name": name}) for name in names))
    deployed.send("Instances", json.dumps({"name": "unwanted", "do": "refuse"}))
    eventually(lambda: bool(deployed.instances()), "instance for the work")

    instance = deployed.instances()[0]["InstanceId"]
    metadata, journal = Metadata(instance), Journal(tmp_path)
    settings = {
        **deployed.variables(),
        "METADATA_URL": metadata.url,
        "JOURNAL": str(tmp_path),
    }
    worker = WorkerProcess(deployed.aws, settings["QUEUE_URL"], settings["JOB"], settings)
    try:
        worker.eventually(lambda: deployed.waiting("Instances") == 0, "end of the work")
        assert sorted(journal.ended()) == names
        (letter,) = deployed.dead_letters("Instances")
        assert letter["MessageAttributes"]["DeadLetterReason"]["StringValue"] == "not-wanted"

        deployed.aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance, ShouldDecrementDesiredCapacity=True
        )
        states = {each["InstanceId"]: each["LifecycleState"] for each in deployed.instances()}
        assert states[instance] == "Terminating:Wait"
        metadata.state = "Terminated"
        worker.eventually(
            lambda: instance not in {each["InstanceId"] for each in deployed.instances()}, "end of the instance"
        )
        assert worker.logged("stopping")["why"] == "termination"
    finally:
        worker.kill_all()
        metadata.close()


def test_a_worker_takes_and_buries_messages_and_does_no_more(deployed: Deployed) -> None:
    sqs = deployed.acting_as_a_worker().client("sqs", endpoint_url=deployed.aws.endpoint_url)
    work, dead_letters = (deployed.outputs[f"Instances{name}"] for name in ("Url", "DeadLettersUrl"))
    deployed.aws.client("sqs").purge_queue(QueueUrl=work)
    deployed.send("Instances", "job")
    (message,) = sqs.receive_message(QueueUrl=work, WaitTimeSeconds=5)["Messages"]
    handle = message["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=work, ReceiptHandle=handle, VisibilityTimeout=30)
    sqs.send_message(QueueUrl=dead_letters, MessageBody="job")
    sqs.delete_message(QueueUrl=work, ReceiptHandle=handle)
    refused: list[Callable[[], object]] = [
        lambda: sqs.send_message(QueueUrl=work, MessageBody="more"),
        lambda: sqs.purge_queue(QueueUrl=work),
        lambda: sqs.receive_message(QueueUrl=dead_letters),
        lambda: sqs.receive_message(QueueUrl=deployed.outputs["CallsUrl"]),
    ]
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_a_worker_asks_for_its_own_group_and_no_other(deployed: Deployed) -> None:
    autoscaling = deployed.acting_as_a_worker().client("autoscaling", endpoint_url=deployed.aws.endpoint_url)
    autoscaling.describe_auto_scaling_instances()
    for group in (deployed.outputs["Group"], "another"):
        with pytest.raises(ClientError, match="AccessDenied"):
            autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=9)


def test_calls_do_what_they_can_and_what_they_can_not_is_kept(deployed: Deployed) -> None:
    deployed.send("Calls", "good", "bad", "good")
    letters: list[Any] = []

    def kept() -> bool:
        letters.extend(deployed.dead_letters("Calls"))
        return bool(letters)

    eventually(kept, "dead letter")
    eventually(lambda: deployed.waiting("Calls") == 0, "empty queue")
    assert [letter["Body"] for letter in letters] == ["bad"]
