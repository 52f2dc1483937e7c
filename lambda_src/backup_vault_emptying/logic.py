"""Which vault is meant, and what CloudFormation is told. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping

from custom_resource.logic import InvalidRequestError, RequestType, physical_id, request_type

# Deleting recovery points ends a while after it was asked for.
PAUSE_SECONDS = 5
# What the function still needs to answer CloudFormation.
RESERVE_SECONDS = 60


def vault_of(properties: object) -> str:
    """The vault's name, from a resource's properties.

    Raises:
        InvalidRequestError: When there is none.
    """
    name = properties.get("Vault") if isinstance(properties, Mapping) else None
    if not isinstance(name, str) or not name:
        raise InvalidRequestError("the properties must be Vault, the name of one")
    return name


def to_empty(event: Mapping[str, object]) -> str | None:
    """The vault to empty; ``None`` where it stays.

    Raises:
        InvalidRequestError: When it can't be told.
    """
    kind = request_type(event)
    name = vault_of(event.get("ResourceProperties"))
    return name if kind is RequestType.DELETE else None


def identify(event: Mapping[str, object]) -> object:
    """The id of what a request is about: another vault's contents are another resource."""
    return physical_id(event, lambda properties: f"contents-of-{vault_of(properties)}", of_nothing="no-vault")
