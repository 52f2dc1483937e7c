"""What the shop answers, what a session is worth in each place, and what settings may say: without any server."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache_client.store import TooLargeError, UnavailableError
from my_clothes.logic import Cookie, Shop, Visit, form_of
from my_clothes.pages import Line, Order, Product, money
from my_clothes.sessions import (
    LARGEST_COOKIE_BYTES,
    InCookie,
    InStore,
    Memory,
    Session,
    Sessions,
    checked_keys,
)
from my_clothes.settings import Place, Settings, SettingsError
from sample_web_app.logic import Reply

KEY = "k" * 32
OLD_KEY = "o" * 32
FORM = {"product": "1", "add": "1"}


class Shelf:
    """A catalogue of very many products."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.answers = True

    def _product(self, number: int) -> Product:
        return Product(number, f"Product {number}", "Good", 100)

    def products(self, search: str) -> Sequence[Product]:
        if not self.answers:
            raise UnavailableError("the database does not answer")
        return [self._product(1)] if search in "Product 1" else []

    def chosen(self, ids: Sequence[int]) -> Sequence[Product]:
        return [self._product(number) for number in ids if 0 < number < 10_000]

    def place(self, order: str, note: str, cart: Mapping[int, int]) -> None:
        lines = [Line(self._product(number), count) for number, count in cart.items()]
        self.orders.setdefault(order, Order(order, note, lines))

    def order(self, order: str) -> Order | None:
        return self.orders.get(order)


class Clock:
    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


def places(clock: Clock) -> Mapping[str, Sessions]:
    return {
        "sticky": InStore(Memory(now=clock), 60),
        "cookie": InCookie(lambda: [KEY], 60, now=clock),
    }


class Person:
    """Asks the shop, with one cookie."""

    def __init__(self, sessions: Sessions, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.told: list[str] = []
        self.shop = Shop(
            self.shelf, sessions, Cookie(secure=True, seconds=60), lambda error: self.told.append(str(error))
        )
        self.sessions = sessions
        self.cookie = ""

    def ask(self, method: str, path: str, **visit: object) -> Reply:
        reply = self.shop.answer(Visit(method=method, path=path, cookies=self.cookie, **visit), "here")  # type: ignore[arg-type] # as the tests say
        if given := reply.headers.get("Set-Cookie"):
            self.cookie = given.partition(";")[0]
        return reply

    @property
    def session(self) -> Session:
        found = self.sessions.read(self.cookie.partition("=")[2])
        assert found is not None
        return found

    def post(self, path: str, **form: object) -> Reply:
        return self.ask("POST", path, form={"token": self.session.token, **{k: str(v) for k, v in form.items()}})


@pytest.fixture(params=["sticky", "cookie"])
def person(request: pytest.FixtureRequest) -> Person:
    visitor = Person(places(Clock())[request.param])
    visitor.ask("GET", "/")
    return visitor


class TestCart:
    def test_takes_adds_changes_and_puts_back(self, person: Person) -> None:
        assert person.post("/cart", product=1, add=1).headers["Location"] == "/cart"
        person.post("/cart", product=1, add=2)
        person.post("/cart", product=2, add=1)
        assert person.session.cart == {1: 3, 2: 1}
        person.post("/cart", product=1, count=5)
        person.post("/cart", product=2, count=0)
        assert person.session.cart == {1: 5}

    def test_holds_no_more_of_one_than_anybody_wears(self, person: Person) -> None:
        person.post("/cart", product=1, add=15)
        person.post("/cart", product=1, add=15)
        assert person.session.cart == {1: 20}
        assert person.post("/cart", product=1, count=21).status == 400

    def test_holds_what_there_is(self, person: Person) -> None:
        assert person.post("/cart", product=10_000, add=1).status == 404
        assert person.session.cart == {}

    def test_is_full_when_the_browser_can_hold_no_more_and_stays_as_it_was(self) -> None:
        person = Person(places(Clock())["cookie"])
        person.ask("GET", "/")
        for number in range(1_000, 1_500):
            reply = person.post("/cart", product=number, add=1)
            if reply.status != 303:
                break
        assert reply.status == 409
        assert b"Your cart is full" in reply.body
        held = len(person.session.cart)
        assert 250 < held < 350, "as a page says: some three hundred"
        assert len(person.cookie) <= LARGEST_COOKIE_BYTES + len("__Host-session=")
        assert person.post("/orders", order=person.session.order).status == 303, "what is in it can be ordered"

    def test_has_an_end_on_a_server_too(self) -> None:
        person = Person(places(Clock())["sticky"])
        person.ask("GET", "/")
        replies = [person.post("/cart", product=number, add=1).status for number in range(1, 502)]
        assert replies == [303] * 500 + [409]

    def test_shows_what_is_still_sold(self, person: Person) -> None:
        person.post("/cart", product=1, add=2)
        page = person.ask("GET", "/cart").body.decode()
        assert "Product 1" in page
        assert "Cart (2)" in page
        assert "Total: <strong>€ 2.00" in page
        assert b"empty" in Person(places(Clock())["sticky"]).ask("GET", "/cart").body


class TestOrders:
    def test_empty_the_cart_and_can_be_looked_at(self, person: Person) -> None:
        person.post("/cart", product=1, add=2)
        name = person.session.order
        reply = person.post("/orders", order=name, note="Soon")
        assert reply.headers["Location"] == f"/orders/{name}"
        assert person.session.cart == {}
        page = person.ask("GET", f"/orders/{name}").body.decode()
        assert "Soon" in page
        assert person.ask("HEAD", f"/orders/{name}").status == 200

    def test_sent_again_lead_to_the_first(self, person: Person) -> None:
        person.post("/cart", product=1, add=1)
        name = person.session.order
        again = [person.post("/orders", order=name).headers["Location"] for _ in range(2)]
        assert again == [f"/orders/{name}"] * 2
        assert len(person.shelf.orders) == 1

    def test_of_a_cart_that_has_changed_meanwhile_are_not_taken(self, person: Person) -> None:
        person.post("/cart", product=1, add=1)
        name = person.session.order
        person.post("/cart", product=2, add=1)
        assert person.post("/orders", order=name).status == 409
        assert person.post("/orders", order="x").status == 409
        assert person.shelf.orders == {}

    def test_of_nothing_are_not_taken(self, person: Person) -> None:
        assert person.post("/orders", order=person.session.order).status == 409

    @pytest.mark.parametrize("note", ["x" * 201, "a\0b", "a\nb", "\ud800"])
    def test_notes_are_texts_of_a_line(self, person: Person, note: str) -> None:
        person.post("/cart", product=1, add=1)
        assert person.post("/orders", order=person.session.order, note=note).status == 400
        assert person.shelf.orders == {}


class TestVisits:
    def test_only_who_gets_a_page_gets_a_session(self) -> None:
        person = Person(places(Clock())["sticky"])
        assert "Set-Cookie" not in person.ask("GET", "/nothing").headers
        assert "Set-Cookie" in person.ask("GET", "/").headers
        assert "Set-Cookie" not in person.ask("GET", "/").headers

    def test_forms_need_a_session_and_its_token_from_here(self, person: Person) -> None:
        token = person.session.token
        assert person.ask("POST", "/cart", form={**FORM, "token": token}, site="cross-site").status == 403
        assert person.ask("POST", "/cart", form={**FORM, "token": token}, site="same-site").status == 403
        assert person.ask("POST", "/cart", form=FORM).status == 403
        assert person.ask("POST", "/cart").status == 400
        assert person.ask("POST", "/cart", form={**FORM, "token": token}, site="same-origin").status == 303
        person.cookie = "other=1"
        assert person.ask("POST", "/cart", form={**FORM, "token": token}).status == 403
        person.cookie = "__Host-session=unknown"
        assert person.ask("POST", "/cart", form={**FORM, "token": token}).status == 403
        person.cookie = "a b=c; \x00"
        assert person.ask("GET", "/").status == 200

    def test_are_told_when_something_does_not_answer(self, person: Person) -> None:
        person.shelf.answers = False
        reply = person.ask("GET", "/")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
        assert person.told == ["the database does not answer"]

    @pytest.mark.parametrize("path", ["/", "/nothing", "/health"])
    def test_do_nothing_where_nothing_can_be_done(self, person: Person, path: str) -> None:
        assert person.post(path, product=1, add=1).status == 405
        assert person.ask("DELETE", "/cart").status == 405

    @pytest.mark.parametrize("header", ["session", 'a="', "__Host-session", "=;=;", "__Host-session=\x7f"])
    def test_with_headers_that_are_no_cookies_are_first_ones(self, person: Person, header: str) -> None:
        kept, person.cookie = person.cookie, header
        assert "Set-Cookie" in person.ask("GET", "/").headers
        person.cookie = f"{header}; {kept}; \xe9=1"
        if not header.startswith("__Host"):
            assert "Set-Cookie" not in person.ask("GET", "/").headers, "somebody else's cookies do no harm"

    @pytest.mark.parametrize(
        ("path", "route"), [("/", "/"), ("/orders/x", "/orders/*"), ("/ann", "other"), ("/health", "/health")]
    )
    def test_are_known_to_the_log_by_paths_of_ours(self, path: str, route: str) -> None:
        assert Visit(method="GET", path=path).route == route

    def test_money_is_written_as_people_do(self) -> None:
        assert [money(cents) for cents in (5, 100, 123_456)] == ["€ 0.05", "€ 1.00", "€ 1,234.56"]


class TestForms:
    TYPE = "application/x-www-form-urlencoded"

    def test_are_read(self) -> None:
        assert form_of(f"{self.TYPE}; charset=utf-8", b"a=%C3%A9&b=") == {"a": "é", "b": ""}

    @pytest.mark.parametrize("body", [b"a=1&a=2", b"\xff", b"a=%FF", b"&".join(b"a%d=1" % n for n in range(11))])
    def test_that_are_none_are_not(self, body: bytes) -> None:
        assert form_of(self.TYPE, body) is None
        assert form_of("application/json", b"{}") is None

    @given(st.binary(max_size=200))
    def test_of_anything_raise_nothing(self, body: bytes) -> None:
        form_of(self.TYPE, body)


class TestSessions:
    @pytest.mark.parametrize("place", ["sticky", "cookie"])
    def test_end(self, place: str) -> None:
        clock = Clock()
        sessions = places(clock)[place]
        cookie = sessions.create(Session(cart={1: 2}))
        found = sessions.read(cookie)
        assert found is not None
        assert found.cart == {1: 2}
        clock.time += 61
        assert sessions.read(cookie) is None
        assert sessions.update(cookie, lambda session: session.cart.clear()) is None

    def test_of_another_version_are_nobodys(self) -> None:
        memory = Memory()
        sessions = InStore(memory, 60)
        from cache_client.sessions import Sessions as TokenSessions

        token = TokenSessions(memory).create({"cart": [], "user": "of yesterday"})
        assert sessions.read(token) is None
        assert sessions.update(token, lambda session: session.cart.update({1: 1})) == token
        found = sessions.read(token)
        assert found is not None
        assert found.cart == {1: 1}

    @pytest.mark.parametrize("cart", [{"x": 1}, {"1": None}, {"1": "x"}, [], None])
    def test_of_something_else_are_none(self, cart: object) -> None:
        assert Session.of({"cart": cart, "token": "t", "order": "o"}) is None

    @given(st.dictionaries(st.integers(1, 2**31 - 1), st.integers(1, 20), max_size=40))
    def test_come_back_as_they_were(self, cart: dict[int, int]) -> None:
        for sessions in places(Clock()).values():
            session = Session(cart=cart)
            assert sessions.read(sessions.create(session)) == session

    @given(st.text(max_size=300))
    def test_are_not_made_up(self, cookie: str) -> None:
        for sessions in places(Clock()).values():
            assert sessions.read(cookie) is None

    @given(st.data())
    def test_in_a_cookie_can_not_be_changed(self, data: st.DataObject) -> None:
        sessions = InCookie(lambda: [KEY], 60)
        cookie = sessions.create(Session(cart={1: 1}))
        at = data.draw(st.integers(0, len(cookie) - 1))
        other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="))
        forged = cookie[:at] + other + cookie[at + 1 :]
        # Base64 has bits at its end that mean nothing.
        assert forged == cookie or sessions.read(forged) in (None, sessions.read(cookie))

    def test_signed_with_the_key_of_before_are_good_and_signed_anew(self) -> None:
        before = InCookie(lambda: [OLD_KEY], 60)
        cookie = before.create(Session(cart={1: 1}))
        after = InCookie(lambda: [KEY, OLD_KEY], 60)
        renewed = after.update(cookie, lambda session: session.cart.update({2: 1}))
        assert renewed is not None
        found = InCookie(lambda: [KEY], 60).read(renewed)
        assert found is not None
        assert found.cart == {1: 1, 2: 1}
        assert InCookie(lambda: [KEY], 60).read(cookie) is None

    def test_keys_are_long(self) -> None:
        assert checked_keys(KEY, OLD_KEY) == (KEY, OLD_KEY)
        with pytest.raises(UnavailableError, match=r"^a key that signs cookies must have at least 32 characters$"):
            checked_keys(KEY, "short")

    def test_too_large_for_a_browser_are_refused(self) -> None:
        with pytest.raises(TooLargeError, match=r"^12,160 bytes, of 3,800$"):
            InCookie(lambda: [KEY], 60).create(Session(cart=dict.fromkeys(range(1_000, 2_000), 1)))


class TestMemory:
    def test_is_a_store(self) -> None:
        clock = Clock()
        memory = Memory(now=clock)
        assert memory.add("a", b"1", 10)
        assert not memory.add("a", b"2", 10)
        assert not memory.swap("a", b"2", b"3", 10)
        assert memory.swap("a", b"1", b"3", 10)
        assert memory.get("a") == b"3"
        clock.time += 10
        assert memory.get("a") is None
        assert not memory.swap("a", b"3", b"4", 10)
        assert memory.add("a", b"5", 10)
        memory.delete("a")
        memory.delete("a")
        assert memory.get("a") is None

    def test_forgets_the_oldest_when_there_are_too_many(self) -> None:
        memory = Memory(most=2)
        for key in ("a", "b", "a", "c"):
            memory.put(key, b"1", 10)
        assert [memory.get(key) for key in ("a", "b", "c")] == [b"1", None, b"1"]


class TestSettings:
    LEAST = {"SESSIONS": "sticky", "DATABASE_SECRET": "file:///x"}  # noqa: RUF012 - only read

    def test_have_defaults(self) -> None:
        found = Settings.of(self.LEAST)
        assert found.sessions is Place.STICKY
        assert (found.session_seconds, found.secret_seconds, found.secure_cookies) == (86_400, 300, True)
        assert (found.database.host, found.database.port, found.database.tls, found.database.ca) == (
            *(None, None, "verified", None),
        )
        assert (found.cache, found.session_table, found.database_name) == (None, None, None)

    def test_say_everything(self) -> None:
        found = Settings.of(
            {
                **self.LEAST,
                **{"SESSIONS": "server", "SESSION_SECONDS": "600", "COOKIES": "insecure", "CACHE_HOST": "cache"},
                **{"DATABASE_HOST": "db", "DATABASE_PORT": "5433", "DATABASE_NAME": "shop", "DATABASE_TLS": "none"},
                **{"DATABASE_CA": "/ca", "CACHE_PORT": "6380", "SECRET_SECONDS": "60", "CACHE_TLS": "unverified"},
            }
        )
        assert (found.database.host, found.database.port, found.database_name) == ("db", 5_433, "shop")
        assert (found.session_seconds, found.secure_cookies, found.secret_seconds) == (600, False, 60)
        assert found.cache is not None
        assert (found.cache.host, found.cache.port, found.cache.tls) == ("cache", 6_380, "unverified")
        assert Settings.of({**self.LEAST, "SESSIONS": "server", "SESSION_TABLE": "carts"}).session_table == "carts"

    def test_say_all_that_is_wrong_at_once(self) -> None:
        wrong = {"SESSIONS": "cookie", "SESSION_SECONDS": "1", "DATABASE_PORT": "x", "DATABASE_TLS": "maybe"}
        wrong |= {"COOKIES": "tasty", "SECRET_SECONDS": "٣", "CACHE_HOST": "cache", "CACHE_PORT": "0"}
        with pytest.raises(SettingsError) as error:
            Settings.of(wrong)
        assert str(error.value).splitlines() == [
            "SESSION_SECONDS must be a whole number between 60 and 31,536,000, got '1'",
            "DATABASE_PORT must be a whole number between 1 and 65,535, got 'x'",
            "DATABASE_TLS must be one of verified, unverified, none, got 'maybe'",
            "CACHE_PORT must be a port between 1 and 65535, got '0'",
            "COOKIES must be one of secure, insecure, got 'tasty'",
            "SECRET_SECONDS must be a whole number between 5 and 3,600, got '٣'",
            "DATABASE_SECRET must be set: a secret with the user name and password of the database",
            "COOKIE_KEY_SECRET must be set where SESSIONS is cookie: cookies are signed with it",
        ]

    @pytest.mark.parametrize(
        ("stores", "got"), [({}, "neither"), ({"CACHE_HOST": "cache", "SESSION_TABLE": "carts"}, "both")]
    )
    def test_name_one_store(self, stores: Mapping[str, str], got: str) -> None:
        with pytest.raises(SettingsError) as error:
            Settings.of({**self.LEAST, "SESSIONS": "server", **stores})
        assert str(error.value) == (
            f"one of CACHE_HOST and SESSION_TABLE must be set where SESSIONS is server, got {got}"
        )

    def test_need_a_place_for_sessions(self) -> None:
        with pytest.raises(SettingsError) as error:
            Settings.of({"DATABASE_SECRET": "x"})
        assert str(error.value) == "SESSIONS must be one of sticky, cookie, server, got ''"

    def test_are_all_described(self, project: Path) -> None:
        text = (project / "lambda_src/my_clothes/README.md").read_text()
        source = (project / "lambda_src/my_clothes/settings.py").read_text()
        names = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', source))
        assert len(names) > 8
        assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_a_session_is_json() -> None:
    assert json.loads(json.dumps(Session(cart={1: 2}, token="t", order="o").data())) == {
        "cart": {"1": 2},
        "token": "t",
        "order": "o",
    }
