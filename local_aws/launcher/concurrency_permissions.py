"""What IAM calls the operations on a function's reserved concurrency: the emulator takes reading it for writing it.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks

_TAKEN_FOR = "lambda:PutFunctionConcurrency"
_BY_METHOD: Mapping[str, str] = {
    "GET": "lambda:GetFunctionConcurrency",
    "DELETE": "lambda:DeleteFunctionConcurrency",
}


def install() -> None:
    """Give IAM the actions that it knows."""
    action_of = cast("Callable[..., str | None]", hooks.IAM_ACTION.get())

    def action_of_call(service: str, method: str, *rest: object) -> str | None:
        action = action_of(service, method, *rest)
        return _BY_METHOD.get(method, action) if action == _TAKEN_FOR else action

    hooks.IAM_ACTION.replace(action_of_call)
