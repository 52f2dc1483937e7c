"""What CloudFormation asks for, which key is meant, and what CloudFormation is told. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# CloudFormation takes answers of 4,096 bytes, and a reason is the only part that could fill one.
_LONGEST_REASON = 1_000


class InvalidRequestError(Exception):
    """What was sent is no request for a key."""


class LookupFailedError(Exception):
    """The key was not found, or is not of the right kind. Its text goes to whoever deploys."""


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
    match event.get("RequestType"):
        case "Create" | "Update":
            return Wanted.of(event.get("ResourceProperties"))
        case "Delete":
            return None
        case other:
            raise InvalidRequestError(f"RequestType must be Create, Update or Delete, got {other!r}")


def primary_arn(asked: Wanted, metadata: Mapping[str, object]) -> str:
    """The ARN of the primary among the keys that this one belongs to.

    Args:
        asked: What was looked for.
        metadata: What KMS's DescribeKey says of it.

    Raises:
        LookupFailedError: When it has no replicas and never will.
    """
    configuration = metadata.get("MultiRegionConfiguration")
    primary = configuration.get("PrimaryKey") if isinstance(configuration, Mapping) else None
    arn = primary.get("Arn") if isinstance(primary, Mapping) else None
    if not isinstance(arn, str):
        raise LookupFailedError(f"{asked.alias} in {asked.region} is not a multi-Region key: it can't be replicated")
    return arn


def answer(event: Mapping[str, object], *, arn: str | None = None, reason: str | None = None) -> dict[str, object]:
    """What CloudFormation is told: the primary's ARN, or in ``reason`` why there is none.

    Name and Region are in the id: another name is another resource.
    """
    return {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": (reason or "")[:_LONGEST_REASON],
        "PhysicalResourceId": _physical_id(event),
        "StackId": event.get("StackId"),
        "RequestId": event.get("RequestId"),
        "LogicalResourceId": event.get("LogicalResourceId"),
        "Data": {"Arn": arn} if arn else {},
    }


def _physical_id(event: Mapping[str, object]) -> object:
    known = event.get("PhysicalResourceId")
    if known and event.get("RequestType") == "Delete":
        return known
    try:
        asked = Wanted.of(event.get("ResourceProperties"))
    except InvalidRequestError:
        return known or "no-key"
    return f"{asked.region}/{asked.alias}"
