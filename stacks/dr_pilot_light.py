"""A workload whose data is in a second Region, and whose compute waits there, switched off."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.disaster_recovery.pilot_light import PilotLight
from aws_patterns.recovery import RecoveryCharacteristics
from stacks._dr_parts import home, tell, wired
from stacks.settings.dr_pilot_light import DrPilotLightSettings


class DrPilotLightStack(cdk.Stack):
    """The primary Region's part; the recovery Region's is in a stack beside it, deployed first. Wired from settings.

    Attributes:
        deployment: What was made in both Regions.
        recovery: What follows from the loss of something.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: DrPilotLightSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope,
            id,
            env=home(settings, env),
            stack_name=settings.stack_name,
            description="An API whose compute waits in a second Region",
        )
        self.deployment = PilotLight(**wired(self, settings)).deployment
        self.recovery: Mapping[str, RecoveryCharacteristics] = {"Workload": self.deployment.characteristics}
        tell(self, self.deployment)
