"""The sample application as a real process: pages, health that follows its dependencies, and an orderly end."""

from __future__ import annotations

import ctypes
import json
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.functions.running_sample_app import PATIENCE_SECONDS, RunningApp, metadata_service, served, until


class Broken(BaseHTTPRequestHandler):
    """Serves one thing that is fine, and otherwise errors."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/fine?x=1" else 500)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    """Something that takes connections and says nothing; its port."""
    with closing(socket.create_server(("127.0.0.1", port), reuse_port=False)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with listening() as port:
        return port


NOBODY = ("--metadata-url", "http://127.0.0.1:9")
Started = Callable[..., RunningApp]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Started]:
    """Starts the application; every one is gone after the test."""
    running: list[RunningApp] = []

    def one(*arguments: str, tls: bool = False, metadata: tuple[str, ...] = NOBODY) -> RunningApp:
        running.append(RunningApp(*metadata, *arguments, folder=tmp_path, tls=tls))
        return running[-1].__enter__()

    yield one
    for app in running:
        app.__exit__(None, None, None)


class TestPages:
    def test_say_which_instance_answered(self, start: Started) -> None:
        with metadata_service(instance="i-0123456789abcdef0", zone="eu-west-1c", kind="t4g.small") as address:
            app = start("--version-label", "2024.1", metadata=("--metadata-url", address))
            page = app.get("/")
            document = app.get("/identity")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        for fact in ("i-0123456789abcdef0", "eu-west-1c", "t4g.small", "2024.1"):
            assert f"<dd>{fact}</dd>" in page.body.decode()
        assert document.json() == {
            "instanceId": "i-0123456789abcdef0",
            "availabilityZone": "eu-west-1c",
            "instanceType": "t4g.small",
            "version": "2024.1",
        }

    def test_are_there_where_no_instance_is(self, start: Started) -> None:
        app = start()
        assert app.get("/identity").json()["instanceId"] == "unknown"
        assert app.get("/").status == 200

    @pytest.mark.parametrize("target", ["/", "/identity", "/health", "/nothing"])
    def test_carry_what_protects_a_browser(self, start: Started, target: str) -> None:
        headers = start().get(target).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'; ")
        assert headers["server"] == "sample", "no versions"

    def test_are_only_read(self, start: Started) -> None:
        app = start()
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = app.ask(method, "/", body=b"x" * 1_000)
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
        head = app.ask("HEAD", "/")
        assert (head.status, head.body, int(head.headers["content-length"]) > 0) == (200, b"", True)

    def test_what_is_no_request_is_refused_and_not_quoted(self, start: Started) -> None:
        app = start()
        with socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(b"<script>alert(1)</script> x y z\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4_096), b""))
        assert b" 400 " in answer.splitlines()[0]
        assert b"script>" not in answer
        assert b"X-Content-Type-Options: nosniff" in answer

    def test_a_connection_serves_several_requests_and_no_body_is_taken_for_one(self, start: Started) -> None:
        app = start()
        with closing(app.connection()) as connection:
            smuggled = b"GET /slow?seconds=30 HTTP/1.1\r\n\r\n"
            assert app.ask("POST", "/", body=smuggled, over=connection).status == 405
            assert app.ask("GET", "/identity", over=connection).status == 200
            chunked = {"Transfer-Encoding": "chunked"}
            refused = app.ask("POST", "/", body=b"0\r\n\r\n", headers=chunked, over=connection)
            assert (refused.status, refused.headers["connection"]) == (405, "close")


class TestHealth:
    def test_is_good_when_there_is_nothing_to_complain_of(self, start: Started) -> None:
        answer = start().get("/health")
        assert (answer.status, answer.json()) == (200, {"status": "ok", "checks": {"disk": "ok"}})

    def test_fails_with_a_dependency_and_recovers_with_it(self, start: Started) -> None:
        port = free_port()
        app = start("--dependency", f"database=tcp://127.0.0.1:{port}")
        answer = app.get("/health")
        assert (answer.status, answer.json()) == (
            503,
            {"status": "failing", "checks": {"disk": "ok", "database": "failed: ConnectionRefusedError"}},
        )
        with listening(port):
            until(lambda: app.get("/health").status == 200, "health after the database came up")
            assert app.get("/health").json() == {"status": "ok", "checks": {"disk": "ok", "database": "ok"}}
        until(lambda: app.get("/health").status == 503, "ill health after the database went away")
        assert [app.logged("health")["status"] for _ in range(3)] == ["failing", "ok", "failing"]

    def test_asks_a_web_service_what_it_serves(self, start: Started) -> None:
        with served(Broken) as broken:
            app = start(
                *("--dependency", f"broken=http://127.0.0.1:{broken}/health"),
                *("--dependency", f"fine=http://127.0.0.1:{broken}/fine?x=1"),
            )
            checks = app.get("/health").json()["checks"]
        assert checks == {"disk": "ok", "broken": "failed: HTTPException", "fine": "ok"}

    def test_does_not_wait_for_what_hangs(self, start: Started) -> None:
        with listening() as port:
            app = start("--dependency", f"hanging=http://127.0.0.1:{port}/", "--health-seconds", "0.2")
            answer = app.get("/health")
        assert answer.status == 503
        assert answer.json()["checks"] in (
            {"disk": "ok", "hanging": "no answer in time"},
            {"disk": "ok", "hanging": "failed: TimeoutError"},
        )

    def test_fails_when_its_folder_is_gone(self, start: Started, tmp_path: Path) -> None:
        app = start("--state-directory", str(tmp_path / "missing"))
        assert app.get("/health").json()["checks"] == {"disk": "failed: FileNotFoundError"}
        (tmp_path / "missing").mkdir()
        until(lambda: app.get("/health").status == 200, "health with a folder to write to")
        assert list((tmp_path / "missing").iterdir()) == [], "a check leaves nothing behind"


class TestEnd:
    def test_finishes_what_is_under_way_and_says_unhealthy_at_once(self, start: Started) -> None:
        app = start("--notice-seconds", "2")
        with ThreadPoolExecutor() as pool, closing(app.connection()) as kept:
            assert app.ask("GET", "/health", over=kept).status == 200
            slow = [pool.submit(app.get, "/slow?seconds=5") for _ in range(3)]
            for _ in slow:
                app.logged("waiting")
            app.terminate()
            app.logged("draining")
            answer = app.ask("GET", "/health", over=kept)
            assert (answer.status, answer.json()["status"]) == (503, "draining")
            assert answer.headers["connection"] == "close"
            assert app.get("/").status == 200, "who still comes is served while others take notice"
            until(app.refuses_connections, "new connections are refused")
            assert app.process.poll() is None, "refused while requests are still under way"
            assert [reply.result(PATIENCE_SECONDS).status for reply in slow] == [200, 200, 200]
        assert app.exit_code() == 0
        assert app.logged("stopped")["unanswered"] == 0

    def test_is_immediate_when_nothing_is_under_way(self, start: Started) -> None:
        app = start()
        with closing(app.connection()) as idle:
            assert app.ask("GET", "/", over=idle).status == 200
            app.terminate()
            assert app.exit_code() == 0, "a connection that asks for nothing keeps nobody"

    @pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "tgkill"), reason="needs Linux, where a thread can be signalled")
    def test_comes_whichever_thread_the_signal_comes_to(self, start: Started) -> None:
        app = start()
        assert app.get("/").status == 200
        process = app.process.pid
        other = next(int(task.name) for task in Path(f"/proc/{process}/task").iterdir() if task.name != str(process))
        assert ctypes.CDLL(None).tgkill(process, other, int(signal.SIGTERM)) == 0
        app.logged("draining")
        assert app.exit_code() == 0

    def test_answers_whoever_was_let_in(self, start: Started) -> None:
        app = start("--notice-seconds", "0.3")
        with socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE_SECONDS) as connection:
            until(lambda: app.get("/").status == 200, "service")
            app.terminate()
            until(app.refuses_connections, "new connections are refused")
            connection.sendall(b"GET /identity HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4_096).startswith(b"HTTP/1.1 200 OK\r\n")
        assert app.exit_code() == 0

    def test_has_an_end_itself_and_admits_what_was_left(self, start: Started) -> None:
        app = start("--grace-seconds", "0.2")
        with ThreadPoolExecutor() as pool:
            left = pool.submit(app.get, "/slow?seconds=30")
            app.logged("waiting")
            app.terminate()
            assert app.exit_code() == 1
            assert isinstance(left.exception(PATIENCE_SECONDS), ConnectionError)
        assert app.logged("stopped")["unanswered"] == 1

    def test_may_be_asked_for_twice(self, start: Started) -> None:
        app = start("--notice-seconds", "0.2")
        app.terminate()
        app.terminate()
        assert app.exit_code() == 0


class TestLog:
    def test_tells_what_happened_and_nothing_about_anyone(self, start: Started) -> None:
        app = start()
        trace = "1-67891233-abcdef012345678912345678"
        app.ask(
            "GET", "/slow?seconds=0&who=ann@example.org", headers={"X-Amzn-Trace-Id": f"Root={trace};ann@example.org"}
        )
        app.ask("GET", "/ann@example.org", headers={"X-Forwarded-For": "203.0.113.7", "User-Agent": "ann"})
        app.get("/health")
        app.terminate()
        assert app.exit_code() == 0
        records = app.everything_logged()
        assert [record["message"] for record in records] == [
            *("listening", "waiting", "request", "request", "health", "draining", "stopped")
        ]
        first, second = records[2:4]
        assert (first["route"], first["status"], first["trace"]) == ("/slow", 200, trace)
        assert (second["route"], second["status"], second["trace"]) == ("other", 404, "")
        written = json.dumps(records)
        assert not [secret for secret in ("ann", "203.0.113.7", "127.0.0.1") if secret in written]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Made the way an instance makes its own."""
    from aws_patterns.compute._sample_web_app_boot import certificate_command

    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(certificate_command(key=str(key), certificate=str(certificate)), shell=True, check=True)
    return ("--certificate", str(certificate), "--key", str(key))


class TestEncryption:
    def test_is_spoken_with_the_instances_own_certificate(self, start: Started, certificate: tuple[str, ...]) -> None:
        app = start(*certificate, tls=True)
        with closing(app.connection()) as connection:
            assert app.ask("GET", "/health", over=connection).status == 200
            assert isinstance(connection.sock, ssl.SSLSocket)
            assert connection.sock.version() in {"TLSv1.2", "TLSv1.3"}

    def test_silence_of_one_client_delays_no_other(self, start: Started, certificate: tuple[str, ...]) -> None:
        app = start(*certificate, tls=True)
        with socket.create_connection(("127.0.0.1", app.port)):
            assert app.get("/").status == 200

    def test_drains_as_well(self, start: Started, certificate: tuple[str, ...]) -> None:
        app = start(*certificate, "--notice-seconds", "0.5", tls=True)
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(app.get, "/slow?seconds=1")
            app.logged("waiting")
            app.terminate()
            assert slow.result(PATIENCE_SECONDS).status == 200
        assert app.exit_code() == 0
