"""The operations of AWS Backup that the emulator lacks, and those of which it only keeps that they were called."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import copy_context
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.backups import jobs, plans, state, testing
from local_aws.launcher.backups.requests import Answer, RefusedError, answer, not_found, read
from local_aws.launcher.hooks import Record
from local_aws.launcher.values import text

_Given = Mapping[str, object]
_Serve = Callable[..., Awaitable[Answer]]
_DAY = 86_400
_JUDGED = frozenset({"SUCCESSFUL", "FAILED", "TIMED_OUT"})
# In compliance mode a lock can be taken off until the date that is given when it is put on.
_IN_VAULT_LOCK = ("MinRetentionDays", "MaxRetentionDays")


def install() -> None:
    """Answer in front of the emulator."""
    serve = cast("_Serve", hooks.SERVE_BACKUP.get())
    reset = cast("Callable[[], None]", hooks.RESET_BACKUP.get())

    async def serve_here_first(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, object]
    ) -> Answer:
        asked = read(method, path, query, body)
        operation = _OPERATIONS.get(asked[0]) if asked else None
        if asked is None or operation is None:
            return await serve(method, path, headers, body, query)
        try:
            return answer(operation(asked[1]))
        except RefusedError as refusal:
            return refusal.answer

    def reset_all() -> None:
        state.clear()
        reset()

    hooks.SERVE_BACKUP.replace(serve_here_first)
    hooks.RESET_BACKUP.replace(reset_all)


# --- Vaults ---


def _describe_vault(given: _Given) -> Record:
    found = state.vault(text(given, "BackupVaultName"))
    shown = {name: value for name, value in found.items() if name not in {"BackupVaultTags", "AccessPolicy"}}
    return {
        **shown,
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "NumberOfRecoveryPoints": len(state.points_in(found["BackupVaultArn"])),
    }


def _delete_vault(given: _Given) -> None:
    found = state.vault(text(given, "BackupVaultName"))
    if state.points_in(found["BackupVaultArn"]):
        raise RefusedError(
            "InvalidRequestException", "Backup vault cannot be deleted because it contains recovery points."
        )
    _refuse_when_immutable(found)
    del hooks.store(hooks.BACKUP_VAULTS)[found["BackupVaultName"]]


def _put_policy(given: _Given) -> None:
    state.vault(text(given, "BackupVaultName"))["AccessPolicy"] = text(given, "Policy")


def _get_policy(given: _Given) -> Record:
    found = state.vault(text(given, "BackupVaultName"))
    if not found.get("AccessPolicy"):
        raise not_found(f"Access policy of {found['BackupVaultName']}")
    return {name: found[name] for name in ("BackupVaultName", "BackupVaultArn")} | {"Policy": found["AccessPolicy"]}


def _delete_policy(given: _Given) -> None:
    state.vault(text(given, "BackupVaultName")).pop("AccessPolicy", None)


def _lock(given: _Given) -> None:
    found = state.vault(text(given, "BackupVaultName"))
    _refuse_when_immutable(found)
    limits = {name: given[name] for name in _IN_VAULT_LOCK if given.get(name) is not None}
    days = given.get("ChangeableForDays")
    until = {"LockDate": time.time() + int(str(days)) * _DAY} if days is not None else {}
    found.update(Locked=True, **limits, **until)


def _unlock(given: _Given) -> None:
    found = state.vault(text(given, "BackupVaultName"))
    _refuse_when_immutable(found)
    for name in (*_IN_VAULT_LOCK, "LockDate"):
        found.pop(name, None)
    found["Locked"] = False


def _refuse_when_immutable(found: Record) -> None:
    if found.get("LockDate") and found["LockDate"] <= time.time():
        raise RefusedError("InvalidRequestException", f"The lock of {found['BackupVaultName']} can't be changed.")


# --- Recovery points ---


def _points_of_vault(given: _Given) -> Record:
    found = state.vault(text(given, "BackupVaultName"))
    listed = [one.described() for one in state.points_in(found["BackupVaultArn"])]
    wanted = (("ByResourceArn", "ResourceArn"), ("ByResourceType", "ResourceType"))
    after, before = given.get("ByCreatedAfter"), given.get("ByCreatedBefore")
    return {
        "RecoveryPoints": [
            one
            for one in listed
            if all(given.get(name) in {None, one[member]} for name, member in wanted)
            and (after is None or one["CreationDate"] > cast("float", after))
            and (before is None or one["CreationDate"] < cast("float", before))
        ]
    }


def _describe_point(given: _Given) -> Record:
    return state.point(text(given, "RecoveryPointArn")).described()


def _delete_point(given: _Given) -> None:
    found = state.vault(text(given, "BackupVaultName"))
    one = state.point(text(given, "RecoveryPointArn"))
    if found.get("Locked"):
        raise RefusedError(
            "InvalidRequestException", f"The vault {found['BackupVaultName']} is locked: its recovery points stay."
        )
    state.remove_point(one.arn)


def _restore_metadata(given: _Given) -> Record:
    one = state.point(text(given, "RecoveryPointArn"))
    return {
        "BackupVaultArn": one.vault_arn,
        "RecoveryPointArn": one.arn,
        "ResourceType": one.resource_type,
        "RestoreMetadata": one.content.restore_metadata(),
    }


# --- Jobs ---


def _start_backup(given: _Given) -> Record:
    made = jobs.start_backup(given)
    return {name: made[name] for name in ("BackupJobId", "RecoveryPointArn", "CreationDate", "IsParent")}


def _start_copy(given: _Given) -> Record:
    made = jobs.start_copy(given)
    return {name: made[name] for name in ("CopyJobId", "CreationDate", "IsParent")}


def _start_restore(given: _Given) -> Record:
    return {"RestoreJobId": jobs.start_restore(given)["RestoreJobId"]}


def _described(kind: str) -> Callable[[_Given], Record]:
    def describe(given: _Given) -> Record:
        found = _shown(state.job(kind, text(given, f"{kind}JobId")))
        return {"CopyJob": found} if kind == "Copy" else found

    return describe


def _listed(kind: str, **filters: str) -> Callable[[_Given], Record]:
    def listing(given: _Given) -> Record:
        found = [
            _shown(one)
            for one in state.jobs(kind)
            if all(given.get(name) in {None, one.get(member)} for name, member in filters.items())
        ]
        plan = given.get("ByRestoreTestingPlanArn")
        if plan is not None:
            found = [one for one in found if one.get("CreatedBy", {}).get("RestoreTestingPlanArn") == plan]
        return {f"{kind}Jobs": found}

    return listing


def _shown(record: Record) -> Record:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _job_metadata(given: _Given) -> Record:
    found = state.job("Restore", text(given, "RestoreJobId"))
    return {"RestoreJobId": found["RestoreJobId"], "Metadata": found["_metadata"]}


def _judge(given: _Given) -> None:
    found = state.job("Restore", text(given, "RestoreJobId"))
    if "RestoreTestingPlanArn" not in found.get("CreatedBy", {}):
        raise RefusedError("InvalidRequestException", "The job was not started by a restore testing plan.")
    if found.get("ValidationStatus") in _JUDGED:
        raise RefusedError("InvalidRequestException", "The restore validation result is there already.")
    verdict = text(given, "ValidationStatus")
    found["ValidationStatus"] = verdict
    if given.get("ValidationStatusMessage"):
        found["ValidationStatusMessage"] = text(given, "ValidationStatusMessage")
    if verdict in _JUDGED:
        threading.Thread(target=copy_context().run, args=(plans.end_test, found), daemon=True).start()


def _region_settings(_given: _Given) -> Record:
    """As in every account that began with AWS Backup after November 2021."""
    kinds = ("DynamoDB", "S3")
    return {
        "ResourceTypeOptInPreference": dict.fromkeys(kinds, True),
        "ResourceTypeManagementPreference": {"DynamoDB": True},
    }


_OPERATIONS: Mapping[str, Callable[[_Given], Record | None]] = {
    "DescribeBackupVault": _describe_vault,
    "DeleteBackupVault": _delete_vault,
    "PutBackupVaultAccessPolicy": _put_policy,
    "GetBackupVaultAccessPolicy": _get_policy,
    "DeleteBackupVaultAccessPolicy": _delete_policy,
    "PutBackupVaultLockConfiguration": _lock,
    "DeleteBackupVaultLockConfiguration": _unlock,
    "ListRecoveryPointsByBackupVault": _points_of_vault,
    "DescribeRecoveryPoint": _describe_point,
    "DeleteRecoveryPoint": _delete_point,
    "GetRecoveryPointRestoreMetadata": _restore_metadata,
    "StartBackupJob": _start_backup,
    "DescribeBackupJob": _described("Backup"),
    "ListBackupJobs": _listed(
        "Backup", ByResourceArn="ResourceArn", ByState="State", ByBackupVaultName="BackupVaultName"
    ),
    "StartCopyJob": _start_copy,
    "DescribeCopyJob": _described("Copy"),
    "ListCopyJobs": _listed(
        "Copy", ByResourceArn="ResourceArn", ByState="State", ByDestinationVaultArn="DestinationBackupVaultArn"
    ),
    "StartRestoreJob": _start_restore,
    "DescribeRestoreJob": _described("Restore"),
    "ListRestoreJobs": _listed("Restore", ByStatus="Status", ByResourceType="ResourceType"),
    "GetRestoreJobMetadata": _job_metadata,
    "PutRestoreValidationResult": _judge,
    "DescribeRegionSettings": _region_settings,
    **testing.OPERATIONS,
}
