"""Auto Scaling groups of the embedded AWS keep their instances: start, replace, hold and register them."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack, TemplateStack
from tests.local.network_types import VPC, get, ref, resource
from tests.local.programs import eventually, program

GROUP = "AutoScaling::AutoScalingGroup"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def group(**more: object) -> Mapping[str, object]:
    known = {
        "MinSize": "2",
        "MaxSize": "6",
        "VPCZoneIdentifier": [ref("Subnet"), ref("Other")],
        "HealthCheckGracePeriod": 0,
        "LaunchTemplate": {"LaunchTemplateId": ref("Template"), "Version": get("Template", "LatestVersionNumber")},
    }
    return resource(GROUP, **{**known, **more})


def template(fleet: Mapping[str, object], instance_type: str = "t4g.small", **more: object) -> dict[str, object]:
    other = {"VpcId": ref("Vpc"), "CidrBlock": "10.7.1.0/24", "AvailabilityZone": "us-east-1b"}
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    data = {"ImageId": "ami-0c2023a1b2c3d4e5f", "InstanceType": instance_type, "TagSpecifications": tags}
    return {
        "Resources": {
            **VPC,
            "Other": resource("EC2::Subnet", **other),
            "Template": resource("EC2::LaunchTemplate", LaunchTemplateData=data),
            "Fleet": fleet,
            **more,
        }
    }


class Fleet:
    """A deployed group."""

    def __init__(self, aws: EmbeddedAws, stack: TemplateStack) -> None:
        assert stack.settled() == "CREATE_COMPLETE", stack.failures()
        self.aws, self.stack = aws, stack
        self.name = stack.physical_id("Fleet")
        self.api = aws.client("autoscaling")

    def described(self) -> dict[str, Any]:
        found = self.api.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])["AutoScalingGroups"]
        return cast("dict[str, Any]", found[0])

    def instances(self, state: str = "InService") -> list[str]:
        found = self.described()["Instances"]
        return [one["InstanceId"] for one in found if one["LifecycleState"] == state]

    def targets(self, group_id: str) -> list[str]:
        api = self.aws.client("elbv2")
        found = api.describe_target_health(TargetGroupArn=self.stack.physical_id(group_id))
        return [one["Target"]["Id"] for one in found["TargetHealthDescriptions"]]

    def terminate(self, instance: str, *, fewer: bool = False) -> None:
        self.api.terminate_instance_in_auto_scaling_group(InstanceId=instance, ShouldDecrementDesiredCapacity=fewer)

    def mark(self, instance: str, *, in_grace: bool = True) -> None:
        self.api.set_instance_health(InstanceId=instance, HealthStatus="Unhealthy", ShouldRespectGracePeriod=in_grace)


Deploy = Callable[[Mapping[str, object]], Fleet]


@pytest.fixture
def deploy(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> Deploy:
    return lambda wanted: Fleet(embedded_aws, create_stack(embedded_aws, f"scaling-{uuid.uuid4().hex[:8]}", wanted))


@pytest.fixture
def fleet(deploy: Deploy) -> Fleet:
    return deploy(template(group()))


class TestInstances:
    def test_are_spread_over_the_zones_and_described_by_ec2(self, fleet: Fleet) -> None:
        found = fleet.described()["Instances"]
        reservations = fleet.aws.client("ec2").describe_instances(InstanceIds=fleet.instances())["Reservations"]
        described = [one for reservation in reservations for one in reservation["Instances"]]

        assert {one["AvailabilityZone"] for one in found} == {"us-east-1a", "us-east-1b"}
        assert {one["InstanceType"] for one in described} == {"t4g.small"}
        assert {one["PrivateIpAddress"].rpartition(".")[0] for one in described} == {"10.7.0", "10.7.1"}
        tags = {tag["Key"]: tag["Value"] for tag in described[0]["Tags"]}
        assert tags == {"Name": "web", "aws:autoscaling:groupName": fleet.name}

    def test_are_found_by_their_properties(self, fleet: Fleet) -> None:
        wanted = fleet.described()["Instances"][0]
        filters = [
            {"Name": "instance-id", "Values": [wanted["InstanceId"]]},
            {"Name": "availability-zone", "Values": [wanted["AvailabilityZone"]]},
        ]
        elsewhere = {"Name": "vpc-id", "Values": ["vpc-elsewhere"]}
        ec2 = fleet.aws.client("ec2")

        found = ec2.describe_instances(Filters=cast("Any", filters))["Reservations"]
        assert [one["InstanceId"] for each in found for one in each["Instances"]] == [wanted["InstanceId"]]
        assert ec2.describe_instances(Filters=cast("Any", [*filters, elsewhere]))["Reservations"] == []

    def test_of_a_mixed_fleet_have_its_types(self, deploy: Deploy) -> None:
        specification = {"LaunchTemplateId": ref("Template"), "Version": get("Template", "LatestVersionNumber")}
        overrides = [{"InstanceType": "m7g.large"}, {"InstanceType": "m6g.large"}]
        mixed = {"LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": overrides}}
        wanted = {
            key: value for key, value in dict(cast("Any", group()["Properties"])).items() if key != "LaunchTemplate"
        }

        fleet = deploy(template(resource(GROUP, **wanted, MixedInstancesPolicy=mixed)))

        assert {one["InstanceType"] for one in fleet.described()["Instances"]} == {"m7g.large", "m6g.large"}

    def test_come_and_go_with_the_desired_capacity(self, fleet: Fleet) -> None:
        fleet.api.set_desired_capacity(AutoScalingGroupName=fleet.name, DesiredCapacity=4)
        zones = Counter(one["AvailabilityZone"] for one in fleet.described()["Instances"])

        assert zones == {"us-east-1a": 2, "us-east-1b": 2}
        fleet.api.set_desired_capacity(AutoScalingGroupName=fleet.name, DesiredCapacity=2)
        assert len(fleet.described()["Instances"]) == 2

    def test_that_are_terminated_in_ec2_are_replaced(self, fleet: Fleet) -> None:
        before = set(fleet.instances())

        fleet.aws.client("ec2").terminate_instances(InstanceIds=[min(before)])

        eventually(lambda: min(before) not in fleet.instances() and len(fleet.instances()) == 2, "replacement")

    def test_that_are_unhealthy_are_replaced(self, fleet: Fleet) -> None:
        unhealthy = fleet.instances()[0]

        fleet.mark(unhealthy)

        eventually(lambda: unhealthy not in fleet.instances() and len(fleet.instances()) == 2, "replacement")

    def test_are_left_alone_in_their_grace_period(self, deploy: Deploy) -> None:
        fleet = deploy(template(group(HealthCheckGracePeriod=600)))

        fleet.mark(fleet.instances()[0])
        assert [one["HealthStatus"] for one in fleet.described()["Instances"]] == ["Healthy", "Healthy"]
        unhealthy = fleet.instances()[0]
        fleet.mark(unhealthy, in_grace=False)
        eventually(lambda: unhealthy not in fleet.instances(), "replacement")

    def test_end_without_a_replacement_when_that_is_asked_for(self, fleet: Fleet) -> None:
        fleet.api.set_desired_capacity(AutoScalingGroupName=fleet.name, DesiredCapacity=3)
        gone = fleet.instances()[0]

        fleet.terminate(gone, fewer=True)

        assert (gone in fleet.instances(), fleet.described()["DesiredCapacity"]) == (False, 2)
        with pytest.raises(fleet.api.exceptions.ClientError, match="desiredSize equals minSize"):
            fleet.terminate(fleet.instances()[0], fewer=True)

    def test_are_started_anew_from_a_new_launch_template_and_end_with_the_group(self, deploy: Deploy) -> None:
        fleet = deploy(template(group()))
        ec2, before = fleet.aws.client("ec2"), fleet.instances()

        assert fleet.stack.update(template(group(), "t4g.medium")) == "UPDATE_COMPLETE"

        assert {one["InstanceType"] for one in fleet.described()["Instances"]} == {"t4g.medium"}
        after = fleet.instances()
        assert fleet.stack.delete() == "DELETE_COMPLETE"
        reservations = ec2.describe_instances(InstanceIds=[*before, *after])["Reservations"]
        states = {one["State"]["Name"] for reservation in reservations for one in reservation["Instances"]}
        assert states == {"terminated"}

    def test_keep_the_number_that_scaling_has_made_of_them(self, fleet: Fleet) -> None:
        fleet.api.set_desired_capacity(AutoScalingGroupName=fleet.name, DesiredCapacity=5)

        fleet.stack.update(template(group(MaxSize="8")))

        assert fleet.described()["DesiredCapacity"] == 5


class TestProtectedInstances:
    @staticmethod
    def protect(fleet: Fleet, *instances: str, protected: bool = True) -> None:
        fleet.api.set_instance_protection(
            AutoScalingGroupName=fleet.name, InstanceIds=list(instances), ProtectedFromScaleIn=protected
        )

    def test_stay_when_the_group_shrinks_and_others_go(self, fleet: Fleet) -> None:
        oldest, other = fleet.instances()
        self.protect(fleet, oldest)

        fleet.api.update_auto_scaling_group(AutoScalingGroupName=fleet.name, MinSize=0, DesiredCapacity=0)

        assert fleet.instances() == [oldest]
        (described,) = fleet.api.describe_auto_scaling_instances(InstanceIds=[oldest])["AutoScalingInstances"]
        assert described["ProtectedFromScaleIn"]
        assert other not in fleet.instances()

    def test_go_as_soon_as_they_are_not_protected_any_more(self, fleet: Fleet) -> None:
        both = fleet.instances()
        self.protect(fleet, *both)
        fleet.api.update_auto_scaling_group(AutoScalingGroupName=fleet.name, MinSize=0, DesiredCapacity=0)
        assert fleet.instances() == both

        self.protect(fleet, both[0], protected=False)

        eventually(lambda: fleet.instances() == [both[1]], "end of the one")

    def test_are_replaced_when_they_are_unhealthy(self, fleet: Fleet) -> None:
        unhealthy = fleet.instances()[0]
        self.protect(fleet, unhealthy)

        fleet.mark(unhealthy)

        eventually(lambda: unhealthy not in fleet.instances() and len(fleet.instances()) == 2, "replacement")

    def test_are_of_the_group_and_in_service(self, fleet: Fleet) -> None:
        fleet.api.put_lifecycle_hook(
            AutoScalingGroupName=fleet.name, LifecycleHookName="slow", LifecycleTransition=TERMINATING
        )
        leaving = fleet.instances()[0]
        fleet.terminate(leaving)

        with pytest.raises(fleet.api.exceptions.ClientError, match=f"The instance {leaving} is not in InService"):
            self.protect(fleet, leaving)
        with pytest.raises(fleet.api.exceptions.ClientError, match="i-0 is not part of Auto Scaling group"):
            self.protect(fleet, "i-0")


class TestBehindALoadBalancer:
    @pytest.fixture
    def served(self, deploy: Deploy) -> Fleet:
        checks = {"HealthCheckPath": "/health", "UnhealthyThresholdCount": 2}
        targets = resource("ElasticLoadBalancingV2::TargetGroup", Port=80, Protocol="HTTP", VpcId=ref("Vpc"), **checks)
        fleet = group(TargetGroupARNs=[ref("Targets")], HealthCheckType="ELB")
        front = resource("ElasticLoadBalancingV2::LoadBalancer", Subnets=[ref("Subnet"), ref("Other")])
        forward = {"Type": "forward", "TargetGroupArn": ref("Targets")}
        listener = resource(
            "ElasticLoadBalancingV2::Listener",
            LoadBalancerArn=ref("Front"),
            Port=80,
            Protocol="HTTP",
            DefaultActions=[forward],
        )
        return deploy(template(fleet, Targets=targets, Front=front, Listener=listener))

    @staticmethod
    def zones(served: Fleet) -> set[str]:
        cloudwatch, arn = served.aws.client("cloudwatch"), served.stack.physical_id("Targets")
        found = cloudwatch.list_metrics(Namespace="AWS/ApplicationELB", MetricName="UnHealthyHostCount")["Metrics"]
        told = [{one["Name"]: one["Value"] for one in metric["Dimensions"]} for metric in found]
        return {one["AvailabilityZone"] for one in told if one["TargetGroup"] in arn and "AvailabilityZone" in one}

    def test_instances_are_its_targets(self, served: Fleet) -> None:
        assert sorted(served.targets("Targets")) == sorted(served.instances())

        served.terminate(served.instances()[0])

        assert sorted(served.targets("Targets")) == sorted(served.instances())

    def test_an_instance_whose_stand_in_fails_its_health_check_is_replaced(self, served: Fleet) -> None:
        failing = served.instances()[0]
        with program("web") as running:
            served.aws.stand_in(served.instances()[1], "127.0.0.1", running.port)
            eventually(lambda: self.zones(served) >= {"us-east-1a", "us-east-1b"}, "count of healthy targets by zone")
            running.healthy = False
            served.aws.stand_in(failing, "127.0.0.1", running.port)

            eventually(lambda: failing not in served.instances(), "replacement")


class TestSuspendedProcesses:
    def test_do_not_happen_until_they_are_resumed(self, fleet: Fleet) -> None:
        fleet.api.suspend_processes(AutoScalingGroupName=fleet.name, ScalingProcesses=["Launch", "AZRebalance"])

        fleet.terminate(fleet.instances()[0])

        suspended = [one["ProcessName"] for one in fleet.described()["SuspendedProcesses"]]
        assert (suspended, len(fleet.instances())) == (["Launch", "AZRebalance"], 1)
        fleet.api.resume_processes(AutoScalingGroupName=fleet.name)
        eventually(lambda: len(fleet.instances()) == 2, "replacement")
        assert fleet.described()["SuspendedProcesses"] == []

    def test_are_refused_by_a_name_that_there_is_not(self, fleet: Fleet) -> None:
        with pytest.raises(fleet.api.exceptions.ClientError, match="Invalid process types specified"):
            fleet.api.suspend_processes(AutoScalingGroupName=fleet.name, ScalingProcesses=["Sleep"])

    def test_are_refused_for_a_group_that_there_is_not(self, fleet: Fleet) -> None:
        with pytest.raises(fleet.api.exceptions.ClientError, match="AutoScalingGroup name not found"):
            fleet.api.suspend_processes(AutoScalingGroupName="none", ScalingProcesses=["Launch"])


class TestLifecycleHooks:
    @pytest.fixture
    def held(self, deploy: Deploy) -> Fleet:
        rule = resource(
            "Events::Rule",
            EventPattern={
                "source": ["aws.autoscaling"],
                "detail-type": ["EC2 Instance-terminate Lifecycle Action"],
                "detail": {"AutoScalingGroupName": [ref("Fleet")]},
            },
            Targets=[{"Id": "queue", "Arn": get("Events", "Arn")}],
        )
        hook = resource(
            "AutoScaling::LifecycleHook",
            AutoScalingGroupName=ref("Fleet"),
            LifecycleHookName="drain",
            LifecycleTransition=TERMINATING,
            NotificationTargetARN=get("Told", "Arn"),
            HeartbeatTimeout=300,
        )
        queue = resource("SQS::Queue")
        return deploy(template(group(), Events=queue, Told=queue, Rule=rule, Hook=hook))

    @staticmethod
    def next_message(fleet: Fleet, queue: str) -> dict[str, Any]:
        sqs = fleet.aws.client("sqs")
        url, bodies = fleet.stack.physical_id(queue), list[str]()

        def receive() -> bool:
            bodies.extend(one["Body"] for one in sqs.receive_message(QueueUrl=url).get("Messages", []))
            return bool(bodies)

        eventually(receive, f"message in {queue}")
        return cast("dict[str, Any]", json.loads(bodies[0]))

    def test_hold_an_instance_tell_about_it_and_let_it_go(self, held: Fleet) -> None:
        leaving = held.instances()[0]

        held.terminate(leaving)

        assert held.instances("Terminating:Wait") == [leaving]
        assert len(held.instances()) == 2
        event, told = self.next_message(held, "Events"), self.next_message(held, "Told")
        assert (event["source"], event["detail"]["EC2InstanceId"]) == ("aws.autoscaling", leaving)
        assert told["LifecycleActionToken"] == event["detail"]["LifecycleActionToken"]
        action = {"LifecycleHookName": "drain", "AutoScalingGroupName": held.name}
        held.api.record_lifecycle_action_heartbeat(**action, InstanceId=leaving)
        held.api.complete_lifecycle_action(
            **action, LifecycleActionToken=told["LifecycleActionToken"], LifecycleActionResult="CONTINUE"
        )
        assert held.instances("Terminating:Wait") == []
        with pytest.raises(held.api.exceptions.ClientError, match="No active Lifecycle Action found"):
            held.api.complete_lifecycle_action(**action, InstanceId=leaving, LifecycleActionResult="CONTINUE")

    def test_end_by_themselves_after_their_timeout(self, fleet: Fleet) -> None:
        fleet.api.put_lifecycle_hook(
            AutoScalingGroupName=fleet.name,
            LifecycleHookName="slow",
            LifecycleTransition=TERMINATING,
            HeartbeatTimeout=1,
        )
        leaving = fleet.instances()[0]

        fleet.terminate(leaving)

        assert fleet.instances("Terminating:Wait") == [leaving]
        eventually(lambda: fleet.instances("Terminating:Wait") == [], "end of the wait")

    def test_of_launches_hold_the_first_instances_and_replace_an_abandoned_one(self, deploy: Deploy) -> None:
        hook = {"LifecycleHookName": "warm", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}
        fleet = deploy(template(group(LifecycleHookSpecificationList=[hook])))
        action = {"LifecycleHookName": "warm", "AutoScalingGroupName": fleet.name}
        first, second = fleet.instances("Pending:Wait")

        fleet.api.complete_lifecycle_action(**action, InstanceId=first, LifecycleActionResult="CONTINUE")
        fleet.api.complete_lifecycle_action(**action, InstanceId=second, LifecycleActionResult="ABANDON")

        assert fleet.instances() == [first]
        assert len(fleet.instances("Pending:Wait")) == 1
        assert second not in fleet.instances("Pending:Wait")


class TestScalingPolicies:
    @staticmethod
    def policy(**more: object) -> Mapping[str, object]:
        return resource("AutoScaling::ScalingPolicy", AutoScalingGroupName=ref("Fleet"), **more)

    def test_of_steps_and_simple_ones_are_carried_out_within_the_limits(self, deploy: Deploy) -> None:
        steps = [
            {"ScalingAdjustment": 1, "MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 20},
            {"ScalingAdjustment": 9, "MetricIntervalLowerBound": 20},
        ]
        fleet = deploy(
            template(
                group(),
                Simple=self.policy(AdjustmentType="PercentChangeInCapacity", ScalingAdjustment=50),
                Steps=self.policy(PolicyType="StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=steps),
            )
        )

        fleet.api.execute_policy(PolicyName=fleet.stack.physical_id("Simple"))
        assert len(fleet.instances()) == 3
        steps_of = fleet.stack.physical_id("Steps")
        fleet.api.execute_policy(PolicyName=steps_of, MetricValue=60, BreachThreshold=50)
        assert len(fleet.instances()) == 4
        fleet.api.execute_policy(PolicyName=steps_of, MetricValue=90, BreachThreshold=50)
        assert len(fleet.instances()) == 6
        with pytest.raises(fleet.api.exceptions.ClientError, match="No policy found"):
            fleet.api.execute_policy(PolicyName="none")

    @pytest.mark.parametrize(
        ("percent", "least", "before", "after"), [(50, None, 5, 7), (10, None, 4, 5), (-10, None, 4, 3), (10, 2, 2, 4)]
    )
    def test_in_per_cent_are_rounded_towards_zero_and_change_something(
        self, percent: int, least: int | None, before: int, after: int, deploy: Deploy
    ) -> None:
        magnitude = {} if least is None else {"MinAdjustmentMagnitude": least}
        change = self.policy(AdjustmentType="PercentChangeInCapacity", ScalingAdjustment=percent, **magnitude)
        fleet = deploy(template(group(MaxSize="9"), Change=change))
        fleet.api.set_desired_capacity(AutoScalingGroupName=fleet.name, DesiredCapacity=before)

        fleet.api.execute_policy(PolicyName=fleet.stack.physical_id("Change"))

        assert fleet.described()["DesiredCapacity"] == after

    def test_are_carried_out_by_their_alarm(self, deploy: Deploy) -> None:
        alarm = resource(
            "CloudWatch::Alarm",
            Namespace="Test",
            MetricName=f"Load{uuid.uuid4().hex}",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=10,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[ref("Out")],
        )
        fleet = deploy(template(group(), Out=self.policy(ScalingAdjustment=1), Alarm=alarm))
        metric = cast("Any", alarm["Properties"])["MetricName"]

        data = [{"MetricName": metric, "Value": 11}]
        fleet.aws.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=cast("Any", data))

        eventually(lambda: len(fleet.instances()) == 3, "one more instance")

    def test_about_too_little_take_in_the_threshold_itself(self, deploy: Deploy) -> None:
        alarm = resource(
            "CloudWatch::Alarm",
            Namespace="Test",
            MetricName=f"Load{uuid.uuid4().hex}",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=10,
            ComparisonOperator="LessThanOrEqualToThreshold",
            AlarmActions=[ref("In")],
        )
        steps = [{"ScalingAdjustment": -1, "MetricIntervalUpperBound": 0}]
        policy = self.policy(PolicyType="StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=steps)
        fleet = deploy(template(group(MinSize="1", DesiredCapacity="3"), In=policy, Alarm=alarm))
        metric = cast("Any", alarm["Properties"])["MetricName"]

        data = [{"MetricName": metric, "Value": 10}]
        fleet.aws.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=cast("Any", data))

        eventually(lambda: len(fleet.instances()) == 2, "one instance less")

    def test_that_track_a_target_add_what_brings_the_metric_back_to_it(self, deploy: Deploy) -> None:
        metric = f"Busy{uuid.uuid4().hex}"
        custom = {"MetricName": metric, "Namespace": "Test", "Statistic": "Average"}
        tracking = {"TargetValue": 50, "CustomizedMetricSpecification": custom}
        policy = self.policy(PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=tracking)
        fleet = deploy(template(group(), Tracking=policy))
        cloudwatch = fleet.aws.client("cloudwatch")
        high = next(
            one["AlarmName"]
            for one in cloudwatch.describe_alarms(AlarmNamePrefix=f"TargetTracking-{fleet.name}")["MetricAlarms"]
            if "AlarmHigh" in one["AlarmName"]
        )

        cloudwatch.set_alarm_state(AlarmName=high, StateValue="OK", StateReason="test")
        cloudwatch.set_alarm_state(AlarmName=high, StateValue="ALARM", StateReason="test")

        # The threshold stands for a value that was not measured: as many as before.
        assert len(fleet.instances()) == 2


class TestTrackingOfMetricMath:
    @pytest.fixture
    def tracked(self, deploy: Deploy) -> Callable[..., Fleet]:
        def made(load: float, **more: object) -> Fleet:
            metric = f"Load{uuid.uuid4().hex}"
            stat = {"Metric": {"Namespace": "Test", "MetricName": metric}, "Stat": "Maximum"}
            queries = [
                {"Id": "load", "MetricStat": stat, "ReturnData": False},
                {"Id": "doubled", "Expression": "load * 2", "ReturnData": True},
            ]
            tracking = {"TargetValue": 10, "CustomizedMetricSpecification": {"Metrics": queries}, **more}
            policy = TestScalingPolicies.policy(
                PolicyType="TargetTrackingScaling", EstimatedInstanceWarmup=1, TargetTrackingConfiguration=tracking
            )
            fleet = deploy(template(group(MinSize="1", DesiredCapacity="2"), Tracking=policy))
            data = [{"MetricName": metric, "Value": load}]
            fleet.aws.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=cast("Any", data))
            return fleet

        return made

    @staticmethod
    def alarms(fleet: Fleet) -> list[str]:
        prefix = f"TargetTracking-{fleet.name}-"
        found = fleet.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
        return sorted(one["AlarmName"].removeprefix(prefix).split("-")[0] for one in found)

    def test_adds_what_is_missing_and_goes_on_while_it_is(self, tracked: Callable[..., Fleet]) -> None:
        fleet = tracked(load=7)

        # Half as much again as is wanted of each: three, then five, then all that there may be.
        eventually(lambda: len(fleet.instances()) == 3, "one more instance")
        eventually(lambda: len(fleet.instances()) == 6, "more and more instances")

    def test_takes_away_what_is_too_much(self, tracked: Callable[..., Fleet]) -> None:
        fleet = tracked(load=1)

        eventually(lambda: len(fleet.instances()) == 1, "one instance less")

    def test_takes_nothing_away_where_that_is_disabled(self, tracked: Callable[..., Fleet]) -> None:
        assert self.alarms(tracked(load=1, DisableScaleIn=True)) == ["AlarmHigh"]

    def test_ends_with_its_policy(self, tracked: Callable[..., Fleet]) -> None:
        fleet = tracked(load=5)
        assert self.alarms(fleet) == ["AlarmHigh", "AlarmLow"]

        fleet.stack.delete()

        assert self.alarms(fleet) == []


def test_a_group_that_collects_metrics_publishes_its_size(deploy: Deploy) -> None:
    fleet = deploy(template(group(MetricsCollection=[{"Granularity": "1Minute"}])))
    cloudwatch = fleet.aws.client("cloudwatch")

    def published() -> set[str]:
        dimensions = [{"Name": "AutoScalingGroupName", "Value": fleet.name}]
        found = cloudwatch.list_metrics(Namespace="AWS/AutoScaling", Dimensions=cast("Any", dimensions))["Metrics"]
        return {one["MetricName"] for one in found}

    wanted = {"GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances"}
    eventually(lambda: wanted <= published(), "metrics of the group")


def test_signals_that_nothing_could_send_are_not_waited_for(
    embedded_aws: EmbeddedAws, create_stack: CreateStack
) -> None:
    waiting = {
        **group(),
        "CreationPolicy": {"ResourceSignal": {"Count": 2, "Timeout": "PT10M"}},
        "UpdatePolicy": {"AutoScalingRollingUpdate": {"WaitOnResourceSignals": True, "PauseTime": "PT10M"}},
    }

    stack = create_stack(embedded_aws, f"signals-{uuid.uuid4().hex[:8]}", template(waiting))

    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
