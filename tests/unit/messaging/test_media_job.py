"""What the construct takes for renditions, the worker takes too, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.messaging.media_job import MediaJob, check_media_job
from media_renditions.recipe import Recipe, RecipeError


def problems(**options: Any) -> list[str]:
    found = Problems("A job")
    check_media_job(found, MediaJob(**options))
    return found.found


def test_by_default_it_is_the_workers_default() -> None:
    assert problems() == []
    assert Recipe.of(MediaJob().environment()) == Recipe.of({})


def test_what_was_chosen_reaches_the_worker() -> None:
    job = MediaJob(renditions=["a=1x2.png", "b-2=8192x8192.avif"], maximum_bytes=5, maximum_pixels=6)
    found = Recipe.of(job.environment())
    assert [(each.name, each.width, each.height, each.kind) for each in found.renditions] == [
        ("a", 1, 2, "png"),
        ("b-2", 8192, 8192, "avif"),
    ]
    assert (found.most_bytes, found.most_pixels) == (5, 6)


NAMES = st.text("aZ0-_ ü", min_size=1, max_size=4) | st.sampled_from(["a", "b", "a" * 32, "a" * 33])
SIDES = st.sampled_from(["0", "1", "8192", "8193", "012345", "99999", "", "-1", "\u0663"])
KINDS = st.sampled_from(["jpeg", "png", "webp", "avif", "gif", "JPEG", ""])
SPECS = st.builds("{}={}x{}.{}".format, NAMES, SIDES, SIDES, KINDS).filter(lambda text: " " not in text)


@given(st.lists(SPECS, min_size=1, max_size=3))
def test_renditions_are_refused_here_where_the_worker_would_refuse_them(specs: list[str]) -> None:
    try:
        Recipe.of(MediaJob(renditions=specs).environment())
    except RecipeError:
        assert problems(renditions=specs)
    else:
        assert problems(renditions=specs) == []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (
            {"renditions": ["large=1x1.tiff", "x=0x1.png", "a=1x1.png", "a=2x2.png"]},
            [
                "renditions must look like large=1920x1920.jpeg, of jpeg, png, webp, avif, got 'large=1x1.tiff'",
                "renditions must be between 1 and 8192 wide and high, got 'x=0x1.png'",
                "renditions must have names of their own, got a 2 times",
            ],
        ),
        ({"renditions": []}, ["renditions must be 1 to 20, got 0"]),
        ({"renditions": [f"a{n}=1x1.png" for n in range(21)]}, ["renditions must be 1 to 20, got 21"]),
        (
            {"maximum_bytes": 0, "maximum_pixels": -1},
            ["maximum_bytes must be 1 or more, got 0", "maximum_pixels must be 1 or more, got -1"],
        ),
    ],
    ids=str,
)
def test_everything_wrong_is_said_at_once(options: dict[str, Any], found: list[str]) -> None:
    assert problems(**options) == found
