"""Databases and caches lead to real servers where programs run in the place of instances."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
import redis
from rich.console import Console

from local_aws import data_servers, processes, report, state
from local_aws.data_servers import DataServer, DataServers, Missing
from local_aws.embedded import EmbeddedAws
from local_aws.project import Workspace
from local_aws.template_stacks import TemplateStack, create_stack
from tests.local.network_types import VPC, get, ref, resource
from tests.local.programs import eventually

OTHER = {"VpcId": ref("Vpc"), "CidrBlock": "10.7.1.0/24", "AvailabilityZone": "us-east-1b"}
SUBNETS = [ref("Subnet"), ref("Other")]


def secret(username: str) -> Mapping[str, object]:
    generated = {"SecretStringTemplate": json.dumps({"username": username}), "GenerateStringKey": "password"}
    return resource("SecretsManager::Secret", GenerateSecretString={**generated, "ExcludePunctuation": True})


def password_of(name: str) -> Mapping[str, object]:
    return {"Fn::Sub": f"{{{{resolve:secretsmanager:${{{name}}}:SecretString:password::}}}}"}


def template(*, engine: str = "postgres", username: str = "shop") -> Mapping[str, object]:
    """A database and a cache, each with a user whose password nobody has seen."""
    return {
        "Resources": {
            **VPC,
            "Other": resource("EC2::Subnet", **OTHER),
            "DatabaseSecret": secret(username),
            "DatabaseSubnets": resource("RDS::DBSubnetGroup", DBSubnetGroupDescription="a", SubnetIds=SUBNETS),
            "Database": resource(
                "RDS::DBInstance",
                Engine=engine,
                DBName="clothes",
                MasterUsername=username,
                MasterUserPassword=password_of("DatabaseSecret"),
                DBSubnetGroupName=ref("DatabaseSubnets"),
            ),
            "Replica": resource("RDS::DBInstance", Engine=engine, SourceDBInstanceIdentifier=ref("Database")),
            "Attached": resource(
                "SecretsManager::SecretTargetAttachment",
                SecretId=ref("DatabaseSecret"),
                TargetId=ref("Database"),
                TargetType="AWS::RDS::DBInstance",
            ),
            "CacheSecret": secret("app"),
            "CacheUser": resource(
                "ElastiCache::User",
                Engine="valkey",
                UserId="app",
                UserName="app",
                AccessString="on ~* +@all -@admin",
                Passwords=[password_of("CacheSecret")],
            ),
            "CacheUsers": resource(
                "ElastiCache::UserGroup", Engine="valkey", UserGroupId="apps", UserIds=[ref("CacheUser")]
            ),
            "CacheSubnets": resource("ElastiCache::SubnetGroup", Description="a", SubnetIds=SUBNETS),
            "Cache": resource(
                "ElastiCache::ReplicationGroup",
                Engine="valkey",
                ReplicationGroupDescription="a",
                CacheNodeType="cache.t4g.micro",
                NumCacheClusters=2,
                TransitEncryptionEnabled=True,
                CacheSubnetGroupName=ref("CacheSubnets"),
                UserGroupIds=[ref("CacheUsers")],
            ),
        },
        "Outputs": {
            "Secret": {"Value": ref("DatabaseSecret")},
            "CacheSecret": {"Value": ref("CacheSecret")},
            "Host": {"Value": get("Database", "Endpoint.Address")},
            "Port": {"Value": get("Database", "Endpoint.Port")},
            "ReplicaPort": {"Value": get("Replica", "Endpoint.Port")},
            "CacheHost": {"Value": get("Cache", "PrimaryEndPoint.Address")},
            "CachePort": {"Value": get("Cache", "PrimaryEndPoint.Port")},
        },
    }


def deploy(aws: EmbeddedAws, name: str = "data", *, engine: str = "postgres", username: str = "shop") -> TemplateStack:
    stack = create_stack(aws, name, template(engine=engine, username=username))
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    return stack


def value_of(aws: EmbeddedAws, identifier: str) -> Mapping[str, str]:
    found = aws.client("secretsmanager").get_secret_value(SecretId=identifier)["SecretString"]
    value: Mapping[str, str] = json.loads(found)
    return value


def servers(aws: EmbeddedAws) -> Mapping[str, DataServer]:
    """What runs, by what it is."""
    return {one.name: one for one in data_servers.read(aws.port).running}


def connect(stack: TemplateStack) -> psycopg.Connection[tuple[str]]:
    """As an application does: with what its secret says, and TLS that is checked."""
    login = value_of(stack.aws, stack.outputs()["Secret"])
    return psycopg.connect(
        host=login["host"],
        port=login["port"],
        user=login["username"],
        password=login["password"],
        dbname=login["dbname"],
        sslmode="verify-full",
        sslrootcert=str(servers(stack.aws)["PostgreSQL"].certificate),
        connect_timeout=5,
    )


def cache(stack: TemplateStack, password: str | None = None) -> redis.Redis:
    outputs = stack.outputs()
    login = value_of(stack.aws, outputs["CacheSecret"])
    return redis.Redis(
        host=outputs["CacheHost"],
        port=int(outputs["CachePort"]),
        username=login["username"],
        password=password or login["password"],
        ssl=True,
        ssl_ca_certs=str(servers(stack.aws)["Redis"].certificate),
        socket_timeout=5,
    )


def is_over(found: Mapping[str, DataServer]) -> bool:
    """Whether nothing of what has run there still does."""
    return not any(_accepts(one.port) or Path(str(one.certificate)).exists() for one in found.values())


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    """A server of one's own that runs programs, and what they need."""
    started = EmbeddedAws(tmp_path / "aws", programs=True)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemplateStack]:
    """A deployed stack that no test ends."""
    started = EmbeddedAws(tmp_path_factory.mktemp("shared") / "aws", programs=True)
    yield deploy(started)
    started.stop()


class TestAServer:
    def test_is_where_the_endpoint_says_and_lets_in_whom_the_secret_names(self, stack: TemplateStack) -> None:
        with connect(stack) as connection:
            found = connection.execute("SELECT current_user || ' ' || current_database()").fetchone()
        with cache(stack) as client:
            client.set("cart", "2 shirts")
            kept = client.get("cart")

        assert found == ("shop clothes",)
        assert kept == b"2 shirts"
        outputs = stack.outputs()
        assert (outputs["Host"], outputs["Port"]) == ("127.0.0.1", str(servers(stack.aws)["PostgreSQL"].port))
        assert outputs["ReplicaPort"] == outputs["Port"]

    def test_lets_nobody_else_in(self, stack: TemplateStack) -> None:
        outputs = stack.outputs()
        place = f"host={outputs['Host']} port={outputs['Port']} user=shop dbname=clothes"

        with cache(stack, "guessed") as client, pytest.raises(redis.exceptions.AuthenticationError):
            client.get("cart")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(place, password="guessed")
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(place, sslmode="disable")

    def test_is_described_by_the_api(self, stack: TemplateStack) -> None:
        database = stack.aws.client("rds").describe_db_instances(DBInstanceIdentifier=stack.physical_id("Database"))
        group = stack.aws.client("elasticache").describe_replication_groups(
            ReplicationGroupId=stack.physical_id("Cache")
        )

        found = servers(stack.aws)
        assert database["DBInstances"][0]["Endpoint"]["Port"] == found["PostgreSQL"].port
        primary = group["ReplicationGroups"][0]["NodeGroups"][0]["PrimaryEndpoint"]
        assert primary == {"Address": "127.0.0.1", "Port": found["Redis"].port}

    def test_keeps_what_it_holds_when_its_stack_is_changed(self, stack: TemplateStack) -> None:
        with connect(stack) as connection:
            connection.execute("CREATE TABLE cart (item text)")
        changed = json.loads(json.dumps(template()))
        changed["Resources"]["Database"]["Properties"]["BackupRetentionPeriod"] = 9
        changed["Resources"]["Cache"]["Properties"]["SnapshotRetentionLimit"] = 3
        before = servers(stack.aws)

        assert stack.update(changed) == "UPDATE_COMPLETE", stack.failures()

        assert servers(stack.aws) == before
        with connect(stack) as connection:
            assert connection.execute("SELECT item FROM cart").fetchall() == []

    def test_goes_with_what_it_stands_for(self, aws: EmbeddedAws) -> None:
        stack = deploy(aws)
        found = servers(aws)
        assert len(found) == 2

        assert stack.delete() == "DELETE_COMPLETE"

        assert servers(aws) == {}
        assert is_over(found)

    def test_ends_with_the_embedded_aws(self, aws: EmbeddedAws) -> None:
        deploy(aws)
        found = servers(aws)

        aws.stop()

        assert is_over(found)

    def test_ends_with_the_embedded_aws_that_is_killed(self, aws: EmbeddedAws, tmp_path: Path) -> None:
        deploy(aws)
        found = servers(aws)
        listed = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
        (launcher,) = [
            line.split()[0] for line in listed.splitlines() if f"local_aws.launcher --port {aws.port} " in line
        ]

        os.kill(int(launcher), signal.SIGKILL)

        eventually(lambda: is_over(found), "end of the servers")
        assert not processes.command_line(int(launcher))
        state.remove(Workspace(tmp_path / "aws"))


def test_other_engines_keep_an_endpoint_at_which_nothing_listens(aws: EmbeddedAws) -> None:
    stack = deploy(aws, engine="mysql")

    assert set(servers(aws)) == {"Redis"}
    assert stack.outputs()["Host"].endswith(".us-east-1.rds.amazonaws.com")


def test_what_does_not_start_is_said_and_the_deployment_goes_on(aws: EmbeddedAws) -> None:
    # PostgreSQL keeps such names for itself, as RDS does.
    stack = deploy(aws, username="pg_shop")

    (missing,) = data_servers.read(aws.port).missing
    assert (missing.kind, missing.identifier) == ("database", stack.physical_id("Database"))
    assert 'superuser name "pg_shop" is disallowed' in missing.reason
    assert set(servers(aws)) == {"Redis"}
    assert stack.outputs()["Host"].endswith(".us-east-1.rds.amazonaws.com")


def test_what_runs_and_what_does_not_is_shown() -> None:
    shown = io.StringIO()
    found = DataServers(
        [DataServer("database", "shop", "PostgreSQL", "127.0.0.1", 5432, None)],
        [Missing("cache", "carts", "Redis is not installed: [so what]")],
    )

    report.show_data_servers(found, Console(file=shown, width=40))

    assert shown.getvalue().splitlines() == [
        "",
        "PostgreSQL runs on this machine as the database shop: 127.0.0.1:5432",
        "",
        "Nothing runs as the cache carts. Redis is not installed: [so what]",
    ]


def test_nothing_runs_unless_programs_do(session_aws: EmbeddedAws) -> None:
    stack = deploy(session_aws, "no-servers")

    assert servers(session_aws) == {}
    assert stack.outputs()["Host"].endswith(".us-east-1.rds.amazonaws.com")
    assert stack.delete() == "DELETE_COMPLETE"
