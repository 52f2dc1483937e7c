"""Writes the items of a batch of messages; tells the queue which of them have to come back."""

from __future__ import annotations

import os
from functools import cache

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from buffered_writer.gateway import Gateway
from buffered_writer.logic import NotWrittenError, Outcome, TransientError, read

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()

# Enough for one write with its retries: cut off in the middle, the whole batch would come back.
_RESERVE_MILLISECONDS = 10_000
_RESERVE_SHARE = 3

_METRICS = {
    Outcome.WRITTEN: "ItemsWritten",
    Outcome.REPEATED: "RepetitionsSkipped",
    Outcome.OUTDATED: "OutdatedSkipped",
}


class Writer:
    """Writes one message after the other, as long as there is time."""

    def __init__(self, gateway: Gateway, context: LambdaContext) -> None:
        self._gateway = gateway
        self._context = context
        self._reserve = min(_RESERVE_MILLISECONDS, context.get_remaining_time_in_millis() // _RESERVE_SHARE)
        self.counts: dict[str, int] = {}

    def write(self, record: SQSRecord) -> Outcome:
        """Write what a message holds.

        Raises:
            NotWrittenError: When the message has to come back.
        """
        try:
            if self._context.get_remaining_time_in_millis() < self._reserve:
                raise TransientError("OutOfTime")
            outcome = self._gateway.write(read(record.body, self._gateway.rules))
        except NotWrittenError as error:
            self._count("ItemsNotWritten")
            told = {
                "messageId": record.message_id,
                "attempt": record.attributes.approximate_receive_count,
                "error": type(error).__name__,
                "code": error.code,
            }
            logger.warning("item not written", extra=told)
            raise
        self._count(_METRICS[outcome])
        if outcome is not Outcome.WRITTEN:
            logger.info("nothing to write", extra={"messageId": record.message_id, "outcome": outcome})
        return outcome

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def write_batch(gateway: Gateway, event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Write a batch. What could not be written comes back alone; in a FIFO queue, with what follows in its group."""
    writer = Writer(gateway, context)
    answer = process_partial_response(
        event=event, record_handler=writer.write, processor=_processor(event), context=context
    )
    for name, count in writer.counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    return answer


def _processor(event: dict[str, object]) -> BatchProcessor:
    records = event.get("Records")
    is_fifo = isinstance(records, list) and any(str(record["eventSourceARN"]).endswith(".fifo") for record in records)
    processor = SqsFifoPartialProcessor(skip_group_on_error=True) if is_fifo else BatchProcessor(EventType.SQS)
    # A poison message alone in its batch is no failure of the function, which would have everybody look there.
    processor.raise_on_entire_batch_failure = False
    return processor


@cache
def _gateway() -> Gateway:
    return Gateway.from_environment(os.environ)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics
def handle(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Lambda's entry point."""
    return write_batch(_gateway(), event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives initialization a whole CPU: the clients are made there rather than in the first batch.
    _gateway()
