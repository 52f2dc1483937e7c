"""What may be chosen about the traffic switch, and within which limits. Needs no CDK."""

from __future__ import annotations

from aws_patterns._types import typed
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.strategy_options import check_domain

# What a health check asks the switch: 200 only while the recovery Region serves.
RECOVERY_PATH = "/traffic/recovery"


def switch_domain_name(domain_name: str) -> str:
    """Of the switch of a workload that users call by ``domain_name``."""
    return f"switch.{domain_name}"


@typed
def check_traffic_switch(
    problems: Problems,
    *,
    domain: RegionalDomain | None = None,
    throttle_rate: float = defaults.SWITCH_THROTTLE_RATE,
    throttle_burst: int = defaults.SWITCH_THROTTLE_BURST,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one ``TrafficSwitch``."""
    problems.between("throttle_rate", throttle_rate, 10, 10_000, " requests per second")
    problems.between("throttle_burst", throttle_burst, 10, 5_000, " requests")
    if domain is not None:
        check_domain(problems, domain_name=domain.domain_name, hosted_zone_id=domain.hosted_zone_id)
