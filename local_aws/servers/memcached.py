"""A Memcached server as ElastiCache offers one: no users, TLS where it is asked for."""

from __future__ import annotations

import secrets
import signal
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws.processes import free_port
from local_aws.servers.certificate import CERTIFICATE, KEY, make_certificate
from local_aws.servers.programs import MEMCACHED, ServerError
from local_aws.servers.running import Folder, Running

_HOST = "127.0.0.1"
_ATTEMPTS = 3
_TAKEN = "Address already in use"
_ANSWER_SECONDS = 2
_MEGABYTES = 16

# A setting that changes nothing here, by whose value a server is known.
_MARK = "lru_crawler_tocrawl"


@dataclass(frozen=True, slots=True)
class MemcachedServer:
    """A running server.

    Attributes:
        host: Where it listens: the loopback.
        port: There.
        certificate: What clients check it by; None where it does without TLS.
        server: To stop, crash and start it. What it held is gone then, as with a node of ElastiCache.
    """

    host: str
    port: int
    certificate: Path | None
    server: Running


@contextmanager
def memcached(
    *, port: int | None = None, tls: bool = False, names: Sequence[str] = (), megabytes: int = _MEGABYTES
) -> Iterator[MemcachedServer]:
    """A new, empty server, gone with its data afterwards, also when this process is killed.

    Args:
        port: To listen on. Default: any that is free.
        tls: Whether TLS is forced, with a certificate made for it.
        names: Of hosts that its certificate is for, besides localhost and 127.0.0.1.
        megabytes: How much it holds before it evicts.

    Raises:
        ServerError: Memcached is not installed or does not start.
    """
    program = MEMCACHED.path()
    folder = Folder("memcached", ("memcache", "nobody"))
    server = None
    try:
        certificate = make_certificate(folder, names) if tls else None
        server = _started(folder, program, port=port, certificate=certificate, megabytes=megabytes)
        yield server
    finally:
        if server:
            server.server.close()
        folder.remove()


def _started(
    folder: Folder, program: Path, *, port: int | None, certificate: Path | None, megabytes: int
) -> MemcachedServer:
    """On a free port, of which somebody else may be quicker to take possession."""
    mark = 1 + secrets.randbelow(2**31)
    for attempt in range(_ATTEMPTS):
        chosen = port or free_port()
        running = Running(
            "Memcached",
            _command(program, folder, chosen, mark, tls=certificate is not None, megabytes=megabytes),
            folder,
            lambda chosen=chosen: _answers(chosen, certificate, mark),  # type: ignore[misc] # bound here
            stop_signal=signal.SIGTERM,
        )
        try:
            running.start()
        except ServerError as error:
            running.stop()
            if port or attempt == _ATTEMPTS - 1 or _TAKEN not in str(error):
                raise
        else:
            return MemcachedServer(_HOST, chosen, certificate, running)
    raise AssertionError("the last attempt succeeds or fails")  # pragma: no cover - for the type checker


def _command(program: Path, folder: Folder, port: int, mark: int, *, tls: bool, megabytes: int) -> list[str]:
    options = [f"{_MARK}={mark}"]
    if tls:
        options += [f"ssl_chain_cert={folder.path / CERTIFICATE}", f"ssl_key={folder.path / KEY}"]
    command = [str(program), "-l", _HOST, "-p", str(port), "-U", "0", "-m", str(megabytes), "-o", ",".join(options)]
    return [*command, "-Z"] if tls else command


def _answers(port: int, certificate: Path | None, mark: int) -> bool:
    """Whether this server answers: another one on the same port has another mark."""
    try:
        with socket.create_connection((_HOST, port), timeout=_ANSWER_SECONDS) as plain:
            if certificate is None:
                return _has(mark, plain)
            context = ssl.create_default_context(cafile=str(certificate))
            with context.wrap_socket(plain, server_hostname=_HOST) as secured:
                return _has(mark, secured)
    except OSError:
        return False


def _has(mark: int, connection: socket.socket) -> bool:
    connection.sendall(b"stats settings\r\n")
    with connection.makefile("rb") as answer:
        # The last line is END, or none where it closes the connection.
        wanted = f"STAT {_MARK} {mark}\r\n".encode()
        while (line := answer.readline()) not in (b"END\r\n", b""):
            if line == wanted:
                return True
        return False
