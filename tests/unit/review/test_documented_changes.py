"""What the template reference says of a property is what the review says of its change."""

from __future__ import annotations

import pytest

from aws_patterns.review.changes import Effect
from aws_patterns.review.template_review import review_templates
from tests.unit.review.documented_changes import CHANGES, IN_PLACE, INTERRUPTED, REFUSED, REPLACEMENT, Documented

# What the documentation calls an interruption may be a replacement; it says when in words only.
EFFECTS = {
    IN_PLACE: {Effect.IN_PLACE},
    INTERRUPTED: {Effect.IN_PLACE, Effect.MAY_BE_REPLACED, Effect.REPLACED},
    REPLACEMENT: {Effect.REPLACED},
    REFUSED: {Effect.REFUSED},
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.type} {change.line}")
def test_a_change_has_its_documented_effect(change: Documented) -> None:
    body = {"Type": change.type, **change.attributes}
    old, new = ({"Resources": {"It": {**body, "Properties": side}}} for side in (change.old, change.new))
    (found,) = review_templates(old, new).resources
    assert str(found) == f"{change.type} It: {change.line}"
    assert found.effect in EFFECTS[change.update]


def test_the_table_is_as_large_as_promised() -> None:
    assert len(CHANGES) >= 40
    assert {change.update for change in CHANGES} == set(EFFECTS)
