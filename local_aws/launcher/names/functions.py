"""Lets functions reach, by plain https, what the embedded AWS serves under public names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from local_aws import names
from local_aws.launcher import hooks
from local_aws.launcher.names.authority import Authority

_TRUSTED = "SSL_CERT_FILE"
_API_HOST = re.compile(r"^([a-z0-9]+)\.execute-api\.(?:localhost|[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)(?::\d+)?$")
_told: dict[str, object] = {}


def install(port: int, secure_port: int, authority: Authority | None) -> None:
    """Run functions with it; their code stays as it is."""
    _told.update(port=secure_port, trusted=str(authority.bundle) if authority else None)
    hooks.API_HOST.replace(_API_HOST)
    if authority is None:
        return
    # Processes of functions inherit it; Python's default settings for TLS go by it.
    os.environ[_TRUSTED] = str(authority.bundle)
    leading = f"{Path(names.__file__).read_text()}\n\nlead_here({port}, {secure_port})\n"
    hooks.PYTHON_WORKER.replace(leading + cast("str", hooks.PYTHON_WORKER.get()))


def tls() -> Mapping[str, object]:
    """Where TLS is spoken, and what clients trust."""
    return _told
