"""What a strategy puts into one Region alone, for the drift guard of a workload of one's own. Needs no CDK.

A test of a workload that is deployed by ``PilotLight`` or one of its neighbours compares both Regions' templates, and
names these besides its own expectations::

    drift = compare_regions(
        primary, recovery, primary_region="us-east-1", recovery_region="us-west-2", expected=of_strategies("orders")
    )
    assert not drift.findings, drift
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_patterns.disaster_recovery.drift.drift_expectations import Expected

_OF_THE_RECOVERY = ("State", "Switch", "Runbook", "Watch")


def construct_id(name: str) -> str:
    """Below which everything of a workload is, in the stacks of both Regions: ``MyOrders`` for ``my-orders``."""
    return "".join(part.capitalize() for part in name.split("-"))


def of_strategies(name: str) -> Sequence[Expected]:
    """What is in one Region alone because a recovery needs it there, for the workload of this name."""
    id = construct_id(name)
    return [
        *(
            Expected(logical_id=f"{id}{part}*", path="", reason="a recovery needs it where the primary Region is not")
            for part in _OF_THE_RECOVERY
        ),
        Expected(logical_id=f"{id}Backups*", path="", reason="backups are made in the primary Region, and copied"),
        Expected(logical_id=f"{id}RestoreTest*", path="", reason="the copies are restored where they are"),
        Expected(logical_id=f"{id}VaultKey*", path="Description", reason="says whose key it is"),
        Expected(logical_id=f"{id}FrontDoor*", path="", reason="the primary's health is asked of the switch, too"),
        Expected(logical_id=f"{id}FrontDoor*Record*", path="HealthCheckId", reason="only one may have a check"),
        Expected(logical_id=f"{id}FrontDoorFailoverRecord*", path="Failover", reason="one of them is the first choice"),
        Expected(logical_id=f"{id}FrontDoor*", path="*Tags*", reason="says whose it is"),
    ]
