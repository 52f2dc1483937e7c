"""Makes a service refuse an operation, so that a test can see what the caller does about it.

A fault is met by calls over HTTP (functions, the tests themselves) and by Step Functions' service
integrations, which the emulator calls in process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.sdk_errors import error_name

_HTTP_ERRORS = range(400, 600)
_ALIASES = {
    "sesv2": "ses",
    "email": "ses",
    "cloudwatch": "monitoring",
    "sfn": "states",
    "stepfunctions": "states",
    "eventbridge": "events",
}


@dataclass(slots=True)
class Fault:
    """An operation that fails: so many times, or until the faults are cleared."""

    service: str
    action: str
    error: str
    status: int
    times: int | None
    message: str

    @classmethod
    def parse(cls, request: Mapping[str, object]) -> Fault:
        """From the endpoint's JSON. Raises ValueError naming what is wrong."""
        service, action, error = (request.get(key) for key in ("service", "action", "error"))
        if not (isinstance(service, str) and isinstance(action, str) and isinstance(error, str)):
            raise ValueError("a fault needs the texts service, action and error")
        status, times = request.get("status", 400), request.get("times")
        if not isinstance(status, int) or status not in _HTTP_ERRORS:
            raise ValueError(f"status must be an HTTP error from 400 to 599, got {status!r}")
        if times is not None and (not isinstance(times, int) or times < 1):
            raise ValueError(f"times must be a positive whole number or null, got {times!r}")
        message = str(request.get("message", f"{error}: injected by local_aws"))
        return cls(_canonical(service), action, error, status, times, message)


class Faults:
    """The faults waiting to be met."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, service: str, action: str) -> Fault | None:
        """The fault that this call meets, counted as met."""
        with self._lock:
            for fault in self._waiting:
                if fault.service == _canonical(service) and fault.action.lower() == action.lower():
                    if fault.times is not None:
                        fault.times -= 1
                        if not fault.times:
                            self._waiting.remove(fault)
                    return fault
        return None


FAULTS = Faults()


def install() -> None:
    """Let Step Functions' service integrations meet the faults too."""
    for hook in (hooks.INVOKE_RESOURCE, hooks.INVOKE_WITH_CALLBACK):
        hook.replace(_meeting_faults(cast("Callable[..., object]", hook.get())))


def _meeting_faults(invoke: Callable[..., object]) -> Callable[..., object]:
    def invoke_unless_faulty(resource: str, *rest: object) -> object:
        service, action = _integration(resource)
        if FAULTS and service and (fault := FAULTS.take(service, action)):
            name = error_name(fault.service, fault.error, sdk=":aws-sdk:" in resource)
            failure = cast("Callable[[str, str], Exception]", hooks.EXECUTION_ERROR.get())
            raise failure(name, fault.message)
        return invoke(resource, *rest)

    return invoke_unless_faulty


def _integration(resource: str) -> tuple[str, str]:
    """Service and action of ``arn:aws:states:::sns:publish`` and its like; blank for anything else."""
    _, separator, task = resource.partition(":states:::")
    parts = task.removeprefix("aws-sdk:").split(":")
    if not separator or len(parts) != 2:  # noqa: PLR2004 # service and action
        return "", ""
    return parts[0], parts[1].partition(".")[0]


def _canonical(service: str) -> str:
    return _ALIASES.get(service.lower(), service.lower())
