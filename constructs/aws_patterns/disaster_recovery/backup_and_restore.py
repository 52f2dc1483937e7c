"""A workload that is made in a second Region on the day it is needed, from backups."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns.disaster_recovery._deployment import Choices, deploy
from aws_patterns.disaster_recovery.backups.backup_plan_options import BackupCopy
from aws_patterns.disaster_recovery.backups.backup_vault_options import VaultLock
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.disaster_recovery.regional_deployment import RegionalDeployment
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.strategy_options import Rehearsals
from aws_patterns.disaster_recovery.workload import RegionalWorkload


class BackupAndRestore:
    """Backups are copied to the recovery Region, where the rest is made when it is needed (AWS: backup and restore).

    Use it where hours without service, and the changes of some hours, can be borne: nothing costs less. Not where
    they can't (``PilotLight``).

    The recovery Region's stack holds the whole workload behind its parameter ``WorkloadRunning``: until the runbook
    says yes there, nothing of it exists, but for what is copied as it is written, such as a bucket. Tables come back
    under new names, in the parameters ``Restored<id>Name``. Everything else is as with `PilotLight`. A stack holds one
    such workload.

    >>> from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders
    >>> recovery = cdk.Stack(stack, "Recovery", env=cdk.Environment(region="us-west-2"))
    >>> primary = cdk.Stack(stack, "Primary", env=cdk.Environment(region="us-east-1"))
    >>> BackupAndRestore(
    ...     primary=primary,
    ...     recovery=recovery,
    ...     name="orders",
    ...     workload=RegionalOrders(),
    ...     objective=RecoveryObjective(recovery_time_seconds=86400, recovery_point_seconds=86400),
    ... )

    Args:
        As those of `PilotLight`.

    Attributes:
        deployment: What was made; see `RegionalDeployment`.

    Raises:
        ValueError: Naming every option that can't be used, and each link of a recovery that takes too long.

    Source: https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html
    """

    def __init__(
        self,
        *,
        primary: Construct,
        recovery: Construct,
        name: str,
        workload: RegionalWorkload,
        objective: RecoveryObjective,
        design: RecoveryDesign = RecoveryDesign(),  # noqa: B008 - frozen
        domain: RegionalDomain | None = None,
        rehearsals: Rehearsals = Rehearsals(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        recovery_alarm_topic: sns.ITopic | None = None,
        vault_lock: VaultLock | None = None,
        backup_copies: Sequence[BackupCopy] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        choices = Choices(
            name=name,
            workload=workload,
            objective=objective,
            design=design,
            domain=domain,
            rehearsals=rehearsals,
            alarm_topic=alarm_topic,
            recovery_alarm_topic=recovery_alarm_topic,
            vault_lock=vault_lock,
            backup_copies=backup_copies,
            removal_policy=removal_policy,
        )
        self.deployment: RegionalDeployment = deploy(Strategy.BACKUP_AND_RESTORE, primary, recovery, choices)
