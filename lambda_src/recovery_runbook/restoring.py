"""Backup and restore: tables come back from a vault under new names, and the stack is told which."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from recovery_runbook.data import seconds_written_since
from recovery_runbook.gateway import AwsError
from recovery_runbook.logic import Json, Progress, StepFailedError, all_of, skipped, waiting
from recovery_runbook.run import Run
from recovery_runbook.stacks import RUNNING, described, parameters, restored_parameter, update
from recovery_state.logic import Role, written

_RESTORED = "-restored-"


def tables(run: Run) -> list[Json]:
    """The parts of the plan that are restored."""
    return [part for part in run.plan["data"] if part["kind"] == "backed-up-table"]


def latest(run: Run, part: Json, role: Role = Role.RECOVERY) -> Json | None:
    """The youngest complete recovery point of a table in the vault of a Region."""
    vault, found, more = part[f"{role}_vault"], list[Json](), dict[str, Any]()
    while True:
        page = run.call(
            "backup",
            role,
            "list_recovery_points_by_backup_vault",
            BackupVaultName=vault,
            ByResourceType="DynamoDB",
            **more,
        )
        found += [point for point in page["RecoveryPoints"] if _is_of(part, point)]
        if not page.get("NextToken"):
            return max(found, key=moment, default=None)
        more = {"NextToken": page["NextToken"]}


def moment(point: Json) -> datetime:
    """As of when a recovery point is."""
    found: datetime = point.get("InitiationDate") or point["CreationDate"]
    return found


def restore(run: Run) -> Progress:
    """Restore each table from its youngest recovery point in the recovery Region."""
    return all_of([_restore(run, part) for part in tables(run)])


def start_workload(run: Run) -> Progress:
    """Make the workload in the recovery Region, around the restored tables."""
    names = _names(run, "restored")
    if "names_before" not in run.report.facts:
        known = parameters(described(run, Role.RECOVERY))
        run.note(names_before={key: known[key] for key in names if key in known})
    return update(run, Role.RECOVERY, {RUNNING: "yes", **names})


def stop_workload(run: Run) -> Progress:
    """Take the workload out of the recovery Region again, and what a drill has restored."""
    if run.state.serving().role is Role.RECOVERY:
        return skipped("the recovery Region serves")
    stopped = _stopped(run)
    if not stopped.done or run.asked.mode != "drill":
        return stopped
    restored = run.report.facts.get("restored", {}).values()
    return all_of([stopped, *(_deleted(run, each["name"]) for each in restored)])


def _stopped(run: Run) -> Progress:
    if run.asked.failed_step is not None and "StartWorkload" not in run.report.begun_steps:
        return skipped("the workload was not started")
    # Once it has served from a restored table its stack tells so, to whoever would change the strategy.
    names = run.report.facts.get("names_before", {}) if run.asked.mode != "failback" else {}
    return update(run, Role.RECOVERY, {RUNNING: "no", **names})


def _deleted(run: Run, name: str) -> Progress:
    try:
        run.call("dynamodb", Role.RECOVERY, "delete_table", TableName=name)
    except AwsError as error:
        if error.code == "ResourceInUseException":
            return waiting(f"table {name} can't be deleted yet")
        if error.code != "ResourceNotFoundException":
            raise
    return Progress()


def restore_back(run: Run) -> Progress:
    """Back up what was written in the recovery Region, copy it to the primary, and restore it there."""
    current = parameters(described(run, Role.RECOVERY))
    return all_of([_bring_back(run, part, current[restored_parameter(part["id"])]) for part in tables(run)])


def update_primary(run: Run) -> Progress:
    """Let the workload of the primary Region work with the tables that were restored there."""
    return update(run, Role.PRIMARY, _names(run, "back"))


def _names(run: Run, fact: str) -> dict[str, str]:
    return {restored_parameter(id): known["name"] for id, known in run.report.facts.get(fact, {}).items()}


def _restore(run: Run, part: Json) -> Progress:
    point = latest(run, part)
    if point is None:
        raise StepFailedError(f"vault {part['recovery_vault']} has no recovery point of table {part['name']}")
    known = run.report.facts.get("restored", {}).get(part["id"])
    if known is None or (known["point"] != point["RecoveryPointArn"] and known["execution"] != run.asked.execution):
        known = _start(run, part, point["RecoveryPointArn"], Role.RECOVERY)
        _remember(run, "restored", part, known)
        seconds = max(0.0, seconds_written_since(run, moment(point)))
        worst = run.report.facts.get("recovery_point_seconds")
        run.note(recovery_point_seconds=round(max(seconds, worst or 0), 3))
    return _restored(run, part, known, Role.RECOVERY)


def _bring_back(run: Run, part: Json, name: str) -> Progress:
    known: Json = run.report.facts.get("back", {}).get(part["id"], {})
    role, here, there = run.settings.backup_role_arn, part["recovery_vault"], part["primary_vault"]
    if "backup" not in known:
        job = run.call(
            "backup",
            Role.RECOVERY,
            "start_backup_job",
            BackupVaultName=here,
            ResourceArn=run.arn("dynamodb", Role.RECOVERY, f"table/{name}"),
            IamRoleArn=role,
            IdempotencyToken=f"{run.asked.execution}-{part['id']}",
        )
        known = {"backup": job["BackupJobId"], "execution": run.asked.execution}
        _remember(run, "back", part, known)
    if "copy" not in known:
        job = run.call("backup", Role.RECOVERY, "describe_backup_job", BackupJobId=known["backup"])
        if not _is_complete(job, "State", f"backup of {name}"):
            return waiting(f"table {name} is being backed up")
        copy = run.call(
            "backup",
            Role.RECOVERY,
            "start_copy_job",
            RecoveryPointArn=job["RecoveryPointArn"],
            SourceBackupVaultName=here,
            DestinationBackupVaultArn=run.arn("backup", Role.PRIMARY, f"backup-vault:{there}"),
            IamRoleArn=role,
            IdempotencyToken=f"{run.asked.execution}-{part['id']}",
        )
        known = {**known, "copy": copy["CopyJobId"]}
        _remember(run, "back", part, known)
    if "job" not in known:
        job = run.call("backup", Role.RECOVERY, "describe_copy_job", CopyJobId=known["copy"])["CopyJob"]
        if not _is_complete(job, "State", f"copy of {name}"):
            return waiting(f"the backup of {name} is being copied to the primary Region")
        known = {**known, **_start(run, part, job["DestinationRecoveryPointArn"], Role.PRIMARY)}
        _remember(run, "back", part, known)
    return _restored(run, part, known, Role.PRIMARY)


def _start(run: Run, part: Json, point: str, role: Role) -> Json:
    """A restore into a new name."""
    stamp = "".join(letter for letter in written(run.now())[:19] if letter.isdigit())
    name = f"{part['name']}{_RESTORED}{stamp}"
    job = run.call(
        "backup",
        role,
        "start_restore_job",
        RecoveryPointArn=point,
        ResourceType="DynamoDB",
        IamRoleArn=run.settings.backup_role_arn,
        IdempotencyToken=f"{run.asked.execution}-{part['id']}-{role}",
        Metadata={"targetTableName": name, "encryptionType": "Default"},
    )
    return {"name": name, "job": job["RestoreJobId"], "point": point, "execution": run.asked.execution}


def _restored(run: Run, part: Json, known: Json, role: Role) -> Progress:
    job = run.call("backup", role, "describe_restore_job", RestoreJobId=known["job"])
    if not _is_complete(job, "Status", f"restore of {part['name']}"):
        return waiting(f"table {known['name']} is being restored")
    # A restored table begins without it.
    run.call(
        "dynamodb",
        role,
        "update_continuous_backups",
        TableName=known["name"],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    return Progress(reason=f"table {known['name']} is restored")


def _is_complete(job: Json, status: str, what: str) -> bool:
    """Raises StepFailedError when it never will be."""
    found = job[status]
    if found in {"FAILED", "ABORTED", "EXPIRED", "PARTIAL"}:
        raise StepFailedError(f"{what}: {found}: {job.get('StatusMessage', 'see AWS Backup')}")
    return bool(found == "COMPLETED")


def _remember(run: Run, fact: str, part: Json, known: Json) -> None:
    run.note(**{fact: {**run.report.facts.get(fact, {}), part["id"]: known}})


def _is_of(part: Json, point: Json) -> bool:
    name = point["ResourceArn"].rpartition("/")[2]
    own = name == part["name"] or name.startswith(f"{part['name']}{_RESTORED}")
    return bool(own and point["Status"] == "COMPLETED")
