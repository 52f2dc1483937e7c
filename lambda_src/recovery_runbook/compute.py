"""Scales the compute of a Region: functions by their reserved concurrency, fleets by their size."""

from __future__ import annotations

from collections.abc import Sequence

from recovery_runbook.gateway import Aws, AwsError
from recovery_runbook.logic import Capacity, Json, Progress, StepFailedError, all_of, waiting

_MISSING = frozenset({"ResourceNotFoundException"})


class Compute:
    """Of one Region.

    Args:
        aws: Where it is.
        region: The Region.
        parts: ``compute`` of the plan.
    """

    def __init__(self, aws: Aws, region: str, parts: Sequence[Json]) -> None:
        self._aws = aws
        self._region = region
        self._parts = parts

    def scale(self, capacity: Capacity) -> Progress:
        """Let it have that capacity; done when it has. Nothing is changed that is so already.

        Raises:
            StepFailedError: There is no such function or group.
            AwsError: AWS refuses.
        """
        if not self._parts:
            return Progress(skipped=True, reason="there is no compute to scale")
        return all_of([self._scale(part, capacity) for part in self._parts])

    def missing(self, capacity: Capacity) -> list[str]:
        """In words: which parts have less than that capacity."""
        found = []
        for part in self._parts:
            if part["kind"] == "function":
                # None: no reservation, so it shares all that the account has.
                reserved, wanted = self._reserved(part["name"]), part[capacity]
                if reserved is not None and reserved < wanted:
                    found.append(f"function {part['name']} has a concurrency of {reserved} instead of {wanted}")
            elif self._group(part["name"])["DesiredCapacity"] < _sizes(part, capacity)[1]:
                found.append(f"group {part['name']} has fewer than {_sizes(part, capacity)[1]} instances")
        return found

    def _scale(self, part: Json, capacity: Capacity) -> Progress:
        if part["kind"] == "function":
            return self._scale_function(part["name"], 0 if capacity is Capacity.NONE else part[capacity])
        return self._scale_group(part, capacity)

    def _scale_function(self, name: str, wanted: int) -> Progress:
        if self._reserved(name) == wanted:
            return Progress(skipped=True, reason=f"function {name} has a concurrency of {wanted} already")
        self._call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=wanted)
        return Progress(reason=f"function {name} has a concurrency of {wanted}")

    def _scale_group(self, part: Json, capacity: Capacity) -> Progress:
        name, (minimum, desired, maximum) = part["name"], _sizes(part, capacity)
        found = self._group(name)
        # A policy of its own may want more than the plan: that is let be.
        enough = found["DesiredCapacity"] == desired or (
            capacity is Capacity.FULL and found["DesiredCapacity"] > desired
        )
        as_wanted = found["MinSize"] == minimum and found["MaxSize"] == maximum and enough
        if not as_wanted:
            self._call(
                "autoscaling",
                "update_auto_scaling_group",
                AutoScalingGroupName=name,
                MinSize=minimum,
                DesiredCapacity=desired,
                MaxSize=maximum,
            )
            found = self._group(name)
        serving = sum(instance["LifecycleState"] == "InService" for instance in found["Instances"])
        if serving < desired:
            return waiting(f"group {name} has {serving} of {desired} instances in service")
        return Progress(skipped=as_wanted, reason=f"group {name} has {serving} instances")

    def _reserved(self, name: str) -> int | None:
        found = self._call("lambda", "get_function_concurrency", FunctionName=name)
        reserved: int | None = found.get("ReservedConcurrentExecutions")
        return reserved

    def _group(self, name: str) -> Json:
        found = self._call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
        groups: list[Json] = found["AutoScalingGroups"]
        if not groups:
            raise StepFailedError(f"there is no Auto Scaling group {name} in {self._region}")
        return groups[0]

    def _call(self, service: str, operation: str, **parameters: object) -> Json:
        try:
            return self._aws.call(service, self._region, operation, **parameters)
        except AwsError as error:
            if error.code in _MISSING:
                name = parameters.get("FunctionName")
                raise StepFailedError(f"there is no function {name} in {self._region}") from None
            raise


def _sizes(part: Json, capacity: Capacity) -> tuple[int, int, int]:
    """Instances at least, wanted, and at most."""
    if capacity is Capacity.FULL:
        return part["minimum"], part["desired"], part["maximum"]
    standby = part["standby"] if capacity is Capacity.STANDBY else 0
    return standby, standby, part["maximum"]
