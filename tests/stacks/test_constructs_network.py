"""The network patterns in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aws_patterns.network.cidr_plan import SubnetPrefixes
from aws_patterns.network.multi_az_vpc_options import FlowLogDestination, FlowLogs, NatGateways
from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk

VARIANTS: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "two zones, one gateway": {
        "availability_zones": 2,
        "nat_gateways": NatGateways.SINGLE_POINT_OF_FAILURE,
        "subnet_prefixes": SubnetPrefixes(public=24, private=20, isolated=22),
    },
    "no way out": {"nat_gateways": NatGateways.NONE, "interface_endpoints": ["ssm", "ecr.api", "logs", "kms"]},
    "dual stack": {"ipv6": True},
    "no flow logs": {"flow_logs": None},
    "flow logs in a bucket": {"flow_logs": FlowLogs(destination=FlowLogDestination.S3, retention_days=365)},
    "deny list": {"denied_cidrs": ["192.0.2.0/24", "198.51.100.0/24"]},
    "all at once": {
        "ipv6": True,
        "denied_cidrs": ["192.0.2.0/24", "2001:db8::/32"],
        "interface_endpoints": ["ssm", "kms"],
        "flow_logs": FlowLogs(destination=FlowLogDestination.S3),
    },
}


@pytest.mark.parametrize("removal", ["RETAIN", "DESTROY"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    *,
    variant: str,
    place: str,
    removal: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        from aws_cdk import RemovalPolicy

        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        MultiAzVpc(stack, "Network", removal_policy=RemovalPolicy[removal], **VARIANTS[variant])

    assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []
