"""The runbook of a workload, from a terminal: started, followed, approved, asked about. An operator's tool.

It speaks to the recovery Region alone: the other one may be gone.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from aws_patterns.disaster_recovery.runbook._run_reading import Json, from_text, report_of
from aws_patterns.disaster_recovery.runbook.run_report import RUNNING, Mode, RunReport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

LOOK_SECONDS = 1.0
_NAME_SUFFIX = 8


class RunbookError(RuntimeError):
    """The runbook can't be used; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """The run that may change something.

    Attributes:
        execution: Its name.
        mode: What it is for.
        since: When it began.
        under_way: Whether it is; otherwise it has ended without giving the lock back.
    """

    execution: str
    mode: str
    since: str
    under_way: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """How things are.

    Attributes:
        serving: The role of the Region that users are sent to.
        since: Since when; blank: always.
        endpoints: Where each Region's own API is, by role.
        lock: The run that is under way; ``None``: there is none.
        last: The last run of each mode, where there was one.
    """

    serving: str
    since: str
    endpoints: Mapping[str, str]
    lock: Lock | None
    last: Mapping[str, RunReport]


@contextmanager
def told_plainly() -> Iterator[None]:
    """Make a RunbookError of whatever AWS or the way to it refuses."""
    try:
        yield
    except ClientError as refusal:
        error = refusal.response["Error"]
        said = error.get("Message", error["Code"]).rstrip(".")
        raise RunbookError(f"AWS refused {refusal.operation_name}: {said}.") from refusal
    except BotoCoreError as problem:
        raise RunbookError(str(problem)) from problem


class Runbook:
    """The runbook of one workload.

    Args:
        name: Of the workload.
        region: The recovery Region.
        states: Of Step Functions there.
        dynamodb: Of DynamoDB there.
        machine_arn: Of the state machine.
        caller: Whose credentials these are.
    """

    def __init__(
        self, name: str, region: str, *, states: SFNClient, dynamodb: DynamoDBClient, machine_arn: str, caller: str
    ) -> None:
        self.name = name
        self.caller = caller
        self.region = region
        self._states = states
        self._dynamodb = dynamodb
        self._machine_arn = machine_arn
        self._table = f"{name}-recovery-state"

    @classmethod
    def of(cls, name: str, region: str) -> Runbook:
        """With the credentials of the environment."""
        caller = boto3.client("sts", region_name=region).get_caller_identity()
        partition = caller["Arn"].split(":")[1]
        return cls(
            name,
            region,
            states=boto3.client("stepfunctions", region_name=region),
            dynamodb=boto3.client("dynamodb", region_name=region),
            machine_arn=f"arn:{partition}:states:{region}:{caller['Account']}:stateMachine:{name}-recovery-runbook",
            caller=caller["Arn"],
        )

    def start(self, mode: Mode, *, forced: bool = False, reason: str = "") -> str:
        """Start a run, which goes on by itself; its name.

        Raises:
            RunbookError: There is no such runbook.
        """
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = f"{mode}-{now}-{uuid.uuid4().hex[:_NAME_SUFFIX]}"
        try:
            self._states.start_execution(
                stateMachineArn=self._machine_arn,
                name=name,
                input=json.dumps({"mode": mode, "forced": forced, "reason": reason}),
            )
        except self._states.exceptions.StateMachineDoesNotExist as missing:
            raise RunbookError(
                f"There is no runbook {self.name}-recovery-runbook in {self.region}: give the workload's name and its "
                "recovery Region, to which its stack has been deployed."
            ) from missing
        return name

    def follow(self, execution: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[RunReport]:
        """What a run has done, whenever there is something new, the end included.

        Raises:
            RunbookError: It has ended without a word of its own.
        """
        last: RunReport | None = None
        while True:
            # Asked for first: what is written before its end is then read for certain.
            found = self._states.describe_execution(executionArn=self._execution_arn(execution))
            ended = found["status"] != "RUNNING"
            report = self._ended(execution, found) if ended else self.report(execution)
            if report is not None and report != last:
                yield report
                last = report
            if ended:
                return
            sleep(LOOK_SECONDS)

    def report(self, execution: str) -> RunReport | None:
        """What a run has done so far; ``None``: it has written nothing yet."""
        item = self._item(f"run#{execution}")
        return None if item is None else report_of(execution, item)

    def situation(self) -> Situation:
        """How things are."""
        serving = self._item("serving") or {}
        endpoints = {role: (self._item(f"endpoint#{role}") or {}).get("url", "") for role in ("primary", "recovery")}
        last = {mode: self._last(mode) for mode in Mode}
        return Situation(
            serving=str(serving.get("role", "primary")),
            since=str(serving.get("since", "")),
            endpoints=endpoints,
            lock=self.lock(),
            last={mode: report for mode, report in last.items() if report is not None},
        )

    def lock(self) -> Lock | None:
        """The run that may change something; ``None``: there is none."""
        item = self._item("run")
        if item is None:
            return None
        return Lock(
            execution=item["execution"],
            mode=item["mode"],
            since=item["since"],
            under_way=self._is_under_way(item["execution"]),
        )

    def approve(self, *, by: str | None = None, refused: bool = False, reason: str = "") -> str:
        """Let the run go on that waits for it, or end it; its name.

        Args:
            by: Who decides. Default: whose credentials these are.
            refused: Whether it must not go on.
            reason: Why.

        Raises:
            RunbookError: None waits.
        """
        lock = self.lock()
        item = self._item(f"run#{lock.execution}") if lock else None
        approval = (item or {}).get("approval") or {}
        if lock is None or not approval.get("token"):
            raise RunbookError(f"No run of {self.name} waits to be approved.")
        told = f"{'refused' if refused else 'approved'} by {by or self.caller}" + (f": {reason}" if reason else "")
        try:
            if refused:
                self._states.send_task_failure(taskToken=approval["token"], error="Refused", cause=told)
            else:
                self._states.send_task_success(taskToken=approval["token"], output=json.dumps({"reason": told}))
        except (self._states.exceptions.TaskTimedOut, self._states.exceptions.TaskDoesNotExist) as gone:
            raise RunbookError(f"{lock.execution} does not wait any more.") from gone
        return lock.execution

    def abandon(self) -> str:
        """Give back the lock of a run that has ended without doing so; its name.

        Raises:
            RunbookError: There is no lock, or its run is under way.
        """
        lock = self.lock()
        if lock is None:
            raise RunbookError(f"No run of {self.name} holds the lock: there is nothing to give back.")
        if lock.under_way:
            raise RunbookError(
                f"{lock.execution} is under way since {lock.since}: wait for its end, or stop it (aws stepfunctions "
                f"stop-execution --region {self.region} --execution-arn {self._execution_arn(lock.execution)})."
            )
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key={"item": {"S": "run"}},
                ConditionExpression="execution = :execution",
                ExpressionAttributeValues={":execution": {"S": lock.execution}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as changed:
            raise RunbookError("Another run has taken the lock meanwhile.") from changed
        return lock.execution

    def _last(self, mode: Mode) -> RunReport | None:
        named = (self._item(f"run#last {mode}") or {}).get("execution")
        return self.report(named) if isinstance(named, str) else None

    def _ended(self, execution: str, found: Any) -> RunReport:
        """Of a run that has ended: what it told at its end, or else what is written of it."""
        for told in (found.get("output"), found.get("cause")):
            result = from_text(told)
            if "outcome" in result and "steps" in result:
                return report_of(execution, result)
        report = self.report(execution)
        if report is None or report.outcome == RUNNING:
            why = found.get("cause") or found.get("error") or "nobody knows why"
            raise RunbookError(f"{execution} has ended ({found['status']}): {why}")
        return report

    def _is_under_way(self, execution: str) -> bool:
        try:
            found = self._states.describe_execution(executionArn=self._execution_arn(execution))
        except self._states.exceptions.ExecutionDoesNotExist:
            return False
        return found["status"] in {"RUNNING", "PENDING_REDRIVE"}

    def _execution_arn(self, execution: str) -> str:
        return f"{self._machine_arn.replace(':stateMachine:', ':execution:')}:{execution}"

    def _item(self, key: str) -> Json | None:
        try:
            found = self._dynamodb.get_item(TableName=self._table, Key={"item": {"S": key}}, ConsistentRead=True)
        except self._dynamodb.exceptions.ResourceNotFoundException as missing:
            raise RunbookError(
                f"There is no table {self._table} in {self.region}: give the workload's name and its recovery Region."
            ) from missing
        item = found.get("Item")
        return None if item is None else {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
