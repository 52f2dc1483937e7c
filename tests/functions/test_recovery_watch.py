"""The watch sees an outage, knows how far replication is behind, and keeps a primary out that must not serve."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import recovery_watch.handler
from recovery_runbook.gateway import Answer, AwsError, LostError
from recovery_state.logic import HEARTBEAT, SERVING, WATCH, Lock, Role, Serving, written
from recovery_watch.gateway import Heart
from recovery_watch.logic import Beat, Look, Primary, metrics
from recovery_watch.looking import Watching
from tests.functions.runbook_aws import AWAY, HOME, NOON
from tests.functions.state_in_memory import InMemory
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from aws_patterns.disaster_recovery.plan import RecoveryPlan

Json = dict[str, Any]
URL = "https://home.example.org"


@dataclass
class TwoRegions:
    """Both, with what is replicated between them, and a clock that only waiting moves.

    Attributes:
        plan: Of the workload.
        delay: Of replication, in seconds; ``None``: nothing arrives.
        lost: Whether the primary Region is.
        answers: What the primary's endpoint says next; then 200.
        refuse: Raised instead of a call, by its operation.
        concurrency: Of the function in the primary Region.
    """

    plan: RecoveryPlan = field(default_factory=plans.plan)
    delay: float | None = 0.5
    lost: bool = False
    answers: list[int] = field(default_factory=list)
    refuse: dict[str, AwsError] = field(default_factory=dict)
    concurrency: int = 20
    now: datetime = NOON
    memory: InMemory = field(default_factory=InMemory)
    calls: list[tuple[str, str]] = field(default_factory=list)
    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    hash_type: str = "S"
    before: Callable[[str], object] = lambda _operation: None
    _on_the_way: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    _items: dict[str, Json] = field(default_factory=dict)
    _versions: int = 0

    def __post_init__(self) -> None:
        self.state = self.memory.table()
        self.state.register(Role.PRIMARY, URL)
        self.heart = Heart(self, primary=HOME, recovery=AWAY)  # type: ignore[arg-type] # as much of it as is used

    def look(self, *, heartbeats: bool = True) -> Look:
        return Watching(
            plan=self.plan.to_json(),
            heartbeats=heartbeats,
            state=self.state,
            aws=self,  # type: ignore[arg-type] # as above
            heart=self.heart,
            ask=self.ask,
            now=lambda: self.now,
            wait=self.wait,
        ).look()

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def ask(self, url: str) -> Answer:
        assert url == f"{URL}/health"
        if self.lost:
            return Answer(status=0, url=url, text="no answer (timed out)")
        status = self.answers.pop(0) if self.answers else 200
        return Answer(status=status, url=url, text=f"HTTP {status}")

    def serve(self, role: Role) -> None:
        self.state.put(SERVING, Serving(role=role, since=written(self.now), execution="x").values())

    def call(self, service: str, region: str, operation: str, **given: Any) -> Json:
        if self.lost and region == HOME:
            raise LostError(operation, region, "ConnectTimeoutError", "")
        self.calls.append((region, operation))
        self.before(operation)
        if operation in self.refuse:
            raise self.refuse[operation]
        found: Json = getattr(self, f"_{service}_{operation}")(region, given)
        return found

    def _arrive(self, act: Callable[[], None]) -> None:
        if self.delay is not None:
            self._on_the_way.append((self.now + timedelta(seconds=self.delay), act))

    def _deliver(self) -> None:
        due = [each for each in self._on_the_way if each[0] <= self.now]
        self._on_the_way = [each for each in self._on_the_way if each[0] > self.now]
        for _, act in due:
            act()

    def _dynamodb_describe_table(self, region: str, given: Json) -> Json:
        assert (region, given) == (AWAY, {"TableName": "orders"})
        schema = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
        types = [
            {"AttributeName": "id", "AttributeType": self.hash_type},
            {"AttributeName": "at", "AttributeType": "N"},
        ]
        return {"Table": {"KeySchema": schema, "AttributeDefinitions": types}}

    def _dynamodb_put_item(self, region: str, given: Json) -> Json:
        assert region == HOME
        assert given["Item"]["id"] == {"S": "recovery-marker#heartbeat"}
        assert given["Item"]["at"] == {"N": "0"}
        self._arrive(lambda: self._items.update(orders=given["Item"]))
        return {}

    def _dynamodb_get_item(self, region: str, given: Json) -> Json:
        assert region == AWAY
        assert given["ConsistentRead"]
        self._deliver()
        return {"Item": self._items["orders"]} if "orders" in self._items else {}

    def _s3_put_object(self, region: str, given: Json) -> Json:
        assert (region, given["Bucket"]) == (HOME, plans.BUCKET.primary)
        self._versions += 1
        version, sent = f"v{self._versions}", given["Metadata"]["written"]
        self.objects.setdefault(given["Bucket"], {})[version] = sent
        self._arrive(lambda: self.objects.setdefault(plans.BUCKET.recovery, {}).update({f"r-{version}": sent}))
        return {"VersionId": version}

    def _s3_head_object(self, region: str, given: Json) -> Json:
        assert (region, given["Bucket"]) == (AWAY, plans.BUCKET.recovery)
        self._deliver()
        versions = self.objects.get(plans.BUCKET.recovery, {})
        if not versions:
            raise AwsError("HeadObject", region, "403", "Forbidden")
        version = list(versions)[-1]
        return {"VersionId": version, "Metadata": {"written": versions[version]}}

    def _s3_delete_object(self, _region: str, given: Json) -> Json:
        assert given["Key"] == "recovery-marker/heartbeat"
        del self.objects[given["Bucket"]][given["VersionId"]]
        return {}

    def _lambda_get_function_concurrency(self, region: str, given: Json) -> Json:
        assert (region, given["FunctionName"]) == (HOME, "orders-api")
        return {"ReservedConcurrentExecutions": self.concurrency}

    def _lambda_put_function_concurrency(self, region: str, given: Json) -> Json:
        assert region == HOME
        self.concurrency = given["ReservedConcurrentExecutions"]
        return {}


@pytest.fixture
def regions() -> TwoRegions:
    return TwoRegions()


def published(look: Look) -> dict[str, float]:
    return {name: value for name, _unit, value in metrics(look)}


class TestThePrimary:
    def test_that_answers_is_healthy(self, regions: TwoRegions) -> None:
        assert published(regions.look())["PrimaryUnhealthy"] == 0
        kept = regions.state.get(WATCH)
        assert kept is not None
        assert (kept["primary_healthy"], kept["failures"], kept["serving"]) == (True, 0, "primary")

    def test_may_lose_one_answer(self, regions: TwoRegions) -> None:
        regions.answers = [503]
        assert published(regions.look())["PrimaryUnhealthy"] == 0

    def test_that_does_not_answer_is_counted_since_when(self, regions: TwoRegions) -> None:
        regions.look()
        regions.wait(60)
        regions.lost = True
        began = written(regions.now)
        for failures in (1, 2, 3):
            assert published(regions.look())["PrimaryUnhealthy"] == 1
            kept = regions.state.get(WATCH)
            assert kept is not None
            assert (kept["failures"], kept["since"]) == (failures, began)
            assert kept["reason"] == f"{URL}/health: no answer (timed out)"
            regions.wait(60)
        regions.lost = False
        assert published(regions.look())["PrimaryUnhealthy"] == 0
        kept = regions.state.get(WATCH)
        assert kept is not None
        assert (kept["failures"], kept["since"]) == (0, written(kept_at(regions)))

    def test_that_has_not_registered_is_no_outage(self, regions: TwoRegions) -> None:
        regions.state.deregister(Role.PRIMARY, URL)
        look = regions.look()
        assert look.primary == Primary(healthy=None, reason="the primary Region has not registered its endpoint")
        assert published(look)["PrimaryUnhealthy"] == 0

    def test_is_not_missed_while_the_recovery_region_serves(self, regions: TwoRegions) -> None:
        regions.serve(Role.RECOVERY)
        regions.lost = True
        assert published(regions.look())["PrimaryUnhealthy"] == 0


def kept_at(regions: TwoRegions) -> datetime:
    kept = regions.state.get(WATCH)
    assert kept is not None
    return datetime.fromisoformat(str(kept["at"]))


class TestReplication:
    @pytest.mark.parametrize("delay", [0, 0.5, 3, 9])
    def test_is_measured_until_heartbeats_arrive(self, regions: TwoRegions, delay: float) -> None:
        regions.delay = delay
        look = regions.look()
        assert look.lag_seconds is not None
        assert delay <= look.lag_seconds < delay + 0.5
        assert published(look)["ReplicationLag"] == look.lag_seconds
        kept = regions.state.get(HEARTBEAT)
        assert kept is not None
        assert kept["lag_seconds"] == look.lag_seconds, "which the runbook reports as the recovery point"

    def test_that_has_stopped_is_further_behind_every_minute(self, regions: TwoRegions) -> None:
        regions.look()
        last_seen = regions.now
        regions.delay = None
        for _ in range(3):
            regions.wait(60)
            look = regions.look()
            assert look.lag_seconds is not None
            # What has arrived was written a moment before it did.
            assert abs(look.lag_seconds - (regions.now - last_seen).total_seconds()) < 1

    def test_that_never_began_is_behind_since_the_first_heartbeat(self, regions: TwoRegions) -> None:
        regions.delay = None
        began = regions.now
        regions.look()
        regions.wait(60)
        assert regions.look().lag_seconds == pytest.approx((regions.now - began).total_seconds(), abs=0.01)

    def test_slower_than_a_look_is_seen_by_a_later_one(self, regions: TwoRegions) -> None:
        regions.delay = 30
        for _ in range(3):
            regions.look()
            regions.wait(60 - (regions.now - NOON).total_seconds() % 60)
        look = regions.look()
        assert look.lag_seconds is not None
        # The last that has arrived is a minute old; the next one is on its way.
        assert 60 <= look.lag_seconds < 75

    def test_keeps_what_was_known_last_when_the_primary_is_lost(self, regions: TwoRegions) -> None:
        before = regions.look().lag_seconds
        regions.lost = True
        look = regions.look()
        assert look.lag_seconds == before
        assert set(look.untold) == {"orders", plans.BUCKET.primary}
        assert regions.calls.count((HOME, "put_item")) == 1, "the lost Region is asked once, not for every part"
        assert "ReplicationLag" not in published(look)
        assert published(look)["ReplicationUnknown"] == 0, "the outage is told of already"
        kept = regions.state.get(HEARTBEAT)
        assert kept is not None
        assert kept["lag_seconds"] == before

    def test_that_may_not_be_measured_is_unknown(self, regions: TwoRegions) -> None:
        regions.refuse = {"put_item": AwsError("PutItem", HOME, "AccessDeniedException", "no")}
        look = regions.look()
        assert look.untold == {"orders": "PutItem in us-east-1: AccessDeniedException: no"}
        assert published(look)["ReplicationUnknown"] == 1
        assert plans.BUCKET.primary in look.beats
        assert look.beats[plans.BUCKET.primary].lag_seconds is not None, "the other part is measured all the same"

    def test_that_may_not_be_looked_at_is_unknown(self, regions: TwoRegions) -> None:
        regions.refuse = {"get_item": AwsError("GetItem", AWAY, "AccessDeniedException", "no")}
        assert set(regions.look().untold) == {"orders"}

    def test_of_a_table_without_a_text_as_key_is_unknown(self, regions: TwoRegions) -> None:
        regions.hash_type = "N"
        assert regions.look().untold == {"orders": "table orders has a partition key that is no text"}

    def test_leaves_one_heartbeat_in_each_bucket(self, regions: TwoRegions) -> None:
        for _ in range(5):
            regions.look()
            regions.wait(60)
        assert {name: len(versions) for name, versions in regions.objects.items()} == {
            plans.BUCKET.primary: 1,
            plans.BUCKET.recovery: 1,
        }

    def test_of_locked_buckets_is_measured_too(self, regions: TwoRegions) -> None:
        regions.refuse = {"delete_object": AwsError("DeleteObject", HOME, "AccessDenied", "locked")}
        for _ in range(2):
            assert regions.look().untold == {}
            regions.wait(60)

    def test_is_not_measured_where_nobody_wants_it(self, regions: TwoRegions) -> None:
        regions.look(heartbeats=False)
        assert regions.state.get(HEARTBEAT) is None
        assert {operation for _, operation in regions.calls} == set()

    def test_is_not_measured_while_the_recovery_region_serves(self, regions: TwoRegions) -> None:
        before = regions.look().lag_seconds
        regions.calls.clear()
        regions.serve(Role.RECOVERY)
        look = regions.look()
        assert (HOME, "put_item") not in regions.calls
        kept = regions.state.get(HEARTBEAT)
        assert kept is not None
        assert kept["lag_seconds"] == before
        assert "ReplicationLag" not in published(look)

    @pytest.mark.parametrize("held", [None, "nonsense", {"parts": 3}, {"parts": {"orders": {"lag_seconds": "?"}}}])
    def test_bears_a_state_that_somebody_else_wrote(self, regions: TwoRegions, held: object) -> None:
        assert Beat.of(held) == Beat()
        if isinstance(held, dict):
            regions.state.put(HEARTBEAT, held)
        assert regions.look().lag_seconds is not None


class TestTheFence:
    def test_is_open_while_the_primary_serves(self, regions: TwoRegions) -> None:
        assert regions.look().fence.closed is None
        assert regions.concurrency == 20
        assert (HOME, "put_function_concurrency") not in regions.calls

    def test_is_closed_while_the_recovery_region_serves(self, regions: TwoRegions) -> None:
        regions.serve(Role.RECOVERY)
        regions.lost = True
        assert regions.look().fence.closed is False
        regions.lost = False
        assert regions.look().fence.closed is True
        assert regions.concurrency == 0
        regions.concurrency = 20
        regions.look()
        assert regions.concurrency == 0, "somebody has let it go on meanwhile"

    def test_is_left_alone_by_a_failback(self, regions: TwoRegions) -> None:
        regions.serve(Role.RECOVERY)
        regions.state.take_lock(Lock(execution="back", mode="failback", since=written(NOON)))
        assert regions.look().fence.closed is None
        assert regions.concurrency == 20

    def test_is_closed_during_a_drill(self, regions: TwoRegions) -> None:
        regions.serve(Role.RECOVERY)
        regions.state.take_lock(Lock(execution="d", mode="drill", since=written(NOON)))
        assert regions.look().fence.closed is True

    def test_is_opened_again_for_a_failback_that_begins_meanwhile(self, regions: TwoRegions) -> None:
        regions.serve(Role.RECOVERY)
        lock = Lock(execution="back", mode="failback", since=written(NOON))

        def begin(operation: str) -> None:
            if operation == "put_function_concurrency":
                regions.state.take_lock(lock)

        regions.before = begin
        look = regions.look()
        assert look.fence.closed is None
        assert look.fence.reason == "back brings the primary back"
        assert regions.concurrency == 20

    def test_that_does_not_hold_is_told_of_while_the_primary_serves(self, regions: TwoRegions) -> None:
        regions.serve(Role.RECOVERY)
        regions.refuse = {
            "put_function_concurrency": AwsError("PutFunctionConcurrency", HOME, "AccessDeniedException", "no")
        }
        look = regions.look()
        assert published(look)["BothServe"] == 1
        kept = regions.state.get(WATCH)
        assert kept is not None
        assert (kept["fenced"], kept["fence_reason"]) == (
            False,
            "PutFunctionConcurrency in us-east-1: AccessDeniedException: no",
        )
        regions.answers = [503, 503]
        assert published(regions.look())["BothServe"] == 0, "it does not serve, fenced or not"

    def test_is_none_where_there_is_nothing_to_scale(self) -> None:
        regions = TwoRegions(plan=plans.plan(compute=()))
        regions.serve(Role.RECOVERY)
        assert published(regions.look())["BothServe"] == 1


def test_the_function_publishes_what_it_has_seen(
    regions: TwoRegions,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STATE_TABLE", "orders-recovery-state")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AwsPatterns/Recovery")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "recovery_watch")
    # Powertools reads its settings when it is made.
    handler = importlib.reload(recovery_watch.handler)
    asked: list[Json] = []

    def watching(event: Json, environment: object) -> Watching:
        asked.append(event)
        assert environment
        plan = event["plan"]
        return Watching(
            plan=plan,
            heartbeats=event["heartbeats"],
            state=regions.state,
            aws=regions,  # type: ignore[arg-type] # as above
            heart=regions.heart,
            ask=regions.ask,
            now=lambda: regions.now,
            wait=regions.wait,
        )

    monkeypatch.setattr(handler, "watching", watching)
    event = {"plan": regions.plan.to_json(), "heartbeats": True}
    told = handler.handle(json.loads(json.dumps(event)), context)
    assert told["primary_healthy"] is True
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    (line,) = lines
    assert (line["Workload"], line["PrimaryUnhealthy"], line["BothServe"]) == ("orders", [0.0], [0.0])
    assert line["ReplicationLag"] == [told["lag_seconds"]]
    directive = line["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "AwsPatterns/Recovery"
    assert set(directive["Dimensions"][0]) == {"Workload", "service"}


def test_what_a_look_needs_comes_from_the_schedule_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", AWAY)
    made = recovery_watch.handler.watching(
        {"plan": plans.plan().to_json(), "heartbeats": False}, {"STATE_TABLE": "orders-recovery-state"}
    )
    assert made.plan["primary_region"] == HOME
    assert made.heartbeats is False
