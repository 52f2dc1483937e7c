"""Getting in: over TLS that is verified, with a password that may change, or signed in; and when nobody answers."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest

from cache_client.gateway import connect, connect_valkey, iam_token
from cache_client.logins import Kept, login_of
from cache_client.memcached_store import MemcachedStore
from cache_client.settings import Settings, Tls
from cache_client.store import TooLargeError, UnavailableError
from cache_client.valkey_store import ValkeyStore
from local_aws.servers.programs import MEMCACHED, REDIS
from tests.functions.cache_client.conftest import PASSWORD, needs, valkey_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.servers.memcached import MemcachedServer
    from local_aws.servers.redis_server import RedisServer


class TestTls:
    def test_a_server_that_nobody_vouches_for_is_not_talked_to(
        self, redis: RedisServer, memcached: MemcachedServer, secret: Path
    ) -> None:
        for settings in (
            Settings(host=redis.host, port=redis.port, secret=f"file://{secret}"),
            Settings(host=memcached.host, port=memcached.port, engine="memcached"),
        ):
            store = connect(settings)
            with pytest.raises(UnavailableError):
                store.get("key")
            store.close()

    def test_nor_one_whose_certificate_is_for_another_name(
        self, redis: RedisServer, memcached: MemcachedServer, secret: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: find("127.0.0.1", *rest, **more))
        for settings in (
            replace(valkey_settings(redis, secret), host="cache.example"),
            Settings(host="cache.example", port=memcached.port, engine="memcached", ca=str(memcached.certificate)),
        ):
            store = connect(settings)
            with pytest.raises(UnavailableError):
                store.get("key")
            store.close()
            named = connect(replace(settings, host="localhost"))
            assert named.get("key") is None
            named.close()

    def test_unless_that_is_asked_for(self, redis: RedisServer, memcached: MemcachedServer, secret: Path) -> None:
        for settings in (
            Settings(host=redis.host, port=redis.port, secret=f"file://{secret}", tls=Tls.UNVERIFIED),
            Settings(host=memcached.host, port=memcached.port, engine="memcached", tls=Tls.UNVERIFIED),
        ):
            store = connect(settings)
            store.check()
            store.close()

    def test_in_the_clear_only_by_name(self) -> None:
        needs(REDIS)
        from local_aws.servers.redis_server import redis_server

        with redis_server() as server:
            store = connect(Settings(host=server.host, port=server.port, tls=Tls.NONE))
            store.check()
            store.close()


class TestPassword:
    def test_is_read_anew_when_it_was_refused(self, redis: RedisServer, tmp_path: Path) -> None:
        path = tmp_path / "login.json"
        path.write_text('{"username": "app", "password": "the one before"}')
        store = connect_valkey(valkey_settings(redis, path))
        with pytest.raises(UnavailableError, match=r"^AuthenticationError$"):
            store.get("key")
        path.write_text(f'{{"username": "app", "password": "{PASSWORD}"}}')
        assert store.get("key") is None
        store.close()

    def test_a_secret_that_can_not_be_read_is_said_without_its_text(self, redis: RedisServer, tmp_path: Path) -> None:
        store = connect_valkey(valkey_settings(redis, tmp_path / "nowhere"))
        with pytest.raises(UnavailableError, match=r"^the cache's secret can't be read: FileNotFoundError$"):
            store.get("key")
        store.close()

    def test_nobody_gets_in_without(self, redis: RedisServer) -> None:
        store = connect_valkey(Settings(host=redis.host, port=redis.port, ca=str(redis.certificate)))
        with pytest.raises(UnavailableError, match=r"^AuthenticationError$"):
            store.get("key")
        store.close()

    @pytest.mark.parametrize(
        ("text", "login"),
        [
            ('{"username": "app", "password": "x"}', ("app", "x")),
            ('{"password": "x"}', (None, "x")),
            ("plain", (None, "plain")),
            ("12", (None, "12")),
        ],
    )
    def test_a_secret_says_user_and_password(self, text: str, login: tuple[str | None, str]) -> None:
        assert login_of(text) == login

    @pytest.mark.parametrize("text", ["{}", '{"password": 1}', '{"username": 1, "password": "x"}'])
    def test_or_it_is_none(self, text: str) -> None:
        with pytest.raises(UnavailableError, match=r"^the cache's secret has no password$"):
            login_of(text)


class TestKept:
    def test_is_read_once_in_its_time(self) -> None:
        now, read = [0.0], []

        def login() -> tuple[str | None, str]:
            read.append(1)
            return None, str(len(read))

        kept = Kept(login, 300, now=lambda: now[0])
        assert [kept.get(), kept.get()] == [(None, "1")] * 2
        now[0] = 300
        assert kept.get() == (None, "2")
        kept.forget()
        assert kept.get() == (None, "3")

    def test_one_that_can_not_be_read_again_goes_on(self) -> None:
        now, answers = [0.0], [(None, "x")]

        def login() -> tuple[str | None, str]:
            if not answers:
                raise UnavailableError("down")
            return answers.pop()

        kept = Kept(login, 300, now=lambda: now[0])
        kept.get()
        now[0] = 301
        assert kept.get() == (None, "x")
        kept.forget()
        with pytest.raises(UnavailableError, match=r"^down$"):
            kept.get()


class TestIam:
    @pytest.fixture
    def session(self, monkeypatch: pytest.MonkeyPatch) -> botocore.session.Session:
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ):
            monkeypatch.setenv(name, value)
        return botocore.session.Session()

    def test_a_signed_request_to_connect_stands_for_the_password(self, session: botocore.session.Session) -> None:
        token = iam_token(session, "app", "mine", serverless=False)
        assert token.startswith("mine/?Action=connect&User=app&")
        query = parse_qs(urlsplit(f"//{token}").query)
        assert query["X-Amz-Expires"] == ["900"]
        assert query["X-Amz-Credential"][0].startswith("AKIDEXAMPLE/")
        assert query["X-Amz-Credential"][0].endswith("/eu-west-1/elasticache/aws4_request")
        assert "ResourceType" not in query

    def test_of_a_serverless_cache_it_says_so(self, session: botocore.session.Session) -> None:
        query = parse_qs(urlsplit(f"//{iam_token(session, 'app', 'mine', serverless=True)}").query)
        assert query["ResourceType"] == ["ServerlessCache"]

    def test_is_what_the_server_is_told(self, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cache_client.gateway.iam_token", lambda *_, **__: PASSWORD)
        settings = Settings(host=redis.host, port=redis.port, ca=str(redis.certificate), user="app", name="mine")
        store = connect_valkey(settings)
        assert store.get("key") is None
        store.close()


class TestFailures:
    def test_a_cache_that_died_is_unavailable_and_comes_back(self, tmp_path: Path) -> None:
        needs(REDIS)
        from local_aws.servers.redis_server import redis_server

        with redis_server(users={"app": PASSWORD}) as server:
            (tmp_path / "login").write_text(f'{{"username": "app", "password": "{PASSWORD}"}}')
            settings = Settings(host=server.host, port=server.port, secret=f"file://{tmp_path}/login", tls=Tls.NONE)
            self.dies_and_comes_back(connect(settings), server)

    def test_memcached_too(self) -> None:
        needs(MEMCACHED)
        from local_aws.servers.memcached import memcached

        with memcached() as server:
            settings = Settings(host=server.host, port=server.port, engine="memcached", tls=Tls.NONE)
            self.dies_and_comes_back(connect(settings), server)

    @staticmethod
    def dies_and_comes_back(store: ValkeyStore | MemcachedStore, server: RedisServer | MemcachedServer) -> None:
        store.put("key", b"value", 60)
        server.server.crash()
        with pytest.raises(UnavailableError) as raised:
            store.get("key")
        assert "value" not in str(raised.value)
        server.server.start()
        assert store.get("key") is None, "what it held is gone"
        store.put("key", b"value", 60)
        assert store.get("key") == b"value"
        store.close()

    def test_memcached_takes_no_value_of_more_than_a_mebibyte(self, memcached: MemcachedServer) -> None:
        store = connect(
            Settings(host=memcached.host, port=memcached.port, engine="memcached", ca=str(memcached.certificate))
        )
        with pytest.raises(TooLargeError, match=r"^more than Memcached takes as one value$"):
            store.put("key", b"x" * 2**20, 60)
        store.close()

    def test_an_administrators_commands_are_refused(self, valkey: ValkeyStore) -> None:
        with pytest.raises(UnavailableError, match=r"^NoPermissionError$"):
            valkey._ask(lambda client: client.flushall())


class TestDiscovery:
    def test_keys_are_divided_among_the_nodes_that_the_endpoint_names(self) -> None:
        needs(MEMCACHED)
        from local_aws.servers.memcached import memcached

        with ExitStack() as running:
            servers = [running.enter_context(memcached()) for _ in range(2)]
            port = running.enter_context(configuration_endpoint([server.port for server in servers]))
            settings = Settings(host="127.0.0.1", port=port, engine="memcached", tls=Tls.NONE, discovery=True)
            store = connect(settings)
            for number in range(40):
                store.put(f"key{number}", b"value", 60)
                assert store.get(f"key{number}") == b"value"
            held = [self.held(server) for server in servers]
            assert sum(held) == 40
            assert min(held) > 0
            store.close()

    @staticmethod
    def held(server: MemcachedServer) -> int:
        store = connect(Settings(host=server.host, port=server.port, engine="memcached", tls=Tls.NONE))
        found = sum(store.get(f"key{number}") is not None for number in range(40))
        store.close()
        return found

    def test_an_endpoint_that_does_not_answer_is_unavailable(self) -> None:
        store = connect(Settings(host="127.0.0.1", port=1, engine="memcached", tls=Tls.NONE, discovery=True))
        with pytest.raises(UnavailableError):
            store.get("key")
        store.close()

    def test_nodes_that_are_known_are_used_when_the_endpoint_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        needs(MEMCACHED)
        from local_aws.servers.memcached import memcached

        monkeypatch.setattr("cache_client.memcached_store._NODES_SECONDS", 0)
        with memcached() as server:
            with configuration_endpoint([server.port]) as port:
                settings = Settings(host="127.0.0.1", port=port, engine="memcached", tls=Tls.NONE, discovery=True)
                store = connect(settings)
                store.put("key", b"value", 60)
            assert store.get("key") == b"value"
            store.close()


@contextmanager
def configuration_endpoint(ports: list[int]) -> Iterator[int]:
    """What ElastiCache has in front of Memcached's nodes, which says which there are."""
    nodes = " ".join(f"localhost|127.0.0.1|{port}" for port in ports)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                assert line == b"config get cluster\r\n"
                body = f"1\n{nodes}\n".encode()
                self.wfile.write(b"CONFIG cluster 0 %d\r\n%s\r\nEND\r\n" % (len(body), body))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
