"""What can be wrong with the values of a filter policy or an event pattern. Needs no CDK."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.comparisons import (
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exists,
    Numeric,
    Prefix,
    Properties,
    Suffix,
    Value,
    Wildcard,
    listed,
    properties_json,
)

# A member of an alternative that has such a name makes SNS and EventBridge take the whole "$or" for a plain key.
_RESERVED = frozenset(
    {"anything-but", "prefix", "suffix", "equals-ignore-case", "numeric", "exists", "cidr", "wildcard"}
)
_LOWER = (">", ">=")
_UPPER = ("<", "<=")
_TWO_STARS = re.compile(r"(?<!\\)(?:\\\\)*\*\*")
_STAR = re.compile(r"\\.|(\*)")

Leaf = tuple[str, int, Sequence[Value]]


def leaves(properties: Properties, depth: int = 1, path: str = "") -> Iterator[Leaf]:
    """Every key with values: its name with those above it, how deep it is, its values."""
    for key, value in properties.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping):
            yield from leaves(value, depth + 1, f"{name}.")
        else:
            yield name, depth, listed(value)


def check_shape(problems: Problems, name: str, properties: Properties, any_of: Sequence[Properties]) -> None:
    """Add to ``problems`` what SNS and EventBridge both refuse, apart from the values themselves."""
    if not properties and not any_of:
        problems.add(f"{name} must compare something, got nothing: leave it out to let everything through")
    if len(any_of) == 1:
        problems.add(f"{name}.any_of must hold at least 2 alternatives, got 1: put it with the others")
    for index, alternative in enumerate(any_of):
        if not alternative:
            problems.add(f"{name}.any_of[{index}] must compare something, got nothing")
        reserved = sorted(_RESERVED.intersection(alternative))
        if reserved:
            problems.add(f"{name}.any_of[{index}] must not have a key {reserved[0]!r}: it is the name of a comparison")
    for part in (properties, *any_of):
        _check_keys(problems, name, part)


def _check_keys(problems: Problems, name: str, properties: Properties) -> None:
    for key, value in properties.items():
        if not key or key == "$or":
            problems.add(f"{name} must not have the key {key!r}" + (": use any_of" if key else ""))
        if isinstance(value, Mapping):
            if value:
                _check_keys(problems, f"{name}.{key}", value)
            else:
                problems.add(f"{name}.{key} must compare something, got nothing")
        elif not listed(value):
            problems.add(f"{name}.{key} must have at least one value, got none")


def check_values(problems: Problems, name: str, values: Sequence[Value], *, sns: bool) -> None:
    """Add to ``problems`` what is wrong with the values of one key."""
    for value in values:
        for problem in _problems_of(value, sns=sns):
            problems.add(f"{name} {problem}")
    repeated = len(values) - len({repr(value) for value in values})
    if repeated:
        problems.add(f"{name} must not hold a value twice, got {repeated} again")


def _problems_of(value: Value, *, sns: bool) -> Iterator[str]:
    if isinstance(value, str | int | float) and is_token(value):
        return
    match value:
        case bool() | str() | None | Exists():
            return
        case int() | float():
            yield from _of_number(value, sns=sns)
        case Numeric():
            yield from _of_bounds(value, sns=sns)
        case AnythingBut():
            yield from _of_anything_but(value, sns=sns)
        case Cidr():
            yield from _of_network(value.text, sns=sns)
        case Wildcard():
            yield from _of_wildcard(value.text, sns=sns)
        case Prefix() | Suffix() | EqualsIgnoreCase():
            if sns and not value.text:
                yield f"must not be an empty {value.operator}: use Exists() for any value"
        case _:
            yield f"must be texts, numbers, True, False, None or comparisons, got {value!r}"


def _of_number(number: float, *, sns: bool) -> Iterator[str]:
    if is_token(number):
        return
    if not math.isfinite(number):
        yield f"must be a number that JSON knows, got {number}"
    elif sns and abs(number) > defaults.LARGEST_FILTER_NUMBER:
        largest = defaults.LARGEST_FILTER_NUMBER
        yield f"must be a number between {-largest} and {largest}, got {number:.15g}"
    elif sns and round(number, defaults.FILTER_DECIMALS) != number:
        yield f"must be a number with {defaults.FILTER_DECIMALS} decimal places at most, got {number:.15g}"


def _of_bounds(value: Numeric, *, sns: bool) -> Iterator[str]:
    bounds = value.bounds
    for number in bounds.values():
        yield from _of_number(number, sns=sns)
    lower = [bounds[sign] for sign in _LOWER if sign in bounds]
    upper = [bounds[sign] for sign in _UPPER if sign in bounds]
    if not bounds or len(lower) > 1 or len(upper) > 1 or ("=" in bounds and len(bounds) > 1):
        given = ", ".join(f"{sign} {number:.15g}" for sign, number in bounds.items()) or "nothing"
        yield f"must have Numeric(equals=...), or one lower and one upper bound at most, got {given}"
    elif lower and upper and not any(map(is_token, (*lower, *upper))) and not lower[0] < upper[0]:
        yield f"must have a lower bound below the upper one, got {lower[0]:.15g} and {upper[0]:.15g}"


def _of_anything_but(value: AnythingBut, *, sns: bool) -> Iterator[str]:
    kinds = {"number" if isinstance(one, int | float) else type(one).__name__ for one in value.values}
    if not value.values or len(kinds) > 1 or any(isinstance(one, bool) for one in value.values):
        yield "must have AnythingBut(...) of texts, or of numbers, or of one comparison"
        return
    if len(value.values) > 1 and not isinstance(value.values[0], str | int | float):
        yield f"must have AnythingBut(...) of one comparison at most, got {len(value.values)}"
        return
    for one in value.values:
        if sns and isinstance(one, Suffix | EqualsIgnoreCase):
            yield f"must not have AnythingBut({type(one).__name__}(...)): SNS has it for texts, prefixes and wildcards"
        elif isinstance(one, Prefix | Suffix | EqualsIgnoreCase) and not one.text:
            yield f"must not have AnythingBut({type(one).__name__}('')): nothing would be left"
        elif not isinstance(one, str):
            yield from _problems_of(one, sns=sns)


def _of_network(text: str, *, sns: bool) -> Iterator[str]:
    if is_token(text):
        return
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        network = None
    if network is None or "/" not in text:
        yield f"must be a network such as 10.0.0.0/24, got {text!r}"
    elif not sns and network.prefixlen == network.max_prefixlen:
        yield f"must be a network of more than one address, got {text!r}: give the address itself"


def _of_wildcard(text: str, *, sns: bool) -> Iterator[str]:
    if is_token(text):
        return
    if not stars(text):
        yield f"must have a wildcard with a *, got {text!r}: give the text itself"
    elif _TWO_STARS.search(text):
        yield f"must not have two * in a row, got {text!r}"
    elif sns and stars(text) > defaults.WILDCARDS_PER_VALUE:
        yield f"may have {defaults.WILDCARDS_PER_VALUE} * in one wildcard, got {stars(text)} in {text!r}"


def stars(text: str) -> int:
    """How many characters of it stand for others; an escaped one does not."""
    return sum(1 for found in _STAR.finditer(text) if found[1])


def check_filter_size(problems: Problems, name: str, properties: Properties, any_of: Sequence[Properties]) -> None:
    """Add to ``problems`` in what a filter policy is too large for SNS."""
    keys = len({*properties, *(key for one in any_of for key in one)})
    if keys > defaults.FILTER_KEYS:
        problems.add(
            f"{name} may have {defaults.FILTER_KEYS} keys, got {keys}: filter the rest in the worker, or let the "
            "publisher join keys"
        )
    found = combinations(properties, any_of)
    if found > defaults.FILTER_COMBINATIONS:
        problems.add(
            f"{name} may have {defaults.FILTER_COMBINATIONS} combinations (the numbers of values multiplied, each by "
            f"its depth), got {found}: use prefixes, or fewer keys"
        )
    points = sum(_wildcard_points(values) for part in (properties, *any_of) for _, _, values in leaves(part))
    if points > defaults.WILDCARD_POINTS:
        problems.add(
            f"{name} may have {defaults.WILDCARD_POINTS} points for wildcards (of a key: 1 for one with one *, 3 for "
            f"each * of one with more, times their number), got {points}: use prefixes and suffixes"
        )
    size = len(json.dumps(properties_json(properties, any_of)).encode())
    if size > defaults.LARGEST_FILTER_BYTES:
        problems.add(f"{name} may have {defaults.LARGEST_FILTER_BYTES} bytes, got {size}")


def combinations(properties: Properties, any_of: Sequence[Properties] = ()) -> int:
    """How complex a filter policy is, as SNS counts."""
    own = math.prod(len(values) * depth for _, depth, values in leaves(properties))
    return own * sum(combinations(one) for one in any_of) if any_of else own


def _wildcard_points(values: Sequence[Value]) -> int:
    texts = []
    for value in values:
        inner = value.values[0] if isinstance(value, AnythingBut) and value.values else value
        if isinstance(inner, Wildcard):
            texts.append(inner.text)
    points = [1 if stars(text) == 1 else defaults.POINTS_PER_WILDCARD_OF_SEVERAL * stars(text) for text in texts]
    return sum(points) * len(points)
