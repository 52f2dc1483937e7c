"""What may be said about the three-tier web application in a settings file or on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.my_clothes_options import Sessions
from aws_patterns.database.aurora_parts import ServerlessV2
from aws_patterns.database.cache_options import CacheAvailability
from aws_patterns.database.relational_database_options import Availability, Backups
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc_options import NatGateways
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.three_tier_web_app import DatabaseKind, SessionStore, ThreeTierWebAppSettings

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
WEB_ACL = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0-1"


def settings(*arguments: str) -> ThreeTierWebAppSettings:
    pairs = [part for argument in ("stacks=ThreeTierWebApp", *arguments) for part in ("-c", argument)]
    request = read_request(STACKS, arguments=pairs, environment={}, project=Path(__file__).parents[2])
    ((_, found),) = request.stacks
    assert isinstance(found, ThreeTierWebAppSettings)
    return found


def complaints(*arguments: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(*arguments)
    return [line.removeprefix("  - ") for line in str(error.value).splitlines()[1:]]


def test_the_project_as_it_comes_needs_no_settings_and_no_certificate() -> None:
    assert settings() == ThreeTierWebAppSettings(tls=TlsApproach.PLAIN_HTTP)


def test_whoever_says_nothing_gets_what_outlives_a_zone() -> None:
    found = ThreeTierWebAppSettings()
    assert found.tls is TlsApproach.OFFLOAD
    assert (found.database_availability, found.cache_availability) == (
        Availability.MULTI_AZ,
        CacheAvailability.MULTI_AZ,
    )
    assert found.sessions is Sessions.SERVER
    assert (found.deletion_protection, found.removal_policy) == (True, "retain")


def test_every_setting_can_be_given_on_the_command_line() -> None:
    assert settings(
        "sessions=cookie",
        "session_store=table",
        "session_seconds=600",
        "database=aurora",
        "database_availability=single-az",
        "database_instance_type=r7g.large",
        "aurora_maximum_acu=32",
        "backup_retention_days=35",
        "cache_availability=single-az",
        "cache_node_type=t4g.small",
        "availability_zones=2",
        "vpc_cidr=10.7.0.0/16",
        "nat_gateways=single",
        "interface_endpoints=secretsmanager,ssm",
        "tls=bridging",
        f"certificate_arns={CERTIFICATE}",
        "internet_facing=false",
        "allowed_cidrs=192.0.2.0/24",
        f"web_acl_arn={WEB_ACL}",
        "capacity_minimum=3",
        "capacity_maximum=9",
        "instance_type=m7g.large",
        "shop_version=7",
        f"alarm_topic_arn={TOPIC}",
        "access_log_retention_days=7",
        "deletion_protection=false",
        "removal_policy=destroy",
    ) == ThreeTierWebAppSettings(
        sessions=Sessions.COOKIE,
        session_store=SessionStore.TABLE,
        session_seconds=600,
        database=DatabaseKind.AURORA,
        database_availability=Availability.SINGLE_POINT_OF_FAILURE,
        database_instance_type="r7g.large",
        aurora_maximum_acu=32,
        backup_retention_days=35,
        cache_availability=CacheAvailability.SINGLE_POINT_OF_FAILURE,
        cache_node_type="t4g.small",
        availability_zones=2,
        vpc_cidr="10.7.0.0/16",
        nat_gateways=NatGateways.SINGLE_POINT_OF_FAILURE,
        interface_endpoints=("secretsmanager", "ssm"),
        tls=TlsApproach.BRIDGING,
        certificate_arns=(CERTIFICATE,),
        internet_facing=False,
        allowed_cidrs=("192.0.2.0/24",),
        web_acl_arn=WEB_ACL,
        capacity_minimum=3,
        capacity_maximum=9,
        instance_type="m7g.large",
        shop_version="7",
        alarm_topic_arn=TOPIC,
        access_log_retention_days=7,
        deletion_protection=False,
        removal_policy="destroy",
    )


def test_settings_become_what_the_parts_take() -> None:
    found = settings("availability_zones=2", "capacity_maximum=5", "aurora_maximum_acu=8", "backup_retention_days=1")
    assert found.capacity() == Capacity(minimum=2, maximum=5)
    assert found.aurora_capacity() == ServerlessV2(maximum_acu=8)
    assert found.backups() == Backups(retention_days=1)
    assert found.access_logs() == AccessLogs(retention_days=30)
    assert settings("access_log_retention_days=").access_logs() is None


def test_visitors_stay_on_an_instance_only_where_it_has_their_cart() -> None:
    assert settings("sessions=sticky", "session_seconds=600").stickiness() == DurationStickiness(600)
    assert settings("sessions=cookie").stickiness() is None
    assert settings().stickiness() is None


def test_there_is_a_store_only_where_sessions_are_on_the_server() -> None:
    assert settings().has(SessionStore.CACHE)
    assert settings("session_store=table").has(SessionStore.TABLE)
    for sessions in ("cookie", "sticky"):
        assert not any(settings(f"sessions={sessions}").has(store) for store in SessionStore)


def test_everything_wrong_is_said_at_once_by_the_names_of_the_settings() -> None:
    assert complaints(
        "session_seconds=10",
        "backup_retention_days=0",
        "database_instance_type=large",
        "cache_node_type=huge",
        "availability_zones=5",
        "nat_gateways=none",
        "capacity_minimum=9",
        "capacity_maximum=3",
        "shop_version=a b",
        "alarm_topic_arn=alarms",
    ) == [
        "availability_zones must be 2 or 3, got 5 (from -c availability_zones; default: 3)",
        "session_seconds must be between 60 and 604800 s, got 10 s (from -c session_seconds; default: 86400)",
        "shop_version must be 1 to 64 letters, digits, dots, plus signs, dashes or underscores, got 'a b' "
        "(from -c shop_version; default: 1)",
        "capacity_minimum must be at most its maximum, 3, got 9 (from -c capacity_minimum)",
        "database_instance_type must be an instance type such as 'm7g.large', got 'large' "
        "(from -c database_instance_type; default: m7g.large)",
        "backup_retention_days must be between 1 and 35 days, got 0 days (from -c backup_retention_days; default: 14)",
        "cache_node_type must be a node type such as 'm7g.large', got 'huge' "
        "(from -c cache_node_type; default: m7g.large)",
        "nat_gateways must be per-az or single, got none: instances install the shop's libraries from the internet "
        "(from -c nat_gateways; default: per-az)",
        "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms' "
        "(from -c alarm_topic_arn)",
    ]


def test_what_a_cluster_can_not_be_is_said_of_a_cluster() -> None:
    assert complaints("database=aurora", "aurora_maximum_acu=1", "backup_retention_days=36") == [
        "aurora_maximum_acu must be at least aurora_minimum_acu, got 1 and 2 ACUs "
        "(from -c aurora_maximum_acu; default: 16)",
        "backup_retention_days must be between 1 and 35 days, got 36 days (from -c backup_retention_days; default: 14)",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sessions=pocket", "sessions must be one of sticky, cookie, server, got 'pocket' "),
        ("session_store=shelf", "session_store must be one of cache, table, got 'shelf' "),
        ("database=paper", "database must be one of instance, aurora, got 'paper' "),
        ("tls=bridging", "certificate_arns must hold at least one for tls='bridging', got none: "),
    ],
)
def test_what_there_is_not_is_refused_by_its_name(given: str, said: str) -> None:
    (complaint,) = complaints(given)
    assert complaint.startswith(said)
