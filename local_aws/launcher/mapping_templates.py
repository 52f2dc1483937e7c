"""Lets the mapping templates of REST APIs decide, and change the reply: ``#if``, and ``$context.responseOverride``.

The emulator renders values only, and hands a service's errors to templates in XML, which API Gateway asks for in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import cast
from xml.etree import ElementTree

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record

_Reply = tuple[int, dict[str, str], bytes]

_DIRECTIVE = re.compile(r"#(?:(if|elseif)\s*(?=\()|\{?(else|end)\b\}?)")
_OVERRIDE = re.compile(r"#set\(\s*\$context\.responseOverride\.(status|header\.[\w-]+)\s*=\s*([^()]*?)\s*\)[ \t]*\n?")
_COMPARISON = re.compile(r"^(.*?)(==|!=)(.*)$", re.DOTALL)

_overrides: ContextVar[dict[str, object]] = ContextVar("local_aws_response_overrides")


def install() -> None:
    """Render templates here, and let replies follow what they override."""
    reply = cast("Callable[..., _Reply]", hooks.INTEGRATION_REPLY.get())

    def overridable(integration: object, status: int, text: str, *rest: object) -> _Reply:
        overrides: dict[str, object] = {}
        token = _overrides.set(overrides)
        try:
            chosen, headers, body = reply(integration, status, _as_json(text), *rest)
        finally:
            _overrides.reset(token)
        names = {name.removeprefix("header."): str(value) for name, value in overrides.items() if name != "status"}
        return int(str(overrides.get("status", chosen))), {**headers, **names}, body

    hooks.INTEGRATION_REPLY.replace(overridable)
    hooks.RENDER_TEMPLATE.replace(_render)


def _render(template: str, body: str, params: Mapping[str, str], context: Mapping[str, object] | None = None) -> str:
    state: Record = {"vars": {}, "context": context or {}, "body": body, "params": params, "gobbled": False}
    return "".join(_rendered(template, state))


def _rendered(template: str, state: Record) -> Iterator[str]:
    """Text up to the first condition, what is chosen of the branches behind it, and so on."""
    found = next((one for one in _DIRECTIVE.finditer(template) if one[1] == "if"), None)
    if found is None:
        yield _text(template, state)
        return
    yield _text(template[: found.start()], state)
    branches, rest = _branches(template, found)
    chosen = next((text for condition, text in branches if condition is None or _holds(condition, state)), "")
    yield from _rendered(chosen, state)
    yield from _rendered(rest, state)


def _branches(template: str, opening: re.Match[str]) -> tuple[list[tuple[str | None, str]], str]:
    """Each condition (none for else) with its text, and what follows the end."""
    branches: list[tuple[str | None, str]] = []
    condition: str | None
    condition, start = _condition(template, opening)
    depth = 0
    for found in _DIRECTIVE.finditer(template, start):
        kind = found[1] or found[2]
        if kind == "if":
            depth += 1
        elif kind == "end" and depth:
            depth -= 1
        elif not depth:
            branches.append((condition, template[start : found.start()]))
            if kind == "end":
                return branches, template[found.end() :]
            condition, start = _condition(template, found) if kind == "elseif" else (None, found.end())
    raise ValueError("a mapping template has #if without #end")


def _condition(template: str, directive: re.Match[str]) -> tuple[str, int]:
    closing = cast("Callable[[str, int], int | None]", hooks.CLOSING_PARENTHESIS.get())(template, directive.end())
    if closing is None:
        raise ValueError("a mapping template has a condition without its closing parenthesis")
    return template[directive.end() + 1 : closing], closing + 1


def _holds(condition: str, state: Record) -> bool:
    return any(all(_compares(part, state) for part in either.split("&&")) for either in condition.split("||"))


def _compares(part: str, state: Record) -> bool:
    compared = _COMPARISON.match(part)
    if compared is None:
        negated = part.strip().startswith("!")
        return (_value(part.strip().removeprefix("!"), state) not in (None, False)) is not negated
    same = _value(compared[1], state) == _value(compared[3], state)
    return same is (compared[2] == "==")


def _value(expression: str, state: Record) -> object:
    return cast("Callable[[str, Record], object]", hooks.TEMPLATE_VALUE.get())(expression, state)


def _text(template: str, state: Record) -> str:
    def note(override: re.Match[str]) -> str:
        _overrides.get({})[override[1]] = _value(override[2], state)
        return ""

    return cast("Callable[[str, Record], str]", hooks.TEMPLATE_TEXT.get())(_OVERRIDE.sub(note, template), state)


def _as_json(text: str) -> str:
    """An error of a service that speaks XML as API Gateway gets it."""
    if not text.lstrip().startswith("<"):
        return text
    parts = {element.tag.rpartition("}")[2]: element.text or "" for element in ElementTree.fromstring(text).iter()}  # noqa: S314 - the emulator's own
    error = {name: parts.get(name, "") for name in ("Code", "Message", "Type")}
    return json.dumps({"Error": error, "RequestId": parts.get("RequestId", "")})
