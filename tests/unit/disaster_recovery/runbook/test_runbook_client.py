"""What the operator's tool asks of Step Functions and DynamoDB, what it says, and the report it leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber
from typer.testing import CliRunner, Result

from aws_patterns.disaster_recovery import __main__ as program
from aws_patterns.disaster_recovery.runbook import runbook_client as tool
from aws_patterns.disaster_recovery.runbook._report_pages import html, markdown, verdict, write_report
from aws_patterns.disaster_recovery.runbook._report_picture import run_picture
from aws_patterns.disaster_recovery.runbook._run_reading import report_of
from aws_patterns.disaster_recovery.runbook.run_report import Mode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

MACHINE = "arn:aws:states:us-west-2:111122223333:stateMachine:orders-recovery-runbook"
ME = "arn:aws:iam::111122223333:user/alice"
RUN = "failover-20261121T101500Z-0a1b2c3d"
EXECUTION = f"{MACHINE.replace('stateMachine', 'execution')}:{RUN}"
NOT_MEASURED = {"recovery_time_seconds": None, "recovery_point_seconds": None}
OBJECTIVE = {"recovery_time_seconds": 3_600, "recovery_point_seconds": 60}


def step(name: str, begin: int, end: int | None, outcome: str | None = "done", reason: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "title": f"{name} it",
        "started": at(begin),
        "ended": None if end is None else at(end),
        "outcome": outcome,
        "reason": reason,
    }


def at(second: int) -> str:
    return f"2026-11-21T10:{15 + second // 60:02}:{second % 60:02}.500Z"


def told(
    *steps: Mapping[str, Any],
    mode: str = "failover",
    outcome: str = "running",
    reason: str = "",
    ended: int | None = None,
    measured: Mapping[str, float | None] = NOT_MEASURED,
) -> dict[str, Any]:
    return {
        "mode": mode,
        "outcome": outcome,
        "reason": reason,
        "forced": True,
        "started": at(0),
        "ended": None if ended is None else at(ended),
        "steps": list(steps),
        "measured": dict(measured),
        "objective": OBJECTIVE,
    }


FENCED = step("Fence", 0, 5, "skipped", "its Region is lost")
PROMOTED = step("Promote", 5, 65, reason="2 tables")
DONE = told(
    FENCED,
    PROMOTED,
    outcome="succeeded",
    reason="the primary is lost",
    ended=70,
    measured={"recovery_time_seconds": 310.5, "recovery_point_seconds": 2},
)
STOPPED = told(
    FENCED,
    step("Promote", 5, 65, "failed", "no <cluster>|"),
    outcome="stopped",
    reason="Promote: no cluster; the traffic has stayed with the primary Region",
    ended=70,
)


class Script:
    """The calls that AWS expects, each service's in their order, and the answers."""

    def __init__(self) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-west-2")
        states: SFNClient = session.client("stepfunctions")
        dynamodb: DynamoDBClient = session.client("dynamodb")
        self.states, self.dynamodb = Stubber(states), Stubber(dynamodb)
        self.runbook = tool.Runbook(
            "orders", "us-west-2", states=states, dynamodb=dynamodb, machine_arn=MACHINE, caller=ME
        )
        self.states.activate()
        self.dynamodb.activate()

    def starts(self, mode: str, *, forced: bool = False, reason: str = "") -> None:
        self.states.add_response(
            "start_execution",
            {"executionArn": EXECUTION, "startDate": 0},
            {
                "stateMachineArn": MACHINE,
                "name": ANY,
                "input": json.dumps({"mode": mode, "forced": forced, "reason": reason}),
            },
        )

    def is_at(self, status: str, execution: str = RUN, **more: str) -> None:
        answer = {
            "executionArn": EXECUTION,
            "stateMachineArn": MACHINE,
            "status": status,
            "startDate": 0,
            **more,
        }
        arn = f"{MACHINE.replace('stateMachine', 'execution')}:{execution}"
        self.states.add_response("describe_execution", answer, {"executionArn": arn})

    def has(self, item: str, values: Mapping[str, Any] | None) -> None:
        found = {} if values is None else {"Item": {name: typed(value) for name, value in values.items()}}
        self.dynamodb.add_response(
            "get_item",
            found,
            {"TableName": "orders-recovery-state", "Key": {"item": {"S": item}}, "ConsistentRead": True},
        )

    def is_locked(self, mode: str = "failover", status: str = "RUNNING") -> None:
        self.has("run", {"execution": RUN, "mode": mode, "since": at(0)})
        self.is_at(status)

    def done(self) -> None:
        self.states.assert_no_pending_responses()
        self.dynamodb.assert_no_pending_responses()


def typed(value: Any) -> Any:
    from decimal import Decimal

    return TypeSerializer().serialize(json.loads(json.dumps(value), parse_float=Decimal))


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    found = Script()
    monkeypatch.setattr(tool.Runbook, "of", lambda _name, _region: found.runbook)
    monkeypatch.setattr(tool, "LOOK_SECONDS", 0)
    monkeypatch.setattr(tool.Runbook, "start", named(tool.Runbook.start))
    yield found
    found.done()


def named(start: Any) -> Any:
    """Start as ever, and be called as these tests call it."""

    def started(self: tool.Runbook, mode: Mode, **more: Any) -> str:
        assert re.fullmatch(rf"{mode}-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}", start(self, mode, **more))
        return RUN

    return started


def run(command: str, *arguments: str) -> Result:
    return CliRunner().invoke(program.app, [command, "orders", "--region", "us-west-2", *arguments])


# --- A run -----------------------------------------------------------------------------------------------------------


def test_a_run_is_started_and_followed_step_by_step(script: Script) -> None:
    script.starts("failover", forced=True, reason="a drill of our own")
    for so_far in (
        None,
        told(step("Fence", 0, None, None)),
        told(step("Fence", 0, None, None)),
        told(FENCED, step("Promote", 5, None, None, "waits for 2 tables")),
    ):
        script.is_at("RUNNING")
        script.has(f"run#{RUN}", so_far)
    script.is_at("SUCCEEDED", output=json.dumps(DONE))
    result = run("failover", "--forced", "--reason", "a drill of our own")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"{RUN} has begun in us-west-2.",
        "     0.0 s  Fence it: under way",
        "     0.0 s  Fence it: skipped in 5.0 s: its Region is lost",
        "     5.0 s  Promote it: under way: waits for 2 tables",
        "     5.0 s  Promote it: done in 60.0 s: 2 tables",
        "Failover succeeded.",
        "  Recovery time: 310.5 s; the objective is 3,600 s.",
        "  Recovery point: 2.0 s; the objective is 60 s.",
    ]


def test_only_what_is_new_is_told(script: Script) -> None:
    for _ in range(3):
        script.is_at("RUNNING")
        script.has(f"run#{RUN}", told(FENCED))
    script.is_at("SUCCEEDED", output=json.dumps(DONE))
    assert [len(report.steps) for report in script.runbook.follow(RUN)] == [1, 2]


@pytest.mark.parametrize("mode", ["readiness", "drill", "failback"])
def test_each_mode_has_its_command(script: Script, mode: str) -> None:
    script.starts(mode, reason="because")
    script.is_at("SUCCEEDED", output=json.dumps(told(mode=mode, outcome="succeeded", ended=1)))
    result = run(mode, "--reason", "because")
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_run_that_stops_says_why_and_fails(script: Script) -> None:
    script.starts("failover")
    script.is_at("FAILED", error="RunbookStopped", cause=json.dumps(STOPPED))
    result = run("failover")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == (
        "Failover stopped: Promote: no cluster; the traffic has stayed with the primary Region."
    )


def test_a_run_that_is_refused_says_why_and_fails(script: Script) -> None:
    script.starts("failover")
    refused = told(outcome="refused", reason="the primary Region is healthy", ended=0)
    script.is_at("FAILED", error="RunbookRefused", cause=json.dumps(refused))
    result = run("failover")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        1,
        "Failover was refused: the primary Region is healthy.",
    )


def test_what_is_written_counts_where_the_end_says_nothing(script: Script) -> None:
    """Step Functions cuts long causes off."""
    script.starts("drill")
    script.is_at("FAILED", error="RunbookStopped", cause="{cut of")
    script.has(f"run#{RUN}", STOPPED)
    assert "Failover stopped: Promote: no cluster" in run("drill").stdout


@pytest.mark.parametrize("written", [None, told(FENCED)])
def test_a_run_that_ends_without_a_word_is_told_of(script: Script, written: Mapping[str, Any] | None) -> None:
    script.starts("drill")
    script.is_at("ABORTED", cause="somebody has stopped it")
    script.has(f"run#{RUN}", written)
    result = run("drill")
    assert (result.exit_code, result.stderr) == (1, f"{RUN} has ended (ABORTED): somebody has stopped it\n")


def test_an_objective_that_is_missed_is_told(script: Script) -> None:
    late = {**DONE, "measured": {"recovery_time_seconds": 4_000, "recovery_point_seconds": 61.5}}
    script.starts("failover")
    script.is_at("SUCCEEDED", output=json.dumps(late))
    result = run("failover")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-3:] == [
        "Failover succeeded, but the recovery time misses the objective and the recovery point misses the objective.",
        "  Recovery time: 4,000.0 s; the objective is 3,600 s.",
        "  Recovery point: 61.5 s; the objective is 60 s.",
    ]


def test_interrupted_it_says_that_the_run_goes_on(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tool.Runbook, "follow", interrupted)
    script.starts("drill")
    result = run("drill")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        130,
        "It goes on without being watched: `status orders --region us-west-2` says how it is.",
    )


def test_where_there_is_no_runbook_it_says_what_to_give(script: Script) -> None:
    script.states.add_client_error("start_execution", "StateMachineDoesNotExist")
    result = run("drill")
    assert (result.exit_code, result.stderr) == (
        1,
        "There is no runbook orders-recovery-runbook in us-west-2: give the workload's name and its recovery Region, "
        "to which its stack has been deployed.\n",
    )


def test_a_refusal_of_aws_is_told_without_a_trace(script: Script) -> None:
    script.states.add_client_error("start_execution", "AccessDeniedException", "You may not.")
    assert run("drill").stderr == "AWS refused StartExecution: You may not.\n"


def test_a_way_that_is_not_there_is_told_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_name: str, _region: str) -> tool.Runbook:
        raise EndpointConnectionError(endpoint_url="https://states")

    monkeypatch.setattr(tool.Runbook, "of", unreachable)
    assert run("status").stderr == 'Could not connect to the endpoint URL: "https://states"\n'


def test_the_runbook_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sts = boto3.client("sts", region_name="us-gov-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    stubber = Stubber(sts)
    who = {"Account": "111122223333", "Arn": "arn:aws-us-gov:sts::111122223333:assumed-role/Operator/alice"}
    stubber.add_response("get_caller_identity", who)
    stubber.activate()
    asked = []

    def client(service: str, region_name: str) -> Any:
        asked.append((service, region_name))
        return sts

    monkeypatch.setattr(boto3, "client", client)
    found = tool.Runbook.of("orders", "us-gov-west-1")
    # The other Region may be gone: nothing is asked of it.
    assert asked == [(service, "us-gov-west-1") for service in ("sts", "stepfunctions", "dynamodb")]
    assert found.caller == who["Arn"]
    machine = "arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:orders-recovery-runbook"
    assert found._machine_arn == machine


# --- What else there is to do ----------------------------------------------------------------------------------------


def test_status_says_how_things_are(script: Script) -> None:
    script.has("serving", {"role": "recovery", "since": at(0), "execution": RUN})
    script.has("endpoint#primary", {"url": "https://a"})
    script.has("endpoint#recovery", None)
    script.has("run#last readiness", None)
    script.has("run#last drill", {"execution": "drill-1"})
    script.has("run#drill-1", told(mode="drill", outcome="succeeded", ended=3))
    script.has("run#last failover", {"execution": RUN})
    script.has(f"run#{RUN}", DONE)
    script.has("run#last failback", None)
    script.is_locked()
    assert run("status").stdout.splitlines() == [
        f"The recovery Region serves since {at(0)}.",
        "  primary: https://a",
        "  recovery: not registered",
        f"{RUN} is under way since {at(0)}.",
        f"Last drill, {at(0)}: Drill succeeded.",
        f"Last failover, {at(0)}: Failover succeeded.",
    ]


def nothing_ever(script: Script) -> None:
    for item in ("serving", "endpoint#primary", "endpoint#recovery", *(f"run#last {mode}" for mode in Mode)):
        script.has(item, None)


def test_status_of_a_workload_that_nothing_ever_happened_to(script: Script) -> None:
    nothing_ever(script)
    script.has("run", None)
    assert run("status").stdout.splitlines() == [
        "The primary Region serves.",
        "  primary: not registered",
        "  recovery: not registered",
        "No run is under way.",
    ]


def test_status_tells_of_a_lock_that_nobody_gives_back(script: Script) -> None:
    nothing_ever(script)
    script.is_locked(status="TIMED_OUT")
    last = run("status").stdout.splitlines()[-1]
    assert last == f"{RUN} has ended and still holds the lock: give it back with `abandon`."


def test_status_of_another_name_says_what_to_give(script: Script) -> None:
    script.dynamodb.add_client_error("get_item", "ResourceNotFoundException")
    result = run("status")
    assert (result.exit_code, result.stderr) == (
        1,
        "There is no table orders-recovery-state in us-west-2: give the workload's name and its recovery Region.\n",
    )


def waits(script: Script) -> None:
    script.is_locked()
    script.has(f"run#{RUN}", {**told(), "approval": {"token": "secret", "asked": at(0)}})


def test_a_run_that_waits_is_approved(script: Script) -> None:
    waits(script)
    script.states.add_response(
        "send_task_success", {}, {"taskToken": "secret", "output": json.dumps({"reason": f"approved by {ME}: go"})}
    )
    assert run("approve", "--reason", "go").stdout == f"{RUN} goes on.\n"


def test_a_run_that_waits_is_refused(script: Script) -> None:
    waits(script)
    script.states.add_response(
        "send_task_failure", {}, {"taskToken": "secret", "error": "Refused", "cause": "refused by Bob"}
    )
    assert run("approve", "--refuse", "--by", "Bob").stdout == f"{RUN} was refused.\n"


def test_nothing_is_approved_where_nothing_waits(script: Script) -> None:
    script.has("run", None)
    assert run("approve").stderr == "No run of orders waits to be approved.\n"
    script.is_locked()
    script.has(f"run#{RUN}", told())
    assert run("approve").stderr == "No run of orders waits to be approved.\n"


def test_an_approval_that_comes_too_late_is_told(script: Script) -> None:
    waits(script)
    script.states.add_client_error("send_task_success", "TaskTimedOut")
    result = run("approve")
    assert (result.exit_code, result.stderr) == (1, f"{RUN} does not wait any more.\n")


@pytest.mark.parametrize("status", ["FAILED", "ABORTED", None])
def test_a_lock_is_given_back_where_its_run_has_ended(script: Script, status: str | None) -> None:
    script.has("run", {"execution": RUN, "mode": "drill", "since": at(0)})
    if status:
        script.is_at(status)
    else:
        # Step Functions forgets after ninety days.
        script.states.add_client_error("describe_execution", "ExecutionDoesNotExist")
    script.dynamodb.add_response(
        "delete_item",
        {},
        {
            "TableName": "orders-recovery-state",
            "Key": {"item": {"S": "run"}},
            "ConditionExpression": "execution = :execution",
            "ExpressionAttributeValues": {":execution": {"S": RUN}},
        },
    )
    assert run("abandon").stdout == f"{RUN} does not hold the lock any more.\n"


def test_a_lock_is_kept_where_its_run_is_under_way(script: Script) -> None:
    script.is_locked()
    result = run("abandon")
    assert (result.exit_code, result.stderr) == (
        1,
        f"{RUN} is under way since {at(0)}: wait for its end, or stop it (aws stepfunctions stop-execution --region "
        f"us-west-2 --execution-arn {EXECUTION}).\n",
    )


def test_no_lock_is_no_lock(script: Script) -> None:
    script.has("run", None)
    assert run("abandon").stderr == "No run of orders holds the lock: there is nothing to give back.\n"


def test_a_lock_that_another_run_has_taken_meanwhile_is_kept(script: Script) -> None:
    script.is_locked(status="FAILED")
    script.dynamodb.add_client_error("delete_item", "ConditionalCheckFailedException")
    assert run("abandon").stderr == "Another run has taken the lock meanwhile.\n"


# --- The report ------------------------------------------------------------------------------------------------------


def test_a_report_is_left_as_a_page(script: Script, tmp_path: Path) -> None:
    script.starts("failover")
    script.is_at("SUCCEEDED", output=json.dumps(DONE))
    file = tmp_path / "report.html"
    result = run("failover", "--report", str(file))
    assert f"Report: {file}\n" in result.stdout
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    for part in (
        "<h1>Failover of orders</h1>",
        '<p class="good"><strong>Failover succeeded.</strong></p>',
        "<td>Recovery time</td><td>310.5 s</td><td>3,600.0 s</td><td>met</td>",
        "<td>Promote it</td><td>done</td><td>+ 5.0 s</td><td>60.0 s</td><td>2 tables</td>",
        f"<td>Execution</td><td>{RUN}</td>",
        "<svg ",
    ):
        assert part in page


def test_a_report_is_left_where_a_run_stops_too(script: Script, tmp_path: Path) -> None:
    script.starts("failover")
    script.is_at("FAILED", error="RunbookStopped", cause=json.dumps(STOPPED))
    file = tmp_path / "report.md"
    assert run("failover", "--report", str(file)).exit_code == 1
    page = file.read_text(encoding="utf-8")
    assert page.startswith("# Failover of orders\n\n**Failover stopped: Promote: no cluster;")
    assert f"![Failover {RUN}, step by step](report.svg)" in page
    assert "| Promote it | failed | + 5.0 s | 60.0 s | no &lt;cluster&gt;\\| |" in page
    assert (tmp_path / "report.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_a_report_of_another_kind_is_refused_before_anything_starts(script: Script, tmp_path: Path) -> None:
    result = run("failover", "--report", str(tmp_path / "report.pdf"))
    assert (result.exit_code, result.stderr) == (
        1,
        "a report is written to a file that ends in .html or .md, got 'report.pdf'\n",
    )


def test_what_comes_from_outside_is_text_in_a_report(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script> | [x](y)"
    report = report_of(RUN, told(step("Fence", 0, 1, "failed", bad), outcome="stopped", reason=bad, ended=2))
    page = html(report, "orders")
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2
    text = markdown(report, "orders", "a.svg")
    assert "<script" not in text
    assert "[x](y)" not in text
    write_report(report, "orders", tmp_path / "a.html")
    ET.fromstring(run_picture(report))


SVG = "{http://www.w3.org/2000/svg}"


def test_the_time_line_shows_each_step_where_it_was() -> None:
    picture = ET.fromstring(run_picture(report_of(RUN, {**STOPPED, "objective": {"recovery_time_seconds": 50}})))
    bars = [bar for bar in picture.iter(f"{SVG}rect") if bar.get("height") == "16.0"]
    (left_a, width_a), (left_b, width_b) = ((float(bar.get("x") or 0), float(bar.get("width") or 0)) for bar in bars)
    assert left_a + width_a == pytest.approx(left_b, abs=0.2)
    assert width_b == pytest.approx(12 * width_a, rel=0.01)
    assert bars[0].get("fill") != bars[1].get("fill")
    texts = ["".join(found.itertext()) for found in picture.iter(f"{SVG}text")]
    assert {"Fence it", "skipped", "Promote it", "60.0 s, failed", "objective"} <= set(texts)


def test_a_run_under_way_and_one_without_steps_can_be_drawn() -> None:
    assert "under way" in run_picture(report_of(RUN, told(step("Fence", 0, None, None))))
    empty = ET.fromstring(run_picture(report_of(RUN, told())))
    assert [bar for bar in empty.iter(f"{SVG}rect") if bar.get("height") == "16.0"] == []
    assert verdict(report_of(RUN, told())) == "Failover is under way."
