"""What may be said about the web tier with shared files in a settings file or on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_patterns.compute.capacity import Capacity
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.recovery import Loss
from aws_patterns.storage.shared_file_system_options import AccessPoint, FileReplication, Throughput
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.shared_files import SharedFilesSettings

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0-1"


def settings(*arguments: str) -> SharedFilesSettings:
    pairs = [part for argument in ("stacks=SharedFiles", *arguments) for part in ("-c", argument)]
    request = read_request(STACKS, arguments=pairs, environment={}, project=Path(__file__).parents[2])
    ((_, found),) = request.stacks
    assert isinstance(found, SharedFilesSettings)
    return found


def complaints(*arguments: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(*arguments)
    return [line.removeprefix("  - ") for line in str(error.value).splitlines()[1:]]


def test_the_project_as_it_comes_needs_no_settings_and_no_certificate() -> None:
    assert settings() == SharedFilesSettings(tls=TlsApproach.PLAIN_HTTP)
    assert SharedFilesSettings().tls is TlsApproach.OFFLOAD
    assert SharedFilesSettings().removal_policy == "retain"


def test_every_setting_can_be_given_on_the_command_line() -> None:
    assert settings(
        "folder=/site",
        "mount_path=/srv/site",
        "read_only=true",
        "infrequent_access_after_days=7",
        "archive_after_days=90",
        "throughput=elastic",
        "automatic_backups=false",
        "replica_region=eu-west-3",
        "replica_key_alias=files",
        f"encryption_key_arn={KEY}",
        "availability_zones=2",
        "vpc_cidr=10.7.0.0/16",
        "nat_gateways=none",
        "interface_endpoints=cloudformation,ssm",
        "tls=bridging",
        f"certificate_arns={CERTIFICATE}",
        "internet_facing=false",
        "capacity_minimum=4",
        "capacity_maximum=5",
        "instance_type=m7g.large",
        "sample_version=2",
        f"alarm_topic_arn={TOPIC}",
        "access_log_retention_days=365",
        "deletion_protection=false",
        "removal_policy=destroy",
    ) == SharedFilesSettings(
        folder="/site",
        mount_path="/srv/site",
        read_only=True,
        infrequent_access_after_days=7,
        archive_after_days=90,
        throughput=Throughput.ELASTIC,
        automatic_backups=False,
        replica_region="eu-west-3",
        replica_key_alias="files",
        encryption_key_arn=KEY,
        availability_zones=2,
        vpc_cidr="10.7.0.0/16",
        nat_gateways=NatGateways.NONE,
        interface_endpoints=("cloudformation", "ssm"),
        tls=TlsApproach.BRIDGING,
        certificate_arns=(CERTIFICATE,),
        internet_facing=False,
        capacity_minimum=4,
        capacity_maximum=5,
        instance_type="m7g.large",
        sample_version="2",
        alarm_topic_arn=TOPIC,
        access_log_retention_days=365,
        deletion_protection=False,
        removal_policy="destroy",
    )


def test_what_they_mean() -> None:
    found = settings("folder=/site", "replica_region=eu-west-3", "replica_key_alias=files")
    assert found.access_points() == {"Files": AccessPoint(path="/site")}
    assert found.replication() == FileReplication(region="eu-west-3", key_alias="files")
    assert found.capacity() == Capacity(minimum=3, maximum=6)
    assert settings().replication() is None


def test_a_copy_elsewhere_outlives_the_region() -> None:
    (alone,), (copied,) = settings().recovery().values(), settings("replica_region=eu-west-3").recovery().values()
    assert alone[Loss.REGION].recovery_time is None
    assert copied[Loss.REGION].recovery_time is not None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["mount_path=srv"], "mount_path must be a folder such as /mnt/files, got 'srv'"),
        (["folder=site"], "folder must be a folder such as /files, up to 4 deep and 100 characters long, got 'site'"),
        (
            ["infrequent_access_after_days=8"],
            "infrequent_access_after_days must be one of 1, 7, 14, 30, 60, 90, 180, 270, 365 days, or empty for never, "
            "got 8",
        ),
        (
            ["throughput=bursting", "archive_after_days=90"],
            "archive_after_days needs throughput=elastic, got bursting: EFS archives with no other",
        ),
        (
            ["throughput=provisioned"],
            "provisioned_mib_per_second is missing: throughput=provisioned is so much and no more",
        ),
        (
            ["replica_key_alias=files"],
            "replica_key_alias has no effect without replica_region: choose one, or leave it out",
        ),
        (
            ["replica_region=eu-west-3", "replica_key_alias=alias/files"],
            "replica_key_alias must be given without alias/, which is put in front of it, got 'alias/files'",
        ),
        (["replica_region=Paris"], "replica_region must be a Region's code such as eu-west-1, got 'Paris'"),
        (["availability_zones=1"], "availability_zones must be 2 or 3, got 1: a network in one zone goes down with it"),
        (["capacity_minimum=1"], "capacity_minimum must be at least 3, one for each zone, got 1"),
        (["encryption_key_arn=key"], "encryption_key_arn must look like arn:aws:kms:eu-west-1:111122223333:key/..."),
        (["alarm_topic_arn=alarms"], "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic"),
        (
            ["nat_gateways=none"],
            "interface_endpoints must hold cloudformation with nat_gateways=none: new instances tell CloudFormation",
        ),
    ],
)
def test_a_setting_is_held_to_the_rules_of_the_construct_by_its_own_name(arguments: list[str], complaint: str) -> None:
    (found,) = complaints(*arguments)
    assert found.startswith(complaint)
