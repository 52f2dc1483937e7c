"""A workload in two Regions that says where it is, with state, switch and, on request, a front door; as an app."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recovery_state.gateway import StateTable
from recovery_state.logic import Lock, Role, Serving

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws, Response

HOME, AWAY = "us-east-1", "us-west-2"
STACKS = ("Primary", "Recovery")
TABLE = "letters-recovery-state"
SINCE = "2026-01-01T12:00:00.000Z"
APP = """
import sys

sys.path[:0] = [LIBRARY, FUNCTIONS]
import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_patterns.disaster_recovery.traffic.front_door import FrontDoor
from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.traffic.registration import EndpointRegistration
from aws_patterns.disaster_recovery.traffic.routing_options import Latency, Weighted
from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch
from aws_patterns.disaster_recovery.workload import HttpFront

CODE = '''
import json, os

def handle(event, _):
    seen = {"region": os.environ["AWS_REGION"], "path": event["rawPath"], "query": event["rawQueryString"]}
    return {"statusCode": 200, "body": json.dumps({**seen, "method": event["requestContext"]["http"]["method"]})}
'''


def api(stack):
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handle",
        code=lambda_.Code.from_inline(CODE),
    )
    integration = integrations.HttpLambdaIntegration("Integration", function)
    return apigatewayv2.HttpApi(stack, "Api", default_integration=integration)


app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
home, away = (cdk.Environment(region=region) for region in REGIONS)
primary, recovery = cdk.Stack(app, "Primary", env=home), cdk.Stack(app, "Recovery", env=away)
primary.add_stack_dependency(recovery)
gone = {"removal_policy": cdk.RemovalPolicy.DESTROY}
state = RecoveryState(recovery, "State", name="letters", **gone)
domain = RegionalDomain(domain_name=DOMAIN[0], hosted_zone_id=DOMAIN[1]) if DOMAIN else None
switch = TrafficSwitch(recovery, "Switch", state=state, domain=domain, **gone)
for stack, role in ((recovery, RegionRole.RECOVERY), (primary, RegionRole.PRIMARY)):
    made = api(stack)
    url = f"https://{made.api_id}.execute-api.{stack.region}.{stack.url_suffix}"
    if domain:
        front = HttpFront(api=made, stage=made.default_stage)
        FrontDoor(stack, "Door", domain=domain, role=role, front=front, **DOOR)
    registration = EndpointRegistration(
        stack, "Registration", name="letters", role=role, url=url, recovery_region=REGIONS[1], **gone
    )
    if role is RegionRole.RECOVERY:
        registration.resource.node.add_dependency(state)
    cdk.CfnOutput(stack, f"{role.capitalize()}Url", value=url)
cdk.CfnOutput(recovery, "SwitchUrl", value=switch.url)
app.synth()
"""


@dataclass(frozen=True, slots=True)
class Letters:
    """A workload in two Regions, as its users and its runbook see it."""

    aws: EmbeddedAws
    switch: str
    urls: dict[Role, str]

    def state(self) -> StateTable:
        return StateTable(TABLE, client=self.aws.clients_in(AWAY)("dynamodb"))

    def ask(self, path: str, method: str = "GET") -> Response:
        return self.aws.http(method, f"{self.switch}{path}")

    def served(self, path: str, method: str = "GET") -> dict[str, object]:
        """What a user gets who follows where the switch sends to."""
        sent = self.ask(path, method)
        assert sent.status == 307
        return self.aws.http(method, sent.headers["location"]).json()

    def move(self, role: Role) -> None:
        """As a run does it."""
        state, run = self.state(), f"to-{role}"
        assert state.take_lock(Lock(execution=run, mode="failover", since=SINCE)).execution == run
        state.move_traffic(Serving(role=role, since=SINCE, execution=run))
        assert state.release_lock(run)


@dataclass(frozen=True, slots=True)
class LettersApp:
    """The app, to be deployed and destroyed.

    Attributes:
        aws: Where.
        folder: Of its files.
        domain: Name and hosted zone; none without a front door.
    """

    aws: EmbeddedAws
    folder: Path
    domain: tuple[str, str] | None = None

    def deploy(self, door: str = "{}") -> Mapping[str, str]:
        """Deploy it, with options of the front doors as Python; what the stacks tell."""
        project = Path(__file__).parents[2]
        code = APP
        for name, value in {
            "LIBRARY": repr(str(project / "constructs")),
            "FUNCTIONS": repr(str(project / "lambda_src")),
            "REGIONS": repr((HOME, AWAY)),
            "DOMAIN": repr(self.domain),
            "DOOR": door,
        }.items():
            code = code.replace(name, value)
        (self.folder / "app.py").write_text(code)
        return self.aws.deploy(*STACKS, app=self._command, folder=self.folder, regions=[AWAY])

    def destroy(self, stack: str) -> None:
        """Destroy one of its stacks."""
        self.aws.destroy(stack, app=self._command, folder=self.folder)

    @property
    def _command(self) -> str:
        return shlex.join([sys.executable, "app.py"])


@contextmanager
def deployed_letters(app: LettersApp) -> Iterator[Letters]:
    """Deployed, and destroyed with all that it has written."""
    outputs = app.deploy()
    letters = letters_of(app.aws, outputs)
    yield letters
    app.destroy("Primary")
    assert letters.state().endpoint(Role.PRIMARY) is None, "it goes with its stack"
    app.destroy("Recovery")
    assert TABLE not in app.aws.clients_in(AWAY)("dynamodb").list_tables()["TableNames"]


def letters_of(aws: EmbeddedAws, outputs: Mapping[str, str]) -> Letters:
    """The workload, by what its stacks tell."""
    urls = {Role.PRIMARY: outputs["PrimaryUrl"], Role.RECOVERY: outputs["RecoveryUrl"]}
    return Letters(aws, outputs["SwitchUrl"], urls)


def settle(letters: Letters) -> None:
    """Put the traffic where it belongs, with no run under way and every Region back."""
    letters.aws.reconnect()
    state = letters.state()
    if lock := state.lock():
        state.release_lock(lock.execution)
    state.remove("serving")
