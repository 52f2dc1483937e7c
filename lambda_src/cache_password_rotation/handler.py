"""Rotates the password of a cache's user, called by Secrets Manager."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from cache_password_rotation.gateway import CacheUser
from cache_password_rotation.logic import Clock, rotate
from secret_rotation.gateway import SecretVersions
from secret_rotation.logic import Rotation

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))


@cache
def _secret_versions() -> SecretVersions:
    return SecretVersions.from_environment()


@cache
def _user() -> CacheUser:
    return CacheUser.from_environment(os.environ)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
def handle(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - as Lambda calls it
    """Lambda's entry point."""
    asked = Rotation.of(event)
    rotate(asked, _secret_versions(), _user(), Clock(now=time.monotonic, sleep=time.sleep))
    logger.info("step of a rotation taken", extra={"step": asked.step, "secret": asked.secret})


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first step.
    _secret_versions()
    _user()
