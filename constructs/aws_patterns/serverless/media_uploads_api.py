"""The HTTP API of media uploads."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._execute_api import execute_api_url
from aws_patterns._http_stage import http_stage


class MediaUploadsApi(Construct):
    """``POST /uploads`` asks for the form of an upload, ``GET /uploads/{id}`` how it is doing.

    Open to everyone, as a web upload is, and throttled. The function itself says which page may read its answers:
    the API can't, because the page's content security policy names the API. Browsers are not let to ask beforehand
    (no route answers ``OPTIONS``), so pages send what needs no asking: no headers of their own, and JSON as plain text.

    Args:
        throttle_rate: Requests per second, over all visitors.
        throttle_burst: Requests at the same moment.
        removal_policy: Of the log group.

    Attributes:
        http_api: The API.
        stage: Its only stage.
        origin: Scheme and host, as a content security policy names them.
        url: Where uploads are asked for.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html and http-api-throttling.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        throttle_rate: float,
        throttle_burst: int,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self.http_api = apigatewayv2.HttpApi(
            self, "HttpApi", api_name="media-uploads", description="Media uploads", create_default_stage=False
        )
        self.stage = http_stage(
            self,
            http_api=self.http_api,
            throttle_rate=throttle_rate,
            throttle_burst=throttle_burst,
            removal_policy=removal_policy,
        )
        self.origin = execute_api_url(self.http_api.api_id)
        self.url = f"{self.origin}/uploads"

    def answer_with(self, function: lambda_.IFunction) -> None:
        """Let a function answer both routes."""
        integration = integrations.HttpLambdaIntegration("Integration", function)
        public = (
            "The pattern is an open web upload: throttled, one size and type for each form, ids that can't be guessed."
        )
        for path, method in (
            ("/uploads", apigatewayv2.HttpMethod.POST),
            ("/uploads/{id}", apigatewayv2.HttpMethod.GET),
        ):
            for route in self.http_api.add_routes(path=path, methods=[method], integration=integration):
                acknowledge(route, {"AwsSolutions-APIG4": public})
