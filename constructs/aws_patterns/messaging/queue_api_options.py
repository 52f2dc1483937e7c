"""What may be chosen about a queue API, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from aws_patterns._validation import Problems, is_token
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._request_schema import check_field, check_schema

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class Authorization(StrEnum):
    """Who may send.

    Attributes:
        IAM: Whoever signs as somebody whose policy allows it (``grant_send``).
        OPEN_TO_EVERYONE: Anybody who knows the address; only the throttle, and a web ACL, stand in between.
    """

    IAM = "iam"
    OPEN_TO_EVERYONE = "open-to-everyone"


class DeduplicateBy(StrEnum):
    """What makes two requests within five minutes the same message.

    Attributes:
        IDEMPOTENCY_KEY: Their ``Idempotency-Key`` header, which every request then must have, of 1 to 64 characters.
        BODY: Their body, byte for byte: SQS compares its SHA-256 hash.
    """

    IDEMPOTENCY_KEY = "idempotency-key"
    BODY = "body"


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotentFifo:
    """Order within a group, and no duplicates within five minutes: ``IdempotentFifo(group_field="customerId")``.

    Attributes:
        group_field: The body's field whose value is the message group. Every request then must have it: 1 to 128
            letters, digits and punctuation, no spaces.
        deduplicate_by: What makes two requests the same message. Default: their ``Idempotency-Key`` header.
        high_throughput: Whether deduplication and quotas are those of each group, as of a queue that is given. Default
            off: 300 messages a second.
    """

    group_field: str
    deduplicate_by: DeduplicateBy = DeduplicateBy.IDEMPOTENCY_KEY
    high_throughput: bool = False


def check_queue_api(
    problems: Problems,
    *,
    schema: Mapping[str, object],
    path: str = "messages",
    fifo: IdempotentFifo | None = None,
    queue_is_fifo: bool | None = None,
    maximum_message_bytes: int | None = None,
    authorization: str = Authorization.IAM,
    has_authorizer: bool = False,
    cors_origin: str | None = None,
    throttle_rate: float = defaults.QUEUE_API_THROTTLE_RATE,
    throttle_burst: int = defaults.QUEUE_API_THROTTLE_BURST,
    web_acl_rate_limit: int | None = None,
    has_web_acl: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one queue API.

    Args:
        queue_is_fifo: Of a queue that is given; ``None`` where the API makes its own.
        has_authorizer: Whether an authorizer is given.
        has_web_acl: Whether the ARN of a web ACL is given.
    """
    check_schema(problems, schema)
    if not is_token(path) and not _SEGMENT.fullmatch(path):
        problems.add(
            f"path must be one part of a URL, of letters, digits, '.', '_' and '-', such as messages, got {path!r}"
        )
    _check_queue(problems, schema, fifo, queue_is_fifo, maximum_message_bytes)
    _check_authorization(problems, authorization, has_authorizer=has_authorizer)
    if cors_origin is not None and not is_token(cors_origin) and not _is_origin(cors_origin):
        problems.add(
            f"cors_origin must be '*' or an origin such as https://www.example.org, without a path, got {cors_origin!r}"
        )
    _check_throttle(problems, throttle_rate, throttle_burst, fifo)
    if web_acl_rate_limit is not None:
        smallest, largest = defaults.SMALLEST_WEB_ACL_RATE, defaults.LARGEST_WEB_ACL_RATE
        problems.between("web_acl_rate_limit", web_acl_rate_limit, smallest, largest, " requests in 5 minutes")
        if has_web_acl:
            problems.add("web_acl_rate_limit and web_acl_arn exclude each other: an API has one web ACL")


def _check_queue(
    problems: Problems,
    schema: Mapping[str, object],
    fifo: IdempotentFifo | None,
    queue_is_fifo: bool | None,
    maximum_message_bytes: int | None,
) -> None:
    if fifo is not None:
        check_field(problems, "fifo.group_field", fifo.group_field, schema)
        problems.one_of("fifo.deduplicate_by", fifo.deduplicate_by, [*DeduplicateBy])
        if queue_is_fifo is False:
            problems.add("queue must be a FIFO queue, got a standard one: leave fifo out, or give a FIFO queue")
    elif queue_is_fifo:
        problems.add("fifo is missing: the queue is a FIFO queue, whose messages need a group")
    if maximum_message_bytes is not None:
        smallest, largest = defaults.SMALLEST_MESSAGE_BYTES, defaults.LARGEST_MESSAGE_BYTES
        problems.between("maximum_message_bytes", maximum_message_bytes, smallest, largest, " bytes")
        if queue_is_fifo is not None:
            problems.add("maximum_message_bytes is for the API's own queue: set it on the queue that is given")


def _check_authorization(problems: Problems, authorization: str, *, has_authorizer: bool) -> None:
    problems.one_of("authorization", authorization, [*Authorization])
    if has_authorizer and authorization == Authorization.OPEN_TO_EVERYONE:
        problems.add("authorizer was given, and authorization is open-to-everyone: leave one of them out")


def _check_throttle(problems: Problems, rate: float, burst: int, fifo: IdempotentFifo | None) -> None:
    problems.between("throttle_rate", rate, 0.1, defaults.LARGEST_QUEUE_API_RATE, " requests per second")
    problems.between("throttle_burst", burst, 1, defaults.LARGEST_QUEUE_API_BURST, " requests")
    limit = defaults.FIFO_MESSAGES_PER_SECOND
    if fifo is None or fifo.high_throughput or is_token(rate) or is_token(burst):
        return
    for name, value, unit in (("throttle_rate", rate, " requests per second"), ("throttle_burst", burst, " requests")):
        if limit < value <= defaults.LARGEST_QUEUE_API_RATE:
            problems.add(
                f"{name} must be at most {limit}{unit} with a FIFO queue, which takes {limit} messages a second, got "
                f"{value:.15g}{unit}: lower it, or choose fifo.high_throughput"
            )


def _is_origin(value: str) -> bool:
    if value == "*":
        return True
    parts = urlsplit(value)
    # What goes into a header inside single quotes.
    safe = re.fullmatch(r"[A-Za-z0-9.:\[\]/_-]+", value) is not None
    return (
        safe
        and parts.scheme in {"http", "https"}
        and bool(parts.netloc)
        and value == f"{parts.scheme}://{parts.netloc}"
    )
