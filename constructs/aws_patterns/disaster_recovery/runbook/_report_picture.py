"""The time line of a run: each step as a bar, and the objective as a line across them."""

from __future__ import annotations

from aws_patterns.disaster_recovery import _svg as svg
from aws_patterns.disaster_recovery.runbook.run_report import RunReport, Step

_COLORS = {"done": "#1d4ed8", "skipped": "#94a3b8", "failed": svg.BAD, "": "#b45309"}
_MARGIN, _LETTER, _WIDTH, _RIGHT = 20.0, 6.2, 620.0, 90.0
_TOP, _ROW, _BAR = 62.0, 28.0, 16.0
_THINNEST = 2.0


def title(run: RunReport) -> str:
    """What the picture shows."""
    return f"{run.mode.capitalize()} {run.execution}, step by step"


def run_picture(run: RunReport) -> str:
    """The steps of a run, one below the other, on one scale."""
    ends = [step.began_seconds + (step.seconds or 0) for step in run.steps]
    marks = svg.ticks(max([run.seconds or 0.0, *ends]) or 1.0)
    bottom = _TOP + _ROW * len(run.steps)
    beside = _MARGIN + _LETTER * max([len(step.title) for step in run.steps], default=0) + 10

    def across(seconds: float) -> float:
        return beside + _WIDTH * seconds / marks[-1]

    lines = [svg.text(_MARGIN, 26, title(run), size=14, bold=True)]
    for mark in marks:
        lines.append(svg.line(across(mark), _TOP - 8, across(mark), bottom, svg.GRID))
        lines.append(svg.text(across(mark), bottom + 16, svg.tick_name(mark), color=svg.MUTED, anchor="middle"))
    # From the beginning of the run: what a drill is held against, and a failover where nobody saw the loss.
    objective = run.objective.recovery_time_seconds
    if objective is not None and objective <= marks[-1]:
        lines.append(svg.line(across(objective), _TOP - 14, across(objective), bottom, svg.BAD, dashed=True))
        lines.append(svg.text(across(objective), _TOP - 18, "objective", color=svg.BAD, anchor="middle"))
    for row, step in enumerate(run.steps):
        top = _TOP + _ROW * row
        width = max(_THINNEST, _WIDTH * (step.seconds or 0) / marks[-1])
        lines += [
            svg.text(_MARGIN, top + 12, step.title, size=11),
            svg.bar(across(step.began_seconds), top, width, _BAR, _COLORS[step.outcome], hint=step.reason),
            svg.text(across(step.began_seconds) + width + 5, top + 12, _told(step), size=10, color=svg.MUTED),
        ]
    return svg.framed(
        beside + _WIDTH + _RIGHT,
        bottom + 34,
        lines,
        title=title(run),
        description=" ".join(f"{step.title}: {_told(step)}." for step in run.steps),
    )


def _told(step: Step) -> str:
    if step.seconds is None:
        return "under way"
    return step.outcome if step.outcome == "skipped" else f"{step.seconds:,.1f} s" + _failed(step)


def _failed(step: Step) -> str:
    return ", failed" if step.outcome == "failed" else ""
