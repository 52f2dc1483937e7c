"""Which metric is which: two names for the same one are one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aws_patterns.compute.scaling_policies import (
    CpuTarget,
    CustomMetric,
    CustomMetricTarget,
    FleetMetric,
    MemoryTarget,
    Metric,
    NetworkInTarget,
    NetworkOutTarget,
    RequestsPerTarget,
    Statistic,
    TargetTracking,
)

GROUP_DIMENSION = "AutoScalingGroupName"

# Requests are measured by the load balancer, about its target group, which only the fleet's own construct knows.
OF_FLEET: Mapping[FleetMetric, CustomMetric] = MappingProxyType(
    {
        FleetMetric.CPU: CustomMetric(namespace="AWS/EC2", metric_name="CPUUtilization", of_group=True),
        FleetMetric.NETWORK_IN: CustomMetric(namespace="AWS/EC2", metric_name="NetworkIn", of_group=True),
        FleetMetric.NETWORK_OUT: CustomMetric(namespace="AWS/EC2", metric_name="NetworkOut", of_group=True),
        FleetMetric.MEMORY: CustomMetric(namespace="CWAgent", metric_name="mem_used_percent", of_group=True),
        FleetMetric.REQUESTS_PER_TARGET: CustomMetric(
            namespace="AWS/ApplicationELB", metric_name="RequestCountPerTarget", statistic=Statistic.SUM
        ),
    }
)

_TRACKED: Mapping[type, FleetMetric] = MappingProxyType(
    {
        CpuTarget: FleetMetric.CPU,
        RequestsPerTarget: FleetMetric.REQUESTS_PER_TARGET,
        NetworkInTarget: FleetMetric.NETWORK_IN,
        NetworkOutTarget: FleetMetric.NETWORK_OUT,
        MemoryTarget: FleetMetric.MEMORY,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What two policies have in common that watch the same. Equal ones are the same metric."""

    namespace: str
    metric_name: str
    statistic: str
    dimensions: frozenset[tuple[str, str]]

    def __str__(self) -> str:
        return self.metric_name


def tracked(policy: TargetTracking) -> Metric:
    """The metric of a policy that follows a target."""
    return policy.metric if isinstance(policy, CustomMetricTarget) else _TRACKED[type(policy)]


def identity(metric: Metric, group_name: str | None = None) -> Identity | None:
    """What the metric is, ``None`` for an expression over several."""
    if isinstance(metric, FleetMetric):
        metric = OF_FLEET[metric]
    if isinstance(metric, CustomMetric):
        dimensions = {**metric.dimensions, **({GROUP_DIMENSION: _THIS} if metric.of_group else {})}
        statistic = str(metric.statistic)
        namespace, metric_name = metric.namespace, metric.metric_name
    else:
        found = metric.to_metric_config().metric_stat
        if found is None:
            return None
        dimensions = {dimension.name: str(dimension.value) for dimension in found.dimensions or []}
        namespace, metric_name, statistic = found.namespace, found.metric_name, found.statistic
    if group_name is not None and dimensions.get(GROUP_DIMENSION) == group_name:
        dimensions[GROUP_DIMENSION] = _THIS
    return Identity(
        namespace=namespace,
        metric_name=metric_name,
        statistic=statistic,
        dimensions=frozenset(dimensions.items()),
    )


# The fleet's own name is known only where the fleet is.
_THIS = "<this fleet>"
