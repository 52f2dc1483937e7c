"""What the operator's tool asks of SQS, and what it says."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from typer.testing import CliRunner, Result

from aws_patterns.messaging import __main__ as program
from aws_patterns.messaging import redrive, redrive_copies

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACCOUNT = "arn:aws:sqs:eu-west-1:111122223333"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/111122223333/Jobs"
LETTERS = "https://sqs.eu-west-1.amazonaws.com/111122223333/DeadLetters"
OTHER = "https://sqs.eu-west-1.amazonaws.com/111122223333/Other"
UNDELIVERED = "https://sqs.eu-west-1.amazonaws.com/111122223333/Undelivered"


class Script:
    """The calls that SQS expects, in their order, and its answers; others, and calls left out, are failures."""

    def __init__(self) -> None:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
        self.sqs: SQSClient = session.client("sqs")
        self.stubber = Stubber(self.sqs)
        self.stubber.activate()

    def answers(self, operation: str, request: dict[str, Any], answer: dict[str, Any] | None = None) -> None:
        self.stubber.add_response(operation, answer or {}, request)

    def looks(
        self,
        waiting: int = 0,
        held: int = 0,
        *,
        fifo: bool = False,
        task: dict[str, Any] | None = None,
        to: str = "",
        sources: tuple[str, ...] = ("Jobs",),
    ) -> None:
        end = ".fifo" if fifo else ""
        arn = f"{ACCOUNT}:DeadLetters{end}"
        self.answers(
            "get_queue_attributes",
            {"QueueUrl": f"{QUEUE}{end}", "AttributeNames": ["QueueArn", "RedrivePolicy"]},
            {
                "Attributes": {
                    "QueueArn": f"{ACCOUNT}:Jobs{end}",
                    "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3}),
                }
            },
        )
        self.answers(
            "get_queue_url",
            {"QueueName": f"DeadLetters{end}", "QueueOwnerAWSAccountId": "111122223333"},
            {"QueueUrl": f"{LETTERS}{end}"},
        )
        if to:
            self.is_told_the_arn_of(to)
        allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [f"{ACCOUNT}:{name}{end}" for name in sources]}
        self.counts(
            f"{LETTERS}{end}", waiting, held, **({"RedriveAllowPolicy": json.dumps(allowed)} if sources else {})
        )
        self.lists(task, arn)

    def looks_at_undelivered(self, waiting: int, to: str = QUEUE, end: str = "") -> None:
        self.answers(
            "get_queue_attributes",
            {"QueueUrl": f"{UNDELIVERED}{end}", "AttributeNames": ["QueueArn", "RedrivePolicy"]},
            {"Attributes": {"QueueArn": f"{ACCOUNT}:Undelivered{end}"}},
        )
        self.is_told_the_arn_of(to)
        denied = json.dumps({"redrivePermission": "denyAll"})
        self.counts(f"{UNDELIVERED}{end}", waiting, 0, RedriveAllowPolicy=denied)

    def is_told_the_arn_of(self, url: str) -> None:
        self.answers(
            "get_queue_attributes",
            {"QueueUrl": url, "AttributeNames": ["QueueArn"]},
            {"Attributes": {"QueueArn": f"{ACCOUNT}:{url.rpartition('/')[2]}"}},
        )

    def counts(self, url: str, waiting: int, held: int, **more: str) -> None:
        numbers = {
            "ApproximateNumberOfMessages": str(waiting),
            "ApproximateNumberOfMessagesNotVisible": str(held),
        }
        self.answers(
            "get_queue_attributes",
            {"QueueUrl": url, "AttributeNames": [*numbers, "RedriveAllowPolicy"]},
            {"Attributes": {**numbers, **more}},
        )

    def lists(self, task: dict[str, Any] | None, arn: str = f"{ACCOUNT}:DeadLetters") -> None:
        self.answers(
            "list_message_move_tasks", {"SourceArn": arn, "MaxResults": 1}, {"Results": [task] if task else []}
        )

    def starts(self, to: str | None = "Jobs", **rate: int) -> None:
        destination = {"DestinationArn": f"{ACCOUNT}:{to}"} if to else {}
        self.answers(
            "start_message_move_task",
            {"SourceArn": f"{ACCOUNT}:DeadLetters", **destination, **rate},
            {"TaskHandle": "handle"},
        )

    def receives(self, most: int, *messages: dict[str, Any], url: str = LETTERS) -> None:
        self.answers(
            "receive_message",
            {
                "QueueUrl": url,
                "MaxNumberOfMessages": most,
                "VisibilityTimeout": 60,
                "WaitTimeSeconds": 3,
                "MessageAttributeNames": ["All"],
                "MessageSystemAttributeNames": ["All"],
            },
            {"Messages": list(messages)} if messages else {},
        )

    def sends(self, *bodies: str, url: str = QUEUE, refused: tuple[int, ...] = (), **more: Any) -> None:
        entries = [
            {"Id": str(number), "MessageBody": body, "MessageAttributes": {}, **more}
            for number, body in enumerate(bodies)
        ]
        self.answers("send_message_batch", {"QueueUrl": url, "Entries": entries}, sent(len(bodies), refused))

    def deletes(self, *numbers: int, url: str = LETTERS, refused: tuple[int, ...] = ()) -> None:
        entries = [{"Id": str(place), "ReceiptHandle": f"receipt {number}"} for place, number in enumerate(numbers)]
        done = [{"Id": str(place)} for place in range(len(numbers)) if place not in refused]
        answer = {"Successful": done, "Failed": failed(refused)}
        self.answers("delete_message_batch", {"QueueUrl": url, "Entries": entries}, answer)

    def moves(self, *numbers: int, url: str = LETTERS, to: str = QUEUE, **more: Any) -> None:
        self.sends(*(f"body {number}" for number in numbers), url=to, **more)
        self.deletes(*numbers, url=url)

    def lets_go(self, number: int) -> None:
        self.answers(
            "change_message_visibility",
            {"QueueUrl": LETTERS, "ReceiptHandle": f"receipt {number}", "VisibilityTimeout": 0},
        )


def sent(count: int, refused: tuple[int, ...] = ()) -> dict[str, Any]:
    done = [number for number in range(count) if number not in refused]
    return {
        "Successful": [{"Id": str(number), "MessageId": "new", "MD5OfMessageBody": ""} for number in done],
        "Failed": failed(refused),
    }


def failed(places: tuple[int, ...]) -> list[dict[str, Any]]:
    return [{"Id": str(place), "Code": "Throttled", "SenderFault": False} for place in places]


def message(number: int, **attributes: str) -> dict[str, Any]:
    return {
        "MessageId": f"id {number}",
        "ReceiptHandle": f"receipt {number}",
        "Body": f"body {number}",
        "Attributes": attributes,
    }


def task(status: str, moved: int, total: int, **more: Any) -> dict[str, Any]:
    return {
        "Status": status,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": total,
        **more,
    }


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    yield script
    script.stubber.assert_no_pending_responses()


def run(script: Script, monkeypatch: pytest.MonkeyPatch, *arguments: str, url: str = QUEUE) -> Result:
    monkeypatch.setattr(redrive, "client_for", lambda _url: script.sqs)
    monkeypatch.setattr(redrive, "_LOOK_SECONDS", 0)
    return CliRunner().invoke(program.app, ["redrive", url, *arguments])


def letters(script: Script, *, fifo: bool = False) -> redrive.DeadLetters:
    script.looks(waiting=5, fifo=fifo)
    return redrive.look(script.sqs, f"{QUEUE}.fifo" if fifo else QUEUE)


class TestAll:
    def test_sqs_moves_them_and_the_tool_follows_to_the_end(
        self, script: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script.looks(waiting=7, held=2)
        script.starts()
        script.lists(task("RUNNING", 3, 7, TaskHandle="handle"))
        script.lists(task("COMPLETED", 7, 7))
        result = run(script, monkeypatch)
        assert result.exit_code == 0
        said = result.stdout.splitlines()
        assert said[0] == "Dead letters of Jobs: about 7, and 2 more that somebody is looking at."
        assert said[-1] == "Brought back 7."

    def test_at_the_rate_that_was_asked_for(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=1)
        script.starts(MaxNumberOfMessagesPerSecond=500)
        script.lists(task("COMPLETED", 1, 1))
        assert run(script, monkeypatch, "--per-second", "500").exit_code == 0

    def test_a_move_that_somebody_else_has_started_is_followed(
        self, script: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script.looks(waiting=5, task=task("RUNNING", 2, 7, TaskHandle="handle"))
        script.lists(task("COMPLETED", 7, 7))
        result = run(script, monkeypatch)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Brought back 7.")
        assert "being moved already" in result.stdout

    def test_a_move_of_last_week_is_history(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=0, task=task("FAILED", 2, 7, FailureReason="AccessDenied"))
        result = run(script, monkeypatch)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "There is nothing to bring back.")

    def test_a_move_that_failed_is_an_error_with_its_reason(
        self, script: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script.looks(waiting=7)
        script.starts()
        script.lists(task("FAILED", 2, 7, FailureReason="CouldNotDetermineMessageSource"))
        result = run(script, monkeypatch)
        assert result.exit_code == 1
        assert result.stderr.strip() == (
            "The move failed after 2 messages: CouldNotDetermineMessageSource. The others are still dead letters. Say "
            "with --to which queue they are for."
        )

    @pytest.mark.parametrize("sources", [(), ("Jobs", "Other")])
    def test_dead_letters_of_several_queues_go_to_their_own(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, sources: tuple[str, ...]
    ) -> None:
        script.looks(waiting=1, sources=sources)
        script.starts(to=None)
        script.lists(task("COMPLETED", 1, 1))
        assert run(script, monkeypatch).exit_code == 0

    @pytest.mark.parametrize("to", [QUEUE, OTHER])
    def test_to_the_queue_that_is_asked_for(self, script: Script, monkeypatch: pytest.MonkeyPatch, to: str) -> None:
        script.looks(waiting=1, to=to, sources=("Jobs", "Other"))
        script.starts(to=to.rpartition("/")[2])
        script.lists(task("COMPLETED", 1, 1))
        result = run(script, monkeypatch, "--to", to)
        assert result.exit_code == 0
        assert result.stdout.splitlines()[0] == f"Messages in DeadLetters, for {to.rpartition('/')[2]}: about 1."

    def test_a_move_that_somebody_else_ended_is_an_error(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=7)
        script.starts()
        script.lists(task("CANCELLING", 2, 7))
        script.lists(task("CANCELLED", 3, 7))
        result = run(script, monkeypatch)
        assert result.exit_code == 1
        assert result.stderr.strip() == (
            "Somebody has ended the move. Brought back 3; the others are still dead letters."
        )

    def test_interrupted_it_ends_the_move(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=7)
        script.starts()
        script.lists(task("RUNNING", 3, 7, TaskHandle="handle"))
        script.lists(task("RUNNING", 4, 7, TaskHandle="handle"))
        script.answers("cancel_message_move_task", {"TaskHandle": "handle"}, {"ApproximateNumberOfMessagesMoved": 4})

        def interrupt(sqs: SQSClient, found: redrive.DeadLetters) -> Iterator[redrive.Progress]:
            for progress in follow(sqs, found):
                yield progress
                raise KeyboardInterrupt

        follow = redrive.follow
        monkeypatch.setattr(redrive, "follow", interrupt)
        result = run(script, monkeypatch)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (
            130,
            "Ended. Brought back about 4; the others are still dead letters.",
        )

    def test_what_has_ended_meanwhile_is_not_ended_again(self, script: Script) -> None:
        found = letters(script)
        script.lists(task("COMPLETED", 5, 5))
        assert redrive.cancel(script.sqs, found) == 5


class TestDryRun:
    @pytest.mark.parametrize(
        ("arguments", "plan"),
        [
            ([], "Would bring back 7, as fast as it goes."),
            (["--per-second", "2"], "Would bring back 7, at most 2 a second, in about 4 s."),
            (["--limit", "3"], "Would bring back 3, as fast as it goes."),
            (["--limit", "30", "--per-second", "7"], "Would bring back 7, at most 7 a second, in about 1 s."),
        ],
    )
    def test_says_what_would_be_done_and_only_looks(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, arguments: list[str], plan: str
    ) -> None:
        script.looks(waiting=7)
        result = run(script, monkeypatch, "--dry-run", *arguments)
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "Dead letters of Jobs: about 7.",
            plan,
            "Dry run: nothing was changed.",
        ]

    def test_knows_of_a_move_under_way(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=5, task=task("RUNNING", 2, 7, TaskHandle="handle"))
        result = run(script, monkeypatch, "--dry-run")
        assert result.stdout.splitlines()[1] == "They are being moved already: 2 of 7."


class TestLimit:
    def test_so_many_are_moved_and_no_more(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=40)
        script.receives(10, *(message(number) for number in range(10)))
        script.moves(*range(10))
        script.receives(2, message(10), message(11))
        script.moves(10, 11)
        result = run(script, monkeypatch, "--limit", "12")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Brought back 12.")

    def test_where_there_are_fewer_it_ends(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=1)
        script.receives(3, message(0))
        script.moves(0)
        script.receives(2)
        result = run(script, monkeypatch, "--limit", "3")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Brought back 1.")

    def test_at_the_rate_that_was_asked_for(self, script: Script) -> None:
        found = letters(script)
        script.receives(9, *(message(number) for number in range(9)))
        for portion in (range(4), range(4, 8), range(8, 9)):
            script.moves(*portion)
        pauses: list[float] = []
        assert list(redrive_copies.move(script.sqs, found, 9, 4, pauses.append)) == [4, 8, 9]
        assert pauses == [1, 1]

    def test_all_that_belongs_to_a_message_comes_with_it(self, script: Script) -> None:
        found = letters(script)
        attributes = {
            "ErrorCode": {"DataType": "String", "StringValue": "7"},
            "ErrorMessage": {"DataType": "String", "StringValue": "the sender's own"},
            "RequestID": {"DataType": "Binary", "BinaryValue": b"its too"},
        }
        moved = {**message(0, AWSTraceHeader="Root=1", MessageGroupId="tenant"), "MessageAttributes": attributes}
        script.receives(1, moved)
        script.moves(
            0,
            MessageAttributes=attributes,
            MessageGroupId="tenant",
            MessageSystemAttributes={"AWSTraceHeader": {"StringValue": "Root=1", "DataType": "String"}},
        )
        assert list(redrive_copies.move(script.sqs, found, 1, None)) == [1]

    def test_in_a_fifo_queue_it_is_no_duplicate_of_its_first_sending_and_waits_for_the_one_before(
        self, script: Script
    ) -> None:
        found = letters(script, fifo=True)
        fifo = {"url": f"{LETTERS}.fifo", "to": f"{QUEUE}.fifo", "MessageGroupId": "group"}
        known = {"MessageGroupId": "group", "MessageDeduplicationId": "first"}
        script.receives(2, message(0, **known), message(1, **known), url=f"{LETTERS}.fifo")
        script.moves(0, MessageDeduplicationId="redrive-id 0", **fifo)
        script.moves(1, MessageDeduplicationId="redrive-id 1", **fifo)
        assert list(redrive_copies.move(script.sqs, found, 2, None)) == [1, 2]

    def test_messages_that_are_large_together_are_sent_one_after_the_other(self, script: Script) -> None:
        found = letters(script)
        large = {"data": {"DataType": "Binary", "BinaryValue": b"x" * 600_000}}
        script.receives(3, *({**message(number), "MessageAttributes": large} for number in range(3)))
        for number in range(3):
            script.moves(number, MessageAttributes=large)
        assert list(redrive_copies.move(script.sqs, found, 3, None)) == [1, 2, 3]

    def test_what_can_not_be_sent_stays_a_dead_letter_for_others_to_see(self, script: Script) -> None:
        found = letters(script)
        script.receives(3, message(0), message(1), message(2))
        script.moves(0)
        script.stubber.add_client_error("send_message_batch", "KmsThrottled", "slow down")
        script.lets_go(2)
        script.lets_go(1)
        moves = redrive_copies.move(script.sqs, found, 3, 1, lambda _: None)
        assert next(moves) == 1
        with pytest.raises(script.sqs.exceptions.ClientError, match="slow down"):
            next(moves)

    def test_of_a_batch_only_what_was_sent_is_deleted(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks(waiting=3)
        script.receives(3, message(0), message(1), message(2))
        script.sends("body 0", "body 1", "body 2", refused=(1,))
        script.deletes(0, 2)
        script.lets_go(1)
        result = run(script, monkeypatch, "--limit", "3")
        assert result.exit_code == 1
        assert result.stderr.strip() == "SQS did not take 1 messages (Throttled): they are where they were."

    def test_where_nothing_is_sent_nothing_is_deleted(self, script: Script) -> None:
        found = letters(script)
        script.receives(1, message(0))
        script.sends("body 0", refused=(0,))
        script.lets_go(0)
        with pytest.raises(redrive.RedriveError, match=r"SQS did not take 1 messages \(Throttled\)"):
            list(redrive_copies.move(script.sqs, found, 1, None))

    def test_what_was_sent_and_not_deleted_is_said(self, script: Script) -> None:
        found = letters(script)
        script.receives(1, message(0))
        script.sends("body 0")
        script.deletes(0, refused=(0,))
        with pytest.raises(redrive.RedriveError) as error:
            list(redrive_copies.move(script.sqs, found, 1, None))
        assert str(error.value) == (
            "SQS did not delete 1 messages that were sent (Throttled): they are in both queues."
        )

    def test_interrupted_it_lets_go_of_what_it_holds(self, script: Script) -> None:
        found = letters(script)
        script.receives(3, message(0), message(1), message(2))
        script.moves(0)
        script.lets_go(2)
        script.lets_go(1)

        def interrupted(_seconds: float) -> None:
            raise KeyboardInterrupt

        moves = redrive_copies.move(script.sqs, found, 3, 1, interrupted)
        assert next(moves) == 1
        with pytest.raises(KeyboardInterrupt):
            next(moves)

    @pytest.mark.parametrize("sources", [(), ("Jobs", "Other")])
    def test_another_queues_dead_letters_are_left_alone(self, script: Script, sources: tuple[str, ...]) -> None:
        script.looks(waiting=5, sources=sources)
        found = redrive.look(script.sqs, QUEUE)
        script.receives(1, message(0, DeadLetterQueueSourceArn=f"{ACCOUNT}:Other"))
        script.lets_go(0)
        with pytest.raises(redrive.RedriveError) as error:
            list(redrive_copies.move(script.sqs, found, 1, None))
        assert str(error.value) == (
            "DeadLetters holds dead letters of Other too. Without --limit, SQS gives each queue its own; with --to, "
            "all of them are for that one."
        )


class TestUndelivered:
    """What is in no dead-letter queue of a queue, where SQS moves nothing by itself."""

    def test_all_of_them_are_sent_to_the_queue_that_they_are_for(
        self, script: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script.looks_at_undelivered(waiting=12)
        script.receives(10, *(message(number) for number in range(10)), url=UNDELIVERED)
        script.moves(*range(10), url=UNDELIVERED)
        script.receives(10, message(10), message(11), url=UNDELIVERED)
        script.moves(10, 11, url=UNDELIVERED)
        script.receives(10, url=UNDELIVERED)
        result = run(script, monkeypatch, "--to", QUEUE, url=UNDELIVERED)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Brought back 12.")
        assert result.stdout.splitlines()[0] == "Messages in Undelivered, for Jobs: about 12."

    def test_as_they_were_meant_to_arrive(self, script: Script) -> None:
        script.looks_at_undelivered(waiting=2)
        found = redrive.look(script.sqs, UNDELIVERED, QUEUE)

        def texts(*names: str) -> dict[str, Any]:
            return {name: {"DataType": "String", "StringValue": "text"} for name in names}

        of_sns = {**message(0), "MessageAttributes": texts("kind", "RequestID", "ErrorCode", "ErrorMessage")}
        names = ("RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE", "RETRY_ATTEMPTS")
        of_eventbridge = {**message(1), "MessageAttributes": texts(*names)}
        publishers = {**message(2), "MessageAttributes": texts("kind", "ErrorCode")}
        script.receives(3, of_sns, of_eventbridge, publishers, url=UNDELIVERED)
        entries = [
            {"Id": "0", "MessageBody": "body 0", "MessageAttributes": texts("kind")},
            {"Id": "1", "MessageBody": "body 1", "MessageAttributes": {}},
            {"Id": "2", "MessageBody": "body 2", "MessageAttributes": texts("kind", "ErrorCode")},
        ]
        script.answers("send_message_batch", {"QueueUrl": QUEUE, "Entries": entries}, sent(3))
        script.deletes(0, 1, 2, url=UNDELIVERED)
        assert list(redrive_copies.move(script.sqs, found, 3, None)) == [3]

    def test_a_dry_run_only_looks(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.looks_at_undelivered(waiting=12)
        result = run(script, monkeypatch, "--dry-run", "--to", QUEUE, url=UNDELIVERED)
        assert (result.exit_code, result.stdout.splitlines()[1]) == (0, "Would bring back 12, as fast as it goes.")

    @pytest.mark.parametrize(("where", "to"), [("", f"{QUEUE}.fifo"), (".fifo", QUEUE), ("", UNDELIVERED)])
    def test_a_queue_that_they_can_not_go_to_is_refused(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, where: str, to: str
    ) -> None:
        script.answers(
            "get_queue_attributes",
            {"QueueUrl": f"{UNDELIVERED}{where}", "AttributeNames": ["QueueArn", "RedrivePolicy"]},
            {"Attributes": {"QueueArn": f"{ACCOUNT}:Undelivered{where}"}},
        )
        script.is_told_the_arn_of(to)
        result = run(script, monkeypatch, "--to", to, url=f"{UNDELIVERED}{where}")
        assert result.exit_code == 1
        assert result.stderr.strip() == (
            f"Nothing goes from Undelivered{where} to {to.rpartition('/')[2]}: give two queues, both FIFO or neither."
        )


class TestMistakes:
    def test_the_url_of_the_dead_letters_is_refused_with_the_right_one_to_give(
        self, script: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script.answers(
            "get_queue_attributes",
            {"QueueUrl": LETTERS, "AttributeNames": ["QueueArn", "RedrivePolicy"]},
            {"Attributes": {"QueueArn": f"{ACCOUNT}:DeadLetters"}},
        )
        result = run(script, monkeypatch, url=LETTERS)
        assert result.exit_code == 1
        assert result.stderr.strip() == (
            "DeadLetters has no dead-letter queue. Give the URL of the queue that workers read from, not the one of "
            "its dead letters. Of what a service could not deliver, say with --to which queue it is for."
        )

    def test_missing_permissions_are_named_with_what_gives_them(
        self, script: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script.stubber.add_client_error("get_queue_attributes", "AccessDeniedException", "You may not.")
        result = run(script, monkeypatch)
        assert result.exit_code == 1
        assert result.stderr.strip() == (
            "SQS refused GetQueueAttributes: You may not. WorkQueue.grant_redrive allows all that this takes; with "
            "--to, grant_consume_messages of the queue where they are and grant_send_messages of the one where they go."
        )

    def test_a_queue_that_is_not_there_is_an_error(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        script.stubber.add_client_error("get_queue_attributes", "QueueDoesNotExist", "The queue does not exist")
        result = run(script, monkeypatch)
        assert (result.exit_code, result.stderr.strip()) == (
            1,
            "SQS refused GetQueueAttributes: The queue does not exist.",
        )

    def test_a_network_that_is_down_is_an_error_in_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unreachable(_url: str) -> None:
            raise EndpointConnectionError(endpoint_url="https://sqs.eu-west-1.amazonaws.com/")

        monkeypatch.setattr(redrive, "client_for", unreachable)
        result = CliRunner().invoke(program.app, ["redrive", QUEUE])
        assert (result.exit_code, result.stderr.strip()) == (
            1,
            'Could not connect to the endpoint URL: "https://sqs.eu-west-1.amazonaws.com/"',
        )

    @pytest.mark.parametrize(
        "arguments", [["--per-second", "0"], ["--per-second", "501"], ["--limit", "0"], ["--limit", "many"]]
    )
    def test_numbers_that_make_no_sense_are_refused_before_anything_is_asked(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
    ) -> None:
        assert run(script, monkeypatch, *arguments).exit_code == 2

    def test_without_its_extra_the_tool_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "typer", None)
        monkeypatch.delitem(sys.modules, program.__name__)
        with pytest.raises(SystemExit) as error:
            importlib.import_module(program.__name__)
        assert str(error.value) == "typer is not installed: pip install 'aws-patterns[operations]'"


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/Jobs", "eu-west-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/Jobs", "cn-north-1"),
        ("http://127.0.0.1:4566/000000000000/Jobs", "ap-south-1"),
    ],
)
def test_the_region_is_the_queues_own(url: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert redrive.client_for(url).meta.region_name == region
