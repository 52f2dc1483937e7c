"""Rotates the password of a database's user, called by Secrets Manager."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from database_password_rotation.certificates import tls_for
from database_password_rotation.databases import SqlDatabases
from database_password_rotation.logic import rotate
from secret_rotation.gateway import SecretVersions
from secret_rotation.logic import Rotation

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))


@cache
def _secret_versions() -> SecretVersions:
    return SecretVersions.from_environment()


@cache
def _databases() -> SqlDatabases:
    return SqlDatabases(tls_for(os.environ["AWS_REGION"]))


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handle(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - as Lambda calls it
    """Lambda's entry point."""
    asked = Rotation.of(event)
    rotate(asked, _secret_versions(), _databases())
    logger.info("step of a rotation taken", extra={"step": asked.step, "secret": asked.secret})


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the client is made there rather than in the first step.
    _secret_versions()
