"""Keeps a process for each instance that would install a program: as many as there are, no longer."""

from __future__ import annotations

import logging
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.launcher import stand_ins
from local_aws.launcher.programs.place import Place
from local_aws.launcher.programs.roles import Roles
from local_aws.launcher.programs.sources import unpacked
from local_aws.launcher.programs.wanted import Wanted, sleeping, wanted

_log = logging.getLogger("local_aws")

_LOOPBACK = "127.0.0.1"
# Where nothing answers: the port of a process that has ended may be another one's soon.
_NOWHERE = 1
# As boot scripts do it where something can't be had yet.
_AGAIN_SECONDS = 5.0


class Supervisor:
    """Starts, registers and ends the processes; ``look`` again and again, ``close`` in the end."""

    def __init__(self) -> None:
        self._enabled = False
        self._folder = Path(tempfile.gettempdir()) / "instances"
        self._roles = Roles()
        self._places: dict[str, Place] = {}
        self._leaving: list[Place] = []
        self._not_before: dict[str, float] = {}

    def enable(self) -> None:
        """Run programs from now on."""
        self._enabled = True

    def look(self) -> None:
        """Bring the processes in line with the instances."""
        found = wanted()
        for instance in [known for known in self._places if known not in found]:
            self._end(instance)
        self._leaving = [place for place in self._leaving if not place.is_over()]
        for instance, one in found.items():
            if not one.reachable or time.monotonic() < self._not_before.get(instance, 0.0):
                continue
            try:
                self._keep(instance, one)
            except (BotoCoreError, ClientError, OSError, zipfile.BadZipFile) as problem:
                self._not_before[instance] = time.monotonic() + _AGAIN_SECONDS
                _log.warning("The %s in the place of %s: %s", one.program.kind.name, instance, problem)

    def status(self) -> Mapping[str, object]:
        """The processes by instance, the instances without and why, and the groups that have no instance now."""
        found = {name: one for name, one in wanted().items() if one.reachable} if self._enabled else {}
        places = {name: place for name, place in self._places.items() if name in found}
        running = {name: place for name, place in places.items() if place.port and place.ended_at is None}
        ended = [name for name, place in places.items() if place.ended_at is not None]
        return {
            "running": {
                name: {
                    "program": place.program.kind.name,
                    "zone": place.zone,
                    "port": place.port,
                    "process": place.process,
                }
                for name, place in running.items()
            },
            "waiting": [name for name in found if name not in {*running, *ended}],
            "lost": [name for name in ended if found[name].program.kind.restart_seconds is None],
            "restarting": [name for name in ended if found[name].program.kind.restart_seconds is not None],
            "unreachable": [name for name, one in wanted().items() if not one.reachable] if self._enabled else [],
            "sleeping": sleeping() if self._enabled else {},
        }

    def close(self) -> None:
        """End every process; returns when they are gone."""
        ending = [*self._places.values(), *self._leaving]
        for place in ending:
            place.kill()
        for place in ending:
            place.wait()

    def _keep(self, instance: str, one: Wanted) -> None:
        """Have a program run in the place of an instance, and load balancers find it."""
        credentials = self._roles.credentials(one)
        place = self._places.get(instance)
        if place is None or _is_to_start(place):
            sources = unpacked(one, credentials, self._folder / "sources")
            place = self._places.setdefault(instance, place or Place(one, self._folder / instance))
            place.tell(one, credentials)
            place.start(sources)
            return
        place.tell(one, credentials)
        listened = place.port
        code = place.look()
        if code is not None:
            name = place.program.kind.name
            _log.warning(
                "The %s in the place of %s has ended (exit code %s): %s", name, instance, code, place.last_words()
            )
        if place.program.kind.serves and (code is not None or place.port != listened):
            port = _NOWHERE if code is not None else place.port
            stand_ins.add({"instance": instance, "address": _LOOPBACK, "port": port})

    def _end(self, instance: str) -> None:
        place = self._places.pop(instance)
        stand_ins.remove(instance)
        self._roles.forget(instance)
        self._not_before.pop(instance, None)
        place.terminate()
        self._leaving.append(place)


SUPERVISOR = Supervisor()


def _is_to_start(place: Place) -> bool:
    """Whether it could not be started yet, or has ended and is started again."""
    after = place.program.kind.restart_seconds
    again = place.ended_at is not None and after is not None and time.monotonic() - place.ended_at >= after
    return again or not place.process
