"""What operators do about disasters: ``python -m aws_patterns.disaster_recovery drill orders --region us-west-2``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

try:
    import typer
    from rich.console import Console
    from rich.table import Table

    from aws_patterns.disaster_recovery.runbook import runbook_client as tool
except ModuleNotFoundError as missing:
    raise SystemExit(f"{missing.name} is not installed: pip install 'aws-patterns[operations]'") from None

from aws_patterns.disaster_recovery.choice import _comparison as comparison
from aws_patterns.disaster_recovery.choice._durations import seconds_of
from aws_patterns.disaster_recovery.choice._timeline_of_strategies import strategies_picture
from aws_patterns.disaster_recovery.choice._workload_file import read_profile
from aws_patterns.disaster_recovery.choice.example_profile import EXAMPLE
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.recovery_objective import RecoveryObjective
from aws_patterns.disaster_recovery.choice.strategy_choice import choose_strategy, compare_strategies
from aws_patterns.disaster_recovery.runbook import _report_pages as pages
from aws_patterns.disaster_recovery.runbook.run_report import Mode, RunReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment
    from aws_patterns.disaster_recovery.plan import Strategy

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Disaster recovery: choosing, rehearsing, doing it.")
_console = Console()
_errors = Console(stderr=True)

_INTERRUPTED = 130


def _duration(typed: str) -> float:
    try:
        return seconds_of(typed)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None


@app.command()
def compare(
    *,
    recovery_time: Annotated[
        float, typer.Option(parser=_duration, metavar="DURATION", help="Users are served again after, at most: 1h.")
    ],
    recovery_point: Annotated[
        float, typer.Option(parser=_duration, metavar="DURATION", help="So much of the last changes is lost: 15m.")
    ],
    workload: Annotated[
        str | None,
        typer.Option(
            help="Its profile: a .toml file, or package.module:name. Default: an order service as an example."
        ),
    ] = None,
    decision: Annotated[
        float | None,
        typer.Option(parser=_duration, metavar="DURATION", help="Until somebody has decided. Default: 15m."),
    ] = None,
    without_domain: Annotated[
        bool, typer.Option("--without-domain", help="Users call the traffic switch, not a domain name.")
    ] = False,
    picture: Annotated[Path | None, typer.Option(help="Write the time lines to this file, as SVG.")] = None,
) -> None:
    """Show what the four strategies come to for a workload, and which is the cheapest that meets the objective.

    Fails if none does, with each link of the one that comes nearest.
    """
    design = RecoveryDesign(dns=not without_domain)
    if decision is not None:
        design = replace(design, decision_seconds=decision)
    objective = RecoveryObjective(recovery_time_seconds=recovery_time, recovery_point_seconds=recovery_point)
    with _told():
        profile = EXAMPLE if workload is None else read_profile(workload)
        found = compare_strategies(objective, profile, design)
        if picture:
            picture.write_text(strategies_picture(found), encoding="utf-8")
        try:
            choice = choose_strategy(objective, profile, design)
        except ValueError:
            _compare(found, None)
            raise
        _compare(found, choice.strategy)
        _say(f"\n{choice}")


Name = Annotated[str, typer.Argument(help="Of the workload, as its strategy was given it.")]
Region = Annotated[str, typer.Option(help="The recovery Region, where the runbook is.")]
Reason = Annotated[str, typer.Option(help="Why, for whoever reads about it later.")]
Report = Annotated[
    Path | None, typer.Option(help="Write a report to this file: .html, or .md with a picture beside it.")
]


@app.command()
def readiness(name: Name, *, region: Region, reason: Reason = "", report: Report = None) -> None:
    """Say whether a failover would work now. Reads only."""
    _run(Mode.READINESS, name, region, reason=reason, report=report)


@app.command()
def drill(name: Name, *, region: Region, reason: Reason = "", report: Report = None) -> None:
    """Rehearse: let the recovery Region start and answer, and go back. Users notice nothing."""
    _run(Mode.DRILL, name, region, reason=reason, report=report)


@app.command()
def failover(
    name: Name,
    *,
    region: Region,
    forced: Annotated[bool, typer.Option("--forced", help="Even though the primary Region is healthy.")] = False,
    reason: Reason = "",
    report: Report = None,
) -> None:
    """Let the recovery Region serve. Refused while the primary is healthy, unless forced."""
    _run(Mode.FAILOVER, name, region, forced=forced, reason=reason, report=report)


@app.command()
def failback(name: Name, *, region: Region, reason: Reason = "", report: Report = None) -> None:
    """Let the primary Region serve again, with everything that was written meanwhile."""
    _run(Mode.FAILBACK, name, region, reason=reason, report=report)


@app.command()
def approve(
    name: Name,
    *,
    region: Region,
    by: Annotated[str | None, typer.Option(help="Who decides. Default: whose credentials these are.")] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="It must not go on.")] = False,
    reason: Reason = "",
) -> None:
    """Let the run go on that waits for somebody, or end it."""
    with _told():
        done = tool.Runbook.of(name, region).approve(by=by, refused=refuse, reason=reason)
        _say(f"{done} {'was refused' if refuse else 'goes on'}.")


@app.command()
def status(name: Name, *, region: Region) -> None:
    """Say which Region serves, which run is under way, and how the last ones ended."""
    with _told():
        found = tool.Runbook.of(name, region).situation()
    _say(f"The {found.serving} Region serves{f' since {found.since}' if found.since else ''}.")
    for role, url in found.endpoints.items():
        _say(f"  {role}: {url or 'not registered'}")
    if found.lock is None:
        _say("No run is under way.")
    elif found.lock.under_way:
        _say(f"{found.lock.execution} is under way since {found.lock.since}.")
    else:
        _say(f"{found.lock.execution} has ended and still holds the lock: give it back with `abandon`.")
    for last in found.last.values():
        _say(f"Last {last.mode}, {last.started}: {pages.verdict(last)}")


@app.command()
def abandon(name: Name, *, region: Region) -> None:
    """Give back the lock of a run that has ended without doing so, so that another one may begin."""
    with _told():
        _say(f"{tool.Runbook.of(name, region).abandon()} does not hold the lock any more.")


def _run(
    mode: Mode, name: str, region: str, *, forced: bool = False, reason: str = "", report: Path | None = None
) -> None:
    with _told():
        if report:
            pages.check_suffix(report)
        runbook = tool.Runbook.of(name, region)
        execution = runbook.start(mode, forced=forced, reason=reason)
        _say(f"{execution} has begun in {region}.")
        try:
            done = _follow(runbook, execution)
        except KeyboardInterrupt:
            _say(f"It goes on without being watched: `status {name} --region {region}` says how it is.")
            raise typer.Exit(_INTERRUPTED) from None
        if report:
            pages.write_report(done, name, report)
            _say(f"Report: {report}")
        _say(pages.verdict(done))
        for half in ("time", "point"):
            measured = getattr(done.measured, f"recovery_{half}_seconds")
            objective = getattr(done.objective, f"recovery_{half}_seconds")
            if measured is not None and objective is not None:
                _say(f"  Recovery {half}: {measured:,.1f} s; the objective is {objective:,.15g} s.")
    if not done.succeeded:
        raise typer.Exit(1)


def _follow(runbook: tool.Runbook, execution: str) -> RunReport:
    """Say each step when it begins, and again when it ends; the run at its end."""
    told: set[tuple[int, str]] = set()
    for report in runbook.follow(execution):
        for place, step in enumerate(report.steps):
            news = step.outcome or step.reason
            if (place, news) in told:
                continue
            told.add((place, news))
            why = f": {step.reason}" if step.reason else ""
            took = f" in {step.seconds:,.1f} s" if step.seconds is not None else ""
            _say(f"{step.began_seconds:>8,.1f} s  {step.title}: {step.outcome or 'under way'}{took}{why}")
        last = report
    return last


@contextmanager
def _told() -> Iterator[None]:
    """Say on one line what went wrong."""
    try:
        with tool.told_plainly():
            yield
    except (tool.RunbookError, ValueError, OSError) as problem:
        _errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _compare(found: Mapping[Strategy, Assessment], chosen: Strategy | None) -> None:
    for head, rows in (
        (comparison.HEAD, comparison.rows(found, chosen)),
        (comparison.BANDS_HEAD, comparison.bands()),
    ):
        table = Table(*head)
        for row in rows:
            table.add_row(*row)
        _console.print(table)


def _say(text: str) -> None:
    _console.print(text, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="python -m aws_patterns.disaster_recovery")
