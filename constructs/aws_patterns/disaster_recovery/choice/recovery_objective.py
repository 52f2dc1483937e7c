"""What must hold after the loss of a Region. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryObjective:
    """What users of a workload may expect after the loss of its Region.

    ``RecoveryObjective(recovery_time_seconds=3600, recovery_point_seconds=60)``: an hour later, at the latest, users
    are served again, and what was written in the last minute may be gone.

    Attributes:
        recovery_time_seconds: From the loss until users are served again, at most. People who have to be told, and
            have to decide, are a part of it.
        recovery_point_seconds: How much of the last changes may be gone, at most. With 0 nothing could meet it: data
            that is in another Region before it is acknowledged is beyond these patterns.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_objective_defined_recovery.html
    """

    recovery_time_seconds: float
    recovery_point_seconds: float
