"""Files that many instances read and write at the same time, whichever zone they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import jsii
from aws_cdk import Annotations, RemovalPolicy, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct, Node

from aws_patterns._validation import Problems
from aws_patterns.compute._fleet_zones import selected_subnets, zones_of
from aws_patterns.recovery import Loss, RecoveryCharacteristics
from aws_patterns.recovery_objectives import Objective
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage import _mount_commands as mount
from aws_patterns.storage import _shared_file_system_parts as parts
from aws_patterns.storage._shared_file_system_alarms import make_alarms
from aws_patterns.storage.shared_file_system_options import (
    ONE_FOLDER,
    AccessPoint,
    FileReplication,
    Throughput,
    check_mount_path,
    check_shared_file_system,
    recovery_of,
)

_MOUNT, _WRITE = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
# As the CDK has it when it is asked to, wherever this is used: a zone more or less moves no other mount target.
_STABLE_MOUNT_TARGETS = "@aws-cdk/aws-efs:mountTargetOrderInsensitiveLogicalId"
_OPEN_ALREADY = "@aws-cdk/aws-ec2:ipv4IgnoreEgressRule"


class Client(Protocol):
    """What can mount a file system: an Auto Scaling group, an instance, a function in the network."""

    @property
    def node(self) -> Node: ...
    @property
    def connections(self) -> ec2.Connections: ...
    @property
    def grant_principal(self) -> iam.IPrincipal: ...


@jsii.implements(ec2.IConnectable)
class SharedFileSystem(Construct):
    """An EFS file system with a mount target in each zone, over TLS only, for those alone whose role may.

    Use it for files that several instances, tasks or functions share as files: uploads, sites, home directories.
    Not for what is read over HTTP (see ``DataBucket``), not for a database's files, and not for Windows.

    Clients see a folder of it through an access point, as one user; nobody is root. Who may mount is said by
    ``let_mount``, and how by ``mount_commands``, which belong to the boot script of Amazon Linux instances.

    >>> from aws_patterns.compute.instance_fleet import InstanceFleet
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> network = MultiAzVpc(stack, "Network")
    >>> files = SharedFileSystem(stack, "Files", vpc=network.vpc)
    >>> fleet = InstanceFleet(stack, "Fleet", vpc=network.vpc)
    >>> fleet.user_data.add_commands(*files.mount_commands("/mnt/files"))
    >>> files.let_mount(fleet.group)

    Args:
        vpc: The network; its own or an imported one.
        subnets: Of the mount targets, one in each zone. Default: the isolated subnets, or the private ones where there
            are none.
        access_points: Folders by names of letters and digits. Default: ``Files``, the folder ``/files``.
        infrequent_access_after_days: When a file that nobody reads moves to the cheaper storage: 1, 7, 14, 30, 60, 90,
            180, 270 or 365; ``None``: never. It comes back when it is read. Default 30.
        archive_after_days: When it moves to the cheapest, likewise; with elastic throughput only. Default: never.
        throughput: How fast it is. Default: as fast as needed.
        provisioned_mib_per_second: With ``Throughput.PROVISIONED``, 1 to 3,414 MiB/s.
        encryption_key: Customer managed key. Default: EFS's own.
        automatic_backups: Whether AWS Backup keeps daily copies for 35 days. Default: it does.
        replication: A copy in another Region. Default: none. The copy stays when this stack goes.
        overwritten_by_replication: Lets a file system elsewhere have this one as its copy: what is in it is lost, and
            nothing else can be written. Default: it can't.
        down_with_its_zone: Keeps the files in the first zone of ``subnets`` alone, at about half the price: they are
            out of reach, or lost, with it.
        objectives: What must hold after a loss, checked against what was chosen. Default: nothing is asked for.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the files; the access points and mount targets go with the stack. Default ``RETAIN``.

    Attributes:
        file_system: The file system, as everything in the CDK takes it.
        access_points: By their names.
        security_group: Of the mount targets, closed to everybody who was not let in.
        alarms: By id. ``ReplicationBehind``: the copy is older than half an hour. ``OperationsNearLimit`` and
            ``BurstCreditsLow``: it becomes slow; not with elastic throughput.
        connections: Who may reach the mount targets.
        recovery: What is left of the files after a loss.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/efs/latest/ug/security-considerations.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        access_points: Mapping[str, AccessPoint] = ONE_FOLDER,
        infrequent_access_after_days: int | None = defaults.INFREQUENT_ACCESS_DAYS,
        archive_after_days: int | None = None,
        throughput: Throughput = Throughput.ELASTIC,
        provisioned_mib_per_second: float | None = None,
        encryption_key: kms.IKey | None = None,
        automatic_backups: bool = True,
        replication: FileReplication | None = None,
        overwritten_by_replication: bool = False,
        down_with_its_zone: bool = False,
        objectives: Mapping[Loss, Objective] | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        chosen = selected_subnets(vpc, subnets or parts.where(vpc))
        with Problems(f"SharedFileSystem {self.node.path}") as problems:
            check_shared_file_system(
                problems,
                zones=chosen.availability_zones,
                down_with_its_zone=down_with_its_zone,
                access_points=access_points,
                infrequent_access_after_days=infrequent_access_after_days,
                archive_after_days=archive_after_days,
                throughput=throughput,
                provisioned_mib_per_second=provisioned_mib_per_second,
                replication=replication,
                overwritten_by_replication=overwritten_by_replication,
                automatic_backups=automatic_backups,
                objectives=objectives,
                own_region=Stack.of(self).region,
            )
        self.node.set_context(_STABLE_MOUNT_TARGETS, True)
        self._only_zone = zones_of(chosen)[0] if down_with_its_zone else None
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Mount targets of a file system: reached by those who were let in, and reaching nobody",
            allow_all_outbound=False,
        )
        self.file_system = efs.FileSystem(
            self,
            "FileSystem",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=chosen.subnets[:1] if down_with_its_zone else chosen.subnets),
            security_group=self.security_group,
            encrypted=True,
            kms_key=encryption_key,
            # The CDK's own way of refusing the anonymous allows writing, and root, to whoever may mount.
            allow_anonymous_access=True,
            file_system_policy=parts.tls_only(),
            performance_mode=efs.PerformanceMode.GENERAL_PURPOSE,
            throughput_mode=efs.ThroughputMode[throughput.name],
            provisioned_throughput_per_second=None
            if provisioned_mib_per_second is None
            else Size.mebibytes(provisioned_mib_per_second),
            lifecycle_policy=parts.lifecycle(infrequent_access_after_days),
            transition_to_archive_policy=parts.lifecycle(archive_after_days),
            out_of_infrequent_access_policy=None
            if infrequent_access_after_days is None
            else efs.OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
            enable_automatic_backups=automatic_backups,
            replication_overwrite_protection=efs.ReplicationOverwriteProtection.DISABLED
            if overwritten_by_replication
            else None,
            removal_policy=removal_policy,
        )
        resource = self.file_system.node.default_child
        assert isinstance(resource, efs.CfnFileSystem)  # noqa: S101 - for the type checker
        resource.availability_zone_name = self._only_zone
        resource.replication_configuration = parts.replication_of(replication) if replication else None
        self.access_points: Mapping[str, efs.AccessPoint] = {
            name: self._make_access_point(name, point) for name, point in access_points.items()
        }
        self.alarms = make_alarms(
            self, self.file_system, throughput=throughput, replicated=replication is not None, topic=alarm_topic
        )
        self.recovery: RecoveryCharacteristics = recovery_of(
            down_with_its_zone=down_with_its_zone,
            automatic_backups=automatic_backups,
            replicated=replication is not None,
        )

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the mount targets."""
        return self.file_system.connections

    def let_mount(self, client: Client, access_point: str | None = None, *, read_only: bool = False) -> None:
        """Let a client reach the file system, and read and write there; it waits for the mount targets.

        Args:
            client: Such as ``fleet.group``.
            access_point: By which folder. Default: the only one.
            read_only: Whether it may not write.
        """
        # Said by the client's stack: this one may be another, that knows nothing of it.
        client.connections.allow_to_default_port(self.file_system, "NFS over TLS")
        for group in client.connections.security_groups:
            Annotations.of(group).acknowledge_warning(_OPEN_ALREADY, "What may go anywhere may go there too.")
        self.grant(client, access_point, read_only=read_only)
        client.node.add_dependency(self.file_system.mount_targets_available)

    def grant(self, grantee: iam.IGrantable, access_point: str | None = None, *, read_only: bool = False) -> iam.Grant:
        """Let a role read and write through an access point (default: the only one), or read only."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[_MOUNT] if read_only else [_MOUNT, _WRITE],
            resource_arns=[self.file_system.file_system_arn],
            conditions={
                "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                "StringEquals": {"elasticfilesystem:AccessPointArn": self._access_point(access_point).access_point_arn},
            },
        )

    def mount_commands(
        self, path: str = defaults.MOUNT_PATH, access_point: str | None = None, *, read_only: bool = False
    ) -> Sequence[str]:
        """For the boot script of an Amazon Linux instance, before what needs the files.

        Args:
            path: Where the folder is to be seen.
            access_point: Which one. Default: the only one.
            read_only: Whether nothing is to be written.
        """
        with Problems(f"SharedFileSystem {self.node.path}: mount_commands") as problems:
            check_mount_path(problems, path)
        return mount.commands(
            file_system_id=self.file_system.file_system_id,
            access_point_id=self._access_point(access_point).access_point_id,
            path=path,
            read_only=read_only,
            availability_zone=self._only_zone,
        )

    def _access_point(self, name: str | None) -> efs.AccessPoint:
        names = list(self.access_points)
        if name is None and len(names) == 1:
            return self.access_points[names[0]]
        if name is None or name not in self.access_points:
            raise ValueError(f"access_point must be one of {', '.join(names)}, got {name!r}")
        return self.access_points[name]

    def _make_access_point(self, name: str, point: AccessPoint) -> efs.AccessPoint:
        return self.file_system.add_access_point(
            name,
            path=point.path,
            posix_user=efs.PosixUser(uid=str(point.uid), gid=str(point.gid)),
            create_acl=efs.Acl(owner_uid=str(point.uid), owner_gid=str(point.gid), permissions=point.permissions),
        )
