"""What the environment says about a cache, checked as a whole. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_LARGEST_PORT = 65_535
_PORTS = {"valkey": 6_379, "redis": 6_379, "memcached": 11_211}


class SettingsError(ValueError):
    """The environment says something that can't be; the text says all of it, a line each."""


class Tls(StrEnum):
    """How the cache is connected to."""

    VERIFIED = "verified"
    """Encrypted, to the server that the certificate says."""
    UNVERIFIED = "unverified"
    """Encrypted, to whoever answers."""
    NONE = "none"
    """In the clear."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Where a cache is, and how one gets in.

    Attributes:
        host: CACHE_HOST. Its endpoint.
        engine: CACHE_ENGINE. ``valkey``, ``redis`` or ``memcached``. Default ``valkey``.
        port: CACHE_PORT. Default: the engine's own.
        cluster: CACHE_CLUSTER. Whether keys are divided among shards. Default no.
        discovery: CACHE_DISCOVERY. Whether the endpoint says which nodes there are, as ElastiCache for Memcached does.
            Default no.
        secret: CACHE_SECRET. ARN or name of a secret: JSON with ``username`` and ``password``, or a password alone. Or
            ``file:///path`` of the same.
        user: CACHE_USER. Who signs in with IAM.
        name: CACHE_NAME. Of the cache, for that.
        serverless: CACHE_SERVERLESS. Whether that one is. Default no.
        tls: CACHE_TLS. Default ``verified``.
        ca: CACHE_CA. File of what its certificate is checked by. Default: what the system trusts.
    """

    host: str
    engine: str = "valkey"
    port: int = 6_379
    cluster: bool = False
    discovery: bool = False
    secret: str | None = None
    user: str | None = None
    name: str | None = None
    serverless: bool = False
    tls: Tls = Tls.VERIFIED
    ca: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """As ``Cache.environment`` says it.

        Raises:
            SettingsError: With all that is wrong.
        """
        problems: list[str] = []

        def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
            value = environment.get(name) or default
            if value not in allowed:
                problems.append(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
                return default
            return value

        engine = one_of("CACHE_ENGINE", "valkey", tuple(_PORTS))
        yes = {
            name: one_of(f"CACHE_{name}", "false", ("true", "false")) == "true"
            for name in ("CLUSTER", "DISCOVERY", "SERVERLESS")
        }
        tls = Tls(one_of("CACHE_TLS", "verified", tuple(Tls)))
        host, port = environment.get("CACHE_HOST", ""), environment.get("CACHE_PORT") or str(_PORTS[engine])
        secret, user, name = (environment.get(f"CACHE_{word}") or None for word in ("SECRET", "USER", "NAME"))
        if not host:
            problems.append("CACHE_HOST must be set: the endpoint of the cache")
        if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _LARGEST_PORT):
            problems.append(f"CACHE_PORT must be a port between 1 and {_LARGEST_PORT}, got {port!r}")
            port = "0"
        if (user is None) != (name is None):
            problems.append("CACHE_USER and CACHE_NAME belong together: who signs in with IAM, and to which cache")
        if secret and user:
            problems.append("CACHE_SECRET and CACHE_USER exclude each other: a password, or IAM")
        if engine == "memcached" and (secret or user):
            problems.append("CACHE_SECRET and CACHE_USER must not be set for memcached, which asks nobody who he is")
        if problems:
            raise SettingsError("\n".join(problems))
        return cls(
            host=host,
            engine=engine,
            port=int(port),
            cluster=yes["CLUSTER"],
            discovery=yes["DISCOVERY"],
            secret=secret,
            user=user,
            name=name,
            serverless=yes["SERVERLESS"],
            tls=tls,
            ca=environment.get("CACHE_CA") or None,
        )
