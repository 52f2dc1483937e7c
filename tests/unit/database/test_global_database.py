"""What a global database promises in each Region, and on the day on which one is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns._validation import Problems
from aws_patterns.database.aurora_database import AuroraDatabase
from aws_patterns.database.aurora_parts import Provisioned, ReaderScaling, ServerlessV2
from aws_patterns.database.engines import Engine
from aws_patterns.database.global_database import GlobalDatabasePrimary
from aws_patterns.database.global_database_options import (
    GLOBAL_CAPACITY,
    check_global_primary,
    check_global_secondary,
    global_recovery_of,
)
from aws_patterns.database.global_database_secondary import GlobalDatabaseSecondary
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from aws_patterns.recovery import NONE, Loss, Span

HERE, THERE = "eu-west-1", "eu-central-1"
GLOBAL = "AWS::RDS::GlobalCluster"
CLUSTER = "AWS::RDS::DBCluster"


def network(stack: cdk.Stack) -> ec2.IVpc:
    return MultiAzVpc(stack, "Network", availability_zones=2, flow_logs=None).vpc


def primary_in(stack: cdk.Stack, *, database: Mapping[str, Any] | None = None, **props: Any) -> GlobalDatabasePrimary:
    made = AuroraDatabase(stack, "Data", vpc=network(stack), **{"capacity": GLOBAL_CAPACITY, **(database or {})})
    return GlobalDatabasePrimary(
        stack, "Global", **{"name": "orders", "database": made, "secondary_regions": [THERE], **props}
    )


def secondary_in(stack: cdk.Stack, **props: Any) -> GlobalDatabaseSecondary:
    return GlobalDatabaseSecondary(
        stack, "Orders", vpc=network(stack), **{"name": "orders", "primary_region": HERE, **props}
    )


@pytest.fixture
def here(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Here", env=cdk.Environment(region=HERE))


@pytest.fixture
def there(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "There", env=cdk.Environment(region=THERE))


def cluster_of(stack: cdk.Stack) -> Mapping[str, Any]:
    (found,) = Template.from_stack(stack).find_resources(CLUSTER).values()
    return dict(found["Properties"])


class TestPrimary:
    def test_the_database_is_what_the_global_one_is_made_of(self, here: cdk.Stack) -> None:
        primary_in(here)
        template = Template.from_stack(here)
        (resource,) = template.find_resources(GLOBAL).values()
        (cluster,) = template.find_resources(CLUSTER)
        assert resource["Properties"]["GlobalClusterIdentifier"] == "orders"
        assert resource["Properties"]["DeletionProtection"] is True
        assert {"Ref": cluster} in resource["Properties"]["SourceDBClusterIdentifier"]["Fn::Join"][1]
        assert set(template.find_resources("AWS::RDS::DBInstance")) <= set(resource["DependsOn"]), "with its writer"
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")

    def test_the_secret_is_known_by_its_name_in_each_region(self, here: cdk.Stack) -> None:
        primary = primary_in(here, secondary_regions=[THERE, "eu-west-2"], replica_key_alias="data")
        Template.from_stack(here).has_resource_properties(
            "AWS::SecretsManager::Secret",
            {
                "Name": "orders/master",
                "ReplicaRegions": [
                    {"Region": THERE, "KmsKeyId": "alias/data"},
                    {"Region": "eu-west-2", "KmsKeyId": "alias/data"},
                ],
            },
        )
        assert primary.secret_name == "orders/master"

    def test_a_bound_on_what_may_be_lost(self, here: cdk.Stack) -> None:
        primary = primary_in(here, secondary_regions=[THERE, "eu-west-2"], maximum_loss_seconds=30)
        Template.from_stack(here).has_resource_properties(
            "AWS::RDS::DBClusterParameterGroup", {"Parameters": {"rds.force_ssl": "1", "rds.global_db_rpo": "30"}}
        )
        assert primary.recovery[Loss.REGION].recovery_point == Span(usual=1, worst=30)

    def test_it_goes_when_the_database_does(self, here: cdk.Stack) -> None:
        primary_in(here, database={"removal_policy": cdk.RemovalPolicy.DESTROY})
        (resource,) = Template.from_stack(here).find_resources(GLOBAL).values()
        assert resource["DeletionPolicy"] == "Delete"
        assert resource["Properties"]["DeletionProtection"] is False

    def test_nothing_is_exported(self, app: cdk.App, here: cdk.Stack, there: cdk.Stack) -> None:
        primary_in(here)
        secondary_in(there)
        there.add_stack_dependency(here)
        assembly = app.synth()
        for name in ("Here", "There"):
            text = json.dumps(assembly.get_stack_by_name(name).template)
            assert "Fn::ImportValue" not in text
            assert "Custom::CrossRegion" not in text
            assert '"Export"' not in text

    def test_what_is_wrong_is_told_at_once(self, here: cdk.Stack) -> None:
        made = {
            "engine": Engine.MYSQL,
            "capacity": ServerlessV2(),
            "readers": 10,
            "reader_scaling": ReaderScaling(maximum=14),
        }
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
            primary_in(
                here,
                database=made,
                name="Orders_",
                secondary_regions=[HERE, THERE, THERE, "Frankfurt"],
                maximum_loss_seconds=30,
            )
        assert str(caught.value) == (
            "GlobalDatabasePrimary Here/Global can't be built:\n"
            "  - name must be 1 to 40 lower-case letters, digits and single hyphens, a letter first, got 'Orders_'\n"
            "  - secondary_regions must be other Regions than this stack's, got 'eu-west-1'\n"
            "  - secondary_regions must name each Region once, got 'eu-central-1' more than once\n"
            "  - secondary_regions must be Regions such as 'eu-central-1', got 'Frankfurt'\n"
            "  - database must have backtrack_hours=0, got 24 hours: a global database can't be turned back\n"
            "  - database must have at least 8 ACUs in a global database, got capacity.minimum_acu=2: a small writer "
            "holds replication up\n"
            "  - database may have 15 readers less one for each secondary Region, got up to 14 readers and 4 Regions\n"
            "  - maximum_loss_seconds is there for PostgreSQL only: leave it out, and watch the alarm"
        )

    def test_a_bound_that_can_not_be(self) -> None:
        problems = Problems("x")
        check_global_primary(problems, name="orders", secondary_regions=[THERE], maximum_loss_seconds=19)
        assert problems.found == [
            "maximum_loss_seconds must be between 20 and 2147483647 seconds, got 19 seconds",
            "maximum_loss_seconds needs two secondary Regions at least: with one alone, its outage stops every write",
        ]

    def test_no_other_region(self) -> None:
        problems = Problems("x")
        check_global_primary(problems, name=cdk.Token.as_string({"Ref": "Name"}), secondary_regions=[])
        assert problems.found == [
            "name must be known at synthesis: the other Regions know the database by it",
            "secondary_regions must name 1 to 10 Regions, got 0",
        ]


class TestSecondary:
    def test_it_has_its_data_and_its_users_from_the_global_database(self, there: cdk.Stack) -> None:
        secondary_in(there)
        cluster = cluster_of(there)
        assert cluster["GlobalClusterIdentifier"] == "orders"
        assert cluster["DBClusterIdentifier"] == f"orders-{THERE}"
        assert cluster["DeletionProtection"] is True
        assert cluster["StorageEncrypted"] is True
        assert not {
            *("MasterUsername", "MasterUserPassword", "DatabaseName", "ReplicationSourceIdentifier"),
            *("EnableGlobalWriteForwarding", "BacktrackWindow"),
        } & set(cluster)
        template = Template.from_stack(there)
        template.resource_count_is("AWS::SecretsManager::Secret", 0)
        template.resource_count_is("AWS::SecretsManager::SecretTargetAttachment", 0)
        template.resource_count_is("AWS::RDS::DBInstance", 2)

    def test_its_name_is_unique_without_a_known_region_too(self, stack: cdk.Stack) -> None:
        secondary_in(stack)
        assert cluster_of(stack)["DBClusterIdentifier"] == {"Fn::Join": ["", ["orders-", {"Ref": "AWS::Region"}]]}

    def test_writes_may_be_forwarded(self, there: cdk.Stack) -> None:
        secondary_in(there, write_forwarding=True)
        assert cluster_of(there)["EnableGlobalWriteForwarding"] is True

    def test_it_speaks_what_the_primary_one_does(self, here: cdk.Stack, there: cdk.Stack) -> None:
        primary_in(here)
        secondary_in(there)
        same = (
            "Engine",
            "EngineVersion",
            "Port",
            "ServerlessV2ScalingConfiguration",
            "EnableIAMDatabaseAuthentication",
        )
        assert {name: cluster_of(here)[name] for name in same} == {name: cluster_of(there)[name] for name in same}

    def test_connections_without_tls_are_refused(self, there: cdk.Stack) -> None:
        secondary_in(there, engine=Engine.MYSQL, capacity=Provisioned(), parameters={"max_connections": "500"})
        Template.from_stack(there).has_resource_properties(
            "AWS::RDS::DBClusterParameterGroup",
            {"Parameters": {"require_secure_transport": "ON", "max_connections": "500"}},
        )

    def test_an_alarm_when_it_is_late(self, there: cdk.Stack) -> None:
        secondary = secondary_in(there, alarm_topic=sns.Topic(there, "Operators"), lag_seconds=30)
        assert set(secondary.alarms) == {*("Cpu", "Memory", "Connections", "Capacity", "ReplicaLag", "GlobalLag")}
        Template.from_stack(there).has_resource_properties(
            "AWS::CloudWatch::Alarm", {"MetricName": "AuroraGlobalDBRPOLag", "Threshold": 30_000}
        )

    def test_who_is_let_in_and_reads_the_secret_here(self, there: cdk.Stack) -> None:
        secondary = secondary_in(there)
        server = ec2.SecurityGroup(there, "Server", vpc=secondary.cluster.vpc)
        secondary.connections.allow_default_port_from(server)
        role = iam.Role(there, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        secondary.grant_read_secret(role)
        secondary.grant_connect(role, "shop")
        template = Template.from_stack(there)
        template.resource_count_is("AWS::EC2::SecurityGroupIngress", 1)
        policies = json.dumps(template.find_resources("AWS::IAM::Policy"))
        assert "secret:orders/master-??????" in policies
        assert f":rds-db:{THERE}:" in policies

    def test_what_is_wrong_is_told_at_once(self, there: cdk.Stack) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
            secondary_in(
                there,
                name="orders-",
                primary_region=THERE,
                engine_version="14.6",
                capacity=ServerlessV2(minimum_acu=8, maximum_acu=256),
                instances=17,
                port=1,
                lag_seconds=0,
                parameters={"rds.force_ssl": "0"},
            )
        assert str(caught.value) == (
            "GlobalDatabaseSecondary There/Orders can't be built:\n"
            "  - name must be 1 to 40 lower-case letters, digits and single hyphens, a letter first, got 'orders-'\n"
            "  - primary_region must be another Region than this stack's, got 'eu-central-1' for both\n"
            "  - capacity.maximum_acu must be between 1 and 128 ACUs, got 256 ACUs\n"
            "  - instances must be between 1 and 16, got 17\n"
            "  - parameters must not name rds.force_ssl, which refuses connections without TLS, got '0': leave it out\n"
            "  - port must be between 1150 and 65535, got 1\n"
            "  - lag_seconds must be more than 0, got 0"
        )

    def test_no_region_at_all(self) -> None:
        problems = Problems("x")
        number: Any = cdk.Token.as_number({"Ref": "Number"})
        check_global_secondary(problems, name="orders", primary_region="Ireland", instances=number)
        assert problems.found == [
            "primary_region must be a Region such as 'eu-central-1', got 'Ireland'",
            "instances must be known at synthesis: each is a resource of its own",
        ]


class TestRecovery:
    def test_a_region_is_taken_over_by_a_person(self, here: cdk.Stack) -> None:
        primary = primary_in(here)
        lost = primary.recovery[Loss.REGION]
        assert lost.recovery_time == Span(usual=60, worst=600)
        assert lost.recovery_point == Span(usual=1, worst=10)
        assert not lost.automatic, "it would lose changes: somebody decides"
        assert "failover-global-cluster" in lost.how
        assert primary.recovery[Loss.INSTANCE] == primary.database.recovery[Loss.INSTANCE]

    def test_one_instance_there_is_one_that_nobody_takes_over_from(self, there: cdk.Stack) -> None:
        assert secondary_in(there, instances=1).recovery[Loss.INSTANCE].recovery_time == Span(usual=600, worst=600)

    def test_the_rest_is_that_of_the_cluster(self, here: cdk.Stack) -> None:
        own = primary_in(here).database.recovery
        found = global_recovery_of(own)
        assert {loss: found[loss] for loss in (Loss.INSTANCE, Loss.AVAILABILITY_ZONE)} == {
            loss: own[loss] for loss in (Loss.INSTANCE, Loss.AVAILABILITY_ZONE)
        }
        assert found[Loss.AVAILABILITY_ZONE].recovery_point == NONE
