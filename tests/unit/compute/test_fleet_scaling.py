"""What a fleet's scaling policies become in its template."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk.assertions import Annotations, Match, Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.fleet_scaling import FleetScaling
from aws_patterns.compute.scaling_policies import (
    AdjustmentType,
    CpuTarget,
    CustomMetric,
    CustomMetricTarget,
    FleetMetric,
    MaxCapacityBehavior,
    MemoryTarget,
    NetworkInTarget,
    NetworkOutTarget,
    PredictiveMode,
    PredictiveScaling,
    RequestsPerTarget,
    ScalingPolicy,
    ScheduledScaling,
    SimpleScaling,
    Statistic,
    Step,
    StepScaling,
)
from tests.unit.compute.groups import make_group

CAPACITY = Capacity(minimum=2, maximum=8)
BACKLOG = CustomMetric(
    namespace="Shop", metric_name="Backlog", statistic=Statistic.MAXIMUM, dimensions={"Shop": "Vienna"}, of_group=True
)

# One of each kind that may stand beside the others.
POLICIES: tuple[ScalingPolicy, ...] = (
    CpuTarget(percent=50),
    RequestsPerTarget(requests_per_minute=1000),
    NetworkInTarget(bytes_per_minute=5e6, disable_scale_in=True),
    MemoryTarget(percent=75),
    CustomMetricTarget(name="Backlog", metric=BACKLOG, target=4.5),
    StepScaling(
        name="Out",
        metric=FleetMetric.NETWORK_OUT,
        steps=[Step(lower=0.3, change=100), Step(lower=0.1, upper=0.3, change=50)],
        adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
        min_adjustment_magnitude=2,
        periods=2,
    ),
    StepScaling(
        name="In",
        metric=FleetMetric.NETWORK_OUT,
        steps=[Step(lower=0.01, upper=0.02, change=-1), Step(upper=0.01, change=-2)],
    ),
    SimpleScaling(
        name="Errors",
        metric=CustomMetric(namespace="Shop", metric_name="Errors", statistic=Statistic.SUM),
        at_least=10,
        change=1,
        cooldown_seconds=600,
    ),
    PredictiveScaling(
        target=900,
        metric=FleetMetric.REQUESTS_PER_TARGET,
        mode=PredictiveMode.FORECAST_AND_SCALE,
        max_capacity=MaxCapacityBehavior.INCREASE,
        max_capacity_buffer_percent=10,
    ),
    ScheduledScaling(name="Morning", recurrence="45 7 * * 1-5", time_zone="Europe/Vienna", minimum=4, maximum=8),
    ScheduledScaling(name="Evening", recurrence="0 18 * * 1-5", time_zone="Europe/Vienna", minimum=2, maximum=8),
    ScheduledScaling(name="Sale", start="2027-11-26T06:00:00Z", minimum=6, desired=8, maximum=20),
)


def make_target_group(scope: cdk.Stack, group: autoscaling.AutoScalingGroup) -> elbv2.ApplicationTargetGroup:
    balancer = elbv2.ApplicationLoadBalancer(scope, "Balancer", vpc=group.node.scope.node.find_child("GroupVpc"))  # type: ignore[union-attr,arg-type]  # it is there
    return balancer.add_listener("Listener", port=80, open=False).add_targets("Fleet", port=80, targets=[group])


Build = Callable[..., tuple[FleetScaling, Template]]


@pytest.fixture
def build(stack: cdk.Stack) -> Build:
    def make(*policies: ScalingPolicy, **options: Any) -> tuple[FleetScaling, Template]:
        group = make_group(stack, CAPACITY)
        target_group = make_target_group(stack, group) if options.pop("behind_load_balancer", False) else None
        options = {"capacity": CAPACITY, **options}
        scaling = FleetScaling(stack, "Scaling", group=group, policies=policies, target_group=target_group, **options)
        return scaling, Template.from_stack(stack)

    return make


@pytest.fixture(scope="module")
def whole() -> tuple[FleetScaling, Template]:
    """Every kind of policy at once."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    group = make_group(stack, CAPACITY)
    scaling = FleetScaling(
        stack,
        "Scaling",
        group=group,
        policies=POLICIES,
        capacity=CAPACITY,
        target_group=make_target_group(stack, group),
        warm_up_seconds=240,
    )
    return scaling, Template.from_stack(stack)


@pytest.fixture(scope="module")
def template(whole: tuple[FleetScaling, Template]) -> Template:
    return whole[1]


def found(template: Template, kind: str, properties: object) -> dict[str, Any]:
    resources = template.find_resources(kind, {"Properties": properties})
    (only,) = resources.values()
    return dict(only)


def policy(template: Template, **properties: object) -> dict[str, Any]:
    return found(template, "AWS::AutoScaling::ScalingPolicy", properties)


def group_reference(template: Template) -> object:
    (name,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup")
    return {"Ref": name}


def tracking(template: Template, target: float) -> dict[str, Any]:
    made = policy(template, TargetTrackingConfiguration={"TargetValue": target})["Properties"]
    assert made["PolicyType"] == "TargetTrackingScaling"
    assert made["AutoScalingGroupName"] == group_reference(template)
    return dict(made["TargetTrackingConfiguration"])


class TestTargets:
    def test_for_the_processors_are_those_of_the_whole_fleet(self, template: Template) -> None:
        assert tracking(template, 50) == {
            "TargetValue": 50,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "DisableScaleIn": False,
        }

    def test_for_traffic_may_leave_shrinking_to_others(self, template: Template) -> None:
        assert tracking(template, 5e6) == {
            "TargetValue": 5e6,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageNetworkIn"},
            "DisableScaleIn": True,
        }

    def test_for_outgoing_traffic_are_its_average(self, build: Build) -> None:
        _, template = build(NetworkOutTarget(bytes_per_minute=7))
        specification = tracking(template, 7)["PredefinedMetricSpecification"]
        assert specification == {"PredefinedMetricType": "ASGAverageNetworkOut"}

    def test_for_memory_are_what_the_agent_reports_of_this_fleet(self, template: Template) -> None:
        assert tracking(template, 75)["CustomizedMetricSpecification"] == {
            "Namespace": "CWAgent",
            "MetricName": "mem_used_percent",
            "Statistic": "Average",
            "Dimensions": [{"Name": "AutoScalingGroupName", "Value": group_reference(template)}],
        }

    def test_for_other_metrics_have_their_dimensions_and_the_fleets(self, template: Template) -> None:
        assert tracking(template, 4.5)["CustomizedMetricSpecification"] == {
            "Namespace": "Shop",
            "MetricName": "Backlog",
            "Statistic": "Maximum",
            "Dimensions": [
                {"Name": "AutoScalingGroupName", "Value": group_reference(template)},
                {"Name": "Shop", "Value": "Vienna"},
            ],
        }

    def test_for_metrics_of_the_cdk_are_taken_as_they_are(self, build: Build) -> None:
        metric = cloudwatch.Metric(namespace="Shop", metric_name="Load", statistic="Sum")
        _, template = build(CustomMetricTarget(name="Load", metric=metric, target=3))
        assert tracking(template, 3)["CustomizedMetricSpecification"] == {
            "Namespace": "Shop",
            "MetricName": "Load",
            "Statistic": "Sum",
        }

    def test_for_requests_name_load_balancer_and_target_group_and_wait_for_the_listener(
        self, template: Template
    ) -> None:
        made = policy(template, TargetTrackingConfiguration={"TargetValue": 1000})
        specification = made["Properties"]["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]
        assert specification["PredefinedMetricType"] == "ALBRequestCountPerTarget"
        (listener,) = template.find_resources("AWS::ElasticLoadBalancingV2::Listener")
        (target_group,) = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup")
        label = str(specification["ResourceLabel"])
        assert f"'Fn::GetAtt': ['{target_group}', 'TargetGroupFullName']" in label
        assert label.count(f"'Ref': '{listener}'") == 3, "the load balancer's full name, out of the listener's"
        assert listener in made["DependsOn"]


class TestSteps:
    def test_are_distances_from_the_threshold_of_their_alarm(self, template: Template) -> None:
        made = policy(template, PolicyType="StepScaling", AdjustmentType="PercentChangeInCapacity")["Properties"]
        assert made["StepAdjustments"] == [
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 0.2, "ScalingAdjustment": 50},
            {"MetricIntervalLowerBound": 0.2, "ScalingAdjustment": 100},
        ]
        assert made["MinAdjustmentMagnitude"] == 2
        assert made["MetricAggregationType"] == "Average"

    def test_downwards_end_at_the_threshold(self, template: Template) -> None:
        made = policy(template, PolicyType="StepScaling", AdjustmentType="ChangeInCapacity")["Properties"]
        assert made["StepAdjustments"] == [
            {"MetricIntervalUpperBound": -0.01, "ScalingAdjustment": -2},
            {"MetricIntervalLowerBound": -0.01, "MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
        ]

    @pytest.mark.parametrize(
        ("threshold", "comparison", "periods", "kind"),
        [
            (0.1, "GreaterThanOrEqualToThreshold", 2, {"AdjustmentType": "PercentChangeInCapacity"}),
            (
                0.02,
                "LessThanOrEqualToThreshold",
                3,
                {"AdjustmentType": "ChangeInCapacity", "PolicyType": "StepScaling"},
            ),
        ],
    )
    def test_are_started_by_an_alarm_about_this_fleet(
        self, template: Template, threshold: float, comparison: str, periods: int, kind: dict[str, str]
    ) -> None:
        alarm = found(template, "AWS::CloudWatch::Alarm", {"Threshold": threshold})["Properties"]
        (started,) = template.find_resources("AWS::AutoScaling::ScalingPolicy", {"Properties": kind})
        expected = {
            "Namespace": "AWS/EC2",
            "MetricName": "NetworkOut",
            "Statistic": "Average",
            "Dimensions": [{"Name": "AutoScalingGroupName", "Value": group_reference(template)}],
            "ComparisonOperator": comparison,
            "EvaluationPeriods": periods,
            "Period": 60,
            "TreatMissingData": "missing",
            "AlarmActions": [{"Ref": started}],
        }
        assert {key: alarm[key] for key in expected} == expected

    @pytest.mark.parametrize(("statistic", "aggregation"), [("Minimum", "Minimum"), ("p99", "Average")])
    def test_aggregate_as_their_metric_does_where_auto_scaling_can(
        self, build: Build, statistic: str, aggregation: str
    ) -> None:
        metric = cloudwatch.Metric(namespace="Shop", metric_name="Latency", statistic=statistic)
        _, template = build(StepScaling(name="Out", metric=metric, steps=[Step(lower=1, change=1)]))
        assert policy(template, PolicyType="StepScaling")["Properties"]["MetricAggregationType"] == aggregation

    def test_may_watch_an_expression_over_several_metrics(self, build: Build) -> None:
        parts = {name: cloudwatch.Metric(namespace="Shop", metric_name=name) for name in ("a", "b")}
        expression = cloudwatch.MathExpression(expression="a / b", using_metrics=parts)
        _, template = build(StepScaling(name="Out", metric=expression, steps=[Step(lower=1, change=1)]))
        (alarm,) = template.find_resources("AWS::CloudWatch::Alarm").values()
        assert [part.get("Expression") for part in alarm["Properties"]["Metrics"]] == ["a / b", None, None]

    def test_may_count_requests(self, build: Build) -> None:
        policy = StepScaling(name="Out", metric=FleetMetric.REQUESTS_PER_TARGET, steps=[Step(lower=1000, change=1)])
        _, template = build(policy, behind_load_balancer=True)
        (alarm,) = template.find_resources("AWS::CloudWatch::Alarm").values()
        assert alarm["Properties"]["MetricName"] == "RequestCountPerTarget"
        assert alarm["Properties"]["Statistic"] == "Sum"
        assert {found["Name"] for found in alarm["Properties"]["Dimensions"]} == {"LoadBalancer", "TargetGroup"}


def test_a_simple_policy_changes_and_then_pauses(template: Template) -> None:
    made = policy(template, PolicyType="SimpleScaling")["Properties"]
    assert made == {
        "PolicyType": "SimpleScaling",
        "AutoScalingGroupName": group_reference(template),
        "AdjustmentType": "ChangeInCapacity",
        "ScalingAdjustment": 1,
        "Cooldown": "600",
    }
    alarm = found(template, "AWS::CloudWatch::Alarm", {"MetricName": "Errors"})["Properties"]
    (started,) = template.find_resources("AWS::AutoScaling::ScalingPolicy", {"Properties": made})
    assert alarm["AlarmActions"] == [{"Ref": started}]
    assert alarm["Threshold"] == 10


def test_a_forecast_counts_requests_and_says_what_happens_at_the_maximum(template: Template) -> None:
    made = policy(template, PolicyType="PredictiveScaling")
    configuration = made["Properties"]["PredictiveScalingConfiguration"]
    (specification,) = configuration.pop("MetricSpecifications")
    assert configuration == {
        "Mode": "ForecastAndScale",
        "SchedulingBufferTime": 300,
        "MaxCapacityBreachBehavior": "IncreaseMaxCapacity",
        "MaxCapacityBuffer": 10,
    }
    assert specification["TargetValue"] == 900
    pair = specification["PredefinedMetricPairSpecification"]
    assert pair["PredefinedMetricType"] == "ALBRequestCount"
    assert "TargetGroupFullName" in str(pair["ResourceLabel"])
    (listener,) = template.find_resources("AWS::ElasticLoadBalancingV2::Listener")
    assert listener in made["DependsOn"]


@pytest.mark.parametrize(
    ("metric", "pair"),
    [
        (FleetMetric.CPU, "ASGCPUUtilization"),
        (FleetMetric.NETWORK_IN, "ASGNetworkIn"),
        (FleetMetric.NETWORK_OUT, "ASGNetworkOut"),
    ],
)
def test_a_forecast_is_only_looked_at_unless_told_otherwise(build: Build, metric: FleetMetric, pair: str) -> None:
    _, template = build(PredictiveScaling(target=50, metric=metric))
    made = policy(template, PolicyType="PredictiveScaling")["Properties"]["PredictiveScalingConfiguration"]
    assert made == {
        "MetricSpecifications": [
            {"TargetValue": 50, "PredefinedMetricPairSpecification": {"PredefinedMetricType": pair}}
        ],
        "Mode": "ForecastOnly",
        "SchedulingBufferTime": 300,
        "MaxCapacityBreachBehavior": "HonorMaxCapacity",
    }


class TestSchedules:
    def test_recur_in_their_time_zone(self, template: Template) -> None:
        assert found(template, "AWS::AutoScaling::ScheduledAction", {"Recurrence": "45 7 * * 1-5"})["Properties"] == {
            "AutoScalingGroupName": group_reference(template),
            "Recurrence": "45 7 * * 1-5",
            "TimeZone": "Europe/Vienna",
            "MinSize": 4,
            "MaxSize": 8,
        }

    def test_happen_once_in_utc(self, template: Template) -> None:
        start = {"StartTime": "2027-11-26T06:00:00Z"}
        assert found(template, "AWS::AutoScaling::ScheduledAction", start)["Properties"] == {
            "AutoScalingGroupName": group_reference(template),
            "StartTime": "2027-11-26T06:00:00Z",
            "MinSize": 6,
            "MaxSize": 20,
            "DesiredCapacity": 8,
        }


def test_an_instance_counts_when_it_is_warm_and_policies_leave_that_to_the_group(template: Template) -> None:
    template.has_resource_properties("AWS::AutoScaling::AutoScalingGroup", {"DefaultInstanceWarmup": 240})
    for made in template.find_resources("AWS::AutoScaling::ScalingPolicy").values():
        assert "EstimatedInstanceWarmup" not in made["Properties"]


def test_the_groups_own_warm_up_is_left_alone(build: Build) -> None:
    _, template = build(CpuTarget(percent=50))
    template.has_resource_properties("AWS::AutoScaling::AutoScalingGroup", {"DefaultInstanceWarmup": Match.absent()})


def test_every_policy_and_every_alarm_is_found_by_its_name(whole: tuple[FleetScaling, Template]) -> None:
    scaling, template = whole
    assert list(scaling.policies) == [policy.name for policy in POLICIES]
    assert list(scaling.alarms) == ["Out", "In", "Errors"]
    template.resource_count_is("AWS::AutoScaling::ScalingPolicy", 9)
    template.resource_count_is("AWS::AutoScaling::ScheduledAction", 3)
    template.resource_count_is("AWS::CloudWatch::Alarm", 3)


def test_manual_scaling_makes_nothing(build: Build) -> None:
    scaling, template = build()
    assert scaling.policies == {}
    template.resource_count_is("AWS::AutoScaling::ScalingPolicy", 0)
    template.resource_count_is("AWS::CloudWatch::Alarm", 0)


def test_what_is_seldom_meant_is_a_warning(build: Build, stack: cdk.Stack) -> None:
    build(CpuTarget(percent=50, disable_scale_in=True))
    (warning,) = Annotations.from_stack(stack).find_warning("/S/Scaling", Match.any_value())
    assert warning.entry.data == (
        "Cpu only add instances, and nothing takes them away again: the fleet stays as large as it ever was. "
        "Add a policy that shrinks it. [ack: aws-patterns:scalingNeverShrinks]"
    )


class TestRefusals:
    def test_name_every_problem_at_once(self, build: Build) -> None:
        expected = (
            "FleetScaling S/Scaling can't be built:\n"
            "  - policies.Cpu.percent must be between 1 and 99 percent, got 0 percent\n"
            "  - policies.Requests needs an application load balancer in front, which counts the requests: without one "
            "scale by CpuTarget or NetworkInTarget\n"
            "  - warm_up_seconds must be between 0 and 3600 seconds, got -1 seconds"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
            build(CpuTarget(percent=0), RequestsPerTarget(requests_per_minute=1), warm_up_seconds=-1)

    def test_tell_a_target_group_that_nothing_sends_requests_to(self, stack: cdk.Stack) -> None:
        group = make_group(stack, CAPACITY)
        alone = elbv2.ApplicationTargetGroup(stack, "Alone", port=80, target_type=elbv2.TargetType.INSTANCE)
        expected = (
            "FleetScaling S/Scaling can't be built:\n"
            "  - target_group must be behind a listener before its fleet can be scaled, got one that is not: "
            "give it to a listener or a rule first"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
            FleetScaling(stack, "Scaling", group=group, policies=[], capacity=CAPACITY, target_group=alone)

    def test_know_the_fleets_own_metrics_when_they_come_from_the_cdk(self, stack: cdk.Stack) -> None:
        group = make_group(stack, CAPACITY)
        same = cloudwatch.Metric(
            namespace="AWS/EC2",
            metric_name="CPUUtilization",
            dimensions_map={"AutoScalingGroupName": group.auto_scaling_group_name},
        )
        policies: list[ScalingPolicy] = [CpuTarget(percent=50), CustomMetricTarget(name="Same", metric=same, target=60)]
        with pytest.raises(ValueError, match=r"must not follow two targets for CPUUtilization, got Cpu and Same"):
            FleetScaling(stack, "Scaling", group=group, policies=policies, capacity=CAPACITY)

    @pytest.mark.parametrize(
        ("metric", "why"),
        [
            (
                lambda: cloudwatch.MathExpression(
                    expression="a + 1", using_metrics={"a": cloudwatch.Metric(namespace="A", metric_name="B")}
                ),
                "policies.X.metric must be one metric, not an expression over several: put its result into CloudWatch "
                "as a metric, or use StepScaling, which takes expressions",
            ),
            (
                lambda: cloudwatch.Metric(namespace="A", metric_name="B", statistic="p99"),
                "policies.X.metric's statistic must be one of Average, Minimum, Maximum, Sum, SampleCount, got 'p99'",
            ),
        ],
        ids=["expression", "percentile"],
    )
    def test_are_for_metrics_that_no_target_can_follow(
        self, build: Build, metric: Callable[[], cloudwatch.IMetric], why: str
    ) -> None:
        with pytest.raises(ValueError, match=f"  - {re.escape(why)}$"):
            build(CustomMetricTarget(name="X", metric=metric(), target=1))


def test_two_fleets_scale_in_one_stack_and_in_a_stage() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
    for name in ("Blue", "Green"):
        FleetScaling(
            stack,
            f"{name}Scaling",
            group=make_group(stack, CAPACITY, id=name),
            policies=[CpuTarget(percent=50)],
            capacity=CAPACITY,
        )
    made = Template.from_stack(stack).find_resources("AWS::AutoScaling::ScalingPolicy").values()
    assert len({policy["Properties"]["AutoScalingGroupName"]["Ref"] for policy in made}) == 2


def test_numbers_known_only_at_deployment_are_let_through(stack: cdk.Stack) -> None:
    size = cdk.CfnParameter(stack, "Size", type="Number").value_as_number
    FleetScaling(
        stack,
        "Scaling",
        group=make_group(stack, CAPACITY),
        policies=[
            CpuTarget(percent=size),
            StepScaling(name="Out", metric=FleetMetric.NETWORK_IN, steps=[Step(lower=1, change=int(size))]),
            ScheduledScaling(name="Day", recurrence="0 8 * * *", minimum=int(size), maximum=int(size)),
        ],
        capacity=Capacity(minimum=int(size), maximum=int(size)),
    )
    template = Template.from_stack(stack)
    assert tracking(template, Match.any_value())["TargetValue"] == {"Ref": "Size"}  # type: ignore[arg-type]  # a matcher
