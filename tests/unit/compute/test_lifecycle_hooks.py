"""What a lifecycle hook promises to whoever is told about the instances that wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from aws_patterns._validation import Problems
from aws_patterns.compute.lifecycle_hook_options import (
    DefaultResult,
    LifecycleHook,
    LifecycleTransition,
    TerminationLogs,
    check_lifecycle_hook,
    check_termination_logs,
)
from aws_patterns.compute.lifecycle_hooks import FleetLifecycleHook, add_lifecycle_hook

LAUNCH, TERMINATE = LifecycleTransition.LAUNCH, LifecycleTransition.TERMINATE


def fleet(stack: cdk.Stack, id: str = "Fleet") -> autoscaling.AutoScalingGroup:
    return autoscaling.AutoScalingGroup(
        stack,
        id,
        vpc=ec2.Vpc(stack, f"{id}Vpc", nat_gateways=0, restrict_default_security_group=False),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        instance_type=ec2.InstanceType("t4g.micro"),
        machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}),
    )


def function(stack: cdk.Stack, id: str = "Function") -> lambda_.Function:
    return lambda_.Function(
        stack,
        id,
        code=lambda_.Code.from_inline("def handle(event, context): pass"),
        handler="index.handle",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )


class Built:
    """One stack with one group and one hook, and what its template says."""

    def __init__(self, transition: LifecycleTransition, target: str, **hook: Any) -> None:
        self.stack = cdk.Stack(
            cdk.App(builtin_cloud_formation_validation=False), "S", env=cdk.Environment(region="us-east-1")
        )
        self.group = fleet(self.stack)
        makers: dict[str, Any] = {
            "function": lambda: function(self.stack),
            "topic": lambda: sns.Topic(self.stack, "Topic"),
            "queue": lambda: sqs.Queue(self.stack, "Queue"),
            "imported queue": lambda: sqs.Queue.from_queue_arn(self.stack, "Q", "arn:aws:sqs:us-east-1:1:theirs"),
        }
        self.target = makers[target]()
        self.hook = add_lifecycle_hook(
            self.group, "Hook", LifecycleHook(transition=transition, target=self.target, **hook)
        )
        self.template = Template.from_stack(self.stack)

    def all(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        return dict(self.template.find_resources(f"AWS::{kind}"))

    def one(self, kind: str) -> dict[str, Any]:
        (found,) = self.all(kind).values()
        return dict(found)

    def held(self) -> dict[str, Any]:
        """The hook's settings, wherever they are."""
        if found := self.all("AutoScaling::LifecycleHook"):
            (hook,) = found.values()
            return dict(hook["Properties"])
        (specification,) = self.one("AutoScaling::AutoScalingGroup")["Properties"]["LifecycleHookSpecificationList"]
        return dict(specification)

    def waits_for(self, kind: str) -> set[str]:
        return set(self.one(kind)["DependsOn"])


@pytest.fixture(scope="module")
def at_launch() -> Built:
    return Built(LAUNCH, "function")


@pytest.fixture(scope="module")
def at_termination() -> Built:
    return Built(TERMINATE, "function")


class TestALaunchHook:
    def test_holds_the_first_instances_too(self, at_launch: Built) -> None:
        assert at_launch.all("AutoScaling::LifecycleHook") == {}
        assert at_launch.held()["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"

    def test_puts_no_instance_in_service_that_nobody_vouched_for(self, at_launch: Built) -> None:
        assert (at_launch.held()["DefaultResult"], at_launch.held()["HeartbeatTimeout"]) == ("ABANDON", 300)

    def test_is_heard_from_the_first_instance_on(self, at_launch: Built) -> None:
        (rule,) = at_launch.all("Events::Rule")
        assert rule in at_launch.waits_for("AutoScaling::AutoScalingGroup")

    def test_is_told_from_others_without_the_group_that_waits_for_the_rule(self, at_launch: Built) -> None:
        pattern = at_launch.one("Events::Rule")["Properties"]["EventPattern"]
        assert pattern == {
            "source": ["aws.autoscaling"],
            "detail-type": ["EC2 Instance-launch Lifecycle Action"],
            "detail": {"NotificationMetadata": [at_launch.held()["NotificationMetadata"]]},
        }

    def test_is_one_of_several(self, stack: cdk.Stack) -> None:
        group = fleet(stack)
        for name in ("register", "warm-up"):
            add_lifecycle_hook(group, name, LifecycleHook(transition=LAUNCH, target=sqs.Queue(stack, name), name=name))
        (found,) = Template.from_stack(stack).find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        specifications = found["Properties"]["LifecycleHookSpecificationList"]
        assert [hook["LifecycleHookName"] for hook in specifications] == ["register", "warm-up"]
        assert len({str(hook["NotificationMetadata"]) for hook in specifications}) == 2

    def test_has_a_name_without_one_being_given(self, at_launch: Built) -> None:
        assert at_launch.held()["LifecycleHookName"] == at_launch.hook.name
        assert at_launch.hook.name.startswith("Hook-")


class TestATerminateHook:
    def test_never_blocks_a_scale_in_for_long(self, at_termination: Built) -> None:
        held = at_termination.held()
        assert held["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
        assert (held["DefaultResult"], held["HeartbeatTimeout"]) == ("CONTINUE", 300)

    def test_holds_nobody_before_somebody_listens(self, at_termination: Built) -> None:
        listening = {*at_termination.all("Events::Rule"), *at_termination.all("Lambda::Permission")}
        assert len(listening) == 2
        assert listening <= at_termination.waits_for("AutoScaling::LifecycleHook")

    def test_tells_of_exactly_this_group_and_this_hook(self, at_termination: Built) -> None:
        (group,) = at_termination.all("AutoScaling::AutoScalingGroup")
        pattern = at_termination.one("Events::Rule")["Properties"]["EventPattern"]
        assert pattern == {
            "source": ["aws.autoscaling"],
            "detail-type": ["EC2 Instance-terminate Lifecycle Action"],
            "detail": {
                "NotificationMetadata": [at_termination.held()["NotificationMetadata"]],
                "AutoScalingGroupName": [{"Ref": group}],
            },
        }

    def test_of_another_name_result_and_time_is_what_was_asked_for(self) -> None:
        built = Built(TERMINATE, "function", name="drain", default_result=DefaultResult.ABANDON, timeout_seconds=30)
        held = built.held()
        assert (held["LifecycleHookName"], held["DefaultResult"], held["HeartbeatTimeout"]) == ("drain", "ABANDON", 30)


class TestAFunction:
    def test_may_complete_the_hooks_of_this_group_only(self, at_termination: Built) -> None:
        (group,) = at_termination.all("AutoScaling::AutoScalingGroup")
        policies = [
            found["Properties"]["PolicyDocument"]["Statement"] for found in at_termination.all("IAM::Policy").values()
        ]
        assert policies == [
            [
                {
                    "Action": ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
                    "Effect": "Allow",
                    "Resource": {
                        "Fn::Join": [
                            "",
                            [
                                "arn:",
                                {"Ref": "AWS::Partition"},
                                ":autoscaling:us-east-1:",
                                {"Ref": "AWS::AccountId"},
                                ":autoScalingGroup:*:autoScalingGroupName/",
                                {"Ref": group},
                            ],
                        ]
                    },
                }
            ]
        ]

    def test_that_can_not_be_called_leaves_its_event_in_a_watched_queue(self, at_termination: Built) -> None:
        (target,) = at_termination.one("Events::Rule")["Properties"]["Targets"]
        (queue,) = at_termination.all("SQS::Queue")
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 300}
        alarm = at_termination.one("CloudWatch::Alarm")["Properties"]
        assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)
        assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]

    def test_is_tried_for_as_long_as_eventbridge_allows_when_the_hook_is_shorter(self) -> None:
        (target,) = Built(TERMINATE, "function", timeout_seconds=30).one("Events::Rule")["Properties"]["Targets"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60}

    def test_without_a_role_that_can_be_changed_is_called_all_the_same(self, stack: cdk.Stack) -> None:
        theirs = lambda_.Function.from_function_arn(stack, "F", "arn:aws:lambda:us-east-1:111122223333:function:theirs")
        FleetLifecycleHook(stack, "Hook", group=fleet(stack), hook=LifecycleHook(transition=TERMINATE, target=theirs))
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::Events::Rule", 1)
        template.resource_count_is("AWS::IAM::Policy", 0)


class TestATopicOrAQueue:
    @pytest.mark.parametrize(
        ("target", "actions"),
        [
            ("topic", "sns:Publish"),
            ("queue", ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]),
            ("imported queue", ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]),
        ],
    )
    @pytest.mark.parametrize("transition", LifecycleTransition)
    def test_is_told_by_auto_scaling_itself(
        self, transition: LifecycleTransition, target: str, actions: object
    ) -> None:
        built = Built(transition, target)
        assert built.all("Events::Rule") == {}
        held = built.held()
        arn = built.stack.resolve(getattr(built.target, "topic_arn", None) or built.target.queue_arn)
        assert held["NotificationTargetARN"] == arn
        policies = {
            name: found
            for name, found in built.all("IAM::Policy").items()
            if found["Properties"]["PolicyDocument"]["Statement"]
            == [{"Action": actions, "Effect": "Allow", "Resource": arn}]
        }
        (policy,) = policies
        (role,) = policies[policy]["Properties"]["Roles"]
        assert held["RoleARN"] == {"Fn::GetAtt": [role["Ref"], "Arn"]}
        # Auto Scaling tries the role out when it gets the hook.
        holding = "LifecycleHook" if transition == TERMINATE else "AutoScalingGroup"
        assert policy in built.waits_for(f"AutoScaling::{holding}")


def test_two_groups_of_a_stack_have_hooks_of_their_own(stack: cdk.Stack) -> None:
    called = function(stack)
    for name in ("Blue", "Green"):
        add_lifecycle_hook(fleet(stack, name), "Hook", LifecycleHook(transition=TERMINATE, target=called))
    template = Template.from_stack(stack)
    rules = template.find_resources("AWS::Events::Rule").values()
    assert len({str(rule["Properties"]["EventPattern"]) for rule in rules}) == 2


def test_a_function_of_another_stack_is_called(app: cdk.App) -> None:
    theirs = function(cdk.Stack(app, "Functions"))
    stack = cdk.Stack(app, "Fleets")
    add_lifecycle_hook(fleet(stack), "Hook", LifecycleHook(transition=TERMINATE, target=theirs))
    (rule,) = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    assert "Functions" in str(rule["Properties"]["Targets"][0]["Arn"])


def test_every_problem_of_a_hook_is_named_at_once(stack: cdk.Stack) -> None:
    bad = LifecycleHook(
        transition="reboot",  # type: ignore[arg-type]  # as a user without a type checker would
        target=sqs.Queue(stack, "Q", fifo=True),
        name="the hook",
        timeout_seconds=29,
        default_result="MAYBE",  # type: ignore[arg-type]  # as above
    )
    with pytest.raises(ValueError, match="can't be built") as raised:
        FleetLifecycleHook(stack, "Hook", group=fleet(stack), hook=bad)
    assert str(raised.value) == (
        "FleetLifecycleHook S/Hook can't be built:\n"
        "  - hook.transition must be one of launch, terminate, got 'reboot'\n"
        "  - hook.default_result must be one of CONTINUE, ABANDON, got 'MAYBE'\n"
        "  - hook.timeout_seconds must be between 30 and 7200 s, got 29 s\n"
        "  - hook.target must not be FIFO: Auto Scaling can't send to one, so give it a standard one\n"
        "  - hook.name must be 1 to 255 letters, digits, hyphens, underscores or slashes, got 'the hook'"
    )


def test_a_target_of_another_kind_is_named() -> None:
    problems = Problems("Hook")
    check_lifecycle_hook(problems, LifecycleHook(transition=LAUNCH, target="mail@example.org"))  # type: ignore[arg-type]  # wrong on purpose
    assert problems.found == ["hook.target must be a function, a topic or a queue, got str"]


class TestLogsToBeKept:
    def problems(self, **logs: Any) -> list[str]:
        problems = Problems("Logs")
        check_termination_logs(problems, TerminationLogs(**logs))
        return problems.found

    def test_need_nothing_to_be_said(self) -> None:
        assert self.problems() == []

    @pytest.mark.parametrize(
        "path", ["/var/log", "/var/log/", "/opt/my-app_2/log@x+1=a:b,c.txt", "/.hidden/file", "/a/-b/c"[:2]]
    )
    def test_may_be_wherever_a_file_may_be(self, path: str) -> None:
        assert self.problems(paths=[path]) == []

    @pytest.mark.parametrize(
        "path",
        [
            *("/", "//", "/a//b", "/var/log/*.log", "/var/log; rm -rf /", "/$(reboot)", "/`reboot`", "/a b", "/a'b"),
            *('/a"b', "/a\\b", "/a\nb", "/{{ Key }}", "/~root", "/a|b", "/a&b", "/a>b", "/-rf", "/a/-T", "/caf\u00e9"),
        ],
    )
    def test_are_refused_where_a_shell_or_tar_would_see_more_than_a_path(self, path: str) -> None:
        assert self.problems(paths=[path]) == [
            "termination_logs.paths must hold letters, digits and . _ @ + = : , - only, and no part may be empty or "
            f"begin with a hyphen, got {path!r}: a folder is taken whole, so no pattern is needed"
        ]

    def test_are_refused_with_every_problem_at_once(self) -> None:
        assert self.problems(paths=["var/log", "/a/../b", "/c", "/c"], retention_days=0, timeout_seconds=900) == [
            "termination_logs.retention_days must be between 1 and 36500 days, got 0 days",
            "termination_logs.timeout_seconds must be between 30 and 840 s, got 900 s",
            "termination_logs.paths must be absolute, got 'var/log': begin it with a slash",
            "termination_logs.paths must not go through . or .., got '/a/../b': write where it leads",
            "termination_logs.paths holds '/c' 2 times: once is enough",
        ]

    def test_must_be_named(self) -> None:
        assert self.problems(paths=[]) == [
            "termination_logs.paths must name at least one file or folder: without any there is nothing to collect"
        ]

    def test_must_be_known_at_synthesis(self) -> None:
        assert self.problems(paths=[cdk.Fn.import_value("path")]) == [
            "termination_logs.paths must be known at synthesis: they become part of a script"
        ]
