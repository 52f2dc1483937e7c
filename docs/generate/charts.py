"""Panels of curves over time, one below the other, in SVG of the same look as the diagrams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from docs.generate.dot import FAILURE, INK, LINE, MUTED, tint

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 22.0, 46.0, 34.0
_PANEL, _BETWEEN = 74.0, 38.0
_GRID = "#e2e6eb"
_MARK = 8.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Values over time; between two of them nothing changes.

    Attributes:
        points: Seconds and values, in order.
        color: Of the line.
        filled: Whether the ground below it is tinted.
        dashed: Whether the line is.
    """

    points: Sequence[Point]
    color: str
    filled: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Curves on one scale.

    Attributes:
        title: What it shows, with its unit.
        ticks: Values with a line and a number, the last one at the top.
        curves: What is drawn, the last on top.
        limit: A value that is not to be exceeded, and what it is.
    """

    title: str
    ticks: Sequence[float]
    curves: Sequence[Curve]
    limit: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The same panels over some time.

    Attributes:
        title: Which time.
        begin: Its first second.
        end: Its last.
        width: In pixels, without the numbers beside it.
        ticks: Seconds with a number, and the number.
        marks: Seconds at which something happens, and the letter that stands for it.
    """

    title: str
    begin: float
    end: float
    width: float
    ticks: Sequence[tuple[float, str]]
    marks: Sequence[tuple[float, str]] = ()


def draw(columns: Sequence[Column], panels: Sequence[Panel], captions: Sequence[str]) -> tuple[float, float, str]:
    """Width, height and the parts of a picture: each column shows all panels over its time."""
    lines: list[str] = []
    left = 0.0
    for number, column in enumerate(columns):
        lines += _column(column, panels, left + _LEFT, titled=number == 0)
        left += _LEFT + column.width + _RIGHT
    below = _TOP + len(panels) * (_PANEL + _BETWEEN) - _BETWEEN + _BOTTOM
    for number, caption in enumerate(captions):
        lines.append(_text(_LEFT, below + 22 + 18 * number, caption, size=12, color=INK))
    return left, below + 22 + 18 * len(captions), "\n".join(lines)


def _column(column: Column, panels: Sequence[Panel], left: float, *, titled: bool) -> list[str]:
    right = left + column.width

    def across(second: float) -> float:
        return left + column.width * (second - column.begin) / (column.end - column.begin)

    lines = [_text(left, 22, column.title, size=13, color=INK, bold=True)]
    bottom = _TOP
    for panel in panels:
        top, bottom = bottom, bottom + _PANEL
        lines += _panel(panel, column, across, (left, top, right, bottom), titled=titled)
        bottom += _BETWEEN
    bottom -= _BETWEEN
    for second, letter in column.marks:
        x = across(second)
        lines += [
            f'<line x1="{x:.1f}" y1="{_TOP - 2:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{LINE}" '
            'stroke-width="1" stroke-dasharray="2 3"/>',
            f'<circle cx="{x:.1f}" cy="{_TOP - _MARK - 2:.1f}" r="{_MARK}" fill="{INK}"/>',
            _text(x, _TOP - _MARK + 2, letter, size=11, color="#ffffff", bold=True, anchor="middle"),
        ]
    lines += [_text(across(second), bottom + 16, name, anchor="middle") for second, name in column.ticks]
    return lines


def _panel(
    panel: Panel,
    column: Column,
    across: Callable[[float], float],
    box: tuple[float, float, float, float],
    *,
    titled: bool,
) -> list[str]:
    left, top, right, bottom = box

    def up(value: float) -> float:
        return bottom - (bottom - top) * value / panel.ticks[-1]

    lines = []
    for tick in panel.ticks:
        y = up(tick)
        lines.append(f'<line x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
        lines.append(_text(left - 6, y + 3.5, f"{tick:,g}", anchor="end"))
    if titled:
        lines.append(_text(left, top - 7, panel.title, size=12, color=INK))
    for curve in panel.curves:
        seen = _seen(curve.points, column.begin, column.end)
        steps = _steps([(across(second), up(value)) for second, value in seen], right)
        if curve.filled:
            lines.append(f'<path d="{steps}V{bottom:.1f}H{left:.1f}Z" fill="{tint(curve.color, part=0.18)}"/>')
        dash = ' stroke-dasharray="4 3"' if curve.dashed else ""
        lines.append(f'<path d="{steps}" fill="none" stroke="{curve.color}" stroke-width="1.5"{dash}/>')
    if panel.limit:
        value, name = panel.limit
        lines.append(
            f'<line x1="{left:.1f}" y1="{up(value):.1f}" x2="{right:.1f}" y2="{up(value):.1f}" stroke="{FAILURE}" '
            'stroke-dasharray="5 4"/>'
        )
        if titled:
            lines.append(_text(right, up(value) - 4, name, color=FAILURE, anchor="end"))
    return lines


def _seen(points: Sequence[Point], begin: float, end: float) -> list[Point]:
    """The values within a time, with the one that there is at its beginning."""
    before = [value for second, value in points if second <= begin]
    inside = [(second, value) for second, value in points if begin < second < end]
    return [(begin, before[-1] if before else 0.0), *inside]


def _steps(points: Sequence[Point], right: float) -> str:
    path, (_, last) = f"M{points[0][0]:.1f} {points[0][1]:.1f}", points[0]
    for x, y in points[1:]:
        if f"{y:.1f}" != f"{last:.1f}":
            path += f"H{x:.1f}V{y:.1f}"
            last = y
    return f"{path}H{right:.1f}"


def _text(
    x: float, y: float, words: str, *, size: int = 10, color: str = MUTED, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{weight}>'
        f"{escape(words)}</text>"
    )
