"""From the bytes of an image to those of its renditions. Whatever they may be instead is refused with a reason.

Runs in a process of its own and in no other thread: it changes what Pillow and ``warnings`` keep for all threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, UnidentifiedImageError

from media_renditions.recipe import Recipe, Rendition
from queue_worker.job import RefusedError

# What people send. Each format more is a parser more for somebody to break.
_READ = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")

_QUALITY: Mapping[str, Mapping[str, Any]] = {
    "jpeg": {"quality": 82, "optimize": True, "progressive": True},
    "png": {"optimize": True},
    "webp": {"quality": 80, "method": 4},
    "avif": {"quality": 60, "speed": 6},
}
# Where EXIF, or XMP, says how the camera was held, and how to turn the image accordingly.
_ORIENTATION = 0x0112
_TURNS: Mapping[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_WHITE = (255, 255, 255)
_OF_16_BITS = 1 / 257

# Pillow scales by whole factors first, quickly, and then well.
_REDUCING_GAP = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A rendition that was made."""

    rendition: Rendition
    width: int
    height: int
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """What it was made from: its size the right way up, and its format."""

    width: int
    height: int
    format: str


def render(body: bytes, recipe: Recipe) -> tuple[Original, list[Picture]]:
    """All renditions: upright, in sRGB, and without anything that the original says besides.

    Raises:
        RefusedError: ``not-an-image``, ``corrupt-image`` or ``too-many-pixels``.
    """
    image, original = _read(body, recipe)
    return original, [_picture(image, rendition) for rendition in recipe.renditions]


def _read(body: bytes, recipe: Recipe) -> tuple[Image.Image, Original]:
    try:
        with _limited(recipe.most_pixels), Image.open(BytesIO(body), formats=_READ) as opened:
            side = 2 * max(max(each.width, each.height) for each in recipe.renditions)
            full = opened.size
            # JPEG can be decoded smaller than it is, in a fraction of the time.
            opened.draft(None, (side, side))
            opened.load()
            image = _upright(opened)
            turned = opened.width == image.height and opened.width != image.width
            width, height = reversed(full) if turned else full
            return _plain(image), Original(width=width, height=height, format=opened.format or "")
    except MemoryError:
        # Memory that ran out may be there the next time.
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusedError("too-many-pixels") from None
    except UnidentifiedImageError:
        raise RefusedError("not-an-image") from None
    except Exception:
        # Pillow's decoders raise whatever their parsing of damaged bytes runs into.
        raise RefusedError("corrupt-image") from None


@contextmanager
def _limited(pixels: int) -> Iterator[None]:
    """Let Pillow look at each size that it reads, those within an image's parts too."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _upright(image: Image.Image) -> Image.Image:
    # Not Pillow's own function for it: that writes the other notes anew, and fails with those it can't write.
    turn = _TURNS.get(image.getexif().get(_ORIENTATION))
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """In sRGB, with or without transparency, and with nothing attached."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * _OF_16_BITS).convert("L")
    transparent = image.has_transparency_data
    mode = "RGBA" if transparent else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        # A profile that can't be read or doesn't fit: colours as most programs would show them.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            image = converted or image
    plain = image if image.mode == mode else image.convert(mode)
    plain.info = {}
    return plain


def _picture(image: Image.Image, rendition: Rendition) -> Picture:
    size = rendition.fit(image.width, image.height)
    scaled = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    if rendition.kind == "jpeg" and scaled.mode == "RGBA":
        flat = Image.new("RGB", scaled.size, _WHITE)
        flat.paste(scaled, mask=scaled.getchannel("A"))
        scaled = flat
    body = BytesIO()
    scaled.save(body, rendition.kind.upper(), **_QUALITY[rendition.kind])
    return Picture(rendition=rendition, width=scaled.width, height=scaled.height, body=body.getvalue())
