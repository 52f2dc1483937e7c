"""A workload in two Regions by the real ``cdk deploy``, with what a test wants to see of its recovery."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_aws.project import REGION
from recovery_state.gateway import StateTable
from recovery_state.logic import Role

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.embedded import EmbeddedAws

AWAY = "us-west-2"
REGIONS = {Role.PRIMARY: REGION, Role.RECOVERY: AWAY}
FULL, STANDBY = 8, 2
_APP = """
import sys

sys.path[:0] = [LIBRARY, FUNCTIONS]
import aws_cdk as cdk
from aws_patterns.disaster_recovery.plan import RecoveryPlan, RegionRole, Strategy
from aws_patterns.disaster_recovery.regional_place import RegionalPlace
from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.registration import EndpointRegistration

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
home, away = REGIONS
gone = {"removal_policy": cdk.RemovalPolicy.DESTROY}
recovery = cdk.Stack(app, RECOVERY_STACK, env=cdk.Environment(region=away))
primary = cdk.Stack(app, PRIMARY_STACK, env=cdk.Environment(region=home))
primary.add_stack_dependency(recovery)
state = RecoveryState(recovery, "State", name=NAME, **gone)
for role, stack, region, other, fraction in (
    (RegionRole.RECOVERY, recovery, away, home, 0.25),
    (RegionRole.PRIMARY, primary, home, away, 1),
):
    place = RegionalPlace(
        name=NAME,
        role=role,
        strategy=Strategy.WARM_STANDBY,
        region=region,
        other_region=other,
        capacity_fraction=fraction,
        **gone,
    )
    part = RegionalOrders(full_concurrency=8).build(stack, place)
    registration = EndpointRegistration(
        stack, "Registration", name=NAME, role=role, url=part.endpoint_url, recovery_region=away, **gone
    )
    if role is RegionRole.RECOVERY:
        registration.resource.node.add_dependency(state)
        plan = RecoveryPlan(
            name=NAME,
            strategy=Strategy.WARM_STANDBY,
            primary_region=home,
            recovery_region=away,
            recovery_time_seconds=600,
            recovery_point_seconds=60,
            health_path=part.health_path,
            compute=part.compute,
            data=part.data,
            primary_stack=PRIMARY_STACK,
            recovery_stack=RECOVERY_STACK,
        )
"""


@contextmanager
def two_regions(aws: EmbeddedAws, project: Path, folder: Path, *, name: str, more: str) -> Iterator[Mapping[str, str]]:
    """Deployed, and destroyed at the end; the outputs of both stacks.

    Args:
        aws: Where.
        project: The root of the checkout.
        folder: For the app.
        name: Of the workload.
        more: What the app puts into ``recovery``, with ``plan`` and ``state``.
    """
    stacks = (f"{name.capitalize()}Primary", f"{name.capitalize()}Recovery")
    given = {
        "LIBRARY": str(project / "constructs"),
        "FUNCTIONS": str(project / "lambda_src"),
        "REGIONS": (REGION, AWAY),
        "NAME": name,
        "PRIMARY_STACK": stacks[0],
        "RECOVERY_STACK": stacks[1],
    }
    told = "\n".join(f"{key} = {value!r}" for key, value in given.items())
    (folder / "app.py").write_text(f"{told}\n{_APP}{more}app.synth()\n")
    app = shlex.join([sys.executable, "app.py"])
    yield aws.deploy(*stacks, app=app, folder=folder, regions=[AWAY])
    for stack in stacks:
        aws.destroy(stack, app=app, folder=folder)
    assert f"{name}-recovery-state" not in aws.clients_in(AWAY)("dynamodb").list_tables()["TableNames"]


def state_of(aws: EmbeddedAws, name: str) -> StateTable:
    """Of a workload's recovery."""
    return StateTable(f"{name}-recovery-state", client=aws.clients_in(AWAY)("dynamodb"))


def scale(aws: EmbeddedAws, name: str, role: Role, concurrency: int) -> None:
    """Scale a workload's function as somebody does by hand."""
    functions = aws.clients_in(REGIONS[role])("lambda")
    functions.put_function_concurrency(FunctionName=f"{name}-api", ReservedConcurrentExecutions=concurrency)


def concurrency(aws: EmbeddedAws, name: str, role: Role) -> int:
    """Of a workload's function."""
    functions = aws.clients_in(REGIONS[role])("lambda")
    return functions.get_function_concurrency(FunctionName=f"{name}-api")["ReservedConcurrentExecutions"]
