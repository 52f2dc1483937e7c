"""What a pattern promises for the day on which something is lost."""

from __future__ import annotations

import pytest

from aws_patterns.recovery import DAY, HOUR, NONE, Span, in_words


@pytest.mark.parametrize(("usual", "worst"), [(-1, 0), (2, 1), (0, float("inf")), (float("nan"), 1)])
def test_a_span_that_can_not_be_is_refused(usual: float, worst: float) -> None:
    with pytest.raises(ValueError, match="0 <= usual <= worst seconds, got"):
        Span(usual=usual, worst=worst)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (None, "not recovered"),
        (NONE, "none"),
        (Span(usual=1, worst=1), "1 second"),
        (Span(usual=60, worst=120), "1 to 2 minutes"),
        (Span(usual=30, worst=300), "30 seconds to 5 minutes"),
        (Span(usual=0, worst=300), "none to 5 minutes"),
        (Span(usual=HOUR, worst=DAY), "1 hour to 1 day"),
        (Span(usual=HOUR, worst=HOUR), "1 hour"),
        (Span(usual=90, worst=90), "1.5 minutes"),
    ],
)
def test_a_span_reads_like_a_sentence(span: Span | None, words: str) -> None:
    assert in_words(span) == words
