"""All four strategies by the real ``cdk deploy``: what is where, and the day on which a Region is lost.

IAM is enforced: the runbook, the watch and AWS Backup may do what they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aws_patterns.disaster_recovery.runbook.run_report import Mode, RunReport
from local_aws.cdk import CdkError
from local_aws.project import ACCOUNT, REGION
from recovery_state.logic import Role
from tests.local.orders_days import (
    AWAY,
    FULL,
    REGIONS,
    SETTINGS,
    STRATEGIES,
    Orders,
    delete_restored,
    left_behind,
)
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

WITH_COPIES = ("DrPilotLight", "DrWarmStandby", "DrMultiSite")


@pytest.fixture(scope="module")
def deployed(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[Mapping[str, Orders]]:
    """All of them, side by side; destroyed afterwards in both Regions, with everything in them."""
    aws, at_once = session_aws_enforcing_iam, len(STRATEGIES)
    aws.deploy(*STRATEGIES, context=SETTINGS, at_once=at_once)
    yield {stack: Orders(aws, stack, *known) for stack, known in STRATEGIES.items()}
    # The CLI destroys what depends on a stack, too: this is both.
    both = {**SETTINGS, "stacks": ",".join(STRATEGIES)}
    aws.destroy(*(f"{stack}Recovery" for stack in STRATEGIES), context=both, at_once=at_once)
    for region in REGIONS.values():
        stacks = aws.clients_in(region)("cloudformation").list_stacks()["StackSummaries"]
        mine = {one["StackStatus"] for one in stacks if one["StackName"].removesuffix("Recovery") in STRATEGIES}
        assert mine == {"DELETE_COMPLETE"}
    for name, _ in STRATEGIES.values():
        delete_restored(aws, name)
        assert left_behind(aws, name) == {}


@pytest.fixture
def orders(request: pytest.FixtureRequest, deployed: Mapping[str, Orders]) -> Iterator[Orders]:
    """One of them, as on other days before and after."""
    found = deployed[str(request.param)]
    yield found
    found.as_before()
    assert found.concurrency() == {Role.PRIMARY: FULL, Role.RECOVERY: found.standby}


every_strategy = pytest.mark.parametrize("orders", STRATEGIES, indirect=True)
with_copies = pytest.mark.parametrize("orders", WITH_COPIES, indirect=True)
with_backups = pytest.mark.parametrize("orders", ["DrBackupAndRestore"], indirect=True)


def outcomes(report: RunReport) -> Mapping[str, str]:
    return {step.name: step.outcome for step in report.steps}


def succeeded(report: RunReport) -> RunReport:
    """With both times measured, and neither beyond the objective."""
    assert report.succeeded, report
    measured = report.measured
    assert measured.recovery_point_seconds is not None, report
    assert (measured.recovery_time_seconds is not None) == (report.mode != Mode.READINESS), report
    assert report.missed == {}
    return report


@every_strategy
class TestOnOtherDays:
    def test_users_are_served_by_the_primary_region(self, orders: Orders) -> None:
        orders.order(1, REGION)
        status, told = orders.ask(orders.primary_url, "GET", "/health")
        assert (status, told["role"]) == (200, "primary")
        status, told = orders.ask(orders.output("SwitchUrl"), "GET", "/serving")
        assert (status, told["serving"], told["endpoint"]) == (200, "primary", orders.primary_url)

    def test_the_recovery_region_runs_what_its_strategy_says(self, orders: Orders) -> None:
        assert orders.concurrency() == {Role.PRIMARY: FULL, Role.RECOVERY: orders.standby}
        if orders.standby is None:
            assert f"{orders.name}-orders" not in orders.aws.clients_in(AWAY)("dynamodb").list_tables()["TableNames"]
            with pytest.raises(KeyError):
                orders.output("RecoveryUrl")
            return
        status, told = orders.ask(orders.output("RecoveryUrl"), "GET", "/health")
        # Switched off, Lambda throttles: the API passes that on.
        assert status == (200 if orders.standby else 429), told

    def test_what_is_written_is_in_the_recovery_region(self, orders: Orders) -> None:
        orders.order(2, REGION)
        orders.has_arrived()
        if orders.standby:
            assert orders.lost(orders.output("RecoveryUrl")) == set()

    def test_what_a_failover_needs_is_in_the_recovery_region(self, orders: Orders) -> None:
        machines = orders.aws.clients_in(AWAY)("stepfunctions").list_state_machines()["stateMachines"]
        assert f"{orders.name}-recovery-runbook" in {machine["name"] for machine in machines}
        assert orders.state().endpoint(Role.PRIMARY) == orders.primary_url
        assert (orders.state().endpoint(Role.RECOVERY) is None) == (orders.standby is None)
        assert f"Concurrent executions of Lambda functions: {FULL}" in orders.output("RecoveryRegionNeeds")

    def test_backups_are_made_and_copied(self, orders: Orders) -> None:
        """With every strategy: what is copied as it is written has mistakes copied, too."""
        orders.back_up()
        away = orders.aws.clients_in(AWAY)("backup")
        found = away.list_recovery_points_by_backup_vault(BackupVaultName=f"{orders.name}-recovery")["RecoveryPoints"]
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{orders.name}-orders"
        assert table in {point["ResourceArn"] for point in found}


@every_strategy
def test_a_drill_is_not_noticed_by_users_nor_by_the_primary(orders: Orders) -> None:
    orders.order(2, REGION)
    orders.back_up()
    assert succeeded(orders.run(Mode.READINESS)).measured.recovery_time_seconds is None
    before, serving, everything = orders.primary(), orders.state().serving(), left_behind(orders.aws, orders.name)
    with orders.in_sight() as seen:
        drill = succeeded(orders.run(Mode.DRILL))
    assert orders.primary() == before
    assert outcomes(drill)["VerifyRecovery"] == "done"
    assert set(seen) == {REGION}
    assert orders.state().serving() == serving
    assert left_behind(orders.aws, orders.name) == everything, "what it has made is gone again"
    assert (orders.state().endpoint(Role.RECOVERY) is None) == (orders.standby is None)
    assert orders.lost() == set()


@with_copies
def test_nothing_is_lost_with_the_primary_region(orders: Orders) -> None:
    orders.order(5, REGION)
    orders.has_arrived()
    orders.aws.lose(REGION)
    over = succeeded(orders.run(Mode.FAILOVER))
    assert outcomes(over)["FencePrimary"] == "skipped", "its Region is gone"
    assert orders.lost() == set()
    orders.order(5, AWAY)
    orders.aws.reconnect()
    back = succeeded(orders.run(Mode.FAILBACK))
    assert outcomes(back)["WaitForData"] == "done"
    assert back.measured.recovery_point_seconds == 0
    assert orders.served_by() == REGION
    assert orders.lost() == set()


@pytest.mark.parametrize("orders", ["DrPilotLight"], indirect=True)
def test_what_had_not_arrived_is_within_the_measured_recovery_point_and_comes_back(orders: Orders) -> None:
    orders.has_arrived()
    orders.look()
    orders.aws.isolate(AWAY)
    late = set(orders.order(3, REGION))
    orders.aws.lose(REGION)
    over = succeeded(orders.run(Mode.FAILOVER))
    assert orders.lost() == late
    oldest = min(orders.acknowledged[id] for id in late)
    assert over.measured.recovery_point_seconds is not None
    known = timedelta(seconds=over.measured.recovery_point_seconds)
    assert datetime.fromisoformat(over.started) - known < oldest, "what is missing is younger than the report says"
    orders.order(3, AWAY)
    orders.aws.reconnect()
    succeeded(orders.run(Mode.FAILBACK))
    assert orders.lost() == set()


@pytest.mark.parametrize("orders", ["DrWarmStandby"], indirect=True)
def test_a_primary_that_comes_back_in_the_middle_of_a_failover_does_not_serve_besides(orders: Orders) -> None:
    orders.has_arrived()
    orders.aws.lose(REGION)
    run = orders.runbook.start(Mode.FAILOVER)
    orders.reaches(run, "PromoteData", "ScaleCompute", "WaitForHealth")
    orders.aws.reconnect()
    over = succeeded(orders.ended(run))
    assert outcomes(over)["KeepPrimaryFenced"] == "done"
    assert orders.concurrency() == {Role.PRIMARY: 0, Role.RECOVERY: FULL}
    assert orders.ask(orders.primary_url, "PUT", "/orders/straggler", {})[0] == 429
    orders.order(3, AWAY)
    succeeded(orders.run(Mode.FAILBACK))
    assert orders.lost() == set()


@pytest.mark.parametrize("orders", ["DrMultiSite"], indirect=True)
def test_a_region_that_is_well_is_left_while_users_write_and_come_back_to(orders: Orders) -> None:
    """Of all that was acknowledged on the way, by whichever Region, nothing is missing."""
    assert orders.run(Mode.FAILOVER).outcome == "refused"
    with orders.in_use() as seen:
        succeeded(orders.run(Mode.FAILOVER, forced=True))
        eventually(lambda: AWAY in seen, "order that the other Region has taken")
        succeeded(orders.run(Mode.FAILBACK))
        moved = len(seen)
        eventually(lambda: REGION in seen[moved:], "order that the primary has taken again")
    orders.has_arrived()
    assert orders.lost() == set()
    served = [region for region in seen if region]
    changes = [region for region, before in zip(served, ["", *served], strict=False) if region != before]
    assert changes == [REGION, AWAY, REGION], "never both"


@with_backups
class TestBackups:
    def test_what_was_backed_up_comes_back_and_goes_home_and_is_backed_up_again(self, orders: Orders) -> None:
        orders.order(5, REGION)
        orders.back_up()
        since = set(orders.order(2, REGION))
        orders.aws.lose(REGION)
        over = succeeded(orders.run(Mode.FAILOVER))
        assert orders.lost() == since
        self._tells_of(over, orders, since)
        orders.order(5, AWAY)
        orders.aws.reconnect()
        back = succeeded(orders.run(Mode.FAILBACK))
        assert back.measured.recovery_point_seconds == 0
        assert orders.lost() == since, "as far as the recovery Region had it"
        first = f"{orders.name}-orders"
        kept = orders.aws.client("dynamodb").scan(TableName=first)["Items"]
        assert since <= {item["id"]["S"] for item in kept}, "for somebody to look at"

        # The table that came home is another one: no other strategy may go back to the first unasked.
        same = {**SETTINGS, "stack_name": orders.stack, "workload_name": orders.name}
        with pytest.raises(CdkError, match=f"this strategy would go back to {first}"):
            orders.aws.deploy("DrPilotLight", context=same)
        assert orders.lost() == since

        # And it is what is backed up from now on.
        for id in since:
            del orders.acknowledged[id]
        orders.order(5, REGION)
        orders.back_up()
        orders.aws.lose(REGION)
        run = orders.runbook.start(Mode.FAILOVER)
        orders.reaches(run, "StartWorkload")
        orders.aws.reconnect()
        again = succeeded(orders.ended(run))
        assert outcomes(again)["KeepPrimaryFenced"] == "done", "it came back in the middle"
        assert orders.concurrency() == {Role.PRIMARY: 0, Role.RECOVERY: FULL}
        assert orders.lost() == set()
        orders.order(1, AWAY)
        succeeded(orders.run(Mode.FAILBACK))
        assert orders.lost() == set()

    def _tells_of(self, over: RunReport, orders: Orders, missing: set[str]) -> None:
        assert over.measured.recovery_point_seconds is not None
        known = timedelta(seconds=over.measured.recovery_point_seconds)
        oldest = min(orders.acknowledged[id] for id in missing)
        assert datetime.fromisoformat(over.started) - known < oldest, "what is missing is younger than the report says"


@every_strategy
def test_the_copies_are_restored_and_compared(orders: Orders) -> None:
    """As it happens every week: whatever is in the vault, that of tables that were restored before, too."""
    orders.order(1, REGION)
    orders.back_up()
    backup: Any = orders.aws.clients_in(AWAY)("backup")
    jobs = orders.aws.run_restore_test(orders.name.replace("-", "_"), region=AWAY)
    assert jobs

    def judged() -> list[Any]:
        found = [backup.describe_restore_job(RestoreJobId=job) for job in jobs]
        return [job for job in found if job.get("DeletionStatus") in {"SUCCESSFUL", "FAILED"}]

    eventually(lambda: len(judged()) == len(jobs), "verdict of every restore test")
    verdicts = {(job["ValidationStatus"], job["DeletionStatus"]) for job in judged()}
    assert verdicts == {("SUCCESSFUL", "SUCCESSFUL")}, judged()
    assert "identical" in judged()[0]["ValidationStatusMessage"]


@pytest.mark.parametrize("orders", ["DrMultiSite"], indirect=True)
def test_a_deployed_workload_gets_another_strategy_and_keeps_its_data(orders: Orders) -> None:
    """In the same stacks: down to the cheapest, which has no replica, and up to the dearest again."""
    same = {**SETTINGS, "stack_name": orders.stack, "workload_name": orders.name}
    tables, name = orders.aws.client("dynamodb"), f"{orders.name}-orders"
    made = tables.describe_table(TableName=name)["Table"]["TableId"]
    for stack, replicas in (("DrBackupAndRestore", []), ("DrMultiSite", [AWAY])):
        orders.aws.deploy(stack, context=same)
        found = tables.describe_table(TableName=name)["Table"]
        assert [one["RegionName"] for one in found.get("Replicas", [])] == replicas
        assert found["TableId"] == made
        orders.order(2, REGION)
        assert orders.lost() == set()
    # What came in between is in the replica that came back.
    orders.has_arrived()
    assert orders.lost(orders.output("RecoveryUrl")) == set()
