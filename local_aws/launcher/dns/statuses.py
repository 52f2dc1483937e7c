"""What is known of each health check, and what follows from that.

Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.regions.reachability import REGIONS

_DEEPEST = 5


@dataclass(slots=True)
class Observed:
    """What looking at an endpoint or an alarm has found.

    Attributes:
        healthy: A new one counts as healthy until enough looks have said otherwise.
        streak: How many looks in a row have contradicted that.
        said: What the last look found, in Route 53's words.
        failure: What the last look found that failed; empty when none has.
        moment: When the last look was made, in seconds since the epoch.
        failed: When the last look failed.
    """

    healthy: bool = True
    streak: int = 0
    said: str = ""
    failure: str = ""
    moment: float = field(default_factory=time.time)
    failed: float = 0.0


_observed: dict[tuple[str, str], Observed] = {}


def clear() -> None:
    """Forget everything."""
    _observed.clear()


def checks() -> Iterator[tuple[str, str, Record]]:
    """Every health check with its account and its id."""
    stored = hooks.by_account(hooks.HEALTH_CHECKS)
    yield from ((account, identifier, check["config"]) for (account, identifier), check in stored.items())


def observed(account: str, identifier: str) -> Observed:
    """What is known of one."""
    return _observed.setdefault((account, identifier), Observed())


def forget_all_but(present: set[tuple[str, str]]) -> None:
    """Forget those that are gone."""
    for gone in set(_observed) - present:
        del _observed[gone]


def note(known: Observed, problem: str, said: str, needed: int) -> None:
    """Note what a look has found; so many in a row change the status.

    Args:
        problem: Why it failed; empty when it did not.
    """
    known.moment, known.said = time.time(), f"Failure: {problem}" if problem else f"Success: {said}"
    if problem:
        known.failure, known.failed = known.said, known.moment
    known.streak = known.streak + 1 if known.healthy == bool(problem) else 0
    if known.streak >= needed:
        known.healthy, known.streak = not problem, 0


def is_healthy(identifier: str, deep: int = 0) -> bool:
    """The status of a health check of the request's account; one that is not there is healthy."""
    check = hooks.store(hooks.HEALTH_CHECKS).get(identifier)
    if check is None or deep > _DEEPEST:
        return True
    config: Record = check["config"]
    found = True if config.get("Disabled") else _found(identifier, config, deep)
    return found != bool(config.get("Inverted"))


def _found(identifier: str, config: Record, deep: int) -> bool:
    match config.get("Type"):
        case "CALCULATED":
            return healthy_children(config, deep) >= int(config.get("HealthThreshold") or 0)
        case "CLOUDWATCH_METRIC":
            return _by_alarm(identifier, config)
        case "RECOVERY_CONTROL":
            return True
    return observed(hooks.account(), identifier).healthy


def healthy_children(config: Record, deep: int = 0) -> int:
    """How many of those are healthy that a health check is calculated from."""
    return sum(is_healthy(child, deep + 1) for child in config.get("ChildHealthChecks") or ())


def _by_alarm(identifier: str, config: Record) -> bool:
    """By the alarm's state; AWS looks at the same data by itself, so that a state set by hand changes nothing there."""
    watched, known = config.get("AlarmIdentifier") or {}, observed(hooks.account(), identifier)
    region = str(watched.get("Region", ""))
    with hooks.scope(hooks.account(), region):
        alarm = hooks.store(hooks.ALARMS).get(str(watched.get("Name")))
    state = alarm["StateValue"] if alarm and not REGIONS.is_lost(region) else "INSUFFICIENT_DATA"
    if state == "INSUFFICIENT_DATA":
        without = config.get("InsufficientDataHealthStatus") or "LastKnownStatus"
        return known.healthy if without == "LastKnownStatus" else bool(without == "Healthy")
    known.healthy = state == "OK"
    return known.healthy
