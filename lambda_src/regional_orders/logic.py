"""What an order is, and what is refused. Pure: no AWS, no clock, no environment."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Far above any order, far below what would be worth an attacker's while.
_LARGEST_BODY = 4_096
_LONGEST_TEXT = 200
_MOST = 1_000
_LONGEST_SHOWN = 40

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that the sender of a request has to change."""

    field: str
    reason: str


class RefusedError(Exception):
    """A request that changes nothing, with every reason for it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.field for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What somebody wants.

    Attributes:
        id: Chosen by who orders: sent twice, it is one order.
        product: What.
        quantity: How many.
        written_in: The Region that acknowledged it.
        written_at: When, in UTC.
    """

    id: str
    product: str
    quantity: int
    written_in: str
    written_at: str

    def to_json(self) -> dict[str, object]:
        """As the API tells it."""
        return {
            "id": self.id,
            "product": self.product,
            "quantity": self.quantity,
            "writtenIn": self.written_in,
            "writtenAt": self.written_at,
        }

    @property
    def document(self) -> str:
        """The confirmation that is kept in the bucket."""
        return f"Order {self.id}: {self.quantity} x {self.product}\n"


def read_id(id: str) -> str:
    """The id of an order.

    Raises:
        RefusedError: When it can't be one.
    """
    if not _ID.fullmatch(id):
        raise RefusedError([_id_problem(id)])
    return id


def read_order(id: str, body: str | None, *, region: str, now: str) -> Order:
    """The order that is to be kept.

    Args:
        id: From the path.
        body: A JSON object with product and quantity.
        region: That acknowledges it.
        now: In UTC.

    Raises:
        RefusedError: With every problem of the request.
    """
    problems = [] if _ID.fullmatch(id) else [_id_problem(id)]
    fields = _parse(body)
    product, quantity = fields.get("product"), fields.get("quantity")
    if not isinstance(product, str) or not 1 <= len(product.strip()) <= _LONGEST_TEXT:
        reason = f"must be a text of 1 to {_LONGEST_TEXT} characters, got {_shown(product)}"
        problems.append(Problem(field="product", reason=reason))
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= _MOST:
        reason = f"must be a whole number from 1 to {_MOST}, got {_shown(quantity)}"
        problems.append(Problem(field="quantity", reason=reason))
    if problems or not isinstance(product, str) or not isinstance(quantity, int):
        raise RefusedError(problems)
    return Order(id=id, product=product.strip(), quantity=quantity, written_in=region, written_at=now)


def to_page(last_id: str | None) -> str | None:
    """Where the next page of the list begins, as the API hands it out; ``None`` after the last."""
    return None if last_id is None else base64.urlsafe_b64encode(last_id.encode()).decode()


def from_page(page: str | None) -> str | None:
    """The last id before a page.

    Raises:
        RefusedError: When the API never handed it out.
    """
    if page is None:
        return None
    try:
        return read_id(base64.urlsafe_b64decode(page.encode()).decode())
    except (binascii.Error, ValueError, RefusedError):
        reason = f"must be what the answer to the last request had as next, got {_shown(page)}"
        raise RefusedError([Problem(field="next", reason=reason)]) from None


def _parse(body: str | None) -> Mapping[str, object]:
    if not body:
        raise RefusedError([Problem(field="body", reason="is missing: send a JSON object with product and quantity")])
    if len(body) > _LARGEST_BODY:
        reason = f"must have at most {_LARGEST_BODY} characters, has {len(body)}"
        raise RefusedError([Problem(field="body", reason=reason)])
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError([Problem(field="body", reason="is not valid JSON")]) from None
    if not isinstance(parsed, dict):
        raise RefusedError([Problem(field="body", reason="must be a JSON object with product and quantity")])
    return parsed


def _id_problem(id: str) -> Problem:
    return Problem(field="id", reason=f"must be 1 to 64 letters, digits, - and _, got {_shown(id)}")


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
