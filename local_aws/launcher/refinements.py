"""Small corrections of the emulator's behaviour."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import cast

from local_aws.launcher import hooks


def install() -> None:
    """Apply all of them."""
    _count_loopback_as_tls()
    _note_when_texts_are_sent()


def _count_loopback_as_tls() -> None:
    """CDK's buckets deny what does not arrive over TLS; nothing leaves the loopback here."""
    hooks.REQUEST_ORIGIN.replace(ContextVar("local_aws_request_origin", default=("127.0.0.1", True)))


def _note_when_texts_are_sent() -> None:
    """The emulator keeps the texts that SNS sent, but not their times."""
    original = cast("Callable[[str], list[Mapping[str, object]]]", hooks.TEXT_MESSAGE_LOG.get())
    hooks.TEXT_MESSAGE_LOG.replace(lambda phone: _TimedLog(original(phone)))


class _TimedLog:
    def __init__(self, records: list[Mapping[str, object]]) -> None:
        self._records = records

    def append(self, record: Mapping[str, object]) -> None:
        self._records.append({**record, "Timestamp": time.time()})
