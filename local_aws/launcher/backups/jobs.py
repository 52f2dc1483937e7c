"""Jobs that back up, copy and restore, each in a thread of its own: a moment later, as on AWS minutes later."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.launcher import aws, hooks
from local_aws.launcher.backups import objects, permissions, state, tables, telling
from local_aws.launcher.backups.permissions import JobFailedError
from local_aws.launcher.backups.requests import RefusedError
from local_aws.launcher.backups.state import RecoveryPoint
from local_aws.launcher.hooks import Record
from local_aws.launcher.values import mapping, text

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

_SECONDS = 0.1
_log = logging.getLogger("local_aws")

Request = Mapping[str, object]
Then = Callable[[Record], None]


def start_backup(
    request: Request, *, created_by: Mapping[str, object] | None = None, copies: Sequence[Mapping[str, object]] = ()
) -> Record:
    """Begin to back up a resource, and then to copy what this makes. Raises RefusedError."""
    vault = state.vault(text(request, "BackupVaultName"))
    resource = text(request, "ResourceArn")
    kind = state.resource_type(resource)
    if not kind:
        raise RefusedError("InvalidParameterValueException", f"Unsupported resource type: {resource}")
    record = state.add_job(
        "Backup",
        {
            "BackupVaultName": vault["BackupVaultName"],
            "BackupVaultArn": vault["BackupVaultArn"],
            "ResourceArn": resource,
            "ResourceType": kind,
            "ResourceName": state.resource_name(resource),
            "IamRoleArn": text(request, "IamRoleArn"),
            "State": "CREATED",
            "RecoveryPointArn": state.new_point_arn(),
            "RecoveryPointLifecycle": mapping(request.get("Lifecycle")),
            **({"CreatedBy": dict(created_by)} if created_by else {}),
        },
    )

    def back_up() -> None:
        lifecycle = mapping(request.get("Lifecycle"))
        _check_lock(vault, lifecycle)
        content = _read(resource, record["IamRoleArn"])
        point = RecoveryPoint(
            arn=record["RecoveryPointArn"],
            vault_arn=vault["BackupVaultArn"],
            resource_arn=resource,
            resource_type=kind,
            role_arn=record["IamRoleArn"],
            content=content,
            # What is written from now on is not in it.
            created=record["CreationDate"],
            lifecycle=lifecycle,
            encryption_key=vault.get("EncryptionKeyArn", ""),
            created_by=created_by or {},
        )
        state.add_point(point)
        record["BackupSizeInBytes"] = content.size
        telling.added(point.vault, kind)

    def copy_all(_record: Record) -> None:
        for copy in copies:
            start_copy(
                {
                    "RecoveryPointArn": record["RecoveryPointArn"],
                    "SourceBackupVaultName": vault["BackupVaultName"],
                    "DestinationBackupVaultArn": text(copy, "DestinationBackupVaultArn"),
                    "IamRoleArn": record["IamRoleArn"],
                    "Lifecycle": mapping(copy.get("Lifecycle")),
                },
                created_by=created_by,
            )

    _run("Backup", record, back_up, copy_all)
    return record


def start_copy(request: Request, *, created_by: Mapping[str, object] | None = None) -> Record:
    """Begin to copy a recovery point to another vault, whose Region and account its ARN names. Raises RefusedError."""
    source = state.vault(text(request, "SourceBackupVaultName"))
    point = state.point(text(request, "RecoveryPointArn"))
    destination = text(request, "DestinationBackupVaultArn")
    record = state.add_job(
        "Copy",
        {
            "SourceBackupVaultArn": source["BackupVaultArn"],
            "SourceRecoveryPointArn": point.arn,
            "DestinationBackupVaultArn": destination,
            "ResourceArn": point.resource_arn,
            "ResourceType": point.resource_type,
            "ResourceName": state.resource_name(point.resource_arn),
            "BackupSizeInBytes": point.content.size,
            "IamRoleArn": text(request, "IamRoleArn"),
            "State": "CREATED",
            **({"CreatedBy": dict(created_by)} if created_by else {}),
        },
    )

    def copy() -> None:
        role = record["IamRoleArn"]
        permissions.require(role, ["backup:CopyFromBackupVault"], source["BackupVaultArn"])
        permissions.require(role, ["backup:CopyIntoBackupVault"], destination)
        _, _, _, region, account, _, name = destination.split(":")
        try:
            # By the API, which does not answer for a Region that is lost.
            cast("BackupClient", aws.client("backup", region)).describe_backup_vault(BackupVaultName=name)
        except (ClientError, BotoCoreError) as error:
            raise JobFailedError(f"{destination}: {error}") from None
        lifecycle = mapping(request.get("Lifecycle"))
        with hooks.scope(account, region):
            vault = state.vault(name)
            _check_lock(vault, lifecycle)
            made = RecoveryPoint(
                arn=state.new_point_arn(),
                vault_arn=destination,
                resource_arn=point.resource_arn,
                resource_type=point.resource_type,
                role_arn=role,
                content=point.content,
                created=point.created,
                lifecycle=lifecycle,
                encryption_key=vault.get("EncryptionKeyArn", ""),
                created_by=created_by or {},
                source_vault_arn=source["BackupVaultArn"],
            )
            state.add_point(made)
            telling.added(name, point.resource_type)
        record["DestinationRecoveryPointArn"] = made.arn

    _run("Copy", record, copy)
    return record


def start_restore(request: Request, *, created_by: Mapping[str, object] | None = None) -> Record:
    """Begin to restore a recovery point, in its Region. Raises RefusedError."""
    point = state.point(text(request, "RecoveryPointArn"))
    metadata = {name: str(value) for name, value in mapping(request.get("Metadata")).items()}
    record = state.add_job(
        "Restore",
        {
            "BackupVaultArn": point.vault_arn,
            "RecoveryPointArn": point.arn,
            "RecoveryPointCreationDate": point.created,
            "SourceResourceArn": point.resource_arn,
            "ResourceType": point.resource_type,
            "BackupSizeInBytes": point.content.size,
            "IamRoleArn": text(request, "IamRoleArn"),
            "Status": "PENDING",
            "_metadata": metadata,
            **({"CreatedBy": dict(created_by)} if created_by else {}),
        },
    )

    def restore() -> None:
        role = record["IamRoleArn"]
        if isinstance(point.content, tables.TableContent):
            permissions.require(role, tables.RESTORE_ACTIONS, tables.target_arn(metadata))
            record["CreatedResourceArn"] = tables.restore(point.content, metadata)
        elif isinstance(point.content, objects.BucketContent):
            target = objects.target_arn(metadata)
            permissions.require(role, objects.BUCKET_RESTORE_ACTIONS, target)
            permissions.require(role, objects.OBJECT_RESTORE_ACTIONS, f"{target}/any")
            record["CreatedResourceArn"] = objects.restore(point.content, metadata)
        point.last_restored = time.time()

    _run("Restore", record, restore)
    return record


def _read(resource: str, role: str) -> state.Content:
    if state.resource_type(resource) == "DynamoDB":
        permissions.require(role, tables.BACKUP_ACTIONS, resource)
        return tables.read(resource)
    permissions.require(role, objects.BUCKET_BACKUP_ACTIONS, resource)
    permissions.require(role, objects.OBJECT_BACKUP_ACTIONS, f"{resource}/any")
    return objects.read(resource)


def _check_lock(vault: Record, lifecycle: Mapping[str, object]) -> None:
    """A locked vault takes nothing that is kept for another time than it says."""
    days = lifecycle.get("DeleteAfterDays")
    least, most = vault.get("MinRetentionDays"), vault.get("MaxRetentionDays")
    too_short = least and days is not None and int(str(days)) < int(least)
    too_long = most and (days is None or int(str(days)) > int(most))
    if vault.get("Locked") and (too_short or too_long):
        raise JobFailedError(
            f"Retention {days or 'for ever'} is not between {least or 1} and {most or 'any number of'} days, which the "
            f"lock of the vault {vault['BackupVaultName']} asks for."
        )


def _run(kind: str, record: Record, work: Callable[[], None], then: Then | None = None) -> None:
    """Do the work in the account and the Region of this request."""
    name = "Status" if kind == "Restore" else "State"

    def run() -> None:
        telling.changed(kind, record)
        time.sleep(_SECONDS)
        record[name] = "RUNNING"
        telling.changed(kind, record)
        try:
            work()
        except (JobFailedError, RefusedError) as error:
            _end(kind, record, "FAILED", str(error))
        except Exception as error:  # whatever it is: nobody else would end the job
            _log.exception("%s job failed", kind)
            _end(kind, record, "FAILED", f"{type(error).__name__}: {error}")
        else:
            _end(kind, record, "COMPLETED", None)
            if then is not None:
                then(record)

    # In the account and the Region of this request.
    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()


def _end(kind: str, record: Record, outcome: str, message: str | None) -> None:
    record["CompletionDate"] = time.time()
    record["PercentDone"] = "100.0"
    if message:
        record["StatusMessage"] = message
    record["Status" if kind == "Restore" else "State"] = outcome
    telling.changed(kind, record)
