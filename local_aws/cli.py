"""The command line: ``python -m local_aws up | down | inbox | status | env | address | lose | reconnect``."""

from __future__ import annotations

import http.client
import json
import shlex
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from local_aws import catalogue, inbox, report, state
from local_aws.cdk import CdkError
from local_aws.hosts import localize
from local_aws.project import LOCAL
from local_aws.server import ServerError
from local_aws.state import State
from local_aws.up import up as bring_up

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The embedded AWS of this project, on this machine only."
)
_console = Console()
_errors = Console(stderr=True)

_INTERRUPTED = 130
# Of all that a program works with here, what makes it talk to the embedded AWS and to no other.
_FOR_OTHERS = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)


@app.command()
def up(stacks: Annotated[list[str] | None, typer.Argument(help="Stacks to deploy.")] = None) -> None:
    """Start the embedded AWS and deploy to it. Quick and harmless when nothing has changed."""
    try:
        bring_up(stacks or [], LOCAL, _console)
    except (catalogue.UnknownStackError, catalogue.SettingsError) as problem:
        _fail(str(problem))
    except ServerError as problem:
        _fail(f"{problem}\nTo try again from the beginning: make local-down, then make local.")
    except CdkError as problem:
        _fail(f"{problem}\nThe server keeps running. Mend the cause and run make local again.")
    except KeyboardInterrupt:
        _errors.print("\nInterrupted. make local takes it up again; make local-down removes everything.")
        raise typer.Exit(_INTERRUPTED) from None


@app.command()
def down() -> None:
    """Stop the embedded AWS and remove everything that it left."""
    known = state.load(LOCAL)
    if known:
        known.server.stop()
    existed = LOCAL.folder.exists()
    state.remove(LOCAL)
    _console.print("Stopped. Nothing is left." if existed else "Nothing was running.")


@app.command(name="inbox")
def show_inbox(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show the mails and texts that were sent."""
    messages = inbox.read(_running().server.port)
    if as_json:
        found = [
            {
                "time": message.time.isoformat(),
                "channel": message.channel,
                "to": message.to,
                "subject": message.subject,
                "text": message.text,
            }
            for message in messages
        ]
        typer.echo(json.dumps(found, indent=2))
    else:
        report.show_messages(messages, _console)


@app.command()
def status() -> None:
    """Show what is deployed, and whether it runs."""
    current = _running()
    if not current.fingerprint:
        _fail("The server runs, but the last deployment did not finish. Run make local again.")
    report.show(current, LOCAL, _console)


@app.command()
def env() -> None:
    """Show what lets other programs of this terminal use the embedded AWS: eval "$(python -m local_aws env)"."""
    environment = LOCAL.environment(_running().server.port)
    for name in _FOR_OTHERS:
        typer.echo(f"export {name}={shlex.quote(environment[name])}")
    # A token of a real account beside keys of none would be refused.
    typer.echo("unset AWS_SESSION_TOKEN AWS_PROFILE")


@app.command()
def address(
    stack: Annotated[str, typer.Argument(help="That is deployed.")],
    output: Annotated[str, typer.Argument(help="Its output that is an address.")],
) -> None:
    """Show where something is on this machine."""
    current = _running()
    outputs = current.outputs.get(stack)
    if outputs is None:
        _fail(f"There is no stack {stack!r}; there are {', '.join(current.outputs) or 'none'}.")
    if output not in outputs:
        _fail(f"{stack} has no output {output!r}; it has {', '.join(outputs) or 'none'}.")
    typer.echo(localize(outputs[output], current.server.port))


@app.command()
def lose(region: Annotated[str, typer.Argument(help="For example us-east-1.")]) -> None:
    """Lose a Region: whatever needs it is refused, until `reconnect`. Its data stay."""
    _tell("POST", "lost-regions", {"region": region})
    _console.print(f"{region} is lost.")


@app.command()
def reconnect() -> None:
    """Have every Region back, with what was kept from it meanwhile."""
    _tell("DELETE", "isolated-regions", {})
    _console.print("Every Region is back.")


def _tell(method: str, what: str, request: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", _running().server.port, timeout=60)
    try:
        connection.request(method, f"/_local_aws/{what}", body=json.dumps(request))
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        _fail(str(json.loads(told)["error"]))


def _running() -> State:
    known = state.load(LOCAL)
    if known is None or not known.server.is_healthy():
        _fail("The embedded AWS does not run. Start it with make local.")
    return known


def _fail(message: str) -> NoReturn:
    _errors.print(message, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)
