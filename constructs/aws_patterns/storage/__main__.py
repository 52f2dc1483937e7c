"""What operators do with buckets: ``python -m aws_patterns.storage replicate-existing BUCKET``."""

from __future__ import annotations

from typing import Annotated

try:
    import typer
    from rich.console import Console

    from aws_patterns.storage import existing_objects as tool
except ModuleNotFoundError as missing:
    raise SystemExit(f"{missing.name} is not installed: pip install 'aws-patterns[operations]'") from None

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Operation of buckets.")
_console = Console()
_errors = Console(stderr=True)

_INTERRUPTED = 130


@app.callback()
def _commands() -> None:
    """Keeps ``replicate-existing`` a command, although it is the only one."""


@app.command()
def replicate_existing(
    bucket: Annotated[str, typer.Argument(help="That has the originals.")],
    role: Annotated[str, typer.Option(help="ARN of the role that S3 takes: the output BatchRoleArn.")],
    reports: Annotated[str, typer.Option(help="ARN of bucket and prefix for S3's report: the output ReportsArn.")],
    failed_only: Annotated[
        bool, typer.Option("--failed-only", help="Only what S3 gave up on, not what was there before the rules.")
    ] = False,
) -> None:
    """Copy objects that were there before the bucket was replicated, or that S3 gave up on.

    S3 does it as a job (Batch Replication), which costs by job and object. Interrupted, this program ends and the job
    goes on.
    """
    try:
        with tool.told_plainly():
            _replicate(bucket, role, reports, failed_only=failed_only)
    except tool.ReplicateError as problem:
        _errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _replicate(bucket: str, role: str, reports: str, *, failed_only: bool) -> None:
    clients = tool.clients_for(bucket)
    job = tool.start(clients, bucket, role_arn=role, reports_arn=reports, failed_only=failed_only)
    _say(f"Job {job} copies objects of {bucket}.")
    done = tool.Progress(status="")
    try:
        for progress in tool.follow(clients, job):
            if progress != done:
                _say(f"{progress.status}: {progress.succeeded} of {progress.total} copied, {progress.failed} failed.")
            done = progress
    except KeyboardInterrupt:
        _say(f"The job goes on: aws s3control describe-job --account-id {clients.account} --job-id {job}")
        raise typer.Exit(_INTERRUPTED) from None
    if done.failed:
        raise tool.ReplicateError(f"S3 gave up on {done.failed} objects; its report is below {reports}.")


def _say(text: str) -> None:
    _console.print(text, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="python -m aws_patterns.storage")
