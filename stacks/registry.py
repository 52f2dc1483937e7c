"""The list of stacks: the one source for the app, the documentation, the tests and the local deployment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, cast

from stacks.settings.blue_green_web_tier import BlueGreenWebTierSettings
from stacks.settings.event_backbone import EventBackboneSettings
from stacks.settings.media_worker_pool import MediaWorkerPoolSettings
from stacks.settings.multi_az_web_tier import MultiAzWebTierSettings
from stacks.settings.network_load_balanced_fleet import NetworkLoadBalancedFleetSettings
from stacks.settings.order_fanout import OrderFanoutSettings
from stacks.settings.ordered_fanout import OrderedFanoutSettings
from stacks.settings.pet_cuddle_otron import PetCuddleOTronSettings
from stacks.settings.queue_api import QueueApiSettings

if TYPE_CHECKING:
    from dataclasses import Field

    import aws_cdk as cdk
    from constructs import Construct

Grade = Literal["executes", "API-backed", "recorded"]
"""What a deployment to the embedded AWS proves: it behaves, its state exists, or it was accepted."""


class StackSettings(Protocol):
    """A frozen dataclass with the settings of one stack."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        ...


class StackClass(Protocol):
    """How every stack of this project is made."""

    def __call__(
        self, scope: Construct, id: str, *, settings: StackSettings, env: cdk.Environment | None = None
    ) -> cdk.Stack: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StackEntry:
    """What is known about a stack before it is built.

    Args:
        name: The stack's name in CloudFormation and on the command line.
        summary: One sentence for the catalogue.
        module: The module that holds the stack's class; imported only when the stack is built.
        stack_class: The name of that class.
        settings: The class of the stack's settings.
        grade: What a local deployment of the stack proves.
    """

    name: str
    summary: str
    module: str
    stack_class: str
    settings: type[StackSettings]
    grade: Grade

    def load(self) -> StackClass:
        """Import the stack's class, and with it the parts of the CDK that the stack uses."""
        return cast("StackClass", getattr(import_module(self.module), self.stack_class))

    def setting_names(self) -> tuple[str, ...]:
        """The settings that the stack has."""
        return tuple(field.name for field in fields(self.settings))


STACKS: tuple[StackEntry, ...] = (
    StackEntry(
        name="PetCuddleOTron",
        summary="A page, an API and a workflow that send reminders by email and SMS when their time has come.",
        module="stacks.pet_cuddle_otron",
        stack_class="PetCuddleOTronStack",
        settings=PetCuddleOTronSettings,
        grade="executes",
    ),
    StackEntry(
        name="MultiAzWebTier",
        summary="A web application over several zones: a load balancer, a fleet that heals and scales, alarms.",
        module="stacks.multi_az_web_tier",
        stack_class="MultiAzWebTierStack",
        settings=MultiAzWebTierSettings,
        grade="API-backed",
    ),
    StackEntry(
        name="NetworkLoadBalancedFleet",
        summary="A fleet behind a Network Load Balancer with one fixed address in each zone, for TCP, TLS and UDP.",
        module="stacks.network_load_balanced_fleet",
        stack_class="NetworkLoadBalancedFleetStack",
        settings=NetworkLoadBalancedFleetSettings,
        grade="API-backed",
    ),
    StackEntry(
        name="BlueGreenWebTier",
        summary="Two versions of an application behind one load balancer, and one number that shifts the traffic.",
        module="stacks.blue_green_web_tier",
        stack_class="BlueGreenWebTierStack",
        settings=BlueGreenWebTierSettings,
        grade="API-backed",
    ),
    StackEntry(
        name="MediaWorkerPool",
        summary="Images uploaded by a page, a queue, and as many workers as its backlog needs to make renditions.",
        module="stacks.media_worker_pool",
        stack_class="MediaWorkerPoolStack",
        settings=MediaWorkerPoolSettings,
        grade="API-backed",
    ),
    StackEntry(
        name="OrderFanout",
        summary="Orders, published once, in the queue of every department that wants them, by what is in them.",
        module="stacks.order_fanout",
        stack_class="OrderFanoutStack",
        settings=OrderFanoutSettings,
        grade="executes",
    ),
    StackEntry(
        name="OrderedFanout",
        summary="What happens to each customer's orders, in its order and once, in the queue of every department.",
        module="stacks.ordered_fanout",
        stack_class="OrderedFanoutStack",
        settings=OrderedFanoutSettings,
        grade="executes",
    ),
    StackEntry(
        name="QueueApi",
        summary="An API that puts orders into a queue without a function, and a writer that stores each of them once.",
        module="stacks.queue_api",
        stack_class="QueueApiStack",
        settings=QueueApiSettings,
        grade="executes",
    ),
    StackEntry(
        name="EventBackbone",
        summary="A bus that takes events to those who act on them, keeps them all, and replays what was missed.",
        module="stacks.event_backbone",
        stack_class="EventBackboneStack",
        settings=EventBackboneSettings,
        grade="executes",
    ),
)
