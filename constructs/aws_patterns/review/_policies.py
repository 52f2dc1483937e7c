"""Statements of policies, one permission each, and which of them another one covers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aws_patterns.review._values import canonical

if TYPE_CHECKING:
    from aws_patterns.review._stack import Resource

EVERYBODY = "everybody"


class Kind(StrEnum):
    """Who a permission speaks of."""

    HELD = "held"
    GIVEN = "given"
    TRUST = "trust"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """One action on one resource.

    Attributes:
        holder: Who may, or whose policy it is.
        kind: A role's own, somebody's in a resource's policy, or who may take a role.
        allowed: Or denied.
        principal: To whom a resource's policy gives it; empty for a role's own.
        action: May have wildcards.
        resource: May have wildcards.
        condition: As text; empty: always.
    """

    holder: str
    kind: Kind
    allowed: bool
    principal: str
    action: str
    resource: str
    condition: str

    def covered_by(self, other: Permission) -> bool:
        """Whether the other one says as much or more of the same."""
        return (
            (self.holder, self.kind, self.allowed) == (other.holder, other.kind, other.allowed)
            and other.principal in (self.principal, EVERYBODY)
            and _matches(self.action.lower(), other.action.lower())
            and _matches(self.resource, other.resource)
            and other.condition in (self.condition, "")
        )


def permissions_of(resource: Resource) -> Iterator[Permission]:
    """Every permission that a resource of a template says."""
    holders = list(_holders(resource))
    for path, document in _documents(resource.properties):
        trust = path.endswith("AssumeRolePolicyDocument")
        for holder in [resource.logical_id] if trust else holders:
            yield from _of_document(document, holder, trust=trust)
    for arn in _listed(resource.properties.get("ManagedPolicyArns", [])):
        yield _held(resource.logical_id, f"whatever {_name(arn)} allows")
    if resource.type == "AWS::Lambda::Permission":
        yield _of_a_function(resource.properties)


def _holders(resource: Resource) -> Iterator[str]:
    """Whose permissions the policies in it are: what they are attached to, or itself."""
    names = ("Roles", "Users", "Groups", "RoleName", "UserName", "GroupName")
    targets = ("Bucket", "Queues", "Queue", "Topics", "TopicArn", "SecretId", "ResourceArn")
    of_iam = resource.type.startswith("AWS::IAM::") and resource.type.endswith("Policy")
    attached = names if of_iam else targets if resource.type.endswith("Policy") else ()
    found = [each for name in attached for each in _listed(resource.properties.get(name, []))]
    yield from map(_id_of, found or [resource.logical_id])


def _documents(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Policies wherever they are, those written as JSON text as well."""
    if isinstance(value, str) and value.startswith("{") and '"Statement"' in value:
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, Mapping):
        if "Statement" in value:
            yield path, value
            return
        for key, each in value.items():
            yield from _documents(each, f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from _documents(each, path)


def _of_document(document: Mapping[str, Any], holder: str, *, trust: bool) -> Iterator[Permission]:
    for statement in _listed(document["Statement"]):
        if not isinstance(statement, Mapping):
            continue
        principals = list(_principals(statement))
        for principal in principals or [""]:
            for action in _either(statement, "Action"):
                for resource in _either(statement, "Resource") or ["*"]:
                    yield Permission(
                        holder=holder,
                        kind=Kind.TRUST if trust else Kind.GIVEN if principals else Kind.HELD,
                        allowed=statement.get("Effect") == "Allow",
                        principal=principal,
                        action=action,
                        resource=resource,
                        condition=canonical(statement["Condition"]) if statement.get("Condition") else "",
                    )


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    for key, before in (("Principal", ""), ("NotPrincipal", "everybody but ")):
        found = statement.get(key)
        if isinstance(found, Mapping) and not any(str(kind).startswith("Fn::") for kind in found):
            yield from (before + _somebody(each) for listed in found.values() for each in _listed(listed))
        elif found is not None:
            yield before + _somebody(found)


def _somebody(principal: Any) -> str:
    text = principal if isinstance(principal, str) else canonical(principal)
    return EVERYBODY if text == "*" else text


def _either(statement: Mapping[str, Any], name: str) -> list[str]:
    """What it is about; what it is about not, in one piece."""
    if f"Not{name}" in statement:
        return [f"all but {', '.join(_texts(statement[f'Not{name}']))}"]
    return _texts(statement.get(name, []))


def _of_a_function(properties: Mapping[str, Any]) -> Permission:
    about = {key: properties[key] for key in _LIMITS_OF_A_FUNCTION if key in properties}
    return Permission(
        holder=_id_of(properties.get("FunctionName", "")),
        kind=Kind.GIVEN,
        allowed=True,
        principal=_somebody(properties.get("Principal", "*")),
        action=str(properties.get("Action", "*")),
        resource="*",
        condition=canonical(about) if about else "",
    )


_LIMITS_OF_A_FUNCTION = ("SourceArn", "SourceAccount", "PrincipalOrgID", "FunctionUrlAuthType", "EventSourceToken")


def _held(holder: str, action: str) -> Permission:
    return Permission(
        holder=holder, kind=Kind.HELD, allowed=True, principal="", action=action, resource="*", condition=""
    )


def _matches(text: str, pattern: str) -> bool:
    # IAM knows * and ? only; brackets stand for themselves, and so do ours around what is not text yet.
    return pattern == "*" or fnmatchcase(text, pattern.replace("[", "[[]"))


def _texts(value: Any) -> list[str]:
    return [each if isinstance(each, str) else canonical(each) for each in _listed(value)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _id_of(reference: Any) -> str:
    """The logical id in ``${Id}`` or ``${Id.Arn}``; anything else as it is."""
    text = reference if isinstance(reference, str) else canonical(reference)
    whole = text.startswith("${") and text.endswith("}") and text.count("${") == 1
    return text[2:-1].partition(".")[0] if whole else text


def _name(arn: Any) -> str:
    text = arn if isinstance(arn, str) else canonical(arn)
    return text.rpartition(":policy/")[2]
