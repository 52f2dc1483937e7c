"""Looks, from the recovery Region, whether the primary serves, how far its data are behind, and keeps it fenced."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RecoveryPlan
from aws_patterns.disaster_recovery.runbook._watch_permissions import watch_permissions
from aws_patterns.disaster_recovery.runbook.recovery_watch_options import check_recovery_watch, measured_parts
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.recovery_state_options import StateItem

_PACKAGE = "recovery_watch"
_MINUTE = Duration.minutes(1)


class RecoveryWatch(Construct):
    """Notices that a Region is lost, from outside of it; once a minute.

    A function in the recovery Region asks the primary's own endpoint for its health. It writes heartbeats into what is
    replicated, looks when they arrive, and so knows how much would be lost (``RecoveryRunbook`` reports that as the
    recovery point). While the recovery Region serves it keeps the former primary fenced: a Region that comes back must
    not go on where it was, nor its own scaling bring it up. It starts no failover: a person decides that. Not for a
    workload in one Region.

    Heartbeats are an item with the key ``recovery-marker#heartbeat`` in each table and an object
    ``recovery-marker/heartbeat`` in each bucket, written in the primary: who lists all items has to leave out those
    whose keys begin with ``recovery-marker``. Databases are measured by AWS (``AuroraGlobalDBReplicationLag``,
    ``ReplicaLag``).

    >>> from aws_patterns.disaster_recovery.plan import GlobalTable, ScaledFunction, Strategy
    >>> plan = RecoveryPlan(
    ...     name="orders",
    ...     strategy=Strategy.PILOT_LIGHT,
    ...     primary_region="us-east-1",
    ...     recovery_region="us-west-2",
    ...     recovery_time_seconds=3600,
    ...     recovery_point_seconds=60,
    ...     health_path="/health",
    ...     compute=[ScaledFunction(name="orders-api", full=20, standby=0)],
    ...     data=[GlobalTable(name="orders")],
    ...     primary_stack="Orders",
    ...     recovery_stack="OrdersRecovery",
    ... )
    >>> RecoveryWatch(stack, "Watch", plan=plan, state=RecoveryState(stack, "State", name="orders"))

    Args:
        plan: What is asked, measured and fenced.
        state: Of the workload, in the same stack or Region.
        failures: After how many failures, one a minute, people are told, 1 to 60. Default 3.
        lag_alarm_seconds: How far replication may be behind, 5 to 86400. Default: the plan's recovery point, or 5.
        without_heartbeats: Gives up measuring replication: nothing is written into tables and buckets. Default
            ``False``.
        alarm_topic: Told about alarms, in the same Region. Default: nobody is told.
        removal_policy: Of the function's log. Default ``RETAIN``.

    Attributes:
        function: Looks.
        schedule: Calls it.
        alarms: ``PrimaryUnhealthy``; ``BothServe``: the former primary serves and can't be fenced; ``NobodyLooks``;
            and, where replication is measured, ``ReplicationLag`` and ``ReplicationUnknown``.
        metrics: What is published, by name; in seconds, or 1 for yes and 0 for no.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/detection.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: RecoveryPlan,
        state: RecoveryState,
        failures: int = defaults.WATCH_FAILURES,
        lag_alarm_seconds: float | None = None,
        without_heartbeats: bool = False,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RecoveryWatch {self.node.path}") as problems:
            check_recovery_watch(
                problems,
                plan=plan,
                failures=failures,
                lag_alarm_seconds=lag_alarm_seconds,
                without_heartbeats=without_heartbeats,
            )
        heartbeats = bool(measured_parts(plan)) and not without_heartbeats
        self.function: lambda_.Function = python_function(
            self,
            "Function",
            package=_PACKAGE,
            description="Looks whether the primary Region serves",
            environment={
                "STATE_TABLE": state.table_name,
                "POWERTOOLS_METRICS_NAMESPACE": defaults.RUNBOOK_METRIC_NAMESPACE,
            },
            timeout_seconds=defaults.WATCH_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
            no_dead_letters="A look that failed is repaired by the next one, and silence raises an alarm.",
        )
        self._allow(plan, state, heartbeats=heartbeats)
        self.schedule: scheduler.Schedule = self._scheduled(plan, heartbeats=heartbeats)
        of_workload = {"Workload": plan.name, "service": _PACKAGE}
        names = ["PrimaryUnhealthy", "BothServe", *(["ReplicationLag", "ReplicationUnknown"] if heartbeats else [])]
        self.metrics: Mapping[str, cloudwatch.Metric] = {
            name: cloudwatch.Metric(
                namespace=defaults.RUNBOOK_METRIC_NAMESPACE,
                metric_name=name,
                dimensions_map=of_workload,
                statistic="Maximum",
                period=_MINUTE,
            )
            for name in names
        }
        alarms = Alarms(self, alarm_topic)
        self._about_serving(alarms, plan, failures)
        if heartbeats:
            least = max(plan.recovery_point_seconds, defaults.LEAST_LAG_ALARM_SECONDS)
            self._about_replication(alarms, plan, lag_alarm_seconds or least)
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def _allow(self, plan: RecoveryPlan, state: RecoveryState, *, heartbeats: bool) -> None:
        state.grant_read(
            self.function,
            [StateItem.SERVING, StateItem.LOCK, StateItem.PRIMARY_ENDPOINT, StateItem.HEARTBEAT, StateItem.WATCH],
        )
        state.grant_write(self.function, [StateItem.WATCH, *([StateItem.HEARTBEAT] if heartbeats else [])])
        for each in watch_permissions(self, plan, heartbeats=heartbeats):
            self.function.add_to_role_policy(each.statement)
            if each.why and self.function.role is not None:
                acknowledge(self.function.role, dict.fromkeys(each.findings, each.why))

    def _scheduled(self, plan: RecoveryPlan, *, heartbeats: bool) -> scheduler.Schedule:
        arn = self.function.function_arn
        call = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn])
        caller = iam.Role(
            self,
            "ScheduleRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={"Call": iam.PolicyDocument(statements=[call])},
        )
        return scheduler.Schedule(
            self,
            "Schedule",
            description=f"Whether the primary Region of {plan.name} serves",
            schedule=scheduler.ScheduleExpression.rate(Duration.seconds(defaults.WATCH_SECONDS)),
            target=targets.LambdaInvoke(
                self.function,
                # Without what the target would add, which includes every version of the function.
                role=caller.without_policy_updates(),
                input=scheduler.ScheduleTargetInput.from_object({"plan": plan.to_json(), "heartbeats": heartbeats}),
                retry_attempts=0,
                max_event_age=_MINUTE,
            ),
        )

    def _about_serving(self, alarms: Alarms, plan: RecoveryPlan, failures: int) -> None:
        alarms.add(
            "PrimaryUnhealthy",
            self.metrics["PrimaryUnhealthy"],
            1,
            f"The primary Region of {plan.name} has not answered as it should for {failures} minutes in a row. Decide "
            f"whether to fail over: python -m aws_patterns.disaster_recovery failover {plan.name} --region "
            f"{plan.recovery_region}",
            periods=failures,
        )
        alarms.add(
            "BothServe",
            self.metrics["BothServe"],
            1,
            f"The recovery Region of {plan.name} serves, and so does the former primary, which can't be fenced: data "
            "may be written in both. The watch's log says why.",
        )
        alarms.add(
            "NobodyLooks",
            self.metrics["PrimaryUnhealthy"].with_(
                statistic="SampleCount", period=Duration.minutes(defaults.WATCH_SILENCE_MINUTES)
            ),
            1,
            f"Nobody has looked for {defaults.WATCH_SILENCE_MINUTES} minutes whether the primary Region of "
            f"{plan.name} serves. See the watch's function and its log.",
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )

    def _about_replication(self, alarms: Alarms, plan: RecoveryPlan, seconds: float) -> None:
        minutes = defaults.LAG_ALARM_MINUTES
        alarms.add(
            "ReplicationLag",
            self.metrics["ReplicationLag"],
            seconds,
            f"What is written in the primary Region of {plan.name} is not in the recovery Region after {seconds:g} s: "
            "so much would be lost with the primary.",
            periods=minutes,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        )
        alarms.add(
            "ReplicationUnknown",
            self.metrics["ReplicationUnknown"],
            1,
            f"For {minutes} minutes the watch could not measure the replication of {plan.name}, though the primary "
            "serves. Its log says why.",
            periods=minutes,
        )
