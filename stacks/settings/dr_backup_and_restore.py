"""Settings of the stack DrBackupAndRestore."""

from dataclasses import dataclass, replace

from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.plan import Strategy
from stacks.settings._dr_shared import DrSettings

_HOUR = 3_600


@dataclass(frozen=True, kw_only=True, slots=True)
class DrBackupAndRestoreSettings(DrSettings):
    """What may be chosen about a workload that is made in a second Region from backups; see `DrSettings`.

    Args:
        backup_hours: From one backup to the next: 1, 2, 3, 4, 6, 8, 12 or 24. Default: as rarely as the objective
            allows.
    """

    workload_name: str = "orders-backup"
    recovery_time_seconds: float = 8 * _HOUR
    recovery_point_seconds: float = 26 * _HOUR
    backup_hours: int | None = None

    def design(self) -> RecoveryDesign:
        """How a loss is noticed and decided about, and how old backups get."""
        seconds = None if self.backup_hours is None else self.backup_hours * _HOUR
        return replace(DrSettings.design(self), backup_interval_seconds=seconds)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        if self.backup_hours is not None and self.backup_hours not in defaults.BACKUP_HOURS:
            allowed = ", ".join(map(str, defaults.BACKUP_HOURS))
            return [
                f"backup_hours must be one of {allowed}, got {self.backup_hours}: each day has the same hours",
                *replace(self, backup_hours=None).problems(),
            ]
        return self.shared_problems(Strategy.BACKUP_AND_RESTORE)
