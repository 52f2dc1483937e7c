"""The sample workload in two Regions, as its users, its operators and its bad days see it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aws_patterns.disaster_recovery.runbook.run_report import Mode, RunReport
from aws_patterns.disaster_recovery.runbook.runbook_client import Runbook
from local_aws.project import ACCOUNT, REGION
from recovery_state.gateway import StateTable
from recovery_state.logic import Role
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

AWAY = "us-west-2"
REGIONS = {Role.PRIMARY: REGION, Role.RECOVERY: AWAY}
FULL = 8
SETTINGS = {"concurrency": str(FULL), "removal_policy": "destroy"}
# By the stack: what its workload is called, and what of it runs in the recovery Region; None: nothing is there.
STRATEGIES: Mapping[str, tuple[str, int | None]] = {
    "DrBackupAndRestore": ("orders-backup", None),
    "DrPilotLight": ("orders-pilot", 0),
    "DrWarmStandby": ("orders-warm", 2),
    "DrMultiSite": ("orders-multi", FULL),
}
_READERS = 4
# The watch writes it each minute, drill or not.
_HEARTBEAT = "recovery-marker#heartbeat"
TEA = {"product": "tea", "quantity": 2}


@dataclass(frozen=True, slots=True)
class Orders:
    """One workload, deployed.

    Attributes:
        aws: Where.
        stack: Of the primary Region.
        name: Of the workload.
        standby: What runs in the recovery Region while the primary serves.
        acknowledged: When each order was, by its id.
        front_door: Where users call it.
    """

    aws: EmbeddedAws
    stack: str
    name: str
    standby: int | None
    acknowledged: dict[str, datetime] = field(default_factory=dict)
    front_door: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "front_door", self.output("ServiceUrl"))

    # --- What users see ---

    def ask(self, url: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Ask one Region's own API, or follow the front door to the one that serves."""
        text = None if body is None else json.dumps(body)
        answer = self.aws.http(method, f"{url}{path}", body=text)
        if answer.status == 307:
            answer = self.aws.http(method, answer.headers["location"], body=text)
        return answer.status, answer.json() if answer.text.startswith("{") else {}

    def try_order(self) -> str | None:
        """Write through the front door; the Region that acknowledges it, if one does."""
        id = f"{self.name}-{uuid4().hex[:12]}"
        status, told = self.ask(self.front_door, "PUT", f"/orders/{id}", TEA)
        if status != 200:
            return None
        self.acknowledged[id] = datetime.fromisoformat(told["order"]["writtenAt"])
        return str(told["region"])

    def order(self, count: int, region: str) -> list[str]:
        """So many orders, which that Region acknowledges."""
        before = set(self.acknowledged)
        assert {self.try_order() for _ in range(count)} == {region}
        return [id for id in self.acknowledged if id not in before]

    def lost(self, url: str | None = None) -> set[str]:
        """Of all that was ever acknowledged: what users do not find now, order and document, at the front door."""
        # A standby may have the capacity for few readers.
        with ThreadPoolExecutor(_READERS if url is None else 1) as readers:
            asked = {id: readers.submit(self._has, url or self.front_door, id) for id in self.acknowledged}
            return {id for id, found in asked.items() if not found.result()}

    def served_by(self) -> str:
        """The Region that users reach; the answer where nobody is served."""
        status, told = self.ask(self.front_door, "GET", "/health")
        return str(told["region"]) if status == 200 else f"{status} {told}"

    def in_use(self) -> AbstractContextManager[list[str | None]]:
        """Somebody orders all the time; the Regions that have answered, None for an order that was not taken."""
        return _all_the_time(self.try_order)

    def in_sight(self) -> AbstractContextManager[list[str | None]]:
        """Somebody looks all the time who serves, and changes nothing; the Regions that do, or what was answered.

        Once is no answer: on a busy machine a function's look at its table can take longer than it waits.
        """

        def look() -> str:
            found = self.served_by()
            return found if found in REGIONS.values() else self.served_by()

        return _all_the_time(look)

    def _has(self, url: str, id: str) -> bool:
        status, told = self.ask(url, "GET", f"/orders/{id}")
        return status == 200 and told["document"] is not None

    # --- What operators see ---

    def output(self, name: str) -> str:
        """Of the recovery Region's stack, which tells how all is called."""
        return self._outputs(AWAY, f"{self.stack}Recovery")[name]

    @property
    def primary_url(self) -> str:
        """Where the primary Region's own API is."""
        return self._outputs(REGION, self.stack)["PrimaryUrl"]

    def _outputs(self, region: str, stack: str) -> dict[str, str]:
        found = self.aws.clients_in(region)("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}

    def state(self) -> StateTable:
        """Of the recovery."""
        return StateTable(f"{self.name}-recovery-state", client=self.aws.clients_in(AWAY)("dynamodb"))

    @property
    def runbook(self) -> Runbook:
        """As the terminal command has it."""
        clients = self.aws.clients_in(AWAY)
        return Runbook(
            self.name,
            AWAY,
            states=clients("stepfunctions"),
            dynamodb=clients("dynamodb"),
            machine_arn=f"arn:aws:states:{AWAY}:{ACCOUNT}:stateMachine:{self.name}-recovery-runbook",
            caller="Ada",
        )

    def run(self, mode: Mode, *, forced: bool = False) -> RunReport:
        """A run, from its start to its end."""
        return self.ended(self.runbook.start(mode, forced=forced, reason="game day"))

    def ended(self, execution: str) -> RunReport:
        """What a run has come to."""
        *_, report = self.runbook.follow(execution, lambda _: time.sleep(0.1))
        return report

    def reaches(self, execution: str, *steps: str) -> None:
        """Wait until a run has begun one of these steps."""

        def begun() -> bool:
            report = self.runbook.report(execution)
            return report is not None and any(step.name in steps for step in report.steps)

        eventually(begun, f"{' or '.join(steps)} of {execution}")

    def look(self) -> None:
        """Let the watch look now, as it does every minute."""
        clients: Any = self.aws.clients_in(AWAY)
        for each in clients("scheduler").list_schedules()["Schedules"]:
            target = clients("scheduler").get_schedule(Name=each["Name"])["Target"]
            asked = json.loads(target.get("Input") or "{}")
            if "heartbeats" in asked and asked["plan"]["name"] == self.name:
                answer = clients("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"])
                assert "FunctionError" not in answer, answer["Payload"].read()
                return
        raise AssertionError(f"{self.name} has no watch")

    def concurrency(self) -> Mapping[Role, int | None]:
        """Of each Region's function; ``None``: there is none."""
        return {role: self._concurrency(region) for role, region in REGIONS.items()}

    def _concurrency(self, region: str) -> int | None:
        functions = self.aws.clients_in(region)("lambda")
        try:
            found = functions.get_function_concurrency(FunctionName=f"{self.name}-api")
        except functions.exceptions.ResourceNotFoundException:
            return None
        return found["ReservedConcurrentExecutions"]

    # --- What is kept ---

    def has_arrived(self) -> None:
        """Wait until the recovery Region has everything that was acknowledged, as far as it is copied as written."""
        documents, tables = self.aws.clients_in(AWAY)("s3"), self.aws.clients_in(AWAY)("dynamodb")
        bucket, table = f"{self.name}-documents-{ACCOUNT}-{AWAY}", f"{self.name}-orders"

        def all_there() -> bool:
            listed = documents.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="orders/")
            copied = {one["Key"].split("/")[1].partition(".")[0] for page in listed for one in page.get("Contents", [])}
            if self.standby is not None:
                pages = tables.get_paginator("scan").paginate(TableName=table)
                copied &= {item["id"]["S"] for page in pages for item in page["Items"]}
            return copied >= set(self.acknowledged)

        eventually(all_there, "copies of all orders")

    def back_up(self) -> None:
        """Let the plan's rules do now what they do at their times, and wait for the copies."""
        home = self.aws.client("backup")

        def copies() -> list[Any]:
            return [one for one in home.list_copy_jobs()["CopyJobs"] if one["CopyJobId"] not in known]

        known = {one["CopyJobId"] for one in home.list_copy_jobs()["CopyJobs"]}
        jobs = self.aws.run_backup_plan(self.name)
        assert jobs, f"the plan {self.name} selects nothing"
        over = {"COMPLETED", "FAILED"}
        eventually(
            lambda: len(copies()) == len(jobs) and all(one["State"] in over for one in copies()), "copies of backups"
        )
        assert [(one["State"], one.get("StatusMessage")) for one in copies()] == [("COMPLETED", None)] * len(jobs)

    def primary(self) -> dict[str, object]:
        """All that the primary Region has of it, but for what the watch writes there."""
        clients = self.aws.client
        tables = [name for name in clients("dynamodb").list_tables()["TableNames"] if name.startswith(self.name)]
        bucket = f"{self.name}-documents-{ACCOUNT}-{REGION}"
        stack = clients("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        items = {
            table: sorted(
                id
                for item in clients("dynamodb").scan(TableName=table)["Items"]
                if (id := item["id"]["S"]) != _HEARTBEAT
            )
            for table in tables
        }
        objects = clients("s3").list_object_versions(Bucket=bucket, Prefix="orders/")
        return {
            "tables": items,
            "objects": [(one["Key"], one["VersionId"]) for one in objects.get("Versions", [])],
            "functions": clients("lambda").get_function(FunctionName=f"{self.name}-api")["Configuration"]["RevisionId"],
            "concurrency": self._concurrency(REGION),
            "stack": (stack["StackStatus"], str(stack.get("LastUpdatedTime")), stack.get("Parameters")),
        }

    def as_before(self) -> None:
        """Whatever a test has left: both Regions are there, and the primary serves."""
        self.aws.reconnect()
        self.aws.clear_faults()
        if (lock := self.runbook.lock()) is not None:
            self.ended(lock.execution)
        if self.state().serving().role is Role.RECOVERY:
            assert self.run(Mode.FAILBACK).succeeded


@contextmanager
def _all_the_time(act: Callable[[], str | None]) -> Iterator[list[str | None]]:
    seen, over = list[str | None](), threading.Event()

    def go_on() -> None:
        while not over.is_set():
            seen.append(act())

    user = threading.Thread(target=go_on)
    user.start()
    try:
        yield seen
    finally:
        over.set()
        user.join()


def left_behind(aws: EmbeddedAws, name: str) -> dict[str, list[str]]:
    """What each Region still has of a workload."""
    found: dict[str, list[str]] = {}
    for region in REGIONS.values():
        clients = aws.clients_in(region)
        names = [
            *clients("dynamodb").list_tables()["TableNames"],
            *(bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"]),
            *(function["FunctionName"] for function in clients("lambda").list_functions()["Functions"]),
            *(machine["name"] for machine in clients("stepfunctions").list_state_machines()["stateMachines"]),
            *(vault["BackupVaultName"] for vault in clients("backup").list_backup_vaults()["BackupVaultList"]),
        ]
        found[region] = [one for one in names if one.startswith(f"{name}-")]
    return {region: names for region, names in found.items() if names}


def delete_restored(aws: EmbeddedAws, name: str) -> None:
    """What stays when its stacks go: tables that were restored are no stack's."""
    for region in REGIONS.values():
        tables = aws.clients_in(region)("dynamodb")
        for table in tables.list_tables()["TableNames"]:
            if table.startswith(f"{name}-orders-restored-"):
                tables.delete_table(TableName=table)
