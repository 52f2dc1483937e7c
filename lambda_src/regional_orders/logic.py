"""What an order is, and what is refused. Pure: no AWS, no clock, no environment."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

from http_api.logic import Problem, RefusedError, read_object, shown

_LONGEST_TEXT = 200
_MOST = 1_000

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


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
    fields = read_object(body, fields="product and quantity")
    product, quantity = fields.get("product"), fields.get("quantity")
    if not isinstance(product, str) or not 1 <= len(product.strip()) <= _LONGEST_TEXT:
        reason = f"must be a text of 1 to {_LONGEST_TEXT} characters, got {shown(product)}"
        problems.append(Problem(field="product", reason=reason))
    # Cc are control characters, line breaks among them; Cs halves of a surrogate pair, which nothing can keep.
    elif any(unicodedata.category(each) in {"Cc", "Cs"} for each in product):
        reason = f"must not hold control characters or broken Unicode, got {shown(product)}"
        problems.append(Problem(field="product", reason=reason))
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= _MOST:
        reason = f"must be a whole number from 1 to {_MOST}, got {shown(quantity)}"
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
        reason = f"must be what the answer to the last request had as next, got {shown(page)}"
        raise RefusedError([Problem(field="next", reason=reason)]) from None


def _id_problem(id: str) -> Problem:
    return Problem(field="id", reason=f"must be 1 to 64 letters, digits, - and _, got {shown(id)}")
