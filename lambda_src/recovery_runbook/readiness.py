"""Whether the recovery Region could take over now. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from recovery_runbook.compute import Compute
from recovery_runbook.data import aurora_members, lag_of, measure, replica
from recovery_runbook.gateway import AwsError
from recovery_runbook.logic import Capacity, Json, Progress, StepFailedError
from recovery_runbook.restoring import latest, moment, tables
from recovery_runbook.run import Run
from recovery_runbook.stacks import described
from recovery_state.logic import Role

# Lambda keeps that many for functions without a reservation (lambda/latest/dg/configuration-concurrency.html).
_UNRESERVED = 100


def check(run: Run) -> Progress:
    """All that is known to stand in the way of a failover, at once.

    Raises:
        StepFailedError: Naming everything that does.
    """
    found = [problem for look in _looks(run) for problem in _problems(run, look)]
    if found:
        raise StepFailedError("; ".join(found))
    if not tables(run):
        measure(run)
    return Progress(reason="the recovery Region could take over")


Look = Callable[[Run], Iterator[str]]


def _problems(run: Run, look: Look) -> list[str]:
    try:
        return list(look(run))
    except (AwsError, StepFailedError) as error:
        return [str(error)]


def _looks(run: Run) -> list[Look]:
    kinds: Mapping[str, Callable[[Run, Json], Iterator[str]]] = {
        "global-table": _table,
        "two-way-bucket": _bucket,
        "aurora-global": _aurora,
        "read-replica": _replica,
        "backed-up-table": _backups,
    }
    about_data = [_of(kinds[part["kind"]], part) for part in run.plan["data"]]
    # Where everything is restored, nothing of it is there yet.
    about_compute = [] if tables(run) else [_endpoint, _capacity]
    return [_stack, *about_compute, _quota, *about_data]


def _of(look: Callable[[Run, Json], Iterator[str]], part: Json) -> Look:
    return lambda run: look(run, part)


def _stack(run: Run) -> Iterator[str]:
    status = described(run, Role.RECOVERY)["StackStatus"]
    # What was rolled back is what was deployed before, whole.
    if status.endswith("_FAILED") or status.endswith("_IN_PROGRESS"):
        yield f"stack {run.plan['recovery_stack']} is {status}"


def _endpoint(run: Run) -> Iterator[str]:
    if run.state.endpoint(Role.RECOVERY) is None:
        yield "the recovery Region has not registered its endpoint"


def _capacity(run: Run) -> Iterator[str]:
    yield from Compute(run.aws, run.region(Role.RECOVERY), run.plan["compute"]).missing(Capacity.STANDBY)


def _quota(run: Run) -> Iterator[str]:
    functions = [part for part in run.plan["compute"] if part["kind"] == "function"]
    if not functions:
        return
    limit = run.call("lambda", Role.RECOVERY, "get_account_settings")["AccountLimit"]
    free = limit["UnreservedConcurrentExecutions"] - _UNRESERVED
    more = sum(part["full"] - (0 if tables(run) else part["standby"]) for part in functions)
    if more > free:
        yield (
            f"the functions need {more} more concurrent executions, and {max(free, 0)} can be reserved in "
            f"{run.region(Role.RECOVERY)}: have the quota raised"
        )


def _table(run: Run, part: Json) -> Iterator[str]:
    table = run.call("dynamodb", Role.RECOVERY, "describe_table", TableName=part["name"])["Table"]
    if table["TableStatus"] not in {"ACTIVE", "UPDATING"}:
        yield f"table {part['name']} is {table['TableStatus']}"
    if not table.get("Replicas"):
        yield f"table {part['name']} is replicated to no other Region"
    yield from _late(run, part, f"table {part['name']}")


def _bucket(run: Run, part: Json) -> Iterator[str]:
    versions = run.call("s3", Role.RECOVERY, "get_bucket_versioning", Bucket=part["recovery"])
    if versions.get("Status") != "Enabled":
        yield f"bucket {part['recovery']} keeps no versions, so that nothing can be replicated to it"
    yield from _late(run, part, f"bucket {part['recovery']}")


def _aurora(run: Run, part: Json) -> Iterator[str]:
    aurora_members(run, part)
    found = run.call("rds", Role.RECOVERY, "describe_db_clusters", DBClusterIdentifier=part["recovery"])
    cluster = found["DBClusters"][0]
    if cluster["Status"] != "available":
        yield f"cluster {part['recovery']} is {cluster['Status']}"
    if not cluster["DBClusterMembers"]:
        yield f"cluster {part['recovery']} has no instance that could be promoted"
    yield from _late(run, part, f"cluster {part['recovery']}")


def _replica(run: Run, part: Json) -> Iterator[str]:
    found = replica(run, Role.RECOVERY, part)
    if found["DBInstanceStatus"] != "available":
        yield f"instance {part['recovery']} is {found['DBInstanceStatus']}"
    if not found.get("ReadReplicaSourceDBInstanceIdentifier"):
        yield f"instance {part['recovery']} is no read replica"
    yield from _late(run, part, f"instance {part['recovery']}")


def _backups(run: Run, part: Json) -> Iterator[str]:
    point = latest(run, part)
    if point is None:
        yield f"vault {part['recovery_vault']} has no recovery point of table {part['name']}"
        return
    age = (run.now() - moment(point)).total_seconds()
    worst = max(age, run.report.facts.get("recovery_point_seconds") or 0)
    run.note(recovery_point_seconds=round(worst, 3))
    yield from _too_old(run, f"the youngest recovery point of table {part['name']}", age)


def _late(run: Run, part: Json, what: str) -> Iterator[str]:
    lag = lag_of(run, part)
    if lag is not None:
        yield from _too_old(run, f"the newest change in {what}", lag)


def _too_old(run: Run, what: str, seconds: float) -> Iterator[str]:
    objective = run.plan["recovery_point_seconds"]
    if seconds > objective:
        yield f"{what} is {seconds:.0f} s old, more than the objective of {objective:.0f} s"
