"""A run does each step once whatever happens on the way, and when it can't go on nothing is left half-moved."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from recovery_runbook import handler
from recovery_runbook.gateway import LostError
from recovery_runbook.logic import Progress, StepFailedError, waiting
from recovery_runbook.run import last_item
from recovery_state.logic import Role, Serving, read, written
from tests.functions.runbook_aws import AWAY, HOME, NOON
from tests.functions.runbook_machine import URLS, Machine, interrupting, outcomes, reasons
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

if TYPE_CHECKING:
    from aws_patterns.disaster_recovery.plan import RecoveryPlan

PLANS: dict[str, RecoveryPlan] = {
    "table and bucket": plans.plan(),
    "fleet and Aurora": plans.plan(compute=(plans.FUNCTION, plans.FLEET), data=(plans.AURORA,)),
    "read replica": plans.plan(data=(plans.REPLICA,)),
    "backups": plans.backups(recovery_point_seconds=86_400),
}
# What begins with the primary serving; and a failback, for which it has to be lost and back.
MODES = ("readiness", "drill", "failover", "failback")
STANDBY = {Role.PRIMARY: 20, Role.RECOVERY: 2}
MOVED = {Role.PRIMARY: 0, Role.RECOVERY: 20}


def machine(plan: str, *, approval: bool = False) -> Machine:
    made = Machine(PLANS[plan], approval=approval)
    # Whoever gets the traffic must be the only one that writes, at any time.
    made.aws.watch = lambda: split_brain(made)
    return made


def split_brain(run: Machine) -> None:
    """Once users are in the recovery Region, the primary takes none of them; unless a failback is under way."""
    lock = run.state.lock()
    if run.state.serving().role is Role.RECOVERY and (lock is None or lock.mode == "failover"):
        assert run.aws.regions[HOME].lost or 0 in run.capacity().values()


def prepare(run: Machine, mode: str) -> None:
    """Let it be a day on which somebody starts that."""
    if mode == "failover":
        run.healthy[Role.PRIMARY] = False
    if mode == "failback":
        run.healthy[Role.PRIMARY] = False
        assert run.run("failover", "before")["outcome"] == "succeeded"
        run.healthy[Role.PRIMARY] = True
        replicate_anew(run)
        run.aws.calls.clear()
        run.metrics.clear()


def replicate_anew(run: Machine) -> None:
    """What a person has to do before a failback: the former primary becomes a replica."""
    source = "arn:aws:rds:us-west-2:111122223333:db:orders-db-replica"
    run.aws.regions[HOME].databases["orders-db"]["ReadReplicaSourceDBInstanceIdentifier"] = source


def every_step() -> list[tuple[str, str, str]]:
    return [(plan, mode, step) for plan in PLANS for mode in MODES for step in [*machine(plan).steps(mode), "Finish"]]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("mode", MODES)
class TestWhenAllGoesWell:
    def test_it_succeeds(self, plan: str, mode: str) -> None:
        run = machine(plan)
        prepare(run, mode)
        told = run.run(mode)
        assert (told["outcome"], told["reason"]) == ("succeeded", "a bad day")
        assert [step["name"] for step in told["steps"]] == run.steps(mode)
        assert run.state.lock() is None
        moved = mode == "failover"
        assert run.state.serving().role is (Role.RECOVERY if moved else Role.PRIMARY)
        assert run.capacity()[Role.PRIMARY] == (0 if moved else 20)
        if plan != "backups":
            assert run.capacity() == (MOVED if moved else STANDBY)

    def test_its_steps_follow_each_other(self, plan: str, mode: str) -> None:
        run = machine(plan)
        prepare(run, mode)
        told = run.run(mode)
        times = [time for step in told["steps"] for time in (step["started"], step["ended"])]
        assert times == sorted(times)
        assert [told["started"], *times, told["ended"]] == sorted([told["started"], *times, told["ended"]])

    def test_whoever_asks_is_told(self, plan: str, mode: str) -> None:
        run = machine(plan)
        prepare(run, mode)
        run.aws.told.clear()
        run.run(mode)
        assert [subject for subject, _ in run.aws.told] == [f"orders: {mode} succeeded"]
        assert ("RunsSucceeded", 1.0) in run.metrics


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("plan", "mode", "step"), every_step())
def test_a_step_that_fails_once_is_taken_again(plan: str, mode: str, step: str, when: str) -> None:
    """Whether it did nothing, or all and could not say so."""
    expected = machine(plan)
    prepare(expected, mode)
    usual = expected.run(mode)
    run = machine(plan)
    prepare(run, mode)
    run.interrupt = interrupting(step, when, times=1)
    told = run.run(mode)
    assert told["outcome"] == "succeeded", told
    assert [each["name"] for each in told["steps"]] == [each["name"] for each in usual["steps"]]
    assert run.capacity() == expected.capacity()
    assert run.state.serving().role is expected.state.serving().role
    assert Counter(run.aws.changes(AWAY)) - Counter(["publish"] * 2) <= Counter(expected.aws.changes(AWAY)) + Counter(
        # Asked for a second time they change nothing.
        update_continuous_backups=1,
        delete_table=1,
        delete_item=5,
        delete_object=2,
    )


@pytest.mark.parametrize(("plan", "mode", "step"), [each for each in every_step() if each[2] != "Finish"])
def test_a_step_that_fails_for_good_stops_safely_and_a_later_start_goes_on(plan: str, mode: str, step: str) -> None:
    run = machine(plan)
    prepare(run, mode)
    run.interrupt = interrupting(step, "before")
    told = run.run(mode, "first")
    assert told["outcome"] == "stopped"
    assert told["reason"].startswith(f"{step}: InterruptedError: cut off; ")
    assert outcomes(told)[step] == "failed"
    assert run.state.lock() is None
    assert ("RunsStopped", 1.0) in run.metrics
    nothing_is_half_moved(run, plan, mode)
    run.interrupt = lambda _step, _when: None
    told = run.run(mode, "second")
    assert told["outcome"] == "succeeded", told
    expected = machine(plan)
    prepare(expected, mode)
    expected.run(mode)
    assert run.state.serving().role is expected.state.serving().role
    assert run.capacity() == expected.capacity()


def nothing_is_half_moved(run: Machine, plan: str, mode: str) -> None:
    """Whoever gets the traffic can serve it; or data is promoted, which is said, and then nobody else writes."""
    told = run.state.run("first") or {}
    facts = told["facts"]
    assert isinstance(facts, dict)
    serving = run.state.serving().role
    capacity = run.capacity()
    if facts.get("promoted") and serving is not (Role.RECOVERY if mode == "failover" else Role.PRIMARY):
        assert "data is promoted, which can't be undone" in str(told["reason"])
        assert capacity[serving] == 0
        return
    assert capacity[serving] == 20, (serving, capacity)
    if serving is Role.RECOVERY:
        assert capacity[Role.PRIMARY] == 0
    elif plan != "backups" and mode != "failback":
        assert capacity == STANDBY
    elif mode != "failback":
        assert run.aws.regions[AWAY].stack["WorkloadRunning"] == "no"
        assert run.aws.regions[AWAY].stack["RestoredOrdersName"] == "orders"


class TestFailover:
    def test_a_healthy_primary_is_not_left(self) -> None:
        run = machine("table and bucket")
        told = run.run("failover")
        assert (told["outcome"], told["reason"]) == (
            "refused",
            "the primary Region is healthy: to leave it all the same, start the failover with forced",
        )
        assert run.capacity() == STANDBY
        assert run.state.lock() is None
        assert ("RunsRefused", 1.0) in run.metrics

    def test_forced_it_is(self) -> None:
        run = machine("table and bucket")
        assert run.run("failover", forced=True)["outcome"] == "succeeded"
        assert run.capacity() == MOVED

    def test_one_good_answer_is_enough_to_be_healthy(self) -> None:
        run = machine("table and bucket")
        answers = iter([False, False, True])
        ask = run.ask
        run.ask = lambda url: (run.healthy.update({Role.PRIMARY: next(answers, True)}), ask(url))[1]  # type: ignore[method-assign] # for this test
        assert run.run("failover")["outcome"] == "refused"

    def test_a_primary_that_has_registered_nothing_is_not_taken_for_lost(self) -> None:
        run = machine("table and bucket")
        run.state.remove("endpoint#primary")
        assert run.run("failover")["outcome"] == "refused"

    def test_a_lost_region_is_not_waited_for(self) -> None:
        run = machine("table and bucket")
        run.aws.regions[HOME].lost = True
        told = run.run("failover")
        assert told["outcome"] == "succeeded"
        assert outcomes(told)["FencePrimary"] == "skipped"
        assert reasons(told)["FencePrimary"] == (
            "the primary does not serve, and can't be fenced: "
            "get_function_concurrency in us-east-1: ServiceUnavailable: us-east-1 is lost"
        )
        assert run.capacity()[Role.RECOVERY] == 20

    def test_a_primary_that_comes_back_meanwhile_is_fenced_before_the_traffic_moves(self) -> None:
        run = machine("table and bucket")
        run.aws.regions[HOME].lost = True

        def back(step: str, when: str) -> None:
            if (step, when) == ("WaitForHealth", "after"):
                run.aws.regions[HOME].lost = False

        run.interrupt = back
        told = run.run("failover")
        assert outcomes(told)["KeepPrimaryFenced"] == "done"
        assert run.capacity() == MOVED

    def test_a_primary_that_comes_back_and_can_not_be_fenced_keeps_the_traffic(self) -> None:
        run = machine("table and bucket")
        run.aws.regions[HOME].lost = True

        def back(step: str, when: str) -> None:
            if (step, when) == ("WaitForHealth", "after"):
                run.aws.regions[HOME].lost = False
            if (step, when) == ("KeepPrimaryFenced", "before"):
                run.aws.refuse["put_function_concurrency"] = [LostError("put", HOME, "Busy", "")]

        run.interrupt = back
        told = run.run("failover")
        assert told["outcome"] == "stopped"
        assert told["reason"].startswith(
            "KeepPrimaryFenced: not within 60 s: the primary still serves and can't be fenced, both Regions would: "
        )
        assert run.state.serving().role is Role.PRIMARY
        assert run.capacity() == STANDBY

    def test_the_writer_is_switched_without_loss_where_the_primary_is_well(self) -> None:
        run = machine("fleet and Aurora")
        assert run.run("failover", forced=True)["outcome"] == "succeeded"
        assert (HOME, "switchover_global_cluster") in run.aws.calls
        assert run.aws.writer == AWAY

    def test_the_writer_is_failed_over_where_it_is_not(self) -> None:
        run = machine("fleet and Aurora")
        run.aws.regions[HOME].lost = True
        run.aws.lag = 1.5
        told = run.run("failover")
        assert (AWAY, "failover_global_cluster") in run.aws.calls
        assert run.aws.writer == AWAY
        assert told["measured"]["recovery_point_seconds"] == 1.5

    @pytest.mark.parametrize("plan", ["fleet and Aurora", "read replica"])
    def test_after_data_is_promoted_nobody_writes_where_it_was(self, plan: str) -> None:
        run = machine(plan)
        run.interrupt = interrupting("WaitForHealth", "before")
        told = run.run("failover", forced=True)
        assert told["reason"] == (
            "WaitForHealth: InterruptedError: cut off; data is promoted, which can't be undone: the Region that was "
            "left stays fenced; start the failover again to go on"
        )
        assert run.capacity() == MOVED
        run.interrupt = lambda _step, _when: None
        told = run.run("failover", forced=True)
        assert told["outcome"] == "succeeded"
        asked = Counter(operation for _, operation in run.aws.calls)
        assert asked["switchover_global_cluster"] + asked["promote_read_replica"] == 1

    def test_it_is_refused_when_it_was_done(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failover")
        run.run("failover")
        since = run.state.serving().since
        told = run.run("failover")
        assert (told["outcome"], told["reason"]) == (
            "refused",
            f"the recovery Region serves already, since {since}",
        )

    def test_its_time_is_counted_from_the_loss(self) -> None:
        run = machine("table and bucket")
        run.aws.regions[HOME].lost = True
        run.state.put("watch", {"primary_healthy": False, "since": "2026-01-01T11:55:00.000Z"})
        told = run.run("failover")
        assert 300 < told["measured"]["recovery_time_seconds"] < 310
        assert ("RecoveryTime", told["measured"]["recovery_time_seconds"]) in run.metrics

    def test_what_is_lost_is_what_was_written_after_the_last_heartbeat_that_arrived(self) -> None:
        run = machine("table and bucket")
        run.aws.regions[HOME].lost = True
        run.state.put("watch", {"primary_healthy": False, "since": "2026-01-01T11:55:00.000Z"})
        table = {"seen": "2026-01-01T11:54:58.500Z", "lag_seconds": 0.2}
        bucket = {"seen": "2026-01-01T11:54:30.000Z", "lag_seconds": 3.0}
        run.state.put("heartbeat", {"parts": {"orders": table, "orders-documents-primary": bucket}})
        told = run.run("failover")
        assert told["measured"]["recovery_point_seconds"] == 30.0
        assert ("RecoveryPoint", 30.0) in run.metrics

    def test_a_primary_that_was_taken_for_lost_too_early_has_gone_on_writing(self) -> None:
        """It answered too late, once: what it wrote then has arrived."""
        run = machine("table and bucket")
        run.aws.regions[HOME].lost = True
        run.state.put("watch", {"primary_healthy": False, "since": "2026-01-01T11:50:00.000Z"})
        run.state.put("heartbeat", {"parts": {"orders": {"seen": "2026-01-01T11:59:55.000Z", "lag_seconds": 0.2}}})
        assert run.run("failover")["measured"]["recovery_point_seconds"] == 5.0

    def test_as_long_as_nothing_is_lost_it_is_how_late_replication_is(self) -> None:
        run = machine("table and bucket")
        run.state.put("heartbeat", {"parts": {"orders": {"seen": "2026-01-01T11:00:00.000Z", "lag_seconds": 0.25}}})
        assert run.run("failover", forced=True)["measured"]["recovery_point_seconds"] == 0.25

    @pytest.mark.parametrize(("minutes", "seconds"), [(4, 240.0), (6, None)])
    def test_before_the_watch_has_looked_it_is_what_was_written_since_the_deployment(
        self, minutes: int, seconds: float | None
    ) -> None:
        """Within its first minutes: after that the watch is silent, and nobody knows."""
        run = machine("table and bucket")
        run.state.register(Role.PRIMARY, URLS[Role.PRIMARY], written(run.now - timedelta(minutes=minutes)))
        run.aws.regions[HOME].lost = True
        run.state.put("watch", {"primary_healthy": False, "since": written(run.now)})
        assert run.run("failover")["measured"]["recovery_point_seconds"] == seconds

    def test_nothing_that_was_written_before_a_failback_can_be_missing(self) -> None:
        """Though the last heartbeat was that of another day."""
        run = machine("table and bucket")
        run.state.put("heartbeat", {"parts": {"orders": {"seen": "2026-01-01T09:00:00.000Z", "lag_seconds": 0.2}}})
        run.run("failover", forced=True)
        assert run.run("failback")["outcome"] == "succeeded"
        since = run.state.serving().since
        run.now += timedelta(seconds=20)
        run.aws.regions[HOME].lost = True
        lost = written(run.now)
        run.state.put("watch", {"primary_healthy": False, "since": lost})
        told = run.run("failover")
        assert told["measured"]["recovery_point_seconds"] == (read(lost) - read(since)).total_seconds()


class TestFailback:
    @pytest.mark.parametrize("strategy", ["table and bucket", "backups"])
    def test_it_loses_nothing_and_says_so(self, strategy: str) -> None:
        run = machine(strategy)
        run.run("failover", forced=True)
        assert run.run("failback")["measured"]["recovery_point_seconds"] == 0

    def test_it_is_refused_while_the_primary_serves(self) -> None:
        told = machine("table and bucket").run("failback")
        assert (told["outcome"], told["reason"]) == (
            "refused",
            "the primary Region serves already: there is nothing to fail back from",
        )

    def test_it_is_refused_while_the_primary_is_lost(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failback")
        run.aws.regions[HOME].lost = True
        told = run.run("failback")
        assert told["outcome"] == "refused"
        assert told["reason"] == (
            "the primary Region can't be worked with yet: "
            "describe_stacks in us-east-1: ServiceUnavailable: us-east-1 is lost"
        )
        assert run.capacity()[Role.RECOVERY] == 20

    def test_data_that_does_not_arrive_is_not_left_behind(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failback")
        run.aws.replicates = False
        told = run.run("failback")
        assert told["outcome"] == "stopped"
        assert told["reason"].startswith(
            "WaitForData: not within 1800 s: table orders: what was written last is not in the primary yet; "
            "bucket orders-documents-recovery: what was written last is not in orders-documents-primary yet; "
        )
        assert run.state.serving().role is Role.RECOVERY
        assert run.capacity() == MOVED

    def test_no_mark_is_left(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failback")
        run.run("failback")
        for region in run.aws.regions.values():
            assert not any(region.tables.values())
            assert not any(region.objects.values())

    def test_a_replica_that_nobody_has_made_anew_is_not_failed_back_to(self) -> None:
        run = machine("read replica")
        prepare(run, "failback")
        del run.aws.regions[HOME].databases["orders-db"]["ReadReplicaSourceDBInstanceIdentifier"]
        told = run.run("failback")
        assert told["reason"].startswith(
            "WaitForData: orders-db has none of what was written to orders-db-replica since that was promoted: delete "
            "it, create it anew as a read replica of orders-db-replica, and start the failback again; "
        )
        assert run.capacity() == MOVED

    def test_its_time_is_that_in_which_nobody_is_served(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failback")
        told = run.run("failback")
        fenced = next(step for step in told["steps"] if step["name"] == "FenceRecovery")
        assert told["measured"]["recovery_time_seconds"] < 30
        assert fenced["started"] > told["started"]


class TestDrill:
    @pytest.mark.parametrize("plan", PLANS)
    def test_it_moves_no_traffic_and_touches_nothing_of_the_primary(self, plan: str) -> None:
        run = machine(plan)
        before = dict(run.memory.items)
        assert run.run("drill")["outcome"] == "succeeded"
        assert [where for where, _ in run.aws.calls if where == HOME] == []
        # The data itself has no endpoint of a run to be promoted to.
        assert run.aws.writer == HOME
        assert "serving" not in run.memory.items
        assert {key: run.memory.items[key] for key in before} == before

    def test_it_is_refused_while_the_recovery_region_serves(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failback")
        told = run.run("drill")
        assert told["reason"] == "the recovery Region serves: a drill there would be one with users; fail back first"
        assert run.capacity() == MOVED

    def test_it_is_remembered(self) -> None:
        run = machine("table and bucket")
        told = run.run("drill")
        assert run.state.get(last_item("successful drill")) == {"ended": told["ended"]}

    def test_traffic_that_moves_meanwhile_is_no_success(self) -> None:
        run = machine("table and bucket")
        run.aws.watch = lambda: None

        def moved(step: str, when: str) -> None:
            if (step, when) == ("VerifyRecovery", "before"):
                run.state.put("serving", Serving(role=Role.RECOVERY, since=written(NOON), execution="x").values())

        run.interrupt = moved
        told = run.run("drill")
        assert told["reason"].startswith(
            "VerifyRecovery: the traffic was moved to the recovery Region during the drill by x; "
        )
        assert run.capacity()[Role.RECOVERY] == 20, "users are there"

    def test_what_it_restores_is_deleted(self) -> None:
        run = machine("backups")
        assert run.run("drill")["outcome"] == "succeeded"
        assert run.aws.regions[AWAY].tables == {}
        assert run.aws.regions[AWAY].stack["WorkloadRunning"] == "no"
        assert run.aws.regions[AWAY].stack["RestoredOrdersName"] == "orders", "as if it had never been"


class TestTwoRuns:
    def test_the_second_is_refused(self) -> None:
        run = machine("table and bucket")
        told: list[object] = []

        def meanwhile(step: str, when: str) -> None:
            if (step, when) == ("ScaleCompute", "after") and not told:
                told.append(run.run("drill", "other")["reason"])

        prepare(run, "failover")
        run.interrupt = meanwhile
        assert run.run("failover", "mine")["outcome"] == "succeeded"
        assert told == ["the failover mine has been under way since 2026-01-01T12:00:00.100Z: wait for its end"]
        assert run.capacity() == MOVED

    @pytest.mark.parametrize("status", ["ABORTED", None])
    def test_a_lock_that_was_left_is_taken_over(self, status: str | None) -> None:
        run = machine("table and bucket")
        run.state.put("run", {"execution": "gone", "mode": "drill", "since": written(NOON)})
        if status:
            run.aws.status["gone"] = status
        assert run.run("drill")["outcome"] == "succeeded"

    def test_a_run_that_was_ended_from_outside_is_gone_on_with(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failover")

        class AbortedError(BaseException):
            pass

        def abort(step: str, when: str) -> None:
            if (step, when) == ("MoveTraffic", "after"):
                raise AbortedError

        run.interrupt = abort
        with pytest.raises(AbortedError):
            run.run("failover", "first")
        run.interrupt = lambda _step, _when: None
        told = run.run("failover", "second")
        assert told["outcome"] == "succeeded"
        assert outcomes(told)["MoveTraffic"] == "skipped"
        assert (run.state.run("second") or {})["resumes"] == "first"

    def test_a_readiness_check_waits_for_nobody(self) -> None:
        run = machine("table and bucket")
        run.state.put("run", {"execution": "other", "mode": "drill", "since": written(NOON)})
        run.aws.status["other"] = "RUNNING"
        assert run.run("readiness")["outcome"] == "succeeded"
        assert (run.state.lock() or Serving()).execution == "other"

    def test_a_run_whose_lock_is_gone_moves_no_traffic(self) -> None:
        run = machine("table and bucket")
        prepare(run, "failover")

        def lose_lock(step: str, when: str) -> None:
            if (step, when) == ("MoveTraffic", "before"):
                run.state.remove("run")

        run.interrupt = lose_lock
        told = run.run("failover", "mine")
        assert told["reason"].startswith("MoveTraffic: LockLostError: mine does not hold the lock: the traffic stays; ")
        assert run.state.serving().role is Role.PRIMARY


class TestApproval:
    def test_it_goes_on_when_somebody_has_approved(self) -> None:
        run = machine("table and bucket", approval=True)
        prepare(run, "failover")
        told = run.run("failover", "mine")
        assert told["outcome"] == "succeeded"
        assert reasons(told)["Approve"] == "approved by Ada"
        subject, text = run.aws.told[0]
        assert subject == "orders: the failover waits for approval"
        assert "mine was started: a bad day" in text
        assert "approve orders --region us-west-2" in text
        assert "token" not in str(told)

    def test_refused_it_touches_nothing(self) -> None:
        run = machine("table and bucket", approval=True)
        prepare(run, "failover")
        run.answer = "refused by Bob: not today"
        told = run.run("failover")
        assert told["outcome"] == "stopped"
        assert told["reason"] == ("Approve: refused by Bob: not today; the traffic has stayed with the primary Region")
        assert outcomes(told) == {"Approve": "failed"}
        assert run.aws.changes(HOME) == []
        assert run.state.lock() is None

    def test_a_drill_needs_none(self) -> None:
        assert "Approve" not in machine("table and bucket", approval=True).steps("drill")


def test_a_mode_that_there_is_not_is_refused() -> None:
    told = machine("table and bucket").run("fail-over")
    assert (told["outcome"], told["reason"]) == (
        "refused",
        "mode must be one of readiness, drill, failover, failback, got 'fail-over'",
    )


@pytest.mark.parametrize("plan", PLANS)
def test_what_takes_long_is_looked_at_so_often_that_the_history_of_an_execution_can_hold_it(plan: str) -> None:
    """25,000 events at most, some twelve for a look (step-functions/latest/dg/service-quotas.html)."""
    for mode in MODES:
        looks = 0
        for step in machine(plan).steps(mode):
            # Where nothing is done, nobody is fenced either.
            run = Machine(PLANS[plan])
            if mode == "failback":
                run.state.put("serving", {"role": "recovery", "since": written(NOON), "execution": "x"})
            others = dict.fromkeys(handler.STEPS, lambda _: Progress())
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(handler, "STEPS", {**others, step: lambda _: waiting("ever")})
                assert run.run(mode, forced=True)["outcome"] == "stopped"
            assert run.looks[step] > 0
            looks += run.looks[step]
        assert looks * 12 < 25_000


def test_what_can_not_be_undone_is_said() -> None:
    run = machine("table and bucket")
    prepare(run, "failover")

    def break_down(step: str, when: str) -> None:
        if (step, when) == ("WaitForHealth", "before"):
            run.aws.refuse["put_function_concurrency"] = [LostError("put", AWAY, "Busy", "")] * 1000
            raise StepFailedError("no way")

    run.interrupt = break_down
    told = run.run("failover")
    assert told["outcome"] == "stopped"
    assert "could not unfence the primary: the primary Region does not answer: put in us-west-2: Busy" in told["reason"]
    assert "could not scale the recovery Region back: put in us-west-2: Busy" in told["reason"]
    assert run.state.lock() is None
