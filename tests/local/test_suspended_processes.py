"""Suspended processes and scaling policies deployed by the real ``cdk deploy``: what the group does, and leaves."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

    from local_aws.embedded import EmbeddedAws

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling, aws_ec2 as ec2
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.fleet_scaling import FleetScaling
from aws_patterns.compute.scaling_policies import FleetMetric, ScheduledScaling, SimpleScaling, Step, StepScaling
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.compute.suspended_processes import SuspendedProcesses

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Suspended")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
group = autoscaling.AutoScalingGroup(
    stack,
    "Group",
    vpc=vpc,
    vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    min_capacity=2,
    max_capacity=6,
    launch_template=ec2.LaunchTemplate(
        stack,
        "Template",
        instance_type=ec2.InstanceType("t4g.small"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
        security_group=ec2.SecurityGroup(stack, "Instances", vpc=vpc),
    ),
)
scaling = FleetScaling(
    stack,
    "Scaling",
    group=group,
    capacity=Capacity(minimum=2, maximum=6),
    policies=[
        StepScaling(name="Out", metric=FleetMetric.CPU, steps=[Step(lower=60, change=2)]),
        SimpleScaling(name="In", metric=FleetMetric.CPU, at_most=20, change=-1),
        ScheduledScaling(name="Sale", start="2099-11-26T06:00:00Z", minimum=4, maximum=8),
    ],
)
processes = [ScalingProcess(name) for name in app.node.try_get_context("processes").split("+") if name]
if processes:
    SuspendedProcesses(
        stack, "Suspended", group=group, processes=processes, removal_policy=cdk.RemovalPolicy.DESTROY
    )
cdk.CfnOutput(stack, "GroupName", value=group.auto_scaling_group_name)
for name, alarm in scaling.alarms.items():
    cdk.CfnOutput(stack, f"{name}Alarm", value=alarm.alarm_name)
app.synth()
"""


class Fleet:
    """A deployed group, and the app that can be deployed again with other processes suspended."""

    def __init__(self, aws: EmbeddedAws, folder: Path) -> None:
        self._aws = aws
        self._folder = folder
        self._app = shlex.join([sys.executable, "app.py"])
        self.client: AutoScalingClient = cast("Any", aws.client("autoscaling"))
        self.outputs: dict[str, str] = {}

    def deploy(self, *processes: str) -> None:
        context = {"processes": "+".join(processes)}
        self.outputs = self._aws.deploy("Suspended", app=self._app, folder=self._folder, context=context)

    def destroy(self) -> None:
        self._aws.destroy("Suspended", app=self._app, folder=self._folder, context={"processes": ""})

    @property
    def name(self) -> str:
        return self.outputs["GroupName"]

    def suspended(self) -> set[str]:
        (group,) = self.client.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])["AutoScalingGroups"]
        return {process["ProcessName"] for process in group["SuspendedProcesses"]}

    def size(self) -> int:
        (group,) = self.client.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])["AutoScalingGroups"]
        return group["DesiredCapacity"]

    def raise_alarm(self, policy: str) -> None:
        monitoring = self._aws.client("cloudwatch")
        for state in ("OK", "ALARM"):
            monitoring.set_alarm_state(
                AlarmName=self.outputs[f"{policy}Alarm"], StateValue=state, StateReason="the test says so"
            )


@pytest.fixture(scope="module")
def fleet(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """With two processes suspended by a function that may do this and no more; destroyed afterwards, and gone."""
    folder = tmp_path_factory.mktemp("suspended")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    fleet = Fleet(session_aws_enforcing_iam, folder)
    fleet.deploy("AZRebalance", "ReplaceUnhealthy")
    yield fleet
    fleet.destroy()
    found = fleet.client.describe_auto_scaling_groups(AutoScalingGroupNames=[fleet.name])
    assert found["AutoScalingGroups"] == []


@pytest.fixture
def deploy(fleet: Fleet) -> Iterator[Callable[..., None]]:
    """Deploys with other processes suspended, and with the first ones again afterwards."""
    yield fleet.deploy
    fleet.client.resume_processes(AutoScalingGroupName=fleet.name)
    fleet.deploy("AZRebalance", "ReplaceUnhealthy")


def test_the_group_leaves_what_the_stack_says(fleet: Fleet) -> None:
    assert fleet.suspended() == {"AZRebalance", "ReplaceUnhealthy"}


def test_an_alarm_makes_the_fleet_as_large_as_its_policy_says(fleet: Fleet) -> None:
    before = fleet.size()
    fleet.raise_alarm("Out")
    assert fleet.size() == before + 2
    for _ in range(2):
        fleet.raise_alarm("In")
    assert fleet.size() == before


def test_a_schedule_waits_for_its_time(fleet: Fleet) -> None:
    (action,) = fleet.client.describe_scheduled_actions(AutoScalingGroupName=fleet.name)["ScheduledUpdateGroupActions"]
    assert action["StartTime"].isoformat() == "2099-11-26T06:00:00+00:00"
    assert (action["MinSize"], action["MaxSize"]) == (4, 8)


def test_another_deployment_changes_only_what_the_stack_had_suspended(
    fleet: Fleet, deploy: Callable[..., None]
) -> None:
    fleet.client.suspend_processes(AutoScalingGroupName=fleet.name, ScalingProcesses=["HealthCheck"])
    deploy("AZRebalance", "Terminate")
    assert fleet.suspended() == {"AZRebalance", "Terminate", "HealthCheck"}
    deploy()
    assert fleet.suspended() == {"HealthCheck"}
