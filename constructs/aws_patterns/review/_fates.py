"""What becomes of the data of a resource that is replaced, renamed or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_patterns.review._defaults import SNAPSHOT_BY_DEFAULT
from aws_patterns.review.changes import Area, Data, Effect, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_patterns.review._stack import Resource

_DELETE, _SNAPSHOT, _RETAIN = range(3)
_STRENGTH = {"Delete": _DELETE, "Snapshot": _SNAPSHOT, "Retain": _RETAIN, "RetainExceptOnCreate": _RETAIN}
_AFTER = {_DELETE: Data.LOST, _SNAPSHOT: Data.SNAPSHOT, _RETAIN: Data.LEFT_BEHIND}
_SURE = (Effect.REPLACED, Effect.RENAMED, Effect.REMOVED)


def policy(resource: Resource, attribute: str) -> str:
    """``DeletionPolicy`` or ``UpdateReplacePolicy`` of a resource, or what CloudFormation takes without one."""
    written = resource.body.get(attribute)
    if written is not None:
        return str(written)
    of_a_cluster = "DBClusterIdentifier" in resource.properties
    snapshot = attribute == "DeletionPolicy" and resource.type in SNAPSHOT_BY_DEFAULT and not of_a_cluster
    return "Snapshot" if snapshot else "Delete"


def fate(effect: Effect, old: Resource, new: Resource | None) -> Data:
    """What becomes of its data.

    AWS does not say whether a replacement follows the policy of the old template or of the new one: the weaker counts.
    """
    if not old.schema.stateful or not effect.ends_a_resource:
        return Data.KEPT
    replaced = effect in (Effect.REPLACED, Effect.MAY_BE_REPLACED)
    attribute = "UpdateReplacePolicy" if replaced else "DeletionPolicy"
    sides = [old, new] if replaced and new is not None else [old]
    after = _AFTER[min(_STRENGTH.get(policy(side, attribute), _DELETE) for side in sides)]
    return Data.MAY_BE_LOST if after is Data.LOST and effect not in _SURE else after


def policy_findings(old: Resource, new: Resource) -> Iterator[Finding]:
    """What changes in the policies of a resource that is in both templates; both together where they change alike."""
    changes: dict[tuple[str, str], list[str]] = {}
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        was, will_be = policy(old, attribute), policy(new, attribute)
        if was != will_be:
            changes.setdefault((was, will_be), []).append(attribute)
    for (was, will_be), attributes in changes.items():
        weaker = _STRENGTH.get(will_be, _DELETE) < _STRENGTH.get(was, _DELETE)
        moments = " or ".join("removed" if each == "DeletionPolicy" else "replaced" for each in attributes)
        text = f"{' and '.join(attributes)} {was} -> {will_be}"
        if old.schema.stateful:
            text += f": when it is {moments} later, {_LATER[_STRENGTH.get(will_be, _DELETE)]}"
        yield Finding(
            area=Area.DELETION,
            severity=Severity.LOOK if weaker and old.schema.stateful else Severity.NOTE,
            logical_id=new.logical_id,
            text=text,
        )


_LATER = {_DELETE: "its data is deleted", _SNAPSHOT: "a snapshot is kept", _RETAIN: "it is kept"}
