"""A template beside the one that was accepted: what a test says when they differ. Needs no CDK."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_patterns.review.changes import Severity
from aws_patterns.review.report import as_text, worst
from aws_patterns.review.template_review import review_templates

DATA_LOSS = "THIS CHANGE LOSES DATA of a stack that is deployed."

_ASSET_HASH = re.compile(r"[0-9a-f]{64}")
# How a pipeline names an asset that it publishes: with the beginning of another hash, of where it goes.
_PUBLISHED = re.compile(r"(?<=[0-9a-f]{64}:)([\w-]+)-[0-9a-f]{8}\b")


def without_asset_hashes(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what changes whenever the code of a function does."""
    text = _PUBLISHED.sub(r"\1-<hash>", json.dumps(template))
    return dict(json.loads(_ASSET_HASH.sub("<asset hash>", text)))


def explained(accepted: Mapping[str, Any], template: Mapping[str, Any], *, name: str, region: str | None = None) -> str:
    """What deploying the template over the accepted one does; data that is lost comes first, in a sentence of its own.

    Args:
        accepted: The template that someone looked at.
        template: The template as it is now.
        name: Of the stack, as the review shows it.
        region: Where the stack is. Default: not known.
    """
    review = review_templates(accepted, template, region=region)
    text = as_text({name: review}, complete=True)
    return f"{DATA_LOSS}\n{text}" if worst({name: review}) is Severity.DATA_LOSS else text


def differs_from_accepted(template: Mapping[str, Any], file: Path, *, region: str | None = None) -> str | None:
    """Why a template is not the accepted one; ``None`` when it is.

    Args:
        template: As it is now.
        file: With the accepted one, as ``accept`` wrote it.
        region: Where the stack is. Default: not known.
    """
    if not file.is_file():
        return f"{file} does not exist: no template is accepted yet."
    accepted = json.loads(file.read_text(encoding="utf-8"))
    now = without_asset_hashes(template)
    return None if accepted == now else explained(accepted, now, name=file.name.partition(".")[0], region=region)


def accept(template: Mapping[str, Any], file: Path) -> None:
    """Write a template as the accepted one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(without_asset_hashes(template), indent=1, sort_keys=True, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")
