"""What the roles may do that AWS Backup takes for its jobs, where IAM is enforced."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import unquote

from local_aws.launcher import hooks, request_resources
from local_aws.launcher.backups import requests
from local_aws.launcher.buckets import permissions
from local_aws.launcher.request_resources import Request

SERVICE = "backup.amazonaws.com"
_OF_SERVICE = "backup"
# What an operation is allowed on, by the input that names it; the first that there is.
_NAMED = (
    ("RecoveryPointArn", "{}"),
    ("BackupVaultName", "arn:aws:backup:{region}:{account}:backup-vault:{}"),
    ("RestoreTestingPlanName", "arn:aws:backup:{region}:{account}:restore-testing-plan:{}"),
    ("BackupPlanId", "arn:aws:backup:{region}:{account}:backup-plan:{}"),
)


class JobFailedError(Exception):
    """Why a job ends without having done what it was for."""


def require(role: str, actions: Iterable[str], resource: str) -> None:
    """Raise JobFailedError unless AWS Backup may take the role and do all of it."""
    if os.environ.get("AUTH") != "true":
        return
    found = hooks.store(hooks.IAM_ROLES).get(role.rpartition("/")[2])
    if found is None:
        raise JobFailedError(f"{role} does not exist.")
    if SERVICE not in unquote(str(found["AssumeRolePolicyDocument"])):
        raise JobFailedError(f"AWS Backup is unable to assume the role {role}.")
    for action in actions:
        if not permissions.may(role, action, resource):
            raise JobFailedError(f"{role} is not authorized to perform: {action} on resource: {resource}")


def install() -> None:
    """Tell IAM what the requests of AWS Backup are about, which the emulator looks for in their bodies alone."""
    request_resources.ask_first(_named)


def _named(request: Request) -> str | None:
    if request.service != _OF_SERVICE:
        return None
    asked = requests.read(request.method, request.path, request.parameters, request.body)
    for name, shape in _NAMED if asked else ():
        if asked and asked[1].get(name):
            return shape.format(asked[1][name], region=request.region, account=request.account)
    return None
