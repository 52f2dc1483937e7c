"""Rotates the password of a database's user, called by Secrets Manager."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from database_password_rotation.certificates import tls_for
from database_password_rotation.databases import SqlDatabases
from database_password_rotation.gateway import Gateway
from database_password_rotation.logic import Rotation, RotationError, Step, rotate

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))


def rotation_of(event: dict[str, Any]) -> Rotation:
    """What Secrets Manager asks for.

    Raises:
        RotationError: It is nothing that it asks for.
    """
    try:
        return Rotation(
            step=Step(event["Step"]), secret=str(event["SecretId"]), version=str(event["ClientRequestToken"])
        )
    except (KeyError, ValueError):
        raise RotationError("this is no step of a rotation") from None


@cache
def _gateway() -> Gateway:
    return Gateway.from_environment()


@cache
def _databases() -> SqlDatabases:
    return SqlDatabases(tls_for(os.environ["AWS_REGION"]))


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handle(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - as Lambda calls it
    """Lambda's entry point."""
    asked = rotation_of(event)
    rotate(asked, _gateway(), _databases())
    logger.info("step of a rotation taken", extra={"step": asked.step, "secret": asked.secret})


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the client is made there rather than in the first step.
    _gateway()
