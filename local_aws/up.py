"""Brings the embedded AWS up: server, seed, bootstrap, deployment, each step only where it is needed."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from local_aws import catalogue, programs, report, server, state
from local_aws.cdk import Cdk
from local_aws.clients import Clients
from local_aws.fingerprint import fingerprint, server_fingerprint
from local_aws.processes import PREFERRED_PORT
from local_aws.project import REGION, ROOT, Workspace
from local_aws.state import State

# "PetCuddleOTron |  3/52 | 3:51:12 AM | CREATE_COMPLETE | AWS::S3::Bucket | Site/Bucket (SiteBucket397A1860)"
_EVENT = re.compile(
    r"^\S+ \| +(?P<done>\d+)(?:/(?P<all>\d+))? \| [^|]+\| "
    r"(?P<status>\w+) +\| (?P<type>\S+) +\| (?P<path>\S+)"
)


def up(names: Sequence[str], workspace: Workspace, console: Console) -> None:
    """Deploy the stacks, or show what is there when nothing has changed.

    Raises:
        UnknownStackError: A name is not in the registry.
        ServerError, CdkError: A step failed; the next ``up`` takes up from there.
    """
    stacks = catalogue.choose(names)
    now = fingerprint(ROOT, stacks)
    known = state.load(workspace)
    elsewhere = catalogue.further(stacks, ROOT)
    whole = all(catalogue.template_file(stack, workspace.assembly).exists() for stack in (*stacks, *elsewhere))
    if whole and known and known.fingerprint == now and known.server.is_healthy():
        report.show(known, workspace, console)
        return
    with _terminated_like_interrupted(), _Steps(console) as steps:
        current = _server(known, workspace, steps)
        state.save(workspace, current.unfinished())
        with steps.step("Verify the senders of mail"):
            _seed(current, stacks)
        cdk = Cdk(workspace, current.server.port)
        regions = tuple(dict.fromkeys((*current.regions, REGION, *elsewhere.values())))
        if missing := [region for region in regions if region not in current.regions]:
            with steps.step(f"Bootstrap the emulated account in {', '.join(missing)}"):
                cdk.bootstrap(steps.show, regions=missing)
            current = replace(current, regions=regions)
            state.save(workspace, current.unfinished())
        with steps.step(f"Synthesize and deploy {', '.join(stacks)}"):
            outputs = cdk.deploy(stacks, catalogue.context(stacks), workspace.assembly, steps.show)
        if programs.read(current.server.port).waiting:
            with steps.step("Start the programs in the place of instances"):
                programs.wait(current.server.port)
    current = replace(current, fingerprint=now, stacks=stacks, outputs=outputs)
    state.save(workspace, current)
    report.show(current, workspace, console)


def _server(known: State | None, workspace: Workspace, steps: _Steps) -> State:
    """The server, and what is known of the earlier deployments to it."""
    runs = server_fingerprint(ROOT)
    if known and known.runs == runs and known.server.is_healthy():
        with steps.step(f"Server on port {known.server.port} is running"):
            return known
    with steps.step("Start the server"):
        if known:
            known.server.stop()
        state.remove(workspace)
        started = server.start(
            workspace,
            preferred_port=PREFERRED_PORT,
            programs=True,
            on_spawn=lambda spawned: state.save(workspace, State(server=spawned, runs=runs)),
        )
        return State(server=started, runs=runs)


def _seed(current: State, stacks: Sequence[str]) -> None:
    clients = Clients(current.server.endpoint_url)
    try:
        mail = clients("sesv2")
        for sender in catalogue.senders(stacks, ROOT):
            try:
                mail.create_email_identity(EmailIdentity=sender)
            except mail.exceptions.AlreadyExistsException:
                continue
    finally:
        clients.close()


class _Steps:
    """Shows one line per step, and in it the resource under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        # Bars need a terminal. Elsewhere, in a CI log, every event is a line.
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = TaskID(0)
        self._name = ""

    def __enter__(self) -> _Steps:
        self._bars.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bars.stop()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; a line of its own, ticked off when it is done."""
        self._name = name
        self._task = self._bars.add_task(name, total=None, count="")
        if not self._console.is_terminal:
            self._line(name)
        yield
        self._bars.update(self._task, description=name, total=1, completed=1, count="")

    def show(self, line: str) -> None:
        """A line of the CDK's: an event moves the bar, all else is left to the log."""
        event = _EVENT.match(line)
        if event is None:
            return
        total = int(event["all"]) if event["all"] else None
        count = f"{event['done']}/{event['all']}" if event["all"] else event["done"]
        self._bars.update(
            self._task,
            description=f"{self._name}: {event['type']}",
            total=total,
            completed=int(event["done"]),
            count=count,
        )
        finished = event["status"].endswith(("_COMPLETE", "_FAILED"))
        if event["status"].endswith("_FAILED") or (finished and not self._console.is_terminal):
            self._line(f"  {count:>7} {event['status']} {event['type']} {event['path']}")

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM end this as Ctrl-C does, so that no CDK command is left running."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
