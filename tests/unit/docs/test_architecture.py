"""The diagram of a stack says what its template says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from docs.generate.architecture import VISITORS, draw
from docs.generate.graph import Edge, Graph
from docs.generate.template import Template

Draw = Callable[..., Graph]


def _resource(resource_type: str, path: str, /, **properties: object) -> dict[str, object]:
    return {"Type": resource_type, "Properties": properties, "Metadata": {"aws:cdk:path": path}}


def _arn(name: str) -> dict[str, object]:
    return {"Fn::GetAtt": [name, "Arn"]}


def _role(path: str, action: str | list[str], resource: object, effect: str = "Allow") -> dict[str, object]:
    document = {"Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
    return _resource("AWS::IAM::Role", path, Policies=[{"PolicyName": "Own", "PolicyDocument": document}])


@pytest.fixture
def drawn() -> Draw:
    def of(**resources: Mapping[str, object]) -> Graph:
        return draw(Template({"Resources": resources}))

    return of


@pytest.fixture
def worker() -> dict[str, object]:
    return _resource("AWS::Lambda::Function", "S/Worker/Resource", Role=_arn("Role"))


def test_a_resource_is_called_by_its_place_in_the_construct_tree_and_by_its_kind(drawn: Draw) -> None:
    graph = drawn(
        A=_resource("AWS::Lambda::Function", "S/App/EmailFunction/Resource"),
        B=_resource("AWS::SQS::Queue", "S/App/DeadLetters/Resource"),
        C=_resource("AWS::ApiGateway::RestApi", "S/App/Api/RestApi/Resource"),
    )
    spoken = [graph.nodes[name].spoken() for name in ("A", "B", "C")]
    assert spoken == ["Email (Lambda function)", "Dead letters (SQS queue)", "REST API"]


def test_a_type_that_nobody_listed_is_a_plain_box(drawn: Draw) -> None:
    graph = drawn(A=_resource("AWS::Example::NewThing", "S/Novelty/Resource"))
    assert graph.nodes["A"].spoken() == "Novelty (Example new thing)"


def test_what_only_serves_other_resources_is_left_out(drawn: Draw) -> None:
    graph = drawn(
        A=_resource("AWS::Example::ThingPolicy", "S/A"),
        B=_resource("Custom::Upload", "S/B", ServiceToken=_arn("C")),
        C=_resource("AWS::Lambda::Function", "S/Provider"),
        D=_resource("AWS::Lambda::Function", "S/Custom::Helper/Handler"),
    )
    assert graph.nodes == {}


def test_many_alarms_are_one_node_and_counted_where_they_watch(drawn: Draw) -> None:
    graph = drawn(
        Queue=_resource("AWS::SQS::Queue", "S/Jobs/Resource"),
        A=_resource("AWS::CloudWatch::Alarm", "S/A", Dimensions=[{"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}]),
        B=_resource("AWS::CloudWatch::Alarm", "S/B"),
    )
    assert [node.spoken() for node in graph.nodes.values()] == [
        "Jobs (SQS queue, 1 alarm)",
        "Operations (2 alarms)",
    ]


def test_alarms_that_tell_a_topic_are_connected_to_it(drawn: Draw) -> None:
    graph = drawn(
        Topic=_resource("AWS::SNS::Topic", "S/Oncall/Resource"),
        A=_resource("AWS::CloudWatch::Alarm", "S/A", AlarmActions=[{"Ref": "Topic"}]),
        B=_resource("AWS::CloudWatch::Alarm", "S/B", AlarmActions=[{"Ref": "Topic"}]),
    )
    assert graph.edges == [Edge("all AWS::CloudWatch::Alarm", "Topic", ("tells",))]


def test_a_permission_is_an_arrow_with_the_names_of_its_actions(drawn: Draw, worker: dict[str, object]) -> None:
    machine = _resource("AWS::StepFunctions::StateMachine", "S/Flow/Resource")
    graph = drawn(W=worker, Role=_role("S/Role", "states:StartExecution", {"Ref": "Flow"}), Flow=machine)
    assert graph.edges == [Edge("W", "Flow", ("StartExecution",))]


def test_many_actions_are_summed_up(drawn: Draw, worker: dict[str, object]) -> None:
    actions = [f"dynamodb:{name}" for name in ("GetItem", "PutItem", "UpdateItem")]
    table = _resource("AWS::DynamoDB::Table", "S/Items/Resource")
    graph = drawn(W=worker, Role=_role("S/Role", actions, _arn("Table")), Table=table)
    assert graph.edges == [Edge("W", "Table", ("reads and writes",))]


def test_a_policy_apart_from_the_role_counts_as_the_roles_own(drawn: Draw, worker: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": _arn("Queue")}
    graph = drawn(
        W=worker,
        Role=_resource("AWS::IAM::Role", "S/Role"),
        Queue=_resource("AWS::SQS::Queue", "S/Jobs/Resource"),
        Policy=_resource(
            "AWS::IAM::Policy", "S/Policy", Roles=[{"Ref": "Role"}], PolicyDocument={"Statement": statement}
        ),
    )
    assert graph.edges == [Edge("W", "Queue", ("SendMessage",))]


def test_what_is_denied_is_no_arrow(drawn: Draw, worker: dict[str, object]) -> None:
    queue = _resource("AWS::SQS::Queue", "S/Jobs/Resource")
    graph = drawn(W=worker, Role=_role("S/Role", "sqs:SendMessage", _arn("Queue"), effect="Deny"), Queue=queue)
    assert graph.edges == []


def test_messages_run_towards_the_one_who_receives_them(drawn: Draw, worker: dict[str, object]) -> None:
    role = _role("S/Role", ["sqs:ReceiveMessage", "sqs:DeleteMessage"], _arn("Queue"))
    graph = drawn(W=worker, Role=role, Queue=_resource("AWS::SQS::Queue", "S/Jobs/Resource"))
    assert graph.edges == [Edge("Queue", "W", ("messages",))]


@pytest.mark.parametrize(
    ("action", "reached"),
    [("ses:SendEmail", "Inbox (through Amazon SES)"), ("sns:Publish", "Phone (through Amazon SNS)")],
)
def test_whom_a_function_writes_to_is_in_the_picture(
    drawn: Draw, worker: dict[str, object], action: str, reached: str
) -> None:
    graph = drawn(W=worker, Role=_role("S/Role", action, "*"))
    (edge,) = graph.edges
    assert graph.nodes[edge.target].spoken() == reached


def test_publishing_to_a_topic_of_the_template_reaches_no_phone(drawn: Draw, worker: dict[str, object]) -> None:
    graph = drawn(
        W=worker,
        Role=_role("S/Role", "sns:Publish", {"Ref": "Topic"}),
        Topic=_resource("AWS::SNS::Topic", "S/News/Resource"),
    )
    assert graph.edges == [Edge("W", "Topic", ("Publish",))]


def test_a_method_connects_the_api_with_what_answers(drawn: Draw) -> None:
    graph = drawn(
        Api=_resource("AWS::ApiGateway::RestApi", "S/Api/Resource"),
        Answer=_resource("AWS::Lambda::Function", "S/Answer/Resource"),
        Post=_resource(
            "AWS::ApiGateway::Method",
            "S/Api/POST",
            RestApiId={"Ref": "Api"},
            HttpMethod="POST",
            Integration={"Uri": {"Fn::Join": ["", ["arn:", _arn("Answer"), "/invocations"]]}},
        ),
    )
    assert Edge("Api", "Answer", ("POST",)) in graph.edges
    assert graph.nodes["Answer"].group == "API"


def test_visitors_come_in_where_the_stack_is_public_and_only_there(drawn: Draw) -> None:
    balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    graph = drawn(
        Open=_resource(balancer, "S/Open/Resource", Scheme="internet-facing"),
        Inner=_resource(balancer, "S/Inner/Resource", Scheme="internal"),
        Private=_resource(
            "AWS::ApiGateway::RestApi", "S/Private/Resource", EndpointConfiguration={"Types": ["PRIVATE"]}
        ),
        Site=_resource("AWS::CloudFront::Distribution", "S/Site/Resource"),
    )
    assert [edge.target for edge in graph.edges if edge.source == VISITORS] == ["Open", "Site"]


def test_a_dead_letter_queue_is_reached_after_failures(drawn: Draw) -> None:
    graph = drawn(
        Jobs=_resource(
            "AWS::SQS::Queue",
            "S/Jobs/Resource",
            RedrivePolicy={"deadLetterTargetArn": _arn("Dead"), "maxReceiveCount": 3},
        ),
        Dead=_resource("AWS::SQS::Queue", "S/Dead/Resource"),
    )
    assert graph.edges == [Edge("Jobs", "Dead", ("after 3 attempts",), failure=True)]


def test_what_a_workflow_uses_only_after_a_failure_is_told_from_what_it_always_uses(drawn: Draw) -> None:
    definition = {
        "StartAt": "Send",
        "States": {
            "Send": {
                "Type": "Task",
                "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
                "Arguments": {"FunctionName": "${Mail.Arn}"},
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Keep"}],
                "End": True,
            },
            "Keep": {
                "Type": "Task",
                "Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage",
                "Arguments": {"QueueUrl": "${Kept}"},
                "End": True,
            },
        },
    }
    graph = drawn(
        Flow=_resource("AWS::StepFunctions::StateMachine", "S/Flow/Resource", Definition=definition),
        Mail=_resource("AWS::Lambda::Function", "S/Mail/Resource"),
        Kept=_resource("AWS::SQS::Queue", "S/Kept/Resource"),
    )
    assert graph.edges == [
        Edge("Flow", "Mail", ("Invoke",)),
        Edge("Flow", "Kept", ("when a step fails",), failure=True),
    ]


def test_servers_behind_a_load_balancer_stand_in_their_network(drawn: Draw) -> None:
    balancer, group = "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::AutoScaling::AutoScalingGroup"
    graph = drawn(
        Net=_resource("AWS::EC2::VPC", "S/Net/Resource"),
        Subnet=_resource("AWS::EC2::Subnet", "S/Net/Subnet", VpcId={"Ref": "Net"}),
        Entry=_resource(balancer, "S/Entry/Resource", Subnets=[{"Ref": "Subnet"}]),
        Listener=_resource(
            "AWS::ElasticLoadBalancingV2::Listener",
            "S/Entry/Listener",
            LoadBalancerArn={"Ref": "Entry"},
            DefaultActions=[{"TargetGroupArn": {"Ref": "Targets"}}],
        ),
        Targets=_resource("AWS::ElasticLoadBalancingV2::TargetGroup", "S/Entry/Targets"),
        Servers=_resource(
            group, "S/Servers/ASG", VPCZoneIdentifier=[{"Ref": "Subnet"}], TargetGroupARNs=[{"Ref": "Targets"}]
        ),
    )
    assert graph.edges == [Edge("Entry", "Servers")]
    assert {node.group for node in graph.nodes.values()} == {"Net VPC"}


def test_the_diagram_can_be_read_aloud(drawn: Draw, worker: dict[str, object]) -> None:
    graph = drawn(
        W=worker,
        Role=_role("S/Role", "sqs:SendMessage", _arn("Queue")),
        Queue=_resource("AWS::SQS::Queue", "S/Jobs/Resource"),
        Files=_resource("AWS::S3::Bucket", "S/Files/Resource"),
    )
    assert graph.description() == (
        "Worker (Lambda function) to Jobs (SQS queue): SendMessage. Also there: Files (S3 bucket)."
    )
