"""Operations of Auto Scaling that the emulator lacks, or answers without doing anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.scaling import groups, policies

Parameters = Mapping[str, Any]
Operation = Callable[[Parameters], object]

_PLAIN = (
    *("AutoScalingGroupName", "AutoScalingGroupARN", "MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown"),
    *("AvailabilityZones", "HealthCheckType", "HealthCheckGracePeriod", "CreatedTime", "VPCZoneIdentifier"),
    *("TerminationPolicies", "NewInstancesProtectedFromScaleIn", "Tags", "TargetGroupARNs", "CapacityRebalance"),
    *("DefaultInstanceWarmup", "MaxInstanceLifetime", "InstanceMaintenancePolicy", "LaunchTemplate"),
    *("LaunchConfigurationName", "MixedInstancesPolicy"),
)
_OF_INSTANCE = (
    *("InstanceId", "InstanceType", "AvailabilityZone", "LifecycleState", "HealthStatus", "ProtectedFromScaleIn"),
    *("LaunchTemplate", "LaunchConfigurationName"),
)


# Others have not begun, or are on their way out.
_PROTECTABLE = ("InService", "EnteringStandby", "Standby")


class RefusedError(Exception):
    """An operation can't be done; the code and the words of the service."""

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Add the operations."""
    operations = cast("dict[str, Operation]", hooks.SCALING_ACTIONS.get())
    added: Mapping[str, Callable[[Parameters], Record | None]] = {
        "DescribeAutoScalingGroups": _describe_groups,
        "DescribeAutoScalingInstances": _describe_instances,
        "SetInstanceHealth": _set_health,
        "SetInstanceProtection": _set_protection,
        "TerminateInstanceInAutoScalingGroup": _terminate,
        "SuspendProcesses": _suspend,
        "ResumeProcesses": _resume,
        "CompleteLifecycleAction": _complete,
        "RecordLifecycleActionHeartbeat": _record_heartbeat,
        "ExecutePolicy": _execute_policy,
        "AttachLoadBalancerTargetGroups": _attach,
        "DetachLoadBalancerTargetGroups": _detach,
    }
    operations.update({name: _operation(name, act) for name, act in added.items()})


def _operation(name: str, act: Callable[[Parameters], Record | None]) -> Operation:
    members = cast("Callable[[object], str]", hooks.SCALING_MEMBERS.get())
    answer = cast("Callable[[int, str, str], object]", hooks.SCALING_XML.get())
    refuse = cast("Callable[[str, str], object]", hooks.SCALING_ERROR.get())

    def operate(parameters: Parameters) -> object:
        try:
            with groups.lock:
                result = act(parameters)
        except RefusedError as refused:
            return refuse(refused.code, str(refused))
        inner = f"<{name}Result>{members(result)}</{name}Result>" if result is not None else ""
        return answer(200, f"{name}Response", inner)

    return operate


def _describe_groups(parameters: Parameters) -> Record:
    names = _list(parameters, "AutoScalingGroupNames")
    found = [one for one in _groups() if not names or one["AutoScalingGroupName"] in names]
    return {"AutoScalingGroups": [_described(group) for group in found]}


def _described(group: Record) -> Record:
    told = {name: group[name] for name in _PLAIN if group.get(name) not in (None, "", {})}
    suspended = [
        {"ProcessName": name, "SuspensionReason": "User suspended"} for name in group.get("SuspendedProcesses", ())
    ]
    return {
        **told,
        "Instances": [_pick(one, _OF_INSTANCE) for one in group["Instances"]],
        "SuspendedProcesses": suspended,
    }


def _describe_instances(parameters: Parameters) -> Record:
    wanted = _list(parameters, "InstanceIds")
    found = [
        {**_pick(one, _OF_INSTANCE), "AutoScalingGroupName": group["AutoScalingGroupName"]}
        for group in _groups()
        for one in group["Instances"]
        if not wanted or one["InstanceId"] in wanted
    ]
    return {"AutoScalingInstances": found}


def _set_health(parameters: Parameters) -> None:
    group, instance = _find(parameters)
    respected = _text(parameters, "ShouldRespectGracePeriod", "true") == "true"
    if respected and time.time() - instance["LaunchedAt"] < group["HealthCheckGracePeriod"]:
        return
    status = _text(parameters, "HealthStatus")
    if status not in {"Healthy", "Unhealthy"}:
        raise RefusedError(f"HealthStatus must be Healthy or Unhealthy, got {status!r}")
    instance["HealthStatus"] = status


def _set_protection(parameters: Parameters) -> Record:
    group, wanted = _group(parameters), _list(parameters, "InstanceIds")
    known = {one["InstanceId"]: one for one in group["Instances"]}
    for identifier in wanted:
        state = known[identifier]["LifecycleState"] if identifier in known else None
        if state is None:
            name = group["AutoScalingGroupName"]
            raise RefusedError(f"The instance {identifier} is not part of Auto Scaling group {name}.")
        if state not in _PROTECTABLE:
            raise RefusedError(f"The instance {identifier} is not in {' or '.join(_PROTECTABLE)}.")
    for identifier in wanted:
        known[identifier]["ProtectedFromScaleIn"] = _text(parameters, "ProtectedFromScaleIn") == "true"
    return {}


def _terminate(parameters: Parameters) -> Record:
    group, instance = _find(parameters)
    if _text(parameters, "ShouldDecrementDesiredCapacity") == "true":
        if group["DesiredCapacity"] <= group["MinSize"]:
            name = group["AutoScalingGroupName"]
            raise RefusedError(
                f"Currently, desiredSize equals minSize ({group['MinSize']}). Terminating instance without "
                f"replacement will violate group's min size constraint. Group: {name}"
            )
        group["DesiredCapacity"] -= 1
    groups.terminate(group, instance)
    groups.reconcile(group)
    return {
        "Activity": {
            "ActivityId": instance["InstanceId"],
            "AutoScalingGroupName": group["AutoScalingGroupName"],
            "Cause": "terminated by user request",
            "StartTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "StatusCode": "InProgress",
        }
    }


def _suspend(parameters: Parameters) -> None:
    group = _group(parameters)
    known = group.get("SuspendedProcesses", ())
    group["SuspendedProcesses"] = [one for one in groups.PROCESSES if one in {*known, *_processes(parameters)}]


def _resume(parameters: Parameters) -> None:
    group, resumed = _group(parameters), _processes(parameters)
    group["SuspendedProcesses"] = [one for one in group.get("SuspendedProcesses", ()) if one not in resumed]


def _processes(parameters: Parameters) -> list[str]:
    named = _list(parameters, "ScalingProcesses")
    if unknown := [one for one in named if one not in groups.PROCESSES]:
        raise RefusedError(f"Invalid process types specified: {unknown}. Valid: {list(groups.PROCESSES)}")
    return named or list(groups.PROCESSES)


def _complete(parameters: Parameters) -> Record:
    group, instance, hook = _action(parameters)
    groups.complete(group, instance, hook, _text(parameters, "LifecycleActionResult"))
    return {}


def _record_heartbeat(parameters: Parameters) -> Record:
    _group_found, instance, hook = _action(parameters)
    action = instance["Actions"][hook]
    action["Until"] = time.time() + action["Seconds"]
    return {}


def _action(parameters: Parameters) -> tuple[Record, Record, str]:
    """The lifecycle action that a token, or an instance, names."""
    group, hook = _group(parameters), _text(parameters, "LifecycleHookName")
    token, named = _text(parameters, "LifecycleActionToken"), _text(parameters, "InstanceId")
    for instance in group["Instances"]:
        action = instance.get("Actions", {}).get(hook)
        if action and (action["Token"] == token if token else instance["InstanceId"] == named):
            return group, instance, hook
    raise RefusedError(
        f"No active Lifecycle Action found with token {token}"
        if token
        else f"No active Lifecycle Action found with instance ID {named}"
    )


def _execute_policy(parameters: Parameters) -> None:
    named, group_name = _text(parameters, "PolicyName"), _text(parameters, "AutoScalingGroupName")
    for policy in hooks.store(hooks.SCALING_POLICIES).values():
        named_so = named == policy["PolicyARN"] or (named, group_name) == (
            policy["PolicyName"],
            policy["AutoScalingGroupName"],
        )
        if named_so:
            breach = float(_text(parameters, "MetricValue", "0")) - float(_text(parameters, "BreachThreshold", "0"))
            policies.adjust(policy, breach, below=breach < 0)
            return
    raise RefusedError(f"No policy found by name {named}")


def _attach(parameters: Parameters) -> Record:
    group = _group(parameters)
    added = _list(parameters, "TargetGroupARNs")
    group["TargetGroupARNs"] = list(dict.fromkeys([*group.get("TargetGroupARNs", ()), *added]))
    for instance in groups.staying(group):
        for arn in added:
            groups.register(arn, instance)
    return {}


def _detach(parameters: Parameters) -> Record:
    group = _group(parameters)
    removed = _list(parameters, "TargetGroupARNs")
    group["TargetGroupARNs"] = [arn for arn in group.get("TargetGroupARNs", ()) if arn not in removed]
    for instance in group["Instances"]:
        for arn in removed:
            groups.deregister(arn, instance)
    return {}


def _groups() -> Iterator[Record]:
    yield from hooks.store(hooks.SCALING_GROUPS).values()


def _group(parameters: Parameters) -> Record:
    name = _text(parameters, "AutoScalingGroupName")
    if found := hooks.store(hooks.SCALING_GROUPS).get(name):
        return found
    raise RefusedError(f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")


def _find(parameters: Parameters) -> tuple[Record, Record]:
    wanted = _text(parameters, "InstanceId")
    for group in _groups():
        for instance in groups.staying(group):
            if instance["InstanceId"] == wanted:
                return group, instance
    raise RefusedError(f"Instance Id not found - No managed instance found for instance ID {wanted}")


def _pick(record: Record, names: tuple[str, ...]) -> Record:
    return {name: record[name] for name in names if record.get(name) not in (None, "", {})}


def _text(parameters: Parameters, name: str, default: str = "") -> str:
    value = parameters.get(name, default)
    return str(value[0] if isinstance(value, list) else value)


def _list(parameters: Parameters, name: str) -> list[str]:
    found: list[str] = []
    while value := _text(parameters, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return found
