"""What the switch answers, by what the state says. Pure: no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from recovery_state.logic import SERVING, Role, Serving, endpoint_item

SERVING_PATH = "/serving"
RECOVERY_PATH = "/traffic/recovery"
WANTED = (SERVING, *(endpoint_item(role) for role in Role))

# What a path may have as it is (RFC 3986, pchar and the slash); a percent sign in it is one that was escaped.
_PLAIN = "/:@!$&'()*+,;=~"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is told: ``location`` is where to go instead."""

    status: int
    body: Mapping[str, object]
    location: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request.

    Attributes:
        method: ``GET``.
        path: Unescaped, as an HTTP API hands it over.
        query: As it was sent.
    """

    method: str
    path: str
    query: str


def answer(asked: Asked, state: Mapping[str, Mapping[str, object]]) -> Answer:
    """The answer to any request.

    Args:
        asked: The request.
        state: The items ``WANTED``, as far as there are such.

    Raises:
        InvalidStateError: When the state does not say who serves.
    """
    role = Serving.of(state.get(SERVING)).role
    if (asked.method, asked.path) == ("GET", RECOVERY_PATH):
        # Route 53 takes it the other way round: what is not found keeps the traffic with the primary.
        return Answer(status=200 if role is Role.RECOVERY else 404, body={"serving": role})
    url = state.get(endpoint_item(role), {}).get("url")
    if (asked.method, asked.path) == ("GET", SERVING_PATH):
        return Answer(status=200, body={"serving": role, "endpoint": url})
    if not isinstance(url, str):
        return Answer(status=503, body={"error": f"The {role} Region serves and has registered no endpoint"})
    return Answer(status=307, body={"serving": role}, location=_location(url, asked))


def _location(url: str, asked: Asked) -> str:
    path = asked.path if asked.path.startswith("/") else f"/{asked.path}"
    return f"{url}{quote(path, safe=_PLAIN)}{'?' if asked.query else ''}{asked.query}"
