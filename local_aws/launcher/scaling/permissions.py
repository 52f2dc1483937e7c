"""What IAM sees of a call that names an instance and not its group: the group, which AWS looks up by the instance."""

from __future__ import annotations

from local_aws.launcher import hooks, request_resources
from local_aws.launcher.request_resources import Request


def install() -> None:
    """Give IAM the group of such calls."""
    request_resources.ask_first(_group)


def _group(request: Request) -> str | None:
    given = request.parameters.get("InstanceId")
    if request.service != "autoscaling" or "AutoScalingGroupName" in request.parameters or given is None:
        return None
    return _group_of(str(given[0] if isinstance(given, list) else given), request.account, request.region)


def _group_of(instance: str, account: str, region: str) -> str:
    for (owner, where, _name), group in list(hooks.scoped(hooks.SCALING_GROUPS).all_items()):
        if (owner, where) == (account, region) and any(one["InstanceId"] == instance for one in group["Instances"]):
            return str(group["AutoScalingGroupARN"])
    return "*"
