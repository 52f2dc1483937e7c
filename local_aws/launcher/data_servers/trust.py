"""Lets functions check the servers that run here, as they check those of RDS: by a file in their package.

What is deployed stays as it is: only the copy that runs on this machine has the servers' certificates in that file,
beside those of RDS's authorities. Whether certificate and name are verified is up to the function, as on AWS.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Protocol, cast

from local_aws.launcher import hooks
from local_aws.launcher.data_servers.manager import DATA_SERVERS

_AUTHORITIES = "rds_certificates.pem"


class _Worker(Protocol):
    """A process of the emulator's that runs a function's code."""

    code_zip: bytes

    def kill(self) -> None: ...


_Acquire = Callable[..., tuple[_Worker | None, str]]


def install() -> None:
    """Give functions such copies."""
    acquire = cast("_Acquire", hooks.ACQUIRE_WORKER.get())

    def acquire_trusting(
        name: str, configuration: hooks.Record, code: bytes, **more: object
    ) -> tuple[_Worker | None, str]:
        files = _files(code)
        if files:
            certificates = "".join(file.read_text() for file in DATA_SERVERS.certificates())
            code = _with(code, files, certificates)
        worker, how = acquire(name, configuration, code, **more)
        if worker is not None and files and worker.code_zip != code:
            # It was started before one of the servers; its next call starts it again.
            worker.kill()
            worker.code_zip = code
        return worker, how

    hooks.ACQUIRE_WORKER.replace(acquire_trusting)


@lru_cache(maxsize=64)
def _files(code: bytes) -> frozenset[str]:
    with zipfile.ZipFile(BytesIO(code)) as package:
        return frozenset(name for name in package.namelist() if name.rpartition("/")[2] == _AUTHORITIES)


@lru_cache(maxsize=8)
def _with(code: bytes, files: frozenset[str], certificates: str) -> bytes:
    copy = BytesIO()
    with zipfile.ZipFile(BytesIO(code)) as package, zipfile.ZipFile(copy, "w") as output:
        for item in package.infolist():
            added = certificates.encode() if item.filename in files else b""
            output.writestr(item, package.read(item) + added)
    return copy.getvalue()
