"""The roles that ``cdk bootstrap`` leaves in an account and Region, by their names."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from aws_patterns.delivery.github_deploy_role_options import DeploymentTarget


def bootstrap_role_arn(scope: Construct, kind: str, place: DeploymentTarget, *, qualifier: str) -> str:
    """The ARN of one role, of a kind such as ``lookup`` or ``deploy``."""
    name = f"cdk-{qualifier}-{kind}-role-{place.account}-{place.region}"
    return f"arn:{Stack.of(scope).partition}:iam::{place.account}:role/{name}"
