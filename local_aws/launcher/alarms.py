"""Evaluates metric alarms as CloudWatch does: by their own dimensions, over periods, with a rule for missing data.

The emulator mixes the metrics of all dimensions, evaluates only when somebody publishes a metric, and refuses metric
math in templates.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from local_aws.launcher import alarm_math, hooks
from local_aws.launcher.hooks import Properties, Record, scope
from local_aws.launcher.regions.reachability import REGIONS
from local_aws.launcher.values import items, mapping, text

Point = Mapping[str, object]
Alarm = Mapping[str, object]

# AWS looks at them once a minute, and the emulator more often: the average is of the last look, not of several.
_COUNTED_ONCE_A_PERIOD = frozenset({"AWS/AutoScaling", "AWS/SQS"})

_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}


def install() -> None:
    """Evaluate an alarm in this way wherever the emulator does, and take those on metric math from templates."""
    hooks.EVALUATE_ALARM.replace(evaluate)
    hooks.ALARM_RECORD.replace(_with_math(cast("Callable[[str, Properties], Record]", hooks.ALARM_RECORD.get())))


def evaluate_all() -> None:
    """Evaluate every alarm of every account and of every region that is not lost."""
    for (account, region, _), alarm in hooks.scoped(hooks.ALARMS).all_items():
        if not REGIONS.is_lost(region):
            with scope(account, region):
                evaluate(alarm)


def evaluate(alarm: Alarm) -> None:
    """Bring an alarm of the account and region of the request being served to the state that its metric demands."""
    comparison = _COMPARISONS.get(str(alarm.get("ComparisonOperator")))
    if comparison is None or not (alarm.get("MetricName") or alarm.get("Metrics")):
        return
    exceeds, words = comparison
    threshold = _number(alarm.get("Threshold"), 0)
    values = _computed(alarm) if alarm.get("Metrics") else _values(alarm)
    breaching = [None if value is None else exceeds(value, threshold) for value in values]
    needed = int(_number(alarm.get("DatapointsToAlarm"), len(values)))
    state = state_of(breaching, needed, str(alarm.get("TreatMissingData") or "missing"))
    # What a scaling policy goes by.
    cast("Record", alarm)["LocalAwsValues"] = values
    if state is None or state == alarm["StateValue"]:
        return
    seen = ", ".join("missing" if value is None else f"{value:g}" for value in values)
    reason = f"Threshold Crossed: {needed} of [{seen}] must be {words} {threshold:g}"
    set_state = cast("Callable[[object, object, bool, bool], object]", hooks.SET_ALARM_STATE.get())
    # The last two: a request in JSON rather than in CBOR.
    set_state({}, {"AlarmName": alarm["AlarmName"], "StateValue": state, "StateReason": reason}, False, True)


def watch_math(alarm: Record, queries: Sequence[Record]) -> None:
    """Let an alarm on a metric watch metric math instead."""
    for key in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Unit", "Period"):
        alarm.pop(key, None)
    alarm["Metrics"] = list(queries)


def state_of(breaching: Sequence[bool | None], needed: int, missing: str) -> str | None:
    """The state that periods demand, the newest first; None leaves the alarm as it is.

    Args:
        breaching: Of each period whether it crosses the threshold; None where there is no data.
        needed: How many must cross it.
        missing: The alarm's TreatMissingData.
    """
    if missing in {"breaching", "notBreaching"}:
        breaching = [missing == "breaching" if period is None else period for period in breaching]
    if all(period is None for period in breaching):
        return "INSUFFICIENT_DATA" if missing == "missing" else None
    return "ALARM" if breaching.count(True) >= needed else "OK"


def _with_math(record: Callable[[str, Properties], Record]) -> Callable[[str, Properties], Record]:
    def record_either(name: str, properties: Properties) -> Record:
        queries = [mapping(one) for one in items(properties, "Metrics")]
        if not queries:
            return record(name, properties)
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = record(name, {**plain, "MetricName": "-", "Namespace": "-"})
        watch_math(alarm, queries)
        return alarm

    return record_either


def _computed(alarm: Alarm) -> list[float | None]:
    """The series that an alarm on metric math watches, the newest period first; missing where it is not understood."""
    queries = [mapping(one) for one in items(alarm, "Metrics")]
    series: dict[str, list[float | None]] = {}
    for query in queries:
        if stat := mapping(query.get("MetricStat")):
            metric = mapping(stat.get("Metric"))
            watched = {**alarm, **metric, "Period": float(text(stat, "Period", "60")), "Statistic": stat.get("Stat")}
            series[text(query, "Id")] = _values(watched)
    metrics = list(series)
    waiting = [query for query in queries if "Expression" in query]
    count = int(_number(alarm.get("EvaluationPeriods"), 1))
    result = text(next((one for one in queries if str(one.get("ReturnData", True)).lower() == "true"), {}), "Id")
    # Expressions may name each other, in whatever order.
    for _ in range(len(waiting)):
        for query in waiting:
            try:
                node = alarm_math.parse(text(query, "Expression"))
                series[text(query, "Id")] = [
                    alarm_math.evaluate(node, {name: found[period] for name, found in series.items()}, metrics)
                    for period in range(count)
                ]
            except alarm_math.UnknownExpressionError:
                continue
    return series.get(result, [None] * count)


def _values(alarm: Alarm) -> list[float | None]:
    """The alarm's statistic in each of its periods, the newest first; None where there is no data."""
    period = _number(alarm.get("Period"), 60)
    count = int(_number(alarm.get("EvaluationPeriods"), 1))
    now = time.time()
    periods: list[list[Point]] = [[] for _ in range(count)]
    for point in _points(alarm):
        index = max(0, int((now - _number(point["Timestamp"], 0)) // period))
        if index < count:
            periods[index].append(point)
    if alarm.get("Namespace") in _COUNTED_ONCE_A_PERIOD and alarm.get("Statistic") == "Average":
        periods = [points[-1:] for points in periods]
    return [_statistic(alarm, points) for points in periods]


def _points(alarm: Alarm) -> Sequence[Point]:
    listed = cast("Sequence[Mapping[str, str]]", alarm.get("Dimensions") or ())
    key = cast("Callable[[object], str]", hooks.DIMENSIONS_KEY.get())({item["Name"]: item["Value"] for item in listed})
    metrics = cast("Mapping[tuple[object, object, str], Sequence[Point]]", hooks.METRICS.get())
    found = list(metrics.get((alarm.get("Namespace"), alarm["MetricName"], key)) or ())
    unit = alarm.get("Unit")
    return [point for point in found if point.get("Unit") == unit] if unit else found


def _statistic(alarm: Alarm, points: list[Point]) -> float | None:
    if not points:
        return None
    statistics = cast("Callable[[object], object]", hooks.STATISTICS.get())(points)
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    value = cast("Callable[[object, object, object], float | None]", hooks.STATISTIC.get())
    return value(statistics, name, points) if statistics else None


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
