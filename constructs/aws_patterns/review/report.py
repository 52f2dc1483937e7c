"""A review for people: in a terminal, and as a comment on a pull request. Needs no CDK."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from aws_patterns.review._defaults import COMMENT_LENGTH
from aws_patterns.review.changes import Finding, ResourceChange, Review, Severity

_TITLES = {
    Severity.DATA_LOSS: "DATA WOULD BE LOST",
    Severity.LOOK: "Needs a look",
    Severity.NOTE: "Other changes",
}
_KEEPING = (
    "To keep data: leave the logical id and the property as they were, or first deploy the policies Retain, "
    "and import what is left behind."
)
_CUT = "- The rest does not fit into a comment: run python -m aws_patterns.review without --markdown.\n"


def worst(reviews: Mapping[str, Review]) -> Severity:
    """The most that any review asks of a reviewer."""
    return max((review.severity for review in reviews.values()), default=Severity.NOTE)


def as_text(reviews: Mapping[str, Review], *, complete: bool = False) -> str:
    """For a terminal.

    Args:
        reviews: By the names of their stacks.
        complete: Whether to list every change; otherwise those that ask nothing of a reviewer are counted.
    """
    return "\n".join(_lines(reviews, complete=complete))


def _lines(reviews: Mapping[str, Review], *, complete: bool) -> Iterator[str]:
    differing = {name: review for name, review in reviews.items() if review}
    if not differing:
        yield "Nothing changes."
        return
    yield summary(reviews)
    for name, review in differing.items():
        yield ""
        yield name
        for severity in sorted(Severity, reverse=True):
            lines = lines_of(review, severity)
            if not lines:
                continue
            if severity is Severity.NOTE and not complete:
                yield f"  {_TITLES[severity]}: {_counted(review)}"
                continue
            yield f"  {_TITLES[severity]}"
            yield from (f"    {line}" for line in lines)
    if worst(reviews) is Severity.DATA_LOSS:
        yield from ("", _KEEPING)


def as_markdown(reviews: Mapping[str, Review]) -> str:
    """For a comment: what needs a look is open, the rest is folded, and left out where a comment can't be as long."""
    text = _markdown(reviews, folded=True)
    if len(text) > COMMENT_LENGTH:
        text = _markdown(reviews, folded=False)
    if len(text) > COMMENT_LENGTH:
        kept = text[: COMMENT_LENGTH - len(_CUT)].rpartition("\n")[0]
        text = f"{kept}\n{_CUT}"
    return text


def _markdown(reviews: Mapping[str, Review], *, folded: bool) -> str:
    differing = {name: review for name, review in reviews.items() if review}
    if not differing:
        return "### Template review\n\nNothing changes.\n"
    parts = [f"### Template review\n\n{summary(reviews)}\n"]
    if worst(reviews) is Severity.DATA_LOSS:
        parts.append(f"{_KEEPING}\n")
    for name, review in differing.items():
        parts.append(f"#### {_escaped(name)}\n")
        for severity in sorted(Severity, reverse=True):
            listed = "\n".join(f"- {_escaped(line)}" for line in lines_of(review, severity))
            if not listed:
                continue
            if severity is Severity.NOTE:
                title = f"{_TITLES[severity]}: {_counted(review)}"
                fold = f"<details><summary>{title}</summary>\n\n{listed}\n\n</details>\n"
                parts.append(fold if folded else f"{title}\n")
            else:
                parts.append(f"**{_TITLES[severity]}**\n\n{listed}\n")
    return "\n".join(parts)


def summary(reviews: Mapping[str, Review]) -> str:
    """How many changes ask how much of a reviewer, in one sentence."""
    of = Counter(severity for review in reviews.values() for severity in review.severities)
    lost, look = of[Severity.DATA_LOSS], of[Severity.LOOK]
    return (
        f"{_many(lost, 'change loses', 'changes lose')} data, {_many(look, 'needs', 'need')} a look, "
        f"{of[Severity.NOTE]} more."
    )


def lines_of(review: Review, severity: Severity) -> list[str]:
    """One line for each change that asks as much; resources with the same change share one."""
    resources = [each for each in review.resources if each.severity is severity]
    findings = [each for each in review.findings if each.severity is severity]
    return [
        *_together(resources),
        *(
            line
            for area in dict.fromkeys(each.area for each in findings)
            for line in _of_area(area, [each for each in findings if each.area is area])
        ),
    ]


def _of_area(area: str, findings: Sequence[Finding]) -> Iterator[str]:
    by_text: dict[str, list[str]] = {}
    for each in findings:
        by_text.setdefault(each.text, []).append(each.logical_id)
    yield from (f"{area}: {', '.join(names)}: {text}" for text, names in by_text.items())


def _together(changes: Sequence[ResourceChange]) -> Iterator[str]:
    """Resources to which the same happens, for the same reason, on one line."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for each in changes:
        kind, _, text = str(each).partition(f" {_name(each)}: ")
        kinds.setdefault(text, {}).setdefault(kind, []).append(_name(each))
    for text, names in kinds.items():
        yield "; ".join(f"{kind} {', '.join(listed)}" for kind, listed in names.items()) + f": {text}"


def _name(change: ResourceChange) -> str:
    return f"{change.logical_id} -> {change.new_id}" if change.new_id else change.logical_id


def _counted(review: Review) -> str:
    kinds = Counter(each.effect.value.partition(":")[0] for each in review.resources if each.severity is Severity.NOTE)
    kinds.update(f"about {each.area.lower()}" for each in review.findings if each.severity is Severity.NOTE)
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _escaped(text: str) -> str:
    """As it stands, whatever Markdown would make of it."""
    return "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in text)
