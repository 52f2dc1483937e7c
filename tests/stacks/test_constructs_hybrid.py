"""The hybrid's parts in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]

AGENT = "arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0"


def front(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2

    from aws_patterns.disaster_recovery.hybrid.hybrid_front import HybridFront

    balancer = elbv2.ApplicationLoadBalancer.from_application_load_balancer_attributes(
        stack,
        "Balancer",
        load_balancer_arn="arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b",
        security_group_id="sg-1",
        load_balancer_dns_name="a.elb.amazonaws.com",
        load_balancer_canonical_hosted_zone_id="Z1",
    )
    return HybridFront(
        stack,
        "Front",
        domain_name="shop.example.org",
        on_premises_address="203.0.113.10",
        load_balancer=balancer,
        aws_weight=10,
    )


def vpn(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.hybrid.site_to_site_vpn import SiteToSiteVpn
    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    return SiteToSiteVpn(
        stack,
        "Vpn",
        vpc=MultiAzVpc(stack, "Network", removal_policy=removal_policy).vpc,
        on_premises_address="203.0.113.10",
        on_premises_cidrs=["192.168.0.0/16"],
        removal_policy=removal_policy,
    )


def files(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.disaster_recovery.hybrid.file_gateway_access import FileGatewayAccess
    from aws_patterns.disaster_recovery.hybrid.on_premises_copies import OnPremisesCopies
    from aws_patterns.storage.data_bucket import DataBucket

    bucket = DataBucket(stack, "Files", removal_policy=removal_policy).bucket
    FileGatewayAccess(stack, "Gateway", bucket=bucket, prefix="gateway")
    return OnPremisesCopies(
        stack,
        "Copies",
        server="files.corp.example.org",
        path="/export",
        agent_arns=[AGENT],
        bucket=bucket,
        prefix="copies",
        every_hours=4,
        removal_policy=removal_policy,
    )


VARIANTS: Mapping[str, Build] = {"front": front, "vpn": vpn, "files": files}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
