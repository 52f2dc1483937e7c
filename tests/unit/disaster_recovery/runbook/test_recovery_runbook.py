"""The runbook in a stack: where its plan goes, what each function may do in which Region, who is told, and when."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns.disaster_recovery.plan import RecoveryPlan, TwoWayBucket
from aws_patterns.disaster_recovery.runbook._runbook_steps import Actor
from aws_patterns.disaster_recovery.runbook.recovery_runbook import RecoveryRunbook
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import DrillSchedule
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

READS = ("Get", "Describe", "List", "BatchGet", "ConditionCheck")


def runbook(stack: cdk.Stack, plan: RecoveryPlan | None = None, id: str = "Runbook", **options: Any) -> RecoveryRunbook:
    plan = plan or plans.plan()
    state = RecoveryState(stack, f"{id}State", name=plan.name)
    return RecoveryRunbook(stack, id, plan=plan, state=state, **{"switch_url": plans.SWITCH_URL, **options})


def allowed(stack: cdk.Stack, actor: Actor) -> dict[str, list[str]]:
    """The actions of one function's role, less what every one may, by the Region of what they are allowed for."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    found: dict[str, list[str]] = {}
    for name, policy in policies.items():
        if f"Functions{actor}Role" not in name:
            continue
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions, resources = (_list(statement[key]) for key in ("Action", "Resource"))
            for action in actions:
                if action.split(":")[0] in {"logs", "xray"}:
                    continue
                for resource in resources:
                    found.setdefault(_region(resource), []).append(action)
    return {region: sorted(set(actions)) for region, actions in found.items()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _region(resource: object) -> str:
    text = json.dumps(resource)
    return next((region for region in ("us-east-1", "us-west-2") if region in text), "here")


def definition(stack: cdk.Stack) -> dict[str, Any]:
    machines = Template.from_stack(stack).find_resources("AWS::StepFunctions::StateMachine").values()
    (machine,) = machines
    text = machine["Properties"]["DefinitionString"]
    parts = text["Fn::Join"][1] if isinstance(text, dict) else [text]
    made: dict[str, Any] = json.loads("".join(part if isinstance(part, str) else "x" for part in parts))
    return made


class TestMachine:
    def test_it_is_found_by_its_name_and_knows_the_plan(self, stack: cdk.Stack) -> None:
        runbook(stack)
        Template.from_stack(stack).has_resource_properties(
            "AWS::StepFunctions::StateMachine",
            {
                "StateMachineName": "orders-recovery-runbook",
                "TracingConfiguration": {"Enabled": True},
                "LoggingConfiguration": Match.object_like({"Level": "ALL", "IncludeExecutionData": False}),
            },
        )
        told = definition(stack)["States"]["Plan"]["Assign"]["plan"]
        known = {key: value for key, value in plans.plan().to_json().items() if value is not None}
        assert told == {**json.loads(json.dumps(known)), "front_door": plans.SWITCH_URL}

    def test_users_are_asked_for_by_their_own_name_where_there_is_one(self, stack: cdk.Stack) -> None:
        runbook(stack, plans.plan(service_url="https://orders.example.org"), switch_url=None)
        told = definition(stack)["States"]["Plan"]["Assign"]["plan"]
        assert told["front_door"] == "https://orders.example.org"

    def test_it_may_call_its_functions_and_no_version_of_them(self, stack: cdk.Stack) -> None:
        runbook(stack)
        Template.from_stack(stack).has_resource_properties(
            "AWS::IAM::Policy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [
                            {
                                "Action": "lambda:InvokeFunction",
                                "Effect": "Allow",
                                "Resource": [{"Fn::GetAtt": [Match.string_like_regexp("."), "Arn"]}] * 6,
                            }
                        ]
                    )
                }
            },
        )

    def test_only_what_restores_has_what_restoring_needs(self, stack: cdk.Stack) -> None:
        made = runbook(stack)
        assert made.backup_role is None
        assert Actor.RESTORE not in made.functions
        other = runbook(cdk.Stack(stack, "Backups"), plans.backups())
        assert other.backup_role is not None
        assert Actor.RESTORE in other.functions


class TestPermissions:
    def test_what_changes_the_primary_region(self, stack: cdk.Stack) -> None:
        """Fencing and scaling, marks that are taken back; a check, a probe and the traffic touch nothing there."""
        runbook(stack, plans.plan(compute=(plans.FUNCTION, plans.FLEET), data=(plans.TABLE, plans.AURORA)))
        changes = {
            actor: [action for action in allowed(stack, actor).get("us-east-1", []) if not _reads(action)]
            for actor in Actor
            if actor is not Actor.RESTORE
        }
        assert changes == {
            Actor.CONTROL: [],
            Actor.CHECKS: [],
            Actor.COMPUTE: ["autoscaling:UpdateAutoScalingGroup", "lambda:PutFunctionConcurrency"],
            Actor.DATA: [
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "rds:FailoverGlobalCluster",
                "rds:SwitchoverGlobalCluster",
            ],
            Actor.PROBE: [],
            Actor.TRAFFIC: [],
        }

    def test_a_check_changes_nothing(self, stack: cdk.Stack) -> None:
        runbook(
            stack, plans.plan(compute=(plans.FUNCTION, plans.FLEET), data=(plans.TABLE, plans.BUCKET, plans.REPLICA))
        )
        found = [action for actions in allowed(stack, Actor.CHECKS).values() for action in actions]
        own = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
        assert [action for action in found if not _reads(action) and action not in own] == []

    def test_only_one_function_says_who_gets_the_traffic(self, stack: cdk.Stack) -> None:
        runbook(stack)
        policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        writers = {
            name
            for name, policy in policies.items()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if "dynamodb:PutItem" in statement["Action"]
            and "serving" in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        }
        assert [name for name in writers if "FunctionsTrafficRole" not in name] == []
        assert len(writers) == 1

    def test_tables_are_written_to_by_marks_alone(self, stack: cdk.Stack) -> None:
        runbook(stack)
        policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        (policy,) = (each for name, each in policies.items() if "FunctionsDataRole" in name)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if any(action.startswith("dynamodb:Put") for action in statement["Action"]):
                keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                assert keys in (["recovery-marker#*"], ["run#*"])

    def test_only_tables_that_it_has_restored_are_deleted_and_not_in_the_primary(self, stack: cdk.Stack) -> None:
        runbook(stack, plans.backups())
        assert "dynamodb:DeleteTable" in allowed(stack, Actor.RESTORE)["us-west-2"]
        assert "dynamodb:DeleteTable" not in allowed(stack, Actor.RESTORE)["us-east-1"]
        policies = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
        assert ":table/orders-restored-*" in policies
        assert ':table/orders"' not in policies

    def test_the_role_for_backups_is_passed_to_aws_backup_alone(self, stack: cdk.Stack) -> None:
        runbook(stack, plans.backups())
        Template.from_stack(stack).has_resource_properties(
            "AWS::IAM::Policy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [
                            Match.object_like(
                                {
                                    "Action": "iam:PassRole",
                                    "Condition": {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}},
                                }
                            )
                        ]
                    )
                }
            },
        )


def _reads(action: str) -> bool:
    return action.split(":")[1].startswith(READS)


class TestSchedules:
    def test_a_drill_begins_every_week_and_its_age_is_looked_at_every_hour(self, stack: cdk.Stack) -> None:
        made = runbook(stack)
        assert set(made.schedules) == {"Drill", "DrillAge"}
        found = Template.from_stack(stack).find_resources("AWS::Scheduler::Schedule").values()
        expressions = {each["Properties"]["ScheduleExpression"]: each["Properties"] for each in found}
        assert set(expressions) == {"cron(0 9 ? * TUE *)", "rate(1 hour)"}
        drill = expressions["cron(0 9 ? * TUE *)"]
        assert drill["ScheduleExpressionTimezone"] == "UTC"
        assert json.loads(drill["Target"]["Input"]) == {"mode": "drill", "forced": False, "reason": "scheduled drill"}

    def test_another_time_may_be_chosen(self, stack: cdk.Stack) -> None:
        runbook(stack, drills=DrillSchedule(expression="rate(14 days)", time_zone="Europe/Berlin"))
        Template.from_stack(stack).has_resource_properties(
            "AWS::Scheduler::Schedule",
            {"ScheduleExpression": "rate(14 days)", "ScheduleExpressionTimezone": "Europe/Berlin"},
        )

    def test_they_may_be_given_up(self, stack: cdk.Stack) -> None:
        assert set(runbook(stack, without_scheduled_drills=True).schedules) == {"DrillAge"}
        Template.from_stack(stack).resource_count_is("AWS::Scheduler::Schedule", 1)


class TestAlarms:
    def test_their_thresholds(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Topic", enforce_ssl=True)
        made = runbook(stack, alarm_topic=topic, drill_alarm_days=14)
        alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
        thresholds = {
            each["Properties"]["MetricName"]: each["Properties"]["Threshold"]
            for each in alarms
            if each["Properties"].get("Namespace") == "AwsPatterns/Recovery"
        }
        assert thresholds == {
            "RunsStopped": 1,
            "RecoveryTime": 1800,
            "RecoveryPoint": 60,
            "DaysSinceSuccessfulDrill": 14,
        }
        assert set(made.alarms) == {
            "RunStopped",
            "RunEnded",
            "ControlErrors",
            "RecoveryTimeMissed",
            "RecoveryPointMissed",
            "NoSuccessfulDrill",
        }

    def test_somebody_is_told_when_the_days_are_no_longer_counted(self, stack: cdk.Stack) -> None:
        runbook(stack, alarm_topic=sns.Topic(stack, "Topic", enforce_ssl=True))
        Template.from_stack(stack).has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "DaysSinceSuccessfulDrill",
                "TreatMissingData": "missing",
                "InsufficientDataActions": [Match.any_value()],
            },
        )

    def test_the_topic_is_told_of_runs_by_one_function(self, stack: cdk.Stack) -> None:
        runbook(stack, alarm_topic=sns.Topic(stack, "Topic", enforce_ssl=True))
        found = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        tellers = [name for name, policy in found.items() if "sns:Publish" in json.dumps(policy)]
        assert len(tellers) == 1
        assert "FunctionsControlRole" in tellers[0]


class TestPlaces:
    def test_two_in_one_stack(self, stack: cdk.Stack) -> None:
        runbook(stack, plans.plan(name="orders"), "Orders")
        runbook(stack, plans.plan(name="parcels"), "Parcels")
        found = Template.from_stack(stack).find_resources("AWS::StepFunctions::StateMachine").values()
        assert {each["Properties"]["StateMachineName"] for each in found} == {
            "orders-recovery-runbook",
            "parcels-recovery-runbook",
        }

    def test_in_a_stage_with_a_topic_that_is_there_already(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region="us-west-2"))
        stack = cdk.Stack(stage, "S")
        topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:us-west-2:111122223333:operators")
        runbook(stack, alarm_topic=topic)
        text = json.dumps(Template.from_stack(stack).to_json())
        assert '"TOPIC_ARN": "arn:aws:sns:us-west-2:111122223333:operators"' in text

    def test_names_that_are_known_at_deployment(self, stack: cdk.Stack) -> None:
        bucket = TwoWayBucket(primary=f"orders-{cdk.Aws.ACCOUNT_ID}", recovery=f"away-{cdk.Aws.ACCOUNT_ID}")
        runbook(stack, plans.plan(data=(bucket,)))
        assert definition(stack)["States"]["Plan"]["Assign"]["plan"]["data"][0]["recovery"] == "away-x"


class TestGrants:
    def test_who_may_start_may_follow(self, stack: cdk.Stack) -> None:
        made = runbook(stack)
        role = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
        made.grant_start(role)
        made.grant_approve(role)
        found = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        (policy,) = (each for name, each in found.items() if name.startswith("Operator"))
        actions = [a for s in policy["Properties"]["PolicyDocument"]["Statement"] for a in _list(s["Action"])]
        assert sorted(actions) == [
            "states:DescribeExecution",
            "states:SendTaskFailure",
            "states:SendTaskHeartbeat",
            "states:SendTaskSuccess",
            "states:StartExecution",
            "states:StopExecution",
        ]


def test_what_can_not_be_built_is_told(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message follows
        runbook(stack, switch_url=None, drill_alarm_days=0)
    assert str(refused.value) == (
        "RecoveryRunbook S/Runbook can't be built:\n"
        "  - switch_url must be given where the plan has no service_url, got None for both: the runbook verifies that "
        "users reach the Region that serves, and asks there\n"
        "  - drill_alarm_days must be between 1 and 366 days, got 0 days"
    )
