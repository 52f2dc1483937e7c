"""Fails a workload over to its recovery Region and back, and rehearses that: a state machine in the recovery Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RecoveryPlan, Strategy
from aws_patterns.disaster_recovery.runbook._runbook_definition import definition
from aws_patterns.disaster_recovery.runbook._runbook_functions import RunbookFunctions, machine_arn, machine_name
from aws_patterns.disaster_recovery.runbook._runbook_monitoring import RunbookMonitoring
from aws_patterns.disaster_recovery.runbook._runbook_restore_permissions import RunbookBackupRole
from aws_patterns.disaster_recovery.runbook._runbook_steps import Actor, Steps
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import (
    DrillSchedule,
    RunbookTimeouts,
    check_recovery_runbook,
)
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState


class RecoveryRunbook(Construct):
    """Checks, rehearses, moves and brings back a workload (AWS: disaster recovery runbook, automated).

    A standard Step Functions state machine called ``<name>-recovery-runbook``. It belongs into the recovery Region's
    stack: a failover needs nothing of the primary Region, which may be gone. Start it with
    ``{"mode": "readiness" | "drill" | "failover" | "failback", "forced": false, "reason": "..."}``, or with
    ``python -m aws_patterns.disaster_recovery``. Each step may be taken twice, is tried again, has an end, and says in
    words why it failed; then what is half-done is set right, and a later start goes on. Not for a workload in one
    Region, nor for a failure that its own availability zones survive.

    >>> from aws_patterns.disaster_recovery.plan import GlobalTable, ScaledFunction
    >>> from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
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
    ...     service_url="https://orders.example.org",
    ... )
    >>> RecoveryRunbook(stack, "Runbook", plan=plan, state=RecoveryState(stack, "State", name="orders"))

    Two runs never change something at the same time: the second is refused. A failover is refused while the primary
    is healthy, unless forced; the primary is fenced (its compute scaled to zero) before data is promoted, and again
    before the traffic moves. A drill moves no traffic and touches nothing of the primary.

    Args:
        plan: What is scaled, promoted and waited for.
        state: Of the workload, in the same stack or Region.
        switch_url: Of the traffic switch; asked whether users reach the Region that serves. Default:
            ``plan.service_url`` is asked.
        with_approval: Whether a person is asked before a failover and a failback. Default: whoever may start a run
            decides.
        timeouts: For how long each step may take.
        drills: When drills begin by themselves. Default: weekly.
        without_scheduled_drills: Gives up the drills that begin by themselves. Default ``False``.
        drill_alarm_days: After how many days without a successful drill there is an alarm. Default 30.
        alarm_topic: Told about alarms, about the end of every run, and about what has to be approved; in the same
            Region. Default: nobody is told.
        removal_policy: Of logs. Default ``RETAIN``.

    Attributes:
        state_machine: The runbook.
        functions: Those that take the steps, by what they do.
        backup_role: With which AWS Backup works; where tables are restored.
        schedules: ``DrillAge``, and ``Drill`` where drills begin by themselves.
        alarms: ``RunStopped``, ``RunEnded``, ``ControlErrors``, ``RecoveryTimeMissed``, ``RecoveryPointMissed`` and
            ``NoSuccessfulDrill``.
        metrics: What runs measure: ``RecoveryTime`` and ``RecoveryPoint`` in seconds, and how many runs succeeded,
            stopped or were refused.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_auto_recovery.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: RecoveryPlan,
        state: RecoveryState,
        switch_url: str | None = None,
        with_approval: bool = False,
        timeouts: RunbookTimeouts = RunbookTimeouts(),  # noqa: B008 - frozen
        drills: DrillSchedule = DrillSchedule(),  # noqa: B008 - frozen
        without_scheduled_drills: bool = False,
        drill_alarm_days: int = defaults.DRILL_ALARM_DAYS,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RecoveryRunbook {self.node.path}") as problems:
            check_recovery_runbook(
                problems,
                plan=plan,
                switch_url=switch_url,
                with_approval=with_approval,
                timeouts=timeouts,
                drills=drills,
                without_scheduled_drills=without_scheduled_drills,
                drill_alarm_days=drill_alarm_days,
            )
        restores = plan.strategy is Strategy.BACKUP_AND_RESTORE
        self.backup_role: iam.IRole | None = RunbookBackupRole(self, "Backup", plan=plan).role if restores else None
        self.functions: Mapping[Actor, lambda_.Function] = RunbookFunctions(
            self,
            "Functions",
            plan=plan,
            state=state,
            machine_arn=machine_arn(plan.name),
            backup_role=self.backup_role,
            topic=alarm_topic,
            removal_policy=removal_policy,
        ).by_actor
        told = {**plan.to_json(), "front_door": plan.service_url or switch_url}
        steps = Steps(plan.strategy, approval=with_approval, timeouts=timeouts)
        self.state_machine = self._machine(steps, told, removal_policy)
        self.schedules: Mapping[str, scheduler.Schedule] = {
            "DrillAge": self._measure_drill_age(told),
            **({} if without_scheduled_drills else {"Drill": self._drill(drills)}),
        }
        monitoring = RunbookMonitoring(
            self,
            "Monitoring",
            plan=plan,
            machine=self.state_machine,
            functions=self.functions,
            drill_alarm_days=drill_alarm_days,
            alarm_topic=alarm_topic,
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = monitoring.alarms
        self.metrics: Mapping[str, cloudwatch.Metric] = monitoring.metrics
        self._name = plan.name

    def grant_start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody start runs of any mode, and follow them."""
        started = self.state_machine.grant_start_execution(grantee)
        followed = self._grant(grantee, ["states:DescribeExecution", "states:StopExecution"], self._runs_arn())
        return started.combine(followed)

    def grant_approve(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody approve runs, or refuse them."""
        return self.state_machine.grant_task_response(grantee)

    def _machine(self, steps: Steps, plan: Mapping[str, object], removal_policy: RemovalPolicy) -> sfn.StateMachine:
        arns = {actor: function.function_arn for actor, function in self.functions.items()}
        text = Stack.of(self).to_json_string(definition(steps, plan=plan, functions=arns))
        machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=machine_name(str(plan["name"])),
            comment=f"Recovery of {plan['name']}",
            definition_body=sfn.DefinitionBody.from_string(text),
            timeout=Duration.seconds(defaults.RUN_TIMEOUT_SECONDS),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Logs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
                ),
                level=sfn.LogLevel.ALL,
                # The token with which a run is approved is among them.
                include_execution_data=False,
            ),
        )
        # Not grant_invoke, which includes every version.
        machine.add_to_role_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=list(arns.values()))
        )
        acknowledge(machine.role, {"AwsSolutions-IAM5[Resource::*]": "Log delivery and X-Ray take no resource."})
        return machine

    def _measure_drill_age(self, plan: Mapping[str, object]) -> scheduler.Schedule:
        run = {"execution": "-", "mode": "drill", "forced": False, "reason": "", "started": "1970-01-01T00:00:00.000Z"}
        step = {"name": "MeasureDrillAge", "title": "Age of the last drill", "timeout_seconds": 0, "look_seconds": 0}
        control = self.functions[Actor.CONTROL]
        return scheduler.Schedule(
            self,
            "DrillAge",
            description="How long ago the last successful drill was",
            schedule=scheduler.ScheduleExpression.rate(Duration.hours(1)),
            target=targets.LambdaInvoke(
                control,
                role=self._caller("DrillAge", "lambda:InvokeFunction", control.function_arn),
                input=scheduler.ScheduleTargetInput.from_object({"step": step, "run": run, "plan": plan}),
                retry_attempts=2,
                max_event_age=Duration.minutes(30),
            ),
        )

    def _drill(self, drills: DrillSchedule) -> scheduler.Schedule:
        return scheduler.Schedule(
            self,
            "Drill",
            description="A drill that begins by itself",
            schedule=scheduler.ScheduleExpression.expression(drills.expression, TimeZone.of(drills.time_zone)),
            target=targets.StepFunctionsStartExecution(
                self.state_machine,
                role=self._caller("Drill", "states:StartExecution", self.state_machine.state_machine_arn),
                input=scheduler.ScheduleTargetInput.from_object(
                    {"mode": "drill", "forced": False, "reason": "scheduled drill"}
                ),
                retry_attempts=2,
                max_event_age=Duration.minutes(30),
            ),
        )

    def _caller(self, name: str, action: str, resource: str) -> iam.IRole:
        """Whom a schedule acts as. Without what the target would add, which includes every version of a function."""
        role = iam.Role(
            self,
            f"{name}Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={
                "Call": iam.PolicyDocument(statements=[iam.PolicyStatement(actions=[action], resources=[resource])])
            },
        )
        return role.without_policy_updates()

    def _runs_arn(self) -> str:
        return f"{machine_arn(self._name).replace(':stateMachine:', ':execution:')}:*"

    def _grant(self, grantee: iam.IGrantable, actions: Sequence[str], resource: str) -> iam.Grant:
        return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[resource])
