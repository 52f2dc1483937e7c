"""Which names a workload has, which records are chosen among, and by whose health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from aws_patterns.disaster_recovery.plan import RegionRole, Strategy
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.traffic.front_door import FrontDoor
from aws_patterns.disaster_recovery.traffic.front_door_options import regional_domain_name, routing_of
from aws_patterns.disaster_recovery.traffic.routing_options import Geoproximity, Latency, Weighted
from aws_patterns.disaster_recovery.workload import HttpFront

NAME = "orders.example.org"
DOMAIN = RegionalDomain(domain_name=NAME, hosted_zone_id="Z0123456789ABCDEFGHIJ")
BOTH_SERVE = (Latency(), Weighted(weight=50), Geoproximity(bias=10))


def door(scope: cdk.Stack, role: RegionRole = RegionRole.PRIMARY, id: str = "Door", **options: Any) -> FrontDoor:
    api = apigatewayv2.HttpApi(scope, f"{id}Api")
    assert api.default_stage
    front = HttpFront(api=api, stage=api.default_stage)
    return FrontDoor(scope, id, **{"domain": DOMAIN, "role": role, "front": front, **options})


def found(stack: cdk.Stack, kind: str) -> dict[str, Mapping[str, Any]]:
    """Properties of the resources of a type, by their logical ids."""
    resources = Template.from_stack(stack).find_resources(kind)
    return {name: resource["Properties"] for name, resource in resources.items()}


def records(stack: cdk.Stack) -> dict[str, Mapping[str, Any]]:
    """By their names."""
    return {record["Name"].rstrip("."): record for record in found(stack, "AWS::Route53::RecordSet").values()}


def checks(stack: cdk.Stack) -> dict[str, Mapping[str, Any]]:
    """Configurations of the health checks, by their logical ids."""
    return {name: check["HealthCheckConfig"] for name, check in found(stack, "AWS::Route53::HealthCheck").items()}


def health_of(stack: cdk.Stack, record: str) -> Mapping[str, Any] | None:
    """The health check that decides over a record."""
    reference = records(stack)[record].get("HealthCheckId")
    return checks(stack)[reference["Ref"]] if reference else None


def is_switch_check(check: Mapping[str, Any]) -> bool:
    return (check["FullyQualifiedDomainName"], check["ResourcePath"], check["Inverted"]) == (
        f"switch.{NAME}",
        "/traffic/recovery",
        True,
    )


class TestNames:
    @pytest.mark.parametrize("role", RegionRole)
    def test_each_region_answers_to_the_name_of_the_workload_and_to_its_own(
        self, stack: cdk.Stack, role: RegionRole
    ) -> None:
        made = door(stack, role)
        own = f"{role}.{NAME}"
        domains = found(stack, "AWS::ApiGatewayV2::DomainName")
        assert {domain["DomainName"] for domain in domains.values()} == {NAME, own}
        for domain in domains.values():
            (configuration,) = domain["DomainNameConfigurations"]
            assert (configuration["EndpointType"], configuration["SecurityPolicy"]) == ("REGIONAL", "TLS_1_2")
        (certificate,) = found(stack, "AWS::CertificateManager::Certificate").values()
        assert (certificate["DomainName"], certificate["SubjectAlternativeNames"]) == (NAME, [own])
        proven = {option["DomainName"]: option["HostedZoneId"] for option in certificate["DomainValidationOptions"]}
        assert proven == dict.fromkeys((NAME, own), DOMAIN.hosted_zone_id)
        assert (made.url, made.regional_url) == (f"https://{NAME}", f"https://{own}")
        assert regional_domain_name(NAME, role) == own

    def test_only_the_mappings_need_what_answers(self, stack: cdk.Stack) -> None:
        """A recovery Region that has nothing yet has the rest all the same."""
        made = door(stack)
        api = next(iter(Template.from_stack(stack).find_resources("AWS::ApiGatewayV2::Api")))
        template = Template.from_stack(stack).to_json()["Resources"]
        inside = {name: each for name, each in template.items() if name.startswith("Door") and api != name}
        referring = {name for name, each in inside.items() if f"'Ref': '{api}'" in str(each["Properties"])}
        mappings = {stack.get_logical_id(each.node.default_child) for each in made.mappings}  # type: ignore[arg-type]  # an L1
        assert mappings <= referring
        assert {name for name in referring if "DefaultStage" not in name} == mappings


class TestOneServes:
    def test_the_domain_leads_to_the_records_that_are_chosen_among(self, stack: cdk.Stack) -> None:
        door(stack)
        assert set(records(stack)) == {NAME, f"failover.{NAME}", f"primary.{NAME}"}
        top = records(stack)[NAME]
        (chosen,) = (
            name
            for name, record in found(stack, "AWS::Route53::RecordSet").items()
            if record["Name"] == f"failover.{NAME}."
        )
        assert top["AliasTarget"] == {
            "DNSName": {"Ref": chosen},
            "EvaluateTargetHealth": True,
            "HostedZoneId": DOMAIN.hosted_zone_id,
        }
        (resource,) = (
            each
            for each in Template.from_stack(stack).find_resources("AWS::Route53::RecordSet").values()
            if each["Properties"]["Name"] == f"{NAME}."
        )
        assert resource["DependsOn"] == [chosen], "Route 53 refuses an alias of what is not there"

    def test_the_recovery_regions_stack_has_no_top(self, stack: cdk.Stack) -> None:
        door(stack, RegionRole.RECOVERY)
        assert set(records(stack)) == {f"failover.{NAME}", f"recovery.{NAME}"}

    @pytest.mark.parametrize(
        ("role", "failover"), [(RegionRole.PRIMARY, "PRIMARY"), (RegionRole.RECOVERY, "SECONDARY")]
    )
    def test_the_records_are_a_pair(self, stack: cdk.Stack, role: RegionRole, failover: str) -> None:
        door(stack, role)
        record = records(stack)[f"failover.{NAME}"]
        assert (record["Failover"], record["SetIdentifier"], record["Type"]) == (failover, role, "A")
        assert record["AliasTarget"]["EvaluateTargetHealth"] is True

    def test_only_the_runbook_moves_the_traffic(self, stack: cdk.Stack) -> None:
        made = door(stack)
        check = health_of(stack, f"failover.{NAME}")
        assert check is not None
        assert is_switch_check(check)
        assert made.health_check is not made.endpoint_check

    def test_the_recovery_region_is_answered_whatever_its_health(self, stack: cdk.Stack) -> None:
        assert door(stack, RegionRole.RECOVERY).health_check is None
        assert health_of(stack, f"failover.{NAME}") is None

    def test_on_request_the_endpoint_moves_it_too(self, stack: cdk.Stack) -> None:
        door(stack, automatic_failover=True)
        check = health_of(stack, f"failover.{NAME}")
        assert check is not None
        assert (check["Type"], check["HealthThreshold"]) == ("CALCULATED", 2)
        endpoint, switch = (checks(stack)[child["Ref"]] for child in check["ChildHealthChecks"])
        assert is_switch_check(switch)
        assert (endpoint["FullyQualifiedDomainName"], endpoint["Inverted"]) == (f"primary.{NAME}", False)


class TestBothServe:
    @pytest.mark.parametrize("routing", BOTH_SERVE)
    @pytest.mark.parametrize("role", RegionRole)
    def test_each_region_has_its_users_as_long_as_it_is_healthy(
        self, stack: cdk.Stack, routing: Latency | Weighted | Geoproximity, role: RegionRole
    ) -> None:
        door(stack, role, both_serve=routing)
        name = f"{routing.label}.{NAME}"
        record, check = records(stack)[name], health_of(stack, name)
        assert record["SetIdentifier"] == role
        assert "Failover" not in record
        assert check is not None
        if role is RegionRole.PRIMARY:
            assert check["Type"] == "CALCULATED", "the switch takes it out as well"
        else:
            assert (check["Type"], check["FullyQualifiedDomainName"]) == ("HTTPS", f"recovery.{NAME}")

    def test_no_two_policies_share_a_name(self, app: cdk.App) -> None:
        """Route 53 would refuse the second one while the first is there, and a strategy could not be changed."""
        stacks = [cdk.Stack(app, f"S{number}") for number in range(4)]
        for stack, routing in zip(stacks, (None, *BOTH_SERVE), strict=True):
            door(stack, both_serve=routing)
        names = [name for stack in stacks for name in records(stack) if name not in {NAME, f"primary.{NAME}"}]
        assert len(set(names)) == len(names) == 4

    def test_strategies_that_serve_twice_take_the_nearest(self) -> None:
        assert {strategy: routing_of(strategy) for strategy in Strategy} == {
            Strategy.BACKUP_AND_RESTORE: None,
            Strategy.PILOT_LIGHT: None,
            Strategy.WARM_STANDBY: None,
            Strategy.MULTI_SITE: Latency(),
        }


class TestHealth:
    def test_it_is_asked_as_often_as_wanted(self, stack: cdk.Stack) -> None:
        door(stack, health_path="/well", check_interval_seconds=10, check_failures=1)
        assert {(check["RequestInterval"], check["FailureThreshold"]) for check in checks(stack).values()} == {(10, 1)}
        assert {check["ResourcePath"] for check in checks(stack).values()} == {"/well", "/traffic/recovery"}
        assert {check["Type"] for check in checks(stack).values()} == {"HTTPS"}

    def test_what_is_private_is_known_by_an_alarm(self, stack: cdk.Stack) -> None:
        metric = cloudwatch.Metric(namespace="Orders", metric_name="Failures", statistic="Sum")
        alarm = metric.create_alarm(stack, "Alarm", threshold=1, evaluation_periods=3)
        door(stack, RegionRole.RECOVERY, both_serve=Latency(), private_health_alarm=alarm)
        check = health_of(stack, f"latency.{NAME}")
        assert check == {
            "AlarmIdentifier": {"Name": stack.resolve(alarm.alarm_name), "Region": {"Ref": "AWS::Region"}},
            "InsufficientDataHealthStatus": "Unhealthy",
            "Inverted": False,
            "Type": "CLOUDWATCH_METRIC",
        }


def test_what_can_not_be_is_told_at_once(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        door(
            stack,
            domain=RegionalDomain(domain_name="x", hosted_zone_id="y"),
            health_path="health",
            both_serve=Weighted(weight=256),
            automatic_failover=True,
            check_interval_seconds=20,
            check_failures=0,
        )
    assert str(raised.value) == (
        "FrontDoor S/Door can't be built:\n"
        "  - domain_name must look like orders.example.org, got 'x'\n"
        "  - hosted_zone_id must look like Z0123456789ABCDEFGHIJ, got 'y'\n"
        "  - health_path must begin with a slash, such as /health, got 'health'\n"
        "  - check_interval_seconds must be 10 or 30, got 20\n"
        "  - check_failures must be between 1 and 10, got 0\n"
        "  - both_serve.weight must be between 0 and 255, got 256\n"
        "  - automatic_failover has no effect with both_serve: a Region that is not healthy gets no traffic anyway. "
        "Leave one of them out"
    )


def test_two_workloads_may_be_in_one_stack_and_in_a_stage(app: cdk.App) -> None:
    stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    stack = cdk.Stack(stage, "S")
    for number in range(2):
        domain = RegionalDomain(domain_name=f"w{number}.example.org", hosted_zone_id=DOMAIN.hosted_zone_id)
        door(stack, id=f"Door{number}", domain=domain)
    assert len(records(stack)) == 6
