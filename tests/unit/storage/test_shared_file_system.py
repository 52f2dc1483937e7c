"""What a shared file system promises to those who mount it, and to those who answer for the files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from aws_patterns.recovery import NONE, Loss
from aws_patterns.storage._mount_commands import commands
from aws_patterns.storage.shared_file_system import SharedFileSystem
from aws_patterns.storage.shared_file_system_options import AccessPoint, FileReplication, Throughput

Properties = Mapping[str, Any]

FILE_SYSTEM, TARGET, POINT = "AWS::EFS::FileSystem", "AWS::EFS::MountTarget", "AWS::EFS::AccessPoint"


def new_stack(name: str = "S", app: cdk.App | None = None) -> cdk.Stack:
    return cdk.Stack(app or cdk.App(builtin_cloud_formation_validation=False), name)


def make(stack: cdk.Stack, **props: Any) -> SharedFileSystem:
    return SharedFileSystem(stack, "Files", vpc=MultiAzVpc(stack, "Network").vpc, **props)


def build(**props: Any) -> Template:
    stack = new_stack()
    make(stack, **props)
    return Template.from_stack(stack)


def one(template: Template, kind: str) -> Properties:
    (found,) = template.find_resources(kind).values()
    return dict(found["Properties"])


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestFileSystem:
    def test_the_minimal_one_is_encrypted_elastic_backed_up_and_ages(self, template: Template) -> None:
        found = one(template, FILE_SYSTEM)
        assert {name: found[name] for name in found if name not in {"FileSystemPolicy", "FileSystemTags"}} == {
            "BackupPolicy": {"Status": "ENABLED"},
            "Encrypted": True,
            "LifecyclePolicies": [
                {"TransitionToIA": "AFTER_30_DAYS"},
                {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
            ],
            "PerformanceMode": "generalPurpose",
            "ThroughputMode": "elastic",
        }

    def test_what_was_chosen_is_what_is_made(self) -> None:
        found = one(
            build(
                throughput=Throughput.PROVISIONED,
                provisioned_mib_per_second=12.5,
                infrequent_access_after_days=None,
                automatic_backups=False,
                overwritten_by_replication=True,
            ),
            FILE_SYSTEM,
        )
        assert (found["ThroughputMode"], found["ProvisionedThroughputInMibps"]) == ("provisioned", 12.5)
        assert found["FileSystemProtection"] == {"ReplicationOverwriteProtection": "DISABLED"}
        assert not {"LifecyclePolicies", "BackupPolicy"} & set(found)

    def test_files_are_archived_after_they_were_moved_once(self) -> None:
        found = one(build(infrequent_access_after_days=1, archive_after_days=365), FILE_SYSTEM)
        assert {"TransitionToIA": "AFTER_1_DAY"} in found["LifecyclePolicies"]
        assert {"TransitionToArchive": "AFTER_365_DAYS"} in found["LifecyclePolicies"]

    def test_files_outlive_the_stack_unless_they_are_given_up(self, template: Template) -> None:
        (kept,) = template.find_resources(FILE_SYSTEM).values()
        assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
        (given_up,) = build(removal_policy=cdk.RemovalPolicy.DESTROY).find_resources(FILE_SYSTEM).values()
        assert given_up["DeletionPolicy"] == "Delete"

    def test_a_key_of_ones_own_encrypts_it(self) -> None:
        stack = new_stack()
        make(stack, encryption_key=kms.Key(stack, "Key"))
        template = Template.from_stack(stack)
        (key,) = template.find_resources("AWS::KMS::Key")
        assert one(template, FILE_SYSTEM)["KmsKeyId"] == {"Fn::GetAtt": [key, "Arn"]}

    @pytest.mark.parametrize("flag", [True, False])
    def test_nobody_comes_in_without_tls_and_nobody_without_a_role_whatever_the_apps_flags_are(
        self, *, flag: bool
    ) -> None:
        context = {"@aws-cdk/aws-efs:denyAnonymousAccess": flag}
        stack = new_stack(app=cdk.App(builtin_cloud_formation_validation=False, context=context))
        files = make(stack)
        files.grant(iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal()))
        (statement,) = one(Template.from_stack(stack), FILE_SYSTEM)["FileSystemPolicy"]["Statement"]
        assert statement == {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }


class TestReplication:
    def test_is_to_a_new_file_system_with_a_key_by_its_name(self) -> None:
        found = one(build(replication=FileReplication(region="eu-west-3", key_alias="files")), FILE_SYSTEM)
        assert found["ReplicationConfiguration"] == {
            "Destinations": [{"Region": "eu-west-3", "KmsKeyId": "alias/files"}]
        }

    def test_is_to_a_file_system_that_is_there(self) -> None:
        found = one(build(replication=FileReplication(region="eu-west-3", file_system_id="fs-0123abcd")), FILE_SYSTEM)
        assert found["ReplicationConfiguration"] == {
            "Destinations": [{"Region": "eu-west-3", "FileSystemId": "fs-0123abcd"}]
        }

    def test_has_an_alarm_that_finds_the_copy_by_the_original(self) -> None:
        stack = new_stack()
        topic = sns.Topic(stack, "Operators")
        files = make(stack, replication=FileReplication(region="eu-west-3"), alarm_topic=topic)
        assert list(files.alarms) == ["ReplicationBehind"]
        template = Template.from_stack(stack)
        alarm = one(template, "AWS::CloudWatch::Alarm")
        (system,) = template.find_resources(FILE_SYSTEM)
        (metric,) = alarm["Metrics"]
        assert metric["Expression"] == {
            "Fn::Join": [
                "",
                [
                    'SELECT MAX(TimeSinceLastSync) FROM SCHEMA("AWS/EFS", DestinationFileSystemId, FileSystemId) '
                    "WHERE FileSystemId = '",
                    {"Ref": system},
                    "'",
                ],
            ]
        }
        assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1800, "breaching")
        assert alarm["AlarmActions"] == alarm["OKActions"] == [stack.resolve(topic.topic_arn)]


def test_slow_file_systems_say_so() -> None:
    stack = new_stack()
    assert list(make(stack, throughput=Throughput.BURSTING).alarms) == ["OperationsNearLimit", "BurstCreditsLow"]
    alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    found = {
        alarm["Properties"]["MetricName"]: (
            alarm["Properties"]["ComparisonOperator"],
            alarm["Properties"]["Threshold"],
            alarm["Properties"]["EvaluationPeriods"],
        )
        for alarm in alarms
    }
    assert found == {
        "PercentIOLimit": ("GreaterThanOrEqualToThreshold", 95, 15),
        "BurstCreditBalance": ("LessThanThreshold", 100 * 1024 * 1024 * 3600, 15),
    }


def test_an_elastic_one_without_a_copy_has_nothing_to_ring_for(template: Template) -> None:
    template.resource_count_is("AWS::CloudWatch::Alarm", 0)


class TestMountTargets:
    def test_are_in_the_isolated_subnets_one_in_each_zone(self, template: Template) -> None:
        subnets = [target["Properties"]["SubnetId"]["Ref"] for target in template.find_resources(TARGET).values()]
        assert len(subnets) == 3
        assert all("Isolated" in subnet for subnet in subnets)

    def test_of_one_zone_are_one_and_the_files_are_there(self) -> None:
        template = build(down_with_its_zone=True)
        target = one(template, TARGET)
        zone = one(template, FILE_SYSTEM)["AvailabilityZoneName"]
        subnet = template.find_resources("AWS::EC2::Subnet")[target["SubnetId"]["Ref"]]
        assert subnet["Properties"]["AvailabilityZone"] == zone

    def test_keep_their_ids_when_a_zone_comes_or_goes_whatever_the_apps_flags_are(self) -> None:
        stack = new_stack(app=cdk.App(builtin_cloud_formation_validation=False))
        vpc = MultiAzVpc(stack, "Network").vpc
        SharedFileSystem(stack, "Files", vpc=vpc)
        SharedFileSystem(stack, "Fewer", vpc=vpc, subnets=ec2.SubnetSelection(subnets=vpc.isolated_subnets[1:]))
        found = {
            (name.partition("FileSystem")[0], name.partition("MountTarget")[2][:-8])
            for name in Template.from_stack(stack).find_resources(TARGET)
        }
        assert found == {
            *((("Files", f"IsolatedSubnet{zone}")) for zone in (1, 2, 3)),
            *((("Fewer", f"IsolatedSubnet{zone}")) for zone in (2, 3)),
        }

    def test_of_a_network_without_isolated_subnets_are_in_the_private_ones(self) -> None:
        stack = new_stack()
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            private_subnet_ids=["subnet-1", "subnet-2"],
        )
        SharedFileSystem(stack, "Files", vpc=vpc)
        targets = Template.from_stack(stack).find_resources(TARGET).values()
        assert {target["Properties"]["SubnetId"] for target in targets} == {"subnet-1", "subnet-2"}

    def test_are_closed_to_everybody_and_reach_nobody(self, template: Template) -> None:
        (group,) = [
            found["Properties"]
            for found in template.find_resources("AWS::EC2::SecurityGroup").values()
            if "Mount targets" in found["Properties"]["GroupDescription"]
        ]
        assert "SecurityGroupIngress" not in group
        assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]
        template.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)


class TestAccessPoints:
    def test_are_folders_with_a_user_of_their_own(self) -> None:
        points = build(
            access_points={"Site": AccessPoint(path="/site", uid=48, gid=49, permissions="755"), "Rest": AccessPoint()}
        ).find_resources(POINT)
        found = {name.partition("FileSystem")[2][:4]: point["Properties"] for name, point in points.items()}
        assert found["Site"]["PosixUser"] == {"Uid": "48", "Gid": "49"}
        assert found["Site"]["RootDirectory"] == {
            "Path": "/site",
            "CreationInfo": {"OwnerUid": "48", "OwnerGid": "49", "Permissions": "755"},
        }
        assert found["Rest"]["RootDirectory"]["Path"] == "/files"

    def test_the_only_one_needs_no_name(self) -> None:
        files = make(new_stack())
        assert files.mount_commands("/mnt/files") == files.mount_commands("/mnt/files", "Files")

    def test_of_several_one_is_named(self) -> None:
        files = make(new_stack(), access_points={"Site": AccessPoint(path="/site"), "Rest": AccessPoint()})
        for name in (None, "Uploads"):
            with pytest.raises(ValueError, match=re.escape(f"access_point must be one of Site, Rest, got {name!r}")):
                files.mount_commands("/mnt/files", name)


class TestLettingMount:
    @pytest.mark.parametrize("read_only", [False, True])
    def test_a_fleet_reaches_it_may_do_so_and_waits(self, *, read_only: bool) -> None:
        stack = new_stack()
        files = make(stack)
        fleet = InstanceFleet(stack, "Fleet", vpc=MultiAzVpc(stack, "Other").vpc)
        files.let_mount(fleet.group, read_only=read_only)
        template = Template.from_stack(stack)
        rule = one(template, "AWS::EC2::SecurityGroupIngress")
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 2049, 2049)
        assert rule["SourceSecurityGroupId"] == stack.resolve(fleet.security_group.security_group_id)
        (statement,) = [
            statement
            for policy in template.find_resources("AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if "elasticfilesystem" in str(statement)
        ]
        mount, write = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
        assert statement["Action"] == (mount if read_only else [mount, write])
        assert statement["Resource"] == stack.resolve(files.file_system.file_system_arn)
        assert statement["Condition"] == {
            "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
            "StringEquals": {
                "elasticfilesystem:AccessPointArn": stack.resolve(files.access_points["Files"].access_point_arn)
            },
        }
        (group,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        assert set(template.find_resources(TARGET)) <= set(group["DependsOn"])

    def test_a_fleet_of_another_stack_brings_its_own_rule(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        networks, data, web = (new_stack(name, app) for name in ("Networks", "Data", "Web"))
        vpc = MultiAzVpc(networks, "Network").vpc
        files = SharedFileSystem(data, "Files", vpc=vpc)
        fleet = InstanceFleet(web, "Fleet", vpc=vpc)
        fleet.user_data.add_commands(*files.mount_commands())
        files.let_mount(fleet.group)
        Template.from_stack(web).resource_count_is("AWS::EC2::SecurityGroupIngress", 1)
        Template.from_stack(data).resource_count_is("AWS::EC2::SecurityGroupIngress", 0)
        assert data in web.dependencies
        assert web not in data.dependencies


class TestMountCommands:
    def test_mount_over_tls_as_the_role_and_again_at_every_boot(self) -> None:
        stack = new_stack()
        files = make(stack)
        line = next(command for command in files.mount_commands("/srv/shop") if "fstab" in command)
        system, point = (
            stack.resolve(token)["Ref"]
            for token in (files.file_system.file_system_id, files.access_points["Files"].access_point_id)
        )
        assert stack.resolve(line) == {
            "Fn::Join": [
                "",
                [
                    "  grep -q ' /srv/shop efs ' /etc/fstab || echo '",
                    {"Ref": system},
                    ":/ /srv/shop efs _netdev,tls,iam,accesspoint=",
                    {"Ref": point},
                    " 0 0' >> /etc/fstab",
                ],
            ]
        }

    def test_of_one_zone_name_it_and_of_readers_say_so(self) -> None:
        (line,) = [
            command
            for command in commands(
                file_system_id="fs-1",
                access_point_id="fsap-1",
                path="/mnt/files",
                read_only=True,
                availability_zone="eu-west-1a",
            )
            if "fstab" in command
        ]
        assert "fs-1:/ /mnt/files efs _netdev,tls,iam,accesspoint=fsap-1,az=eu-west-1a,ro 0 0" in line

    @pytest.mark.parametrize(
        ("path", "shown"), [("shop", "'shop'"), ("/", "'/'"), ("/a b", "'/a b'"), ("/../etc", "'/../etc'")]
    )
    def test_are_for_a_folder(self, path: str, shown: str) -> None:
        files = make(new_stack())
        with pytest.raises(ValueError, match="can't be built") as error:
            files.mount_commands(path)
        assert str(error.value) == (
            "SharedFileSystem S/Files: mount_commands can't be built:\n"
            f"  - path must be a folder such as /mnt/files, got {shown}"
        )


class TestBootScript:
    """The commands, run by a shell with programs that only write down how they were called."""

    @pytest.fixture
    def tried(self, tmp_path: Path) -> Path:
        for name, does in {
            "dnf": "exit 0",
            "mountpoint": f"test -e {tmp_path}/mounted",
            "mount": f'test -n "$MOUNTS" && touch {tmp_path}/mounted',
            "sleep": "exit 0",
        }.items():
            program = tmp_path / name
            program.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/calls\n{does}\n')
            program.chmod(0o755)
        return tmp_path

    def run(self, folder: Path, *, mounts: str) -> subprocess.CompletedProcess[str]:
        lines = commands(
            file_system_id="fs-1",
            access_point_id="fsap-1",
            path=f"{folder}/files",
            read_only=False,
            availability_zone=None,
        )
        script = "\n".join([*lines, "echo the application starts"]).replace("/etc/fstab", f"{folder}/fstab")
        (folder / "fstab").touch()
        return subprocess.run(
            ["bash", "-c", script],
            env={"PATH": f"{folder}:/usr/bin:/bin", "MOUNTS": mounts},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def test_mounts_and_goes_on(self, tried: Path) -> None:
        done = self.run(tried, mounts="yes")
        assert (done.returncode, done.stdout) == (0, "the application starts\n")
        calls = (tried / "calls").read_text().splitlines()
        assert calls[0] == "dnf install --assumeyes --quiet amazon-efs-utils"
        assert f"mount {tried}/files" in calls

    def test_run_twice_mounts_once(self, tried: Path) -> None:
        assert self.run(tried, mounts="yes").returncode == self.run(tried, mounts="yes").returncode == 0
        assert (tried / "fstab").read_text().count("fs-1") == 1
        assert (tried / "calls").read_text().count("mount /") == 1

    def test_what_can_not_be_mounted_ends_the_boot_after_three_minutes(self, tried: Path) -> None:
        done = self.run(tried, mounts="")
        assert (done.returncode, done.stdout) == (1, "")
        calls = (tried / "calls").read_text().splitlines()
        assert calls.count("sleep 5") == 36


def test_two_of_them_live_in_one_stack_for_any_account() -> None:
    stack = new_stack()
    vpc = MultiAzVpc(stack, "Network").vpc
    for name in ("First", "Second"):
        SharedFileSystem(stack, name, vpc=vpc)
    Template.from_stack(stack).resource_count_is(FILE_SYSTEM, 2)


def test_recovery_follows_what_was_chosen() -> None:
    files = make(new_stack(), replication=FileReplication(region="eu-west-3"))
    assert files.recovery[Loss.AVAILABILITY_ZONE].recovery_time == NONE
    replicated = files.recovery[Loss.REGION]
    assert replicated.recovery_point is not None
    assert (replicated.automatic, replicated.recovery_point.worst) == (False, 900)
    alone = make(new_stack(), down_with_its_zone=True, automatic_backups=False)
    assert {loss: found.recovery_point for loss, found in alone.recovery.items()} == {
        Loss.INSTANCE: NONE,
        Loss.AVAILABILITY_ZONE: None,
        Loss.REGION: None,
    }


def test_a_wrong_use_is_told_with_the_constructs_path() -> None:
    stack = new_stack()
    vpc = MultiAzVpc(stack, "Network").vpc
    with pytest.raises(ValueError, match="can't be built") as error:
        SharedFileSystem(
            stack,
            "Files",
            vpc=vpc,
            subnets=ec2.SubnetSelection(subnets=[vpc.isolated_subnets[0], vpc.private_subnets[0]]),
            archive_after_days=30,
        )
    assert str(error.value) == (
        "SharedFileSystem S/Files can't be built:\n"
        "  - subnets must be in different Availability Zones, because EFS has one mount target in each\n"
        "  - subnets must be in two Availability Zones at least, got 1: the files would be out of reach with their "
        "zone. Choose more, or accept that with down_with_its_zone=True\n"
        "  - archive_after_days must be more than infrequent_access_after_days (30 days), got 30 days"
    )
