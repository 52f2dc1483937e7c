"""HTTP in and out, and the order in which the application comes and goes."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import TYPE_CHECKING

from sample_web_app import logic
from sample_web_app.gateway import Checks, Metadata, Probe, tls_context
from sample_web_app.options import Options, read_options

if TYPE_CHECKING:
    from socketserver import _AfInetAddress as _Address
    from socketserver import _RequestType as _Connection

# Connections that the kernel keeps until they are accepted; Python's own five are few for a load balancer.
_BACKLOG = 128
# What may be waiting in /slow at once: a demonstration must not become a way to use up all threads.
_WAITING_AT_ONCE = 32
_POLL_SECONDS = 0.05
_SKIPPED_BYTES = 65_536
# Asked every few seconds by each node of a load balancer.
_UNLOGGED = ("/health", "/alive")
# Who connects has something to ask; afterwards the connection may wait for as long as the load balancer likes.
_FIRST_REQUEST_SECONDS = 10.0


def log(level: str, message: str, **facts: object) -> None:
    """One line of JSON on standard output."""
    # One write per line, past Python's buffer: lines of several threads must not mix, and the buffer's lock, held by
    # one of them at the very end, would abort the process.
    os.write(sys.stdout.fileno(), f"{logic.log_line(level, message, **facts)}\n".encode())


class _Tally:
    """Counts what has to be answered before the end."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owed = 0

    def owe(self, change: int) -> None:
        with self._changed:
            self._owed += change
            self._changed.notify_all()

    def wait_for_none(self, seconds: float) -> int:
        """How many are left after so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._owed == 0, timeout=seconds)
            return self._owed


class Server(ThreadingHTTPServer):
    """The server, and what all its requests share."""

    request_queue_size = _BACKLOG
    daemon_threads = True
    # Waiting for requests is done at the end, and has an end itself.
    block_on_close = False

    def __init__(self, options: Options, *, handler: type[Handler] | None = None, probes: Sequence[Probe] = ()) -> None:
        self.options = options
        self.version = options.version_label
        self.idle_seconds = options.idle_seconds
        self.metadata = Metadata(options.metadata_url)
        self.checks = Checks(
            folder=options.state_directory,
            dependencies=options.dependency,
            deadline=options.health_seconds,
            probes=probes,
        )
        self.tally = _Tally()
        self.waiting = threading.BoundedSemaphore(_WAITING_AT_ONCE)
        self.draining = False
        self.last_status = ""
        self.tls = tls_context(options.certificate, options.key) if options.certificate and options.key else None
        super().__init__((options.bind, options.port), handler or Handler)

    def accept_what_waits(self) -> None:
        """Take the connections that were made before the listener closes; the kernel would reset them."""
        self.socket.setblocking(False)
        for _ in range(_BACKLOG):
            try:
                connection, address = self.get_request()
            except OSError:
                return
            self.process_request(connection, address)

    def process_request(self, request: _Connection, client_address: _Address) -> None:
        # Counted from here, not from when its first line is read: who was let in is answered.
        self.tally.owe(1)
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.tally.owe(-1)
            raise

    def finish_request(self, request: _Connection, client_address: _Address) -> None:
        if self.tls is None or not isinstance(request, socket.socket):
            super().finish_request(request, client_address)
            return
        # In the connection's own thread, not where connections are accepted: a slow handshake delays nobody else.
        request.settimeout(_FIRST_REQUEST_SECONDS)
        try:
            connection = self.tls.wrap_socket(request, server_side=True)
        except BaseException:
            self.tally.owe(-1)
            raise
        with connection:
            super().finish_request(connection, client_address)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base's signature
        # The base prints the client's address. A client that went away is nobody's error.
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log("error", "request failed", error=type(error).__name__)


class Handler(BaseHTTPRequestHandler):
    """One connection, and the requests that come over it."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _FIRST_REQUEST_SECONDS
    _owing = True
    _began = 0.0
    _unread = True

    def setup(self) -> None:
        try:
            super().setup()
        except BaseException:
            self._owe(False)
            raise

    def handle(self) -> None:
        try:
            super().handle()
        finally:
            self._owe(False)

    def parse_request(self) -> bool:
        self._owe(True)
        self._began = time.monotonic()
        self._unread = True
        return super().parse_request()

    def _owe(self, owing: bool) -> None:
        if owing != self._owing:
            self._owing = owing
            self.server.tally.owe(1 if owing else -1)

    def reply(self) -> tuple[str, logic.Reply]:
        """What is answered to the request, and what the log calls its path."""
        request = logic.Request.of(self.command, self.path)
        return request.route, logic.refused(request) or self._serve(request)

    def _answer(self) -> None:
        route, reply = self.reply()
        if route not in _UNLOGGED:
            took = round((time.monotonic() - self._began) * 1_000)
            trace = logic.trace_root(self.headers.get("X-Amzn-Trace-Id", ""))
            log("info", "request", method=self.command, route=route, status=reply.status, ms=took, trace=trace)
        # A body that is left unread would be taken for the next request.
        unread = self.body(_SKIPPED_BYTES) is None
        self._send(reply, close=unread or self.server.draining)
        self.wfile.flush()
        self._owe(False)
        self.connection.settimeout(self.server.idle_seconds)

    # The base class looks for these names; what is refused, is so in our own words.
    do_GET = _answer  # noqa: N815 - the base's name
    do_HEAD = _answer  # noqa: N815 - the base's name
    do_POST = _answer  # noqa: N815 - the base's name
    do_PUT = _answer  # noqa: N815 - the base's name
    do_PATCH = _answer  # noqa: N815 - the base's name
    do_DELETE = _answer  # noqa: N815 - the base's name
    do_OPTIONS = _answer  # noqa: N815 - the base's name

    def body(self, most: int) -> bytes | None:
        """What came with the request, the first time that it is asked for; then nothing. None where it is too long.

        Without None, the next request begins where reading is now.
        """
        if not self._unread:
            return b""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) > 1:
            return None
        length = lengths[0] if lengths else "0"
        if not length.isdecimal() or int(length) > most:
            return None
        self._unread = False
        return self.rfile.read(int(length))

    def _serve(self, request: logic.Request) -> logic.Reply:
        server = self.server
        if request.path == "/health":
            return self.health()
        if request.path == "/slow":
            return self._slow(request)
        make = logic.identity_document if request.path == "/identity" else logic.identity_page
        return make(server.metadata.identity(), server.version)

    def health(self) -> logic.Reply:
        """Whether this instance can do its work; the log hears of changes."""
        server = self.server
        health = logic.Health({}, draining=True) if server.draining else server.checks.health()
        if health.status != server.last_status:
            server.last_status = health.status
            log("info" if health.status == "ok" else "warning", "health", status=health.status, failed=health.failed())
        return logic.health_document(health)

    def _slow(self, request: logic.Request) -> logic.Reply:
        seconds = logic.wait_seconds(request)
        if isinstance(seconds, logic.Reply):
            return seconds
        if not self.server.waiting.acquire(blocking=False):
            return logic.busy()
        try:
            log("info", "waiting", seconds=seconds)
            time.sleep(seconds)
        finally:
            self.server.waiting.release()
        return logic.slow_document(seconds, self.server.metadata.identity(), self.server.version)

    def _send(self, reply: logic.Reply, *, close: bool) -> None:
        self.send_response(reply.status)
        headers = {**logic.SECURITY_HEADERS, **reply.headers, "Content-Type": reply.content_type}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        if close:
            # Tells the base class as well.
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - ditto
        """What can't be read is refused in our own words: the base's quote it."""
        # The base takes what it can't read for HTTP/0.9, which has no headers.
        self.request_version = self.protocol_version
        self._send(logic.unreadable(code), close=True)

    def version_string(self) -> str:
        """What the header Server says: no versions."""
        return "sample"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the base's lines hold the client's address."""


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT, as ``serve()`` does."""
    return serve(Server(read_options(arguments)))


def serve(server: Server) -> int:
    """Serve until SIGTERM or SIGINT; then say unhealthy, finish what is under way, and end.

    Gives 0 when every request that was accepted was answered, 1 when the patience ended before.
    """
    options = server.options
    told, tell = os.pipe()
    # Python runs handlers in this thread alone, and only once it waits for nothing: what ends its waiting is written
    # by whichever thread the signal comes to.
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)

    def told_to_stop(_number: int, _frame: FrameType | None) -> None:
        # From now on /health says so. No lock is taken: the signal may have come while this thread held it.
        server.draining = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_stop)
    serving = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="accept", daemon=True)
    serving.start()
    log("info", "listening", port=server.server_address[1], version=server.version, tls=server.tls is not None)

    os.read(told, 1)
    log("info", "draining", notice=options.notice_seconds, grace=options.grace_seconds)
    # Still serving: whoever sends requests here reads in /health that it should not.
    time.sleep(options.notice_seconds)
    server.shutdown()
    server.accept_what_waits()
    server.server_close()
    left = server.tally.wait_for_none(options.grace_seconds)
    log("error" if left else "info", "stopped", unanswered=left)
    return 1 if left else 0
