"""Redis and Memcached on this machine: who gets in, what they keep, and what is left of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_aws.servers.programs import MEMCACHED, REDIS

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.servers.redis_server import RedisServer

WORDS = {"app": "a pass:word@", "other": "another"}


@pytest.fixture(autouse=True)
def _installed() -> None:
    for program in (REDIS, MEMCACHED):
        if program.find() is None:
            pytest.skip(f"{program.name} is not installed: python -m local_aws.servers --install")


class TestRedis:
    def test_each_user_gets_in_with_its_own_password(self) -> None:
        import redis

        from local_aws.servers.redis_server import redis_server

        with redis_server(users=WORDS) as server:
            for user, word in WORDS.items():
                with redis.Redis(host=server.host, port=server.port, username=user, password=word) as client:
                    assert client.acl_whoami() == user
            for user, word in (("app", "another"), ("default", ""), ("nobody", "x")):
                with (
                    redis.Redis(host=server.host, port=server.port, username=user, password=word) as client,
                    pytest.raises(redis.exceptions.AuthenticationError),
                ):
                    client.ping()

    def test_nobody_administrates(self) -> None:
        import redis

        from local_aws.servers.redis_server import redis_server

        with redis_server(users=WORDS) as server, server.connect() as client:
            for command in ("CONFIG GET maxmemory", "FLUSHALL", "KEYS *", "ACL LIST"):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.execute_command(command)

    def test_without_users_nobody_has_to_log_in(self) -> None:
        from local_aws.servers.redis_server import redis_server

        with redis_server() as server, server.connect() as client:
            assert client.set("key", "value")
            assert "@" not in server.url

    def test_tls_is_the_only_way_in_where_it_is_asked_for(self) -> None:
        import redis

        from local_aws.servers.redis_server import redis_server

        with redis_server(users=WORDS, tls=True) as server:
            assert server.url.startswith("rediss://app:")
            with server.connect() as client:
                assert client.ping()
            with (
                redis.Redis(host=server.host, port=server.port, username="app", password=WORDS["app"]) as plain,
                pytest.raises(redis.exceptions.ConnectionError),
            ):
                plain.ping()

    def test_a_cluster_serves_every_key_also_after_a_crash(self) -> None:
        from local_aws.servers.redis_server import redis_server

        with redis_server(users=WORDS, cluster=True) as server:
            self.serves(server)
            server.server.crash()
            server.server.start()
            self.serves(server)

    @staticmethod
    def serves(server: RedisServer) -> None:
        from redis.cluster import RedisCluster

        with RedisCluster(host=server.host, port=server.port, username="app", password=WORDS["app"]) as client:
            for number in range(20):
                assert client.get(f"key{number}") is None, "what it held is gone"
                assert client.set(f"key{number}", "value")

    def test_passwords_are_in_no_command_line(self) -> None:
        from local_aws.servers.redis_server import redis_server

        with redis_server(users=WORDS):
            lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
        assert not any(word.encode() in line for line in lines for word in WORDS.values())

    def test_a_port_that_is_taken_is_said_so(self) -> None:
        from local_aws.servers.programs import ServerError
        from local_aws.servers.redis_server import redis_server

        with redis_server() as server, pytest.raises(ServerError, match="in use"), redis_server(port=server.port):
            pass

    def test_a_free_port_that_somebody_else_takes_is_left_for_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from local_aws.processes import free_port
        from local_aws.servers import redis_server as module

        with module.redis_server() as one:
            offered = [one.port]
            monkeypatch.setattr(module, "free_port", lambda: offered.pop() if offered else free_port())
            with module.redis_server() as other:
                assert other.port != one.port


class TestMemcached:
    def test_a_port_that_is_taken_is_said_so(self) -> None:
        from local_aws.servers.memcached import memcached
        from local_aws.servers.programs import ServerError

        with memcached() as server, pytest.raises(ServerError, match="in use"), memcached(port=server.port):
            pass

    def test_tls_is_the_only_way_in_where_it_is_asked_for(self) -> None:
        import socket

        from local_aws.servers.memcached import memcached

        with memcached(tls=True) as server, socket.create_connection((server.host, server.port), 5) as plain:
            plain.settimeout(5)
            plain.sendall(b"version\r\n")
            assert b"VERSION" not in received(plain.recv)


def received(receive: Callable[[int], bytes]) -> bytes:
    try:
        return receive(64)
    except OSError:
        return b""


PROGRAM = """
import sys, time
from local_aws.servers.{module} import {name}
with {name}() as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(("module", "name"), [("redis_server", "redis_server"), ("memcached", "memcached")])
def test_a_server_ends_with_whoever_started_it(module: str, name: str, project: Path) -> None:
    import socket

    from tests.local.programs import eventually

    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(module=module, name=name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=project,
    )
    with started:
        assert started.stdout is not None
        port = int(started.stdout.readline())
        socket.create_connection(("127.0.0.1", port), 5).close()
        started.kill()

    def gone() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return True
        return False

    eventually(gone, "end of the server")
