"""Which of an Application Load Balancer's rules is tried first. Needs no CDK.

An automatic priority comes from the rule alone, never from the rules around it: CloudFormation changes priorities one
by one, and a rule that moves to where another one still is fails the deployment. The numbers are cut into bands, one
for each degree of narrowness, narrowest first; a hash of the rule's name chooses the place in its band. Two rules may
hit upon the same place, seldom; that is said at synthesis, with a free one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_patterns.load_balancing._rule_patterns import MANY, ONE, Facet, is_exact, literals

if TYPE_CHECKING:
    from aws_patterns.load_balancing.content_routing import Rule

# What is before and behind belongs to those who choose a priority themselves.
FIRST_AUTOMATIC = 1_001
LAST_AUTOMATIC = 49_000

# By how many conditions a rule has and how many of them name exact values: the places for each number of characters
# that its wildcard conditions prescribe, up to 31 and up to 127. A path or a host alone is what most rules ask for.
_PLACES: Mapping[tuple[int, int], tuple[int, int]] = MappingProxyType(
    {
        **dict.fromkeys([(5, 4), (5, 3), (5, 2), (5, 1), (5, 0)], (4, 2)),
        **dict.fromkeys([(4, 3), (4, 2), (4, 1), (4, 0)], (8, 4)),
        **dict.fromkeys([(3, 2), (3, 1), (3, 0)], (32, 8)),
        (2, 1): (200, 16),
        (2, 0): (80, 16),
        (1, 0): (400, 32),
    }
)
_EXACT_PLACES = MappingProxyType({5: 100, 4: 200, 3: 600, 2: 3_000, 1: 6_000, 0: 400})
_SHORT = 32
_LONGEST = 128

# The shares of a band, in hundredths, narrower forms first: with single-character wildcards, plain, with several
# wildcards of any characters, with several values.
_SHARES = (5, 52, 5, 38)
_EXACT_SHARES = (0, 60, 0, 40)
_SINGLES, _PLAIN, _GAPS, _VALUES = range(4)


@dataclass(frozen=True, slots=True)
class Band:
    """Places for rules that are equally narrow."""

    first: int
    places: int

    def place_of(self, name: str) -> int:
        """The same for the same name, whatever other rules there are."""
        return self.first + int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % self.places

    def free(self, taken: Collection[int]) -> int | None:
        """A place that nobody has."""
        return next((place for place in range(self.first, self.first + self.places) if place not in taken), None)


def _region_sizes() -> Mapping[tuple[int, int], int]:
    """In the order of priority."""
    sizes: dict[tuple[int, int], int] = {}
    for conditions in sorted(_EXACT_PLACES, reverse=True):
        sizes[conditions, conditions] = _EXACT_PLACES[conditions]
        for exact in range(conditions - 1, -1, -1):
            short, long = _PLACES[conditions, exact]
            sizes[conditions, exact] = short * _SHORT + long * (_LONGEST - _SHORT)
    return sizes


_SIZES = _region_sizes()
_STARTS = dict(zip(_SIZES, accumulate(_SIZES.values(), initial=FIRST_AUTOMATIC), strict=False))


def priority_of(rule: Rule) -> int:
    """The one that was chosen, or the automatic one."""
    return rule.priority if rule.priority is not None else band_of(rule).place_of(rule.name)


def band_of(rule: Rule) -> Band:
    """Where a rule belongs by its conditions."""
    return automatic_band([condition.facet for condition in rule.conditions])


def automatic_band(facets: Sequence[Facet]) -> Band:
    """Where a rule that asks this belongs."""
    asked = [facet for facet in facets if not facet.is_always_true]
    wild = [facet for facet in asked if not all(map(is_exact, facet.patterns))]
    region = (len(asked), len(asked) - len(wild))
    band = Band(_STARTS[region], _SIZES[region])
    shares = _EXACT_SHARES
    if wild:
        length = sum(min(literals(one) for one in facet.patterns if not is_exact(one)) for facet in wild)
        band = _cut_by_length(band, length, *_PLACES[region])
        shares = _SHARES
    return _cut_by_form(band, _form(asked), shares)


def _cut_by_length(region: Band, length: int, short: int, long: int) -> Band:
    length = min(length, _LONGEST - 1)
    longer_ones_first = _LONGEST - 1 - length
    long_ones = _LONGEST - _SHORT
    if length >= _SHORT:
        return Band(region.first + longer_ones_first * long, long)
    return Band(region.first + long_ones * long + (longer_ones_first - long_ones) * short, short)


def _cut_by_form(band: Band, form: int, shares: Sequence[int]) -> Band:
    """The part of a band for one form; all of it where it is too small to be cut."""
    ends = [band.places * share // 100 for share in accumulate(shares, initial=0)]
    if any(share and end == start for share, start, end in zip(shares, ends, ends[1:], strict=False)):
        return band
    return Band(band.first + ends[form], ends[form + 1] - ends[form])


def _form(facets: Sequence[Facet]) -> int:
    patterns = [pattern for facet in facets for pattern in facet.patterns]
    if len(patterns) > len(facets):
        return _VALUES
    if any(ONE in pattern for pattern in patterns):
        return _SINGLES
    return _GAPS if any(pattern.count(MANY) > 1 for pattern in patterns) else _PLAIN
