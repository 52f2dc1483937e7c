"""Diagrams show the other Regions that have a stack's data, and whatever arrives from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from docs.generate import dot
from docs.generate.architecture import draw
from docs.generate.graph import Edge, Graph
from docs.generate.template import Template

Resource = Mapping[str, object]
Draw = Callable[..., Graph]

_NAME = {"Fn::Join": ["", ["papers-", {"Ref": "AWS::AccountId"}]]}
_COPY_NAME = {"Fn::Join": ["", ["papers-", {"Ref": "AWS::AccountId"}, "-copy"]]}
_COPY_ARN = {"Fn::Join": ["", ["arn:aws:s3:::papers-", {"Ref": "AWS::AccountId"}, "-copy"]]}
_KEY = "arn:aws:kms:eu-west-1:111122223333:alias/papers"


def _resource(resource_type: str, path: str, /, **properties: object) -> Resource:
    return {"Type": f"AWS::{resource_type}", "Properties": properties, "Metadata": {"aws:cdk:path": path}}


def _arn(name: str) -> dict[str, object]:
    return {"Fn::GetAtt": [name, "Arn"]}


def _rule(status: str = "Enabled", rule_id: str = "all", **destination: object) -> dict[str, object]:
    return {"Id": rule_id, "Status": status, "Destination": {"Bucket": _COPY_ARN, **destination}}


def _bucket(*rules: Mapping[str, object], **properties: object) -> Resource:
    replication = {"ReplicationConfiguration": {"Role": _arn("Role"), "Rules": list(rules)}} if rules else {}
    return _resource("S3::Bucket", "S/Bucket/Default/Resource", BucketName=_NAME, **replication, **properties)


def _late(**dimensions: object) -> Resource:
    return _resource("CloudWatch::Alarm", "S/Late", Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()])


@pytest.fixture
def drawn() -> Draw:
    def of(**resources: Resource) -> Graph:
        return draw(Template({"Resources": resources}))

    return of


def _spoken(graph: Graph) -> list[str]:
    return [node.spoken() for node in graph.nodes.values()]


class TestBucket:
    @pytest.mark.parametrize(
        "rule",
        [
            _rule(EncryptionConfiguration={"ReplicaKmsKeyID": _KEY}),
            _rule(rule_id="to-eu-west-1"),
            _rule(Bucket="arn:aws:s3:::papers-eu-west-1-copy"),
        ],
        ids=["key", "rule", "name"],
    )
    def test_a_copy_is_in_the_region_that_the_rule_speaks_of(self, drawn: Draw, rule: Mapping[str, object]) -> None:
        graph = drawn(Bucket=_bucket(rule))
        (edge,) = graph.edges
        node = graph.nodes[edge.target]
        assert (edge.source, edge.labels) == ("Bucket", ("replicates",))
        assert (node.kind, node.group) == ("S3 bucket in eu-west-1", "Region eu-west-1")

    def test_both_buckets_are_called_by_their_names(self, drawn: Draw) -> None:
        assert _spoken(drawn(Bucket=_bucket(_rule()))) == [
            "papers-<account> (S3 bucket)",
            "papers-<account>-copy (S3 bucket)",
        ]

    def test_a_name_that_only_the_deployment_knows_is_no_title(self, drawn: Draw) -> None:
        graph = drawn(Bucket=_resource("S3::Bucket", "S/Bucket/Resource", BucketName={"Ref": "NameParameter"}))
        assert _spoken(graph) == ["S3 bucket"]

    def test_the_promised_time_is_at_the_arrow(self, drawn: Draw) -> None:
        graph = drawn(Bucket=_bucket(_rule(ReplicationTime={"Status": "Enabled", "Time": {"Minutes": 15}})))
        assert [edge.labels for edge in graph.edges] == [("replicates", "within 15 minutes")]

    def test_a_rule_that_is_switched_off_copies_nothing(self, drawn: Draw) -> None:
        assert list(drawn(Bucket=_bucket(_rule(status="Disabled"))).nodes) == ["Bucket"]

    def test_several_rules_for_one_destination_are_one_copy(self, drawn: Draw) -> None:
        assert len(drawn(Bucket=_bucket(_rule(), _rule())).nodes) == 2

    def test_a_destination_of_the_same_template_is_that_bucket(self, drawn: Draw) -> None:
        other = _resource("S3::Bucket", "S/Copies/Resource")
        graph = drawn(Bucket=_bucket(_rule(Bucket=_arn("Other"))), Other=other)
        assert graph.edges == [Edge("Bucket", "Other", ("replicates",))]

    def test_a_key_of_kms_is_noted(self, drawn: Draw) -> None:
        by_default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": _arn("Key")}}
        graph = drawn(
            Key=_resource("KMS::Key", "S/Key/Resource"),
            Bucket=_bucket(BucketEncryption={"ServerSideEncryptionConfiguration": [by_default]}),
        )
        assert _spoken(graph) == ["papers-<account> (S3 bucket, KMS key of its own)"]

    def test_an_alarm_that_only_speaks_of_a_role_does_not_act_with_it(self, drawn: Draw) -> None:
        statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": _arn("Logs")}
        graph = drawn(
            Bucket=_bucket(LoggingConfiguration={"DestinationBucketName": {"Ref": "Logs"}}),
            Logs=_resource("S3::Bucket", "S/Logs/Resource"),
            Role=_resource("IAM::Role", "S/Role/Resource"),
            Policy=_resource(
                "IAM::Policy", "S/Policy", Roles=[{"Ref": "Role"}], PolicyDocument={"Statement": [statement]}
            ),
            Alarm=_resource("CloudWatch::Alarm", "S/Alarm", AlarmDescription=_arn("Role")),
        )
        assert graph.edges == []
        assert graph.nodes["Operations"].spoken() == "Operations (Access log bucket, Alarm)"

    def test_a_bucket_for_logs_that_somebody_else_uses_is_shown(self, drawn: Draw) -> None:
        statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": _arn("Logs")}
        graph = drawn(
            Bucket=_bucket(LoggingConfiguration={"DestinationBucketName": {"Ref": "Logs"}}),
            Logs=_resource("S3::Bucket", "S/Logs/Resource"),
            Writer=_resource("Lambda::Function", "S/Writer/Resource", Role=_arn("Role")),
            Role=_resource("IAM::Role", "S/Role/Resource"),
            Policy=_resource(
                "IAM::Policy", "S/Policy", Roles=[{"Ref": "Role"}], PolicyDocument={"Statement": [statement]}
            ),
        )
        assert graph.edges == [Edge("Writer", "Logs", ("PutObject",))]

    def test_an_alarm_about_a_bucket_by_name_is_counted_there(self, drawn: Draw) -> None:
        graph = drawn(Bucket=_bucket(_rule()), Alarm=_late(SourceBucket=_NAME, DestinationBucket=_COPY_NAME))
        assert graph.nodes["Bucket"].kind == "S3 bucket\n1 alarm"

    def test_copies_arrive_from_where_the_alarm_says(self, drawn: Draw) -> None:
        graph = drawn(Bucket=_bucket(), Alarm=_late(SourceBucket="originals", DestinationBucket=_NAME))
        (edge,) = graph.edges
        assert (edge.target, edge.labels) == ("Bucket", ("copies arrive",))
        assert graph.nodes[edge.source].spoken() == "originals (S3 bucket with the originals, in another Region)"


class TestGlobalTable:
    @pytest.fixture
    def table(self, drawn: Draw) -> Callable[..., Graph]:
        def of(*regions: str, **resources: Resource) -> Graph:
            replicas = [{"Region": region} for region in regions]
            return drawn(T=_resource("DynamoDB::GlobalTable", "S/Items/Table/Resource", Replicas=replicas), **resources)

        return of

    def test_every_region_is_a_node_and_sends_to_every_other(self, table: Callable[..., Graph]) -> None:
        graph = table("eu-west-1", "us-west-2", "us-east-1")
        assert [node.title for node in graph.nodes.values()] == ["us-east-1", "eu-west-1", "us-west-2"]
        assert {node.group for node in graph.nodes.values()} == {"DynamoDB global table"}
        assert graph.edges == [
            Edge("T", "T eu-west-1", ("replicates",), mutual=True),
            Edge("T", "T us-west-2", ("replicates",), mutual=True),
            Edge("T eu-west-1", "T us-west-2", ("replicates",), mutual=True),
        ]

    def test_changes_arrive_in_other_regions_than_the_stacks(self, table: Callable[..., Graph]) -> None:
        graph = table("us-east-1", "us-west-2", Alarm=_late(TableName={"Ref": "T"}, ReceivingRegion="us-west-2"))
        assert graph.nodes["T"].spoken() == "us-east-1 (DynamoDB table, Region of this stack, 1 alarm)"

    def test_a_table_in_one_region_is_as_any_other(self, table: Callable[..., Graph]) -> None:
        assert _spoken(table("us-east-1")) == ["DynamoDB global table"]

    def test_arrows_have_two_heads_and_are_read_aloud_so(self, table: Callable[..., Graph]) -> None:
        graph = table("us-west-2", "us-east-1")
        assert dot.architecture(graph).count('dir="both"') == 1
        assert graph.description() == (
            "us-east-1 (DynamoDB table, Region of this stack) to us-west-2 (DynamoDB table) and back: replicates."
        )


def test_a_file_system_has_its_copy_in_another_region(drawn: Draw) -> None:
    replication = {"Destinations": [{"Region": "eu-west-3"}]}
    graph = drawn(
        Files=_resource("EFS::FileSystem", "S/Files/Resource", ReplicationConfiguration=replication),
        Other=_resource("SQS::Queue", "S/Jobs/Resource"),
    )
    (edge,) = graph.edges
    assert (edge.source, graph.nodes[edge.target].spoken()) == ("Files", "Files (EFS file system in eu-west-3)")
