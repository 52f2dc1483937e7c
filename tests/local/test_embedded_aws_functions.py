"""Functions of templates: with the concurrency reserved for them, and under every path of their API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws
    from local_aws.template_stacks import CreateStack

_CODE = "def handle(event, context): return {'statusCode': 200, 'body': '{\"mine\": true}'}"
_REQUESTS = [None, 3, 0]


def template(concurrency: int | None, description: str = "any") -> dict[str, object]:
    function: dict[str, object] = {
        "Runtime": "python3.13",
        "Handler": "index.handle",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": _CODE},
        "Description": description,
    }
    if concurrency is not None:
        function["ReservedConcurrentExecutions"] = concurrency
    return {
        "Resources": {
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "any", "ProtocolType": "HTTP"}},
            "Integration": {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": "Api"},
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": {"Fn::GetAtt": ["Function", "Arn"]},
                    "PayloadFormatVersion": "2.0",
                },
            },
            "Route": {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": "Api"},
                    "RouteKey": "GET /health",
                    "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
                },
            },
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
            },
        }
    }


@pytest.fixture
def reserved(embedded_aws: EmbeddedAws) -> Callable[[str], int | None]:
    """How much is reserved for a function."""
    functions = embedded_aws.client("lambda")

    def look(name: str) -> int | None:
        return functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")

    return look


@pytest.mark.parametrize("first", _REQUESTS)
@pytest.mark.parametrize("then", _REQUESTS)
def test_a_template_reserves_concurrency(
    embedded_aws: EmbeddedAws,
    create_stack: CreateStack,
    reserved: Callable[[str], int | None],
    first: int | None,
    then: int | None,
) -> None:
    stack = create_stack(embedded_aws, f"reserves-{uuid4().hex[:8]}", template(first))
    name = stack.physical_id("Function")
    assert reserved(name) == first
    stack.update(template(then, "changed"))
    assert reserved(name) == then


def test_what_somebody_has_reserved_since_stays_until_the_template_says_otherwise(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, reserved: Callable[[str], int | None]
) -> None:
    """CloudFormation compares templates, not what is there: a runbook may scale what a template has made."""
    stack = create_stack(embedded_aws, f"leaves-{uuid4().hex[:8]}", template(0))
    name = stack.physical_id("Function")
    embedded_aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
    assert stack.update(template(0, "changed")) == "UPDATE_COMPLETE"
    assert reserved(name) == 7
    stack.update(template(2, "changed"))
    assert reserved(name) == 2


def test_an_api_answers_for_its_own_health(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> None:
    stack = create_stack(embedded_aws, f"healthy-{uuid4().hex[:8]}", template(None))
    url = f"https://{stack.physical_id('Api')}.execute-api.us-east-1.amazonaws.com/health"
    answer = embedded_aws.http("GET", url)
    assert (answer.status, answer.json()) == (200, {"mine": True})
