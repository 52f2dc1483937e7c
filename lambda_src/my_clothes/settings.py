"""What the environment says about what stands behind the shop, checked as a whole. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cache_client import settings as cache_client
from cache_client.settings import Tls

_LARGEST_PORT = 65_535
_LONGEST_SECONDS = 31_536_000
_SHORTEST_SECRET_SECONDS = 5
_LONGEST_SECRET_SECONDS = 3_600


class SettingsError(ValueError):
    """The environment says something that can't be; the text says all of it, a line each."""


class Place(StrEnum):
    """Where a visitor's session is."""

    STICKY = "sticky"
    """In the memory of this process."""
    COOKIE = "cookie"
    """In the visitor's browser."""
    SERVER = "server"
    """In a cache or a table that all processes share."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """The database's server.

    Attributes:
        host: None where its secret says it.
        port: None where its secret says it.
        secret: Where its user and password are; None where nobody has to log in.
        tls: How.
        ca: File of what its certificate is checked by; None for what the system trusts.
    """

    host: str | None
    port: int | None
    secret: str | None
    tls: Tls
    ca: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What stands behind the shop; README.md lists the variables.

    Attributes:
        sessions: Where they are.
        session_seconds: Without a visit, until one is forgotten.
        database: Of the catalogue and the orders.
        database_name: None where its secret says it.
        cookie_key_secret: Where the key is that cookies are signed with.
        cache: Of sessions; its own settings.
        session_table: Of sessions.
        secure_cookies: Whether browsers send them over HTTPS only.
        secret_seconds: After which a secret is read again.
    """

    sessions: Place
    session_seconds: int
    database: Server
    database_name: str | None
    cookie_key_secret: str | None
    cache: cache_client.Settings | None
    session_table: str | None
    secure_cookies: bool
    secret_seconds: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """From environment variables.

        Raises:
            SettingsError: With all that is wrong.
        """
        read = _Reader(environment)
        sessions = Place(read.choice("SESSIONS", tuple(Place), ""))
        settings = cls(
            sessions=sessions,
            session_seconds=read.number("SESSION_SECONDS", 60, _LONGEST_SECONDS, 86_400) or 0,
            database=read.database(),
            database_name=environment.get("DATABASE_NAME") or None,
            cookie_key_secret=environment.get("COOKIE_KEY_SECRET") or None,
            cache=read.cache(),
            session_table=environment.get("SESSION_TABLE") or None,
            secure_cookies=read.choice("COOKIES", ("secure", "insecure"), "secure") == "secure",
            secret_seconds=read.number("SECRET_SECONDS", _SHORTEST_SECRET_SECONDS, _LONGEST_SECRET_SECONDS, 300) or 0,
        )
        read.problems += settings._missing(
            one_store=bool(environment.get("CACHE_HOST")) != bool(settings.session_table)
        )
        if read.problems:
            raise SettingsError("\n".join(read.problems))
        return settings

    def _missing(self, *, one_store: bool) -> list[str]:
        problems = []
        if self.database.secret is None:
            problems.append("DATABASE_SECRET must be set: a secret with the user name and password of the database")
        if self.sessions is Place.COOKIE and self.cookie_key_secret is None:
            problems.append("COOKIE_KEY_SECRET must be set where SESSIONS is cookie: cookies are signed with it")
        if self.sessions is Place.SERVER and not one_store:
            got = "both" if self.session_table else "neither"
            problems.append(f"one of CACHE_HOST and SESSION_TABLE must be set where SESSIONS is server, got {got}")
        return problems


class _Reader:
    """Reads values one by one and remembers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def number(self, name: str, lowest: int, highest: int, default: int | None) -> int | None:
        text = self._environment.get(name)
        if not text:
            return default
        if not text.isascii() or not text.isdecimal() or not lowest <= int(text) <= highest:
            self.problems.append(f"{name} must be a whole number between {lowest:,} and {highest:,}, got {text!r}")
            return default
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._environment.get(name) or default
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
            return allowed[0]
        return value

    def database(self) -> Server:
        return Server(
            host=self._environment.get("DATABASE_HOST") or None,
            port=self.number("DATABASE_PORT", 1, _LARGEST_PORT, None),
            secret=self._environment.get("DATABASE_SECRET") or None,
            tls=Tls(self.choice("DATABASE_TLS", tuple(Tls), Tls.VERIFIED)),
            ca=self._environment.get("DATABASE_CA") or None,
        )

    def cache(self) -> cache_client.Settings | None:
        if not self._environment.get("CACHE_HOST"):
            return None
        try:
            return cache_client.Settings.from_environment(self._environment)
        except cache_client.SettingsError as error:
            self.problems += str(error).splitlines()
            return None
