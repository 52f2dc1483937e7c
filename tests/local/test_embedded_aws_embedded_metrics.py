"""Metrics that functions write into their logs are published, as CloudWatch does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.local.programs import eventually
from tests.local.regional_functions import make_function

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

CODE = """
def handle(event, context):
    for line in event:
        print(line)
"""


def document(name: str, value: object, *dimensions: list[str], **more: object) -> str:
    directive = {"Namespace": "Test", "Dimensions": list(dimensions), "Metrics": [{"Name": name, "Unit": "Count"}]}
    return json.dumps({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, name: value, **more})


def total(aws: EmbeddedAws, name: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="Test",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


@pytest.fixture
def say(embedded_aws: EmbeddedAws) -> Iterator[Callable[..., None]]:
    """Lets a function write lines into its log."""
    function = make_function(embedded_aws, "us-east-1", CODE)

    def said(*lines: str) -> None:
        answer = embedded_aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(lines))
        assert "FunctionError" not in answer
        answer["Payload"].read()

    yield said
    embedded_aws.client("lambda").delete_function(FunctionName=function)


def test_each_set_of_dimensions_has_every_value(embedded_aws: EmbeddedAws, say: Callable[..., None]) -> None:
    name = f"Orders{uuid4().hex[:6]}"
    say(document(name, [2, 3.5], ["Shop"], ["Shop", "Kind"], Shop="north", Kind="new"))
    eventually(lambda: total(embedded_aws, name, Shop="north") == 5.5, "metric")
    assert total(embedded_aws, name, Shop="north", Kind="new") == 5.5
    assert total(embedded_aws, name, Shop="south") == 0


def test_what_is_no_metric_is_left_alone(embedded_aws: EmbeddedAws, say: Callable[..., None]) -> None:
    name = f"Orders{uuid4().hex[:6]}"
    say('{"_aws": broken', '"_aws"', '{"_aws": 3}', document(name, "many"), document(name, 1))
    eventually(lambda: total(embedded_aws, name) == 1, "the one that is a metric")
