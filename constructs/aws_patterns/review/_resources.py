"""What CloudFormation does to each resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aws_patterns.review._defaults import ROUTINE
from aws_patterns.review._differences import Difference, differences
from aws_patterns.review._fates import fate
from aws_patterns.review._schemas import values_at
from aws_patterns.review._values import references
from aws_patterns.review.changes import Data, Effect, PropertyChange, ResourceChange, Severity

if TYPE_CHECKING:
    from aws_patterns.review._schemas import Path
    from aws_patterns.review._stack import Resource, Stack

# From the mildest to what decides when several apply.
_ORDER = (Effect.IN_PLACE, Effect.MAY_BE_REPLACED, Effect.REPLACED, Effect.MAY_BE_REMOVED, Effect.REFUSED)
_HARMLESS = (Effect.ADDED, Effect.MAY_BE_ADDED, Effect.IN_PLACE)
_SCALED_GROUP = "AWS::AutoScaling::AutoScalingGroup"


def resource_changes(old: Stack, new: Stack, pairs: Mapping[str, str]) -> list[ResourceChange]:
    """One entry for each resource that differs, those that ask most of a reviewer first.

    ``pairs``: new logical ids by old ones, of what was renamed.
    """
    found = {name: change for name in old.resources if (change := _of_one(name, old, new, pairs))}
    found |= {
        name: ResourceChange(
            logical_id=name,
            type=resource.type,
            effect=Effect.MAY_BE_ADDED if resource.condition else Effect.ADDED,
            stateful=resource.schema.stateful,
        )
        for name, resource in new.resources.items()
        if name not in old.resources and name not in pairs.values()
    }
    _follow_references(found, old, new)
    rated = [_rated(change, old, new) for change in found.values()]
    return sorted(rated, key=lambda each: (-each.severity, list(Effect).index(each.effect), each.logical_id))


def _of_one(name: str, old: Stack, new: Stack, pairs: Mapping[str, str]) -> ResourceChange | None:
    before = old.resources[name]
    after = new.resources.get(name)
    change = ResourceChange(logical_id=name, type=before.type, effect=Effect.REMOVED, stateful=before.schema.stateful)
    if name in pairs:
        heir = new.resources[pairs[name]]
        because = _name_in_the_way(before, heir)
        return replace(change, effect=Effect.RENAMED, new_id=heir.logical_id, because=because)
    if after is None:
        return change
    if after.type != before.type:
        why = f"CloudFormation can't turn it into {after.type}: give that another logical id"
        return replace(change, effect=Effect.REFUSED, because=why)
    return _compared(change, before, after)


def _compared(change: ResourceChange, before: Resource, after: Resource) -> ResourceChange | None:
    replacing = dict(_replacing(before, after))
    found = [
        _property_change(each, replacing) for each in differences(before.properties, after.properties, before.schema)
    ]
    for key in sorted({*before.attributes, *after.attributes}):
        found += [
            PropertyChange(path=each.place, old=each.texts[0], new=each.texts[1], effect=Effect.IN_PLACE)
            for each in differences(before.attributes.get(key), after.attributes.get(key), before.schema, (key,))
        ]
    effects = [each.effect for each in found]
    because = ""
    if before.condition != after.condition:
        effects.append(Effect.MAY_BE_REMOVED if after.condition else Effect.IN_PLACE)
        because = f"the condition {after.body.get('Condition')} decides" if after.condition else "no condition any more"
    if not effects:
        return None
    effect = max(effects, key=_ORDER.index)
    if effect is Effect.REPLACED:
        because = _name_in_the_way(before, after)
    found.sort(key=lambda each: -_ORDER.index(each.effect))
    return replace(change, effect=effect, properties=found, because=because)


def _replacing(before: Resource, after: Resource) -> Iterator[tuple[Path, Effect]]:
    """Where values differ in a way that ends the resource."""
    schema = before.schema
    if not schema.known or not schema.updatable:
        effect = Effect.REPLACED if schema.known else Effect.MAY_BE_REPLACED
        yield from ((((name,)), effect) for name in {*before.properties, *after.properties})
        return
    for path, effect in schema.replacing():
        if schema.type == _SCALED_GROUP and effect is Effect.MAY_BE_REPLACED:
            # By default new instances come into the same group, all at once or in turns.
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
            replacing = after.attributes.get("UpdatePolicy", {}).get("AutoScalingReplacingUpdate", {})
            if replacing.get("WillReplace") != "true":
                continue
            effect = Effect.REPLACED  # noqa: PLW2901 - decided by the policy
        if values_at(before.properties, path) != values_at(after.properties, path):
            yield path, effect


def _property_change(found: Difference, replacing: Mapping[Path, Effect]) -> PropertyChange:
    place = tuple("*" if step.isdigit() else step for step in found.path)
    effects = [effect for path, effect in replacing.items() if path[: len(place)] == place[: len(path)]]
    old, new = found.texts
    return PropertyChange(
        path=found.place, old=old, new=new, effect=max(effects, key=_ORDER.index, default=Effect.IN_PLACE)
    )


def _name_in_the_way(before: Resource, after: Resource) -> str:
    """A name that someone gave it stays: then there is none left for the replacement.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    """
    for name in sorted(before.schema.custom_names()):
        if name in after.properties and before.properties.get(name) == after.properties[name]:
            return f"CloudFormation refuses it while {name} stays {after.properties[name]}"
    return ""


def _follow_references(found: dict[str, ResourceChange], old: Stack, new: Stack) -> None:
    """Whoever refers to a resource that is replaced gets another value: in place, or by a replacement in turn."""
    waiting = [name for name, change in found.items() if change.effect in (Effect.REPLACED, Effect.MAY_BE_REPLACED)]
    while waiting:
        target = waiting.pop()
        for name, resource in new.resources.items():
            if name == target or name not in old.resources or target not in references(resource.body.get("Properties")):
                continue
            effect, where = _effect_of_reference(resource, target, found[target].effect)
            known = found.get(name)
            if known is not None and _ORDER.index(_in_order(known.effect)) >= _ORDER.index(effect):
                continue
            surely = found[target].effect is Effect.REPLACED
            because = f"{where} refers to {target}, which {'is' if surely else 'may be'} replaced"
            base = known or ResourceChange(
                logical_id=name, type=resource.type, effect=effect, stateful=resource.schema.stateful
            )
            found[name] = replace(base, effect=effect, because=because)
            if effect.ends_a_resource:
                waiting.append(name)


def _in_order(effect: Effect) -> Effect:
    return effect if effect in _ORDER else Effect.REFUSED


def _effect_of_reference(resource: Resource, target: str, effect: Effect) -> tuple[Effect, str]:
    properties = resource.body.get("Properties", {})
    for path, own in resource.schema.replacing():
        if own is not Effect.REFUSED and target in references(values_at(properties, path)):
            if resource.type == _SCALED_GROUP:
                break
            sure = own is Effect.REPLACED and effect is Effect.REPLACED
            return (Effect.REPLACED if sure else Effect.MAY_BE_REPLACED), ".".join(path)
    where = next(name for name, value in properties.items() if target in references(value))
    return Effect.IN_PLACE, where


def _rated(change: ResourceChange, old: Stack, new: Stack) -> ResourceChange:
    before = old.resources.get(change.logical_id)
    data = fate(change.effect, before, new.resources.get(change.logical_id)) if before else Data.KEPT
    if data is Data.LOST:
        severity = Severity.DATA_LOSS
    elif change.effect in _HARMLESS or (change.type in ROUTINE and change.effect is not Effect.REFUSED):
        severity = Severity.NOTE
    else:
        severity = Severity.LOOK
    return replace(change, data=data, severity=severity)
