"""The CDK is answered once a stack has come to its end, rather than five seconds later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from local_aws.launcher import settling
from local_aws.launcher.hooks import Receive, Scope, Send
from local_aws.launcher.messages import answer, read

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def stack(status: str) -> str:
    return f"<StackStatus>{status}</StackStatus>"


def answered(answers: Sequence[str], body: bytes = b"Action=DescribeStacks&StackName=S") -> tuple[str, list[bytes]]:
    """What the CDK gets, and what the emulator was asked, while that has these answers one after the other."""
    left, asked, sent = list(answers), list[bytes](), list[Scope]()

    async def emulator(_scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(await read(receive))
        await answer(send, 200, {}, (left.pop(0) if len(left) > 1 else left[0]).encode())

    async def receive() -> Scope:
        return {"type": "http.request", "body": body}

    async def send(message: Scope) -> None:
        sent.append(message)

    asyncio.run(settling.answer_settled(emulator, {"type": "http"}, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[1]["body"].decode(), asked


@pytest.mark.parametrize(
    ("under_way", "end"),
    [
        (stack("CREATE_IN_PROGRESS"), stack("CREATE_COMPLETE")),
        (stack("UPDATE_ROLLBACK_IN_PROGRESS"), stack("UPDATE_ROLLBACK_COMPLETE")),
        (stack("DELETE_IN_PROGRESS"), "<Code>ValidationError</Code>"),
        ("<Status>CREATE_PENDING</Status>", "<Status>CREATE_COMPLETE</Status>"),
    ],
)
def test_what_is_under_way_is_waited_for(under_way: str, end: str) -> None:
    told, asked = answered([under_way, under_way, end])
    assert told == end
    assert asked == [b"Action=DescribeStacks&StackName=S"] * 3


@pytest.mark.parametrize("settled", [stack("CREATE_COMPLETE"), stack("REVIEW_IN_PROGRESS"), "<Stacks/>"])
def test_what_is_not_under_way_is_told_at_once(settled: str) -> None:
    assert answered([settled, "later"])[0] == settled


def test_another_question_about_it_is_answered_at_once() -> None:
    told, _ = answered([stack("CREATE_IN_PROGRESS"), "later"], b"Action=ListStacks")
    assert told == stack("CREATE_IN_PROGRESS")


def test_what_takes_long_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_PATIENCE_SECONDS", 0.05)
    assert answered([stack("CREATE_IN_PROGRESS")])[0] == stack("CREATE_IN_PROGRESS")


def test_only_the_cdk_waits() -> None:
    """Programs have time-outs of their own, and look as often as they like."""
    assert settling.is_from_cdk({**FORM, "user-agent": "aws-cdk/2.1148.1 aws-sdk-js/3.0.0"})
    assert not settling.is_from_cdk({**FORM, "user-agent": "Boto3/1.43.0"})
    assert not settling.is_from_cdk({"content-type": "application/json", "user-agent": "aws-cdk/2.1148.1"})
