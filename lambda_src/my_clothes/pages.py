"""The shop's pages. Pure. What people wrote is text here, never markup."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from sample_web_app.logic import Reply

LONGEST_SEARCH = 100
LONGEST_NOTE = 200
MOST_OF_ONE = 20

_STYLE = (
    ":root{color-scheme:light dark;font:1.05rem/1.5 system-ui,sans-serif}"
    "body{max-width:46rem;margin:6vh auto;padding:0 1.5rem}"
    "nav{display:flex;gap:1.5rem;align-items:baseline}"
    "ul{list-style:none;padding:0}"
    "li{display:flex;gap:1rem;align-items:center;padding:.6rem 0;border-top:1px solid #8884}"
    "li span{flex:1}li small{display:block;opacity:.75}"
    "form{display:flex;gap:.5rem;align-items:center}"
    "input,button{font:inherit}input[type=number]{width:4rem}"
    "footer{margin-top:3rem;opacity:.75;font-size:.9rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_PAGE = Template(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    f"<title>$title - MyClothes</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    '<nav><a href="/">MyClothes</a> <a href="/cart">$cart</a></nav>\n'
    "<main>\n<h1>$title</h1>\n$body\n</main>\n<footer>$footer</footer>\n</body>\n</html>\n"
)
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
}


@dataclass(frozen=True, slots=True)
class Product:
    """Something to wear.

    Attributes:
        cents: What it costs.
    """

    id: int
    name: str
    description: str
    cents: int


@dataclass(frozen=True, slots=True)
class Line:
    """So many of a product."""

    product: Product
    count: int


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody ordered, at the prices of then.

    Attributes:
        note: What he wrote to it.
    """

    id: str
    note: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around every page.

    Attributes:
        footer: Who answers.
        token: For the forms.
        count: Of things in the cart; None where that is not known.
    """

    footer: str
    token: str = ""
    count: int | None = None

    def page(self, title: str, body: str, status: int = 200) -> Reply:
        """A whole page."""
        cart = "Cart" if self.count is None else f"Cart ({self.count})"
        text = _PAGE.substitute(title=escape(title), body=body, cart=cart, footer=escape(self.footer))
        return Reply(status, text.encode(), "text/html; charset=utf-8", _HEADERS)

    def form(self, action: str, label: str, *, fields: str = "", hidden: Mapping[str, object] | None = None) -> str:
        """A form with one button, that only a page of ours can send."""
        values = {"token": self.token, **(hidden or {})}
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{escape(str(it))}">' for name, it in values.items()
        )
        return f'<form method="post" action="{action}">{inputs}{fields}<button>{escape(label)}</button></form>'


def catalogue(frame: Frame, products: Sequence[Product], search: str) -> Reply:
    """All products, or those that were searched for."""
    searching = (
        f'<form action="/"><input type="search" name="q" maxlength="{LONGEST_SEARCH}" aria-label="Search" '
        f'value="{escape(search)}"><button>Search</button></form>'
    )

    def adding(product: Product) -> str:
        return frame.form("/cart", "Add to cart", hidden={"product": product.id, "add": 1})

    items = [_item(each, adding(each)) for each in products]
    found = _list(items) if items else f"<p>Nothing here is called {escape(search)}.</p>"
    return frame.page("Catalogue", f"{searching}\n{found}")


def cart(frame: Frame, lines: Sequence[Line], order_id: str) -> Reply:
    """What is in the cart, and the way to order it."""
    if not lines:
        return frame.page("Cart", "<p>Your cart is empty.</p>")
    items = [
        _item(
            line.product,
            frame.form(
                "/cart",
                "Change",
                fields=f'<input type="number" name="count" min="0" max="{MOST_OF_ONE}" value="{line.count}" '
                f'aria-label="How many of {escape(line.product.name)}">',
                hidden={"product": line.product.id},
            ),
        )
        for line in lines
    ]
    note = f'<input name="note" maxlength="{LONGEST_NOTE}" aria-label="Note" placeholder="A note for the parcel">'
    ordering = frame.form("/orders", "Order", fields=note, hidden={"order": order_id})
    return frame.page("Cart", f"{_list(items)}\n{_total(lines)}\n{ordering}")


def order(frame: Frame, placed: Order) -> Reply:
    """What was ordered."""
    items = [_item(line.product, f"<span>&times; {line.count}</span>") for line in placed.lines]
    note = f"<p>Note: <q>{escape(placed.note)}</q></p>" if placed.note else ""
    return frame.page("Thank you", f"{_list(items)}\n{_total(placed.lines)}\n{note}")


def notice(frame: Frame, title: str, text: str, status: int) -> Reply:
    """A page that says one thing."""
    return frame.page(title, f"<p>{escape(text)}</p>", status)


def money(cents: int) -> str:
    """As people write it."""
    return f"€ {cents // 100:,}.{cents % 100:02}"


def _item(product: Product, action: str) -> str:
    about = f"{escape(product.name)}<small>{escape(product.description)}</small>"
    return f"<span>{about}</span> {money(product.cents)} {action}"


def _list(items: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"


def _total(lines: Iterable[Line]) -> str:
    return f"<p>Total: <strong>{money(sum(line.product.cents * line.count for line in lines))}</strong></p>"
