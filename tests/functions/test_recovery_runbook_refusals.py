"""What a run makes of calls that are refused, answered late or not heard: it goes on where it can, or says why not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from recovery_runbook.gateway import AwsError
from recovery_state.logic import Lock, Role, written
from tests.functions.runbook_aws import AWAY, HOME, NOON
from tests.functions.runbook_machine import URLS, Machine, interrupting, outcomes, reasons
from tests.unit.disaster_recovery.runbook import runbook_plans as plans

SLOW_DOWN = AwsError("PutFunctionConcurrency", HOME, "TooManyRequestsException", "slow down")
BY_NUMBER = {
    "Table": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
    }
}


def down(run: Machine) -> Machine:
    run.healthy[Role.PRIMARY] = False
    return run


def moved(run: Machine) -> Machine:
    """Users are in the recovery Region, and the primary is well again."""
    assert run.run("failover", forced=True)["outcome"] == "succeeded"
    run.aws.calls.clear()
    return run


class TestBeginning:
    @pytest.mark.parametrize("forced", [True, False])
    def test_what_was_decided_holds_when_it_was_not_heard(self, forced: bool) -> None:
        usual = Machine(plans.plan()).run("failover", forced=forced)
        run = Machine(plans.plan())
        run.interrupt = interrupting("Begin", "after", times=1)
        told = run.run("failover", "mine", forced=forced)
        assert (told["outcome"], told["reason"]) == (usual["outcome"], usual["reason"])
        assert "resumes" not in (run.state.run("mine") or {})
        assert Counter(name for name, _ in run.metrics)["RunsRefused"] == (0 if forced else 1)

    def test_a_lock_is_not_taken_over_while_nobody_knows_whether_its_run_has_ended(self) -> None:
        run = down(Machine(plans.plan()))
        held = Lock(execution="other", mode="drill", since=written(NOON))
        run.state.take_lock(held)
        refused = AwsError("DescribeExecution", AWAY, "AccessDeniedException", "not allowed")
        run.aws.refuse["describe_execution"] = [refused] * 4
        told = run.run("failover")
        assert told["reason"] == (
            "Begin: DescribeExecution in us-west-2: AccessDeniedException: not allowed; "
            "the traffic has stayed with the primary Region"
        )
        assert run.state.lock() == held
        assert run.aws.changes(HOME) == []


class TestEnding:
    def test_a_stop_that_was_not_heard_keeps_its_end(self) -> None:
        run = down(Machine(plans.plan()))
        run.healthy[Role.RECOVERY] = False
        ends: list[object] = []

        def unheard(step: str, when: str) -> None:
            if (step, when) == ("Stopped", "after"):
                ends.append((run.state.run("mine") or {})["ended"])
                interrupt(step, when)

        interrupt = interrupting("Stopped", "after", times=1)
        run.interrupt = unheard
        told = run.run("failover", "mine")
        assert ends == [told["ended"]] * 2
        assert told["reason"] == (
            "WaitForHealth: not within 600 s: https://away.example.org/health: HTTP 503; "
            "the traffic has stayed with the primary Region"
        )

    def test_without_a_topic_nobody_is_told(self) -> None:
        run = Machine(plans.plan(), topic_arn=None)
        assert run.run("drill")["outcome"] == "succeeded"
        assert (AWAY, "publish") not in run.aws.calls


class TestFencing:
    def test_what_a_primary_that_is_down_refuses_is_asked_for_again(self) -> None:
        run = down(Machine(plans.plan()))
        run.aws.refuse["put_function_concurrency"] = [SLOW_DOWN]
        told = run.run("failover")
        assert (outcomes(told)["FencePrimary"], run.looks["FencePrimary"]) == ("done", 1)
        assert run.capacity()[Role.PRIMARY] == 0

    def test_users_do_not_wait_long_for_what_it_goes_on_refusing(self) -> None:
        run = down(Machine(plans.plan()))
        run.aws.refuse["put_function_concurrency"] = [SLOW_DOWN] * 3
        told = run.run("failover")
        assert reasons(told)["FencePrimary"] == (
            "the primary does not serve, and can't be fenced: "
            "PutFunctionConcurrency in us-east-1: TooManyRequestsException: slow down"
        )
        assert outcomes(told)["KeepPrimaryFenced"] == "done"
        assert told["outcome"] == "succeeded"


class TestHealth:
    def test_a_region_whose_address_nobody_knows_is_not_taken_for_healthy(self) -> None:
        run = down(Machine(plans.plan()))
        run.state.remove("endpoint#recovery")
        told = run.run("failover")
        assert told["reason"].startswith(
            "WaitForHealth: not within 600 s: the recovery Region has not registered its endpoint; "
        )
        assert run.state.serving().role is Role.PRIMARY


class TestPromotion:
    def test_a_writer_that_is_being_made_is_not_asked_for_again(self) -> None:
        run = Machine(plans.plan(data=(plans.AURORA,)))
        before = run.aws.call("rds", AWAY, "describe_global_clusters")
        run.aws.instead["describe_global_clusters"] = [before] * 3
        assert run.run("failover", forced=True)["outcome"] == "succeeded"
        assert run.looks["PromoteData"] == 3
        assert run.aws.calls.count((HOME, "switchover_global_cluster")) == 1

    def test_a_writer_is_waited_for_until_it_can_be_written_to(self) -> None:
        run = Machine(plans.plan(data=(plans.AURORA,)))
        run.aws.instead["describe_db_clusters"] = [{"DBClusters": [{"Status": "promoting"}]}]
        told = run.run("failover", forced=True)
        assert run.looks["PromoteData"] == 2
        assert reasons(told)["PromoteData"] == "orders-recovery is the writer of orders"

    def test_a_replica_that_is_being_promoted_is_not_asked_for_again(self) -> None:
        run = Machine(plans.plan(data=(plans.REPLICA,)))
        before = run.aws.call("rds", AWAY, "describe_db_instances", DBInstanceIdentifier="orders-db-replica")
        run.aws.instead["describe_db_instances"] = [before] * 3
        assert run.run("failover", forced=True)["outcome"] == "succeeded"
        assert run.aws.calls.count((AWAY, "promote_read_replica")) == 1

    def test_a_cluster_that_has_left_the_global_one_can_not_be_promoted(self) -> None:
        run = Machine(plans.plan(data=(plans.AURORA,)))
        found = run.aws.call("rds", AWAY, "describe_global_clusters")
        del found["GlobalClusters"][0]["GlobalClusterMembers"][1]
        run.aws.instead["describe_global_clusters"] = [found]
        told = run.run("failover", forced=True)
        assert told["reason"] == (
            "PromoteData: orders-recovery is not in the global cluster orders; "
            "the traffic has stayed with the primary Region"
        )
        assert run.capacity() == {Role.PRIMARY: 20, Role.RECOVERY: 2}

    def test_a_lag_that_is_not_told_holds_up_no_failover(self) -> None:
        run = Machine(plans.plan(data=(plans.REPLICA,)))
        refused = AwsError("GetMetricStatistics", AWAY, "Throttling", "slow down")
        run.aws.refuse["get_metric_statistics"] = [refused] * 4
        told = run.run("failover", forced=True)
        assert (told["outcome"], told["measured"]["recovery_point_seconds"]) == ("succeeded", None)

    def test_a_primary_that_was_deployed_a_moment_ago_and_is_not_lost_has_written_until_now(self) -> None:
        run = Machine(plans.plan())
        run.state.register(Role.PRIMARY, URLS[Role.PRIMARY], written(run.now - timedelta(seconds=20)))
        told = run.run("failover", forced=True)
        assert 20 < told["measured"]["recovery_point_seconds"] < 21


class TestArrival:
    def test_a_table_without_a_text_as_key_can_not_be_seen_to_arrive(self) -> None:
        run = moved(Machine(plans.plan()))
        run.aws.instead["describe_table"] = [BY_NUMBER]
        told = run.run("failback")
        assert told["reason"] == (
            "WaitForData: table orders has a partition key that is no text, so that nothing can be marked in it: see "
            "that ReplicationLatency is low, then start the failback again with forced; "
            "the traffic has stayed with the recovery Region"
        )
        assert run.state.serving().role is Role.RECOVERY

    def test_forced_it_is_not_waited_for_and_nothing_is_said_to_be_complete(self) -> None:
        run = moved(Machine(plans.plan(data=(plans.TABLE,))))
        run.aws.instead["describe_table"] = [BY_NUMBER]
        told = run.run("failback", forced=True)
        assert (outcomes(told)["WaitForData"], reasons(told)["WaitForData"]) == (
            "skipped",
            "table orders has a partition key that is no text: nothing can be marked in it, nor waited for",
        )
        assert (told["outcome"], told["measured"]["recovery_point_seconds"]) == ("succeeded", None)

    def test_a_mark_that_has_arrived_is_not_looked_for_while_another_is_waited_for(self) -> None:
        run = moved(Machine(plans.plan()))
        run.aws.instead["get_item"] = [{}] * 5
        assert run.run("failback")["outcome"] == "succeeded"
        assert run.looks["WaitForData"] > run.aws.calls.count((HOME, "head_object")) == 3
        assert not any(keys for region in run.aws.regions.values() for keys in region.objects.values())

    def test_a_bucket_that_can_not_be_looked_into_moves_nobody(self) -> None:
        run = moved(Machine(plans.plan()))
        run.aws.refuse["head_object"] = [AwsError("HeadObject", HOME, "301", "Moved Permanently")] * 4
        told = run.run("failback")
        assert told["reason"] == (
            "WaitForData: HeadObject in us-east-1: 301: Moved Permanently; "
            "the traffic has stayed with the recovery Region"
        )
        assert run.capacity() == {Role.PRIMARY: 0, Role.RECOVERY: 20}
