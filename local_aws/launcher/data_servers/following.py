"""CloudFormation handlers that have a server come and go with what they make."""

from __future__ import annotations

from collections.abc import Callable

from local_aws.launcher.data_servers.manager import DATA_SERVERS
from local_aws.launcher.extended import replaced, update_of
from local_aws.launcher.hooks import Attributes, Handler, Properties, Provisioned

Follow = Callable[[str, Properties], Attributes]


def followed(original: Handler, kind: str, follow: Follow) -> Handler:
    """A handler after which ``follow`` gives the resource a server, and says which attributes lead there."""
    update_original = update_of(original)

    def led(provisioned: Provisioned, properties: Properties) -> Provisioned:
        identifier, attributes = provisioned
        return identifier, {**attributes, **follow(identifier, properties)}

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        return led(original["create"](logical_id, properties, stack), properties)

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        done = update_original(physical_id, old, new, stack, logical_id)
        if done[0] != physical_id:
            DATA_SERVERS.end(kind, physical_id)
        return led(done, new)

    def delete(physical_id: str, properties: Properties) -> None:
        original["delete"](physical_id, properties)
        DATA_SERVERS.end(kind, physical_id)

    return replaced(original, create=create, update=update, delete=delete)
