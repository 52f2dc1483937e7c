"""What is answered to whom, and what healthy means. Pure: no sockets, no files, no clock."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from urllib.parse import parse_qs, urlsplit

# As long as somebody demonstrating a deployment needs, and short of what a load balancer waits for (60 s).
LONGEST_WAIT_SECONDS = 30.0

_OK = 200
_BAD_REQUEST = 400
_NOT_FOUND = 404
_METHOD_NOT_ALLOWED = 405
_UNAVAILABLE = 503

_READING = ("GET", "HEAD")
_SCHEMES = ("tcp", "http", "https")
_LARGEST_PORT = 65_535

_TRACE_ROOT = re.compile(r"\bRoot=(1-[0-9a-f]{8}-[0-9a-f]{24})\b")

_STYLE = (
    ":root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}"
    "body{max-width:38rem;margin:12vh auto;padding:0 1.5rem}"
    "h1{font-size:1.6rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1.5rem}"
    "dt{opacity:.7}dd{margin:0;font-family:ui-monospace,monospace;overflow-wrap:anywhere}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_PAGE = Template(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f"<title>$title</title>\n<style>{_STYLE}</style>\n"
    "</head>\n<body>\n<main>\n<h1>$title</h1>\n$body\n</main>\n</body>\n</html>\n"
)

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=86400",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Identity:
    """Who answers. What could not be found out is ``unknown``."""

    instance_id: str = "unknown"
    availability_zone: str = "unknown"
    instance_type: str = "unknown"

    def known(self) -> bool:
        return "unknown" not in (self.instance_id, self.availability_zone, self.instance_type)


@dataclass(frozen=True)
class Dependency:
    """Something without which this application is of no use: a port that answers, or an address that serves."""

    name: str
    url: str

    @classmethod
    def parse(cls, text: str) -> Dependency:
        """From ``name=tcp://host:port``, or ``name=http://host/path`` (``https`` too).

        Raises:
            ValueError: Saying what is wrong with the text.
        """
        name, separator, url = text.partition("=")
        if not separator or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"a dependency must look like database=tcp://host:5432, got {text!r}")
        address = urlsplit(url)
        if address.scheme not in _SCHEMES or not address.hostname:
            raise ValueError(f"dependency {name} must be a {', '.join(_SCHEMES)} address, got {url!r}")
        try:
            port = address.port
        except ValueError:
            port = 0
        if port == 0 or (port is None and address.scheme == "tcp"):
            raise ValueError(f"dependency {name} must name a port between 1 and {_LARGEST_PORT}, got {url!r}")
        return cls(name=name, url=url)


@dataclass(frozen=True)
class Health:
    """What came of checking: by the name of the check, ``ok`` or what is wrong with it."""

    checks: Mapping[str, str]
    draining: bool = False

    @property
    def status(self) -> str:
        if self.draining:
            return "draining"
        return "failing" if self.failed() else "ok"

    def failed(self) -> list[str]:
        """The checks that failed."""
        return [name for name, result in self.checks.items() if result != "ok"]


@dataclass(frozen=True)
class Reply:
    """An HTTP response, less what every response has."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a request asks for, as far as it matters here."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, method: str, target: str) -> Request:
        """From the request line's method and target."""
        # Cut by hand: urlsplit refuses some of what may come over the wire, and takes //x for a host.
        path, _, query = target.partition("#")[0].partition("?")
        return cls(method=method, path=path, query=parse_qs(query, keep_blank_values=True))

    @property
    def route(self) -> str:
        """The path where it is one of ours: what else is asked for is the asker's own text."""
        return self.path if self.path in ROUTES else "other"


ROUTES = ("/", "/identity", "/health", "/slow")


def refused(request: Request) -> Reply | None:
    """The reply to what is not asked rightly or is not here; ``None`` where something is to be served."""
    if request.method not in _READING:
        return _message(_METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.", {"Allow": ", ".join(_READING)})
    if request.path not in ROUTES:
        return _message(_NOT_FOUND, "There is nothing here.")
    return None


def identity_page(identity: Identity, version: str) -> Reply:
    """The page that says who answered."""
    rows = "\n".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in _facts(identity, version))
    text = _PAGE.substitute(title="It works", body=f"<p>This page was served by:</p>\n<dl>\n{rows}\n</dl>")
    return Reply(_OK, text.encode(), "text/html; charset=utf-8")


def identity_document(identity: Identity, version: str) -> Reply:
    """The same for programs."""
    return _json(
        _OK,
        {
            "instanceId": identity.instance_id,
            "availabilityZone": identity.availability_zone,
            "instanceType": identity.instance_type,
            "version": version,
        },
    )


def health_document(health: Health) -> Reply:
    """200 while everything is well, else 503; names of checks only, as anybody may be asking."""
    status = _OK if health.status == "ok" else _UNAVAILABLE
    return _json(status, {"status": health.status, "checks": dict(health.checks)})


def wait_seconds(request: Request) -> float | Reply:
    """How long ``/slow`` is to take, or the refusal."""
    given = request.query.get("seconds", ["1"])
    try:
        seconds = float(given[0])
    except ValueError:
        seconds = -1.0
    # Written so that what is not a number fails too.
    if len(given) == 1 and 0 <= seconds <= LONGEST_WAIT_SECONDS:
        return seconds
    return _message(_BAD_REQUEST, f"seconds must be one number between 0 and {LONGEST_WAIT_SECONDS:g}.")


def slow_document(seconds: float, identity: Identity, version: str) -> Reply:
    """The reply that somebody waited for."""
    waited = {"waited": seconds, "instanceId": identity.instance_id, "version": version}
    return _json(_OK, waited)


def unreadable(status: int) -> Reply:
    """The reply to what is no request."""
    return _message(status, "This could not be read.")


def busy() -> Reply:
    """The reply when enough others are waiting already."""
    return _message(_UNAVAILABLE, "Enough requests are waiting already.", {"Retry-After": "5"})


def log_line(level: str, message: str, **facts: object) -> str:
    """One line of JSON. Neither addresses nor headers nor queries of a client belong into the facts."""
    return json.dumps({"level": level, "message": message, **facts}, separators=(",", ":"), default=str)


def trace_root(header: str) -> str:
    """The load balancer's id of a request, by which its log and this one meet; empty without."""
    found = _TRACE_ROOT.search(header)
    return found[1] if found else ""


def _facts(identity: Identity, version: str) -> list[tuple[str, str]]:
    return [
        ("Instance", identity.instance_id),
        ("Availability Zone", identity.availability_zone),
        ("Type", identity.instance_type),
        ("Version", version),
    ]


def _json(status: int, document: Mapping[str, object]) -> Reply:
    return Reply(status, json.dumps(document).encode() + b"\n", "application/json")


def _message(status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, f"{text}\n".encode(), headers=headers or {})
