"""One template as CloudFormation sees it: resources that there are, their values in one spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_patterns.review._conditions import known_outcomes
from aws_patterns.review._schemas import ResourceSchema, schema_of
from aws_patterns.review._values import Spelling, canonical

# Says which constructs and versions of the CDK were used, and nothing else.
_OF_THE_CDK = "AWS::CDK::Metadata"
# Metadata that CloudFormation or what runs on an instance acts on; the rest is told to people and tools.
_METADATA_ACTED_ON = ("AWS::CloudFormation::Init", "AWS::CloudFormation::Authentication")


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource of a template.

    Attributes:
        logical_id: In the template.
        schema: Of its type.
        body: As the template has it.
        properties: In one spelling.
        attributes: Beside the properties, those that CloudFormation acts on when they change.
        condition: Under which it is there, written out; ``None``: always.
    """

    logical_id: str
    schema: ResourceSchema
    body: Mapping[str, Any]
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]
    condition: str | None

    @property
    def type(self) -> str:
        """For instance ``AWS::S3::Bucket``."""
        return self.schema.type


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A template, and what its stack is deployed with.

    Attributes:
        template: As it was read.
        spelling: How its values are written.
        resources: By their logical ids, without those whose condition is known to be false.
    """

    template: Mapping[str, Any]
    spelling: Spelling
    resources: Mapping[str, Resource]


def read_stack(template: Mapping[str, Any], *, parameters: Mapping[str, str], region: str | None) -> Stack:
    """What a template makes of parameters, as far as they are known."""
    known = {**parameters, **({"AWS::Region": region} if region else {})}
    outcomes = known_outcomes(template.get("Conditions", {}), known)
    spelling = Spelling(template, outcomes)
    resources = {
        name: _resource(name, body, spelling, outcomes, region or "us-east-1")
        for name, body in template.get("Resources", {}).items()
        if body.get("Type") != _OF_THE_CDK and outcomes.get(body.get("Condition", ""), True)
    }
    return Stack(template=template, spelling=spelling, resources=resources)


def _resource(
    name: str, body: Mapping[str, Any], spelling: Spelling, outcomes: Mapping[str, bool], region: str
) -> Resource:
    condition = body.get("Condition")
    metadata = body.get("Metadata", {})
    attributes = {key: spelling.plain(body[key]) for key in ("CreationPolicy", "UpdatePolicy") if key in body}
    attributes |= {key: spelling.plain(metadata[key]) for key in _METADATA_ACTED_ON if key in metadata}
    return Resource(
        logical_id=name,
        schema=schema_of(str(body.get("Type", "")), region),
        body=body,
        properties=spelling.plain(body.get("Properties", {})),
        attributes=attributes,
        condition=None if condition is None or condition in outcomes else canonical(spelling.condition(condition)),
    )
