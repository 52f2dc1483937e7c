"""Promotes read replicas, which the emulator makes and describes, and never lets go of their source.

As far as the API tells: nothing is behind an instance that could be written to.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks

_ACTION = "PromoteReadReplica"
_SOURCE = "ReadReplicaSourceDBInstanceIdentifier"
_REPLICAS = "ReadReplicaDBInstanceIdentifiers"

_Answer = tuple[int, Mapping[str, str], bytes]
_Action = Callable[[Mapping[str, object]], _Answer]


def install() -> None:
    """Let RDS know the operation."""
    cast("dict[str, _Action]", hooks.DATABASE_ACTIONS.get())[_ACTION] = _promote


def _promote(parameters: Mapping[str, object]) -> _Answer:
    name = _text(parameters, "DBInstanceIdentifier")
    replica = hooks.store(hooks.DATABASES).get(name)
    if replica is None:
        return _refused("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    source = str(replica.get(_SOURCE) or "")
    if not source:
        return _refused("InvalidDBInstanceState", f"DB Instance {name} is not a read replica.", 400)
    replica[_SOURCE] = ""
    if days := _text(parameters, "BackupRetentionPeriod"):
        replica["BackupRetentionPeriod"] = int(days)
    for (account, _, _), instance in hooks.scoped(hooks.DATABASES).all_items():
        if account == hooks.account() and name in instance.get(_REPLICAS, ()):
            instance[_REPLICAS] = [each for each in instance[_REPLICAS] if each != name]
    answer = cast("Callable[[str, str, object], _Answer]", hooks.DATABASE_ANSWER.get())
    return answer(f"{_ACTION}Response", f"{_ACTION}Result", replica)


def _refused(code: str, message: str, status: int) -> _Answer:
    return cast("Callable[[str, str, int], _Answer]", hooks.DATABASE_REFUSAL.get())(code, message, status)


def _text(parameters: Mapping[str, object], name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")
