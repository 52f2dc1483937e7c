"""Promotes data in the recovery Region, and waits until what was written there is in the primary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from recovery_runbook.gateway import AwsError
from recovery_runbook.logic import Json, Progress, StepFailedError, all_of, skipped, waiting
from recovery_runbook.markers import bucket_has_arrived, table_has_arrived
from recovery_runbook.run import Run
from recovery_state.logic import HEARTBEAT, Role, endpoint_item, read

_LAG_MINUTES = 10
# What is copied as it is written, and so has heartbeats.
_COPIED = frozenset({"global-table", "two-way-bucket"})
# Several times as long as it takes the watch to look.
_YOUNG_SECONDS = 300


def promote(run: Run) -> Progress:
    """Let the recovery Region write. Nothing takes that back for databases: it is noted before it is asked for."""
    kinds: Mapping[str, Callable[[Run, Json], Progress]] = {
        "aurora-global": _promote_aurora,
        "read-replica": _promote_replica,
    }
    measure(run)
    parts = [kinds[part["kind"]](run, part) for part in run.plan["data"] if part["kind"] in kinds]
    return all_of(parts) if parts else skipped("both Regions write: there is nothing to promote")


def measure(run: Run) -> None:
    """Note once how much of the last changes the recovery Region does not have, at most."""
    if run.report.facts.get("recovery_point_seconds") is None:
        lags = [lag for part in run.plan["data"] if (lag := _missing(run, part)) is not None]
        run.note(recovery_point_seconds=round(max(lags), 3) if lags else None)


def _missing(run: Run, part: Json) -> float | None:
    lag, since = lag_of(run, part), _alike_since(run)
    if part["kind"] not in _COPIED or since is None:
        return lag
    seconds = seconds_written_since(run, since)
    if seconds > _YOUNG_SECONDS:
        # By now the watch should have told.
        return lag
    return max(0.0, seconds if lag is None else min(lag, seconds))


def _alike_since(run: Run) -> datetime | None:
    """Before the watch has looked: when both Regions had the same, after a failback or when they were deployed."""
    serving = run.state.serving()
    back = serving.since if serving.role is Role.PRIMARY else ""
    deployed = (run.state.get(endpoint_item(Role.PRIMARY)) or {}).get("since")
    known = back or deployed
    return read(known) if isinstance(known, str) and known else None


def seconds_written_since(run: Run, known: datetime) -> float:
    """How long the primary may have gone on writing, if it certainly has at a known time."""
    lost = run.report.facts.get("lost_since")
    if not lost:
        until = run.now()
    elif read(lost) >= known:
        until = read(lost)
    else:
        # It has written after the watch took it for lost: it was not, or had come back.
        until = max(known, read(run.asked.started))
    return (until - known).total_seconds()


def lag_of(run: Run, part: Json) -> float | None:
    """How many seconds of changes one part has not got yet, as far as it is known."""
    match part["kind"]:
        case "aurora-global":
            lag = _metric(run, "AuroraGlobalDBReplicationLag", "DBClusterIdentifier", part["recovery"])
            return None if lag is None else lag / 1000
        case "read-replica":
            return _metric(run, "ReplicaLag", "DBInstanceIdentifier", part["recovery"])
        case _:  # global-table, two-way-bucket
            return _lag_by_heartbeats(run, part)


def wait_for_data(run: Run) -> Progress:
    """Until everything written in the recovery Region is in the primary."""
    kinds: Mapping[str, Callable[[Run, Json], Progress]] = {
        "global-table": table_has_arrived,
        "two-way-bucket": bucket_has_arrived,
        "aurora-global": _switch_back,
        "read-replica": _promote_former_primary,
    }
    waited = [(part["kind"], kinds[part["kind"]](run, part)) for part in run.plan["data"] if part["kind"] in kinds]
    # A promoted replica may lack what its source wrote last, and a table that can't be marked was not looked at.
    seen = all(kind != "read-replica" and not (kind == "global-table" and part.skipped) for kind, part in waited)
    run.note(all_arrived=seen)
    return all_of([part for _, part in waited]) if waited else skipped("there is no data to wait for")


def aurora_members(run: Run, part: Json) -> dict[Role, Json]:
    """The members of a global cluster by the roles of their Regions."""
    found = run.call("rds", Role.RECOVERY, "describe_global_clusters", GlobalClusterIdentifier=part["global_cluster"])
    members: dict[Role, Json] = {}
    for member in found["GlobalClusters"][0]["GlobalClusterMembers"]:
        for role in Role:
            if member["DBClusterArn"] == run.arn("rds", role, f"cluster:{part[role]}"):
                members[role] = member
    missing = [part[role] for role in Role if role not in members]
    if missing:
        raise StepFailedError(f"{', '.join(missing)} is not in the global cluster {part['global_cluster']}")
    return members


def replica(run: Run, role: Role, part: Json) -> Json:
    """An instance, as RDS describes it."""
    found = run.call("rds", role, "describe_db_instances", DBInstanceIdentifier=part[role])
    instance: Json = found["DBInstances"][0]
    return instance


def _promote_aurora(run: Run, part: Json) -> Progress:
    # Without loss where the other Region takes part in it; a Region that is not well can't be asked to.
    if run.report.facts.get("primary_was_healthy"):
        return _make_writer(run, part, Role.RECOVERY, "switchover_global_cluster", {})
    return _make_writer(run, part, Role.RECOVERY, "failover_global_cluster", {"AllowDataLoss": True})


def _switch_back(run: Run, part: Json) -> Progress:
    return _make_writer(run, part, Role.PRIMARY, "switchover_global_cluster", {})


def _make_writer(run: Run, part: Json, role: Role, operation: str, more: Mapping[str, object]) -> Progress:
    name = part["global_cluster"]
    target = aurora_members(run, part)[role]
    asked_for = f"{name} to {role}"
    if target["IsWriter"]:
        found = run.call("rds", role, "describe_db_clusters", DBClusterIdentifier=part[role])["DBClusters"]
        if found[0]["Status"] != "available":
            return waiting(f"{part[role]} is being made the writer of {name}")
        done = f"{part[role]} is the writer of {name}"
        return (
            Progress(reason=done) if asked_for in run.report.facts.get("asked_for", []) else skipped(f"{done} already")
        )
    if asked_for not in run.report.facts.get("asked_for", []):
        _point_of_no_return(run, asked_for)
        # A switchover is asked for where the writer is, a failover where it is not
        # (AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html).
        where = role.other if operation.startswith("switchover") else role
        run.call(
            "rds",
            where,
            operation,
            GlobalClusterIdentifier=name,
            TargetDbClusterIdentifier=target["DBClusterArn"],
            **more,
        )
    return waiting(f"{part[role]} is being made the writer of {name}")


def _promote_replica(run: Run, part: Json) -> Progress:
    return _let_write(run, part, Role.RECOVERY)


def _promote_former_primary(run: Run, part: Json) -> Progress:
    """After a promotion the former primary follows nobody: it has to be made anew as a replica, by a person."""
    asked_for = f"{part['primary']} to primary"
    source = replica(run, Role.PRIMARY, part).get("ReadReplicaSourceDBInstanceIdentifier") or ""
    if part["recovery"] not in source and asked_for not in run.report.facts.get("asked_for", []):
        raise StepFailedError(
            f"{part['primary']} has none of what was written to {part['recovery']} since that was promoted: delete it, "
            f"create it anew as a read replica of {part['recovery']}, and start the failback again"
        )
    return _let_write(run, part, Role.PRIMARY)


def _let_write(run: Run, part: Json, role: Role) -> Progress:
    name, asked_for = part[role], f"{part[role]} to {role}"
    found = replica(run, role, part)
    if found["DBInstanceStatus"] != "available":
        return waiting(f"{name} is {found['DBInstanceStatus']}")
    asked = asked_for in run.report.facts.get("asked_for", [])
    if not found.get("ReadReplicaSourceDBInstanceIdentifier"):
        return Progress(reason=f"{name} is promoted") if asked else skipped(f"{name} is promoted already")
    if not asked:
        _point_of_no_return(run, asked_for)
        run.call("rds", role, "promote_read_replica", DBInstanceIdentifier=name)
    return waiting(f"{name} is being promoted")


def _point_of_no_return(run: Run, asked_for: str) -> None:
    run.note(promoted=True, asked_for=[*run.report.facts.get("asked_for", []), asked_for])


def _lag_by_heartbeats(run: Run, part: Json) -> float | None:
    """By what the watch writes in the primary and looks for here, every minute."""
    name = part["primary"] if part["kind"] == "two-way-bucket" else part["name"]
    parts = (run.state.get(HEARTBEAT) or {}).get("parts")
    beat = parts.get(name) if isinstance(parts, Mapping) else None
    if not isinstance(beat, Mapping):
        return None
    lost, seen = run.report.facts.get("lost_since"), beat.get("seen")
    if lost and seen:
        # What was written after the last one that has arrived may be missing, up to the loss.
        known = read(str(seen))
        return seconds_written_since(run, known)
    lag = beat.get("lag_seconds")
    return float(lag) if isinstance(lag, int | float) else None


def _metric(run: Run, name: str, dimension: str, value: str) -> float | None:
    now = run.now()
    try:
        found = run.call(
            "cloudwatch",
            Role.RECOVERY,
            "get_metric_statistics",
            Namespace="AWS/RDS",
            MetricName=name,
            Dimensions=[{"Name": dimension, "Value": value}],
            StartTime=now - timedelta(minutes=_LAG_MINUTES),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
    except AwsError:
        # A figure for the report is no reason to hold up a failover.
        return None
    points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    return float(points[-1]["Maximum"]) if points else None
