"""The sample application as a process of its own, for the tests that ask a real one."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType, TracebackType

PATIENCE_SECONDS = 30.0
_SOURCES = Path(__file__).parents[2] / "lambda_src"


@dataclass(frozen=True)
class Answer:
    """An HTTP response, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)
        return found


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that happens soon, or fail naming it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, f"not within {PATIENCE_SECONDS:g} s: {what}"
        time.sleep(0.01)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[int]:
    """An HTTP server on this machine; its port."""
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            serving.join(PATIENCE_SECONDS)


@contextmanager
def metadata_service(*, instance: str, zone: str, kind: str) -> Iterator[str]:
    """An instance's metadata service, version 2 only: nothing without a token of a session. Its address."""
    facts = {
        "/latest/meta-data/instance-id": instance,
        "/latest/meta-data/placement/availability-zone": zone,
        "/latest/meta-data/instance-type": kind,
    }

    class Metadata(BaseHTTPRequestHandler):
        def reply(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_PUT(self) -> None:
            lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
            asked_rightly = self.path == "/latest/api/token" and lifetime.isdecimal()
            self.reply(200 if asked_rightly else 400, "secret-token")

        def do_GET(self) -> None:
            known = self.headers.get("X-aws-ec2-metadata-token") == "secret-token"
            self.reply(200 if known else 401, facts[self.path] if known else "")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with served(Metadata) as port:
        yield f"http://127.0.0.1:{port}"


class RunningApp:
    """``with RunningApp("--version-label", "2", folder=tmp_path) as app: app.get("/")``.

    Args:
        arguments: Of the program, besides where it listens and what it may write to.
        folder: That it may write to.
        tls: Whether to speak HTTPS to it.
        sources: Where its package is. Default: in this repository.
        package: Another application that is served in the same way.
        environment: Its variables.
    """

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        tls: bool = False,
        sources: Path = _SOURCES,
        package: str = "sample_web_app",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._tls = tls
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-X", "dev", "-m", package, "--bind", "127.0.0.1", "--port", "0"),
                *("--state-directory", str(folder), *arguments),
            ],
            cwd=sources,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._seen: list[dict[str, object]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = 0

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def __enter__(self) -> RunningApp:
        try:
            port = self.logged("listening")["port"]
        except BaseException:
            self.process.kill()
            raise
        assert isinstance(port, int)
        self.port = port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        # Nobody may be reading what is closed.
        self._reader.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def logged(self, message: str) -> dict[str, object]:
        """The next line with that message; every line is JSON."""
        while True:
            record: dict[str, object] = json.loads(self._lines.get(timeout=PATIENCE_SECONDS))
            self._seen.append(record)
            if record["message"] == message:
                return record

    def everything_logged(self) -> list[dict[str, object]]:
        """After the end of the process: all it said."""
        self.logged("stopped")
        return self._seen

    def connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        # As a load balancer does: encrypted, whoever signed the certificate.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS, context=context)

    def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        over: http.client.HTTPConnection | None = None,
    ) -> Answer:
        """Send one request, over a connection of its own unless one is given."""
        connection = over or self.connection()
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            if over is None:
                connection.close()

    def get(self, target: str) -> Answer:
        return self.ask("GET", target)

    def refuses_connections(self) -> bool:
        try:
            self.get("/health")
        except ConnectionRefusedError:
            return True
        except (ConnectionError, http.client.HTTPException):
            return False
        return False

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)
