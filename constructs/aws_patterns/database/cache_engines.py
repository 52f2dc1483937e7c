"""What a cache can run, and what each of the engines can do. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults


class CacheEngine(StrEnum):
    """What the cache runs."""

    VALKEY = "valkey"
    """Structures, replicas, users. What AWS recommends for new caches, and the cheapest of the three."""
    REDIS_OSS = "redis"
    """The same up to Redis OSS 7.1, for programs that are certified for it."""
    MEMCACHED = "memcached"
    """Keys and values only, spread over nodes. Without users: whoever reaches it reads it. Nothing is replicated."""


class CacheAuthentication(StrEnum):
    """How clients prove who they are."""

    PASSWORD = "password"  # noqa: S105 - the word, not one
    """A user whose password is generated, kept in a secret and changed by itself."""
    IAM = "iam"
    """A user without a password: clients sign in with their role, for 12 hours at a time."""


class Eviction(StrEnum):
    """What gives way when the memory of Valkey or Redis OSS is full (``maxmemory-policy``)."""

    VOLATILE_LRU = "volatile-lru"
    """Of the keys with a time to live, those not used for the longest time; the others stay."""
    VOLATILE_LFU = "volatile-lfu"
    """Of the keys with a time to live, those used least often."""
    VOLATILE_TTL = "volatile-ttl"
    """The keys whose time to live ends first."""
    ALLKEYS_LRU = "allkeys-lru"
    """The keys not used for the longest time, whether or not they have a time to live."""
    ALLKEYS_LFU = "allkeys-lfu"
    """The keys used least often, whether or not they have a time to live."""
    NOEVICTION = "noeviction"
    """Nothing: writes are refused."""


# Families of parameter groups by release (AmazonElastiCache/latest/dg/engine-versions.html).
_FAMILIES: Mapping[CacheEngine, Mapping[str, str]] = MappingProxyType(
    {
        CacheEngine.VALKEY: {
            "7.2": "valkey7",
            "8.0": "valkey8",
            "8.1": "valkey8",
            "8.2": "valkey8",
            "9.0": "valkey9",
            "9.1": "valkey9",
        },
        CacheEngine.REDIS_OSS: {"6.2": "redis6.x", "7.0": "redis7", "7.1": "redis7"},
        # The releases that speak TLS.
        CacheEngine.MEMCACHED: dict.fromkeys(("1.6.12", "1.6.17", "1.6.22"), "memcached1.6"),
    }
)
_SERVERLESS_VERSIONS: Mapping[CacheEngine, tuple[str, ...]] = MappingProxyType(
    {CacheEngine.VALKEY: ("7", "8", "9"), CacheEngine.REDIS_OSS: ("7",), CacheEngine.MEMCACHED: ("1.6",)}
)
_DEFAULT_VERSIONS = MappingProxyType(
    {
        CacheEngine.VALKEY: (defaults.VALKEY_VERSION, defaults.VALKEY_SERVERLESS_VERSION),
        CacheEngine.REDIS_OSS: (defaults.REDIS_OSS_VERSION, defaults.REDIS_OSS_SERVERLESS_VERSION),
        CacheEngine.MEMCACHED: (defaults.MEMCACHED_VERSION, defaults.MEMCACHED_SERVERLESS_VERSION),
    }
)
# AmazonElastiCache/latest/dg/auth-iam.html: Valkey 7.2, Redis OSS 7.0.
_WITHOUT_IAM = ("6.2",)


def version_of(engine: CacheEngine, asked: str | None, *, serverless: bool) -> str:
    """The release to run: what was asked for, or the engine's default."""
    return asked if asked is not None else _DEFAULT_VERSIONS[engine][serverless]


def family_of(engine: CacheEngine, version: str) -> str:
    """Of the parameter groups for a release."""
    return _FAMILIES[engine][version]


def check_cache_engine(
    problems: Problems, engine: CacheEngine, version: str, *, serverless: bool, authentication: CacheAuthentication
) -> None:
    """Add to ``problems`` a release that ElastiCache does not run so, and one that can't sign in with IAM."""
    if is_token(version):
        if not serverless:
            problems.add("engine_version must be known at synthesis: the parameter group is made for it")
        return
    known = _SERVERLESS_VERSIONS[engine] if serverless else tuple(_FAMILIES[engine])
    if version not in known:
        kind = "serverless " if serverless else ""
        problems.add(f"engine_version of a {kind}{engine} cache must be one of {', '.join(known)}, got {version!r}")
    if authentication == CacheAuthentication.IAM and engine == CacheEngine.REDIS_OSS and version in _WITHOUT_IAM:
        problems.add(
            "authentication=CacheAuthentication.IAM needs Redis OSS 7.0 or Valkey 7.2 at least, got engine_version "
            f"{version!r}: take a newer one, or CacheAuthentication.PASSWORD"
        )
