"""The operations of Route 53 that the emulator lacks: what a health check has found, and what a name's answer is."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from local_aws.launcher import hooks
from local_aws.launcher.dns import resolver, statuses
from local_aws.launcher.dns.statuses import Observed

_VERSION = "/2013-04-01"
_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_CHECK = "/healthcheck/"
_Reply = tuple[int, dict[str, str], bytes]
_Query = Mapping[str, str | Sequence[str]]


def install() -> None:
    """Answer them."""
    original = cast("Callable[..., Awaitable[_Reply]]", hooks.SERVE_ROUTE_53.get())

    async def serve(method: str, path: str, headers: object, body: bytes, query: _Query) -> _Reply:
        asked = path.removeprefix(_VERSION)
        if method == "GET" and asked == "/testdnsanswer":
            return _test(query)
        if method == "GET" and asked.startswith(_CHECK) and asked.endswith("/status"):
            return _observations(asked.removeprefix(_CHECK).removesuffix("/status"), "GetHealthCheckStatusResponse")
        if method == "GET" and asked.startswith(_CHECK) and asked.endswith("/lastfailurereason"):
            identifier = asked.removeprefix(_CHECK).removesuffix("/lastfailurereason")
            return _observations(identifier, "GetHealthCheckLastFailureReasonResponse", failed=True)
        return await original(method, path, headers, body, query)

    hooks.SERVE_ROUTE_53.replace(serve)
    parse = cast("Callable[[Element], hooks.Record]", hooks.HEALTH_CHECK_CONFIG.get())
    hooks.HEALTH_CHECK_CONFIG.replace(lambda given: {**parse(given), **_lists(given)})
    build = cast("Callable[[hooks.Properties], hooks.Record]", hooks.TEMPLATE_DNS_RECORD.get())

    def build_whole(properties: hooks.Properties) -> hooks.Record:
        place = properties.get("GeoProximityLocation")
        return {**build(properties), **({"GeoProximityLocation": place} if place else {})}

    hooks.TEMPLATE_DNS_RECORD.replace(build_whole)


def _lists(given: Element) -> dict[str, list[str]]:
    """The lists in the configuration of a health check, which the emulator takes for lists of nothing."""
    found = {one.tag.rpartition("}")[2]: one for one in given}
    return {name: [str(one.text) for one in found[name]] for name in ("ChildHealthChecks", "Regions") if name in found}


def _test(query: _Query) -> _Reply:
    zone, name, kind = (_one(query, key) for key in ("hostedzoneid", "recordname", "recordtype"))
    zone = zone.rpartition("/")[2]
    if zone not in hooks.store(hooks.HOSTED_ZONES):
        return _refuse("NoSuchHostedZone", f"No hosted zone found with ID: {zone}")
    found = resolver.answers(zone, name.rstrip(".").lower(), kind)
    entries = "".join(
        f"<RecordDataEntry>{escape(address_of(answer.value) if answer.leads else answer.value)}</RecordDataEntry>"
        for answer in found
    )
    code = "NOERROR" if found else "NXDOMAIN"
    return _answer(
        "TestDNSAnswerResponse",
        f"<Nameserver>local_aws</Nameserver><RecordName>{escape(name)}</RecordName><RecordType>{escape(kind)}"
        f"</RecordType><RecordData>{entries}</RecordData><ResponseCode>{code}</ResponseCode><Protocol>UDP</Protocol>",
    )


def address_of(host: str) -> str:
    """An address to tell what an alias leads to from others by: where nobody is, always the same for one name."""
    digest = hashlib.sha256(host.encode()).digest()
    # The block for benchmarks (RFC 2544).
    return f"198.{18 + digest[0] % 2}.{digest[1]}.{digest[2]}"


def _observations(identifier: str, name: str, *, failed: bool = False) -> _Reply:
    check = hooks.store(hooks.HEALTH_CHECKS).get(identifier)
    if check is None:
        message = f"No health check exists with the specified ID {identifier}."
        return _refuse("NoSuchHealthCheck", message, HTTPStatus.NOT_FOUND)
    if check["config"].get("Type") in {"CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"}:
        # Of these nobody has asked anything.
        return _answer(name, "<HealthCheckObservations/>")
    known = statuses.observed(hooks.account(), identifier)
    told = _observation(known, failed=failed)
    return _answer(name, f"<HealthCheckObservations>{told}</HealthCheckObservations>")


def _observation(known: Observed, *, failed: bool) -> str:
    said, moment = (known.failure, known.failed) if failed else (known.said, known.moment)
    if not said:
        return ""
    when = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    report = f"<StatusReport><Status>{escape(said)}</Status><CheckedTime>{when}</CheckedTime></StatusReport>"
    place = "<Region>us-east-1</Region><IPAddress>127.0.0.1</IPAddress>"
    return f"<HealthCheckObservation>{place}{report}</HealthCheckObservation>"


def _one(query: _Query, name: str) -> str:
    value = query.get(name, "")
    return value if isinstance(value, str) else value[0]


def _answer(name: str, content: str) -> _Reply:
    body = f'<?xml version="1.0"?>\n<{name} xmlns="{_NAMESPACE}">{content}</{name}>'
    return HTTPStatus.OK, {"Content-Type": "text/xml"}, body.encode()


def _refuse(code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> _Reply:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = f'<ErrorResponse xmlns="{_NAMESPACE}">{error}<RequestId>local-aws</RequestId></ErrorResponse>'
    return status, {"Content-Type": "text/xml"}, body.encode()
