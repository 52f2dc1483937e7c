"""A workload of middling size, to compare strategies with where nobody has described another one. Needs no CDK."""

from __future__ import annotations

from aws_patterns.disaster_recovery.choice.workload_profile import (
    ComputeKind,
    ComputeProfile,
    DataKind,
    DataProfile,
    WorkloadProfile,
)

EXAMPLE = WorkloadProfile(
    data=[
        DataProfile(name="Orders", kind=DataKind.TABLE, gib=20, monthly_cost=60),
        DataProfile(name="Documents", kind=DataKind.BUCKET, gib=200, monthly_cost=5),
    ],
    compute=[
        ComputeProfile(name="API", kind=ComputeKind.FUNCTION),
        ComputeProfile(name="Web tier", kind=ComputeKind.FLEET, monthly_cost=240),
    ],
    enough_fraction=0.25,
)
"""An order service: a table, a bucket, functions, and instances, of which a quarter is enough for the first hour."""
