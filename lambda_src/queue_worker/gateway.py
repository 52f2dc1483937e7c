"""SQS, the processes that jobs run in, and the host: all that a worker has to do with the world outside."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from queue_worker.children import Child, Process, serve
from queue_worker.holding import Answer
from queue_worker.job import Message
from queue_worker.logic import Bury, CallError, QueueTerms, Received, epitaph
from queue_worker.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef, MessageTypeDef

_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 4})
_NOT_OURS = frozenset({"ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight"})
_ASKING_SECONDS = 2.0
_LONGEST_ANSWER = 65_536


class SqsQueue:
    """The queue that messages come from."""

    def __init__(self, sqs: SQSClient, url: str, terms: QueueTerms, *, wait_seconds: int) -> None:
        self._sqs = sqs
        self._url = url
        self._wait = wait_seconds
        self._fifo = url.endswith(".fifo")
        self.terms = terms

    @classmethod
    def connect(cls, settings: Settings) -> SqsQueue:
        """Ask the queue for its terms."""
        config = Config(
            connect_timeout=5,
            read_timeout=settings.receive_wait_seconds + 10,
            # Each job may be burying, besides the threads that receive, hide and settle.
            max_pool_connections=settings.concurrency + 4,
        )
        try:
            sqs = boto3.session.Session().client("sqs", config=_PATIENT.merge(config))
            terms = _terms(sqs, settings.queue_url)
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None
        return cls(sqs, settings.queue_url, terms, wait_seconds=settings.receive_wait_seconds)

    def receive(self, most: int) -> list[Received]:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=self._wait,
                VisibilityTimeout=self.terms.visibility_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "MessageGroupId"],
                MessageAttributeNames=["All"],
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None
        return [as_received(message, fifo=self._fifo) for message in answer.get("Messages", [])]

    def hide(self, receipts: Sequence[tuple[str, int]]) -> Answer:
        try:
            answer = self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                    for number, (receipt, seconds) in enumerate(receipts)
                ],
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None
        return _answer([receipt for receipt, _ in receipts], answer.get("Failed", []))

    def delete(self, receipts: Sequence[str]) -> Answer:
        try:
            answer = self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(receipts)],
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None
        return _answer(receipts, answer.get("Failed", []))

    def bury(self, received: Received, buried: Bury) -> None:
        message = received.message
        # Of a FIFO queue: what is buried twice, because this worker died in between, arrives once.
        fifo = {"MessageGroupId": message.group, "MessageDeduplicationId": message.id} if message.group else {}
        try:
            self._sqs.send_message(
                QueueUrl=self.terms.dead_letters or "",
                MessageBody=message.body,
                MessageAttributes=cast("Any", epitaph(buried, received)),
                **cast("Any", fifo),
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None


def _terms(sqs: SQSClient, url: str) -> QueueTerms:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout", "RedrivePolicy"])[
        "Attributes"
    ]
    # A queue that hides nothing would hand out every message at once again.
    visibility = max(int(attributes["VisibilityTimeout"]), 1)
    if "RedrivePolicy" not in attributes:
        return QueueTerms(visibility_seconds=visibility)
    redrive = json.loads(attributes["RedrivePolicy"])
    *_, account, name = redrive["deadLetterTargetArn"].split(":")
    return QueueTerms(
        visibility_seconds=visibility,
        max_receive_count=int(redrive["maxReceiveCount"]),
        dead_letters=sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"],
    )


def as_received(message: MessageTypeDef, *, fifo: bool) -> Received:
    """A message as SQS gives it."""
    system = message.get("Attributes", {})
    raw = message.get("MessageAttributes", {})
    return Received(
        message=Message(
            id=message["MessageId"],
            body=message["Body"],
            attributes={name: value["StringValue"] for name, value in raw.items() if "StringValue" in value},
            receive_count=int(system.get("ApproximateReceiveCount", "1")),
            # A standard queue's groups are about fairness; their messages have no order.
            group=system.get("MessageGroupId") if fifo else None,
        ),
        receipt=message["ReceiptHandle"],
        raw_attributes=dict(raw),
    )


def _answer(receipts: Sequence[str], refused: Iterable[BatchResultErrorEntryTypeDef]) -> Answer:
    codes = {receipts[int(each["Id"])]: each["Code"].rpartition(".")[2] for each in refused}
    lost = frozenset(receipt for receipt, code in codes.items() if code in _NOT_OURS)
    return Answer(failed=frozenset(codes) - lost, lost=lost)


def _call_error(error: ClientError | BotoCoreError) -> CallError:
    return CallError(error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__)


def children(entry: str, count: int) -> list[Child]:
    """Processes for jobs, not started yet."""
    # Not forked from this process, whose threads hold locks; forked from one without threads, which has loaded the
    # job's module already: that is quick, and what is loaded is shared.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["queue_worker.children", entry.partition(":")[0]])

    def spawn() -> tuple[Process, Connection]:
        ours, theirs = context.Pipe()
        process = context.Process(target=_child, args=(theirs, entry), daemon=True)
        process.start()
        theirs.close()
        return process, ours

    return [Child(spawn) for _ in range(count)]


def _child(connection: Connection, entry: str) -> None:
    # A service manager or a terminal may signal the whole group; when to end is for the worker to say.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    serve(connection, entry, os.environ)


def ask(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> tuple[int, str]:
    """A request to this machine's own services; status 0 when nobody answers."""
    # Not urllib: a proxy in the environment must not be asked about this machine.
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_ASKING_SECONDS)
    try:
        connection.request(method, address.path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(_LONGEST_ANSWER).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


class AutoScalingGroup:
    """The group that an instance belongs to."""

    def __init__(self, autoscaling: AutoScalingClient, instance: str) -> None:
        self._autoscaling = autoscaling
        self._instance = instance
        self._name: str | None = None

    @classmethod
    def of(cls, instance: str, region: str) -> AutoScalingGroup:
        """The one of this instance. Nothing is asked yet."""
        config = _PATIENT.merge(Config(connect_timeout=2, read_timeout=5))
        return cls(boto3.session.Session().client("autoscaling", region_name=region, config=config), instance)

    def protect(self, protected: bool) -> None:
        """Whether scaling in may choose the instance."""
        try:
            self._autoscaling.set_instance_protection(
                InstanceIds=[self._instance], AutoScalingGroupName=self._group(), ProtectedFromScaleIn=protected
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None

    def release(self, hook: str) -> None:
        """Let the instance be terminated, which waits for that."""
        try:
            self._autoscaling.complete_lifecycle_action(
                LifecycleHookName=hook,
                AutoScalingGroupName=self._group(),
                InstanceId=self._instance,
                LifecycleActionResult="CONTINUE",
            )
        except (ClientError, BotoCoreError) as error:
            raise _call_error(error) from None

    def _group(self) -> str:
        if self._name is None:
            found = self._autoscaling.describe_auto_scaling_instances(InstanceIds=[self._instance])
            if not found["AutoScalingInstances"]:
                raise CallError("NotInAGroup")
            self._name = found["AutoScalingInstances"][0]["AutoScalingGroupName"]
        return self._name
