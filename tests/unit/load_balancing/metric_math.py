"""What an alarm of a template says about a minute: its metric math, worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Value = float | None


def alarm_about(alarms: Mapping[str, Mapping[str, Any]], words: str) -> Mapping[str, Any]:
    """The properties of the one alarm whose description holds these words."""
    (found,) = [alarm for alarm in alarms.values() if words in alarm["Properties"]["AlarmDescription"]]
    properties: Mapping[str, Any] = found["Properties"]
    return properties


def sources(alarm: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The metrics that an alarm reads: name and statistic, by the ids that its expression has for them."""
    return {
        entry["Id"]: (entry["MetricStat"]["Metric"]["MetricName"], entry["MetricStat"]["Stat"])
        for entry in alarm["Metrics"]
        if "MetricStat" in entry
    }


def value(alarm: Mapping[str, Any], **minute: Value) -> Value:
    """What the alarm compares with its threshold, in a minute in which its metrics have these values or are missing."""
    (expression,) = [entry["Expression"] for entry in alarm["Metrics"] if "Expression" in entry]
    assert set(minute) == set(sources(alarm))
    names = {name: _Point(given) for name, given in minute.items()}
    functions = {
        "IF": lambda condition, then, otherwise: then if condition else otherwise,
        "FILL": lambda point, missing: point if point.value is not None else _Point(missing),
    }
    result = eval(expression.replace(" AND ", " and "), {"__builtins__": {}}, {**functions, **names})
    return result.value if isinstance(result, _Point) else float(result)


class _Point:
    """A value, or none, with which nothing can be worked out; nor can anything be divided by 0."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def _with(self, other: object, operation: Any) -> _Point:
        value = other.value if isinstance(other, _Point) else other
        if self.value is None or value is None:
            return _Point(None)
        try:
            return _Point(float(operation(self.value, value)))
        except ZeroDivisionError:
            return _Point(None)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __add__(self, other: object) -> _Point:
        return self._with(other, lambda mine, its: mine + its)

    def __sub__(self, other: object) -> _Point:
        return self._with(other, lambda mine, its: mine - its)

    def __mul__(self, other: object) -> _Point:
        return self._with(other, lambda mine, its: mine * its)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> _Point:
        return self._with(other, lambda mine, its: mine / its)

    def __ge__(self, other: object) -> _Point:
        return self._with(other, lambda mine, its: mine >= its)

    def __gt__(self, other: object) -> _Point:
        return self._with(other, lambda mine, its: mine > its)
