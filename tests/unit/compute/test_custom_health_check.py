"""What a health check of one's own promises, and what it is not allowed to do."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns._validation import Problems
from aws_patterns.compute.custom_health_check import CustomHealthCheck
from aws_patterns.compute.custom_health_options import CustomHealth, check_custom_health, check_port


def network(stack: cdk.Stack, id: str = "Vpc") -> ec2.Vpc:
    return ec2.Vpc(stack, id, max_azs=2, restrict_default_security_group=False)


def fleet(stack: cdk.Stack, vpc: ec2.IVpc, id: str = "Fleet") -> autoscaling.AutoScalingGroup:
    return autoscaling.AutoScalingGroup(
        stack,
        id,
        vpc=vpc,
        instance_type=ec2.InstanceType("t4g.micro"),
        machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}),
        security_group=ec2.SecurityGroup(stack, f"{id}Own", vpc=vpc, description="Instances"),
    )


def build(scope: Any = None, **props: Any) -> Template:
    scope = scope or cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(scope, "S", env=cdk.Environment(region="us-east-1"))
    vpc = network(stack)
    group = fleet(stack, vpc)
    CustomHealthCheck(stack, "Health", **{"group": group, "vpc": vpc, "instances": group, "port": 8080, **props})
    return Template.from_stack(stack)


def one(template: Template, kind: str) -> dict[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found["Properties"])


def the_id(template: Template, kind: str, **properties: object) -> str:
    (found,) = template.find_resources(kind, {"Properties": properties} if properties else None)
    return found


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = (alarm["Properties"] for alarm in template.find_resources("AWS::CloudWatch::Alarm").values())
    return {alarm["MetricName"]: alarm for alarm in found}


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestTheCheck:
    def test_runs_every_minute(self, template: Template) -> None:
        rule = one(template, "AWS::Events::Rule")
        assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
        (target,) = rule["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [the_id(template, "AWS::Lambda::Function"), "Arn"]}

    def test_runs_as_often_as_asked(self) -> None:
        assert one(build(interval_minutes=5), "AWS::Events::Rule")["ScheduleExpression"] == "rate(5 minutes)"

    def test_is_not_repeated_late(self, template: Template) -> None:
        (target,) = one(template, "AWS::Events::Rule")["Targets"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert one(template, "AWS::Lambda::EventInvokeConfig")["MaximumRetryAttempts"] == 0

    def test_is_careful_by_default(self, template: Template) -> None:
        assert one(template, "AWS::Lambda::Function")["Environment"]["Variables"] == {
            "POWERTOOLS_SERVICE_NAME": "fleet_health_check",
            "POWERTOOLS_METRICS_NAMESPACE": "AwsPatterns/Fleet",
            "GROUP": {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")},
            "PORT": "8080",
            "HEALTH_PATH": "/health",
            "TLS": "false",
            "ATTEMPTS": "3",
            "ATTEMPT_TIMEOUT_SECONDS": "2",
            "MAXIMUM_UNHEALTHY_PERCENT": "50",
        }

    def test_asks_what_it_is_told_to(self) -> None:
        function = one(
            build(
                path="/deep?all=1",
                tls=True,
                attempts=10,
                attempt_timeout_seconds=10,
                maximum_unhealthy_percent=100,
            ),
            "AWS::Lambda::Function",
        )
        asked = function["Environment"]["Variables"]
        assert (asked["HEALTH_PATH"], asked["TLS"], asked["ATTEMPTS"]) == ("/deep?all=1", "true", "10")
        assert (asked["ATTEMPT_TIMEOUT_SECONDS"], asked["MAXIMUM_UNHEALTHY_PERCENT"]) == ("10", "100")
        assert 10 * 11 < function["Timeout"] <= 900


class TestInTheNetwork:
    def test_it_works_in_the_private_subnets(self, template: Template) -> None:
        placed = one(template, "AWS::Lambda::Function")["VpcConfig"]
        private = {
            name
            for name, subnet in template.find_resources("AWS::EC2::Subnet").items()
            if {"Key": "aws-cdk:subnet-type", "Value": "Private"} in subnet["Properties"]["Tags"]
        }
        assert {found["Ref"] for found in placed["SubnetIds"]} == private
        own = the_id(
            template,
            "AWS::EC2::SecurityGroup",
            GroupDescription="The health check of a fleet: to its instances and to AWS",
        )
        assert placed["SecurityGroupIds"] == [{"Fn::GetAtt": [own, "GroupId"]}]

    def test_it_works_where_it_is_told_to(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        group = fleet(stack, vpc)
        chosen = ec2.SubnetSelection(subnets=[vpc.private_subnets[1]])
        CustomHealthCheck(stack, "Health", group=group, vpc=vpc, instances=group, port=80, subnets=chosen)
        (subnet,) = one(Template.from_stack(stack), "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"]
        assert subnet == stack.resolve(vpc.private_subnets[1].subnet_id)

    def test_the_instances_let_in_the_check_alone_and_on_their_port_alone(self, template: Template) -> None:
        (rule,) = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
        found = rule["Properties"]
        own = the_id(
            template,
            "AWS::EC2::SecurityGroup",
            GroupDescription="The health check of a fleet: to its instances and to AWS",
        )
        instances = the_id(template, "AWS::EC2::SecurityGroup", GroupDescription="Instances")
        assert (found["IpProtocol"], found["FromPort"], found["ToPort"]) == ("tcp", 8080, 8080)
        assert found["GroupId"] == {"Fn::GetAtt": [instances, "GroupId"]}
        assert found["SourceSecurityGroupId"] == {"Fn::GetAtt": [own, "GroupId"]}

    def test_it_reaches_the_instances_and_aws_only(self, template: Template) -> None:
        own = template.find_resources(
            "AWS::EC2::SecurityGroup",
            {"Properties": {"GroupDescription": "The health check of a fleet: to its instances and to AWS"}},
        )
        (group,) = own.values()
        (to_aws,) = group["Properties"]["SecurityGroupEgress"]
        assert (to_aws["FromPort"], to_aws["ToPort"], to_aws["CidrIp"]) == (443, 443, "0.0.0.0/0")
        (to_instances,) = template.find_resources("AWS::EC2::SecurityGroupEgress").values()
        assert to_instances["Properties"]["FromPort"] == 8080
        assert "SecurityGroupIngress" not in group["Properties"]


class TestThePermissions:
    @pytest.fixture
    def allowed(self, template: Template) -> dict[str, Any]:
        role = one(template, "AWS::Lambda::Function")["Role"]["Fn::GetAtt"][0]
        found: dict[str, Any] = {}
        for policy in template.find_resources("AWS::IAM::Policy").values():
            if {"Ref": role} in policy["Properties"]["Roles"]:
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                    actions = statement["Action"]
                    found |= dict.fromkeys([actions] if isinstance(actions, str) else actions, statement["Resource"])
        return found

    def test_mark_instances_of_this_group_only(self, template: Template, allowed: dict[str, Any]) -> None:
        group = {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")}
        marked = allowed["autoscaling:SetInstanceHealth"]["Fn::Join"][1]
        assert marked[-2:] == [":autoScalingGroup:*:autoScalingGroupName/", group]

    def test_are_those_of_the_work_and_of_a_function_in_a_network(self, allowed: dict[str, Any]) -> None:
        assert set(allowed) == {
            *("autoscaling:SetInstanceHealth", "autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"),
            *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
            *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"),
            *("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        }

    def test_are_there_before_the_first_check(self, template: Template) -> None:
        (rule,) = template.find_resources("AWS::Events::Rule").values()
        assert set(rule["DependsOn"]) & set(template.find_resources("AWS::IAM::Policy"))

    def test_to_work_in_a_network_are_there_before_the_function(self, template: Template) -> None:
        (function,) = template.find_resources("AWS::Lambda::Function").values()
        (policy,) = (
            name
            for name, found in template.find_resources("AWS::IAM::Policy").items()
            if "ec2:CreateNetworkInterface" in str(found)
        )
        assert policy in function["DependsOn"]


class TestTheAlarms:
    def test_rise_when_replacements_are_held_back(self, template: Template) -> None:
        alarm = alarms(template)["ReplacementsHeldBack"]
        assert (alarm["Threshold"], alarm["Statistic"], alarm["Period"]) == (1, "Sum", 60)
        assert alarm["Dimensions"] == [
            {"Name": "AutoScalingGroupName", "Value": {"Ref": the_id(template, "AWS::AutoScaling::AutoScalingGroup")}},
            {"Name": "service", "Value": "fleet_health_check"},
        ]

    def test_rise_when_the_check_fails_twice(self, template: Template) -> None:
        assert (alarms(template)["Errors"]["Threshold"], alarms(template)["Errors"]["EvaluationPeriods"]) == (1, 2)

    def test_rise_when_nothing_is_heard_of_the_check(self) -> None:
        alarm = alarms(build(interval_minutes=5))["InstancesChecked"]
        assert (alarm["TreatMissingData"], alarm["EvaluationPeriods"], alarm["Period"]) == ("breaching", 3, 300)
        assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("SampleCount", "LessThanOrEqualToThreshold")

    def test_tell_the_topic(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        group = fleet(stack, vpc)
        topic = sns.Topic(stack, "Operators")
        CustomHealthCheck(stack, "Health", group=group, vpc=vpc, instances=group, port=80, alarm_topic=topic)
        for alarm in alarms(Template.from_stack(stack)).values():
            assert alarm["AlarmActions"] == [stack.resolve(topic.topic_arn)]


class TestInOtherPlaces:
    def test_two_checks_of_a_stack_are_apart(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        for name in ("Blue", "Green"):
            group = fleet(stack, vpc, name)
            CustomHealthCheck(stack, f"{name}Health", group=group, vpc=vpc, instances=group, port=80)
        Template.from_stack(stack).resource_count_is("AWS::Events::Rule", 2)

    def test_a_stage_holds_one(self, app: cdk.App) -> None:
        build(cdk.Stage(app, "Production")).resource_count_is("AWS::Events::Rule", 1)

    def test_it_checks_a_group_that_was_made_elsewhere(self, stack: cdk.Stack) -> None:
        group = autoscaling.AutoScalingGroup.from_auto_scaling_group_name(stack, "Theirs", "theirs")
        vpc = ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
        )
        own = ec2.SecurityGroup.from_security_group_id(stack, "Own", "sg-1")
        CustomHealthCheck(stack, "Health", group=group, vpc=vpc, instances=own, port=80)
        template = Template.from_stack(stack)
        assert one(template, "AWS::Lambda::Function")["Environment"]["Variables"]["GROUP"] == "theirs"
        assert one(template, "AWS::EC2::SecurityGroupIngress")["GroupId"] == "sg-1"


class TestOptions:
    def problems(self, **health: Any) -> list[str]:
        problems = Problems("Health")
        check_custom_health(problems, CustomHealth(**health))
        return problems.found

    def test_need_nothing_to_be_said(self) -> None:
        assert self.problems() == []

    @pytest.mark.parametrize("path", ["/", "/health", "/a/b.php?x=1&y=%20", "/~me/;v=1,2"])
    def test_take_any_path(self, path: str) -> None:
        assert self.problems(path=path) == []

    @pytest.mark.parametrize("path", ["", "health", "/a b", "/a\r\nHost: x", "/caf\u00e9", "/" + "a" * 1024, "/#x"])
    def test_refuse_what_is_no_path(self, path: str) -> None:
        assert self.problems(path=path) == [
            "custom_health.path must begin with a slash and hold up to 1024 characters of a URL's path and query, "
            f"without spaces, got {path!r}"
        ]

    def test_let_a_path_through_that_is_known_at_deployment(self) -> None:
        assert self.problems(path=cdk.Fn.import_value("path")) == []

    @pytest.mark.parametrize("port", [0, 65_536])
    def test_refuse_what_is_no_port(self, port: int) -> None:
        problems = Problems("Health")
        check_port(problems, port)
        assert problems.found == [f"port must be between 1 and 65535, got {port}"]


def test_every_problem_is_named_at_once(stack: cdk.Stack) -> None:
    vpc = network(stack)
    group = fleet(stack, vpc)
    with pytest.raises(ValueError, match="can't be built") as raised:
        CustomHealthCheck(
            stack,
            "Health",
            group=group,
            vpc=vpc,
            instances=group,
            port=0,
            path="health",
            interval_minutes=0,
            attempts=11,
            attempt_timeout_seconds=60,
            maximum_unhealthy_percent=0,
        )
    assert str(raised.value) == (
        "CustomHealthCheck S/Health can't be built:\n"
        "  - port must be between 1 and 65535, got 0\n"
        "  - interval_minutes must be between 1 and 60 minutes, got 0 minutes\n"
        "  - attempts must be between 1 and 10, got 11\n"
        "  - attempt_timeout_seconds must be between 1 and 10 s, got 60 s\n"
        "  - maximum_unhealthy_percent must be between 1 and 100 %, got 0 %\n"
        "  - path must begin with a slash and hold up to 1024 characters of a URL's path and query, without spaces, "
        "got 'health'"
    )
