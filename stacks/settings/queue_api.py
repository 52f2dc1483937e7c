"""Settings of the stack QueueApi."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aws_patterns._validation import Problems
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging.buffered_writer_options import check_buffered_writer
from aws_patterns.messaging.queue_api_options import Authorization, DeduplicateBy, IdempotentFifo, check_queue_api
from aws_patterns.messaging.work_queue_options import Fifo
from stacks.settings._shared import topic_problems

_WORD = "^[A-Za-z0-9_-]+$"

KEY = "orderId"
_GROUP = "customerId"

# The sample's messages: orders. Everything has a limit, so that a body of any size has a reason to be refused.
ORDER: Mapping[str, object] = {
    "title": "Order",
    "type": "object",
    "additionalProperties": False,
    "required": [KEY, _GROUP, "lines"],
    "properties": {
        KEY: {"type": "string", "minLength": 1, "maxLength": 64, "pattern": _WORD},
        _GROUP: {"type": "string", "minLength": 1, "maxLength": 64, "pattern": _WORD},
        "note": {"type": "string", "maxLength": 500},
        "lines": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["sku", "quantity"],
                "properties": {
                    "sku": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": _WORD},
                    "quantity": {"type": "integer", "minimum": 1, "maximum": 10_000},
                },
            },
        },
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueApiSettings:
    """What may be chosen about the queue API and the writer behind it.

    Args:
        authorization: Who may send: whoever signs as somebody whose policy allows it (iam), or anybody
            (open-to-everyone).
        cors_origin: The web page that may send, as in https://www.example.org, or * for any. Default: none.
        throttle_rate: Requests per second that the API accepts in the long run.
        throttle_burst: Requests that may arrive at once.
        web_acl_rate_limit: Requests that one address may send in five minutes, enforced by a web ACL with a
            monthly price. Default: no web ACL.
        ordered: Whether each customer's orders are written in their order and requests are idempotent: a FIFO queue.
        deduplicate_by: With ordered, what makes two requests within five minutes the same: their Idempotency-Key
            header (idempotency-key), or their body (body).
        high_throughput: With ordered, whether the queue's limits and duplicates are those of each customer.
        maximum_message_bytes: The largest body.
        maximum_concurrency: Functions that write into the table at a time.
        batch_size: Orders for one function at most.
        batching_window_seconds: How long to wait for a full batch.
        function_timeout_seconds: How long a function may take for its batch.
        max_receive_count: Attempts before an order becomes a dead letter.
        alarm_topic_arn: SNS topic that is told about alarms. Default: alarms change colour and tell nobody.
        account_log_role: Whether this stack sets the role through which API Gateway writes logs, one setting
            for the whole account and Region; turn off where another stack owns it.
        removal_policy: Whether what holds data outlives the stack (retain) or goes with it (destroy).
    """

    authorization: Authorization = Authorization.IAM
    cors_origin: str | None = None
    throttle_rate: float = defaults.QUEUE_API_THROTTLE_RATE
    throttle_burst: int = defaults.QUEUE_API_THROTTLE_BURST
    web_acl_rate_limit: int | None = None
    ordered: bool = False
    deduplicate_by: DeduplicateBy = DeduplicateBy.IDEMPOTENCY_KEY
    high_throughput: bool = False
    maximum_message_bytes: int = defaults.QUEUE_API_MESSAGE_BYTES
    maximum_concurrency: int = defaults.WRITER_CONCURRENCY
    batch_size: int = defaults.WRITER_BATCH_SIZE
    batching_window_seconds: int = 0
    function_timeout_seconds: int = defaults.WRITER_TIMEOUT_SECONDS
    max_receive_count: int = defaults.WRITER_MAX_RECEIVE_COUNT
    alarm_topic_arn: str | None = None
    account_log_role: bool = True
    removal_policy: Literal["retain", "destroy"] = "retain"

    def api_fifo(self) -> IdempotentFifo | None:
        """What the API sends beside an order."""
        if not self.ordered:
            return None
        return IdempotentFifo(
            group_field=_GROUP, deduplicate_by=self.deduplicate_by, high_throughput=self.high_throughput
        )

    def queue_fifo(self) -> Fifo | None:
        """What the queue makes of it."""
        if not self.ordered:
            return None
        by_body = self.deduplicate_by == DeduplicateBy.BODY
        return Fifo(content_based_deduplication=by_body, high_throughput=self.high_throughput)

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        problems = Problems("QueueApi")
        check_queue_api(
            problems,
            schema=ORDER,
            fifo=self.api_fifo(),
            queue_is_fifo=self.ordered,
            authorization=self.authorization,
            cors_origin=self.cors_origin,
            throttle_rate=self.throttle_rate,
            throttle_burst=self.throttle_burst,
            web_acl_rate_limit=self.web_acl_rate_limit,
        )
        check_buffered_writer(
            problems,
            partition_key=KEY,
            fifo=self.ordered,
            maximum_concurrency=self.maximum_concurrency,
            batch_size=self.batch_size,
            batching_window_seconds=self.batching_window_seconds,
            function_timeout_seconds=self.function_timeout_seconds,
            max_receive_count=self.max_receive_count,
            maximum_message_bytes=self.maximum_message_bytes,
        )
        if self.high_throughput and not self.ordered:
            problems.add("high_throughput is for a FIFO queue: choose ordered, or leave it out")
        # Settings are flat.
        flat = [problem.replace("fifo.", "") for problem in problems.found]
        return [*flat, *topic_problems(self.alarm_topic_arn)]
