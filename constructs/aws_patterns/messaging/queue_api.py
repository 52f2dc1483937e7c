"""Queue API: an HTTP endpoint that puts messages into a queue, with no code of anybody's in between."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns._execute_api import execute_api_url
from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._queue_api_findings import acknowledge_findings
from aws_patterns.messaging._queue_api_replies import Replies
from aws_patterns.messaging._queue_api_requests import KEY, body_model, send_message
from aws_patterns.messaging._web_acl import limit_per_address
from aws_patterns.messaging.queue_api_options import Authorization, DeduplicateBy, IdempotentFifo, check_queue_api
from aws_patterns.messaging.work_queue import WorkQueue
from aws_patterns.messaging.work_queue_options import Fifo

_STAGE = "prod"


class QueueApi(Construct):
    """A regional REST API whose requests API Gateway itself puts into an SQS queue.

    Use it where a client may go on once its message is safe: nothing runs between the two services, so there is nothing
    to scale, to warm up or to fail. A body that does not fit the schema is answered with 400 and never reaches the
    queue; ``202`` with the message's id is answered only when SQS has stored it. Not for replies that need the work's
    result, nor for bodies above 1 MiB (put those into a bucket, and a reference into the queue).

    >>> schema = {"type": "object", "required": ["customerId"], "properties": {"customerId": {"type": "string"}}}
    >>> QueueApi(stack, "Orders", schema=schema)

    With a FIFO queue requests are idempotent: sent twice within five minutes, a message is stored once.

    >>> QueueApi(stack, "Ordered", schema=schema, fifo=IdempotentFifo(group_field="customerId"), account_log_role=False)

    Args:
        schema: What a body must look like, in JSON Schema's draft 4.
        path: Last part of the address. Default ``messages``.
        queue: Where messages go. Default: a ``WorkQueue`` of its own.
        fifo: Order and idempotency, with a FIFO queue. Default: a standard queue.
        maximum_message_bytes: The largest body, of the API's own queue. 1,024 to 1,048,576, default 65,536.
        encryption_key: Customer managed key of the API's own queue. Default: keys that SQS owns.
        authorization: Who may send. Default: whoever signs as somebody whose policy allows it.
        authorizer: Asked instead of IAM, for instance one of Cognito.
        cors_origin: The web page that may send, such as ``https://www.example.org``; ``*`` for any. Default: none.
        throttle_rate: Requests per second, over all clients. Default 100.
        throttle_burst: Requests at the same moment. Default 200.
        web_acl_rate_limit: Requests in five minutes from one address, enforced by a web ACL of its own, 10 or more.
            Default: no web ACL.
        web_acl_arn: A regional web ACL that there is already. Default: none.
        account_log_role: Whether to set the role through which API Gateway writes logs, one setting for the
            account and Region, which outlives the stack: the logs of all its other APIs are written through it. Turn
            off where another stack owns it. Default on.
        alarm_topic: Told when an alarm changes state. Default: alarms tell nobody.
        removal_policy: Of what would be missed: the logs, and the API's own queue. Default ``RETAIN``.

    Attributes:
        rest_api: The API.
        post: The method that sends.
        queue: Where messages go.
        work_queue: The API's own queue with its dead letters; ``None`` where one was given.
        role: What API Gateway sends as: it may send to this queue, and nothing else.
        url: Where messages are posted to.
        web_acl: The API's own web ACL; ``None`` without ``web_acl_rate_limit``.
        alarms: By id. ``ServerErrors``: messages were not accepted. Those of the queue are its own.
        dashboard: Requests, latency and the queue over time.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/prescriptive-guidance/latest/patterns/integrate-amazon-api-gateway-with-amazon-sqs-to-handle-asynchronous-rest-apis.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        schema: Mapping[str, object],
        path: str = "messages",
        queue: sqs.IQueue | None = None,
        fifo: IdempotentFifo | None = None,
        maximum_message_bytes: int | None = None,
        encryption_key: kms.IKey | None = None,
        authorization: Authorization = Authorization.IAM,
        authorizer: apigateway.IAuthorizer | None = None,
        cors_origin: str | None = None,
        throttle_rate: float = defaults.QUEUE_API_THROTTLE_RATE,
        throttle_burst: int = defaults.QUEUE_API_THROTTLE_BURST,
        web_acl_rate_limit: int | None = None,
        web_acl_arn: str | None = None,
        account_log_role: bool = True,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"QueueApi {self.node.path}") as problems:
            check_queue_api(
                problems,
                schema=schema,
                path=path,
                fifo=fifo,
                queue_is_fifo=None if queue is None else queue.fifo,
                maximum_message_bytes=maximum_message_bytes,
                authorization=authorization,
                has_authorizer=authorizer is not None,
                cors_origin=cors_origin,
                throttle_rate=throttle_rate,
                throttle_burst=throttle_burst,
                web_acl_rate_limit=web_acl_rate_limit,
                has_web_acl=web_acl_arn is not None,
            )
            if queue is not None and encryption_key is not None:
                problems.add("encryption_key is for the API's own queue: set it on the queue that is given")
        self._path = path
        self._fifo = fifo
        self._removal_policy = removal_policy
        self._is_open = authorizer is None and authorization == Authorization.OPEN_TO_EVERYONE
        maximum = (maximum_message_bytes or defaults.QUEUE_API_MESSAGE_BYTES) if queue is None else None
        self.work_queue = self._make_queue(maximum, encryption_key, alarm_topic) if maximum is not None else None
        self.queue: sqs.IQueue = self.work_queue.queue if self.work_queue else queue  # type: ignore[assignment]  # one is
        self.role = self._make_role()
        self._replies = Replies(
            path=path,
            maximum_bytes=maximum,
            needs_key=self._needs_key,
            is_open=self._is_open,
            cors_origin=cors_origin,
        )
        self.rest_api = self._make_api(throttle_rate, throttle_burst, account_log_role=account_log_role)
        self._replies.add_those_of_the_gateway(self.rest_api)
        self.post = self._make_method(schema, authorizer, cors_origin)
        origin = execute_api_url(self.rest_api.rest_api_id)
        self.url = f"{origin}/{_STAGE}/{path}"
        self.web_acl = self._limit(web_acl_rate_limit, web_acl_arn)
        alarms = Alarms(self, alarm_topic)
        alarms.add(
            "ServerErrors",
            self.rest_api.metric_server_error(statistic="Sum"),
            1,
            "Messages were not accepted, and their senders were told to try again. Is the queue there, and may the "
            "API's role still send to it?",
        )
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id
        self.dashboard = self._make_dashboard()
        acknowledge_findings(
            self.rest_api,
            self.post,
            is_open=self._is_open,
            has_authorizer=authorizer is not None,
            has_web_acl=self.web_acl is not None or web_acl_arn is not None,
            account_log_role=account_log_role,
        )

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody's signed requests through, where IAM is asked."""
        return self.post.grant_execute(grantee)

    @property
    def _needs_key(self) -> bool:
        return self._fifo is not None and self._fifo.deduplicate_by == DeduplicateBy.IDEMPOTENCY_KEY

    def _make_queue(self, maximum: int, key: kms.IKey | None, topic: sns.ITopic | None) -> WorkQueue:
        fifo = None
        if self._fifo is not None:
            by_body = not self._needs_key
            fifo = Fifo(content_based_deduplication=by_body, high_throughput=self._fifo.high_throughput)
        return WorkQueue(
            self,
            "Messages",
            fifo=fifo,
            maximum_message_bytes=maximum,
            encryption_key=key,
            alarm_topic=topic,
            removal_policy=self._removal_policy,
        )

    def _make_role(self) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        self.queue.grant(role, "sqs:SendMessage")
        if self.queue.encryption_master_key:
            self.queue.encryption_master_key.grant(role, "kms:GenerateDataKey", "kms:Decrypt")
        return role

    def _make_api(self, rate: float, burst: int, *, account_log_role: bool) -> apigateway.RestApi:
        access_logs = logs.LogGroup(
            self, "AccessLogs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=self._removal_policy
        )
        api = apigateway.RestApi(
            self,
            "RestApi",
            description="Puts messages into a queue",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=account_log_role,
            # The role stays when the stack goes: by then other APIs of the account may write their logs through it.
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if account_log_role else None,
            deploy_options=apigateway.StageOptions(
                stage_name=_STAGE,
                throttling_rate_limit=rate,
                throttling_burst_limit=burst,
                metrics_enabled=True,
                tracing_enabled=True,
                # Errors only, and never the data: nobody knows what bodies hold.
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(access_logs),
                # The standard format would record the sender's address.
                access_log_format=apigateway.AccessLogFormat.custom(
                    '{"requestId":"$context.requestId","time":"$context.requestTime",'
                    '"method":"$context.httpMethod","resource":"$context.resourcePath",'
                    '"status":"$context.status","queueStatus":"$context.integration.status",'
                    '"latency":"$context.responseLatency","error":"$context.error.responseType",'
                    '"traceId":"$context.xrayTraceId"}'
                ),
            ),
        )
        # RestApi makes an output of its own; what is printed after a deployment is the stack's choice.
        api.node.try_remove_child("Endpoint")
        return api

    def _make_method(
        self, schema: Mapping[str, object], authorizer: apigateway.IAuthorizer | None, cors_origin: str | None
    ) -> apigateway.Method:
        cors = None
        if cors_origin is not None:
            cors = apigateway.CorsOptions(
                allow_origins=[cors_origin],
                allow_methods=["POST", "OPTIONS"],
                allow_headers=["Content-Type", "Authorization", "X-Amz-Date", "X-Amz-Security-Token", KEY],
            )
        return self.rest_api.root.add_resource(self._path, default_cors_preflight_options=cors).add_method(
            "POST",
            send_message(self.queue, self.role, fifo=self._fifo, replies=self._replies),
            authorization_type=self._authorization_type(authorizer),
            authorizer=authorizer,
            request_models={"application/json": body_model(self.rest_api, schema, self._fifo)},
            request_validator=self.rest_api.add_request_validator(
                "Validator", validate_request_body=True, validate_request_parameters=True
            ),
            request_parameters={f"method.request.header.{KEY}": True} if self._needs_key else None,
            method_responses=list(self._replies.of_the_method()),
        )

    def _authorization_type(self, authorizer: apigateway.IAuthorizer | None) -> apigateway.AuthorizationType | None:
        if authorizer is not None:
            return None
        return apigateway.AuthorizationType.NONE if self._is_open else apigateway.AuthorizationType.IAM

    def _limit(self, rate_limit: int | None, arn: str | None) -> wafv2.CfnWebACL | None:
        made = limit_per_address(self, rate_limit) if rate_limit is not None else None
        chosen = made.attr_arn if made is not None else arn
        if chosen is not None:
            stage = self.rest_api.deployment_stage
            wafv2.CfnWebACLAssociation(self, "WebAclAssociation", resource_arn=stage.stage_arn, web_acl_arn=chosen)
        return made

    def _make_dashboard(self) -> cloudwatch.Dashboard:
        def graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)

        api = self.rest_api
        widgets: list[cloudwatch.IWidget] = [
            graph("Requests", api.metric_count(), api.metric_client_error(), api.metric_server_error()),
            graph("Latency", api.metric_latency(statistic="p50"), api.metric_latency(statistic="p99")),
        ]
        if self.work_queue is not None:
            widgets += self.work_queue.graphs("Messages")
        alarms = cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(self.alarms.values()), width=24, height=3)
        return cloudwatch.Dashboard(self, "Dashboard", widgets=[[alarms], widgets])
