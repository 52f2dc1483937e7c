"""Which rules CloudFormation wants on which bucket, and whether they may be set. Pure: no AWS."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from custom_resource.logic import InvalidRequestError, RefusedError, physical_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Rules of a bucket in some Region, in the words of S3's API, and whom S3 is when it follows them."""

    bucket: str
    region: str
    role: str
    rules: Sequence[Mapping[str, object]]

    @classmethod
    def of(cls, properties: object) -> Wanted:
        """From a resource's properties.

        Raises:
            InvalidRequestError: When they are not such.
        """
        given = properties if isinstance(properties, Mapping) else {}
        bucket, region, role = (_text(given, name) for name in ("Bucket", "Region", "Role"))
        return cls(bucket=bucket, region=region, role=role, rules=_rules(_text(given, "Rules")))

    @property
    def ids(self) -> set[str]:
        """What the rules are called."""
        return {str(rule["ID"]) for rule in self.rules}


def check_rules_are_ours(wanted: Wanted, found: Collection[str]) -> None:
    """A bucket has one set of rules with one role: nobody else's are written over.

    Args:
        wanted: What is to be set.
        found: Ids of the rules that the bucket has.

    Raises:
        RefusedError: When it has others.
    """
    if others := sorted(set(found) - wanted.ids):
        raise RefusedError(
            f"{wanted.bucket} in {wanted.region} has replication rules of somebody else: {', '.join(others)}. "
            "Remove them, or copy to another bucket"
        )


def are_ours(wanted: Wanted, found: Collection[str]) -> bool:
    """Whether the rules that a bucket has are there to be removed, and nobody else's among them."""
    return bool(found) and set(found) <= wanted.ids


def resource_id(event: Mapping[str, object]) -> object:
    """The resource's id. Bucket and Region are in it: another bucket is another resource."""
    return physical_id(event, _identify, of_nothing="no-bucket")


def _identify(properties: object) -> str:
    wanted = Wanted.of(properties)
    return f"{wanted.region}/{wanted.bucket}"


def _text(given: Mapping[object, object], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(f"the property {name} must be a text, got {value!r}")
    return value


def _rules(text: str) -> list[Mapping[str, object]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(rule, dict) and "ID" in rule for rule in found):
        raise InvalidRequestError("the property Rules must be a JSON list of rules, each with an ID")
    return found
