"""An instance that ends leaves its logs behind: hook, event, function, script and bucket, deployed and run.

The emulator's Auto Scaling holds the instance and tells EventBridge. Nothing boots in it and its Systems Manager
reaches no instance, so a server of this test stands for Systems Manager and the agent: it takes the function's requests
as AWS's protocol has them, and runs the script of the deployed document with bash, tar and an `aws` that stores to the
emulator's S3.
"""

from __future__ import annotations

import http.server
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import TemplateStack
from tests.local.programs import eventually

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_patterns.compute.termination_log_collector import TerminationLogCollector

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "LastLogs")
public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0, subnet_configuration=[public], restrict_default_security_group=False)
group = autoscaling.AutoScalingGroup(
    stack,
    "Group",
    vpc=vpc,
    vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    instance_type=ec2.InstanceType("t4g.micro"),
    machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}),
    min_capacity=2,
    max_capacity=2,
)
collector = TerminationLogCollector(
    stack, "Logs", group=group, role=group.role, paths=[FILES], removal_policy=cdk.RemovalPolicy.DESTROY
)
collector.function.add_environment("AWS_ENDPOINT_URL_SSM", AGENT)
content = collector.document.content
cdk.CfnOutput(stack, "GroupName", value=group.auto_scaling_group_name)
cdk.CfnOutput(stack, "Bucket", value=collector.bucket.bucket_name)
cdk.CfnOutput(stack, "Function", value=collector.function.function_name)
cdk.CfnOutput(stack, "LogGroup", value=collector.function.log_group.log_group_name)
cdk.CfnOutput(stack, "DeadLetters", value=collector.dead_letter_queue.queue_url)
cdk.CfnOutput(stack, "Document", value=collector.document.ref)
cdk.CfnOutput(stack, "KeyPattern", value=content["parameters"]["Key"]["allowedPattern"])
cdk.CfnOutput(stack, "Script", value=cdk.Fn.join("\\n", content["mainSteps"][0]["inputs"]["runCommand"]))
app.synth()
"""

# Stands for the AWS CLI on an instance: `aws s3 cp --only-show-errors --region R - s3://bucket/key`.
AWS_CLI = """#!{python}
import sys

import boto3

command, (source, destination) = sys.argv[1:-2], sys.argv[-2:]
assert command == ["s3", "cp", "--only-show-errors", "--region", "us-east-1"], command
assert source == "-", source
bucket, _, key = destination.removeprefix("s3://").partition("/")
boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=sys.stdin.buffer.read())
"""


@dataclass
class Agent:
    """Systems Manager and the agents of all instances.

    Attributes:
        refuses: Whether no instance has an agent.
        commands: What was asked for, by command id, and how it ended; ``None`` while it runs.
    """

    folder: Path
    document: str = ""
    pattern: str = ""
    script: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    refuses: bool = False
    commands: dict[str, int | None] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, object]]:
        if operation == "SendCommand":
            return self._send(request)
        assert operation == "GetCommandInvocation", operation
        ended = self.commands[request["CommandId"]]
        status = "InProgress" if ended is None else "Failed" if ended else "Success"
        return 200, {
            "CommandId": request["CommandId"],
            "InstanceId": request["InstanceId"],
            "Status": status,
            "ResponseCode": -1 if ended is None else ended,
        }

    def _send(self, request: dict[str, Any]) -> tuple[int, dict[str, object]]:
        self.requests.append(request)
        if self.refuses:
            return 400, {"__type": "InvalidInstanceId", "message": "Instances not in a valid state"}
        (key,) = request["Parameters"]["Key"]
        if request["DocumentName"] != self.document or not re.search(self.pattern, key):
            return 400, {"__type": "InvalidParameters", "message": "not what the document takes"}
        command = str(uuid.uuid4())
        self.commands[command] = None
        threading.Thread(target=self._run, args=(command, key), daemon=True).start()
        return 200, {"Command": {"CommandId": command, "Status": "Pending"}}

    def _run(self, command: str, key: str) -> None:
        script = self.folder / f"{command}.sh"
        script.write_text(self.script.replace("{{ Key }}", key))
        script.chmod(0o755)
        environment = {**self.environment, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        done = subprocess.run([str(script)], env=environment, capture_output=True, timeout=60, check=False)
        self.commands[command] = done.returncode


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Agent, str]]:
    """The agent, and where Systems Manager is."""
    agent = Agent(tmp_path_factory.mktemp("agent"))
    (agent.folder / "aws").write_text(AWS_CLI.format(python=sys.executable))
    (agent.folder / "aws").chmod(0o755)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = agent.answer(self.headers["X-Amz-Target"].rpartition(".")[2], request)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield agent, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Fleet:
    """The deployed group, its instances and what they left behind."""

    def __init__(self, aws: EmbeddedAws, agent: Agent, outputs: Mapping[str, str], files: Path) -> None:
        self.aws, self.agent, self.outputs, self.files = aws, agent, outputs, files
        self._autoscaling = aws.client("autoscaling")

    def states(self) -> dict[str, str]:
        found = self._autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.outputs["GroupName"]])
        return {one["InstanceId"]: one["LifecycleState"] for one in found["AutoScalingGroups"][0]["Instances"]}

    def in_service(self) -> list[str]:
        return [name for name, state in self.states().items() if state == "InService"]

    def end_one(self) -> str:
        """Have one instance terminated and replaced; which. It waits for the hook first."""
        eventually(lambda: len(self.in_service()) == 2, "two instances")
        instance = self.in_service()[0]
        self._autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId=instance, ShouldDecrementDesiredCapacity=False
        )
        return instance

    def is_gone(self, instance: str) -> bool:
        return instance not in self.states()

    def archives(self, instance: str) -> dict[str, dict[str, bytes]]:
        """The files of each archive of an instance."""
        s3, prefix = self.aws.client("s3"), f"{self.outputs['GroupName']}/{instance}/"
        found = s3.list_objects_v2(Bucket=self.outputs["Bucket"], Prefix=prefix).get("Contents", [])
        bodies = {one["Key"]: s3.get_object(Bucket=self.outputs["Bucket"], Key=one["Key"])["Body"] for one in found}
        return {key.removeprefix(prefix): unpacked(body.read()) for key, body in bodies.items()}

    def told(self, instance: str) -> list[dict[str, Any]]:
        """What the function's log says about an instance."""
        events = self.aws.client("logs").filter_log_events(logGroupName=self.outputs["LogGroup"])["events"]
        lines = (line for event in events for line in event["message"].splitlines() if line.startswith("{"))
        return [found for line in lines if (found := json.loads(line)).get("instance") == instance]

    def counted(self, name: str) -> int:
        """How often a metric was counted, by what CloudWatch would read in the log."""
        events = self.aws.client("logs").filter_log_events(logGroupName=self.outputs["LogGroup"])["events"]
        lines = (line for event in events for line in event["message"].splitlines() if '"_aws"' in line)
        return sum(int(json.loads(line)[name][0]) for line in lines)

    def handle(self, instance: str, token: str, time: str = "2026-11-21T06:42:10Z") -> dict[str, str]:
        """What the function says about an event that comes (again)."""
        detail = {
            "AutoScalingGroupName": self.outputs["GroupName"],
            "LifecycleHookName": self.hook()["LifecycleHookName"],
            "LifecycleActionToken": token,
            "EC2InstanceId": instance,
        }
        payload = json.dumps({"time": time, "detail": detail}).encode()
        answer = self.aws.client("lambda").invoke(FunctionName=self.outputs["Function"], Payload=payload)
        return cast("dict[str, str]", json.loads(answer["Payload"].read()))

    def hook(self) -> dict[str, Any]:
        found = self._autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=self.outputs["GroupName"])
        (hook,) = found["LifecycleHooks"]
        return cast("dict[str, Any]", hook)

    def dead_letters(self) -> int:
        found = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["DeadLetters"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        files = [member for member in opened.getmembers() if member.isfile()]
        return {Path(member.name).name: found.read() for member in files if (found := opened.extractfile(member))}


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws,
    agent: tuple[Agent, str],
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    aws = session_aws_enforcing_iam
    folder, files = tmp_path_factory.mktemp("app"), tmp_path_factory.mktemp("var-log")
    settings = {"LIBRARY": str(project / "constructs"), "FILES": str(files), "AGENT": agent[1]}
    (folder / "app.py").write_text("\n".join(f"{name} = {value!r}" for name, value in settings.items()) + APP)
    app = shlex.join([sys.executable, "app.py"])
    outputs = aws.deploy("LastLogs", app=app, folder=folder)
    standing = agent[0]
    standing.document, standing.pattern, standing.script = (
        outputs[name] for name in ("Document", "KeyPattern", "Script")
    )
    standing.environment = aws.environment
    yield Fleet(aws, standing, outputs, files)
    stack = aws.client("cloudformation").describe_stacks(StackName="LastLogs")["Stacks"][0]
    assert TemplateStack(aws, stack["StackId"]).delete() == "DELETE_COMPLETE"
    assert outputs["Bucket"] not in {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}


@pytest.fixture
def fleet(deployed: Fleet) -> Iterator[Fleet]:
    deployed.files.mkdir(exist_ok=True)
    (deployed.files / "app.log").write_text("the last words\n")
    yield deployed
    deployed.agent.refuses = False
    deployed.aws.clear_faults()


def test_an_instance_that_ends_leaves_its_logs_behind(fleet: Fleet) -> None:
    (fleet.files / "old").mkdir(exist_ok=True)
    (fleet.files / "old" / "app.log.1").write_text("words before\n")
    before = fleet.counted("LogsCollected")

    instance = fleet.end_one()

    assert fleet.states()[instance] == "Terminating:Wait"
    eventually(lambda: fleet.is_gone(instance), "end of the instance")
    (archive,) = fleet.archives(instance).items()
    assert re.fullmatch(r"\d{8}T\d{6}Z\.tar\.gz", archive[0])
    assert archive[1] == {"app.log": b"the last words\n", "app.log.1": b"words before\n"}
    eventually(lambda: bool(fleet.told(instance)), "line in the log")
    (line,) = fleet.told(instance)
    assert (line["message"], line["result"]) == ("logs collected", "collected")
    assert fleet.counted("LogsCollected") == before + 1


def test_an_instance_is_held_until_its_logs_are_safe(fleet: Fleet) -> None:
    instance = fleet.end_one()
    seen = []

    def gone() -> bool:
        safe = bool(fleet.archives(instance))
        seen.append((safe, fleet.is_gone(instance)))
        return seen[-1][1]

    eventually(gone, "end of the instance")
    assert (False, True) not in seen


def test_an_instance_without_agent_ends_all_the_same_and_somebody_is_told(fleet: Fleet) -> None:
    fleet.agent.refuses = True
    before = fleet.counted("LogsNotCollected")

    instance = fleet.end_one()

    eventually(lambda: fleet.is_gone(instance), "end of the instance")
    assert fleet.archives(instance) == {}
    eventually(lambda: bool(fleet.told(instance)), "line in the log")
    (line,) = fleet.told(instance)
    assert (line["level"], line["result"], line["code"]) == ("WARNING", "refused", "InvalidInstanceId")
    assert fleet.counted("LogsNotCollected") == before + 1


def test_an_instance_whose_script_fails_ends_all_the_same(fleet: Fleet) -> None:
    shutil.rmtree(fleet.files)

    instance = fleet.end_one()

    eventually(lambda: fleet.is_gone(instance), "end of the instance")
    assert fleet.archives(instance) == {}
    eventually(lambda: bool(fleet.told(instance)), "line in the log")
    assert [(line["result"], line["code"]) for line in fleet.told(instance)] == [("failed", "Failed 3")]


def test_an_event_that_comes_twice_changes_nothing(fleet: Fleet) -> None:
    instance = fleet.end_one()
    eventually(lambda: fleet.is_gone(instance), "end of the instance")
    archives, sent = fleet.archives(instance), len(fleet.agent.requests)

    assert fleet.handle(instance, token=str(uuid.uuid4())) == {"result": "too late"}
    assert fleet.handle(instance, token=str(uuid.uuid4()), time="2999-01-01T00:00:00Z") == {"result": "done before"}

    assert fleet.archives(instance) == archives
    assert len(fleet.agent.requests) == sent


def test_the_function_asks_for_its_own_script_on_the_one_instance(fleet: Fleet) -> None:
    instance = fleet.end_one()
    eventually(lambda: fleet.is_gone(instance), "end of the instance")
    (request,) = [found for found in fleet.agent.requests if found["InstanceIds"] == [instance]]
    assert request["DocumentName"] == fleet.outputs["Document"]
    assert set(request["Parameters"]) == {"Key"}


def test_what_auto_scaling_refuses_is_tried_again(fleet: Fleet) -> None:
    fleet.aws.inject_fault("autoscaling", "CompleteLifecycleAction", "ServiceUnavailable", status=503, times=2)

    instance = fleet.end_one()

    eventually(lambda: fleet.is_gone(instance), "end of the instance")
    assert fleet.archives(instance)


def test_the_function_needs_its_permission_to_let_an_instance_go(fleet: Fleet) -> None:
    """Without that test, IAM might not have been asked."""
    iam, function = fleet.aws.client("iam"), fleet.outputs["Function"]
    configuration = fleet.aws.client("lambda").get_function_configuration(FunctionName=function)
    role = configuration["Role"].rpartition("/")[2]
    policies = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    ((name, document),) = [found for found in policies.items() if "CompleteLifecycleAction" in str(found[1])]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        answer = fleet.handle("i-0123456789abcdef0", token=str(uuid.uuid4()))
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert (answer["errorType"], answer["errorMessage"]) == ("CallError", "AccessDenied")


def test_nothing_was_left_undone(fleet: Fleet) -> None:
    assert fleet.dead_letters() == 0
