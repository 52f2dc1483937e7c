"""What a shared file system is made of, in the CDK's words."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam

from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage.shared_file_system_options import FileReplication

_AFTER = {days: f"AFTER_{days}_DAY{'' if days == 1 else 'S'}" for days in defaults.LIFECYCLE_DAYS}


def where(vpc: ec2.IVpc) -> ec2.SubnetSelection:
    """Where mount targets are, which call nobody: in the isolated subnets, or the private ones where there are none."""
    kind = ec2.SubnetType.PRIVATE_ISOLATED if vpc.isolated_subnets else ec2.SubnetType.PRIVATE_WITH_EGRESS
    return ec2.SubnetSelection(subnet_type=kind, one_per_az=True)


def lifecycle(days: int | None) -> efs.LifecyclePolicy | None:
    """After so many days without a read; ``None``: never."""
    return None if days is None else efs.LifecyclePolicy[_AFTER[days]]


def tls_only() -> iam.PolicyDocument:
    """Nobody without TLS. As it allows nothing, it ends EFS's default, by which all in reach may do everything."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["*"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ]
    )


def replication_of(replication: FileReplication) -> efs.CfnFileSystem.ReplicationConfigurationProperty:
    """With a key by its name and a file system by its id, for which the CDK's own has no words."""
    return efs.CfnFileSystem.ReplicationConfigurationProperty(
        destinations=[
            efs.CfnFileSystem.ReplicationDestinationProperty(
                region=replication.region,
                file_system_id=replication.file_system_id,
                kms_key_id=None if replication.key_alias is None else f"alias/{replication.key_alias}",
            )
        ]
    )
