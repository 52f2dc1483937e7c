"""One run, as its steps see it: what is asked for, what was done, and everything they may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from recovery_runbook.gateway import Answer, Aws
from recovery_runbook.logic import Asked, Json
from recovery_runbook.report import Report
from recovery_state.gateway import StateTable
from recovery_state.logic import Role, run_item


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a function is deployed with, as far as it needs it.

    Attributes:
        partition: Of the account: aws, aws-cn, aws-us-gov.
        account: The account.
        machine_arn: Of the runbook.
        topic_arn: Told of ends and of what has to be approved. Default: nobody is told.
        backup_role_arn: With which AWS Backup works. Default: nothing is restored.
    """

    partition: str
    account: str
    machine_arn: str
    topic_arn: str | None = None
    backup_role_arn: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run under way.

    Attributes:
        asked: What this call is about.
        report: What has been done.
        state: The state table.
        aws: AWS in both Regions.
        ask: Asks an address of the workload.
        publish: Publishes a metric: its name, unit, value and dimensions.
        settings: Of this function.
        now: The time.
    """

    asked: Asked
    report: Report
    state: StateTable
    aws: Aws
    ask: Callable[[str], Answer]
    publish: Callable[[str, str, float, Mapping[str, str]], None]
    settings: Settings
    now: Callable[[], datetime]

    @property
    def plan(self) -> Json:
        """What the runbook acts on."""
        return self.asked.plan

    def region(self, role: Role) -> str:
        """The Region of a role."""
        return self.asked.regions[role]

    def call(self, service: str, role: Role, operation: str, **parameters: object) -> Json:
        """A call in the Region of a role. Raises AwsError and LostError."""
        return self.aws.call(service, self.region(role), operation, **parameters)

    def note(self, **facts: object) -> None:
        """Write down what later steps and runs must know, before anything else happens."""
        self.report.facts.update(facts)
        self.save()

    def save(self) -> None:
        """Write the report into the state."""
        self.state.write_run(self.asked.execution, self.report.values)

    def arn(self, service: str, role: Role, resource: str) -> str:
        """Of something of this account in the Region of a role."""
        return f"arn:{self.settings.partition}:{service}:{self.region(role)}:{self.settings.account}:{resource}"


def last_item(mode: str) -> str:
    """Where the last run of a mode is named. No execution's name holds a blank."""
    return run_item(f"last {mode}")
