"""Two templates that should be alike: one workload in two Regions, or in two stages. Needs no CDK.

A review asks what an update does to a resource; a comparison asks which values differ, and knows no before and after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_patterns.review._differences import Difference, differences
from aws_patterns.review._fates import policy
from aws_patterns.review._renames import by_old_names
from aws_patterns.review._stack import read_stack
from aws_patterns.review._values import canonical

if TYPE_CHECKING:
    from aws_patterns.review._stack import Resource

SameText = Callable[[str, str], bool]
# The CDK ends a logical id with a hash of the construct's path.
_HASH = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueDifference:
    """One value that differs between two templates.

    Attributes:
        logical_id: Of the resource, in the first template if it is there.
        type: Of the resource.
        path: Where, for instance ``Environment.Variables.ROLE``; empty: the resource is in one template only.
        one: The value in the first template, as text; ``None``: there is none.
        other: The value in the second template.
        alike: Whether ``same_text`` says that both mean the same.
        properties: Of a resource that is in one template only.
    """

    logical_id: str
    type: str
    path: str
    one: str | None
    other: str | None
    alike: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)


def compare_templates(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    *,
    regions: tuple[str, str],
    same_text: SameText,
    parameters: Mapping[str, str] | None = None,
) -> Iterator[ValueDifference]:
    """Every value of a resource that differs, deletion policies included; texts in parts where only a part differs.

    Args:
        one: The first template.
        other: The second template.
        regions: Where each of them is.
        same_text: Whether two texts that differ mean the same.
        parameters: Values that both are deployed with. Default: not known; a resource under a condition is then there.
    """
    stacks = [
        read_stack(template, parameters=parameters or {}, region=region)
        for template, region in zip((one, other), regions, strict=True)
    ]
    first, second = (stack.resources for stack in stacks)
    pairs = _under_other_ids(first, second, same_text)
    names = {after: before for before, after in pairs.items()}
    for name, resource in first.items():
        opposite = second.get(pairs.get(name, name))
        if opposite is None or opposite.type != resource.type:
            yield _only(resource, first=True)
        if opposite is not None and opposite.type == resource.type:
            yield from _values(resource, opposite, names, same_text)
    for name, resource in second.items():
        opposite = first.get(names.get(name, name))
        if opposite is None or opposite.type != resource.type:
            yield _only(resource, first=False)


def _under_other_ids(
    first: Mapping[str, Resource], second: Mapping[str, Resource], same_text: SameText
) -> dict[str, str]:
    """Ids of the second template by those of the first one that say the same, but for the hash at their ends."""
    come = {name: each for name, each in second.items() if name not in first}
    found: dict[str, str] = {}
    for name, resource in first.items():
        for other, candidate in come.items():
            alike = same_text(_HASH.sub("", name), _HASH.sub("", other)) and candidate.type == resource.type
            if alike and name not in second and other not in found.values():
                found[name] = other
                break
    return found


def _only(resource: Resource, *, first: bool) -> ValueDifference:
    name = resource.logical_id
    return ValueDifference(
        logical_id=name,
        type=resource.type,
        path="",
        one=name if first else None,
        other=None if first else name,
        properties=resource.properties,
    )


def _values(one: Resource, other: Resource, names: Mapping[str, str], same_text: SameText) -> Iterator[ValueDifference]:
    found = differences(_whole(one, {}), _whole(other, names), one.schema)
    for each in _without_alike_entries(list(found), same_text):
        old, new = each.texts
        yield ValueDifference(
            logical_id=one.logical_id,
            type=one.type,
            path=each.place,
            one=old,
            other=new,
            alike=_alike(each.old, each.new, same_text),
        )


def _whole(resource: Resource, names: Mapping[str, str]) -> dict[str, Any]:
    """Properties beside attributes, with the logical ids of the first template."""
    policies = {name: policy(resource, name) for name in ("DeletionPolicy", "UpdateReplacePolicy")}
    whole = {**resource.properties, **resource.attributes, **policies}
    return {key: _in_names_of_the_first(each, names) for key, each in whole.items()}


def _in_names_of_the_first(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return by_old_names(value, names)
    if isinstance(value, Mapping):
        return {key: _in_names_of_the_first(each, names) for key, each in value.items()}
    return [_in_names_of_the_first(each, names) for each in value]


def _without_alike_entries(found: list[Difference], same_text: SameText) -> Iterator[Difference]:
    """Entries of a list in any order were paired by their texts: now also by what they mean."""
    come = [each for each in found if each.of_many and each.old is None]
    for each in found:
        if not (each.of_many and each.new is None):
            continue
        same = next((new for new in come if new.path == each.path and _alike(each.old, new.new, same_text)), None)
        if same is not None:
            come.remove(same)
            yield Difference(each.path, each.old, same.new, of_many=True)
        else:
            yield each
    yield from come
    yield from (each for each in found if not each.of_many or (each.old is not None and each.new is not None))


def _alike(one: Any, other: Any, same_text: SameText) -> bool:
    if one == other:
        return True
    if isinstance(one, str) and isinstance(other, str):
        return same_text(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[key], other[key], same_text) for key in one)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _alike_in_any_order(one, other, same_text)
    return False


def _alike_in_any_order(one: list[Any], other: list[Any], same_text: SameText) -> bool:
    """Lists that were sorted by their texts, which differ."""
    left = sorted(other, key=canonical)
    for each in sorted(one, key=canonical):
        same = next((index for index, candidate in enumerate(left) if _alike(each, candidate, same_text)), None)
        if same is None:
            return False
        del left[same]
    return True
