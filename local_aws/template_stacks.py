"""Stacks made straight from templates, without the CDK: a second instead of twenty."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_aws.embedded import EmbeddedAws

_DEADLINE_SECONDS = 60
_POLL_SECONDS = 0.05

Template = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TemplateStack:
    """A stack and what it left in CloudFormation."""

    aws: EmbeddedAws
    id: str

    def update(self, template: Template) -> str:
        """Change it; the status it ends in."""
        self.aws.client("cloudformation").update_stack(
            StackName=self.id, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        return self.settled()

    def delete(self) -> str:
        """Delete it; the status it ends in."""
        self.aws.client("cloudformation").delete_stack(StackName=self.id)
        return self.settled()

    def settled(self) -> str:
        """Its status once CloudFormation is done with it."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while time.monotonic() < deadline:
            status = self._describe()
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(_POLL_SECONDS)
        raise TimeoutError(f"{self.id} is still {status}")

    def physical_id(self, logical_id: str) -> str:
        """What ``Ref`` gives."""
        found = self.aws.client("cloudformation").describe_stack_resource(
            StackName=self.id, LogicalResourceId=logical_id
        )
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def outputs(self) -> dict[str, str]:
        """Its outputs."""
        stack = self.aws.client("cloudformation").describe_stacks(StackName=self.id)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def failures(self) -> list[str]:
        """Why its resources failed, in CloudFormation's words."""
        events = self.aws.client("cloudformation").describe_stack_events(StackName=self.id)["StackEvents"]
        return [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        ]

    def _describe(self) -> str:
        return self.aws.client("cloudformation").describe_stacks(StackName=self.id)["Stacks"][0]["StackStatus"]


def create_stack(aws: EmbeddedAws, name: str, template: Template) -> TemplateStack:
    """Create a stack and wait until CloudFormation is done with it, well or not."""
    answer = aws.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    stack = TemplateStack(aws, answer["StackId"])
    stack.settled()
    return stack


CreateStack = Callable[[EmbeddedAws, str, Template], TemplateStack]
