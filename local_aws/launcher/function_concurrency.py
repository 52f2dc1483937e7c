"""Functions of templates: with the concurrency reserved for them, which the emulator's CloudFormation passes by."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Handler, Properties, Provisioned

_TYPE = "AWS::Lambda::Function"
_PROPERTY = "ReservedConcurrentExecutions"


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handler, extended."""
    original = known[_TYPE]
    update_original = original["update"]

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        done = original["create"](logical_id, properties, stack)
        _reserve(done[0], properties)
        return done

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        named = (logical_id,) if original.get("update_with_logical_id") else ()
        done = update_original(physical_id, old, new, stack, *named)
        # What somebody has set since is left alone by a template that has not changed in this.
        if done[0] != physical_id or old.get(_PROPERTY) != new.get(_PROPERTY):
            _reserve(done[0], new)
        return done

    return {_TYPE: Handler(create=create, update=update, update_with_logical_id=True, delete=original["delete"])}


def _reserve(name: str, properties: Properties) -> None:
    asked = properties.get(_PROPERTY)
    hooks.store(hooks.FUNCTIONS)[name]["concurrency"] = None if asked is None else int(str(asked))
