"""Answers to the CDK about a stack that is under way wait for its end: it asks every five seconds only."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping

from local_aws.launcher.hooks import AsgiApp, Receive, Scope, Send
from local_aws.launcher.messages import read, replay

_WHO_ASKS = "aws-cdk"
_ASKED = re.compile(rb"(?:^|&)Action=Describe(?:Stacks|ChangeSet)(?:&|$)")
# A stack in review waits for whoever deploys it.
_UNDER_WAY = re.compile(
    rb"<StackStatus>(?!REVIEW_)\w+_IN_PROGRESS</StackStatus>|<Status>CREATE_(?:PENDING|IN_PROGRESS)</Status>"
)
_LOOK_SECONDS = 0.1
# Well below the time after which a client gives up.
_PATIENCE_SECONDS = 20.0


def is_from_cdk(headers: Mapping[str, str]) -> bool:
    """Whether the CDK's command line asks, in the form that CloudFormation takes."""
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return form and _WHO_ASKS in headers.get("user-agent", "")


async def answer_settled(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer; where the stack or change set that is asked for is under way, once it has come to its end."""
    body = await read(receive)
    end = time.monotonic() + (_PATIENCE_SECONDS if _ASKED.search(body) else 0)
    while True:
        messages: list[Scope] = []

        async def keep(message: Scope, kept: list[Scope] = messages) -> None:
            kept.append(message)

        await app(scope, replay(body, receive), keep)
        answered = b"".join(message.get("body", b"") for message in messages)
        if time.monotonic() >= end or not _UNDER_WAY.search(answered):
            break
        await asyncio.sleep(_LOOK_SECONDS)
    for message in messages:
        await send(message)
