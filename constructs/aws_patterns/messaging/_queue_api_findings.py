"""Findings of rule packs that a queue API accepts, each with its reason."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

from aws_patterns._acknowledgments import acknowledge


def acknowledge_findings(
    api: apigateway.RestApi,
    post: apigateway.Method,
    *,
    is_open: bool,
    has_authorizer: bool,
    has_web_acl: bool,
    account_log_role: bool,
) -> None:
    """Say why they are accepted, on the construct that each is about."""
    if is_open:
        reason = "Its owner chose open-to-everyone, by that name; throttled, with an optional limit per address."
        acknowledge(post, {"AwsSolutions-APIG4": reason, "AwsSolutions-COG4": reason})
    elif not has_authorizer:
        acknowledge(post, {"AwsSolutions-COG4": "Its callers are programs, which sign their requests: IAM is asked."})
    else:
        acknowledge(post, {"AwsSolutions-COG4": "Its owner chose the authorizer, of Cognito or another."})
    if not has_web_acl:
        acknowledge(
            api.deployment_stage,
            {"AwsSolutions-APIG3": "A web ACL is a choice with a monthly price: web_acl_rate_limit, web_acl_arn."},
        )
    if account_log_role:
        acknowledge(
            api,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]": (
                    "AWS's own policy for the account-wide role through which API Gateway writes its logs."
                )
            },
        )
