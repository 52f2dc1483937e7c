"""What each function of a runbook may do, by action and resource, in both Regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from aws_patterns._acknowledgments import wildcard
from aws_patterns.disaster_recovery.plan import (
    AuroraGlobal,
    BackedUpTable,
    GlobalTable,
    ReadReplica,
    RecoveryPlan,
    RegionRole,
    ScaledFleet,
    ScaledFunction,
    TwoWayBucket,
)
from aws_patterns.disaster_recovery.runbook._runbook_restore_permissions import restore_statements

T = TypeVar("T")

_MARKERS = "recovery-marker"
_ANY = "AwsSolutions-IAM5[Resource::*]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """A statement, and why it is as wide as it is.

    Attributes:
        statement: For the function's role.
        why: Where it ends in a wildcard; blank: it does not.
        findings: Of cdk-nag about it, by their ids.
    """

    statement: iam.PolicyStatement
    why: str = ""
    findings: Sequence[str] = ()


def allow(
    scope: IConstruct,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    why: str = "",
    conditions: Mapping[str, object] | None = None,
) -> Allowed:
    """A statement; ``why`` is needed where a resource ends in a wildcard."""
    found = [_ANY if each == "*" else wildcard(scope, each) for each in resources if "*" in each]
    statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    return Allowed(statement=statement, why=why, findings=found)


class RunbookPermissions:
    """What a plan needs.

    Args:
        scope: Where the functions are.
        plan: What the runbook acts on.
    """

    def __init__(self, scope: IConstruct, plan: RecoveryPlan) -> None:
        self._scope = scope
        self._plan = plan
        self._regions = {RegionRole.PRIMARY: plan.primary_region, RegionRole.RECOVERY: plan.recovery_region}

    def of_control(self, machine_arn: str) -> list[Allowed]:
        """Ask about other runs and whether the primary's Region can be worked with."""
        runs = f"{machine_arn.replace(':stateMachine:', ':execution:')}:*"
        return [
            self._allow(["states:DescribeExecution"], [runs], why="Runs of this runbook, whatever their names."),
            self._stack(RegionRole.PRIMARY),
        ]

    def of_checks(self) -> list[Allowed]:
        """Look at everything in the recovery Region, and change nothing."""
        found = [self._stack(RegionRole.RECOVERY), *self.compute([RegionRole.RECOVERY], change=False)]
        if self._functions:
            found.append(self._allow(["lambda:GetAccountSettings"], ["*"], why="GetAccountSettings takes no resource."))
        buckets = [f"arn:{Aws.PARTITION}:s3:::{part.recovery}" for part in self._parts(TwoWayBucket)]
        vaults = [self._arn("backup", RegionRole.RECOVERY, f"backup-vault:{p.recovery_vault}") for p in self._backed_up]
        tables = self._tables(RegionRole.RECOVERY)
        for action, resources in (
            ("dynamodb:DescribeTable", tables),
            ("s3:GetBucketVersioning", buckets),
            ("backup:ListRecoveryPointsByBackupVault", vaults),
        ):
            if resources:
                found.append(self._allow([action], resources))
        return [*found, *self._look_at_databases([RegionRole.RECOVERY])]

    def of_compute(self) -> list[Allowed]:
        """Scale in both Regions."""
        return self.compute(list(RegionRole), change=True)

    def of_data(self) -> list[Allowed]:
        """Promote databases, and put marks into what is replicated, in both Regions."""
        return [*self._mark_tables(), *self._mark_buckets(), *self._promote(), *self.use_keys()]

    def of_restore(self, backup_role: iam.IRole | None) -> list[Allowed]:
        """Back up, copy and restore tables, and give their names to the workload's stacks."""
        assert backup_role is not None  # noqa: S101 - where there is such a function, there is such a role
        return [
            self._allow(actions, resources, why=why, conditions=conditions)
            for actions, resources, why, conditions in restore_statements(self._plan, backup_role.role_arn)
        ]

    @property
    def _functions(self) -> list[ScaledFunction]:
        return [part for part in self._plan.compute if isinstance(part, ScaledFunction)]

    @property
    def _backed_up(self) -> list[BackedUpTable]:
        return [part for part in self._plan.data if isinstance(part, BackedUpTable)]

    def _parts(self, kind: type[T]) -> list[T]:
        return [part for part in self._plan.data if isinstance(part, kind)]

    def _tables(self, role: RegionRole) -> list[str]:
        return [self._arn("dynamodb", role, f"table/{part.name}") for part in self._parts(GlobalTable)]

    def _stack(self, role: RegionRole) -> Allowed:
        name = self._plan.primary_stack if role is RegionRole.PRIMARY else self._plan.recovery_stack
        stack = self._arn("cloudformation", role, f"stack/{name}/*")
        return self._allow(["cloudformation:DescribeStacks"], [stack], why="The stack's id follows its name.")

    def compute(self, roles: Sequence[RegionRole], *, change: bool) -> list[Allowed]:
        """Look at compute in those Regions, and scale it where it is to be changed."""
        found = []
        functions = [self._arn("lambda", role, f"function:{part.name}") for role in roles for part in self._functions]
        if functions:
            changes = ["lambda:PutFunctionConcurrency"] if change else []
            found.append(self._allow(["lambda:GetFunctionConcurrency", *changes], functions))
        groups = [
            self._arn("autoscaling", role, f"autoScalingGroup:*:autoScalingGroupName/{part.name}")
            for role in roles
            for part in self._plan.compute
            if isinstance(part, ScaledFleet)
        ]
        if groups:
            describe = "autoscaling:DescribeAutoScalingGroups"
            found.append(self._allow([describe], ["*"], why="DescribeAutoScalingGroups takes no resource."))
            if change:
                why = "An id that nobody knows comes before the group's name."
                found.append(self._allow(["autoscaling:UpdateAutoScalingGroup"], groups, why=why))
        return found

    def _mark_tables(self) -> Iterator[Allowed]:
        if not self._parts(GlobalTable):
            return
        markers = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{_MARKERS}#*"]}}
        here, there = self._tables(RegionRole.RECOVERY), self._tables(RegionRole.PRIMARY)
        yield self._allow(["dynamodb:DescribeTable"], here)
        yield self._allow(["dynamodb:PutItem", "dynamodb:DeleteItem"], here, conditions=markers)
        yield self._allow(["dynamodb:GetItem"], there, conditions=markers)

    def _mark_buckets(self) -> Iterator[Allowed]:
        buckets = self._parts(TwoWayBucket)
        if not buckets:
            return
        why = "Marks of this runbook alone, one for each run."
        marks = [
            f"arn:{Aws.PARTITION}:s3:::{name}/{_MARKERS}/*"
            for part in buckets
            for name in (part.primary, part.recovery)
        ]
        yield self._allow(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], marks, why=why)

    def _promote(self) -> Iterator[Allowed]:
        yield from self._look_at_databases(list(RegionRole))
        for part in self._parts(AuroraGlobal):
            resources = [_global_cluster(part), *self._clusters(part)]
            yield self._allow(["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"], resources)
        instances = [arn for part in self._parts(ReadReplica) for arn in self._instances(part)]
        if instances:
            yield self._allow(["rds:PromoteReadReplica"], instances)

    def _look_at_databases(self, roles: Sequence[RegionRole]) -> Iterator[Allowed]:
        globals_, replicas = self._parts(AuroraGlobal), self._parts(ReadReplica)
        if globals_:
            yield self._allow(["rds:DescribeGlobalClusters"], [_global_cluster(part) for part in globals_])
            clusters = [self._arn("rds", role, f"cluster:{_in(part, role)}") for part in globals_ for role in roles]
            yield self._allow(["rds:DescribeDBClusters"], clusters)
        if replicas:
            instances = [self._arn("rds", role, f"db:{_in(part, role)}") for part in replicas for role in roles]
            yield self._allow(["rds:DescribeDBInstances"], instances)
        if globals_ or replicas:
            why = "GetMetricStatistics takes no resource."
            yield self._allow(["cloudwatch:GetMetricStatistics"], ["*"], why=why)

    def use_keys(self) -> Iterator[Allowed]:
        """Of tables and buckets, whose keys only their own stacks know: through these services alone."""
        if not self._parts(GlobalTable) and not self._parts(TwoWayBucket):
            return
        for role, region in self._regions.items():
            services = [f"{service}.{region}.{Aws.URL_SUFFIX}" for service in ("dynamodb", "s3")]
            yield self._allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                [self._arn("kms", role, "key/*")],
                why="Keys of the workload, which only its own stacks know; for marks in tables and buckets alone.",
                conditions={"StringEquals": {"kms:ViaService": services}},
            )

    def _clusters(self, part: AuroraGlobal) -> list[str]:
        return [self._arn("rds", role, f"cluster:{_in(part, role)}") for role in RegionRole]

    def _instances(self, part: ReadReplica) -> list[str]:
        return [self._arn("rds", role, f"db:{_in(part, role)}") for role in RegionRole]

    def _arn(self, service: str, role: RegionRole, resource: str) -> str:
        return f"arn:{Aws.PARTITION}:{service}:{self._regions[role]}:{Aws.ACCOUNT_ID}:{resource}"

    def _allow(
        self,
        actions: Sequence[str],
        resources: Sequence[str],
        *,
        why: str = "",
        conditions: Mapping[str, object] | None = None,
    ) -> Allowed:
        return allow(self._scope, actions, resources, why=why, conditions=conditions)


def _in(part: AuroraGlobal | ReadReplica, role: RegionRole) -> str:
    return part.primary if role is RegionRole.PRIMARY else part.recovery


def _global_cluster(part: AuroraGlobal) -> str:
    return f"arn:{Aws.PARTITION}:rds::{Aws.ACCOUNT_ID}:global-cluster:{part.global_cluster}"
