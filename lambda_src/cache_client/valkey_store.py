"""Valkey and Redis OSS as a store, and their sorted sets."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from cache_client.store import UnavailableError

# A cache answers within milliseconds: who waits for longer had better ask the source. A failover takes longer than any
# request may, so that few attempts are made, and the next request makes its own.
_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 1.0
_RETRIES = 2
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.2
# A connection that was idle for so long is asked whether it still is one: after a failover it leads nowhere.
_IDLE_SECONDS = 30
# As many threads may ask at the same time.
_MOST_CONNECTIONS = 1_000

# One command to the server, which does nothing else meanwhile.
_SWAP = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then "
    "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 else return 0 end"
)

T = TypeVar("T")


class Credentials(Protocol):
    """How to get in. May raise ``UnavailableError``."""

    def get(self) -> tuple[str | None, str]:
        """User and password, for one more connection."""

    def forget(self) -> None:
        """They were refused: the next ones must be read anew."""


class ValkeyStore:
    """A store, and sorted sets. Threads may share it.

    Args:
        host: The endpoint.
        port: There.
        tls: Whether to encrypt.
        verified: Whether the server's certificate is checked.
        ca: File of what it is checked by. Default: what the system trusts.
        cluster: Whether keys are divided among shards, of which the endpoint tells.
        credentials: How to get in. Default: nobody has to.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: bool = True,
        verified: bool = True,
        ca: str | None = None,
        cluster: bool = False,
        credentials: Credentials | None = None,
    ) -> None:
        self._credentials = credentials
        options: dict[str, Any] = {
            "host": host,
            "port": port,
            "ssl": tls,
            "socket_timeout": _ANSWER_SECONDS,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_keepalive": True,
            "max_connections": _MOST_CONNECTIONS,
            "health_check_interval": _IDLE_SECONDS,
            "credential_provider": None if credentials is None else _Provider(credentials),
        }
        if tls:
            options |= {
                "ssl_cert_reqs": "required" if verified else "none",
                "ssl_check_hostname": verified,
                "ssl_ca_certs": ca,
            }
        self._options = options
        self._cluster = cluster
        self._lock = threading.Lock()
        self._made: redis.Redis | None = None

    def get(self, key: str) -> bytes | None:
        """What is there."""
        return cast("bytes | None", self._ask(lambda client: client.get(key)))

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it."""
        self._ask(lambda client: client.set(key, value, px=_milliseconds(seconds)))

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep it where nothing is."""
        return bool(self._ask(lambda client: client.set(key, value, px=_milliseconds(seconds), nx=True)))

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """Keep it where the old one is."""
        return bool(self._ask(lambda client: client.eval(_SWAP, 1, key, old, new, _milliseconds(seconds))))

    def delete(self, key: str) -> None:
        """Forget it."""
        self._ask(lambda client: client.delete(key))

    def raise_score(self, key: str, member: str, score: float) -> None:
        """Where it is higher."""
        self._ask(lambda client: client.zadd(key, {_name(member): score}, gt=True))

    def add_score(self, key: str, member: str, points: float) -> float:
        """The new one."""
        return float(self._ask(lambda client: client.zincrby(key, points, _name(member))))

    def highest(self, key: str, start: int, count: int) -> list[tuple[str, float]]:
        """With their scores."""
        found = self._ask(lambda client: client.zrevrange(key, start, start + count - 1, withscores=True))
        return [(member.decode(errors="surrogatepass"), float(score)) for member, score in found]

    def score(self, key: str, member: str) -> float | None:
        """Of one."""
        found = self._ask(lambda client: client.zscore(key, _name(member)))
        return None if found is None else float(found)

    def position(self, key: str, member: str) -> int | None:
        """Of one."""
        return cast("int | None", self._ask(lambda client: client.zrevrank(key, _name(member))))

    def above(self, key: str, score: float) -> int:
        """How many."""
        return int(self._ask(lambda client: client.zcount(key, f"({score!r}", "+inf")))

    def remove(self, key: str, member: str) -> None:
        """One."""
        self._ask(lambda client: client.zrem(key, _name(member)))

    def expire(self, key: str, seconds: float) -> None:
        """All of it, then."""
        self._ask(lambda client: client.pexpire(key, _milliseconds(seconds)))

    def check(self) -> None:
        """Whether it answers, for a health check.

        Raises:
            UnavailableError: It does not.
        """
        self._ask(lambda client: client.ping())

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _ask(self, ask: Callable[[redis.Redis], Any]) -> Any:
        try:
            return ask(self._client())
        except redis.exceptions.AuthenticationError as refused:
            if self._credentials is None:
                raise UnavailableError(type(refused).__name__) from None
            # The password may have been changed since it was read.
            self._credentials.forget()
        except (redis.exceptions.RedisError, OSError) as error:
            raise _unavailable(error) from None
        try:
            return ask(self._client())
        except (redis.exceptions.RedisError, OSError) as error:
            raise _unavailable(error) from None

    def _client(self) -> redis.Redis:
        # One for all threads: that of a cluster asks a lot before it serves.
        with self._lock:
            if self._made is None:
                pauses = ExponentialWithJitterBackoff(base=_FIRST_PAUSE_SECONDS, cap=_LONGEST_PAUSE_SECONDS)
                made = RedisCluster if self._cluster else redis.Redis
                self._made = cast("redis.Redis", made(**self._options, retry=Retry(pauses, _RETRIES)))
            return self._made


class _Provider(redis.CredentialProvider):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        user, password = self._credentials.get()
        return (password,) if user is None else (user, password)


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1_000))


def _name(member: str) -> bytes:
    return member.encode(errors="surrogatepass")


def _unavailable(error: Exception) -> UnavailableError:
    if isinstance(error, UnavailableError):
        return error
    # Not the text: it may quote what was asked for.
    return UnavailableError(type(error).__name__)
