"""Auto Scaling and Systems Manager, as collecting logs needs them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fleet_termination_logs.logic import CallError, CommandState, Termination

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ssm import SSMClient

# Letting the instance go is worth some patience: the alternative is that it waits for the hook's timeout.
_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})

# Systems Manager takes no less for the delivery of a command.
_SHORTEST_DELIVERY_SECONDS = 30

# Auto Scaling has one code for whatever it finds wrong with a request.
_NOT_WAITING = "No active Lifecycle Action found"


class Gateway:
    """Sends the command, watches it, completes the hook."""

    def __init__(self, *, document: str, autoscaling: AutoScalingClient, ssm: SSMClient) -> None:
        self._document = document
        self._autoscaling = autoscaling
        self._ssm = ssm

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        session = boto3.session.Session()
        return cls(
            document=environment["DOCUMENT"],
            autoscaling=session.client("autoscaling", config=_CONFIG),
            ssm=session.client("ssm", config=_CONFIG),
        )

    def heartbeat(self, termination: Termination) -> bool:
        """Ask for more time; whether the instance still waits."""
        try:
            self._autoscaling.record_lifecycle_action_heartbeat(
                AutoScalingGroupName=termination.group,
                LifecycleHookName=termination.hook,
                LifecycleActionToken=termination.token,
                InstanceId=termination.instance,
            )
        except (ClientError, BotoCoreError) as error:
            if _says_not_waiting(error):
                return False
            raise _call_error(error) from None
        return True

    def send(self, termination: Termination, seconds: int) -> str:
        """Let the instance collect its logs; the id of the command."""
        try:
            answer = self._ssm.send_command(
                DocumentName=self._document,
                InstanceIds=[termination.instance],
                Parameters={"Key": [termination.key()]},
                TimeoutSeconds=max(seconds, _SHORTEST_DELIVERY_SECONDS),
                Comment="Logs of a terminating instance",
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None
        return answer["Command"]["CommandId"]

    def state(self, termination: Termination, command: str) -> CommandState | None:
        """How far the command is; ``None`` while Systems Manager does not know it yet."""
        try:
            answer = self._ssm.get_command_invocation(CommandId=command, InstanceId=termination.instance)
        except self._ssm.exceptions.InvocationDoesNotExist:
            return None
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None
        return CommandState(status=answer["Status"], response_code=answer["ResponseCode"])

    def complete(self, termination: Termination) -> None:
        """Let the instance go. That it has gone already is no error."""
        try:
            self._autoscaling.complete_lifecycle_action(
                AutoScalingGroupName=termination.group,
                LifecycleHookName=termination.hook,
                LifecycleActionToken=termination.token,
                InstanceId=termination.instance,
                LifecycleActionResult="CONTINUE",
            )
        except (ClientError, BotoCoreError) as error:
            if not _says_not_waiting(error):
                raise _call_error(error) from None


class SystemClock:
    """The time as it passes."""

    def now(self) -> datetime:
        """In UTC."""
        return datetime.now(UTC)

    def wait(self, seconds: float) -> None:
        """Return after so long."""
        time.sleep(seconds)


def _says_not_waiting(error: ClientError | BotoCoreError) -> bool:
    return isinstance(error, ClientError) and _NOT_WAITING in error.response["Error"].get("Message", "")


def _call_error(error: ClientError | BotoCoreError) -> CallError:
    return CallError(error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__)
