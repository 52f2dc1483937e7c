"""Lets a failed Python function report the class of its exception, by which Step Functions retries and catches."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks

Outcome = dict[str, object]

# The worker can report one text about a failure; this one holds the whole report.
_MARK = "local_aws function error: "
_REPORTED = '"error": str(e), "trace": traceback.format_exc()'
_WHOLE_REPORT = (
    f'"error": "{_MARK}" + json.dumps({{"errorMessage": str(e), "errorType": type(e).__name__, '
    '"requestId": _ms_ctx.get("request_id", ""), "stackTrace": traceback.format_tb(e.__traceback__)[1:]}), '
    '"trace": traceback.format_exc()'
)


def install() -> None:
    """Report exceptions as Lambda's Python runtime does. Raises HookMissingError."""
    script = cast("str", hooks.PYTHON_WORKER.get())
    if script.count(_REPORTED) != 1:
        raise hooks.HookMissingError(
            f"{hooks.PYTHON_WORKER.module}.{hooks.PYTHON_WORKER.name} no longer reports errors as local_aws expects: "
            f"install the version it is written for, ministack=={hooks.PINNED_VERSION}."
        )
    hooks.PYTHON_WORKER.replace(script.replace(_REPORTED, _WHOLE_REPORT))
    execute = cast("Callable[..., Outcome]", hooks.EXECUTE_FUNCTION.get())

    def execute_and_report(*arguments: object) -> Outcome:
        outcome = execute(*arguments)
        report = _report(outcome.get("body")) if outcome.get("error") else None
        return {**outcome, "body": report} if report else outcome

    hooks.EXECUTE_FUNCTION.replace(execute_and_report)


def _report(body: object) -> Outcome | None:
    message = body.get("errorMessage") if isinstance(body, Mapping) else None
    if not isinstance(message, str) or not message.startswith(_MARK):
        return None
    return cast("Outcome", json.loads(message.removeprefix(_MARK)))
