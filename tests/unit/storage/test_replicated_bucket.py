"""What both sides of a replicated bucket promise, and what they know of each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from aws_patterns.recovery import Loss, Recovery, Span
from aws_patterns.storage.data_bucket_options import Lifecycle, ObjectLock
from aws_patterns.storage.replica_bucket import ReplicaBucket
from aws_patterns.storage.replicated_bucket import ReplicatedBucket
from aws_patterns.storage.replicated_bucket_options import Replica, ReplicaClass, recovery_of

PLAIN = Replica(bucket_name="orders-copy", region="eu-central-1")
WITH_KEY = replace(PLAIN, key="alias/orders-copy")
ARN = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
HERE = cdk.Environment(account="111122223333", region="eu-west-1")


def app() -> cdk.App:
    return cdk.App(builtin_cloud_formation_validation=False)


def originals(*replicas: Replica, env: cdk.Environment | None = HERE, **props: Any) -> tuple[Template, Any]:
    """The template, and the rules in it."""
    stack = cdk.Stack(app(), "S", env=env)
    ReplicatedBucket(stack, "Orders", bucket_name="orders", replicas=replicas, **props)
    template = Template.from_stack(stack)
    return template, bucket_of(template, "orders")["ReplicationConfiguration"]["Rules"]


def bucket_of(template: Template, name: str) -> Mapping[str, Any]:
    (found,) = template.find_resources("AWS::S3::Bucket", {"Properties": {"BucketName": name}}).values()
    return dict(found["Properties"])


def copies(replica: Replica = PLAIN, **props: Any) -> Template:
    stack = cdk.Stack(app(), "S", env=cdk.Environment(account="111122223333", region="eu-central-1"))
    ReplicaBucket(stack, "Copy", replica=replica, source_bucket_name="orders", **props)
    return Template.from_stack(stack)


def allowed(template: Template, role: str) -> dict[str, list[Mapping[str, Any]]]:
    """The statements of a role, by each action."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        if role in name:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in actions if isinstance(actions, list) else [actions]:
                    found.setdefault(action, []).append(statement)
    return found


class TestRules:
    def test_every_object_is_copied_within_a_quarter_of_an_hour(self) -> None:
        _, (rule,) = originals(PLAIN)
        assert rule["Filter"] == {"Prefix": ""}
        assert rule["Status"] == "Enabled"
        within = {"Minutes": 15}
        assert rule["Destination"] == {
            "Bucket": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::orders-copy"]]},
            "StorageClass": "STANDARD",
            "ReplicationTime": {"Status": "Enabled", "Time": within},
            "Metrics": {"Status": "Enabled", "EventThreshold": within},
        }
        assert "SourceSelectionCriteria" not in rule

    def test_nobody_deletes_both_by_mistake(self) -> None:
        assert originals(PLAIN)[1][0]["DeleteMarkerReplication"] == {"Status": "Disabled"}
        asked = replace(PLAIN, delete_markers=True)
        assert originals(asked)[1][0]["DeleteMarkerReplication"] == {"Status": "Enabled"}

    def test_without_the_promise_it_is_still_measured(self) -> None:
        _, (rule,) = originals(replace(PLAIN, without_time_control=True))
        assert "ReplicationTime" not in rule["Destination"]
        assert rule["Destination"]["Metrics"] == {"Status": "Enabled"}

    def test_copies_are_encrypted_with_the_key_of_their_region(self) -> None:
        template, (rule,) = originals(WITH_KEY)
        assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
        assert rule["Destination"]["EncryptionConfiguration"] == {
            "ReplicaKmsKeyID": {
                "Fn::Join": [
                    "",
                    ["arn:", {"Ref": "AWS::Partition"}, ":kms:eu-central-1:111122223333:alias/orders-copy"],
                ]
            }
        }
        template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})

    def test_an_existing_key_is_named_as_it_is(self) -> None:
        _, (rule,) = originals(replace(PLAIN, key=ARN))
        assert rule["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": ARN}

    def test_each_of_several_copies_has_a_rule_of_its_own(self) -> None:
        other = Replica(bucket_name="orders-far", region="ap-south-1", storage_class=ReplicaClass.GLACIER_IR)
        _, rules = originals(PLAIN, other)
        assert [(rule["Id"], rule["Priority"]) for rule in rules] == [("to-eu-central-1", 1), ("to-ap-south-1", 2)]
        assert rules[1]["Destination"]["StorageClass"] == "GLACIER_IR"

    def test_the_bucket_waits_for_what_the_role_may_do(self) -> None:
        template, _ = originals(PLAIN)
        (found,) = template.find_resources("AWS::S3::Bucket", {"Properties": {"BucketName": "orders"}}).values()
        assert [name for name in found["DependsOn"] if "ReplicationRoleDefaultPolicy" in name]


class TestRole:
    def test_it_reads_here_and_writes_there(self) -> None:
        template, _ = originals(PLAIN)
        found = allowed(template, "ReplicationRole")
        assert set(found) == {
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
            "s3:ReplicateObject",
            "s3:ReplicateTags",
        }
        (written,) = found["s3:ReplicateObject"]
        assert json.dumps(written["Resource"]).endswith(':s3:::orders-copy/*"]]}')

    def test_deletions_and_locks_take_more(self) -> None:
        template, _ = originals(replace(PLAIN, delete_markers=True), object_lock=ObjectLock(days=1))
        assert {"s3:ReplicateDelete", "s3:GetObjectRetention", "s3:GetObjectLegalHold"} <= set(
            allowed(template, "ReplicationRole")
        )

    def test_the_other_key_is_for_these_copies_alone(self) -> None:
        template, _ = originals(WITH_KEY)
        found = allowed(template, "ReplicationRole")
        (encrypted,) = found["kms:Encrypt"]
        assert encrypted["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/orders-copy"}
        through = encrypted["Condition"]["StringEquals"]["kms:ViaService"]
        assert through == {"Fn::Join": ["", ["s3.eu-central-1.", {"Ref": "AWS::URLSuffix"}]]}
        contexts = json.dumps(encrypted["Condition"]["StringLike"])
        assert ":s3:::orders-copy" in contexts
        assert ":s3:::orders-copy/*" in contexts
        assert len(found["kms:Decrypt"]) == 2, "what was written here, and the bucket key there"

    def test_a_key_that_is_known_is_named(self) -> None:
        template, _ = originals(replace(PLAIN, key=ARN))
        (encrypted,) = allowed(template, "ReplicationRole")["kms:Encrypt"]
        assert encrypted["Resource"] == ARN
        assert "ForAnyValue:StringEquals" not in encrypted["Condition"]

    def test_the_role_of_jobs_starts_copies_and_reports(self) -> None:
        template, _ = originals(PLAIN)
        assert set(allowed(template, "BatchRole")) == {
            "s3:InitiateReplication",
            "s3:GetReplicationConfiguration",
            "s3:PutInventoryConfiguration",
            "s3:PutObject",
        }

    def test_an_operator_may_start_jobs_and_pass_that_role_alone(self) -> None:
        stack = cdk.Stack(app(), "S", env=HERE)
        bucket = ReplicatedBucket(stack, "Orders", bucket_name="orders", replicas=[PLAIN])
        operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
        bucket.grant_replicate_existing(operator).assert_success()
        found = allowed(Template.from_stack(stack), "Operator")
        (passed,) = found["iam:PassRole"]
        assert passed["Resource"] == stack.resolve(bucket.batch_role.role_arn)
        assert {"s3:CreateJob", "s3:DescribeJob", "s3:GetReplicationConfiguration"} <= set(found)


@pytest.mark.parametrize(
    ("replica", "refused"),
    [
        (PLAIN, {"OtherEncryption": "AES256"}),
        (WITH_KEY, {"OtherEncryption": "aws:kms", "OtherKey": "key"}),
    ],
)
def test_what_would_not_be_copied_is_refused(replica: Replica, refused: Mapping[str, str]) -> None:
    template, _ = originals(replica)
    found = {
        statement["Sid"]: statement
        for policy in template.find_resources("AWS::S3::BucketPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "Sid" in statement
    }
    assert set(found) == set(refused)
    for sid, statement in found.items():
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:PutObject")
        ((header, other),) = statement["Condition"]["StringNotEquals"].items()
        assert statement["Condition"]["Null"] == {header: "false"}
        assert refused[sid] == "key" or other == refused[sid]


class TestAlarms:
    def test_failures_are_told_where_the_originals_are(self) -> None:
        template, _ = originals(PLAIN)
        (alarm,) = template.find_resources("AWS::CloudWatch::Alarm").values()
        found = alarm["Properties"]
        assert (found["MetricName"], found["Threshold"]) == ("OperationsFailedReplication", 1)
        assert {one["Name"]: one["Value"] for one in found["Dimensions"]} == {
            "SourceBucket": "orders",
            "DestinationBucket": "orders-copy",
            "RuleId": "to-eu-central-1",
        }
        described = json.dumps(found["AlarmDescription"])
        assert "replicate-existing orders --failed-only --role " in described
        assert "BatchRole" in described

    def test_lateness_is_told_where_the_copies_are(self) -> None:
        """S3 publishes that metric there, and an alarm sees its own Region alone."""
        (alarm,) = copies().find_resources("AWS::CloudWatch::Alarm").values()
        found = alarm["Properties"]
        assert (found["MetricName"], found["Threshold"], found["Statistic"]) == ("ReplicationLatency", 900, "Maximum")
        assert found["ComparisonOperator"] == "GreaterThanThreshold"
        assert found["EvaluationPeriods"] == 5

    def test_somebody_is_told(self) -> None:
        stack = cdk.Stack(app(), "S", env=HERE)
        topic = sns.Topic(stack, "Operators")
        ReplicatedBucket(stack, "Orders", bucket_name="orders", replicas=[PLAIN], alarm_topic=topic)
        (alarm,) = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
        assert alarm["Properties"]["AlarmActions"] == [stack.resolve(topic.topic_arn)]


class TestReplica:
    def test_it_has_the_name_and_the_alias_that_the_other_side_knows(self) -> None:
        template = copies(WITH_KEY)
        bucket = bucket_of(template, "orders-copy")
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        template.has_resource_properties("AWS::KMS::Alias", {"AliasName": "alias/orders-copy"})
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"

    def test_it_takes_the_key_that_is_named_by_its_arn(self) -> None:
        stack = cdk.Stack(app(), "S")
        key = kms.Key.from_key_arn(stack, "Key", ARN)
        replica = replace(PLAIN, key=ARN)
        ReplicaBucket(stack, "Copy", replica=replica, source_bucket_name="orders", encryption_key=key)
        Template.from_stack(stack).resource_count_is("AWS::KMS::Key", 0)

    def test_data_and_key_stay_when_their_stack_goes(self) -> None:
        for template in (copies(WITH_KEY), originals(WITH_KEY)[0]):
            for kind in ("AWS::S3::Bucket", "AWS::KMS::Key"):
                found = template.find_resources(kind).values()
                assert {(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in found} == {("Retain", "Retain")}


def test_both_sides_in_one_region_and_any_account() -> None:
    """Same-Region replication, in one stack that does not know where it is."""
    stack = cdk.Stack(app(), "S")
    name, near = f"orders-{cdk.Aws.ACCOUNT_ID}", replace(PLAIN, region=cdk.Aws.REGION)
    copy = ReplicaBucket(stack, "Copy", replica=near, source_bucket_name=name)
    bucket = ReplicatedBucket(stack, "Orders", bucket_name=name, replicas=[near])
    bucket.node.add_dependency(copy)
    Template.from_stack(stack).resource_count_is("AWS::S3::Bucket", 4)


class TestRecovery:
    def of_region(self, *replicas: Replica, region: str | None = "eu-west-1") -> Recovery:
        return recovery_of(replicas, Lifecycle.READY, region=region)[Loss.REGION]

    def test_with_time_control_some_minutes_may_be_lost(self) -> None:
        found = self.of_region(PLAIN)
        assert found.recovery_point == Span(usual=15, worst=900)
        assert found.recovery_time == Span(usual=300, worst=3600)
        assert not found.automatic
        assert "eu-central-1" in found.how

    def test_without_it_some_hours(self) -> None:
        assert self.of_region(replace(PLAIN, without_time_control=True)).recovery_point == Span(usual=900, worst=21_600)

    def test_a_copy_in_the_same_region_is_lost_with_it(self) -> None:
        assert self.of_region(PLAIN, region="eu-central-1").recovery_point is None
        assert self.of_region(PLAIN, region=None).recovery_point is not None


class TestProblems:
    def test_every_option_that_cannot_be_used_is_named(self) -> None:
        bad = Replica(bucket_name="orders", region="Europe", key="my-key", storage_class="COLD")  # type: ignore[arg-type] # what people write
        with pytest.raises(ValueError, match="can't be built") as raised:
            originals(PLAIN, replace(PLAIN, key=ARN.replace("eu-central-1", "eu-west-1")), bad, retention_days=0)
        assert str(raised.value) == (
            "ReplicatedBucket S/Orders can't be built:\n"
            "  - retention_days must be between 1 and 36500 days, got 0 days\n"
            "  - replicas[0].key is missing: objects encrypted with a customer managed key are copied only with a key "
            "of eu-central-1 that encrypts them there; give its alias or ARN\n"
            "  - replicas[1].key must be a key of eu-central-1, where the copies are, got one of eu-west-1\n"
            "  - replicas[1].region must be another than that of replicas[0], got eu-central-1 for both\n"
            "  - replicas[2].bucket_name must not be the bucket's own name, got 'orders' for both\n"
            "  - replicas[2].storage_class must be one of STANDARD, STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR, got "
            "'COLD'\n"
            "  - replicas[2].region must be a Region's code such as eu-west-1, got 'Europe'\n"
            "  - replicas[2].key must look like alias/my-key, or like arn:aws:kms:Europe:111122223333:key/..., got "
            "'my-key'"
        )

    def test_without_copies_it_is_another_bucket(self) -> None:
        with pytest.raises(ValueError, match="can't be built") as raised:
            originals()
        assert str(raised.value) == (
            "ReplicatedBucket S/Orders can't be built:\n"
            "  - replicas must hold 1 to 10 buckets, got 0: a bucket without copies is a DataBucket"
        )

    @pytest.mark.parametrize(
        ("replica", "with_key", "problem"),
        [
            (WITH_KEY, True, "encryption_key must be left out unless replica.key is the ARN of that key"),
            (PLAIN, True, "encryption_key must be left out unless replica.key is the ARN of that key"),
            (
                replace(PLAIN, key=ARN),
                False,
                "encryption_key is missing: replica.key is the ARN of a key; give that key itself",
            ),
        ],
    )
    def test_the_key_is_the_one_that_both_sides_know(self, replica: Replica, with_key: bool, problem: str) -> None:
        stack = cdk.Stack(app(), "S")
        key = kms.Key.from_key_arn(stack, "Key", ARN) if with_key else None
        with pytest.raises(ValueError, match="can't be built") as raised:
            ReplicaBucket(stack, "Copy", replica=replica, source_bucket_name="orders", encryption_key=key)
        assert str(raised.value) == f"ReplicaBucket S/Copy can't be built:\n  - {problem}"


BOTH_WAYS = replace(WITH_KEY, delete_markers=True, storage_class=ReplicaClass.GLACIER_IR, both_ways=True)


class TestBothWays:
    """What is written to the copy is copied back, by rules that the stack of the originals sets."""

    def of_back(self, template: Template) -> tuple[Mapping[str, Any], list[Any]]:
        """The custom resource, and the rules in it."""
        (found,) = template.find_resources("Custom::ReplicationBack").values()
        text = found["Properties"]["Rules"]
        parts = [text] if isinstance(text, str) else text["Fn::Join"][1]
        # What is known at deployment alone is a name here.
        rules = "".join(part if isinstance(part, str) else "<token>" for part in parts)
        return found, json.loads(rules)

    def test_the_way_back_is_as_the_way_there(self) -> None:
        template, (there,) = originals(BOTH_WAYS)
        resource, (back,) = self.of_back(template)
        assert {name: resource["Properties"][name] for name in ("Bucket", "Region")} == {
            "Bucket": "orders-copy",
            "Region": "eu-central-1",
        }
        assert back == {
            "ID": "back-from-eu-central-1",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "SourceSelectionCriteria": {
                "SseKmsEncryptedObjects": {"Status": "Enabled"},
                "ReplicaModifications": {"Status": "Enabled"},
            },
            "Destination": {
                "Bucket": "arn:<token>:s3:::orders",
                "StorageClass": "STANDARD",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": "<token>"},
                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
            },
        }
        assert there["SourceSelectionCriteria"] == back["SourceSelectionCriteria"]
        assert there["Destination"]["StorageClass"] == "GLACIER_IR"

    def test_without_keys_and_time_control_the_way_back_has_none_either(self) -> None:
        template, _ = originals(replace(PLAIN, without_time_control=True, both_ways=True))
        _, (back,) = self.of_back(template)
        assert back["SourceSelectionCriteria"] == {"ReplicaModifications": {"Status": "Enabled"}}
        assert set(back["Destination"]) == {"Bucket", "StorageClass", "Metrics"}
        assert back["DeleteMarkerReplication"] == {"Status": "Disabled"}

    def test_only_who_asks_for_it_is_copied_back(self) -> None:
        template, (rule,) = originals(WITH_KEY)
        template.resource_count_is("Custom::ReplicationBack", 0)
        assert "ReplicaModifications" not in rule["SourceSelectionCriteria"]

    def test_it_is_set_when_everything_that_it_needs_is_there(self) -> None:
        template, _ = originals(BOTH_WAYS)
        resource, _ = self.of_back(template)
        needed = ("BackFromEuCentral1MaySet", "BackFromEuCentral1RoleDefaultPolicy")
        for name in needed:
            assert [one for one in resource["DependsOn"] if name in one], name
        buckets = template.find_resources("AWS::S3::Bucket", {"Properties": {"BucketName": "orders"}})
        assert set(buckets) <= set(resource["DependsOn"])

    def test_the_function_sets_the_rules_of_that_bucket_and_passes_that_role(self) -> None:
        template, _ = originals(BOTH_WAYS)
        found = allowed(template, "BackFromEuCentral1MaySet")
        assert set(found) == {"s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration", "iam:PassRole"}
        (put,), (passed,) = found["s3:PutReplicationConfiguration"], found["iam:PassRole"]
        assert put["Resource"] == {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::orders-copy"]]}
        assert "BackFromEuCentral1Role" in passed["Resource"]["Fn::GetAtt"][0]

    def test_the_role_reads_there_and_writes_here(self) -> None:
        template, _ = originals(BOTH_WAYS)
        found = allowed(template, "BackFromEuCentral1RoleDefaultPolicy")
        (read,), (written,) = found["s3:GetObjectVersionForReplication"], found["s3:ReplicateDelete"]
        assert json.dumps(read["Resource"]).endswith(':s3:::orders-copy/*"]]}')
        assert json.dumps(written["Resource"]).endswith(':s3:::orders/*"]]}')
        decrypted, _bucket_key = found["kms:Decrypt"]
        assert decrypted["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/orders-copy"}
        through = decrypted["Condition"]["StringEquals"]["kms:ViaService"]
        assert through == {"Fn::Join": ["", ["s3.eu-central-1.", {"Ref": "AWS::URLSuffix"}]]}
        (encrypted,) = found["kms:Encrypt"]
        assert "Key" in encrypted["Resource"]["Fn::GetAtt"][0]

    def test_the_copy_refuses_what_would_not_be_copied_back(self) -> None:
        for replica, sids in ((BOTH_WAYS, {"OtherEncryption", "OtherKey"}), (WITH_KEY, set())):
            found = {
                statement["Sid"]
                for policy in copies(replica).find_resources("AWS::S3::BucketPolicy").values()
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                if "Sid" in statement
            }
            assert found == sids

    def test_each_side_is_told_of_the_way_back_where_s3_publishes_it(self) -> None:
        way = {"SourceBucket": "orders-copy", "DestinationBucket": "orders", "RuleId": "back-from-eu-central-1"}
        template, _ = originals(BOTH_WAYS)
        assert ("ReplicationLatency", 900, way) in alarms_of(template)
        assert ("OperationsFailedReplication", 1, way) in alarms_of(copies(BOTH_WAYS))

    def test_the_alarms_are_there_by_their_ids(self) -> None:
        stack = cdk.Stack(app(), "S", env=HERE)
        bucket = ReplicatedBucket(stack, "Orders", bucket_name="orders", replicas=[BOTH_WAYS])
        assert set(bucket.alarms) == {"ReplicationFailsEuCentral1", "ReplicationLateEuCentral1"}
        copy = ReplicaBucket(stack, "Copy", replica=BOTH_WAYS, source_bucket_name="orders")
        assert set(copy.alarms) == {"ReplicationLate", "ReplicationBackFails"}

    def test_an_operator_copies_back_what_s3_gave_up_on(self) -> None:
        stack = cdk.Stack(app(), "S")
        operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
        copy = ReplicaBucket(stack, "Copy", replica=BOTH_WAYS, source_bucket_name="orders")
        copy.grant_replicate_existing(operator).assert_success()
        template = Template.from_stack(stack)
        assert copy.batch_role is not None
        (passed,) = allowed(template, "Operator")["iam:PassRole"]
        assert passed["Resource"] == stack.resolve(copy.batch_role.role_arn)
        (alarm,) = template.find_resources("AWS::CloudWatch::Alarm", {"Properties": {"Threshold": 1}}).values()
        assert "replicate-existing orders-copy --failed-only --role " in json.dumps(alarm)

    def test_nobody_copies_back_what_is_not_copied_back(self) -> None:
        stack = cdk.Stack(app(), "S")
        operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal())
        copy = ReplicaBucket(stack, "Copy", replica=PLAIN, source_bucket_name="orders")
        problem = r"^ReplicaBucket S/Copy is not copied back: choose Replica\(both_ways=True\)$"
        with pytest.raises(ValueError, match=problem):
            copy.grant_replicate_existing(operator)

    def test_two_copies_are_copied_back_each_in_its_own_way(self) -> None:
        far = Replica(bucket_name="orders-far", region="ap-south-1", both_ways=True)
        template, _ = originals(replace(PLAIN, both_ways=True), far)
        found = {
            resource["Properties"]["Bucket"]: resource["Properties"]["Region"]
            for resource in template.find_resources("Custom::ReplicationBack").values()
        }
        assert found == {"orders-copy": "eu-central-1", "orders-far": "ap-south-1"}


def alarms_of(template: Template) -> list[tuple[str, int, dict[str, str]]]:
    """Metric, threshold and dimensions of each."""
    return [
        (
            alarm["Properties"]["MetricName"],
            alarm["Properties"]["Threshold"],
            {one["Name"]: one["Value"] for one in alarm["Properties"]["Dimensions"]},
        )
        for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
    ]
