"""A web ACL that holds back whoever sends too much from one address."""

from __future__ import annotations

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct


def limit_per_address(scope: Construct, requests: int) -> wafv2.CfnWebACL:
    """Blocks an address above so many requests in five minutes."""
    visibility = {"cloudWatchMetricsEnabled": True, "sampledRequestsEnabled": False}
    return wafv2.CfnWebACL(
        scope,
        "WebAcl",
        scope="REGIONAL",
        default_action={"allow": {}},
        visibility_config={**visibility, "metricName": "QueueApi"},
        rules=[
            {
                "name": "RequestsPerAddress",
                "priority": 0,
                "action": {"block": {}},
                "statement": {"rateBasedStatement": {"limit": requests, "aggregateKeyType": "IP"}},
                "visibilityConfig": {**visibility, "metricName": "RequestsPerAddress"},
            }
        ],
    )
