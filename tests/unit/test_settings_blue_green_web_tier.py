from __future__ import annotations

from pathlib import Path

import pytest

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.scaling_policies import CpuTarget, RequestsPerTarget
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.weighted_fleets_options import Colour, FleetVersion
from aws_patterns.network.multi_az_vpc_options import NatGateways
from stacks.registry import STACKS
from stacks.settings.blue_green_web_tier import BlueGreenWebTierSettings
from stacks.settings.load import SettingsError, read_request

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"


def settings(*arguments: str, tls: str = "plain-http") -> BlueGreenWebTierSettings:
    pairs = [part for argument in ("stacks=BlueGreenWebTier", f"tls={tls}", *arguments) for part in ("-c", argument)]
    request = read_request(STACKS, arguments=pairs, environment={}, project=Path(__file__).parents[2])
    ((_, found),) = request.stacks
    assert isinstance(found, BlueGreenWebTierSettings)
    return found


def complaints(*arguments: str, tls: str = "plain-http") -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(*arguments, tls=tls)
    return [line.removeprefix("  - ").partition(" (from -c")[0] for line in str(error.value).splitlines()[1:]]


def test_without_settings_blue_has_all_the_traffic_and_green_is_warm() -> None:
    found = settings()
    assert found == BlueGreenWebTierSettings(tls=TlsApproach.PLAIN_HTTP)
    assert found.green_percent == 0
    versions = [found.version(colour) for colour in Colour]
    assert (
        versions
        == [FleetVersion(capacity=Capacity(minimum=3, maximum=6), scaling_policies=[CpuTarget(percent=50)])] * 2
    )


def test_traffic_is_encrypted_unless_said_otherwise() -> None:
    assert (
        BlueGreenWebTierSettings().problems()[0].startswith("certificate_arns must hold at least one for tls='offload'")
    )
    assert settings(f"certificate_arns={CERTIFICATE}", tls="offload").instances_speak_tls is False
    assert settings(f"certificate_arns={CERTIFICATE}", tls="bridging").instances_speak_tls is True


def test_every_setting_can_be_given_on_the_command_line() -> None:
    found = settings(
        "green_percent=25",
        "blue_sample_version=7",
        "green_sample_version=8",
        "blue_capacity_minimum=4",
        "blue_capacity_maximum=9",
        "blue_capacity_desired=5",
        "blue_slow_to_take_over=true",
        "green_capacity_minimum=2",
        "green_capacity_maximum=3",
        "green_capacity_desired=2",
        "green_slow_to_take_over=true",
        "colour_sticky_seconds=600",
        "sticky_seconds=60",
        "availability_zones=2",
        "vpc_cidr=10.9.0.0/16",
        "nat_gateways=none",
        "interface_endpoints=cloudformation,ssm",
        "ipv6=true",
        f"certificate_arns={CERTIFICATE}",
        "internet_facing=false",
        "allowed_cidrs=10.0.0.0/8,192.0.2.0/24",
        "web_acl_arn=arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id",
        "instance_types=m7g.large,m6g.large",
        "spot_percentage=50",
        "on_demand_base=1",
        "cpu_target_percent=60",
        "requests_per_target=500",
        "slow_start_seconds=0",
        "deregistration_delay_seconds=10",
        "alarm_topic_arn=arn:aws:sns:eu-west-1:111122223333:alarms",
        "access_log_retention_days=7",
        "deletion_protection=false",
        "removal_policy=destroy",
        tls="offload",
    )
    assert found == BlueGreenWebTierSettings(
        green_percent=25,
        blue_sample_version="7",
        green_sample_version="8",
        blue_capacity_minimum=4,
        blue_capacity_maximum=9,
        blue_capacity_desired=5,
        blue_slow_to_take_over=True,
        green_capacity_minimum=2,
        green_capacity_maximum=3,
        green_capacity_desired=2,
        green_slow_to_take_over=True,
        colour_sticky_seconds=600,
        sticky_seconds=60,
        availability_zones=2,
        vpc_cidr="10.9.0.0/16",
        nat_gateways=NatGateways.NONE,
        interface_endpoints=("cloudformation", "ssm"),
        ipv6=True,
        certificate_arns=(CERTIFICATE,),
        internet_facing=False,
        allowed_cidrs=("10.0.0.0/8", "192.0.2.0/24"),
        web_acl_arn="arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id",
        instance_types=("m7g.large", "m6g.large"),
        spot_percentage=50,
        on_demand_base=1,
        cpu_target_percent=60,
        requests_per_target=500,
        slow_start_seconds=0,
        deregistration_delay_seconds=10,
        alarm_topic_arn="arn:aws:sns:eu-west-1:111122223333:alarms",
        access_log_retention_days=7,
        deletion_protection=False,
        removal_policy="destroy",
    )
    assert found.version(Colour.BLUE) == FleetVersion(
        instances=Instances(instance_types=("m7g.large", "m6g.large")),
        capacity=Capacity(minimum=4, maximum=9, desired=5),
        mixed_fleet=MixedFleet(on_demand_base=1, spot_percentage=50),
        scaling_policies=[CpuTarget(percent=60), RequestsPerTarget(requests_per_minute=500)],
        slow_to_take_over=True,
    )
    assert found.version(Colour.GREEN).capacity == Capacity(minimum=2, maximum=3, desired=2)
    assert found.colour_stickiness() == DurationStickiness(600)
    assert found.stickiness() == DurationStickiness(60)
    assert found.access_logs() == AccessLogs(retention_days=7)


def test_what_is_off_is_left_empty() -> None:
    found = settings("cpu_target_percent=", "access_log_retention_days=")
    assert found.version(Colour.BLUE).scaling_policies == []
    assert (found.access_logs(), found.stickiness(), found.colour_stickiness()) == (None, None, None)


def test_an_empty_colour_has_room_to_be_filled() -> None:
    found = settings("green_capacity_minimum=0", "green_slow_to_take_over=true")
    assert found.version(Colour.GREEN).capacity == Capacity(minimum=0, maximum=6)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["green_percent=101"], ["green_percent must be between 0 and 100 %, got 101 %"]),
        (
            ["green_percent=5", "green_capacity_minimum=0", "green_slow_to_take_over=true"],
            [
                "green_percent is 5 %, so green has traffic, and green_capacity_minimum is 0: nobody might be there to "
                "answer. Give it instances first, and traffic in a later deployment"
            ],
        ),
        (
            ["sticky_seconds=60"],
            [
                "colour_sticky_seconds is missing: sticky_seconds was given, and who comes back to the same instance "
                "has to come back to its colour"
            ],
        ),
        (["colour_sticky_seconds=0"], ["colour_sticky_seconds must be between 1 and 604800 s, got 0 s"]),
        (
            ["blue_capacity_maximum=2", "green_capacity_desired=7"],
            [
                "blue_capacity_minimum must be at most its maximum, 2, got 3",
                "green_capacity_desired must be between 3 and 6, got 7",
            ],
        ),
        (
            ["instance_types=large"],
            ["instance_types must be written like t4g.small, got 'large'"],
        ),
        (["cpu_target_percent=0"], ["cpu_target_percent must be between 1 and 99 percent, got 0 percent"]),
        (["slow_start_seconds=5"], ["slow_start_seconds must be 0 (none) or between 30 and 900 s, got 5 s"]),
        (["access_log_retention_days=0"], ["access_log_retention_days must be between 1 and 36500 days, got 0 days"]),
        (
            ["on_demand_base=1"],
            ["spot_percentage is missing: on_demand_base was given, and says what is not Spot"],
        ),
        (
            ["green_sample_version=$(reboot)"],
            [
                "green_sample_version must be 1 to 64 letters, digits, dots, plus signs, dashes or underscores, "
                "got '$(reboot)'"
            ],
        ),
        (
            ["alarm_topic_arn=alarms"],
            ["alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms'"],
        ),
        (
            ["nat_gateways=none", "interface_endpoints=ssm"],
            [
                "interface_endpoints must hold cloudformation with nat_gateways=none: new instances tell "
                "CloudFormation that they are up, and have no other way to it"
            ],
        ),
        (
            ["availability_zones=1"],
            ["availability_zones must be 2 or 3, got 1: a network in one zone goes down with it"],
        ),
    ],
)
def test_what_can_not_be_used_is_told_by_the_settings_name(arguments: list[str], told: list[str]) -> None:
    assert complaints(*arguments) == told


def test_a_certificate_of_another_kind_is_refused() -> None:
    arn = "arn:aws:iam::111122223333:server-certificate/x"
    assert complaints(f"certificate_arns={arn}", tls="offload") == [
        f"certificate_arns must look like arn:aws:acm:eu-west-1:111122223333:certificate/..., got {arn!r}"
    ]
