"""What the shop answers to whom. Pure: the catalogue and the sessions come from outside."""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs

from cache_client.store import TooLargeError, UnavailableError
from my_clothes import pages
from my_clothes.pages import LONGEST_NOTE, LONGEST_SEARCH, MOST_OF_ONE, Frame, Line, Order, Product
from my_clothes.sessions import Session, Sessions
from sample_web_app.logic import Reply

LARGEST_FORM_BYTES = 8_192

_MOST_FIELDS = 10
_MOST_LINES = 500
_LARGEST_ID = 2_147_483_647
_READING = ("GET", "HEAD")
_FROM_HERE = ("", "same-origin", "none")
_ORDERS = "/orders/"
_ORDER = re.compile(r"[\w-]{22}", re.ASCII)
# Control characters, and halves of characters.
_UNWRITTEN = ("Cc", "Cs")


class Wares(Protocol):
    """The catalogue and the orders. Each raises UnavailableError when it can't be asked."""

    def products(self, search: str) -> Sequence[Product]:
        """Those whose name holds the text, in the order of the catalogue."""

    def chosen(self, ids: Sequence[int]) -> Sequence[Product]:
        """Those of the ids that there are."""

    def place(self, order: str, note: str, cart: Mapping[int, int]) -> None:
        """Take an order, once, however often it is sent."""

    def order(self, order: str) -> Order | None:
        """One that was taken."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, as far as it matters here.

    Attributes:
        form: What was sent with it; None where that is no form.
        cookies: The header.
        site: The header Sec-Fetch-Site: whose page asks for it, where the browser says so.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    cookies: str = ""
    site: str = ""

    @property
    def route(self) -> str:
        """The path where it is one of ours: what else is asked for is the asker's own text."""
        if self.path.startswith(_ORDERS):
            return "/orders/*"
        return self.path if self.path in ("/", "/cart", "/orders", "/identity", "/health", "/alive") else "other"


@dataclass(frozen=True, slots=True)
class Cookie:
    """How the browser is to keep a session.

    Attributes:
        secure: Whether it sends it over HTTPS only, and takes it from this very host only.
    """

    secure: bool
    seconds: int

    @property
    def name(self) -> str:
        return "__Host-session" if self.secure else "session"

    def sent(self, header: str) -> str | None:
        """What the browser sent back."""
        # By hand: the standard library gives up on all of them for one odd one of somebody else's.
        cookies = (part.strip().partition("=") for part in header.split(";"))
        return next((value for name, _, value in cookies if name == self.name), None)

    def header(self, value: str) -> str:
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={value}; Path=/; Max-Age={self.seconds}; HttpOnly; SameSite=Lax{secure}"


class _Told(Exception):  # noqa: N818 - not an error: a page that ends the visit
    def __init__(self, status: int, title: str, text: str) -> None:
        self.status, self.title, self.text = status, title, text


class Shop:
    """Answers visits.

    Args:
        tell: Hears of what does not answer.
    """

    def __init__(
        self, wares: Wares, sessions: Sessions, cookie: Cookie, tell: Callable[[UnavailableError], None]
    ) -> None:
        self._wares = wares
        self._sessions = sessions
        self._cookie = cookie
        self._tell = tell

    def answer(self, visit: Visit, served_by: str) -> Reply:
        """The reply, with the visitor's cookie where it is another one; 503 while something behind does not answer."""
        sent = self._cookie.sent(visit.cookies)
        try:
            return self._shown(visit, sent, served_by) if visit.method in _READING else self._done(visit, sent)
        except _Told as told:
            return pages.notice(Frame(served_by), told.title, told.text, told.status)
        except TooLargeError:
            text = "Your cart is full: order what is in it first."
            return pages.notice(Frame(served_by), "Too much", text, HTTPStatus.CONFLICT)
        except UnavailableError as error:
            self._tell(error)
            text = "The shop is closed for a moment. Please try again."
            reply = pages.notice(Frame(served_by), "Closed", text, HTTPStatus.SERVICE_UNAVAILABLE)
            return replace(reply, headers={**reply.headers, "Retry-After": "5"})

    def _shown(self, visit: Visit, sent: str | None, served_by: str) -> Reply:
        known = self._sessions.read(sent) if sent else None
        session = known or Session()
        reply = self._show(visit, session, Frame(served_by, session.token, sum(session.cart.values())))
        return reply if known else self._with_cookie(reply, self._sessions.create(session))

    def _done(self, visit: Visit, sent: str | None) -> Reply:
        if visit.method != "POST" or visit.path not in ("/cart", "/orders"):
            raise _Told(HTTPStatus.METHOD_NOT_ALLOWED, "Not here", "Nothing can be done here.")
        if visit.form is None:
            raise _Told(HTTPStatus.BAD_REQUEST, "Not understood", "This is not one of the shop's forms.")
        form, replies = visit.form, []

        def change(session: Session) -> None:
            # A page of ours that was made for this visitor, and a browser that does not say otherwise.
            token = form.get("token", "")
            if visit.site not in _FROM_HERE or not hmac.compare_digest(token.encode(), session.token.encode()):
                raise _Told(HTTPStatus.FORBIDDEN, "Not from here", "This was not sent by a page of the shop.")
            replies.append((self._change_cart if visit.path == "/cart" else self._place)(form, session))

        value = self._sessions.update(sent, change) if sent else None
        if value is None:
            text = "What was in your cart is gone. Please start anew."
            raise _Told(HTTPStatus.FORBIDDEN, "Your session has ended", text)
        return self._with_cookie(replies[-1], value)

    def _with_cookie(self, reply: Reply, value: str) -> Reply:
        return replace(reply, headers={**reply.headers, "Set-Cookie": self._cookie.header(value)})

    def _show(self, visit: Visit, session: Session, frame: Frame) -> Reply:
        if visit.path == "/":
            search = _text("".join(visit.query.get("q", [""])[:1]), LONGEST_SEARCH)
            return pages.catalogue(frame, self._wares.products(search), search)
        if visit.path == "/cart":
            return pages.cart(frame, self._lines(session), session.order)
        name = visit.path.removeprefix(_ORDERS)
        if _ORDER.fullmatch(name) and (order := self._wares.order(name)):
            return pages.order(frame, order)
        raise _Told(HTTPStatus.NOT_FOUND, "Not found", "There is nothing here.")

    def _lines(self, session: Session) -> Sequence[Line]:
        products = self._wares.chosen(list(session.cart)) if session.cart else []
        return [Line(product, session.cart[product.id]) for product in products]

    def _change_cart(self, form: Mapping[str, str], session: Session) -> Reply:
        product = _number(form.get("product"), _LARGEST_ID)
        if not self._wares.chosen([product]):
            raise _Told(HTTPStatus.NOT_FOUND, "Not found", "There is no such product.")
        had = session.cart.get(product, 0)
        if "add" in form:
            count = min(had + _number(form["add"], MOST_OF_ONE), MOST_OF_ONE)
        else:
            count = _number(form.get("count"), MOST_OF_ONE)
        session.cart.pop(product, None)
        if count:
            session.cart[product] = count
        if len(session.cart) > _MOST_LINES:
            raise TooLargeError(f"{len(session.cart)} products, of {_MOST_LINES}")
        # Another cart is another order.
        session.order = Session().order
        return _see("/cart")

    def _place(self, form: Mapping[str, str], session: Session) -> Reply:
        name = form.get("order", "")
        note = _text(form.get("note", ""), LONGEST_NOTE)
        if not hmac.compare_digest(name.encode(), session.order.encode()):
            # A form that was sent twice, or one of before a change.
            if _ORDER.fullmatch(name) and self._wares.order(name):
                return _see(f"{_ORDERS}{name}")
            raise _Told(HTTPStatus.CONFLICT, "Look again", "Your cart has changed since this page was shown.")
        if not session.cart:
            raise _Told(HTTPStatus.CONFLICT, "Nothing to order", "Your cart is empty.")
        self._wares.place(name, note, session.cart)
        session.cart, session.order = {}, Session().order
        return _see(f"{_ORDERS}{name}")


def form_of(content_type: str, body: bytes) -> Mapping[str, str] | None:
    """The fields of a form as browsers send it, each once; None where it is anything else."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    return {name: values[0] for name, values in found.items()} if all(len(it) == 1 for it in found.values()) else None


def _number(text: str | None, largest: int) -> int:
    # Short enough that reading it costs nothing.
    if text and len(text) <= len(str(largest)) and text.isascii() and text.isdecimal() and int(text) <= largest:
        return int(text)
    raise _Told(HTTPStatus.BAD_REQUEST, "Not understood", f"A whole number up to {largest:,} is needed.")


def _text(value: str, longest: int) -> str:
    """What a person wrote: PostgreSQL has no place for some of what else may come."""
    if len(value) <= longest and not any(unicodedata.category(each) in _UNWRITTEN for each in value):
        return value
    raise _Told(HTTPStatus.BAD_REQUEST, "Not understood", f"A text of {longest} characters at most is needed.")


def _see(path: str) -> Reply:
    return Reply(HTTPStatus.SEE_OTHER, headers={"Location": path})
