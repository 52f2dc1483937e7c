"""The language of rule conditions: what a value with wildcards fits, and which of two fits more. Needs no CDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

# Symbols of a pattern that stand for others: any characters, and one. No character is longer than one.
MANY = "**"
ONE = "??"
_BETWEEN_KEY_AND_VALUE = "=="

Pattern = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facet:
    """What a condition asks about a request (the path, a header), and the patterns of which one must fit."""

    subject: str
    patterns: tuple[Pattern, ...]

    @property
    def is_always_true(self) -> bool:
        return self.subject == "path" and any(found in {(MANY,), ("/", MANY)} for found in self.patterns)


def facet(subject: str, patterns: Sequence[Pattern]) -> Facet:
    """A facet without the patterns that others of it hold."""
    distinct = sorted(set(patterns))
    return Facet(
        subject,
        tuple(one for one in distinct if not any(fits(other, one) for other in distinct if other != one)),
    )


def text_pattern(text: str, *, case_matters: bool = False, escapes: bool = False) -> Pattern:
    """A value with wildcards. Runs of them are put in order, so that what means the same is the same."""
    symbols: list[str] = []
    characters = iter(text if case_matters else text.lower())
    for character in characters:
        if escapes and character == "\\":
            symbols.append(next(characters, "\\"))
        else:
            symbols.append({"*": MANY, "?": ONE}.get(character, character))
    return _in_order(symbols)


def exact_pattern(text: str) -> Pattern:
    """A value in which every character means itself."""
    return tuple(text)


def pair_pattern(key: Pattern, value: Pattern) -> Pattern:
    """A key and its value, either of which may hold wildcards."""
    return (*key, _BETWEEN_KEY_AND_VALUE, *value)


def network_pattern(cidr: str) -> Pattern:
    """A network: the leading bits that addresses in it have in common."""
    network = ip_network(cidr)
    bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[: network.prefixlen]
    rest = () if network.prefixlen == network.max_prefixlen else (MANY,)
    return (f"v{network.version}", *bits, *rest)


def _in_order(symbols: Sequence[str]) -> Pattern:
    """Each run of wildcards as its single characters first, and any characters once behind."""
    found: list[str] = []
    many = False
    for symbol in [*symbols, ""]:
        if symbol == MANY:
            many = True
            continue
        if many and symbol != ONE:
            found.append(MANY)
            many = False
        found.append(symbol)
    return tuple(found[:-1])


def fits(wide: Pattern, narrow: Pattern) -> bool:
    """Whether whatever fits the narrow pattern fits the wide one."""
    # Which ends of the narrow pattern the wide one's beginning reaches, symbol by symbol.
    reached = {0}
    for symbol in wide:
        if symbol == MANY:
            reached = set(range(min(reached), len(narrow) + 1))
        else:
            reached = {end + 1 for end in reached if end < len(narrow) and _stands_for(symbol, narrow[end])}
        if not reached:
            return False
    return len(narrow) in reached


def _stands_for(symbol: str, other: str) -> bool:
    return symbol == other or (symbol == ONE and len(other) == 1)


def covers(wide: Sequence[Facet], narrow: Sequence[Facet]) -> bool:
    """Whether conditions apply to every request that others apply to. Only what is certain counts."""
    return all(
        asked.is_always_true
        or any(
            given.subject == asked.subject
            and all(any(fits(one, other) for one in asked.patterns) for other in given.patterns)
            for given in narrow
        )
        for asked in wide
    )


def is_exact(pattern: Pattern) -> bool:
    """Whether one value alone fits it."""
    return MANY not in pattern and ONE not in pattern


def literals(pattern: Pattern) -> int:
    """How many characters a value must have in common with it."""
    return sum(symbol not in {MANY, ONE} for symbol in pattern)
