"""What collecting logs at termination promises, and that it can't be used for more than that."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.compute._log_collection import KEY_PATTERN, collection_script
from aws_patterns.compute.termination_log_collector import TerminationLogCollector

KEY = "i-0123456789abcdef0/20261121T064210Z.tar.gz"
_RETAINED = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup")


def fleet(stack: cdk.Stack, id: str = "Fleet") -> tuple[autoscaling.AutoScalingGroup, iam.Role]:
    vpc = ec2.Vpc(stack, f"{id}Vpc", nat_gateways=0, restrict_default_security_group=False)
    role = iam.Role(stack, f"{id}Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    # A launch template waits for its role and all that is part of it: what names the group must not be.
    template = ec2.LaunchTemplate(
        stack,
        f"{id}Template",
        role=role,
        security_group=ec2.SecurityGroup(stack, f"{id}Own", vpc=vpc),
        instance_type=ec2.InstanceType("t4g.micro"),
        machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}),
    )
    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    return autoscaling.AutoScalingGroup(stack, id, vpc=vpc, vpc_subnets=subnets, launch_template=template), role


def build(scope: Any = None, **props: Any) -> Template:
    scope = scope or cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(scope, "S", env=cdk.Environment(region="us-east-1"))
    group, role = fleet(stack)
    TerminationLogCollector(stack, "Logs", group=group, role=role, **props)
    return Template.from_stack(stack)


def one(template: Template, kind: str) -> dict[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found["Properties"])


def the_id(template: Template, kind: str) -> str:
    (found,) = template.find_resources(kind)
    return found


def statements(template: Template, *actions: str) -> list[dict[str, Any]]:
    """Every statement that allows any of these actions, and on whose behalf."""
    return [
        {**statement, "Roles": policy["Properties"]["Roles"]}
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if set(actions) & ({statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"]))
    ]


@pytest.fixture(scope="module")
def template() -> Template:
    return build(paths=["/var/log", "/opt/app"])


class TestTheHook:
    def test_lets_an_instance_go_in_three_minutes_when_the_function_is_lost(self, template: Template) -> None:
        hook = one(template, "AWS::AutoScaling::LifecycleHook")
        assert (hook["LifecycleTransition"], hook["DefaultResult"], hook["HeartbeatTimeout"]) == (
            "autoscaling:EC2_INSTANCE_TERMINATING",
            "CONTINUE",
            180,
        )

    def test_calls_the_function(self, template: Template) -> None:
        rule = one(template, "AWS::Events::Rule")
        assert rule["EventPattern"]["detail-type"] == ["EC2 Instance-terminate Lifecycle Action"]
        assert rule["EventPattern"]["detail"]["AutoScalingGroupName"] == [
            {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")}
        ]
        (target,) = rule["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [the_id(template, "AWS::Lambda::Function"), "Arn"]}

    def test_holds_nobody_before_the_function_may_do_its_work(self, template: Template) -> None:
        (hook,) = template.find_resources("AWS::AutoScaling::LifecycleHook").values()
        names = {
            name
            for name, policy in template.find_resources("AWS::IAM::Policy").items()
            if {"ssm:SendCommand", "autoscaling:CompleteLifecycleAction"}
            & {action for found in policy["Properties"]["PolicyDocument"]["Statement"] for action in _actions(found)}
        }
        assert len(names) == 2
        assert names <= set(hook["DependsOn"])


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


class TestTheFunction:
    def test_knows_the_script_and_how_long_it_may_take(self, template: Template) -> None:
        variables = one(template, "AWS::Lambda::Function")["Environment"]["Variables"]
        assert variables == {
            "POWERTOOLS_SERVICE_NAME": "fleet_termination_logs",
            "POWERTOOLS_METRICS_NAMESPACE": "AwsPatterns/Fleet",
            "DOCUMENT": {"Ref": the_id(template, "AWS::SSM::Document")},
            "TIMEOUT_SECONDS": "120",
            "HEARTBEAT_SECONDS": "180",
        }

    @pytest.mark.parametrize("seconds", [30, 840])
    def test_outlives_the_collecting(self, seconds: int) -> None:
        function = one(build(timeout_seconds=seconds), "AWS::Lambda::Function")
        assert seconds + 30 < function["Timeout"] <= 900

    def test_keeps_the_events_that_it_failed_for(self, template: Template) -> None:
        queue = {"Fn::GetAtt": [the_id(template, "AWS::SQS::Queue"), "Arn"]}
        assert one(template, "AWS::Lambda::Function")["DeadLetterConfig"] == {"TargetArn": queue}
        (target,) = one(template, "AWS::Events::Rule")["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": queue}
        assert one(template, "AWS::SQS::Queue")["SqsManagedSseEnabled"] is True

    def test_is_tried_again_while_the_instance_waits(self, template: Template) -> None:
        invoked = one(template, "AWS::Lambda::EventInvokeConfig")
        assert (invoked["MaximumRetryAttempts"], invoked["MaximumEventAgeInSeconds"]) == (2, 180)

    def test_may_start_this_script_on_this_groups_instances_and_nothing_else(self, template: Template) -> None:
        group = {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")}
        document, instances = statements(template, "ssm:SendCommand")
        assert document["Resource"]["Fn::Join"][1][-2:] == [
            ":document/",
            {"Ref": the_id(template, "AWS::SSM::Document")},
        ]
        assert "Condition" not in document
        assert instances["Resource"]["Fn::Join"][1][-1] == ":instance/*"
        assert instances["Condition"] == {"StringEquals": {"ssm:resourceTag/aws:autoscaling:groupName": group}}

    def test_may_do_nothing_but_its_work(self, template: Template) -> None:
        role = one(template, "AWS::Lambda::Function")["Role"]["Fn::GetAtt"][0]
        allowed = {
            action
            for policy in template.find_resources("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Properties"]["Roles"]
            for found in policy["Properties"]["PolicyDocument"]["Statement"]
            for action in _actions(found)
        }
        assert allowed == {
            *("ssm:SendCommand", "ssm:GetCommandInvocation", "sqs:SendMessage"),
            *("autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"),
            *("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        }


class TestTheInstances:
    def test_may_write_below_their_groups_prefix_only(self, template: Template) -> None:
        (found,) = statements(template, "s3:PutObject")
        bucket = {"Fn::GetAtt": [the_id(template, "AWS::S3::Bucket"), "Arn"]}
        group = {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")}
        assert found["Action"] == "s3:PutObject"
        assert found["Resource"] == {"Fn::Join": ["", [bucket, "/", group, "/*"]]}
        (profile,) = template.find_resources("AWS::IAM::InstanceProfile").values()
        assert found["Roles"] == profile["Properties"]["Roles"]

    def test_start_before_the_policy_that_names_their_group(self, template: Template) -> None:
        """A launch template waits for its role with all that is inside: a policy in there would wait for the group."""
        (launch_template,) = template.find_resources("AWS::EC2::LaunchTemplate").values()
        waits_for = set(launch_template["DependsOn"])
        assert waits_for
        assert not waits_for & set(template.find_resources("AWS::IAM::Policy"))


class TestTheBucket:
    def test_is_private_encrypted_and_emptied_by_age(self) -> None:
        bucket = one(build(retention_days=90), "AWS::S3::Bucket")
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        days = [rule.get("ExpirationInDays") for rule in bucket["LifecycleConfiguration"]["Rules"]]
        assert days == [90, None]

    def test_does_not_keep_the_halves_of_archives(self, template: Template) -> None:
        rules = one(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
        assert {"DaysAfterInitiation": 1} in [rule.get("AbortIncompleteMultipartUpload") for rule in rules]

    @pytest.mark.parametrize(
        ("policy", "expected"), [(cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")]
    )
    def test_and_what_else_would_be_missed_is_removed_as_asked(self, policy: cdk.RemovalPolicy, expected: str) -> None:
        template = build(removal_policy=policy)
        for kind in _RETAINED:
            found = [resource["DeletionPolicy"] for resource in template.find_resources(kind).values()]
            assert found == [expected] * len(found)
            assert found


class TestTheAlarms:
    def test_tell_when_logs_are_lost_and_when_the_function_is(self, stack: cdk.Stack) -> None:
        group, role = fleet(stack)
        topic = sns.Topic(stack, "Operators")
        collector = TerminationLogCollector(stack, "Logs", group=group, role=role, alarm_topic=topic)
        assert set(collector.alarms) == {"DeadLettersKept", "LogsNotCollected", "FunctionErrors"}
        template = Template.from_stack(stack)
        for alarm in template.find_resources("AWS::CloudWatch::Alarm").values():
            assert alarm["Properties"]["AlarmActions"] == [{"Ref": the_id(template, "AWS::SNS::Topic")}]
        template.has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "Namespace": "AwsPatterns/Fleet",
                "MetricName": "LogsNotCollected",
                "Threshold": 1,
                "TreatMissingData": "notBreaching",
                "Dimensions": [
                    {
                        "Name": "AutoScalingGroupName",
                        "Value": {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")},
                    },
                    {"Name": "service", "Value": "fleet_termination_logs"},
                ],
            },
        )


class TestTheDocument:
    def test_is_a_fixed_script_with_one_checked_parameter(self, template: Template) -> None:
        document = one(template, "AWS::SSM::Document")
        assert (document["DocumentType"], document["TargetType"]) == ("Command", "/AWS::EC2::Instance")
        content = document["Content"]
        assert set(content["parameters"]) == {"Key"}
        assert content["parameters"]["Key"]["allowedPattern"] == KEY_PATTERN
        (step,) = content["mainSteps"]
        assert (step["action"], step["inputs"]["timeoutSeconds"]) == ("aws:runShellScript", "120")
        assert json.dumps(step).count("{{") == 1

    def test_stores_below_the_prefix_that_the_instances_may_write_to(self, template: Template) -> None:
        lines = one(template, "AWS::SSM::Document")["Content"]["mainSteps"][0]["inputs"]["runCommand"]
        (stores,) = [line["Fn::Join"][1] for line in lines if isinstance(line, dict)]
        assert stores == [
            "  aws s3 cp --only-show-errors --region '",
            {"Ref": "AWS::Region"},
            "' - 's3://",
            {"Ref": the_id(template, "AWS::S3::Bucket")},
            "/",
            {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")},
            "/''{{ Key }}'",
        ]


# Stands for the AWS CLI: keeps what it is given, and says with what it was called.
AWS = """#!/bin/bash
printf '%s\\n' "$@" > "$OUT/arguments"
cat > "$OUT/archive.tar.gz"
exit "${AWS_EXIT:-0}"
"""


class Instance:
    """A machine with bash, tar and something that calls itself aws."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.out = folder / "out"
        self._bin = folder / "bin"
        for made in (self.files, self.out, self._bin):
            made.mkdir()
        (self._bin / "aws").write_text(AWS)
        (self._bin / "aws").chmod(0o755)
        self._script = folder / "_script.sh"

    def run(self, *paths: str, aws_exit: int = 0) -> subprocess.CompletedProcess[str]:
        """As the agent does: the parameter put in, the lines in a file, the file executed."""
        lines = collection_script(paths=paths, prefix="s3://logs/group", region="us-east-1")
        self._script.write_text("\n".join(lines).replace("{{ Key }}", KEY))
        self._script.chmod(0o755)
        environment = {**os.environ, "PATH": f"{self._bin}:{os.environ['PATH']}", "OUT": str(self.out)}
        return subprocess.run(
            [str(self._script)],
            env={**environment, "AWS_EXIT": str(aws_exit)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stored(self) -> dict[str, bytes]:
        with tarfile.open(self.out / "archive.tar.gz") as archive:
            files = [member for member in archive.getmembers() if member.isfile()]
            return {member.name: found.read() for member in files if (found := archive.extractfile(member))}

    def destination(self) -> list[str]:
        return (self.out / "arguments").read_text().splitlines()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


class TestTheScript:
    def test_stores_files_and_whole_folders(self, instance: Instance) -> None:
        (instance.files / "app" / "old").mkdir(parents=True)
        (instance.files / "app" / "old" / "a.log").write_text("a")
        (instance.files / "b.log").write_text("b")
        done = instance.run(f"{instance.files}/app", f"{instance.files}/b.log")
        assert (done.returncode, done.stdout) == (0, "")
        inside = str(instance.files).lstrip("/")
        assert instance.stored() == {f"{inside}/app/old/a.log": b"a", f"{inside}/b.log": b"b"}
        assert instance.destination() == [
            *("s3", "cp", "--only-show-errors", "--region", "us-east-1", "-"),
            f"s3://logs/group/{KEY}",
        ]

    def test_leaves_out_what_is_not_there(self, instance: Instance) -> None:
        (instance.files / "b.log").write_text("b")
        done = instance.run("/not/there", f"{instance.files}/b.log")
        assert done.returncode == 0
        assert "not there: /not/there\n" in done.stderr
        assert list(instance.stored().values()) == [b"b"]

    def test_fails_when_nothing_is_there(self, instance: Instance) -> None:
        done = instance.run("/not/there")
        assert (done.returncode, done.stderr.splitlines()[-1]) == (3, "none of the paths is there")
        assert not (instance.out / "arguments").exists()

    def test_fails_when_the_archive_can_not_be_stored(self, instance: Instance) -> None:
        (instance.files / "b.log").write_text("b")
        assert instance.run(str(instance.files), aws_exit=7).returncode == 7

    @pytest.mark.parametrize(
        "name", ["a b", "a'b", 'a"b', "$(touch hit)", "`touch hit`", "a;touch hit", "*", "-T", "a\\"]
    )
    def test_takes_any_path_for_a_path(self, instance: Instance, name: str) -> None:
        """Such paths are refused before; the script would stand them all the same."""
        (instance.files / name).write_text(name)
        (instance.files / "other").write_text("other")
        done = instance.run(f"{instance.files}/{name}")
        assert done.returncode == 0, done.stderr
        assert list(instance.stored().values()) == [name.encode()]
        assert not Path("hit").exists()

    def test_writes_nothing_on_the_instance(self, instance: Instance) -> None:
        """The disk may be what is full."""
        (instance.files / "b.log").write_text("b")
        text = "\n".join(collection_script(paths=[str(instance.files)], prefix="s3://b/g", region="r"))
        assert not {"mktemp", ">", "tee"} & set(shlex.split(text.replace(">&2", ""), comments=True))


class TestInOtherPlaces:
    def test_two_groups_of_a_stack_have_their_own(self, stack: cdk.Stack) -> None:
        for name in ("Blue", "Green"):
            group, role = fleet(stack, name)
            TerminationLogCollector(stack, f"{name}Logs", group=group, role=role)
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::S3::Bucket", 2)
        template.resource_count_is("AWS::AutoScaling::LifecycleHook", 2)

    def test_a_stage_holds_one(self, app: cdk.App) -> None:
        build(cdk.Stage(app, "Production")).resource_count_is("AWS::SSM::Document", 1)

    def test_a_role_that_was_made_elsewhere_may_write_too(self, stack: cdk.Stack) -> None:
        group, _ = fleet(stack)
        theirs = iam.Role.from_role_name(stack, "Theirs", "theirs")
        TerminationLogCollector(stack, "Logs", group=group, role=theirs)
        (found,) = statements(Template.from_stack(stack), "s3:PutObject")
        assert found["Roles"] == ["theirs"]


def test_every_problem_is_named_at_once(stack: cdk.Stack) -> None:
    group, role = fleet(stack)
    with pytest.raises(ValueError, match="can't be built") as raised:
        TerminationLogCollector(
            stack, "Logs", group=group, role=role, paths=["logs"], retention_days=0, timeout_seconds=5
        )
    assert str(raised.value) == (
        "TerminationLogCollector S/Logs can't be built:\n"
        "  - retention_days must be between 1 and 36500 days, got 0 days\n"
        "  - timeout_seconds must be between 30 and 840 s, got 5 s\n"
        "  - paths must be absolute, got 'logs': begin it with a slash"
    )
