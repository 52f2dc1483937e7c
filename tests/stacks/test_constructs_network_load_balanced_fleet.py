"""Network load balanced fleets in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing.network_listener_options import (
    HttpHealthCheck,
    Targets,
    TcpListener,
    TcpUdpListener,
    TlsListener,
    UdpListener,
)
from aws_patterns.load_balancing.tls import TlsApproach
from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
TCP = TcpListener(port=80, target_port=8080)
ASKED = Targets(health_check=HttpHealthCheck(port=8080))

VARIANTS: dict[str, dict[str, Any]] = {
    "as it stands": {"listeners": [TCP]},
    "every protocol": {
        "listeners": [
            TCP,
            TlsListener(approach=TlsApproach.PASS_THROUGH),
            UdpListener(port=514, targets=ASKED),
            TcpUdpListener(port=53),
        ]
    },
    "tls": {"listeners": []},
    "internal": {"listeners": [TCP], "internet_facing": False, "cross_zone": True},
    "brought along": {
        "listeners": [TCP],
        "elastic_ip_allocation_ids": ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"],
        "allowed_cidrs": ["192.0.2.0/24"],
        "update": RollingUpdate(),
        "scaling_policies": (),
    },
    "mixed": {
        "listeners": [TCP],
        "mixed_fleet": MixedFleet(on_demand_base=1, spot_percentage=50),
        "instances": Instances(instance_types=["t4g.small", "t4g.medium"]),
        "suspended_processes": [ScalingProcess.AZ_REBALANCE],
    },
    "gone with the stack": {"listeners": [], "ipv6": True, "deletion_protection": False},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", [*VARIANTS, "static addresses"])
def test_no_rule_has_an_open_finding(
    variant: str,
    place: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        from aws_cdk import RemovalPolicy
        from aws_cdk import aws_certificatemanager as acm
        from aws_cdk import aws_elasticloadbalancingv2 as elbv2

        from aws_patterns.load_balancing.application_front import ApplicationFront
        from aws_patterns.load_balancing.network_load_balanced_fleet import NetworkLoadBalancedFleet
        from aws_patterns.load_balancing.static_ip_front import StaticIpFront
        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        network = MultiAzVpc(stack, "Network", availability_zones=2, ipv6="ipv6" in VARIANTS.get(variant, {}))
        certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", CERTIFICATE)
        if variant == "static addresses":
            behind = ApplicationFront(
                stack, "Behind", vpc=network.vpc, internet_facing=False, certificates=[certificate]
            )
            behind.serve(elbv2.ListenerAction.fixed_response(404))
            assert behind.redirect_listener is not None
            StaticIpFront(stack, "Front", listeners=[behind.listener, behind.redirect_listener])
            return
        props = dict(VARIANTS[variant])
        if not props["listeners"]:
            props["listeners"] = [
                TlsListener(certificates=[certificate]),
                TlsListener(port=8883, approach=TlsApproach.BRIDGING, certificates=[certificate]),
            ]
        if variant == "gone with the stack":
            props["removal_policy"] = RemovalPolicy.DESTROY
        NetworkLoadBalancedFleet(stack, "Service", vpc=network.vpc, **props)

    assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []
