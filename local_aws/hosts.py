"""Public AWS host names and the local names under which the embedded AWS serves the same things."""

from __future__ import annotations

import re
from functools import partial

_SCHEME = r"(?:(?P<scheme>https?|wss?)://)?"
_START = r"(?<![\w.-])"
_END = r"(?![\w-]|\.\w)"
_LABEL = r"(?:[a-z0-9-]+|\*)"

_API = re.compile(
    rf"{_START}{_SCHEME}(?P<id>{_LABEL})\.execute-api\.(?P<region>[a-z0-9-]+|\*)\.amazonaws\.com(?:\.cn)?{_END}"
)
_CLOUDFRONT = re.compile(rf"{_START}{_SCHEME}(?P<id>{_LABEL})\.cloudfront\.net{_END}")
_WEBSITE = re.compile(
    rf"{_START}{_SCHEME}(?P<id>[a-z0-9.-]+?)\.s3-website[.-](?P<region>[a-z0-9-]+)\.amazonaws\.com{_END}"
)
_FUNCTION_URL = re.compile(rf"{_START}{_SCHEME}(?P<id>{_LABEL})\.lambda-url\.(?P<region>[a-z0-9-]+)\.on\.aws{_END}")

_PLAIN_SCHEME = {"https": "http", "http": "http", "wss": "ws", "ws": "ws"}


def localize(text: str, port: int) -> str:
    """The text with every public AWS host name in it replaced by the local one.

    >>> localize("https://d1.cloudfront.net/a", 4566)
    'http://d1.cloudfront.localhost:4566/a'
    """
    for pattern, service in (
        (_API, "execute-api"),
        (_CLOUDFRONT, "cloudfront"),
        (_WEBSITE, "s3-website"),
        (_FUNCTION_URL, "lambda-url"),
    ):
        text = pattern.sub(partial(_local, service=service, port=port), text)
    return text


def _local(found: re.Match[str], *, service: str, port: int) -> str:
    scheme = found["scheme"]
    prefix = f"{_PLAIN_SCHEME[scheme]}://" if scheme else ""
    # A function URL keeps its region: the emulator recognizes the host by it.
    region = f".{found['region']}" if service == "lambda-url" else ""
    return f"{prefix}{found['id']}.{service}{region}.localhost:{port}"
