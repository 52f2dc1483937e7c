"""Hooks, collected logs and health checks of a fleet: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("removal", ["RETAIN", "DESTROY"])
def test_no_rule_has_an_open_finding(
    *,
    removal: str,
    place: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        import aws_cdk as cdk
        from aws_cdk import aws_sns as sns

        from aws_patterns._python_function import python_function
        from aws_patterns.compute.custom_health_check import CustomHealthCheck
        from aws_patterns.compute.instance_fleet import InstanceFleet
        from aws_patterns.compute.lifecycle_hook_options import LifecycleHook, LifecycleTransition
        from aws_patterns.compute.lifecycle_hooks import add_lifecycle_hook
        from aws_patterns.compute.termination_log_collector import TerminationLogCollector
        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        policy = cdk.RemovalPolicy[removal]
        vpc = MultiAzVpc(stack, "Network", removal_policy=policy).vpc
        fleet = InstanceFleet(stack, "Fleet", vpc=vpc)
        topic = sns.Topic(stack, "Topic", enforce_ssl=True)
        # Any function would do.
        register = python_function(
            stack,
            "Register",
            package="fleet_health_check",
            description="Registers instances",
            environment={},
            timeout_seconds=10,
            removal_policy=policy,
        )
        targets: dict[str, Any] = {"tell": topic, "call": register}
        for transition in LifecycleTransition:
            for name, target in targets.items():
                add_lifecycle_hook(
                    fleet.group,
                    f"{transition}-{name}",
                    LifecycleHook(transition=transition, target=target),
                    alarm_topic=topic,
                    removal_policy=policy,
                )
        TerminationLogCollector(stack, "Logs", group=fleet.group, role=fleet.role, removal_policy=policy)
        CustomHealthCheck(
            stack, "Health", group=fleet.group, vpc=vpc, instances=fleet, port=8080, removal_policy=policy
        )

    assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []
