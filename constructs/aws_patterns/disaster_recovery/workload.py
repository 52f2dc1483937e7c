"""What a workload is to a strategy of disaster recovery: something that builds its part in a Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from aws_patterns.disaster_recovery.plan import Compute, Data
from aws_patterns.disaster_recovery.regional_place import RegionalNeed, RegionalPlace
from aws_patterns.recovery import RecoveryCharacteristics

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as apigateway
    from aws_cdk import aws_dynamodb as dynamodb
    from constructs import Construct, IConstruct

    from aws_patterns.disaster_recovery.choice.workload_profile import WorkloadProfile


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpFront:
    """An HTTP API that gets the workload's domain name.

    Attributes:
        api: The API.
        stage: Of it, the one that users call.
    """

    api: apigateway.IHttpApi
    stage: apigateway.IStage


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionalPart:
    """What a ``RegionalWorkload`` has built in one Region.

    Attributes:
        endpoint_url: Where this Region's part is called, ``https://...`` without a slash at the end; a token.
        health_path: Answered with 200 where this part can serve: ``/health``. It must ask what the part depends on.
        compute: What is scaled, with the same names in both Regions.
        data: What is promoted, restored or waited for; the same in both Regions.
        tables_to_back_up: What a backup plan shall hold, in the Region that has it. Default: nothing.
        written_attribute: Of the items in those tables: when they were written last, in ISO 8601 or in seconds or
            milliseconds since 1970. By it a restore test tells what has changed since the backup. Default: they don't
            say.
        front: What gets the workload's domain name. Default: nothing can.
        always: With ``BackupAndRestore`` the recovery Region's part is made on the day it is needed, all but this and
            what is inside of it: what holds data that is copied as it is written, such as a bucket. It may not refer to
            the rest. Default: nothing.
        needs: What the recovery Region must have besides, so that this part can serve there. Default: nothing.
        recovery: What follows from the loss of something, by the name of what is lost. Default: nothing is said.
    """

    endpoint_url: str
    health_path: str
    compute: Sequence[Compute]
    data: Sequence[Data]
    tables_to_back_up: Sequence[dynamodb.ITable | dynamodb.ITableV2] = ()
    written_attribute: str | None = None
    front: HttpFront | None = None
    always: Sequence[IConstruct] = ()
    needs: Sequence[RegionalNeed] = ()
    recovery: Mapping[str, RecoveryCharacteristics] = field(default_factory=lambda: MappingProxyType({}))


class RegionalWorkload(Protocol):
    """A workload, described once: it builds its part in a Region, whatever the strategy and the Region's role.

    ``PilotLight`` and its neighbours call ``build`` twice, for the recovery Region first. Both calls give the same ids
    to the same things; what differs comes from the place: capacity, and who makes what spans both Regions (such as a
    global table: the primary). A part never refers to the other one: names that both know are made from
    ``place.name`` and the Regions.
    """

    @property
    def profile(self) -> WorkloadProfile:
        """What the arithmetic of objectives needs to know of it."""
        ...

    def build(self, scope: Construct, place: RegionalPlace) -> RegionalPart:
        """Make the part of one Region inside ``scope``."""
        ...
