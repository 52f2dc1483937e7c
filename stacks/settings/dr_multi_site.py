"""Settings of the stack DrMultiSite."""

from dataclasses import dataclass

from aws_patterns.disaster_recovery.plan import Strategy
from stacks.settings._dr_shared import DrSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class DrMultiSiteSettings(DrSettings):
    """What may be chosen about a workload that serves users from two Regions; see `DrSettings`."""

    workload_name: str = "orders-multi"
    recovery_time_seconds: float = 1_800
    recovery_point_seconds: float = 900

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        return self.shared_problems(Strategy.MULTI_SITE)
