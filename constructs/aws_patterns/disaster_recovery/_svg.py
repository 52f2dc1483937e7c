"""Small pictures of bars over time, readable on a light and on a dark page, and aloud."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aws_patterns.recovery import DAY, HOUR, MINUTE

INK, MUTED, GRID, GOOD, BAD = "#1f2937", "#5b6472", "#e2e6eb", "#1a7f37", "#b3202f"
_FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_MOST_TICKS = 9
_SIXTY = (1, 2, 5, 10, 15, 30)
_STEPS = (
    *_SIXTY,
    *(minutes * MINUTE for minutes in _SIXTY),
    *(hours * HOUR for hours in (1, 2, 4, 6, 12)),
    *(days * DAY for days in (1, 2, 7, 30)),
)


def framed(width: float, height: float, body: Sequence[str], *, title: str, description: str) -> str:
    """A whole picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="title desc">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(description)}</desc>\n'
        '<rect width="100%" height="100%" rx="10" fill="#ffffff"/>\n'
        + "\n".join([f'<g font-family="{_FONTS}">', *body, "</g>", "</svg>", ""])
    )


def text(
    x: float, y: float, words: str, *, size: int = 11, color: str = INK, bold: bool = False, anchor: str = "start"
) -> str:
    """Words at a place."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{weight}>'
        f"{escape(words)}</text>"
    )


def bar(x: float, y: float, width: float, height: float, color: str, *, hint: str = "") -> str:
    """A rectangle; the hint shows when one hovers over it."""
    told = f"<title>{escape(hint)}</title>" if hint else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}">{told}</rect>'


def line(x1: float, y1: float, x2: float, y2: float, color: str, *, dashed: bool = False) -> str:
    """A straight line."""
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{dash}/>'


def ticks(longest: float) -> list[float]:
    """Round numbers of seconds from 0 to the first that is not less than ``longest``, a handful of them."""
    step = next((step for step in _STEPS if longest / step <= _MOST_TICKS), longest / _MOST_TICKS)
    found = [0.0]
    while found[-1] < longest or len(found) == 1:
        found.append(found[-1] + step)
    return found


def tick_name(seconds: float) -> str:
    """``0``, ``45 s``, ``5 min``, ``1.5 h``, ``2 d``."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= size and (seconds % size == 0 or unit == "h"):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s" if seconds else "0"
