"""The mails and texts that the emulated SES and SNS have sent."""

from __future__ import annotations

import datetime
import http.client
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One mail or text."""

    time: datetime.datetime
    channel: str
    to: str
    subject: str
    text: str


def read(port: int) -> list[Message]:
    """Everything sent through the server on this port, the oldest first."""
    mails = _get(port, "/_ministack/ses/messages")["messages"]
    texts = _get(port, "/_ministack/sns/sms-messages")["sms_messages"]
    found = [_mail(record) for records in mails.values() for record in records]
    found += [_text(phone, record) for phone, records in texts.items() for record in records]
    return sorted(found)


def _mail(record: dict[str, object]) -> Message:
    recipients = [to for kind in ("To", "CC", "BCC") for to in _list(record.get(kind))]
    body = str(record.get("BodyText") or record.get("BodyHtml") or "")
    return Message(_time(record["Timestamp"]), "email", ", ".join(recipients), str(record["Subject"]), body)


def _text(phone: str, record: dict[str, object]) -> Message:
    sent = record.get("Timestamp") or record.get("timestamp") or 0
    body = str(record.get("Message") or record.get("message") or "")
    return Message(_time(sent), "sms", phone, "", body)


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _time(value: object) -> datetime.datetime:
    if isinstance(value, int | float):
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    moment = datetime.datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _get(port: int, path: str) -> dict[str, dict[str, list[dict[str, object]]]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer: dict[str, dict[str, list[dict[str, object]]]] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()
