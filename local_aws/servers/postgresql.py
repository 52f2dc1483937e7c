"""A PostgreSQL server as RDS offers one: TLS is forced, passwords are checked, connections come over the network."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from local_aws.servers.certificate import CERTIFICATE, KEY, make_certificate
from local_aws.servers.programs import POSTGRESQL
from local_aws.servers.running import Folder, Running, on_a_free_port

_HOST = "127.0.0.1"
_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class PostgreSql:
    """A running server.

    Attributes:
        host: Where it listens: the loopback.
        port: There.
        user: Its administrator.
        password: Of this one.
        database: A database of its own.
        certificate: What clients check it by (``sslrootcert``); None where it does without TLS.
        server: To stop, crash and start it, on the same data.
    """

    host: str
    port: int
    user: str
    password: str
    database: str
    certificate: Path | None
    server: Running

    @property
    def url(self) -> str:
        """All of that in one, as psycopg and libpq read it."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        tls = f"?sslmode=verify-full&sslrootcert={quote(str(self.certificate))}" if self.certificate else ""
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(self.database, safe='')}{tls}"

    def connect(self) -> psycopg.Connection:
        """A connection of the administrator; each statement is its own transaction."""
        return psycopg.connect(self.url, autocommit=True, connect_timeout=_CONNECT_SECONDS)


@contextmanager
def postgresql(
    *,
    user: str = "postgres",
    password: str | None = None,
    database: str = "postgres",
    port: int | None = None,
    tls: bool = True,
    names: Sequence[str] = (),
) -> Iterator[PostgreSql]:
    """A new, empty server, gone with its data afterwards, also when this process is killed.

    >>> with postgresql(database="shop") as server, server.connect() as connection:  # doctest: +SKIP
    ...     connection.execute("SELECT 1")

    Args:
        user: Its administrator.
        password: Of this one. Default: one that nobody knows.
        database: Made if it is not there.
        port: To listen on. Default: any that is free.
        tls: Whether TLS is forced, as ``rds.force_ssl`` does, with a certificate made for it. Without, TLS is refused.
        names: Of hosts that its certificate is for, besides localhost and 127.0.0.1.

    Raises:
        ServerError: PostgreSQL is not installed or does not start.
    """
    program = POSTGRESQL.path()
    folder = Folder("postgresql", ("postgres", "nobody"))
    chosen = password if password is not None else secrets.token_urlsafe()
    with ExitStack() as stack:
        stack.callback(folder.remove)
        _initialize(folder, program.parent, user, chosen)
        certificate = make_certificate(folder, names) if tls else None
        _only_so(folder, tls=tls)

        def start(port: int) -> PostgreSql:
            command = _command(folder, program, port, tls=tls)
            running = Running("PostgreSQL", command, folder, lambda: _answers(server), stop_signal=signal.SIGINT)
            server = PostgreSql(_HOST, port, user, chosen, "postgres", certificate, running)
            stack.callback(running.stop)
            running.start()
            return server

        server = on_a_free_port(start, port)
        if database != "postgres":
            with server.connect() as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        yield replace(server, database=database)


def _initialize(folder: Folder, programs: Path, user: str, password: str) -> None:
    folder.run(
        *(str(programs / "initdb"), "--pgdata", str(folder.path / "data"), "--username", user),
        *("--pwfile", str(folder.write("password.txt", password)), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
    )


def _only_so(folder: Folder, *, tls: bool) -> None:
    """Who may come in, and how: nobody without a password, and nobody in the clear where TLS is forced."""
    folder.write("data/pg_hba.conf", f"{'hostssl' if tls else 'hostnossl'} all all {_HOST}/32 scram-sha-256\n")


def _command(folder: Folder, program: Path, port: int, *, tls: bool) -> list[str]:
    settings = {
        "listen_addresses": _HOST,
        "port": str(port),
        "unix_socket_directories": "",
        # Nothing here outlives the machine; what a crash of the server alone loses is the same with it.
        "fsync": "off",
    }
    if tls:
        here = folder.path
        settings |= {"ssl": "on", "ssl_cert_file": str(here / CERTIFICATE), "ssl_key_file": str(here / KEY)}
    return [
        *(str(program), "-D", str(folder.path / "data")),
        *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
    ]


def _answers(server: PostgreSql) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True
