"""How Route 53 chooses among records of one name, as data. Needs no CDK."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RegionRole

_CONTINENTS = ("AF", "AN", "AS", "EU", "NA", "OC", "SA")
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_WITH_SUBDIVISIONS = ("UA", "US")


@dataclass(frozen=True, kw_only=True, slots=True)
class Simple:
    """The only record of its name: everybody gets it, healthy or not."""

    label: ClassVar[str] = "simple"


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighted:
    """So many parts of all answers: ``Weighted(weight=10)``.

    Attributes:
        weight: 0 to 255. Of records that are all healthy those with 0 get nothing; when all others are unhealthy, they
            get everything.
    """

    label: ClassVar[str] = "weighted"
    weight: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """For users who are answered fastest from a Region.

    Attributes:
        region: Where the target is. Default: the Region of the stack.
    """

    label: ClassVar[str] = "latency"
    region: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failover:
    """The primary's as long as it is healthy, then the recovery's: ``Failover(role=RegionRole.PRIMARY)``.

    Attributes:
        role: Which of the two this record is.
    """

    label: ClassVar[str] = "failover"
    role: RegionRole


@dataclass(frozen=True, kw_only=True, slots=True)
class Geolocation:
    """For users who are somewhere: ``Geolocation(continent="EU")``; ``Geolocation()`` for all whom no other one is for.

    Without that default record, users whom no record is for get no answer.

    Attributes:
        continent: ``AF``, ``AN``, ``AS``, ``EU``, ``NA``, ``OC`` or ``SA``.
        country: Two letters of ISO 3166-1.
        subdivision: A state of the country ``US``, or a part of ``UA``.
    """

    label: ClassVar[str] = "geolocation"
    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Geoproximity:
    """For users who are nearest, in a part of the world that can be made larger or smaller.

    Attributes:
        region: Where the target is. Default: the Region of the stack.
        bias: -99 to 99: how much larger than it is by distance alone.
    """

    label: ClassVar[str] = "geoproximity"
    region: str | None = None
    bias: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Multivalue:
    """One of up to eight healthy records in each answer, of which the user's side picks one. Not for aliases."""

    label: ClassVar[str] = "multivalue"


Routing = Simple | Weighted | Latency | Failover | Geolocation | Geoproximity | Multivalue


@typed
def check_routing(
    problems: Problems, *, routing: Routing, is_alias: bool = False, has_health_check: bool = False
) -> None:
    """Add to ``problems`` whatever is wrong with how a record is chosen.

    ``is_alias`` and ``has_health_check`` stand for what the CDK knows of the record.
    """
    match routing:
        case Simple() if has_health_check:
            problems.add(
                "health_check has no effect with Simple(): there is no other record that could be answered instead. "
                "Leave it out, or choose another routing"
            )
        case Weighted(weight=weight):
            problems.between("routing.weight", weight, 0, defaults.MOST_WEIGHT)
        case Failover(role=role):
            problems.one_of("routing.role", role, tuple(RegionRole))
            if role is RegionRole.PRIMARY and not has_health_check:
                problems.add(
                    "health_check is missing: Failover(role=RegionRole.PRIMARY) is answered until its health check "
                    "fails, and without one for ever"
                )
        case Geolocation():
            _check_location(problems, routing)
        case Geoproximity(bias=bias):
            problems.between("routing.bias", bias, -defaults.MOST_BIAS, defaults.MOST_BIAS)
        case Multivalue() if is_alias:
            problems.add("routing must not be Multivalue() for an alias: Route 53 has them for addresses alone")
        case _:
            pass


def _check_location(problems: Problems, routing: Geolocation) -> None:
    continent, country, subdivision = routing.continent, routing.country, routing.subdivision
    if continent is not None:
        problems.one_of("routing.continent", continent, _CONTINENTS)
        if country is not None:
            problems.add(f"routing must name a continent or a country, got {continent!r} and {country!r}")
    if country is not None and not is_token(country) and not _COUNTRY.fullmatch(country):
        problems.add(f"routing.country must be two capital letters such as DE, got {country!r}")
    if subdivision is not None and country not in _WITH_SUBDIVISIONS:
        problems.add(
            f"routing.subdivision needs the country US or UA, got {country!r}: Route 53 knows parts of no other country"
        )
