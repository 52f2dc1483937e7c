"""Where a rule sends events, and how patiently. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

_LONGEST_GROUP = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """How often, and for how long, EventBridge tries again what a target did not take.

    Attributes:
        attempts: 0 to 185, default 185.
        maximum_age_seconds: 60 to 86,400, default 86,400 (a day).
    """

    attempts: int = defaults.EVENT_RETRY_ATTEMPTS
    maximum_age_seconds: int = defaults.EVENT_AGE_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    retry: Retry = Retry()
    detail_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueTarget(_Target):
    """A queue: ``QueueTarget(queue=work.queue)``.

    Attributes:
        queue: Where events are sent to.
        message_group: For a FIFO queue, whose messages then all are of this one group. The queue must deduplicate by
            content: EventBridge gives no id.
        retry: How patiently.
        detail_only: Whether a message is the event's detail, without what is around it.
    """

    queue: sqs.IQueue
    message_group: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionTarget(_Target):
    """A function. What it fails for is Lambda's to keep: give it a dead-letter queue or a destination of its own.

    Attributes:
        function: What is invoked.
        retry: How patiently.
        detail_only: Whether it is given the event's detail, without what is around it.
    """

    function: lambda_.IFunction


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicTarget(_Target):
    """A standard topic.

    Attributes:
        topic: Where events are published.
        retry: How patiently.
        detail_only: Whether a message is the event's detail, without what is around it.
    """

    topic: sns.ITopic


@dataclass(frozen=True, kw_only=True, slots=True)
class StateMachineTarget(_Target):
    """A state machine, started once for each event.

    Attributes:
        machine: What is started.
        retry: How patiently.
        detail_only: Whether its input is the event's detail, without what is around it.
    """

    machine: sfn.IStateMachine


@dataclass(frozen=True, kw_only=True, slots=True)
class BusTarget(_Target):
    """Another bus, for instance another account's, which must let this one's account in.

    Attributes:
        bus: Where events are sent on to, whole.
        retry: How patiently.
        detail_only: Not for a bus.
    """

    bus: events.IEventBus


EventTarget = QueueTarget | FunctionTarget | TopicTarget | StateMachineTarget | BusTarget


def check_target(problems: Problems, name: str, target: EventTarget) -> None:
    """Add to ``problems`` whatever is wrong with one target."""
    retry = target.retry
    for prop, value, low, high, unit in (
        ("attempts", retry.attempts, 0, defaults.EVENT_RETRY_ATTEMPTS, ""),
        (
            "maximum_age_seconds",
            retry.maximum_age_seconds,
            defaults.SHORTEST_EVENT_AGE_SECONDS,
            defaults.EVENT_AGE_SECONDS,
            " seconds",
        ),
    ):
        problems.between(f"{name}.retry.{prop}", value, low, high, unit)
    match target:
        case QueueTarget():
            _check_group(problems, name, target)
        case TopicTarget() if target.topic.fifo:
            problems.add(f"{name} must be a standard topic: EventBridge publishes to no FIFO topic")
        case BusTarget() if target.detail_only:
            problems.add(f"{name} can't be sent the detail only: a bus takes whole events")
        case _:
            return


def _check_group(problems: Problems, name: str, target: QueueTarget) -> None:
    group = target.message_group
    if target.queue.fifo and group is None:
        problems.add(f"{name}.message_group is missing: a FIFO queue takes no message without one")
    elif group is not None and not target.queue.fifo:
        problems.add(f"{name}.message_group is for FIFO queues, and this is none: leave it out")
    elif group is not None and not is_token(group) and not 1 <= len(group) <= _LONGEST_GROUP:
        problems.add(f"{name}.message_group must have 1 to {_LONGEST_GROUP} characters, got {len(group)}")
