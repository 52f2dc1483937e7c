"""What the sample application answers, and what it holds to be healthy."""

from __future__ import annotations

import ast
import json
import runpy
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sample_web_app.handler
from sample_web_app import logic
from sample_web_app.logic import Dependency, Health, Identity, Reply, Request
from sample_web_app.options import read_options

HERE = Identity(instance_id="i-0abc", availability_zone="eu-west-1b", instance_type="t4g.small")


def get(target: str, method: str = "GET") -> Request:
    return Request.of(method, target)


class TestRoutes:
    @pytest.mark.parametrize("target", ["/", "/identity", "/health", "/slow?seconds=2", "/?a=b", "/#x"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_what_is_here_is_not_refused(self, method: str, target: str) -> None:
        assert logic.refused(get(target, method)) is None

    @pytest.mark.parametrize("target", ["/admin", "//", "//x/", "/health/", "http://a/", "*", "", "/%2e%2e/"])
    def test_what_is_not_here_is_said_to_be_missing(self, target: str) -> None:
        assert logic.refused(get(target)) == Reply(404, b"There is nothing here.\n")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_nothing_can_be_changed(self, method: str) -> None:
        reply = logic.refused(get("/", method))
        assert reply == Reply(405, b"Only GET and HEAD are answered here.\n", headers={"Allow": "GET, HEAD"})

    @given(st.text())
    def test_no_target_is_too_strange(self, target: str) -> None:
        request = get(target)
        assert request.route in {*logic.ROUTES, "other"}
        assert logic.refused(request) is None or request.route == "other"

    def test_what_is_no_request_is_refused_without_quoting_it(self) -> None:
        assert logic.unreadable(414) == Reply(414, b"This could not be read.\n")


class TestIdentity:
    def test_the_page_says_who_answered(self) -> None:
        reply = logic.identity_page(HERE, "2024.1")
        assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")
        for fact in ("i-0abc", "eu-west-1b", "t4g.small", "2024.1"):
            assert f"<dd>{fact}</dd>" in reply.body.decode()

    def test_the_page_quotes_nothing_as_markup(self) -> None:
        page = logic.identity_page(Identity(instance_id="<script>"), "$version & <b>").body.decode()
        assert "<dd>&lt;script&gt;</dd>" in page
        assert "<dd>$version &amp; &lt;b&gt;</dd>" in page

    def test_a_program_reads_the_same(self) -> None:
        reply = logic.identity_document(HERE, "7")
        assert reply.content_type == "application/json"
        assert json.loads(reply.body) == {
            "instanceId": "i-0abc",
            "availabilityZone": "eu-west-1b",
            "instanceType": "t4g.small",
            "version": "7",
        }

    def test_is_known_when_every_part_is(self) -> None:
        assert HERE.known()
        assert not Identity(instance_id="i-0abc", availability_zone="eu-west-1b").known()

    def test_the_only_style_that_a_browser_applies_is_the_pages_own(self) -> None:
        import base64
        import hashlib

        page = logic.identity_page(HERE, "1").body.decode()
        style = page.partition("<style>")[2].partition("</style>")[0]
        allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = logic.SECURITY_HEADERS["Content-Security-Policy"]
        assert f"style-src 'sha256-{allowed}'" in policy
        assert "default-src 'none'" in policy
        assert " style=" not in page


class TestHealth:
    @pytest.mark.parametrize(
        ("health", "status", "document"),
        [
            (Health({"disk": "ok"}), 200, {"status": "ok", "checks": {"disk": "ok"}}),
            (
                Health({"disk": "ok", "database": "failed: ConnectionRefusedError"}),
                503,
                {"status": "failing", "checks": {"disk": "ok", "database": "failed: ConnectionRefusedError"}},
            ),
            (Health({"disk": "ok"}, draining=True), 503, {"status": "draining", "checks": {"disk": "ok"}}),
        ],
    )
    def test_is_200_only_while_all_is_well(self, health: Health, status: int, document: object) -> None:
        reply = logic.health_document(health)
        assert (reply.status, json.loads(reply.body)) == (status, document)

    def test_names_what_failed(self) -> None:
        assert Health({"a": "ok", "b": "failed: X", "c": "no answer in time"}).failed() == ["b", "c"]


class TestDependencies:
    @pytest.mark.parametrize(
        "url", ["tcp://10.0.1.5:5432", "http://cache.internal/ping?x=1", "https://api.example.org", "tcp://[::1]:80"]
    )
    def test_are_ports_and_addresses(self, url: str) -> None:
        assert Dependency.parse(f"my-data_base1={url}") == Dependency(name="my-data_base1", url=url)

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("tcp://x:1", "a dependency must look like database=tcp://host:5432, got 'tcp://x:1'"),
            ("=tcp://x:1", "a dependency must look like database=tcp://host:5432, got '=tcp://x:1'"),
            ("a b=tcp://x:1", "a dependency must look like database=tcp://host:5432, got 'a b=tcp://x:1'"),
            ("a=udp://x:1", "dependency a must be a tcp, http, https address, got 'udp://x:1'"),
            ("a=tcp://:1", "dependency a must be a tcp, http, https address, got 'tcp://:1'"),
            ("a=tcp://x", "dependency a must name a port between 1 and 65535, got 'tcp://x'"),
            ("a=tcp://x:0", "dependency a must name a port between 1 and 65535, got 'tcp://x:0'"),
            ("a=http://x:99999", "dependency a must name a port between 1 and 65535, got 'http://x:99999'"),
            ("a=http://x:y", "dependency a must name a port between 1 and 65535, got 'http://x:y'"),
        ],
    )
    def test_of_another_form_are_refused(self, text: str, complaint: str) -> None:
        with pytest.raises(ValueError, match="dependency") as error:
            Dependency.parse(text)
        assert str(error.value) == complaint


class TestSlow:
    @pytest.mark.parametrize(
        ("query", "seconds"), [("", 1), ("?seconds=0", 0), ("?seconds=2.5", 2.5), ("?seconds=30", 30)]
    )
    def test_takes_as_long_as_it_is_told(self, query: str, seconds: float) -> None:
        assert logic.wait_seconds(get(f"/slow{query}")) == seconds

    @pytest.mark.parametrize("given", ["30.1", "-1", "nan", "inf", "soon", "", "1&seconds=2"])
    def test_refuses_what_is_no_wait_or_too_long_a_one(self, given: str) -> None:
        reply = logic.wait_seconds(get(f"/slow?seconds={given}"))
        assert reply == Reply(400, b"seconds must be one number between 0 and 30.\n")

    def test_says_who_kept_one_waiting(self) -> None:
        reply = logic.slow_document(2.5, HERE, "1")
        assert json.loads(reply.body) == {"waited": 2.5, "instanceId": "i-0abc", "version": "1"}

    def test_sends_away_who_would_be_one_too_many(self) -> None:
        reply = logic.busy()
        assert (reply.status, reply.headers) == (503, {"Retry-After": "5"})


class TestLog:
    def test_is_one_line_of_json_for_each_event(self) -> None:
        line = logic.log_line("info", "health", status="ok", folder=Path("/x\n"))
        assert "\n" not in line
        assert json.loads(line) == {"level": "info", "message": "health", "status": "ok", "folder": "/x\n"}

    @pytest.mark.parametrize(
        ("header", "root"),
        [
            ("Root=1-67891233-abcdef012345678912345678", "1-67891233-abcdef012345678912345678"),
            ("Self=1-0-1;Root=1-67891233-abcdef012345678912345678;who=ann", "1-67891233-abcdef012345678912345678"),
            ("Root=ann@example.org", ""),
            ("", ""),
        ],
    )
    def test_takes_nothing_from_a_client_but_the_load_balancers_id(self, header: str, root: str) -> None:
        assert logic.trace_root(header) == root


def test_ends_with_the_status_that_serving_ended_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sample_web_app", "--port", "1"])
    seen: list[list[str]] = []

    def serve(arguments: list[str]) -> int:
        seen.append(arguments)
        return 3

    monkeypatch.setattr(sample_web_app.handler, "main", serve)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("sample_web_app", run_name="__main__")
    assert (ended.value.code, seen) == (3, [["--port", "1"]])


class TestOptions:
    def test_nothing_has_to_be_said(self) -> None:
        found = read_options([])
        assert (found.port, found.version_label, list(found.dependency)) == (8_080, "1", [])
        assert found.metadata_url == "http://169.254.169.254"

    def test_connections_are_kept_for_longer_than_a_load_balancer_keeps_them(self) -> None:
        from aws_patterns.load_balancing import _defaults as load_balancing

        assert read_options([]).idle_seconds > load_balancing.IDLE_TIMEOUT_SECONDS

    def test_the_end_waits_for_the_longest_request(self) -> None:
        assert read_options([]).grace_seconds > logic.LONGEST_WAIT_SECONDS

    def test_dependencies_add_up(self) -> None:
        found = read_options(["--dependency", "a=tcp://x:1", "--dependency", "b=http://y"]).dependency
        assert [each.name for each in found] == ["a", "b"]

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (("--certificate", "x.pem"), "--certificate and --key belong together"),
            (("--dependency", "x"), "a dependency must look like database=tcp://host:5432, got 'x'"),
            (("--port", "http"), "argument --port: invalid int value: 'http'"),
        ],
    )
    def test_what_can_not_be_read_ends_it_with_a_reason(
        self, arguments: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            read_options(arguments)
        assert ended.value.code == 2
        assert complaint in capsys.readouterr().err


class TestPortability:
    """Amazon Linux 2023's own Python is 3.9, and nothing is installed beside it."""

    FILES = sorted(Path(logic.__file__).parent.glob("*.py"))

    @pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
    def test_is_written_in_the_language_of_python_3_9(self, file: Path) -> None:
        tree = ast.parse(file.read_text(), feature_version=(3, 9))
        assert (
            "annotations"
            in {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
            or file.name == "__init__.py"
        ), "annotations that are evaluated would need 3.10"
        for node in ast.walk(tree):
            keywords = {keyword.arg for keyword in node.keywords} if isinstance(node, ast.Call) else set()
            assert not keywords & {"slots", "kw_only", "strict"}, f"line {getattr(node, 'lineno', 0)}: newer than 3.9"

    def test_needs_nothing_but_the_standard_library(self) -> None:
        roots = {
            name.split(".")[0]
            for file in self.FILES
            for node in ast.walk(ast.parse(file.read_text()))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert roots - sys.stdlib_module_names == {"sample_web_app"}
