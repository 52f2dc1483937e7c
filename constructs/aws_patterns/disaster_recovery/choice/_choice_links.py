"""Each link of a recovery: how long it takes for a workload, from where that is known, and what makes it shorter."""

from __future__ import annotations

from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice import _choice_facts as facts
from aws_patterns.disaster_recovery.choice.recovery_chain import Link
from aws_patterns.disaster_recovery.choice.recovery_design_options import RecoveryDesign
from aws_patterns.disaster_recovery.choice.workload_profile import ComputeProfile, DataProfile, WorkloadProfile
from aws_patterns.recovery import HOUR, MINUTE, NONE, Span

_ROUTE_53 = f"{facts.DOCS}/Route53/latest"
_CHECKS = f"{_ROUTE_53}/DeveloperGuide/dns-failover-determining-health-of-endpoints.html"
_TTL = f"{_ROUTE_53}/DeveloperGuide/resource-record-sets-values-alias-common.html"
_DETECTION = f"{facts.WHITEPAPER}/detection.html"
_BACKUP = f"{facts.DOCS}/aws-backup/latest/devguide/plan-options-and-configuration.html"
_RELIABILITY = f"{facts.DOCS}/wellarchitected/latest/reliability-pillar"
_AUTOMATED = f"{_RELIABILITY}/rel_planning_for_recovery_auto_recovery.html"
_STRATEGIES = f"{_RELIABILITY}/rel_planning_for_recovery_disaster_recovery.html"
_SOONER = "design.check_interval_seconds=10, or fewer design.check_failures"


def noticed_by_the_watch(design: RecoveryDesign) -> Link:
    """People are told."""
    every, failures = defaults.WATCH_SECONDS, design.watch_failures
    times = "the first failure" if failures == 1 else f"{failures} failures"
    return Link(
        name="Detection",
        span=_checks(every, failures),
        how=f"the watch asks every {every} s and tells people after {times}, {every} s x {failures}, and "
        "up to one interval before the first",
        source=_DETECTION,
        change="design.watch_failures" if failures > 1 else "",
    )


def noticed_by_route_53(design: RecoveryDesign) -> Link:
    """Nobody has to be told."""
    return Link(
        name="Detection",
        span=_checks(design.check_interval_seconds, design.check_failures),
        how=_checks_in_words(design.check_interval_seconds, design.check_failures),
        source=_CHECKS,
        change=_SOONER,
    )


def decision(design: RecoveryDesign) -> Link:
    """Somebody starts the runbook."""
    return Link(
        name="Decision",
        span=Span(usual=design.decision_seconds, worst=design.decision_seconds),
        how="people look, decide and start the runbook (an estimate: a drill shows it)",
        source=_DETECTION,
        change="decide sooner (design.decision_seconds), by rules that are agreed on beforehand",
    )


def fence() -> Link:
    """The lost Region is told to keep still, if it hears."""
    usual, worst = defaults.FENCE_USUAL_SECONDS, defaults.FENCE_TIMEOUT_SECONDS
    return Link(
        name="Fencing",
        # Before data is promoted, and again before users are moved.
        span=Span(usual=2 * usual, worst=2 * worst),
        how=f"the runbook asks the lost Region twice to keep still, and gives up after {worst} s, {worst} s x 2",
        source=_AUTOMATED,
        change="",
    )


def data(profile: WorkloadProfile, *, restored: bool) -> Link:
    """The recovery Region's data can be written to; all parts side by side, so that the slowest counts."""
    known = facts.RESTORE if restored else facts.PROMOTION
    name = "Restore" if restored else "Promotion"
    if not profile.data:
        return Link(name=name, span=NONE, how="it keeps no data", source=_STRATEGIES, change="")
    slowest = max(profile.data, key=lambda part: known[part.kind].span.worst)
    fact = known[slowest.kind]
    return Link(name=name, span=fact.span, how=f"{slowest.name}: {fact.how}", source=fact.source, change=fact.change)


def build(profile: WorkloadProfile) -> Link:
    """What is not there is made."""
    return Link(
        name="Infrastructure",
        span=Span(usual=profile.build_seconds / 2, worst=profile.build_seconds),
        how="CloudFormation makes the workload's resources (build_seconds: measure it)",
        source=_STRATEGIES,
        change="have it there before (pilot light)",
    )


def scale(profile: WorkloadProfile, fraction: float) -> Link:
    """Enough of it runs to serve users."""
    if fraction >= profile.enough_fraction:
        how = (
            "all of it runs already"
            if fraction >= 1
            else f"{fraction:.0%} runs already, which is enough to serve; the rest starts meanwhile"
        )
        return Link(name="Scaling", span=NONE, how=how, source=_STRATEGIES, change="")
    slowest = max(profile.compute, key=lambda part: start(part).worst)
    fact = facts.START[slowest.kind]
    return Link(
        name="Scaling",
        span=start(slowest),
        how=f"{slowest.name}: {fact.how}",
        source=fact.source,
        change=fact.change,
    )


def start(part: ComputeProfile) -> Span:
    """From being asked for to serving."""
    if part.start_seconds is None:
        return facts.START[part.kind].span
    return Span(usual=part.start_seconds / 2, worst=part.start_seconds)


def health() -> Link:
    """It does serve."""
    usual, worst = defaults.HEALTH_SECONDS
    return Link(
        name="Health",
        span=Span(usual=usual, worst=worst),
        how="the runbook asks the recovery Region until it has answered well several times",
        source=_AUTOMATED,
        change="",
    )


def traffic_by_route_53(design: RecoveryDesign) -> Link:
    """The check of the primary's record sees that the recovery Region serves."""
    every, failures = design.check_interval_seconds, design.check_failures
    return Link(
        name="Traffic",
        span=_checks(every, failures),
        how=f"{_checks_in_words(every, failures)}; it asks the switch whether the recovery Region serves",
        source=_CHECKS,
        change=_SOONER,
    )


def resolvers() -> Link:
    """Who has asked before asks again. The records are aliases, whose time to live nobody can choose."""
    ttl = defaults.RECORD_TTL_SECONDS
    return Link(
        name="DNS",
        span=Span(usual=ttl / 2, worst=ttl),
        how=f"resolvers keep an answer for {ttl} s; some keep it for longer, against the rules",
        source=_TTL,
        change="",
    )


def traffic_by_the_switch() -> Link:
    """The next request goes elsewhere."""
    usual, worst = defaults.SWITCH_SECONDS
    return Link(
        name="Traffic",
        span=Span(usual=usual, worst=worst),
        how="the switch sends the next request to the recovery Region",
        source=_STRATEGIES,
        change="",
    )


def replication(part: DataProfile) -> Link:
    """What had not arrived."""
    fact = facts.REPLICATION[part.kind]
    return Link(name=part.name, span=fact.span, how=fact.how, source=fact.source, change=fact.change)


def backup(part: DataProfile, interval_seconds: float) -> Link:
    """What was written since the last backup that is in the recovery Region."""
    usual, worst = defaults.BACKUP_COPY_SECONDS
    hours = interval_seconds / HOUR
    return Link(
        name=part.name,
        span=Span(
            usual=interval_seconds / 2 + usual,
            worst=interval_seconds + defaults.BACKUP_START_MINUTES * MINUTE + worst,
        ),
        how=f"a backup every {hours:g} h, begun within an hour of its time, and copied in up to an hour (an estimate)",
        source=_BACKUP,
        change="design.backup_interval_seconds, or replicate it (pilot light)"
        if interval_seconds > defaults.BACKUP_HOURS[0] * HOUR
        else "replicate it (pilot light)",
    )


def _checks(every: int, failures: int) -> Span:
    # At worst the Region is lost just after an answer.
    return Span(usual=every * failures, worst=every * (failures + 1))


def _checks_in_words(every: int, failures: int) -> str:
    answers = "the first answer" if failures == 1 else f"{failures} answers in a row"
    return (
        f"Route 53 asks every {every} s and believes {answers}, {every} s x {failures}, and up to one interval before "
        "the first"
    )
