"""Plans of restore tests and their selections, as AWS Backup keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from local_aws.launcher import hooks
from local_aws.launcher.backups import state
from local_aws.launcher.backups.requests import RefusedError, not_found
from local_aws.launcher.hooks import Record
from local_aws.launcher.values import mapping, text

_Given = Mapping[str, object]
_PLAN = ("CreationTime", "RestoreTestingPlanArn", "RestoreTestingPlanName")
_NOT_SHOWN = "selections"


def _create_plan(given: _Given) -> Record:
    wanted = mapping(given.get("RestoreTestingPlan"))
    name = text(wanted, "RestoreTestingPlanName")
    if any(known["RestoreTestingPlanName"] == name for known in state.plans()):
        raise RefusedError("AlreadyExistsException", f"Restore testing plan {name} already exists.")
    arn = f"arn:aws:backup:{hooks.region()}:{hooks.account()}:restore-testing-plan:{name}"
    made = {**wanted, "RestoreTestingPlanArn": arn, "CreationTime": time.time(), _NOT_SHOWN: {}}
    state.add_plan(made)
    return _some(made, *_PLAN)


def _get_plan(given: _Given) -> Record:
    return {"RestoreTestingPlan": _shown(state.plan(text(given, "RestoreTestingPlanName")))}


def _update_plan(given: _Given) -> Record:
    found = state.plan(text(given, "RestoreTestingPlanName"))
    found.update(mapping(given.get("RestoreTestingPlan")), LastUpdateTime=time.time())
    return {**_some(found, *_PLAN), "UpdateTime": found["LastUpdateTime"]}


def _delete_plan(given: _Given) -> None:
    found = state.plan(text(given, "RestoreTestingPlanName"))
    if found[_NOT_SHOWN]:
        raise RefusedError("InvalidRequestException", "The restore testing plan still has selections.")
    state.remove_plan(found["RestoreTestingPlanName"])


def _list_plans(_given: _Given) -> Record:
    listed = [_shown(found) for found in state.plans()]
    return {
        "RestoreTestingPlans": [
            {name: value for name, value in one.items() if name != "RecoveryPointSelection"} for one in listed
        ]
    }


def _create_selection(given: _Given) -> Record:
    plan = state.plan(text(given, "RestoreTestingPlanName"))
    wanted = mapping(given.get("RestoreTestingSelection"))
    name = text(wanted, "RestoreTestingSelectionName")
    if name in plan[_NOT_SHOWN]:
        raise RefusedError("AlreadyExistsException", f"Restore testing selection {name} already exists.")
    plan[_NOT_SHOWN][name] = {**wanted, "CreationTime": time.time(), **_some(plan, "RestoreTestingPlanName")}
    return {**_some(plan, *_PLAN), "RestoreTestingSelectionName": name}


def _get_selection(given: _Given) -> Record:
    return {"RestoreTestingSelection": dict(_selection(given))}


def _update_selection(given: _Given) -> Record:
    found = _selection(given)
    found.update(mapping(given.get("RestoreTestingSelection")))
    plan = state.plan(text(given, "RestoreTestingPlanName"))
    return {**_some(plan, *_PLAN), **_some(found, "RestoreTestingSelectionName"), "UpdateTime": time.time()}


def _delete_selection(given: _Given) -> None:
    found = _selection(given)
    state.plan(text(given, "RestoreTestingPlanName"))[_NOT_SHOWN].pop(found["RestoreTestingSelectionName"])


def _list_selections(given: _Given) -> Record:
    shown = ("RestoreTestingSelectionName", "RestoreTestingPlanName", "ProtectedResourceType", "IamRoleArn")
    hours = "ValidationWindowHours"
    found = state.plan(text(given, "RestoreTestingPlanName"))[_NOT_SHOWN].values()
    listed = [{**_some(one, *shown, "CreationTime"), hours: one.get(hours, 0)} for one in found]
    return {"RestoreTestingSelections": listed}


def _selection(given: _Given) -> Record:
    name = text(given, "RestoreTestingSelectionName")
    found: Record | None = state.plan(text(given, "RestoreTestingPlanName"))[_NOT_SHOWN].get(name)
    if found is None:
        raise not_found(f"Restore testing selection {name}")
    return found


def _shown(plan: Record) -> Record:
    return {name: value for name, value in plan.items() if name != _NOT_SHOWN}


def _some(record: Record, *names: str) -> Record:
    return {name: record[name] for name in names}


OPERATIONS: Mapping[str, Callable[[_Given], Record | None]] = {
    "CreateRestoreTestingPlan": _create_plan,
    "GetRestoreTestingPlan": _get_plan,
    "UpdateRestoreTestingPlan": _update_plan,
    "DeleteRestoreTestingPlan": _delete_plan,
    "ListRestoreTestingPlans": _list_plans,
    "CreateRestoreTestingSelection": _create_selection,
    "GetRestoreTestingSelection": _get_selection,
    "UpdateRestoreTestingSelection": _update_selection,
    "DeleteRestoreTestingSelection": _delete_selection,
    "ListRestoreTestingSelections": _list_selections,
}
