"""What AWS Backup tells of its jobs: events, and metrics.

Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html and .../cloudwatch.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks, metrics
from local_aws.launcher.hooks import Record

_IN_EVENTS = {
    "Backup": (
        *("BackupJobId", "BackupVaultArn", "BackupVaultName", "RecoveryPointArn", "ResourceArn", "ResourceType"),
        *("IamRoleArn", "State", "StatusMessage", "BackupSizeInBytes", "CreatedBy"),
    ),
    "Copy": (
        *("CopyJobId", "SourceBackupVaultArn", "SourceRecoveryPointArn", "DestinationBackupVaultArn"),
        *("DestinationRecoveryPointArn", "ResourceArn", "ResourceType", "IamRoleArn", "State", "StatusMessage"),
    ),
    "Restore": (
        *("RestoreJobId", "BackupVaultArn", "RecoveryPointArn", "SourceResourceArn", "CreatedResourceArn"),
        *("ResourceType", "IamRoleArn", "Status", "StatusMessage", "BackupSizeInBytes"),
    ),
}


def changed(kind: str, record: Record) -> None:
    """Tell that a job is in another state now."""
    state = str(record.get("Status" if kind == "Restore" else "State"))
    told = {_camel(name): record[name] for name in _IN_EVENTS[kind] if name in record}
    told["creationDate"] = _time(record["CreationDate"])
    if "CompletionDate" in record:
        told["completionDate"] = _time(record["CompletionDate"])
    plan = (record.get("CreatedBy") or {}).get("RestoreTestingPlanArn")
    if plan:
        told["restoreTestingPlanArn"] = plan
    entry = {
        "Source": "aws.backup",
        "DetailType": f"{kind} Job State Change",
        "Detail": json.dumps(told),
        "Resources": [value for name, value in told.items() if name in {"recoveryPointArn", "createdResourceArn"}],
    }
    cast("Callable[..., object]", hooks.PUT_EVENTS.get())({"Entries": [entry]}, allow_aws_source=True)
    of_vault = {
        "BackupVaultName": str(record.get("BackupVaultArn") or record["SourceBackupVaultArn"]).rpartition(":")[2]
    }
    _count(f"NumberOf{kind}Jobs{state.capitalize()}", of_vault, str(record["ResourceType"]))


def added(vault: str, resource_type: str) -> None:
    """Tell that a vault has one recovery point more."""
    _count("NumberOfRecoveryPointsCompleted", {"BackupVaultName": vault}, resource_type)


def _count(name: str, of_vault: Mapping[str, str], resource_type: str) -> None:
    for dimensions in (of_vault, {**of_vault, "ResourceType": resource_type}):
        metrics.record("AWS/Backup", name, 1, "Count", dimensions)


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _time(seconds: object) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(float(str(seconds))))
