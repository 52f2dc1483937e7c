"""What reviewers and pipelines run: ``python -m aws_patterns.review OLD NEW``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

try:
    import typer

    from aws_patterns.review.changes import Severity
    from aws_patterns.review.documents import UnreadableError
    from aws_patterns.review.folder_review import review_places
    from aws_patterns.review.report import as_markdown, as_text, worst
except ModuleNotFoundError as missing:
    raise SystemExit(f"{missing.name} is not installed: pip install 'aws-patterns[review]'") from None

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_UNREADABLE = 2
_CODES = {Severity.NOTE: 0, Severity.LOOK: 1, Severity.DATA_LOSS: 3}


class FailOn(StrEnum):
    """From which changes on the exit code is not 0."""

    LOOK = "look"
    DATA_LOSS = "data-loss"
    NEVER = "never"


_FAILING = {
    FailOn.LOOK: (Severity.LOOK, Severity.DATA_LOSS),
    FailOn.DATA_LOSS: (Severity.DATA_LOSS,),
    FailOn.NEVER: (),
}


@app.command()
def review(
    old: Annotated[Path, typer.Argument(help="What is deployed: a template, or the folder that cdk synth wrote.")],
    new: Annotated[Path, typer.Argument(help="What is to be deployed: as OLD.")],
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a comment on a pull request.")] = False,
    complete: Annotated[bool, typer.Option("--all", help="List what needs no look, too.")] = False,
    fail_on: Annotated[FailOn, typer.Option(help="From which changes on the exit code is not 0.")] = FailOn.LOOK,
    region: Annotated[str | None, typer.Option(help="Where, for templates that do not say it.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A value that the stacks are deployed with.")
    ] = None,
) -> None:
    """Say what a change of templates does to what is deployed: replaced, lost, opened, allowed.

    Exit code: 0 nothing needs a look, 1 something does, 2 a template can't be read, 3 data would be lost.
    """
    given = dict(each.split("=", 1) for each in parameter or () if "=" in each)
    try:
        reviews = review_places(old, new, region=region, parameters=given)
    except UnreadableError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(_UNREADABLE) from None
    typer.echo(as_markdown(reviews) if markdown else as_text(reviews, complete=complete))
    severity = worst(reviews)
    if severity in _FAILING[fail_on]:
        raise typer.Exit(_CODES[severity])


if __name__ == "__main__":
    app(prog_name="python -m aws_patterns.review")
