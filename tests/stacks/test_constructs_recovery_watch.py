"""Watches in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

if TYPE_CHECKING:
    import aws_cdk as cdk

    from aws_patterns.disaster_recovery.plan import RecoveryPlan

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def watch(plan: RecoveryPlan, *, told: bool = False, **props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_cdk import aws_sns as sns

        from aws_patterns.disaster_recovery.runbook.recovery_watch import RecoveryWatch
        from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState

        topic = "arn:aws:sns:us-east-1:111122223333:operators"
        return RecoveryWatch(
            stack,
            "Watch",
            plan=plan,
            state=RecoveryState(stack, "State", name="orders", removal_policy=removal_policy),
            alarm_topic=sns.Topic.from_topic_arn(stack, "Operators", topic) if told else None,
            removal_policy=removal_policy,
            **props,  # type: ignore[arg-type] # as the variant says
        )

    return build


VARIANTS: Mapping[str, Build] = {
    "functions, a table and a bucket": watch(plans.plan()),
    "a fleet and databases": watch(plans.plan(compute=(plans.FLEET,), data=(plans.AURORA, plans.REPLICA)), told=True),
    "without heartbeats, and nothing to scale": watch(plans.plan(compute=()), without_heartbeats=True),
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
