"""One name for a data centre and AWS, the way between them, and the files that come over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from aws_patterns.disaster_recovery.hybrid.file_gateway_access import FileGatewayAccess
from aws_patterns.disaster_recovery.hybrid.hybrid_front import HybridFront
from aws_patterns.disaster_recovery.hybrid.on_premises_copies import OnPremisesCopies
from aws_patterns.disaster_recovery.hybrid.site_to_site_vpn import SiteToSiteVpn

NAME, ADDRESS = "shop.example.org", "203.0.113.10"
AGENT = "arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0"


def front(stack: cdk.Stack, **options: Any) -> HybridFront:
    balancer = elbv2.ApplicationLoadBalancer.from_application_load_balancer_attributes(
        stack,
        "Balancer",
        load_balancer_arn="arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b",
        security_group_id="sg-1",
        load_balancer_dns_name="a.elb.amazonaws.com",
        load_balancer_canonical_hosted_zone_id="Z1",
    )
    given = {"domain_name": NAME, "on_premises_address": ADDRESS, "load_balancer": balancer, **options}
    return HybridFront(stack, "Front", **given)


def vpn(stack: cdk.Stack, **options: Any) -> SiteToSiteVpn:
    vpc = ec2.Vpc(stack, "Vpc", ip_addresses=ec2.IpAddresses.cidr("10.0.0.0/16"))
    return SiteToSiteVpn(stack, "Vpn", **{"vpc": vpc, "on_premises_address": ADDRESS, **options})


def copies(stack: cdk.Stack, **options: Any) -> OnPremisesCopies:
    given = {"server": "files.corp.example.org", "agent_arns": [AGENT], "bucket": s3.Bucket(stack, "Files"), **options}
    return OnPremisesCopies(stack, "Copies", **given)


def properties(stack: cdk.Stack, kind: str) -> list[Mapping[str, Any]]:
    return [found["Properties"] for found in Template.from_stack(stack).find_resources(kind).values()]


def actions(stack: cdk.Stack) -> dict[str, tuple[str, ...]]:
    """What the role with the files may do, by what it may do it to: the bucket, or objects below a prefix."""
    (policy,) = (
        found
        for name, found in Template.from_stack(stack).find_resources("AWS::IAM::Policy").items()
        if "MayKeepFiles" in name
    )
    found: dict[str, tuple[str, ...]] = {}
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        resource = statement["Resource"]
        below = resource["Fn::Join"][1][1] if "Fn::Join" in resource else "bucket"
        found[below] = tuple(statement["Action"])
    return found


class TestFront:
    def records(self, stack: cdk.Stack) -> dict[tuple[str, str | None], Mapping[str, Any]]:
        found = properties(stack, "AWS::Route53::RecordSet")
        return {(record["Name"].rstrip("."), record.get("SetIdentifier")): record for record in found}

    def test_users_are_shared_out_by_weight(self, stack: cdk.Stack) -> None:
        made = front(stack, on_premises_weight=90, aws_weight=10)
        office, aws = (self.records(stack)[NAME, side] for side in ("on-premises", "aws"))
        assert (office["Weight"], office["ResourceRecords"], office["TTL"]) == (90, [ADDRESS], "60")
        assert aws["Weight"] == 10
        assert aws["AliasTarget"]["DNSName"] == "dualstack.a.elb.amazonaws.com"
        assert aws["AliasTarget"]["EvaluateTargetHealth"] is True
        assert office["HealthCheckId"] == stack.resolve(made.on_premises_check.health_check_id)
        assert aws["HealthCheckId"] == stack.resolve(made.aws_check.health_check_id)

    def test_aws_is_on_standby_unless_asked_for(self, stack: cdk.Stack) -> None:
        front(stack)
        assert self.records(stack)[NAME, "aws"]["Weight"] == 0
        assert self.records(stack)[NAME, "on-premises"]["Weight"] == 100

    def test_each_side_is_asked_by_a_name_of_its_own(self, stack: cdk.Stack) -> None:
        front(stack, health_path="/well")
        names = {f"on-premises.{NAME}", f"aws.{NAME}"}
        assert {name for name, side in self.records(stack) if side is None} == names
        checks = [check["HealthCheckConfig"] for check in properties(stack, "AWS::Route53::HealthCheck")]
        assert {check["FullyQualifiedDomainName"] for check in checks} == names
        assert {(check["Type"], check["ResourcePath"]) for check in checks} == {("HTTPS", "/well")}

    def test_for_a_trial_without_certificates_they_are_asked_without_tls(self, stack: cdk.Stack) -> None:
        front(stack, plain_http=True)
        checks = [check["HealthCheckConfig"] for check in properties(stack, "AWS::Route53::HealthCheck")]
        assert {(check["Type"], check["Port"]) for check in checks} == {("HTTP", 80)}

    def test_the_zone_is_made_or_given(self, app: cdk.App) -> None:
        made, given = cdk.Stack(app, "Made"), cdk.Stack(app, "Given")
        front(made)
        zone = route53.HostedZone.from_hosted_zone_attributes(
            given, "Zone", hosted_zone_id="Z2", zone_name="example.org"
        )
        front(given, hosted_zone=zone)
        assert [zone["Name"] for zone in properties(made, "AWS::Route53::HostedZone")] == [f"{NAME}."]
        assert properties(given, "AWS::Route53::HostedZone") == []
        assert {record["HostedZoneId"] for record in properties(given, "AWS::Route53::RecordSet")} == {"Z2"}

    def test_what_can_not_be_is_told_at_once(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            front(
                stack,
                domain_name="Shop",
                on_premises_address="shop.example.org",
                on_premises_weight=256,
                aws_weight=-1,
                health_path="x",
            )
        assert str(raised.value) == (
            "HybridFront S/Front can't be built:\n"
            "  - domain_name must look like shop.example.org, got 'Shop'\n"
            "  - on_premises_address must be an IPv4 address such as 203.0.113.10, got 'shop.example.org'\n"
            "  - on_premises_weight must be between 0 and 255, got 256\n"
            "  - aws_weight must be between 0 and 255, got -1\n"
            "  - health_path must begin with a slash, such as /health, got 'x'"
        )

    def test_nobody_and_nobody_is_no_share(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            front(stack, on_premises_weight=0, on_premises_address="10.1.2.3")
        assert str(raised.value) == (
            "HybridFront S/Front can't be built:\n"
            "  - on_premises_address must be public, got 10.1.2.3: health checkers and AWS's end of the VPN come from "
            "the internet\n"
            "  - on_premises_weight and aws_weight must not both be 0, which Route 53 takes for equal shares: give one "
            "of them more"
        )


class TestVpn:
    def test_two_tunnels_lead_to_every_subnet_that_is_not_public(self, stack: cdk.Stack) -> None:
        made = vpn(stack)
        (connection,) = properties(stack, "AWS::EC2::VPNConnection")
        assert connection["CustomerGatewayId"] == stack.resolve(made.customer_gateway.ref)
        assert connection["VpnGatewayId"] == stack.resolve(made.gateway.ref)
        assert connection["StaticRoutesOnly"] is False
        tunnels = connection["VpnTunnelOptionsSpecifications"]
        assert len(tunnels) == 2
        assert [tunnel["IKEVersions"] for tunnel in tunnels] == [[{"Value": "ikev2"}]] * 2
        assert all(tunnel["LogOptions"]["CloudwatchLogOptions"]["LogEnabled"] for tunnel in tunnels)
        (gateway,) = properties(stack, "AWS::EC2::CustomerGateway")
        assert gateway == {"BgpAsn": 65_000, "IpAddress": ADDRESS, "Type": "ipsec.1"}
        (routes,) = properties(stack, "AWS::EC2::VPNGatewayRoutePropagation")
        tables = {table["Ref"] for table in routes["RouteTableIds"]}
        assert len(tables) == 2
        assert all("Private" in table for table in tables)
        Template.from_stack(stack).has_resource(
            "AWS::EC2::VPNGatewayRoutePropagation", {"DependsOn": [Match.string_like_regexp("Attachment")]}
        )

    def test_without_bgp_the_networks_are_named(self, stack: cdk.Stack) -> None:
        vpn(stack, on_premises_cidrs=["192.168.0.0/24", "172.16.0.0/12"])
        (connection,) = properties(stack, "AWS::EC2::VPNConnection")
        assert connection["StaticRoutesOnly"] is True
        routes = properties(stack, "AWS::EC2::VPNConnectionRoute")
        assert {route["DestinationCidrBlock"] for route in routes} == {"192.168.0.0/24", "172.16.0.0/12"}

    def test_somebody_is_told_of_the_last_tunnel_and_of_the_first(self, stack: cdk.Stack) -> None:
        assert set(vpn(stack).alarms) == {"Down", "NotRedundant"}
        alarms = {alarm["Statistic"]: alarm for alarm in properties(stack, "AWS::CloudWatch::Alarm")}
        assert set(alarms) == {"Maximum", "Minimum"}
        for alarm in alarms.values():
            assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
            assert alarm["TreatMissingData"] == "breaching"

    def test_what_can_not_be_is_told_at_once(self, stack: cdk.Stack) -> None:
        cidrs = ["10.0.128.0/17", "192.168.0.1/24"]
        vpc = ec2.Vpc.from_vpc_attributes(
            stack, "Given", vpc_id="vpc-1", availability_zones=["a"], vpc_cidr_block="10.0.0.0/16"
        )
        with pytest.raises(ValueError, match="can't be built") as raised:
            vpn(stack, vpc=vpc, on_premises_address="x", on_premises_cidrs=cidrs, bgp_asn=64_512)
        assert str(raised.value) == (
            "SiteToSiteVpn S/Vpn can't be built:\n"
            "  - on_premises_address must be an IPv4 address such as 203.0.113.10, got 'x'\n"
            "  - bgp_asn must be another than that of AWS's end, got 64512 for both\n"
            "  - on_premises_cidrs must not overlap the network in AWS, got 10.0.128.0/17 and 10.0.0.0/16: neither "
            "side could tell where an address is\n"
            "  - on_premises_cidrs must be networks such as 192.168.0.0/16, got '192.168.0.1/24'"
        )

    def test_more_networks_than_aws_takes(self, stack: cdk.Stack) -> None:
        cidrs = [f"192.168.{number}.0/24" for number in range(101)]
        with pytest.raises(ValueError, match="on_premises_cidrs must be at most 100 networks, got 101: join them, or"):
            vpn(stack, on_premises_cidrs=cidrs)


class TestFiles:
    def test_what_changed_is_copied_and_what_was_deleted_stays(self, stack: cdk.Stack) -> None:
        copies(stack, path="/export", prefix="copies", every_hours=4)
        (task,) = properties(stack, "AWS::DataSync::Task")
        assert task["Schedule"] == {"ScheduleExpression": "rate(4 hours)"}
        assert task["Options"] == {
            "LogLevel": "BASIC",
            "OverwriteMode": "ALWAYS",
            "PreserveDeletedFiles": "PRESERVE",
            "TransferMode": "CHANGED",
            "VerifyMode": "ONLY_FILES_TRANSFERRED",
        }
        (source,) = properties(stack, "AWS::DataSync::LocationNFS")
        assert (source["ServerHostname"], source["Subdirectory"]) == ("files.corp.example.org", "/export")
        assert source["OnPremConfig"] == {"AgentArns": [AGENT]}
        (destination,) = properties(stack, "AWS::DataSync::LocationS3")
        assert destination["Subdirectory"] == "/copies"

    def test_its_role_reaches_its_prefix_and_nothing_else(self, stack: cdk.Stack) -> None:
        made = copies(stack, prefix="copies")
        allowed = actions(stack)
        assert set(allowed) == {"bucket", "/copies/*"}
        assert not {action for many in allowed.values() for action in many if "*" in action}
        assert "s3:PutObject" in allowed["/copies/*"]
        (trust,) = [
            role["AssumeRolePolicyDocument"]["Statement"][0]
            for role in properties(stack, "AWS::IAM::Role")
            if "datasync" in str(role)
        ]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        (destination,) = Template.from_stack(stack).find_resources("AWS::DataSync::LocationS3").values()
        assert any("MayKeepFiles" in name for name in destination["DependsOn"])
        assert stack.resolve(made.role.role_arn) == destination["Properties"]["S3Config"]["BucketAccessRoleArn"]

    def test_silence_is_noticed(self, stack: cdk.Stack) -> None:
        copies(stack)
        (alarm,) = properties(stack, "AWS::CloudWatch::Alarm")
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (
            "AWS/DataSync",
            "FilesPreparedSource",
            "SampleCount",
        )
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3_600, 3)
        assert alarm["TreatMissingData"] == "breaching"
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "TaskId"
        assert dimension["Value"]["Fn::Select"][0] == 1

    def test_what_can_not_be_is_told_at_once(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            copies(stack, server="nfs://files", path="export", agent_arns=["agent-1"], every_hours=25)
        assert str(raised.value) == (
            "OnPremisesCopies S/Copies can't be built:\n"
            "  - server must be a name or an address such as files.corp.example.org, got 'nfs://files'\n"
            "  - path must begin with a slash, such as /export/files, got 'export'\n"
            "  - agent_arns must look like arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0, got "
            "'agent-1'\n"
            "  - every_hours must be between 1 and 24 hours, got 25 hours"
        )
        with pytest.raises(ValueError, match="agent_arns is missing: a DataSync agent on premises reads the files;"):
            OnPremisesCopies(
                stack, "None", server="files", agent_arns=[], bucket=s3.Bucket.from_bucket_name(stack, "B", "files")
            )

    def test_a_file_gateway_reaches_its_prefix_and_nothing_else(self, stack: cdk.Stack) -> None:
        made = FileGatewayAccess(stack, "Gateway", bucket=s3.Bucket(stack, "Files"), prefix="gateway")
        allowed = actions(stack)
        assert set(allowed) == {"bucket", "/gateway/*"}
        assert "s3:ListBucketVersions" in allowed["bucket"]
        assert "s3:DeleteObjectVersion" in allowed["/gateway/*"]
        Template.from_stack(stack).has_resource_properties(
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": Match.object_like(
                    {
                        "Statement": [
                            Match.object_like({"Principal": {"Service": "storagegateway.amazonaws.com"}}),
                        ]
                    }
                )
            },
        )
        assert made.role.node.path == "S/Gateway/Role"
