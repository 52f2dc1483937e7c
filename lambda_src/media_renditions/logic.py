"""From an image to its renditions, however often, and whatever else happens to it meanwhile. Pure: no AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from media_renditions.imaging import Original, Picture, render
from media_renditions.recipe import KINDS, Recipe
from media_renditions.references import references
from queue_worker.job import Message, RefusedError

_LONGEST_KEY_BYTES = 1_024
_MANIFEST = "renditions.json"


class SupersededError(Exception):
    """The image was replaced while its renditions were made: they have to be made again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What the Master bucket says about an image."""

    size: int
    etag: str


class Store(Protocol):
    """The two buckets."""

    master: str

    def describe(self, key: str) -> Source | None:
        """An image, if it is there."""

    def read(self, key: str, etag: str) -> bytes:
        """The image in that version; SupersededError when it is another one by now."""

    def stamp(self, key: str) -> str | None:
        """What a manifest was stamped with."""

    def write(self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        """Put something into the Transcode bucket."""


def transcode(message: Message, store: Store, recipe: Recipe) -> dict[str, int]:
    """Make the renditions of all images that a message is about.

    Raises:
        RefusedError: When something is wrong with one of them. The others are done all the same.
    """
    made = skipped = 0
    refused: RefusedError | None = None
    found = references(message.body)
    for reference in found:
        try:
            if reference.bucket != store.master:
                raise RefusedError("wrong-bucket")
            count = _one(reference.key, store, recipe)
        except RefusedError as error:
            refused = refused or error
        else:
            made += count
            skipped += count == 0
    if refused is not None:
        raise refused
    return {"images": len(found), "renditions": made, "done_before": skipped}


def _one(key: str, store: Store, recipe: Recipe) -> int:
    """How many renditions were made; none when they were there."""
    longest = max(len(_MANIFEST), *(len(f"{each.name}.{each.kind}") for each in recipe.renditions))
    if len(key.encode()) + 1 + longest > _LONGEST_KEY_BYTES:
        raise RefusedError("key-too-long")
    source = store.describe(key)
    if source is None:
        raise RefusedError("missing-object")
    if source.size == 0:
        raise RefusedError("empty-object")
    if source.size > recipe.most_bytes:
        raise RefusedError("too-many-bytes")
    stamp = recipe.stamp(source.etag)
    if store.stamp(f"{key}/{_MANIFEST}") == stamp:
        return 0
    original, pictures = render(store.read(key, source.etag), recipe)
    for picture in pictures:
        rendition = picture.rendition
        store.write(
            f"{key}/{rendition.name}.{rendition.kind}",
            picture.body,
            KINDS[rendition.kind],
            _metadata(original, picture, source),
        )
    # Last: where there is a manifest, there is all that it lists.
    manifest = json.dumps(_manifest(key, original, pictures)).encode()
    store.write(f"{key}/{_MANIFEST}", manifest, "application/json", {"stamp": stamp})
    now = store.describe(key)
    if now is not None and now.etag != source.etag:
        # Somebody else may have written the new image's renditions before these.
        raise SupersededError
    return len(pictures)


def _metadata(original: Original, picture: Picture, source: Source) -> dict[str, str]:
    return {
        "rendition": picture.rendition.name,
        "width": str(picture.width),
        "height": str(picture.height),
        "source-width": str(original.width),
        "source-height": str(original.height),
        "source-format": original.format,
        "source-etag": source.etag.strip('"'),
    }


def _manifest(key: str, original: Original, pictures: list[Picture]) -> dict[str, object]:
    return {
        "source": {"width": original.width, "height": original.height, "format": original.format},
        "renditions": [
            {
                "name": each.rendition.name,
                "key": f"{key}/{each.rendition.name}.{each.rendition.kind}",
                "content_type": KINDS[each.rendition.kind],
                "width": each.width,
                "height": each.height,
                "bytes": len(each.body),
            }
            for each in pictures
        ],
    }
