"""What CloudFormation wants to have registered. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custom_resource.logic import InvalidRequestError, physical_id
from recovery_state.logic import Role

_EXPECTED = "the properties must be Table, Region, Role (primary or recovery) and Url, which begins with https://"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """Where a Region's own API answers, and where that is written.

    Attributes:
        table: Name of the state table.
        region: Where that table is.
        role: Of the Region whose API it is.
        url: Of the API, without a slash at its end.
    """

    table: str
    region: str
    role: Role
    url: str

    @classmethod
    def of(cls, properties: object) -> Registration:
        """From a resource's properties.

        Raises:
            InvalidRequestError: When they are not such.
        """
        given = properties if isinstance(properties, Mapping) else {}
        texts = {name: value for name, value in given.items() if isinstance(value, str) and value}
        table, region, role, url = (texts.get(name, "") for name in ("Table", "Region", "Role", "Url"))
        if not (table and region and role in set(Role) and url.startswith("https://")):
            raise InvalidRequestError(_EXPECTED)
        return cls(table=table, region=region, role=Role(role), url=url.rstrip("/"))

    @property
    def id(self) -> str:
        """The same as long as it is written to the same place: another address is a change, no other resource."""
        return f"{self.region}/{self.table}/{self.role}"


def registration_id(event: Mapping[str, object]) -> object:
    """The id of what a request is about."""
    return physical_id(event, lambda properties: Registration.of(properties).id, of_nothing="no-registration")
