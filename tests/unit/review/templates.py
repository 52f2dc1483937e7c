"""Small templates."""

from __future__ import annotations

from typing import Any

from aws_patterns.review.changes import Review
from aws_patterns.review.template_review import review_templates

Template = dict[str, Any]


def resource(kind: str, properties: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties or {}, **attributes}


def template(parts: dict[str, Any] | None = None, **resources: Any) -> Template:
    return {**(parts or {}), "Resources": resources}


def review_of(old: dict[str, Any] | None, new: dict[str, Any] | None, kind: str, **attributes: Any) -> Review:
    """One resource called It; ``None``: it is not in that template."""
    sides = [{} if side is None else {"It": resource(kind, side, **attributes)} for side in (old, new)]
    return review_templates({"Resources": sides[0]}, {"Resources": sides[1]})


def lines(review: Review) -> list[str]:
    return str(review).splitlines()
