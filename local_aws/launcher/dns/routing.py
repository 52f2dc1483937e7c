"""Which records of one name and type Route 53 answers with, by their routing policy and their health. Pure.

Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from local_aws.launcher.hooks import Record

_MOST_ANSWERS = 8
_ANYWHERE = "*"

Healthy = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Users:
    """Where those are who ask.

    Attributes:
        region: The Region that is near them.
        continent: Its code, such as EU.
        country: Its code, such as DE.
        subdivision: The code of a state of the United States.
    """

    region: str = "us-east-1"
    continent: str = ""
    country: str = ""
    subdivision: str = ""


def choose(records: Sequence[Record], is_healthy: Healthy, users: Users, pick: random.Random) -> list[Record]:
    """The records that an answer is made of: one, several where each answer has several, or none."""
    healthy = [record for record in records if is_healthy(record)]
    policy = next((name for name in _POLICIES if any(name in record for record in records)), "")
    # Where none is healthy, all count as healthy.
    found = healthy or list(records)
    match policy:
        case "MultiValueAnswer":
            return pick.sample(found, min(len(found), _MOST_ANSWERS))
        case "Weight":
            return _weighted(healthy, pick) or _weighted(records, pick)
        case "GeoLocation":
            return _nearest_area(healthy, users) or _nearest_area(records, users)
        case "":
            return list(records[:1])
    order = _POLICIES[policy]
    return sorted(found, key=lambda record: (order(record, users), str(record.get("SetIdentifier"))))[:1]


def _weighted(records: Sequence[Record], pick: random.Random) -> list[Record]:
    """One of them; one without weight only where there is no other."""
    if with_weight := [record for record in records if record["Weight"]]:
        return pick.choices(with_weight, [record["Weight"] for record in with_weight])
    return [pick.choice(records)] if records else []


def _nearest_area(records: Sequence[Record], users: Users) -> list[Record]:
    """That of the smallest area around the users."""
    areas = [(_area(record["GeoLocation"], users), record) for record in records]
    around = [(size, record) for size, record in areas if size is not None]
    return [min(around, key=lambda each: each[0])[1]] if around else []


def _area(place: Record, users: Users) -> int | None:
    """How large an area is, as a rank; None where the users are outside."""
    if place.get("SubdivisionCode"):
        return 0 if (place.get("CountryCode"), place["SubdivisionCode"]) == (users.country, users.subdivision) else None
    if place.get("CountryCode") == _ANYWHERE:
        return 3
    if place.get("CountryCode"):
        return 1 if place["CountryCode"] == users.country else None
    return 2 if place.get("ContinentCode") == users.continent else None


def _distance(region: str, other: str) -> int:
    """A rank: the same Region, the same part of the world, another one. Latencies are not measured here."""
    return 0 if region == other else 1 if region.partition("-")[0] == other.partition("-")[0] else 2


def _biased(place: Record, region: str) -> int:
    return _distance(str(place.get("AWSRegion", "")), region) * 100 - int(place.get("Bias") or 0)


# By the member of a record that says so; in what order its records are preferred, where that is all there is to it.
_POLICIES: Mapping[str, Callable[[Record, Users], int]] = {
    "MultiValueAnswer": lambda _record, _users: 0,
    "Failover": lambda record, _users: int(record["Failover"] != "PRIMARY"),
    "Weight": lambda _record, _users: 0,
    "GeoLocation": lambda _record, _users: 0,
    "Region": lambda record, users: _distance(str(record["Region"]), users.region),
    "GeoProximityLocation": lambda record, users: _biased(record["GeoProximityLocation"], users.region),
}
