"""Settings of the stack DrPilotLight."""

from dataclasses import dataclass

from aws_patterns.disaster_recovery.plan import Strategy
from stacks.settings._dr_shared import DrSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class DrPilotLightSettings(DrSettings):
    """What may be chosen about a workload whose compute waits, switched off, in a second Region; see `DrSettings`."""

    workload_name: str = "orders-pilot"
    recovery_time_seconds: float = 3_600
    recovery_point_seconds: float = 900

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        return self.shared_problems(Strategy.PILOT_LIGHT)
