"""What suspending processes of a group promises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from aws_patterns._validation import Problems
from aws_patterns.compute.scaling_policies import (
    CpuTarget,
    FleetMetric,
    PredictiveMode,
    PredictiveScaling,
    ScalingPolicy,
    ScheduledScaling,
    SimpleScaling,
)
from aws_patterns.compute.scaling_process import ScalingProcess, check_suspended
from aws_patterns.compute.suspended_processes import SuspendedProcesses
from tests.unit.compute.groups import make_group

if TYPE_CHECKING:
    from collections.abc import Sequence

MORNING = ScheduledScaling(name="Morning", recurrence="0 8 * * *", minimum=3)
FORECAST = PredictiveScaling(target=50, mode=PredictiveMode.FORECAST_AND_SCALE)
BUSY = SimpleScaling(name="Busy", metric=FleetMetric.CPU, at_least=70, change=1)


def problems(processes: Sequence[Any], *policies: ScalingPolicy) -> list[str]:
    found = Problems("Thing")
    check_suspended(found, processes, policies=policies)
    return found.found


@pytest.fixture(scope="module")
def template() -> Template:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    SuspendedProcesses(
        stack,
        "Suspended",
        group=make_group(stack),
        processes=[ScalingProcess.REPLACE_UNHEALTHY, ScalingProcess.AZ_REBALANCE],
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return Template.from_stack(stack)


def only(template: Template, kind: str, properties: object | None = None) -> tuple[str, dict[str, Any]]:
    ((name, found),) = template.find_resources(kind, {"Properties": properties} if properties else None).items()
    return name, dict(found)


def own_function(template: Template) -> tuple[str, dict[str, Any]]:
    return only(template, "AWS::Lambda::Function", {"Handler": "fleet_suspended_processes.handler.handle"})


def test_the_resource_names_group_and_processes_in_an_order_of_their_own(template: Template) -> None:
    group, _ = only(template, "AWS::AutoScaling::AutoScalingGroup")
    function, _ = own_function(template)
    _, resource = only(template, "Custom::SuspendedProcesses")
    assert resource["Properties"] == {
        "ServiceToken": {"Fn::GetAtt": [function, "Arn"]},
        "ServiceTimeout": "300",
        "GroupName": {"Ref": group},
        "Processes": ["AZRebalance", "ReplaceUnhealthy"],
    }


def test_the_function_may_suspend_and_resume_processes_of_this_group_only(template: Template) -> None:
    group, _ = only(template, "AWS::AutoScaling::AutoScalingGroup")
    given = [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "autoscaling" in str(statement)
    ]
    (statement,) = given
    assert statement["Action"] == ["autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses"]
    parts = statement["Resource"]["Fn::Join"][1]
    assert parts[-2:] == [":autoScalingGroup:*:autoScalingGroupName/", {"Ref": group}]


def test_the_permission_is_there_before_the_function_and_as_long_as_the_resource(template: Template) -> None:
    permission, _ = only(
        template,
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [{"Action": ["autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses"]}]
            }
        },
    )
    function, made = own_function(template)
    _, resource = only(template, "Custom::SuspendedProcesses")
    assert permission in made["DependsOn"]
    assert function in resource["DependsOn"]


def test_a_lost_answer_holds_up_the_stack_for_minutes(template: Template) -> None:
    _, made = own_function(template)
    _, resource = only(template, "Custom::SuspendedProcesses")
    assert 3 * made["Properties"]["Timeout"] <= int(resource["Properties"]["ServiceTimeout"])


def test_the_log_goes_with_the_rest_when_it_shall(template: Template) -> None:
    (log,) = template.find_resources("AWS::Logs::LogGroup").values()
    assert log["DeletionPolicy"] == "Delete"
    assert log["Properties"]["RetentionInDays"] == 30


@pytest.mark.parametrize("process", ScalingProcess)
def test_every_process_may_be_suspended(process: ScalingProcess) -> None:
    assert problems([process]) == []


def test_the_names_are_those_of_aws() -> None:
    assert {str(process) for process in ScalingProcess} == {
        "Launch",
        "Terminate",
        "HealthCheck",
        "ReplaceUnhealthy",
        "AZRebalance",
        "AlarmNotification",
        "ScheduledActions",
        "AddToLoadBalancer",
        "InstanceRefresh",
    }


@pytest.mark.parametrize(
    ("process", "policies"),
    [
        (ScalingProcess.ALARM_NOTIFICATION, [MORNING, FORECAST]),
        (ScalingProcess.SCHEDULED_ACTIONS, [CpuTarget(percent=50), BUSY, PredictiveScaling(target=50)]),
        (ScalingProcess.AZ_REBALANCE, [MORNING, FORECAST, BUSY]),
    ],
)
def test_what_no_policy_needs_may_be_suspended_beside_it(
    process: ScalingProcess, policies: list[ScalingPolicy]
) -> None:
    assert problems([process], *policies) == []


@pytest.mark.parametrize(
    ("process", "policies", "names"),
    [
        ("AlarmNotification", [CpuTarget(percent=50), MORNING, BUSY], "Cpu, Busy"),
        ("ScheduledActions", [CpuTarget(percent=50), MORNING, FORECAST], "Morning, Predictive"),
    ],
)
def test_what_policies_need_is_not_suspended(process: str, policies: list[ScalingPolicy], names: str) -> None:
    assert problems([ScalingProcess(process)], *policies) == [
        f"suspended_processes must not hold {process} while scaling policies need it, got {names}: "
        "they would never act; leave out the one or the others"
    ]


def test_unknown_and_repeated_processes_are_refused() -> None:
    assert problems(["Launch", "Start", "Launch"]) == [
        "suspended_processes names Launch 2 times: once is enough",
        "suspended_processes must be one of Launch, Terminate, HealthCheck, ReplaceUnhealthy, AZRebalance, "
        "AlarmNotification, ScheduledActions, AddToLoadBalancer, InstanceRefresh, got 'Start'",
    ]


def test_everything_wrong_is_said_at_once(stack: cdk.Stack) -> None:
    expected = (
        "SuspendedProcesses S/Suspended can't be built:\n"
        "  - processes names ScheduledActions 2 times: once is enough\n"
        "  - processes must not hold ScheduledActions while scaling policies need it, got Morning: "
        "they would never act; leave out the one or the others"
    )
    twice = [ScalingProcess.SCHEDULED_ACTIONS] * 2
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        SuspendedProcesses(stack, "Suspended", group=make_group(stack), processes=twice, policies=[MORNING])


def test_suspending_nothing_is_refused_since_aws_would_take_it_for_everything(stack: cdk.Stack) -> None:
    expected = (
        "SuspendedProcesses S/Suspended can't be built:\n"
        "  - processes must name one at least: to suspend none leave the whole out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        SuspendedProcesses(stack, "Suspended", group=make_group(stack), processes=[])


def test_two_groups_of_one_stack_have_theirs(stack: cdk.Stack) -> None:
    for name in ("Blue", "Green"):
        SuspendedProcesses(
            stack, f"{name}Suspended", group=make_group(stack, id=name), processes=[ScalingProcess.HEALTH_CHECK]
        )
    made = Template.from_stack(stack).find_resources("Custom::SuspendedProcesses").values()
    assert len({resource["Properties"]["GroupName"]["Ref"] for resource in made}) == 2
