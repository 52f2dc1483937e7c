"""What CloudFormation asks for, and which key is meant. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custom_resource.logic import InvalidRequestError, RefusedError, RequestType, physical_id, request_type


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A key by its name in a Region."""

    alias: str
    region: str

    @classmethod
    def of(cls, properties: object) -> Wanted:
        """From a resource's properties.

        Raises:
            InvalidRequestError: When they are not such.
        """
        given = properties if isinstance(properties, Mapping) else {}
        alias, region = given.get("Alias"), given.get("Region")
        if isinstance(alias, str) and alias.startswith("alias/") and isinstance(region, str) and region:
            return cls(alias=alias, region=region)
        raise InvalidRequestError("the properties must be Alias, which begins with alias/, and Region")


def wanted(event: Mapping[str, object]) -> Wanted | None:
    """Which key to look for; ``None`` when there is nothing to do: what was only looked up needs no deletion.

    Raises:
        InvalidRequestError: When it can't be told.
    """
    if request_type(event) is RequestType.DELETE:
        return None
    return Wanted.of(event.get("ResourceProperties"))


def primary_arn(asked: Wanted, metadata: Mapping[str, object]) -> str:
    """The ARN of the primary among the keys that this one belongs to.

    Args:
        asked: What was looked for.
        metadata: What KMS's DescribeKey says of it.

    Raises:
        RefusedError: When it has no replicas and never will.
    """
    configuration = metadata.get("MultiRegionConfiguration")
    primary = configuration.get("PrimaryKey") if isinstance(configuration, Mapping) else None
    arn = primary.get("Arn") if isinstance(primary, Mapping) else None
    if not isinstance(arn, str):
        raise RefusedError(f"{asked.alias} in {asked.region} is not a multi-Region key: it can't be replicated")
    return arn


def key_id(event: Mapping[str, object]) -> object:
    """The resource's id. Name and Region are in it: another name is another resource."""
    return physical_id(event, _identify, of_nothing="no-key")


def _identify(properties: object) -> str:
    asked = Wanted.of(properties)
    return f"{asked.region}/{asked.alias}"
