"""The only stage of an HTTP API: throttled, measured, and with a log that says neither who asked nor what for."""

from __future__ import annotations

import json
from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns._defaults import LOG_RETENTION

# No addresses and no paths: an id in a path may be all that one needs to see something.
_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "error": "$context.error.responseType",
    "integrationError": "$context.integrationErrorMessage",
}


def http_stage(
    scope: Construct,
    *,
    http_api: apigatewayv2.HttpApi,
    throttle_rate: float,
    throttle_burst: int,
    removal_policy: RemovalPolicy,
) -> apigatewayv2.HttpStage:
    """The stage ``$default`` of an API that has none yet, called ``Stage`` in ``scope``; ``AccessLogs`` is its log.

    Args:
        scope: What both belong to.
        http_api: The API.
        throttle_rate: Requests per second, over all visitors.
        throttle_burst: Requests at the same moment.
        removal_policy: Of the log group.
    """
    access_logs = logs.LogGroup(
        scope, "AccessLogs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
    )
    stage = apigatewayv2.HttpStage(
        scope,
        "Stage",
        http_api=http_api,
        stage_name="$default",
        auto_deploy=True,
        detailed_metrics_enabled=True,
        throttle=apigatewayv2.ThrottleSettings(rate_limit=throttle_rate, burst_limit=throttle_burst),
    )
    # The L2's own setting is an interface to implement, for the same two properties.
    settings = apigatewayv2.CfnStage.AccessLogSettingsProperty(
        destination_arn=access_logs.log_group_arn, format=json.dumps(_LOGGED)
    )
    cast("apigatewayv2.CfnStage", stage.node.default_child).access_log_settings = settings
    return stage
