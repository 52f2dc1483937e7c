"""The shop as real processes before a real PostgreSQL and a real Redis: what survives what."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from psycopg import sql

from tests.functions.running_sample_app import RunningApp, until
from tests.functions.visiting_my_clothes import (
    Visitor,
    cache_server,
    checks,
    database_server,
    environment_of,
    environment_of_sessions,
    secret,
    shop,
)

if TYPE_CHECKING:
    from local_aws.servers.postgresql import PostgreSql
    from local_aws.servers.redis_server import RedisServer

Start = Callable[..., RunningApp]


@pytest.fixture(scope="module")
def database() -> Iterator[PostgreSql]:
    with database_server() as server:
        yield server


@pytest.fixture(scope="module")
def cache() -> Iterator[RedisServer]:
    with cache_server() as server:
        yield server


@pytest.fixture
def start(tmp_path: Path, database: PostgreSql, cache: RedisServer) -> Iterator[Start]:
    """Starts a process of the shop; every one is gone after the test."""
    with ExitStack() as stack:

        def one(place: str, *arguments: str, before: PostgreSql = database, **environment: str) -> RunningApp:
            told = environment_of(tmp_path, before)
            told |= environment_of_sessions(place, tmp_path, cache if place == "server" else None)
            return stack.enter_context(shop(tmp_path, {**told, **environment}, *arguments))

        yield one


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, database: PostgreSql) -> Iterator[RunningApp]:
    """One that many tests ask."""
    folder = tmp_path_factory.mktemp("shop")
    with shop(folder, {**environment_of(folder, database), **environment_of_sessions("sticky", folder)}) as running:
        yield running


class TestTheLesson:
    """A visitor's cart when the process that served him dies, and another one goes on."""

    @pytest.mark.parametrize("place", ["cookie", "server"])
    def test_a_cart_survives(self, start: Start, place: str) -> None:
        first, second = start(place), start(place)
        visitor = Visitor(first.ask)
        assert visitor.take(1).status == 200
        assert visitor.take(8, count=3).status == 200
        first.process.kill()
        first.process.wait()
        visitor.ask = second.ask
        assert visitor.cart() == {"Linen shirt": 1, "Socks": 3}
        assert visitor.order().status == 200
        assert "Thank you" in visitor.page

    def test_a_cart_in_the_process_is_lost_with_it(self, start: Start) -> None:
        first, second = start("sticky"), start("sticky")
        visitor = Visitor(first.ask)
        visitor.take(1)
        assert visitor.cart() == {"Linen shirt": 1}
        token = visitor.hidden("token")
        first.process.kill()
        first.process.wait()
        visitor.ask = second.ask
        refused = visitor.request("POST", "/cart", {"token": token, "product": 8, "add": 1})
        assert refused.status == 403
        assert "Your session has ended" in refused.body.decode()
        assert visitor.cart() == {}

    def test_a_cart_in_the_process_is_there_only_for_who_comes_back_to_it(self, start: Start) -> None:
        first, second = start("sticky"), start("sticky")
        visitor = Visitor(first.ask)
        visitor.take(1)
        stranger = Visitor(second.ask, cookies=dict(visitor.cookies))
        assert stranger.cart() == {}
        assert visitor.cart() == {"Linen shirt": 1}

    def test_a_cart_on_the_server_is_lost_with_a_cache_that_has_no_replica(self, start: Start) -> None:
        with cache_server() as alone:
            app = start("server", CACHE_PORT=str(alone.port), CACHE_CA=str(alone.certificate))
            visitor = Visitor(app.ask)
            visitor.take(1)
            alone.server.crash()
            closed = visitor.visit("/cart")
            assert (closed.status, closed.headers["retry-after"]) == (503, "5")
            alone.server.start()
            until(lambda: visitor.visit("/cart").status == 200, "service after the cache came back")
            assert visitor.cart() == {}


class TestOrders:
    def test_are_kept_whatever_becomes_of_the_session(self, start: Start) -> None:
        visitor = Visitor(start("sticky").ask)
        visitor.take(2, count=2)
        visitor.order(note="Mind the dog")
        number = visitor.page
        assert "&times; 2" in number
        assert "€ 178.00" in number
        assert "Mind the dog" in number
        assert visitor.cart() == {}

    def test_that_are_sent_twice_at_once_are_one(self, start: Start, database: PostgreSql) -> None:
        visitor = Visitor(start("server").ask)
        visitor.take(3)
        visitor.visit("/cart")
        form = {"token": visitor.hidden("token"), "order": visitor.hidden("order"), "note": ""}
        twins = [Visitor(visitor.ask, cookies=dict(visitor.cookies)) for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda twin: twin.request("POST", "/orders", form), twins))
        assert {answer.status for answer in answers} == {303}
        assert {answer.headers["location"] for answer in answers} == {f"/orders/{form['order']}"}
        with closing(database.connect()) as connection:
            found = connection.execute("SELECT count FROM order_lines WHERE order_id = %s", [form["order"]]).fetchall()
        assert found == [(1,)]

    def test_things_that_are_taken_at_once_are_all_in_the_cart(self, start: Start) -> None:
        visitor = Visitor(start("server").ask)
        visitor.visit("/")
        form = {"token": visitor.hidden("token"), "product": 5, "add": 1}
        twins = [Visitor(visitor.ask, cookies=dict(visitor.cookies)) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert {it.status for it in pool.map(lambda twin: twin.request("POST", "/cart", form), twins)} == {303}
        assert visitor.cart() == {"Denim dungarees": 8}

    def test_one_database_serves_processes_that_start_at_once(self, start: Start) -> None:
        with database_server() as empty, ThreadPoolExecutor() as pool:
            apps = [start("sticky", before=empty) for _ in range(3)]
            answered: list[int] = []

            def opens(app: RunningApp) -> bool:
                status = app.get("/").status
                answered.append(status)
                return status == 200

            # Closed for a moment is what it says while a new server is slow; whoever lost a race would say 500.
            list(pool.map(lambda app: until(lambda: opens(app), "shop that opens"), apps))
            assert set(answered) <= {200, 503}


class TestAttacks:
    """What somebody with bad intentions sends to a real database and a real page."""

    @pytest.mark.parametrize(
        "text",
        ["'", "' OR 1=1 --", "'; DROP TABLE orders; --", "%", "_", "\\", "$1", "%s", "{0}", '") OR ("1"="1'],
    )
    def test_what_is_searched_for_is_never_a_statement(self, app: RunningApp, text: str) -> None:
        visitor = Visitor(app.ask)
        assert visitor.visit(f"/?q={quote(text)}").status == 200
        assert "Nothing here is called" in visitor.page
        assert "Linen shirt" not in visitor.page
        assert visitor.visit("/?q=LINEN").status == 200
        assert "Linen shirt" in visitor.page

    @pytest.mark.parametrize("field", ["product", "add", "count"])
    @pytest.mark.parametrize("value", ["1; DROP TABLE orders", "1 OR 1=1", "-1", "1e3", "99999999999", "٣", "", "0x1"])
    def test_numbers_are_numbers(self, app: RunningApp, field: str, value: str) -> None:
        visitor = Visitor(app.ask)
        visitor.visit("/")
        fields = {"product": "1", "add": "1"} | ({"count": "1"} if field == "count" else {}) | {field: value}
        if field == "count":
            del fields["add"]
        assert visitor.send("/cart", **fields).status == 400
        assert visitor.cart() == {}

    def test_what_people_write_is_text_on_every_page(self, start: Start) -> None:
        script = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
        visitor = Visitor(start("server").ask)
        visitor.visit(f"/?q={quote(script)}")
        assert "<script>alert" not in visitor.page
        assert "<img" not in visitor.page
        visitor.take(1)
        visitor.order(note=script)
        assert "<script>alert" not in visitor.page
        assert "<img" not in visitor.page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in visitor.page
        policy = visitor.visit("/").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy

    @pytest.mark.parametrize("place", ["sticky", "cookie", "server"])
    def test_other_sites_can_send_no_form(self, start: Start, place: str) -> None:
        visitor = Visitor(start(place).ask)
        visitor.take(1)
        good = visitor.hidden("token")
        forged = {"product": 8, "add": 1}
        for token in ("", "x", "é", good[:-1], good.swapcase()):
            assert visitor.request("POST", "/cart", {**forged, "token": token}).status == 403
        assert visitor.request("POST", "/cart", forged).status == 403
        across = {"Sec-Fetch-Site": "cross-site"}
        assert visitor.request("POST", "/cart", {**forged, "token": good}, headers=across).status == 403
        stranger = Visitor(visitor.ask)
        stranger.visit("/")
        assert stranger.request("POST", "/cart", {**forged, "token": good}).status == 403, "another visitor's token"
        assert visitor.request("GET", "/cart?product=8&add=1").status == 200, "reading changes nothing"
        assert visitor.cart() == {"Linen shirt": 1}

    @pytest.mark.parametrize("place", ["sticky", "cookie", "server"])
    def test_cookies_that_were_made_up_are_nobodys(self, start: Start, place: str) -> None:
        app = start(place)
        visitor = Visitor(app.ask)
        visitor.take(1)
        ((name, value),) = visitor.cookies.items()
        assert name == "__Host-session"
        middle = len(value) // 2
        changed = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
        for forged in (
            changed,
            value[:-4],
            value + "AAAA",
            "A" * 43,
            "A" * 5_000,
            "",
            "é",
            '{"cart":{"1":20}}',
            "../../1",
        ):
            thief = Visitor(app.ask, cookies={name: forged.encode().decode("latin-1")})
            assert thief.cart() == {}, forged
            assert thief.cookies[name] != forged, "nobody chooses how his session is called"

    def test_a_cookie_of_another_key_is_nobodys(self, start: Start, tmp_path: Path) -> None:
        visitor = Visitor(start("cookie").ask)
        visitor.take(1)
        told = secret(tmp_path / "other.txt", "quite another key, as long as the first one")
        assert Visitor(start("cookie", COOKIE_KEY_SECRET=told).ask, cookies=dict(visitor.cookies)).cart() == {}

    def test_cookies_stay_with_the_browser_and_the_host(self, start: Start) -> None:
        given = start("server").get("/").headers["set-cookie"]
        assert given.startswith("__Host-session=")
        assert given.partition("; ")[2] == "Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure"
        plain = start("server", COOKIES="insecure").get("/").headers["set-cookie"]
        assert plain.startswith("session=")
        assert plain.partition("; ")[2] == "Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"

    def test_who_reads_the_cache_is_nobody_yet(self, start: Start, cache: RedisServer) -> None:
        visitor = Visitor(start("server").ask)
        visitor.take(1)
        (value,) = visitor.cookies.values()
        with cache.connect() as client:
            keys = [key.decode() for key in client.scan_iter()]
        assert keys
        assert not [key for key in keys if value in key]

    def test_too_much_is_not_read(self, start: Start) -> None:
        app = start("sticky")
        visitor = Visitor(app.ask)
        visitor.visit("/")
        answer = visitor.request("POST", "/cart", {"token": visitor.hidden("token"), "product": "1" * 10_000})
        assert answer.status == 400
        assert app.get("/health").status == 200


class TestHealth:
    def test_is_good_when_everything_answers(self, start: Start) -> None:
        assert start("server").get("/health").json() == {
            "status": "ok",
            "checks": {"disk": "ok", "database": "ok", "sessions": "ok"},
        }
        assert checks(start("cookie")) == {"disk": "ok", "database": "ok", "cookie key": "ok"}
        assert checks(start("sticky")) == {"disk": "ok", "database": "ok"}

    def test_fails_with_the_database_and_recovers_with_it_and_alive_does_neither(self, start: Start) -> None:
        with database_server() as fragile:
            app = start("sticky", before=fragile)
            visitor = Visitor(app.ask)
            visitor.take(1)
            fragile.server.crash()
            until(lambda: app.get("/health").status == 503, "ill health after the database went away")
            assert checks(app)["database"] != "ok"
            assert app.get("/alive").json() == {"status": "ok", "checks": {"disk": "ok"}}
            closed = visitor.visit("/")
            assert (closed.status, closed.headers["retry-after"]) == (503, "5")
            assert "closed for a moment" in visitor.page
            fragile.server.start()
            until(lambda: app.get("/health").status == 200, "health after the database came back")
            assert visitor.cart() == {"Linen shirt": 1}, "carts were never there"

    def test_of_a_key_that_is_too_short_is_bad(self, start: Start, tmp_path: Path) -> None:
        app = start("cookie", COOKIE_KEY_SECRET=secret(tmp_path / "short.txt", "short"))
        assert checks(app)["cookie key"] == "failed: UnavailableError"
        assert app.get("/").status == 503

    def test_starts_before_its_database_does(self, start: Start) -> None:
        with database_server() as late:
            late.server.stop()
            app = start("sticky", before=late)
            assert app.get("/alive").status == 200
            assert app.get("/health").status == 503
            late.server.start()
            until(lambda: app.get("/health").status == 200, "health once the database is there")
            assert app.get("/").status == 200


class TestRotation:
    def test_of_the_databases_password_is_followed(self, start: Start, tmp_path: Path) -> None:
        with database_server() as server, server.connect() as administrator:
            app = start("sticky", before=server)
            assert app.get("/").status == 200
            name = sql.Identifier(server.user)
            administrator.execute(sql.SQL("ALTER ROLE {} PASSWORD 'another one'").format(name))
            login = json.loads((tmp_path / "database.json").read_text())
            secret(tmp_path / "database.json", {**login, "password": "another one"})
            # Connections that there are go on; new ones are needed now.
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'my_clothes'"
            )
            until(lambda: app.get("/").status == 200, "service with the new password")
            assert app.get("/health").status == 200

    def test_a_writer_that_became_a_reader_is_left(self, start: Start) -> None:
        with database_server() as server, server.connect() as administrator:
            app = start("sticky", before=server)
            visitor = Visitor(app.ask)
            visitor.take(1)
            administrator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            administrator.execute("SELECT pg_reload_conf()")

            def refused() -> bool:
                # The first ones may come before the server has read its configuration.
                return visitor.take(1).status == 503 or visitor.order().status == 503

            until(refused, "no order by a reader")
            assert app.logged("unavailable")["reason"] == "ReadOnlySqlTransaction"
            administrator.execute("SET default_transaction_read_only = off")
            administrator.execute("ALTER SYSTEM RESET default_transaction_read_only")
            administrator.execute("SELECT pg_reload_conf()")
            until(lambda: visitor.visit("/cart").status == 200, "service by the writer")
            visitor.take(1)
            assert visitor.order().status == 200


class TestTheProcess:
    def test_says_all_that_is_wrong_and_does_not_start(self, tmp_path: Path) -> None:
        app = shop(tmp_path, {"SESSIONS": "server", "SESSION_SECONDS": "5", "COOKIES": "yes"})
        try:
            problems = app.logged("settings can't be used")["problems"]
            assert problems == [
                "SESSION_SECONDS must be a whole number between 60 and 31,536,000, got '5'",
                "COOKIES must be one of secure, insecure, got 'yes'",
                "DATABASE_SECRET must be set: a secret with the user name and password of the database",
                "one of CACHE_HOST and SESSION_TABLE must be set where SESSIONS is server, got neither",
            ]
            assert app.exit_code() == 2
        finally:
            app.__exit__(None, None, None)

    def test_drains(self, start: Start) -> None:
        app = start("sticky", "--notice-seconds", "1")
        with closing(app.connection()) as kept:
            assert app.ask("GET", "/", over=kept).status == 200
            app.terminate()
            app.logged("draining")
            answer = app.ask("GET", "/health", over=kept)
            assert (answer.status, answer.json()["status"]) == (503, "draining")
            assert app.get("/").status == 200, "who still comes is served while others take notice"
            until(app.refuses_connections, "new connections are refused")
        assert app.exit_code() == 0
        assert app.logged("stopped")["unanswered"] == 0

    def test_ends_at_once_when_its_database_is_gone(self, start: Start) -> None:
        with database_server() as gone:
            gone.server.stop()
            app = start("sticky", before=gone)
        began = time.monotonic()
        app.terminate()
        assert app.exit_code() == 0
        assert time.monotonic() - began < 10

    def test_tells_nothing_about_anyone(self, start: Start) -> None:
        app = start("server")
        visitor = Visitor(app.ask)
        visitor.visit("/?q=ann@example.org")
        visitor.take(1)
        token = visitor.hidden("token")
        visitor.order(note="to Ann")
        visitor.visit("/orders/ann")
        app.terminate()
        assert app.exit_code() == 0
        records = app.everything_logged()
        assert {record["message"] for record in records} <= {"listening", "request", "draining", "stopped"}
        written = json.dumps(records)
        known = [*visitor.cookies.values(), "ann", "Ann", "127.0.0.1", token]
        assert not [each for each in known if each in written]

    def test_says_who_served(self, start: Start) -> None:
        from tests.functions.running_sample_app import metadata_service

        with metadata_service(instance="i-0123456789abcdef0", zone="eu-west-1c", kind="t4g.small") as address:
            app = start("cookie", "--version-label", "2", "--metadata-url", address)
            page = app.get("/").body.decode()
            assert app.get("/identity").json()["availabilityZone"] == "eu-west-1c"
        assert "Served by i-0123456789abcdef0 in eu-west-1c, version 2; sessions: cookie" in page

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/nothing", 404),
            ("GET", "/orders/x", 404),
            ("GET", f"/orders/{'x' * 22}", 404),
            ("PUT", "/cart", 405),
            ("POST", "/", 405),
            ("POST", "/health", 405),
            ("DELETE", "/cart", 405),
            ("POST", "/cart", 400),
            ("GET", "/?q=%00", 400),
            ("GET", f"/?q={'x' * 101}", 400),
            ("HEAD", "/", 200),
            ("GET", "/orders", 404),
        ],
    )
    def test_refuses_what_is_not_here(self, app: RunningApp, method: str, path: str, status: int) -> None:
        assert app.ask(method, path).status == status
