"""What AWS Backup remembers: recovery points, jobs, restore tests, and what vaults allow."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from local_aws.launcher import hooks
from local_aws.launcher.backups.requests import not_found
from local_aws.launcher.hooks import Record

_DAY = 86_400


class Content(Protocol):
    """What a recovery point holds."""

    @property
    def size(self) -> int:
        """In bytes, about."""
        ...

    def restore_metadata(self) -> dict[str, str]:
        """What a restore may be told, as it was when the backup was made."""
        ...


@dataclass(slots=True)
class RecoveryPoint:
    """One backup of one resource in one vault."""

    arn: str
    vault_arn: str
    resource_arn: str
    resource_type: str
    role_arn: str
    content: Content
    created: float
    lifecycle: Mapping[str, object]
    encryption_key: str
    created_by: Mapping[str, object]
    source_vault_arn: str | None = None
    last_restored: float | None = None

    @property
    def vault(self) -> str:
        """Name of its vault."""
        return self.vault_arn.rpartition(":")[2]

    def described(self) -> Record:
        """As the API tells of it."""
        days = self.lifecycle.get("DeleteAfterDays")
        cold = self.lifecycle.get("MoveToColdStorageAfterDays")
        ends = {"DeleteAt": self.created + int(str(days)) * _DAY} if days else {}
        moves = {"MoveToColdStorageAt": self.created + int(str(cold)) * _DAY} if cold else {}
        return {
            "RecoveryPointArn": self.arn,
            "BackupVaultName": self.vault,
            "BackupVaultArn": self.vault_arn,
            "ResourceArn": self.resource_arn,
            "ResourceType": self.resource_type,
            "IamRoleArn": self.role_arn,
            "Status": "COMPLETED",
            "CreationDate": self.created,
            "CompletionDate": self.created,
            "BackupSizeInBytes": self.content.size,
            "Lifecycle": dict(self.lifecycle),
            "CalculatedLifecycle": {**ends, **moves},
            "EncryptionKeyArn": self.encryption_key,
            "IsEncrypted": True,
            "StorageClass": "WARM",
            "IsParent": False,
            "ResourceName": resource_name(self.resource_arn),
            "VaultType": "BACKUP_VAULT",
            **({"CreatedBy": dict(self.created_by)} if self.created_by else {}),
            **({"SourceBackupVaultArn": self.source_vault_arn} if self.source_vault_arn else {}),
            **({"LastRestoreTime": self.last_restored} if self.last_restored else {}),
        }


@dataclass(slots=True)
class _Store:
    points: dict[str, RecoveryPoint] = field(default_factory=dict)
    # By account, Region, kind and id; the last as names of plans of restore tests and of their selections.
    jobs: dict[tuple[str, str, str, str], Record] = field(default_factory=dict)
    plans: dict[tuple[str, str, str], Record] = field(default_factory=dict)


LOCK = threading.RLock()
_store = _Store()


def clear() -> None:
    """Forget everything."""
    with LOCK:
        _store.points.clear()
        _store.jobs.clear()
        _store.plans.clear()


def vault(name: str) -> Record:
    """A vault of the request's account and Region. Raises RefusedError."""
    found = hooks.store(hooks.BACKUP_VAULTS).get(name)
    if found is None:
        raise not_found(f"Backup vault {name}")
    return found


def add_point(point: RecoveryPoint) -> None:
    """Remember one."""
    with LOCK:
        _store.points[point.arn] = point


def points_in(vault_arn: str) -> list[RecoveryPoint]:
    """Those of a vault, the oldest first."""
    with LOCK:
        return sorted(
            (one for one in _store.points.values() if one.vault_arn == vault_arn), key=lambda one: one.created
        )


def point(arn: str) -> RecoveryPoint:
    """One of the request's account and Region. Raises RefusedError."""
    with LOCK:
        found = _store.points.get(arn)
    if found is None or found.vault_arn.split(":")[3:5] != [hooks.region(), hooks.account()]:
        raise not_found(f"Recovery point {arn}")
    return found


def remove_point(arn: str) -> None:
    """Forget one."""
    with LOCK:
        _store.points.pop(arn, None)


def add_job(kind: str, record: Record) -> Record:
    """Remember a job; what it gets besides is its id, its account and its beginning."""
    identifier = str(uuid.uuid4())
    made = {
        f"{kind}JobId": identifier,
        "AccountId": hooks.account(),
        "CreationDate": time.time(),
        "PercentDone": "0.0",
        "IsParent": False,
        **record,
    }
    with LOCK:
        _store.jobs[hooks.account(), hooks.region(), kind, identifier] = made
    return made


def job(kind: str, identifier: str) -> Record:
    """A job of the request's account and Region. Raises RefusedError."""
    with LOCK:
        found = _store.jobs.get((hooks.account(), hooks.region(), kind, identifier))
    if found is None:
        raise not_found(f"{kind} job {identifier}")
    return found


def jobs(kind: str) -> list[Record]:
    """Those of the request's account and Region, the latest first."""
    here = (hooks.account(), hooks.region(), kind)
    with LOCK:
        found = [dict(record) for key, record in _store.jobs.items() if key[:3] == here]
    return found[::-1]


def plans() -> Iterator[Record]:
    """Of restore tests, in the request's account and Region."""
    here = (hooks.account(), hooks.region())
    with LOCK:
        yield from [record for key, record in _store.plans.items() if key[:2] == here]


def plan(name: str) -> Record:
    """Of restore tests. Raises RefusedError."""
    found = next((record for record in plans() if record["RestoreTestingPlanName"] == name), None)
    if found is None:
        raise not_found(f"Restore testing plan {name}")
    return found


def add_plan(record: Record) -> None:
    """Remember a plan of restore tests."""
    with LOCK:
        _store.plans[hooks.account(), hooks.region(), str(record["RestoreTestingPlanName"])] = record


def remove_plan(name: str) -> None:
    """Forget a plan of restore tests."""
    with LOCK:
        _store.plans.pop((hooks.account(), hooks.region(), name), None)


def vault_arn(name: str) -> str:
    """Of a vault of the request's account and Region."""
    return f"arn:aws:backup:{hooks.region()}:{hooks.account()}:backup-vault:{name}"


def new_point_arn() -> str:
    """For a recovery point of the request's account and Region."""
    return f"arn:aws:backup:{hooks.region()}:{hooks.account()}:recovery-point:{str(uuid.uuid4()).upper()}"


def resource_name(arn: str) -> str:
    """Of a table or a bucket."""
    return arn.rpartition(":")[2].rpartition("/")[2]


def resource_type(arn: str) -> str:
    """As AWS Backup calls it; empty where nothing here can back it up."""
    return {"dynamodb": "DynamoDB", "s3": "S3"}.get(arn.split(":")[2] if arn.count(":") > 1 else "", "")
