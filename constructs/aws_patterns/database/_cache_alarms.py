"""What is watched about a cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from aws_patterns._alarms import Alarms
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._cache_checks import has_two_cores
from aws_patterns.database.cache_options import CacheThresholds, Serverless

_NAMESPACE = "AWS/ElastiCache"
_PERIOD = Duration.minutes(1)
_PERIODS = defaults.CACHE_ALARM_MINUTES
# So many metrics go into one alarm (AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html).
_METRICS_OF_ONE_ALARM = 10
_GIGABYTE = 10**9
_CORES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """By what CloudWatch knows a node."""

    cluster: str
    id: str


def replication_group_nodes(name: str, *, shards: int | None, replicas: int) -> Sequence[Node]:
    """By the names that ElastiCache gives them."""
    numbers = [f"{number + 1:03}" for number in range(1 + replicas)]
    if shards is None:
        return [Node(cluster=f"{name}-{number}", id="0001") for number in numbers]
    return [Node(cluster=f"{name}-{shard + 1:04}-{number}", id="0001") for shard in range(shards) for number in numbers]


def memcached_nodes(name: str, nodes: int) -> Sequence[Node]:
    """By their numbers."""
    return [Node(cluster=name, id=f"{number + 1:04}") for number in range(nodes)]


class NodeAlarms:
    """Alarms about the worst of several nodes.

    A failover changes which one works, so all are watched; ten of them with one alarm, which is as many as fit.
    """

    def __init__(self, alarms: Alarms, nodes: Sequence[Node], limits: CacheThresholds) -> None:
        self._alarms = alarms
        self._groups = [
            nodes[start : start + _METRICS_OF_ONE_ALARM] for start in range(0, len(nodes), _METRICS_OF_ONE_ALARM)
        ]
        self._limits = limits

    def watch_structures(self, node_type: str, *, replicated: bool) -> None:
        """What matters of Valkey and Redis OSS."""
        busy = "The engine's only core is busy. Replicas help with reads, more shards or a larger node with writes."
        if has_two_cores(node_type):
            # With two cores the machine's own work counts too, and one core of it is all that the engine has.
            self._worst("Cpu", "CPUUtilization", "Average", self._limits.cpu_percent / _CORES, busy)
        else:
            self._worst("Cpu", "EngineCPUUtilization", "Average", self._limits.cpu_percent, busy)
        self._worst(
            "Memory",
            "DatabaseMemoryUsagePercentage",
            "Average",
            self._limits.memory_percent,
            "The memory is nearly full: soon keys are evicted, or writes refused. Do keys have a time to live? Else "
            "have more shards or a larger node.",
        )
        self._connections()
        self._worst(
            "LoginFailures",
            "AuthenticationFailures",
            "Sum",
            1,
            "Somebody can't log in: a program with an old password, or one that has no business here.",
            periods=1,
        )
        self._worst(
            "Overloaded",
            "TrafficManagementActive",
            "Maximum",
            1,
            "More comes in than the node can take, and ElastiCache holds it up. Have more shards or a larger node.",
        )
        if replicated:
            self._worst(
                "ReplicationLag",
                "ReplicationLag",
                "Maximum",
                self._limits.replication_lag_seconds,
                "A replica is behind, and a failover would lose as much. Is there more to write than a node can take?",
            )

    def watch_memcached(self) -> None:
        """What matters of Memcached."""
        self._worst(
            "Cpu",
            "CPUUtilization",
            "Average",
            self._limits.cpu_percent,
            "A node is busy. Have more nodes, or larger ones.",
        )
        self._worst(
            "Swap",
            "SwapUsage",
            "Maximum",
            defaults.CACHE_SWAP_BYTES,
            "A node has too little memory for its connections: set memcached_connections_overhead, or have larger "
            "ones.",
        )
        self._connections()

    def _connections(self) -> None:
        self._worst(
            "Connections",
            "CurrConnections",
            "Maximum",
            self._limits.connections,
            f"Nearly {defaults.MOST_CACHE_CONNECTIONS} clients are connected to a node, and more are refused. Do "
            "programs keep and share their connections?",
        )

    def _worst(
        self, id: str, metric: str, statistic: str, threshold: float, description: str, *, periods: int = _PERIODS
    ) -> None:
        for number, nodes in enumerate(self._groups):
            each = {
                f"m{position}": cloudwatch.Metric(
                    namespace=_NAMESPACE,
                    metric_name=metric,
                    dimensions_map={"CacheClusterId": node.cluster, "CacheNodeId": node.id},
                    statistic=statistic,
                    period=_PERIOD,
                )
                for position, node in enumerate(nodes)
            }
            worst = cloudwatch.MathExpression(
                expression=f"MAX([{', '.join(each)}])", using_metrics=dict(each), label=metric, period=_PERIOD
            )
            self._alarms.add(f"{id}{number + 1 if number else ''}", worst, threshold, description, periods=periods)


def watch_serverless(
    alarms: Alarms, name: str, serverless: Serverless, limits: CacheThresholds, *, users: bool
) -> None:
    """What matters of a cache without nodes."""

    def metric(metric_name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=metric_name,
            dimensions_map={"clusterId": name},
            statistic=statistic,
            period=_PERIOD,
        )

    alarms.add(
        "Memory",
        metric("BytesUsedForCache", "Maximum"),
        serverless.maximum_gb * _GIGABYTE * limits.memory_percent / 100,
        "The cache nearly holds what it may: soon keys are evicted. Do keys have a time to live? Else raise "
        "serverless.maximum_gb.",
        periods=_PERIODS,
    )
    alarms.add(
        "Throttled",
        metric("ThrottledCmds", "Sum"),
        1,
        "Requests were refused: more came than serverless.maximum_ecpus_per_second, or faster than the cache grows.",
        periods=_PERIODS,
    )
    if users:
        alarms.add(
            "LoginFailures",
            metric("AuthenticationFailures", "Sum"),
            1,
            "Somebody can't log in: a program with an old password, or one that has no business here.",
        )
