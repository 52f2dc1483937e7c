"""Settings of the stack DrWarmStandby."""

from dataclasses import dataclass, replace

from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.plan import Strategy
from stacks.settings._dr_shared import DrSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class DrWarmStandbySettings(DrSettings):
    """What may be chosen about a workload that runs scaled down in a second Region; see `DrSettings`.

    Args:
        capacity_percent: How much of the full capacity runs in the recovery Region.
    """

    workload_name: str = "orders-warm"
    recovery_time_seconds: float = 1_800
    recovery_point_seconds: float = 900
    capacity_percent: float = 100 * defaults.STANDBY_FRACTIONS[0]

    def design(self) -> RecoveryDesign:
        """How a loss is noticed and decided about, and what runs then."""
        return replace(DrSettings.design(self), capacity_fraction=self.capacity_percent / 100)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        low, high = (100 * part for part in (defaults.LEAST_STANDBY_FRACTION, defaults.MOST_STANDBY_FRACTION))
        if not low <= self.capacity_percent <= high:
            return [
                f"capacity_percent must be between {low:g} and {high:g}, got {self.capacity_percent:g}",
                *replace(self, capacity_percent=low).problems(),
            ]
        return self.shared_problems(Strategy.WARM_STANDBY)
