"""What an Aurora database promises to whoever writes, reads, and answers for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns.database.aurora_database import AuroraDatabase
from aws_patterns.database.aurora_parts import ConnectionProxy, Provisioned, ReaderMetric, ReaderScaling, ServerlessV2
from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database_options import Maintenance, Monitoring
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from aws_patterns.recovery import Loss

CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"
KEPT = (
    CLUSTER,
    INSTANCE,
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::SecretsManager::Secret",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::Logs::LogGroup",
)

Properties = Mapping[str, Any]


def network(stack: cdk.Stack) -> ec2.IVpc:
    return MultiAzVpc(stack, "Network", flow_logs=None).vpc


def build(**props: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    AuroraDatabase(stack, "Data", vpc=network(stack), **props)
    return Template.from_stack(stack)


def cluster_of(template: Template) -> Properties:
    (found,) = template.find_resources(CLUSTER).values()
    return dict(found["Properties"])


def instances_of(template: Template) -> list[Properties]:
    found = template.find_resources(INSTANCE)
    return [found[name]["Properties"] for name in sorted(found)]


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def mysql() -> Template:
    return build(
        engine=Engine.MYSQL,
        capacity=Provisioned(instance_type="db.r8g.xlarge"),
        readers=3,
        reader_scaling=ReaderScaling(maximum=6, metric=ReaderMetric.CONNECTIONS, target=500),
        proxy=ConnectionProxy(),
    )


class TestCluster:
    def test_as_it_stands(self, template: Template) -> None:
        cluster = cluster_of(template)
        assert {
            name: cluster[name]
            for name in (
                *("Engine", "EngineVersion", "DatabaseName", "MasterUsername", "Port", "StorageEncrypted"),
                *("EnableIAMDatabaseAuthentication", "DeletionProtection", "BackupRetentionPeriod"),
                *("PreferredBackupWindow", "PreferredMaintenanceWindow", "CopyTagsToSnapshot"),
                *("DeleteAutomatedBackups", "EnableCloudwatchLogsExports", "ServerlessV2ScalingConfiguration"),
                *("MonitoringInterval", "PerformanceInsightsEnabled", "DatabaseInsightsMode"),
            )
        } == {
            "Engine": "aurora-postgresql",
            "EngineVersion": "17.9",
            "DatabaseName": "app",
            "MasterUsername": "dbadmin",
            "Port": 5432,
            "StorageEncrypted": True,
            "EnableIAMDatabaseAuthentication": True,
            "DeletionProtection": True,
            "BackupRetentionPeriod": 14,
            "PreferredBackupWindow": "02:00-03:00",
            "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
            "CopyTagsToSnapshot": True,
            "DeleteAutomatedBackups": False,
            "EnableCloudwatchLogsExports": ["postgresql"],
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": 16},
            "MonitoringInterval": 60,
            "PerformanceInsightsEnabled": True,
            "DatabaseInsightsMode": "standard",
        }
        assert "BacktrackWindow" not in cluster

    def test_mysql_can_be_turned_back(self, mysql: Template) -> None:
        assert cluster_of(mysql)["EngineVersion"] == "8.0.mysql_aurora.3.10.4"
        assert cluster_of(mysql)["BacktrackWindow"] == 24 * 3600
        assert cluster_of(build(engine=Engine.MYSQL, backtrack_hours=1.5))["BacktrackWindow"] == 5400
        assert "BacktrackWindow" not in cluster_of(build(engine=Engine.MYSQL, backtrack_hours=0))

    @pytest.mark.parametrize(
        ("fixture", "name", "value"),
        [("template", "rds.force_ssl", "1"), ("mysql", "require_secure_transport", "ON")],
    )
    def test_connections_without_tls_are_refused(
        self, fixture: str, name: str, value: str, request: pytest.FixtureRequest
    ) -> None:
        found: Template = request.getfixturevalue(fixture)
        (group,) = found.find_resources("AWS::RDS::DBClusterParameterGroup")
        found.has_resource_properties("AWS::RDS::DBClusterParameterGroup", {"Parameters": {name: value}})
        assert cluster_of(found)["DBClusterParameterGroupName"] == {"Ref": group}

    def test_it_pauses_when_it_may(self) -> None:
        scaling = cluster_of(build(capacity=ServerlessV2(minimum_acu=0, maximum_acu=4)))
        assert scaling["ServerlessV2ScalingConfiguration"] == {
            "MinCapacity": 0,
            "MaxCapacity": 4,
            "SecondsUntilAutoPause": 300,
        }

    def test_it_is_in_isolated_subnets_and_nowhere_public(self, template: Template) -> None:
        (group,) = template.find_resources("AWS::RDS::DBSubnetGroup").values()
        subnets = json.dumps(group["Properties"]["SubnetIds"])
        assert subnets.count("Isolated") == subnets.count("Ref") == 3
        assert {one["PubliclyAccessible"] for one in instances_of(template)} == {False}

    def test_logs_are_there_before_it_and_end_some_day(self, template: Template) -> None:
        found = template.find_resources("AWS::Logs::LogGroup", {"Properties": {"LogGroupName": Match.any_value()}})
        ((log, group),) = found.items()
        properties = group["Properties"]
        assert properties["RetentionInDays"] == 30
        assert cluster_of(template)["DBClusterIdentifier"] == log_identifier(properties["LogGroupName"])
        (cluster,) = template.find_resources(CLUSTER).values()
        assert log in cluster["DependsOn"]

    def test_advanced_insights_and_io(self) -> None:
        template = build(
            monitoring=Monitoring(insights_days=465, logs=[], enhanced_seconds=5),
            io_optimized=True,
            maintenance=Maintenance(window="tue:03:00-tue:03:30", minor_version_upgrades=False),
        )
        cluster = cluster_of(template)
        assert cluster["DatabaseInsightsMode"] == "advanced"
        assert cluster["PerformanceInsightsRetentionPeriod"] == 465
        assert cluster["StorageType"] == "aurora-iopt1"
        assert cluster["MonitoringInterval"] == 5
        assert not template.find_resources("AWS::Logs::LogGroup", {"Properties": {"LogGroupName": Match.any_value()}})
        for instance in instances_of(template):
            assert instance["AutoMinorVersionUpgrade"] is False
            assert instance["PreferredMaintenanceWindow"] == "tue:03:00-tue:03:30"

    def test_a_key_of_ones_own_encrypts_everything(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        AuroraDatabase(stack, "Data", vpc=network(stack), encryption_key=key)
        template = Template.from_stack(stack)
        (key_id,) = template.find_resources("AWS::KMS::Key")
        arn = {"Fn::GetAtt": [key_id, "Arn"]}
        cluster = cluster_of(template)
        assert (cluster["KmsKeyId"], cluster["PerformanceInsightsKmsKeyId"]) == (arn, arn)
        template.has_resource_properties("AWS::SecretsManager::Secret", {"KmsKeyId": arn})


def log_identifier(name: Any) -> Any:
    """What is in a log group's name between its beginning and its end."""
    first, middle, _ = name["Fn::Join"][1]
    return {"Fn::Join": ["", [first.removeprefix("/aws/rds/cluster/"), middle]]}


class TestInsights:
    @pytest.mark.parametrize("days", [7, 31, 434, 465, 496, 713, 731])
    def test_every_time_that_may_be_chosen_can_be_built(self, days: int) -> None:
        cluster = cluster_of(build(monitoring=Monitoring(insights_days=days)))
        assert cluster["PerformanceInsightsRetentionPeriod"] == days
        assert cluster["DatabaseInsightsMode"] == ("advanced" if days == 465 else "standard")


class TestInstances:
    def test_the_reader_is_in_another_zone_and_takes_over(self, template: Template) -> None:
        writer, reader = instances_of(template)
        assert [one["AvailabilityZone"] for one in (writer, reader)] == [
            {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            {"Fn::Select": [1, {"Fn::GetAZs": ""}]},
        ]
        assert [one["PromotionTier"] for one in (writer, reader)] == [0, 1]
        assert {one["DBInstanceClass"] for one in (writer, reader)} == {"db.serverless"}

    def test_more_are_in_one_zone_after_the_other(self, mysql: Template) -> None:
        found = instances_of(mysql)
        assert [one["AvailabilityZone"]["Fn::Select"][0] for one in found] == [0, 1, 2, 0]
        assert [one["PromotionTier"] for one in found] == [0, 1, 2, 2]
        assert {one["DBInstanceClass"] for one in found} == {"db.r8g.xlarge"}
        assert "ServerlessV2ScalingConfiguration" not in cluster_of(mysql)

    def test_readers_come_and_go(self, mysql: Template) -> None:
        mysql.has_resource_properties(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            {"MinCapacity": 3, "MaxCapacity": 6, "ScalableDimension": "rds:cluster:ReadReplicaCount"},
        )
        mysql.has_resource_properties(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            {
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 500,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": "RDSReaderAverageDatabaseConnections"},
                    "ScaleInCooldown": 300,
                }
            },
        )

    def test_one_alone_when_that_was_said(self) -> None:
        template = build(readers=0, single_point_of_failure=True)
        assert len(instances_of(template)) == 1
        assert not template.find_resources(
            "AWS::CloudWatch::Alarm", {"Properties": {"MetricName": "AuroraReplicaLagMaximum"}}
        )


class TestDeletion:
    def test_everything_that_the_data_needs_stays(self, template: Template) -> None:
        for kind in KEPT:
            found = template.find_resources(kind).values()
            kept = [one for one in found if "Rotation" not in json.dumps(one)]
            assert {(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in kept} == {("Retain", "Retain")}, kind

    def test_it_goes_when_that_was_asked_for(self) -> None:
        template = build(removal_policy=cdk.RemovalPolicy.DESTROY)
        for kind in KEPT:
            assert {one["DeletionPolicy"] for one in template.find_resources(kind).values()} == {"Delete"}, kind
        assert cluster_of(template)["DeletionProtection"] is False
        assert cluster_of(template)["DeleteAutomatedBackups"] is True

    def test_a_snapshot_of_it_may_be_what_stays(self) -> None:
        template = build(removal_policy=cdk.RemovalPolicy.SNAPSHOT)
        (cluster,) = template.find_resources(CLUSTER).values()
        assert cluster["DeletionPolicy"] == "Snapshot"
        assert {one["DeletionPolicy"] for one in template.find_resources(INSTANCE).values()} == {"Delete"}
        assert {one["DeletionPolicy"] for one in template.find_resources("AWS::SecretsManager::Secret").values()} == {
            "Retain"
        }


class TestAccess:
    def test_nobody_is_let_in_by_itself(self) -> None:
        template = build(rotation_days=None)
        (group,) = template.find_resources(
            "AWS::EC2::SecurityGroup", {"Properties": {"GroupDescription": "A database: nobody by itself"}}
        ).values()
        assert "SecurityGroupIngress" not in group["Properties"]
        assert not template.find_resources("AWS::EC2::SecurityGroupIngress")

    def test_who_is_let_in_comes_from_its_security_group(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        database = AuroraDatabase(stack, "Data", vpc=vpc, rotation_days=None)
        server = ec2.SecurityGroup(stack, "Server", vpc=vpc)
        database.connections.allow_default_port_from(server)
        template = Template.from_stack(stack)
        (rule,) = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
        assert rule["Properties"]["SourceSecurityGroupId"] == stack.resolve(server.security_group_id)
        assert rule["Properties"]["GroupId"] == stack.resolve(database.security_group.security_group_id)

    def test_clients_of_a_proxy_are_let_in_by_it_and_it_by_the_cluster(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        database = AuroraDatabase(stack, "Data", vpc=vpc, proxy=ConnectionProxy(), rotation_days=None, port=6000)
        server = ec2.SecurityGroup(stack, "Server", vpc=vpc)
        database.connections.allow_default_port_from(server)
        template = Template.from_stack(stack)
        rules = [one["Properties"] for one in template.find_resources("AWS::EC2::SecurityGroupIngress").values()]
        (proxy,) = stack.resolve([one.security_group_id for one in database.connections.security_groups])
        by_group = {json.dumps(rule["GroupId"]): rule for rule in rules}
        assert len(rules) == 2
        assert by_group[json.dumps(proxy)]["FromPort"] == database.port == 5432
        to_cluster = by_group[json.dumps(stack.resolve(database.security_group.security_group_id))]
        assert to_cluster["SourceSecurityGroupId"] == proxy

    def test_a_proxy_takes_tls_only_and_reads_this_secret_only(self, mysql: Template) -> None:
        mysql.has_resource_properties(
            "AWS::RDS::DBProxy",
            {"RequireTLS": True, "EngineFamily": "MYSQL", "Auth": [{"AuthScheme": "SECRETS", "IAMAuth": "DISABLED"}]},
        )
        mysql.has_resource_properties("AWS::RDS::DBProxyEndpoint", {"TargetRole": "READ_ONLY"})
        (attachment,) = mysql.find_resources("AWS::SecretsManager::SecretTargetAttachment")
        mysql.has_resource_properties(
            "AWS::IAM::Policy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [
                            Match.object_like(
                                {
                                    "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                                    "Resource": {"Ref": attachment},
                                }
                            )
                        ]
                    )
                }
            },
        )

    def test_where_clients_connect(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        plain = AuroraDatabase(stack, "Plain", vpc=vpc)
        fronted = AuroraDatabase(stack, "Fronted", vpc=vpc, proxy=ConnectionProxy())
        writers_only = AuroraDatabase(stack, "Writers", vpc=vpc, proxy=ConnectionProxy(read_only_endpoint=False))
        assert plain.endpoint == plain.cluster.cluster_endpoint.hostname
        assert plain.reader_endpoint == plain.cluster.cluster_read_endpoint.hostname
        assert fronted.proxy
        assert fronted.endpoint == fronted.proxy.endpoint
        assert fronted.reader_endpoint not in {fronted.endpoint, fronted.cluster.cluster_read_endpoint.hostname}
        assert writers_only.reader_endpoint == writers_only.cluster.cluster_read_endpoint.hostname

    @pytest.mark.parametrize("proxy", [None, ConnectionProxy(iam_required=True)], ids=["cluster", "proxy"])
    def test_a_role_connects_as_one_user_only(self, stack: cdk.Stack, proxy: ConnectionProxy | None) -> None:
        database = AuroraDatabase(stack, "Data", vpc=network(stack), proxy=proxy)
        role = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        database.grant_connect(role, "shop")
        policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        (statement,) = [
            found
            for policy in policies.values()
            for found in policy["Properties"]["PolicyDocument"]["Statement"]
            if found["Action"] == "rds-db:connect"
        ]
        assert json.dumps(statement["Resource"]).rstrip("]}").endswith('/shop"')

    def test_the_secret_is_read_by_who_may(self, stack: cdk.Stack) -> None:
        database = AuroraDatabase(stack, "Data", vpc=network(stack))
        role = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        assert database.grant_read_secret(role).success


class TestRotation:
    def test_the_password_changes_every_month(self, template: Template) -> None:
        template.has_resource_properties(
            "AWS::SecretsManager::RotationSchedule", {"RotationRules": {"AutomaticallyAfterDays": 30}}
        )

    def test_or_never(self) -> None:
        build(rotation_days=None).resource_count_is("AWS::SecretsManager::RotationSchedule", 0)


class TestAlarms:
    def test_what_is_watched(self, stack: cdk.Stack) -> None:
        vpc = network(stack)
        topic = sns.Topic(stack, "Operators")
        serverless = AuroraDatabase(stack, "Data", vpc=vpc, alarm_topic=topic)
        assert set(serverless.alarms) == {
            *("Cpu", "Memory", "Connections", "Capacity", "ReplicaLag", "RotationErrors"),
        }
        provisioned = AuroraDatabase(stack, "Other", vpc=vpc, capacity=Provisioned(), rotation_days=None)
        assert set(provisioned.alarms) == {"Cpu", "Memory", "Connections", "LocalStorage", "ReplicaLag"}
        alarms = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
        told = [one for one in alarms.values() if one["Properties"].get("AlarmActions")]
        assert len(told) == len(serverless.alarms)

    def test_memory_runs_out_downwards(self, template: Template) -> None:
        template.has_resource_properties(
            "AWS::CloudWatch::Alarm",
            {
                "MetricName": "FreeableMemory",
                "ComparisonOperator": "LessThanOrEqualToThreshold",
                "Threshold": 256 * 1024**2,
                "Statistic": "Minimum",
                "EvaluationPeriods": 3,
            },
        )


class TestComposition:
    def test_twice_in_one_stack_in_a_stage_over_the_network_of_another(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        vpc = network(cdk.Stack(stage, "Network"))
        stack = cdk.Stack(stage, "Data")
        first = AuroraDatabase(stack, "First", vpc=vpc, proxy=ConnectionProxy())
        second = AuroraDatabase(stack, "Second", vpc=vpc, proxy=ConnectionProxy())
        template = Template.from_stack(stack)
        template.resource_count_is(CLUSTER, 2)
        names = [one["Properties"]["DBProxyName"] for one in template.find_resources("AWS::RDS::DBProxy").values()]
        assert len(set(names)) == 2
        assert first.recovery[Loss.INSTANCE].automatic
        assert "proxy" in second.recovery[Loss.INSTANCE].how

    def test_an_imported_network(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Imported",
            vpc_id="vpc-1",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            isolated_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
            private_subnet_route_table_ids=["rtb-3", "rtb-4"],
            isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
        )
        AuroraDatabase(stack, "Data", vpc=vpc)
        zones = [one["AvailabilityZone"] for one in instances_of(Template.from_stack(stack))]
        assert zones == ["eu-west-1a", "eu-west-1b"]


class TestMistakes:
    def test_all_are_told_at_once_with_those_about_the_network(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
            AuroraDatabase(stack, "Data", vpc=vpc, readers=0, backtrack_hours=5)
        assert str(caught.value) == (
            "AuroraDatabase S/Data can't be built:\n"
            "  - readers must be between 1 and 15, got 0: the loss of the only instance is a matter of ten minutes, "
            "that of its zone one of the zone's return. Say single_point_of_failure=True if that will do\n"
            "  - backtrack_hours is there for MySQL only, got 5 hours with PostgreSQL: leave it out, and go back in "
            "time by restoring a backup into another cluster\n"
            "  - vpc has no isolated subnets, which a database belongs into: add some, or name others with "
            "subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)"
        )
