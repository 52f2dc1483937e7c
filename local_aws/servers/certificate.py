"""A certificate of its own for a server on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from local_aws.servers.programs import ServerError
from local_aws.servers.running import Folder

KEY = "server.key"
CERTIFICATE = "server.crt"


def make_certificate(folder: Folder, names: Sequence[str] = ()) -> Path:
    """A certificate for the loopback and ``names``, beside its key in the folder; clients check the server by it.

    Raises:
        ServerError: There is no openssl to make it.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise ServerError("a server's certificate is made by openssl, which is not installed")
    subject = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in ("localhost", *names))])
    folder.run(
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "30", "-subj", "/CN=localhost", "-addext", f"subjectAltName={subject}"),
        *("-keyout", str(folder.path / KEY), "-out", str(folder.path / CERTIFICATE)),
    )
    return folder.path / CERTIFICATE
