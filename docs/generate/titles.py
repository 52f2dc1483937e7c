"""What the boxes of a diagram are called, out of the places of their resources in the construct tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from docs.generate.kinds import kind_of, words
from docs.generate.template import Resource

_INITIALS = {"api": "API", "rest": "REST", "http": "HTTP", "sms": "SMS", "url": "URL", "vpc": "VPC", "waf": "WAF"}
# Constructs that only hold others of one sort, each with a name of its own.
_COLLECTIONS = frozenset({"Buckets", "Rules", "Subscribers"})
# What a type is called by those who use it; in a name it says nothing that the kind does not.
_SAID = {"AWS::SQS::Queue": frozenset({"work"})}


class Titles:
    """The names of a template's resources, each without what all have in common.

    Args:
        resources: Those that are drawn.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        drawn = list(resources)
        self._common = _common_path(drawn)
        self._short = {one.id: _words(one, self._in_collection(one)) for one in drawn}
        self._known = Counter((one.type, self._short[one.id]) for one in drawn)

    def of(self, resource: Resource) -> str:
        """A resource's name, without what its kind says anyway; empty where nothing else is known."""
        short = self._short.get(resource.id, "")
        # What would be called the same as another one is named in full.
        if short and self._known[resource.type, short] == 1:
            return short
        return _words(resource, resource.path[len(self._common) :])

    def _in_collection(self, resource: Resource) -> tuple[str, ...]:
        path = resource.path[len(self._common) :]
        found = [place for place, part in enumerate(path) if part in _COLLECTIONS]
        return path[found[-1] + 1 :] if found else path


def sentence(written: str) -> str:
    """With a capital at the beginning, and initials as such."""
    spelled = " ".join(_INITIALS.get(word, word) for word in written.split())
    return spelled[:1].upper() + spelled[1:]


def _words(resource: Resource, path: tuple[str, ...]) -> str:
    label = kind_of(resource.type).label.lower().split()
    said = {*label, "".join(word[0] for word in label), *_SAID.get(resource.type, ())}
    said |= {word.lower() for word in words(resource.type.rpartition("::")[2])}
    spoken = [word.lower() for part in path for word in words(part)]
    return sentence(" ".join(word for word in dict.fromkeys(spoken) if word not in said))


def _common_path(resources: list[Resource]) -> tuple[str, ...]:
    """The part of the paths that all share, which tells a reader nothing."""
    paths = [one.path[:-1] for one in resources if one.path]
    shared = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return tuple(shared)
