"""What may be said about the web tier in a settings file or on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.custom_health_options import CustomHealth
from aws_patterns.compute.lifecycle_hook_options import TerminationLogs
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.scaling_policies import CpuTarget, RequestsPerTarget, ScheduledScaling
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc_options import NatGateways
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.multi_az_web_tier import MultiAzWebTierSettings

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
WEB_ACL = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0-1"


def settings(*arguments: str) -> MultiAzWebTierSettings:
    pairs = [part for argument in ("stacks=MultiAzWebTier", *arguments) for part in ("-c", argument)]
    request = read_request(STACKS, arguments=pairs, environment={}, project=Path(__file__).parents[2])
    ((_, found),) = request.stacks
    assert isinstance(found, MultiAzWebTierSettings)
    return found


def complaints(*arguments: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(*arguments)
    return [line.removeprefix("  - ") for line in str(error.value).splitlines()[1:]]


def test_the_project_as_it_comes_needs_no_settings_and_no_certificate() -> None:
    assert settings() == MultiAzWebTierSettings(tls=TlsApproach.PLAIN_HTTP)


def test_whoever_says_nothing_about_encryption_gets_it() -> None:
    assert MultiAzWebTierSettings().tls is TlsApproach.OFFLOAD
    assert MultiAzWebTierSettings().problems() == [
        "certificate_arns must hold at least one for tls='offload', got none: give certificate_arns of AWS "
        "Certificate Manager, in this Region, or say tls=plain-http to serve unencrypted"
    ]


def test_every_setting_can_be_given_on_the_command_line() -> None:
    assert settings(
        "availability_zones=2",
        "vpc_cidr=10.7.0.0/16",
        "nat_gateways=none",
        "interface_endpoints=cloudformation,ssm",
        "tls=bridging",
        f"certificate_arns={CERTIFICATE}",
        "internet_facing=false",
        "ipv6=true",
        "allowed_cidrs=192.0.2.0/24,2001:db8::/32",
        f"web_acl_arn={WEB_ACL}",
        "capacity_minimum=3",
        "capacity_maximum=9",
        "capacity_desired=4",
        "capacity_needed=3",
        "instance_types=m7g.large,m6g.large",
        "spot_percentage=50",
        "on_demand_base=1",
        "cpu_target_percent=60",
        "requests_per_target=1000",
        "peak_minimum=6",
        "peak_begins=45 7 * * 1-5",
        "peak_ends=0 18 * * 1-5",
        "peak_time_zone=Europe/Vienna",
        "suspended_processes=AZRebalance",
        "sticky_seconds=60",
        "slow_start_seconds=60",
        "deregistration_delay_seconds=60",
        "log_collection=true",
        "custom_health_check=true",
        "sample_version=2024.1",
        f"alarm_topic_arn={TOPIC}",
        "access_log_retention_days=365",
        "deletion_protection=false",
        "removal_policy=destroy",
    ) == MultiAzWebTierSettings(
        availability_zones=2,
        vpc_cidr="10.7.0.0/16",
        nat_gateways=NatGateways.NONE,
        interface_endpoints=("cloudformation", "ssm"),
        tls=TlsApproach.BRIDGING,
        certificate_arns=(CERTIFICATE,),
        internet_facing=False,
        ipv6=True,
        allowed_cidrs=("192.0.2.0/24", "2001:db8::/32"),
        web_acl_arn=WEB_ACL,
        capacity_minimum=3,
        capacity_maximum=9,
        capacity_desired=4,
        capacity_needed=3,
        instance_types=("m7g.large", "m6g.large"),
        spot_percentage=50,
        on_demand_base=1,
        cpu_target_percent=60,
        requests_per_target=1_000,
        peak_minimum=6,
        peak_begins="45 7 * * 1-5",
        peak_ends="0 18 * * 1-5",
        peak_time_zone="Europe/Vienna",
        suspended_processes=(ScalingProcess.AZ_REBALANCE,),
        sticky_seconds=60,
        slow_start_seconds=60,
        deregistration_delay_seconds=60,
        log_collection=True,
        custom_health_check=True,
        sample_version="2024.1",
        alarm_topic_arn=TOPIC,
        access_log_retention_days=365,
        deletion_protection=False,
        removal_policy="destroy",
    )


class TestMeaning:
    def test_of_saying_nothing(self) -> None:
        found = settings()
        assert found.capacity() == Capacity(minimum=3, maximum=6)
        assert found.mixed_fleet() is None
        assert found.scaling_policies() == [CpuTarget(percent=50)]
        assert found.access_logs() == AccessLogs(retention_days=30)
        assert (found.stickiness(), found.termination_logs(), found.custom_health()) == (None, None, None)

    def test_of_a_capacity_follows_the_zones_and_its_own_minimum(self) -> None:
        assert settings("availability_zones=2").capacity() == Capacity(minimum=2, maximum=4)
        assert settings("capacity_minimum=5").capacity() == Capacity(minimum=5, maximum=10)

    def test_of_a_share_of_spot_instances_leaves_one_on_demand_for_each_zone(self) -> None:
        found = settings("spot_percentage=50", "instance_types=t4g.small,t4g.medium")
        assert found.mixed_fleet() == MixedFleet(on_demand_base=3, spot_percentage=50)
        assert list(found.instances().instance_types) == ["t4g.small", "t4g.medium"]

    def test_of_a_peak_is_a_morning_and_an_evening(self) -> None:
        found = settings("peak_minimum=6", "peak_begins=0 8 * * *", "peak_ends=0 18 * * *", "cpu_target_percent=")
        assert found.scaling_policies() == [
            ScheduledScaling(name="PeakBegins", recurrence="0 8 * * *", minimum=6),
            ScheduledScaling(name="PeakEnds", recurrence="0 18 * * *", minimum=3),
        ]

    def test_of_the_rest(self) -> None:
        found = settings(
            "requests_per_target=1000",
            "sticky_seconds=60",
            "log_collection=true",
            "custom_health_check=true",
            "access_log_retention_days=",
        )
        assert list(found.scaling_policies())[1] == RequestsPerTarget(requests_per_minute=1_000)
        assert found.stickiness() == DurationStickiness(60)
        assert (found.termination_logs(), found.custom_health()) == (TerminationLogs(), CustomHealth())
        assert found.access_logs() is None


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("availability_zones=1", "availability_zones must be 2 or 3, got 1: a network in one zone goes down with it"),
        ("vpc_cidr=8.8.0.0/16", "vpc_cidr must lie in 10.0.0.0/8"),
        (
            "interface_endpoints=smm",
            "interface_endpoints must name AWS services that have an HTTPS endpoint, got 'smm'",
        ),
        ("tls=pass-through", "tls must be one of offload, bridging, plain-http, got 'pass-through'"),
        ("tls=offload", "certificate_arns must hold at least one for tls='offload', got none"),
        (f"certificate_arns={CERTIFICATE}", "certificate_arns must be empty for tls='plain-http', got 1"),
        ("allowed_cidrs=192.0.2.0", "allowed_cidrs must be a network with its prefix length, got '192.0.2.0'"),
        ("allowed_cidrs=2001:db8::/32", "allowed_cidrs holds 2001:db8::/32, and ipv6 is off"),
        ("web_acl_arn=acl", "web_acl_arn must be the ARN of a web ACL of AWS WAF, such as"),
        ("capacity_minimum=1", "capacity_minimum must be at least 3, one for each zone, got 1"),
        ("capacity_maximum=2", "capacity_minimum must be at most its maximum, 2, got 3"),
        ("capacity_desired=7", "capacity_desired must be between 3 and 6, got 7"),
        ("capacity_needed=7", "capacity_needed must be between 1 and 6, got 7"),
        ("instance_types=small", "instance_types must be written like t4g.small, got 'small'"),
        ("instance_types=t4g.small,m7g.large", "instance_types must be one type, got t4g.small, m7g.large"),
        ("spot_percentage=50", "spot_percentage needs several instance_types, got t4g.small alone"),
        ("on_demand_base=1", "spot_percentage is missing: on_demand_base was given"),
        ("cpu_target_percent=100", "cpu_target_percent must be between 1 and 99 percent, got 100 percent"),
        ("requests_per_target=0", "requests_per_target must be above 0, got 0"),
        ("suspended_processes=AlarmNotification", "suspended_processes must not hold AlarmNotification while scaling"),
        ("sticky_seconds=0", "sticky_seconds must be between 1 and 604800 s, got 0 s"),
        ("slow_start_seconds=10", "slow_start_seconds must be 0 (none) or between 30 and 900 s, got 10 s"),
        ("deregistration_delay_seconds=0", "deregistration_delay_seconds must be between 1 and 3600 s, got 0 s"),
        ("sample_version=a b", "sample_version must be 1 to 64 letters, digits, dots,"),
        ("alarm_topic_arn=alarms", "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic"),
        ("access_log_retention_days=0", "access_log_retention_days must be between 1 and 36500 days, got 0 days"),
    ],
)
def test_a_setting_is_held_to_the_rules_of_the_construct_by_its_own_name(argument: str, complaint: str) -> None:
    name = argument.partition("=")[0]
    (found,) = complaints(argument)
    assert found.startswith(complaint)
    assert found.split(" ")[0] != name or f"(from -c {name}" in found


def test_a_certificate_of_another_service_is_refused() -> None:
    assert complaints("tls=offload", "certificate_arns=arn:aws:iam::111122223333:server-certificate/x") == [
        "certificate_arns must look like arn:aws:acm:eu-west-1:111122223333:certificate/..., "
        "got 'arn:aws:iam::111122223333:server-certificate/x' (from -c certificate_arns)"
    ]


def test_half_a_peak_is_none() -> None:
    assert complaints("peak_begins=0 8 * * *") == [
        "peak_minimum is missing: peak_begins was given, and a peak needs peak_minimum, peak_begins, peak_ends",
        "peak_ends is missing: peak_begins was given, and a peak needs peak_minimum, peak_begins, peak_ends",
    ]


@pytest.mark.parametrize(
    ("changed", "name", "words"),
    [
        ("peak_minimum=7", "peak_minimum", "asks for 7 and leaves the maximum as it is, 6"),
        ("peak_begins=soon", "peak_begins", "must be a cron expression of five fields"),
        ("peak_ends=later", "peak_ends", "must be a cron expression of five fields"),
    ],
)
def test_a_peak_that_can_not_be_is_refused(changed: str, name: str, words: str) -> None:
    peak = {"peak_minimum": "6", "peak_begins": "0 8 * * *", "peak_ends": "0 18 * * *"}
    peak[name] = changed.partition("=")[2]
    (found,) = complaints(*(f"{key}={value}" for key, value in peak.items()))
    assert found.startswith(f"{name} {words}")


def test_a_time_zone_that_is_none_is_refused() -> None:
    found = complaints("peak_minimum=6", "peak_begins=0 8 * * *", "peak_ends=0 18 * * *", "peak_time_zone=Mars")
    assert [line.split(",")[0] for line in found] == ["peak_time_zone must be an IANA name such as Europe/Vienna"]


def test_without_a_way_out_new_instances_still_tell_that_they_are_up() -> None:
    assert complaints("nat_gateways=none") == [
        "interface_endpoints must hold cloudformation with nat_gateways=none: new instances tell CloudFormation that "
        "they are up, and have no other way to it"
    ]
    assert settings("nat_gateways=none", "interface_endpoints=cloudformation").problems() == []


def test_spot_instances_are_drained_within_their_notice() -> None:
    (found,) = complaints(
        "spot_percentage=50", "instance_types=t4g.small,t4g.medium", "deregistration_delay_seconds=91"
    )
    assert found.startswith("deregistration_delay_seconds must be at most 90 s with Spot instances, got 91 s")
