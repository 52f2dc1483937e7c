"""Alarms that are gone, or tell nobody any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from aws_patterns.review._values import shown, shown_beside
from aws_patterns.review.changes import Area, Finding, Severity

if TYPE_CHECKING:
    from aws_patterns.review._stack import Resource, Stack

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_DECIDING = (
    *("Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "Period", "Statistic"),
    *("ExtendedStatistic", "TreatMissingData", "MetricName", "Metrics", "AlarmRule"),
)


def alarm_findings(old: Stack, new: Stack, renamed: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each alarm that nobody hears any more, or that is raised at another time."""
    for name, before in old.resources.items():
        if before.type not in _ALARMS:
            continue
        after = new.resources.get(renamed.get(name, name))
        if after is None:
            yield _finding(name, f"alarm removed: {_about(before)}", Severity.LOOK)
        elif after.type == before.type:
            yield from _changed(name, before, after)


def _changed(name: str, before: Resource, after: Resource) -> Iterator[Finding]:
    if _tells(before) and not _tells(after):
        yield _finding(name, f"alarm tells nobody any more: {_about(after)}", Severity.LOOK)
    elif fewer := [each for each in _actions(before) if each not in _actions(after)]:
        yield _finding(name, f"alarm no longer tells {', '.join(map(shown, fewer))}", Severity.NOTE)
    changed = [each for each in _DECIDING if before.properties.get(each) != after.properties.get(each)]
    if changed:
        sides = [(before.properties.get(each, "none"), after.properties.get(each, "none")) for each in changed]
        told = [f"{each} {' -> '.join(shown_beside(*both))}" for each, both in zip(changed, sides, strict=True)]
        yield _finding(name, f"alarm is raised at another time: {', '.join(told)}", Severity.NOTE)


def _tells(alarm: Resource) -> bool:
    return bool(_actions(alarm)) and alarm.properties.get("ActionsEnabled", "true") == "true"


def _actions(alarm: Resource) -> list[str]:
    found = alarm.properties.get("AlarmActions", [])
    return [shown(each) for each in found] if isinstance(found, list) else [shown(found)]


def _about(alarm: Resource) -> str:
    properties = alarm.properties
    return shown(properties.get("AlarmDescription") or properties.get("MetricName") or properties.get("AlarmRule", ""))


def _finding(name: str, text: str, severity: Severity) -> Finding:
    return Finding(area=Area.ALARMS, severity=severity, logical_id=name, text=text)
