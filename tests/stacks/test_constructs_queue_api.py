"""Queue APIs and buffered writers in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aws_patterns.messaging.queue_api_options import Authorization, DeduplicateBy, IdempotentFifo
from aws_patterns.messaging.work_queue_options import Fifo
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

# Every template of the CDK names each dependency twice: in DependsOn and in the reference that implies it.
LINT_RULES_LEFT_OUT = ["W3005"]

SCHEMA = {"type": "object", "properties": {"customer": {"type": "string"}}}
WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/00000000-0000-0000-0000-000000000000"


def queue_api(**props: Any) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.messaging.queue_api import QueueApi

        return QueueApi(stack, "Orders", schema=SCHEMA, removal_policy=removal_policy, **props)

    return build


def buffered_writer(**props: Any) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.messaging.buffered_writer import BufferedWriter

        return BufferedWriter(stack, "Readings", removal_policy=removal_policy, **props)

    return build


def queue_api_with_sign_in(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_apigateway as apigateway
    from aws_cdk import aws_cognito as cognito

    pool = cognito.UserPool.from_user_pool_id(stack, "Pool", "us-east-1_abc")
    authorizer = apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[pool])
    return queue_api(authorizer=authorizer)(stack, removal_policy)


def with_a_key(make: Callable[..., Build], **props: Any) -> Build:
    """And with operators who are told."""

    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_cdk import aws_kms as kms
        from aws_cdk import aws_sns as sns

        key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=removal_policy)
        topic = sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True)
        return make(encryption_key=key, alarm_topic=topic, **props)(stack, removal_policy)

    return build


VARIANTS: Mapping[str, Build] = {
    "queue API as it stands": queue_api(),
    "open queue API": queue_api(
        authorization=Authorization.OPEN_TO_EVERYONE, cors_origin="*", web_acl_rate_limit=100, account_log_role=False
    ),
    "queue API by idempotency key": queue_api(
        fifo=IdempotentFifo(group_field="customer"), cors_origin="https://shop.example.org", web_acl_arn=WEB_ACL
    ),
    "queue API by body": queue_api(
        fifo=IdempotentFifo(group_field="customer", deduplicate_by=DeduplicateBy.BODY, high_throughput=True)
    ),
    "queue API with a sign-in": queue_api_with_sign_in,
    "queue API with a key": with_a_key(queue_api),
    "buffered writer as it stands": buffered_writer(),
    "buffered writer in order": buffered_writer(fifo=Fifo()),
    "buffered writer in large batches": buffered_writer(
        batch_size=10_000, batching_window_seconds=300, function_timeout_seconds=900, maximum_concurrency=1000
    ),
    "buffered writer with a key": with_a_key(buffered_writer, sort_key="at", version_field="revision"),
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
