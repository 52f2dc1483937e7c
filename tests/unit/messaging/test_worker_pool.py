"""What a pool of workers promises to whoever gives it work, runs it, and pays for it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match, Template

from aws_patterns.compute._boot_script import environment_commands
from aws_patterns.compute.instances import Architecture, Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.messaging._worker_scaling import wake_steps
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo
from aws_patterns.messaging.worker_pool import WorkerPool
from aws_patterns.messaging.worker_pool_options import (
    FargateWorkers,
    FunctionWorkers,
    InstanceWorkers,
    PoolLimits,
    plan_worker_pool,
)
from aws_patterns.messaging.worker_pool_simulation import wake_size
from queue_worker.settings import Settings

Properties = Mapping[str, Any]
Make = Callable[[cdk.Stack], Mapping[str, Any]]

HALF_AN_HOUR = 1_800


def imported_vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-a", "subnet-b"],
        private_subnet_route_table_ids=["rtb-a", "rtb-b"],
    )


def image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_registry("example.com/worker")


def function(stack: cdk.Stack, seconds: int | None = 30) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handle",
        code=lambda_.Code.from_inline("def handle(event, context): ..."),
        timeout=cdk.Duration.seconds(seconds) if seconds else None,
    )


def pool_of(stack: cdk.Stack, **props: Any) -> WorkerPool:
    """In a network that is there already, unless the workers are calls of a function."""
    given: dict[str, Any] = {"acceptable_latency_seconds": HALF_AN_HOUR, "processing_seconds": 2, **props}
    given.setdefault("workers", InstanceWorkers())
    if "vpc" not in given and not isinstance(given["workers"], FunctionWorkers):
        given["vpc"] = imported_vpc(stack)
    return WorkerPool(stack, "Pool", **given)


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")


def build(make: Make | None = None, **props: Any) -> Template:
    stack = new_stack()
    pool_of(stack, **(make(stack) if make else {}), **props)
    return Template.from_stack(stack)


@cache
def of_instances() -> Template:
    return build()


@cache
def of_tasks() -> Template:
    return build(workers=FargateWorkers(image=image()), environment={"JOB": "a:b"})


@cache
def of_calls() -> Template:
    return build(lambda stack: {"workers": FunctionWorkers(function=function(stack))})


FLAVOURS = [of_instances, of_tasks, of_calls]
SCALED = [of_instances, of_tasks]


def only(template: Template, kind: str, **where: Any) -> Properties:
    found = template.find_resources(kind, {"Properties": where} if where else None)
    (one,) = found.values()
    return cast("Properties", one["Properties"])


def alarm(template: Template, words: str) -> Properties:
    return only(template, "AWS::CloudWatch::Alarm", AlarmDescription=Match.string_like_regexp(words))


def queue_properties(template: Template) -> Properties:
    return only(template, "AWS::SQS::Queue", RedrivePolicy=Match.any_value())


def target_tracking(template: Template) -> tuple[float, list[Properties]]:
    """The target and the metrics that are compared with it."""
    policies = {
        **template.find_resources("AWS::AutoScaling::ScalingPolicy"),
        **template.find_resources("AWS::ApplicationAutoScaling::ScalingPolicy"),
    }
    (found,) = [each["Properties"] for each in policies.values() if each["Properties"]["PolicyType"].startswith("Tar")]
    key = "TargetTrackingConfiguration"
    configuration = found.get(key) or found["TargetTrackingScalingPolicyConfiguration"]
    return configuration["TargetValue"], configuration["CustomizedMetricSpecification"]["Metrics"]


class _Repeat:
    """As in ``FILL(m, REPEAT)``."""


def evaluated(expression: str, *, before: float | None = None, **minute: float | None) -> float:
    """What CloudWatch makes of an expression in one minute; ``before`` is the last reading of the workers."""

    def fill(value: float | None, instead: float | type[_Repeat]) -> float | None:
        if value is not None:
            return value
        return before if instead is _Repeat else cast("float", instead)

    functions = {"FILL": fill, "IF": lambda condition, then, otherwise: then if condition else otherwise}
    return float(eval(expression, {"__builtins__": {}}, {**functions, "REPEAT": _Repeat, **minute}))


def expression_of(metrics: list[Properties]) -> str:
    (expression,) = [metric["Expression"] for metric in metrics if "Expression" in metric]
    return cast("str", expression)


# --- what follows ---


@pytest.mark.parametrize("template", FLAVOURS)
def test_every_pool_has_a_queue_with_dead_letters(template: Callable[[], Template]) -> None:
    assert queue_properties(template())["RedrivePolicy"]["maxReceiveCount"] == 5
    template().resource_count_is("AWS::SQS::Queue", 2)


def test_the_queue_hides_messages_for_what_followed() -> None:
    assert queue_properties(of_instances())["VisibilityTimeout"] == 30
    assert queue_properties(of_calls())["VisibilityTimeout"] == 180
    limits = PoolLimits(visibility_timeout_seconds=77)
    assert queue_properties(build(limits=limits))["VisibilityTimeout"] == 77


def test_messages_are_kept_for_longer_than_they_may_wait() -> None:
    assert queue_properties(build(acceptable_latency_seconds=500_000))["MessageRetentionPeriod"] == 1_000_000
    assert queue_properties(build(acceptable_latency_seconds=1_209_600))["MessageRetentionPeriod"] == 1_209_600


def test_an_old_message_is_an_alarm_when_it_should_have_been_done() -> None:
    oldest = alarm(of_instances(), "A message has waited for too long")
    assert oldest["Threshold"] == HALF_AN_HOUR + 360


# --- scaling ---


@pytest.mark.parametrize("template", SCALED)
def test_the_target_is_acceptable_latency_by_processing_time(template: Callable[[], Template]) -> None:
    target, metrics = target_tracking(template())
    assert target == 900
    assert [metric.get("ReturnData") for metric in metrics] == [False, False, False, False, True]
    stats = {
        metric["Id"]: (metric["MetricStat"]["Metric"]["MetricName"], metric["MetricStat"]["Stat"])
        for metric in metrics
        if "MetricStat" in metric
    }
    workers = stats.pop("workers")
    assert workers in {("GroupInServiceInstances", "Average"), ("RunningTaskCount", "Average")}
    assert stats == {
        "waiting": ("ApproximateNumberOfMessagesVisible", "Average"),
        "working": ("ApproximateNumberOfMessagesNotVisible", "Average"),
        "sent": ("NumberOfMessagesSent", "Sum"),
    }


@pytest.mark.parametrize(
    ("minute", "per_worker"),
    [
        ({"waiting": 1_500, "working": 0, "sent": 0, "workers": 10}, 150),
        ({"waiting": 0, "working": 10, "sent": 0, "workers": 10}, 1),
        # Three thousand a minute are ninety thousand within the half hour.
        ({"waiting": 0, "working": 0, "sent": 3_000, "workers": 100}, 900),
        ({"waiting": 0, "working": 0, "sent": 0, "workers": 3}, 0),
        ({"waiting": 40, "working": 0, "sent": 0, "workers": 0}, 40),
        ({"waiting": None, "working": None, "sent": None, "workers": 2}, 0),
    ],
)
def test_the_backlog_of_a_worker_is_guarded_against_no_workers_and_no_readings(
    minute: dict[str, float | None], per_worker: float
) -> None:
    expression = expression_of(target_tracking(of_instances())[1])
    assert evaluated(expression, **minute) == pytest.approx(per_worker)


def test_a_late_count_of_workers_is_not_a_pool_of_one() -> None:
    expression = expression_of(target_tracking(of_tasks())[1])
    late = {"waiting": 100.0, "working": 0.0, "sent": 0.0, "workers": None}
    assert evaluated(expression, before=50, **late) == 2


def test_a_pool_that_keeps_up_is_left_as_it_is() -> None:
    target, metrics = target_tracking(of_instances())
    # Fifty messages a second of two seconds each keep a hundred workers busy.
    now = evaluated(expression_of(metrics), waiting=0, working=100, sent=3_000, workers=100)
    assert target * 0.9 < now <= target * 1.01


@pytest.mark.parametrize("template", SCALED)
def test_a_sleeping_pool_is_woken_by_work_alone(template: Callable[[], Template]) -> None:
    found = alarm(template(), "Wakes the pool")
    expression = expression_of(found["Metrics"])
    assert found["Threshold"] == 1
    assert evaluated(expression, waiting=3, working=0, workers=0) == 3
    assert evaluated(expression, waiting=3, working=0, workers=None) == 3
    assert evaluated(expression, waiting=3, working=0, workers=1) == 0
    assert evaluated(expression, waiting=None, working=None, workers=0) == 0
    assert len(found["AlarmActions"]) == 1


def test_a_sleeping_pool_wakes_with_as_many_as_it_needs() -> None:
    wake = only(of_instances(), "AWS::AutoScaling::ScalingPolicy", PolicyType="StepScaling")
    assert wake["AdjustmentType"] == "ChangeInCapacity"
    assert wake["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 899, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 899, "MetricIntervalUpperBound": 1_799, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 1_799, "MetricIntervalUpperBound": 3_599, "ScalingAdjustment": 4},
        {"MetricIntervalLowerBound": 3_599, "MetricIntervalUpperBound": 7_199, "ScalingAdjustment": 8},
        {"MetricIntervalLowerBound": 7_199, "ScalingAdjustment": 10},
    ]
    tasks = only(of_tasks(), "AWS::ApplicationAutoScaling::ScalingPolicy", PolicyType="StepScaling")
    assert tasks["StepScalingPolicyConfiguration"]["StepAdjustments"] == wake["StepAdjustments"]


@pytest.mark.parametrize(
    ("latency", "processing", "maximum"), [(10, 10, 1), (10, 10, 5), (10, 8, 7), (60, 2, 10_000), (10, 0.1, 3)]
)
def test_the_steps_join_and_say_what_the_simulator_says(latency: float, processing: float, maximum: int) -> None:
    plan = plan_worker_pool(
        workers=InstanceWorkers(),
        acceptable_latency_seconds=latency,
        processing_seconds=processing,
        maximum_workers=maximum,
        late_from_zero=True,
    )
    steps = wake_steps(plan)
    assert 1 <= len(steps) <= 20
    assert steps[0][0] == 0
    assert [upper for _, upper, _ in steps] == [*(lower for lower, _, _ in steps[1:]), None]
    for backlog in (1, 2, 7, 99, 100, 101, 100_000, 10_000_000):
        (size,) = [
            size for lower, upper, size in steps if lower <= backlog - 1 and (upper is None or backlog - 1 < upper)
        ]
        assert size == wake_size(backlog, plan)


def test_a_pool_that_never_sleeps_needs_no_waking() -> None:
    template = build(minimum_workers=2)
    assert [
        each["Properties"]["PolicyType"] for each in template.find_resources("AWS::AutoScaling::ScalingPolicy").values()
    ] == ["TargetTrackingScaling"]
    assert "Wakes the pool" not in json.dumps(template.to_json())


@pytest.mark.parametrize("tasks", [False, True])
def test_a_pool_of_one_size_is_kept_there_without_a_policy(tasks: bool) -> None:
    flavour: Properties = {"workers": FargateWorkers(image=image()), "environment": {"JOB": "a:b"}} if tasks else {}
    template = build(**flavour, minimum_workers=2, maximum_workers=2)
    for service in ("AutoScaling", "ApplicationAutoScaling"):
        template.resource_count_is(f"AWS::{service}::ScalingPolicy", 0)
    if tasks:
        target = only(template, "AWS::ApplicationAutoScaling::ScalableTarget")
        assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 2)
    else:
        group = only(template, "AWS::AutoScaling::AutoScalingGroup")
        assert (group["MinSize"], group["MaxSize"]) == ("2", "2")


def test_a_deployment_leaves_the_number_of_workers_to_scaling() -> None:
    group = only(of_instances(), "AWS::AutoScaling::AutoScalingGroup")
    assert (group["MinSize"], group["MaxSize"], "DesiredCapacity" in group) == ("0", "10", False)
    target = only(of_tasks(), "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 10)
    assert "DesiredCount" not in only(of_tasks(), "AWS::ECS::Service")


def test_lambda_calls_the_function_no_more_often_than_said() -> None:
    mapping = only(of_calls(), "AWS::Lambda::EventSourceMapping")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (10, ["ReportBatchItemFailures"])
    assert "MaximumBatchingWindowInSeconds" not in mapping


def test_a_window_fills_larger_batches() -> None:
    template = build(
        lambda stack: {"workers": FunctionWorkers(function=function(stack), batch_size=15, batching_window_seconds=20)}
    )
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (15, 20)
    assert queue_properties(template)["VisibilityTimeout"] == 200


# --- alarms ---


@pytest.mark.parametrize("template", SCALED)
def test_a_pool_that_is_too_small_at_its_maximum_is_an_alarm(template: Callable[[], Template]) -> None:
    found = alarm(template(), "All 10 workers are there")
    expression = expression_of(found["Metrics"])
    assert found["EvaluationPeriods"] == 15
    assert evaluated(expression, waiting=9_001, working=0, sent=0, workers=10) == 1
    assert evaluated(expression, waiting=9_000, working=0, sent=0, workers=10) == 0
    assert evaluated(expression, waiting=9_001, working=0, sent=0, workers=9) == 0


def test_a_function_that_is_called_too_seldom_at_its_maximum_is_an_alarm() -> None:
    expression = expression_of(alarm(of_calls(), "All 10 workers are there")["Metrics"])
    assert evaluated(expression, waiting=9_001, workers=10) == 1
    assert evaluated(expression, waiting=8_999, workers=10) == 0
    assert evaluated(expression, waiting=9_001, workers=None) == 0


def test_a_pool_that_nothing_wakes_is_an_alarm() -> None:
    assert alarm(of_instances(), "no worker has come for it")["EvaluationPeriods"] == 6 + 15
    for never_asleep in (build(minimum_workers=1), of_calls()):
        assert "no worker has come" not in json.dumps(never_asleep.to_json())


def test_operators_are_told_of_the_queue_and_of_the_pool() -> None:
    template = build(lambda stack: {"alarm_topic": sns.Topic(stack, "Operators")})
    topic = next(iter(template.find_resources("AWS::SNS::Topic")))
    untold = [
        each["Properties"]["AlarmDescription"]
        for each in template.find_resources("AWS::CloudWatch::Alarm").values()
        if {"Ref": topic} not in each["Properties"].get("AlarmActions", [])
    ]
    assert untold == ["Wakes the pool: there is work and nobody to do it. Part of normal operation, nobody has to act."]


def test_a_jump_that_is_answered_too_late_is_said_at_synthesis() -> None:
    stack = new_stack()
    pool_of(stack, acceptable_latency_seconds=60, peak_messages_per_second=5)
    Annotations.from_stack(stack).has_warning("/S/Pool", Match.string_like_regexp("A jump to the peak has its workers"))


# --- what workers are told, and may ---


@pytest.mark.parametrize("processing", [0.001, 20, 42_000])
@pytest.mark.parametrize("concurrency", [1, 256])
def test_the_worker_program_takes_whatever_follows(processing: float, concurrency: int) -> None:
    for workers in (InstanceWorkers(concurrency=concurrency), FargateWorkers(image=image(), concurrency=concurrency)):
        plan = plan_worker_pool(workers=workers, acceptable_latency_seconds=100_000, processing_seconds=processing)
        told = {
            "CONCURRENCY": str(plan.concurrency),
            "JOB_TIMEOUT_SECONDS": str(plan.job_timeout_seconds),
            "GRACE_SECONDS": str(plan.grace_seconds),
        }
        assert Settings.of({"QUEUE_URL": "u", "JOB": "a:b", **told}, cpus=1).grace_seconds == plan.grace_seconds


def environment_of(template: Template) -> dict[str, str]:
    """Of a task; what is known at deployment only reads as text."""
    (container,) = only(template, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return {
        each["Name"]: each["Value"] if isinstance(each["Value"], str) else "https://queue"
        for each in container["Environment"]
    }


def boot_of(template: Template) -> str:
    """The script of an instance; what is known at deployment only reads as ``TOKEN``."""
    data = only(template, "AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    return "".join(part if isinstance(part, str) else "TOKEN" for part in data["Fn::Join"][1])


def variables_of(template: Template) -> dict[str, str]:
    """Of an instance."""
    text = boot_of(template).split("<<'VARIABLES'\n")[1].split("\nVARIABLES")[0]
    return dict(word.split("=", 1) for word in shlex.split(text))


def test_the_worker_program_in_a_task_understands_what_it_is_told() -> None:
    settings = Settings.of(environment_of(of_tasks()), cpus=1)
    assert (settings.queue_url, settings.job, settings.concurrency) == ("https://queue", "a:b", 1)
    assert (settings.host, settings.protected, settings.termination_hook) == ("ecs", True, None)
    assert (settings.grace_seconds, settings.job_timeout_seconds) == (110, 60)


def test_the_worker_program_on_an_instance_understands_what_it_is_told() -> None:
    template = build(environment={"JOB": "a:b"}, workers=InstanceWorkers(concurrency=4))
    variables = variables_of(template)
    settings = Settings.of(variables, cpus=1)
    assert (settings.queue_url, settings.job, settings.concurrency) == ("TOKEN", "a:b", 4)
    assert (settings.host, settings.protected) == ("ec2", True)
    hook = only(template, "AWS::AutoScaling::LifecycleHook")
    assert settings.termination_hook == hook["LifecycleHookName"]
    assert variables["AWS_DEFAULT_REGION"] == "TOKEN"


def test_variables_are_written_before_the_users_own_commands_whenever_those_were_added() -> None:
    stack = new_stack()
    script = ec2.UserData.for_linux()
    script.add_commands("first")
    pool_of(stack, workers=InstanceWorkers(instances=Instances(user_data=script)))
    script.add_commands("second")
    boot = boot_of(Template.from_stack(stack))
    assert boot.index("VARIABLES\nfirst\nsecond") > boot.index("cat > /etc/worker-pool.env")


@pytest.mark.parametrize("value", ["plain", "two words", 'a "quote"', "back\\slash", "$HOME", "`id`", "a'b", "%d", ""])
def test_a_variable_arrives_as_it_was_said(value: str, tmp_path: Any) -> None:
    file = tmp_path / "worker-pool.env"
    script = "\n".join([*environment_commands(str(file), {"VALUE": value}), f". {file}", 'printf %s "$VALUE"'])
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True, timeout=10)
    assert done.stdout == value


def statements(template: Template, service: str) -> list[Properties]:
    """What identities are allowed of a service."""
    return [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if any(action.startswith(f"{service}:") for action in cdk_list(statement["Action"]))
    ]


def cdk_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("template", SCALED)
def test_workers_take_messages_and_put_what_they_refuse_to_the_dead_letters(template: Callable[[], Template]) -> None:
    queue, dead_letters = statements(template(), "sqs")
    assert set(queue["Action"]) == {
        *("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"),
        *("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
    }
    assert set(dead_letters["Action"]) == {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
    assert "DeadLetters" in json.dumps(dead_letters["Resource"])


def test_workers_may_use_the_key_of_their_queue() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    pool_of(stack, queue=WorkQueue(stack, "Jobs", encryption_key=key).queue)
    actions = {action for each in statements(Template.from_stack(stack), "kms") for action in cdk_list(each["Action"])}
    assert actions == {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}


def test_an_instance_protects_itself_and_completes_its_hook_in_its_own_group_only() -> None:
    own, asking = statements(of_instances(), "autoscaling")
    assert set(own["Action"]) == {
        "autoscaling:SetInstanceProtection",
        "autoscaling:CompleteLifecycleAction",
        "autoscaling:RecordLifecycleActionHeartbeat",
    }
    group = next(iter(of_instances().find_resources("AWS::AutoScaling::AutoScalingGroup")))
    assert own["Resource"]["Fn::Join"][1][-2:] == [":autoScalingGroup:*:autoScalingGroupName/", {"Ref": group}]
    assert asking["Action"] == "autoscaling:DescribeAutoScalingInstances"


def test_a_task_protects_tasks_of_its_own_cluster_only() -> None:
    (own,) = statements(of_tasks(), "ecs")
    cluster = next(iter(of_tasks().find_resources("AWS::ECS::Cluster")))
    assert set(own["Action"]) == {"ecs:GetTaskProtection", "ecs:UpdateTaskProtection"}
    assert own["Resource"]["Fn::Join"][1][-3:] == [":task/", {"Ref": cluster}, "/*"]


# --- the end of a worker ---


def test_a_terminating_instance_waits_until_its_worker_has_finished() -> None:
    hook = only(of_instances(), "AWS::AutoScaling::LifecycleHook")
    assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    assert (hook["HeartbeatTimeout"], hook["DefaultResult"]) == (90 + 60, "CONTINUE")


def test_an_update_replaces_busy_instances_too_through_the_hook() -> None:
    (group,) = of_instances().find_resources("AWS::AutoScaling::AutoScalingGroup").values()
    preferences = group["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"]
    assert preferences["ScaleInProtectedInstances"] == "Refresh"
    (group,) = (
        build(workers=InstanceWorkers(update=RollingUpdate()))
        .find_resources("AWS::AutoScaling::AutoScalingGroup")
        .values()
    )
    assert "AutoScalingInstanceRefresh" not in group["UpdatePolicy"]


def test_spot_instances_end_within_their_notice_and_are_replaced_before() -> None:
    workers = InstanceWorkers(
        instances=Instances(instance_types=["m7g.large", "m6g.large"]),
        mixed_fleet=MixedFleet(on_demand_base=1, spot_percentage=100),
    )
    template = build(workers=workers, processing_seconds=600)
    assert only(template, "AWS::AutoScaling::AutoScalingGroup")["CapacityRebalance"] is True
    assert variables_of(template)["GRACE_SECONDS"] == "110"


def test_a_task_has_two_minutes_to_end() -> None:
    (container,) = only(of_tasks(), "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["StopTimeout"] == 120
    assert int(environment_of(of_tasks())["GRACE_SECONDS"]) < container["StopTimeout"]


# --- instances and tasks ---


def test_a_task_can_write_to_its_scratch_folder_alone() -> None:
    (container,) = only(of_tasks(), "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert [(mount["ContainerPath"], mount["ReadOnly"]) for mount in container["MountPoints"]] == [("/tmp", False)]
    assert container["LinuxParameters"]["InitProcessEnabled"] is True


def test_a_task_is_what_was_said() -> None:
    workers = FargateWorkers(
        image=image(),
        cpu=1_024,
        memory_mib=4_096,
        architecture=Architecture.X86_64,
        command=["python", "-m", "worker"],
        health_command=["python", "-m", "worker", "health"],
        scratch_gib=100,
    )
    task = only(build(workers=workers), "AWS::ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]
    assert (task["Cpu"], task["Memory"], task["EphemeralStorage"]) == ("1024", "4096", {"SizeInGiB": 100})
    assert task["RuntimePlatform"]["CpuArchitecture"] == "X86_64"
    assert container["Command"] == ["python", "-m", "worker"]
    assert container["HealthCheck"]["Command"] == ["CMD", "python", "-m", "worker", "health"]


def test_tasks_are_counted_and_kept_private() -> None:
    cluster = only(of_tasks(), "AWS::ECS::Cluster")
    assert cluster["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]
    service = only(of_tasks(), "AWS::ECS::Service")
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert "SecurityGroupIngress" not in only(of_tasks(), "AWS::EC2::SecurityGroup")


def test_a_service_waits_for_its_clusters_capacity_providers() -> None:
    (service,) = of_tasks().find_resources("AWS::ECS::Service").values()
    (providers,) = of_tasks().find_resources("AWS::ECS::ClusterCapacityProviderAssociations")
    assert providers in service["DependsOn"]


@pytest.mark.parametrize(
    ("spot", "base", "strategy"),
    [
        (0, 0, [{"CapacityProvider": "FARGATE", "Weight": 100}]),
        (
            80,
            2,
            [
                {"CapacityProvider": "FARGATE", "Weight": 20, "Base": 2},
                {"CapacityProvider": "FARGATE_SPOT", "Weight": 80},
            ],
        ),
    ],
)
def test_tasks_run_on_the_capacity_that_was_said(spot: int, base: int, strategy: list[Properties]) -> None:
    workers = FargateWorkers(image=image(), spot_percentage=spot, on_demand_base=base)
    assert only(build(workers=workers), "AWS::ECS::Service")["CapacityProviderStrategy"] == strategy


def test_tasks_run_in_a_cluster_that_is_there_already() -> None:
    def make(stack: cdk.Stack) -> Mapping[str, Any]:
        vpc = imported_vpc(stack)
        cluster = ecs.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="shared", vpc=vpc)
        return {"workers": FargateWorkers(image=image(), cluster=cluster), "vpc": vpc}

    template = build(make)
    template.resource_count_is("AWS::ECS::Cluster", 0)
    _, metrics = target_tracking(template)
    (workers,) = [metric for metric in metrics if metric["Id"] == "workers"]
    assert {"Name": "ClusterName", "Value": "shared"} in workers["MetricStat"]["Metric"]["Dimensions"]


@pytest.mark.parametrize("workers", [InstanceWorkers(), FargateWorkers(image=cast("ecs.ContainerImage", None))])
def test_instances_and_tasks_get_a_network_unless_they_have_one(workers: InstanceWorkers | FargateWorkers) -> None:
    stack = new_stack()
    if isinstance(workers, FargateWorkers):
        workers = FargateWorkers(image=image())
    pool = WorkerPool(stack, "Pool", workers=workers, acceptable_latency_seconds=60, processing_seconds=2)
    assert pool.network is not None
    assert pool.vpc is pool.network.vpc
    Template.from_stack(stack).resource_count_is("AWS::EC2::VPC", 1)


def test_a_function_needs_no_network() -> None:
    of_calls().resource_count_is("AWS::EC2::VPC", 0)


# --- what is taken and given ---


def test_a_pool_works_on_a_queue_that_is_there_already() -> None:
    def make(stack: cdk.Stack) -> Mapping[str, Any]:
        return {"queue": WorkQueue(stack, "Orders", fifo=Fifo(), visibility_timeout_seconds=600).queue}

    stack = new_stack()
    pool = pool_of(stack, **make(stack))
    assert pool.work_queue is None
    assert (pool.plan.visibility_timeout_seconds, pool.plan.heartbeat_seconds) == (600, 200)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::SQS::Queue", 2)
    assert "DeadLetters" in json.dumps(statements(template, "sqs"))


@pytest.mark.parametrize("workers", [InstanceWorkers(), None])
def test_a_pool_works_on_an_imported_queue(workers: InstanceWorkers | None) -> None:
    stack = new_stack()
    queue = sqs.Queue.from_queue_arn(stack, "Jobs", "arn:aws:sqs:eu-west-1:111122223333:jobs")
    pool = pool_of(stack, queue=queue, workers=workers or FunctionWorkers(function=function(stack)))
    assert pool.queue is queue
    allowed = statements(Template.from_stack(stack), "sqs")
    assert [statement["Resource"] for statement in allowed] == [queue.queue_arn]


def test_a_queue_that_hides_messages_for_too_short_is_refused() -> None:
    stack = new_stack()
    message = (
        "WorkerPool S/Pool can't be built:\n"
        "  - queue's visibility timeout must be between 61 and 43200 seconds, got 30 seconds: another worker would get "
        "a message that is still being worked on, more than processing_seconds (60 seconds) keep it"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        pool_of(stack, queue=sqs.Queue(stack, "Jobs"), processing_seconds=60)


def test_a_visibility_timeout_known_at_deployment_is_let_through() -> None:
    stack = new_stack()
    seconds = cdk.Token.as_number(cdk.Fn.ref("Seconds"))
    queue = sqs.Queue(stack, "Jobs", visibility_timeout=cdk.Duration.seconds(seconds))
    assert pool_of(stack, queue=queue, processing_seconds=60).queue is queue


def test_every_problem_is_told_at_once() -> None:
    stack = new_stack()
    script = ec2.UserData.custom("#cloud-config")
    message = (
        "WorkerPool S/Pool can't be built:\n"
        "  - vpc is missing: subnets were given, and they are of a network that exists already\n"
        "  - instances.user_data must be a shell script, because it is followed by a signal, got '#cloud-config': use "
        "ec2.UserData.for_linux(), or send no signal with trust_new_instances=True\n"
        "  - acceptable_latency_seconds must be at least processing_seconds (120 seconds), got 60 seconds: no number "
        "of workers is faster than one is with a message. Accept more, or split the work into smaller messages\n"
        "  - environment must leave HOST to the pool, which sets it itself"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        WorkerPool(
            stack,
            "Pool",
            workers=InstanceWorkers(instances=Instances(user_data=script)),
            acceptable_latency_seconds=60,
            processing_seconds=120,
            subnets=ec2.SubnetSelection(one_per_az=True),
            environment={"HOST": "mine"},
        )
    assert len(stack.node.find_all()) == 2, "nothing was made but the pool itself"


def test_a_function_has_nothing_that_is_for_others() -> None:
    stack = new_stack()
    message = (
        "WorkerPool S/Pool can't be built:\n"
        "  - minimum_workers must be left out with FunctionWorkers: a function starts with the first message\n"
        "  - vpc and subnets must be left out with FunctionWorkers: a function has its network from where it is made"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        pool_of(stack, workers=FunctionWorkers(function=function(stack)), minimum_workers=2, vpc=imported_vpc(stack))


def test_a_function_without_a_timeout_of_its_own_has_lambdas() -> None:
    stack = new_stack()
    pool = pool_of(stack, workers=FunctionWorkers(function=function(stack, seconds=None)))
    assert pool.plan.visibility_timeout_seconds == 6 * 3


ARN = "arn:aws:lambda:eu-west-1:111122223333:function:theirs"


def test_an_imported_function_needs_a_role_and_its_timeout_said() -> None:
    stack = new_stack()
    message = (
        "WorkerPool S/Pool can't be built:\n"
        "  - workers.function must have a role, which is let read the queue: import it with "
        "lambda_.Function.from_function_attributes(..., role=...)\n"
        "  - workers.timeout_seconds is missing: the timeout of a function that is made elsewhere is not known here"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        pool_of(stack, workers=FunctionWorkers(function=lambda_.Function.from_function_arn(stack, "Theirs", ARN)))


def test_an_imported_function_is_called_with_what_was_said() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/theirs")
    imported = lambda_.Function.from_function_attributes(stack, "Theirs", function_arn=ARN, role=role)
    pool = pool_of(stack, workers=FunctionWorkers(function=imported, timeout_seconds=60))
    assert pool.plan.visibility_timeout_seconds == 360
    template = Template.from_stack(stack)
    assert only(template, "AWS::Lambda::EventSourceMapping")["FunctionName"] == "theirs"
    assert len(statements(template, "sqs")) == 1


@pytest.mark.parametrize("flavour", ["instances", "tasks", "function"])
def test_workers_are_granted_what_their_job_needs(flavour: str) -> None:
    stack = new_stack()
    workers: dict[str, Callable[[], InstanceWorkers | FargateWorkers | FunctionWorkers]] = {
        "instances": InstanceWorkers,
        "tasks": lambda: FargateWorkers(image=image()),
        "function": lambda: FunctionWorkers(function=function(stack)),
    }
    pool = pool_of(stack, workers=workers[flavour]())
    s3.Bucket(stack, "Results").grant_put(pool)
    pool.grant_send_messages(iam.Role(stack, "Producer", assumed_by=iam.AccountRootPrincipal()))
    template = Template.from_stack(stack)
    assert len(statements(template, "s3")) == 1
    assert sum("sqs:SendMessage" in cdk_list(each["Action"]) for each in statements(template, "sqs")) == (
        1 if flavour == "function" else 2
    )


@pytest.mark.parametrize("workers", [InstanceWorkers(), None])
def test_workers_reach_what_they_are_allowed_to(workers: InstanceWorkers | None) -> None:
    stack = new_stack()
    pool = pool_of(stack, workers=workers or FargateWorkers(image=image()))
    database = ec2.SecurityGroup(stack, "Database", vpc=cast("ec2.IVpc", pool.vpc))
    pool.connections.allow_to(database, ec2.Port.tcp(5_432))
    rule = only(Template.from_stack(stack), "AWS::EC2::SecurityGroupIngress")
    assert rule["FromPort"] == 5_432


def test_a_function_reaches_what_it_is_allowed_to_from_its_own_network() -> None:
    stack = new_stack()
    vpc = imported_vpc(stack)
    theirs = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handle",
        code=lambda_.Code.from_inline("def handle(event, context): ..."),
        timeout=cdk.Duration.seconds(30),
        vpc=vpc,
    )
    pool = pool_of(stack, workers=FunctionWorkers(function=theirs))
    database = ec2.SecurityGroup(stack, "Database", vpc=vpc)
    pool.connections.allow_to(database, ec2.Port.tcp(5_432))
    rule = only(Template.from_stack(stack), "AWS::EC2::SecurityGroupIngress")
    assert rule["FromPort"] == 5_432


def test_the_parts_of_a_pool_can_be_reached() -> None:
    stack = new_stack()
    pool = pool_of(stack)
    assert pool.fleet is not None
    assert isinstance(pool.fleet.group, autoscaling.AutoScalingGroup)
    assert (pool.service, pool.cluster, pool.mapping, pool.network) == (None, None, None, None)
    assert set(pool.alarms) == {"AtMaximum", "Asleep"}
    assert len(pool.graphs("Pool")) == 2


def test_pools_live_beside_each_other_and_in_a_stage() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    stack = cdk.Stack(cdk.Stage(app, "Production", env=env), "S")
    vpc = imported_vpc(stack)
    for id, workers in (
        ("A", InstanceWorkers()),
        ("B", InstanceWorkers()),
        ("C", FargateWorkers(image=image())),
        ("D", FargateWorkers(image=image())),
    ):
        WorkerPool(stack, id, workers=workers, acceptable_latency_seconds=60, processing_seconds=2, vpc=vpc)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::SQS::Queue", 8)
    template.resource_count_is("AWS::AutoScaling::AutoScalingGroup", 2)
    template.resource_count_is("AWS::ECS::Service", 2)


def test_all_that_is_the_pools_own_can_go_with_it() -> None:
    template = build(workers=FargateWorkers(image=image()), removal_policy=cdk.RemovalPolicy.DESTROY)
    kept = [name for name, each in template.to_json()["Resources"].items() if each.get("DeletionPolicy") == "Retain"]
    assert kept == []
