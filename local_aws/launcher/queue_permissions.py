"""What IAM calls the operations that queues do in batches: the action on one message; there is no other.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks

_OF_BATCHES: Mapping[str | None, str] = {
    f"sqs:{action}Batch": f"sqs:{action}" for action in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}


def install() -> None:
    """Give IAM the actions that it knows."""
    action_of = cast("Callable[..., str | None]", hooks.IAM_ACTION.get())

    def action_of_call(*request: object) -> str | None:
        action = action_of(*request)
        return _OF_BATCHES.get(action, action)

    hooks.IAM_ACTION.replace(action_of_call)
