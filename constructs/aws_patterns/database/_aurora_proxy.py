"""RDS Proxy in front of an Aurora cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration, Names
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from aws_patterns.database.aurora_parts import ConnectionProxy
from aws_patterns.database.engines import TRAITS, Engine

# rds: letters, digits and single hyphens (AmazonRDS/latest/APIReference/API_CreateDBProxy.html).
_LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class ProxyParts:
    """What was made."""

    proxy: rds.DatabaseProxy
    connections: ec2.Connections
    port: int
    read_only_endpoint: rds.IDatabaseProxyEndpoint | None


def make_proxy(
    scope: Construct,
    cluster: rds.DatabaseCluster,
    *,
    settings: ConnectionProxy,
    engine: Engine,
    secret: secretsmanager.ISecret,
    vpc: ec2.IVpc,
    subnets: Sequence[ec2.ISubnet],
) -> ProxyParts:
    """Over TLS only, in the database's subnets, with the secret's user towards the database."""
    port = TRAITS[engine].port
    selection = ec2.SubnetSelection(subnets=list(subnets))
    security_group = ec2.SecurityGroup(
        scope, "ProxySecurityGroup", vpc=vpc, description="A proxy: to its database alone", allow_all_outbound=False
    )
    name = Names.unique_resource_name(scope, max_length=_LONGEST_NAME - 3, separator="-").strip("-")
    proxy = rds.DatabaseProxy(
        scope,
        "Proxy",
        db_proxy_name=name,
        proxy_target=rds.ProxyTarget.from_cluster(cluster),
        secrets=[secret],
        vpc=vpc,
        vpc_subnets=selection,
        security_groups=[security_group],
        iam_auth=settings.iam_required,
        require_tls=True,
        client_password_auth_type=_password_kind(engine),
        max_connections_percent=settings.maximum_connections_percent,
        borrow_timeout=Duration.seconds(settings.borrow_timeout_seconds),
        idle_client_timeout=Duration.seconds(settings.idle_client_timeout_seconds),
    )
    endpoint = (
        proxy.add_endpoint(
            "ReadOnly",
            vpc=vpc,
            vpc_subnets=selection,
            security_groups=[security_group],
            db_proxy_endpoint_name=f"{name}-ro",
            target_role=rds.ProxyEndpointTargetRole.READ_ONLY,
        )
        if settings.read_only_endpoint
        else None
    )
    return ProxyParts(
        proxy=proxy,
        connections=ec2.Connections(security_groups=[security_group], default_port=ec2.Port.tcp(port)),
        port=port,
        read_only_endpoint=endpoint,
    )


def _password_kind(engine: Engine) -> rds.ClientPasswordAuthType | None:
    """The stronger one of PostgreSQL; MySQL's follows the user's."""
    return rds.ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256 if engine is Engine.POSTGRESQL else None
