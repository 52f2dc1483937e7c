"""Diagrams say what a database, cache or file system consists of, who reaches it, and who changes its password."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from docs.generate.architecture import draw
from docs.generate.graph import Edge, Graph
from docs.generate.template import Template

Resource = Mapping[str, object]
Draw = Callable[..., Graph]


def _resource(resource_type: str, path: str, /, **properties: object) -> Resource:
    return {"Type": f"AWS::{resource_type}", "Properties": properties, "Metadata": {"aws:cdk:path": path}}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _get(name: str, attribute: str) -> dict[str, object]:
    return {"Fn::GetAtt": [name, attribute]}


def _cluster(**properties: object) -> Resource:
    return _resource("RDS::DBCluster", "S/Ledger/Cluster/Resource", Engine="aurora-postgresql", **properties)


def _instances(*zones: int | None, **properties: object) -> dict[str, Resource]:
    found = {}
    for number, zone in enumerate(zones):
        place = {} if zone is None else {"AvailabilityZone": {"Fn::Select": [zone, {"Fn::GetAZs": ""}]}}
        path = f"S/Ledger/Cluster/Instance{number}"
        given = {"DBClusterIdentifier": _ref("Db"), **place, **properties}
        found[f"Instance{number}"] = _resource("RDS::DBInstance", path, **given)
    return found


@pytest.fixture
def drawn() -> Draw:
    def of(**resources: Resource) -> Graph:
        return draw(Template({"Resources": resources}))

    return of


class TestAurora:
    @pytest.mark.parametrize(
        ("zones", "said"),
        [
            ((0,), "1 writer, no reader in 1 zone"),
            ((0, 1), "1 writer, 1 reader in 2 zones"),
            ((0, 1, 0), "1 writer, 2 readers in 2 zones"),
            ((0, None), "1 writer, 1 reader"),
        ],
    )
    def test_writer_and_readers_are_counted_with_their_zones(
        self, drawn: Draw, zones: tuple[int | None, ...], said: str
    ) -> None:
        graph = drawn(Db=_cluster(), **_instances(*zones))
        assert [node.kind for node in graph.nodes.values()] == [f"PostgreSQL\n{said}"]

    def test_readers_that_are_added_while_they_are_busy_are_a_range(self, drawn: Draw) -> None:
        target = _resource(
            "ApplicationAutoScaling::ScalableTarget",
            "S/Ledger/Readers",
            ResourceId={"Fn::Join": ["", ["cluster:", _ref("Db")]]},
            MinCapacity=1,
            MaxCapacity=4,
        )
        graph = drawn(Db=_cluster(), Target=target, **_instances(0, 1))
        assert graph.nodes["Db"].kind.splitlines()[-1] == "1 writer, 1 to 4 readers in 2 zones"

    def test_serverless_instances_say_their_capacity(self, drawn: Draw) -> None:
        db = _cluster(ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 16})
        graph = drawn(Db=db, **_instances(0, 1, DBInstanceClass="db.serverless"))
        assert graph.nodes["Db"].kind.splitlines()[-1] == "0.5 to 16 ACUs each"

    def test_the_proxy_stands_before_the_cluster_and_the_clusters_own_port_is_known(self, drawn: Draw) -> None:
        graph = drawn(
            Db=_cluster(Port=5432, VpcSecurityGroupIds=[_ref("DbGroup")]),
            DbGroup=_resource("EC2::SecurityGroup", "S/Ledger/SecurityGroup"),
            Proxy=_resource("RDS::DBProxy", "S/Ledger/Proxy/Resource", VpcSecurityGroupIds=[_ref("ProxyGroup")]),
            ProxyGroup=_resource("EC2::SecurityGroup", "S/Ledger/ProxySecurityGroup"),
            Reading=_resource("RDS::DBProxyEndpoint", "S/Ledger/ReadOnly", DBProxyName=_ref("Proxy")),
            Targets=_resource(
                "RDS::DBProxyTargetGroup", "S/Targets", DBProxyName=_ref("Proxy"), DBClusterIdentifiers=[_ref("Db")]
            ),
            In=_resource(
                "EC2::SecurityGroupIngress",
                "S/In",
                SourceSecurityGroupId=_get("ProxyGroup", "GroupId"),
                GroupId=_get("DbGroup", "GroupId"),
                FromPort=_get("Db", "Endpoint.Port"),
            ),
        )
        assert list(graph.nodes) == ["Db", "Proxy"]
        assert graph.edges == [Edge("Proxy", "Db", ("port 5432", "pooled"))]


class TestDatabase:
    @pytest.mark.parametrize(
        ("properties", "said"),
        [
            ({"MultiAZ": True}, "Multi-AZ, standby in another zone"),
            ({"MultiAZ": False}, "in one zone"),
            (
                {"MultiAZ": True, "AutomaticBackupReplicationRegion": "eu-west-1"},
                "Multi-AZ, standby in another zone\nbackups copied to eu-west-1",
            ),
        ],
    )
    def test_a_standby_is_noted(self, drawn: Draw, properties: Mapping[str, object], said: str) -> None:
        graph = drawn(Db=_resource("RDS::DBInstance", "S/Shop/Instance/Resource", Engine="mysql", **properties))
        assert graph.nodes["Db"].kind == f"MySQL\n{said}"

    def test_a_read_replica_is_a_node_of_its_own(self, drawn: Draw) -> None:
        graph = drawn(
            Db=_resource("RDS::DBInstance", "S/Shop/Instance/Resource"),
            Copy=_resource("RDS::DBInstance", "S/Shop/Replica1/Resource", SourceDBInstanceIdentifier=_ref("Db")),
        )
        assert graph.edges == [Edge("Db", "Copy", ("replicates",))]
        assert graph.nodes["Copy"].spoken() == "Replica 1 (RDS database, read replica, in one zone)"


class TestCache:
    @pytest.mark.parametrize(
        ("properties", "said"),
        [
            ({"NumCacheClusters": 2, "MultiAZEnabled": True}, "2 nodes, Multi-AZ"),
            ({"NumCacheClusters": 1}, "1 node"),
            ({"NumNodeGroups": 3, "ReplicasPerNodeGroup": 1, "MultiAZEnabled": True}, "3 shards of 2 nodes, Multi-AZ"),
        ],
    )
    def test_nodes_are_counted(self, drawn: Draw, properties: Mapping[str, object], said: str) -> None:
        graph = drawn(Cache=_resource("ElastiCache::ReplicationGroup", "S/Hot/Group", Engine="valkey", **properties))
        assert graph.nodes["Cache"].kind == f"Valkey\n{said}"

    def test_memcached_has_nodes_too(self, drawn: Draw) -> None:
        given = {"Engine": "memcached", "NumCacheNodes": 3, "AZMode": "cross-az"}
        graph = drawn(Cache=_resource("ElastiCache::CacheCluster", "S/Hot/Nodes", **given))
        assert graph.nodes["Cache"].kind == "ElastiCache, Memcached\n3 nodes, Multi-AZ"

    def test_users_count_as_their_cache(self, drawn: Draw) -> None:
        statement = {"Effect": "Allow", "Action": "elasticache:ModifyUser", "Resource": _get("User", "Arn")}
        graph = drawn(
            Cache=_resource("ElastiCache::ReplicationGroup", "S/Hot/Group", UserGroupIds=[_ref("Users")]),
            Users=_resource("ElastiCache::UserGroup", "S/Hot/Users", UserIds=[_ref("User")]),
            User=_resource("ElastiCache::User", "S/Hot/User"),
            Changing=_resource("Lambda::Function", "S/Changing/Resource", Role=_get("Role", "Arn")),
            Role=_resource("IAM::Role", "S/Role", Policies=[{"PolicyDocument": {"Statement": [statement]}}]),
        )
        assert list(graph.nodes) == ["Cache", "Changing"]
        assert graph.edges == [Edge("Changing", "Cache", ("ModifyUser",))]


class TestFiles:
    @pytest.fixture
    def shared(self, drawn: Draw) -> Callable[..., Graph]:
        def of(zones: int, points: int) -> Graph:
            found: dict[str, Resource] = {
                "Net": _resource("EC2::VPC", "S/Net/Resource"),
                "Files": _resource("EFS::FileSystem", "S/Files/Resource"),
                "FilesGroup": _resource("EC2::SecurityGroup", "S/FilesGroup"),
                "Fleet": _resource("EC2::Instance", "S/Fleet/Resource", SecurityGroupIds=[_ref("FleetGroup")]),
                "FleetGroup": _resource("EC2::SecurityGroup", "S/FleetGroup"),
                "In": _resource(
                    "EC2::SecurityGroupIngress",
                    "S/In",
                    SourceSecurityGroupId=_ref("FleetGroup"),
                    GroupId=_ref("FilesGroup"),
                    FromPort=2049,
                ),
            }
            for zone in range(zones):
                place = {"Fn::Select": [zone, {"Fn::GetAZs": ""}]}
                found[f"Subnet{zone}"] = _resource(
                    "EC2::Subnet", f"S/Net/Subnet{zone}", VpcId=_ref("Net"), AvailabilityZone=place
                )
                found[f"Target{zone}"] = _resource(
                    "EFS::MountTarget",
                    f"S/Target{zone}",
                    FileSystemId=_ref("Files"),
                    SubnetId=_ref(f"Subnet{zone}"),
                    SecurityGroups=[_ref("FilesGroup")],
                )
            for point in range(points):
                found[f"Point{point}"] = _resource("EFS::AccessPoint", f"S/Point{point}", FileSystemId=_ref("Files"))
            return drawn(**found)

        return of

    @pytest.mark.parametrize(
        ("zones", "points", "said"),
        [
            (3, 1, "mount targets in 3 zones\n1 access point"),
            (1, 2, "mount target in 1 zone\n2 access points"),
            (2, 0, "mount targets in 2 zones"),
        ],
    )
    def test_mount_targets_and_access_points_are_counted(
        self, shared: Callable[..., Graph], zones: int, points: int, said: str
    ) -> None:
        assert shared(zones, points).nodes["Files"].kind == f"EFS file system\n{said}"

    def test_it_stands_in_the_network_of_its_mount_targets(self, shared: Callable[..., Graph]) -> None:
        assert shared(3, 1).nodes["Files"].group == "Net VPC, 3 zones"

    def test_it_is_reached_by_nfs(self, shared: Callable[..., Graph]) -> None:
        assert shared(3, 1).edges == [Edge("Fleet", "Files", ("NFS 2049",))]


class TestRotation:
    @pytest.mark.parametrize(("days", "labels"), [(30, ("rotates", "every 30 days")), (1, ("rotates",))])
    def test_the_function_rotates_the_secret(self, drawn: Draw, days: int, labels: tuple[str, ...]) -> None:
        actions = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
        statement = {"Effect": "Allow", "Action": actions, "Resource": _ref("Attached")}
        graph = drawn(
            Secret=_resource("SecretsManager::Secret", "S/Login/Resource"),
            Attached=_resource("SecretsManager::SecretTargetAttachment", "S/Login/Attached", SecretId=_ref("Secret")),
            Schedule=_resource(
                "SecretsManager::RotationSchedule",
                "S/Login/Schedule",
                SecretId=_ref("Attached"),
                RotationLambdaARN=_get("Rotation", "Arn"),
                RotationRules={"AutomaticallyAfterDays": days},
            ),
            Rotation=_resource("Lambda::Function", "S/Rotation/Resource", Role=_get("Role", "Arn")),
            Role=_resource("IAM::Role", "S/Role", Policies=[{"PolicyDocument": {"Statement": [statement]}}]),
        )
        assert list(graph.nodes) == ["Secret", "Rotation"]
        assert graph.edges == [Edge("Rotation", "Secret", labels)]
