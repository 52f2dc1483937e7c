"""What the application asks of the world outside: its instance, its disk, its dependencies. All within a deadline."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sample_web_app.logic import Dependency, Health, Identity

_METADATA_SECONDS = 1.0
_METADATA_PAUSE_SECONDS = 5.0
_TOKEN_SECONDS = 60
_REMEMBERED_SECONDS = 1.0
_LOWEST_ERROR_STATUS = 400
_DISK_CHECK = "disk"


class Metadata:
    """The instance's metadata service, version 2: every question with a token of its own."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._lock = threading.Lock()
        self._found = Identity()
        self._asked_at: float | None = None

    def identity(self) -> Identity:
        """Who this instance is. Asked once when it is answered, otherwise again a little later."""
        with self._lock:
            if not self._found.known() and self._due():
                try:
                    self._found = self._ask()
                except (OSError, http.client.HTTPException):
                    # No instance, or a hiccup: the page says unknown, and the next one asks again.
                    self._asked_at = time.monotonic()
            return self._found

    def _due(self) -> bool:
        return self._asked_at is None or time.monotonic() - self._asked_at >= _METADATA_PAUSE_SECONDS

    def _ask(self) -> Identity:
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
        token = {"X-aws-ec2-metadata-token": self._answer("PUT", "/latest/api/token", lifetime)}
        return Identity(
            instance_id=self._answer("GET", "/latest/meta-data/instance-id", token),
            availability_zone=self._answer("GET", "/latest/meta-data/placement/availability-zone", token),
            instance_type=self._answer("GET", "/latest/meta-data/instance-type", token),
        )

    def _answer(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        # Not urllib: a proxy in the environment must not be asked who this instance is.
        host = self._address.hostname or ""
        connection = http.client.HTTPConnection(host, self._address.port, timeout=_METADATA_SECONDS)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            text = answer.read(1_024).decode("ascii", "replace")
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise http.client.HTTPException(f"status {answer.status}")
        return text


class Probe:
    """One check, in a thread of its own: a disk or a network that hangs must not hang the answer.

    A check that is still hanging from before is not started a second time.
    """

    def __init__(self, name: str, check: Callable[[], None]) -> None:
        self.name = name
        self._check = check
        self._running: threading.Thread | None = None
        self._result = "ok"

    def start(self) -> None:
        if self._running is None or not self._running.is_alive():
            self._running = threading.Thread(target=self._run, name=f"check {self.name}", daemon=True)
            self._running.start()

    def result(self, seconds: float) -> str:
        """What came of it; ``no answer in time`` when nothing did within so many seconds."""
        if self._running is None:
            return "not started"
        self._running.join(max(seconds, 0))
        return "no answer in time" if self._running.is_alive() else self._result

    def _run(self) -> None:
        try:
            self._check()
        except (OSError, http.client.HTTPException) as error:
            # Its kind only: the text names hosts and paths, and anybody may be asking.
            self._result = f"failed: {type(error).__name__}"
        else:
            self._result = "ok"


class Checks:
    """Whether this instance can do its work: its disk is writable and its dependencies answer.

    Asked often by several at once (each load balancer node, whoever calls the address), it really looks once a
    second at most.
    """

    def __init__(
        self, *, folder: Path, dependencies: Sequence[Dependency], deadline: float, probes: Sequence[Probe] = ()
    ) -> None:
        self._deadline = deadline
        self._probes = [Probe(_DISK_CHECK, lambda: _write_and_read(folder))]
        self._probes += [Probe(each.name, _reach(each, deadline)) for each in dependencies]
        self._probes += probes
        self._lock = threading.Lock()
        self._health = Health({})
        self._looked_at: float | None = None

    def health(self) -> Health:
        with self._lock:
            if self._looked_at is None or time.monotonic() - self._looked_at >= _REMEMBERED_SECONDS:
                end = time.monotonic() + self._deadline
                for probe in self._probes:
                    probe.start()
                self._health = Health({probe.name: probe.result(end - time.monotonic()) for probe in self._probes})
                self._looked_at = time.monotonic()
            return self._health


def _write_and_read(folder: Path) -> None:
    """A disk that is full, read-only or broken says so when it is told to keep something."""
    probe = folder / f".health-{os.getpid()}"
    written = os.urandom(16)
    try:
        with probe.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        if probe.read_bytes() != written:
            raise OSError("read something else than was written")
    finally:
        probe.unlink(missing_ok=True)


def _reach(dependency: Dependency, seconds: float) -> Callable[[], None]:
    address = urlsplit(dependency.url)
    if address.scheme != "tcp":
        return lambda: _get(dependency.url, seconds)

    def connect() -> None:
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=seconds):
            pass

    return connect


def _get(url: str, seconds: float) -> None:
    address = urlsplit(url)
    host = address.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, address.port, timeout=seconds, context=ssl.create_default_context())
        if address.scheme == "https"
        else http.client.HTTPConnection(host, address.port, timeout=seconds)
    )
    try:
        connection.request("GET", (address.path or "/") + (f"?{address.query}" if address.query else ""))
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= _LOWEST_ERROR_STATUS:
        raise http.client.HTTPException(f"status {status}")


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server that has this certificate and its key speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
