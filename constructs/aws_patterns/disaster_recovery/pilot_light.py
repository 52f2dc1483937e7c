"""A workload whose data is in a second Region, and whose compute waits there, switched off."""

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


class PilotLight:
    """Data is copied to the recovery Region as it is written, and compute is switched off there (AWS: pilot light).

    Use it where users can wait until compute has started, and hardly a change may be lost. Not where minutes count
    (``WarmStandby``), nor where yesterday's data is good enough (``BackupAndRestore``, which costs less).

    Both Regions' stacks are built from one description, `RegionalWorkload`. Deploy the recovery Region's first, and let
    the primary's depend on it. Nothing of a recovery is in the primary Region: runbook, state and traffic switch are in
    the other one. Another strategy later is an update in place: ids and names are the same in all four.

    >>> from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders
    >>> recovery = cdk.Stack(stack, "Recovery", env=cdk.Environment(region="us-west-2"))
    >>> primary = cdk.Stack(stack, "Primary", env=cdk.Environment(region="us-east-1"))
    >>> PilotLight(
    ...     primary=primary,
    ...     recovery=recovery,
    ...     name="orders",
    ...     workload=RegionalOrders(),
    ...     objective=RecoveryObjective(recovery_time_seconds=3600, recovery_point_seconds=900),
    ... )

    Args:
        primary: Where the primary Region's part is put: a stack, or a construct in one, whose Region is known.
        recovery: Likewise in the recovery Region.
        name: Of the workload, 2 to 32 lowercase letters, digits and single hyphens. Names in both Regions begin with
            it; two workloads of one account need two.
        workload: What is built in both.
        objective: What users may expect. What can't meet it is not synthesized.
        design: How a loss is noticed and decided about. Default ``RecoveryDesign()``.
        domain: The name by which users call the workload, moved by health checks of Route 53. Default: none, and users
            call the traffic switch of the recovery Region; good for a laboratory, and said so at synthesis.
        rehearsals: How runs begin: by a schedule, with an approval. Default ``Rehearsals()``: a drill each week.
        alarm_topic: Of the primary Region, told about alarms there. Default: they tell nobody.
        recovery_alarm_topic: Of the recovery Region, told about alarms there and about runs of the runbook. Default:
            they tell nobody.
        vault_lock: That no backup is deleted before its time, whoever asks, in either Region. Default: the vaults'
            policies alone say so.
        backup_copies: Vaults besides the recovery Region's that get a copy of each backup, such as one of another
            account. Default: none.
        removal_policy: Of what holds data. Default ``RETAIN``.

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
        self.deployment: RegionalDeployment = deploy(Strategy.PILOT_LIGHT, primary, recovery, choices)
