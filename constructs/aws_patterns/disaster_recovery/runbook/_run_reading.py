"""What a run writes about itself, read. A part of an operator's tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aws_patterns.disaster_recovery.runbook.run_report import RunReport, Step, Times

Json = Mapping[str, Any]


def from_text(told: object) -> Json:
    """The object that a text holds; an empty one where it holds none."""
    try:
        found = json.loads(told) if isinstance(told, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def report_of(execution: str, told: Json) -> RunReport:
    """From the result of a run, or from what it has written of itself so far."""
    began = told["started"]
    return RunReport(
        execution=execution,
        mode=told["mode"],
        outcome=told["outcome"],
        reason=told.get("reason") or "",
        forced=bool(told.get("forced")),
        started=began,
        ended=told.get("ended") or "",
        seconds=_between(began, told.get("ended")),
        steps=tuple(
            Step(
                name=step["name"],
                title=step["title"],
                started=step["started"],
                ended=step.get("ended") or "",
                began_seconds=max(0.0, _between(began, step["started"]) or 0.0),
                seconds=_between(step["started"], step.get("ended")),
                outcome=step.get("outcome") or "",
                reason=step.get("reason") or "",
            )
            for step in told["steps"]
        ),
        measured=_times(told.get("measured")),
        objective=_times(told.get("objective")),
    )


def _between(begin: str, end: object) -> float | None:
    if not isinstance(end, str) or not end:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def _times(told: Json | None) -> Times:
    found = told or {}
    time_, point = (found.get(f"recovery_{half}_seconds") for half in ("time", "point"))
    return Times(
        recovery_time_seconds=None if time_ is None else float(time_),
        recovery_point_seconds=None if point is None else float(point),
    )
