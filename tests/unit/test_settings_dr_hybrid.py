"""What may be said about the hybrid in a settings file or on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_patterns.compute.capacity import Capacity
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.recovery import Loss
from stacks.registry import STACKS
from stacks.settings.dr_hybrid import DrHybridSettings
from stacks.settings.load import SettingsError, read_request

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
AGENT = "arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0"


def settings(*arguments: str) -> DrHybridSettings:
    pairs = [part for argument in ("stacks=DrHybrid", *arguments) for part in ("-c", argument)]
    request = read_request(STACKS, arguments=pairs, environment={}, project=Path(__file__).parents[2])
    ((_, found),) = request.stacks
    assert isinstance(found, DrHybridSettings)
    return found


def complaints(*arguments: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(*arguments)
    return [line.removeprefix("  - ") for line in str(error.value).splitlines()[1:]]


def test_the_project_as_it_comes_needs_no_settings_and_names_what_to_choose() -> None:
    assert settings() == DrHybridSettings(tls=TlsApproach.PLAIN_HTTP)
    assert settings().placeholders() == {"domain_name": "shop.example.org", "on_premises_address": "203.0.113.10"}
    assert settings("domain_name=a.example.net", "on_premises_address=198.51.100.1").placeholders() == {}
    assert DrHybridSettings().removal_policy == "retain"
    assert DrHybridSettings().aws_weight == 0


def test_every_setting_can_be_given_on_the_command_line() -> None:
    assert settings(
        "domain_name=shop.example.net",
        "hosted_zone_id=Z0123456789ABCDEFGHIJ",
        "on_premises_address=198.51.100.1",
        "on_premises_cidrs=192.168.0.0/16,172.16.0.0/12",
        "bgp_asn=65010",
        "on_premises_weight=3",
        "aws_weight=1",
        f"datasync_agent_arns={AGENT}",
        "file_server=192.168.0.7",
        "file_path=/shop",
        "copy_hours=2",
        "availability_zones=2",
        "vpc_cidr=10.7.0.0/16",
        "nat_gateways=none",
        "interface_endpoints=cloudformation,ssm",
        "tls=bridging",
        f"certificate_arns={CERTIFICATE}",
        "capacity_minimum=4",
        "capacity_maximum=5",
        "instance_type=m7g.large",
        "sample_version=2",
        f"alarm_topic_arn={TOPIC}",
        "deletion_protection=false",
        "removal_policy=destroy",
    ) == DrHybridSettings(
        domain_name="shop.example.net",
        hosted_zone_id="Z0123456789ABCDEFGHIJ",
        on_premises_address="198.51.100.1",
        on_premises_cidrs=("192.168.0.0/16", "172.16.0.0/12"),
        bgp_asn=65_010,
        on_premises_weight=3,
        aws_weight=1,
        datasync_agent_arns=(AGENT,),
        file_server="192.168.0.7",
        file_path="/shop",
        copy_hours=2,
        availability_zones=2,
        vpc_cidr="10.7.0.0/16",
        nat_gateways=NatGateways.NONE,
        interface_endpoints=("cloudformation", "ssm"),
        tls=TlsApproach.BRIDGING,
        certificate_arns=(CERTIFICATE,),
        capacity_minimum=4,
        capacity_maximum=5,
        instance_type="m7g.large",
        sample_version="2",
        alarm_topic_arn=TOPIC,
        deletion_protection=False,
        removal_policy="destroy",
    )


def test_every_problem_is_told_at_once_by_the_names_that_things_have_here() -> None:
    wrong = DrHybridSettings(
        domain_name="Shop",
        hosted_zone_id="zone",
        on_premises_address="10.0.0.1",
        aws_weight=256,
        bgp_asn=64_512,
        datasync_agent_arns=("agent",),
        file_server="nfs://x",
        file_path="x",
        copy_hours=0,
        capacity_minimum=4,
        capacity_maximum=3,
        alarm_topic_arn="x",
    )
    public = "on_premises_address must be public, got 10.0.0.1: health checkers and AWS's end of the VPN come from the"
    assert wrong.problems() == [
        "domain_name must look like shop.example.org, got 'Shop'",
        f"{public} internet",
        "aws_weight must be between 0 and 255, got 256",
        "bgp_asn must be another than that of AWS's end, got 64512 for both",
        "file_server must be a name or an address such as files.corp.example.org, got 'nfs://x'",
        "file_path must begin with a slash, such as /export/files, got 'x'",
        "datasync_agent_arns must look like arn:aws:datasync:eu-west-1:111122223333:agent/agent-0123456789abcdef0, got "
        "'agent'",
        "copy_hours must be between 1 and 24 hours, got 0 hours",
        "certificate_arns must hold at least one for tls='offload', got none: give certificate_arns of AWS Certificate "
        "Manager, in this Region, or say tls=plain-http to serve unencrypted",
        "capacity_minimum must be at most its maximum, 3, got 4",
        "hosted_zone_id must look like Z0123456789ABCDEFGHIJ, got 'zone'",
        "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'x'",
    ]


def test_the_networks_must_not_overlap() -> None:
    (problem,) = complaints("on_premises_cidrs=10.0.1.0/24")
    assert problem == (
        "on_premises_cidrs must not overlap the network in AWS, got 10.0.1.0/24 and 10.0.0.0/16: neither side could "
        "tell where an address is (from -c on_premises_cidrs)"
    )


def test_a_network_that_is_none_is_told_once() -> None:
    (problem,) = complaints("vpc_cidr=10.0.0.0/8", "on_premises_cidrs=10.0.1.0/24")
    assert "must be between 16 and 28, got 8" in problem


def test_what_a_loss_costs() -> None:
    found = DrHybridSettings().recovery()["Files"]
    assert found[Loss.REGION].recovery_time is None
    assert found[Loss.AVAILABILITY_ZONE].automatic


def test_capacity_follows_the_zones() -> None:
    assert DrHybridSettings(availability_zones=2).capacity() == Capacity(minimum=2, maximum=4)
