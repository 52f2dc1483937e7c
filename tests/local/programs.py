"""Programs on this machine that load balancers can reach, and waiting for what happens by itself."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

DEADLINE_SECONDS = 60


def eventually(look: Callable[[], bool], what: str) -> None:
    """Return once ``look`` is true, within a deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not look():
        assert time.monotonic() < end, f"within {DEADLINE_SECONDS} s: no {what}"
        time.sleep(0.1)


@dataclass(slots=True)
class Program:
    """A program that answers with its name.

    Attributes:
        name: What it answers.
        port: Where on 127.0.0.1.
        healthy: What its /health says; may be changed while it runs.
        seen: The headers of the last request that was no health check.
    """

    name: str
    port: int = 0
    healthy: bool = True
    seen: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def program(name: str, *, sets_cookie: str = "") -> Iterator[Program]:
    """A program for as long as the block lasts."""
    running = Program(name)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                status = 200 if running.healthy else 503
            else:
                status = 500 if self.path == "/broken" else 200
                running.seen = {key.lower(): value for key, value in self.headers.items()}
            self.send_response(status)
            if sets_cookie:
                self.send_header("Set-Cookie", f"{sets_cookie}=1")
            self.send_header("Content-Length", str(len(name)))
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
