"""The watch by the real ``cdk deploy``: it sees the loss of a Region, measures replication, and holds the fence."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.project import REGION
from recovery_state.gateway import StateTable
from recovery_state.logic import HEARTBEAT, SERVING, WATCH, Lock, Role, Serving
from tests.local import two_regions
from tests.local.programs import eventually
from tests.local.two_regions import AWAY, FULL

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

NAME = "pallets"
# Schedules fire in real minutes, and are looked at every ten seconds.
SCHEDULE_SECONDS = 90
WATCH_APP = """
from aws_patterns.disaster_recovery.runbook.recovery_watch import RecoveryWatch

watch = RecoveryWatch(recovery, "Watch", plan=plan, state=state, failures=1, **gone)
cdk.CfnOutput(recovery, "WatchName", value=watch.function.function_name)
cdk.CfnOutput(recovery, "ScheduleName", value=watch.schedule.schedule_name)
cdk.CfnOutput(recovery, "AlarmName", value=watch.alarms["PrimaryUnhealthy"].alarm_name)
"""


@dataclass(frozen=True, slots=True)
class Pallets:
    """Both Regions, deployed.

    Attributes:
        aws: Where.
        outputs: Of the stacks.
    """

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def state(self) -> StateTable:
        return two_regions.state_of(self.aws, NAME)

    def look(self) -> dict[str, Any]:
        """Let the watch look now, as its schedule does every minute; what it has written down."""
        schedules: Any = self.aws.clients_in(AWAY)("scheduler")
        told = schedules.get_schedule(Name=self.outputs["ScheduleName"])["Target"]["Input"]
        answer = self.aws.clients_in(AWAY)("lambda").invoke(FunctionName=self.outputs["WatchName"], Payload=told)
        assert "FunctionError" not in answer, answer["Payload"].read()
        answer["Payload"].read()
        return dict(self.state().get(WATCH) or {})

    def heartbeat(self) -> dict[str, Any]:
        return dict(self.state().get(HEARTBEAT) or {})

    def concurrency(self) -> int:
        return two_regions.concurrency(self.aws, NAME, Role.PRIMARY)

    def scale(self, concurrency: int) -> None:
        two_regions.scale(self.aws, NAME, Role.PRIMARY, concurrency)

    def serve(self, role: Role) -> None:
        self.state().put(SERVING, Serving(role=role, since="", execution="test").values())

    def alarm(self) -> str:
        found = self.aws.clients_in(AWAY)("cloudwatch").describe_alarms(AlarmNames=[self.outputs["AlarmName"]])
        return found["MetricAlarms"][0]["StateValue"]


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pallets]:
    """Where policies are enforced: the watch may do what it does."""
    aws, folder = session_aws_enforcing_iam, tmp_path_factory.mktemp(NAME)
    with two_regions.two_regions(aws, project, folder, name=NAME, more=WATCH_APP) as outputs:
        made = Pallets(aws, outputs)
        eventually(lambda: made.look()["primary_healthy"] is True, "first answer of a function that has just been made")
        yield made


@pytest.fixture
def pallets(deployed: Pallets) -> Iterator[Pallets]:
    """As on other days, before and after."""
    yield deployed
    deployed.aws.reconnect()
    state = deployed.state()
    state.remove(SERVING)
    if lock := state.lock():
        state.release_lock(lock.execution)
    deployed.scale(FULL)


def test_a_healthy_primary_is_healthy_and_its_replication_is_measured(pallets: Pallets) -> None:
    seen = pallets.look()
    assert (seen["primary_healthy"], seen["serving"], seen["fenced"]) == (True, "primary", None)
    beat = pallets.heartbeat()
    assert beat["untold"] == {}
    assert 0 < beat["lag_seconds"] < 5
    assert len(beat["parts"]) == 2, "the table and the bucket"
    assert all(part["seen"] == part["sent"] for part in beat["parts"].values())


def test_heartbeats_pile_up_nowhere_and_users_do_not_see_them(pallets: Pallets) -> None:
    for _ in range(3):
        pallets.look()
    for bucket, region in zip(bucket_names(pallets), (REGION, AWAY), strict=True):
        s3 = pallets.aws.clients_in(region)("s3")
        versions = s3.list_object_versions(Bucket=bucket, Prefix="recovery-marker/").get("Versions", [])
        assert len(versions) == 1, bucket
    url = pallets.state().endpoint(Role.PRIMARY)
    answer = pallets.aws.http("GET", f"{url}/orders")
    assert (answer.status, answer.json()["orders"]) == (200, [])


def bucket_names(pallets: Pallets) -> tuple[str, str]:
    schedules: Any = pallets.aws.clients_in(AWAY)("scheduler")
    told = json.loads(schedules.get_schedule(Name=pallets.outputs["ScheduleName"])["Target"]["Input"])
    part = next(part for part in told["plan"]["data"] if part["kind"] == "two-way-bucket")
    return part["primary"], part["recovery"]


def test_replication_that_is_cut_off_is_further_and_further_behind(pallets: Pallets) -> None:
    pallets.look()
    pallets.aws.isolate(AWAY)
    pallets.look()
    first = pallets.heartbeat()["lag_seconds"]
    assert first > 5
    pallets.look()
    assert pallets.heartbeat()["lag_seconds"] > first
    pallets.aws.reconnect()
    pallets.look()
    assert pallets.heartbeat()["lag_seconds"] < 5


def test_the_loss_of_the_primary_is_told_and_what_was_known_is_kept(pallets: Pallets) -> None:
    pallets.look()
    eventually(lambda: pallets.alarm() == "OK", "quiet alarm")
    known = pallets.heartbeat()["lag_seconds"]
    pallets.aws.lose(REGION)
    seen = pallets.look()
    assert (seen["primary_healthy"], seen["failures"]) == (False, 1)
    assert "503" in seen["reason"]
    assert pallets.look()["failures"] == 2
    beat = pallets.heartbeat()
    assert beat["lag_seconds"] == known
    assert len(beat["untold"]) == 2
    eventually(lambda: pallets.alarm() == "ALARM", "alarm about the primary")
    pallets.aws.reconnect()
    assert pallets.look()["primary_healthy"] is True


def test_a_region_that_does_not_answer_at_all_is_given_up_soon(pallets: Pallets) -> None:
    pallets.look()
    pallets.serve(Role.RECOVERY)
    pallets.aws.lose(REGION, silent=True)
    seen = pallets.look()
    assert (seen["primary_healthy"], seen["fenced"]) == (False, False)


def test_a_former_primary_that_comes_back_is_fenced(pallets: Pallets) -> None:
    pallets.aws.lose(REGION)
    pallets.serve(Role.RECOVERY)
    assert pallets.look()["fenced"] is False
    pallets.aws.reconnect()
    assert pallets.concurrency() == FULL
    assert pallets.look()["fenced"] is True
    assert pallets.concurrency() == 0
    assert pallets.look()["primary_healthy"] is False, "it serves nobody any more"
    pallets.scale(FULL)
    pallets.look()
    assert pallets.concurrency() == 0


def test_a_failback_is_not_disturbed(pallets: Pallets) -> None:
    pallets.serve(Role.RECOVERY)
    pallets.state().take_lock(Lock(execution="back", mode="failback", since=""))
    assert pallets.look()["fenced"] is None
    assert pallets.concurrency() == FULL


def test_it_looks_by_itself(pallets: Pallets) -> None:
    before = pallets.look()["at"]
    end = time.monotonic() + SCHEDULE_SECONDS
    while (pallets.state().get(WATCH) or {})["at"] == before:
        assert time.monotonic() < end, "nobody has looked"
        time.sleep(0.2)
