"""An authority of the server's own, and certificates for the names that it is asked for."""

from __future__ import annotations

import itertools
import logging
import re
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

_log = logging.getLogger("local_aws")
_SECONDS = 30
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.IGNORECASE)
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")
# Longer names than this have no place in a certificate's subject; who checks looks at the other names.
_SUBJECT = "/CN=embedded AWS"


class NoAuthorityError(RuntimeError):
    """Certificates can't be made; says why."""


class Authority:
    """Makes a certificate for each name once.

    Args:
        folder: Where its files are kept.

    Attributes:
        bundle: What clients trust: this authority, beside those of the system.

    Raises:
        NoAuthorityError: There is no openssl, or it fails.
    """

    def __init__(self, folder: Path) -> None:
        program = shutil.which("openssl")
        if program is None:
            raise NoAuthorityError("certificates are made by openssl, which is not installed")
        self._program = program
        self._folder = folder
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._numbers = itertools.count(1)
        self._key, self._certificate = folder / "authority.key", folder / "authority.crt"
        constraint = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._run("req", "-x509", *_NEW_KEY, "-subj", _SUBJECT, *constraint, key=self._key, out=self._certificate)
        self.bundle = folder / "trusted.crt"
        system = ssl.get_default_verify_paths().cafile
        others = Path(system).read_text() if system else ""
        self.bundle.write_text(others + self._certificate.read_text())

    def pair(self, name: str) -> tuple[Path, Path]:
        """Certificate and key for a name. Raises NoAuthorityError."""
        if not _NAME.fullmatch(name):
            raise NoAuthorityError(f"{name!r} is no host name")
        base = self._folder / f"of-{next(self._numbers)}"
        key, request, extensions = base.with_suffix(".key"), base.with_suffix(".csr"), base.with_suffix(".ext")
        certificate = base.with_suffix(".crt")
        extensions.write_text(f"subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n")
        self._run("req", *_NEW_KEY[:-2], "-subj", "/CN=served here", key=key, out=request)
        signing = ("-CA", str(self._certificate), "-CAkey", str(self._key), "-CAcreateserial", "-days", "30")
        self._run("x509", "-req", "-in", str(request), *signing, "-extfile", str(extensions), out=certificate)
        return certificate, key

    def context(self, name: str, like: ssl.SSLContext) -> ssl.SSLContext:
        """The settings for TLS under a name, otherwise like others."""
        known = self._contexts.get(name)
        if known is None:
            known = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            known.minimum_version, known.options = like.minimum_version, like.options
            known.set_alpn_protocols(["h2", "http/1.1"])
            known.load_cert_chain(*self.pair(name))
            self._contexts[name] = known
        return known

    def _run(self, *words: str, out: Path, key: Path | None = None) -> None:
        command = [self._program, *words, "-out", str(out), *(["-keyout", str(key)] if key else [])]
        done = subprocess.run(  # noqa: S603 # fixed words, and names that were checked
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            raise NoAuthorityError(f"openssl can't make a certificate: {done.stderr.strip()}")


def make() -> Authority | None:
    """An authority in a folder of its own; None, and a line in the log, where there can't be one."""
    folder = Path(tempfile.mkdtemp(prefix="local-aws-authority-"))
    try:
        return Authority(folder)
    except (NoAuthorityError, OSError) as problem:
        _log.warning("Nothing can be reached by https under its public name: %s", problem)
        return None
