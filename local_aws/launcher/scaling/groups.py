"""A group keeps as many instances as it is to have: it starts, ends and replaces them."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks, metrics, stand_ins
from local_aws.launcher.balancing import health
from local_aws.launcher.hooks import Record
from local_aws.launcher.scaling import instances, lifecycle
from local_aws.launcher.values import items, mapping, text

PROCESSES = (
    *("Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck"),
    *("InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions"),
)
_LEAVING = ("Terminating", "Terminated")
_REPEAT_SECONDS = 20.0
# Requests are served on one thread and time passes on another.
lock = threading.RLock()


def install() -> None:
    """Keep instances in this way wherever the emulator does."""
    hooks.RECONCILE_INSTANCES.replace(reconcile)


def staying(group: Record) -> list[Record]:
    """The instances that are not on their way out."""
    return [one for one in group["Instances"] if not one["LifecycleState"].startswith(_LEAVING)]


def is_suspended(group: Record, process: str) -> bool:
    """Whether a process has been suspended."""
    return process in group.get("SuspendedProcesses", ())


def reconcile(group: Record) -> None:
    """Start or end instances until there are as many as desired."""
    with lock:
        group["AvailabilityZones"] = instances.zones_of(group)
        while len(staying(group)) > group["DesiredCapacity"] and not is_suspended(group, "Terminate"):
            leaving = _first_to_go(group)
            if leaving is None:
                break
            terminate(group, leaving)
        while len(staying(group)) < group["DesiredCapacity"] and not is_suspended(group, "Launch"):
            started = instances.launch(group)
            group["Instances"].append(started)
            if not lifecycle.begin(group, started, lifecycle.LAUNCHING):
                put_in_service(group, started)


def put_in_service(group: Record, instance: Record) -> None:
    """Let an instance work."""
    instance["LifecycleState"] = "InService"
    if not is_suspended(group, "AddToLoadBalancer"):
        for arn in group.get("TargetGroupARNs", ()):
            register(arn, instance)
    lifecycle.told_end(group, instance, "launch")


def terminate(group: Record, instance: Record) -> None:
    """Take an instance out; hooks may hold it first."""
    for arn in group.get("TargetGroupARNs", ()):
        deregister(arn, instance)
    instance["LifecycleState"] = "Terminating"
    if not lifecycle.begin(group, instance, lifecycle.TERMINATING):
        remove(group, instance)


def remove(group: Record, instance: Record) -> None:
    """End an instance for good."""
    instance["LifecycleState"] = "Terminated"
    group["Instances"] = [one for one in group["Instances"] if one is not instance]
    instances.end(instance["InstanceId"])
    lifecycle.told_end(group, instance, "terminate")


def complete(group: Record, instance: Record, hook: str, result: str) -> None:
    """A lifecycle action is done; the last one lets the instance go on, or go."""
    with lock:
        waiting = instance["LifecycleState"]
        actions = instance.get("Actions", {})
        if actions.pop(hook, None) is None:
            return
        launching = waiting == lifecycle.WAITING[lifecycle.LAUNCHING]
        if result == "ABANDON":
            actions.clear()
        if actions:
            return
        if launching and result == "CONTINUE":
            put_in_service(group, instance)
        elif launching:
            terminate(group, instance)
            reconcile(group)
        else:
            remove(group, instance)


def set_fields(group: Record, properties: Mapping[str, object]) -> None:
    """What a template says about a group and the emulator's own record leaves out."""
    group["TargetGroupARNs"] = [str(one) for one in items(properties, "TargetGroupARNs")]
    group["MixedInstancesPolicy"] = mapping(properties.get("MixedInstancesPolicy"))
    for name in ("CapacityRebalance", "DefaultInstanceWarmup", "MaxInstanceLifetime", "InstanceMaintenancePolicy"):
        if name in properties:
            group[name] = properties[name]
        else:
            group.pop(name, None)
    group["EnabledMetrics"] = bool(items(properties, "MetricsCollection"))
    record = cast("Callable[[str, str, Mapping[str, object]], Record]", hooks.HOOK_RECORD.get())
    name = group["AutoScalingGroupName"]
    for declared in map(mapping, items(properties, "LifecycleHookSpecificationList")):
        hook = text(declared, "LifecycleHookName")
        hooks.store(hooks.SCALING_HOOKS)[f"{name}/{hook}"] = record(name, hook, declared)


def register(arn: str, instance: Record) -> None:
    """Make an instance a target."""
    registered = hooks.lists(hooks.TARGETS)
    known = registered.get(arn, [])
    if all(one["Id"] != instance["InstanceId"] for one in known):
        registered[arn] = [*known, {"Id": instance["InstanceId"]}]


def deregister(arn: str, instance: Record) -> None:
    """Make an instance a target no more."""
    registered = hooks.lists(hooks.TARGETS)
    known = registered.get(arn, [])
    if arn in registered:
        registered[arn] = [one for one in known if one["Id"] != instance["InstanceId"]]


def every(act: Callable[[Record], None]) -> None:
    """Do something to every group of every account and region."""
    groups = hooks.scoped(hooks.SCALING_GROUPS)
    for (account, region, _name), group in list(groups.all_items()):
        with hooks.scope(account, region), lock:
            act(group)


def look_after(group: Record) -> None:
    """End the waits that have lasted too long, and replace what is unhealthy."""
    now = time.time()
    for instance in list(group["Instances"]):
        overdue = [(name, one) for name, one in instance.get("Actions", {}).items() if one["Until"] < now]
        for name, action in overdue:
            complete(group, instance, name, action["DefaultResult"])
    for instance in staying(group):
        if not is_suspended(group, "HealthCheck") and (
            not instances.is_running(instance["InstanceId"]) or _fails_its_checks(group, instance)
        ):
            instance["HealthStatus"] = "Unhealthy"
        kept = is_suspended(group, "ReplaceUnhealthy") or is_suspended(group, "Terminate")
        if instance["HealthStatus"] == "Unhealthy" and not kept:
            terminate(group, instance)
    reconcile(group)


def _fails_its_checks(group: Record, instance: Record) -> bool:
    """Whether a load balancer finds an instance unhealthy, where something stands in for it to be looked at."""
    identifier = instance["InstanceId"]
    grace = group["HealthCheckGracePeriod"] * float(os.environ["SFN_WAIT_SCALE"])
    young = time.time() - instance["LaunchedAt"] < grace
    if "ELB" not in str(group["HealthCheckType"]) or young or stand_ins.of(identifier) is None:
        return False
    known = hooks.store(hooks.TARGET_GROUPS)
    served = [known[arn] for arn in group.get("TargetGroupARNs", ()) if arn in known]
    return any(health.state_of({"Id": identifier}, one)[0] == "unhealthy" for one in served)


class Capacity:
    """Publishes the metrics of groups that collect them: when they have changed, and now and then."""

    def __init__(self) -> None:
        self._published: dict[str, tuple[float, Mapping[str, int]]] = {}

    def sample(self) -> None:
        """Look after every group, and look at it once."""
        every(self._look)

    def _look(self, group: Record) -> None:
        look_after(group)
        if not group.get("EnabledMetrics"):
            return
        states = Counter(one["LifecycleState"].partition(":")[0] for one in group["Instances"])
        now, values = (
            time.time(),
            {
                "GroupMinSize": int(group["MinSize"]),
                "GroupMaxSize": int(group["MaxSize"]),
                "GroupDesiredCapacity": int(group["DesiredCapacity"]),
                "GroupInServiceInstances": states["InService"],
                "GroupPendingInstances": states["Pending"],
                "GroupTerminatingInstances": states["Terminating"],
                "GroupTotalInstances": len(group["Instances"]),
            },
        )
        then, before = self._published.get(group["AutoScalingGroupARN"], (0.0, {}))
        if before == values and now - then < _REPEAT_SECONDS:
            return
        self._published[group["AutoScalingGroupARN"]] = now, values
        for name, value in values.items():
            metrics.record(
                "AWS/AutoScaling", name, value, "None", {"AutoScalingGroupName": group["AutoScalingGroupName"]}
            )


def _first_to_go(group: Record) -> Record | None:
    """From the zone that has the most, the oldest first; not what is protected."""
    free = [one for one in staying(group) if not one["ProtectedFromScaleIn"]]
    counted = Counter(one["AvailabilityZone"] for one in staying(group))
    return max(free, key=lambda one: (counted[one["AvailabilityZone"]], -one["LaunchedAt"]), default=None)
