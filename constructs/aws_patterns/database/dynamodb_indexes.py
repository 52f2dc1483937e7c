"""Keys and indexes of a DynamoDB table, and what is wrong with them. Needs no CDK."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.dynamodb_capacity import OnDemand, Provisioned

_INDEX_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


class AttributeType(StrEnum):
    """What a key is made of. Other fields of an item may be anything, and are not declared."""

    STRING = "S"
    NUMBER = "N"
    BINARY = "B"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """A field that is a key: ``Attribute(name="year", type=AttributeType.NUMBER)``. A plain name is a text's."""

    name: str
    type: AttributeType = AttributeType.STRING


class Projection(StrEnum):
    """Which fields an index holds besides its keys; a list of names is these alone."""

    ALL = "ALL"
    """All of them: whatever is asked of the index, it answers. Each item is stored and written once more."""
    KEYS_ONLY = "KEYS_ONLY"
    """None: smallest and cheapest, and the rest is read from the table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """Items by another key (AWS: global secondary index): ``Index(partition_key="customer", sort_key="placed_at")``.

    Read eventually consistent. An item without the key is not in the index, which makes small indexes of few items.

    Attributes:
        partition_key: A field; a name alone is a text's.
        sort_key: Likewise. Default: none.
        projection: What the index holds. Default: all fields.
        capacity: Of the index alone, of the table's kind. Default: as the table.
    """

    partition_key: str | Attribute
    sort_key: str | Attribute | None = None
    projection: Projection | Sequence[str] = Projection.ALL
    capacity: OnDemand | Provisioned | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalIndex:
    """The items of one partition in another order (AWS: local secondary index): ``LocalIndex(sort_key="price")``.

    Read consistently if asked for. It is made with its table and can't be added or removed later, and limits the items
    of one partition key to 10 GB; an ``Index`` does neither.

    Attributes:
        sort_key: A field; a name alone is a text's.
        projection: What the index holds. Default: all fields.
    """

    sort_key: str | Attribute
    projection: Projection | Sequence[str] = Projection.ALL


def attribute(field: str | Attribute) -> Attribute:
    """A field by its name alone is a text."""
    return field if isinstance(field, Attribute) else Attribute(name=field)


def check_field_name(problems: Problems, name: str, value: str) -> None:
    """Add to ``problems`` what is wrong with the name of a field that DynamoDB must know."""
    if not is_token(value) and not 1 <= len(value) <= defaults.LONGEST_FIELD_NAME:
        problems.add(
            f"{name} must be the name of a field, of 1 to {defaults.LONGEST_FIELD_NAME} characters, got {value!r}"
        )


def check_different_fields(problems: Problems, names: Mapping[str, str | None]) -> None:
    """Add to ``problems`` which of the fields, by what they are for, are one."""
    known = {name: value for name, value in names.items() if value is not None and not is_token(value)}
    for name, value in known.items():
        for other in (other for other, same in known.items() if same == value and other > name):
            problems.add(f"{name} and {other} must be different fields, got {value!r} for both")


def check_fields(
    problems: Problems,
    *,
    partition_key: str | Attribute,
    sort_key: str | Attribute | None,
    indexes: Mapping[str, Index],
    local_indexes: Mapping[str, LocalIndex],
    time_to_live_attribute: str | None,
) -> None:
    """Add to ``problems`` whatever is wrong with the keys of one table and of its indexes."""
    keys = dict(_keys(partition_key, sort_key, indexes, local_indexes))
    for name, field in keys.items():
        check_field_name(problems, name, field.name)
    key = attribute(partition_key).name
    check_different_fields(
        problems, {"partition_key": key, "sort_key": None if sort_key is None else attribute(sort_key).name}
    )
    for name, index in indexes.items():
        where = f"indexes[{name!r}]"
        sort = None if index.sort_key is None else attribute(index.sort_key).name
        check_different_fields(
            problems, {f"{where}.partition_key": attribute(index.partition_key).name, f"{where}.sort_key": sort}
        )
    for name, local in local_indexes.items():
        check_different_fields(
            problems, {f"local_indexes[{name!r}].sort_key": attribute(local.sort_key).name, "partition_key": key}
        )
    _check_types(problems, keys)
    if time_to_live_attribute is not None:
        _check_time_to_live(problems, time_to_live_attribute, keys)
    _check_indexes(problems, indexes, local_indexes, sorted_table=sort_key is not None)
    _check_projections(problems, indexes, local_indexes)


def _keys(
    partition_key: str | Attribute,
    sort_key: str | Attribute | None,
    indexes: Mapping[str, Index],
    local_indexes: Mapping[str, LocalIndex],
) -> Iterator[tuple[str, Attribute]]:
    """Every key by what it is called in messages."""
    yield "partition_key", attribute(partition_key)
    if sort_key is not None:
        yield "sort_key", attribute(sort_key)
    for name, index in indexes.items():
        yield f"indexes[{name!r}].partition_key", attribute(index.partition_key)
        if index.sort_key is not None:
            yield f"indexes[{name!r}].sort_key", attribute(index.sort_key)
    for name, local in local_indexes.items():
        yield f"local_indexes[{name!r}].sort_key", attribute(local.sort_key)


def _check_types(problems: Problems, keys: Mapping[str, Attribute]) -> None:
    first: dict[str, tuple[str, AttributeType]] = {}
    for name, key in keys.items():
        if is_token(key.name):
            continue
        if key.type not in set(AttributeType):
            problems.one_of(f"{name}.type", key.type, tuple(AttributeType))
            continue
        where, type_ = first.setdefault(key.name, (name, key.type))
        if key.type != type_:
            problems.add(
                f"{name} must be of one type with {where}, the same field: {key.name!r} is {type_} there and "
                f"{key.type} here"
            )


def _check_time_to_live(problems: Problems, field: str, keys: Mapping[str, Attribute]) -> None:
    check_field_name(problems, "time_to_live_attribute", field)
    for name, key in keys.items():
        if not is_token(field) and key.name == field and key.type != AttributeType.NUMBER:
            problems.add(
                f"time_to_live_attribute must be a number, the seconds since 1970, got {field!r}, which is {name} and "
                f"{key.type}"
            )
            return


def _check_indexes(
    problems: Problems, indexes: Mapping[str, Index], local_indexes: Mapping[str, LocalIndex], *, sorted_table: bool
) -> None:
    for option, found, most in (
        ("indexes", indexes, defaults.GLOBAL_INDEXES),
        ("local_indexes", local_indexes, defaults.LOCAL_INDEXES),
    ):
        if len(found) > most:
            problems.add(f"{option} must be {most} at most, got {len(found)}")
        for name in found:
            if not is_token(name) and not _INDEX_NAME.fullmatch(name):
                problems.add(
                    f"{option} must be named with 3 to 255 letters, digits, underscores, hyphens and dots, got {name!r}"
                )
    for name in indexes:
        if name in local_indexes:
            problems.add(f"indexes and local_indexes must have different names, got {name!r} in both")
    if local_indexes and not sorted_table:
        problems.add(
            "local_indexes need a table with a sort_key, got none: an item alone in its partition has no order. Name a "
            "sort_key, or use indexes"
        )


def _check_projections(
    problems: Problems, indexes: Mapping[str, Index], local_indexes: Mapping[str, LocalIndex]
) -> None:
    projections = {f"indexes[{name!r}].projection": index.projection for name, index in indexes.items()}
    projections |= {f"local_indexes[{name!r}].projection": index.projection for name, index in local_indexes.items()}
    named = 0
    for name, projection in projections.items():
        if isinstance(projection, str):
            problems.one_of(name, projection, tuple(Projection))
            continue
        named += len(projection)
        if not projection:
            problems.add(f"{name} must name a field at least, got none: for the keys alone say Projection.KEYS_ONLY")
        for position, field in enumerate(projection):
            check_field_name(problems, f"{name}[{position}]", field)
        twice = sorted(field for field, times in Counter(projection).items() if times > 1)
        if twice:
            problems.add(f"{name} must name each field once, got {', '.join(twice)} twice")
    if named > defaults.PROJECTED_FIELDS:
        problems.add(
            f"the projections of all indexes must name {defaults.PROJECTED_FIELDS} fields at most, got {named}: say "
            "Projection.ALL where an index needs many"
        )
