"""What the operator of a web tier needs to see: what users notice as one alarm, its causes, and one dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems, is_token
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._load_balancer_metrics import LoadBalancerMetrics, math
from aws_patterns.load_balancing._web_tier_dashboard import group_metric, web_tier_dashboard
from aws_patterns.load_balancing.tls import TlsShape
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds, check_thresholds

if TYPE_CHECKING:
    from aws_patterns.compute.instance_fleet import InstanceFleet

_BREACHING = cloudwatch.TreatMissingData.BREACHING
_LESS = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class WebTierMonitoring(Construct):
    """Alarms and a dashboard over a load balancer and the fleets behind it.

    What users notice (5xx, latency, refused connections, no healthy host) makes the one alarm ``degraded``, which
    tells the topic: an outage is one message, and the dashboard shows which of its parts it was. What users don't
    notice yet (an unhealthy host, a fleet at its maximum, failing TLS) tells the topic by itself.

    `WebTier` and `WeightedFleets` bring it. Use it for a tier of your own; not for a network load balancer, which
    has other metrics.

    >>> from aws_cdk import aws_ec2 as ec2
    >>> from aws_patterns.load_balancing.tls import TlsApproach, shape_of
    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc)
    >>> containers = elbv2.ApplicationTargetGroup(stack, "Containers", vpc=vpc, port=80)
    >>> WebTierMonitoring(
    ...     stack,
    ...     "Monitoring",
    ...     load_balancer=balancer,
    ...     target_groups={"Containers": containers},
    ...     availability_zones=vpc.availability_zones,
    ...     shape=shape_of(TlsApproach.OFFLOAD),
    ... )

    Args:
        load_balancer: In front.
        target_groups: Behind it, by the names that their alarms shall carry.
        availability_zones: Of the targets, by name or as tokens (``vpc.availability_zones``): each has an alarm of
            its own about unhealthy hosts, since what is wrong with a zone is not mended in the application.
        shape: Where TLS is spoken (``ApplicationFront.shape``), and negotiations can fail.
        fleets: That serve them, by the same names; what else serves has alarms about answers and health only. One with
            a minimum of 0 instances may be empty, and nobody is told when it is. Default: none.
        thresholds: When the alarms ring.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        further_alarms: That the dashboard shows with those made here. Default: none.

    Attributes:
        alarms: Every metric alarm, by its id.
        degraded: In ALARM while users notice something.
        dashboard: The same signals over time.

    Raises:
        ValueError: Naming every prop that can't be used.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        load_balancer: elbv2.ApplicationLoadBalancer,
        target_groups: Mapping[str, elbv2.ApplicationTargetGroup],
        availability_zones: Sequence[str],
        shape: TlsShape,
        fleets: Mapping[str, InstanceFleet] = MappingProxyType({}),
        thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        further_alarms: Sequence[cloudwatch.IAlarm] = (),
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"WebTierMonitoring {self.node.path}") as problems:
            check_thresholds(problems, thresholds)
            _check_names(problems, target_groups, fleets, availability_zones)
        self._metrics = LoadBalancerMetrics(load_balancer)
        self._thresholds = thresholds
        # What users notice is told once, by the alarm that is made of these.
        self._symptoms = Alarms(self, topic=None)
        self._causes = Alarms(self, topic=alarm_topic)

        noticed = [self._own_errors(), self._rejected_connections()]
        for name, group in target_groups.items():
            noticed += [self._target_errors(name, group), *self._latencies(name, group)]
            self._unhealthy_hosts(name, group, availability_zones)
        empty = [self._healthy_hosts(name, target_groups[name], fleet) for name, fleet in fleets.items()]
        for name, fleet in fleets.items():
            self._at_maximum(name, fleet)
        self._tls_errors(shape, target_groups)

        self.degraded = self._degraded(noticed, [alarm for alarm in empty if alarm])
        self._causes.tell(self.degraded)
        self.alarms: Mapping[str, cloudwatch.Alarm] = {**self._symptoms.by_id, **self._causes.by_id}
        self.dashboard = web_tier_dashboard(
            self,
            metrics=self._metrics,
            target_groups=target_groups,
            groups={name: fleet.group for name, fleet in fleets.items()},
            availability_zones=availability_zones,
            alarms=[self.degraded, *self.alarms.values(), *further_alarms],
        )

    def _symptom(
        self, id: str, metric: cloudwatch.IMetric, threshold: float, description: str, *, at_once: bool = False
    ) -> cloudwatch.Alarm:
        """Three bad minutes out of five, or two in a row."""
        if at_once:
            return self._symptoms.add(id, metric, threshold, description, periods=defaults.ROLLBACK_BAD_MINUTES)
        return self._symptoms.add(
            id, metric, threshold, description, periods=defaults.BAD_MINUTES, of_periods=defaults.OF_MINUTES
        )

    def _own_errors(self) -> cloudwatch.Alarm:
        return self._symptom(
            "LoadBalancerErrors",
            self._metrics.own_errors(self._thresholds.minimum_requests),
            self._thresholds.error_percent,
            "The load balancer itself answers with 5xx: it finds no healthy host, or hosts close connections or take "
            "too long. Look at healthy hosts per zone first, then in its access log at elb_status_code: 503 is no "
            "host, 502 a closed connection (the server's keep-alive must outlast the load balancer's idle timeout), "
            "504 a time-out.",
        )

    def _rejected_connections(self) -> cloudwatch.Alarm:
        return self._symptom(
            "RejectedConnections",
            self._metrics.metric("RejectedConnectionCount", "Sum"),
            1,
            "The load balancer is at its limit of connections and refuses more. It grows by itself within minutes; "
            "for announced peaks reserve capacity units, for a flood see the web ACL.",
        )

    def _target_errors(self, name: str, group: elbv2.ApplicationTargetGroup) -> cloudwatch.Alarm:
        return self._symptom(
            f"{name}TargetErrors",
            self._metrics.target_errors(group, self._thresholds.minimum_requests),
            self._thresholds.error_percent,
            f"{name} answers with 5xx. Did it begin with a deployment? Take that back. Otherwise look into the "
            "application's log, and at what it depends on.",
        )

    def _latencies(self, name: str, group: elbv2.ApplicationTargetGroup) -> Sequence[cloudwatch.Alarm]:
        limits = {"p95": self._thresholds.p95_seconds, "p99": self._thresholds.p99_seconds}
        return [
            self._symptom(
                f"{name}Latency{percentile.title()}",
                self._metrics.latency(group, percentile, self._thresholds.minimum_requests),
                limit,
                f"{name} answers slowly ({percentile}). All hosts are busy: let the fleet grow. One is: terminate "
                "it, the fleet replaces it. None is: look at what the application depends on.",
            )
            for percentile, limit in limits.items()
        ]

    def _unhealthy_hosts(self, name: str, group: elbv2.ApplicationTargetGroup, zones: Sequence[str]) -> None:
        for number, zone in enumerate(zones, start=1):
            self._causes.add(
                f"{name}UnhealthyHostsInZone{number}",
                self._metrics.metric("UnHealthyHostCount", "Maximum", target_group=group, zone=zone),
                1,
                f"{name} has unhealthy hosts in its zone {number}, and the fleet has not replaced them. In one zone "
                "only: see the AWS Health Dashboard, and shift traffic away from that zone. In all of them: the "
                "health check or what it depends on fails.",
                periods=self._thresholds.unhealthy_minutes,
            )

    def _healthy_hosts(
        self, name: str, group: elbv2.ApplicationTargetGroup, fleet: InstanceFleet
    ) -> cloudwatch.Alarm | None:
        """That there are fewer than wanted, and that there are none. A target group without hosts says nothing."""
        minimum = fleet.capacity.minimum
        if not is_token(minimum) and minimum == 0:
            return None
        few = self._causes.add(
            f"{name}FewHealthyHosts",
            self._metrics.metric("HealthyHostCount", "Minimum", target_group=group),
            minimum,
            f"{name} has fewer healthy hosts than its minimum. See the activity of the Auto Scaling group: can it "
            "launch (quota, Spot capacity, image)? Do new hosts become healthy (boot log, health check)?",
            periods=self._thresholds.unhealthy_minutes,
            comparison=_LESS,
            treat_missing_data=_BREACHING,
        )
        none = self._symptoms.add(
            f"{name}NoHealthyHosts",
            self._metrics.metric("HealthyHostCount", "Maximum", target_group=group),
            1,
            f"{name} has no healthy host. Is the health check wrong, or what it depends on gone? Take the last "
            "deployment back; for weighted fleets, shift the traffic.",
            periods=defaults.ROLLBACK_BAD_MINUTES,
            comparison=_LESS,
            treat_missing_data=_BREACHING,
        )
        for alarm in (few, none):
            # Made when there are hosts, or every new tier would begin with an alarm.
            alarm.node.add_dependency(fleet.group)
        return none

    def _at_maximum(self, name: str, fleet: InstanceFleet) -> None:
        self._causes.add(
            f"{name}AtMaximum",
            math(
                "IF((maximum > minimum) AND (in_service >= maximum), 1, 0)",
                "At maximum",
                minimum=group_metric(fleet.group, "GroupMinSize", "Maximum"),
                maximum=group_metric(fleet.group, "GroupMaxSize", "Maximum"),
                in_service=group_metric(fleet.group, "GroupInServiceInstances", "Minimum"),
            ),
            1,
            f"{name} has been as large as it may become for {self._thresholds.at_maximum_minutes} minutes and can't "
            "follow more load. Raise the maximum, or find out what the load is.",
            periods=self._thresholds.at_maximum_minutes,
        )

    def _tls_errors(self, shape: TlsShape, groups: Mapping[str, elbv2.ApplicationTargetGroup]) -> None:
        if shape.needs_certificates:
            self._causes.add(
                "ClientTlsErrors",
                self._metrics.client_tls_errors(self._thresholds.minimum_requests),
                self._thresholds.tls_error_percent,
                "Clients and load balancer find no common TLS. Has the certificate expired, or does it not name the "
                "host? Was the TLS policy changed? Otherwise somebody scans: see the connection log.",
                periods=defaults.BAD_MINUTES,
                of_periods=defaults.OF_MINUTES,
            )
        if shape.target_protocol == "HTTPS":
            for name, group in groups.items():
                self._causes.add(
                    f"{name}TargetTlsErrors",
                    self._metrics.metric("TargetTLSNegotiationErrorCount", "Sum", target_group=group),
                    1,
                    f"{name} and the load balancer find no common TLS. See the certificate and the TLS versions of "
                    "the server on the hosts.",
                    periods=defaults.BAD_MINUTES,
                    of_periods=defaults.OF_MINUTES,
                )

    def _degraded(
        self, noticed: Sequence[cloudwatch.Alarm], empty: Sequence[cloudwatch.Alarm]
    ) -> cloudwatch.CompositeAlarm:
        def ringing(alarm: cloudwatch.Alarm) -> cloudwatch.IAlarmRule:
            return cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM)

        rules = [ringing(alarm) for alarm in noticed]
        if empty:
            # Of several fleets, one may be empty on purpose; users notice when all of them are.
            rules.append(cloudwatch.AlarmRule.all_of(*map(ringing, empty)))
        return cloudwatch.CompositeAlarm(
            self,
            "Degraded",
            alarm_rule=cloudwatch.AlarmRule.any_of(*rules),
            alarm_description="Users notice: errors, slow answers, refused connections or no healthy host. The "
            "dashboard shows which; that alarm's description says what to do.",
        )


def _check_names(
    problems: Problems,
    target_groups: Mapping[str, elbv2.ApplicationTargetGroup],
    fleets: Mapping[str, InstanceFleet],
    zones: Sequence[str],
) -> None:
    if not target_groups:
        problems.add("target_groups must hold at least one, got none: there is nothing to watch")
    for name in target_groups:
        if not name.isalnum():
            problems.add(f"target_groups must have names of letters and digits, got {name!r}: alarms carry them")
    for name in fleets:
        if name not in target_groups:
            problems.add(f"fleets holds {name}, which target_groups doesn't: both have the same names")
    if is_token(zones):
        problems.add("availability_zones must be a list whose length is known at synthesis: each has an alarm")
