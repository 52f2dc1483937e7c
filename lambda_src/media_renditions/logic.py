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
        RefusedError: When something is wrong with one of them. The others are done all the same. What is wrong with
            the image itself is in its manifest too.
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
    try:
        return _made(key, source, store, recipe)
    except RefusedError as error:
        _tell(key, source, store, error)
        raise


def _made(key: str, source: Source, store: Store, recipe: Recipe) -> int:
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
    _write_manifest(key, store, _manifest(key, original, pictures), {"stamp": stamp})
    # Somebody else may have written the new image's renditions before these.
    _still_there(key, source, store)
    return len(pictures)


def _tell(key: str, source: Source, store: Store, error: RefusedError) -> None:
    """Leave the reason where the renditions would be, for whoever waits for them.

    Without a stamp: the same image sent again is looked at again, as the recipe may have changed.
    """
    if not _still_there(key, source, store):
        return
    _write_manifest(key, store, {"refused": str(error)}, {})
    _still_there(key, source, store)


def _still_there(key: str, source: Source, store: Store) -> bool:
    """Whether the image is in its bucket; SupersededError where there is another one by now."""
    now = store.describe(key)
    if now is not None and now.etag != source.etag:
        raise SupersededError
    return now is not None


def _write_manifest(key: str, store: Store, content: Mapping[str, object], metadata: Mapping[str, str]) -> None:
    store.write(f"{key}/{_MANIFEST}", json.dumps(content).encode(), "application/json", metadata)


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
