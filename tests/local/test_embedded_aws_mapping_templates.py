"""Mapping templates of REST APIs decide, as on AWS: conditions, and replies whose status and headers they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from local_aws.template_stacks import create_stack

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws, Response
    from local_aws.template_stacks import Template

CODE = "#set($code = $input.path('$.Error.Code'))"
KIND = "#set($kind = $input.params('kind'))"


def api(reply: str, *, limit: int = 1024) -> Template:
    """An API that sends its body to a queue, and answers by this template whatever SQS says."""
    queue = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Queue.QueueName}"}
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Uri": queue,
        "RequestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
        "IntegrationResponses": [
            {"StatusCode": "200", "ResponseTemplates": {"application/json": reply}},
        ],
    }
    owner = {"RestApiId": {"Ref": "Api"}}
    return {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MaximumMessageSize": limit}},
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "templates"}},
            "Post": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    **owner,
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "POST",
                    "AuthorizationType": "NONE",
                    "Integration": integration,
                },
            },
            "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Post", "Properties": owner},
            "Stage": {
                "Type": "AWS::ApiGateway::Stage",
                "Properties": {**owner, "StageName": "prod", "DeploymentId": {"Ref": "Deployment"}},
            },
        },
        "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod/"}}},
    }


Post = Callable[..., "Response"]


@pytest.fixture
def deploy(embedded_aws: EmbeddedAws) -> Iterator[Callable[[str], Post]]:
    """An API with this reply; posts to it."""
    made = []

    def make(reply: str) -> Post:
        made.append(create_stack(embedded_aws, "Templates", api(reply)))
        assert not made[-1].failures()
        url = made[-1].outputs()["Url"]
        return lambda body="{}", query="": embedded_aws.http(
            "POST", f"{url}{query}", body=body, headers={"Content-Type": "application/json"}
        )

    yield make
    for stack in made:
        stack.delete()


def test_a_template_chooses_among_branches_and_may_nest_them(deploy: Callable[[str], Post]) -> None:
    post = deploy(
        f"{KIND}\n"
        '#if($kind == "a")A#elseif($kind == "b" || $kind == "c")\n'
        '#if($kind != "b" && $kind == "c")C#{else}B#end\n'
        "#{else}other#end!"
    )
    told = {kind: "".join(post(query=f"?kind={kind}").text.split()) for kind in ("a", "b", "c", "d", "")}
    assert told == {"a": "A!", "b": "B!", "c": "C!", "d": "other!", "": "other!"}


def test_only_what_was_chosen_has_an_effect(deploy: Callable[[str], Post]) -> None:
    post = deploy(
        f"{KIND}\n"
        '#if($kind == "late")\n'
        "#set($context.responseOverride.status = 503)\n"
        "#set($context.responseOverride.header.Retry-After = '7')\n"
        "late\n"
        "#end\n"
        "said"
    )
    late, other = post(query="?kind=late"), post()
    assert (late.status, late.headers["retry-after"], late.text.split()) == (503, "7", ["late", "said"])
    assert (other.status, other.text.split()) == (200, ["said"])
    assert "retry-after" not in other.headers


def test_a_template_reads_the_error_of_a_service_in_json(deploy: Callable[[str], Post]) -> None:
    post = deploy(f'{CODE}\n#if($code == "InvalidParameterValue")$code#end')
    assert post(body="x" * 1025).text.strip() == "InvalidParameterValue"
    assert post(body="x").text.strip() == ""
