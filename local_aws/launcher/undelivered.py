"""What SNS and EventBridge do with what they can't deliver, and the deliveries of SNS to Firehose.

The emulator drops a message whose queue is gone or does not let the service in, knows no dead-letter queue of a
subscription or a target, and gives nothing to Firehose. Retries are not waited for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record
from local_aws.launcher.values import mapping

_SNS = "sns.amazonaws.com"
_EVENTBRIDGE = "events.amazonaws.com"
_REFUSED = 400

_Attributes = Mapping[str, Mapping[str, str]]
# Why something can't be delivered: a code and a sentence.
_Reason = tuple[str, str]


def install() -> None:
    """Keep what is not delivered."""
    fan_out = cast("Callable[..., None]", hooks.FAN_OUT.get())

    def fan_out_and_keep(
        topic_arn: str, message_id: str, message: str, subject: str, *more: object, **named: object
    ) -> None:
        fan_out(topic_arn, message_id, message, subject, *more, **named)
        names = ("message_structure", "message_attributes", "message_group_id", "message_dedup_id")
        given = {**dict(zip(names, more, strict=False)), **named}
        _after_publishing(topic_arn, message_id, message, subject, given)

    hooks.FAN_OUT.replace(fan_out_and_keep)
    invoke = cast("Callable[..., None]", hooks.INVOKE_TARGET.get())

    def invoke_or_keep(target: Record, event: Record, rule: Record, view: object = None) -> None:
        reason = _why_not_taken(str(target.get("Arn", "")), str(rule.get("Arn", "")))
        if reason is None:
            invoke(target, event, rule, view)
        else:
            _keep_event(target, event, rule, reason)

    hooks.INVOKE_TARGET.replace(invoke_or_keep)


def _after_publishing(topic_arn: str, message_id: str, message: str, subject: str, given: Mapping[str, object]) -> None:
    topic = cast("Callable[[str], Record | None]", hooks.TOPIC_BY_ARN.get())(topic_arn)
    matches = cast("Callable[..., bool]", hooks.FILTER_MATCHES.get())
    envelope_of = cast("Callable[..., str]", hooks.TOPIC_ENVELOPE.get())
    attributes = cast("_Attributes", mapping(given.get("message_attributes")))
    for subscription in (topic or {}).get("subscriptions", ()):
        endpoint, protocol = subscription.get("endpoint", ""), subscription.get("protocol")
        if not subscription.get("confirmed") or not matches(subscription, attributes, message):
            continue
        raw = subscription["attributes"].get("RawMessageDelivery", "false") == "true"
        body = message if raw else envelope_of(topic_arn, message_id, message, subject, attributes, raw)
        reason = None
        if protocol == "firehose":
            reason = _why_not_archived(endpoint, body)
        elif protocol == "sqs":
            reason = _why_not_let_in(endpoint, _SNS, topic_arn)
        kept = json.loads(subscription["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "")
        if reason and kept:
            code, words = reason
            said = {"RequestID": message_id, "ErrorCode": code, "ErrorMessage": words}
            own = attributes if raw else {}
            group, deduplication = given.get("message_group_id"), given.get("message_dedup_id")
            _store(kept, body, {**own, **_texts(said)}, (_SNS, topic_arn), group=group, deduplication=deduplication)


def _why_not_archived(stream_arn: str, body: str) -> _Reason | None:
    put = cast("Callable[[Record], tuple[int, object, object]]", hooks.PUT_RECORD.get())
    data = base64.b64encode(f"{body}\n".encode()).decode()
    status, _, answer = put({"DeliveryStreamName": stream_arn.rpartition("/")[2], "Record": {"Data": data}})
    return (str(status), str(answer)) if status >= _REFUSED else None


def _why_not_let_in(queue_arn: str, service: str, source_arn: str) -> _Reason | None:
    if _queue(queue_arn) is None:
        return "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
    allows = cast("Callable[[str, str, str, str], bool]", hooks.QUEUE_ALLOWS.get())
    if not allows(queue_arn, service, source_arn, hooks.account()):
        return "AccessDenied", f"The policy of {queue_arn} does not let {service} send messages."
    return None


def _why_not_taken(target_arn: str, rule_arn: str) -> _Reason | None:
    """What EventBridge is answered by a target that is gone, or does not let the rule in."""
    service = target_arn.split(":")[2] if target_arn.count(":") > 1 else ""
    gone = ("NO_RESOURCE", f"{target_arn} does not exist.")
    if service == "sqs":
        reason = _why_not_let_in(target_arn, _EVENTBRIDGE, rule_arn)
        missing = reason is not None and reason[0].endswith("NonExistentQueue")
        return gone if missing else reason and ("NO_PERMISSIONS", reason[1])
    if service == "sns":
        if cast("Callable[[str], Record | None]", hooks.TOPIC_BY_ARN.get())(target_arn) is None:
            return gone
        allows = cast("Callable[[str, str, str, str], bool]", hooks.TOPIC_ALLOWS.get())
        if not allows(target_arn, _EVENTBRIDGE, rule_arn, hooks.account()):
            return "NO_PERMISSIONS", f"The policy of {target_arn} does not let {_EVENTBRIDGE} publish."
    if service == "lambda":
        found = cast("Callable[[str], tuple[object, object, str]]", hooks.FUNCTION_BY_ARN.get())(target_arn)
        return None if found[0] else gone
    if service == "states" and target_arn not in hooks.store(hooks.STATE_MACHINES):
        return gone
    return None


def _keep_event(target: Record, event: Record, rule: Record, reason: _Reason) -> None:
    kept = mapping(target.get("DeadLetterConfig")).get("Arn", "")
    view = cast("Callable[[Record], _View]", hooks.EVENT_VIEW.get())(event)
    code, words = reason
    said = {
        "RULE_ARN": str(rule.get("Arn", "")),
        "TARGET_ARN": str(target.get("Arn", "")),
        "ERROR_CODE": code,
        "ERROR_MESSAGE": words,
        "RETRY_ATTEMPTS": "0",
    }
    _store(str(kept), json.dumps(view.event_with_detail()), _texts(said), (_EVENTBRIDGE, said["RULE_ARN"]))


class _View:
    """What the emulator makes of an event for its patterns."""

    def event_with_detail(self) -> Record:
        """The event as targets are given it."""
        raise NotImplementedError


def _texts(values: Mapping[str, str]) -> _Attributes:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def _queue(arn: str) -> Record | None:
    return cast("Callable[[str], Record | None]", hooks.QUEUE_BY_ARN.get())(arn)


def _store(
    queue_arn: str,
    body: str,
    attributes: _Attributes,
    sender: tuple[str, str],
    *,
    group: object = None,
    deduplication: object = None,
) -> None:
    queue = _queue(queue_arn)
    if queue is None or _why_not_let_in(queue_arn, *sender):
        return
    now = time.time()
    digest = cast("Callable[[_Attributes], str | None]", hooks.ATTRIBUTES_DIGEST.get())
    message: Record = {
        "id": str(uuid.uuid4()),
        "body": body,
        "md5": hashlib.md5(body.encode()).hexdigest(),  # noqa: S324 # what SQS answers with
        "message_attributes": dict(attributes),
        "md5_attrs": digest(attributes),
        "receipt_handle": None,
        "sent_at": now,
        "visible_at": now,
        "receive_count": 0,
    }
    message |= {name: value for name, value in (("group_id", group), ("dedup_id", deduplication)) if value}
    cast("Callable[[Record], None]", hooks.COMPLETE_MESSAGE.get())(message)
    queue["messages"].append(message)
    cast("_Event", hooks.QUEUE_WAKE.get()).set()


class _Event:
    """Wakes what reads queues for functions."""

    def set(self) -> None:
        """Wake it."""
        raise NotImplementedError
