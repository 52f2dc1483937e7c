"""The functions of a runbook, each with what its steps need and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._python_function import python_function
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RecoveryPlan, Strategy
from aws_patterns.disaster_recovery.runbook._runbook_permissions import Allowed, RunbookPermissions
from aws_patterns.disaster_recovery.runbook._runbook_steps import Actor
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.recovery_state_options import StateItem

_DESCRIPTIONS: Mapping[Actor, str] = {
    Actor.CONTROL: "Begins and ends runs of the recovery runbook",
    Actor.CHECKS: "Says whether the recovery Region could take over",
    Actor.COMPUTE: "Scales and fences the compute of both Regions",
    Actor.DATA: "Promotes data, and waits for it to arrive",
    Actor.PROBE: "Asks the workload whether it serves",
    Actor.TRAFFIC: "Moves the traffic",
    Actor.RESTORE: "Restores tables, and makes the workload around them",
}


class RunbookFunctions(Construct):
    """The functions of a runbook by what they do; only those that the strategy needs.

    Args:
        plan: What the runbook acts on.
        state: Of the workload.
        machine_arn: Of the runbook.
        backup_role: With which AWS Backup works; where tables are restored.
        topic: Told of ends and of what has to be approved; ``None``: nobody is told.
        removal_policy: Of the functions' logs.

    Attributes:
        by_actor: The functions.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: RecoveryPlan,
        state: RecoveryState,
        machine_arn: str,
        backup_role: iam.IRole | None,
        topic: sns.ITopic | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self._state = state
        environment = {
            "STATE_TABLE": state.table_name,
            "STATE_MACHINE_ARN": machine_arn,
            "POWERTOOLS_METRICS_NAMESPACE": defaults.RUNBOOK_METRIC_NAMESPACE,
        }
        if topic is not None:
            environment["TOPIC_ARN"] = topic.topic_arn
        if backup_role is not None:
            environment["BACKUP_ROLE_ARN"] = backup_role.role_arn
        restores = plan.strategy is Strategy.BACKUP_AND_RESTORE
        actors = [actor for actor in Actor if restores or actor is not Actor.RESTORE]
        self.by_actor: Mapping[Actor, lambda_.Function] = {
            actor: python_function(
                self,
                actor,
                package="recovery_runbook",
                description=_DESCRIPTIONS[actor],
                environment=environment,
                timeout_seconds=defaults.RUNBOOK_FUNCTION_TIMEOUT_SECONDS,
                removal_policy=removal_policy,
            )
            for actor in actors
        }
        self._allow(RunbookPermissions(self, plan), machine_arn, backup_role)
        if topic is not None:
            topic.grant_publish(self.by_actor[Actor.CONTROL])

    def _allow(self, allowed: RunbookPermissions, machine_arn: str, backup_role: iam.IRole | None) -> None:
        more: Mapping[Actor, Callable[[], Sequence[Allowed]]] = {
            Actor.CONTROL: lambda: allowed.of_control(machine_arn),
            Actor.CHECKS: allowed.of_checks,
            Actor.COMPUTE: allowed.of_compute,
            Actor.DATA: allowed.of_data,
            Actor.RESTORE: lambda: allowed.of_restore(backup_role),
        }
        for actor, function in self.by_actor.items():
            # What a run has done is written by each of its steps, so that none depends on another one's memory.
            own = [StateItem.RUNS, StateItem.LOCK] if actor is Actor.CONTROL else [StateItem.RUNS]
            self._state.grant_read(function)
            self._state.grant_write(function, own)
            found = more[actor]() if actor in more else []
            for each in found:
                function.add_to_role_policy(each.statement)
                if each.why and function.role is not None:
                    acknowledge(function.role, dict.fromkeys(each.findings, each.why))
        self._state.grant_move_traffic(self.by_actor[Actor.TRAFFIC])


def machine_arn(name: str) -> str:
    """Of the runbook of a workload: known before it is made, which needs functions that ask about its runs."""
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{machine_name(name)}"


def machine_name(name: str) -> str:
    """Of the runbook of a workload."""
    return f"{name}-recovery-runbook"
