"""Snapshots of templates that say what a difference does to a deployed stack, instead of which lines differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from syrupy.extensions.json import JSONSnapshotExtension

from aws_patterns.review.accepted import explained


class ReviewedTemplates(JSONSnapshotExtension):
    """One template, and under ``further`` those of its stacks in other Regions."""

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """The review of each template that differs."""
        yield from (
            line for text in reviews(_read(snapshot_data), _read(serialized_data)) for line in text.splitlines()
        )


def reviews(accepted: dict[str, Any], template: dict[str, Any]) -> Iterator[str]:
    """What deploying the template over the accepted one does, for each Region that differs."""
    places: list[str | None] = [None, *sorted({*accepted.get("further", {}), *template.get("further", {})})]
    for region in places:
        old, new = _of(accepted, region), _of(template, region)
        if old != new:
            yield explained(old, new, name=f"in {region}" if region else "the stack", region=region)


def _of(template: dict[str, Any], region: str | None) -> dict[str, Any]:
    if region:
        return dict(template.get("further", {}).get(region, {}))
    return {key: value for key, value in template.items() if key != "further"}


def _read(data: Any) -> dict[str, Any]:
    return dict(json.loads(data)) if data else {}
