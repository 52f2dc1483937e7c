"""Values of templates in one spelling, so that only what means something else differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from aws_patterns.review._defaults import VALUE_LENGTH

# In Fn::Sub: ${Name}, ${Name.Attribute}; ${!Literal} stands for ${Literal}.
_HOLE = re.compile(r"\$\{(!?)([^}]*)\}")
# Lists in a policy that mean the same in any order.
_OF_A_STATEMENT = ("Action", "NotAction", "Resource", "NotResource")
NOTHING = "${AWS::NoValue}"
# Of an asset: the beginning tells two apart.
_ASSET_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")


class Spelling:
    """How the values of one template are written: intrinsic functions as text, as far as they have one.

    Args:
        template: Whose mappings are looked up.
        conditions: Those whose outcome is known; others are written out, so that a change of one shows.
    """

    def __init__(self, template: Mapping[str, Any], conditions: Mapping[str, bool]) -> None:
        self._mappings = template.get("Mappings", {})
        self._definitions = template.get("Conditions", {})
        self._conditions = conditions
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": lambda name: f"${{{name}}}",
            "Fn::GetAtt": self._attribute,
            "Fn::Sub": self._substituted,
            "Fn::Join": self._joined,
            "Fn::If": self._chosen,
            "Fn::FindInMap": self._found_in_map,
        }

    def plain(self, value: Any) -> Any:
        """The value in one spelling: text for everything that has one, ``NOTHING`` for what is left out."""
        if isinstance(value, Mapping):
            return self._intrinsic(value) if is_intrinsic(value) else self._mapping(value)
        if isinstance(value, str):
            return value
        if isinstance(value, Sequence):
            return [each for each in map(self.plain, value) if each != NOTHING]
        # CloudFormation takes 1 and "1", true and "true" for the same.
        return json.dumps(value)

    def _mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        found = {key: plain for key, each in value.items() if (plain := self.plain(each)) != NOTHING}
        if "Effect" in found:
            found |= {key: in_any_order(found[key]) for key in _OF_A_STATEMENT if key in found}
        elif "Statement" in found:
            found["Statement"] = in_any_order(found["Statement"])
        return found

    def _intrinsic(self, value: Mapping[str, Any]) -> Any:
        ((function, argument),) = value.items()
        written = self._functions.get(function)
        return {function: self.plain(argument)} if written is None else written(argument)

    def _attribute(self, argument: Any) -> str:
        return f"${{{argument if isinstance(argument, str) else '.'.join(map(str, argument))}}}"

    def _joined(self, argument: Any) -> Any:
        parts = self.plain(argument[1])
        whole = isinstance(parts, list) and all(isinstance(part, str) for part in parts)
        return str(argument[0]).join(parts) if whole else {"Fn::Join": [argument[0], parts]}

    def _chosen(self, argument: Any) -> Any:
        name, *sides = argument
        if name in self._conditions:
            return self.plain(sides[0] if self._conditions[name] else sides[1])
        return {"Fn::If": [self.condition(name), *map(self.plain, sides)]}

    def _found_in_map(self, argument: Any) -> Any:
        name, *keys = argument
        named = self._mappings.get(name, name) if isinstance(name, str) else name
        return {"Fn::FindInMap": self.plain([named, *keys])}

    def condition(self, name: str) -> Any:
        """What a condition says, with those that it is made of."""
        definition = self._definitions.get(name, name)
        return self._written_out(definition)

    def _written_out(self, value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) == {"Condition"}:
            return self.condition(str(value["Condition"]))
        if isinstance(value, Mapping) and is_intrinsic(value) and next(iter(value)) in ("Fn::And", "Fn::Or", "Fn::Not"):
            return {key: [self._written_out(each) for each in parts] for key, parts in value.items()}
        return self.plain(value)

    def _substituted(self, argument: Any) -> str:
        text, names = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])

        def fill(hole: re.Match[str]) -> str:
            literal, name = hole.groups()
            if literal or name not in names:
                return f"${{{name}}}"
            filled = self.plain(names[name])
            return filled if isinstance(filled, str) else canonical(filled)

        return _HOLE.sub(fill, text)


def is_intrinsic(value: Any) -> bool:
    """Whether it is a function of CloudFormation's, which has one key."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    (key,) = value
    return key == "Ref" or str(key).startswith("Fn::")


def canonical(value: Any) -> str:
    """The same text for the same value, whatever the order of keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def in_any_order(value: Any) -> Any:
    """A list sorted, for where its order means nothing."""
    return sorted(value, key=canonical) if isinstance(value, list) else value


def shown(value: Any) -> str:
    """For people, on one line; long values are cut."""
    return _cut(_one_line(value))


def shown_beside(old: Any, new: Any) -> tuple[str, str]:
    """Two values for people; those that are long and begin alike, from shortly before they differ."""
    one, other = _one_line(old), _one_line(new)
    common = next((at for at, both in enumerate(zip(one, other, strict=False)) if both[0] != both[1]), len(one))
    if max(len(one), len(other)) > VALUE_LENGTH and common > VALUE_LENGTH // 2:
        start = common - VALUE_LENGTH // 6
        one, other = f"...{one[start:]}", f"...{other[start:]}"
    return _cut(one), _cut(other)


def _one_line(value: Any) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return _ASSET_HASH.sub(r"\1", " ".join(text.split()))


def _cut(text: str) -> str:
    return f"{text[: VALUE_LENGTH - 3]}..." if len(text) > VALUE_LENGTH else text or "''"


def references(value: Any) -> Iterator[str]:
    """Logical ids that a value of a template refers to."""
    if isinstance(value, Mapping):
        if is_intrinsic(value):
            yield from _referred(value)
        for each in value.values():
            yield from references(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from references(each)


def _referred(value: Mapping[str, Any]) -> Iterator[str]:
    ((function, argument),) = value.items()
    if function == "Ref":
        yield str(argument)
    elif function == "Fn::GetAtt":
        yield str(argument).partition(".")[0] if isinstance(argument, str) else str(argument[0])
    elif function == "Fn::Sub":
        text = argument if isinstance(argument, str) else argument[0]
        yield from (name.partition(".")[0] for literal, name in _HOLE.findall(text) if not literal)
