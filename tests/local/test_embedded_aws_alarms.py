"""Alarms of the embedded AWS rise and fall with the metrics that its services publish about themselves."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from typing import Any

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.launcher.alarm_math import UnknownExpressionError, evaluate, parse
from local_aws.launcher.alarms import state_of
from local_aws.launcher.periodic import repeating
from local_aws.launcher.values import mapping
from local_aws.template_stacks import CreateStack
from tests.local.programs import eventually


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

    def test_on_the_average_of_a_queue_goes_by_the_last_look(
        self, embedded_aws: EmbeddedAws, create_stack: CreateStack
    ) -> None:
        alarm = alarm_on("Queue", 60)
        average = {**alarm, "Properties": {**mapping(alarm["Properties"]), "Statistic": "Average"}}
        resources = {"Queue": {"Type": "AWS::SQS::Queue"}, "Waiting": average}
        stack = create_stack(embedded_aws, f"alarms-{uuid.uuid4().hex[:8]}", {"Resources": resources})
        cloudwatch = embedded_aws.client("cloudwatch")

        def is_in(state: str) -> bool:
            found = cloudwatch.describe_alarms(AlarmNames=[stack.physical_id("Waiting")])["MetricAlarms"]
            return found[0]["StateValue"] == state

        url = stack.physical_id("Queue")
        of_queue: list[Any] = [{"Name": "QueueName", "Value": url.rpartition("/")[2]}]
        eventually(
            lambda: bool(cloudwatch.list_metrics(Namespace="AWS/SQS", Dimensions=of_queue)["Metrics"]),
            "look at the empty queue",
        )
        eventually(lambda: is_in("OK"), "calm before")
        sent = time.monotonic()
        embedded_aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")
        eventually(lambda: is_in("ALARM"), "alarm")
        # Averaged over the looks at the empty queue as well, it would rise when those are a minute old.
        assert time.monotonic() - sent < 30

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


class TestMetricMath:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("a + b * 2", 8.0),
            ("-(a - b) / a", 0.5),
            ("a / zero", None),
            ("a + missing", None),
            ("FILL(missing, 0) + a", 2.0),
            ("FILL(missing, REPEAT)", None),
            ("IF(a >= 2 AND b < 4, 100, 0)", 100.0),
            ("IF(a > 2 || b == 3, 1)", 1.0),
            ("IF(NOT a, 1)", None),
            ("IF(missing, 1, 2)", None),
            ("missing && a", None),
            ("MAX([a, b, missing])", 3.0),
            ("SUM(METRICS())", 5.0),
            ("AVG(FILL(METRICS(), 1))", 1.5),
            ("MIN([missing])", None),
            ("CEIL(b / a)", 2.0),
            ("a ^ b", 8.0),
        ],
    )
    def test_is_computed_a_period_at_a_time(self, expression: str, value: float | None) -> None:
        values = {"a": 2.0, "b": 3.0, "zero": 0.0, "missing": None}
        assert evaluate(parse(expression), values, list(values)) == value

    @pytest.mark.parametrize(
        ("expression", "problem"),
        [
            ("ANOMALY_DETECTION_BAND(a)", "ANOMALY_DETECTION_BAND() is not known"),
            ("a +", "'a +' can't be read"),
            ("unheard + 1", "unheard is not known"),
            ("METRICS()", "an alarm watches one series, and this expression gives several"),
            ("METRICS() + 1", "METRICS() must be one series"),
        ],
    )
    def test_that_is_not_known_is_refused_by_name(self, expression: str, problem: str) -> None:
        with pytest.raises(UnknownExpressionError) as caught:
            evaluate(parse(expression), {"a": 2.0}, ["a"])
        assert str(caught.value) == problem


def test_repeated_work_survives_its_failures_and_ends_with_the_server(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Semaphore(0)

    def fail() -> None:
        done.release()
        raise ValueError("not this time")

    with caplog.at_level(logging.ERROR, "local_aws"), repeating([fail], 0.001):
        assert all(done.acquire(timeout=10) for _ in range(3))

    assert "not this time" in caplog.text
    assert "local-aws-periodic" not in {thread.name for thread in threading.enumerate()}
