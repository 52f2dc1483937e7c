"""Whether the Region that takes over is still like the one it takes over from. Needs no CDK.

A recovery Region that is behind fails on the day it is needed, and on no other: a larger memory, a new permission or a
setting came to one template and not to the other. A test compares both::

    from aws_patterns.disaster_recovery.drift.drift_expectations import Expected
    from aws_patterns.disaster_recovery.drift.region_drift import compare_regions

    def test_both_regions_are_alike():
        drift = compare_regions(
            Template.from_stack(orders).to_json(),
            Template.from_stack(orders_recovery).to_json(),
            primary_region="eu-west-1",
            recovery_region="eu-central-1",
            expected=[Expected(logical_id="OrdersRunbook*", reason="the runbook is where it is needed")],
        )
        assert not drift.findings, drift

What names its Region or its role, and capacity, is expected; so is a global table that only one template has. Anything
else is a finding, until the test says why it should be.

Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_config_drift.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_patterns.disaster_recovery.drift.drift_expectations import CAPACITY, NAMED, REPLICA, Expected
from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.review.comparison import ValueDifference, compare_templates

_GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One difference between the Regions.

    Attributes:
        logical_id: Of the resource.
        type: Of the resource.
        path: Where the values differ; empty: the resource is in one Region only.
        primary: The value in the primary Region, or the logical id there; ``None``: there is none.
        recovery: As ``primary``, in the recovery Region.
        reason: Why it should be; ``None``: nobody says so.
    """

    logical_id: str
    type: str
    path: str
    primary: str | None
    recovery: str | None
    reason: str | None

    def __str__(self) -> str:
        if not self.path:
            only = RegionRole.RECOVERY if self.primary is None else RegionRole.PRIMARY
            said = f"{self.type} {self.logical_id}: only in the {only} Region"
        else:
            sides = [side or "nothing" for side in (self.primary, self.recovery)]
            said = f"{self.type} {self.logical_id}: {self.path} is {sides[0]} in the primary Region, "
            said += f"{sides[1]} in the recovery Region"
        return f"{said} ({self.reason})" if self.reason else said


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionDrift:
    """What differs between two Regions.

    Attributes:
        findings: Differences that nobody says should be.
        expected: Differences that should be, each with its reason.
        idle: Expectations that are about no difference any more, and can be deleted.
    """

    findings: Sequence[Difference]
    expected: Sequence[Difference]
    idle: Sequence[Expected]

    def __str__(self) -> str:
        parts = (("Should not differ", self.findings), ("Should differ", self.expected))
        told = "\n".join(f"{title}:\n" + "\n".join(f"  {each}" for each in listed) for title, listed in parts if listed)
        return told or "The Regions are alike."


def compare_regions(
    primary: Mapping[str, Any],
    recovery: Mapping[str, Any],
    *,
    primary_region: str,
    recovery_region: str,
    names: Sequence[tuple[str, str]] = (),
    expected: Sequence[Expected] = (),
    parameters: Mapping[str, str] | None = None,
) -> RegionDrift:
    """What differs between the templates of one workload in two Regions, and whether it should.

    Args:
        primary: Template of the primary Region.
        recovery: Template of the recovery Region.
        primary_region: For example ``eu-west-1``.
        recovery_region: For example ``eu-central-1``.
        names: What else each Region has a name of its own for, that of the primary Region first: those of the stacks.
        expected: Differences that should be, beyond what names its Region or role and capacity.
        parameters: Values for both stacks: a workload that waits for its restore is compared as it will run. Default:
            each template's own defaults are not known, and a resource under a condition counts as there.
    """
    chosen = [*expected, *CAPACITY]
    used: set[int] = set()
    told = []
    for each in compare_templates(
        primary,
        recovery,
        regions=(primary_region, recovery_region),
        same_text=_named_alike([(primary_region, recovery_region), *names]),
        parameters=parameters,
    ):
        index = _covering(each, chosen)
        used |= {index} if index is not None else set()
        reason = chosen[index].reason if index is not None else _reason(each, recovery_region)
        told.append(
            Difference(
                logical_id=each.logical_id,
                type=each.type,
                path=each.path,
                primary=each.one,
                recovery=each.other,
                reason=reason,
            )
        )
    return RegionDrift(
        findings=[each for each in told if each.reason is None],
        expected=[each for each in told if each.reason is not None],
        idle=[each for index, each in enumerate(expected) if index not in used],
    )


def _covering(found: ValueDifference, expected: Sequence[Expected]) -> int | None:
    covers = (index for index, each in enumerate(expected) if each.covers(found.type, found.logical_id, found.path))
    return None if found.alike else next(covers, None)


def _reason(found: ValueDifference, recovery_region: str) -> str | None:
    if found.alike:
        return NAMED
    replicas = found.properties.get("Replicas", []) if found.type == _GLOBAL_TABLE and found.other is None else []
    regions = {replica.get("Region") for replica in replicas if isinstance(replica, Mapping)}
    return REPLICA if recovery_region in regions else None


def _named_alike(names: Sequence[tuple[str, str]]) -> Callable[[str, str], bool]:
    """Whether two texts differ only in that each names its own Region or role where the other one names its own.

    A name that is the same in both texts is alike, too: both Regions may speak of one of them.
    """
    pairs = [*names, (RegionRole.PRIMARY.value, RegionRole.RECOVERY.value)]
    # As they are written in ids, too: without hyphens, with a capital.
    pairs += [(one.replace("-", ""), other.replace("-", "")) for one, other in pairs]
    pairs += [(_capitals(one), _capitals(other)) for one, other in [*names, pairs[len(names)]]]
    twins = {*pairs, *((other, one) for one, other in pairs)}
    longest_first = sorted({word for pair in pairs for word in pair}, key=len, reverse=True)
    words = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def alike(primary: str, recovery: str) -> bool:
        parts = [words.split(text) for text in (primary, recovery)]
        if len(parts[0]) != len(parts[1]):
            return False
        return all(one == other or (one, other) in twins for one, other in zip(*parts, strict=True))

    return alike


def _capitals(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))
