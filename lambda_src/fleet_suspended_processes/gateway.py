"""Auto Scaling and CloudFormation's mailbox, as suspending processes needs them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fleet_suspended_processes.logic import Change, GroupMissingError, ProcessesError, Verb

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})

# A group that is being changed by something else takes no change of its processes for a moment; and a permission
# that was given with this function, a moment ago, is not known everywhere yet.
_PASSING = frozenset({"ResourceInUse", "ResourceContention", "ScalingActivityInProgress", "AccessDenied"})
_PAUSES_SECONDS = (1, 2, 4, 8)
_ANSWER_TIMEOUT_SECONDS = 5


class Gateway:
    """Changes processes, and answers CloudFormation."""

    def __init__(self, client: AutoScalingClient) -> None:
        self._client = client

    @classmethod
    def create(cls) -> Gateway:
        return cls(boto3.session.Session().client("autoscaling", config=_CONFIG))

    def apply(self, change: Change) -> None:
        """Suspend or resume. Doing it again changes nothing.

        Raises:
            GroupMissingError: When there is no such group.
            ProcessesError: When AWS refuses for another reason.
        """
        call = self._client.suspend_processes if change.verb is Verb.SUSPEND else self._client.resume_processes
        for attempt in _attempts():
            try:
                call(AutoScalingGroupName=change.group, ScalingProcesses=list(change.processes))
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
                if code not in _PASSING or attempt.is_last:
                    kind = GroupMissingError if "not found" in message.lower() else ProcessesError
                    raise kind(f"{code}: {message}") from None
            except BotoCoreError as error:
                raise ProcessesError(str(error)) from None
            else:
                return
            attempt.wait()

    def answer(self, url: str, body: Mapping[str, object]) -> None:
        """Put the answer where CloudFormation waits for it. Raises OSError when it can't be had there."""
        text = json.dumps(body).encode()
        for attempt in _attempts():
            # The signature of the address is for no content type at all.
            request = Request(url, data=text, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's
            try:
                with urlopen(request, timeout=_ANSWER_TIMEOUT_SECONDS):  # noqa: S310 - CloudFormation's
                    return
            except (HTTPError, URLError, TimeoutError):
                if attempt.is_last:
                    raise
            attempt.wait()


class _Attempt:
    def __init__(self, pause_seconds: int | None) -> None:
        self._pause_seconds = pause_seconds
        self.is_last = pause_seconds is None

    def wait(self) -> None:
        if self._pause_seconds is not None:
            time.sleep(self._pause_seconds)


def _attempts() -> Iterator[_Attempt]:
    yield from (_Attempt(pause) for pause in (*_PAUSES_SECONDS, None))
