"""Real servers, each started once, and a store for each kind of cache."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cache_client.gateway import connect
from cache_client.settings import Settings
from local_aws.servers.programs import MEMCACHED, REDIS, Program
from tests.functions.cache_client.caches import FakeStore, RealTime

if TYPE_CHECKING:
    from pathlib import Path

    from cache_client.store import Store
    from cache_client.valkey_store import ValkeyStore
    from local_aws.servers.memcached import MemcachedServer
    from local_aws.servers.redis_server import RedisServer

PASSWORD = "a-pass word:with@signs"


def needs(program: Program) -> None:
    if program.find() is None:
        pytest.skip(f"{program.name} is not installed: python -m local_aws.servers --install")


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """As ElastiCache has it: TLS, and a user with a password."""
    needs(REDIS)
    from local_aws.servers.redis_server import redis_server

    with redis_server(users={"app": PASSWORD}, tls=True) as server:
        yield server


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[RedisServer]:
    needs(REDIS)
    from local_aws.servers.redis_server import redis_server

    with redis_server(users={"app": PASSWORD}, tls=True, cluster=True) as server:
        yield server


@pytest.fixture(scope="session")
def memcached() -> Iterator[MemcachedServer]:
    needs(MEMCACHED)
    from local_aws.servers.memcached import memcached

    with memcached(tls=True) as server:
        yield server


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's login, as Secrets Manager would say it."""
    path = tmp_path_factory.mktemp("secret") / "login.json"
    path.write_text(f'{{"username": "app", "password": "{PASSWORD}"}}')
    return path


Connect = Callable[[Settings], "Store"]


@pytest.fixture
def connected() -> Iterator[Connect]:
    """Stores that are closed in the end."""
    with ExitStack() as kept:

        def make(settings: Settings) -> Store:
            store = connect(settings)
            kept.callback(store.close)
            return store

        yield make


def valkey_settings(server: RedisServer, secret: Path, *, cluster: bool = False) -> Settings:
    return Settings(
        host=server.host, port=server.port, secret=f"file://{secret}", ca=str(server.certificate), cluster=cluster
    )


@pytest.fixture
def valkey(redis: RedisServer, secret: Path, connected: Connect) -> ValkeyStore:
    from cache_client.valkey_store import ValkeyStore

    store = connected(valkey_settings(redis, secret))
    assert isinstance(store, ValkeyStore)
    return store


@pytest.fixture(params=["fake", "redis", "redis_cluster", "memcached"])
def store(request: pytest.FixtureRequest, secret: Path, connected: Connect) -> Store:
    """Each kind of cache."""
    if request.param == "fake":
        return FakeStore(RealTime())
    server = request.getfixturevalue(request.param)
    if request.param == "memcached":
        settings = Settings(engine="memcached", host=server.host, port=server.port, ca=str(server.certificate))
    else:
        settings = valkey_settings(server, secret, cluster=request.param == "redis_cluster")
    return connected(settings)


@pytest.fixture
def key() -> str:
    """One that no other test has."""
    return uuid.uuid4().hex
