"""Settings under which a stack's resilience is shown, besides those that the project ships."""

from __future__ import annotations

from collections.abc import Mapping

SHIPPED = "as shipped"

_SPARE = {"capacity_minimum": "6", "capacity_needed": "4", "capacity_maximum": "12"}
# Of two zones one is half.
_HALF_TO_SPARE = {**_SPARE, "capacity_needed": "3"}
_SPOT = {"instance_types": "m7g.large,m6g.large,c7g.large", "spot_percentage": "100", "on_demand_base": "1"}

# Stack, variant, settings as one types them after -c.
VARIANTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "MultiAzWebTier": {
        "two zones": {"availability_zones": "2"},
        "a single NAT gateway": {"nat_gateways": "single"},
        "no NAT gateway": {"nat_gateways": "none", "interface_endpoints": "cloudformation"},
        "one zone's capacity to spare": _SPARE,
        "Spot beyond one instance": _SPOT,
    },
    "NetworkLoadBalancedFleet": {
        "three zones": {"availability_zones": "3"},
        "cross-zone balancing": {"cross_zone": "true"},
        "a single NAT gateway": {"nat_gateways": "single"},
        "one zone's capacity to spare": _HALF_TO_SPARE,
    },
    "MediaWorkerPool": {
        "in tasks": {"workers": "tasks"},
        "one worker always": {"minimum_workers": "1"},
        "Spot beyond one worker": {**_SPOT, "instance_types": "t4g.medium,c7g.large,m7g.medium"},
    },
    "ReplicatedBucket": {
        "without time control": {"time_control": "false"},
    },
    "SharedFiles": {
        "with a copy in another Region": {"replica_region": "eu-west-3"},
    },
    "BlueGreenWebTier": {
        "half the requests to green": {"green_percent": "50"},
        "all requests to green": {"green_percent": "100"},
    },
}
