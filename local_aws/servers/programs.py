"""Where the programs of the servers are on this machine, and how they get there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Servers are for administrators: a user's PATH may not name their folder.
_ELSEWHERE = ("/usr/sbin", "/usr/bin")


class ServerError(Exception):
    """A server is not installed or does not start; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A server's program.

    Attributes:
        name: As a person calls it.
        command: Its executable.
        package: Of Debian and Ubuntu.
        places: Where it may be besides the PATH; of several the one with the highest version is taken.
    """

    name: str
    command: str
    package: str
    places: Sequence[str] = ()

    def find(self) -> Path | None:
        """The executable; None where it is not installed."""
        found = [path for place in self.places for path in Path("/").glob(f"{place.lstrip('/')}/{self.command}")]
        usable = [path for path in found if os.access(path, os.X_OK)]
        if usable:
            return max(usable, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))])
        place = shutil.which(self.command, path=os.pathsep.join([os.environ.get("PATH", ""), *_ELSEWHERE]))
        return Path(place) if place else None

    def path(self) -> Path:
        """The executable.

        Raises:
            ServerError: It is not installed.
        """
        if (found := self.find()) is None:
            raise ServerError(f"{self.name} is not installed: run `python -m local_aws.servers --install`")
        return found


POSTGRESQL = Program(
    "PostgreSQL",
    "postgres",
    "postgresql",
    # Debian keeps several versions side by side, off the PATH; so does Homebrew.
    ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"),
)
REDIS = Program("Redis", "redis-server", "redis-server")
MEMCACHED = Program("Memcached", "memcached", "memcached")

PROGRAMS = (POSTGRESQL, REDIS, MEMCACHED)
"""All of which the tests need."""
