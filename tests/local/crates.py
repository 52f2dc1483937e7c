"""A fleet, a global database cluster and a read replica in two Regions, made by a few calls."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

from recovery_state.logic import Role
from tests.local.two_regions import AWAY, REGIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.embedded import EmbeddedAws

GROUP, GLOBAL, REPLICA = "crates-web", "crates", "crates-db-replica"
SIZES = {Role.PRIMARY: (1, 2, 4), Role.RECOVERY: (0, 0, 4)}


def make(aws: EmbeddedAws) -> ExitStack:
    """Make all of it; closing takes it away."""
    made = ExitStack()
    home, away = (aws.clients_in(region)("rds") for region in REGIONS.values())
    home.create_global_cluster(GlobalClusterIdentifier=GLOBAL, Engine="aurora-postgresql")
    made.callback(home.delete_global_cluster, GlobalClusterIdentifier=GLOBAL)
    engine: Literal["aurora-postgresql"] = "aurora-postgresql"
    home.create_db_cluster(
        DBClusterIdentifier="crates-primary",
        Engine=engine,
        GlobalClusterIdentifier=GLOBAL,
        MasterUsername="crates",
        MasterUserPassword="dummy-password",  # nothing listens
    )
    away.create_db_cluster(DBClusterIdentifier="crates-recovery", Engine=engine, GlobalClusterIdentifier=GLOBAL)
    for client, name in ((home, "crates-primary"), (away, "crates-recovery")):
        made.callback(client.delete_db_cluster, DBClusterIdentifier=name, SkipFinalSnapshot=True)
    made.callback(_dissolve, aws)
    # The emulator knows no source in another Region; the runbook only looks at the replica.
    away.create_db_instance(
        DBInstanceIdentifier="crates-db",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="crates",
        MasterUserPassword="dummy-password",  # nothing listens
    )
    made.callback(away.delete_db_instance, DBInstanceIdentifier="crates-db", SkipFinalSnapshot=True)
    away.create_db_instance_read_replica(DBInstanceIdentifier=REPLICA, SourceDBInstanceIdentifier="crates-db")
    made.callback(away.delete_db_instance, DBInstanceIdentifier=REPLICA, SkipFinalSnapshot=True)
    for role, region in REGIONS.items():
        _make_group(aws, region, SIZES[role], made)
    return made


def writer(aws: EmbeddedAws) -> str:
    """Identifier of the cluster that writes."""
    found = aws.clients_in(AWAY)("rds").describe_global_clusters(GlobalClusterIdentifier=GLOBAL)
    (arn,) = (each["DBClusterArn"] for each in found["GlobalClusters"][0]["GlobalClusterMembers"] if each["IsWriter"])
    return arn.rpartition(":")[2]


def source(aws: EmbeddedAws) -> str:
    """What the replica follows; blank: nothing any more."""
    found = aws.clients_in(AWAY)("rds").describe_db_instances(DBInstanceIdentifier=REPLICA)["DBInstances"][0]
    return found.get("ReadReplicaSourceDBInstanceIdentifier", "")


def sizes(aws: EmbeddedAws) -> Mapping[Role, tuple[int, int, int]]:
    """Of each Region's group: at least, wanted, at most."""
    found = {}
    for role, region in REGIONS.items():
        (group,) = aws.clients_in(region)("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])[
            "AutoScalingGroups"
        ]
        found[role] = (group["MinSize"], group["DesiredCapacity"], group["MaxSize"])
    return found


def _dissolve(aws: EmbeddedAws) -> None:
    """Take the clusters out of the global one, the writer last."""
    client = aws.clients_in(AWAY)("rds")
    (found,) = client.describe_global_clusters(GlobalClusterIdentifier=GLOBAL)["GlobalClusters"]
    for member in sorted(found["GlobalClusterMembers"], key=lambda each: each["IsWriter"]):
        region = member["DBClusterArn"].split(":")[3]
        aws.clients_in(region)("rds").remove_from_global_cluster(
            GlobalClusterIdentifier=GLOBAL, DbClusterIdentifier=member["DBClusterArn"]
        )


def _make_group(aws: EmbeddedAws, region: str, sizes: tuple[int, int, int], made: ExitStack) -> None:
    ec2, scaling = aws.clients_in(region)("ec2"), aws.clients_in(region)("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName=GROUP, LaunchTemplateData={"ImageId": "ami-00000000", "InstanceType": "t4g.nano"}
    )
    made.callback(ec2.delete_launch_template, LaunchTemplateName=GROUP)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=sizes[0],
        DesiredCapacity=sizes[1],
        MaxSize=sizes[2],
        LaunchTemplate={"LaunchTemplateName": GROUP},
        VPCZoneIdentifier=subnet,
    )
    made.callback(scaling.delete_auto_scaling_group, AutoScalingGroupName=GROUP, ForceDelete=True)
