"""What a local deployment of a resource type proves: that it behaves, that its state exists, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from local_aws.grade_table import API_BACKED, EXECUTES

Grade = Literal["executes", "API-backed", "recorded"]
GRADES: tuple[Grade, ...] = ("executes", "API-backed", "recorded")

# Not resources: they leave nothing behind on AWS either.
_IGNORED = frozenset({"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle"})

_NETWORK_BALANCING = frozenset({"network", "TCP", "UDP", "TCP_UDP", "TLS"})

_CUSTOM: Mapping[str, str] = {
    "Custom::CDKBucketDeployment": "uploads the files, done natively by the launcher",
    "Custom::S3AutoDeleteObjects": "empties the bucket, done natively by the launcher",
    "Custom::VpcRestrictDefaultSG": "removes the rules, done natively by the launcher",
}


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade and why."""

    grade: Grade
    reason: str


@dataclass(frozen=True, slots=True)
class TemplateGrades:
    """The resources of a template by grade.

    Attributes:
        types: How many resources of each type there are, by grade.
        reasons: The types that have a grade, by it and its reason.
    """

    types: Mapping[Grade, Mapping[str, int]] = field(default_factory=dict)
    reasons: Mapping[Graded, frozenset[str]] = field(default_factory=dict, compare=False)

    def reason(self, grade: Grade, resource_type: str) -> str:
        """Why resources of a type have the grade."""
        return next(one.reason for one, types in self.reasons.items() if one.grade == grade and resource_type in types)

    def count(self, grade: Grade) -> int:
        """How many resources have the grade."""
        return sum(self.types[grade].values())


def grade(resource_type: str) -> Graded:
    """The grade of a resource type; what is not known is recorded."""
    return _TABLE.get(resource_type) or _grade_unlisted(resource_type)


def grade_resource(resource: Mapping[str, object]) -> Graded:
    """The grade of a resource of a template: of its type, unless its properties make it less."""
    resource_type = str(resource.get("Type"))
    properties = resource.get("Properties")
    if resource_type.startswith("AWS::ElasticLoadBalancingV2::") and isinstance(properties, Mapping):
        words = {str(properties.get(name, "")) for name in ("Type", "Protocol")}
        if words & _NETWORK_BALANCING:
            return Graded("API-backed", "of a network load balancer: described by the API; carries no traffic")
    return grade(resource_type)


def grade_template(template: Mapping[str, object]) -> TemplateGrades:
    """The grades of all resources of a template."""
    resources = template.get("Resources")
    found = resources.values() if isinstance(resources, Mapping) else ()
    graded = [(str(one.get("Type")), grade_resource(one)) for one in found if isinstance(one, Mapping)]
    reasons = {each: frozenset(name for name, other in graded if other == each) for _, each in graded}
    return TemplateGrades({each: _counted(graded, each) for each in GRADES}, reasons)


def _counted(graded: Iterable[tuple[str, Graded]], wanted: Grade) -> Mapping[str, int]:
    counter = Counter(name for name, each in graded if name not in _IGNORED and each.grade == wanted)
    return dict(sorted(counter.items()))


def _grade_unlisted(resource_type: str) -> Graded:
    if resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource":
        return Graded("executes", "its function runs")
    if resource_type.startswith("AWS::CloudFormation::"):
        return Graded("executes", "done by CloudFormation itself")
    return Graded("recorded", "accepted only: nothing is behind it")


def _table() -> dict[str, Graded]:
    listed: tuple[tuple[Grade, tuple[tuple[str, str], ...]], ...] = (
        ("executes", EXECUTES),
        ("API-backed", API_BACKED),
    )
    table = {name: Graded("executes", reason) for name, reason in _CUSTOM.items()}
    for each, groups in listed:
        for reason, names in groups:
            table.update({f"AWS::{name}": Graded(each, reason) for name in names.split()})
    return table


_TABLE: Mapping[str, Graded] = _table()
