"""Takes runs through their steps as the state machine does, without waiting."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aws_patterns.disaster_recovery.plan import BackedUpTable, RecoveryPlan, Strategy
from aws_patterns.disaster_recovery.runbook._runbook_steps import Step, Steps
from aws_patterns.disaster_recovery.runbook.recovery_runbook_options import RunbookTimeouts
from recovery_runbook.gateway import Answer, AwsError
from recovery_runbook.handler import take
from recovery_runbook.logic import Asked, StepFailedError
from recovery_runbook.report import Report
from recovery_runbook.run import Run, Settings
from recovery_state.logic import Role, written
from tests.functions.runbook_aws import ACCOUNT, AWAY, HOME, NOON, FakeAws, Json, Region, point
from tests.functions.state_in_memory import InMemory

ATTEMPTS = 4
SWITCH = "https://switch.example.org"
URLS = {Role.PRIMARY: "https://home.example.org", Role.RECOVERY: "https://away.example.org"}
REGIONS = {Role.PRIMARY: HOME, Role.RECOVERY: AWAY}


class InterruptedError(Exception):
    """A function that was cut off: before it did anything, or before it could say so."""


@dataclass
class Machine:
    """A runbook, and the two Regions that it works with.

    Attributes:
        plan: What it acts on.
        aws: Both Regions.
        memory: The state table.
        healthy: Whether the workload of a Region is: what nobody serves is not, whatever this says.
        now: The time.
        interrupt: Called before and after each call of a function, with the step and ``before`` or ``after``.
        metrics: What was published: name and value.
        answer: Of whoever is asked to approve.
        topic_arn: Where whoever asks is told.
        looks: How often a step was not done yet.
    """

    plan: RecoveryPlan
    approval: bool = False
    aws: FakeAws = field(init=False)
    memory: InMemory = field(default_factory=InMemory)
    healthy: dict[Role, bool] = field(default_factory=lambda: dict.fromkeys(Role, True))
    now: datetime = NOON
    interrupt: Callable[[str, str], None] = lambda _step, _when: None
    metrics: list[tuple[str, float]] = field(default_factory=list)
    answer: str = "approved by Ada"
    topic_arn: str | None = "arn:aws:sns:us-west-2:111122223333:operators"
    looks: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.aws = FakeAws({region: self._region(role) for role, region in REGIONS.items()})
        self.state = self.memory.table()
        for role, url in URLS.items():
            self.state.register(role, url)

    def run(self, mode: str, name: str | None = None, *, forced: bool = False) -> Json:
        """A run from its beginning to its end; what it told."""
        name = name or f"{mode}-{len(self.aws.status)}"
        self.aws.status[name] = "RUNNING"
        steps = Steps(self.plan.strategy, approval=self.approval, timeouts=RunbookTimeouts())
        given: Json = {
            "execution": name,
            "mode": mode,
            "forced": forced,
            "reason": "a bad day",
            "started": written(self.now),
            "approved": "",
        }
        try:
            told = self._take_all(steps, given)
        finally:
            self.aws.status[name] = "SUCCEEDED"
        result: Json = told["result"]
        return result

    def steps(self, mode: str) -> list[str]:
        """The names of a mode's steps."""
        steps = Steps(self.plan.strategy, approval=self.approval, timeouts=RunbookTimeouts())
        return [step.name for step in steps.by_mode()[mode]]

    def capacity(self) -> dict[Role, int]:
        """Of the function, in each Region."""
        return {role: self.aws.regions[region].concurrency["orders-api"] for role, region in REGIONS.items()}

    def ask(self, url: str) -> Answer:
        """The workload, and the switch in front of it."""
        url = url.replace(SWITCH, URLS[self.state.serving().role])
        role = next(role for role, known in URLS.items() if url.startswith(f"{known}/"))
        region = self.aws.regions[REGIONS[role]]
        if region.lost:
            return Answer(status=0, url=url, text="no answer (timed out)")
        if not self.healthy[role] or not self._serves(role):
            return Answer(status=503, url=url, text="HTTP 503")
        return Answer(status=200, url=url, text=json.dumps({"region": REGIONS[role]}))

    def _serves(self, role: Role) -> bool:
        region = self.aws.regions[REGIONS[role]]
        running = region.stack.get("WorkloadRunning", "yes") == "yes"
        return running and all(region.concurrency.values())

    def _take_all(self, steps: Steps, given: Json) -> Json:
        step = steps.begin()
        try:
            told = self._take(step, given)
            if told["refused"]:
                return told
            for step in [*steps.by_mode()[given["mode"]], steps.finish()]:
                told = self._approve(step, given) if step.name == "Approve" else self._until_done(step, given)
        except Exception as error:
            kind = type(error).__name__
            cause = json.dumps({"errorType": kind, "errorMessage": str(error)})
            return self._stop(steps.after_failure(), given, step.name, {"Error": kind, "Cause": cause})
        return told

    def _stop(self, steps: Sequence[Step], given: Json, failed: str, error: Json) -> Json:
        told: Json = {}
        for step in steps:
            told = self._until_done(step, given, failed_step=failed, error=error)
        return told

    def _approve(self, step: Step, given: Json) -> Json:
        told = self._take(step, given, token="token")
        if not self.answer.startswith("approved"):
            raise StepFailedError(self.answer)
        given["approved"] = self.answer
        return told

    def _until_done(self, step: Step, given: Json, **more: object) -> Json:
        while True:
            told = self._take(step, given, **more)
            if told["done"]:
                return told
            self.looks[step.name] += 1
            self.now += timedelta(seconds=told["wait_seconds"])

    def _take(self, step: Step, given: Json, **more: object) -> Json:
        for attempt in range(ATTEMPTS):
            try:
                return self._once(step, given, **more)
            except (AwsError, InterruptedError):
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _once(self, step: Step, given: Json, **more: object) -> Json:
        event = {
            "step": {
                "name": step.name,
                "title": step.title,
                "timeout_seconds": step.timeout_seconds,
                "look_seconds": step.look_seconds,
            },
            "run": dict(given),
            "plan": json.loads(json.dumps({**self.plan.to_json(), "front_door": SWITCH})),
            **more,
        }
        asked = Asked.of(event)
        known = self.state.run(asked.execution)
        run = Run(
            asked=asked,
            report=Report(known) if known else Report.begun(asked),
            state=self.state,
            aws=self.aws,  # type: ignore[arg-type] # as much of it as is used
            ask=self.ask,
            publish=lambda metric, _unit, value, dimensions: (
                None if "Mode" in dimensions else self.metrics.append((metric, value))
            ),
            settings=Settings(
                partition="aws",
                account=ACCOUNT,
                machine_arn="arn:aws:states:us-west-2:111122223333:stateMachine:orders-recovery-runbook",
                topic_arn=self.topic_arn,
                backup_role_arn="arn:aws:iam::111122223333:role/backup",
            ),
            now=lambda: self.now,
        )
        self.now += timedelta(milliseconds=100)
        self.interrupt(step.name, "before")
        told = take(run)
        self.interrupt(step.name, "after")
        return told

    def _region(self, role: Role) -> Region:
        primary = role is Role.PRIMARY
        region = Region(
            concurrency={"orders-api": 20 if primary else 2},
            tables={"orders": {}},
            objects={f"orders-documents-{role}": set()},
            databases={"orders-db" if primary else "orders-db-replica": {"DBInstanceStatus": "available"}},
        )
        sizes = (2, 3) if primary else (1, 1)
        region.groups["orders-web"] = {
            "MinSize": sizes[0],
            "DesiredCapacity": sizes[1],
            "MaxSize": 6,
            "Instances": [{"LifecycleState": "InService"}] * sizes[1],
        }
        if not primary:
            region.databases["orders-db-replica"]["ReadReplicaSourceDBInstanceIdentifier"] = "arn:orders-db"
        if self.plan.strategy is Strategy.BACKUP_AND_RESTORE:
            self._restores(region, primary=primary)
        return region

    def _restores(self, region: Region, *, primary: bool) -> None:
        assert any(isinstance(part, BackedUpTable) for part in self.plan.data)
        region.stack = {"BootstrapVersion": "6", "RestoredOrdersName": "orders"}
        if not primary:
            region.stack["WorkloadRunning"] = "no"
            region.tables = {}
            region.points = [
                dict(point("orders", NOON - timedelta(hours=3), "point-old")),
                dict(point("orders", NOON - timedelta(hours=1), "point-new")),
                dict(point("orders", NOON, "point-unfinished", "PARTIAL")),
                dict(point("orders-other", NOON, "point-other")),
            ]
            # Made with the workload, at full capacity.
            region.concurrency["orders-api"] = 20


def interrupting(step: str, when: str, times: int = 1_000) -> Callable[[str, str], None]:
    """Cuts off the function that takes a step, so many times."""
    left = [times]

    def interrupt(name: str, now: str) -> None:
        if (name, now) == (step, when) and left[0]:
            left[0] -= 1
            raise InterruptedError("cut off")

    return interrupt


def reasons(told: Json) -> dict[str, Any]:
    """What each step of a run has told."""
    return {step["name"]: step["reason"] for step in told["steps"]}


def outcomes(told: Json) -> dict[str, Any]:
    """What has come of each step of a run."""
    return {step["name"]: step["outcome"] for step in told["steps"]}
