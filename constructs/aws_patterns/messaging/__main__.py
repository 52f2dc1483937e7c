"""What operators do with queues: ``python -m aws_patterns.messaging redrive QUEUE_URL``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

try:
    import typer
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as ProgressBar

    from aws_patterns.messaging import redrive as tool
    from aws_patterns.messaging import redrive_copies as copies
except ModuleNotFoundError as missing:
    raise SystemExit(f"{missing.name} is not installed: pip install 'aws-patterns[operations]'") from None

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Operation of queues.")
_console = Console()
_errors = Console(stderr=True)

_INTERRUPTED = 130


@app.callback()
def _commands() -> None:
    """Keeps ``redrive`` a command, although it is the only one."""


@app.command()
def redrive(
    queue_url: Annotated[
        str, typer.Argument(help="Of the queue that the messages failed in. With --to, also of the one where they are.")
    ],
    to: Annotated[
        str | None, typer.Option(help="URL of the queue that they go to. Default: the one that they failed in.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    per_second: Annotated[
        int | None,
        typer.Option(min=1, max=tool.FASTEST_PER_SECOND, help="Messages a second, at most. Default: SQS decides."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Messages in all, at most, to see whether they succeed. Default: all.")
    ] = None,
) -> None:
    """Bring dead letters back to their queue, when what they failed for is mended.

    What SNS or EventBridge could not deliver is in a queue of its own: give that one, and with --to the queue that it
    is for. An event is there as it was put onto the bus.

    Interrupted, it ends the move; what is not back yet stays where it is.
    """
    try:
        with tool.told_plainly():
            _redrive(queue_url, to, dry_run=dry_run, per_second=per_second, limit=limit)
    except tool.RedriveError as problem:
        _errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _redrive(queue_url: str, to: str | None, *, dry_run: bool, per_second: int | None, limit: int | None) -> None:
    sqs = tool.client_for(queue_url)
    letters = tool.look(sqs, queue_url, to)
    _tell(letters, to)
    if dry_run:
        _tell_plan(letters, per_second, limit)
    elif letters.under_way:
        _say("They are being moved already, as somebody else has asked for: this only follows.")
        _follow(sqs, letters)
    elif not letters.waiting:
        _say("There is nothing to bring back.")
    elif limit is None and letters.movable:
        tool.start(sqs, letters, per_second)
        _follow(sqs, letters)
    else:
        _move(sqs, letters, limit, per_second)


def _tell(letters: tool.DeadLetters, to: str | None) -> None:
    held = f", and {letters.held} more that somebody is looking at" if letters.held else ""
    where = f"Messages in {letters.name}, for {letters.queue_name}" if to else f"Dead letters of {letters.queue_name}"
    _say(f"{where}: about {letters.waiting}{held}.")


def _tell_plan(letters: tool.DeadLetters, per_second: int | None, limit: int | None) -> None:
    if letters.under_way:
        _say(f"They are being moved already: {letters.under_way.moved} of {letters.under_way.total}.")
    else:
        number = min(letters.waiting, limit or letters.waiting)
        pace = f"at most {per_second} a second, in about {-(-number // per_second)} s" if per_second else ""
        _say(f"Would bring back {number}, {pace or 'as fast as it goes'}.")
    _say("Dry run: nothing was changed.")


def _follow(sqs: SQSClient, letters: tool.DeadLetters) -> None:
    moved, status = 0, ""
    try:
        with _bar() as bar:
            task = bar.add_task(letters.queue_name, total=letters.waiting)
            for progress in tool.follow(sqs, letters):
                moved, status = progress.moved, progress.status
                bar.update(task, completed=moved, total=progress.total)
    except KeyboardInterrupt:
        _say(f"Ended. Brought back about {tool.cancel(sqs, letters)}; the others are still dead letters.")
        raise typer.Exit(_INTERRUPTED) from None
    if status == "CANCELLED":
        raise tool.RedriveError(
            f"Somebody has ended the move. Brought back {moved}; the others are still dead letters."
        )
    _say(f"Brought back {moved}.")


def _move(sqs: SQSClient, letters: tool.DeadLetters, limit: int | None, per_second: int | None) -> None:
    moved = 0
    try:
        with _bar() as bar:
            task = bar.add_task(letters.queue_name, total=min(limit or letters.waiting, letters.waiting))
            for moved in copies.move(sqs, letters, limit, per_second):
                bar.update(task, completed=moved)
    except KeyboardInterrupt:
        _say(f"Ended. Brought back {moved}; the others are still dead letters.")
        raise typer.Exit(_INTERRUPTED) from None
    _say(f"Brought back {moved}.")


def _bar() -> ProgressBar:
    return ProgressBar(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=_console
    )


def _say(text: str) -> None:
    _console.print(text, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="python -m aws_patterns.messaging")
