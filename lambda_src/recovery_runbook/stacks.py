"""Lets a stack have other parameters: its own template, in its own Region, with what was deployed long ago."""

from __future__ import annotations

from collections.abc import Mapping

from recovery_runbook.gateway import AwsError
from recovery_runbook.logic import Json, Progress, StepFailedError, skipped, waiting
from recovery_runbook.run import Run
from recovery_state.logic import Role

RUNNING = "WorkloadRunning"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


def restored_parameter(id: str) -> str:
    """The parameter that holds the name of a table."""
    return f"Restored{id}Name"


def described(run: Run, role: Role) -> Json:
    """The workload's stack in a Region."""
    stack: Json = run.call("cloudformation", role, "describe_stacks", StackName=run.plan[f"{role}_stack"])["Stacks"][0]
    return stack


def parameters(stack: Json) -> dict[str, str]:
    """Of a stack, by name."""
    return {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}


def update(run: Run, role: Role, wanted: Mapping[str, str]) -> Progress:
    """Until the stack has these parameters, besides those that it has.

    Raises:
        StepFailedError: It has no such parameters, or CloudFormation has gone back to what was before.
    """
    stack = described(run, role)
    name, status, known = run.plan[f"{role}_stack"], stack["StackStatus"], parameters(stack)
    if missing := [key for key in wanted if key not in known]:
        raise StepFailedError(f"stack {name} has no parameters {', '.join(missing)}")
    if status.endswith("_IN_PROGRESS"):
        return waiting(f"stack {name} is {status}")
    fact = f"update of {name} to {sorted(wanted.items())}"
    asked = bool(run.report.facts.get(fact))
    # After a rollback they are what they were before; CloudFormation refuses an update that changes nothing.
    if status.endswith("_COMPLETE") and all(known[key] == value for key, value in wanted.items()):
        return Progress(reason=f"stack {name} is {status}") if asked else skipped(f"stack {name} is so already")
    if asked:
        raise StepFailedError(f"stack {name} is {status}: {_why(run, role, name)}")
    run.call(
        "cloudformation",
        role,
        "update_stack",
        StackName=name,
        UsePreviousTemplate=True,
        Capabilities=_CAPABILITIES,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": wanted[key]}
            if key in wanted
            else {"ParameterKey": key, "UsePreviousValue": True}
            for key in known
        ],
    )
    # Noted when it is under way: asked for twice, it is refused while it is.
    run.note(**{fact: True})
    return waiting(f"stack {name} is being updated")


def _why(run: Run, role: Role, name: str) -> str:
    """The first failure of the last update, in CloudFormation's words."""
    try:
        events = run.call("cloudformation", role, "describe_stack_events", StackName=name)["StackEvents"]
    except AwsError as error:
        return str(error)
    reasons: list[str] = []
    for event in events:
        if event["LogicalResourceId"] == name and event.get("ResourceStatus") == "UPDATE_IN_PROGRESS":
            break
        if event.get("ResourceStatus", "").endswith("_FAILED"):
            reasons.append(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}")
    return reasons[-1] if reasons else "see its events"
