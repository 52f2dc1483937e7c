"""Records with each of Route 53's policies, and the three kinds of health checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk.assertions import Template

from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.traffic.health_check_options import CHECKER_REGIONS, WithoutData
from aws_patterns.disaster_recovery.traffic.health_checks import (
    AlarmHealthCheck,
    CalculatedHealthCheck,
    EndpointHealthCheck,
)
from aws_patterns.disaster_recovery.traffic.routed_record import RoutedRecord
from aws_patterns.disaster_recovery.traffic.routing_options import (
    Failover,
    Geolocation,
    Geoproximity,
    Latency,
    Multivalue,
    Routing,
    Simple,
    Weighted,
)

ADDRESS = "192.0.2.1"
METRIC = cloudwatch.Metric(namespace="Orders", metric_name="Failures", statistic="Sum")
POLICIES = ("Weight", "Region", "Failover", "GeoLocation", "GeoProximityLocation", "MultiValueAnswer")


def zone(stack: cdk.Stack) -> route53.IHostedZone:
    return route53.HostedZone.from_hosted_zone_attributes(
        stack, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.org"
    )


def endpoint_check(stack: cdk.Stack, **options: Any) -> EndpointHealthCheck:
    return EndpointHealthCheck(stack, "Check", **{"domain_name": "www.example.org", **options})


def record(stack: cdk.Stack, routing: Routing, **options: Any) -> Mapping[str, Any]:
    given = {
        "zone": zone(stack),
        "record_name": "www.example.org",
        "target": route53.RecordTarget.from_ip_addresses(ADDRESS),
        "routing": routing,
        "set_identifier": None if isinstance(routing, Simple) else "one",
        **options,
    }
    RoutedRecord(stack, "Record", **given)
    (found,) = Template.from_stack(stack).find_resources("AWS::Route53::RecordSet").values()
    properties: Mapping[str, Any] = found["Properties"]
    return properties


def configuration(stack: cdk.Stack, id: str) -> Mapping[str, Any]:
    """Of the health check of a construct."""
    checks = Template.from_stack(stack).find_resources("AWS::Route53::HealthCheck")
    (found,) = (check["Properties"] for name, check in checks.items() if name.startswith(id))
    configured: Mapping[str, Any] = found["HealthCheckConfig"]
    return configured


class TestPolicies:
    @pytest.mark.parametrize(
        ("routing", "policy"),
        [
            (Simple(), {}),
            (Weighted(weight=0), {"Weight": 0}),
            (Weighted(weight=255), {"Weight": 255}),
            (Latency(), {"Region": {"Ref": "AWS::Region"}}),
            (Latency(region="eu-west-1"), {"Region": "eu-west-1"}),
            (Failover(role=RegionRole.RECOVERY), {"Failover": "SECONDARY"}),
            (Geolocation(), {"GeoLocation": {"CountryCode": "*"}}),
            (Geolocation(continent="EU"), {"GeoLocation": {"ContinentCode": "EU"}}),
            (Geolocation(country="DE"), {"GeoLocation": {"CountryCode": "DE"}}),
            (
                Geolocation(country="US", subdivision="CA"),
                {"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "CA"}},
            ),
            (
                Geoproximity(region="eu-west-1", bias=-99),
                {"GeoProximityLocation": {"AWSRegion": "eu-west-1", "Bias": -99}},
            ),
            (Geoproximity(), {"GeoProximityLocation": {"AWSRegion": {"Ref": "AWS::Region"}, "Bias": 0}}),
            (Multivalue(), {"MultiValueAnswer": True}),
        ],
    )
    def test_each_is_what_route_53_calls_it(
        self, stack: cdk.Stack, routing: Routing, policy: Mapping[str, object]
    ) -> None:
        made = record(stack, routing)
        assert {name: made[name] for name in POLICIES if name in made} == policy
        assert made.get("SetIdentifier") == (None if isinstance(routing, Simple) else "one")
        assert (made["Name"], made["TTL"], made["ResourceRecords"]) == ("www.example.org.", "60", [ADDRESS])

    def test_the_primary_of_a_pair_is_chosen_by_its_health(self, stack: cdk.Stack) -> None:
        check = endpoint_check(stack).health_check
        made = record(stack, Failover(role=RegionRole.PRIMARY), health_check=check)
        assert made["Failover"] == "PRIMARY"
        assert made["HealthCheckId"] == stack.resolve(check.health_check_id)

    @pytest.mark.parametrize("ignores", [False, True])
    def test_an_alias_is_as_healthy_as_its_target(self, stack: cdk.Stack, ignores: bool) -> None:
        balancer = elbv2.ApplicationLoadBalancer.from_application_load_balancer_attributes(
            stack,
            "Balancer",
            load_balancer_arn="arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b",
            security_group_id="sg-1",
            load_balancer_dns_name="a.elb.amazonaws.com",
            load_balancer_canonical_hosted_zone_id="Z1",
        )
        target = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(balancer))
        made = record(stack, Weighted(weight=1), target=target, ignores_target_health=ignores)
        assert made["AliasTarget"]["EvaluateTargetHealth"] is not ignores
        assert "TTL" not in made


class TestRefusedRecords:
    @pytest.mark.parametrize(
        ("routing", "problem"),
        [
            (Weighted(weight=-1), "routing.weight must be between 0 and 255, got -1"),
            (Geoproximity(bias=100), "routing.bias must be between -99 and 99, got 100"),
            (Geolocation(continent="XX"), "routing.continent must be one of AF, AN, AS, EU, NA, OC, SA, got 'XX'"),
            (Geolocation(country="de"), "routing.country must be two capital letters such as DE, got 'de'"),
            (
                Geolocation(continent="EU", country="DE"),
                "routing must name a continent or a country, got 'EU' and 'DE'",
            ),
            (
                Geolocation(country="DE", subdivision="BY"),
                "routing.subdivision needs the country US or UA, got 'DE': Route 53 knows parts of no other country",
            ),
            (
                Geolocation(subdivision="CA"),
                "routing.subdivision needs the country US or UA, got None: Route 53 knows parts of no other country",
            ),
            (
                Failover(role=RegionRole.PRIMARY),
                "health_check is missing: Failover(role=RegionRole.PRIMARY) is answered until its health check fails, "
                "and without one for ever",
            ),
        ],
    )
    def test_a_policy_that_route_53_does_not_take(self, stack: cdk.Stack, routing: Routing, problem: str) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            record(stack, routing)
        assert str(raised.value) == f"RoutedRecord S/Record can't be built:\n  - {problem}"

    def test_everything_else_at_once(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            record(stack, Weighted(weight=1), set_identifier=None, ttl_seconds=-1)
        assert str(raised.value) == (
            "RoutedRecord S/Record can't be built:\n"
            "  - set_identifier is missing: it tells this record from the others of its name\n"
            "  - ttl_seconds must be between 0 and 172800 seconds, got -1 seconds"
        )

    def test_a_health_check_that_changes_nothing(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            record(stack, Simple(), health_check=endpoint_check(stack).health_check)
        assert str(raised.value).endswith(
            "health_check has no effect with Simple(): there is no other record that could be answered instead. Leave "
            "it out, or choose another routing"
        )

    def test_several_answers_of_an_alias(self, stack: cdk.Stack) -> None:
        first = route53.ARecord(
            stack, "First", zone=zone(stack), target=route53.RecordTarget.from_ip_addresses(ADDRESS)
        )
        target = route53.RecordTarget.from_alias(targets.Route53RecordTarget(first))
        with pytest.raises(ValueError, match=r"routing must not be Multivalue\(\) for an alias: Route 53 has them for"):
            RoutedRecord(
                stack,
                "Record",
                zone=first.stack.node.find_child("Zone"),  # type: ignore[arg-type]  # made above
                record_name="www.example.org",
                target=target,
                routing=Multivalue(),
                set_identifier="one",
            )


class TestEndpointChecks:
    def test_it_asks_over_https_every_half_minute(self, stack: cdk.Stack) -> None:
        endpoint_check(stack)
        assert configuration(stack, "Check") == {
            "EnableSNI": True,
            "FailureThreshold": 3,
            "FullyQualifiedDomainName": "www.example.org",
            "Inverted": False,
            "MeasureLatency": False,
            "Port": 443,
            "RequestInterval": 30,
            "ResourcePath": "/health",
            "Type": "HTTPS",
        }

    def test_it_asks_as_it_is_told_to(self, stack: cdk.Stack) -> None:
        regions = list(CHECKER_REGIONS[:3])
        endpoint_check(
            stack,
            domain_name=ADDRESS,
            path="/",
            text="well",
            port=8080,
            interval_seconds=10,
            failures=1,
            inverted=True,
            plain_http=True,
            checker_regions=regions,
        )
        made = configuration(stack, "Check")
        assert made == {
            "FailureThreshold": 1,
            "IPAddress": ADDRESS,
            "Inverted": True,
            "MeasureLatency": False,
            "Port": 8080,
            "Regions": regions,
            "RequestInterval": 10,
            "ResourcePath": "/",
            "SearchString": "well",
            "Type": "HTTP_STR_MATCH",
        }

    def test_a_name_that_is_a_token_is_a_name(self, stack: cdk.Stack) -> None:
        endpoint_check(stack, domain_name=cdk.Fn.import_value("Name"))
        assert configuration(stack, "Check")["FullyQualifiedDomainName"] == {"Fn::ImportValue": "Name"}

    @pytest.mark.parametrize("name", ["192.0.2.256", "192.0.2", "-a.example.org", "example"])
    def test_what_is_neither_a_name_nor_an_address(self, stack: cdk.Stack, name: str) -> None:
        with pytest.raises(ValueError, match="domain_name must be a name or an IPv4 address") as raised:
            endpoint_check(stack, domain_name=name)
        assert str(raised.value).endswith(f"such as orders.example.org, got {name!r}")

    def test_what_can_not_be_is_told_at_once(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            endpoint_check(
                stack,
                domain_name="https://a",
                path="health",
                text="x" * 256,
                port=0,
                interval_seconds=20,
                failures=11,
                checker_regions=["eu-west-1", "mars-1"],
            )
        assert str(raised.value) == (
            "EndpointHealthCheck S/Check can't be built:\n"
            "  - domain_name must be a name or an IPv4 address such as orders.example.org, got 'https://a'\n"
            "  - path must begin with a slash, such as /health, got 'health'\n"
            "  - text must have 1 to 255 letters, got 256: it is searched for in the first 5,120 bytes of the answer\n"
            "  - port must be between 1 and 65535, got 0\n"
            "  - interval_seconds must be 10 or 30, got 20\n"
            "  - failures must be between 1 and 10, got 11\n"
            f"  - checker_regions must be one of {', '.join(CHECKER_REGIONS)}, got 'mars-1'\n"
            "  - checker_regions must name at least 3 Regions, got eu-west-1, mars-1: add more, or leave it out for "
            "all of them"
        )


class TestOtherChecks:
    def children(self, stack: cdk.Stack, number: int) -> list[route53.IHealthCheck]:
        return [
            EndpointHealthCheck(stack, f"Child{each}", domain_name=f"c{each}.example.org").health_check
            for each in range(number)
        ]

    @pytest.mark.parametrize(("enough", "threshold"), [(None, 3), (1, 1), (2, 2)])
    def test_enough_of_several(self, stack: cdk.Stack, enough: int | None, threshold: int) -> None:
        children = self.children(stack, 3)
        CalculatedHealthCheck(stack, "Enough", children=children, healthy_at_least=enough)
        made = configuration(stack, "Enough")
        assert (made["Type"], made["HealthThreshold"], made["Inverted"]) == ("CALCULATED", threshold, False)
        assert made["ChildHealthChecks"] == [stack.resolve(child.health_check_id) for child in children]

    @pytest.mark.parametrize("number", [0, 257])
    def test_too_few_or_too_many(self, stack: cdk.Stack, number: int) -> None:
        one = route53.HealthCheck.from_health_check_id(stack, "One", "1")
        with pytest.raises(ValueError, match="can't be built") as raised:
            CalculatedHealthCheck(stack, "Enough", children=[one] * number)
        assert str(raised.value) == (
            f"CalculatedHealthCheck S/Enough can't be built:\n  - children must be 1 to 256 health checks, got {number}"
        )

    def test_more_than_there_are(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="healthy_at_least must be between 1 and 2, got 3"):
            CalculatedHealthCheck(stack, "Enough", children=self.children(stack, 2), healthy_at_least=3)

    @pytest.mark.parametrize("without_data", WithoutData)
    def test_an_alarm(self, stack: cdk.Stack, without_data: WithoutData) -> None:
        alarm = cloudwatch.Alarm.from_alarm_arn(
            stack, "Alarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:queue-is-old"
        )
        AlarmHealthCheck(
            stack, "Check", alarm=alarm, alarm_region="eu-west-1", without_data=without_data, inverted=True
        )
        assert configuration(stack, "Check") == {
            "AlarmIdentifier": {"Name": "queue-is-old", "Region": "eu-west-1"},
            "InsufficientDataHealthStatus": str(without_data),
            "Inverted": True,
            "Type": "CLOUDWATCH_METRIC",
        }

    def test_an_alarm_of_the_same_stack(self, stack: cdk.Stack) -> None:
        alarm = METRIC.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3)
        AlarmHealthCheck(stack, "Check", alarm=alarm)
        made = configuration(stack, "Check")
        assert made["AlarmIdentifier"] == {"Name": stack.resolve(alarm.alarm_name), "Region": {"Ref": "AWS::Region"}}
        assert made["InsufficientDataHealthStatus"] == "Unhealthy"

    def test_alarms_that_route_53_can_not_follow(self, stack: cdk.Stack) -> None:
        short = METRIC.with_(statistic="p99", period=cdk.Duration.seconds(10))
        alarm = short.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3, datapoints_to_alarm=2)
        with pytest.raises(ValueError, match="can't be built") as raised:
            AlarmHealthCheck(stack, "Check", alarm=alarm)
        assert str(raised.value) == (
            "AlarmHealthCheck S/Check can't be built:\n"
            "  - alarm must have one of the statistics Average, Minimum, Maximum, Sum, SampleCount, got p99\n"
            "  - alarm must have a period of 60 seconds or more, got 10 seconds\n"
            "  - alarm must wait for all of its periods, got 2 out of 3: leave out datapoints_to_alarm"
        )

    def test_an_alarm_of_several_metrics_or_alarms(self, stack: cdk.Stack) -> None:
        sums = cloudwatch.MathExpression(expression="a * 2", using_metrics={"a": METRIC})
        one = sums.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3)
        composite = cloudwatch.CompositeAlarm(
            stack, "Composite", alarm_rule=cloudwatch.AlarmRule.from_alarm(one, cloudwatch.AlarmState.ALARM)
        )
        for number, alarm in enumerate((one, composite)):
            with pytest.raises(ValueError, match="can't be built") as raised:
                AlarmHealthCheck(stack, f"Check{number}", alarm=alarm)
            assert str(raised.value) == (
                f"AlarmHealthCheck S/Check{number} can't be built:\n"
                "  - alarm must follow one metric, got an expression or a composite alarm: Route 53 looks at the "
                "metric itself. Have a check for each metric, and a CalculatedHealthCheck over them"
            )

    def test_the_console_shows_where_it_belongs(self, stack: cdk.Stack) -> None:
        endpoint_check(stack)
        (check,) = Template.from_stack(stack).find_resources("AWS::Route53::HealthCheck").values()
        assert check["Properties"]["HealthCheckTags"] == [{"Key": "Name", "Value": "S/Check"}]
