"""The report that a run leaves: a page of HTML, or Markdown with its picture beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from aws_patterns.disaster_recovery.runbook._report_picture import run_picture, title
from aws_patterns.disaster_recovery.runbook.run_report import Mode, RunReport, Step, Times

SUFFIXES = (".html", ".md")
_HEAD = ("Step", "Outcome", "Began", "Took", "In words")
_WHAT: Mapping[str, str] = {
    Mode.READINESS: "Readiness check",
    Mode.DRILL: "Drill",
    Mode.FAILOVER: "Failover",
    Mode.FAILBACK: "Failback",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1f2937;
  background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { border: 1px solid #d0d7de; padding: .3rem .6rem;
  text-align: left; vertical-align: top } th { background: #f6f8fa }
td:nth-child(3), td:nth-child(4) { white-space: nowrap }
svg { max-width: 100%; height: auto } .good { color: #1a7f37 } .bad { color: #b3202f }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3 } th { background: #161b22 }
  .good { color: #56d364 } .bad { color: #ff7b72 } }
""".strip()


def write_report(run: RunReport, name: str, file: Path) -> None:
    """Write it as the file's suffix says; Markdown refers to a picture beside it.

    Raises:
        ValueError: It is another suffix.
        OSError: It can't be written.
    """
    check_suffix(file)
    if file.suffix == ".html":
        file.write_text(html(run, name), encoding="utf-8")
    else:
        picture = file.with_suffix(".svg")
        picture.write_text(run_picture(run), encoding="utf-8")
        file.write_text(markdown(run, name, picture.name), encoding="utf-8")


def check_suffix(file: Path) -> None:
    """Raise a ValueError where no report can be written to such a file."""
    if file.suffix not in SUFFIXES:
        raise ValueError(f"a report is written to a file that ends in {' or '.join(SUFFIXES)}, got {file.name!r}")


def html(run: RunReport, name: str) -> str:
    """A page that needs nothing else."""
    color = "good" if run.succeeded and not run.missed else "bad"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(_title(run, name))}</title>",
            f"<style>\n{_STYLE}\n</style></head><body>",
            f"<h1>{escape(_title(run, name))}</h1>",
            f'<p class="{color}"><strong>{escape(verdict(run))}</strong></p>',
            _html_table(("", "Measured", "Objective", ""), _objective_rows(run)),
            "<h2>Time line</h2>",
            run_picture(run),
            _html_table(_HEAD, [_row(step) for step in run.steps]),
            "<h2>Run</h2>",
            _html_table(("", ""), _facts(run)),
            "</body></html>",
            "",
        ]
    )


def markdown(run: RunReport, name: str, picture: str) -> str:
    """Text, which refers to the file with its picture."""
    return "\n\n".join(
        [
            f"# {_title(run, name)}",
            f"**{_plain(verdict(run))}**",
            _markdown_table(("", "Measured", "Objective", ""), _objective_rows(run)),
            "## Time line",
            f"![{title(run)}]({picture})",
            _markdown_table(_HEAD, [_row(step) for step in run.steps]),
            "## Run",
            _markdown_table(("", ""), _facts(run)) + "\n",
        ]
    )


def verdict(run: RunReport) -> str:
    """One sentence: what has become of it."""
    what = _WHAT.get(run.mode, run.mode)
    because = f": {run.reason}" if run.reason and not run.succeeded else ""
    ended = {"succeeded": "succeeded", "stopped": "stopped", "refused": "was refused"}.get(run.outcome, "is under way")
    late = " and ".join(f"the {half} misses the objective" for half in run.missed)
    return f"{what} {ended}{because}{f', but {late}' if run.succeeded and late else ''}".rstrip(".") + "."


def _title(run: RunReport, name: str) -> str:
    return f"{_WHAT.get(run.mode, run.mode)} of {name}"


def _objective_rows(run: RunReport) -> list[tuple[str, ...]]:
    def half(times: Times, which: str) -> float | None:
        return times.recovery_time_seconds if which == "recovery time" else times.recovery_point_seconds

    return [
        (
            which.capitalize(),
            _seconds(half(run.measured, which)),
            _seconds(half(run.objective, which)),
            "" if half(run.measured, which) is None else "missed" if which in run.missed else "met",
        )
        for which in ("recovery time", "recovery point")
    ]


def _facts(run: RunReport) -> list[tuple[str, ...]]:
    return [
        ("Execution", run.execution),
        ("Mode", f"{run.mode}{', forced' if run.forced else ''}"),
        ("Outcome", run.outcome),
        ("Reason", run.reason or "none given"),
        ("Started", run.started),
        ("Ended", run.ended or "not yet"),
        ("Took", _seconds(run.seconds)),
    ]


def _row(step: Step) -> tuple[str, ...]:
    began = f"+ {step.began_seconds:,.1f} s"
    return (step.title, step.outcome or "under way", began, _seconds(step.seconds), step.reason)


def _seconds(found: float | None) -> str:
    return "not measured" if found is None else f"{found:,.1f} s"


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    return "\n".join(["<table>", f"<tr>{top}</tr>", *(f"<tr>{line}</tr>" for line in lines), "</table>"])


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(cell: str) -> str:
    """What comes from outside, as letters and nothing else."""
    escaped = "".join(f"\\{letter}" if letter in "\\|`*_[]#" else letter for letter in escape(cell, quote=False))
    return " ".join(escaped.split())
