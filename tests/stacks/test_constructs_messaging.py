"""The messaging patterns in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aws_patterns.messaging.work_queue_options import Fifo, Patience
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def work_queue(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.messaging.work_queue import WorkQueue

        return WorkQueue(stack, "Jobs", removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def work_queue_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, a dashboard, and somebody for each grant."""
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from aws_patterns.messaging.work_queue import WorkQueue

    key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
    work = WorkQueue(
        stack,
        "Jobs",
        encryption_key=key,
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    work.grant_redrive(iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal()))
    cloudwatch.Dashboard(stack, "Dashboard", widgets=[list(work.graphs("Jobs"))])
    return work


VARIANTS: Mapping[str, Build] = {
    "work queue as it stands": work_queue(),
    "FIFO work queue": work_queue(fifo=Fifo()),
    "FIFO work queue, high throughput": work_queue(
        fifo=Fifo(content_based_deduplication=True, high_throughput=True), delay_seconds=900
    ),
    "work queue at its smallest": work_queue(
        visibility_timeout_seconds=0,
        retention_seconds=60,
        receive_wait_seconds=0,
        max_receive_count=1,
        maximum_message_bytes=1024,
    ),
    "work queue at its largest": work_queue(
        visibility_timeout_seconds=43_200,
        retention_seconds=1_209_600,
        delay_seconds=900,
        max_receive_count=20,
        processing_seconds=43_199,
        patience=Patience(pace_seconds=86_400),
    ),
    "work queue with all": work_queue_with_all,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
