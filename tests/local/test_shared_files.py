"""The stack deployed by the real ``cdk deploy``: who may mount the files, and what is kept when the stack goes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from local_aws.launcher.programs.boot_script import program_of
from local_aws.launcher.programs.kinds import SAMPLE_APPLICATION
from local_aws.project import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_efs import EFSClient

    from local_aws.embedded import EmbeddedAws

STACK = "SharedFiles"
ELSEWHERE = "eu-west-1"
# As it ships, but for what hinders the end of it, and with a copy elsewhere.
SETTINGS = {
    "stacks": STACK,
    "tls": "plain-http",
    "folder": "/site",
    "mount_path": "/srv/site",
    "archive_after_days": "90",
    "replica_region": ELSEWHERE,
    "deletion_protection": "false",
}


class Files(NamedTuple):
    """The deployed file system, and the fleet that mounts it."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    @property
    def efs(self) -> EFSClient:
        return self.aws.client("efs")

    @property
    def id(self) -> str:
        return self.outputs["FileSystemId"]

    def launch_template(self) -> Mapping[str, Any]:
        """What an instance is started with."""
        (group,) = self.aws.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.outputs["AutoScalingGroupName"]]
        )["AutoScalingGroups"]
        template = group["LaunchTemplate"]
        (version,) = self.aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
        )["LaunchTemplateVersions"]
        return dict(version["LaunchTemplateData"])

    def statements(self) -> list[Mapping[str, Any]]:
        """What the instances' role may do with file systems."""
        iam = self.aws.client("iam")
        profile = self.launch_template()["IamInstanceProfile"]["Arn"].rpartition("/")[2]
        (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
        documents = [
            iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        ]
        found = [json.loads(document) if isinstance(document, str) else document for document in documents]
        return [one for document in found for one in document["Statement"] if "elasticfilesystem" in json.dumps(one)]


def left_over(aws: EmbeddedAws) -> Mapping[str, set[str]]:
    """What a destroyed stack must not leave, by kind."""
    efs, ec2 = aws.client("efs"), aws.client("ec2")
    systems = [found["FileSystemId"] for found in efs.describe_file_systems()["FileSystems"]]
    return {
        "mount targets": {
            target["MountTargetId"]
            for system in systems
            for target in efs.describe_mount_targets(FileSystemId=system)["MountTargets"]
        },
        "access points": {found["AccessPointId"] for found in efs.describe_access_points()["AccessPoints"]},
        "networks": {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]},
    }


@pytest.fixture(scope="module")
def files(session_aws: EmbeddedAws) -> Iterator[Files]:
    """The stack as a production has it; destroyed afterwards, and the files are still there."""
    before = left_over(session_aws)
    deployed = Files(session_aws, session_aws.deploy(STACK, context=SETTINGS))
    yield deployed
    session_aws.destroy(STACK, context=SETTINGS)
    assert left_over(session_aws) == before
    (kept,) = deployed.efs.describe_file_systems(FileSystemId=deployed.id)["FileSystems"]
    assert (kept["LifeCycleState"], kept["Encrypted"]) == ("available", True)
    (replication,) = deployed.efs.describe_replication_configurations(FileSystemId=deployed.id)["Replications"]
    assert replication["Destinations"][0]["Status"] == "ENABLED", "the copy too"


def test_every_zone_has_a_mount_target_that_only_the_instances_reach(files: Files) -> None:
    targets = files.efs.describe_mount_targets(FileSystemId=files.id)["MountTargets"]
    assert len({target["AvailabilityZoneId"] for target in targets}) == len(targets) == 3
    groups = {
        tuple(files.efs.describe_mount_target_security_groups(MountTargetId=target["MountTargetId"])["SecurityGroups"])
        for target in targets
    }
    ((group,),) = groups
    (rules,) = files.aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (rule,) = rules["IpPermissions"]
    allowed = [pair["GroupId"] for pair in rule["UserIdGroupPairs"]]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 2049, 2049)
    assert allowed == list(files.launch_template()["SecurityGroupIds"])
    assert not rule.get("IpRanges")


def test_the_instances_may_read_and_write_through_the_access_point_and_nothing_else(files: Files) -> None:
    (point,) = files.efs.describe_access_points(FileSystemId=files.id)["AccessPoints"]
    assert point["RootDirectory"]["Path"] == "/site"
    assert (point["PosixUser"]["Uid"], point["PosixUser"]["Gid"]) == (1000, 1000)
    (statement,) = files.statements()
    assert statement["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert statement["Resource"] == f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{files.id}"
    assert statement["Condition"]["StringEquals"] == {
        "elasticfilesystem:AccessPointArn": point["AccessPointArn"],
    }


def test_nobody_comes_in_without_tls_or_without_a_role(files: Files) -> None:
    policy = json.loads(files.efs.describe_file_system_policy(FileSystemId=files.id)["Policy"])
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", {"AWS": "*"})
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_instances_mount_at_boot_what_was_deployed(files: Files) -> None:
    user_data = files.launch_template()["UserData"]
    script = base64.b64decode(user_data).decode()
    (point,) = files.efs.describe_access_points(FileSystemId=files.id)["AccessPoints"]
    line = f"{files.id}:/ /srv/site efs _netdev,tls,iam,accesspoint={point['AccessPointId']} 0 0"
    assert f"echo '{line}' >> /etc/fstab" in script
    assert script.index("mount /srv/site") < script.index("systemctl enable --now sample_web_app")
    program = program_of(user_data)
    assert program is not None, "what `make local` runs in an instance's place"
    assert program.kind is SAMPLE_APPLICATION


def test_files_age_into_cheaper_storage_and_are_backed_up(files: Files) -> None:
    lifecycle = files.efs.describe_lifecycle_configuration(FileSystemId=files.id)["LifecyclePolicies"]
    assert {key: value for policy in lifecycle for key, value in policy.items()} == {
        "TransitionToIA": "AFTER_30_DAYS",
        "TransitionToArchive": "AFTER_90_DAYS",
        "TransitionToPrimaryStorageClass": "AFTER_1_ACCESS",
    }
    assert files.efs.describe_backup_policy(FileSystemId=files.id)["BackupPolicy"] == {"Status": "ENABLED"}


def test_the_copy_is_in_the_other_region_and_can_not_be_written(files: Files) -> None:
    (replication,) = files.efs.describe_replication_configurations(FileSystemId=files.id)["Replications"]
    (copy,) = replication["Destinations"]
    assert copy["Region"] == ELSEWHERE
    (system,) = files.aws.clients_in(ELSEWHERE)("efs").describe_file_systems(FileSystemId=copy["FileSystemId"])[
        "FileSystems"
    ]
    assert system["Encrypted"] is True
    assert system["FileSystemProtection"]["ReplicationOverwriteProtection"] == "REPLICATING"
