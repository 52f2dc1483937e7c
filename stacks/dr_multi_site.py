"""A workload that serves users from two Regions."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.disaster_recovery.multi_site import MultiSite
from aws_patterns.recovery import RecoveryCharacteristics
from stacks._dr_parts import home, tell, wired
from stacks.settings.dr_multi_site import DrMultiSiteSettings


class DrMultiSiteStack(cdk.Stack):
    """The primary Region's part; the recovery Region's is in a stack beside it, deployed first. Wired from settings.

    Attributes:
        deployment: What was made in both Regions.
        recovery: What follows from the loss of something.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: DrMultiSiteSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope,
            id,
            env=home(settings, env),
            stack_name=settings.stack_name,
            description="An API that serves users from two Regions",
        )
        self.deployment = MultiSite(**wired(self, settings)).deployment
        self.recovery: Mapping[str, RecoveryCharacteristics] = {"Workload": self.deployment.characteristics}
        tell(self, self.deployment)
