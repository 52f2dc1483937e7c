"""One deployed Pet Cuddle-O-Tron, as its visitors and its operator use it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws, Response
    from local_aws.inbox import Message

SENDER = "whiskers@example.org"
EMAIL = "pet.owner@example.net"
PHONE = "+447700900123"
# The throttle has a test of its own and would only slow down the others.
SETTINGS = {"sender": SENDER, "removal_policy": "destroy", "throttle_rate": "1000", "throttle_burst": "1000"}
DEADLINE_SECONDS = 90

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """What ``look`` finds, within a deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"within {DEADLINE_SECONDS} s: no {what}")


class Cuddles:
    """One deployed Pet Cuddle-O-Tron, as a visitor and as its operator see it."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws = aws
        aws.verify_sender(SENDER)
        self.outputs = aws.deploy("PetCuddleOTron", context=SETTINGS)
        self._messages = 0

    def new_message(self) -> str:
        """A text of its own for each test, so that tests sharing the deployment don't see each other's mail."""
        self._messages += 1
        return f"Cuddle number {self._messages}, please"

    def order(self, headers: dict[str, str] | None, **fields: object) -> Response:
        body = json.dumps({"waitSeconds": "1", **fields})
        return self.aws.http(
            "POST", self.outputs["ApiUrl"], body=body, headers={"Content-Type": "application/json", **(headers or {})}
        )

    def accepted(self, **fields: object) -> str:
        reply = self.order(None, **fields)
        assert reply.status == 200, reply.text
        return str(reply.json()["ExecutionId"])

    def follow(self, execution_id: str) -> Response:
        return self.aws.http("GET", f"{self.outputs['ApiUrl']}/{execution_id}")

    def status(self, execution_id: str) -> dict[str, Any]:
        reply = self.follow(execution_id)
        assert reply.status == 200, reply.text
        return dict(reply.json())

    def ended(self, execution_id: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            status = self.status(execution_id)
            return status if status["State"] in {"sent", "failed"} else None

        return eventually(look, "end of the reminder")

    def received(self, message: str) -> list[Message]:
        return [found for found in self.aws.inbox() if message in found.text]

    def kept(self, message: str) -> list[dict[str, Any]]:
        """Dead letters of the reminder with this message, which are taken from the queue."""
        sqs = self.aws.client("sqs")
        found = []
        reply = sqs.receive_message(QueueUrl=self.outputs["DeadLetterQueueUrl"], MaxNumberOfMessages=10)
        for letter in reply.get("Messages", []):
            body = json.loads(letter["Body"])
            if body["reminder"]["message"] == message:
                found.append(body)
                sqs.delete_message(QueueUrl=self.outputs["DeadLetterQueueUrl"], ReceiptHandle=letter["ReceiptHandle"])
        return found

    def executions(self) -> int:
        machine = self.outputs["StateMachineArn"]
        pages = self.aws.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=machine)
        return sum(len(page["executions"]) for page in pages)

    def destroy(self) -> None:
        self.aws.destroy("PetCuddleOTron", context=SETTINGS)
