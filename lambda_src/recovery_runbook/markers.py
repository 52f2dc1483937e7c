"""Marks in replicated data: what was written after everything else, and has arrived, tells that the rest has."""

from __future__ import annotations

from recovery_runbook.gateway import AwsError
from recovery_runbook.logic import Json, Progress, StepFailedError, skipped, waiting
from recovery_runbook.run import Run
from recovery_state.logic import Role

# Which keys the functions may write is in their policies.
PREFIX = "recovery-marker"
# Keys in different places of a table: they are replicated on their own.
_MARKERS = 5
_NOT_THERE = frozenset({"404", "403", "NoSuchKey", "AccessDenied"})


def table_has_arrived(run: Run, part: Json) -> Progress:
    """Whether marks written into a table of the recovery Region are in that of the primary."""
    name = part["name"]
    keys = _keys(run, name)
    if not keys:
        return skipped(f"table {name} has a partition key that is no text: nothing can be marked in it, nor waited for")
    fact = f"marked {name}"
    if not run.report.facts.get(fact):
        for key in keys:
            run.call("dynamodb", Role.RECOVERY, "put_item", TableName=name, Item=key)
        run.note(**{fact: True})
    if not run.report.facts.get(f"arrived {name}"):
        for key in keys:
            found = run.call("dynamodb", Role.PRIMARY, "get_item", TableName=name, Key=key, ConsistentRead=True)
            if "Item" not in found:
                return waiting(f"table {name}: what was written last is not in the primary yet")
    # Before the marks go: other parts may have to be waited for, and this one is looked at again.
    run.note(**{f"arrived {name}": True})
    for key in keys:
        run.call("dynamodb", Role.RECOVERY, "delete_item", TableName=name, Key=key)
    return Progress(reason=f"table {name} is in the primary")


def bucket_has_arrived(run: Run, part: Json) -> Progress:
    """Whether a mark written into the bucket of the recovery Region is in that of the primary."""
    key, fact = f"{PREFIX}/{run.asked.execution}", f"marked {part['recovery']}"
    if not run.report.facts.get(fact):
        run.call("s3", Role.RECOVERY, "put_object", Bucket=part["recovery"], Key=key, Body=b"")
        run.note(**{fact: True})
    try:
        if not run.report.facts.get(f"arrived {part['recovery']}"):
            run.call("s3", Role.PRIMARY, "head_object", Bucket=part["primary"], Key=key)
    except AwsError as error:
        if error.code in _NOT_THERE:
            return waiting(f"bucket {part['recovery']}: what was written last is not in {part['primary']} yet")
        raise
    run.note(**{f"arrived {part['recovery']}": True})
    for role in Role:
        run.call("s3", role, "delete_object", Bucket=part[role], Key=key)
    return Progress(reason=f"bucket {part['recovery']} is in {part['primary']}")


def _keys(run: Run, name: str) -> list[Json]:
    table = run.call("dynamodb", Role.RECOVERY, "describe_table", TableName=name)["Table"]
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    by_kind = {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}
    if types[by_kind["HASH"]] != "S":
        if run.asked.forced:
            return []
        raise StepFailedError(
            f"table {name} has a partition key that is no text, so that nothing can be marked in it: see that "
            "ReplicationLatency is low, then start the failback again with forced"
        )
    rest = {by_kind["RANGE"]: smallest(types[by_kind["RANGE"]])} if "RANGE" in by_kind else {}
    return [{by_kind["HASH"]: {"S": f"{PREFIX}#{run.asked.execution}#{n}"}, **rest} for n in range(_MARKERS)]


def smallest(kind: str) -> Json:
    """A sort key of that type, which no mark needs to tell it from others."""
    return {"S": PREFIX} if kind == "S" else {"N": "0"} if kind == "N" else {"B": b"0"}
