"""Recovery runbooks in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

if TYPE_CHECKING:
    import aws_cdk as cdk

    from aws_patterns.disaster_recovery.plan import RecoveryPlan

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def runbook(plan: RecoveryPlan, *, told: bool = False, **props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_cdk import aws_sns as sns

        from aws_patterns.disaster_recovery.runbook.recovery_runbook import RecoveryRunbook
        from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState

        topic = "arn:aws:sns:us-east-1:111122223333:operators"
        return RecoveryRunbook(
            stack,
            "Runbook",
            plan=plan,
            state=RecoveryState(stack, "State", name="orders", removal_policy=removal_policy),
            switch_url=None if plan.service_url else plans.SWITCH_URL,
            alarm_topic=sns.Topic.from_topic_arn(stack, "Operators", topic) if told else None,
            removal_policy=removal_policy,
            **props,  # type: ignore[arg-type] # as the variant says
        )

    return build


VARIANTS: Mapping[str, Build] = {
    "functions, a table and a bucket": runbook(plans.plan()),
    "a fleet and databases, with approval": runbook(
        plans.plan(
            compute=(plans.FUNCTION, plans.FLEET),
            data=(plans.AURORA, plans.REPLICA),
            service_url="https://orders.example.org",
        ),
        told=True,
        with_approval=True,
    ),
    "backup and restore, without drills": runbook(plans.backups(), without_scheduled_drills=True),
    "nothing but a front door": runbook(plans.plan(compute=(), data=())),
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
