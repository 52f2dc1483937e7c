"""The REST API of the Pet Cuddle-O-Tron: every reply, the gateway's own refusals included, is JSON with CORS."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns._execute_api import execute_api_url

_ANY_ORIGIN = "*"

# The lab's name for it; pages in use have it in their endpoint.
_STAGE = "prod"

# What a visitor is told when the gateway answers before the function is reached.
_REFUSALS: dict[str, tuple[apigateway.ResponseType, str, str]] = {
    "BadBody": (
        apigateway.ResponseType.BAD_REQUEST_BODY,
        "400",
        "The body must be a JSON object with waitSeconds, message, and an email or a phone",
    ),
    "NotFound": (
        apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
        "404",
        "No such resource or method: POST /petcuddleotron, or GET /petcuddleotron/{executionId}",
    ),
    "TooLarge": (apigateway.ResponseType.REQUEST_TOO_LARGE, "413", "The body may hold 8 KiB"),
    "Throttled": (
        apigateway.ResponseType.THROTTLED,
        "429",
        "Too many requests at the moment: try again in a few seconds",
    ),
    "Blocked": (
        apigateway.ResponseType.WAF_FILTERED,
        "403",
        "Too many requests from this address: try again in five minutes",
    ),
}


class ReminderApi(Construct):
    """A regional REST API: ``POST /petcuddleotron`` starts a reminder, ``GET /petcuddleotron/{id}`` follows it.

    Open to everyone, as the pattern is: throttled by default, with an optional limit per address. To ask for a
    sign-in, attach an authorizer to ``post`` (see docs/patterns/pet-cuddle-o-tron.md).

    Args:
        function: Answers both methods.
        throttle_rate: Requests per second, over all visitors.
        throttle_burst: Requests at the same moment.
        web_acl_rate_limit: Requests in five minutes from one address; ``None`` makes no web ACL.
        account_log_role: Whether this stack sets the role through which API Gateway may write logs: one
            setting for a whole account and Region, needed once, which outlives the stack.
        removal_policy: Of the log group.

    Attributes:
        rest_api: The API.
        post: The method that starts reminders.
        origin: Scheme and host, as a content security policy names them.
        url: Where reminders are posted to.
        web_acl: The web ACL, where a limit per address was asked for.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: lambda_.IFunction,
        throttle_rate: float,
        throttle_burst: int,
        web_acl_rate_limit: int | None,
        account_log_role: bool,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self._access_logs = logs.LogGroup(
            self, "AccessLogs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
        )
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            description="Pet Cuddle-O-Tron reminders",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=account_log_role,
            # The role stays when the stack goes: by then other APIs of the account may write their logs through it.
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if account_log_role else None,
            deploy_options=self._stage_options(throttle_rate, throttle_burst),
        )
        # RestApi makes an output of its own; what is printed after a deployment is the stack's choice.
        self.rest_api.node.try_remove_child("Endpoint")
        self._answer_refusals()
        self.post = self._add_methods(function)
        self.origin = execute_api_url(self.rest_api.rest_api_id)
        self.url = f"{self.origin}/{_STAGE}/petcuddleotron"
        self.web_acl = self._limit_per_address(web_acl_rate_limit) if web_acl_rate_limit is not None else None
        self._acknowledge_findings(account_log_role)

    def _stage_options(self, rate: float, burst: int) -> apigateway.StageOptions:
        return apigateway.StageOptions(
            stage_name=_STAGE,
            throttling_rate_limit=rate,
            throttling_burst_limit=burst,
            metrics_enabled=True,
            tracing_enabled=True,
            # Errors only, and never the data: bodies hold addresses and messages.
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            access_log_destination=apigateway.LogGroupLogDestination(self._access_logs),
            # The standard format would record the visitor's address and the reminder's id.
            access_log_format=apigateway.AccessLogFormat.custom(
                '{"requestId":"$context.requestId","time":"$context.requestTime",'
                '"method":"$context.httpMethod","resource":"$context.resourcePath",'
                '"status":"$context.status","latency":"$context.responseLatency",'
                '"error":"$context.error.responseType","traceId":"$context.xrayTraceId"}'
            ),
        )

    def _answer_refusals(self) -> None:
        headers = {"Access-Control-Allow-Origin": f"'{_ANY_ORIGIN}'"}
        later = {**headers, "Retry-After": "'5'", "Access-Control-Expose-Headers": "'Retry-After'"}
        for name, (response_type, status, reason) in _REFUSALS.items():
            self.rest_api.add_gateway_response(
                name,
                type=response_type,
                status_code=status,
                response_headers=later if status == "429" else headers,
                templates={"application/json": f'{{"Status":"Error","Reason":"{reason}"}}'},
            )
        for name, response_type in (
            ("Default4xx", apigateway.ResponseType.DEFAULT_4_XX),
            ("Default5xx", apigateway.ResponseType.DEFAULT_5_XX),
        ):
            self.rest_api.add_gateway_response(
                name,
                type=response_type,
                response_headers=headers,
                # messageString arrives quoted.
                templates={"application/json": '{"Status":"Error","Reason":$context.error.messageString}'},
            )

    def _add_methods(self, function: lambda_.IFunction) -> apigateway.Method:
        integration = apigateway.LambdaIntegration(function, allow_test_invoke=False)
        # Anything but an object is refused without cost; the function says which field is wrong, and why.
        body = self.rest_api.add_model(
            "Body",
            content_type="application/json",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4, type=apigateway.JsonSchemaType.OBJECT
            ),
        )
        validator = self.rest_api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        reminders = self.rest_api.root.add_resource(
            "petcuddleotron",
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=[_ANY_ORIGIN],
                allow_methods=["GET", "POST", "OPTIONS"],
                allow_headers=["Content-Type", "Idempotency-Key"],
            ),
        )
        post = reminders.add_method(
            "POST", integration, request_models={"application/json": body}, request_validator=validator
        )
        reminders.add_resource("{executionId}").add_method(
            "GET",
            integration,
            request_parameters={"method.request.path.executionId": True},
            request_validator=validator,
        )
        return post

    def _limit_per_address(self, limit: int) -> wafv2.CfnWebACL:
        visibility = {"cloudWatchMetricsEnabled": True, "sampledRequestsEnabled": False}
        web_acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            scope="REGIONAL",
            default_action={"allow": {}},
            visibility_config={**visibility, "metricName": "PetCuddleOTron"},
            rules=[
                {
                    "name": "RequestsPerAddress",
                    "priority": 0,
                    "action": {"block": {}},
                    "statement": {"rateBasedStatement": {"limit": limit, "aggregateKeyType": "IP"}},
                    "visibilityConfig": {**visibility, "metricName": "RequestsPerAddress"},
                }
            ],
        )
        wafv2.CfnWebACLAssociation(
            self,
            "WebAclAssociation",
            resource_arn=self.rest_api.deployment_stage.stage_arn,
            web_acl_arn=web_acl.attr_arn,
        )
        return web_acl

    def _acknowledge_findings(self, account_log_role: bool) -> None:
        public = (
            "The pattern is an open form: throttled, optionally limited per address; sign-in is an extension point."
        )
        acknowledge(
            self.rest_api,
            {
                "AwsSolutions-APIG4": public,
                "AwsSolutions-COG4": public,
            },
        )
        if self.web_acl is None:
            acknowledge(
                self.rest_api.deployment_stage,
                {"AwsSolutions-APIG3": "A limit per address is a choice with a monthly price: web_acl_rate_limit."},
            )
        if account_log_role:
            acknowledge(
                self.rest_api,
                {
                    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                    "AmazonAPIGatewayPushToCloudWatchLogs]": (
                        "AWS's own policy for the account-wide role through which API Gateway writes its logs."
                    )
                },
            )
