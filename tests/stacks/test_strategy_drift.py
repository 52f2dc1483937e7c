"""The recovery Region of each strategy is like the primary one, but for what its strategy wants otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from aws_patterns.disaster_recovery.drift.drift_expectations import Expected
from aws_patterns.disaster_recovery.drift.region_drift import RegionDrift, compare_regions
from aws_patterns.disaster_recovery.drift.strategy_drift import of_strategies

HOME, AWAY = "us-east-1", "us-west-2"
DOMAIN = ("domain_name=orders.example.org", "hosted_zone_id=Z0123456789ABCDEFGHIJ")
STACKS = ("DrBackupAndRestore", "DrPilotLight", "DrWarmStandby", "DrMultiSite")
# What the sample workload makes on one side.
OF_ORDERS = [
    Expected(logical_id="OrdersWorkloadDataTable*", path="", reason="the primary's stack makes the table"),
    *(
        Expected(
            type="AWS::CloudWatch::Alarm",
            logical_id="OrdersWorkloadDataTable*",
            path=path,
            reason="the other side knows the table by its name",
        )
        for path in ("Dimensions*", "Metrics*")
    ),
    Expected(logical_id="OrdersWorkloadDataDocuments*", path="", reason="each side copies, and is watched, its way"),
    Expected(type="AWS::S3::Bucket", path="ReplicationConfiguration", reason="set from the primary's stack, both ways"),
    Expected(type="AWS::KMS::Key", logical_id="OrdersWorkload*", path="Description", reason="says whose key it is"),
]


def drift(primary: Any, recovery: Any) -> RegionDrift:
    """As both will run: also what waits for its restore."""
    return compare_regions(
        primary,
        recovery,
        primary_region=HOME,
        recovery_region=AWAY,
        expected=[*of_strategies("orders"), *OF_ORDERS],
        parameters={"WorkloadRunning": "yes"},
    )


@pytest.mark.parametrize("name", STACKS)
def test_both_regions_are_alike(synthesize: Callable[..., Any], name: str) -> None:
    found = synthesize(name, "workload_name=orders")
    compared = drift(found.template, found.further[AWAY])
    assert not compared.findings, str(compared)


@pytest.mark.parametrize("name", STACKS)
def test_both_regions_have_a_front_door_alike(synthesize: Callable[..., Any], name: str) -> None:
    found = synthesize(name, "workload_name=orders", *DOMAIN)
    compared = drift(found.template, found.further[AWAY])
    assert not compared.findings, str(compared)


def test_what_only_one_region_got_is_found(synthesize: Callable[..., Any]) -> None:
    """Without this the tests above would prove nothing."""
    found = synthesize("DrPilotLight", "workload_name=orders")
    forgotten = copy.deepcopy(found.template)
    (function,) = (
        id
        for id, one in forgotten["Resources"].items()
        if one["Type"] == "AWS::Lambda::Function" and id.startswith("OrdersWorkloadApi")
    )
    forgotten["Resources"][function]["Properties"]["MemorySize"] = 4_096
    (finding,) = drift(forgotten, found.further[AWAY]).findings
    assert (finding.logical_id, finding.path, finding.primary) == (function, "MemorySize", "4096")
