"""The Aurora cluster deployed by the real ``cdk deploy``, and destroyed: with its data, or without it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest

from local_aws import data_servers
from local_aws.embedded import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBClusterTypeDef

STACK = "AuroraDatabase"
GIVEN_UP = {"removal_policy": "destroy", "readers": "2", "maximum_readers": "4", "connections": "proxy"}


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def clusters(self) -> list[DBClusterTypeDef]:
        return self.aws.client("rds").describe_db_clusters()["DBClusters"]

    def login(self) -> Mapping[str, str]:
        secret = self.aws.client("secretsmanager").get_secret_value(SecretId=self.outputs["SecretArn"])
        return dict(json.loads(secret["SecretString"]))

    def connect(self, **other: str) -> psycopg.Connection[tuple[object, ...]]:
        """With what the secret says, to what stands for the cluster."""
        login = {**self.login(), **other}
        (server,) = data_servers.read(self.aws.port).running
        return psycopg.connect(
            host=login["host"],
            port=login["port"],
            user=login["username"],
            password=login["password"],
            dbname=login["dbname"],
            sslmode=other.get("sslmode", "verify-full"),
            sslrootcert=server.certificate,
        )


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """With a real PostgreSQL behind the cluster's name."""
    found = EmbeddedAws(tmp_path_factory.mktemp("aurora"), enforce_iam=True, programs=True)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="class")
def given_up(aws: EmbeddedAws) -> Iterator[Deployed]:
    """A stack whose data goes with it: destroyed afterwards, and gone."""
    yield (found := Deployed(aws, aws.deploy(STACK, context=GIVEN_UP)))
    aws.destroy(STACK, context=GIVEN_UP)
    assert found.clusters() == []
    assert aws.client("rds").describe_db_instances()["DBInstances"] == []
    assert aws.client("rds").describe_db_proxies()["DBProxies"] == []
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []
    assert data_servers.read(aws.port).running == []


class TestGivenUp:
    def test_a_writer_and_two_readers_in_three_zones(self, given_up: Deployed) -> None:
        (cluster,) = given_up.clusters()
        assert cluster["DBClusterIdentifier"] == given_up.outputs["ClusterIdentifier"]
        instances = given_up.aws.client("rds").describe_db_instances()["DBInstances"]
        assert {one["DBClusterIdentifier"] for one in instances} == {cluster["DBClusterIdentifier"]}
        assert len({one["AvailabilityZone"] for one in instances}) == len(instances) == 3
        assert sorted(one["PromotionTier"] for one in instances) == [0, 1, 2]

    def test_the_secret_leads_to_the_database_over_tls_alone(self, given_up: Deployed) -> None:
        with given_up.connect() as database:
            (encrypted,) = database.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() or ()
        assert encrypted is True
        with pytest.raises(psycopg.OperationalError):
            given_up.connect(sslmode="disable")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            given_up.connect(password="guessed")

    def test_clients_are_told_of_the_proxy(self, given_up: Deployed) -> None:
        (proxy,) = given_up.aws.client("rds").describe_db_proxies()["DBProxies"]
        assert given_up.outputs["Endpoint"] == proxy["Endpoint"]
        assert proxy["RequireTLS"] is True
        (auth,) = proxy["Auth"]
        assert auth["SecretArn"] == given_up.outputs["SecretArn"]


def test_as_it_ships_the_data_outlives_the_stack(aws: EmbeddedAws) -> None:
    """Deploy, write, destroy: the cluster, its secret and what was written are still there, and so is their network."""
    deployed = Deployed(aws, aws.deploy(STACK))
    with deployed.connect() as database:
        database.execute("CREATE TABLE orders (number integer)")
        database.execute("INSERT INTO orders VALUES (42)")

    aws.destroy(STACK)

    (network,) = aws.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    assert network["VpcId"]
    (cluster,) = deployed.clusters()
    assert cluster["DBClusterIdentifier"] == deployed.outputs["ClusterIdentifier"]
    assert cluster["DeletionProtection"] is True
    assert len(aws.client("rds").describe_db_instances()["DBInstances"]) == 2
    with deployed.connect() as database:
        assert database.execute("SELECT number FROM orders").fetchall() == [(42,)]
