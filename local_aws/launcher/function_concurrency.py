"""Functions of templates: with the concurrency reserved for them, which the emulator's CloudFormation passes by."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher import hooks
from local_aws.launcher.extended import extended
from local_aws.launcher.hooks import Handler, Properties, Provisioned

_TYPE = "AWS::Lambda::Function"
_PROPERTY = "ReservedConcurrentExecutions"


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handler, extended."""
    return {_TYPE: extended(known[_TYPE], _after)}


def _after(done: Provisioned, properties: Properties, before: Properties) -> Provisioned:
    # What somebody has set since is left alone by a template that has not changed in this.
    if not before or before.get(_PROPERTY) != properties.get(_PROPERTY):
        _reserve(done[0], properties)
    return done


def _reserve(name: str, properties: Properties) -> None:
    asked = properties.get(_PROPERTY)
    hooks.store(hooks.FUNCTIONS)[name]["concurrency"] = None if asked is None else int(str(asked))
