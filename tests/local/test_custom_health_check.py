"""A fleet's own health check, deployed and run: real servers as instances, and what Auto Scaling then says of them.

The emulator's instances are ids with an address out of their subnet. The network here lies in 127.77.0.0/16, all of
which Linux takes for this machine, so that a server of the test stands behind each address and port.

Not under enforced IAM: a request to mark an instance does not name its group, and the emulator's IAM, unlike AWS's,
does not look the group up. That the role may mark instances of this group only is asserted on the template.
"""

from __future__ import annotations

import http.server
import json
import shlex
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
from aws_patterns.compute.custom_health_check import CustomHealthCheck

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "OwnHealth")
inside = ec2.SubnetConfiguration(name="Inside", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
vpc = ec2.Vpc(
    stack,
    "Vpc",
    ip_addresses=ec2.IpAddresses.cidr("127.77.0.0/16"),
    nat_gateways=0,
    subnet_configuration=[inside],
    restrict_default_security_group=False,
)
subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
group = autoscaling.AutoScalingGroup(
    stack,
    "Group",
    vpc=vpc,
    vpc_subnets=subnets,
    instance_type=ec2.InstanceType("t4g.micro"),
    machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}),
    min_capacity=3,
    max_capacity=3,
    health_checks=autoscaling.HealthChecks.ec2(grace_period=cdk.Duration.seconds(0)),
)
health = CustomHealthCheck(
    stack,
    "Health",
    group=group,
    vpc=vpc,
    subnets=subnets,
    instances=group,
    port=PORT,
    path="/deep",
    attempts=2,
    attempt_timeout_seconds=1,
    # Each test asks for its own checks; the rule's come in between and must change nothing.
    interval_minutes=60,
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
cdk.CfnOutput(stack, "GroupName", value=group.auto_scaling_group_name)
cdk.CfnOutput(stack, "Function", value=health.function.function_name)
cdk.CfnOutput(stack, "LogGroup", value=health.function.log_group.log_group_name)
cdk.CfnOutput(stack, "Rule", value=health.rule.rule_name)
app.synth()
"""


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("0.0.0.0", 0))
        return int(bound.getsockname()[1])


@contextmanager
def serving(address: str, port: int, status: int) -> Iterator[None]:
    """An instance's server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/deep" else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer((address, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class Fleet:
    """The deployed group, and a server behind the address of each of its instances."""

    def __init__(self, aws: EmbeddedAws, outputs: Mapping[str, str], port: int) -> None:
        self.aws, self.outputs, self._port = aws, outputs, port
        self.group = outputs["GroupName"]
        self.autoscaling = aws.client("autoscaling")

    def health(self) -> dict[str, str]:
        """Of each instance in service, in Auto Scaling's words."""
        found = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
        instances = found["AutoScalingGroups"][0]["Instances"]
        return {one["InstanceId"]: one["HealthStatus"] for one in instances if one["LifecycleState"] == "InService"}

    @contextmanager
    def running(self, *failing: str, silent: tuple[str, ...] = ()) -> Iterator[None]:
        """A server behind each instance; some answer 503, behind some there is none."""
        found = self.aws.client("ec2").describe_instances(InstanceIds=list(self.health()))["Reservations"]
        addresses = {
            one["InstanceId"]: one["PrivateIpAddress"] for reservation in found for one in reservation["Instances"]
        }
        assert all(address.startswith("127.77.") for address in addresses.values())
        with ExitStack() as servers:
            for name, address in addresses.items():
                if name not in silent:
                    servers.enter_context(serving(address, self._port, 503 if name in failing else 200))
            yield

    def check(self) -> dict[str, Any]:
        answer = self.aws.client("lambda").invoke(FunctionName=self.outputs["Function"], Payload=b"{}")
        return cast("dict[str, Any]", json.loads(answer["Payload"].read()))

    def metrics(self) -> dict[str, Any]:
        """What CloudWatch would read in the log of the last check."""
        events = self.aws.client("logs").filter_log_events(logGroupName=self.outputs["LogGroup"])["events"]
        lines = [line for event in events for line in event["message"].splitlines() if '"_aws"' in line]
        return cast("dict[str, Any]", json.loads(lines[-1]))

    @contextmanager
    def without_replacement(self) -> Iterator[None]:
        """What is unhealthy stays, so that it can be looked at."""
        processes = {"AutoScalingGroupName": self.group, "ScalingProcesses": ["ReplaceUnhealthy"]}
        self.autoscaling.suspend_processes(**processes)  # type: ignore[arg-type]  # a text and a list
        try:
            yield
        finally:
            self.autoscaling.resume_processes(**processes)  # type: ignore[arg-type]  # as above


@pytest.fixture(scope="module")
def deployed(session_aws: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    aws, folder, port = session_aws, tmp_path_factory.mktemp("app"), free_port()
    settings = {"LIBRARY": str(project / "constructs"), "PORT": port}
    (folder / "app.py").write_text("\n".join(f"{name} = {value!r}" for name, value in settings.items()) + APP)
    app = shlex.join([sys.executable, "app.py"])
    outputs = aws.deploy("OwnHealth", app=app, folder=folder)
    yield Fleet(aws, outputs, port)
    stack = aws.client("cloudformation").describe_stacks(StackName="OwnHealth")["Stacks"][0]
    assert TemplateStack(aws, stack["StackId"]).delete() == "DELETE_COMPLETE"


@pytest.fixture
def fleet(deployed: Fleet) -> Fleet:
    eventually(lambda: list(deployed.health().values()) == ["Healthy"] * 3, "three healthy instances")
    return deployed


def test_a_fleet_that_answers_is_left_alone(fleet: Fleet) -> None:
    before = fleet.health()
    with fleet.running():
        assert fleet.check() == {"checked": 3, "unhealthy": [], "heldBack": False}
    assert fleet.health() == before


@pytest.mark.parametrize("silent", [False, True], ids=["503", "nobody listening"])
def test_the_instance_that_fails_is_marked(fleet: Fleet, silent: bool) -> None:
    bad = sorted(fleet.health())[1]
    with fleet.without_replacement(), fleet.running(*([] if silent else [bad]), silent=(bad,) if silent else ()):
        assert fleet.check() == {"checked": 3, "unhealthy": [bad], "heldBack": False}
        health = fleet.health()
        assert health.pop(bad) == "Unhealthy"
        assert list(health.values()) == ["Healthy", "Healthy"]
        counted = fleet.metrics()
        assert (counted["InstancesChecked"], counted["UnhealthyInstances"], counted["InstancesMarked"]) == (
            [3],
            [1],
            [1],
        )
    eventually(lambda: bad not in fleet.health() and len(fleet.health()) == 3, "replacement")


def test_a_fleet_that_fails_as_a_whole_is_left_alone_and_somebody_is_told(fleet: Fleet) -> None:
    before = fleet.health()
    with fleet.running(*before):
        verdict = fleet.check()
    assert (verdict["checked"], verdict["heldBack"], sorted(verdict["unhealthy"])) == (3, True, sorted(before))
    assert fleet.health() == before
    assert fleet.metrics()["ReplacementsHeldBack"] == [1]


def test_instances_that_fail_one_after_the_other_are_not_all_replaced(fleet: Fleet) -> None:
    first, second, _ = sorted(fleet.health())
    with fleet.without_replacement():
        with fleet.running(first):
            assert not fleet.check()["heldBack"]
        with fleet.running(first, second):
            assert fleet.check()["heldBack"]
        assert sorted(fleet.health().values()) == ["Healthy", "Healthy", "Unhealthy"]


def test_new_instances_are_left_alone_for_the_grace_period(fleet: Fleet) -> None:
    before = fleet.health()
    fleet.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet.group, HealthCheckGracePeriod=3600)
    try:
        with fleet.running(*before):
            assert fleet.check() == {"checked": 0, "unhealthy": [], "heldBack": False}
    finally:
        fleet.autoscaling.update_auto_scaling_group(AutoScalingGroupName=fleet.group, HealthCheckGracePeriod=0)
    assert fleet.health() == before


def test_the_rule_calls_the_function_at_its_rate(fleet: Fleet) -> None:
    events = cast("Any", fleet.aws.client("events"))
    assert events.describe_rule(Name=fleet.outputs["Rule"])["ScheduleExpression"] == "rate(1 hour)"
    (target,) = events.list_targets_by_rule(Rule=fleet.outputs["Rule"])["Targets"]
    assert target["Arn"].endswith(f":function:{fleet.outputs['Function']}")
