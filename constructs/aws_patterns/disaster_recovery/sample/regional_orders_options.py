"""What may be chosen about the sample workload, and within which limits. Needs no CDK."""

from __future__ import annotations

import math

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)


@typed
def check_regional_orders(
    problems: Problems,
    *,
    full_concurrency: int = defaults.ORDERS_CONCURRENCY,
    throttle_rate: float = defaults.ORDERS_THROTTLE_RATE,
    throttle_burst: int = defaults.ORDERS_THROTTLE_BURST,
) -> None:
    """Add to ``problems`` whatever is wrong with the sample workload."""
    problems.between("full_concurrency", full_concurrency, 1, defaults.ORDERS_MOST_CONCURRENCY, " executions")
    for name, value in (("throttle_rate", throttle_rate), ("throttle_burst", throttle_burst)):
        problems.between(name, value, 1, defaults.ORDERS_MOST_REQUESTS, " requests")


def check_orders_name(problems: Problems, name: str) -> None:
    """Add to ``problems`` that a workload's name makes the names of its buckets too long."""
    longest = defaults.ORDERS_LONGEST_NAME
    if not is_token(name) and len(name) > longest:
        problems.add(
            f"name must have at most {longest} characters with RegionalOrders, got {len(name)}: the names of its "
            "buckets begin with it, and account and Region follow"
        )


def concurrency(full: int, fraction: float) -> int:
    """How many executions of ``full`` a Region runs; part of one is a whole one, and 0 is switched off."""
    return math.ceil(full * fraction)


def orders_profile() -> WorkloadProfile:
    """What the arithmetic of objectives needs to know of it."""
    return WorkloadProfile(
        data=[
            DataProfile(name="Orders", kind=DataKind.TABLE),
            DataProfile(name="Documents", kind=DataKind.BUCKET),
        ],
        compute=[ComputeProfile(name="API", kind=ComputeKind.FUNCTION)],
    )
