"""HTTP in and out, and what the shop is put together from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from cache_client.gateway import connect
from cache_client.store import UnavailableError
from my_clothes.database import Database
from my_clothes.gateway import DatabaseAddress, Secret, SessionTable
from my_clothes.logic import LARGEST_FORM_BYTES, Cookie, Shop, Visit, form_of
from my_clothes.sessions import InCookie, InStore, Memory, Sessions, checked_keys
from my_clothes.settings import Place, Settings, SettingsError
from sample_web_app import handler as web
from sample_web_app.gateway import Checks, Probe
from sample_web_app.logic import Reply, Request, health_document, identity_document
from sample_web_app.options import Options, read_options

_UNUSABLE = 2


class Server(web.Server):
    """The web server, and the shop that it serves."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self.place = settings.sessions
        secret = partial(Secret, seconds=settings.secret_seconds)
        address = DatabaseAddress(settings.database, settings.database_name, secret(settings.database.secret or ""))
        self.database = Database(address)
        sessions, probes = _sessions(settings, secret)
        cookie = Cookie(secure=settings.secure_cookies, seconds=settings.session_seconds)
        self.shop = Shop(self.database, sessions, cookie, _tell)
        self.alive = Checks(folder=options.state_directory, dependencies=(), deadline=options.health_seconds)
        super().__init__(options, handler=Handler, probes=[Probe("database", self.database.check), *probes])


class Handler(web.Handler):
    """One connection, and the visits that come over it."""

    server: Server

    def reply(self) -> tuple[str, Reply]:
        """What is answered, and what the log calls its path."""
        request = Request.of(self.command, self.path)
        form = None
        if self.command == "POST" and (body := self.body(LARGEST_FORM_BYTES)) is not None:
            form = form_of(self.headers.get("Content-Type", ""), body)
        visit = Visit(
            method=request.method,
            path=request.path,
            query=request.query,
            form=form,
            cookies="; ".join(self.headers.get_all("Cookie", [])),
            site=self.headers.get("Sec-Fetch-Site", ""),
        )
        return visit.route, self._of_the_machine(visit) or self.server.shop.answer(visit, self._served_by())

    def _of_the_machine(self, visit: Visit) -> Reply | None:
        """What needs no shop."""
        server = self.server
        if visit.method not in ("GET", "HEAD"):
            return None
        if visit.path == "/health":
            return self.health()
        if visit.path == "/alive":
            return health_document(server.alive.health())
        if visit.path == "/identity":
            return identity_document(server.metadata.identity(), server.version)
        return None

    def _served_by(self) -> str:
        identity = self.server.metadata.identity()
        return (
            f"Served by {identity.instance_id} in {identity.availability_zone}, version {self.server.version}; "
            f"sessions: {self.server.place.value}"
        )

    def version_string(self) -> str:
        """What the header Server says: no versions."""
        return "myclothes"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT, as ``sample_web_app`` does.

    Gives 0 when every request that was accepted was answered, 1 when the patience ended before, 2 when the settings
    can't be used.
    """
    options = read_options(arguments, program="my_clothes")
    try:
        settings = Settings.of(environment)
    except SettingsError as error:
        web.log("error", "settings can't be used", problems=str(error).splitlines())
        return _UNUSABLE
    logging.getLogger("psycopg.pool").addHandler(_Warnings())
    server = Server(options, settings)
    try:
        return web.serve(server)
    finally:
        server.database.close()


class _Warnings(logging.Handler):
    """What goes wrong while connections are made, in the log's own form."""

    def emit(self, record: logging.LogRecord) -> None:
        web.log(record.levelname.lower(), "database connection", reason=record.getMessage())


def _tell(error: UnavailableError) -> None:
    """The kinds of errors only: their texts may hold what a visitor sent."""
    web.log("warning", "unavailable", part=str(error), reason=type(error.__cause__).__name__)


def _sessions(settings: Settings, secret: Callable[[str], Secret]) -> tuple[Sessions, Sequence[Probe]]:
    """Where they are, and what has to answer for that."""
    seconds = settings.session_seconds
    if settings.sessions is Place.STICKY:
        return InStore(Memory(), seconds), []
    if settings.sessions is Place.COOKIE:
        keys = secret(settings.cookie_key_secret or "")

        def current() -> Sequence[str]:
            return checked_keys(*keys.versions(previous=True))

        def check() -> None:
            current()

        return InCookie(current, seconds), [Probe("cookie key", check)]
    store = connect(settings.cache) if settings.cache else SessionTable(settings.session_table or "")
    return InStore(store, seconds), [Probe("sessions", store.check)]
