"""Who may do more, or less, than before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_patterns.review._policies import EVERYBODY, Kind, Permission, permissions_of
from aws_patterns.review._renames import by_old_names
from aws_patterns.review._values import shown
from aws_patterns.review.changes import Area, Finding, Severity

if TYPE_CHECKING:
    from aws_patterns.review._stack import Stack


def permission_findings(old: Stack, new: Stack, renamed: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each holder and direction; a statement that only moved is none."""
    names = {after: before for before, after in renamed.items()}
    before = {each for resource in old.resources.values() for each in permissions_of(resource)}
    after = {_under_old_names(each, names) for resource in new.resources.values() for each in permissions_of(resource)}
    came, went = _uncovered(after, before), _uncovered(before, after)
    more = [each for each in came if each.allowed] + [each for each in went if not each.allowed]
    less = [each for each in went if each.allowed] + [each for each in came if not each.allowed]
    newcomers = new.resources.keys() - old.resources.keys() - names.keys()
    yield from _findings(more, "widened", newcomers)
    yield from _findings(less, "narrowed", old.resources.keys() - new.resources.keys() - renamed.keys())


def _uncovered(some: Iterable[Permission], others: Iterable[Permission]) -> list[Permission]:
    by_holder: dict[str, list[Permission]] = {}
    for other in others:
        by_holder.setdefault(other.holder, []).append(other)
    return [each for each in some if not any(map(each.covered_by, by_holder.get(each.holder, [])))]


def _under_old_names(permission: Permission, names: Mapping[str, str]) -> Permission:
    return replace(
        permission,
        holder=names.get(permission.holder, permission.holder),
        principal=by_old_names(permission.principal, names),
        action=by_old_names(permission.action, names),
        resource=by_old_names(permission.resource, names),
        condition=by_old_names(permission.condition, names),
    )


def _findings(permissions: list[Permission], direction: str, whole: Iterable[str]) -> Iterator[Finding]:
    """``whole``: holders that are made or removed with all they may do."""
    entire = set(whole)
    actions: dict[Permission, list[str]] = {}
    for each in sorted(permissions, key=lambda each: each.action):
        actions.setdefault(replace(each, action=""), []).append(each.action)
    resources: dict[tuple[Permission, tuple[str, ...]], list[str]] = {}
    for each in sorted(actions, key=lambda each: (each.principal, each.resource, each.condition)):
        resources.setdefault((replace(each, resource=""), tuple(actions[each])), []).append(each.resource)
    for (one, what), where in resources.items():
        parts = [replace(one, action=action, resource=resource) for action in what for resource in where]
        made_with_it = one.holder in entire
        look = direction == "widened" and (not made_with_it or any(map(_far_reaching, parts)))
        yield Finding(
            area=Area.PERMISSIONS,
            severity=Severity.LOOK if look else Severity.NOTE,
            logical_id=one.holder,
            text=f"{direction}{' (with the resource)' if made_with_it else ''}: {_sentence(one, what, where)}",
        )


def _far_reaching(permission: Permission) -> bool:
    """What deserves a look even of somebody new."""
    anybody = EVERYBODY in permission.principal and not permission.condition
    anything = permission.action in ("*", "*:*") or permission.action.startswith("all but")
    everything = permission.action.endswith(":*") and permission.resource == "*"
    held = permission.kind is Kind.HELD and permission.allowed and (anything or everything)
    return (permission.allowed and anybody) or held or "AdministratorAccess" in permission.action


def _sentence(permission: Permission, actions: Sequence[str], resources: Sequence[str]) -> str:
    said = "allows" if permission.allowed else "denies"
    said += f" {permission.principal}" if permission.principal else ""
    if permission.kind is Kind.TRUST:
        said += " to take the role" + ("" if actions == ("sts:AssumeRole",) else f" by {', '.join(actions)}")
    else:
        said += f" {', '.join(actions)}"
        itself = permission.kind is Kind.GIVEN and resources == ["*"]
        said += "" if itself else f" on {', '.join(resources)}"
    return said + (f" if {shown(permission.condition)}" if permission.condition else "")
