"""The watch: what it is told, what it may do in which Region, whom it alarms, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery.plan import RecoveryPlan, Strategy
from aws_patterns.disaster_recovery.runbook.recovery_watch import RecoveryWatch
from aws_patterns.disaster_recovery.runbook.recovery_watch_options import check_recovery_watch
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from tests.unit.disaster_recovery.runbook import runbook_plans as plans


def watch(stack: cdk.Stack, plan: RecoveryPlan | None = None, **options: Any) -> RecoveryWatch:
    state = RecoveryState(stack, "State", name="orders")
    return RecoveryWatch(stack, "Watch", plan=plan or plans.plan(), state=state, **options)


def allowed(stack: cdk.Stack) -> dict[str, list[Any]]:
    """The statements of the watch's function by each of their actions."""
    found: dict[str, list[Any]] = {}
    for id, policy in Template.from_stack(stack).find_resources("AWS::IAM::Policy").items():
        if id.startswith("WatchFunction"):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in [actions] if isinstance(actions, str) else actions:
                    found.setdefault(action, []).append(statement)
    return found


def flat(value: object) -> str:
    """What a template says, with its references."""
    return json.dumps(value)


def test_it_looks_once_a_minute_and_is_told_the_plan(stack: cdk.Stack) -> None:
    made = watch(stack)
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::Scheduler::Schedule",
        {
            "ScheduleExpression": "rate(1 minute)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": Match.object_like(
                {
                    "Arn": stack.resolve(made.function.function_arn),
                    "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0},
                }
            ),
        },
    )
    (schedule,) = template.find_resources("AWS::Scheduler::Schedule").values()
    told = json.loads(schedule["Properties"]["Target"]["Input"])
    # The CDK leaves out what is None.
    plan = {name: value for name, value in plans.plan().to_json().items() if value is not None}
    assert told == {"plan": json.loads(json.dumps(plan)), "heartbeats": True}
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "recovery_watch.handler.handle",
            "Timeout": 55,
            "Environment": {"Variables": Match.object_like({"STATE_TABLE": "orders-recovery-state"})},
        },
    )


class TestItMay:
    def test_scale_the_primary_and_nothing_in_its_own_region(self, stack: cdk.Stack) -> None:
        watch(stack, plans.plan(compute=(plans.FUNCTION, plans.FLEET)))
        found = allowed(stack)
        (scale,) = found["lambda:PutFunctionConcurrency"]
        assert ":lambda:us-east-1:" in flat(scale["Resource"])
        assert "us-west-2" not in flat(scale["Resource"])
        (fleet,) = found["autoscaling:UpdateAutoScalingGroup"]
        assert "us-east-1" in flat(fleet["Resource"])
        assert "us-west-2" not in flat(fleet["Resource"])

    def test_write_heartbeats_there_and_look_for_them_here_and_touch_no_other_data(self, stack: cdk.Stack) -> None:
        watch(stack)
        found = allowed(stack)
        own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["recovery-marker#*"]}}
        (put,) = [
            one for one in found["dynamodb:PutItem"] if "recovery-state" not in flat(one) and own == one["Condition"]
        ]
        assert ":dynamodb:us-east-1:" in flat(put["Resource"])
        (get,) = [one for one in found["dynamodb:GetItem"] if own == one.get("Condition")]
        assert ":dynamodb:us-west-2:" in flat(get["Resource"])
        (write,) = found["s3:PutObject"]
        assert "orders-documents-primary/recovery-marker/heartbeat" in flat(write["Resource"])
        (read,) = found["s3:GetObject"]
        assert "orders-documents-recovery/recovery-marker/heartbeat" in flat(read["Resource"])
        assert set(found["s3:DeleteObjectVersion"][0]) >= {"Action", "Resource"}
        assert not {"dynamodb:Scan", "dynamodb:Query", "s3:DeleteObject", "s3:ListBucket"} & set(found)

    def test_read_what_decides_and_write_what_it_saw_in_the_state(self, stack: cdk.Stack) -> None:
        watch(stack)
        write = [
            one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            for one in allowed(stack)["dynamodb:UpdateItem"]
        ]
        assert write == [["watch", "heartbeat"]]
        read = [
            one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            for one in allowed(stack)["dynamodb:BatchGetItem"]
        ]
        assert read == [["serving", "run", "endpoint#primary", "heartbeat", "watch"]]

    @pytest.mark.parametrize(
        ("plan", "options"),
        [
            (plans.plan(), {"without_heartbeats": True}),
            (plans.plan(data=(plans.AURORA, plans.REPLICA)), {}),
            (plans.plan(Strategy.BACKUP_AND_RESTORE, data=(plans.BACKED_UP,)), {}),
        ],
        ids=["given up", "databases", "backups"],
    )
    def test_write_no_heartbeats_where_they_are_of_no_use(
        self, stack: cdk.Stack, plan: RecoveryPlan, options: dict[str, Any]
    ) -> None:
        made = watch(stack, plan, **options)
        found = allowed(stack)
        assert not {"s3:PutObject", "kms:Decrypt", "dynamodb:DescribeTable"} & set(found)
        assert "heartbeat" not in flat(found["dynamodb:PutItem"])
        assert set(made.alarms) == {"PrimaryUnhealthy", "BothServe", "NobodyLooks"}
        assert set(made.metrics) == {"PrimaryUnhealthy", "BothServe"}
        (schedule,) = Template.from_stack(stack).find_resources("AWS::Scheduler::Schedule").values()
        assert json.loads(schedule["Properties"]["Target"]["Input"])["heartbeats"] is False


class TestItAlarms:
    def test_when_the_primary_has_failed_so_many_times_in_a_row(self, stack: cdk.Stack) -> None:
        watch(stack, failures=4)
        Template.from_stack(stack).has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "PrimaryUnhealthy",
                "Namespace": "AwsPatterns/Recovery",
                "Dimensions": [
                    {"Name": "Workload", "Value": "orders"},
                    {"Name": "service", "Value": "recovery_watch"},
                ],
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 4,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmDescription": "The primary Region of orders has not answered as it should for 4 minutes in a "
                "row. Decide whether to fail over: python -m aws_patterns.disaster_recovery failover orders --region "
                "us-west-2",
            },
        )

    def test_when_nobody_looks(self, stack: cdk.Stack) -> None:
        watch(stack)
        Template.from_stack(stack).has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "PrimaryUnhealthy",
                "Statistic": "SampleCount",
                "Period": 300,
                "Threshold": 1,
                "ComparisonOperator": "LessThanThreshold",
                "TreatMissingData": "breaching",
            },
        )

    @pytest.mark.parametrize(
        ("point", "given", "threshold"), [(60, None, 60), (1, None, 5), (60, 30, 30)], ids=["plan", "least", "given"]
    )
    def test_when_replication_is_too_far_behind(
        self, stack: cdk.Stack, point: float, given: float | None, threshold: float
    ) -> None:
        watch(stack, plans.plan(recovery_point_seconds=point), lag_alarm_seconds=given)
        Template.from_stack(stack).has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "ReplicationLag",
                "Threshold": threshold,
                "EvaluationPeriods": 5,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
            },
        )

    def test_the_topic_that_is_given(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Operators")
        made = watch(stack, alarm_topic=topic)
        assert set(made.alarms) == {
            "PrimaryUnhealthy",
            "BothServe",
            "NobodyLooks",
            "ReplicationLag",
            "ReplicationUnknown",
        }
        alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
        told = {id: alarm["Properties"].get("AlarmActions") for id, alarm in alarms.items() if id.startswith("Watch")}
        assert len(told) == 5
        assert all(actions == [stack.resolve(topic.topic_arn)] for actions in told.values())


def test_two_of_them_are_in_one_stack(stack: cdk.Stack) -> None:
    for name in ("orders", "parcels"):
        state = RecoveryState(stack, f"{name}State", name=name)
        RecoveryWatch(stack, f"{name}Watch", plan=plans.plan(name=name), state=state)
    schedules = Template.from_stack(stack).find_resources("AWS::Scheduler::Schedule").values()
    told = [json.loads(schedule["Properties"]["Target"]["Input"])["plan"]["name"] for schedule in schedules]
    assert sorted(told) == ["orders", "parcels"]


def test_everything_that_can_not_be_is_said_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text follows
        watch(stack, plans.plan(data=(plans.AURORA,)), failures=0, lag_alarm_seconds=1)
    assert str(refused.value) == (
        "RecoveryWatch S/Watch can't be built:\n"
        "  - failures must be between 1 and 60 minutes, got 0 minutes\n"
        "  - lag_alarm_seconds must be between 5 and 86400 s, got 1 s\n"
        "  - lag_alarm_seconds must be left out where replication is not measured, got 1: the plan has no GlobalTable "
        "and no TwoWayBucket"
    )


def test_a_threshold_for_what_is_given_up_is_refused() -> None:
    problems = Problems("Watch")
    check_recovery_watch(problems, plan=plans.plan(), lag_alarm_seconds=30, without_heartbeats=True)
    with pytest.raises(ValueError) as refused, problems:  # noqa: PT011 - the whole text follows
        pass
    assert str(refused.value) == (
        "Watch can't be built:\n"
        "  - lag_alarm_seconds must be left out where replication is not measured, got 30: without_heartbeats gives "
        "that up"
    )
