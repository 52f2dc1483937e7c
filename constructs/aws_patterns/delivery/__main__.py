"""What pipelines ask before they deploy: ``python -m aws_patterns.delivery deployed-templates``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

try:
    import typer
    from rich.console import Console

    from aws_patterns.delivery import deployed_templates as tool
except ModuleNotFoundError as missing:
    raise SystemExit(f"{missing.name} is not installed: pip install 'aws-patterns[operations]'") from None

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Before a deployment.")
_console = Console()
_errors = Console(stderr=True)


@app.callback()
def _commands() -> None:
    """Keeps ``deployed-templates`` a command, although it is the only one."""


@app.command()
def deployed_templates(
    assembly: Annotated[Path, typer.Argument(help="What cdk synth wrote.")] = Path("cdk.out"),
    to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("deployed"),
) -> None:
    """Write what is deployed of the stacks that were synthesized, for the review of changes.

    Looks with the lookup roles of cdk bootstrap, where the stacks name them. Changes nothing.
    """
    try:
        for stack, is_deployed in tool.save_deployed(tool.stacks_of(assembly), to):
            said = f"{to / stack.template}" if is_deployed else "not deployed yet"
            _console.print(f"{stack.name}: {said}", markup=False, highlight=False, soft_wrap=True)
    except tool.DeployedTemplatesError as problem:
        _errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app(prog_name="python -m aws_patterns.delivery")
