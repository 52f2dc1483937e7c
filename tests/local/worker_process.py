"""The worker program as a process of its own beside the embedded AWS, and queues for it to work on."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tests.local.programs import DEADLINE_SECONDS, eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from local_aws.embedded import EmbeddedAws

_TESTS = Path(__file__).parent
_SOURCES = _TESTS.parents[1] / "lambda_src"


class WorkerProcess:
    """``python -m queue_worker``, or another program. What it writes is read as it comes."""

    def __init__(
        self,
        aws: EmbeddedAws,
        queue_url: str,
        job: str,
        settings: Mapping[str, str],
        program: Sequence[str] = ("-m", "queue_worker"),
    ) -> None:
        self._lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *program],
            cwd=_SOURCES,
            env={
                **aws.environment,
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(_TESTS),
                "QUEUE_URL": queue_url,
                "JOB": job,
                "HEALTH_PORT": "0",
                "RECEIVE_WAIT_SECONDS": "1",
                "POWERTOOLS_SERVICE_NAME": "media",
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own, so that nothing of it outlives the test.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self._lines)

    def records(self, message: str) -> list[dict[str, Any]]:
        """The lines of the log that say this."""
        found = [json.loads(line) for line in list(self._lines) if line.startswith("{")]
        return [record for record in found if record.get("message") == message]

    def metrics(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self._lines) if line.startswith("{") and '"_aws"' in line]

    def logged(self, message: str) -> dict[str, Any]:
        """The last such line, waiting for one."""
        self.eventually(lambda: bool(self.records(message)), f"{message!r} in the log")
        return self.records(message)[-1]

    def ready(self) -> WorkerProcess:
        self.logged("working")
        return self

    def eventually(self, look: Callable[[], bool], what: str) -> None:
        try:
            eventually(look, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output}") from None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill_all(self) -> None:
        """The worker and all its processes, at once: what a power cut does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.exit_code()

    def is_gone(self) -> bool:
        """Whether nothing of it is left, its jobs' processes included."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def exit_code(self) -> int:
        code = self.process.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        return code

    def ends(self) -> int:
        self.signal(signal.SIGTERM)
        return self.exit_code()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.logged("working")["health_port"], timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        finally:
            connection.close()


class HasUrl(Protocol):
    """A queue to work on."""

    url: str


class TestQueue:
    """A queue of a test's own, with its dead letters."""

    __test__ = False

    def __init__(
        self, sqs: SQSClient, *, visibility_seconds: int = 60, max_receive_count: int = 3, fifo: bool = False
    ) -> None:
        self.sqs = sqs
        name, suffix = f"q-{uuid.uuid4().hex[:12]}", ".fifo" if fifo else ""
        kind: dict[QueueAttributeNameType, str] = {"FifoQueue": "true"} if fifo else {}
        self.dead_letters = sqs.create_queue(QueueName=f"{name}-dead{suffix}", Attributes=kind)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.dead_letters, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": max_receive_count}
        self.url = sqs.create_queue(
            QueueName=f"{name}{suffix}",
            Attributes={"VisibilityTimeout": str(visibility_seconds), "RedrivePolicy": json.dumps(redrive), **kind},
        )["QueueUrl"]
        self.arn = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def send(self, *bodies: object, group: str | None = None) -> None:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        for start in range(0, len(texts), 10):
            entries: list[Any] = [
                {"Id": str(number), "MessageBody": text} for number, text in enumerate(texts[start : start + 10])
            ]
            for entry in entries:
                if group is not None:
                    entry |= {"MessageGroupId": group, "MessageDeduplicationId": uuid.uuid4().hex}
            assert not self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed")

    def depth(self) -> tuple[int, int]:
        """Visible and hidden messages."""
        found = self.sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])

    def empty(self) -> bool:
        return self.depth() == (0, 0)

    def receive(self) -> list[MessageTypeDef]:
        """What can be had at this moment; hidden afterwards."""
        found: list[MessageTypeDef] = []
        while more := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            found += more
        return found

    def buried(self) -> list[MessageTypeDef]:
        """All dead letters; taken out."""
        found: list[MessageTypeDef] = []
        while more := self.sqs.receive_message(
            QueueUrl=self.dead_letters,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages"):
            found += more
            for message in more:
                self.sqs.delete_message(QueueUrl=self.dead_letters, ReceiptHandle=message["ReceiptHandle"])
        return found

    def delete(self) -> None:
        for url in (self.url, self.dead_letters):
            self.sqs.delete_queue(QueueUrl=url)


def reason(letter: MessageTypeDef) -> str | None:
    """Why a dead letter says that it is one."""
    attributes = letter.get("MessageAttributes", {})
    return attributes["DeadLetterReason"].get("StringValue") if "DeadLetterReason" in attributes else None


class Journal:
    """What ``worker_jobs`` did."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _names(self, event: str) -> list[str]:
        found = [path.name.split() for path in self.folder.iterdir()]
        return [parts[1] for parts in sorted(found, key=lambda parts: parts[2]) if parts[0] == event]

    def begun(self) -> list[str]:
        return self._names("begin")

    def ended(self) -> list[str]:
        return self._names("end")

    def mend(self, *names: str) -> None:
        """Let jobs succeed that fail until then."""
        for name in names:
            (self.folder / f"mended {name} 0").touch()


@contextmanager
def workers(aws: EmbeddedAws) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts workers; whatever is left of them is ended with the block."""
    started: list[WorkerProcess] = []

    def start(
        queue: HasUrl,
        job: str = "worker_jobs:make",
        program: Sequence[str] = ("-m", "queue_worker"),
        **settings: object,
    ) -> WorkerProcess:
        texts = {name.upper(): str(value) for name, value in settings.items()}
        started.append(WorkerProcess(aws, queue.url, job, texts, program))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.kill_all()
