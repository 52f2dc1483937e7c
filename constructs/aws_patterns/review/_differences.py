"""What differs between the properties of one resource in two templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_patterns.review._values import canonical, is_intrinsic, shown, shown_beside

if TYPE_CHECKING:
    from aws_patterns.review._schemas import Path, ResourceSchema


class Difference(NamedTuple):
    """One value that differs; ``None`` on the side where there is none."""

    path: Path
    old: Any
    new: Any
    of_many: bool = False

    @property
    def place(self) -> str:
        """For people: ``A.B[2].C``; ``A[]`` is one entry of a list in any order."""
        steps = (f"[{step}]" if step.isdigit() else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".") + ("[]" if self.of_many else "")

    @property
    def texts(self) -> tuple[str | None, str | None]:
        """Both sides for people; long values from shortly before they differ."""
        if self.old is None or self.new is None:
            return None if self.old is None else shown(self.old), None if self.new is None else shown(self.new)
        return shown_beside(self.old, self.new)


def differences(old: Any, new: Any, schema: ResourceSchema, path: Path = ()) -> Iterator[Difference]:
    """The smallest values that differ, without what differs in order only where order means nothing."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not (is_intrinsic(old) or is_intrinsic(new)):
        if "Statement" in old and "Statement" in new:
            # Policies are compared by what they allow; which statement says it is of no use.
            yield Difference(path, old, new)
            return
        for key in (*old, *(key for key in new if key not in old)):
            yield from differences(old.get(key), new.get(key), schema, (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, schema, path)
    else:
        yield Difference(path, old, new)


def _of_lists(old: list[Any], new: list[Any], schema: ResourceSchema, path: Path) -> Iterator[Difference]:
    if schema.unordered(tuple("*" if step.isdigit() else step for step in path)):
        gone, come = _without_common(old, new), _without_common(new, old)
        yield from (Difference(path, *sides, of_many=True) for sides in _paired(gone, come))
    elif len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, schema, (*path, str(index)))
    else:
        yield Difference(path, old, new)


def _without_common(one: list[Any], other: list[Any]) -> list[Any]:
    common = Counter(map(canonical, other))
    left = []
    for each in one:
        text = canonical(each)
        if common[text]:
            common[text] -= 1
        else:
            left.append(each)
    return left


def _paired(gone: list[Any], come: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Entries with the same key are one that changed: tags, attributes, replicas. So is the only one of a kind."""
    if len(gone) == len(come) == 1 and _key(gone[0]) is None and _key(come[0]) is None:
        yield gone[0], come[0]
        return
    left = list(come)
    for old in gone:
        same = next((new for new in left if _key(old) is not None and _key(old) == _key(new)), None)
        if same is not None:
            left.remove(same)
        yield old, same
    yield from ((None, new) for new in left)


def _key(entry: Any) -> object:
    names = ("Key", "AttributeName", "IndexName", "Region", "Id", "Name")
    return next((entry[name] for name in names if name in entry), None) if isinstance(entry, Mapping) else None
