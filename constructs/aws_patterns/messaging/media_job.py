"""What the worker program's own job makes of images, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_patterns._validation import Problems

_KINDS = ("jpeg", "png", "webp", "avif")
_RENDITION = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9-]{0,31})=(?P<width>[0-9]{1,5})x(?P<height>[0-9]{1,5})\.(?P<kind>[a-z]+)"
)
_LARGEST_SIDE = 8_192
_MOST_RENDITIONS = 20

RENDITIONS = ("thumbnail=160x160.webp", "small=640x640.webp", "large=1920x1920.jpeg")
MOST_BYTES = 50_000_000
MOST_PIXELS = 50_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaJob:
    """Which renditions are made of an image: ``MediaJob(renditions=["preview=400x300.avif"])``.

    Attributes:
        renditions: Each as ``name=WIDTHxHEIGHT.kind``, a picture of at most that size, in which the whole image fits;
            kinds are jpeg, png, webp and avif. Default: a thumbnail, a small and a large one.
        maximum_bytes: Of an image's file. Default 50 million.
        maximum_pixels: Of an image; a worker needs some sixteen bytes of memory for each. Default 50 million.
    """

    renditions: Sequence[str] = RENDITIONS
    maximum_bytes: int = MOST_BYTES
    maximum_pixels: int = MOST_PIXELS

    def environment(self) -> dict[str, str]:
        """Variables for ``WorkerPool(environment=...)``."""
        return {
            "RENDITIONS": " ".join(self.renditions),
            "MOST_BYTES": str(self.maximum_bytes),
            "MOST_PIXELS": str(self.maximum_pixels),
        }


def check_media_job(problems: Problems, job: MediaJob) -> None:
    """Add to ``problems`` whatever the job would refuse to work with."""
    names: list[str] = []
    for text in job.renditions:
        found = _RENDITION.fullmatch(text)
        if found is None or found["kind"] not in _KINDS:
            problems.add(f"renditions must look like large=1920x1920.jpeg, of {', '.join(_KINDS)}, got {text!r}")
            continue
        names.append(found["name"])
        if not all(1 <= int(found[side]) <= _LARGEST_SIDE for side in ("width", "height")):
            problems.add(f"renditions must be between 1 and {_LARGEST_SIDE} wide and high, got {text!r}")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.add(f"renditions must have names of their own, got {name} {names.count(name)} times")
    if not 1 <= len(job.renditions) <= _MOST_RENDITIONS:
        problems.add(f"renditions must be 1 to {_MOST_RENDITIONS}, got {len(job.renditions)}")
    for option, value in (("maximum_bytes", job.maximum_bytes), ("maximum_pixels", job.maximum_pixels)):
        if value < 1:
            problems.add(f"{option} must be 1 or more, got {value}")
