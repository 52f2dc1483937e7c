"""Handlers of the emulator's CloudFormation that do more than they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from local_aws.launcher.hook import Handler, Properties, Provisioned

# What was provisioned, by which properties, and those of before: none, where it is a new resource.
After = Callable[[Provisioned, Properties, Properties], Provisioned]
Delete = Callable[[str, Properties], None]
Update = Callable[[str, Properties, Properties, str, str | None], Provisioned]


def extended(
    original: Handler,
    after: After,
    *,
    delete: Delete | None = None,
    before: Callable[[Properties], Properties] = lambda properties: properties,
) -> Handler:
    """A handler after which more is done.

    Args:
        original: Which.
        after: What; its answer is the handler's.
        delete: Instead of the original's.
        before: What the original gets to see of the properties.
    """
    update_original = update_of(original)

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        return after(original["create"](logical_id, before(properties), stack), properties, {})

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        done = update_original(physical_id, before(old), before(new), stack, logical_id)
        return after(done, new, old if done[0] == physical_id else {})

    return replaced(original, create=create, update=update, delete=delete or original["delete"])


def replaced(
    original: Handler,
    *,
    create: Callable[[str, Properties, str], Provisioned],
    update: Callable[..., Provisioned],
    delete: Delete,
) -> Handler:
    """A handler with functions of ours. What else the emulator knows about the type, such as last snapshots, stays."""
    ours = Handler(create=create, update=update, update_with_logical_id=True, delete=delete)
    return cast("Handler", {**original, **ours})


def update_of(original: Handler) -> Update:
    """How a handler updates. Not each of the emulator's wants to know the logical id."""
    update_original = original["update"]

    def update(physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None) -> Provisioned:
        named = (logical_id,) if original.get("update_with_logical_id") else ()
        return update_original(physical_id, old, new, stack, *named)

    return update
