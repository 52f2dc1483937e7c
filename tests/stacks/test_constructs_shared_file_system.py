"""Shared file systems in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aws_patterns.storage.shared_file_system_options import AccessPoint, FileReplication, Throughput
from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def files(**props: object) -> Build:
    def build(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
        from aws_patterns.network.multi_az_vpc import MultiAzVpc
        from aws_patterns.storage.shared_file_system import SharedFileSystem

        network = MultiAzVpc(stack, "Network", removal_policy=removal_policy)
        return SharedFileSystem(stack, "Files", vpc=network.vpc, removal_policy=removal_policy, **props)  # type: ignore[arg-type] # as the variant says

    return build


def files_with_all(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    """With a key, told operators, and a fleet that mounts it."""
    from aws_cdk import aws_sns as sns

    from aws_patterns.compute.instance_fleet import InstanceFleet
    from aws_patterns.network.multi_az_vpc import MultiAzVpc
    from aws_patterns.security.encryption_key import EncryptionKey
    from aws_patterns.storage.shared_file_system import SharedFileSystem

    network = MultiAzVpc(stack, "Network", removal_policy=removal_policy)
    key = EncryptionKey(stack, "Key", removal_policy=removal_policy).key
    shared = SharedFileSystem(
        stack,
        "Files",
        vpc=network.vpc,
        access_points={"Site": AccessPoint(path="/site"), "Uploads": AccessPoint(path="/uploads", permissions="770")},
        throughput=Throughput.BURSTING,
        encryption_key=key,
        replication=FileReplication(region="eu-central-1", key_alias="files"),
        alarm_topic=sns.Topic(stack, "Operators", master_key=key, enforce_ssl=True),
        removal_policy=removal_policy,
    )
    fleet = InstanceFleet(stack, "Fleet", vpc=network.vpc)
    fleet.user_data.add_commands(*shared.mount_commands("/mnt/site", "Site"))
    shared.let_mount(fleet.group, "Site", read_only=True)
    return shared


VARIANTS: Mapping[str, Build] = {
    "files as they stand": files(),
    "files of one zone": files(down_with_its_zone=True, automatic_backups=False),
    "files with fixed throughput": files(throughput=Throughput.PROVISIONED, provisioned_mib_per_second=10),
    "files that are archived": files(infrequent_access_after_days=1, archive_after_days=90),
    "files that never move": files(infrequent_access_after_days=None),
    "files to be overwritten": files(overwritten_by_replication=True),
    "files with all": files_with_all,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
