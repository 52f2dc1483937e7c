"""An instance's logs are collected when that can be done, and the instance is let go in any case."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

import fleet_termination_logs.handler
from fleet_termination_logs.gateway import Gateway, SystemClock
from fleet_termination_logs.handler import collect, handle
from fleet_termination_logs.logic import (
    NOT_COLLECTED,
    CallError,
    CommandState,
    NotATerminationError,
    Outcome,
    Patience,
    Result,
    Termination,
    release,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AT = datetime(2026, 11, 21, 6, 42, 10, tzinfo=UTC)
PATIENCE = Patience(seconds=120, heartbeat_seconds=180)
DETAIL = {
    "LifecycleActionToken": "87654321-4321-4321-4321-210987654321",
    "AutoScalingGroupName": "web",
    "LifecycleHookName": "logs",
    "EC2InstanceId": "i-0123456789abcdef0",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "NotificationMetadata": "stack/address",
    "Origin": "AutoScalingGroup",
    "Destination": "EC2",
}
TERMINATION = Termination.of(DETAIL, "2026-11-21T06:42:10Z")
EVENT = {"detail-type": "EC2 Instance-terminate Lifecycle Action", "time": "2026-11-21T06:42:10Z", "detail": DETAIL}
PENDING, SUCCESS = CommandState(status="InProgress", response_code=-1), CommandState(status="Success", response_code=0)


@dataclass
class Clock:
    """Time passes when somebody waits."""

    at: datetime = AT
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        # A wait takes a moment at least, as any does.
        self.at += timedelta(seconds=max(seconds, 0.001))


@dataclass
class Fleet:
    """Answers what it is told to; the last answer of a kind for ever."""

    heartbeats: list[Any] = field(default_factory=lambda: [True])
    sends: list[Any] = field(default_factory=lambda: ["command-1"])
    states: list[Any] = field(default_factory=lambda: [SUCCESS])
    completions: list[Any] = field(default_factory=lambda: [None])
    calls: list[str] = field(default_factory=list)
    given: list[tuple[object, ...]] = field(default_factory=list)

    def _answer(self, name: str, answers: list[Any], *given: object) -> Any:
        self.calls.append(name)
        self.given.append(given)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def heartbeat(self, termination: Termination) -> bool:
        return bool(self._answer("heartbeat", self.heartbeats, termination))

    def send(self, termination: Termination, seconds: int) -> str:
        return str(self._answer("send", self.sends, termination, seconds))

    def state(self, termination: Termination, command: str) -> CommandState | None:
        found: CommandState | None = self._answer("state", self.states, termination, command)
        return found

    def complete(self, termination: Termination) -> None:
        self._answer("complete", self.completions, termination)


def outcome(fleet: Fleet, clock: Clock | None = None, patience: Patience = PATIENCE) -> Outcome:
    return release(TERMINATION, fleet, clock or Clock(), patience)


class TestCollecting:
    def test_sends_the_command_waits_for_it_and_lets_the_instance_go(self) -> None:
        fleet = Fleet(states=[None, PENDING, SUCCESS])
        assert outcome(fleet) == Outcome(result=Result.COLLECTED, command="command-1")
        assert fleet.calls == ["heartbeat", "send", "state", "state", "state", "complete"]
        looks = [(TERMINATION, "command-1")] * 3
        assert fleet.given == [(TERMINATION,), (TERMINATION, 120), *looks, (TERMINATION,)]

    def test_looks_often_at_first_and_less_often_later(self) -> None:
        clock = Clock()
        outcome(Fleet(states=[PENDING] * 8 + [SUCCESS]), clock)
        assert clock.waits == [1, 1.5, 2.25, 3.375, 5, 5, 5, 5]

    @pytest.mark.parametrize("status", ["Pending", "InProgress", "Delayed", "Cancelling"])
    def test_waits_while_the_instance_works(self, status: str) -> None:
        fleet = Fleet(states=[CommandState(status=status, response_code=-1), SUCCESS])
        assert outcome(fleet).result is Result.COLLECTED

    def test_that_the_progress_is_not_told_is_no_failure(self) -> None:
        assert outcome(Fleet(states=[CallError("ThrottlingException"), SUCCESS])).result is Result.COLLECTED

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (CommandState(status="Failed", response_code=3), (Result.FAILED, "Failed 3")),
            (CommandState(status="Cancelled", response_code=-1), (Result.FAILED, "Cancelled -1")),
            (CommandState(status="TimedOut", response_code=-1), (Result.TIMED_OUT, None)),
        ],
    )
    def test_that_fails_on_the_instance_is_told(self, state: CommandState, expected: tuple[Result, str | None]) -> None:
        fleet = Fleet(states=[state])
        assert outcome(fleet) == Outcome(result=expected[0], command="command-1", code=expected[1])
        assert fleet.calls[-1] == "complete"

    def test_that_never_ends_is_given_up_in_time(self) -> None:
        fleet, clock = Fleet(states=[PENDING]), Clock()
        assert outcome(fleet, clock).result is Result.TIMED_OUT
        assert clock.at - AT == timedelta(seconds=120)
        assert fleet.calls[-1] == "complete"

    def test_on_an_instance_without_agent_is_not_waited_for(self) -> None:
        fleet = Fleet(sends=[CallError("InvalidInstanceId")])
        assert outcome(fleet) == Outcome(result=Result.REFUSED, code="InvalidInstanceId")
        assert fleet.calls == ["heartbeat", "send", "complete"]


class TestTheHook:
    def test_is_kept_alive_while_collecting_takes_long(self) -> None:
        fleet = Fleet(states=[PENDING])
        assert outcome(fleet, patience=Patience(seconds=840, heartbeat_seconds=180)).result is Result.TIMED_OUT
        # Every third of its timeout: one lost heartbeat does no harm.
        assert 840 / 65 - 2 < fleet.calls.count("heartbeat") <= 840 / 60 + 1

    def test_that_was_completed_by_somebody_else_ends_the_collecting(self) -> None:
        fleet = Fleet(heartbeats=[True, False], states=[PENDING])
        assert outcome(fleet).result is Result.RELEASED
        assert fleet.calls[-1] == "complete"

    def test_survives_a_lost_heartbeat(self) -> None:
        fleet = Fleet(heartbeats=[CallError("Throttling")], states=[PENDING] * 20 + [SUCCESS])
        assert outcome(fleet).result is Result.COLLECTED
        assert fleet.calls.count("heartbeat") == 2

    def test_is_left_alone_when_the_event_comes_again(self) -> None:
        fleet = Fleet(heartbeats=[False])
        assert outcome(fleet) == Outcome(result=Result.DONE_BEFORE)
        assert fleet.calls == ["heartbeat"]

    def test_is_told_from_one_that_ended_before_anybody_came(self) -> None:
        clock = Clock(at=AT + timedelta(seconds=181))
        assert outcome(Fleet(heartbeats=[False]), clock) == Outcome(result=Result.TOO_LATE)

    def test_that_can_not_be_completed_is_for_the_next_attempt(self) -> None:
        with pytest.raises(CallError, match="InternalFailure"):
            outcome(Fleet(completions=[CallError("InternalFailure")]))

    def test_is_completed_even_when_something_breaks(self) -> None:
        fleet = Fleet(states=[RuntimeError("bug")])
        with pytest.raises(RuntimeError, match="bug"):
            outcome(fleet)
        assert fleet.calls[-1] == "complete"


_errors = st.sampled_from(["Throttling", "InvalidInstanceId", "AccessDenied", "ConnectTimeoutError"]).map(CallError)
_states = st.none() | st.builds(
    CommandState,
    status=st.sampled_from(["Pending", "InProgress", "Delayed", "Success", "Failed", "TimedOut", "Undeliverable"]),
    response_code=st.integers(-1, 255),
)


def _many(answers: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(answers, min_size=1, max_size=30)


@given(
    heartbeats=_many(st.booleans() | _errors),
    sends=_many(st.just("command") | _errors),
    states=_many(_states | _errors),
    seconds=st.floats(0, 840),
    heartbeat_seconds=st.floats(30, 7200),
)
def test_whatever_aws_answers_a_waiting_instance_is_let_go_once_and_in_time(
    *,
    heartbeats: list[Any],
    sends: list[Any],
    states: list[Any],
    seconds: float,
    heartbeat_seconds: float,
) -> None:
    waiting = heartbeats[0] is not False
    fleet, clock = Fleet(heartbeats, sends, states), Clock()
    found = outcome(fleet, clock, Patience(seconds=seconds, heartbeat_seconds=heartbeat_seconds))
    assert fleet.calls.count("complete") == int(waiting)
    assert fleet.calls.count("send") == int(waiting)
    assert (found.result is Result.DONE_BEFORE) == (not waiting)
    assert clock.at - AT <= timedelta(seconds=seconds + 0.001)
    if found.result is Result.COLLECTED:
        assert found.result not in NOT_COLLECTED


class TestAnEvent:
    def test_names_the_archive_the_same_each_time(self) -> None:
        assert TERMINATION.key() == "i-0123456789abcdef0/20261121T064210Z.tar.gz"
        assert Termination.of(DETAIL, "2026-11-21T07:42:10+01:00").key() == TERMINATION.key()

    @given(
        instance=st.from_regex(r"i-([0-9a-f]{8}|[0-9a-f]{17})", fullmatch=True),
        at=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    )
    def test_names_an_archive_that_the_document_takes(self, instance: str, at: datetime) -> None:
        import re

        from aws_patterns.compute._log_collection import KEY_PATTERN

        termination = Termination.of({**DETAIL, "EC2InstanceId": instance}, at.isoformat())
        assert re.search(KEY_PATTERN, termination.key())

    @pytest.mark.parametrize(
        ("missing", "complaint"),
        [
            ("AutoScalingGroupName", "an event without group, hook or token"),
            ("LifecycleHookName", "an event without group, hook or token"),
            ("LifecycleActionToken", "an event without group, hook or token"),
            ("EC2InstanceId", "an event without an instance"),
        ],
    )
    def test_must_say_who_waits_for_what(self, missing: str, complaint: str) -> None:
        with pytest.raises(NotATerminationError, match=rf"^{complaint}$"):
            Termination.of({name: value for name, value in DETAIL.items() if name != missing}, EVENT["time"])  # type: ignore[arg-type]  # a text

    @pytest.mark.parametrize(
        "instance", ["", "i-", "i-xyz", "i-0123456789abcdef0\n", "../i-0123456789abcdef0", 7, None]
    )
    def test_must_name_an_instance(self, instance: object) -> None:
        with pytest.raises(NotATerminationError, match=r"^an event without an instance$"):
            Termination.of({**DETAIL, "EC2InstanceId": instance}, "2026-11-21T06:42:10Z")

    def test_must_have_a_time(self) -> None:
        with pytest.raises(NotATerminationError, match=r"^an event without a time$"):
            Termination.of(DETAIL, "today")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the logger writes."""
    stream = io.StringIO()
    handlers = [
        found for found in fleet_termination_logs.handler.logger.handlers if isinstance(found, logging.StreamHandler)
    ]
    before = [found.setStream(stream) for found in handlers]
    yield stream
    for found, old in zip(handlers, before, strict=True):
        if old is not None:
            found.setStream(old)


ENVIRONMENT = {"TIMEOUT_SECONDS": "120", "HEARTBEAT_SECONDS": "180", "DOCUMENT": "CollectLogs"}


class TestTheFunction:
    @pytest.fixture(autouse=True)
    def _deployed(self, written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
        assert written.getvalue() == ""
        metrics = fleet_termination_logs.handler.metrics.provider
        monkeypatch.setattr(metrics, "namespace", "AwsPatterns/Fleet")
        monkeypatch.setattr(metrics, "service", "fleet_termination_logs")
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)

    def invoke(
        self,
        fleet: Fleet,
        context: LambdaContext,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        clock: Clock | None = None,
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The answer, and the metrics as CloudWatch reads them from the log."""
        monkeypatch.setattr(context, "get_remaining_time_in_millis", lambda: 165_000)
        monkeypatch.setattr(fleet_termination_logs.handler, "_gateway", lambda: fleet)
        monkeypatch.setattr(fleet_termination_logs.handler, "SystemClock", lambda: clock or Clock())
        answer = handle(EVENT, context)
        (line,) = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        return answer, json.loads(line)

    @pytest.mark.parametrize(
        ("fleet", "result", "collected", "not_collected"),
        [
            (Fleet(), "collected", 1, 0),
            (Fleet(sends=[CallError("InvalidInstanceId")]), "refused", 0, 1),
            (Fleet(states=[CommandState(status="Failed", response_code=2)]), "failed", 0, 1),
            (Fleet(heartbeats=[False]), "done before", 0, 0),
        ],
    )
    def test_counts_what_was_collected_and_what_was_not(
        self,
        *,
        fleet: Fleet,
        result: str,
        collected: int,
        not_collected: int,
        context: LambdaContext,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        answer, metrics = self.invoke(fleet, context, monkeypatch, capsys)
        assert answer == {"result": result}
        assert (metrics["LogsCollected"], metrics["LogsNotCollected"]) == ([collected], [not_collected])
        (told,) = metrics["_aws"]["CloudWatchMetrics"]
        assert told["Namespace"] == "AwsPatterns/Fleet"
        assert [set(names) for names in told["Dimensions"]] == [{"service", "AutoScalingGroupName"}]
        assert metrics["AutoScalingGroupName"] == "web"

    def test_logs_why_logs_were_not_collected_and_no_more(
        self,
        context: LambdaContext,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        written: io.StringIO,
    ) -> None:
        self.invoke(Fleet(sends=[CallError("InvalidInstanceId")]), context, monkeypatch, capsys)
        (line,) = [json.loads(line) for line in written.getvalue().splitlines()]
        assert (line["level"], line["message"]) == ("WARNING", "logs not collected")
        told = {name: line.get(name) for name in ("group", "instance", "key", "result", "command", "code")}
        assert told == {
            "group": "web",
            "instance": "i-0123456789abcdef0",
            "key": "i-0123456789abcdef0/20261121T064210Z.tar.gz",
            "result": "refused",
            "command": None,
            "code": "InvalidInstanceId",
        }
        assert DETAIL["LifecycleActionToken"] not in written.getvalue()

    @pytest.mark.parametrize(("remaining", "expected"), [(165, 120), (100, 80), (5, 0)])
    def test_stops_before_lambda_stops_it(
        self,
        *,
        remaining: int,
        expected: int,
        context: LambdaContext,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(context, "get_remaining_time_in_millis", lambda: remaining * 1000)
        fleet, clock = Fleet(states=[PENDING]), Clock()
        found = collect(fleet, clock, EventBridgeEvent(EVENT), context, ENVIRONMENT)
        fleet_termination_logs.handler.metrics.clear_metrics()
        assert found.result is Result.TIMED_OUT
        assert clock.at - AT == timedelta(seconds=expected)
        assert fleet.calls[-1] == "complete"


class Aws:
    """Real clients, whose requests are checked against AWS's own description and answered here."""

    def __init__(self) -> None:
        session = boto3.session.Session("test", "test", region_name="eu-west-1")
        autoscaling, ssm = session.client("autoscaling"), session.client("ssm")
        self.autoscaling, self.ssm = Stubber(autoscaling), Stubber(ssm)
        self.gateway = Gateway(document="CollectLogs", autoscaling=autoscaling, ssm=ssm)
        self.autoscaling.activate()
        self.ssm.activate()

    def done(self) -> None:
        self.autoscaling.assert_no_pending_responses()
        self.ssm.assert_no_pending_responses()


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws()
    yield aws
    aws.done()


ACTION = {
    "AutoScalingGroupName": "web",
    "LifecycleHookName": "logs",
    "LifecycleActionToken": DETAIL["LifecycleActionToken"],
    "InstanceId": "i-0123456789abcdef0",
}
NOT_WAITING: dict[str, Any] = {
    "service_error_code": "ValidationError",
    "service_message": f"No active Lifecycle Action found with token {DETAIL['LifecycleActionToken']}",
    "http_status_code": 400,
}


class TestTheCalls:
    def test_ask_for_more_time(self, aws: Aws) -> None:
        aws.autoscaling.add_response("record_lifecycle_action_heartbeat", {}, ACTION)
        assert aws.gateway.heartbeat(TERMINATION)

    def test_notice_that_the_instance_has_gone(self, aws: Aws) -> None:
        aws.autoscaling.add_client_error("record_lifecycle_action_heartbeat", **NOT_WAITING)
        assert not aws.gateway.heartbeat(TERMINATION)

    def test_complete_the_hook(self, aws: Aws) -> None:
        aws.autoscaling.add_response("complete_lifecycle_action", {}, {**ACTION, "LifecycleActionResult": "CONTINUE"})
        aws.gateway.complete(TERMINATION)

    def test_complete_a_hook_that_was_completed_before(self, aws: Aws) -> None:
        aws.autoscaling.add_client_error("complete_lifecycle_action", **NOT_WAITING)
        aws.gateway.complete(TERMINATION)

    @pytest.mark.parametrize("operation", ["heartbeat", "complete"])
    def test_tell_every_other_refusal_by_its_code(self, aws: Aws, operation: str) -> None:
        names = {"heartbeat": "record_lifecycle_action_heartbeat", "complete": "complete_lifecycle_action"}
        aws.autoscaling.add_client_error(names[operation], "ValidationError", "AutoScalingGroup name not found")
        with pytest.raises(CallError, match=r"^ValidationError$"):
            getattr(aws.gateway, operation)(TERMINATION)

    @pytest.mark.parametrize(("seconds", "delivery"), [(120, 120), (3, 30)])
    def test_start_our_own_script_on_one_instance(self, aws: Aws, seconds: int, delivery: int) -> None:
        aws.ssm.add_response(
            "send_command",
            {"Command": {"CommandId": "0" * 36}},
            {
                "DocumentName": "CollectLogs",
                "InstanceIds": ["i-0123456789abcdef0"],
                "Parameters": {"Key": ["i-0123456789abcdef0/20261121T064210Z.tar.gz"]},
                "TimeoutSeconds": delivery,
                "Comment": "Logs of a terminating instance",
            },
        )
        assert aws.gateway.send(TERMINATION, seconds) == "0" * 36

    def test_tell_that_an_instance_takes_no_command(self, aws: Aws) -> None:
        aws.ssm.add_client_error("send_command", "InvalidInstanceId", "not in a valid state for account 111122223333")
        with pytest.raises(CallError, match=r"^InvalidInstanceId$"):
            aws.gateway.send(TERMINATION, 120)

    def test_look_at_the_command(self, aws: Aws) -> None:
        aws.ssm.add_response(
            "get_command_invocation",
            {"Status": "Success", "ResponseCode": 0},
            {"CommandId": "0" * 36, "InstanceId": "i-0123456789abcdef0"},
        )
        assert aws.gateway.state(TERMINATION, "0" * 36) == SUCCESS

    def test_know_that_a_command_may_not_be_known_yet(self, aws: Aws) -> None:
        aws.ssm.add_client_error("get_command_invocation", "InvocationDoesNotExist")
        assert aws.gateway.state(TERMINATION, "0" * 36) is None

    def test_tell_what_is_wrong_with_looking(self, aws: Aws) -> None:
        aws.ssm.add_client_error("get_command_invocation", "ThrottlingException")
        with pytest.raises(CallError, match=r"^ThrottlingException$"):
            aws.gateway.state(TERMINATION, "0" * 36)

    def test_tell_that_aws_does_not_answer(self, monkeypatch: pytest.MonkeyPatch, aws: Aws) -> None:
        def silent(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://ssm.eu-west-1.amazonaws.com")

        monkeypatch.setattr(aws.ssm.client, "send_command", silent)
        with pytest.raises(CallError, match=r"^EndpointConnectionError$"):
            aws.gateway.send(TERMINATION, 120)

    def test_come_from_clients_made_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        assert Gateway.from_environment(ENVIRONMENT)._document == "CollectLogs"


def test_the_clock_is_in_utc_and_waits() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.wait(0.001)
    assert clock.now() > before
    assert before.tzinfo is UTC
