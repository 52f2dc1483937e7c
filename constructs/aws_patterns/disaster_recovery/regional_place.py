"""Where a workload is built, and what for, as data. Needs no CDK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aws_patterns.disaster_recovery.plan import RegionRole, Strategy

if TYPE_CHECKING:
    from aws_cdk import RemovalPolicy
    from aws_cdk import aws_sns as sns


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionalDomain:
    """The name by which users call a workload, whichever Region serves it.

    Attributes:
        domain_name: For example ``orders.example.org``.
        hosted_zone_id: Of the public hosted zone in Route 53 that holds its records.
    """

    domain_name: str
    hosted_zone_id: str


class NeedKind(StrEnum):
    """What a Region must have before it can take over, because it can't be got on that day."""

    QUOTA = "quota"
    ASSET = "asset"
    IMAGE = "image"
    SECRET = "secret"  # noqa: S105 - the word, not one
    KEY = "key"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionalNeed:
    """One thing that the recovery Region must have before it can take over.

    Attributes:
        kind: What it is.
        what: Which one, and how much of it: ``Concurrent executions of Lambda functions: 100``.
        how: By what it is there, or what a person has to do for it.
        source: The AWS page about it.
    """

    kind: NeedKind
    what: str
    how: str
    source: str


def vault_name(name: str, role: RegionRole) -> str:
    """Of a workload's vault in one Region."""
    return f"{name}-{role}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionalPlace:
    """One Region, as a ``RegionalWorkload`` is told of it. Nothing here has to be asked for in the other Region.

    Attributes:
        name: Of the workload, the same in both Regions; names of resources begin with it.
        role: What the Region is there for.
        strategy: By which the workload recovers.
        region: This one.
        other_region: The other one.
        capacity_fraction: How much of the capacity that serves all users runs here from the first day: 0 to 1.
        removal_policy: Of what holds data.
        alarm_topic: Of this Region, told about alarms. Default: alarms tell nobody.
        domain: The name by which users call the workload. Default: there is none.
        restored_names: Looks up what ``restored_name`` answers. Default: nothing is ever restored under another name.
    """

    name: str
    role: RegionRole
    strategy: Strategy
    region: str
    other_region: str
    capacity_fraction: float
    removal_policy: RemovalPolicy
    alarm_topic: sns.ITopic | None = None
    domain: RegionalDomain | None = None
    restored_names: Callable[[str, str], str] | None = None

    @property
    def primary_region(self) -> str:
        """Where the workload serves on other days."""
        return self.region if self.role is RegionRole.PRIMARY else self.other_region

    @property
    def recovery_region(self) -> str:
        """Where it serves when that Region is lost."""
        return self.region if self.role is RegionRole.RECOVERY else self.other_region

    @property
    def restores_tables(self) -> bool:
        """Whether the recovery Region has no tables but those that are restored from backups."""
        return self.strategy is Strategy.BACKUP_AND_RESTORE

    @property
    def primary_vault_name(self) -> str:
        """Of the vault in the primary Region, which holds backups."""
        return vault_name(self.name, RegionRole.PRIMARY)

    @property
    def recovery_vault_name(self) -> str:
        """Of the vault in the recovery Region, which holds their copies."""
        return vault_name(self.name, RegionRole.RECOVERY)

    def restored_name(self, id: str, default: str) -> str:
        """The name of the table to work with: a token where tables are restored, for those get new names.

        Args:
            id: Of the table, as ``BackedUpTable.id`` has it: letters and digits, beginning with a capital.
            default: The name of the table that the primary Region's stack makes.
        """
        return default if self.restored_names is None else self.restored_names(id, default)
