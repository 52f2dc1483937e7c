"""Every option of a fleet that can't be used is refused with its name, its value, what is allowed, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instance_fleet_options import check_fleet, default_capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.termination_policies import TerminationPolicy

CLUSTER = Placement(strategy=PlacementStrategy.CLUSTER)


def problems(zones: int = 3, **options: Any) -> list[str]:
    found = Problems("Thing")
    check_fleet(found, zones=zones, **options)
    return found.found


@pytest.mark.parametrize(
    "options",
    [
        *({"zones": zones} for zones in (2, 3, 6)),
        {"zones": 1, "down_with_its_zone": True},
        {"zones": 1, "placement": CLUSTER, "instances": Instances(instance_types=["c7gn.large"])},
        {"warm_up_seconds": 0, "start_seconds": 120, "health": FleetHealth(grace_seconds=0)},
        {"warm_up_seconds": 3_600, "start_seconds": 3_600, "health": FleetHealth(grace_seconds=7_200)},
        *({"health_url": f"http{s}://{host}/health"} for s in ("", "s") for host in ("localhost:8080", "127.0.0.1")),
        {"health_url": "http://[::1]/"},
        {"termination_policies": list(TerminationPolicy)[::-1]},
        {"update": RollingUpdate()},
        {"update": InstanceRefresh(), "rollback_alarms": 10},
        {"trust_new_instances": True, "update": RollingUpdate()},
    ],
    ids=lambda options: str(options)[:60],
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"zones": 1},
            "subnets must be in several zones, got 1: a fleet in one zone goes down with it. Choose others, or accept "
            "that with down_with_its_zone=True",
        ),
        ({"warm_up_seconds": 3_601}, "warm_up_seconds must be between 0 and 3600 s, got 3601 s"),
        (
            {"health": FleetHealth(check=HealthCheckKind.ELB, grace_seconds=300), "start_seconds": 301},
            "health.grace_seconds must be at least start_seconds, 301 s, got 300 s: instances would be replaced that "
            "may still be starting; change the one or the other",
        ),
        ({"start_seconds": 119}, "start_seconds must be between 120 and 3600 s, got 119 s"),
        ({"start_seconds": 3_601}, "start_seconds must be between 120 and 3600 s, got 3601 s"),
        (
            {"health": FleetHealth(grace_seconds=7_201)},
            "health.grace_seconds must be between 0 and 7200 s, got 7201 s",
        ),
        ({"health": FleetHealth(check="pulse")}, "health.check must be one of ec2, elb, got 'pulse'"),  # type: ignore[arg-type]  # as a settings file would have it
        *(
            (
                {"health_url": url},
                f"health_url must be what an instance asks itself, such as http://localhost:8080/health, got {url!r}",
            )
            for url in (
                "localhost:8080",
                "http://example.com/health",
                "tcp://localhost",
                "http://localhost/'; reboot '",
            )
        ),
        (
            {"health_url": "http://localhost/", "trust_new_instances": True},
            "health_url is asked for the signal that trust_new_instances leaves out: give up one of the two, got "
            "'http://localhost/'",
        ),
        (
            {"update": RollingUpdate(), "rollback_alarms": 1},
            "rollback_alarms are looked at by InstanceRefresh alone, got RollingUpdate: leave them out, or use "
            "update=InstanceRefresh()",
        ),
        (
            {"termination_policies": []},
            "termination_policies must name at least one, such as TerminationPolicy.DEFAULT",
        ),
        (
            {"termination_policies": ["Default", "OldestInstance"]},
            "termination_policies must have Default last: it leaves nothing to decide, got Default, OldestInstance",
        ),
        (
            {"termination_policies": ["OldestInstance", "OldestInstance"]},
            "termination_policies names OldestInstance 2 times: once is enough",
        ),
        (
            {"termination_policies": ["Oldest"]},
            "termination_policies must be one of Default, AllocationStrategy, OldestLaunchTemplate, OldestInstance, "
            "NewestInstance, ClosestToNextInstanceHour, got 'Oldest'",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_not_allowed_is_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        zones=1,
        capacity=Capacity(minimum=-1, maximum=9),
        instances=Instances(instance_types=["huge"]),
        mixed_fleet=MixedFleet(on_demand_base=-1, spot_percentage=50),
        placement=Placement(strategy=PlacementStrategy.SPREAD, partitions=2),
        termination_policies=[],
        warm_up_seconds=-1,
        health=FleetHealth(grace_seconds=-1),
        update=RollingUpdate(batch_size=0),
        rollback_alarms=1,
        health_url="http://example.com",
        start_seconds=0,
    )
    assert [problem.split()[0] for problem in found] == [
        "subnets",
        "capacity.minimum",
        "instances.instance_types",
        "mixed_fleet.on_demand_base",
        "mixed_fleet",
        "placement.partitions",
        "capacity.maximum",
        "termination_policies",
        "warm_up_seconds",
        "health.grace_seconds",
        "update.batch_size",
        "rollback_alarms",
        "start_seconds",
        "health_url",
    ]


def test_values_of_the_choices_are_those_of_settings_files() -> None:
    assert [*HealthCheckKind, *PlacementStrategy] == ["ec2", "elb", "spread", "cluster", "partition"]


@pytest.mark.parametrize("zones", [1, 2, 3])
def test_no_zone_is_empty_unless_that_was_asked_for(zones: int) -> None:
    assert default_capacity(zones) == Capacity(minimum=zones, maximum=2 * zones)


def test_every_termination_policy_has_the_name_that_the_cdk_gives_it() -> None:
    from aws_cdk import aws_autoscaling as autoscaling

    assert {policy.name for policy in TerminationPolicy} <= set(autoscaling.TerminationPolicy.__members__)
