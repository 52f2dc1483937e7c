"""What a change of an app does: every stack of two folders that ``cdk synth`` wrote. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_patterns.review.changes import Area, Finding, Review, Severity
from aws_patterns.review.documents import NESTED, Document, read_documents
from aws_patterns.review.template_review import review_templates

if TYPE_CHECKING:
    from pathlib import Path

_NOT_THERE = Document(template={})


def review_places(
    old: Path, new: Path, *, region: str | None = None, parameters: Mapping[str, str] | None = None
) -> dict[str, Review]:
    """One review for each stack, by its name.

    Args:
        old: A template, or a folder with templates; an empty folder: nothing is deployed.
        new: As ``old``, but not empty. Two templates are compared whatever they are called.
        region: Where stacks are that do not say it.
        parameters: Values that the stacks are deployed with.

    Raises:
        UnreadableError: One of them is no template and holds none.
    """
    before, after = read_documents(old, may_be_empty=True), read_documents(new)
    if old.is_file() and new.is_file():
        before = dict(zip(after, before.values(), strict=True))
    return {
        name: _reviewed(name, before.get(name), after.get(name), region, parameters)
        for name in sorted({*before, *after})
    }


def _reviewed(
    name: str,
    before: Document | None,
    after: Document | None,
    region: str | None,
    parameters: Mapping[str, str] | None,
) -> Review:
    if after is None:
        text = "this stack is not in the app any more: nothing changes it until someone destroys it, by hand"
        gone = Finding(area=Area.INTERFACE, severity=Severity.LOOK, logical_id=name, text=text)
        return Review(resources=[], findings=[gone])
    was = before or _NOT_THERE
    review = review_templates(
        was.template, after.template, region=after.region or was.region or region, parameters=parameters
    )
    if before is None and name.endswith(NESTED):
        text = "this nested stack has no template to be compared with: it is told as if it were new"
        unknown = Finding(area=Area.INTERFACE, severity=Severity.LOOK, logical_id=name, text=text)
        return Review(resources=review.resources, findings=[unknown, *review.findings])
    return review
