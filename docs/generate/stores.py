"""What stands below the names of databases, caches and file systems: engine, copies, zones."""

from __future__ import annotations

import json

from docs.generate.template import Resource, Template, at, items, text
from docs.generate.topology import Topology, number

_INSTANCE = "AWS::RDS::DBInstance"
_SCALABLE = "AWS::ApplicationAutoScaling::ScalableTarget"
_ENGINES = {
    "aurora-mysql": "MySQL",
    "aurora-postgresql": "PostgreSQL",
    "mariadb": "MariaDB",
    "memcached": "Memcached",
    "mysql": "MySQL",
    "postgres": "PostgreSQL",
    "redis": "Redis OSS",
    "valkey": "Valkey",
}


def engine(resource: Resource) -> str:
    """The engine of a database or cache; empty for what has none."""
    return _ENGINES.get(text(resource.properties.get("Engine")), "")


def database(_topology: Topology, instance: Resource) -> str:
    """Whether something takes over from an RDS database, and what else has its data."""
    given = instance.properties
    lines = ["read replica"] if given.get("SourceDBInstanceIdentifier") else []
    lines.append("Multi-AZ, standby in another zone" if _true(given.get("MultiAZ")) else "in one zone")
    backups = text(given.get("AutomaticBackupReplicationRegion"))
    return "\n".join([*lines, *([f"backups copied to {backups}"] if backups else [])])


def cluster(topology: Topology, resource: Resource) -> str:
    """How many write and read in an Aurora cluster, and in how many zones."""
    template, given = topology.template, resource.properties
    instances = [
        one
        for one in template.of_type(_INSTANCE)
        if resource.id in template.references(one.properties.get("DBClusterIdentifier"))
    ]
    if not instances:
        return ""
    placed = [json.dumps(one.properties.get("AvailabilityZone")) for one in instances]
    zones = 0 if "null" in placed else len(set(placed))
    lines = [f"1 writer, {_readers(template, resource, len(instances) - 1)}{_in_zones(zones)}"]
    capacity = given.get("ServerlessV2ScalingConfiguration")
    if "db.serverless" in [text(one.properties.get("DBInstanceClass")) for one in instances] and capacity:
        lines.append(f"{text(at(capacity, 'MinCapacity'))} to {text(at(capacity, 'MaxCapacity'))} ACUs each")
    return "\n".join(lines)


def cache(_topology: Topology, resource: Resource) -> str:
    """How many nodes a cache has, and whether they are in several zones."""
    given = resource.properties
    if shards := number(given.get("NumNodeGroups")):
        each = _count(1 + number(given.get("ReplicasPerNodeGroup")), "node")
        nodes = f"{_count(shards, 'shard')} of {each}"
    else:
        nodes = _count(number(given.get("NumCacheClusters"), number(given.get("NumCacheNodes"), 1)), "node")
    spread = _true(given.get("MultiAZEnabled")) or text(given.get("AZMode")) == "cross-az"
    return f"{nodes}, Multi-AZ" if spread else nodes


def files(topology: Topology, system: Resource) -> str:
    """In which zones a file system is reached, and by how many access points."""
    referrers = topology.template.referrers(system.id)
    targets = [one for one in referrers if one.type == "AWS::EFS::MountTarget"]
    points = sum(one.type == "AWS::EFS::AccessPoint" for one in referrers)
    zones = len(topology.zones([one.properties.get("SubnetId") for one in targets]))
    lines = [f"mount target{'s' * (len(targets) > 1)}{_in_zones(zones)}"] if targets else []
    lines += ["One Zone"] if "AvailabilityZoneName" in system.properties else []
    return "\n".join([*lines, *([_count(points, "access point")] if points else [])])


def bucket(_topology: Topology, resource: Resource) -> str:
    """What encrypts a bucket's objects, where that is a key of KMS."""
    default = "ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault.KMSMasterKeyID"
    return "KMS key of its own" if items(at(resource.properties.get("BucketEncryption"), default)) else ""


def _readers(template: Template, resource: Resource, count: int) -> str:
    for one in template.referrers(resource.id):
        if one.type == _SCALABLE:
            least, most = (text(one.properties.get(name)) for name in ("MinCapacity", "MaxCapacity"))
            return f"{least} to {most} readers" if least != most else _count(count, "reader")
    return _count(count, "reader") if count else "no reader"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _in_zones(count: int) -> str:
    return f" in {_count(count, 'zone')}" if count else ""


def _true(value: object) -> bool:
    return text(value).lower() == "true"
