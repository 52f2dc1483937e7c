"""Finds a Chromium to drive; `python -m local_aws.browser --install` installs one where there is none."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.packages import apt_commands, succeeds

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""How the browser is started: it talks to the tested site only, and works as root and in containers."""

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_USUAL_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/snap/bin/chromium",
)
_USUAL_PLACES_ON_WINDOWS = (
    "Chromium/Application/chrome.exe",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
_PLAYWRIGHT_DOWNLOADS = (
    "chromium-*/*/chrome",
    "chromium-*/*/chrome.exe",
    "chromium-*/*/*.app/Contents/MacOS/*",
)
_INSTALL_LIMIT_SECONDS = 900


class BrowserError(Exception):
    """No usable browser; the message says what to do about it."""


def chromium() -> Path:
    """The executable of a Chromium, Chrome or Edge that starts on this machine.

    Raises:
        BrowserError: none is found, or the environment variable CHROMIUM names something that does not start.
    """
    if named := os.environ.get("CHROMIUM"):
        path = Path(named)
        if not _starts(path):
            raise BrowserError(f"CHROMIUM={named} does not start; name a working executable or unset it")
        return path
    for candidate in _candidates():
        if _starts(candidate):
            return candidate
    raise BrowserError(
        "no Chromium, Chrome or Edge found: run `python -m local_aws.browser --install`, "
        "or name an executable in the environment variable CHROMIUM"
    )


def install() -> Path:
    """Makes sure that there is a browser and returns it; does nothing when one is found.

    Raises:
        BrowserError: CHROMIUM names something that does not start, or nothing could be installed.
    """
    try:
        return chromium()
    except BrowserError:
        if os.environ.get("CHROMIUM"):
            raise
    for command in _install_commands():
        _run(command)
    try:
        return chromium()
    except BrowserError as error:
        raise BrowserError(f"the installation ended without an error, and still {error}") from error


def main() -> int:
    """Prints the browser's path; with --install, installs one first where there is none."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.browser", description=main.__doc__)
    parser.add_argument("--install", action="store_true", help="install a browser where none is found")
    arguments = parser.parse_args()
    try:
        path = install() if arguments.install else chromium()
    except BrowserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


def _candidates() -> Iterator[Path]:
    for command in _COMMANDS:
        if found := shutil.which(command):
            yield Path(found)
    yield from (Path(place) for place in _USUAL_PLACES)
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if root := os.environ.get(variable):
            yield from (Path(root, place) for place in _USUAL_PLACES_ON_WINDOWS)
    downloads = _playwright_downloads()
    for pattern in _PLAYWRIGHT_DOWNLOADS:
        yield from sorted(downloads.glob(pattern), reverse=True)


def _playwright_downloads() -> Path:
    if chosen := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(chosen)
    home = Path.home()
    return {
        "Darwin": home / "Library/Caches/ms-playwright",
        "Windows": home / "AppData/Local/ms-playwright",
    }.get(platform.system(), home / ".cache/ms-playwright")


def _starts(path: Path) -> bool:
    if not path.is_file() or not os.access(path, os.X_OK):
        return False
    if platform.system() == "Windows":
        return True  # there, --version opens a window
    # Ubuntu's chromium-browser is a script that only tells one to install a snap: being there is not enough.
    return succeeds([str(path), "--version"])


def _install_commands() -> list[list[str]]:
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    if platform.system() != "Linux":
        return [playwright]
    with_apt = apt_commands("chromium")
    if with_apt is None:
        return [playwright]
    # Ubuntu's own package needs a running snapd, which containers and CI machines lack.
    return with_apt if _distribution() == "debian" else [[*playwright, "--with-deps"]]


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return ""


def _run(command: list[str]) -> None:
    line = " ".join(command)
    sys.stderr.write(f"no browser found, running: {line}\n")
    try:
        # Their progress goes to stderr, so that stdout holds the path alone.
        done = subprocess.run(command, stdout=sys.stderr, timeout=_INSTALL_LIMIT_SECONDS, check=False)  # noqa: S603 - fixed words
    except subprocess.TimeoutExpired as error:
        raise BrowserError(f"gave up after {_INSTALL_LIMIT_SECONDS} s: {line}") from error
    if done.returncode != 0:
        raise BrowserError(
            f"exit code {done.returncode} from: {line}\n"
            "Install Chromium or Chrome by hand, or name an executable in the environment variable CHROMIUM."
        )


if __name__ == "__main__":
    sys.exit(main())
