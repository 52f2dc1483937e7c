"""The switch and the registration: what they may do, under which names they are found, and what they refuse."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template

from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.registration import EndpointRegistration
from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch
from traffic_switch import logic

DOMAIN = RegionalDomain(domain_name="orders.example.org", hosted_zone_id="Z0123456789ABCDEFGHIJ")


def switch(stack: cdk.Stack, **options: Any) -> TrafficSwitch:
    return TrafficSwitch(stack, "Switch", state=RecoveryState(stack, "State", name="orders"), **options)


def registration(stack: cdk.Stack, **options: Any) -> EndpointRegistration:
    given = {
        "name": "orders",
        "role": RegionRole.PRIMARY,
        "url": "https://api.example.org",
        "recovery_region": "eu-west-1",
        **options,
    }
    return EndpointRegistration(stack, "Registration", **given)


def statements(stack: cdk.Stack, action: str) -> list[Any]:
    """Those that allow an action, in the whole stack."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    every = [each for policy in policies for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    return [each for each in every if action in each["Action"]]


class TestSwitch:
    def test_its_function_may_read_who_serves_and_where_and_nothing_else(self, stack: cdk.Stack) -> None:
        switch(stack)
        (statement,) = statements(stack, "dynamodb:BatchGetItem")
        keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        assert sorted(keys) == sorted(logic.WANTED)
        assert statements(stack, "dynamodb:PutItem") == []
        template = Template.from_stack(stack)
        template.has_resource_properties(
            "AWS::Lambda::Function",
            {"Environment": {"Variables": Match.object_like({"STATE_TABLE": "orders-recovery-state"})}},
        )

    def test_what_it_answers_itself_and_what_it_sends_on(self, stack: cdk.Stack) -> None:
        switch(stack)
        routes = Template.from_stack(stack).find_resources("AWS::ApiGatewayV2::Route").values()
        assert {route["Properties"]["RouteKey"] for route in routes} == {
            f"GET {logic.SERVING_PATH}",
            f"GET {logic.RECOVERY_PATH}",
            "$default",
        }

    def test_it_is_throttled(self, stack: cdk.Stack) -> None:
        switch(stack, throttle_rate=50, throttle_burst=60)
        settings = {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 60, "DetailedMetricsEnabled": True}
        Template.from_stack(stack).has_resource_properties(
            "AWS::ApiGatewayV2::Stage", {"DefaultRouteSettings": settings, "StageName": "$default"}
        )

    def test_with_a_domain_it_has_a_name_that_the_primary_knows(self, stack: cdk.Stack) -> None:
        made = switch(stack, domain=DOMAIN)
        assert made.url == "https://switch.orders.example.org"
        template = Template.from_stack(stack)
        template.has_resource_properties(
            "AWS::ApiGatewayV2::DomainName",
            {
                "DomainName": "switch.orders.example.org",
                "DomainNameConfigurations": [
                    {
                        "CertificateArn": {"Ref": Match.string_like_regexp("SwitchCertificate")},
                        "EndpointType": "REGIONAL",
                        "SecurityPolicy": "TLS_1_2",
                    }
                ],
            },
        )
        template.has_resource_properties(
            "AWS::Route53::RecordSet",
            {"Name": "switch.orders.example.org.", "Type": "A", "HostedZoneId": DOMAIN.hosted_zone_id},
        )
        assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []

    def test_without_one_it_says_what_is_given_up(self, stack: cdk.Stack) -> None:
        made = switch(stack)
        assert "execute-api" in str(stack.resolve(made.url))
        Template.from_stack(stack).resource_count_is("AWS::Route53::RecordSet", 0)
        (warning,) = Annotations.from_stack(stack).find_warning("/S/Switch", Match.any_value())
        assert str(warning.entry.data).startswith(
            "There is no domain: users are sent to the Region that serves by an API of the recovery Region, and are "
            "lost with it. Name a domain_name and the hosted_zone_id of its public hosted zone"
        )

    def test_its_alarms_tell_somebody(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Topic")
        made = switch(stack, alarm_topic=topic)
        assert set(made.alarms) == {"Errors", "ServerErrors"}
        alarms = Template.from_stack(stack).find_resources(
            "AWS::CloudWatch::Alarm", {"Properties": {"AlarmActions": [stack.resolve(topic.topic_arn)]}}
        )
        assert len(alarms) == 2

    def test_what_can_not_be_is_told_at_once(self, stack: cdk.Stack) -> None:
        domain = RegionalDomain(domain_name="Orders", hosted_zone_id="zone")
        with pytest.raises(ValueError, match="can't be built") as raised:
            switch(stack, domain=domain, throttle_rate=1, throttle_burst=6_000)
        assert str(raised.value) == (
            "TrafficSwitch S/Switch can't be built:\n"
            "  - throttle_rate must be between 10 and 10000 requests per second, got 1 requests per second\n"
            "  - throttle_burst must be between 10 and 5000 requests, got 6000 requests\n"
            "  - domain_name must look like orders.example.org, got 'Orders'\n"
            "  - hosted_zone_id must look like Z0123456789ABCDEFGHIJ, got 'zone'"
        )


class TestRegistration:
    @pytest.mark.parametrize("role", RegionRole)
    def test_it_may_write_its_own_endpoint_in_the_recovery_region_and_nothing_else(
        self, stack: cdk.Stack, role: RegionRole
    ) -> None:
        registration(stack, role=role)
        (statement,) = statements(stack, "dynamodb:PutItem")
        assert statement["Action"] == ["dynamodb:DeleteItem", "dynamodb:PutItem"]
        arn = statement["Resource"]["Fn::Join"][1]
        assert "".join(part for part in arn if isinstance(part, str)) == (
            "arn::dynamodb:eu-west-1::table/orders-recovery-state"
        )
        assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"endpoint#{role}"]}}

    def test_what_is_written_is_known_to_its_function(self, stack: cdk.Stack) -> None:
        from recovery_registration.logic import Registration

        registration(stack)
        ((_, resource),) = Template.from_stack(stack).find_resources("Custom::RecoveryEndpoint").items()
        wanted = Registration.of(resource["Properties"])
        assert (wanted.table, wanted.region) == ("orders-recovery-state", "eu-west-1")
        assert (wanted.role, wanted.url) == ("primary", "https://api.example.org")
        assert any("MayRegister" in name for name in resource["DependsOn"])

    def test_a_token_is_taken(self, stack: cdk.Stack) -> None:
        registration(stack, url=cdk.Fn.import_value("Url"), recovery_region=stack.region)

    @pytest.mark.parametrize("url", ["http://a.b", "https://", "https://a.b/", "https://a.b?c", "https://a.b#c", "a.b"])
    def test_what_can_not_be_is_told_at_once(self, stack: cdk.Stack, url: str) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            registration(stack, name="O", url=url, recovery_region="Ireland")
        assert str(raised.value) == (
            "EndpointRegistration S/Registration can't be built:\n"
            "  - name must be 2 to 32 lowercase letters, digits and single hyphens, with a letter at the start and no "
            "hyphen at the end, got 'O': names in both Regions begin with it\n"
            "  - url must look like https://api.example.org, without a slash, a query or a fragment at the end, got "
            f"{url!r}\n"
            "  - recovery_region must be a Region such as eu-west-1, got 'Ireland'"
        )

    def test_a_role_that_there_is_not_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="role must be one of primary, recovery, got 'third'"):
            registration(stack, role="third")
