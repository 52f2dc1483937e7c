"""What is a change and what is none; what follows for others; renames, conditions, removals."""

from __future__ import annotations

import copy
import random
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns.review.changes import Data, Effect, Severity
from aws_patterns.review.template_review import review_templates
from tests.unit.review.templates import Template, lines, resource, review_of, template

TABLE = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}


def shuffled(value: Any, order: random.Random) -> Any:
    """The same, with its keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(each, order) for each in value] if isinstance(value, list) else value


TEXTS = st.text(max_size=8)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.builds(lambda name: {"Ref": name}, TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
TYPES = st.sampled_from(
    [
        *("AWS::S3::Bucket", "AWS::IAM::Role", "AWS::EC2::SecurityGroup", "AWS::CloudWatch::Alarm", "Acme::Thing::It"),
        *("AWS::DynamoDB::GlobalTable", "AWS::Lambda::Permission", "Custom::Thing", "AWS::SQS::QueuePolicy"),
    ]
)
NAMES = st.sampled_from(
    ["Tags", "Name", "Statement", "Policies", "PolicyDocument", "KeySchema", "Replicas", "BucketName"]
)
RESOURCES = st.dictionaries(
    st.from_regex(r"[A-Z][a-z0-9]{1,4}", fullmatch=True),
    st.builds(
        lambda kind, properties: {"Type": kind, "Properties": properties},
        TYPES,
        st.dictionaries(NAMES | TEXTS, VALUES, max_size=4),
    ),
    max_size=4,
)


@given(resources=RESOURCES, seed=st.integers())
def test_a_template_compared_with_itself_says_nothing_in_any_order_of_keys(
    resources: dict[str, Any], seed: int
) -> None:
    one = {"Resources": resources}
    other = shuffled(copy.deepcopy(one), random.Random(seed))
    assert lines(review_templates(one, other)) == ["Nothing changes."]


@given(old=RESOURCES, new=RESOURCES)
def test_whatever_differs_is_told_without_a_failure(old: dict[str, Any], new: dict[str, Any]) -> None:
    review = review_templates({"Resources": old}, {"Resources": new})
    if {name: each["Type"] for name, each in old.items()} != {name: each["Type"] for name, each in new.items()}:
        assert review.resources
    assert {each.logical_id for each in review.resources} <= {*old, *new}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("SQS::Queue", {"DelaySeconds": 1}, {"DelaySeconds": "1"}),
        ("SQS::Queue", {"FifoQueue": True}, {"FifoQueue": "true"}),
        ("S3::Bucket", {"Tags": [{"Key": "a"}, {"Key": "b"}]}, {"Tags": [{"Key": "b"}, {"Key": "a"}]}),
        ("SSM::Parameter", {"Value": {"Fn::Join": ["/", ["a", {"Ref": "B"}]]}}, {"Value": {"Fn::Sub": "a/${B}"}}),
        ("SSM::Parameter", {"Value": {"Fn::GetAtt": ["B", "Arn"]}}, {"Value": {"Fn::GetAtt": "B.Arn"}}),
        (
            "SSM::Parameter",
            {"Value": {"Fn::Sub": ["${x}-${!y}", {"x": {"Ref": "B"}}]}},
            {"Value": {"Fn::Join": ["-", [{"Ref": "B"}, "${y}"]]}},
        ),
        ("SSM::Parameter", {"Value": {"Fn::Sub": ["${!x}", {"x": "y"}]}}, {"Value": "${x}"}),
        (
            "IAM::ManagedPolicy",
            {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["a", "b"]}, {"Effect": "Deny"}]}},
            {"PolicyDocument": {"Statement": [{"Effect": "Deny"}, {"Effect": "Allow", "Action": ["b", "a"]}]}},
        ),
        ("SSM::Parameter", {"Value": "a", "Tier": {"Ref": "AWS::NoValue"}}, {"Value": "a"}),
    ],
)
def test_another_way_to_write_the_same_is_no_change(kind: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert not review_of(old, new, kind)


@pytest.mark.parametrize(
    ("kind", "old", "new", "line"),
    [
        (
            "Unheard::Of",
            {},
            {"A": 1},
            "AWS::Unheard::Of It: may be replaced (A = 1)",
        ),
        # Nothing can update it, says its schema.
        (
            "CloudFront::MonitoringSubscription",
            {"MonitoringSubscription": "a"},
            {"MonitoringSubscription": "b"},
            "AWS::CloudFront::MonitoringSubscription It: replaced (MonitoringSubscription a -> b)",
        ),
        (
            "Lambda::Function",
            {"Layers": ["a", "b"]},
            {"Layers": ["b", "a"]},
            "AWS::Lambda::Function It: changed in place (Layers[0] a -> b; Layers[1] b -> a)",
        ),
        (
            "Lambda::Function",
            {"Code": {"S3Key": f"{'ab' * 32}.zip"}},
            {"Code": {"S3Key": f"{'cd' * 32}.zip"}},
            "AWS::Lambda::Function It: changed in place (Code.S3Key abababab.zip -> cdcdcdcd.zip)",
        ),
        (
            "SSM::Parameter",
            {"Value": f"{'x' * 50} old {'y' * 50}"},
            {"Value": f"{'x' * 50} new {'y' * 50}"},
            f"AWS::SSM::Parameter It: changed in place "
            f"(Value ...{'x' * 9} old {'y' * 40}... -> ...{'x' * 9} new {'y' * 40}...)",
        ),
        (
            "S3::Bucket",
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
            {"Tags": [{"Key": "c", "Value": "3"}, {"Key": "a", "Value": "9"}]},
            'AWS::S3::Bucket It: changed in place (Tags[] {"Key": "a", "Value": "1"} -> {"Key": "a", "Value": "9"}; '
            'Tags[] {"Key": "b", "Value": "2"} taken away; Tags[] = {"Key": "c", "Value": "3"})',
        ),
    ],
)
def test_what_differs_is_told_in_short(kind: str, old: dict[str, Any], new: dict[str, Any], line: str) -> None:
    assert lines(review_of(old, new, kind)) == [line]


def test_metadata_and_the_order_of_deployment_do_nothing() -> None:
    old = template(It=resource("SQS::Queue", Metadata={"aws:cdk:path": "a"}, DependsOn=["A"]))
    new = template(It=resource("SQS::Queue", Metadata={"aws:cdk:path": "b"}), CDK=resource("CDK::Metadata"))
    assert not review_templates(old, new)


def test_what_runs_on_an_instance_by_its_metadata_is_a_change() -> None:
    old, new = (template(It=resource("EC2::Instance", Metadata={"AWS::CloudFormation::Init": {"a": n}})) for n in "12")
    assert lines(review_templates(old, new)) == [
        "AWS::EC2::Instance It: changed in place (AWS::CloudFormation::Init.a 1 -> 2)"
    ]


class TestReplacementOfOthers:
    def test_who_names_a_replaced_resource_for_good_is_replaced_and_who_only_uses_it_is_not(self) -> None:
        def stack(cidr: str) -> Template:
            return template(
                Vpc=resource("EC2::VPC", {"CidrBlock": cidr}),
                Subnet=resource("EC2::Subnet", {"VpcId": {"Ref": "Vpc"}}),
                Files=resource("EFS::MountTarget", {"SubnetId": {"Fn::GetAtt": ["Subnet", "SubnetId"]}}),
                Told=resource("SSM::Parameter", {"Value": {"Fn::Sub": "it is ${Vpc.VpcId}"}}),
            )

        assert lines(review_templates(stack("10.0.0.0/16"), stack("10.1.0.0/16"))) == [
            "AWS::EFS::MountTarget Files: replaced (SubnetId refers to Subnet, which is replaced)",
            "AWS::EC2::Subnet Subnet: replaced (VpcId refers to Vpc, which is replaced)",
            "AWS::EC2::VPC Vpc: replaced (CidrBlock 10.0.0.0/16 -> 10.1.0.0/16)",
            "AWS::SSM::Parameter Told: changed in place (Value refers to Vpc, which is replaced)",
        ]

    def test_a_database_whose_network_is_replaced_loses_its_data(self) -> None:
        def stack(name: str) -> Template:
            return template(
                Subnets=resource("RDS::DBSubnetGroup", {"DBSubnetGroupName": name}),
                Data=resource("RDS::DBCluster", {"DBSubnetGroupName": {"Ref": "Subnets"}}),
            )

        (data,) = review_templates(stack("a"), stack("b")).data_lost
        assert str(data) == (
            "AWS::RDS::DBCluster Data: replaced, DATA LOST (DBSubnetGroupName refers to Subnets, which is replaced)"
        )

    def test_who_names_what_may_be_replaced_may_be_replaced(self) -> None:
        def stack(kind: str) -> Template:
            return template(
                Server=resource("EC2::Instance", {"InstanceType": kind}),
                Disk=resource("EC2::VolumeAttachment", {"InstanceId": {"Ref": "Server"}}),
                Told=resource("SSM::Parameter", {"Value": {"Ref": "Server"}}),
            )

        assert lines(review_templates(stack("t4g.micro"), stack("t4g.small"))) == [
            "AWS::EC2::VolumeAttachment Disk: may be replaced (InstanceId refers to Server, which may be replaced)",
            "AWS::EC2::Instance Server: may be replaced (InstanceType t4g.micro -> t4g.small)",
            "AWS::SSM::Parameter Told: changed in place (Value refers to Server, which may be replaced)",
        ]

    def test_references_in_a_circle_come_to_an_end(self) -> None:
        def stack(name: str) -> Template:
            return template(
                A=resource("EC2::SecurityGroup", {"GroupName": name, "GroupDescription": {"Ref": "B"}}),
                B=resource("EC2::SecurityGroup", {"GroupDescription": {"Ref": "A"}}),
            )

        assert len(review_templates(stack("a"), stack("b")).resources) == 2


class TestNamesInTheWay:
    def test_a_resource_with_a_name_of_its_own_can_not_be_replaced(self) -> None:
        old, new = ({"QueueName": "orders.fifo", **more} for more in ({}, {"FifoQueue": True}))
        assert "CloudFormation refuses it while QueueName stays orders.fifo" in str(review_of(old, new, "SQS::Queue"))

    def test_nor_can_it_be_renamed(self) -> None:
        one = resource("S3::Bucket", {"BucketName": "photos"})
        assert lines(review_templates(template(Old=one), template(New=one))) == [
            "AWS::S3::Bucket Old -> New: renamed: a new one is made, the old one removed, DATA LOST "
            "(CloudFormation refuses it while BucketName stays photos)"
        ]


class TestRenames:
    def test_a_stateful_resource_with_another_logical_id_loses_its_data(self) -> None:
        review = review_templates(
            template(
                Orders=resource("DynamoDB::Table", TABLE),
                Reader=resource("SSM::Parameter", {"Value": {"Ref": "Orders"}}),
            ),
            template(
                Sales=resource("DynamoDB::Table", TABLE), Reader=resource("SSM::Parameter", {"Value": {"Ref": "Sales"}})
            ),
        )
        assert lines(review) == [
            "AWS::DynamoDB::Table Orders -> Sales: renamed: a new one is made, the old one removed, DATA LOST",
            "AWS::SSM::Parameter Reader: changed in place (Value ${Orders} -> ${Sales})",
        ]
        assert review.severity is Severity.DATA_LOSS
        assert [each.new_id for each in review.data_at_risk] == ["Sales"]

    def test_resources_that_name_each_other_are_renamed_together(self) -> None:
        def stack(a: str, b: str) -> Template:
            role = resource("IAM::Role", {"AssumeRolePolicyDocument": {"Statement": []}, "Path": "/"})
            function = resource("Lambda::Function", {"Role": {"Fn::GetAtt": [a, "Arn"]}, "Handler": "x"})
            return template(**{a: role, b: function})

        review = review_templates(stack("RoleA", "CodeA"), stack("RoleB", "CodeB"))
        assert [each.effect for each in review.resources] == [Effect.RENAMED, Effect.RENAMED]
        assert not review.findings

    def test_what_has_little_in_common_is_no_rename(self) -> None:
        old, new = resource("SQS::Queue", {"DelaySeconds": 1}), resource("SQS::Queue", {"VisibilityTimeout": 1})
        review = review_templates(template(A=old), template(B=new))
        assert [each.effect for each in review.resources] == [Effect.REMOVED, Effect.ADDED]

    def test_two_new_ones_are_not_both_the_old_one(self) -> None:
        queue = resource("SQS::Queue", {"DelaySeconds": 1})
        review = review_templates(template(A=queue), template(B=queue, C=queue))
        assert sorted(each.effect for each in review.resources) == [Effect.ADDED, Effect.RENAMED]

    def test_what_is_made_anew_by_design_needs_no_look(self) -> None:
        old, new = (template(**{f"V{n}": resource("Lambda::Version", {"FunctionName": "f"})}) for n in "12")
        assert review_templates(old, new).severity is Severity.NOTE


class TestRemovals:
    @pytest.mark.parametrize(
        ("kind", "attributes", "fate"),
        [
            ("S3::Bucket", {}, Data.LOST),
            ("S3::Bucket", {"DeletionPolicy": "Retain"}, Data.LEFT_BEHIND),
            ("S3::Bucket", {"DeletionPolicy": "RetainExceptOnCreate"}, Data.LEFT_BEHIND),
            ("S3::Bucket", {"UpdateReplacePolicy": "Retain"}, Data.LOST),
            ("RDS::DBInstance", {}, Data.SNAPSHOT),
            ("RDS::DBCluster", {}, Data.SNAPSHOT),
            ("RDS::DBCluster", {"DeletionPolicy": "Delete"}, Data.LOST),
            ("Lambda::Function", {}, Data.KEPT),
        ],
    )
    def test_what_becomes_of_the_data_is_said_by_the_policy_that_is_deployed(
        self, kind: str, attributes: dict[str, str], fate: Data
    ) -> None:
        (found,) = review_of({}, None, kind, **attributes).resources
        assert (found.effect, found.data) == (Effect.REMOVED, fate)

    def test_an_instance_of_a_cluster_has_no_snapshot_of_its_own(self) -> None:
        (found,) = review_of({"DBClusterIdentifier": "c"}, None, "RDS::DBInstance").resources
        assert found.data is Data.LOST

    def test_a_replacement_follows_the_weaker_of_both_policies(self) -> None:
        old = template(It=resource("S3::Bucket", {"BucketName": "a"}, UpdateReplacePolicy="Retain"))
        new = template(It=resource("S3::Bucket", {"BucketName": "b"}, UpdateReplacePolicy="Delete"))
        assert [each.data for each in review_templates(old, new).resources] == [Data.LOST]
        assert [each.data for each in review_templates(new, old).resources] == [Data.LOST]

    def test_a_type_can_not_change(self) -> None:
        old, new = template(It=resource("SNS::Topic")), template(It=resource("SQS::Queue"))
        assert lines(review_templates(old, new)) == [
            "AWS::SNS::Topic It: refused "
            "(CloudFormation can't turn it into AWS::SQS::Queue: give that another logical id)"
        ]


class TestConditions:
    PARTS: ClassVar[dict[str, Any]] = {
        "Parameters": {"Running": {"Type": "String", "Default": "no"}},
        "Conditions": {"IsRunning": {"Fn::Equals": [{"Ref": "Running"}, "yes"]}},
    }
    PLAIN = resource("DynamoDB::Table", TABLE)
    CONDITIONAL = resource("DynamoDB::Table", TABLE, Condition="IsRunning")

    def test_a_resource_that_is_there_by_nobody_knows_what_may_be_removed(self) -> None:
        old = template({**self.PARTS, "Conditions": {}}, It=self.PLAIN)
        (found,) = review_templates(old, template(self.PARTS, It=self.CONDITIONAL)).resources
        assert str(found) == (
            "AWS::DynamoDB::Table It: may be removed, its data may be lost (the condition IsRunning decides)"
        )

    def test_a_new_parameter_takes_its_default(self) -> None:
        (found,) = review_templates(template(It=self.PLAIN), template(self.PARTS, It=self.CONDITIONAL)).resources
        assert (found.effect, found.data) == (Effect.REMOVED, Data.LOST)

    def test_with_the_value_of_the_parameter_it_stays(self) -> None:
        new = template(self.PARTS, It=self.CONDITIONAL)
        assert not review_templates(template(It=self.PLAIN), new, parameters={"Running": "yes"}).resources

    def test_a_condition_that_goes_adds_and_one_that_changes_may_remove(self) -> None:
        old = template(self.PARTS, It=self.CONDITIONAL)
        changed = {**self.PARTS, "Conditions": {"IsRunning": {"Fn::Equals": [{"Ref": "Running"}, "on"]}}}
        assert [each.effect for each in review_templates(old, template(changed, It=self.CONDITIONAL)).resources] == [
            Effect.MAY_BE_REMOVED
        ]
        assert [each.effect for each in review_templates(old, template(self.PARTS, It=self.PLAIN)).resources] == [
            Effect.IN_PLACE
        ]
        assert [each.effect for each in review_templates(template(self.PARTS), old).resources] == [Effect.MAY_BE_ADDED]

    @pytest.mark.parametrize(
        ("condition", "there"),
        [
            ({"Fn::Not": [{"Condition": "IsRunning"}]}, False),
            ({"Fn::And": [{"Condition": "IsRunning"}, {"Fn::Equals": ["a", "b"]}]}, False),
            ({"Fn::Or": [{"Condition": "IsRunning"}, {"Fn::Equals": [{"Ref": "Other"}, "b"]}]}, True),
            ({"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, True),
        ],
    )
    def test_conditions_are_added_up(self, condition: dict[str, Any], there: bool) -> None:
        parts = {**self.PARTS, "Conditions": {**self.PARTS["Conditions"], "Whole": condition}}
        new = template(parts, It=resource("DynamoDB::Table", TABLE, Condition="Whole"))
        review = review_templates(template(self.PARTS), new, parameters={"Running": "yes"}, region="eu-west-1")
        assert [each.effect for each in review.resources] == ([Effect.ADDED] if there else [])

    def test_a_value_is_the_side_that_the_condition_chooses(self) -> None:
        value = {"Value": {"Fn::If": ["IsRunning", "on", "off"]}}
        old = template(It=resource("SSM::Parameter", {"Value": "off"}))
        assert not review_templates(old, template(self.PARTS, It=resource("SSM::Parameter", value)))

    def test_a_changed_mapping_is_a_change_of_who_looks_it_up(self) -> None:
        look = resource("SSM::Parameter", {"Value": {"Fn::FindInMap": ["M", "a", "b"]}})
        old, new = (template({"Mappings": {"M": {"a": {"b": n}}}}, It=look) for n in "12")
        assert [each.effect for each in review_templates(old, new).resources] == [Effect.IN_PLACE]
