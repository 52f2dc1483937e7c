"""What IAM sees of a call that names an instance and not its group: the group, which AWS looks up by the instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks


def install() -> None:
    """Give IAM the group of such calls."""
    resource_of = cast("Callable[..., str]", hooks.RESOURCE_ARN.get())

    def resource_of_call(  # noqa: PLR0917 # the emulator's signature
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        parameters: Mapping[str, object],
        region: str,
        account: str,
    ) -> str:
        if service == "autoscaling" and "AutoScalingGroupName" not in parameters and "InstanceId" in parameters:
            given = parameters["InstanceId"]
            return _group_of(str(given[0] if isinstance(given, list) else given), account, region)
        return resource_of(service, method, path, headers, body, parameters, region, account)

    hooks.RESOURCE_ARN.replace(resource_of_call)


def _group_of(instance: str, account: str, region: str) -> str:
    for (owner, where, _name), group in list(hooks.scoped(hooks.SCALING_GROUPS).all_items()):
        if (owner, where) == (account, region) and any(one["InstanceId"] == instance for one in group["Instances"]):
            return str(group["AutoScalingGroupARN"])
    return "*"
