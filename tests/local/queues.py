"""What is in the queues of a deployed stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from local_aws.embedded import EmbeddedAws

_ENDS = ("QueueUrl", "DeadLetterQueueUrl", "UndeliveredQueueUrl")


class Queues(NamedTuple):
    """The queues that a stack's outputs name ``<who>QueueUrl``, ``<who>DeadLetterQueueUrl``, ``<who>Undelivered...``.

    Attributes:
        aws: Where the stack is.
        outputs: The stack's.
    """

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    def take(self, who: str, which: str = "QueueUrl", *, delete: bool = True) -> list[MessageTypeDef]:
        """Every message that is given out, in this order."""
        sqs, url = self.aws.client("sqs"), self.outputs[f"{who}{which}"]
        found: list[MessageTypeDef] = []
        while messages := sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages"):
            found += messages
            for message in messages if delete else ():
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def bodies(self, who: str, which: str = "QueueUrl") -> list[str]:
        """What the messages say."""
        return [message["Body"] for message in self.take(who, which)]

    def empty(self) -> None:
        """Throw away whatever waits anywhere."""
        for name in self.outputs:
            if name.endswith(_ENDS):
                self.take(name.removesuffix("QueueUrl"))

    @contextmanager
    def closed(self, who: str) -> Iterator[None]:
        """Somebody takes the queue's policy away, and gives it back."""
        sqs, url = self.aws.client("sqs"), self.outputs[f"{who}QueueUrl"]
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        try:
            yield
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def send_again(self, who: str) -> set[str]:
        """What an operator does with undelivered messages when the queue takes them again; why they were."""
        sqs, url = self.aws.client("sqs"), self.outputs[f"{who}QueueUrl"]
        reasons = set()
        for message in self.take(who, "UndeliveredQueueUrl"):
            said = message["MessageAttributes"]
            reasons.add((said.get("ErrorCode") or said["ERROR_CODE"])["StringValue"])
            if url.endswith(".fifo"):
                order = message["Attributes"]
                sqs.send_message(
                    QueueUrl=url,
                    MessageBody=message["Body"],
                    MessageGroupId=order["MessageGroupId"],
                    MessageDeduplicationId=order["MessageDeduplicationId"],
                )
            else:
                sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
        return reasons

    def left(self) -> set[str]:
        """Queues of the stack that there still are."""
        urls = set(self.aws.client("sqs").list_queues().get("QueueUrls", []))
        return urls & {url for name, url in self.outputs.items() if name.endswith(_ENDS)}


def fields_of(bodies: Iterable[str], field: str) -> Sequence[object]:
    """One field of each body."""
    return [json.loads(body)[field] for body in bodies]
