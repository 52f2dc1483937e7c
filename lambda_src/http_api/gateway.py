"""AWS, as somebody needs it who waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Better an early "try again" than a late answer; AWS answers in milliseconds.
SOMEBODY_WAITS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


class AwsError(Exception):
    """AWS did not do what was asked. Says which call and why, never with what."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code


@contextmanager
def asking(operation: str) -> Iterator[None]:
    """Around a call of that operation. Raises AwsError when AWS refuses it or does not answer."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise AwsError(operation, code_of(error)) from None


def code_of(error: BaseException | None) -> str:
    """Why a call has failed. Not the error's text: it may quote what was sent."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
