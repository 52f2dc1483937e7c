"""What the application is told at its start."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_web_app.logic import Dependency


@dataclass(frozen=True)
class Options:
    """The command line, read."""

    bind: str
    port: int
    certificate: Path | None
    key: Path | None
    version_label: str
    state_directory: Path
    dependency: Sequence[Dependency]
    health_seconds: float
    idle_seconds: float
    notice_seconds: float
    grace_seconds: float
    metadata_url: str


def read_options(arguments: Sequence[str], *, program: str = "sample_web_app") -> Options:
    """The options; ends the process, saying why, when they can't be read."""
    parser = argparse.ArgumentParser(prog=program, description="A small web application.")
    add = parser.add_argument
    add("--bind", default="0.0.0.0", help="address to listen on")  # noqa: S104 - behind its security group
    add("--port", type=int, default=8_080, help="port to listen on; 0 takes any")
    add("--certificate", type=Path, help="PEM file; with it, HTTPS is spoken")
    add("--key", type=Path, help="PEM file of the certificate's key")
    add("--version-label", default="1", help="shown on the page")
    add("--state-directory", type=Path, default=Path(), help="has to be writable")
    add("--dependency", type=_dependency, action="append", default=[], help="name=tcp://host:port; may be repeated")
    add("--health-seconds", type=float, default=2.0, help="deadline of all checks together")
    add("--idle-seconds", type=float, default=75.0, help="longer than the load balancer keeps a connection")
    add("--notice-seconds", type=float, default=0.0, help="between saying unhealthy and closing")
    add("--grace-seconds", type=float, default=35.0, help="for what is under way at the end")
    add("--metadata-url", default="http://169.254.169.254", help="of the instance's metadata service")
    found = Options(**vars(parser.parse_args(arguments)))
    if (found.certificate is None) != (found.key is None):
        parser.error("--certificate and --key belong together")
    return found


def _dependency(text: str) -> Dependency:
    try:
        return Dependency.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
