"""Publishes the metrics that functions write into their logs, in CloudWatch's embedded metric format.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import cast

from local_aws.launcher import hooks, metrics
from local_aws.launcher.values import items, mapping, text

_MARK = '"_aws"'


def install() -> None:
    """Look at what each function has written, once it is done."""
    emit = cast("Callable[..., None]", hooks.FUNCTION_LOGS.get())

    def emit_and_publish(function: object, request: str, written: str, *rest: object, **named: object) -> None:
        emit(function, request, written, *rest, **named)
        for line in (written or "").splitlines():
            if _MARK in line:
                publish(line)

    hooks.FUNCTION_LOGS.replace(emit_and_publish)


def publish(line: str) -> None:
    """Publish the metrics of one line, in the account and the region of the request being served."""
    try:
        document = mapping(json.loads(line[line.index("{") :]))
    except ValueError:
        return
    for directive in map(mapping, items(mapping(document.get("_aws")), "CloudWatchMetrics")):
        for names in cast("list[list[str]]", directive.get("Dimensions") or [[]]):
            dimensions = {name: str(document.get(name, "")) for name in names}
            for metric in map(mapping, items(directive, "Metrics")):
                for value in _values(document.get(text(metric, "Name"))):
                    unit = text(metric, "Unit", "None")
                    metrics.record(text(directive, "Namespace"), text(metric, "Name"), value, unit, dimensions)


def _values(found: object) -> Iterator[float]:
    for value in found if isinstance(found, list) else [found]:
        if isinstance(value, int | float):
            yield float(value)
