"""The diagrams of queues, topics, buses and workers say what their templates say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from docs.generate.architecture import CLIENTS, VISITORS, draw
from docs.generate.graph import Edge, Graph
from docs.generate.template import Template

Resource = Mapping[str, object]
Draw = Callable[..., Graph]


def _resource(resource_type: str, path: str, /, **properties: object) -> Resource:
    return {"Type": f"AWS::{resource_type}", "Properties": properties, "Metadata": {"aws:cdk:path": path}}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _arn(name: str) -> dict[str, object]:
    return {"Fn::GetAtt": [name, "Arn"]}


def _queue(path: str, **properties: object) -> Resource:
    return _resource("SQS::Queue", path, **properties)


def _role(path: str, *statements: tuple[list[str], object]) -> Resource:
    found = [{"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements]
    return _resource("IAM::Role", path, Policies=[{"PolicyName": "Own", "PolicyDocument": {"Statement": found}}])


@pytest.fixture
def drawn() -> Draw:
    def of(**resources: Resource) -> Graph:
        return draw(Template({"Resources": resources}))

    return of


def _labels(graph: Graph) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(edge.source, edge.target): edge.labels for edge in graph.edges}


class TestTopic:
    @pytest.fixture
    def fanout(self) -> dict[str, Resource]:
        return {
            "Topic": _resource("SNS::Topic", "S/Orders/Topic/Resource"),
            "Billing": _queue("S/Orders/Subscribers/Billing/Work/Queue/Resource"),
            "Kept": _queue("S/Orders/Subscribers/Billing/Undelivered/Resource"),
            "One": _resource(
                "SNS::Subscription",
                "S/Orders/Subscribers/Billing/Subscription",
                TopicArn=_ref("Topic"),
                Endpoint=_arn("Billing"),
                FilterPolicy={"kind": ["order"], "total": [{"numeric": [">", 5]}]},
                RedrivePolicy={"deadLetterTargetArn": _arn("Kept")},
            ),
        }

    def test_gives_a_queue_what_its_filter_lets_through(self, drawn: Draw, fanout: dict[str, Resource]) -> None:
        assert drawn(**fanout).edges == [
            Edge("Topic", "Billing", ("kind: order", "total > 5")),
            Edge("Topic", "Kept", ("undelivered",), failure=True),
        ]

    def test_gives_everything_without_a_word(self, drawn: Draw, fanout: dict[str, Resource]) -> None:
        plain = _resource("SNS::Subscription", "S/One", TopicArn=_ref("Topic"), Endpoint=_arn("Billing"))
        assert drawn(**{**fanout, "One": plain}).edges == [Edge("Topic", "Billing")]

    def test_has_subscribers_that_are_called_by_their_names(self, drawn: Draw, fanout: dict[str, Resource]) -> None:
        nodes = drawn(**fanout, Site=_resource("S3::Bucket", "S/Elsewhere/Resource")).nodes
        assert [nodes[name].title for name in ("Topic", "Billing", "Kept")] == [
            "Orders",
            "Billing",
            "Billing undelivered",
        ]

    def test_beside_another_one_with_the_same_subscriber_is_named_too(
        self, drawn: Draw, fanout: dict[str, Resource]
    ) -> None:
        other = _queue("S/Files/Subscribers/Billing/Work/Queue/Resource")
        nodes = drawn(**fanout, Other=other).nodes
        assert [nodes[name].title for name in ("Billing", "Other")] == [
            "Orders subscribers billing",
            "Files subscribers billing",
        ]

    def test_that_keeps_order_says_so(self, drawn: Draw) -> None:
        nodes = drawn(
            Topic=_resource("SNS::Topic", "S/Orders/Resource", FifoTopic=True),
            Queue=_queue("S/Jobs/Resource", FifoQueue="true"),
            Plain=_queue("S/Other/Resource", FifoQueue=False),
        ).nodes
        assert [nodes[name].kind for name in ("Topic", "Queue", "Plain")] == [
            "SNS topic, FIFO",
            "SQS queue, FIFO",
            "SQS queue",
        ]

    def test_is_archived_through_firehose(self, drawn: Draw) -> None:
        stream = _resource(
            "KinesisFirehose::DeliveryStream",
            "S/Archive/Stream",
            ExtendedS3DestinationConfiguration={
                "BucketARN": _arn("Bucket"),
                "RoleARN": _arn("Role"),
                "BufferingHints": {"IntervalInSeconds": 300, "SizeInMBs": 5},
            },
        )
        graph = drawn(
            Stream=stream,
            Bucket=_resource("S3::Bucket", "S/Archive/Bucket/Resource"),
            Role=_role("S/Archive/Role", (["s3:PutObject", "s3:ListBucket"], _arn("Bucket"))),
            Lines=_resource("Logs::LogStream", "S/Archive/Lines"),
        )
        assert graph.edges == [Edge("Stream", "Bucket", ("every 5 min", "or 5 MiB"))]
        assert set(graph.nodes) == {"Stream", "Bucket"}


class TestBus:
    @pytest.fixture
    def backbone(self) -> dict[str, Resource]:
        return {
            "Bus": _resource("Events::EventBus", "S/Events/Bus/Resource"),
            "Rule": _resource(
                "Events::Rule",
                "S/Events/Rules/Large/Rule/Resource",
                EventBusName=_ref("Bus"),
                EventPattern={"source": ["shop"], "detail": {"total": [{"numeric": [">=", 10]}]}},
                Targets=[{"Arn": _arn("Review"), "DeadLetterConfig": {"Arn": _arn("Kept")}}],
            ),
            "Review": _queue("S/Review/Queue/Resource"),
            "Kept": _queue("S/Events/Rules/Large/Undelivered/Resource"),
        }

    def test_leads_through_rules_that_say_what_they_let_through(
        self, drawn: Draw, backbone: dict[str, Resource]
    ) -> None:
        graph = drawn(**backbone)
        assert graph.nodes["Rule"].spoken() == "Large (EventBridge rule, from shop, total ≥ 10)"
        assert graph.edges == [
            Edge("Bus", "Rule"),
            Edge("Rule", "Review"),
            Edge("Rule", "Kept", ("undelivered",), failure=True),
        ]

    @pytest.mark.parametrize(
        ("days", "told"), [(30, "for 30 days"), (0, "for ever"), (None, "for ever"), ("1", "for 1 day")]
    )
    def test_has_an_archive(self, drawn: Draw, backbone: dict[str, Resource], days: object, told: str) -> None:
        kept = {"SourceArn": _arn("Bus"), **({} if days is None else {"RetentionDays": days})}
        graph = drawn(**backbone, Archive=_resource("Events::Archive", "S/Events/Archive", **kept))
        assert graph.nodes["Archive"].kind.splitlines() == ["Event archive", told]
        assert Edge("Bus", "Archive", ("everything",)) in graph.edges

    def test_of_awss_own_has_rules_that_are_told_at_their_arrows(
        self, drawn: Draw, backbone: dict[str, Resource]
    ) -> None:
        rule = _resource("Events::Rule", "S/Rule", EventPattern={"source": ["aws.ec2"]}, Targets=[])
        assert drawn(**{**backbone, "Rule": rule}).nodes["Rule"].kind == ""

    def test_writes_a_log_of_which_nothing_is_drawn(self, drawn: Draw, backbone: dict[str, Resource]) -> None:
        kinds = ("Delivery", "DeliverySource", "DeliveryDestination")
        plumbing = {kind: _resource(f"Logs::{kind}", f"S/{kind}") for kind in kinds}
        assert drawn(**backbone, **plumbing).nodes.keys() == backbone.keys()


class TestApi:
    def _api(self, authorization: str) -> dict[str, Resource]:
        return {
            "Api": _resource("ApiGateway::RestApi", "S/Front/Api/Resource"),
            "Orders": _resource("ApiGateway::Resource", "S/O", RestApiId=_ref("Api"), PathPart="orders"),
            "One": _resource(
                "ApiGateway::Resource", "S/I", RestApiId=_ref("Api"), PathPart="{id}", ParentId=_ref("Orders")
            ),
            "Post": _resource(
                "ApiGateway::Method",
                "S/P",
                RestApiId=_ref("Api"),
                ResourceId=_ref("One"),
                HttpMethod="POST",
                AuthorizationType=authorization,
                Integration={"Uri": {"Fn::Join": ["/", ["path", {"Fn::GetAtt": ["Queue", "QueueName"]}]]}},
            ),
            "Options": _resource(
                "ApiGateway::Method", "S/Q", RestApiId=_ref("Api"), HttpMethod="OPTIONS", AuthorizationType="NONE"
            ),
            "Queue": _queue("S/Jobs/Resource"),
        }

    def test_puts_requests_into_a_queue(self, drawn: Draw) -> None:
        assert _labels(drawn(**self._api("NONE")))["Api", "Queue"] == ("POST /orders/{id}",)

    def test_in_front_of_a_queue_does_not_own_it(self, drawn: Draw) -> None:
        assert {node.group for node in drawn(**self._api("NONE")).nodes.values()} == {""}

    def test_is_called_by_whoever_signs(self, drawn: Draw) -> None:
        graph = drawn(**self._api("AWS_IAM"))
        assert VISITORS not in graph.nodes
        assert graph.nodes[CLIENTS].spoken() == "Client (signs its requests)"
        assert Edge(CLIENTS, "Api", ("HTTPS",)) in graph.edges

    def test_that_anybody_may_call_is_called_by_anybody(self, drawn: Draw) -> None:
        graph = drawn(**self._api("NONE"))
        assert CLIENTS not in graph.nodes
        assert Edge(VISITORS, "Api", ("HTTPS",)) in graph.edges

    def test_of_the_newer_kind_has_routes(self, drawn: Draw) -> None:
        graph = drawn(
            Api=_resource("ApiGatewayV2::Api", "S/Front/Api/Resource"),
            Stage=_resource("ApiGatewayV2::Stage", "S/Front/Stage", ApiId=_ref("Api")),
            Way=_resource("ApiGatewayV2::Integration", "S/W", ApiId=_ref("Api"), IntegrationUri=_arn("Answer")),
            Route=_resource(
                "ApiGatewayV2::Route",
                "S/R",
                ApiId=_ref("Api"),
                RouteKey="GET /uploads/{id}",
                Target={"Fn::Join": ["", ["integrations/", _ref("Way")]]},
            ),
            Answer=_resource("Lambda::Function", "S/Answer/Resource"),
        )
        assert _labels(graph)["Api", "Answer"] == ("GET /uploads/{id}",)
        assert "Stage" not in graph.nodes


class TestQueue:
    def test_is_read_by_so_many_functions_at_a_time(self, drawn: Draw) -> None:
        mapping = _resource(
            "Lambda::EventSourceMapping",
            "S/M",
            EventSourceArn=_arn("Queue"),
            FunctionName=_ref("Writer"),
            BatchSize=10,
            ScalingConfig={"MaximumConcurrency": 4},
        )
        graph = drawn(
            Queue=_queue("S/Jobs/Resource"),
            Writer=_resource("Lambda::Function", "S/Writer/Resource"),
            Mapping=mapping,
        )
        assert graph.edges == [Edge("Queue", "Writer", ("batches of up to 10", "4 at a time"))]

    def test_has_letters_that_whoever_gives_up_may_write_too(self, drawn: Draw) -> None:
        graph = drawn(
            Queue=_queue("S/Jobs/Resource", RedrivePolicy={"deadLetterTargetArn": _arn("Dead"), "maxReceiveCount": 5}),
            Dead=_queue("S/Dead/Resource"),
            Worker=_resource("Lambda::Function", "S/Worker/Resource", Role=_arn("Role")),
            Role=_role(
                "S/Role",
                (["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], _arn("Queue")),
                (["sqs:SendMessage"], _arn("Dead")),
            ),
        )
        assert graph.edges == [
            Edge("Queue", "Dead", ("after 5 attempts",), failure=True),
            Edge("Queue", "Worker", ("messages",)),
            Edge("Worker", "Dead", ("SendMessage",), failure=True),
        ]


class TestBucket:
    @pytest.mark.parametrize(
        ("rules", "told"),
        [
            ([], ("new objects",)),
            ([{"Name": "prefix", "Value": "in/"}], ("new objects", "below in/")),
            (
                [{"Name": "Prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".json"}],
                ("new objects", "below in/", "named ….json"),
            ),
        ],
    )
    def test_tells_of_some_objects(self, drawn: Draw, rules: list[object], told: tuple[str, ...]) -> None:
        configuration = {"Events": ["s3:ObjectCreated:*"], "TopicArn": _ref("Topic")}
        notifications = {
            "Type": "Custom::S3BucketNotifications",
            "Properties": {
                "BucketName": _ref("Bucket"),
                "NotificationConfiguration": {
                    "TopicConfigurations": [{**configuration, "Filter": {"Key": {"FilterRules": rules}}}]
                },
            },
        }
        graph = drawn(
            Bucket=_resource("S3::Bucket", "S/Bucket/Resource"),
            Topic=_resource("SNS::Topic", "S/Topic/Resource"),
            Notifications=notifications,
        )
        assert graph.edges == [Edge("Bucket", "Topic", told)]

    def test_that_is_emptied_tells_of_something_else(self, drawn: Draw) -> None:
        told = {"TopicConfigurations": [{"Event": "s3:ObjectRemoved:*", "Topic": _ref("Topic")}]}
        graph = drawn(
            Bucket=_resource("S3::Bucket", "S/Bucket/Resource", NotificationConfiguration=told),
            Topic=_resource("SNS::Topic", "S/Topic/Resource"),
        )
        assert graph.edges == [Edge("Bucket", "Topic", ("what happens to objects",))]

    def test_of_other_buckets_access_logs_is_a_matter_of_operations(self, drawn: Draw) -> None:
        graph = drawn(
            Files=_resource(
                "S3::Bucket", "S/Files/Resource", LoggingConfiguration={"DestinationBucketName": _ref("L")}
            ),
            L=_resource("S3::Bucket", "S/Logs/Resource"),
            Policy=_resource("S3::BucketPolicy", "S/Logs/Policy", Bucket=_ref("L")),
        )
        assert [node.spoken() for node in graph.nodes.values()] == [
            "Files (S3 bucket)",
            "Operations (Access log bucket)",
        ]

    def test_that_somebody_reads_besides_is_none_of_operations(self, drawn: Draw) -> None:
        graph = drawn(
            Files=_resource(
                "S3::Bucket", "S/Files/Resource", LoggingConfiguration={"DestinationBucketName": _ref("L")}
            ),
            L=_resource("S3::Bucket", "S/Logs/Resource"),
            Reader=_resource("Lambda::Function", "S/Reader/Resource", Role=_arn("Role")),
            Role=_role("S/Role", (["s3:GetObject", "s3:ListBucket"], _arn("L"))),
        )
        assert Edge("Reader", "L", ("GetObject",)) in graph.edges


def test_what_several_statements_permit_is_one_label(drawn: Draw) -> None:
    graph = drawn(
        Worker=_resource("Lambda::Function", "S/Worker/Resource", Role=_arn("Role")),
        Role=_role(
            "S/Role",
            (["s3:GetObject*", "s3:List*"], _arn("Bucket")),
            (["s3:PutObject", "s3:DeleteObject*"], _arn("Bucket")),
        ),
        Bucket=_resource("S3::Bucket", "S/Bucket/Resource"),
    )
    assert graph.edges == [Edge("Worker", "Bucket", ("reads and writes",))]


class TestPool:
    """On a queue, as many as it needs."""

    @pytest.fixture
    def network(self) -> dict[str, Resource]:
        zone = {"Fn::Select": [0, {"Fn::GetAZs": ""}]}
        return {
            "Queue": _queue("S/Jobs/Resource"),
            "Net": _resource("EC2::VPC", "S/Net/Resource"),
            "Subnet": _resource("EC2::Subnet", "S/Net/Subnet", VpcId=_ref("Net"), AvailabilityZone=zone),
            "Role": _role("S/Role", (["sqs:ReceiveMessage", "sqs:DeleteMessage"], _arn("Queue"))),
        }

    @staticmethod
    def _metrics(queue: str) -> object:
        return {"Metrics": [{"Dimensions": [{"Value": {"Fn::GetAtt": [queue, "QueueName"]}}]}]}

    def test_of_instances(self, drawn: Draw, network: dict[str, Resource]) -> None:
        graph = drawn(
            **network,
            Group=_resource(
                "AutoScaling::AutoScalingGroup",
                "S/Workers/Group/ASG",
                MinSize="0",
                MaxSize="10",
                VPCZoneIdentifier=[_ref("Subnet")],
                LaunchTemplate={"LaunchTemplateId": _ref("Boot")},
            ),
            Boot=_resource("EC2::LaunchTemplate", "S/B", LaunchTemplateData={"IamInstanceProfile": _arn("Profile")}),
            Profile=_resource("IAM::InstanceProfile", "S/P", Roles=[_ref("Role")]),
            Policy=_resource(
                "AutoScaling::ScalingPolicy",
                "S/F",
                AutoScalingGroupName=_ref("Group"),
                TargetTrackingConfiguration=self._metrics("Queue"),
            ),
            Wake=_resource("CloudWatch::Alarm", "S/W", AlarmActions=[_ref("Policy")]),
        )
        assert graph.nodes["Group"].kind.splitlines() == [
            "Auto Scaling group",
            "0 to 10 instances in 1 zone",
            "as many as the queue needs",
        ]
        assert graph.edges == [Edge("Queue", "Group", ("messages",))]

    def test_of_tasks(self, drawn: Draw, network: dict[str, Resource]) -> None:
        graph = drawn(
            **network,
            Service=_resource(
                "ECS::Service",
                "S/Workers/Service",
                Cluster=_ref("Cluster"),
                TaskDefinition=_ref("Task"),
                CapacityProviderStrategy=[{"CapacityProvider": "FARGATE_SPOT"}],
                NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": [_ref("Subnet")]}},
            ),
            Cluster=_resource("ECS::Cluster", "S/Cluster"),
            Providers=_resource("ECS::ClusterCapacityProviderAssociations", "S/A", Cluster=_ref("Cluster")),
            Task=_resource("ECS::TaskDefinition", "S/T", TaskRoleArn=_arn("Role")),
            Range=_resource(
                "ApplicationAutoScaling::ScalableTarget",
                "S/R",
                MinCapacity=1,
                MaxCapacity=4,
                ResourceId={"Fn::Join": ["/", ["service", {"Fn::GetAtt": ["Service", "Name"]}]]},
            ),
            Policy=_resource(
                "ApplicationAutoScaling::ScalingPolicy",
                "S/F",
                ScalingTargetId={"Fn::GetAtt": ["Range", "Id"]},
                Tracking=self._metrics("Queue"),
            ),
        )
        assert graph.nodes["Service"].kind.splitlines() == [
            "ECS service",
            "1 to 4 tasks in 1 zone, partly Spot",
            "as many as the queue needs",
        ]
        assert graph.nodes["Service"].group == "Net VPC, 1 zone"
        assert graph.edges == [Edge("Queue", "Service", ("messages",))]

    def test_of_one_task_follows_nothing(self, drawn: Draw) -> None:
        service = _resource("ECS::Service", "S/Workers/Service", DesiredCount=1)
        assert drawn(Service=service).nodes["Service"].kind == "1 task"
