"""A time line for each strategy: from the loss of a Region until users are served again, link after link."""

from __future__ import annotations

from collections.abc import Mapping

from aws_patterns.disaster_recovery import _svg as svg
from aws_patterns.disaster_recovery.choice._choice_words import TITLES, money
from aws_patterns.disaster_recovery.choice.strategy_choice import Assessment
from aws_patterns.disaster_recovery.plan import Strategy
from aws_patterns.recovery import Span, in_words

TITLE = "From the loss of a Region until users are served again"
# Dark enough for white letters.
_COLORS = {
    "Detection": "#64748b",
    "Decision": "#b45309",
    "Fencing": "#9d174d",
    "Promotion": "#1d4ed8",
    "Restore": "#1d4ed8",
    "Infrastructure": "#6d28d9",
    "Scaling": "#c2410c",
    "Health": "#0f766e",
    "Traffic": "#15803d",
    "DNS": "#4d7c0f",
}
_LEFT, _WIDTH, _RIGHT = 240.0, 690.0, 30.0
_TOP, _ROW, _BAR = 62.0, 58.0, 24.0
_LETTER = 6.4


def strategies_picture(found: Mapping[Strategy, Assessment]) -> str:
    """The four strategies, one below the other, on one scale; the objective is a line across all."""
    assessments = list(found.values())
    objective = assessments[0].objective
    longest = max(one.time.span.worst for one in assessments)
    marks = svg.ticks(longest)
    bottom = _TOP + _ROW * len(assessments)

    def across(seconds: float) -> float:
        return _LEFT + _WIDTH * seconds / marks[-1]

    lines = [svg.text(20, 26, f"{TITLE}, at worst", size=14, bold=True)]
    for mark in marks:
        lines.append(svg.line(across(mark), _TOP - 8, across(mark), bottom, svg.GRID))
        lines.append(svg.text(across(mark), bottom + 16, svg.tick_name(mark), color=svg.MUTED, anchor="middle"))
    if objective.recovery_time_seconds <= marks[-1]:
        x = across(objective.recovery_time_seconds)
        lines.append(svg.line(x, _TOP - 14, x, bottom, svg.BAD, dashed=True))
        lines.append(svg.text(x, _TOP - 18, "objective", color=svg.BAD, anchor="middle"))
    for row, one in enumerate(assessments):
        top, second = _TOP + _ROW * row, 0.0
        lines += _names(one, top)
        for link in one.time.links:
            if not link.span.worst:
                continue
            left, right = across(second), across(second + link.span.worst)
            second += link.span.worst
            lines.append(
                svg.bar(left, top, right - left, _BAR, _COLORS[link.name], hint=f"{link.name}: {link.span.worst:g} s")
            )
            if right - left > _LETTER * len(link.name) + 6:
                lines.append(
                    svg.text((left + right) / 2, top + 16, link.name, color="#ffffff", anchor="middle", size=10)
                )
        total = in_words(Span(usual=second, worst=second))
        room = _LEFT + _WIDTH + _RIGHT - across(second)
        # Beside the bar, or below its end where there is no room.
        if room > _LETTER * len(total) + 12:
            lines.append(svg.text(across(second) + 6, top + 16, total, bold=True))
        else:
            lines.append(svg.text(across(second), top + _BAR + 14, total, bold=True, anchor="end"))
    lines += _legend(assessments, bottom + 40)
    return svg.framed(
        _LEFT + _WIDTH + _RIGHT, bottom + 56, lines, title=TITLE, description=" ".join(map(_spoken, assessments))
    )


def _names(one: Assessment, top: float) -> list[str]:
    lost = one.point.span.worst
    loses = f"loses up to {in_words(Span(usual=lost, worst=lost))}" if lost else "loses nothing"
    verdict, color = ("meets the objective", svg.GOOD) if one.meets else ("misses the objective", svg.BAD)
    return [
        svg.text(20, top + 10, TITLES[one.strategy], size=12, bold=True),
        svg.text(20, top + 24, f"{loses}, {money(one.monthly_cost)} a month", size=10, color=svg.MUTED),
        svg.text(20, top + 37, verdict, size=10, color=color),
    ]


def _legend(assessments: list[Assessment], y: float) -> list[str]:
    used = {link.name for one in assessments for link in one.time.links if link.span.worst}
    lines, x = [], 20.0
    for name, color in _COLORS.items():
        if name in used:
            lines += [svg.bar(x, y - 9, 10, 10, color), svg.text(x + 14, y, name, size=10, color=svg.MUTED)]
            x += 32 + _LETTER * len(name)
    return lines


def _spoken(one: Assessment) -> str:
    links = ", ".join(f"{link.name} {link.span.worst:g} s" for link in one.time.links if link.span.worst)
    verdict = "meets" if one.meets else "misses"
    return f"{TITLES[one.strategy]} {verdict} the objective: {links}."
