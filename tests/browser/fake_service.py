"""A site and a reminder service for the browser: the real page, and an API that answers what a test tells it to."""

from __future__ import annotations

import json
import mimetypes
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

Json = Mapping[str, object]

SITE = files("aws_patterns.serverless") / "sites" / "pet_cuddle_otron"
EXECUTION_ID = "5e" * 32
API_PATH = "/prod/petcuddleotron"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' {api}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. `held` delays it until the test sets the event; `dropped` closes the connection instead."""

    status: int = 200
    body: Json | bytes = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    held: threading.Event | None = None
    dropped: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that reached the service."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed


def in_seconds(seconds: float) -> str:
    """A moment from now on, as the service writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def booked(*, send_at: str, channels: tuple[str, ...] = ("email",)) -> Reply:
    return Reply(
        body={
            "Status": "Success",
            "ExecutionId": EXECUTION_ID,
            "SendAt": send_at,
            "Channels": list(channels),
        }
    )


def looked_up(state: str, *, send_at: str, **channels: str) -> Reply:
    return Reply(
        body={
            "Status": "Success",
            "ExecutionId": EXECUTION_ID,
            "State": state,
            "SendAt": send_at,
            "Channels": channels or {"email": "waiting" if state == "sending" else state},
        }
    )


def refused(status: int, reason: str, *problems: tuple[str, str], **headers: str) -> Reply:
    body: dict[str, object] = {"Status": "Error", "Reason": reason}
    if problems:
        body["Problems"] = [{"Field": name, "Reason": why} for name, why in problems]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=body, headers=named)


class Script:
    """Answers in order; the last one is given again and again."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = deque(replies)
        self.asked: list[Asked] = []
        self._lock = threading.Lock()

    def will_be(self, *replies: Reply) -> None:
        with self._lock:
            self._replies = deque(replies)

    def next(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            return self._replies.popleft() if len(self._replies) > 1 else self._replies[0]


class FakeService:
    """The page at `site_url`, and on another origin the API at `api_url`. A context manager.

    Attributes:
        ready: Selects what can be seen once the page has started.
    """

    ready = ".card > :is(form, section):visible"

    def __init__(self) -> None:
        later = in_seconds(3600)
        self.bookings = Script(booked(send_at=later))
        self.looks = Script(looked_up("waiting", send_at=later))
        self._api = serve(self._answer_api)
        self._site = serve(self._answer_site)
        self.api_url = f"http://127.0.0.1:{self._api.server_port}{API_PATH}"
        self.site_url = f"http://127.0.0.1:{self._site.server_port}/"
        self.configuration = Reply(body={"apiUrl": self.api_url})

    def __enter__(self) -> FakeService:
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the page may ask."""
        return (self.site_url, self.api_url)

    def __exit__(self, *_: object) -> None:
        for server in (self._api, self._site):
            server.shutdown()
            server.server_close()

    def _answer_api(self, method: str, asked: Asked) -> Reply:
        cors = {"Access-Control-Allow-Origin": "*"}
        if method == "OPTIONS":
            # What a browser may send across origins: exactly what the API allows.
            allowed = {"Access-Control-Allow-Headers": "Content-Type,Idempotency-Key"}
            return Reply(status=204, body=b"", headers=cors | allowed)
        reply = (self.bookings if method == "POST" else self.looks).next(asked)
        return Reply(
            status=reply.status,
            body=reply.body,
            headers=cors | dict(reply.headers),
            held=reply.held,
            dropped=reply.dropped,
        )

    def _answer_site(self, _method: str, asked: Asked) -> Reply:
        if asked.path == "/config.json":
            return self.configuration
        return site_file(SITE, asked.path, _POLICY.format(api=self.api_url.removesuffix(API_PATH)))


def site_file(site: Traversable, path: str, policy: str) -> Reply:
    """What a static site answers for a path."""
    name = path.lstrip("/") or "index.html"
    file = site / name
    status = 200
    if not file.is_file():
        status, name, file = 404, "404.html", site / "404.html"
    headers = {
        "Content-Type": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(status=status, body=file.read_bytes(), headers=headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves mid-answer is no news."""


def serve(answer: Callable[[str, Asked], Reply]) -> ThreadingHTTPServer:
    """A server on a port of its own that answers so, until it is shut down."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            reply = answer(self.command, Asked(path=self.path, headers=dict(self.headers), body=body))
            if reply.held is not None:
                reply.held.wait(timeout=30)
            if reply.dropped:
                return
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
            for name, value in (headers | dict(reply.headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_OPTIONS = _handle  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Silent: the test reports what matters."""

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
