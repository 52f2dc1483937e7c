"""What may be chosen about lifecycle hooks and about logs kept at termination, and its limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

# What Auto Scaling takes as a name.
_HOOK_NAME = re.compile(r"[A-Za-z0-9_/-]{1,255}")

# Whatever a file's path needs, and nothing that means something to a shell, to tar (a leading hyphen) or to Systems
# Manager (double braces).
_PATH = re.compile(r"(/[A-Za-z0-9._@+=:,][A-Za-z0-9._@+=:,-]*)+/?")


class LifecycleTransition(StrEnum):
    """When an instance waits."""

    LAUNCH = "launch"
    """After its start, before it is put in service: to register it, to warm it up."""
    TERMINATE = "terminate"
    """After it was taken out of service, before it ends: to drain it, to collect its logs."""


class DefaultResult(StrEnum):
    """What becomes of an instance that nobody has completed the hook for."""

    CONTINUE = "CONTINUE"
    """It goes on: a launched one is put in service, a terminating one ends after the group's other hooks."""
    ABANDON = "ABANDON"
    """A launched one is terminated and replaced, a terminating one ends without the group's other hooks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LifecycleHook:
    """Lets instances wait for something: ``LifecycleHook(transition=LifecycleTransition.LAUNCH, target=register)``.

    Whoever is told completes the wait: ``CompleteLifecycleAction``, with the token that it was given.

    Attributes:
        transition: When.
        target: Who is told. A function is called by EventBridge, and is allowed to complete the hook; a topic or a
            queue gets Auto Scaling's notification. What is told of launches can't refer to the group: the group
            waits for it.
        name: Of the hook in its group. Default: one made by CloudFormation, or from the construct's id.
        timeout_seconds: How long an instance waits without a heartbeat, 30 to 7200.
        default_result: What then. Default: a launched instance that nobody has vouched for is abandoned, a terminating
            one goes on, so that a lost function never blocks a scale-in for long.
    """

    transition: LifecycleTransition
    target: lambda_.IFunction | sns.ITopic | sqs.IQueue
    name: str | None = None
    timeout_seconds: int = defaults.HOOK_TIMEOUT_SECONDS
    default_result: DefaultResult | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TerminationLogs:
    """Logs that outlive their instance: ``TerminationLogs(paths=["/var/log/nginx"], retention_days=90)``.

    Attributes:
        paths: Files and folders on the instances; what is not there is left out.
        retention_days: How long the archives are kept.
        timeout_seconds: How long collecting may take, 30 to 840.
    """

    paths: Sequence[str] = defaults.TERMINATION_LOG_PATHS
    retention_days: int = defaults.TERMINATION_LOG_RETENTION_DAYS
    timeout_seconds: int = defaults.TERMINATION_LOG_TIMEOUT_SECONDS


def check_lifecycle_hook(problems: Problems, hook: LifecycleHook, name: str = "hook") -> None:
    """Add to ``problems`` whatever is wrong with a hook."""
    problems.one_of(f"{name}.transition", hook.transition, tuple(LifecycleTransition))
    if hook.default_result is not None:
        problems.one_of(f"{name}.default_result", hook.default_result, tuple(DefaultResult))
    problems.between(
        f"{name}.timeout_seconds",
        hook.timeout_seconds,
        defaults.HOOK_SHORTEST_TIMEOUT_SECONDS,
        defaults.HOOK_LONGEST_TIMEOUT_SECONDS,
        " s",
    )
    if not any(hasattr(hook.target, f"{kind}_arn") for kind in ("function", "topic", "queue")):
        problems.add(f"{name}.target must be a function, a topic or a queue, got {type(hook.target).__name__}")
    if getattr(hook.target, "fifo", False):
        problems.add(f"{name}.target must not be FIFO: Auto Scaling can't send to one, so give it a standard one")
    if hook.name is not None and not is_token(hook.name) and not _HOOK_NAME.fullmatch(hook.name):
        problems.add(
            f"{name}.name must be 1 to 255 letters, digits, hyphens, underscores or slashes, got {hook.name!r}"
        )


def check_termination_logs(problems: Problems, logs: TerminationLogs, name: str = "termination_logs") -> None:
    """Add to ``problems`` whatever is wrong with the logs to be kept."""
    prefix = f"{name}." if name else ""
    problems.between(f"{prefix}retention_days", logs.retention_days, 1, 36_500, " days")
    problems.between(
        f"{prefix}timeout_seconds",
        logs.timeout_seconds,
        defaults.TERMINATION_LOG_SHORTEST_TIMEOUT_SECONDS,
        defaults.TERMINATION_LOG_LONGEST_TIMEOUT_SECONDS,
        " s",
    )
    if not logs.paths:
        problems.add(f"{prefix}paths must name at least one file or folder: without any there is nothing to collect")
    for path in dict.fromkeys(logs.paths):
        _check_path(problems, f"{prefix}paths", path, logs.paths.count(path))


def _check_path(problems: Problems, name: str, path: str, times: int) -> None:
    if times > 1:
        problems.add(f"{name} holds {path!r} {times} times: once is enough")
    if is_token(path):
        problems.add(f"{name} must be known at synthesis: they become part of a script")
    elif not path.startswith("/"):
        problems.add(f"{name} must be absolute, got {path!r}: begin it with a slash")
    elif not _PATH.fullmatch(path):
        problems.add(
            f"{name} must hold letters, digits and . _ @ + = : , - only, and no part may be empty or begin with a "
            f"hyphen, got {path!r}: a folder is taken whole, so no pattern is needed"
        )
    elif {".", ".."} & set(path.split("/")):
        problems.add(f"{name} must not go through . or .., got {path!r}: write where it leads")
