"""The runbook by the real ``cdk deploy``: failover, failback and drills, and what goes wrong on such days."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from local_aws.project import REGION
from recovery_state.logic import Role
from tests.local import crates
from tests.local.parcels import NAME, RUNBOOKS, Parcels
from tests.local.programs import eventually
from tests.local.two_regions import AWAY, FULL, STANDBY, two_regions

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

AS_ON_OTHER_DAYS = {Role.PRIMARY: FULL, Role.RECOVERY: STANDBY}
MOVED = {Role.PRIMARY: 0, Role.RECOVERY: FULL}
FAILOVER = [
    "FencePrimary",
    "PromoteData",
    "ScaleCompute",
    "WaitForHealth",
    "KeepPrimaryFenced",
    "MoveTraffic",
    "VerifyFrontDoor",
]


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parcels]:
    """Where policies are enforced: each function may do what it does."""
    aws, folder = session_aws_enforcing_iam, tmp_path_factory.mktemp(NAME)
    with two_regions(aws, project, folder, name=NAME, more=RUNBOOKS) as outputs:
        yield Parcels(aws, outputs["SwitchUrl"])


@pytest.fixture
def parcels(deployed: Parcels) -> Iterator[Parcels]:
    """As on other days, before and after."""
    yield deployed
    deployed.aws.reconnect()
    deployed.aws.clear_faults()
    state = deployed.state()
    if lock := state.lock():
        state.release_lock(lock.execution)
    state.remove("serving")
    assert not lock, "every run gives its lock back"
    for mode in ("failover", "failback"):
        state.remove(f"run#last {mode}")
    for role, concurrency in AS_ON_OTHER_DAYS.items():
        deployed.scale(role, concurrency)


@pytest.fixture
def id() -> str:
    """Of an order that no other test knows."""
    return f"parcel-{uuid4().hex[:8]}"


def names(told: dict[str, Any]) -> list[str]:
    return [step["name"] for step in told["steps"]]


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in told["steps"]}


def test_a_lost_region_is_left_and_come_back_to_and_nothing_is_lost(parcels: Parcels, id: str) -> None:
    before, during = f"{id}-before", f"{id}-during"
    assert parcels.put(before) == REGION
    eventually(lambda: parcels.has(before, Role.RECOVERY), f"{before} in the recovery Region")
    parcels.aws.lose(REGION)
    over = parcels.run("failover")
    assert (over["outcome"], over["reason"]) == ("succeeded", "a bad day")
    assert names(over) == FAILOVER
    assert outcomes(over)["FencePrimary"] == "skipped"
    assert parcels.served_by() == AWAY
    assert parcels.has(before)
    assert parcels.put(during) == AWAY
    assert 0 < over["measured"]["recovery_time_seconds"] < over["objective"]["recovery_time_seconds"]
    parcels.aws.reconnect()
    back = parcels.run("failback")
    assert back["outcome"] == "succeeded", back
    assert outcomes(back)["WaitForData"] == "done"
    assert parcels.served_by() == REGION
    assert parcels.concurrency() == AS_ON_OTHER_DAYS
    assert parcels.has(before)
    assert parcels.has(during)


def test_a_drill_is_not_noticed_by_users(parcels: Parcels) -> None:
    seen, ended = [], threading.Event()

    def use() -> None:
        while not ended.is_set():
            seen.append(parcels.served_by())

    users = threading.Thread(target=use)
    users.start()
    try:
        told = parcels.run("drill")
    finally:
        ended.set()
        users.join()
    assert told["outcome"] == "succeeded", told
    assert outcomes(told)["ScaleCompute"] == "done"
    assert set(seen) == {REGION}
    assert parcels.state().get("serving") is None
    assert parcels.concurrency() == AS_ON_OTHER_DAYS
    measured = told["measured"]["recovery_time_seconds"]
    assert 0 < measured < told["objective"]["recovery_time_seconds"]

    def published() -> bool:
        now = datetime.now(UTC)
        found = parcels.aws.clients_in(AWAY)("cloudwatch").get_metric_statistics(
            Namespace="AwsPatterns/Recovery",
            MetricName="RecoveryTime",
            Dimensions=[{"Name": "Workload", "Value": NAME}, {"Name": "service", "Value": "recovery_runbook"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Maximum"],
        )["Datapoints"]
        return bool(found) and max(point["Maximum"] for point in found) >= measured

    eventually(published, "recovery time in CloudWatch")


def test_readiness_says_all_that_is_missing(parcels: Parcels) -> None:
    assert parcels.run("readiness")["outcome"] == "succeeded"
    url = parcels.state().endpoint(Role.RECOVERY)
    assert url
    parcels.scale(Role.RECOVERY, 0)
    parcels.state().remove("endpoint#recovery")
    try:
        told = parcels.run("readiness")
    finally:
        parcels.state().register(Role.RECOVERY, url)
    assert (told["outcome"], told["reason"]) == (
        "stopped",
        "Readiness: the recovery Region has not registered its endpoint; "
        f"function {NAME}-api has a concurrency of 0 instead of {STANDBY}; "
        "the traffic has stayed with the primary Region",
    )


def test_a_healthy_primary_is_left_only_if_it_must_be(parcels: Parcels) -> None:
    told = parcels.run("failover")
    assert told["outcome"] == "refused"
    assert "the primary Region is healthy" in told["reason"]
    assert parcels.served_by() == REGION
    assert parcels.run("failover", forced=True)["outcome"] == "succeeded"
    assert (parcels.served_by(), parcels.concurrency()) == (AWAY, MOVED)


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("dynamodb", "PutItem"),
        ("dynamodb", "TransactWriteItems"),
        ("lambda", "GetFunctionConcurrency"),
        ("lambda", "PutFunctionConcurrency"),
        ("sns", "Publish"),
    ],
)
def test_a_call_that_fails_once_is_made_again(parcels: Parcels, service: str, action: str) -> None:
    parcels.aws.inject_fault(service, action, "TryAgainException", times=1)
    assert parcels.run("failover", forced=True)["outcome"] == "succeeded"
    assert (parcels.served_by(), parcels.concurrency()) == (AWAY, MOVED)


def test_a_step_that_fails_for_good_leaves_nothing_half_moved(parcels: Parcels) -> None:
    parcels.aws.inject_fault("dynamodb", "TransactWriteItems", "OutOfOrderException")
    told = parcels.run("failover", forced=True)
    assert told["outcome"] == "stopped"
    assert told["reason"] == (
        "MoveTraffic: StateError: TransactWriteItems of the recovery's state: OutOfOrderException; "
        "the traffic has stayed with the primary Region"
    )
    assert (parcels.served_by(), parcels.concurrency()) == (REGION, AS_ON_OTHER_DAYS)
    parcels.aws.clear_faults()
    assert parcels.run("failover", forced=True)["outcome"] == "succeeded"
    assert (parcels.served_by(), parcels.concurrency()) == (AWAY, MOVED)


def test_of_two_runs_that_are_started_together_one_is_refused(parcels: Parcels) -> None:
    started = [parcels.start("failover", forced=True) for _ in range(2)]
    told = [parcels.ended(arn) for arn in started]
    assert sorted(each["outcome"] for each in told) == ["refused", "succeeded"]
    (refused,) = (each for each in told if each["outcome"] == "refused")
    assert "has been under way since" in refused["reason"]
    assert (parcels.served_by(), parcels.concurrency()) == (AWAY, MOVED)


def test_a_primary_that_comes_back_in_the_middle_is_fenced_before_the_traffic_moves(parcels: Parcels) -> None:
    url = parcels.state().endpoint(Role.RECOVERY)
    assert url
    parcels.state().register(Role.RECOVERY, "http://127.0.0.1:9")
    parcels.aws.lose(REGION)
    try:
        run = parcels.start("failover")
        parcels.reaches(run, "WaitForHealth")
        parcels.aws.reconnect()
    finally:
        parcels.state().register(Role.RECOVERY, url)
    told = parcels.ended(run)
    assert told["outcome"] == "succeeded", told
    assert (outcomes(told)["FencePrimary"], outcomes(told)["KeepPrimaryFenced"]) == ("skipped", "done")
    assert (parcels.served_by(), parcels.concurrency()) == (AWAY, MOVED)


def test_a_run_that_is_ended_from_outside_is_gone_on_with(parcels: Parcels) -> None:
    url = parcels.state().endpoint(Role.RECOVERY)
    assert url
    parcels.state().register(Role.RECOVERY, "http://127.0.0.1:9")
    run = parcels.start("failover", forced=True)
    try:
        parcels.reaches(run, "WaitForHealth")
        parcels.aws.clients_in(AWAY)("stepfunctions").stop_execution(executionArn=run)
    finally:
        parcels.state().register(Role.RECOVERY, url)
    assert parcels.concurrency() == MOVED
    assert parcels.run("failover", forced=True)["outcome"] == "succeeded"
    assert (parcels.served_by(), parcels.concurrency()) == (AWAY, MOVED)


@pytest.fixture(scope="module")
def with_databases(deployed: Parcels) -> Iterator[Parcels]:
    """Another workload, with what has no data plane here: a fleet, a global cluster and a read replica."""
    made = crates.make(deployed.aws)
    found = Parcels(deployed.aws, deployed.switch, "crates")
    found.state().register(Role.RECOVERY, deployed.switch)
    yield found
    made.close()


class TestDatabasesAndFleets:
    """Their calls, in both Regions, and what they change of the state: nothing more is behind them here."""

    def test_they_are_promoted_and_scaled_when_somebody_has_approved(self, with_databases: Parcels) -> None:
        run = with_databases.start("failover", forced=True)
        with_databases.decides(run, approved=True)
        told = with_databases.ended(run)
        assert told["outcome"] == "succeeded", told
        reasons = {step["name"]: step["reason"] for step in told["steps"]}
        assert reasons["Approve"] == "approved by Ada"
        assert reasons["PromoteData"] == "crates-recovery is the writer of crates; crates-db-replica is promoted"
        assert crates.writer(with_databases.aws) == "crates-recovery"
        assert crates.source(with_databases.aws) == ""
        assert crates.sizes(with_databases.aws) == {Role.PRIMARY: (0, 0, 4), Role.RECOVERY: (1, 2, 4)}

    def test_refused_nothing_is_touched(self, with_databases: Parcels) -> None:
        aws = with_databases.aws
        before = crates.writer(aws), crates.source(aws), crates.sizes(aws)
        with_databases.state().remove("serving")
        run = with_databases.start("failover", forced=True)
        with_databases.decides(run, approved=False)
        told = with_databases.ended(run)
        assert (told["outcome"], outcomes(told)) == ("stopped", {"Approve": "failed"})
        assert told["reason"] == "Approve: refused by Ada; the traffic has stayed with the primary Region"
        assert (crates.writer(aws), crates.source(aws), crates.sizes(aws)) == before


def test_the_days_since_the_last_drill_are_counted(parcels: Parcels) -> None:
    parcels.state().put("run#last successful drill", {"ended": "2026-01-01T00:00:00.000Z"})
    schedules = parcels.aws.clients_in(AWAY)("scheduler")
    names = [each["Name"] for each in schedules.list_schedules()["Schedules"] if "RunbookDrillAge" in each["Name"]]  # type: ignore[attr-defined] # a client without types
    target = schedules.get_schedule(Name=names[0])["Target"]  # type: ignore[attr-defined] # a client without types
    answer = parcels.aws.clients_in(AWAY)("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"])
    assert json.load(answer["Payload"])["days"] > 300
    eventually(lambda: alarm(parcels) == "ALARM", "alarm")
    assert parcels.run("drill")["outcome"] == "succeeded"
    answer = parcels.aws.clients_in(AWAY)("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"])
    assert json.load(answer["Payload"])["days"] < 1


def alarm(parcels: Parcels) -> str:
    alarms = parcels.aws.clients_in(AWAY)("cloudwatch").describe_alarms()["MetricAlarms"]
    (found,) = (
        each
        for each in alarms
        if each.get("MetricName") == "DaysSinceSuccessfulDrill"
        and {"Name": "Workload", "Value": NAME} in each["Dimensions"]
    )
    return found["StateValue"]
