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
_FUNCTIONS = "ministack.services.lambda_svc"
_REST_API = "ministack.services.apigateway_v1"
_CLOUDWATCH = "ministack.services.cloudwatch"

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
PYTHON_WORKER = Hook(
    "ministack.core.lambda_runtime", "_PYTHON_WORKER_SCRIPT", "to learn the class of a function's exception"
)
EXECUTE_FUNCTION = Hook(_FUNCTIONS, "_execute_function_warm", "to report the class of a function's exception")
DISPATCH_FUNCTION = Hook(_FUNCTIONS, "_execute_function_dispatch", "to measure functions")
FUNCTION_METRICS = Hook(_FUNCTIONS, "_emit_lambda_metrics", "to measure functions once")
EXECUTION_STATUS = Hook(_STEP_FUNCTIONS, "_emit_execution_status_event", "to count executions")
SERVE_REST_API = Hook(_REST_API, "handle_execute", "to measure REST APIs")
REST_APIS = Hook(_REST_API, "_rest_apis", "to know the names of REST APIs")
REST_RESOURCES = Hook(_REST_API, "_resources", "to let CloudFormation's methods keep their request validators")
QUEUES = Hook("ministack.services.sqs", "_queues", "to measure queues")
RECORD_METRIC = Hook(_CLOUDWATCH, "record_metric", "to publish metrics")
METRICS = Hook(_CLOUDWATCH, "_metrics", "to evaluate alarms")
DIMENSIONS_KEY = Hook(_CLOUDWATCH, "_dims_key", "to find the metric of an alarm")
STATISTICS = Hook(_CLOUDWATCH, "_calc_stats", "to evaluate alarms")
STATISTIC = Hook(_CLOUDWATCH, "_stat_value", "to evaluate alarms")
ALARMS = Hook(_CLOUDWATCH, "_alarms", "to evaluate alarms")
EVALUATE_ALARM = Hook(_CLOUDWATCH, "_evaluate_alarm", "to evaluate alarms by their dimensions")
SET_ALARM_STATE = Hook(_CLOUDWATCH, "_set_alarm_state", "to evaluate alarms")
RESOURCE_ARN = Hook("ministack.core.iam_actions", "extract_resource_arn", "to name the resource of a mail")
ENFORCE = Hook("ministack.core.iam_evaluator", "enforce", "to give IAM the condition keys of a mail")
MAIL_IDENTITIES = Hook("ministack.services.ses", "_identities", "to name the resource of a mail")
MAIL_IDENTITIES_V2 = Hook("ministack.services.ses_v2", "_identities", "to name the resource of a mail")
REQUEST_SCOPE = Hook("ministack.core.responses", "request_scope", "to act in an account and a region")
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
    PYTHON_WORKER,
    EXECUTE_FUNCTION,
    DISPATCH_FUNCTION,
    FUNCTION_METRICS,
    EXECUTION_STATUS,
    SERVE_REST_API,
    REST_APIS,
    REST_RESOURCES,
    QUEUES,
    RECORD_METRIC,
    METRICS,
    DIMENSIONS_KEY,
    STATISTICS,
    STATISTIC,
    ALARMS,
    EVALUATE_ALARM,
    SET_ALARM_STATE,
    RESOURCE_ARN,
    ENFORCE,
    MAIL_IDENTITIES,
    MAIL_IDENTITIES_V2,
    REQUEST_SCOPE,
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
