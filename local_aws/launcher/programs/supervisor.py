"""Keeps a process for each instance that would install the sample application: as many as there are, no longer."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.launcher import aws, hooks, stand_ins
from local_aws.launcher.hooks import Record
from local_aws.launcher.programs.boot_script import Program, program_of
from local_aws.launcher.scaling import groups, instances

_log = logging.getLogger("local_aws")

_INSTANCE = Path(__file__).with_name("instance.py")
_PACKAGE = "sample_web_app"
_LOOPBACK = "127.0.0.1"
# Where nothing answers: the port of a process that has ended may be another one's soon.
_NOWHERE = 1
_KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instance that would install the sample application."""

    account: str
    region: str
    zone: str
    kind: str
    program: Program
    reachable: bool


@dataclass(slots=True)
class Running:
    """A process in the place of an instance.

    Attributes:
        port: Where it listens; None until it does.
        lost: Whether it has ended though its instance has not.
    """

    process: subprocess.Popen[bytes]
    zone: str
    folder: Path
    port: int | None = None
    lost: bool = False


class Supervisor:
    """Starts, registers and ends the processes; ``look`` again and again, ``close`` in the end."""

    def __init__(self) -> None:
        self._enabled = False
        self._folder = Path(tempfile.gettempdir()) / "instances"
        self._running: dict[str, Running] = {}
        self._leaving: list[Running] = []

    def enable(self) -> None:
        """Run programs from now on."""
        self._enabled = True

    def look(self) -> None:
        """Bring the processes in line with the instances."""
        wanted = _wanted()
        for instance in [known for known in self._running if known not in wanted]:
            self._end(instance)
        self._leaving = [running for running in self._leaving if not _is_over(running)]
        for instance, running in self._running.items():
            _register(instance, running)
        for instance, found in wanted.items():
            if found.reachable and instance not in self._running:
                self._running[instance] = self._start(instance, found)

    def status(self) -> Mapping[str, object]:
        """The processes by instance, and the instances without: that wait, have lost theirs, or get none."""
        wanted = _wanted() if self._enabled else {}
        lost = [name for name, one in self._running.items() if name in wanted and one.lost]
        running = {name: one for name, one in self._running.items() if name in wanted and one.port and not one.lost}
        return {
            "running": {
                name: {"zone": one.zone, "port": one.port, "process": one.process.pid} for name, one in running.items()
            },
            "waiting": [name for name, one in wanted.items() if one.reachable and name not in {*running, *lost}],
            "lost": lost,
            "unreachable": [name for name, one in wanted.items() if not one.reachable],
        }

    def close(self) -> None:
        """End every process; returns when they are gone."""
        ending = [*self._running.values(), *self._leaving]
        for running in ending:
            running.process.kill()
        for running in ending:
            running.process.wait(_KILL_SECONDS)

    def _start(self, instance: str, wanted: Wanted) -> Running:
        sources = self._sources(wanted)
        folder = self._folder / instance
        disk = folder / "disk"
        disk.mkdir(parents=True, exist_ok=True)
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 # the sample application of this project, as deployed
                [
                    *(sys.executable, "-I", "-B", str(_INSTANCE), str(sources), instance, wanted.zone, wanted.kind),
                    *(*wanted.program.arguments, "--state-directory", str(disk)),
                ],
                cwd=folder,
                # Nothing that leads to the emulated account: an instance's role is not this server's.
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return Running(process, wanted.zone, folder)

    def _sources(self, wanted: Wanted) -> Path:
        """The folder with the application's package, fetched once: a key names one content for ever."""
        folder = self._folder / "sources" / wanted.program.bucket / wanted.program.key
        if not folder.exists():
            with hooks.scope(wanted.account, wanted.region):
                body = aws.s3().get_object(Bucket=wanted.program.bucket, Key=wanted.program.key)["Body"].read()
            draft = folder.with_name(f"{folder.name}.new")
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                archive.extractall(draft / _PACKAGE)
            draft.rename(folder)
        return folder

    def _end(self, instance: str) -> None:
        """Let it finish what is under way, as the service does when its instance is shut down."""
        running = self._running.pop(instance)
        stand_ins.remove(instance)
        running.process.terminate()
        self._leaving.append(running)


SUPERVISOR = Supervisor()


def _wanted() -> Mapping[str, Wanted]:
    found: dict[str, Wanted] = {}
    groups.every(lambda group: found.update(_of_group(group)))
    return found


def _of_group(group: Record) -> Iterator[tuple[str, Wanted]]:
    known = hooks.store(hooks.TARGET_GROUPS)
    protocols = {known[arn].get("Protocol") for arn in group.get("TargetGroupARNs", ()) if arn in known}
    for one in group["Instances"]:
        identifier = one["InstanceId"]
        described = hooks.store(hooks.INSTANCES).get(identifier, {})
        program = program_of(str(described.get("UserData") or ""))
        if program and instances.is_running(identifier):
            reachable = "HTTP" in protocols and not program.speaks_tls
            yield (
                identifier,
                Wanted(
                    hooks.account(), hooks.region(), one["AvailabilityZone"], one["InstanceType"], program, reachable
                ),
            )


def _register(instance: str, running: Running) -> None:
    """Let load balancers send it what they would send to its instance, as soon as it listens."""
    if running.lost:
        return
    if (code := running.process.poll()) is not None:
        running.lost = True
        stand_ins.add({"instance": instance, "address": _LOOPBACK, "port": _NOWHERE})
        _log.warning("The sample application in the place of %s has ended (exit code %s).", instance, code)
    elif running.port is None and (port := _listening(running.folder / "log.txt")):
        running.port = port
        stand_ins.add({"instance": instance, "address": _LOOPBACK, "port": port})


def _listening(log: Path) -> int | None:
    """The port that it says it listens on."""
    for line in log.read_text(errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("message") == "listening":
            return int(said["port"])
    return None


def _is_over(running: Running) -> bool:
    if running.process.poll() is None:
        return False
    if running.process.stdin:
        running.process.stdin.close()
    shutil.rmtree(running.folder, ignore_errors=True)
    return True
