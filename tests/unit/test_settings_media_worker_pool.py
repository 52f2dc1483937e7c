from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from aws_patterns.compute.instances import Architecture
from aws_patterns.compute.mixed_fleet import MixedFleet
from stacks.media_worker_pool import MediaWorkerPoolStack
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.media_worker_pool import MediaWorkerPoolSettings, WorkersOn

(ENTRY,) = [entry for entry in STACKS if entry.name == "MediaWorkerPool"]
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"


@pytest.fixture
def empty_project(tmp_path: Path) -> Path:
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {}}))
    return tmp_path


def settings(project: Path, *arguments: str) -> MediaWorkerPoolSettings:
    pairs = [part for argument in arguments for part in ("-c", argument)]
    request = read_request([ENTRY], arguments=pairs, environment={}, project=project)
    ((_, found),) = request.stacks
    assert isinstance(found, MediaWorkerPoolSettings)
    return found


def synthesized(**chosen: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    return Template.from_stack(MediaWorkerPoolStack(app, "Media", settings=MediaWorkerPoolSettings(**chosen)))


def test_the_project_as_it_comes_needs_no_settings(empty_project: Path) -> None:
    assert settings(empty_project) == MediaWorkerPoolSettings()
    assert MediaWorkerPoolSettings(workers=WorkersOn.TASKS).problems() == []


def test_every_setting_can_be_given_on_the_command_line(empty_project: Path) -> None:
    assert settings(
        empty_project,
        "workers=tasks",
        "acceptable_latency_seconds=600",
        "processing_seconds=3.5",
        "peak_messages_per_second=4",
        "minimum_workers=1",
        "maximum_workers=20",
        "concurrency=4",
        "instance_types=m7g.large,m6g.large",
        "task_cpu=4096",
        "task_memory_mib=8192",
        "task_architecture=x86_64",
        "spot_percentage=50",
        "on_demand_base=1",
        "backlog_per_worker=100",
        "visibility_timeout_seconds=60",
        "job_timeout_seconds=120",
        "grace_seconds=100",
        "max_receive_count=3",
        "renditions=icon=32x32.png,wide=2000x500.avif",
        "maximum_pixels=1000000",
        "maximum_upload_bytes=2000000",
        "throttle_rate=5",
        "throttle_burst=10",
        f"alarm_topic_arn={TOPIC}",
        "removal_policy=destroy",
    ) == MediaWorkerPoolSettings(
        workers=WorkersOn.TASKS,
        acceptable_latency_seconds=600,
        processing_seconds=3.5,
        peak_messages_per_second=4,
        minimum_workers=1,
        maximum_workers=20,
        concurrency=4,
        instance_types=("m7g.large", "m6g.large"),
        task_cpu=4096,
        task_memory_mib=8192,
        task_architecture=Architecture.X86_64,
        spot_percentage=50,
        on_demand_base=1,
        backlog_per_worker=100,
        visibility_timeout_seconds=60,
        job_timeout_seconds=120,
        grace_seconds=100,
        max_receive_count=3,
        renditions=("icon=32x32.png", "wide=2000x500.avif"),
        maximum_pixels=1_000_000,
        maximum_upload_bytes=2_000_000,
        throttle_rate=5,
        throttle_burst=10,
        alarm_topic_arn=TOPIC,
        removal_policy="destroy",
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["acceptable_latency_seconds=1"],
            "acceptable_latency_seconds must be at least processing_seconds (2 seconds)",
        ),
        (["processing_seconds=0"], "processing_seconds must be more than 0 seconds, got 0 seconds"),
        (["minimum_workers=-1"], "minimum_workers must be 0 or more, got -1"),
        (["maximum_workers=0"], "maximum_workers must be between 1 and"),
        (["peak_messages_per_second=10", "maximum_workers=3"], "maximum_workers must be at least 10, got 3"),
        (["concurrency=0"], "concurrency must be between 1 and 256, got 0"),
        (["instance_types=big"], "instance_types must be written like t4g.small, got 'big'"),
        (["instance_types=t4g.small,t4g.medium"], "instance_types must be one type, got t4g.small, t4g.medium"),
        (["spot_percentage=50"], "spot_percentage needs several instance_types, got t4g.medium alone"),
        (["on_demand_base=1"], "spot_percentage is missing: on_demand_base was given"),
        (["workers=tasks", "spot_percentage=101"], "spot_percentage must be between 0 and 100 %, got 101 %"),
        (["workers=tasks", "on_demand_base=1"], "on_demand_base is what is never Spot, got spot_percentage=0"),
        (["workers=tasks", "task_cpu=1000"], "task_cpu must be one of 256, 512,"),
        (["workers=tasks", "task_memory_mib=1000"], "task_memory_mib must be one of 4096, 5120,"),
        (["backlog_per_worker=301"], "backlog_per_worker must be more than 0 and at most 300"),
        (["visibility_timeout_seconds=1"], "visibility_timeout_seconds must be between 3 and 43200 seconds, got 1"),
        (["job_timeout_seconds=1"], "job_timeout_seconds must be between 2 and"),
        (["grace_seconds=1"], "grace_seconds must be between"),
        (["max_receive_count=0"], "max_receive_count must be between 1 and 1000, got 0"),
        (
            ["visibility_timeout_seconds=43200", "max_receive_count=100"],
            "retention_seconds must be more than 4320000 seconds",
        ),
        (["renditions=a=1x1.gif"], "renditions must look like large=1920x1920.jpeg, of jpeg, png, webp, avif, got"),
        (["maximum_pixels=0"], "maximum_pixels must be 1 or more, got 0"),
        (["maximum_upload_bytes=0"], "maximum_upload_bytes must be between 1 and 5000000000 bytes, got 0 bytes"),
        (["throttle_rate=0"], "throttle_rate must be between 0.1 and 10000 requests per second, got 0"),
        (["throttle_burst=0"], "throttle_burst must be between 1 and 5000 requests, got 0 requests"),
        (["alarm_topic_arn=alarms"], "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_setting_is_held_to_the_rules_of_the_parts(empty_project: Path, arguments: list[str], complaint: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings(empty_project, *arguments)
    lines = str(error.value).splitlines()[1:]
    assert [line for line in lines if line.startswith(f"  - {complaint}")], lines
    assert not [word for line in lines for word in ("workers.", "limits.", "subscribers[") if word in line], lines


def test_all_that_is_wrong_is_said_at_once() -> None:
    chosen = MediaWorkerPoolSettings(
        processing_seconds=-1, max_receive_count=0, renditions=(), maximum_upload_bytes=0, alarm_topic_arn="x"
    )
    named = {problem.partition(" ")[0] for problem in chosen.problems()}
    assert named >= {"processing_seconds", "renditions", "maximum_upload_bytes", "alarm_topic_arn"}


def test_with_no_minimum_nobody_is_paid_for_waiting() -> None:
    synthesized().has_resource_properties("AWS::AutoScaling::AutoScalingGroup", {"MinSize": "0", "MaxSize": "10"})


def test_workers_of_both_kinds_read_the_same_queue_and_the_same_buckets() -> None:
    outputs = {}
    for workers in WorkersOn:
        template = synthesized(workers=workers).to_json()
        outputs[workers] = set(template["Outputs"])
        text = json.dumps(template)
        for name in ("MASTER_BUCKET", "TRANSCODE_BUCKET", "RENDITIONS", "QUEUE_URL", "JOB"):
            assert name in text, f"{name} with {workers}"
    shared = {"SiteUrl", "ApiUrl", "MasterBucketName", "TranscodeBucketName", "QueueUrl", "DeadLetterQueueUrl"}
    assert outputs[WorkersOn.INSTANCES] == {*shared, "DashboardName", "AutoScalingGroupName"}
    assert outputs[WorkersOn.TASKS] == {*shared, "DashboardName", "ServiceName"}


def test_the_queue_has_the_terms_that_follow_for_the_pool() -> None:
    chosen = {"processing_seconds": 60, "acceptable_latency_seconds": 1_800, "max_receive_count": 3}
    synthesized(**chosen).has_resource_properties(
        "AWS::SQS::Queue",
        {"VisibilityTimeout": 120, "RedrivePolicy": Match.object_like({"maxReceiveCount": 3})},
    )


def test_spot_capacity_is_mixed_in_as_it_was_chosen() -> None:
    chosen = MediaWorkerPoolSettings(spot_percentage=60, instance_types=("m7g.large", "m6g.large"))
    assert chosen.problems() == []
    assert chosen.instance_workers().mixed_fleet == MixedFleet(on_demand_base=0, spot_percentage=60)
    synthesized(workers=WorkersOn.TASKS, spot_percentage=60, on_demand_base=2).has_resource_properties(
        "AWS::ECS::Service",
        {
            "CapacityProviderStrategy": [
                {"CapacityProvider": "FARGATE", "Weight": 40, "Base": 2},
                {"CapacityProvider": "FARGATE_SPOT", "Weight": 60},
            ]
        },
    )


def test_what_the_page_lets_people_send_is_what_the_workers_take() -> None:
    template = synthesized(maximum_upload_bytes=1_234_567)
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {"Environment": {"Variables": Match.object_like({"MAXIMUM_BYTES": "1234567"})}},
    )
    assert 'MOST_BYTES=\\"1234567\\"' in json.dumps(template.to_json())


def test_alarms_tell_the_topic() -> None:
    alarms = synthesized(alarm_topic_arn=TOPIC).find_resources("AWS::CloudWatch::Alarm")
    told = {name: alarm["Properties"]["AlarmActions"] for name, alarm in alarms.items()}
    assert len(told) > 10
    silent = [name for name, actions in told.items() if actions != [TOPIC]]
    assert ["Wake" in json.dumps(told[name]) for name in silent] == [True], "one wakes the pool, and nobody else"
