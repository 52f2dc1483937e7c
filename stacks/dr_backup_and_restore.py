"""A workload that is made in a second Region, from backups, on the day it is needed."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.disaster_recovery.backup_and_restore import BackupAndRestore
from aws_patterns.recovery import RecoveryCharacteristics
from stacks._dr_parts import home, tell, wired
from stacks.settings.dr_backup_and_restore import DrBackupAndRestoreSettings


class DrBackupAndRestoreStack(cdk.Stack):
    """The primary Region's part; the recovery Region's is in a stack beside it, deployed first. Wired from settings.

    Attributes:
        deployment: What was made in both Regions.
        recovery: What follows from the loss of something.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: DrBackupAndRestoreSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope,
            id,
            env=home(settings, env),
            stack_name=settings.stack_name,
            description="An API that can be made in a second Region from backups",
        )
        self.deployment = BackupAndRestore(**wired(self, settings)).deployment
        self.recovery: Mapping[str, RecoveryCharacteristics] = {"Workload": self.deployment.characteristics}
        tell(self, self.deployment)
