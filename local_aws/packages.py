"""Installing packages of Debian and Ubuntu, where this user may."""

from __future__ import annotations

import os
import shutil
import subprocess

_SUDO_SECONDS = 60


def administrator_prefix() -> list[str] | None:
    """What makes a command one of the administrator's, without asking for a password; None where nothing does."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    return [sudo, "-n"] if succeeds([sudo, "-n", "true"]) else None


def apt_commands(*packages: str) -> list[list[str]] | None:
    """The commands that install packages; None where there is no apt-get or no right to it."""
    prefix = administrator_prefix()
    if prefix is None or not shutil.which("apt-get"):
        return None
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    return [[*apt, "update"], [*apt, "install", "--no-install-recommends", *packages]]


def succeeds(command: list[str]) -> bool:
    """Whether a command ends well, within a minute."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SUDO_SECONDS, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
