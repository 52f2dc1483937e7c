"""A Redis server as ElastiCache offers one: users with passwords, TLS where it is asked for, nothing on disk."""

from __future__ import annotations

import hashlib
import secrets
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local_aws.processes import free_port
from local_aws.servers.certificate import CERTIFICATE, KEY, make_certificate
from local_aws.servers.programs import REDIS, ServerError
from local_aws.servers.running import Folder, Running

_HOST = "127.0.0.1"
_ATTEMPTS = 3
_TAKEN = "Address already in use"
_ANSWER_SECONDS = 2
_ALL_SLOTS = ("0", "16383")

# Of whoever runs the server: the users of a cache don't administrate it.
_KEEPER = "keeper-of-the-server"


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running server.

    Attributes:
        host: Where it listens: the loopback.
        port: There.
        users: Passwords by user name; empty where nobody has to log in.
        certificate: What clients check it by (``ssl_ca_certs``); None where it does without TLS.
        server: To stop, crash and start it. What it held is gone then, as with a node of ElastiCache.
    """

    host: str
    port: int
    users: Mapping[str, str]
    certificate: Path | None
    server: Running

    @property
    def url(self) -> str:
        """Address and first user, as clients read it; the certificate is not in it."""
        login = "".join(f"{quote(user, safe='')}:{quote(word, safe='')}@" for user, word in [*self.users.items()][:1])
        return f"{'rediss' if self.certificate else 'redis'}://{login}{self.host}:{self.port}/0"

    def connect(self) -> redis.Redis:
        """A client that is logged in as the first user."""
        ca = {"ssl_ca_certs": str(self.certificate)} if self.certificate else {}
        client: redis.Redis = redis.Redis.from_url(
            self.url, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS, **ca
        )
        return client


@contextmanager
def redis_server(
    *,
    users: Mapping[str, str] = MappingProxyType({}),
    port: int | None = None,
    tls: bool = False,
    cluster: bool = False,
    names: Sequence[str] = (),
) -> Iterator[RedisServer]:
    """A new, empty server, gone with its data afterwards, also when this process is killed.

    >>> with redis_server(users={"app": "secret"}) as server, server.connect() as client:  # doctest: +SKIP
    ...     client.set("key", "value")

    Args:
        users: Passwords by user name; each may do everything but administrate, and nobody else may do anything.
            Default: nobody has to log in.
        port: To listen on. Default: any that is free.
        tls: Whether TLS is forced, with a certificate made for it.
        cluster: Whether it is a cluster, of this one node, to clients.
        names: Of hosts that its certificate is for, besides localhost and 127.0.0.1.

    Raises:
        ServerError: Redis is not installed or does not start.
    """
    program = REDIS.path()
    folder = Folder("redis", ("redis", "nobody"))
    server = None
    try:
        certificate = make_certificate(folder, names) if tls else None
        keeper = secrets.token_urlsafe()
        folder.write("users.acl", _access_list(users, keeper))
        server = _started(folder, program, users, keeper, port=port, certificate=certificate, cluster=cluster)
        yield server
    finally:
        if server:
            server.server.close()
        folder.remove()


def _access_list(users: Mapping[str, str], keeper: str) -> str:
    """By hash: neither the file nor a command line has a password."""
    rights = "~* &* +@all -@admin -@dangerous +info"
    everybody = "user default off resetpass -@all" if users else f"user default on nopass {rights}"
    each = [f"user {user} on #{_hash(word)} {rights}" for user, word in users.items()]
    return "\n".join([everybody, *each, f"user {_KEEPER} on #{_hash(keeper)} +@all", ""])


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def _started(
    folder: Folder,
    program: Path,
    users: Mapping[str, str],
    keeper: str,
    *,
    port: int | None,
    certificate: Path | None,
    cluster: bool,
) -> RedisServer:
    """On a free port, of which somebody else may be quicker to take possession."""
    for attempt in range(_ATTEMPTS):
        chosen = port or free_port()
        running = Running(
            "Redis",
            _command(program, folder, chosen, tls=certificate is not None, cluster=cluster),
            folder,
            lambda chosen=chosen: _answers(chosen, certificate, keeper, cluster=cluster),  # type: ignore[misc] # bound here
            stop_signal=signal.SIGTERM,
        )
        try:
            running.start()
        except ServerError as error:
            running.stop()
            if port or attempt == _ATTEMPTS - 1 or _TAKEN not in str(error):
                raise
        else:
            return RedisServer(_HOST, chosen, MappingProxyType(dict(users)), certificate, running)
    raise AssertionError("the last attempt succeeds or fails")  # pragma: no cover - for the type checker


def _command(program: Path, folder: Folder, port: int, *, tls: bool, cluster: bool) -> list[str]:
    here = str(folder.path)
    options = {
        "bind": _HOST,
        "port": "0" if tls else str(port),
        "dir": here,
        # Nothing on disk, whatever the system's own configuration says.
        "save": "",
        "appendonly": "no",
        "aclfile": f"{here}/users.acl",
        "loglevel": "warning",
    }
    if tls:
        options |= {
            "tls-port": str(port),
            "tls-cert-file": f"{here}/{CERTIFICATE}",
            "tls-key-file": f"{here}/{KEY}",
            "tls-ca-cert-file": f"{here}/{CERTIFICATE}",
            "tls-auth-clients": "no",
        }
    if cluster:
        options |= {
            "cluster-enabled": "yes",
            # Its usual one is 10,000 higher, which a free port may not have above it.
            "cluster-port": str(free_port()),
            "cluster-announce-ip": _HOST,
            "cluster-config-file": "nodes.conf",
            # A node that was killed may serve at once: there is nobody to wait for.
            "cluster-require-full-coverage": "no",
            "tls-cluster": "yes" if tls else "no",
        }
    return [str(program), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _client(port: int, certificate: Path | None, keeper: str) -> redis.Redis:
    return redis.Redis(
        host=_HOST,
        port=port,
        username=_KEEPER,
        password=keeper,
        ssl=certificate is not None,
        ssl_ca_certs=str(certificate) if certificate else None,
        socket_timeout=_ANSWER_SECONDS,
        # Whoever waits for the server asks again by itself.
        retry=Retry(NoBackoff(), 0),
    )


def _answers(port: int, certificate: Path | None, keeper: str, *, cluster: bool) -> bool:
    """Whether this server answers: another one on the same port has another keeper."""
    with warnings.catch_warnings(), _client(port, certificate, keeper) as client:
        # Python's ssl module does not close a connection that is reset before its handshake.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client.ping()
            return not cluster or _is_whole(client)
        except (redis.exceptions.RedisError, OSError):
            return False


def _is_whole(client: redis.Redis) -> bool:
    """Whether the cluster serves every key; a new one is told that its only node does."""
    state = client.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call] # any command
    if state["cluster_slots_assigned"] == "0":
        client.execute_command("CLUSTER ADDSLOTSRANGE", *_ALL_SLOTS)  # type: ignore[no-untyped-call] # any command
    return bool(state["cluster_state"] == "ok")
