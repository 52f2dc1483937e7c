"""The shop as a process of its own before real servers, and visitors with browsers of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from local_aws.servers.programs import POSTGRESQL, REDIS
from tests.functions.running_sample_app import Answer, RunningApp

if TYPE_CHECKING:
    from local_aws.servers.postgresql import PostgreSql
    from local_aws.servers.redis_server import RedisServer

COOKIE_KEY = "a key for cookies that nobody guesses"
CACHE_USERS = {"shop": "open sesame"}
NOBODY = ("--metadata-url", "http://127.0.0.1:9")


@contextmanager
def database_server() -> Iterator[PostgreSql]:
    """An empty PostgreSQL."""
    from local_aws.servers.postgresql import postgresql

    if POSTGRESQL.find() is None:
        pytest.skip("PostgreSQL is not installed: run `python -m local_aws.servers --install`")
    with postgresql(database="shop") as server:
        yield server


@contextmanager
def cache_server() -> Iterator[RedisServer]:
    """An empty Redis with one user, over TLS."""
    from local_aws.servers.redis_server import redis_server

    if REDIS.find() is None:
        pytest.skip("Redis is not installed: run `python -m local_aws.servers --install`")
    with redis_server(users=CACHE_USERS, tls=True) as server:
        yield server


def secret(path: Path, value: object) -> str:
    """Something secret in a file; how the shop calls it."""
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return f"file://{path}"


def environment_of(folder: Path, database: PostgreSql) -> dict[str, str]:
    """What every shop is told; the secret as RDS writes it, with the password of the administrator."""
    login = {"engine": "postgres", "username": database.user, "password": database.password, "dbname": "shop"}
    return {
        "DATABASE_SECRET": secret(folder / "database.json", {**login, "host": database.host, "port": database.port}),
        "DATABASE_CA": str(database.certificate),
    }


def environment_of_sessions(place: str, folder: Path, cache: RedisServer | None = None) -> dict[str, str]:
    """What a shop is told of where its sessions are."""
    told = {"SESSIONS": place}
    if place == "cookie":
        told["COOKIE_KEY_SECRET"] = secret(folder / "cookie.txt", COOKIE_KEY)
    if cache is not None:
        ((user, password),) = cache.users.items()
        told |= {
            "CACHE_HOST": cache.host,
            "CACHE_PORT": str(cache.port),
            "CACHE_CA": str(cache.certificate),
            "CACHE_SECRET": secret(folder / "cache.json", {"username": user, "password": password}),
        }
    return told


def shop(folder: Path, environment: Mapping[str, str], *arguments: str) -> RunningApp:
    """A process of the shop."""
    return RunningApp(*NOBODY, *arguments, folder=folder, package="my_clothes", environment=environment)


def checks(app: RunningApp) -> dict[str, str]:
    """What the shop says of what it depends on."""
    found = app.get("/health").json()["checks"]
    assert isinstance(found, dict)
    return found


@dataclass
class Visitor:
    """A person with a browser: keeps cookies, sends the forms that pages show, follows where they lead.

    Args:
        ask: How a request is sent; of ``RunningApp`` or of a load balancer.
    """

    ask: Callable[..., Answer]
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""

    def request(
        self, method: str, path: str, form: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, as it is."""
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        answer = self.ask(method, path, headers=sent, body=urlencode(form).encode() if form is not None else None)
        if given := answer.headers.get("set-cookie"):
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def visit(self, path: str) -> Answer:
        """Look at a page."""
        answer = self.request("GET", path)
        self.page = answer.body.decode()
        return answer

    def hidden(self, name: str) -> str:
        """What a form of the page brings back."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found, f"no {name} in the page"
        return found[1]

    def send(self, path: str, **fields: object) -> Answer:
        """A form of the page, and where it leads."""
        answer = self.request("POST", path, {"token": self.hidden("token"), **fields})
        return self.visit(answer.headers["location"]) if answer.status == 303 else answer

    def take(self, product: int, count: int = 1) -> Answer:
        """Put something into the cart."""
        self.visit("/")
        return self.send("/cart", product=product, add=count)

    def cart(self) -> dict[str, int]:
        """What is in it, by name."""
        self.visit("/cart")
        return {
            name: int(count) for count, name in re.findall(r'value="(\d+)" aria-label="How many of ([^"]*)"', self.page)
        }

    def order(self, note: str = "") -> Answer:
        """Order what is in the cart."""
        self.visit("/cart")
        return self.send("/orders", order=self.hidden("order"), note=note)
