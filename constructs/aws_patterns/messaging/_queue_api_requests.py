"""What a queue API asks of a request, and what it makes of it for SQS."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from aws_patterns.messaging._queue_api_replies import Replies
from aws_patterns.messaging._request_schema import whole_schema
from aws_patterns.messaging.queue_api_options import DeduplicateBy, IdempotentFifo

KEY = "Idempotency-Key"


def body_model(api: apigateway.RestApi, schema: Mapping[str, object], fifo: IdempotentFifo | None) -> apigateway.IModel:
    """What a body is checked against. A changed one is deployed, as whatever else is changed about the API."""
    whole = whole_schema(schema, fifo.group_field if fifo else None)
    made = apigateway.CfnModel(
        api,
        "Body",
        rest_api_id=api.rest_api_id,
        content_type="application/json",
        description="What a message must look like",
        schema=whole,
    )
    deployment = api.latest_deployment
    if deployment is not None:
        # As the CDK's own Model does, whose typed schema has no place for all that JSON Schema has.
        deployment.node.add_dependency(made)
        deployment.add_to_logical_id({"model": whole})
    return apigateway.Model.from_model_name(api, "BodyModel", made.ref)


def send_message(
    queue: sqs.IQueue, role: iam.IRole, *, fifo: IdempotentFifo | None, replies: Replies
) -> apigateway.AwsIntegration:
    """The body as it is, to the queue; with a group and what makes it the same message, where the queue wants them."""
    return apigateway.AwsIntegration(
        service="sqs",
        path=f"{queue.env.account}/{queue.queue_name}",
        region=queue.env.region,
        integration_http_method="POST",
        options=apigateway.IntegrationOptions(
            credentials_role=role,
            passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
            request_parameters={
                "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'",
                # SQS answers in XML where a client's own Accept asks for no JSON; the templates read JSON.
                "integration.request.header.Accept": "'application/json'",
            },
            request_templates={"application/json": _request(fifo)},
            integration_responses=list(replies.of_the_queue()),
        ),
    )


def _request(fifo: IdempotentFifo | None) -> str:
    request = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
    if fifo is None:
        return request
    request += f"&MessageGroupId=$util.urlEncode($input.path('$.{fifo.group_field}'))"
    if fifo.deduplicate_by == DeduplicateBy.IDEMPOTENCY_KEY:
        # HTTP/2 writes every header's name in lower case. Where API Gateway takes one spelling for the other, both find
        # the key, and it is simply twice as long: 64 characters become the 128 that SQS takes.
        found = f"$input.params('{KEY}')$input.params('{KEY.lower()}')"
        request += f'#set($key = "{found}")&MessageDeduplicationId=$util.urlEncode($key)'
    return request
