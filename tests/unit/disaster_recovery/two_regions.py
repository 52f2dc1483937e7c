"""A small workload deployed by each strategy, and the templates that come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
from aws_cdk.assertions import Template
from constructs import Construct

from aws_patterns.disaster_recovery.backup_and_restore import BackupAndRestore
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.multi_site import MultiSite
from aws_patterns.disaster_recovery.pilot_light import PilotLight
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.disaster_recovery.regional_deployment import RegionalDeployment
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.warm_standby import WarmStandby
from tests.unit.disaster_recovery.small_workload import SmallWorkload

HOME, AWAY = "us-east-1", "eu-west-1"
DAY = 86_400
LOOSE = RecoveryObjective(recovery_time_seconds=DAY, recovery_point_seconds=DAY)
DOMAIN = RegionalDomain(domain_name="orders.example.org", hosted_zone_id="Z0123456789ABCDEFGHIJ")
Made = BackupAndRestore | PilotLight | WarmStandby | MultiSite
CLASSES: Mapping[Strategy, Callable[..., Made]] = {
    Strategy.BACKUP_AND_RESTORE: BackupAndRestore,
    Strategy.PILOT_LIGHT: PilotLight,
    Strategy.WARM_STANDBY: WarmStandby,
    Strategy.MULTI_SITE: MultiSite,
}


class TwoRegions(NamedTuple):
    """What a strategy made, and the templates of both Regions."""

    deployment: RegionalDeployment
    primary: Mapping[str, Any]
    recovery: Mapping[str, Any]


def stacks(scope: Construct, *, home: str | None = HOME, away: str | None = AWAY) -> tuple[cdk.Stack, cdk.Stack]:
    """One of each Region."""
    return (
        cdk.Stack(scope, "Primary", env=cdk.Environment(region=home)),
        cdk.Stack(scope, "Recovery", env=cdk.Environment(region=away)),
    )


def deployed(app: cdk.App, strategy: Strategy, **options: Any) -> TwoRegions:
    """A workload by a strategy, in stacks of its own."""
    primary, recovery = stacks(app)
    given = {"name": "orders", "workload": SmallWorkload(), "objective": LOOSE, **options}
    deployment = CLASSES[strategy](primary=primary, recovery=recovery, **given).deployment
    return TwoRegions(deployment, Template.from_stack(primary).to_json(), Template.from_stack(recovery).to_json())


def app_in(folder: Path) -> cdk.App:
    """An app that writes there."""
    return cdk.App(outdir=str(folder), analytics_reporting=False, builtin_cloud_formation_validation=False)
