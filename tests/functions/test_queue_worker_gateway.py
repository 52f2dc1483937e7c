"""What is said to AWS and to the machine, on the wire."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from botocore.stub import Stubber

from queue_worker.gateway import AutoScalingGroup, SqsQueue, ask
from queue_worker.holding import Answer
from queue_worker.job import Message
from queue_worker.logic import Bury, CallError, QueueTerms, Received

REGION = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


class TestGroup:
    def group(self) -> tuple[AutoScalingGroup, Stubber]:
        client = boto3.client("autoscaling", **REGION)  # type: ignore[call-overload]  # the names of its arguments
        return AutoScalingGroup(client, "i-1"), Stubber(client)

    def test_is_found_once_and_told(self) -> None:
        group, stub = self.group()
        instance = {
            "InstanceId": "i-1",
            "AutoScalingGroupName": "pool",
            "AvailabilityZone": "a",
            "LifecycleState": "InService",
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
        }
        stub.add_response(
            "describe_auto_scaling_instances", {"AutoScalingInstances": [instance]}, {"InstanceIds": ["i-1"]}
        )
        protect = {"InstanceIds": ["i-1"], "AutoScalingGroupName": "pool", "ProtectedFromScaleIn": True}
        stub.add_response("set_instance_protection", {}, protect)
        release = {
            "LifecycleHookName": "drain",
            "AutoScalingGroupName": "pool",
            "InstanceId": "i-1",
            "LifecycleActionResult": "CONTINUE",
        }
        stub.add_response("complete_lifecycle_action", {}, release)
        with stub:
            group.protect(True)
            group.release("drain")
        stub.assert_no_pending_responses()

    def test_that_is_none_is_an_error_with_a_code(self) -> None:
        group, stub = self.group()
        stub.add_response("describe_auto_scaling_instances", {"AutoScalingInstances": []})
        with stub, pytest.raises(CallError, match=r"^NotInAGroup$"):
            group.protect(True)

    def test_that_refuses_is_an_error_with_a_code(self) -> None:
        for call in ("protect", "release"):
            group, stub = self.group()
            group._name = "pool"
            name = {"protect": "set_instance_protection", "release": "complete_lifecycle_action"}[call]
            stub.add_client_error(name, "ValidationError", "i-1 is not in group pool")
            with stub, pytest.raises(CallError, match=r"^ValidationError$"):
                getattr(group, call)("drain" if call == "release" else False)


class TestQueue:
    def queue(self, url: str = "https://q", dead_letters: str = "https://d") -> tuple[SqsQueue, Stubber]:
        client = boto3.client("sqs", **REGION)  # type: ignore[call-overload]  # the names of its arguments
        terms = QueueTerms(visibility_seconds=30, max_receive_count=3, dead_letters=dead_letters)
        return SqsQueue(client, url, terms, wait_seconds=20), Stubber(client)

    @pytest.mark.parametrize(("url", "group"), [("https://q", None), ("https://q.fifo", "g")])
    def test_gives_groups_to_messages_that_have_an_order(self, url: str, group: str | None) -> None:
        queue, stub = self.queue(url)
        message = {
            "MessageId": "m",
            "ReceiptHandle": "r",
            "Body": "b",
            "Attributes": {"ApproximateReceiveCount": "2", "MessageGroupId": "g"},
            "MessageAttributes": {
                "A": {"DataType": "String", "StringValue": "x"},
                "B": {"DataType": "Binary", "BinaryValue": b"y"},
            },
        }
        stub.add_response("receive_message", {"Messages": [message]})
        with stub:
            (received,) = queue.receive(10)
        assert received.message == Message(id="m", body="b", attributes={"A": "x"}, receive_count=2, group=group)

    def test_tells_what_it_may_do_when_asked_again_from_what_is_lost(self) -> None:
        queue, stub = self.queue()
        failed = [
            {"Id": "0", "SenderFault": True, "Code": "AWS.SimpleQueueService.MessageNotInflight"},
            {"Id": "1", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"},
            {"Id": "2", "SenderFault": False, "Code": "InternalError"},
        ]
        stub.add_response("change_message_visibility_batch", {"Successful": [], "Failed": failed})
        stub.add_response("delete_message_batch", {"Successful": [], "Failed": failed})
        with stub:
            answer = Answer(failed=frozenset("c"), lost=frozenset("ab"))
            assert queue.hide([("a", 1), ("b", 2), ("c", 3), ("d", 4)]) == answer
            assert queue.delete(["a", "b", "c", "d"]) == answer

    @pytest.mark.parametrize("call", ["receive", "hide", "delete", "bury"])
    def test_that_refuses_is_an_error_with_a_code(self, call: str) -> None:
        queue, stub = self.queue()
        dead = Received(message=Message(id="m", body="b"), receipt="r")
        operation, arguments = {
            "receive": ("receive_message", (1,)),
            "hide": ("change_message_visibility_batch", ([("a", 1)],)),
            "delete": ("delete_message_batch", (["a"],)),
            "bury": ("send_message", (dead, Bury(reason="empty"))),
        }[call]
        stub.add_client_error(operation, "AccessDenied", "arn:aws:iam::0:role/ann may not")
        with stub, pytest.raises(CallError, match=r"^AccessDenied$"):
            getattr(queue, call)(*arguments)

    def test_buries_in_the_order_of_a_group_and_once(self) -> None:
        queue, stub = self.queue("https://q.fifo", "https://d.fifo")
        stub.add_response(
            "send_message",
            {"MessageId": "n"},
            {
                "QueueUrl": "https://d.fifo",
                "MessageBody": "b",
                "MessageGroupId": "g",
                "MessageDeduplicationId": "m",
                "MessageAttributes": {
                    "DeadLetterReason": {"DataType": "String", "StringValue": "empty"},
                    "OriginalMessageId": {"DataType": "String", "StringValue": "m"},
                    "Attempts": {"DataType": "String", "StringValue": "1"},
                },
            },
        )
        with stub:
            queue.bury(Received(message=Message(id="m", body="b", group="g"), receipt="r"), Bury(reason="empty"))


@contextmanager
def answering(status: int) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(self.headers["X-Token"].encode() + b" " + body + self.path.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join()


def test_a_service_of_this_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering(404) as url:
        assert ask("PUT", f"{url}/a/b", {"X-Token": "t"}, "body") == (404, "t body/a/b")
    assert ask("PUT", f"{url}/a/b", {"X-Token": "t"}, "body") == (0, "")
