"""Every private name of MiniStack that the launcher reads or replaces, in one table.

MiniStack has no plugin interface, so its internals are patched, for one pinned version. Nothing else in the
launcher imports MiniStack: when a name moves, this module says so in one sentence, and only it has to change.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NoReturn, NotRequired, TypedDict, cast

PINNED_VERSION = "1.5.33"

Scope = MutableMapping[str, Any]  # ASGI leaves the types of its messages open
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Properties = Mapping[str, object]
Attributes = Mapping[str, object]
Provisioned = tuple[str, Attributes]


class Handler(TypedDict):
    """How the emulator's CloudFormation provisions one resource type."""

    create: Callable[[str, Properties, str], Provisioned]
    update: NotRequired[Callable[..., Provisioned]]
    update_with_logical_id: NotRequired[bool]
    delete: Callable[[str, Properties], None]


class HookMissingError(RuntimeError):
    """A private name that the launcher patches is not there."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A private name: where it is and what for."""

    module: str
    name: str
    purpose: str

    def get(self) -> object:
        """The current value. Raises HookMissingError."""
        try:
            return getattr(importlib.import_module(self.module), self.name)
        except (ImportError, AttributeError) as cause:
            self._missing(cause)

    def replace(self, value: object) -> None:
        """Put another value in its place. Raises HookMissingError where there is nothing to replace."""
        self.get()
        setattr(importlib.import_module(self.module), self.name, value)

    def _missing(self, cause: Exception) -> NoReturn:
        raise HookMissingError(
            f"MiniStack {version('ministack')} has no {self.module}.{self.name}, which local_aws needs "
            f"{self.purpose}: install the version it is written for, ministack=={PINNED_VERSION} "
            "(pip install -r requirements.txt)."
        ) from cause


_CLOUDFORMATION = "ministack.services.cloudformation"
_STEP_FUNCTIONS = "ministack.services.stepfunctions"

APP = Hook("ministack.app", "app", "to serve")
HANDLERS = Hook(f"{_CLOUDFORMATION}.provisioners", "_RESOURCE_HANDLERS", "to add CloudFormation types")
CHANGE_SET_HANDLERS = Hook(f"{_CLOUDFORMATION}.changesets", "_RESOURCE_HANDLERS", "to add types to change sets")
RUNS_ON_WORKER_THREAD = Hook(
    f"{_CLOUDFORMATION}.stacks", "_runs_on_worker_thread", "to let added types call the emulator's own API"
)
INVOKE_CUSTOM_RESOURCE = Hook(
    f"{_CLOUDFORMATION}.custom_resource", "invoke_custom_resource", "to cap the wait for a custom resource"
)
AMI_PARAMETERS = Hook("ministack.services.ssm", "_PUBLIC_AMI_PARAMETERS", "to answer for every public AMI")
INVOKE_RESOURCE = Hook(_STEP_FUNCTIONS, "_invoke_resource", "to inject faults into Step Functions tasks")
INVOKE_WITH_CALLBACK = Hook(
    _STEP_FUNCTIONS, "_invoke_with_callback", "to inject faults into tasks that wait for a token"
)
EXECUTION_ERROR = Hook(_STEP_FUNCTIONS, "_ExecutionError", "to fail a Step Functions task")
REQUEST_ORIGIN = Hook("ministack.core.iam_evaluator", "_request_origin", "to count the loopback as TLS in policies")
TEXT_MESSAGE_LOG = Hook("ministack.services.sns", "_sms_log_for", "to note when a text was sent")
GET_REGION = Hook("ministack.core.responses", "get_region", "to know the region of a request")
GET_ACCOUNT = Hook("ministack.core.responses", "get_account_id", "to know the account of a request")

HOOKS: tuple[Hook, ...] = (
    APP,
    HANDLERS,
    CHANGE_SET_HANDLERS,
    RUNS_ON_WORKER_THREAD,
    INVOKE_CUSTOM_RESOURCE,
    AMI_PARAMETERS,
    INVOKE_RESOURCE,
    INVOKE_WITH_CALLBACK,
    EXECUTION_ERROR,
    REQUEST_ORIGIN,
    TEXT_MESSAGE_LOG,
    GET_REGION,
    GET_ACCOUNT,
)

# Handlers of the emulator that the launcher wraps.
WRAPPED_TYPES: tuple[str, ...] = ("AWS::EC2::VPC", "AWS::CloudFront::ResponseHeadersPolicy")


def require(hooks: Iterable[Hook] = HOOKS) -> None:
    """Raise HookMissingError for the first private name or wrapped type that is gone."""
    for hook in hooks:
        hook.get()
    handlers = resource_handlers()
    for name in WRAPPED_TYPES:
        if name not in handlers:
            raise HookMissingError(
                f"MiniStack {version('ministack')} no longer provisions {name}, which local_aws extends: "
                f"install the version it is written for, ministack=={PINNED_VERSION}."
            )


def resource_handlers() -> dict[str, Handler]:
    """The emulator's table of CloudFormation types."""
    return cast("dict[str, Handler]", HANDLERS.get())


def region() -> str:
    """The region of the request being served."""
    return cast("Callable[[], str]", GET_REGION.get())()


def account() -> str:
    """The account of the request being served."""
    return cast("Callable[[], str]", GET_ACCOUNT.get())()
