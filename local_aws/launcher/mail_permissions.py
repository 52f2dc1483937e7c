"""What IAM sees of a mail: the identity it is sent from, and SES's condition keys."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Container, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import getaddresses, parseaddr
from typing import cast

from local_aws.launcher import hooks, request_resources
from local_aws.launcher.request_resources import Request
from local_aws.launcher.values import mapping

Keys = dict[str, object]

_SERVICES = frozenset({"ses", "sesv2"})
_V2_PATHS = frozenset({"/v2/email/outbound-emails", "/v2/email/outbound-bulk-emails"})
_V1_ACTIONS = frozenset({"SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail"})
_V1_RECIPIENT = re.compile(r"(?:Destination.*Addresses|Destinations)\.member\.\d+")


@dataclass(slots=True)
class Mail:
    """A mail that a request asks to send."""

    sender: str
    recipients: list[str] = field(default_factory=list)
    feedback: str = ""
    identity_arn: str = ""

    def add_raw(self, encoded: object) -> None:
        """Take from a raw message what the request itself leaves out."""
        if not isinstance(encoded, str):
            return
        try:
            message = message_from_bytes(base64.b64decode(encoded))
        except binascii.Error:
            return
        self.sender = self.sender or str(message.get("From", ""))
        headers = [str(value) for name in ("To", "Cc", "Bcc") for value in message.get_all(name, [])]
        self.recipients = self.recipients or headers

    def identity(self, known: Iterable[Container[str]]) -> str:
        """The identity it is sent from: the address where SES knows it, else its domain or the one above."""
        address = parseaddr(self.sender)[1]
        labels = address.rpartition("@")[2].lower().split(".")
        candidates = [address, *(".".join(labels[index:]) for index in range(len(labels) - 1))]
        stores = list(known)
        return next((name for name in candidates if any(name in store for store in stores)), address)

    def keys(self) -> Keys:
        """SES's condition keys; a key without a value is absent."""
        name, address = parseaddr(self.sender)
        found: Keys = {
            "ses:FromAddress": address,
            "ses:FromDisplayName": name,
            "ses:Recipients": [recipient for _, recipient in getaddresses(self.recipients)],
            "ses:FeedbackAddress": self.feedback,
        }
        return {key: value for key, value in found.items() if value}


_keys: ContextVar[Keys | None] = ContextVar("local_aws_mail_keys", default=None)


def install() -> None:
    """Give IAM the resource and the condition keys of every mail."""
    enforce = cast("Callable[..., object]", hooks.ENFORCE.get())

    def enforce_with_keys(  # noqa: PLR0917 # the emulator's signature
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, object] | None = None,
    ) -> object:
        keys = (_keys.get() or {}) if service in _SERVICES else {}
        context = {**(service_context or {}), **keys}
        return enforce(access_key, action, service, region, resource_arn=resource_arn, service_context=context)

    request_resources.ask_first(_identity_of)
    hooks.ENFORCE.replace(enforce_with_keys)


def _identity_of(request: Request) -> str | None:
    """The identity that a mail is sent from; what its condition keys are is remembered for the decision."""
    asked = (request.method, request.path, request.body, request.parameters)
    mail = _requested(*asked) if request.service in _SERVICES else None
    _keys.set(mail.keys() if mail else None)
    if mail is None:
        return None
    known = [cast("Container[str]", hook.get()) for hook in (hooks.MAIL_IDENTITIES, hooks.MAIL_IDENTITIES_V2)]
    return mail.identity_arn or f"arn:aws:ses:{request.region}:{request.account}:identity/{mail.identity(known)}"


def _requested(method: str, path: str, body: bytes, parameters: Mapping[str, object]) -> Mail | None:
    if method == "POST" and path.rstrip("/") in _V2_PATHS:
        try:
            return _mail_v2(mapping(json.loads(body or b"{}")))
        except ValueError:
            return None
    return _mail_v1(parameters) if _first(parameters, "Action") in _V1_ACTIONS else None


def _mail_v2(request: Mapping[str, object]) -> Mail:
    entries = request.get("BulkEmailEntries")
    destinations = [request.get("Destination")]
    destinations += [mapping(entry).get("Destination") for entry in entries] if isinstance(entries, list) else []
    mail = Mail(
        sender=str(request.get("FromEmailAddress") or ""),
        recipients=[address for destination in destinations for address in _addresses(mapping(destination))],
        feedback=str(request.get("FeedbackForwardingEmailAddress") or ""),
        identity_arn=str(request.get("FromEmailAddressIdentityArn") or ""),
    )
    mail.add_raw(mapping(mapping(request.get("Content")).get("Raw")).get("Data"))
    return mail


def _addresses(destination: Mapping[str, object]) -> list[str]:
    lists = [destination.get(f"{kind}Addresses") for kind in ("To", "Cc", "Bcc")]
    return [str(address) for addresses in lists if isinstance(addresses, list) for address in addresses]


def _mail_v1(parameters: Mapping[str, object]) -> Mail:
    mail = Mail(
        sender=_first(parameters, "Source"),
        recipients=[_first(parameters, name) for name in parameters if _V1_RECIPIENT.fullmatch(name)],
        feedback=_first(parameters, "ReturnPath"),
        identity_arn=_first(parameters, "SourceArn"),
    )
    mail.add_raw(_first(parameters, "RawMessage.Data"))
    return mail


def _first(parameters: Mapping[str, object], name: str) -> str:
    value = parameters.get(name)
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else ""
