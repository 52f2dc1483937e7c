"""What a cache is made of, who gets in, and what is left of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.database.cache import Cache
from aws_patterns.database.cache_engines import CacheAuthentication, CacheEngine, Eviction
from aws_patterns.database.cache_options import CacheAvailability, CacheBackups, CacheMaintenance, Serverless
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from tests.unit.load_balancing.metric_math import alarm_about

SINGLE = CacheAvailability.SINGLE_POINT_OF_FAILURE
GROUP, NODES, SERVERLESS = (
    f"AWS::ElastiCache::{kind}" for kind in ("ReplicationGroup", "CacheCluster", "ServerlessCache")
)
PARTITION, REGION, ACCOUNT = ({"Ref": f"AWS::{name}"} for name in ("Partition", "Region", "AccountId"))

Properties = Mapping[str, Any]


def make(**props: Any) -> tuple[cdk.Stack, Cache]:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    return stack, Cache(stack, "Cache", vpc=MultiAzVpc(stack, "Network").vpc, **props)


def build(**props: Any) -> Template:
    return Template.from_stack(make(**props)[0])


def resources(template: Template, kind: str) -> Mapping[str, Any]:
    return template.find_resources(kind)


def one(template: Template, kind: str) -> Properties:
    (found,) = resources(template, kind).values()
    return dict(found["Properties"])


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestReplicationGroup:
    def test_is_in_two_zones_encrypted_and_backed_up(self, template: Template) -> None:
        found = one(template, GROUP)
        given = (
            *("Engine", "EngineVersion", "CacheNodeType", "NumCacheClusters", "ClusterMode"),
            *("AutomaticFailoverEnabled", "MultiAZEnabled", "AtRestEncryptionEnabled", "TransitEncryptionEnabled"),
            *("TransitEncryptionMode", "SnapshotRetentionLimit", "SnapshotWindow", "PreferredMaintenanceWindow"),
            *("AutoMinorVersionUpgrade", "Port"),
        )
        assert {name: found[name] for name in given} == {
            "Engine": "valkey",
            "EngineVersion": "8.2",
            "CacheNodeType": "cache.m7g.large",
            "NumCacheClusters": 2,
            "ClusterMode": "disabled",
            "AutomaticFailoverEnabled": True,
            "MultiAZEnabled": True,
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": True,
            "TransitEncryptionMode": "required",
            "SnapshotRetentionLimit": 1,
            "SnapshotWindow": "02:00-03:00",
            "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
            "AutoMinorVersionUpgrade": True,
            "Port": 6379,
        }
        assert "AuthToken" not in found

    def test_is_where_nothing_leads_to_the_internet(self, template: Template) -> None:
        subnets = one(template, "AWS::ElastiCache::SubnetGroup")["SubnetIds"]
        assert len(subnets) == 3
        assert all("Isolated" in subnet["Ref"] for subnet in subnets)

    def test_lets_nobody_in_by_itself(self, template: Template) -> None:
        groups = resources(template, "AWS::EC2::SecurityGroup")
        (found,) = [group["Properties"] for name, group in groups.items() if name.startswith("Cache")]
        assert "SecurityGroupIngress" not in found
        template.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)

    def test_what_was_chosen_is_what_is_made(self) -> None:
        template = build(
            engine=CacheEngine.REDIS_OSS,
            engine_version="7.0",
            node_type="cache.r7g.large",
            shards=3,
            replicas=2,
            eviction=Eviction.NOEVICTION,
            backups=CacheBackups(retention_days=7, window="01:00-02:00"),
            maintenance=CacheMaintenance(window="tue:05:00-tue:06:00", minor_version_upgrades=False),
        )
        found = one(template, GROUP)
        assert {name: found.get(name) for name in ("NumNodeGroups", "ReplicasPerNodeGroup", "ClusterMode")} == {
            "NumNodeGroups": 3,
            "ReplicasPerNodeGroup": 2,
            "ClusterMode": "enabled",
        }
        assert "NumCacheClusters" not in found
        assert (found["CacheNodeType"], found["SnapshotRetentionLimit"]) == ("cache.r7g.large", 7)
        assert (found["PreferredMaintenanceWindow"], found["AutoMinorVersionUpgrade"]) == ("tue:05:00-tue:06:00", False)
        parameters = one(template, "AWS::ElastiCache::ParameterGroup")
        assert parameters["CacheParameterGroupFamily"] == "redis7"
        assert parameters["Properties"] == {"cluster-enabled": "yes", "maxmemory-policy": "noeviction"}

    def test_a_single_point_of_failure_is_one_node(self) -> None:
        found = one(build(availability=SINGLE, backups=None), GROUP)
        assert (found["NumCacheClusters"], found["MultiAZEnabled"], found["AutomaticFailoverEnabled"]) == (
            1,
            False,
            False,
        )
        assert found["SnapshotRetentionLimit"] == 0
        assert "SnapshotWindow" not in found

    def test_shards_need_failover_even_where_nothing_takes_over(self) -> None:
        found = one(build(availability=SINGLE, shards=2), GROUP)
        assert (found["MultiAZEnabled"], found["AutomaticFailoverEnabled"]) == (False, True)

    def test_tells_its_logs(self, template: Template) -> None:
        kinds = {each["LogType"]: each["LogFormat"] for each in one(template, GROUP)["LogDeliveryConfigurations"]}
        assert kinds == {"engine-log": "json", "slow-log": "json"}

    def test_a_key_of_ones_own_encrypts_the_cache_and_the_password(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        Cache(stack, "Cache", vpc=MultiAzVpc(stack, "Network").vpc, encryption_key=kms.Key(stack, "Key"))
        template = Template.from_stack(stack)
        (key,) = resources(template, "AWS::KMS::Key")
        arn = {"Fn::GetAtt": [key, "Arn"]}
        assert one(template, GROUP)["KmsKeyId"] == one(template, "AWS::SecretsManager::Secret")["KmsKeyId"] == arn


class TestOtherKinds:
    def test_memcached_is_spread_and_speaks_tls(self) -> None:
        template = build(engine=CacheEngine.MEMCACHED)
        found = one(template, NODES)
        assert {name: found[name] for name in ("Engine", "NumCacheNodes", "AZMode", "TransitEncryptionEnabled")} == {
            "Engine": "memcached",
            "NumCacheNodes": 2,
            "AZMode": "cross-az",
            "TransitEncryptionEnabled": True,
        }
        template.resource_count_is("AWS::SecretsManager::Secret", 0)
        template.resource_count_is("AWS::ElastiCache::User", 0)

    def test_memcached_in_one_zone_is_asked_for_by_name(self) -> None:
        found = one(build(engine=CacheEngine.MEMCACHED, availability=SINGLE), NODES)
        assert (found["NumCacheNodes"], found["AZMode"]) == (1, "single-az")

    def test_a_serverless_one_has_limits_and_users(self) -> None:
        template = build(serverless=Serverless(maximum_gb=3, maximum_ecpus_per_second=5_000))
        found = one(template, SERVERLESS)
        assert found["CacheUsageLimits"] == {
            "DataStorage": {"Maximum": 3, "Unit": "GB"},
            "ECPUPerSecond": {"Maximum": 5_000},
        }
        assert (found["Engine"], found["MajorEngineVersion"], found["DailySnapshotTime"]) == ("valkey", "8", "02:00")
        (users,) = resources(template, "AWS::ElastiCache::UserGroup")
        assert found["UserGroupId"] == {"Ref": users}
        assert len(found["SubnetIds"]) == 3

    def test_a_serverless_memcached_has_no_users(self) -> None:
        found = one(build(engine=CacheEngine.MEMCACHED, serverless=Serverless()), SERVERLESS)
        assert "UserGroupId" not in found
        assert found["MajorEngineVersion"] == "1.6"


class TestUsers:
    def test_the_password_is_a_reference_to_a_generated_secret(self, template: Template) -> None:
        (secret,) = resources(template, "AWS::SecretsManager::Secret")
        user = one(template, "AWS::ElastiCache::User")
        (password,) = user["Passwords"]
        resolved = ["{{resolve:secretsmanager:", {"Ref": secret}, ":SecretString:password::}}"]
        assert password == {"Fn::Join": ["", resolved]}
        assert one(template, "AWS::SecretsManager::Secret")["GenerateSecretString"] == {
            "ExcludePunctuation": True,
            "GenerateStringKey": "password",
            "PasswordLength": 64,
            "SecretStringTemplate": '{"username":"app"}',
        }
        assert user["UserName"] == "app"

    def test_may_use_the_cache_and_not_administrate_it(self, template: Template) -> None:
        assert one(template, "AWS::ElastiCache::User")["AccessString"] == "on ~* +@all -@admin -@dangerous +info"
        narrow = build(access_string="on ~app:* +@read")
        assert one(narrow, "AWS::ElastiCache::User")["AccessString"] == "on ~app:* +@read"

    def test_nobody_else_gets_in(self, template: Template) -> None:
        (user,) = resources(template, "AWS::ElastiCache::User")
        assert one(template, "AWS::ElastiCache::UserGroup")["UserIds"] == [{"Ref": user}]
        (group,) = resources(template, "AWS::ElastiCache::UserGroup")
        assert one(template, GROUP)["UserGroupIds"] == [{"Ref": group}]

    def test_who_says_no_name_may_nothing_in_redis_oss(self) -> None:
        template = build(engine=CacheEngine.REDIS_OSS)
        users = [found["Properties"] for found in resources(template, "AWS::ElastiCache::User").values()]
        (nobody,) = [user for user in users if user["UserName"] == "default"]
        assert (nobody["AccessString"], nobody["NoPasswordRequired"]) == ("off -@all", True)
        assert len(one(template, "AWS::ElastiCache::UserGroup")["UserIds"]) == 2

    def test_with_iam_there_is_no_password(self) -> None:
        template = build(authentication=CacheAuthentication.IAM)
        user = one(template, "AWS::ElastiCache::User")
        assert user["AuthenticationMode"] == {"Type": "iam"}
        assert user["UserName"] == user["UserId"], "as IAM asks for"
        assert "Passwords" not in user
        template.resource_count_is("AWS::SecretsManager::Secret", 0)

    def test_the_id_is_one_that_elasticache_takes_and_nobody_else_has(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        ids = set()
        stacks = [cdk.Stack(app, name) for name in ("A-stack-whose-name-is-quite-long", "S-1-stack")]
        for stack in stacks:
            vpc = MultiAzVpc(stack, "Network").vpc
            for cache in ("One", "AnotherCacheWithAVeryLongNameIndeed", "1"):
                Cache(stack, cache, vpc=vpc, engine=CacheEngine.REDIS_OSS)
        for stack in stacks:
            for found in resources(Template.from_stack(stack), "AWS::ElastiCache::User").values():
                ids.add(evaluated(found["Properties"]["UserId"]))
        assert len(ids) == 12
        for found in ids:
            assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", found), found
            assert "--" not in found


def evaluated(value: Any) -> str:
    """An id, as CloudFormation makes it in the stack with this id."""
    match value:
        case str():
            return value
        case {"Ref": "AWS::StackId"}:
            return "arn:aws:cloudformation:eu-west-1:111122223333:stack/S/51af3dc0-da77-11e4-872e-1234567db123"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(evaluated(part) for part in parts)
        case {"Fn::Select": [index, {"Fn::Split": [separator, text]}]}:
            return evaluated(text).split(str(separator))[int(index)]
    raise AssertionError(f"{value} is not known")


class TestRotation:
    def test_the_password_is_changed_every_month_by_a_function_that_may_do_just_that(self, template: Template) -> None:
        schedule = one(template, "AWS::SecretsManager::RotationSchedule")
        assert schedule["RotationRules"] == {"AutomaticallyAfterDays": 30}
        assert schedule["RotateImmediatelyOnUpdate"] is False
        policies = resources(template, "AWS::IAM::Policy").items()
        (policy,) = [found for name, found in policies if "MayChangePassword" in name]
        (secret,) = resources(template, "AWS::SecretsManager::Secret")
        (user,) = resources(template, "AWS::ElastiCache::User")
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert [(each["Action"], each["Resource"]) for each in statements] == [
            (
                [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                {"Ref": secret},
            ),
            (["elasticache:DescribeUsers", "elasticache:ModifyUser"], {"Fn::GetAtt": [user, "Arn"]}),
        ]

    def test_with_a_key_of_ones_own_it_may_use_that_through_secrets_manager(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        Cache(stack, "Cache", vpc=MultiAzVpc(stack, "Network").vpc, encryption_key=kms.Key(stack, "Key"))
        policies = resources(Template.from_stack(stack), "AWS::IAM::Policy").items()
        (policy,) = [found for name, found in policies if "MayChangePassword" in name]
        key = policy["Properties"]["PolicyDocument"]["Statement"][-1]
        assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
        assert "kms:ViaService" in key["Condition"]["StringEquals"]

    def test_or_never(self) -> None:
        template = build(rotation_days=None)
        template.resource_count_is("AWS::SecretsManager::RotationSchedule", 0)
        assert make(rotation_days=None)[1].rotation is None


class TestAccess:
    def test_by_reference_between_security_groups(self) -> None:
        stack, cache = make()
        server = ec2.SecurityGroup(stack, "Server", vpc=ec2.Vpc(stack, "Other"), allow_all_outbound=False)
        cache.connections.allow_default_port_from(server)
        rule = one(Template.from_stack(stack), "AWS::EC2::SecurityGroupIngress")
        assert (rule["FromPort"], rule["ToPort"]) == (6379, 6379)
        assert "SourceSecurityGroupId" in rule

    @pytest.mark.parametrize(
        ("props", "ports"),
        [
            ({"engine": CacheEngine.MEMCACHED}, (11211, 11211)),
            ({"serverless": Serverless()}, (6379, 6380)),
            ({"engine": CacheEngine.MEMCACHED, "serverless": Serverless()}, (11211, 11211)),
        ],
    )
    def test_on_the_ports_of_the_kind(self, props: dict[str, Any], ports: tuple[int, int]) -> None:
        stack, cache = make(**props)
        cache.connections.allow_default_port_from(ec2.Peer.ipv4("10.0.0.0/16"))
        groups = resources(Template.from_stack(stack), "AWS::EC2::SecurityGroup").items()
        (group,) = [found["Properties"] for name, found in groups if name.startswith("Cache")]
        (rule,) = group["SecurityGroupIngress"]
        assert (rule["FromPort"], rule["ToPort"]) == ports

    @staticmethod
    def granted(stack: cdk.Stack, cache: Cache) -> list[Mapping[str, Any]]:
        role = iam.Role(stack, "Server", assumed_by=iam.AccountRootPrincipal())
        cache.grant_connect(role)
        policies = resources(Template.from_stack(stack), "AWS::IAM::Policy").items()
        (found,) = [policy for name, policy in policies if name.startswith("Server")] or [None]
        return list(found["Properties"]["PolicyDocument"]["Statement"]) if found else []

    def test_who_may_connect_reads_the_password_and_no_more(self) -> None:
        stack, cache = make()
        (statement,) = self.granted(stack, cache)
        assert statement["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        assert cache.secret is not None
        assert statement["Resource"] == stack.resolve(cache.secret.secret_arn)

    def test_or_signs_in_to_this_cache_as_this_user(self) -> None:
        stack, cache = make(authentication=CacheAuthentication.IAM)
        (statement,) = self.granted(stack, cache)
        assert statement["Action"] == "elasticache:Connect"
        (group,) = resources(Template.from_stack(stack), GROUP)
        (user,) = resources(Template.from_stack(stack), "AWS::ElastiCache::User")
        arn = ["arn:", PARTITION, ":elasticache:", REGION, ":", ACCOUNT, ":replicationgroup:", {"Ref": group}]
        assert statement["Resource"] == [{"Fn::Join": ["", arn]}, {"Fn::GetAtt": [user, "Arn"]}]

    def test_a_serverless_cache_says_its_own_arn(self) -> None:
        stack, cache = make(authentication=CacheAuthentication.IAM, serverless=Serverless())
        (statement,) = self.granted(stack, cache)
        (name,) = resources(Template.from_stack(stack), SERVERLESS)
        assert statement["Resource"][0] == {"Fn::GetAtt": [name, "ARN"]}

    def test_memcached_asks_nobody(self) -> None:
        stack, cache = make(engine=CacheEngine.MEMCACHED)
        assert self.granted(stack, cache) == []


class TestEnvironment:
    def environment(self, **props: Any) -> Mapping[str, Any]:
        stack, cache = make(**props)
        found = stack.resolve(dict(cache.environment))
        assert stack.resolve(cache.endpoint) == found["CACHE_HOST"]
        assert stack.resolve(cache.port) == found["CACHE_PORT"]
        return {name: shortened(value) for name, value in found.items()}

    def test_of_one_shard(self) -> None:
        assert self.environment() == {
            "CACHE_ENGINE": "valkey",
            "CACHE_HOST": "PrimaryEndPoint.Address",
            "CACHE_PORT": "PrimaryEndPoint.Port",
            "CACHE_CLUSTER": "false",
            "CACHE_SECRET": "Ref",
        }

    def test_of_shards(self) -> None:
        found = self.environment(shards=2)
        assert (found["CACHE_HOST"], found["CACHE_CLUSTER"]) == ("ConfigurationEndPoint.Address", "true")

    def test_with_iam(self) -> None:
        found = self.environment(authentication=CacheAuthentication.IAM, serverless=Serverless())
        assert {name: found[name] for name in ("CACHE_HOST", "CACHE_CLUSTER", "CACHE_SERVERLESS", "CACHE_NAME")} == {
            "CACHE_HOST": "Endpoint.Address",
            "CACHE_CLUSTER": "true",
            "CACHE_SERVERLESS": "true",
            "CACHE_NAME": "Ref",
        }
        assert "CACHE_SECRET" not in found

    def test_of_memcached(self) -> None:
        assert self.environment(engine=CacheEngine.MEMCACHED) == {
            "CACHE_ENGINE": "memcached",
            "CACHE_HOST": "ConfigurationEndpoint.Address",
            "CACHE_PORT": "ConfigurationEndpoint.Port",
            "CACHE_CLUSTER": "false",
            "CACHE_DISCOVERY": "true",
        }

    @pytest.mark.parametrize(
        "props",
        [
            {},
            {"shards": 2, "authentication": CacheAuthentication.IAM},
            {"serverless": Serverless()},
            {"engine": CacheEngine.MEMCACHED},
            {"engine": CacheEngine.MEMCACHED, "serverless": Serverless()},
        ],
    )
    def test_the_client_reads_it(self, props: dict[str, Any]) -> None:
        from cache_client.settings import Settings

        found = {**self.environment(**props), "CACHE_PORT": "6379"}
        assert Settings.from_environment(found).host


def shortened(value: Any) -> str:
    match value:
        case {"Fn::GetAtt": [_, str(attribute)]}:
            return attribute
        case {"Ref": _}:
            return "Ref"
        case str():
            return value
    return "made of others"


class TestAlarms:
    def test_each_node_is_watched(self, template: Template) -> None:
        found = alarm_about(resources(template, "AWS::CloudWatch::Alarm"), "only core is busy")
        (group,) = resources(template, GROUP)
        metrics = [each["MetricStat"]["Metric"] for each in found["Metrics"] if "MetricStat" in each]
        assert [each["Dimensions"] for each in metrics] == [
            [
                {"Name": "CacheClusterId", "Value": {"Fn::Join": ["", [{"Ref": group}, f"-00{number}"]]}},
                {"Name": "CacheNodeId", "Value": "0001"},
            ]
            for number in (1, 2)
        ]
        assert found["Metrics"][0]["Expression"] == "MAX([m0, m1])"

    def test_of_two_cores_one_is_the_engines(self, template: Template) -> None:
        # AWS's own example: 90 percent of one core of two is 45 of the machine.
        found = alarm_about(resources(template, "AWS::CloudWatch::Alarm"), "only core is busy")
        assert (self.metric(found), found["Threshold"]) == ("CPUUtilization", 45)
        large = resources(build(node_type="m7g.xlarge"), "AWS::CloudWatch::Alarm")
        found = alarm_about(large, "only core is busy")
        assert (self.metric(found), found["Threshold"]) == ("EngineCPUUtilization", 90)

    @staticmethod
    def metric(alarm: Mapping[str, Any]) -> str:
        (name,) = {each["MetricStat"]["Metric"]["MetricName"] for each in alarm["Metrics"] if "MetricStat" in each}
        return str(name)

    def test_what_is_watched(self) -> None:
        of_all = {"Cpu", "Memory", "Connections", "LoginFailures", "Overloaded", "RotationErrors"}
        assert set(make()[1].alarms) == of_all | {"ReplicationLag"}
        assert set(make(availability=SINGLE)[1].alarms) == of_all, "there is nothing that could be late"
        assert set(make(engine=CacheEngine.MEMCACHED)[1].alarms) == {"Cpu", "Swap", "Connections"}
        assert set(make(serverless=Serverless())[1].alarms) == {
            "Memory",
            "Throttled",
            "LoginFailures",
            "RotationErrors",
        }

    def test_ten_nodes_have_one_alarm_and_the_others_another(self) -> None:
        stack, cache = make(shards=4, replicas=2)
        assert {"Cpu", "Cpu2"} <= set(cache.alarms)
        alarms = resources(Template.from_stack(stack), "AWS::CloudWatch::Alarm")
        busy = [
            a["Properties"]["Metrics"] for a in alarms.values() if "only core" in a["Properties"]["AlarmDescription"]
        ]
        assert sorted(len(metrics) - 1 for metrics in busy) == [2, 10]
        names = {
            str(each["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Fn::Join"][1][1])
            for metrics in busy
            for each in metrics
            if "MetricStat" in each
        }
        assert names == {f"-000{shard}-00{node}" for shard in (1, 2, 3, 4) for node in (1, 2, 3)}

    def test_a_serverless_one_rings_before_it_is_full(self) -> None:
        found = alarm_about(
            resources(build(serverless=Serverless(maximum_gb=10)), "AWS::CloudWatch::Alarm"), "nearly holds"
        )
        assert found["Threshold"] == 8 * 10**9
        assert [each["Name"] for each in found["Dimensions"]] == ["clusterId"]

    def test_a_topic_is_told_of_each(self) -> None:
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
        vpc = MultiAzVpc(stack, "Network").vpc
        Cache(stack, "Cache", vpc=vpc, alarm_topic=sns.Topic(stack, "Operators"))
        found = resources(Template.from_stack(stack), "AWS::CloudWatch::Alarm").values()
        assert len(found) == 7
        assert all(entry["Properties"]["AlarmActions"] == entry["Properties"]["OKActions"] for entry in found)


class TestRemoval:
    def test_a_last_snapshot_is_kept(self, template: Template) -> None:
        (found,) = resources(template, GROUP).values()
        assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")

    def test_of_a_serverless_one_by_name(self) -> None:
        template = build(serverless=Serverless())
        (found,) = resources(template, SERVERLESS).values()
        assert found["DeletionPolicy"] == "Delete"
        assert evaluated(found["Properties"]["FinalSnapshotName"]).endswith("-last")
        given_up = build(serverless=Serverless(), removal_policy=cdk.RemovalPolicy.DESTROY)
        assert "FinalSnapshotName" not in one(given_up, SERVERLESS)

    def test_a_cache_that_stays_keeps_all_that_it_needs(self) -> None:
        for props in ({}, {"serverless": Serverless()}, {"engine": CacheEngine.MEMCACHED}):
            found = build(removal_policy=cdk.RemovalPolicy.RETAIN, **props).to_json()["Resources"]
            needed = {
                name: each.get("DeletionPolicy")
                for name, each in found.items()
                if name.startswith("Cache")
                and each["Type"].startswith(("AWS::ElastiCache", "AWS::EC2", "AWS::SecretsManager::Secret"))
            }
            assert set(needed.values()) == {"Retain"}, needed

    def test_or_nothing_is(self) -> None:
        found = build(removal_policy=cdk.RemovalPolicy.DESTROY).to_json()["Resources"]
        policies = {each.get("DeletionPolicy") for name, each in found.items() if name.startswith("Cache")}
        assert policies == {None, "Delete"}


class TestProblems:
    def test_every_problem_is_reported_at_once_before_anything_is_made(self, stack: cdk.Stack) -> None:
        message = (
            "Cache S/Cache can't be built:\n"
            "  - replicas must be between 1 and 5 with CacheAvailability.MULTI_AZ, got 0: nothing would take over. "
            "Have a replica, or say CacheAvailability.SINGLE_POINT_OF_FAILURE\n"
            "  - rotation_days must be between 1 and 1000 days, got 0 days\n"
            "  - vpc has no isolated subnets, which a cache belongs into: add some, or name others with "
            "subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)"
        )
        vpc = ec2.Vpc(stack, "Vpc")
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Cache(stack, "Cache", vpc=vpc, replicas=0, rotation_days=0)
        assert list(stack.node.find_child("Cache").node.children) == []

    def test_one_zone_is_not_several_and_public_is_not_private(self, stack: cdk.Stack) -> None:
        message = (
            "Cache S/Cache can't be built:\n"
            "  - subnets must be in 2 Availability Zones at least with CacheAvailability.MULTI_AZ, got 1: name others, "
            "or say CacheAvailability.SINGLE_POINT_OF_FAILURE\n"
            "  - subnets must not be public, got some that are: a cache has no business with the internet"
        )
        vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
        public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Cache(stack, "Cache", vpc=vpc, subnets=public)

    def test_what_is_known_at_deployment_only_is_let_through(self, stack: cdk.Stack) -> None:
        node_type = cdk.CfnParameter(stack, "NodeType").value_as_string
        days = cast("int", cdk.CfnParameter(stack, "Days", type="Number").value_as_number)
        backups = CacheBackups(retention_days=days)
        Cache(stack, "Cache", vpc=MultiAzVpc(stack, "Network").vpc, node_type=node_type, backups=backups)
        found = one(Template.from_stack(stack), GROUP)
        assert (found["CacheNodeType"], found["SnapshotRetentionLimit"]) == ({"Ref": "NodeType"}, {"Ref": "Days"})

    def test_the_release_is_not(self, stack: cdk.Stack) -> None:
        version = cdk.CfnParameter(stack, "Version").value_as_string
        vpc = MultiAzVpc(stack, "Network").vpc
        message = "engine_version must be known at synthesis: the parameter group is made for it"
        with pytest.raises(ValueError, match=message):
            Cache(stack, "Cache", vpc=vpc, engine_version=version)


class TestComposition:
    def test_twice_in_a_stack_in_a_stage(self, app: cdk.App) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
        vpc = MultiAzVpc(stack, "Network").vpc
        Cache(stack, "One", vpc=vpc)
        Cache(stack, "Other", vpc=vpc, authentication=CacheAuthentication.IAM)
        Template.from_stack(stack).resource_count_is(GROUP, 2)

    def test_in_another_stacks_network_and_with_another_stacks_server(self, app: cdk.App) -> None:
        network, caches, servers = (cdk.Stack(app, name) for name in ("Network", "Caches", "Servers"))
        vpc = MultiAzVpc(network, "Network").vpc
        cache = Cache(caches, "Cache", vpc=vpc)
        role = iam.Role(servers, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        cache.grant_connect(role)
        server = ec2.SecurityGroup(servers, "Server", vpc=vpc)
        server.connections.allow_to_default_port(cache)
        Template.from_stack(servers).resource_count_is("AWS::IAM::Policy", 1)
        Template.from_stack(caches).resource_count_is(GROUP, 1)

    def test_in_an_imported_network_with_an_imported_key(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            isolated_subnet_ids=["subnet-1", "subnet-2"],
            isolated_subnet_route_table_ids=["rtb-1", "rtb-2"],
        )
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
        Cache(stack, "Cache", vpc=vpc, encryption_key=key)
        found = one(Template.from_stack(stack), "AWS::ElastiCache::SubnetGroup")
        assert found["SubnetIds"] == ["subnet-1", "subnet-2"]

    def test_says_what_follows_from_each_loss(self) -> None:
        from aws_patterns.database.cache_options import recovery_of

        assert make(availability=SINGLE)[1].recovery == recovery_of(availability=SINGLE)

    def test_two_syntheses_give_the_same_template(self, template: Template) -> None:
        assert build().to_json() == template.to_json()
