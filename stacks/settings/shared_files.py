"""Settings of the stack SharedFiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.sample_web_app_options import check_sample_web_app
from aws_patterns.load_balancing import _defaults as balancing_defaults
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier_options import check_web_tier
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc_options import NatGateways
from aws_patterns.network.multi_az_vpc_options import check_options as check_network
from aws_patterns.recovery import RecoveryCharacteristics
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage.shared_file_system_options import (
    AccessPoint,
    FileReplication,
    Throughput,
    check_mount_path,
    check_shared_file_system,
    recovery_of,
)
from stacks.settings._shared import (
    capacity_of,
    certificate_problems,
    exactly,
    key_problems,
    renamed,
    signal_problems,
    topic_problems,
    zones_of,
)

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

FOLDER = "Files"

# What the parts call it, and what it is called here.
_NAMES = {
    **exactly(
        {
            "access_logs.retention_days": "access_log_retention_days",
            "capacity.maximum": "capacity_maximum",
            "capacity.minimum": "capacity_minimum",
            "certificates": "certificate_arns",
            "cidr": "vpc_cidr",
            "instances.instance_types": "instance_type",
            "path": "mount_path",
            "replication.key_alias": "replica_key_alias",
            "replication.region": "replica_region",
        }
    ),
    rf"^access_points\['{FOLDER}'\]\.path(?=\s)": "folder",
    r"throughput=Throughput\.ELASTIC": "throughput=elastic",
    r"throughput=Throughput\.PROVISIONED": "throughput=provisioned",
    r"Throughput\.BURSTING": "bursting",
    r"Throughput\.PROVISIONED": "provisioned",
    r", or None for never": ", or empty for never",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedFilesSettings:
    """What may be chosen about the web tier whose instances share files.

    Args:
        folder: Of the file system that the instances see.
        mount_path: Where they see it.
        read_only: Whether they only read.
        infrequent_access_after_days: When a file that nobody reads moves to the cheaper storage (1, 7, 14, 30, 60, 90,
            180, 270 or 365); empty: never.
        archive_after_days: When it moves to the cheapest, likewise. Default: never.
        throughput: How fast the file system is: elastic (as needed), bursting (by how much is stored) or provisioned.
        provisioned_mib_per_second: How fast, with throughput=provisioned. Default: none.
        automatic_backups: Whether AWS Backup keeps daily copies for 35 days.
        replica_region: Region of a copy that is at most some minutes old. Default: none.
        replica_key_alias: Name of the KMS key there, without alias/. Default: EFS's own key.
        encryption_key_arn: KMS key of the files. Default: EFS's own.
        availability_zones: How many zones everything is in, 2 or 3.
        vpc_cidr: The network's addresses.
        nat_gateways: The instances' way to the internet: one in each zone, a single one for all, or none, with
            interface_endpoints instead.
        interface_endpoints: AWS services to be reached without the internet: at least cloudformation with
            nat_gateways none, and for Session Manager ssm and ssmmessages. Default: none.
        tls: Where encryption ends: offload (at the load balancer), bridging (encrypted again to the instances), or
            plain-http (not at all, for a trial).
        certificate_arns: ACM certificates of this Region, the default one first; needed unless tls is plain-http.
        internet_facing: Whether the internet may reach the load balancer.
        capacity_minimum: Instances that there always are. Default: one in each zone.
        capacity_maximum: Instances that there may be. Default: twice the minimum.
        instance_type: The type of the instances.
        sample_version: Shown on the page of the sample application; another one replaces the instances.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        access_log_retention_days: How long the load balancer's log is kept; empty keeps none.
        deletion_protection: Whether the load balancer refuses to be deleted: to be turned off before the stack is.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    folder: str = defaults.FOLDER_PATH
    mount_path: str = defaults.MOUNT_PATH
    read_only: bool = False
    infrequent_access_after_days: int | None = defaults.INFREQUENT_ACCESS_DAYS
    archive_after_days: int | None = None
    throughput: Throughput = Throughput.ELASTIC
    provisioned_mib_per_second: float | None = None
    automatic_backups: bool = True
    replica_region: str | None = None
    replica_key_alias: str | None = None
    encryption_key_arn: str | None = None
    availability_zones: int = network_defaults.AVAILABILITY_ZONES
    vpc_cidr: str = network_defaults.CIDR
    nat_gateways: NatGateways = NatGateways.PER_AZ
    interface_endpoints: tuple[str, ...] = ()
    tls: TlsApproach = TlsApproach.OFFLOAD
    certificate_arns: tuple[str, ...] = ()
    internet_facing: bool = True
    capacity_minimum: int | None = None
    capacity_maximum: int | None = None
    instance_type: str = compute_defaults.INSTANCE_TYPES[0]
    sample_version: str = "1"
    alarm_topic_arn: str | None = None
    access_log_retention_days: int | None = balancing_defaults.ACCESS_LOG_RETENTION_DAYS
    deletion_protection: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    def access_points(self) -> Mapping[str, AccessPoint]:
        """Which folder the instances see."""
        return {FOLDER: AccessPoint(path=self.folder)}

    def replication(self) -> FileReplication | None:
        """Where the copy is."""
        return (
            FileReplication(region=self.replica_region, key_alias=self.replica_key_alias)
            if self.replica_region
            else None
        )

    def capacity(self) -> Capacity:
        """How many instances."""
        zones = zones_of(self.availability_zones)
        return capacity_of(zones, minimum=self.capacity_minimum, maximum=self.capacity_maximum, desired=None)

    def instances(self, user_data: "ec2.UserData | None" = None) -> Instances:
        """Of which type, with what to run."""
        return Instances(instance_types=(self.instance_type,), user_data=user_data)

    def access_logs(self) -> AccessLogs | None:
        """For how long the load balancer's log is kept."""
        days = self.access_log_retention_days
        return None if days is None else AccessLogs(retention_days=days)

    def recovery(self) -> Mapping[str, RecoveryCharacteristics]:
        """What is left after a loss, of what holds data."""
        files = recovery_of(automatic_backups=self.automatic_backups, replicated=self.replica_region is not None)
        return {"Shared files": files}

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("SharedFiles")
        check_mount_path(problems, self.mount_path)
        check_shared_file_system(
            problems,
            access_points=self.access_points(),
            infrequent_access_after_days=self.infrequent_access_after_days,
            archive_after_days=self.archive_after_days,
            throughput=self.throughput,
            provisioned_mib_per_second=self.provisioned_mib_per_second,
            replication=self.replication(),
        )
        check_network(
            problems,
            cidr=self.vpc_cidr,
            availability_zones=self.availability_zones,
            nat_gateways=self.nat_gateways,
            interface_endpoints=self.interface_endpoints,
        )
        check_web_tier(
            problems,
            zones=zones_of(self.availability_zones),
            tls=self.tls,
            certificates=self.certificate_arns,
            access_logs=self.access_logs(),
            instances=self.instances(),
            capacity=self.capacity(),
        )
        check_sample_web_app(problems, version=self.sample_version, version_name="sample_version")
        if self.replica_key_alias is not None and self.replica_region is None:
            problems.add("replica_key_alias has no effect without replica_region: choose one, or leave it out")
        return [
            *renamed(problems.found, _NAMES),
            *signal_problems(self.nat_gateways, self.interface_endpoints),
            *certificate_problems(self.certificate_arns),
            *key_problems(self.encryption_key_arn),
            *topic_problems(self.alarm_topic_arn),
        ]
