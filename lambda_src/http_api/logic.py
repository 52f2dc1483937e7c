"""How a request is read, and how it is refused. Pure: no AWS, no clock, no environment."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Far above any request, far below what would be worth an attacker's while.
_LARGEST_BODY = 4_096

# Of a wrong value, enough to recognize it.
_LONGEST_SHOWN = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that the sender of a request has to change."""

    field: str
    reason: str


class RefusedError(Exception):
    """A request that changes nothing, with every reason for it. Its text names fields only, for the log."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.field for problem in problems))
        self.problems = tuple(problems)


def text_of(body: str | None, *, is_base64: bool | None) -> str | None:
    """The body: API Gateway hands over as base64 what it does not take for text."""
    if not (body and is_base64):
        return body
    return base64.b64decode(body).decode(errors="replace")


def read_object(body: str | None, *, fields: str, where_it_is_large: str = "") -> Mapping[str, object]:
    """The fields of a body of JSON.

    Args:
        body: What was sent.
        fields: Which ones are wanted, for whoever sends something else.
        where_it_is_large: What to do instead of sending a body that is too large.

    Raises:
        RefusedError: When it is no such.
    """
    if not body:
        raise _refused(f"is missing: send a JSON object with {fields}")
    if len(body) > _LARGEST_BODY:
        raise _refused(f"must have at most {_LARGEST_BODY} characters, has {len(body)}{where_it_is_large}")
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):  # How deep is too deep differs between Python releases.
        raise _refused("is not valid JSON") from None
    if not isinstance(parsed, dict):
        raise _refused(f"must be a JSON object with {fields}")
    return parsed


def shown(value: object) -> str:
    """A wrong value in a reason."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def _refused(reason: str) -> RefusedError:
    return RefusedError([Problem(field="body", reason=reason)])
