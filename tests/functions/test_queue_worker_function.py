"""The worker's jobs as a function of Lambda: only what was not done comes back, and what can't be done says why."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from queue_worker import function
from queue_worker.function import do
from queue_worker.handler import Reporter
from queue_worker.holding import Answer
from queue_worker.job import Facts, Message, RefusedError
from queue_worker.logic import Bury, CallError, QueueTerms, Received

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
TERMS = QueueTerms(visibility_seconds=180, max_receive_count=3, dead_letters="https://dead")
PLENTY_SECONDS = 600.0


@dataclass
class FakeQueue:
    """What it is asked to do."""

    buried: dict[str, Bury] = field(default_factory=dict)
    letters: list[Received] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)
    refuses: tuple[str, ...] = ()

    def hide(self, receipts: Sequence[tuple[str, int]]) -> Answer:
        assert len(receipts) <= 10
        if "hide" in self.refuses:
            raise CallError("Throttled")
        self.hidden.update(receipts)
        return Answer()

    def bury(self, received: Received, buried: Bury) -> None:
        if "bury" in self.refuses:
            raise CallError("AccessDenied")
        self.letters.append(received)
        self.buried[received.message.id] = buried


def record(id: str, *, attempt: int = 1, group: str = "", attributes: object = None) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    return {
        "messageId": id,
        "receiptHandle": f"receipt {id}",
        "body": f"do {id}",
        "attributes": {"ApproximateReceiveCount": str(attempt), **({"MessageGroupId": group} if group else {})},
        "messageAttributes": attributes or {},
        "eventSourceARN": f"{QUEUE}.fifo" if group else QUEUE,
    }


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


def job(message: Message) -> Facts | None:
    """Does what the message's id says."""
    if message.id.startswith("refused"):
        raise RefusedError("not-wanted")
    if message.id.startswith("fails"):
        raise ValueError("secret")
    return {"letters": len(message.body)}


def done(queue: FakeQueue, *records: dict[str, Any], left: Iterator[float] | None = None) -> list[str]:
    times = left or iter([PLENTY_SECONDS] * 100)
    return do(records, job, queue=queue, terms=TERMS, reporter=Reporter(), left=lambda: next(times))


def test_what_is_done_does_not_come_back(queue: FakeQueue) -> None:
    assert done(queue, *(record(str(number)) for number in range(25))) == []
    assert (queue.hidden, queue.buried) == ({}, {})


def test_of_a_batch_only_what_failed_comes_back_and_not_at_once(queue: FakeQueue) -> None:
    assert done(queue, record("a"), record("fails"), record("fails again", attempt=2), record("b")) == [
        "fails",
        "fails again",
    ]
    assert queue.hidden == {"receipt fails": 1, "receipt fails again": 2}


def test_many_failures_are_returned_in_the_batches_that_sqs_takes(queue: FakeQueue) -> None:
    assert len(done(queue, *(record(f"fails {number}") for number in range(23)))) == 23
    assert len(queue.hidden) == 23


def test_what_can_not_be_done_is_buried_with_the_reason(queue: FakeQueue) -> None:
    assert done(queue, record("refused"), record("fails", attempt=3)) == []
    assert queue.buried["refused"] == Bury(reason="not-wanted")
    assert queue.buried["fails"].reason == "failed"
    assert queue.buried["fails"].detail.startswith("ValueError test_queue_worker_function.py:")


def test_what_can_not_be_buried_comes_back(queue: FakeQueue) -> None:
    queue.refuses = ("bury",)
    assert done(queue, record("refused", attempt=3)) == ["refused"]
    assert queue.hidden == {"receipt refused": 4}


def test_where_nothing_can_be_returned_at_once_it_comes_back_by_itself(
    queue: FakeQueue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.refuses = ("hide",)
    assert done(queue, record("fails")) == ["fails"]
    assert "could not return messages" in caplog.messages


def test_in_a_fifo_queue_a_group_waits_for_the_one_that_failed(queue: FakeQueue) -> None:
    back = done(
        queue,
        record("a1", group="a"),
        record("fails", group="a"),
        record("b1", group="b"),
        record("a2", group="a"),
        record("refused", group="b"),
        record("b2", group="b"),
    )
    assert back == ["fails", "a2"]
    assert queue.hidden == {"receipt fails": 1, "receipt a2": 0}
    assert list(queue.buried) == ["refused"]


def test_of_a_standard_queue_groups_are_about_fairness_only(queue: FakeQueue) -> None:
    unordered = [{**record(id, group="a"), "eventSourceARN": QUEUE} for id in ("fails", "a2")]
    assert done(queue, *unordered) == ["fails"]


@pytest.mark.parametrize(("left", "begun"), [([30, 30, 11, 9.9], 2), ([6, 6, 1.9, 1.9], 1)])
def test_what_there_is_no_time_for_comes_back_at_once(queue: FakeQueue, left: list[float], begun: int) -> None:
    ids = ["a", "b", "c"]
    assert done(queue, *map(record, ids), left=iter(left)) == ids[begun:]
    assert queue.hidden == {f"receipt {id}": 0 for id in ids[begun:]}


def test_attributes_arrive_and_go_with_the_dead_letter(queue: FakeQueue) -> None:
    seen: list[Message] = []

    def look(message: Message) -> None:
        seen.append(message)
        raise RefusedError("seen")

    sent = {
        "kind": {"stringValue": "film", "dataType": "String", "stringListValues": [], "binaryListValues": []},
        "data": {"binaryValue": base64.b64encode(b"\0\1").decode(), "dataType": "Binary"},
    }
    do(
        [record("a", attempt=2, attributes=sent)],
        look,
        queue=queue,
        terms=TERMS,
        reporter=Reporter(),
        left=lambda: PLENTY_SECONDS,
    )
    assert seen == [Message(id="a", body="do a", attributes={"kind": "film"}, receive_count=2)]
    assert queue.letters[0].raw_attributes == {
        "kind": {"DataType": "String", "StringValue": "film"},
        "data": {"DataType": "Binary", "BinaryValue": b"\0\1"},
    }


def test_the_log_counts_and_quotes_nothing(
    queue: FakeQueue, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    done(queue, record("a"), record("b"), record("fails"))
    out = capsys.readouterr().out
    metrics = [json.loads(line) for line in out.splitlines() if '"_aws"' in line]
    counts = {
        name: values for line in metrics for name, values in line.items() if name.startswith(("Messages", "Jobs"))
    }
    assert counts == {"MessagesDone": [2.0], "JobsFailed": [1.0]}
    assert "job failed" in caplog.messages
    assert not [record for record in caplog.records if "secret" in str(vars(record))]
    assert "secret" not in out


def make(_environment: object) -> object:
    """What ``JOB`` names in the test below."""
    return job


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def test_lambda_is_told_what_has_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("sqs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(client)
    redrive = json.dumps({"deadLetterTargetArn": f"{QUEUE}-dead", "maxReceiveCount": 3})
    stub.add_response("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "180", "RedrivePolicy": redrive}})
    stub.add_response("get_queue_url", {"QueueUrl": "https://dead"})
    done_so = {"Successful": [{"Id": "0"}], "Failed": []}
    entry = {"Id": "0", "ReceiptHandle": "receipt fails", "VisibilityTimeout": 1}
    stub.add_response("change_message_visibility_batch", done_so, {"QueueUrl": "https://q", "Entries": [entry]})

    class Session:
        def client(self, *_: object, **__: object) -> object:
            return client

    monkeypatch.setattr(boto3.session, "Session", Session)
    monkeypatch.setenv("QUEUE_URL", "https://q")
    monkeypatch.setenv("JOB", f"{__name__}:make")
    function._made.cache_clear()
    with stub:
        answer = function.handle({"Records": [record("a"), record("fails")]}, Context())
    function._made.cache_clear()
    assert answer == {"batchItemFailures": [{"itemIdentifier": "fails"}]}
    stub.assert_no_pending_responses()
