"""The hybrid's stack deployed by the real ``cdk deploy``: its parts are there, and know each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

STACK, NAME, ADDRESS = "DrHybrid", "shop.example.org", "203.0.113.10"
SETTINGS = {
    "stacks": STACK,
    "removal_policy": "destroy",
    "deletion_protection": "false",
    "on_premises_cidrs": "192.168.0.0/16",
    "datasync_agent_arns": "arn:aws:datasync:us-east-1:000000000000:agent/agent-0123456789abcdef0",
    "aws_weight": "10",
}


@pytest.fixture(scope="module")
def outputs(session_aws: EmbeddedAws) -> Iterator[Mapping[str, str]]:
    """Deployed; destroyed afterwards without a rest."""
    yield session_aws.deploy(STACK, context=SETTINGS)
    session_aws.destroy(STACK, context=SETTINGS)
    zones = session_aws.client("route53").list_hosted_zones()["HostedZones"]
    assert f"{NAME}." not in {zone["Name"] for zone in zones}


def test_both_sides_are_under_one_name_with_their_weights_and_health(
    session_aws: EmbeddedAws, outputs: Mapping[str, str]
) -> None:
    route53 = session_aws.client("route53")
    (zone,) = (zone for zone in route53.list_hosted_zones()["HostedZones"] if zone["Name"] == f"{NAME}.")
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    sides = {
        record["SetIdentifier"]: record for record in records if record["Name"] == f"{NAME}." and "Weight" in record
    }
    assert {side: record["Weight"] for side, record in sides.items()} == {"on-premises": 100, "aws": 10}
    assert [each["Value"] for each in sides["on-premises"]["ResourceRecords"]] == [ADDRESS]
    checked = {}
    for side, record in sides.items():
        check = route53.get_health_check(HealthCheckId=record["HealthCheckId"])["HealthCheck"]
        checked[side] = check["HealthCheckConfig"]["FullyQualifiedDomainName"]
    assert checked == {side: f"{side}.{NAME}" for side in ("on-premises", "aws")}


def test_the_vpn_leads_to_the_data_centre(session_aws: EmbeddedAws, outputs: Mapping[str, str]) -> None:
    ec2 = session_aws.client("ec2")
    (connection,) = ec2.describe_vpn_connections(VpnConnectionIds=[outputs["VpnConnectionId"]])["VpnConnections"]
    (gateway,) = ec2.describe_customer_gateways(CustomerGatewayIds=[connection["CustomerGatewayId"]])[
        "CustomerGateways"
    ]
    assert gateway["IpAddress"] == ADDRESS


def test_what_nothing_here_implements_is_said_to_be_recorded(
    session_aws: EmbeddedAws, outputs: Mapping[str, str]
) -> None:
    recorded = {entry["type"] for entry in session_aws.recorded() if entry["stack"] == STACK}
    assert {"AWS::DataSync::LocationNFS", "AWS::DataSync::LocationS3", "AWS::DataSync::Task"} <= recorded
