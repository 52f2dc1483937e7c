"""What the emulator's CloudFormation leaves out of vaults, and the types that it lacks: plans of restore tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from local_aws.launcher import aws
from local_aws.launcher.added_types.row import Call, Row, by_id
from local_aws.launcher.extended import extended
from local_aws.launcher.hooks import Handler, Properties, Provisioned
from local_aws.launcher.values import mapping, text

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

    from local_aws.launcher.added_types.shapes import Arguments

_VAULT = "AWS::Backup::BackupVault"
_GONE = frozenset({"ResourceNotFoundException"})
_NAMED_ONCE = frozenset({"RestoreTestingPlanName", "RestoreTestingSelectionName", "ProtectedResourceType"})


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handler of vaults, extended, and those of the types that it lacks."""
    return {
        _VAULT: extended(known[_VAULT], _after, delete=_delete),
        **{name: row.handler() for name, row in _ROWS.items()},
    }


def _after(done: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
    _configure(done[0], properties)
    return done


def _delete(physical_id: str, _properties: Properties) -> None:
    # By the API, which keeps a vault that holds something.
    try:
        _backup().delete_backup_vault(BackupVaultName=physical_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


def _configure(name: str, properties: Properties) -> None:
    policy = properties.get("AccessPolicy")
    if policy:
        written = policy if isinstance(policy, str) else json.dumps(policy)
        _backup().put_backup_vault_access_policy(BackupVaultName=name, Policy=written)
    else:
        _backup().delete_backup_vault_access_policy(BackupVaultName=name)
    lock = mapping(properties.get("LockConfiguration"))
    if lock:
        given: dict[str, Any] = {key: int(str(value)) for key, value in lock.items()}
        _backup().put_backup_vault_lock_configuration(BackupVaultName=name, **given)
    else:
        _backup().delete_backup_vault_lock_configuration(BackupVaultName=name)


def _backup() -> BackupClient:
    return cast("BackupClient", aws.client("backup"))


def _plan_changes(name: str, properties: Properties) -> Arguments:
    kept = {key: value for key, value in properties.items() if key not in _NAMED_ONCE | {"Tags"}}
    return {"RestoreTestingPlanName": name, "RestoreTestingPlan": kept}


def _selection(properties: Properties) -> Properties:
    return {
        "RestoreTestingPlanName": properties.get("RestoreTestingPlanName"),
        "RestoreTestingSelection": {key: value for key, value in properties.items() if key != "RestoreTestingPlanName"},
    }


def _named(selection: str, properties: Properties) -> Arguments:
    """CloudFormation's id is plan and selection; the API wants both."""
    return {
        "RestoreTestingPlanName": text(properties, "RestoreTestingPlanName"),
        "RestoreTestingSelectionName": text(properties, "RestoreTestingSelectionName", selection),
    }


def _selection_changes(selection: str, properties: Properties) -> Arguments:
    named = _named(selection, properties)
    kept = {key: value for key, value in properties.items() if key not in _NAMED_ONCE}
    return {**named, "RestoreTestingSelection": kept}


_ROWS: Mapping[str, Row] = {
    "AWS::Backup::RestoreTestingPlan": Row(
        service="backup",
        create="CreateRestoreTestingPlan",
        reference="RestoreTestingPlanName",
        attributes={"RestoreTestingPlanArn": "RestoreTestingPlanArn"},
        prepare=lambda properties: {
            "RestoreTestingPlan": {key: value for key, value in properties.items() if key != "Tags"}
        },
        delete=Call(operation="DeleteRestoreTestingPlan", arguments=by_id("RestoreTestingPlanName")),
        gone=_GONE,
        update=Call(operation="UpdateRestoreTestingPlan", arguments=_plan_changes),
    ),
    "AWS::Backup::RestoreTestingSelection": Row(
        service="backup",
        create="CreateRestoreTestingSelection",
        reference="=RestoreTestingPlanName|RestoreTestingSelectionName",
        prepare=_selection,
        delete=Call(operation="DeleteRestoreTestingSelection", arguments=_named),
        gone=_GONE,
        update=Call(operation="UpdateRestoreTestingSelection", arguments=_selection_changes),
    ),
}
