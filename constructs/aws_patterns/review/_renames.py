"""Resources whose logical id changed and nothing else: for CloudFormation, one is removed and another one made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aws_patterns.review._defaults import ALIKE
from aws_patterns.review._values import canonical

if TYPE_CHECKING:
    from aws_patterns.review._stack import Resource, Stack

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)")


def renamed(old: Stack, new: Stack) -> dict[str, str]:
    """New logical ids by the old ones."""
    gone = {name: each for name, each in old.resources.items() if name not in new.resources}
    come = {name: each for name, each in new.resources.items() if name not in old.resources}
    # What both have can be told by its name; what was renamed itself can't.
    kept = old.resources.keys() & new.resources.keys()
    was = {name: _leaves(each, kept) for name, each in gone.items()}
    will_be = {name: _leaves(each, kept) for name, each in come.items()}
    ranked = sorted(
        (
            (-_alike(was[one], will_be[other]), one, other)
            for one in gone
            for other in come
            if gone[one].type == come[other].type
        ),
    )
    found: dict[str, str] = {}
    for likeness, one, other in ranked:
        if -likeness >= ALIKE and one not in found and other not in found.values():
            found[one] = other
    return found


def by_old_names(text: str, names: Mapping[str, str]) -> str:
    """A text of the new template with the logical ids of the old one; ``names``: old ones by new ones."""
    return _REFERENCE.sub(lambda found: f"${{{names.get(found[1], found[1])}", text)


def _leaves(resource: Resource, kept: set[str]) -> set[str]:
    def masked(reference: re.Match[str]) -> str:
        return reference[0] if reference[1] in kept else "${?"

    return {_REFERENCE.sub(masked, leaf) for leaf in _walk(resource.properties)}


def _walk(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _walk(each, f"{path}/{key}")
    elif isinstance(value, list) and value:
        for each in value:
            yield from _walk(each, f"{path}/*")
    else:
        yield f"{path}={canonical(value)}"


def _alike(one: set[str], other: set[str]) -> float:
    """1: the same; 0: nothing in common. Tags name the construct, so the least important part may differ."""
    return len(one & other) / len(one | other) if one | other else 1.0
