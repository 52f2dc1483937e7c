"""What answers in a Region: an HTTP API and a function whose capacity is its reserved concurrency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._execute_api import execute_api_url
from aws_patterns._http_stage import http_stage
from aws_patterns._python_function import python_function
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.sample._regional_orders_data import RegionalOrdersData

HEALTH_PATH = "/health"
# Of the keys that the function gives to documents.
_FOLDER = "orders/"
_ROUTES = (
    ("/orders/{id}", apigatewayv2.HttpMethod.PUT),
    ("/orders/{id}", apigatewayv2.HttpMethod.GET),
    ("/orders", apigatewayv2.HttpMethod.GET),
    (HEALTH_PATH, apigatewayv2.HttpMethod.GET),
)


class RegionalOrdersApi(Construct):
    """``PUT`` and ``GET /orders/{id}``, ``GET /orders``, ``GET /health``: open to everyone, and throttled.

    Args:
        name: Of the workload; the function is called ``<name>-api`` in every Region.
        role: What the Region is there for, as answers say it.
        data: Where orders are kept here.
        concurrency: How many requests are answered at the same moment; 0 is switched off.
        throttle_rate: Requests per second, over all visitors.
        throttle_burst: Requests at the same moment.
        alarm_topic: Of this Region.
        removal_policy: Of logs.

    Attributes:
        http_api: The API.
        stage: Its only stage.
        function: Answers.
        function_name: Its name, in words.
        url: Where it answers, without a slash at the end.
        alarms: By id. ``ServerErrors``: the API answered 5xx although the function ran. ``FunctionErrors``.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        role: str,
        data: RegionalOrdersData,
        concurrency: int,
        throttle_rate: float,
        throttle_burst: int,
        alarm_topic: sns.ITopic | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self.function = python_function(
            self,
            "Function",
            package="regional_orders",
            description="Takes orders, and tells which Region it is in",
            environment={
                "TABLE_NAME": data.table_name,
                "BUCKET_NAME": data.documents.bucket.bucket_name,
                "ROLE": role,
            },
            timeout_seconds=defaults.ORDERS_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
        )
        resource = cast("lambda_.CfnFunction", self.function.node.default_child)
        # Known beforehand, to who scales it in a Region whose stacks can't be asked.
        self.function_name = f"{name}-api"
        resource.function_name = self.function_name
        resource.reserved_concurrent_executions = concurrency
        self._allow(data)
        self.http_api = apigatewayv2.HttpApi(
            self, "HttpApi", api_name=name, description="Orders", create_default_stage=False
        )
        self.stage = http_stage(
            self,
            http_api=self.http_api,
            throttle_rate=throttle_rate,
            throttle_burst=throttle_burst,
            removal_policy=removal_policy,
        )
        self._answer()
        self.url = execute_api_url(self.http_api.api_id)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._watch(alarm_topic)

    def _answer(self) -> None:
        integration = integrations.HttpLambdaIntegration("Integration", self.function)
        public = "A shop's counter: throttled, and it holds nobody's data. Workloads of one's own bring an authorizer."
        for path, method in _ROUTES:
            for route in self.http_api.add_routes(path=path, methods=[method], integration=integration):
                acknowledge(route, {"AwsSolutions-APIG4": public})

    def _allow(self, data: RegionalOrdersData) -> None:
        table = Stack.of(self).format_arn(service="dynamodb", resource="table", resource_name=data.table_name)
        bucket = data.documents.bucket
        documents = bucket.arn_for_objects(f"{_FOLDER}*")
        for actions, resource in (
            (["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"], table),
            (["s3:GetObject", "s3:PutObject"], documents),
        ):
            self.function.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        self.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": f"{_FOLDER}*"}},
            )
        )
        if data.documents.encryption_key:
            data.documents.encryption_key.grant(self.function, "kms:Decrypt", "kms:GenerateDataKey")
        reason = "Documents of any order: their ids are chosen by who orders."
        acknowledge(self.function.role or self.function, {wildcard(self, documents): reason})

    def _watch(self, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms, period = Alarms(self, topic), Duration.minutes(5)
        # A Region that is switched off refuses everything, as it should: its function does not run.
        errors = cloudwatch.MathExpression(
            expression="IF(FILL(ran, 0) > 0, refused, 0)",
            period=period,
            using_metrics={
                "ran": self.function.metric_invocations(statistic="Sum", period=period),
                "refused": self.http_api.metric_server_error(statistic="Sum", period=period),
            },
        )
        alarms.add("ServerErrors", errors, 1, "The API answered 5xx. See the function's log.")
        alarms.add(
            "FunctionErrors",
            self.function.metric_errors(statistic="Sum", period=period),
            1,
            "The function failed or ran out of time. See its log.",
        )
        return alarms.by_id
