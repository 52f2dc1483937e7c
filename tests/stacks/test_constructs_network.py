"""The network patterns in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from aws_patterns.network.cidr_plan import SubnetPrefixes
from aws_patterns.network.multi_az_vpc_options import FlowLogDestination, FlowLogs, NatGateways

if TYPE_CHECKING:
    import aws_cdk as cdk

# Every template of the CDK names each dependency twice: in DependsOn and in the reference that implies it.
LINT_RULES_LEFT_OUT = ["W3005"]

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
ENVIRONMENTS = {"anywhere": None, "in a stage of one account": ("111122223333", "eu-west-1")}
PLACES = list(product(ENVIRONMENTS, ["RETAIN", "DESTROY"]))


@pytest.mark.parametrize("place", PLACES, ids=", ".join)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: tuple[str, str],
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    import aws_cdk as cdk

    from aws_patterns.network.multi_az_vpc import MultiAzVpc

    where, removal = place
    # The CDK's own validation takes seconds: once per variant is enough.
    validated = where == "anywhere" and removal == "RETAIN"
    app = cdk.App(
        outdir=str(tmp_path),
        # With the feature flags of this project's app, and with none, as somebody else's may be.
        context={**cdk_context, "@aws-cdk/core:validateAgainstDefaultRules": validated} if where == "anywhere" else {},
        builtin_cloud_formation_validation=validated,
        analytics_reporting=False,
    )
    env = ENVIRONMENTS[where]
    scope = cdk.Stage(app, "Production", env=cdk.Environment(account=env[0], region=env[1])) if env else app
    stack = cdk.Stack(scope, "S")
    MultiAzVpc(stack, "Network", removal_policy=cdk.RemovalPolicy[removal], **VARIANTS[variant])

    assert judge(app) == []

    template = json.loads(next(tmp_path.glob("**/*S*.template.json")).read_text())
    region = env[1] if env else "us-east-1"
    matches = lint(json.dumps(template), config=ManualArgs(regions=[region], ignore_checks=LINT_RULES_LEFT_OUT))
    assert [f"{match.rule.id} {match.message}" for match in matches] == []
