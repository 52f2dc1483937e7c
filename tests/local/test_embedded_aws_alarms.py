"""Alarms of the embedded AWS rise and fall with the metrics that its services publish about themselves."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.launcher.alarms import state_of
from local_aws.launcher.periodic import repeating
from local_aws.template_stacks import CreateStack

DEADLINE_SECONDS = 60


def eventually(look: Callable[[], bool], what: str) -> None:
    """Return once ``look`` is true, within a deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not look():
        assert time.monotonic() < end, f"within {DEADLINE_SECONDS} s: no {what}"
        time.sleep(0.1)


def alarm_on(queue: str, period: int) -> dict[str, object]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
            "Statistic": "Maximum",
            "Period": period,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        },
    }


class TestAnAlarm:
    def test_on_a_queue_rises_with_its_messages_and_falls_without(
        self, embedded_aws: EmbeddedAws, create_stack: CreateStack
    ) -> None:
        queue = {"Type": "AWS::SQS::Queue"}
        resources = {"Busy": queue, "Idle": queue, "OnBusy": alarm_on("Busy", 10), "OnIdle": alarm_on("Idle", 10)}
        outputs = {"Queue": {"Value": {"Ref": "Busy"}}}
        stack = create_stack(
            embedded_aws, f"alarms-{uuid.uuid4().hex[:8]}", {"Resources": resources, "Outputs": outputs}
        )
        names = [stack.physical_id("OnBusy"), stack.physical_id("OnIdle")]
        sqs, url = embedded_aws.client("sqs"), stack.outputs()["Queue"]

        def states() -> list[str]:
            found = embedded_aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
            return [str(alarm["StateValue"]) for alarm in sorted(found, key=lambda one: names.index(one["AlarmName"]))]

        eventually(lambda: states() == ["OK", "OK"], "calm before")
        sqs.send_message(QueueUrl=url, MessageBody="x")
        eventually(lambda: states() == ["ALARM", "OK"], "alarm of the busy queue alone")
        sqs.purge_queue(QueueUrl=url)
        eventually(lambda: states() == ["OK", "OK"], "calm after")

    @pytest.mark.parametrize(
        ("breaching", "needed", "missing", "state"),
        [
            ([True], 1, "missing", "ALARM"),
            ([False], 1, "missing", "OK"),
            ([None], 1, "missing", "INSUFFICIENT_DATA"),
            ([None], 1, "ignore", None),
            ([None], 1, "notBreaching", "OK"),
            ([None], 1, "breaching", "ALARM"),
            ([True, False, True], 2, "missing", "ALARM"),
            ([True, False, False], 2, "missing", "OK"),
            ([None, True, True], 3, "notBreaching", "OK"),
            ([None, True, True], 3, "breaching", "ALARM"),
        ],
    )
    def test_takes_the_state_that_its_periods_demand(
        self, breaching: list[bool | None], needed: int, missing: str, state: str | None
    ) -> None:
        assert state_of(breaching, needed, missing) == state


def test_repeated_work_survives_its_failures_and_ends_with_the_server(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Semaphore(0)

    def fail() -> None:
        done.release()
        raise ValueError("not this time")

    with caplog.at_level(logging.ERROR, "local_aws"), repeating([fail], 0.001):
        assert all(done.acquire(timeout=10) for _ in range(3))

    assert "not this time" in caplog.text
    assert "local-aws-periodic" not in {thread.name for thread in threading.enumerate()}
