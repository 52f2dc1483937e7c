"""What a load balancer says about itself, minute by minute."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

MINUTE = Duration.minutes(1)


class Metrics:
    """Metrics of one load balancer, of either kind; the CDK's own know nothing of zones."""

    def __init__(
        self, load_balancer: elbv2.ApplicationLoadBalancer | elbv2.NetworkLoadBalancer, *, namespace: str
    ) -> None:
        self._name = load_balancer.load_balancer_full_name
        self._namespace = namespace

    def metric(
        self,
        name: str,
        statistic: str,
        *,
        target_group: elbv2.ApplicationTargetGroup | elbv2.NetworkTargetGroup | None = None,
        zone: str | None = None,
        label: str | None = None,
    ) -> cloudwatch.Metric:
        """One metric, of the whole load balancer or of a part."""
        dimensions = {"LoadBalancer": self._name}
        if target_group is not None:
            dimensions["TargetGroup"] = target_group.target_group_full_name
        if zone is not None:
            dimensions["AvailabilityZone"] = zone
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=MINUTE,
            label=label,
        )


class LoadBalancerMetrics(Metrics):
    """Metrics of an Application Load Balancer; the CDK's own target groups want to be attached before they have any."""

    def __init__(self, load_balancer: elbv2.ApplicationLoadBalancer) -> None:
        super().__init__(load_balancer, namespace="AWS/ApplicationELB")

    def target_errors(self, target_group: elbv2.ApplicationTargetGroup, floor: int) -> cloudwatch.MathExpression:
        """Per cent of the requests that a target answered with 5xx; 0 where there are too few requests to say."""
        return math(
            f"IF(requests >= {floor}, 100 * FILL(errors, 0) / requests, 0)",
            "Targets' 5xx, % of requests",
            requests=self.metric("RequestCount", "Sum", target_group=target_group),
            errors=self.metric("HTTPCode_Target_5XX_Count", "Sum", target_group=target_group),
        )

    def own_errors(self, floor: int) -> cloudwatch.MathExpression:
        """Per cent of the requests that the load balancer itself answered with 5xx, for want of a target's answer.

        A request that found no target is not among its requests, so the errors are added. One that found a target
        and no answer is then counted twice: what is 5 % reads as 4.8 %.
        """
        return math(
            f"IF(FILL(requests, 0) + errors >= {floor}, 100 * errors / (FILL(requests, 0) + errors), 0)",
            "Load balancer's 5xx, % of requests",
            requests=self.metric("RequestCount", "Sum"),
            errors=self.metric("HTTPCode_ELB_5XX_Count", "Sum"),
        )

    def latency(
        self, target_group: elbv2.ApplicationTargetGroup, percentile: str, floor: int
    ) -> cloudwatch.MathExpression:
        """Seconds until targets answered, such a ``p95``; 0 where there are too few requests to say."""
        return math(
            f"IF(requests >= {floor}, latency, 0)",
            f"Latency {percentile}, s",
            requests=self.metric("RequestCount", "Sum", target_group=target_group),
            latency=self.metric("TargetResponseTime", percentile, target_group=target_group),
        )

    def unhealthy_hosts(self, target_group: elbv2.ApplicationTargetGroup) -> cloudwatch.MathExpression:
        """Per cent of the hosts that were unhealthy for all of the minute; 0 while there are none."""
        return math(
            "IF(unhealthy > 0, 100 * unhealthy / (FILL(healthy, 0) + unhealthy), 0)",
            "Unhealthy hosts, % of all",
            healthy=self.metric("HealthyHostCount", "Maximum", target_group=target_group),
            unhealthy=self.metric("UnHealthyHostCount", "Minimum", target_group=target_group),
        )

    def client_tls_errors(self, floor: int) -> cloudwatch.MathExpression:
        """Per cent of the connections for which no common TLS was found; 0 where there are too few to say."""
        return math(
            f"IF(FILL(connections, 0) + errors >= {floor}, 100 * errors / (FILL(connections, 0) + errors), 0)",
            "Failed TLS negotiations, % of connections",
            connections=self.metric("NewConnectionCount", "Sum"),
            errors=self.metric("ClientTLSNegotiationErrorCount", "Sum"),
        )


def math(expression: str, label: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """A metric made of others, by the minute."""
    return cloudwatch.MathExpression(expression=expression, label=label, using_metrics=metrics, period=MINUTE)
