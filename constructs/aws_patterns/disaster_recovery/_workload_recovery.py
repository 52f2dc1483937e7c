"""What a workload in two Regions promises for the day on which something is lost. Needs no CDK."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from aws_patterns.disaster_recovery.choice.recovery_chain import Link
from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import NONE, Loss, Recovery, RecoveryCharacteristics, Span, in_words

_STRATEGIES = (
    "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/"
    "disaster-recovery-options-in-the-cloud.html"
)


def characteristics(
    assessment: Assessment, parts: Mapping[str, RecoveryCharacteristics], *, by_itself: bool
) -> RecoveryCharacteristics:
    """A Region by the strategy's arithmetic, anything smaller as the weakest of the workload's parts survives it."""
    smaller: dict[Loss, Recovery] = {
        loss: _weakest(of_part[loss] for of_part in parts.values()) for loss in Loss if loss is not Loss.REGION
    }
    return {
        **smaller,
        Loss.REGION: Recovery(
            recovery_time=assessment.time.span,
            recovery_point=assessment.point.span,
            automatic=by_itself and assessment.strategy is Strategy.MULTI_SITE,
            how=f"By {assessment.strategy.replace('-', ' ')}: {', '.join(map(_told, _taking_time(assessment)))}.",
            source=_STRATEGIES,
        ),
    }


def _taking_time(assessment: Assessment) -> Iterable[Link]:
    return (link for link in assessment.time.links if link.span.worst)


def _told(link: Link) -> str:
    return f"{link.name.lower()} {in_words(link.span)}"


def _weakest(found: Iterable[Recovery]) -> Recovery:
    """That which serves again last, and of these the one that loses most."""
    nothing = Recovery(
        recovery_time=NONE,
        recovery_point=NONE,
        automatic=True,
        how="Nothing of the workload says what it depends on.",
        source=_STRATEGIES,
    )
    return max(found, key=lambda one: (_worst(one.recovery_time), _worst(one.recovery_point)), default=nothing)


def _worst(span: Span | None) -> float:
    return math.inf if span is None else span.worst
