"""Findings of rule packs that a pattern accepts: on the exact construct, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Record why each finding (by its id) is accepted on this construct and what is inside it.

    The ids are cdk-nag's; without cdk-nag they are inert metadata of the app, absent from the template.
    """
    Validations.of(construct).acknowledge(*(Acknowledgment(id=id, reason=why) for id, why in reasons.items()))


def wildcard(scope: IConstruct, resource: str) -> str:
    """The id of cdk-nag's finding that a policy inside ``scope`` names ``resource``, which ends in a wildcard."""
    return f"AwsSolutions-IAM5[Resource::{_flat(Stack.of(scope).resolve(resource))}]"


def _flat(value: object) -> str:
    """A resolved value the way cdk-nag writes it: references in angle brackets, everything else as it is."""
    match value:
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Sub": str(template)}:
            return template.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_flat(part) for part in parts)
        case _:
            return str(value)
