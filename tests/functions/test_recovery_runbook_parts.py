"""What the runbook finds, waits for and gives up, part by part, and what it makes of AWS's refusals."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber

from recovery_runbook import gateway, handler
from recovery_runbook.gateway import Answer, Aws, AwsError, LostError, ask
from recovery_runbook.logic import Progress, all_of, skipped, told, waiting
from recovery_state.logic import Role, written
from tests.functions.runbook_aws import AWAY, HOME
from tests.functions.runbook_machine import URLS, Machine, outcomes, reasons
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from aws_patterns.disaster_recovery.plan import Data

DAY = 86_400


class TestReadiness:
    def test_all_that_is_missing_is_told_at_once(self) -> None:
        run = Machine(plans.plan(compute=(plans.FUNCTION, plans.FLEET), data=(plans.TABLE, plans.BUCKET, plans.AURORA)))
        away = run.aws.regions[AWAY]
        run.state.remove("endpoint#recovery")
        away.stack_status = "UPDATE_ROLLBACK_FAILED"
        away.concurrency["orders-api"] = 1
        away.concurrency["another"] = 890
        away.groups["orders-web"]["DesiredCapacity"] = 0
        away.objects.clear()
        run.aws.lag = 90
        run.state.put("heartbeat", {"parts": {"orders": {"lag_seconds": 61.4}}})
        told = run.run("readiness")
        assert told["outcome"] == "stopped"
        assert told["reason"] == (
            "Readiness: stack OrdersRecovery is UPDATE_ROLLBACK_FAILED; "
            "the recovery Region has not registered its endpoint; "
            "function orders-api has a concurrency of 1 instead of 2; "
            "group orders-web has fewer than 1 instances; "
            "the functions need 18 more concurrent executions, and 9 can be reserved in us-west-2: have the quota "
            "raised; "
            "the newest change in table orders is 61 s old, more than the objective of 60 s; "
            "bucket orders-documents-recovery keeps no versions, so that nothing can be replicated to it; "
            "the newest change in cluster orders-recovery is 90 s old, more than the objective of 60 s; "
            "the traffic has stayed with the primary Region"
        )

    def test_it_changes_nothing(self) -> None:
        for plan in (plans.plan(), plans.plan(data=(plans.AURORA, plans.REPLICA)), plans.backups()):
            run = Machine(plan)
            run.run("readiness")
            assert run.aws.changes(AWAY) == ["publish"]
            assert run.aws.changes(HOME) == []
            assert set(run.memory.items) <= {*Machine(plan).memory.items, "run#readiness-0", "run#last readiness"}

    def test_a_backup_that_is_too_old(self) -> None:
        told = Machine(plans.backups(recovery_point_seconds=1800)).run("readiness")
        assert told["reason"].startswith(
            "Readiness: the youngest recovery point of table orders is 3600 s old, more than the objective of 1800 s; "
        )

    def test_no_backup_at_all(self) -> None:
        run = Machine(plans.backups())
        run.aws.regions[AWAY].points = []
        told = run.run("readiness")
        assert told["reason"].startswith("Readiness: vault orders-recovery has no recovery point of table orders; ")

    def test_how_old_the_youngest_backup_is_is_measured(self) -> None:
        told = Machine(plans.backups(recovery_point_seconds=DAY)).run("readiness")
        assert 3600 < told["measured"]["recovery_point_seconds"] < 3601

    def test_a_replica_that_was_promoted_is_none(self) -> None:
        run = Machine(plans.plan(data=(plans.REPLICA,)))
        del run.aws.regions[AWAY].databases["orders-db-replica"]["ReadReplicaSourceDBInstanceIdentifier"]
        told = run.run("readiness")
        assert told["reason"].startswith("Readiness: instance orders-db-replica is no read replica; ")

    @pytest.mark.parametrize(
        ("part", "operation", "found", "problems"),
        [
            (
                plans.TABLE,
                "describe_table",
                {"Table": {"TableStatus": "ARCHIVED"}},
                "table orders is ARCHIVED; table orders is replicated to no other Region",
            ),
            (
                plans.AURORA,
                "describe_db_clusters",
                {"DBClusters": [{"Status": "stopped", "DBClusterMembers": []}]},
                "cluster orders-recovery is stopped; cluster orders-recovery has no instance that could be promoted",
            ),
            (
                plans.REPLICA,
                "describe_db_instances",
                {"DBInstances": [{"DBInstanceStatus": "stopped", "ReadReplicaSourceDBInstanceIdentifier": "arn"}]},
                "instance orders-db-replica is stopped",
            ),
        ],
        ids=["table", "cluster", "instance"],
    )
    def test_data_that_could_not_be_written_to_is_named(
        self, part: Data, operation: str, found: dict[str, Any], problems: str
    ) -> None:
        run = Machine(plans.plan(data=(part,)))
        run.aws.instead[operation] = [found]
        told = run.run("readiness")
        assert told["reason"] == f"Readiness: {problems}; the traffic has stayed with the primary Region"

    def test_what_can_not_be_looked_at_hides_nothing_else(self) -> None:
        run = Machine(plans.plan(compute=(plans.FLEET,)))
        run.aws.refuse["describe_stacks"] = [AwsError("DescribeStacks", AWAY, "AccessDenied", "not allowed")]
        run.aws.regions[AWAY].groups.clear()
        told = run.run("readiness")
        assert told["reason"] == (
            "Readiness: DescribeStacks in us-west-2: AccessDenied: not allowed; "
            "there is no Auto Scaling group orders-web in us-west-2; the traffic has stayed with the primary Region"
        )

    def test_where_there_is_no_function_no_quota_of_theirs_is_asked_for(self) -> None:
        run = Machine(plans.plan(compute=(plans.FLEET,)))
        assert run.run("readiness")["outcome"] == "succeeded"
        assert (AWAY, "get_account_settings") not in run.aws.calls


def roll_back(run: Machine) -> Callable[[str, str], None]:
    """The update that starts the workload comes to nothing."""
    away = run.aws.regions[AWAY]

    def interrupt(step: str, when: str) -> None:
        if (step, when) == ("StartWorkload", "before") and away.stack_status == "UPDATE_IN_PROGRESS":
            away.stack_status = "UPDATE_ROLLBACK_COMPLETE"
            away.stack["WorkloadRunning"] = "no"

    return interrupt


def fail_to_restore(run: Machine) -> Callable[[str, str], None]:
    """What is being restored comes to nothing."""

    def interrupt(step: str, when: str) -> None:
        if (step, when) == ("RestoreData", "after"):
            for job in run.aws.regions[AWAY].jobs.values():
                job.update(Status="FAILED", StatusMessage="no permission")

    return interrupt


def failover(run: Machine, name: str | None = None) -> dict[str, Any]:
    run.healthy[Role.PRIMARY] = False
    return run.run("failover", name)


class TestRestoring:
    def test_the_youngest_whole_backup_of_the_table_is_restored_and_the_stack_is_told(self) -> None:
        run = Machine(plans.backups(recovery_point_seconds=DAY))
        told = failover(run)
        assert told["outcome"] == "succeeded", told
        away = run.aws.regions[AWAY]
        (name,) = away.tables
        assert name.startswith("orders-restored-20260101")
        assert away.stack == {"BootstrapVersion": "6", "RestoredOrdersName": name, "WorkloadRunning": "yes"}
        facts = (run.state.run("failover-0") or {})["facts"]
        assert isinstance(facts, dict)
        assert facts["restored"]["Orders"]["point"] == "point-new"
        assert told["measured"]["recovery_point_seconds"] == 3600.0

    def test_a_loss_that_the_watch_saw_before_the_backup_was_none(self) -> None:
        """Or the Region had come back: it has written until the failover began, and that is what may be missing."""
        run = Machine(plans.backups(recovery_point_seconds=DAY))
        run.state.put("watch", {"primary_healthy": False, "since": written(run.now - timedelta(hours=2))})
        assert failover(run)["measured"]["recovery_point_seconds"] == 3600.0

    def test_a_restore_that_fails_says_why(self) -> None:
        run = Machine(plans.backups())
        run.interrupt = fail_to_restore(run)
        told = failover(run)
        assert told["reason"].startswith("RestoreData: restore of orders: FAILED: no permission; ")
        assert run.capacity()[Role.PRIMARY] == 20

    @pytest.mark.parametrize(
        "refused", ["", "ResourceInUseException", "ResourceNotFoundException", "ThrottlingException"]
    )
    def test_a_drill_that_fails_leaves_nothing_of_what_it_restored(self, refused: str) -> None:
        run = Machine(plans.backups(recovery_point_seconds=DAY))
        run.aws.refuse["delete_table"] = [AwsError("DeleteTable", AWAY, refused, "")] if refused else []
        run.interrupt = fail_to_restore(run)
        told = run.run("drill")
        assert told["reason"].startswith("RestoreData: restore of orders: FAILED: no permission")
        assert ("us-west-2", "delete_table") in run.aws.calls
        assert (run.aws.regions[AWAY].tables == {}) == (refused != "ResourceNotFoundException")

    def test_a_later_run_goes_on_with_what_was_restored_unless_there_is_something_younger(self) -> None:
        run = Machine(plans.backups())
        run.aws.refuse["update_stack"] = [AwsError("UpdateStack", AWAY, "ValidationError", "no")] * 4
        told = failover(run, "first")
        assert told["reason"].startswith("StartWorkload: UpdateStack in us-west-2: ValidationError: no; ")
        again = failover(run, "second")
        assert again["outcome"] == "succeeded", again
        assert len(run.aws.regions[AWAY].tables) == 1, "restored once"

    def test_an_update_that_is_rolled_back_says_what_failed_first(self) -> None:
        run = Machine(plans.backups())
        run.interrupt = roll_back(run)
        told = failover(run)
        assert told["reason"].startswith(
            "StartWorkload: stack OrdersRecovery is UPDATE_ROLLBACK_COMPLETE: Api: no quota; "
        )

    def test_where_nobody_says_what_failed_the_stacks_events_are_pointed_to(self) -> None:
        run = Machine(plans.backups())
        run.interrupt = roll_back(run)
        whole = {"LogicalResourceId": "Api", "ResourceStatus": "UPDATE_COMPLETE"}
        run.aws.instead["describe_stack_events"] = [{"StackEvents": [whole]}]
        told = failover(run)
        assert told["reason"].startswith(
            "StartWorkload: stack OrdersRecovery is UPDATE_ROLLBACK_COMPLETE: see its events; "
        )

    def test_an_update_that_is_rolled_back_is_told_though_its_events_are_not(self) -> None:
        run = Machine(plans.backups())
        run.interrupt = roll_back(run)
        run.aws.refuse["describe_stack_events"] = [AwsError("DescribeStackEvents", AWAY, "Throttling", "slow down")]
        told = failover(run)
        assert told["reason"].startswith(
            "StartWorkload: stack OrdersRecovery is UPDATE_ROLLBACK_COMPLETE: "
            "DescribeStackEvents in us-west-2: Throttling: slow down; "
        )

    def test_without_a_backup_users_stay_where_they_are(self) -> None:
        run = Machine(plans.backups())
        run.aws.regions[AWAY].points = []
        told = failover(run)
        assert told["reason"] == (
            "RestoreData: vault orders-recovery has no recovery point of table orders; "
            "the traffic has stayed with the primary Region"
        )
        assert run.capacity()[Role.PRIMARY] == 20

    def test_what_was_written_in_the_recovery_region_comes_back_in_a_table_of_the_primary(self) -> None:
        run = Machine(plans.backups())
        failover(run)
        run.healthy[Role.PRIMARY] = True
        told = run.run("failback")
        assert told["outcome"] == "succeeded", told
        home = run.aws.regions[HOME]
        (restored,) = set(home.tables) - {"orders"}
        assert home.stack["RestoredOrdersName"] == restored
        away = run.aws.regions[AWAY].stack
        assert away["WorkloadRunning"] == "no"
        assert away["RestoredOrdersName"].startswith("orders-restored-"), "as long as the primary works with another"
        assert list(run.aws.regions[AWAY].tables), "what users wrote there is not deleted"
        assert list(outcomes(told).values()).count("failed") == 0

    def test_a_stack_without_such_parameters_is_no_stack_of_this(self) -> None:
        run = Machine(plans.backups())
        del run.aws.regions[AWAY].stack["RestoredOrdersName"]
        told = failover(run)
        assert told["reason"].startswith("StartWorkload: stack OrdersRecovery has no parameters RestoredOrdersName; ")


class TestCompute:
    def test_a_function_that_is_not_there_is_not_waited_for(self) -> None:
        run = Machine(plans.plan())
        del run.aws.regions[AWAY].concurrency["orders-api"]
        told = run.run("failover", forced=True)
        assert told["reason"].startswith("ScaleCompute: there is no function orders-api in us-west-2; ")
        assert run.aws.regions[HOME].concurrency["orders-api"] == 20

    def test_a_group_that_is_not_there_is_not_waited_for_either(self) -> None:
        run = Machine(plans.plan(compute=(plans.FUNCTION, plans.FLEET)))
        run.aws.regions[AWAY].groups.clear()
        told = run.run("failover", forced=True)
        assert told["reason"].startswith("ScaleCompute: there is no Auto Scaling group orders-web in us-west-2; ")
        assert run.looks["ScaleCompute"] == 0
        assert run.state.serving().role is Role.PRIMARY

    def test_a_group_is_waited_for(self) -> None:
        run = Machine(plans.plan(compute=(plans.FLEET,)))
        told = run.run("failover", forced=True)
        assert told["outcome"] == "succeeded", told
        assert reasons(told)["ScaleCompute"] == "group orders-web has 3 instances"
        assert run.looks["ScaleCompute"] > 0
        sizes = {name: region.groups["orders-web"] for name, region in run.aws.regions.items()}
        assert [(each["MinSize"], each["DesiredCapacity"], each["MaxSize"]) for each in sizes.values()] == [
            (0, 0, 6),
            (2, 3, 6),
        ]

    def test_a_group_that_is_larger_than_planned_is_let_be(self) -> None:
        run = Machine(plans.plan(compute=(plans.FLEET,)))
        run.aws.regions[AWAY].groups["orders-web"] |= {
            "MinSize": 2,
            "DesiredCapacity": 5,
            "Instances": [{"LifecycleState": "InService"}] * 5,
        }
        told = run.run("failover", forced=True)
        assert outcomes(told)["ScaleCompute"] == "skipped"
        assert run.aws.regions[AWAY].groups["orders-web"]["DesiredCapacity"] == 5


class TestFrontDoor:
    @pytest.mark.parametrize(
        ("url", "text"),
        [
            ("https://switch.example.org/health", '{"region": "us-east-1"}'),
            (f"{URLS[Role.PRIMARY]}/health", "fine"),
        ],
    )
    def test_as_long_as_the_other_region_answers_the_traffic_has_not_arrived(self, url: str, text: str) -> None:
        """By what it says of itself, or by where the request was sent on to."""
        run, usual = Machine(plans.plan()), Machine.ask
        run.ask = lambda asked: (  # type: ignore[method-assign, assignment] # for this test
            Answer(status=200, url=url, text=text) if "switch" in asked else usual(run, asked)
        )
        told = run.run("failover", forced=True)
        assert told["reason"].startswith(
            "VerifyFrontDoor: not within 300 s: https://switch.example.org is still answered by the primary Region; "
        )
        assert run.state.serving().role is Role.RECOVERY


class TestGateway:
    @pytest.fixture
    def stubber(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
        client = boto3.session.Session("test", "test", region_name=AWAY).client("lambda")
        monkeypatch.setattr(Aws, "_client", lambda _self, _service, _region: client)
        with Stubber(client) as stubber:
            yield stubber

    def call(self) -> dict[str, Any]:
        return Aws(AWAY).call("lambda", AWAY, "get_function_concurrency", FunctionName="orders-api")

    def test_a_refusal_is_told_with_its_code(self, stubber: Stubber) -> None:
        stubber.add_client_error("get_function_concurrency", "TooManyRequestsException", "slow down", 429)
        with pytest.raises(
            AwsError, match=r"^GetFunctionConcurrency in us-west-2: TooManyRequestsException: slow down$"
        ) as told:
            self.call()
        assert not isinstance(told.value, LostError)

    def test_an_error_of_the_service_may_be_a_lost_region(self, stubber: Stubber) -> None:
        stubber.add_client_error("get_function_concurrency", "ServiceUnavailable", "gone", 503)
        with pytest.raises(LostError):
            self.call()

    def test_no_answer_is_a_lost_region(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Silent:
            def get_function_concurrency(self, **_: object) -> None:
                raise ConnectTimeoutError(endpoint_url="https://lambda")

        monkeypatch.setattr(Aws, "_client", lambda *_: Silent())
        with pytest.raises(LostError, match=r"^get_function_concurrency in us-west-2: ConnectTimeoutError$"):
            self.call()

    def test_the_other_region_is_not_waited_for(self) -> None:
        aws = Aws(AWAY)
        own, other = (aws._client("lambda", region).meta.config for region in (AWAY, HOME))
        assert (own.retries["total_max_attempts"], other.retries["total_max_attempts"]) == (3, 1)
        assert other.connect_timeout + other.read_timeout <= 6


class TestAsking:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response({"/moved": 307, "/down": 503}.get(self.path, 200))
                if self.path == "/moved":
                    self.send_header("Location", "/health")
                self.end_headers()
                self.wfile.write(b'{"region": "us-west-2"}')

            def log_message(self, format: str, *args: object) -> None:
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    def test_where_it_is_sent_on_to_is_told(self, url: str) -> None:
        answer = ask(f"{url}/moved")
        assert (answer.status, answer.url, answer.text) == (200, f"{url}/health", '{"region": "us-west-2"}')

    def test_a_failure_is_an_answer(self, url: str) -> None:
        answer = ask(f"{url}/down")
        assert (answer.status, answer.text) == (503, "HTTP 503")

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nothing"])
    def test_no_answer_is_told_as_well(self, url: str) -> None:
        answer = ask(url)
        assert answer.status == 0
        assert answer.text.startswith("no answer (")


class TestWords:
    @pytest.mark.parametrize(
        ("error", "words"),
        [
            ({"Error": "StepFailedError", "Cause": '{"errorType": "StepFailedError", "errorMessage": "no"}'}, "no"),
            ({"Error": "KeyError", "Cause": '{"errorType": "KeyError", "errorMessage": "x"}'}, "KeyError: x"),
            ({"Error": "States.Timeout", "Cause": ""}, "the function did not answer in time"),
            ({"Error": "Refused", "Cause": "refused by Bob"}, "refused by Bob"),
            ({"Error": "Lambda.Unknown", "Cause": ""}, "Lambda.Unknown"),
            ({"Error": "X", "Cause": "[1]"}, "[1]"),
            (None, "unknown error"),
        ],
    )
    def test_an_error_is_told_in_words(self, error: dict[str, str] | None, words: str) -> None:
        assert told(error, step="ScaleCompute") == words

    def test_an_approval_that_did_not_come(self) -> None:
        assert told({"Error": "States.Timeout", "Cause": ""}, step="Approve") == "nobody has approved it in time"

    def test_of_several_parts_only_those_that_are_waited_for_are_told(self) -> None:
        parts = [Progress(reason="a is done"), waiting("b is not")]
        assert all_of(parts) == Progress(done=False, reason="b is not")
        assert all_of([skipped("a"), skipped("b")]) == Progress(skipped=True, reason="a; b")
        assert all_of([skipped("a"), Progress(reason="b")]) == Progress(reason="a; b")


def test_lambdas_entry_point_takes_a_step(monkeypatch: pytest.MonkeyPatch, context: LambdaContext) -> None:
    run = Machine(plans.plan())
    monkeypatch.setattr(handler, "_state", lambda _table, _region: run.state)
    monkeypatch.setattr(handler, "_aws", lambda _region: run.aws)
    monkeypatch.setattr(gateway, "urlopen", None)
    monkeypatch.setenv("STATE_TABLE", "orders-recovery-state")
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:machine")
    event = {
        "step": {"name": "Readiness", "title": "Check", "timeout_seconds": 60, "look_seconds": 5},
        "run": {
            "execution": "mine",
            "mode": "readiness",
            "forced": False,
            "reason": "",
            "started": "2026-01-01T12:00:00.000Z",
        },
        "plan": {**run.plan.to_json(), "front_door": "https://switch.example.org"},
        "failed_step": "",
        "error": {},
    }
    told = handler.handle(event, context)
    assert told == {"done": True, "reason": "the recovery Region could take over", "wait_seconds": 5}
    steps = (run.state.run("mine") or {})["steps"]
    assert isinstance(steps, list)
    assert [(step["name"], step["title"], step["outcome"]) for step in steps] == [("Readiness", "Check", "done")]


def test_the_age_of_the_last_drill_is_counted_from_when_it_is_first_looked_for(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Machine(plans.plan())
    monkeypatch.setattr(handler, "_state", lambda _table, _region: run.state)
    monkeypatch.setenv("STATE_TABLE", "orders-recovery-state")
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:machine")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AwsPatterns/Recovery")
    given = {"execution": "-", "mode": "drill", "forced": False, "reason": "", "started": "1970-01-01T00:00:00.000Z"}
    step = {"name": "MeasureDrillAge", "title": "Age", "timeout_seconds": 0, "look_seconds": 0}
    event = {"step": step, "run": given, "plan": run.plan.to_json()}
    assert handler.handle(event, context)["days"] == pytest.approx(0, abs=0.01)
    run.state.put("run#last successful drill", {"ended": "2020-01-01T00:00:00.000Z"})
    assert handler.handle(event, context)["days"] > 365
    assert '"DaysSinceSuccessfulDrill"' in capsys.readouterr().out
