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
_BUCKET = re.compile(
    rf"{_START}(?:https?://)(?P<bucket>[a-z0-9.-]+?)\.s3\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?{_END}"
)

_BALANCER = re.compile(
    rf"{_START}{_SCHEME}(?P<id>[a-z0-9-]+)\.(?P<region>[a-z0-9-]+)\.elb\.amazonaws\.com(?::(?P<port>\d+))?{_END}"
)
_LOCAL_BALANCER = re.compile(r"(?:(?P<port>\d+)\.)?(?P<id>[a-z0-9-]+)\.(?P<region>[a-z0-9-]+)\.elb\.localhost(?::\d+)?")

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
    text = _BUCKET.sub(rf"http://127.0.0.1:{port}/\g<bucket>", text)
    return _BALANCER.sub(partial(_local_balancer, port=port), text)


def is_api(url: str) -> bool:
    """Whether a public address is that of an API.

    >>> is_api("https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/prod")
    True
    """
    return _API.search(url) is not None


def balancer_name(url: str) -> str | None:
    """The name of the load balancer that a public address belongs to; None for any other address.

    >>> balancer_name("https://web-1f2e3d4c.us-east-1.elb.amazonaws.com/")
    'web'
    """
    found = _BALANCER.search(url)
    # The emulator makes the host name of the name and eight letters of its own.
    return found["id"].rpartition("-")[0] if found else None


def public_balancer(host: str) -> str | None:
    """The host, with the listener's port, that a local name of a load balancer stands for; None for another host.

    >>> public_balancer("443.web-1f2e3d4c.us-east-1.elb.localhost:4566")
    'web-1f2e3d4c.us-east-1.elb.amazonaws.com:443'
    """
    found = _LOCAL_BALANCER.fullmatch(host)
    if found is None:
        return None
    port = f":{found['port']}" if found["port"] else ""
    return f"{found['id']}.{found['region']}.elb.amazonaws.com{port}"


def _local(found: re.Match[str], *, service: str, port: int) -> str:
    scheme = found["scheme"]
    prefix = f"{_PLAIN_SCHEME[scheme]}://" if scheme else ""
    # A function URL keeps its region: the emulator recognizes the host by it.
    region = f".{found['region']}" if service == "lambda-url" else ""
    return f"{prefix}{found['id']}.{service}{region}.localhost:{port}"


def _local_balancer(found: re.Match[str], *, port: int) -> str:
    """One local port serves every listener, so the listener's own is part of the name."""
    scheme = found["scheme"]
    listener = found["port"] or ("443" if scheme == "https" else "")
    prefix = f"{listener}." if listener not in {"", "80"} else ""
    plain = f"{_PLAIN_SCHEME[scheme]}://" if scheme else ""
    return f"{plain}{prefix}{found['id']}.{found['region']}.elb.localhost:{port}"
