"""The three kinds of cache as ElastiCache makes them: a replication group, Memcached's nodes, and one without nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, CfnResource, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.database._cache_users import CacheUsers, lower_case_name
from aws_patterns.database.cache_engines import CacheEngine, Eviction, family_of
from aws_patterns.database.cache_options import CacheBackups, CacheMaintenance, Serverless

_VALKEY_PORT, _MEMCACHED_PORT = 6379, 11211
_BY_GROUPS = "Who may connect is said by security groups, not by a port that a scan finds as well."


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What clients need to know of a cache, and what it is to CloudFormation."""

    resource: CfnResource
    name: str
    arn: str
    endpoint: str
    port: str
    ports: ec2.Port
    reader_endpoint: str | None
    cluster_mode: bool
    serverless: bool = False

    def environment(self, engine: CacheEngine, users: CacheUsers | None) -> Mapping[str, str]:
        """For ``cache_client``."""
        found = {
            "CACHE_ENGINE": str(engine),
            "CACHE_HOST": self.endpoint,
            "CACHE_PORT": self.port,
            "CACHE_CLUSTER": str(self.cluster_mode).lower(),
        }
        if users is None:
            # A serverless Memcached is one endpoint; nodes are asked for their list.
            return {**found, "CACHE_DISCOVERY": str(not self.serverless).lower()}
        if users.secret is not None:
            return {**found, "CACHE_SECRET": users.secret.secret_arn}
        iam = {"CACHE_USER": users.user_name, "CACHE_NAME": self.name}
        return {**found, **iam, "CACHE_SERVERLESS": str(self.serverless).lower()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a cache is, and behind what."""

    subnets: Sequence[ec2.ISubnet]
    security_group: ec2.ISecurityGroup
    encryption_key: kms.IKey | None


def replication_group(
    scope: Construct,
    engine: CacheEngine,
    version: str,
    place: Place,
    users: CacheUsers,
    *,
    node_type: str,
    shards: int | None,
    replicas: int,
    eviction: Eviction | None,
    backups: CacheBackups | None,
    maintenance: CacheMaintenance,
    log_groups: tuple[logs.ILogGroup, logs.ILogGroup],
) -> Made:
    """Valkey or Redis OSS on nodes."""
    parameters = {"maxmemory-policy": str(eviction or Eviction.VOLATILE_LRU)}
    if shards is not None:
        parameters["cluster-enabled"] = "yes"
    group = elasticache.CfnParameterGroup(
        scope,
        "Parameters",
        cache_parameter_group_family=family_of(engine, version),
        description=scope.node.path,
        properties=parameters,
    )
    resource = elasticache.CfnReplicationGroup(
        scope,
        "Cache",
        replication_group_description=scope.node.path,
        engine=engine,
        engine_version=version,
        cache_node_type=node_type,
        num_cache_clusters=1 + replicas if shards is None else None,
        num_node_groups=shards,
        replicas_per_node_group=None if shards is None else replicas,
        cluster_mode="disabled" if shards is None else "enabled",
        # A cluster of shards has no other way of being (API_CreateReplicationGroup.html).
        automatic_failover_enabled=replicas > 0 or shards is not None,
        multi_az_enabled=replicas > 0,
        port=_VALKEY_PORT,
        cache_subnet_group_name=_subnet_group(scope, place),
        security_group_ids=[place.security_group.security_group_id],
        cache_parameter_group_name=group.ref,
        at_rest_encryption_enabled=True,
        kms_key_id=place.encryption_key.key_arn if place.encryption_key else None,
        transit_encryption_enabled=True,
        transit_encryption_mode="required",
        user_group_ids=[users.group.ref],
        snapshot_retention_limit=backups.retention_days if backups else 0,
        snapshot_window=backups.window if backups else None,
        preferred_maintenance_window=maintenance.window,
        auto_minor_version_upgrade=maintenance.minor_version_upgrades,
        log_delivery_configurations=[
            elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty(
                log_type=kind,
                log_format="json",
                destination_type="cloudwatch-logs",
                destination_details=elasticache.CfnReplicationGroup.DestinationDetailsProperty(
                    cloud_watch_logs_details=elasticache.CfnReplicationGroup.CloudWatchLogsDestinationDetailsProperty(
                        log_group=log_group.log_group_name
                    )
                ),
            )
            for kind, log_group in zip(("engine-log", "slow-log"), log_groups, strict=True)
        ],
    )
    reasons = {
        "AwsSolutions-AEC5": _BY_GROUPS,
        "AwsSolutions-AEC6": "Its users log in by name and password, or with their role, instead of sharing one token.",
    }
    if not replicas:
        reasons["AwsSolutions-AEC4"] = "A single point of failure was asked for by name."
    acknowledge(resource, reasons)
    clustered = shards is not None
    return Made(
        resource=resource,
        name=resource.ref,
        arn=_arn(scope, "replicationgroup", resource.ref),
        endpoint=resource.attr_configuration_end_point_address
        if clustered
        else resource.attr_primary_end_point_address,
        port=resource.attr_configuration_end_point_port if clustered else resource.attr_primary_end_point_port,
        ports=ec2.Port.tcp(_VALKEY_PORT),
        reader_endpoint=None if clustered else resource.attr_reader_end_point_address,
        cluster_mode=clustered,
    )


def memcached_cluster(
    scope: Construct,
    version: str,
    place: Place,
    *,
    node_type: str,
    nodes: int,
    multi_az: bool,
    maintenance: CacheMaintenance,
) -> Made:
    """Memcached on nodes."""
    resource = elasticache.CfnCacheCluster(
        scope,
        "Cache",
        engine=CacheEngine.MEMCACHED,
        engine_version=version,
        cache_node_type=node_type,
        num_cache_nodes=nodes,
        az_mode="cross-az" if multi_az else "single-az",
        port=_MEMCACHED_PORT,
        cache_subnet_group_name=_subnet_group(scope, place),
        vpc_security_group_ids=[place.security_group.security_group_id],
        transit_encryption_enabled=True,
        preferred_maintenance_window=maintenance.window,
        auto_minor_version_upgrade=maintenance.minor_version_upgrades,
    )
    acknowledge(resource, {"AwsSolutions-AEC5": _BY_GROUPS})
    return Made(
        resource=resource,
        name=resource.ref,
        arn=_arn(scope, "cluster", resource.ref),
        endpoint=resource.attr_configuration_endpoint_address,
        port=resource.attr_configuration_endpoint_port,
        ports=ec2.Port.tcp(_MEMCACHED_PORT),
        reader_endpoint=None,
        cluster_mode=False,
    )


def serverless_cache(
    scope: Construct,
    engine: CacheEngine,
    version: str,
    place: Place,
    *,
    users: CacheUsers | None,
    limits: Serverless,
    backups: CacheBackups | None,
    final_snapshot: bool,
) -> Made:
    """A cache without nodes to choose."""
    name = lower_case_name(scope)
    resource = elasticache.CfnServerlessCache(
        scope,
        "Cache",
        engine=engine,
        serverless_cache_name=name,
        major_engine_version=version,
        description=scope.node.path,
        cache_usage_limits=elasticache.CfnServerlessCache.CacheUsageLimitsProperty(
            data_storage=elasticache.CfnServerlessCache.DataStorageProperty(unit="GB", maximum=limits.maximum_gb),
            ecpu_per_second=elasticache.CfnServerlessCache.ECPUPerSecondProperty(
                maximum=limits.maximum_ecpus_per_second
            ),
        ),
        subnet_ids=[subnet.subnet_id for subnet in place.subnets],
        security_group_ids=[place.security_group.security_group_id],
        kms_key_id=place.encryption_key.key_arn if place.encryption_key else None,
        user_group_id=users.group.ref if users else None,
        snapshot_retention_limit=backups.retention_days if backups else None,
        daily_snapshot_time=backups.window.partition("-")[0] if backups else None,
        final_snapshot_name=f"{name}-last" if final_snapshot else None,
    )
    return Made(
        resource=resource,
        name=resource.ref,
        arn=resource.attr_arn,
        endpoint=resource.attr_endpoint_address,
        port=resource.attr_endpoint_port,
        ports=(
            ec2.Port.tcp(_MEMCACHED_PORT)
            if engine == CacheEngine.MEMCACHED
            # Replicas answer beside the first one (dg/set-up.html).
            else ec2.Port.tcp_range(_VALKEY_PORT, _VALKEY_PORT + 1)
        ),
        reader_endpoint=resource.attr_reader_endpoint_address,
        # To its clients it is a cluster, whatever is behind the endpoint (dg/SelectEngine.html).
        cluster_mode=engine != CacheEngine.MEMCACHED,
        serverless=True,
    )


def _subnet_group(scope: Construct, place: Place) -> str:
    return elasticache.CfnSubnetGroup(
        scope,
        "Subnets",
        description=scope.node.path,
        subnet_ids=[subnet.subnet_id for subnet in place.subnets],
    ).ref


def _arn(scope: Construct, kind: str, name: str) -> str:
    return Stack.of(scope).format_arn(
        service="elasticache", resource=kind, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
