"""Buckets in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_patterns.storage.data_bucket_options import Lifecycle, LockMode, ObjectLock
from aws_patterns.storage.replicated_bucket_options import Replica, ReplicaClass
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

# In the Region of both places, and in others.
PLAIN = Replica(bucket_name="my-orders-copy", region="us-west-2", without_time_control=True)
WITH_KEY = Replica(
    bucket_name="my-orders-copy",
    region="us-west-2",
    key="alias/my-orders",
    delete_markers=True,
    storage_class=ReplicaClass.GLACIER_IR,
)
BOTH_WAYS = replace(WITH_KEY, both_ways=True)
WITH_ARN = Replica(
    bucket_name="my-orders-archive",
    region="ap-south-1",
    key="arn:aws:kms:ap-south-1:111122223333:key/00000000-0000-0000-0000-000000000000",
)


def data_bucket(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.storage.data_bucket import DataBucket

        return DataBucket(stack, "Data", removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def locked(stack: cdk.Stack, _removal_policy: cdk.RemovalPolicy) -> object:
    """Nothing of it goes with its stack."""
    from aws_patterns.storage.data_bucket import DataBucket

    return DataBucket(stack, "Data", object_lock=ObjectLock(days=3650, mode=LockMode.COMPLIANCE))


def replicated(*replicas: Replica, locked_too: bool = False) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        import aws_cdk as cdk
        from aws_cdk import aws_iam as iam

        from aws_patterns.storage.replicated_bucket import ReplicatedBucket

        bucket = ReplicatedBucket(
            stack,
            "Orders",
            bucket_name=f"my-orders-{cdk.Aws.ACCOUNT_ID}",
            replicas=replicas,
            object_lock=ObjectLock(days=1) if locked_too else None,
            removal_policy=cdk.RemovalPolicy.RETAIN if locked_too else removal_policy,
        )
        bucket.grant_replicate_existing(iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal()))
        return bucket

    return build


def replica(one: Replica) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_cdk import aws_iam as iam

        from aws_patterns.storage.replica_bucket import ReplicaBucket

        bucket = ReplicaBucket(
            stack, "Copy", replica=one, source_bucket_name="my-orders", removal_policy=removal_policy
        )
        if one.both_ways:
            bucket.grant_replicate_existing(iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal()))
        return bucket

    return build


VARIANTS: Mapping[str, Build] = {
    **{f"data bucket, {lifecycle}": data_bucket(lifecycle=lifecycle) for lifecycle in Lifecycle},
    "data bucket without versions": data_bucket(without_versions=True, event_bridge=True, retention_days=1),
    "data bucket with locked objects": locked,
    "replicated bucket": replicated(PLAIN),
    "replicated bucket with keys": replicated(WITH_KEY, WITH_ARN),
    "replicated bucket with locked objects": replicated(WITH_KEY, locked_too=True),
    "replica": replica(PLAIN),
    "replica with key": replica(WITH_KEY),
    "replicated bucket, both ways": replicated(BOTH_WAYS),
    "replicated bucket, both ways, without keys": replicated(replace(PLAIN, both_ways=True)),
    "replica, both ways": replica(BOTH_WAYS),
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
