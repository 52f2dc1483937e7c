"""The list of stacks: the one source for the app, the documentation, the tests and the local deployment."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pkgutil import resolve_name
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, cast

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
        stack_class: The stack's class, ``module:Class``; imported only when the stack is built.
        settings_class: The class of its settings, likewise; imported only when the stack is asked for.
        grade: What a local deployment of the stack proves.
    """

    name: str
    summary: str
    stack_class: str
    settings_class: str
    grade: Grade

    @property
    def module(self) -> str:
        """The module that holds the stack's class."""
        return self.stack_class.partition(":")[0]

    @property
    def settings(self) -> type[StackSettings]:
        """The class of the stack's settings."""
        return cast("type[StackSettings]", resolve_name(self.settings_class))

    def load(self) -> StackClass:
        """Import the stack's class, and with it the parts of the CDK that the stack uses."""
        return cast("StackClass", resolve_name(self.stack_class))

    def setting_names(self) -> tuple[str, ...]:
        """The settings that the stack has."""
        return tuple(field.name for field in fields(self.settings))


STACKS: tuple[StackEntry, ...] = (
    StackEntry(
        name="PetCuddleOTron",
        summary="A page, an API and a workflow that send reminders by email and SMS when their time has come.",
        stack_class="stacks.pet_cuddle_otron:PetCuddleOTronStack",
        settings_class="stacks.settings.pet_cuddle_otron:PetCuddleOTronSettings",
        grade="executes",
    ),
    StackEntry(
        name="MultiAzWebTier",
        summary="A web application over several zones: a load balancer, a fleet that heals and scales, alarms.",
        stack_class="stacks.multi_az_web_tier:MultiAzWebTierStack",
        settings_class="stacks.settings.multi_az_web_tier:MultiAzWebTierSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="NetworkLoadBalancedFleet",
        summary="A fleet behind a Network Load Balancer with one fixed address in each zone, for TCP, TLS and UDP.",
        stack_class="stacks.network_load_balanced_fleet:NetworkLoadBalancedFleetStack",
        settings_class="stacks.settings.network_load_balanced_fleet:NetworkLoadBalancedFleetSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="BlueGreenWebTier",
        summary="Two versions of an application behind one load balancer, and one number that shifts the traffic.",
        stack_class="stacks.blue_green_web_tier:BlueGreenWebTierStack",
        settings_class="stacks.settings.blue_green_web_tier:BlueGreenWebTierSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="MediaWorkerPool",
        summary="Images uploaded by a page, a queue, and as many workers as its backlog needs to make renditions.",
        stack_class="stacks.media_worker_pool:MediaWorkerPoolStack",
        settings_class="stacks.settings.media_worker_pool:MediaWorkerPoolSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="OrderFanout",
        summary="Orders, published once, in the queue of every department that wants them, by what is in them.",
        stack_class="stacks.order_fanout:OrderFanoutStack",
        settings_class="stacks.settings.order_fanout:OrderFanoutSettings",
        grade="executes",
    ),
    StackEntry(
        name="OrderedFanout",
        summary="What happens to each customer's orders, in its order and once, in the queue of every department.",
        stack_class="stacks.ordered_fanout:OrderedFanoutStack",
        settings_class="stacks.settings.ordered_fanout:OrderedFanoutSettings",
        grade="executes",
    ),
    StackEntry(
        name="QueueApi",
        summary="An API that puts orders into a queue without a function, and a writer that stores each of them once.",
        stack_class="stacks.queue_api:QueueApiStack",
        settings_class="stacks.settings.queue_api:QueueApiSettings",
        grade="executes",
    ),
    StackEntry(
        name="EventBackbone",
        summary="A bus that takes events to those who act on them, keeps them all, and replays what was missed.",
        stack_class="stacks.event_backbone:EventBackboneStack",
        settings_class="stacks.settings.event_backbone:EventBackboneSettings",
        grade="executes",
    ),
    StackEntry(
        name="AuroraDatabase",
        summary="A database over three zones whose reader takes over within a minute, and which grows with its load.",
        stack_class="stacks.aurora_database:AuroraDatabaseStack",
        settings_class="stacks.settings.aurora_database:AuroraDatabaseSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="GlobalTable",
        summary="A table that is read and written in several Regions, and outlives the loss of one of them.",
        stack_class="stacks.global_table:GlobalTableStack",
        settings_class="stacks.settings.global_table:GlobalTableSettings",
        grade="executes",
    ),
    StackEntry(
        name="ReplicatedBucket",
        summary="A bucket, and in another Region a copy of every object in it, with keys and alarms of its own.",
        stack_class="stacks.replicated_bucket:ReplicatedBucketStack",
        settings_class="stacks.settings.replicated_bucket:ReplicatedBucketSettings",
        grade="executes",
    ),
    StackEntry(
        name="ThreeTierWebApp",
        summary="A shop of three tiers: a web tier, a database and a cache in two zones and more, each let in by name.",
        stack_class="stacks.three_tier_web_app:ThreeTierWebAppStack",
        settings_class="stacks.settings.three_tier_web_app:ThreeTierWebAppSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="SharedFiles",
        summary="A web tier whose instances share files, in whichever zone they are.",
        stack_class="stacks.shared_files:SharedFilesStack",
        settings_class="stacks.settings.shared_files:SharedFilesSettings",
        grade="API-backed",
    ),
    StackEntry(
        name="DrBackupAndRestore",
        summary="Orders that can be served from a second Region, where all is made from backups when it is needed.",
        stack_class="stacks.dr_backup_and_restore:DrBackupAndRestoreStack",
        settings_class="stacks.settings.dr_backup_and_restore:DrBackupAndRestoreSettings",
        grade="executes",
    ),
    StackEntry(
        name="DrPilotLight",
        summary="Orders that can be served from a second Region, where data is at hand and compute is switched off.",
        stack_class="stacks.dr_pilot_light:DrPilotLightStack",
        settings_class="stacks.settings.dr_pilot_light:DrPilotLightSettings",
        grade="executes",
    ),
    StackEntry(
        name="DrWarmStandby",
        summary="Orders that can be served from a second Region, where a part of the capacity runs all the time.",
        stack_class="stacks.dr_warm_standby:DrWarmStandbyStack",
        settings_class="stacks.settings.dr_warm_standby:DrWarmStandbySettings",
        grade="executes",
    ),
    StackEntry(
        name="DrMultiSite",
        summary="Orders served from two Regions at the same time, each of them able to serve everybody.",
        stack_class="stacks.dr_multi_site:DrMultiSiteStack",
        settings_class="stacks.settings.dr_multi_site:DrMultiSiteSettings",
        grade="executes",
    ),
    StackEntry(
        name="DrHybrid",
        summary="A web tier beside a data centre: one name, users shared out by weight, a VPN and copies of files.",
        stack_class="stacks.dr_hybrid:DrHybridStack",
        settings_class="stacks.settings.dr_hybrid:DrHybridSettings",
        grade="recorded",
    ),
    StackEntry(
        name="DeliveryPipeline",
        summary="A pipeline that deploys itself, checks what was merged, and takes it from environment to environment.",
        stack_class="stacks.delivery_pipeline:DeliveryPipelineStack",
        settings_class="stacks.settings.delivery_pipeline:DeliveryPipelineSettings",
        grade="recorded",
    ),
)
