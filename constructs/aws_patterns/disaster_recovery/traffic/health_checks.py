"""Health checks of Route 53: of an endpoint, of other health checks, of an alarm."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, Stack, Tags
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_route53 as route53
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.traffic.health_check_options import (
    WithoutData,
    check_alarm_check,
    check_calculated_check,
    check_endpoint_check,
    is_address,
)


class EndpointHealthCheck(Construct):
    """Asks a public endpoint over HTTPS, from several Regions; 2xx and 3xx are healthy.

    Route 53 does not look at the certificate. What has no public address needs an ``AlarmHealthCheck``. The metrics of
    health checks are in us-east-1 alone, wherever the stack is.

    >>> EndpointHealthCheck(stack, "Check", domain_name="primary.orders.example.org", path="/health")

    Args:
        domain_name: Of the endpoint, or its IPv4 address.
        path: What is asked for; it should ask what the endpoint depends on. Default ``/health``.
        text: What the first 5,120 bytes of the answer must have in them, up to 255 letters. Default: anything will do.
        port: Default 443.
        interval_seconds: 10 or 30 from one request of a checker to its next. Default 30.
        failures: How many of them in a row, 1 to 10, change the status. Default 3.
        inverted: Whether it is healthy when the endpoint is not. Default off.
        plain_http: Whether to ask without TLS, on port 80 by default. Default off.
        checker_regions: From where, at least three. Default: from everywhere.

    Attributes:
        health_check: The health check.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_name: str,
        path: str = "/health",
        text: str | None = None,
        port: int | None = None,
        interval_seconds: int = defaults.CHECK_INTERVAL_SECONDS,
        failures: int = defaults.CHECK_FAILURES,
        inverted: bool = False,
        plain_http: bool = False,
        checker_regions: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"EndpointHealthCheck {self.node.path}") as problems:
            check_endpoint_check(
                problems,
                domain_name=domain_name,
                path=path,
                text=text,
                port=port,
                interval_seconds=interval_seconds,
                failures=failures,
                checker_regions=checker_regions,
            )
        kind = f"{'HTTP' if plain_http else 'HTTPS'}{'' if text is None else '_STR_MATCH'}"
        by_address = is_address(domain_name)
        self.health_check = route53.HealthCheck(
            self,
            "HealthCheck",
            type=route53.HealthCheckType[kind],
            fqdn=None if by_address else domain_name,
            ip_address=domain_name if by_address else None,
            port=port,
            resource_path=path,
            search_string=text,
            request_interval=Duration.seconds(interval_seconds),
            failure_threshold=failures,
            inverted=inverted,
            regions=list(checker_regions) or None,
        )
        _name(self.health_check)


class CalculatedHealthCheck(Construct):
    """Healthy as long as enough others are.

    >>> first = EndpointHealthCheck(stack, "First", domain_name="a.example.org")
    >>> second = EndpointHealthCheck(stack, "Second", domain_name="b.example.org")
    >>> CalculatedHealthCheck(
    ...     stack, "Either", children=[first.health_check, second.health_check], healthy_at_least=1
    ... )

    Args:
        children: The others, 1 to 256; of any kind but calculated ones.
        healthy_at_least: How many of them must be healthy. Default: all.
        inverted: Whether it is healthy when they are not. Default off.

    Attributes:
        health_check: The health check.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        children: Sequence[route53.IHealthCheck],
        healthy_at_least: int | None = None,
        inverted: bool = False,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"CalculatedHealthCheck {self.node.path}") as problems:
            check_calculated_check(problems, children=children, healthy_at_least=healthy_at_least)
        self.health_check = route53.HealthCheck(
            self,
            "HealthCheck",
            type=route53.HealthCheckType.CALCULATED,
            child_health_checks=list(children),
            health_threshold=healthy_at_least or len(children),
            inverted=inverted,
        )
        _name(self.health_check)


class AlarmHealthCheck(Construct):
    """Healthy as long as an alarm of CloudWatch is, for what Route 53's checkers can't reach: private addresses, queues
    that grow, replicas that lag.

    Route 53 follows the alarm's metric itself. It takes metrics of a minute or more with the statistics Average,
    Minimum, Maximum, Sum and SampleCount: no percentiles, no expressions of several metrics, no composite alarms, and
    none that wait for some of several periods (AWS: "M out of N"). Of an imported alarm nobody can tell before
    deployment.

    >>> from aws_cdk import aws_cloudwatch as cloudwatch
    >>> metric = cloudwatch.Metric(namespace="Orders", metric_name="Failures", statistic="Sum")
    >>> alarm = metric.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3)
    >>> AlarmHealthCheck(stack, "Check", alarm=alarm)

    Args:
        alarm: The alarm.
        alarm_region: Where it is. Default: where its stack is.
        without_data: What it is while the alarm has not enough data. Default: unhealthy, for what tells nothing of
            itself may be lost.
        inverted: Whether it is healthy when the alarm is not. Default off.

    Attributes:
        health_check: The health check.

    Raises:
        ValueError: Naming everything for which Route 53 can't follow the alarm.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-private-hosted-zones.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        alarm: cloudwatch.IAlarm,
        alarm_region: str | None = None,
        without_data: WithoutData = WithoutData.UNHEALTHY,
        inverted: bool = False,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"AlarmHealthCheck {self.node.path}") as problems:
            _check_alarm(problems, alarm)
        self.health_check = route53.HealthCheck(
            self,
            "HealthCheck",
            type=route53.HealthCheckType.CLOUDWATCH_METRIC,
            alarm_identifier=route53.AlarmIdentifier(
                name=alarm.alarm_name, region=alarm_region or Stack.of(alarm).region
            ),
            insufficient_data_health_status=_WITHOUT_DATA[without_data],
            inverted=inverted,
        )
        _name(self.health_check)


_WITHOUT_DATA = {
    WithoutData.HEALTHY: route53.InsufficientDataHealthStatusEnum.HEALTHY,
    WithoutData.UNHEALTHY: route53.InsufficientDataHealthStatusEnum.UNHEALTHY,
    WithoutData.AS_BEFORE: route53.InsufficientDataHealthStatusEnum.LAST_KNOWN_STATUS,
}


def _check_alarm(problems: Problems, alarm: cloudwatch.IAlarm) -> None:
    """Tell what is known of the alarm; of an imported one there is nothing."""
    resource = alarm.node.default_child
    if isinstance(resource, cloudwatch.CfnCompositeAlarm):
        check_alarm_check(problems, expression=True)
    elif isinstance(resource, cloudwatch.CfnAlarm):
        check_alarm_check(
            problems,
            expression=isinstance(alarm, cloudwatch.Alarm) and isinstance(alarm.metric, cloudwatch.MathExpression),
            statistic=resource.extended_statistic,
            period_seconds=resource.period,
            datapoints=_whole(resource.datapoints_to_alarm),
            periods=_whole(resource.evaluation_periods),
        )


def _whole(number: float | None) -> int | None:
    """The CDK speaks of numbers, whatever they count."""
    return None if number is None else int(number)


def _name(check: route53.HealthCheck) -> None:
    """By which the console shows it."""
    Tags.of(check).add("Name", check.node.path.removesuffix(f"/{check.node.id}"))
