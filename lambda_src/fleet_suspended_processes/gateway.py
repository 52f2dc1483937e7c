"""Auto Scaling, as suspending processes needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from custom_resource.gateway import attempts
from custom_resource.logic import RefusedError
from fleet_suspended_processes.logic import Change, GroupMissingError, Verb

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})

# A group that is being changed by something else takes no change of its processes for a moment; and a permission
# that was given with this function, a moment ago, is not known everywhere yet.
_PASSING = frozenset({"ResourceInUse", "ResourceContention", "ScalingActivityInProgress", "AccessDenied"})


class Gateway:
    """Changes processes."""

    def __init__(self, client: AutoScalingClient) -> None:
        self._client = client

    @classmethod
    def create(cls) -> Gateway:
        return cls(boto3.session.Session().client("autoscaling", config=_CONFIG))

    def apply(self, change: Change) -> None:
        """Suspend or resume. Doing it again changes nothing.

        Raises:
            GroupMissingError: When there is no such group.
            RefusedError: When AWS refuses for another reason.
        """
        call = self._client.suspend_processes if change.verb is Verb.SUSPEND else self._client.resume_processes
        for is_last in attempts():
            try:
                call(AutoScalingGroupName=change.group, ScalingProcesses=list(change.processes))
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
                if code not in _PASSING or is_last:
                    kind = GroupMissingError if "not found" in message.lower() else RefusedError
                    raise kind(f"{code}: {message}") from None
            except BotoCoreError as error:
                raise RefusedError(str(error)) from None
            else:
                return
