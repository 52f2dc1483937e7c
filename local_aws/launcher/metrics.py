"""The CloudWatch metrics that AWS services publish about themselves and the emulator does not."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import scope

_Item = Mapping[str, object]

_EXECUTION_METRICS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def record(namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]) -> None:
    """Publish one value in the account and the region of the request being served."""
    cast("Callable[..., None]", hooks.RECORD_METRIC.get())(namespace, name, value, unit, dict(dimensions))


def install() -> None:
    """Publish what functions, state machines and REST APIs do, as they do it."""
    hooks.DISPATCH_FUNCTION.replace(_measured(cast("Callable[..., _Item]", hooks.DISPATCH_FUNCTION.get())))
    hooks.FUNCTION_METRICS.replace(_count_throttle)
    hooks.EXECUTION_STATUS.replace(_counted(cast("Callable[[_Item], None]", hooks.EXECUTION_STATUS.get())))
    hooks.SERVE_REST_API.replace(_served(cast("Callable[..., Awaitable[object]]", hooks.SERVE_REST_API.get())))


def _measured(execute: Callable[..., _Item]) -> Callable[..., _Item]:
    def execute_measured(function: _Item, configuration: _Item, *rest: object) -> _Item:
        started = time.perf_counter()
        failed = True
        try:
            outcome = execute(function, configuration, *rest)
            failed = bool(outcome.get("error"))
            return outcome
        finally:
            of_function = {"FunctionName": str(configuration.get("FunctionName", ""))}
            milliseconds = (time.perf_counter() - started) * 1000
            record("AWS/Lambda", "Invocations", 1, "Count", of_function)
            record("AWS/Lambda", "Errors", int(failed), "Count", of_function)
            record("AWS/Lambda", "Throttles", 0, "Count", of_function)
            record("AWS/Lambda", "Duration", milliseconds, "Milliseconds", of_function)

    return execute_measured


def _count_throttle(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:  # noqa: ARG001 # the emulator's signature
    """In place of the emulator's own metrics of functions, which leave out all but direct invocations.

    A throttled direct invocation is reported twice, the second time with the time that it took.
    """
    if throttle and not duration_ms:
        record("AWS/Lambda", "Throttles", 1, "Count", {"FunctionName": function_name})


def _counted(report: Callable[[_Item], None]) -> Callable[[_Item], None]:
    def count_and_report(execution: _Item) -> None:
        status = str(execution["status"])
        of_machine = {"StateMachineArn": str(execution["stateMachineArn"])}
        # Those that are awaited by their caller report their end only.
        for name in ["RUNNING", status] if execution.get("sync") else [status]:
            if metric := _EXECUTION_METRICS.get(name):
                record("AWS/States", metric, 1, "Count", of_machine)
        report(execution)

    return count_and_report


def _served(serve: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    async def serve_measured(api_id: str, stage: str, *rest: object) -> object:
        started = time.perf_counter()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            response = await serve(api_id, stage, *rest)
            status = int(response[0]) if isinstance(response, tuple) else int(HTTPStatus.OK)
            return response
        finally:
            _record_request(api_id, stage, status, (time.perf_counter() - started) * 1000)

    return serve_measured


def _record_request(api_id: str, stage: str, status: int, milliseconds: float) -> None:
    for (account, region, found), api in hooks.scoped(hooks.REST_APIS).all_items():
        if found != api_id or account != hooks.account():
            continue
        of_api = {"ApiName": str(api.get("name", ""))}
        with scope(account, region):
            for dimensions in (of_api, {**of_api, "Stage": stage}):
                record("AWS/ApiGateway", "Count", 1, "Count", dimensions)
                for metric, family in (("4XXError", 4), ("5XXError", 5)):
                    record("AWS/ApiGateway", metric, int(status // 100 == family), "Count", dimensions)
                record("AWS/ApiGateway", "Latency", milliseconds, "Milliseconds", dimensions)
        return
