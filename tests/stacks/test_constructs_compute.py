"""Fleets of instances in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.compute.rolling_update import RollingUpdate
from tests.stacks.construct_rules import PLACES, findings_about

if TYPE_CHECKING:
    import aws_cdk as cdk

VARIANTS: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "all at once": {
        "capacity": Capacity(minimum=3, desired=6, maximum=9, needed=4),
        "instances": Instances(instance_types=["m7i.large", "m6i.large"], root_volume_gib=50),
        "mixed_fleet": MixedFleet(on_demand_base=3, spot_percentage=50),
        "placement": Placement(strategy=PlacementStrategy.SPREAD),
        "health": FleetHealth(check=HealthCheckKind.ELB),
        "health_url": "https://localhost/health",
    },
    "batch by batch": {"update": RollingUpdate(batch_size=2)},
    "trusted": {"trust_new_instances": True, "update": RollingUpdate()},
    "empty": {"capacity": Capacity(minimum=0, desired=0, maximum=3, fewer_than_zones=True)},
    "partitions": {"placement": Placement(strategy=PlacementStrategy.PARTITION, partitions=3)},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_rule_has_an_open_finding(
    variant: str,
    place: str,
    tmp_path: Path,
    cdk_context: Mapping[str, object],
    judge: Callable[[cdk.App], list[str]],
) -> None:
    def build(stack: cdk.Stack) -> None:
        from aws_cdk import aws_cloudwatch as cloudwatch
        from aws_cdk import aws_sns as sns

        from aws_patterns.compute.instance_fleet import InstanceFleet
        from aws_patterns.network.multi_az_vpc import MultiAzVpc

        props = dict(VARIANTS[variant])
        if variant == "all at once":
            metric = cloudwatch.Metric(namespace="Cats", metric_name="Complaints")
            props["rollback_alarms"] = [
                cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=1)
            ]
            props["notification_topic"] = sns.Topic(stack, "Topic", enforce_ssl=True)
        InstanceFleet(stack, "Fleet", vpc=MultiAzVpc(stack, "Network").vpc, **props)

    assert findings_about(build, place, folder=tmp_path, context=cdk_context, judge=judge) == []
