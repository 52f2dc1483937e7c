"""Instances that don't answer are replaced, unless so many don't that it can't be the instances."""

from __future__ import annotations

import io
import json
import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

import fleet_health_check.handler
from fleet_health_check.gateway import Gateway
from fleet_health_check.handler import handle
from fleet_health_check.logic import Group, Instance, Verdict, judge
from fleet_health_check.probe import Probe, Probed, probe_all

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AT = datetime(2026, 11, 21, 6, 42, 10, tzinfo=UTC)


def instance(number: int, *, marked: bool = False, age: int = 3600) -> Instance:
    launched = AT - timedelta(seconds=age)
    return Instance(id=f"i-{number:017x}", address=f"10.0.0.{number % 250}", launched=launched, marked=marked)


def ids(*numbers: int) -> tuple[str, ...]:
    return tuple(instance(number).id for number in numbers)


class TestJudging:
    def test_marks_the_one_that_fails(self) -> None:
        verdict = judge([instance(1), instance(2), instance(3)], ids(2), 50)
        assert verdict == Verdict(judged=3, unhealthy=ids(2), to_mark=ids(2), held_back=False)

    def test_marks_half_of_a_fleet_and_no_more(self) -> None:
        assert judge([instance(1), instance(2)], ids(1), 50).to_mark == ids(1)
        assert judge([instance(1), instance(2)], ids(1, 2), 50) == Verdict(
            judged=2, unhealthy=ids(1, 2), to_mark=(), held_back=True
        )

    def test_marks_all_where_that_was_asked_for(self) -> None:
        assert judge([instance(1)], ids(1), 100).to_mark == ids(1)
        assert judge([instance(1)], ids(1), 99).held_back

    def test_does_not_mark_twice(self) -> None:
        verdict = judge([instance(1, marked=True), instance(2), instance(3)], (), 50)
        assert verdict == Verdict(judged=3, unhealthy=ids(1), to_mark=(), held_back=False)

    def test_counts_those_that_are_being_replaced(self) -> None:
        """Instances that fail one after the other are as suspicious as those that fail at once."""
        assert judge([instance(1, marked=True), instance(2), instance(3)], ids(2), 50).held_back

    def test_holds_nothing_back_where_nothing_was_to_be_marked(self) -> None:
        assert not judge([instance(1, marked=True)], (), 50).held_back

    def test_of_an_empty_fleet_finds_nothing(self) -> None:
        assert judge([], (), 50) == Verdict(judged=0, unhealthy=(), to_mark=(), held_back=False)


@given(
    marked=st.lists(st.booleans(), max_size=60),
    failing=st.sets(st.integers(0, 80)),
    percent=st.integers(1, 100),
)
def test_never_are_more_marked_than_allowed_and_never_one_that_answers(
    marked: list[bool], failing: set[int], percent: int
) -> None:
    fleet = [instance(number, marked=one) for number, one in enumerate(marked)]
    verdict = judge(fleet, ids(*failing), percent)
    assert len(verdict.to_mark) * 100 <= percent * len(fleet)
    assert set(verdict.to_mark) <= set(ids(*failing)) & {one.id for one in fleet if not one.marked}
    assert not (verdict.held_back and verdict.to_mark)
    missed = {one.id for one in fleet if one.id in ids(*failing) and not one.marked} - set(verdict.to_mark)
    assert verdict.held_back == bool(missed)


class TestANewInstance:
    @pytest.mark.parametrize(("age", "judged"), [(0, False), (299, False), (300, True)])
    def test_is_left_alone_for_the_grace_period(self, age: int, judged: bool) -> None:
        group = Group(instances=(instance(1, age=age),), grace=timedelta(seconds=300))
        assert bool(group.judged(AT)) == judged


class Answers(BaseHTTPRequestHandler):
    """An instance's web server, which answers with the codes that it is given, in order, the last for ever."""

    codes: tuple[int, ...] = (200,)
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        code = self.codes[min(len(self.asked), len(self.codes)) - 1]
        if not code:
            # Says nothing and hangs up.
            self.close_connection = True
            return
        self.send_response(code)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(*codes: int, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server on a port of its own, and what it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (Answers,), {"codes": codes, "asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


def probe(port: int, *, attempts: int = 3, tls: bool = False, timeout: float = 2) -> Probe:
    return Probe(port=port, path="/health?deep=1", tls=tls, attempts=attempts, timeout_seconds=timeout)


LOCAL = Instance(id="i-0123456789abcdef0", address="127.0.0.1", launched=AT)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which take no time."""
    paused: list[float] = []
    monkeypatch.setattr("fleet_health_check.probe.time", type("Time", (), {"sleep": staticmethod(paused.append)}))
    return paused


@pytest.mark.usefixtures("pauses")
class TestAProbe:
    @pytest.mark.parametrize("code", [200, 204, 302, 399])
    def test_takes_a_good_answer_for_health(self, code: int) -> None:
        with serving(code) as (port, asked):
            assert probe(port).answers(LOCAL)
        assert asked == ["/health?deep=1"]

    @pytest.mark.parametrize("code", [400, 404, 500, 503, 0])
    def test_takes_every_other_for_a_failure_after_all_attempts(self, code: int, pauses: list[float]) -> None:
        with serving(code) as (port, asked):
            assert not probe(port).answers(LOCAL)
        assert len(asked) == 3
        assert pauses == [1, 1]

    def test_forgives_a_hiccup(self) -> None:
        with serving(503, 0, 200) as (port, asked):
            assert probe(port).answers(LOCAL)
        assert len(asked) == 3

    def test_asks_once_where_that_was_asked_for(self) -> None:
        with serving(503, 200) as (port, asked):
            assert not probe(port, attempts=1).answers(LOCAL)
        assert len(asked) == 1

    def test_finds_nobody_listening(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            assert not probe(bound.getsockname()[1]).answers(LOCAL)

    def test_does_not_wait_for_ever(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            began = time.monotonic()
            assert not probe(silent.getsockname()[1], attempts=2, timeout=0.1).answers(LOCAL)
            assert time.monotonic() - began < 5

    def test_speaks_tls_with_an_instance_whose_certificate_is_its_own(self, tmp_path: Path) -> None:
        command = (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=instance -keyout key.pem -out certificate.pem"
        )
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
        with serving(200, context=context) as (port, _):
            assert probe(port, tls=True).answers(LOCAL)
            assert not probe(port, tls=False, attempts=1, timeout=1).answers(LOCAL)


class TestAskingMany:
    def test_tells_who_failed(self) -> None:
        fleet = tuple(instance(number) for number in range(100))
        found = probe_all(fleet, lambda one: one.id not in ids(7, 70), 10)
        assert found == Probed(instances=fleet, failing=ids(7, 70))

    def test_leaves_those_alone_that_are_being_replaced(self) -> None:
        asked: list[str] = []

        def answers(one: Instance) -> bool:
            asked.append(one.id)
            return True

        fleet = (instance(1), instance(2, marked=True))
        assert probe_all(fleet, answers, 10) == Probed(instances=fleet, failing=())
        assert asked == [instance(1).id]

    def test_says_nothing_about_those_that_it_had_no_time_for(self) -> None:
        released = threading.Event()
        fleet = (instance(1), instance(2))
        try:
            found = probe_all(fleet, lambda one: one.id == instance(1).id or released.wait(30), 0.2)
        finally:
            released.set()
        assert found == Probed(instances=(instance(1),), failing=())

    def test_of_nobody_is_done_at_once(self) -> None:
        assert probe_all([], lambda _: False, 10) == Probed(instances=(), failing=())


@dataclass
class Fleet:
    """A group that remembers who was marked."""

    instances: tuple[Instance, ...]
    gone: tuple[str, ...] = ()
    marked: list[str] = field(default_factory=list)

    def in_service(self) -> Group:
        return Group(instances=self.instances)

    def mark(self, instance: str) -> bool:
        self.marked.append(instance)
        return instance not in self.gone


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the logger writes."""
    stream = io.StringIO()
    handlers = [
        found for found in fleet_health_check.handler.logger.handlers if isinstance(found, logging.StreamHandler)
    ]
    before = [found.setStream(stream) for found in handlers]
    yield stream
    for found, old in zip(handlers, before, strict=True):
        if old is not None:
            found.setStream(old)


Check = Callable[..., tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]


class TestTheFunction:
    @pytest.fixture
    def check(
        self,
        *,
        context: LambdaContext,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        written: io.StringIO,
    ) -> Check:
        """Runs one check; its answer, its metrics and its line in the log."""
        metrics = fleet_health_check.handler.metrics.provider
        monkeypatch.setattr(metrics, "namespace", "AwsPatterns/Fleet")
        monkeypatch.setattr(metrics, "service", "fleet_health_check")
        monkeypatch.setattr(context, "get_remaining_time_in_millis", lambda: 60_000)
        settings = {"GROUP": "web", "PORT": "80", "HEALTH_PATH": "/health", "TLS": "false", "ATTEMPTS": "3"}
        for name, value in {**settings, "ATTEMPT_TIMEOUT_SECONDS": "2", "MAXIMUM_UNHEALTHY_PERCENT": "50"}.items():
            monkeypatch.setenv(name, value)

        def run(fleet: Fleet, failing: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
            monkeypatch.setattr(fleet_health_check.handler, "_gateway", lambda: fleet)
            monkeypatch.setattr(Probe, "answers", lambda _, one: one.id not in failing)
            answer = handle({}, context)
            (line,) = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
            return answer, json.loads(line), json.loads(written.getvalue().splitlines()[-1])

        return run

    def test_has_the_one_replaced_that_fails(self, check: Check) -> None:
        fleet = Fleet((instance(1), instance(2), instance(3)))
        answer, metrics, line = check(fleet, ids(2))
        assert answer == {"checked": 3, "unhealthy": [*ids(2)], "heldBack": False}
        assert fleet.marked == [*ids(2)]
        counted = {name: metrics[name] for name in metrics if isinstance(metrics[name], list)}
        assert counted == {
            "InstancesChecked": [3],
            "UnhealthyInstances": [1],
            "InstancesMarked": [1],
            "ReplacementsHeldBack": [0],
        }
        assert (line["level"], line["message"], line["marked"]) == ("WARNING", "instances fail", [*ids(2)])

    def test_has_none_replaced_when_all_fail(self, check: Check) -> None:
        fleet = Fleet((instance(1), instance(2)))
        answer, metrics, line = check(fleet, ids(1, 2))
        assert answer["heldBack"] is True
        assert fleet.marked == []
        assert (metrics["ReplacementsHeldBack"], metrics["InstancesMarked"]) == ([1], [0])
        assert (line["level"], line["message"]) == ("ERROR", "too many instances fail: none is marked")

    def test_says_that_all_is_well(self, check: Check) -> None:
        _, metrics, line = check(Fleet((instance(1),)), ())
        assert (metrics["InstancesChecked"], metrics["UnhealthyInstances"]) == ([1], [0])
        assert (line["level"], line["message"]) == ("INFO", "instances are well")
        (told,) = metrics["_aws"]["CloudWatchMetrics"]
        assert told["Namespace"] == "AwsPatterns/Fleet"
        assert [set(names) for names in told["Dimensions"]] == [{"service", "AutoScalingGroupName"}]
        assert metrics["AutoScalingGroupName"] == "web"

    def test_is_heard_of_even_when_there_is_nobody_to_check(self, check: Check) -> None:
        _, metrics, _ = check(Fleet(()), ())
        assert metrics["InstancesChecked"] == [0]

    def test_does_not_count_as_marked_what_has_gone_meanwhile(self, check: Check) -> None:
        _, metrics, _ = check(Fleet((instance(1), instance(2)), gone=ids(1)), ids(1))
        assert (metrics["UnhealthyInstances"], metrics["InstancesMarked"]) == ([1], [0])


def test_the_function_probes_as_its_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"PORT": "8443", "HEALTH_PATH": "/deep", "TLS": "true", "ATTEMPTS": "2", "ATTEMPT_TIMEOUT_SECONDS": "5"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    fleet_health_check.handler._probe.cache_clear()
    expected = Probe(port=8443, path="/deep", tls=True, attempts=2, timeout_seconds=5)
    assert fleet_health_check.handler._probe() == expected
    fleet_health_check.handler._probe.cache_clear()


class Aws:
    """Real clients, whose requests are checked against AWS's own description and answered here."""

    def __init__(self) -> None:
        session = boto3.session.Session("test", "test", region_name="eu-west-1")
        autoscaling, ec2 = session.client("autoscaling"), session.client("ec2")
        self.autoscaling, self.ec2 = Stubber(autoscaling), Stubber(ec2)
        self.gateway = Gateway(group="web", autoscaling=autoscaling, ec2=ec2)
        self.autoscaling.activate()
        self.ec2.activate()

    def group(self, *instances: tuple[str, str, str]) -> None:
        found = [
            {
                "InstanceId": name,
                "AvailabilityZone": "eu-west-1a",
                "LifecycleState": state,
                "HealthStatus": health,
                "ProtectedFromScaleIn": False,
            }
            for name, state, health in instances
        ]
        described = {
            "AutoScalingGroupName": "web",
            "MinSize": 1,
            "MaxSize": 3,
            "DesiredCapacity": 2,
            "DefaultCooldown": 300,
            "AvailabilityZones": ["eu-west-1a"],
            "HealthCheckType": "EC2",
            "HealthCheckGracePeriod": 120,
            "CreatedTime": AT,
            "Instances": found,
        }
        self.autoscaling.add_response(
            "describe_auto_scaling_groups", {"AutoScalingGroups": [described]}, {"AutoScalingGroupNames": ["web"]}
        )

    def describe(self, asked: list[str], *answered: dict[str, Any]) -> None:
        self.ec2.add_response(
            "describe_instances",
            {"Reservations": [{"Instances": [one]} for one in answered]},
            {"Filters": [{"Name": "instance-id", "Values": asked}]},
        )


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws()
    yield aws
    aws.autoscaling.assert_no_pending_responses()
    aws.ec2.assert_no_pending_responses()


class TestTheCalls:
    def test_list_the_instances_in_service(self, aws: Aws) -> None:
        aws.group(
            ("i-1", "InService", "Healthy"),
            ("i-2", "InService", "Unhealthy"),
            ("i-3", "Pending", "Healthy"),
            ("i-4", "Terminating:Wait", "Healthy"),
            ("i-5", "Standby", "Healthy"),
            ("i-6", "InService", "Healthy"),
        )
        aws.describe(
            ["i-1", "i-2", "i-6"],
            {"InstanceId": "i-1", "PrivateIpAddress": "10.0.0.1", "LaunchTime": AT},
            {"InstanceId": "i-2", "PrivateIpAddress": "10.0.0.2", "LaunchTime": AT},
            # One that ends right now has no address any more.
            {"InstanceId": "i-6", "LaunchTime": AT},
        )
        assert aws.gateway.in_service() == Group(
            instances=(
                Instance(id="i-1", address="10.0.0.1", launched=AT),
                Instance(id="i-2", address="10.0.0.2", launched=AT, marked=True),
            ),
            grace=timedelta(seconds=120),
        )

    def test_ask_for_no_more_than_one_filter_holds(self, aws: Aws) -> None:
        names = [f"i-{number}" for number in range(201)]
        aws.group(*((name, "InService", "Healthy") for name in names))
        aws.describe(names[:200])
        aws.describe(names[200:])
        assert aws.gateway.in_service().instances == ()

    def test_find_nobody_in_a_group_that_is_gone(self, aws: Aws) -> None:
        aws.autoscaling.add_response(
            "describe_auto_scaling_groups", {"AutoScalingGroups": []}, {"AutoScalingGroupNames": ["web"]}
        )
        assert aws.gateway.in_service() == Group(instances=())

    MARK: dict[str, Any] = {"InstanceId": "i-1", "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": True}  # noqa: RUF012 - never changed

    def test_mark_an_instance_and_respect_its_grace_period(self, aws: Aws) -> None:
        aws.autoscaling.add_response("set_instance_health", {}, self.MARK)
        assert aws.gateway.mark("i-1")

    def test_know_that_an_instance_may_be_gone_already(self, aws: Aws) -> None:
        aws.autoscaling.add_client_error("set_instance_health", "ValidationError", "Instance Id not found - i-1")
        assert not aws.gateway.mark("i-1")

    def test_tell_every_other_refusal(self, aws: Aws) -> None:
        aws.autoscaling.add_client_error("set_instance_health", "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied"):
            aws.gateway.mark("i-1")

    def test_come_from_clients_made_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        assert Gateway.from_environment({"GROUP": "web"})._group == "web"
