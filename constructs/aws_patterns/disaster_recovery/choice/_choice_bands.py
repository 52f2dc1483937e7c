"""What is said of the four strategies as a rule. The sources differ: both are shown, and neither is counted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_patterns.disaster_recovery.plan import Strategy

PILLAR = (
    "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/"
    "rel_planning_for_recovery_disaster_recovery.html"
)
FIGURE = (
    "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/"
    "disaster-recovery-options-in-the-cloud.html"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bands:
    """Recovery time and recovery point of one strategy.

    Attributes:
        catalogue: As catalogues of patterns have them.
        pillar: As the reliability pillar of AWS's Well-Architected Framework has them (``PILLAR``).
        figure: As the figure of AWS's white paper has them, one word for both (``FIGURE``).
    """

    catalogue: tuple[str, str]
    pillar: tuple[str, str]
    figure: str


BANDS: Mapping[Strategy, Bands] = {
    Strategy.BACKUP_AND_RESTORE: Bands(
        catalogue=("8 to 24 hours and more", "1 to 24 hours"), pillar=("24 hours or less", "hours"), figure="hours"
    ),
    Strategy.PILOT_LIGHT: Bands(
        catalogue=("30 minutes to 2 hours", "5 to 15 minutes"),
        pillar=("tens of minutes", "minutes"),
        figure="tens of minutes",
    ),
    Strategy.WARM_STANDBY: Bands(
        catalogue=("5 to 30 minutes", "1 to 5 minutes"), pillar=("minutes", "seconds"), figure="minutes"
    ),
    Strategy.MULTI_SITE: Bands(
        catalogue=("seconds to minutes", "near zero"),
        pillar=("potentially zero", "near zero"),
        figure="real-time",
    ),
}
