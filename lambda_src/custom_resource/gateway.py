"""CloudFormation's mailbox, and patience with what passes by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_PAUSES_SECONDS = (1, 2, 4, 8)
_ANSWER_TIMEOUT_SECONDS = 5


def attempts() -> Iterator[bool]:
    """Whether it is the last one, for each; with a pause before the next."""
    for pause in _PAUSES_SECONDS:
        yield False
        time.sleep(pause)
    yield True


def put_answer(url: str, body: Mapping[str, object]) -> None:
    """Put the answer where CloudFormation waits for it. Raises OSError when it can't be had there."""
    text = json.dumps(body).encode()
    for is_last in attempts():
        # The signature of the address is for no content type at all.
        request = Request(url, data=text, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's
        try:
            with urlopen(request, timeout=_ANSWER_TIMEOUT_SECONDS):  # noqa: S310 - CloudFormation's
                return
        except (HTTPError, URLError, TimeoutError):
            if is_last:
                raise
