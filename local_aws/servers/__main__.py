"""Says where the servers' programs are; ``python -m local_aws.servers --install`` installs those that are missing."""

from __future__ import annotations

import argparse
import subprocess
import sys

from local_aws.packages import apt_commands
from local_aws.servers.programs import PROGRAMS, Program, ServerError

_INSTALL_LIMIT_SECONDS = 900


def main() -> int:
    """Prints the path of each server's program; with --install, installs first what is missing."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.servers", description=main.__doc__)
    parser.add_argument("--install", action="store_true", help="install what is not found")
    arguments = parser.parse_args()
    try:
        if arguments.install:
            install()
        for program in PROGRAMS:
            sys.stdout.write(f"{program.path()}\n")
    except ServerError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def install() -> None:
    """Make sure that all servers are there; does nothing when they are.

    Raises:
        ServerError: They are not, and could not be installed.
    """
    missing = [program for program in PROGRAMS if program.find() is None]
    if not missing:
        return
    commands = apt_commands(*(program.package for program in missing))
    if commands is None:
        raise ServerError(f"{_by_hand(missing)}, then run this again: here is no apt-get, or no right to use it")
    for command in commands:
        _run(command, missing)
    if still := [program for program in missing if program.find() is None]:
        raise ServerError(f"the installation ended without an error, and still: {_by_hand(still)}")


def _run(command: list[str], missing: list[Program]) -> None:
    line = " ".join(command)
    sys.stderr.write(f"{', '.join(program.name for program in missing)} not found, running: {line}\n")
    try:
        # Their progress goes to stderr, so that stdout holds the paths alone.
        done = subprocess.run(command, stdout=sys.stderr, timeout=_INSTALL_LIMIT_SECONDS, check=False)  # noqa: S603 - fixed words
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"gave up after {_INSTALL_LIMIT_SECONDS} s: {line}") from error
    if done.returncode:
        raise ServerError(f"exit code {done.returncode} from: {line}\n{_by_hand(missing)}.")


def _by_hand(missing: list[Program]) -> str:
    return f"Install {', '.join(program.name for program in missing)} by hand"


if __name__ == "__main__":
    sys.exit(main())
