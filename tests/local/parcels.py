"""A workload in two Regions with its runbook, as its users, its operators and its bad days see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from local_aws.project import ACCOUNT
from recovery_state.logic import Role
from tests.local import two_regions
from tests.local.programs import eventually
from tests.local.two_regions import AWAY, REGIONS

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws
    from recovery_state.gateway import StateTable

NAME = "parcels"
RUNBOOKS = """
from dataclasses import replace

from aws_cdk import aws_sns as sns
from aws_patterns.disaster_recovery.plan import AuroraGlobal, ReadReplica, ScaledFleet
from aws_patterns.disaster_recovery.runbook.recovery_runbook import RecoveryRunbook
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import RunbookTimeouts
from aws_patterns.disaster_recovery.traffic.traffic_switch import TrafficSwitch

switch = TrafficSwitch(recovery, "Switch", state=state, throttle_rate=1000, **gone)
topic = sns.Topic(recovery, "Operators", enforce_ssl=True)
quick = RunbookTimeouts(fence=10, scaling=15, health=15, front_door=15, data=20, undo=8)
told = {"switch_url": switch.url, "alarm_topic": topic}
RecoveryRunbook(recovery, "Runbook", plan=plan, state=state, timeouts=quick, **told, **gone)
crates = replace(
    plan,
    name="crates",
    health_path="/serving",
    compute=[ScaledFleet(name="crates-web", minimum=1, desired=2, maximum=4, standby=0)],
    data=[
        AuroraGlobal(global_cluster="crates", primary="crates-primary", recovery="crates-recovery"),
        ReadReplica(primary="crates-db", recovery="crates-db-replica"),
    ],
)
RecoveryRunbook(
    recovery,
    "Crates",
    plan=crates,
    state=RecoveryState(recovery, "CratesState", name="crates", **gone),
    with_approval=True,
    timeouts=replace(quick, approval=30),
    **told,
    **gone,
)
cdk.CfnOutput(recovery, "SwitchUrl", value=switch.url)
cdk.CfnOutput(recovery, "TopicArn", value=topic.topic_arn)
"""


@dataclass(frozen=True, slots=True)
class Parcels:
    """Both Regions, deployed."""

    aws: EmbeddedAws
    switch: str
    name: str = NAME

    @property
    def machine(self) -> str:
        """The ARN of the runbook."""
        return f"arn:aws:states:{AWAY}:{ACCOUNT}:stateMachine:{self.name}-recovery-runbook"

    def state(self) -> StateTable:
        """Of the recovery."""
        return two_regions.state_of(self.aws, self.name)

    def start(self, mode: str, *, forced: bool = False) -> str:
        """Start a run; its ARN."""
        given = {"mode": mode, "forced": forced, "reason": "a bad day"}
        name = f"{mode}-{uuid4().hex[:8]}"
        states = self.aws.clients_in(AWAY)("stepfunctions")
        started = states.start_execution(stateMachineArn=self.machine, name=name, input=json.dumps(given))
        return started["executionArn"]

    def ended(self, arn: str) -> dict[str, Any]:
        """What a run has told at its end, which is the same as it has written down."""
        states = self.aws.clients_in(AWAY)("stepfunctions")
        eventually(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING", f"end of {arn}")
        found = states.describe_execution(executionArn=arn)
        told: dict[str, Any] = json.loads(found["output" if found["status"] == "SUCCEEDED" else "cause"])
        assert (found["status"] == "SUCCEEDED") == (told.get("outcome") == "succeeded"), told
        written = self.state().run(arn.rpartition(":")[2]) or {}
        assert {key: written[key] for key in told} == told
        return told

    def run(self, mode: str, *, forced: bool = False) -> dict[str, Any]:
        """A run from its start to its end."""
        return self.ended(self.start(mode, forced=forced))

    def step(self, arn: str, name: str) -> dict[str, Any] | None:
        """What is known of a step of a run so far."""
        steps = (self.state().run(arn.rpartition(":")[2]) or {}).get("steps", [])
        assert isinstance(steps, list)
        return next((step for step in steps if step["name"] == name), None)

    def reaches(self, arn: str, name: str) -> None:
        """Wait until a run has begun a step."""
        eventually(lambda: self.step(arn, name) is not None, f"{name} of {arn}")

    def decides(self, arn: str, *, approved: bool) -> None:
        """Answer what a run waits for, with the token that it has written down."""
        eventually(lambda: self._token(arn) is not None, f"question of {arn}")
        states, token = self.aws.clients_in(AWAY)("stepfunctions"), str(self._token(arn))
        if approved:
            states.send_task_success(taskToken=token, output=json.dumps({"reason": "approved by Ada"}))
        else:
            states.send_task_failure(taskToken=token, error="Refused", cause="refused by Ada")

    def _token(self, arn: str) -> object:
        approval = (self.state().run(arn.rpartition(":")[2]) or {}).get("approval")
        return approval["token"] if isinstance(approval, dict) else None

    def ask(self, url: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """As a user does, who follows where the switch sends to."""
        text = None if body is None else json.dumps(body)
        answer = self.aws.http(method, f"{url}{path}", body=text)
        if "location" in answer.headers:
            answer = self.aws.http(method, answer.headers["location"], body=text)
        return answer.status, answer.json() if answer.text.startswith("{") else {}

    def put(self, id: str) -> str:
        """Write through the front door; the Region that has taken it."""
        status, told = self.ask(self.switch, "PUT", f"/orders/{id}", {"product": "string", "quantity": 1})
        assert status == 200, told
        return str(told["region"])

    def has(self, id: str, role: Role | None = None) -> bool:
        """Whether users find it, with its document, through the front door; or at a Region's own endpoint."""
        url = self.switch if role is None else self.state().endpoint(role)
        status, told = self.ask(str(url), "GET", f"/orders/{id}")
        return status == 200 and told["document"] is not None

    def served_by(self) -> str | None:
        """The Region that users reach; ``None``: nobody is served."""
        status, told = self.ask(self.switch, "GET", "/health")
        return str(told["region"]) if status == 200 else None

    def scale(self, role: Role, concurrency: int) -> None:
        """As somebody does by hand."""
        two_regions.scale(self.aws, NAME, role, concurrency)

    def concurrency(self) -> Mapping[Role, int]:
        """Of each Region's function."""
        return {role: two_regions.concurrency(self.aws, NAME, role) for role in REGIONS}
