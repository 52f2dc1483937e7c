"""What ``Ref`` gives of a secret: its ARN, as on AWS. The emulator's CloudFormation gives its name."""

from __future__ import annotations

from local_aws.launcher import hooks
from local_aws.launcher.extended import replaced, update_of
from local_aws.launcher.hooks import Handler, Properties, Provisioned


def handler(original: Handler) -> Handler:
    """The emulator's handler, with ARNs for physical ids."""
    update_original = update_of(original)

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        return _by_arn(original["create"](logical_id, properties, stack))

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        return _by_arn(update_original(_name(physical_id), old, new, stack, logical_id))

    def delete(physical_id: str, properties: Properties) -> None:
        original["delete"](_name(physical_id), properties)

    return replaced(original, create=create, update=update, delete=delete)


def _by_arn(provisioned: Provisioned) -> Provisioned:
    name, attributes = provisioned
    return str(hooks.store(hooks.SECRETS)[name]["ARN"]), attributes


def _name(arn: str) -> str:
    """By which the emulator keeps it; what is gone has its ARN for a name, and nothing is found by that."""
    return next((name for name, secret in hooks.store(hooks.SECRETS).items() if secret["ARN"] == arn), arn)
