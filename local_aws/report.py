"""The tables that a person reads."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from local_aws import catalogue, data_servers, programs
from local_aws.grades import GRADES, Grade, grade_template
from local_aws.hosts import localize
from local_aws.project import ROOT

if TYPE_CHECKING:
    from rich.console import Console

    from local_aws.data_servers import DataServers
    from local_aws.inbox import Message
    from local_aws.programs import Programs
    from local_aws.project import Workspace
    from local_aws.state import State

_MEANINGS: Mapping[Grade, str] = {
    "executes": "behaves as on AWS, as far as the emulator goes",
    "API-backed": "exists in its API and does nothing",
    "recorded": "was accepted; nothing is behind it",
}
_LABELS = {"Api": "API"}
_INBOX_COMMAND = "make inbox"
_STOP_COMMAND = "make local-down"


def show(current: State, workspace: Workspace, console: Console) -> None:
    """What is deployed, where to find it, and what it proves."""
    rows: list[tuple[str, str, str]] = []
    for stack, outputs in current.outputs.items():
        for key, value in sorted(outputs.items(), key=lambda output: output[0] != "SiteUrl"):
            local = localize(value, current.server.port)
            if key.endswith("Url") and local != value:
                label = _LABELS.get(key.removesuffix("Url"), key.removesuffix("Url"))
                rows.append((label or "Address", local, f"of {stack}"))
    rows.append(("Inbox", _INBOX_COMMAND, "the mails and texts that were sent"))
    rows.append(("Stop", _STOP_COMMAND, "leaves no process and no file"))
    rows.append(("AWS", current.server.endpoint_url, f"log: {workspace.log}"))
    margin = max(len(label) for label, _value, _note in rows)
    width = max(len(value) for _label, value, _note in rows)
    console.print()
    for label, value, note in rows:
        # Not a table: an address that is cut off or wrapped can't be opened.
        line = Text.assemble((f"{label:<{margin}}  ", "bold"), f"{value:<{width}}  ", (note, "dim"))
        console.print(line, soft_wrap=True, highlight=False)
    show_programs(programs.read(current.server.port), console)
    show_data_servers(data_servers.read(current.server.port), console)
    console.print()
    show_grades(current.stacks, workspace, console)
    for name in GRADES:
        console.print(f"  [dim]{name}: {_MEANINGS[name]}[/]")
    recorded = _recorded(current.server.port)
    if recorded:
        console.print("\n[yellow]Recorded only, nothing is behind these:[/]")
        for entry in recorded:
            console.print(f"  {entry['stack']}/{entry['logical_id']} ({entry['type']})", markup=False)


def show_grades(stacks: Sequence[str], workspace: Workspace, console: Console) -> None:
    """The resources of each stack by grade."""
    table = Table(title="What this deployment proves: resources by grade", title_justify="left")
    # Never cut off, however narrow the terminal: a stack's name is what the next command needs.
    of_stack = {stack: [stack, *catalogue.further([stack], ROOT)] for stack in stacks}
    table.add_column("Stack", min_width=max(len(name) for names in of_stack.values() for name in names))
    table.add_column("Grade", min_width=max(map(len, GRADES)))
    for name in GRADES:
        table.add_column(name, justify="right", min_width=len(name))
    for stack, part in ((stack, part) for stack, parts in of_stack.items() for part in parts):
        graded = grade_template(catalogue.template(part, workspace.assembly))
        table.add_row(part, catalogue.grade(stack), *(str(graded.count(name)) for name in GRADES))
    console.print(table, crop=False)


def show_programs(found: Programs, console: Console) -> None:
    """What runs in the place of instances, and what does not."""
    for name, programs_of in groupby(found.running, key=lambda one: one.name):
        console.print(f"\nThe {name} runs on this machine in the instances' place:")
        for one in programs_of:
            line = f"  {one.instance}  {one.zone}  http://127.0.0.1:{one.port}  process {one.process}"
            console.print(line, soft_wrap=True, highlight=False)
    for group, name in sorted(found.sleeping.items()):
        console.print(
            f"\nNo {name} runs for {group}, which has no instances now: they come when there is work.",
            soft_wrap=True,
            highlight=False,
        )
    if found.waiting:
        console.print(f"[yellow]Nothing runs yet for {', '.join(found.waiting)}.[/]")
    if found.lost:
        console.print(f"[yellow]It has ended for {', '.join(found.lost)}, to be replaced by Auto Scaling.[/]")
    if found.restarting:
        console.print(f"[yellow]It has ended for {', '.join(found.restarting)}, and is started again.[/]")
    if found.unreachable:
        console.print(
            f"\nNothing runs in the place of {len(found.unreachable)} instances with a web application: "
            "here load balancers reach it over HTTP alone, and network load balancers carry no traffic."
        )


def show_data_servers(found: DataServers, console: Console) -> None:
    """What runs in the place of databases and caches, and what does not."""
    for one in found.running:
        line = f"\n{one.name} runs on this machine as the {one.kind} {one.identifier}: {one.host}:{one.port}"
        console.print(line, soft_wrap=True, highlight=False)
    for each in found.missing:
        console.print(
            f"\n[yellow]Nothing runs as the {each.kind} {each.identifier}.[/] {escape(each.reason)}",
            soft_wrap=True,
            highlight=False,
        )


def show_messages(messages: Iterable[Message], console: Console) -> None:
    """The mails and texts, one a row."""
    table = Table(title="Inbox", title_justify="left")
    for column in ("Time", "Channel", "To", "Subject and text"):
        table.add_column(column, overflow="fold")
    for message in messages:
        when = message.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        content = f"{message.subject}\n{message.text}" if message.subject else message.text
        # Not plain strings: what somebody was sent may look like console markup.
        table.add_row(when, message.channel, Text(message.to), Text(content))
    if table.row_count:
        console.print(table)
    else:
        console.print("Nothing has been sent yet.")


def _recorded(port: int) -> list[dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/_local_aws/recorded")
        found: list[dict[str, str]] = json.loads(connection.getresponse().read())["recorded"]
        return found
    finally:
        connection.close()
