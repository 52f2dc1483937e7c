"""What the operator of a runbook needs to be told: what stopped, what takes too long, what nobody has rehearsed."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RecoveryPlan
from aws_patterns.disaster_recovery.runbook._runbook_steps import Actor

_MINUTES_5 = 5
_HOURS_6 = 6


class RunbookMonitoring(Construct):
    """Alarms over a runbook.

    Args:
        plan: What the runbook acts on.
        machine: The state machine.
        functions: Of it.
        drill_alarm_days: After how many days without a successful drill.
        alarm_topic: Told when an alarm changes; ``None``: alarms tell nobody.

    Attributes:
        alarms: Every alarm, by its id.
        metrics: What runs measure, by name.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_dr_tested.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: RecoveryPlan,
        machine: sfn.StateMachine,
        functions: Mapping[Actor, lambda_.Function],
        drill_alarm_days: float,
        alarm_topic: sns.ITopic | None,
    ) -> None:
        super().__init__(scope, id)
        self._plan = plan
        self.metrics: Mapping[str, cloudwatch.Metric] = {
            name: self._metric(name, "Sum" if name.startswith("Runs") else "Maximum", Duration.minutes(_MINUTES_5))
            for name in ("RecoveryTime", "RecoveryPoint", "RunsSucceeded", "RunsStopped", "RunsRefused")
        }
        alarms = Alarms(self, alarm_topic)
        self._about_runs(alarms, machine, functions)
        self._about_objective(alarms)
        drill = alarms.add(
            "NoSuccessfulDrill",
            self._metric("DaysSinceSuccessfulDrill", "Maximum", Duration.hours(_HOURS_6)),
            drill_alarm_days,
            f"No drill of {plan.name} has succeeded for {drill_alarm_days} days: nobody knows that a failover works. "
            "Run one.",
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
        if alarm_topic is not None:
            # Nobody counts the days any more.
            drill.add_insufficient_data_action(actions.SnsAction(alarm_topic))
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def _about_runs(
        self, alarms: Alarms, machine: sfn.StateMachine, functions: Mapping[Actor, lambda_.Function]
    ) -> None:
        period = Duration.minutes(_MINUTES_5)
        alarms.add(
            "RunStopped",
            self.metrics["RunsStopped"],
            1,
            "A run has stopped before its end. The execution says at which step and why.",
        )
        alarms.add(
            "RunEnded",
            cloudwatch.MathExpression(
                expression="timedOut + aborted",
                using_metrics={
                    "timedOut": machine.metric_timed_out(statistic="Sum", period=period),
                    "aborted": machine.metric_aborted(statistic="Sum", period=period),
                },
                period=period,
                label="Runs that were ended from outside",
            ),
            1,
            "A run was ended from outside: what it had begun is half-done, and it may hold the lock. Start it again.",
        )
        alarms.add(
            "ControlErrors",
            functions[Actor.CONTROL].metric_errors(statistic="Sum", period=period),
            defaults.STEP_ATTEMPTS + 1,
            "Runs can't begin, or can't report their end. See the log of the function.",
        )

    def _about_objective(self, alarms: Alarms) -> None:
        plan = self._plan
        for name, objective in (
            ("RecoveryTime", plan.recovery_time_seconds),
            ("RecoveryPoint", plan.recovery_point_seconds),
        ):
            alarms.add(
                f"{name}Missed",
                self.metrics[name],
                objective,
                f"A run of {plan.name} measured more than its objective of {objective:g} s.",
                comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            )

    def _metric(self, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=defaults.RUNBOOK_METRIC_NAMESPACE,
            metric_name=name,
            # Powertools names the service in every metric.
            dimensions_map={"Workload": self._plan.name, "service": "recovery_runbook"},
            statistic=statistic,
            period=period,
        )
