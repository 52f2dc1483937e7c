"""The address that API Gateway gives an API of this Region."""

from __future__ import annotations

from aws_cdk import Aws


def execute_api_url(api_id: str) -> str:
    """Without a stage and without a slash at the end."""
    return f"https://{api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
