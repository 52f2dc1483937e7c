"""Rules of backup plans and restore tests, carried out when they are asked for: their times never come here."""

from __future__ import annotations

import fnmatch
import time
import uuid
from collections.abc import Iterator, Mapping

from local_aws.launcher import hooks
from local_aws.launcher.backups import jobs, objects, state, tables
from local_aws.launcher.backups.state import RecoveryPoint
from local_aws.launcher.hooks import Record
from local_aws.launcher.values import items, mapping, text, texts

_DAY = 86_400
_TEST_NAME = "awsbackup-restore-test-"


def run_backup_plan(request: Mapping[str, object]) -> dict[str, object]:
    """Do now what a plan's rules, or one of them, would do at their time: the ids of the jobs. Raises ValueError."""
    wanted, rule_name = text(request, "plan"), text(request, "rule")
    with hooks.scope(hooks.account(), text(request, "region")):
        found = hooks.store(hooks.BACKUP_PLANS)
        plan = next((one for key, one in found.items() if wanted in {key, one.get("BackupPlanName")}), None)
        if plan is None:
            raise ValueError(f"there is no backup plan {wanted!r} in {hooks.region()}")
        rules = [mapping(rule) for rule in items(plan["BackupPlan"], "Rules")]
        chosen = [rule for rule in rules if rule_name in {"", text(rule, "RuleName")}]
        if not chosen:
            known = ", ".join(text(rule, "RuleName") for rule in rules)
            raise ValueError(f"the plan {wanted!r} has no rule {rule_name!r}, only {known}")
        started = [
            _back_up(plan, rule, selection, resource)
            for selection in hooks.store(hooks.BACKUP_SELECTIONS).values()
            if selection["BackupPlanId"] == plan["BackupPlanId"]
            for resource in _selected(selection)
            for rule in chosen
        ]
        return {"jobs": started}


def run_restore_test(request: Mapping[str, object]) -> dict[str, object]:
    """Do now what a restore testing plan would do at its time: the ids of the jobs. Raises ValueError."""
    wanted = text(request, "plan")
    with hooks.scope(hooks.account(), text(request, "region")):
        plan = next((one for one in state.plans() if one["RestoreTestingPlanName"] == wanted), None)
        if plan is None:
            raise ValueError(f"there is no restore testing plan {wanted!r} in {hooks.region()}")
        plan["LastExecutionTime"] = time.time()
        return {
            "jobs": [
                _test(plan, selection, point)
                for selection in plan["selections"].values()
                for point in _tested(plan, selection)
            ]
        }


def end_test(record: Record) -> None:
    """Delete what was restored for a test that has been judged."""
    record["DeletionStatus"] = "DELETING"
    arn = record.get("CreatedResourceArn", "")
    try:
        (tables if record["ResourceType"] == "DynamoDB" else objects).delete(arn)
    except Exception as error:  # told by the job, whatever it is
        record.update(DeletionStatus="FAILED", DeletionStatusMessage=str(error))
    else:
        record["DeletionStatus"] = "SUCCESSFUL"


def _back_up(plan: Record, rule: Mapping[str, object], selection: Record, resource: str) -> str:
    created_by = {
        "BackupPlanId": plan["BackupPlanId"],
        "BackupPlanArn": plan["BackupPlanArn"],
        "BackupPlanName": plan["BackupPlanName"],
        "BackupPlanVersion": plan["VersionId"],
        "BackupRuleId": text(rule, "RuleId"),
        "BackupRuleName": text(rule, "RuleName"),
    }
    request = {
        "BackupVaultName": text(rule, "TargetBackupVaultName"),
        "ResourceArn": resource,
        "IamRoleArn": selection["IamRoleArn"],
        "Lifecycle": mapping(rule.get("Lifecycle")),
    }
    copies = [mapping(copy) for copy in items(rule, "CopyActions")]
    return str(jobs.start_backup(request, created_by=created_by, copies=copies)["BackupJobId"])


def _selected(selection: Record) -> Iterator[str]:
    for wanted in selection["Resources"]:
        if "*" not in wanted:
            yield wanted
            continue
        for known in _known():
            if fnmatch.fnmatchcase(known, wanted) and known not in selection["NotResources"]:
                yield known


def _known() -> Iterator[str]:
    # Not by the API: this is called by the server's own loop, which would wait for itself.
    for table in hooks.store(hooks.TABLES).values():
        yield str(table["TableArn"])
    for name in hooks.store(hooks.BUCKETS):
        yield f"arn:aws:s3:::{name}"


def _tested(plan: Record, selection: Record) -> Iterator[RecoveryPoint]:
    """The latest recovery point of each resource, within the window and the vaults."""
    chosen = mapping(plan["RecoveryPointSelection"])
    since = time.time() - int(text(chosen, "SelectionWindowDays", "30")) * _DAY
    vaults = set(texts(chosen, "IncludeVaults")) - set(texts(chosen, "ExcludeVaults"))
    latest: dict[str, RecoveryPoint] = {}
    for vault in hooks.store(hooks.BACKUP_VAULTS).values():
        if not vaults & {"*", vault["BackupVaultArn"]}:
            continue
        for point in state.points_in(vault["BackupVaultArn"]):
            of_type = point.resource_type == selection["ProtectedResourceType"]
            arns = set(texts(selection, "ProtectedResourceArns"))
            if of_type and arns & {"*", point.resource_arn} and point.created >= since:
                latest[point.resource_arn] = point
    yield from latest.values()


def _test(plan: Record, selection: Record, point: RecoveryPoint) -> str:
    name = f"{_TEST_NAME}{uuid.uuid4().hex}"
    inferred = (
        {"targetTableName": name, "encryptionType": "Default"}
        if point.resource_type == "DynamoDB"
        else {"DestinationBucketName": name[:63], "NewBucket": "true"}
    )
    overrides = {key: str(value) for key, value in mapping(selection.get("RestoreMetadataOverrides")).items()}
    lowered = {key.lower() for key in overrides}
    metadata = {key: value for key, value in inferred.items() if key.lower() not in lowered}
    request = {
        "RecoveryPointArn": point.arn,
        "Metadata": {**metadata, **overrides},
        "IamRoleArn": selection["IamRoleArn"],
    }
    created_by = {"RestoreTestingPlanArn": plan["RestoreTestingPlanArn"]}
    return str(jobs.start_restore(request, created_by=created_by)["RestoreJobId"])
