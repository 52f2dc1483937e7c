"""What a relational database promises to whoever deploys it, uses it, and answers for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database import RelationalDatabase
from aws_patterns.database.relational_database_options import (
    Availability,
    BackupCopy,
    Backups,
    Maintenance,
    Monitoring,
    ReadReplicas,
    Storage,
)
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from aws_patterns.recovery import Loss

Properties = Mapping[str, Any]
STATEFUL = ("AWS::RDS::DBInstance", "AWS::SecretsManager::Secret")
NEEDED_BY_IT = (
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::DBParameterGroup",
    "AWS::SecretsManager::SecretTargetAttachment",
)


def build(env: cdk.Environment | None = None, **props: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S", env=env)
    RelationalDatabase(stack, "Database", vpc=MultiAzVpc(stack, "Network").vpc, **props)
    return Template.from_stack(stack)


def resources(template: Template, kind: str) -> Mapping[str, Any]:
    return template.find_resources(kind)


def instances(template: Template) -> tuple[Properties, list[Properties]]:
    """The one that is written to, and the replicas."""
    found = [entry["Properties"] for entry in resources(template, "AWS::RDS::DBInstance").values()]
    (primary,) = [entry for entry in found if "SourceDBInstanceIdentifier" not in entry]
    return primary, [entry for entry in found if entry is not primary]


def allowed(template: Template, role: str) -> list[Properties]:
    """What the policies of this role say."""
    return [
        statement
        for policy in resources(template, "AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestInstance:
    def test_the_minimal_one_survives_a_zone_and_a_mistake(self, template: Template) -> None:
        primary, replicas = instances(template)
        assert replicas == []
        assert {name: primary[name] for name in primary if not isinstance(primary[name], dict | list)} == {
            "AllocatedStorage": "100",
            "AllowMajorVersionUpgrade": False,
            "AutoMinorVersionUpgrade": True,
            "BackupRetentionPeriod": 14,
            "CopyTagsToSnapshot": True,
            "DBInstanceClass": "db.m7g.large",
            "DBName": "app",
            "DatabaseInsightsMode": "standard",
            "DeleteAutomatedBackups": False,
            "DeletionProtection": True,
            "EnableIAMDatabaseAuthentication": True,
            "EnablePerformanceInsights": True,
            "Engine": "postgres",
            "EngineVersion": "17",
            "MasterUsername": "dbadmin",
            "MaxAllocatedStorage": 1_000,
            "MonitoringInterval": 60,
            "MultiAZ": True,
            "PerformanceInsightsRetentionPeriod": 7,
            "Port": "5432",
            "PreferredBackupWindow": "02:00-03:00",
            "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
            "PubliclyAccessible": False,
            "StorageEncrypted": True,
            "StorageType": "gp3",
        }

    def test_it_is_in_the_isolated_subnets_and_nobody_is_let_in(self, template: Template) -> None:
        (group,) = resources(template, "AWS::RDS::DBSubnetGroup").values()
        subnets = [re.sub(r"Subnet[0-9A-F]{8}$", "", subnet["Ref"]) for subnet in group["Properties"]["SubnetIds"]]
        assert subnets == [f"NetworkVpcIsolatedSubnet{number}" for number in (1, 2, 3)]
        rules = resources(template, "AWS::EC2::SecurityGroupIngress").values()
        assert [rule["Properties"]["Description"] for rule in rules] == ["Rotation of the password"]

    @pytest.mark.parametrize(
        ("engine", "family", "parameter"),
        [
            (Engine.POSTGRESQL, "postgres17", "rds.force_ssl"),
            (Engine.MYSQL, "mysql8.4", "require_secure_transport"),
            (Engine.MARIADB, "mariadb11.4", "require_secure_transport"),
        ],
    )
    def test_connections_without_tls_are_refused(self, engine: Engine, family: str, parameter: str) -> None:
        (group,) = resources(build(engine=engine), "AWS::RDS::DBParameterGroup").values()
        assert group["Properties"]["Family"] == family
        assert group["Properties"]["Parameters"] == {parameter: "1"}

    def test_what_was_chosen_is_what_is_made(self) -> None:
        template = build(
            engine=Engine.MYSQL,
            engine_version="8.0.46",
            availability=Availability.SINGLE_POINT_OF_FAILURE,
            instance_type="db.r7g.xlarge",
            storage=Storage(gib=50, maximum_gib=50),
            backups=Backups(retention_days=35, window="10:00-11:00", copy=BackupCopy(region="eu-central-1")),
            maintenance=Maintenance(window="tue:12:00-tue:13:00", minor_version_upgrades=False),
            monitoring=Monitoring(enhanced_seconds=5, insights_days=465, logs=["audit"], log_retention_days=7),
            database_name="shop",
            master_username="owner",
            port=6000,
            parameters={"max_connections": "500"},
            iam_authentication=False,
            rotation_days=None,
        )
        primary, _ = instances(template)
        expected = {
            "EngineVersion": "8.0.46",
            "MultiAZ": False,
            "DBInstanceClass": "db.r7g.xlarge",
            "AllocatedStorage": "50",
            "BackupRetentionPeriod": 35,
            "PreferredBackupWindow": "10:00-11:00",
            "AutomaticBackupReplicationRegion": "eu-central-1",
            "AutomaticBackupReplicationRetentionPeriod": 14,
            "PreferredMaintenanceWindow": "tue:12:00-tue:13:00",
            "AutoMinorVersionUpgrade": False,
            "MonitoringInterval": 5,
            "PerformanceInsightsRetentionPeriod": 465,
            "DatabaseInsightsMode": "advanced",
            "EnableCloudwatchLogsExports": ["audit"],
            "DBName": "shop",
            "MasterUsername": "owner",
            "Port": "6000",
            "EnableIAMDatabaseAuthentication": False,
        }
        assert {name: primary[name] for name in expected} == expected
        assert "MaxAllocatedStorage" not in primary
        assert resources(template, "AWS::SecretsManager::RotationSchedule") == {}
        (log,) = (
            entry
            for entry in resources(template, "AWS::Logs::LogGroup").values()
            if "/audit" in json.dumps(entry["Properties"].get("LogGroupName"))
        )
        assert log["Properties"]["RetentionInDays"] == 7

    def test_no_backups_is_said_with_a_zero(self) -> None:
        primary, _ = instances(build(backups=None))
        assert primary["BackupRetentionPeriod"] == 0
        assert "PreferredBackupWindow" not in primary

    def test_a_key_of_ones_own_encrypts_storage_insights_and_secret(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        RelationalDatabase(stack, "Database", vpc=MultiAzVpc(stack, "Network").vpc, encryption_key=key)
        template = Template.from_stack(stack)
        (key_id,) = resources(template, "AWS::KMS::Key")
        primary, _ = instances(template)
        (secret,) = resources(template, "AWS::SecretsManager::Secret").values()
        arn = {"Fn::GetAtt": [key_id, "Arn"]}
        used = [primary["KmsKeyId"], primary["PerformanceInsightsKMSKeyId"], secret["Properties"]["KmsKeyId"]]
        assert used == [arn] * 3


class TestDeletion:
    @pytest.mark.parametrize("kind", [*STATEFUL, *NEEDED_BY_IT])
    def test_deleting_the_stack_keeps_the_data_and_what_it_needs(self, kind: str, template: Template) -> None:
        found = list(resources(template, kind).values())
        assert found
        assert {(entry["DeletionPolicy"], entry["UpdateReplacePolicy"]) for entry in found} == {("Retain", "Retain")}

    def test_its_security_group_and_logs_stay_with_it(self, template: Template) -> None:
        group = resources(template, "AWS::EC2::SecurityGroup")
        (its,) = [entry for name, entry in group.items() if name.startswith("DatabaseSecurityGroup")]
        assert its["DeletionPolicy"] == "Retain"

    def test_given_up_it_goes_with_all(self) -> None:
        template = build(removal_policy=cdk.RemovalPolicy.DESTROY, read_replicas=ReadReplicas())
        found = [entry for kind in (*STATEFUL, *NEEDED_BY_IT) for entry in resources(template, kind).values()]
        assert {entry["DeletionPolicy"] for entry in found} == {"Delete"}
        primary, (replica,) = instances(template)
        assert (primary["DeletionProtection"], replica["DeletionProtection"]) == (False, False)
        assert primary["DeleteAutomatedBackups"] is True

    def test_a_last_snapshot_is_of_the_database_alone(self) -> None:
        template = build(removal_policy=cdk.RemovalPolicy.SNAPSHOT, read_replicas=ReadReplicas())
        found = resources(template, "AWS::RDS::DBInstance").values()
        policies = {"SourceDBInstanceIdentifier" in entry["Properties"]: entry["DeletionPolicy"] for entry in found}
        assert policies == {False: "Snapshot", True: "Delete"}

    def test_no_update_replaces_it(self, template: Template) -> None:
        primary, _ = instances(template)
        assert "AWS::StackId" in json.dumps(primary["DBInstanceIdentifier"]), "it has a name of its own"

    @pytest.mark.parametrize("suffix", ["", "-r15"])
    def test_the_name_is_one_that_rds_takes(self, suffix: str) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(cdk.Stage(app, "A-stage-with-quite-a-long-name"), "And-a-Stack-whose-name-is-as-long-as-that")
        RelationalDatabase(
            stack,
            "DatabaseThatIsNamedAtLength",
            vpc=ec2.Vpc(
                stack,
                "Vpc",
                subnet_configuration=[
                    ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
                ],
            ),
            rotation_days=None,
        )
        primary, _ = instances(Template.from_stack(stack))
        path = primary["DBInstanceIdentifier"]["Fn::Join"][1][0]
        name = path + "51af3dc0-da77-11e4-872e-1234567db123" + suffix
        assert len(name) <= 63
        assert re.fullmatch(r"[a-z](?:-?[a-z0-9])*", name)


class TestReplicas:
    def test_each_is_like_the_database_and_read_only(self) -> None:
        template = build(read_replicas=ReadReplicas(count=2, instance_type="r7g.large"))
        primary, replicas = instances(template)
        (source,) = [
            name
            for name, entry in resources(template, "AWS::RDS::DBInstance").items()
            if entry["Properties"] == primary
        ]
        assert len(replicas) == 2
        same = ("DBParameterGroupName", "DBSubnetGroupName", "VPCSecurityGroups", "MonitoringRoleArn", "Port")
        for replica in replicas:
            assert {name: replica[name] for name in same} == {name: primary[name] for name in same}
            assert replica["DBInstanceClass"] == "db.r7g.large"
            assert replica["DeletionProtection"] is True
            assert replica["MultiAZ"] is False
            assert source in json.dumps(replica["SourceDBInstanceIdentifier"])
        names = [json.dumps(replica["DBInstanceIdentifier"]) for replica in replicas]
        assert [name.count('"-r1"') for name in names] == [1, 0]

    def test_a_standby_of_their_own_is_to_be_asked_for(self) -> None:
        _, (replica,) = instances(build(read_replicas=ReadReplicas(availability=Availability.MULTI_AZ)))
        assert replica["MultiAZ"] is True


class TestSecret:
    def test_the_password_is_in_no_template(self, template: Template) -> None:
        primary, _ = instances(template)
        assert "{{resolve:secretsmanager:" in json.dumps(primary["MasterUserPassword"])
        (secret,) = resources(template, "AWS::SecretsManager::Secret").values()
        made = secret["Properties"]["GenerateSecretString"]
        assert json.loads(made["SecretStringTemplate"]) == {"username": "dbadmin", "dbname": "app"}

    def test_it_rotates_every_month_and_not_while_others_boot(self, template: Template) -> None:
        (schedule,) = resources(template, "AWS::SecretsManager::RotationSchedule").values()
        (attachment,) = resources(template, "AWS::SecretsManager::SecretTargetAttachment")
        properties = schedule["Properties"]
        assert properties["SecretId"] == {"Ref": attachment}
        assert properties["RotationRules"] == {"AutomaticallyAfterDays": 30}
        assert properties["RotateImmediatelyOnUpdate"] is False

    def test_the_function_may_rotate_this_secret_and_no_other(self, template: Template) -> None:
        (attachment,) = resources(template, "AWS::SecretsManager::SecretTargetAttachment")
        (role,) = [name for name in resources(template, "AWS::IAM::Role") if "RotationFunctionRole" in name]
        (statement,) = [entry for entry in allowed(template, role) if "secretsmanager" in json.dumps(entry)]
        assert statement["Resource"] == {"Ref": attachment}
        assert set(statement["Action"]) == {
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        }

    def test_nobody_but_this_accounts_secrets_manager_calls_the_function(self, template: Template) -> None:
        (permission,) = [
            entry["Properties"]
            for entry in resources(template, "AWS::Lambda::Permission").values()
            if entry["Properties"]["Principal"] == "secretsmanager.amazonaws.com"
        ]
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}

    def test_the_schedule_waits_for_all_that_a_rotation_needs(self, template: Template) -> None:
        (schedule,) = resources(template, "AWS::SecretsManager::RotationSchedule").values()
        waits = " ".join(schedule["DependsOn"])
        assert "FunctionMayRotate" in waits
        assert "SecretsManager" in waits
        for kind in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
            assert set(resources(template, kind)) <= set(schedule["DependsOn"])


class TestGrants:
    def test_a_server_connects_to_the_database_and_its_replicas_as_one_user(self, stack: cdk.Stack) -> None:
        made = RelationalDatabase(stack, "Database", vpc=MultiAzVpc(stack, "Network").vpc, read_replicas=ReadReplicas())
        role = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        made.grant_connect(role, "shop")
        template = Template.from_stack(stack)
        (name,) = [name for name in resources(template, "AWS::IAM::Role") if name.startswith("Server")]
        statements = allowed(template, name)
        assert {entry["Action"] for entry in statements} == {"rds-db:connect"}
        text = json.dumps(statements)
        assert text.count("/shop") == 2
        assert "*" not in text

    def test_a_server_reads_this_secret(self, stack: cdk.Stack) -> None:
        made = RelationalDatabase(stack, "Database", vpc=MultiAzVpc(stack, "Network").vpc)
        role = iam.Role(stack, "Server", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        made.grant_read_secret(role)
        template = Template.from_stack(stack)
        (name,) = [name for name in resources(template, "AWS::IAM::Role") if name.startswith("Server")]
        (attachment,) = resources(template, "AWS::SecretsManager::SecretTargetAttachment")
        (statement,) = allowed(template, name)
        assert statement["Resource"] == {"Ref": attachment}
        assert set(statement["Action"]) == {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}

    def test_who_is_let_in_waits_for_no_database(self, stack: cdk.Stack) -> None:
        vpc = MultiAzVpc(stack, "Network").vpc
        made = RelationalDatabase(stack, "Database", vpc=vpc, rotation_days=None)
        servers = ec2.SecurityGroup(stack, "Servers", vpc=vpc, allow_all_outbound=False)
        made.connections.allow_default_port_from(servers, "The servers")
        (rule,) = resources(Template.from_stack(stack), "AWS::EC2::SecurityGroupIngress").values()
        assert (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"]) == (5432, 5432)


class TestAlarms:
    def test_what_it_can_run_out_of_is_watched(self, stack: cdk.Stack) -> None:
        made = RelationalDatabase(
            stack,
            "Database",
            vpc=MultiAzVpc(stack, "Network").vpc,
            read_replicas=ReadReplicas(instance_type="m7g.xlarge"),
            alarm_topic=sns.Topic(stack, "Operators"),
        )
        assert set(made.alarms) == {
            *("FreeStorage", "Cpu", "Connections", "RotationErrors"),
            *("Replica1FreeStorage", "Replica1Cpu", "Replica1Connections", "Replica1Lag"),
        }
        found = resources(Template.from_stack(stack), "AWS::CloudWatch::Alarm").values()
        told = [entry["Properties"] for entry in found]
        assert len(told) == len(made.alarms)
        assert all(entry["AlarmActions"] == entry["OKActions"] for entry in told)
        thresholds = sorted((entry["MetricName"], entry["Threshold"]) for entry in told)
        assert thresholds == [
            ("CPUUtilization", 90),
            ("CPUUtilization", 90),
            ("DatabaseConnections", 720),
            ("DatabaseConnections", 1441),
            ("Errors", 1),
            ("FreeStorageSpace", 5 * 1024**3),
            ("FreeStorageSpace", 5 * 1024**3),
            ("ReplicaLag", 60),
        ]

    def test_the_recovery_is_what_was_chosen(self, stack: cdk.Stack) -> None:
        vpc = MultiAzVpc(stack, "Network").vpc
        weak = RelationalDatabase(stack, "Weak", vpc=vpc, availability=Availability.SINGLE_POINT_OF_FAILURE)
        strong = RelationalDatabase(stack, "Strong", vpc=vpc)
        assert strong.recovery[Loss.AVAILABILITY_ZONE].automatic
        assert not weak.recovery[Loss.AVAILABILITY_ZONE].automatic


class TestProblems:
    def test_every_problem_is_reported_at_once_and_nothing_is_made(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(
            stack,
            "Vpc",
            max_azs=1,
            subnet_configuration=[ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)],
        )
        message = (
            "RelationalDatabase S/Database can't be built:\n"
            "  - storage.gib must be between 20 and 65536 GiB, got 5 GiB\n"
            "  - backups.retention_days must be between 1 and 35 days, got 36 days\n"
            "  - subnets must be in 2 Availability Zones at least, got 1: RDS makes no database elsewhere, not even "
            "one without a standby\n"
            "  - subnets must not be public, got some that are: a database has no business with the internet"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            RelationalDatabase(
                stack,
                "Database",
                vpc=vpc,
                subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
                storage=Storage(gib=5),
                backups=Backups(retention_days=36),
            )
        assert stack.node.find_child("Database").node.children == []

    def test_a_network_without_isolated_subnets(self, stack: cdk.Stack) -> None:
        message = (
            "RelationalDatabase S/Database can't be built:\n"
            "  - vpc has no isolated subnets, which a database belongs into: add some, or name others with "
            "subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            RelationalDatabase(stack, "Database", vpc=ec2.Vpc(stack, "Vpc"))

    def test_what_is_known_at_deployment_only_is_let_through(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S")
        given = cdk.CfnParameter(stack, "Given")
        RelationalDatabase(
            stack,
            "Database",
            vpc=MultiAzVpc(stack, "Network").vpc,
            database_name=given.value_as_string,
            backups=Backups(window=given.value_as_string),
            maintenance=Maintenance(window=given.value_as_string),
        )
        primary, _ = instances(Template.from_stack(stack))
        names = ("DBName", "PreferredBackupWindow", "PreferredMaintenanceWindow")
        assert [primary[name] for name in names] == [{"Ref": "Given"}] * 3


class TestComposition:
    def test_twice_in_a_stack_in_a_stage_with_a_network_of_another(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Production")
        network = MultiAzVpc(cdk.Stack(stage, "Network"), "Network")
        data = cdk.Stack(stage, "Data")
        for name in ("One", "Other"):
            RelationalDatabase(data, name, vpc=network.vpc, rotation_days=7)
        template = Template.from_stack(data)
        template.resource_count_is("AWS::RDS::DBInstance", 2)
        template.resource_count_is("AWS::SecretsManager::RotationSchedule", 2)

    def test_in_a_network_that_is_somebody_elses(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            isolated_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
        )
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/mrk-1")
        RelationalDatabase(stack, "Database", vpc=vpc, encryption_key=key)
        (group,) = resources(Template.from_stack(stack), "AWS::RDS::DBSubnetGroup").values()
        assert group["Properties"]["SubnetIds"] == ["subnet-1", "subnet-2"]

    def test_two_syntheses_give_the_same_template(self, template: Template) -> None:
        assert build().to_json() == template.to_json()
