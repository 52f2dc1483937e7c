"""What a name stands for by the records of public hosted zones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial

from local_aws.launcher import hooks
from local_aws.launcher.dns import resources, statuses
from local_aws.launcher.dns.routing import Users, choose
from local_aws.launcher.hooks import Record

_ADDRESSES = ("A", "AAAA")
_DEEPEST = 8
_WILDCARD = "*"
_ESCAPED_WILDCARD = "\\052"

_pick = random.Random()  # noqa: S311 # which of several equal answers is no secret


class _Asking:
    """Where those are who ask: all in one place."""

    users = Users()


def place_users(request: Mapping[str, object]) -> None:
    """Have whoever asks be in a place. Raises ValueError naming what is wrong."""
    known = {field.name for field in fields(Users)}
    if unknown := sorted(set(request) - known):
        raise ValueError(f"users have {', '.join(sorted(known))}, got {', '.join(unknown)}")
    if not all(isinstance(value, str) for value in request.values()):
        raise ValueError("where users are is said by texts")
    _Asking.users = Users(**{name: str(value) for name, value in request.items()})


@dataclass(frozen=True, slots=True)
class Answer:
    """One value of an answer.

    Attributes:
        value: An address, a host name without the dot at its end, or what else the type has.
        leads: Whether it is the host name of something of AWS's that an alias leads to.
    """

    value: str
    leads: bool = False


def zone_of(name: str) -> str | None:
    """The id of the public hosted zone that answers for a name, in the request's account."""
    zones = hooks.store(hooks.HOSTED_ZONES).values()
    fitting = [zone for zone in zones if not zone.get("private") and _is_within(name, _plain(zone["name"]))]
    return str(max(fitting, key=lambda zone: len(zone["name"]))["id"]) if fitting else None


def places_of(name: str) -> list[Answer] | None:
    """What a client that connects to a name is led to, aliases and CNAMEs followed; None: no zone answers for it."""
    zone = zone_of(name)
    if zone is None:
        return None
    found: list[Answer] = []
    for answer in next(filter(None, (answers(zone, name, kind) for kind in _ADDRESSES)), []):
        found += [answer] if answer.leads or _is_address(answer.value) else places_of(answer.value) or [answer]
    return found


def answers(zone: str, name: str, kind: str, deep: int = 0) -> list[Answer]:
    """The answer to a question of a type; empty where there is none."""
    group = _group(zone, name, kind)
    healthy = partial(_is_healthy, zone, deep=deep)
    found: list[Answer] = []
    for record in choose(group, healthy, _Asking.users, _pick):
        alias = record.get("AliasTarget")
        if not alias:
            found += [Answer(_plain(value)) for value in record.get("ResourceRecords", ())]
        elif alias["HostedZoneId"] != zone:
            found.append(Answer(_plain(alias["DNSName"]).removeprefix("dualstack."), leads=True))
        elif deep < _DEEPEST:
            found += answers(zone, _plain(alias["DNSName"]), kind, deep + 1)
    return found


def _group(zone: str, name: str, kind: str) -> Sequence[Record]:
    """The records that a question is answered from: of its name or the wildcard above it, of its type or CNAME."""
    stored = hooks.lists(hooks.DNS_RECORDS).get(zone, [])
    for candidate in _names(name):
        of_name = [record for record in stored if _plain(record["Name"]) == candidate]
        for wanted in (kind, "CNAME"):
            if group := [record for record in of_name if record["Type"] == wanted]:
                return group
        if of_name:
            return ()
    return ()


def _names(name: str) -> Iterator[str]:
    yield _plain(name)
    parts = _plain(name).split(".")
    yield from (".".join((_WILDCARD, *parts[start:])) for start in range(1, len(parts)))


def _is_healthy(zone: str, record: Record, *, deep: int) -> bool:
    if (check := record.get("HealthCheckId")) and not statuses.is_healthy(check):
        return False
    alias = record.get("AliasTarget") or {}
    if not alias.get("EvaluateTargetHealth") or deep >= _DEEPEST:
        return True
    if alias["HostedZoneId"] != zone:
        return resources.is_healthy(_plain(alias["DNSName"]))
    group = _group(zone, _plain(alias["DNSName"]), record["Type"])
    return any(_is_healthy(zone, one, deep=deep + 1) for one in group)


def _is_within(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _is_address(value: str) -> bool:
    return value.replace(".", "").isdigit() or ":" in value


def _plain(name: str) -> str:
    return name.rstrip(".").lower().replace(_ESCAPED_WILDCARD, _WILDCARD)
