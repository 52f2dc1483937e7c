"""Files that a user may send: images of every kind, and what is none. Generated, the same every time."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from PIL import Image, ImageCms, ImageDraw

# An EXIF tag each: which way up, and where the picture was taken.
ORIENTATION, GPS, ARTIST = 0x0112, 0x8825, 0x013B
SECRET = b"Ann of Oslo"


class Sample(NamedTuple):
    """A file, and why it is refused; an empty reason for one that is not."""

    name: str
    body: bytes
    reason: str = ""


def picture(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Something with edges and gradients: red at the top left, blue at the bottom right."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (chance.randrange(60, 200), 160, 90))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = chance.randrange(width), chance.randrange(height)
        color = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.ellipse((x, y, x + width // 3, y + height // 3), fill=color)
    draw.rectangle((0, 0, width // 4, height // 4), fill=(250, 0, 0))
    draw.rectangle((3 * width // 4, 3 * height // 4, width, height), fill=(0, 0, 250))
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        return image.convert(mode)
    if mode == "I;16":
        return image.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """As a file."""
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """What a camera writes: which way up it was held, where, and whose it is."""
    found = Image.Exif()
    found[ORIENTATION] = orientation
    found[ARTIST] = SECRET.decode()
    found.get_ifd(GPS).update({1: "N", 2: (59.0, 54.0, 50.0), 3: "E", 4: (10.0, 45.0, 8.0)})
    return found


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that is gigabytes of pixels."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 + 3 * 1_000)) for _ in range(5_000)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def _zipped() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(zipfile.ZipInfo("word/document.xml"), b"<x/>" * 1_000)
    return body.getvalue()


def _animation(kind: str, size: tuple[int, int], seed: int) -> bytes:
    frames = [picture(*size, "RGB", seed + number) for number in range(3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def _profiled(size: tuple[int, int], seed: int) -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encoded(picture(*size, "RGB", seed), "JPEG", icc_profile=profile, comment=SECRET)


Make = Callable[[tuple[int, int], int], bytes]

IMAGES: Mapping[str, Make] = {
    "photo.jpg": lambda size, seed: encoded(picture(*size, seed=seed), "JPEG", exif=exif(), quality=90),
    "turned.jpg": lambda size, seed: encoded(picture(*size, seed=seed), "JPEG", exif=exif(6)),
    "progressive.JPEG": lambda size, seed: encoded(picture(*size, seed=seed), "JPEG", progressive=True),
    "print.jpg": lambda size, seed: encoded(picture(*size, "CMYK", seed), "JPEG"),
    "grey.jpg": lambda size, seed: encoded(picture(*size, "L", seed), "JPEG"),
    "profiled.jpg": _profiled,
    "flat.png": lambda size, seed: encoded(picture(*size, seed=seed), "PNG"),
    "clear.png": lambda size, seed: encoded(picture(*size, "RGBA", seed), "PNG", exif=exif()),
    "palette.png": lambda size, seed: encoded(picture(*size, "P", seed), "PNG", transparency=0),
    "deep.png": lambda size, seed: encoded(picture(*size, "I;16", seed), "PNG"),
    "fax.png": lambda size, seed: encoded(picture(*size, "1", seed), "PNG"),
    "grey-clear.png": lambda size, seed: encoded(picture(*size, "LA", seed), "PNG"),
    "moving.gif": lambda size, seed: _animation("GIF", size, seed),
    "still.gif": lambda size, seed: encoded(picture(*size, "P", seed), "GIF"),
    "lossless.webp": lambda size, seed: encoded(picture(*size, "RGBA", seed), "WEBP", lossless=True, exif=exif()),
    "moving.webp": lambda size, seed: _animation("WEBP", size, seed),
    "new.avif": lambda size, seed: encoded(picture(*size, seed=seed), "AVIF"),
    "scan.tiff": lambda size, seed: encoded(picture(*size, seed=seed), "TIFF", compression="tiff_lzw"),
    "print.tif": lambda size, seed: encoded(picture(*size, "CMYK", seed), "TIFF"),
    "old.bmp": lambda size, seed: encoded(picture(*size, seed=seed), "BMP"),
    "photo without ending": lambda size, seed: encoded(picture(*size, seed=seed), "JPEG"),
    "lying.png": lambda size, seed: encoded(picture(*size, seed=seed), "JPEG"),
}


def _cut(make: Make, keep: float) -> Make:
    def cut(size: tuple[int, int], seed: int) -> bytes:
        body = make(size, seed)
        return body[: int(len(body) * keep)]

    return cut


def _damaged(size: tuple[int, int], seed: int) -> bytes:
    body = bytearray(encoded(picture(*size, seed=seed), "PNG"))
    at = body.index(b"IDAT") + 40
    body[at : at + 8] = b"\xff" * 8
    return bytes(body)


def _wide(*_: object) -> bytes:
    """A GIF of 40 bytes that is four thousand million pixels."""
    screen, frame = struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0), struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
    return b"GIF89a" + screen + b"," + frame + b"\x08\x01\x00\x00;"


def _salted(body: bytes) -> Make:
    return lambda _, seed: body + b"\n" + str(seed).encode()


_NOTHING, _CORRUPT, _HUGE = "not-an-image", "corrupt-image", "too-many-pixels"
REFUSED: Mapping[str, tuple[str, Make]] = {
    "empty.jpg": ("empty-object", lambda *_: b""),
    "text.jpg": (_NOTHING, _salted(b"This is a cat, believe me.")),
    "page.html": (_NOTHING, _salted(b"<!doctype html><title>Cat</title><img src=cat.jpg>")),
    "drawing.svg": (_NOTHING, _salted(b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>')),
    "script.eps": (_NOTHING, _salted(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage")),
    "paper.pdf": (_NOTHING, _salted(b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>")),
    "letter.docx": (_NOTHING, lambda *_: _zipped()),
    "clip.mp4": (_NOTHING, _salted(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500))),
    "phone.heic": (_NOTHING, _salted(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500))),
    "noise.jpg": (_NOTHING, lambda _, seed: random.Random(seed).randbytes(5_000)),
    "begin.jpg": (_NOTHING, _salted(b"\xff\xd8")),
    "half.jpg": (_CORRUPT, _cut(IMAGES["photo.jpg"], 0.5)),
    "half.png": (_CORRUPT, _cut(IMAGES["flat.png"], 0.5)),
    "half.webp": (_CORRUPT, _cut(IMAGES["lossless.webp"], 0.5)),
    "half.gif": (_CORRUPT, _cut(IMAGES["still.gif"], 0.5)),
    "half.bmp": (_CORRUPT, _cut(IMAGES["old.bmp"], 0.5)),
    "damaged.png": (_CORRUPT, _damaged),
    "bomb.png": (_HUGE, lambda *_: bomb()),
    "small-bomb.png": (_HUGE, lambda *_: bomb(9_000, 9_000)),
    "wide.gif": (_HUGE, _wide),
}


def image(number: int, *, size: tuple[int, int] | None = None) -> Sample:
    """The n-th image: kinds take turns, and no two are the same."""
    name, make = list(IMAGES.items())[number % len(IMAGES)]
    chance = random.Random(number)
    return Sample(name, make(size or (chance.randrange(40, 400), chance.randrange(40, 400)), number))


def refused(number: int) -> Sample:
    """The n-th file that is refused."""
    name, (reason, make) = list(REFUSED.items())[number % len(REFUSED)]
    return Sample(name, make((120, 90), number), reason)
