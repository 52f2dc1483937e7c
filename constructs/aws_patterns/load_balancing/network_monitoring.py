"""What the operator of a network load balanced fleet needs to see: what clients notice, its causes, one dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._load_balancer_metrics import math
from aws_patterns.load_balancing._network_metrics import NetworkMetrics
from aws_patterns.load_balancing._web_tier_dashboard import group_metric
from aws_patterns.load_balancing.network_flow_alarms import NetworkFlowAlarms

if TYPE_CHECKING:
    from aws_cdk import aws_autoscaling as autoscaling

_WIDTH = 24
# AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_ALARMS_PER_WIDGET = 100
_SIZES = {
    "GroupMinSize": "minimum",
    "GroupDesiredCapacity": "desired",
    "GroupMaxSize": "maximum",
    "GroupInServiceInstances": "in service",
}


class NetworkMonitoring(Construct):
    """Alarms and a dashboard over a Network Load Balancer and the fleet behind it.

    What clients notice makes the one alarm ``degraded``, which tells the topic: an outage is one message, and the
    dashboard shows which of its parts it was. What they don't notice yet (an unhealthy host, a fleet at its maximum)
    tells the topic by itself. A part of ``NetworkLoadBalancedFleet``.

    Args:
        load_balancer: In front.
        flow_alarms: About what goes through it.
        target_groups: Behind it, by the names that their alarms shall carry.
        zones: Of the load balancer: each has an alarm of its own about unhealthy hosts, and without cross-zone load
            balancing serves by its own hosts only.
        group: That runs the hosts, with its group metrics collected.
        empty_zones: Whether zones are without hosts at times.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.

    Attributes:
        alarms: Every metric alarm, by its id, those of ``flow_alarms`` included.
        degraded: In ALARM while clients notice something.
        dashboard: The same signals over time.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        load_balancer: elbv2.NetworkLoadBalancer,
        flow_alarms: NetworkFlowAlarms,
        target_groups: Mapping[str, elbv2.NetworkTargetGroup],
        zones: Sequence[str],
        group: autoscaling.AutoScalingGroup,
        empty_zones: bool = False,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._metrics = NetworkMetrics(load_balancer)
        self._zones = zones
        self._symptoms = Alarms(self, topic=None)
        self._causes = Alarms(self, topic=alarm_topic)
        for name, target_group in target_groups.items():
            self._unhealthy_hosts(name, target_group)
            self._healthy_hosts(name, target_group, group, empty_zones=empty_zones)
        self._at_maximum(group)
        noticed = [*flow_alarms.alarms.values(), *self._symptoms.by_id.values()]
        self.degraded = cloudwatch.CompositeAlarm(
            self,
            "Degraded",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM) for alarm in noticed)
            ),
            alarm_description="Clients notice: flows are reset, refused or unanswered. The dashboard shows which; that "
            "alarm's description says what to do.",
        )
        self._causes.tell(self.degraded)
        self.alarms: Mapping[str, cloudwatch.Alarm] = {
            **flow_alarms.alarms,
            **self._symptoms.by_id,
            **self._causes.by_id,
        }
        self.dashboard = self._dashboard(target_groups, group)

    def _unhealthy_hosts(self, name: str, target_group: elbv2.NetworkTargetGroup) -> None:
        for number, zone in enumerate(self._zones, start=1):
            self._causes.add(
                f"{name}UnhealthyHostsInZone{number}",
                self._metrics.metric("UnHealthyHostCount", "Maximum", target_group=target_group, zone=zone),
                1,
                f"{name} has unhealthy hosts in zone {number}, and the fleet has not replaced them. In one zone only: "
                "see the AWS Health Dashboard, and shift traffic away from that zone. In all of them: the health "
                "check or what it depends on fails.",
                periods=defaults.UNHEALTHY_MINUTES,
            )

    def _healthy_hosts(
        self,
        name: str,
        target_group: elbv2.NetworkTargetGroup,
        group: autoscaling.AutoScalingGroup,
        *,
        empty_zones: bool,
    ) -> None:
        """That a zone serves nobody. What says nothing about a zone is a target group that has no host there."""
        for number, zone in enumerate(self._zones if not empty_zones else (), start=1):
            alarm = self._causes.add(
                f"{name}NoHealthyHostInZone{number}",
                self._metrics.metric("HealthyHostCount", "Maximum", target_group=target_group, zone=zone),
                1,
                f"{name} has no healthy host in zone {number}: the load balancer's address there is out of DNS, and "
                "clients that know it by heart are not served. See the activity of the Auto Scaling group: can it "
                "launch there? Do new hosts become healthy?",
                periods=defaults.UNHEALTHY_MINUTES,
                comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            )
            # Made when there are hosts, or every new fleet would begin with an alarm.
            alarm.node.add_dependency(group)
        none = self._symptoms.add(
            f"{name}NoHealthyHosts",
            self._metrics.metric("HealthyHostCount", "Maximum", target_group=target_group),
            1,
            f"{name} has no healthy host at all. Is the health check wrong, or what it depends on gone? Take the last "
            "deployment back.",
            periods=defaults.ROLLBACK_BAD_MINUTES,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        none.node.add_dependency(group)

    def _at_maximum(self, group: autoscaling.AutoScalingGroup) -> None:
        self._causes.add(
            "AtMaximum",
            math(
                "IF((maximum > minimum) AND (in_service >= maximum), 1, 0)",
                "At maximum",
                minimum=group_metric(group, "GroupMinSize", "Maximum"),
                maximum=group_metric(group, "GroupMaxSize", "Maximum"),
                in_service=group_metric(group, "GroupInServiceInstances", "Minimum"),
            ),
            1,
            f"The fleet has been as large as it may become for {defaults.AT_MAXIMUM_MINUTES} minutes and can't follow "
            "more load. Raise the maximum, or find out what the load is.",
            periods=defaults.AT_MAXIMUM_MINUTES,
        )

    def _dashboard(
        self, target_groups: Mapping[str, elbv2.NetworkTargetGroup], group: autoscaling.AutoScalingGroup
    ) -> cloudwatch.Dashboard:
        alarms: list[cloudwatch.IAlarm] = [self.degraded, *self.alarms.values()]
        one = self._metrics.metric
        rows: list[list[cloudwatch.IWidget]] = [
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms[:_ALARMS_PER_WIDGET], width=_WIDTH, height=4)],
            [
                self._graph(
                    "Flows",
                    [one("NewFlowCount", "Sum", label="new"), one("ActiveFlowCount", "Average", label="active")],
                    [
                        one("RejectedFlowCount", "Sum", label="refused"),
                        one("PortAllocationErrorCount", "Sum", label="without a port to a target"),
                        one("SecurityGroupBlockedFlowCount_Inbound_TCP", "Sum", label="not allowed to connect"),
                    ],
                ),
                self._graph(
                    "Bytes",
                    [one("ProcessedBytes", "Sum", label="bytes"), one("ProcessedPackets", "Sum", label="packets")],
                    [one("ConsumedLCUs", "Sum", label="capacity units")],
                ),
            ],
            [
                self._graph(
                    "Resets by",
                    [
                        one("TCP_Client_Reset_Count", "Sum", label="clients"),
                        one("TCP_Target_Reset_Count", "Sum", label="targets"),
                        one("TCP_ELB_Reset_Count", "Sum", label="the load balancer"),
                    ],
                    [
                        one("ClientTLSNegotiationErrorCount", "Sum", label="failed TLS with clients"),
                        one("TargetTLSNegotiationErrorCount", "Sum", label="failed TLS with targets"),
                    ],
                ),
                self._graph(
                    "Capacity", [group_metric(group, name, "Average", label) for name, label in _SIZES.items()], []
                ),
            ],
            [self._hosts(name, target_group) for name, target_group in target_groups.items()],
        ]
        return cloudwatch.Dashboard(self, "Dashboard", widgets=rows)

    def _hosts(self, name: str, target_group: elbv2.NetworkTargetGroup) -> cloudwatch.GraphWidget:
        def per_zone(metric: str, statistic: str, state: str) -> list[cloudwatch.IMetric]:
            return [
                self._metrics.metric(
                    metric, statistic, target_group=target_group, zone=zone, label=f"{state}, zone {number}"
                )
                for number, zone in enumerate(self._zones, start=1)
            ]

        return self._graph(
            f"{name}: hosts per zone",
            per_zone("HealthyHostCount", "Minimum", "healthy"),
            per_zone("UnHealthyHostCount", "Maximum", "unhealthy"),
        )

    @staticmethod
    def _graph(
        title: str, left: Sequence[cloudwatch.IMetric], right: Sequence[cloudwatch.IMetric]
    ) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(title=title, width=_WIDTH // 2, left=list(left), right=list(right))
