"""Which rule a request meets and which of its target groups gets it.

The emulator knows neither weights nor stickiness between groups, and compares query strings exactly.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, cast

from local_aws.launcher import hooks
from local_aws.launcher.hooks import Record

Answer = tuple[int, dict[str, Any], Any]

GROUP_COOKIE = "AWSALBTG"

client_address: ContextVar[str] = ContextVar("local_aws_client_address", default="127.0.0.1")
chosen_group: ContextVar[str] = ContextVar("local_aws_chosen_group", default="")


def install() -> None:
    """Match conditions and weigh target groups in this way wherever the emulator does."""
    hooks.MATCH_CONDITION.replace(_matching(cast("Callable[..., bool]", hooks.MATCH_CONDITION.get())))
    hooks.EXECUTE_ACTIONS.replace(_weighing(cast("Callable[..., Awaitable[Answer]]", hooks.EXECUTE_ACTIONS.get())))


class Turns:
    """Takes turns between choices in proportion to their weights: exactly so over each full round."""

    def __init__(self) -> None:
        self._credit: dict[str, dict[str, int]] = {}

    def take(self, round_of: str, weights: Mapping[str, int]) -> str | None:
        """The next choice of a round; None where nothing has a weight."""
        total = sum(weights.values())
        if total <= 0:
            return None
        before = self._credit.get(round_of, {})
        credit = {name: before.get(name, 0) + weight for name, weight in weights.items()}
        chosen = max((name for name, weight in weights.items() if weight > 0), key=lambda name: credit[name])
        credit[chosen] -= total
        self._credit[round_of] = credit
        return chosen


_turns = Turns()


def weights_of(action: Record) -> dict[str, int]:
    """The target groups that an action forwards to, with their weights."""
    groups = action.get("ForwardConfig", {}).get("TargetGroups") or ()
    weights = {str(group["TargetGroupArn"]): int(group.get("Weight", 1)) for group in groups}
    return weights or {str(action["TargetGroupArn"]): 1}


def cookies(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What the client sent."""
    jar: SimpleCookie = SimpleCookie()
    jar.load(headers.get("cookie", ""))
    return {name: morsel.value for name, morsel in jar.items()}


def with_cookies(answer: Answer, added: Sequence[str]) -> Answer:
    """The answer with more cookies set."""
    status, headers, body = answer
    known: object = next((value for name, value in headers.items() if name.lower() == "set-cookie"), [])
    rest = {name: value for name, value in headers.items() if name.lower() != "set-cookie"}
    return status, {**rest, "set-cookie": [*(known if isinstance(known, list) else [known]), *added]}, body


def _weighing(execute: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def weigh_and_execute(
        actions: Sequence[Record], method: str, path: str, headers: Mapping[str, str], *rest: object, **named: object
    ) -> Answer:
        decided, sticky = [], ""
        for action in actions:
            if action.get("Type") != "forward":
                decided.append(action)
                continue
            weights = weights_of(action)
            stickiness = action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig") or {}
            enabled = str(stickiness.get("Enabled", False)).lower() == "true"
            kept = _group_of(cookies(headers).get(GROUP_COOKIE, ""), weights) if enabled else None
            group = kept or _turns.take("|".join(sorted(weights)), weights)
            if group is None:
                return (
                    int(HTTPStatus.SERVICE_UNAVAILABLE),
                    {"Content-Type": "text/html"},
                    b"no target group has a weight",
                )
            if enabled:
                seconds = int(stickiness.get("DurationSeconds") or 0)
                sticky = f"{GROUP_COOKIE}={_short(group)}; Max-Age={seconds}; Path=/"
            decided.append({**action, "TargetGroupArn": group})
            chosen_group.set(group)
        answer = await execute(decided, method, path, headers, *rest, **named)
        return with_cookies(answer, [sticky]) if sticky else answer

    return weigh_and_execute


def _short(group: str) -> str:
    return group.rpartition("/")[2]


def _group_of(cookie: str, weights: Mapping[str, int]) -> str | None:
    # As on AWS: a client stays with its group even when that has lost its weight.
    return next((group for group in weights if _short(group) == cookie), None)


def _matching(otherwise: Callable[..., bool]) -> Callable[..., bool]:
    def matches(
        condition: Record, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, object]
    ) -> bool:
        values = condition.get("Values") or []
        match condition.get("Field"):
            case "path-pattern":
                return any(_like(path, value) for value in values)
            case "host-header":
                host = headers.get("host", "").rpartition("@")[2].partition(":")[0].lower()
                return any(_like(host, str(value).lower()) for value in values)
            case "query-string":
                wanted = condition.get("QueryStringConfig", {}).get("Values") or [_pair(value) for value in values]
                return any(_asked(query, pair) for pair in wanted)
            case "source-ip":
                address = ipaddress.ip_address(client_address.get())
                return any(address in ipaddress.ip_network(value, strict=False) for value in values)
        return otherwise(condition, method, path, headers, query)

    return matches


def _pair(written: str) -> Record:
    key, equals, value = written.partition("=")
    return {"Key": key, "Value": value} if equals else {"Value": key}


def _asked(query: Mapping[str, object], pair: Record) -> bool:
    """Whether a query has the value under the key, or under any where no key is given; case does not matter."""
    for key, found in query.items():
        values = found if isinstance(found, list) else [found]
        named = not pair.get("Key") or _like(key.lower(), str(pair["Key"]).lower())
        if named and any(_like(str(value).lower(), str(pair.get("Value", "")).lower()) for value in values):
            return True
    return False


def _like(text: str, pattern: str) -> bool:
    """Only ``*`` and ``?`` are wildcards: brackets are not, unlike in file names."""
    expression = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in str(pattern))
    return re.fullmatch(expression, text, re.DOTALL) is not None
