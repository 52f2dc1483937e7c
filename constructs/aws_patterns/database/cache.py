"""A cache in memory, for what is read more often than it changes, and for sessions."""

from __future__ import annotations

from collections.abc import Mapping

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _cache_kinds as kinds
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._cache_alarms import (
    NodeAlarms,
    memcached_nodes,
    replication_group_nodes,
    watch_serverless,
)
from aws_patterns.database._cache_place import check_place, log_groups, settle_removal, subnets_of
from aws_patterns.database._cache_rotation import rotate
from aws_patterns.database._cache_users import cache_users
from aws_patterns.database.cache_engines import CacheAuthentication, CacheEngine, Eviction, version_of
from aws_patterns.database.cache_options import (
    CacheAvailability,
    CacheBackups,
    CacheMaintenance,
    CacheThresholds,
    Serverless,
    check_cache,
    nodes_of,
    recovery_of,
    replicas_of,
)
from aws_patterns.recovery import Loss, RecoveryCharacteristics
from aws_patterns.recovery_objectives import Objective


@jsii.implements(ec2.IConnectable)
class Cache(Construct):
    """ElastiCache in private: Valkey in two zones, TLS only, a user whose password changes by itself, alarms.

    Use it in front of a database that answers the same questions again and again, and for sessions that any server may
    need. Not as the only place of what can't be made again: a failover loses the last second, and Memcached or a single
    node all of it (see ``DynamoDbTable``). ``lambda_src/cache_client`` reads and writes it.

    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> cache = Cache(stack, "Cache", vpc=vpc)
    >>> Cache(stack, "Scores", vpc=vpc, node_type="r7g.large", shards=3, authentication=CacheAuthentication.IAM)
    >>> Cache(stack, "Elastic", vpc=vpc, serverless=Serverless(maximum_gb=50))
    >>> Cache(stack, "Fragments", vpc=vpc, engine=CacheEngine.MEMCACHED, nodes=3)

    Who uses it is let in and may log in: ``cache.connections.allow_default_port_from(fleet)`` and
    ``cache.grant_connect(fleet)``.

    Args:
        vpc: The network that it is in.
        subnets: Where in there, in two zones or more. Default: the isolated subnets, or the private ones where there
            are none.
        engine: Default Valkey.
        engine_version: Default 8.2 for Valkey, 7.1 for Redis OSS, 1.6.22 for Memcached; serverless, a major one alone.
        availability: Default: a replica in another zone.
        node_type: Of each node. Default m7g.large, the smallest that is not burstable.
        shards: 1 to 500, among which the keys are divided: clients must know of clusters, and a number can't become
            ``None`` later, nor the reverse, without another cache. Default: one, for any client.
        replicas: Of each shard, 0 to 5. Default 1; 0 with ``SINGLE_POINT_OF_FAILURE``.
        nodes: Of Memcached, 1 to 60. Default 2; 1 with ``SINGLE_POINT_OF_FAILURE``.
        serverless: Grows and shrinks by itself, in place of nodes. Default: nodes.
        authentication: Default: a password, which is in ``secret``. Memcached has none.
        access_string: What the user may do (valkey.io/topics/acl). Default: all that uses a cache, nothing that
            configures it, lists its keys or empties it.
        rotation_days: How often the password is changed, 1 to 1,000; the one before works until the next change.
            ``None`` keeps it for ever. Default 30.
        eviction: What gives way when the memory is full. Default: keys with a time to live, not used for long.
        backups: A snapshot each day; ``None`` for none. Memcached on nodes has none. Default: kept for a day.
        maintenance: When AWS may change nodes and engine.
        encryption_key: Customer managed key of what is on disk and of the secret. Default: keys that AWS owns.
        objectives: What must hold after a loss; it is an error if what is chosen does not reach it. Default: nothing.
        thresholds: When the alarms ring.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: ``SNAPSHOT`` keeps a last snapshot, of all but Memcached on nodes, and deletes the cache;
            ``RETAIN`` keeps the cache with all that it needs; ``DESTROY`` keeps nothing. Default ``SNAPSHOT``.

    Attributes:
        resource: The ``CfnReplicationGroup``, ``CfnCacheCluster`` or ``CfnServerlessCache``.
        endpoint: The name that clients connect to; Memcached on nodes says there which nodes it has.
        port: There, as a text.
        reader_endpoint: The name behind which replicas answer reads; ``None`` where clients know by themselves.
        secret: JSON with ``username`` and ``password``; ``None`` with IAM and Memcached.
        user: The ``CfnUser``; ``None`` with Memcached.
        user_name: Its name at login; ``None`` with Memcached.
        security_group: The cache's own.
        connections: With the port as default.
        environment: All of that for ``cache_client``.
        rotation: The function that changes the password; ``None`` without one.
        alarms: By id. ``Cpu``, ``Memory``, ``Connections``, ``LoginFailures``, ``Overloaded``, ``ReplicationLag``;
            ``Swap`` of Memcached; ``Throttled`` of serverless ones; ``RotationErrors``. A number at the end where there
            are more than ten nodes.
        recovery: What follows from the loss of a node, a zone, a Region.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/BestPractices.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        engine: CacheEngine = CacheEngine.VALKEY,
        engine_version: str | None = None,
        availability: CacheAvailability = CacheAvailability.MULTI_AZ,
        node_type: str | None = None,
        shards: int | None = None,
        replicas: int | None = None,
        nodes: int | None = None,
        serverless: Serverless | None = None,
        authentication: CacheAuthentication | None = None,
        access_string: str | None = None,
        rotation_days: int | None = defaults.ROTATION_DAYS,
        eviction: Eviction | None = None,
        backups: CacheBackups | None = CacheBackups(),  # noqa: B008 - frozen
        maintenance: CacheMaintenance = CacheMaintenance(),  # noqa: B008 - frozen
        encryption_key: kms.IKey | None = None,
        objectives: Mapping[Loss, Objective] | None = None,
        thresholds: CacheThresholds = CacheThresholds(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.SNAPSHOT,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"Cache {self.node.path}") as problems:
            check_cache(
                problems,
                engine=engine,
                engine_version=engine_version,
                availability=availability,
                node_type=node_type,
                shards=shards,
                replicas=replicas,
                nodes=nodes,
                serverless=serverless,
                authentication=authentication,
                access_string=access_string,
                rotation_days=rotation_days,
                eviction=eviction,
                backups=backups,
                maintenance=maintenance,
                objectives=objectives,
                thresholds=thresholds,
            )
            multi_az = availability == CacheAvailability.MULTI_AZ
            check_place(problems, vpc, subnets, multi_az=multi_az)
        engine = CacheEngine(engine)
        is_serverless = serverless is not None
        version = version_of(engine, engine_version, serverless=is_serverless)
        self.recovery: RecoveryCharacteristics = recovery_of(
            engine=engine, availability=availability, serverless=is_serverless, backups=backups
        )
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="A cache: nobody by itself", allow_all_outbound=False
        )
        place = kinds.Place(
            subnets=subnets_of(vpc, subnets), security_group=self.security_group, encryption_key=encryption_key
        )
        users = (
            None
            if engine == CacheEngine.MEMCACHED
            else cache_users(
                self,
                engine,
                authentication or CacheAuthentication.PASSWORD,
                access_string or defaults.CACHE_ACCESS_STRING,
                encryption_key,
            )
        )
        alarms = Alarms(self, alarm_topic)
        made: kinds.Made
        if serverless is not None:
            made = kinds.serverless_cache(
                self,
                engine,
                version,
                place,
                users=users,
                limits=serverless,
                backups=backups,
                final_snapshot=removal_policy == RemovalPolicy.SNAPSHOT,
            )
            watch_serverless(alarms, made.name, serverless, thresholds, users=users is not None)
        elif users is not None:
            made = kinds.replication_group(
                self,
                engine,
                version,
                place,
                users,
                node_type=_node_type(node_type),
                shards=shards,
                replicas=replicas_of(availability, replicas),
                eviction=eviction,
                backups=backups,
                maintenance=maintenance,
                log_groups=log_groups(self, removal_policy),
            )
            count = replicas_of(availability, replicas)
            NodeAlarms(
                alarms, replication_group_nodes(made.name, shards=shards, replicas=count), thresholds
            ).watch_structures(_node_type(node_type), replicated=count > 0)
        else:
            made = kinds.memcached_cluster(
                self,
                version,
                place,
                node_type=_node_type(node_type),
                nodes=nodes_of(availability, nodes),
                multi_az=multi_az,
                maintenance=maintenance,
            )
            NodeAlarms(alarms, memcached_nodes(made.name, nodes_of(availability, nodes)), thresholds).watch_memcached()
        self.rotation: lambda_.Function | None = None
        self.user: elasticache.CfnUser | None = None
        self.user_name: str | None = None
        self.secret: secretsmanager.Secret | None = None
        if users is not None:
            self.user, self.user_name, self.secret = users.user, users.user_name, users.secret
            if users.secret is not None and rotation_days is not None:
                self.rotation = rotate(self, users, rotation_days, removal_policy, alarms)
            elif users.secret is not None:
                acknowledge(
                    users.secret, {"AwsSolutions-SMG4": "rotation_days=None was asked for: the password stays."}
                )
        settle_removal(self, made.resource, removal_policy, by_cloudformation=users is not None and not is_serverless)
        self.resource = made.resource
        self.endpoint: str = made.endpoint
        self.port: str = made.port
        self.reader_endpoint: str | None = made.reader_endpoint
        self.environment: Mapping[str, str] = made.environment(engine, users)
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id
        self._arns = [made.arn, *([users.user.attr_arn] if users else [])]
        self._connections = ec2.Connections(security_groups=[self.security_group], default_port=made.ports)

    @property
    def connections(self) -> ec2.Connections:
        """Who may connect: ``cache.connections.allow_default_port_from(server)``."""
        return self._connections

    def grant_connect(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a role log in: read the password, or sign in with IAM. Memcached asks nobody."""
        if self.secret is not None:
            return self.secret.grant_read(grantee)
        if self.user is None:
            return iam.Grant.drop(grantee, "Memcached has no users")
        return iam.Grant.add_to_principal(grantee=grantee, actions=["elasticache:Connect"], resource_arns=self._arns)


def _node_type(asked: str | None) -> str:
    node_type = asked or defaults.CACHE_NODE_TYPE
    return node_type if is_token(node_type) or node_type.startswith("cache.") else f"cache.{node_type}"
