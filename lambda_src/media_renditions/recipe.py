"""Which renditions are made of an image, and of which images. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

_SPEC = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,31})=(?P<width>\d{1,5})x(?P<height>\d{1,5})\.(?P<kind>[a-z]+)")
_LARGEST_SIDE = 8_192
_MOST_RENDITIONS = 20

KINDS: Mapping[str, str] = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}

_DEFAULT = "thumbnail=160x160.webp small=640x640.webp large=1920x1920.jpeg"
_MOST_BYTES = 50_000_000
_MOST_PIXELS = 50_000_000


class RecipeError(ValueError):
    """The settings say something that can't be; the text says all of it, a line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendition:
    """A picture of at most that size, in which the whole image fits; never larger than the image."""

    name: str
    width: int
    height: int
    kind: str

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The size of an image of that size in here."""
        scale = min(self.width / width, self.height / height, 1.0)
        return max(round(width * scale), 1), max(round(height * scale), 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What is made of what.

    Attributes:
        renditions: ``RENDITIONS``: each ``name=WIDTHxHEIGHT.kind``, with spaces between; kinds are jpeg, png, webp
            and avif. Default: a thumbnail, a small and a large one.
        most_bytes: ``MOST_BYTES`` of an image's file. Default: 50 million.
        most_pixels: ``MOST_PIXELS`` of an image; four bytes of memory each, a few times over. Default: 50 million.
    """

    renditions: tuple[Rendition, ...]
    most_bytes: int = _MOST_BYTES
    most_pixels: int = _MOST_PIXELS

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Recipe:
        """From environment variables.

        Raises:
            RecipeError: With all that is wrong.
        """
        problems: list[str] = []
        renditions = [
            rendition
            for text in (environment.get("RENDITIONS") or _DEFAULT).split()
            if (rendition := _rendition(text, problems)) is not None
        ]
        names = [rendition.name for rendition in renditions]
        problems += [
            f"RENDITIONS must not name {name} twice" for name in sorted({n for n in names if names.count(n) > 1})
        ]
        if len(names) > _MOST_RENDITIONS:
            problems.append(f"RENDITIONS must be {_MOST_RENDITIONS} at most, got {len(names)}")
        most_bytes = _count("MOST_BYTES", environment, _MOST_BYTES, problems)
        most_pixels = _count("MOST_PIXELS", environment, _MOST_PIXELS, problems)
        if problems:
            raise RecipeError("\n".join(problems))
        return cls(renditions=tuple(renditions), most_bytes=most_bytes, most_pixels=most_pixels)

    def stamp(self, etag: str) -> str:
        """Of a version of an image and what is made of it: the same again means that there is nothing to do."""
        return hashlib.sha256(f"{etag}\n{self.renditions}".encode()).hexdigest()


def _rendition(text: str, problems: list[str]) -> Rendition | None:
    found = _SPEC.fullmatch(text)
    if found is None or found["kind"] not in KINDS:
        problems.append(f"RENDITIONS must look like large=1920x1920.jpeg, of {', '.join(KINDS)}, got {text!r}")
        return None
    width, height = int(found["width"]), int(found["height"])
    if not (1 <= width <= _LARGEST_SIDE and 1 <= height <= _LARGEST_SIDE):
        problems.append(f"RENDITIONS must be between 1 and {_LARGEST_SIDE} wide and high, got {text!r}")
        return None
    return Rendition(name=found["name"], width=width, height=height, kind=found["kind"])


def _count(name: str, environment: Mapping[str, str], default: int, problems: list[str]) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        problems.append(f"{name} must be a whole number above 0, got {text!r}")
        return default
    return int(text)
