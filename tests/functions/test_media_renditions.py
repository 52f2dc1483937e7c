"""From images to renditions: what people send, what attackers send, and what happens twice or in between."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from media_renditions.imaging import Original, render
from media_renditions.logic import Source, SupersededError, transcode
from media_renditions.recipe import Recipe, RecipeError, Rendition
from media_renditions.references import Reference, references
from queue_worker.job import Message, RefusedError
from tests import images

RECIPE = Recipe.of({"RENDITIONS": "small=100x100.webp large=400x400.jpeg still=100x100.png new=100x100.avif"})
RED, BLUE, WHITE = (250, 0, 0), (0, 0, 250), (255, 255, 255)


def rendered(body: bytes, recipe: Recipe = RECIPE) -> tuple[Original, dict[str, Image.Image]]:
    original, pictures = render(body, recipe)
    return original, {each.rendition.name: Image.open(io.BytesIO(each.body)) for each in pictures}


def near(found: object, wanted: tuple[int, ...]) -> bool:
    return isinstance(found, tuple) and all(abs(a - b) < 30 for a, b in zip(found, wanted, strict=True))


class TestRenditions:
    @pytest.mark.parametrize("number", range(len(images.IMAGES)), ids=list(images.IMAGES))
    def test_of_whatever_people_send_are_complete_images_without_anything_attached(self, number: int) -> None:
        sample = images.image(number, size=(300, 150))
        original, made = rendered(sample.body)
        size = (150, 300) if sample.name == "turned.jpg" else (300, 150)
        assert (original.width, original.height) == size
        assert {name: (each.size, each.format) for name, each in made.items()} == {
            "small": ((100, 50) if size[0] == 300 else (50, 100), "WEBP"),
            "large": (size, "JPEG"),
            "still": ((100, 50) if size[0] == 300 else (50, 100), "PNG"),
            "new": ((100, 50) if size[0] == 300 else (50, 100), "AVIF"),
        }
        for each in made.values():
            each.load()
            assert not set(each.info) & {"exif", "icc_profile", "comment", "xmp", "photoshop", "Artist"}
            assert dict(each.getexif()) == {}

    def test_say_nothing_of_where_and_by_whom_a_picture_was_taken(self) -> None:
        for name in ("photo.jpg", "turned.jpg", "clear.png", "lossless.webp", "profiled.jpg"):
            body = images.IMAGES[name]((300, 150), 1)
            assert images.SECRET in body
            for each in render(body, RECIPE)[1]:
                assert images.SECRET not in each.body
                assert b"Exif" not in each.body

    @pytest.mark.parametrize(
        ("orientation", "back"),
        [
            (1, None),
            (2, Image.Transpose.FLIP_LEFT_RIGHT),
            (3, Image.Transpose.ROTATE_180),
            (4, Image.Transpose.FLIP_TOP_BOTTOM),
            (5, Image.Transpose.TRANSPOSE),
            (6, Image.Transpose.ROTATE_90),
            (7, Image.Transpose.TRANSVERSE),
            (8, Image.Transpose.ROTATE_270),
        ],
    )
    def test_are_upright_however_the_camera_was_held(self, orientation: int, back: Image.Transpose | None) -> None:
        upright = images.picture(320, 160)
        stored = upright if back is None else upright.transpose(back)
        body = images.encoded(stored, "JPEG", exif=images.exif(orientation), quality=95)
        original, made = rendered(body)
        assert original == Original(width=320, height=160, format="JPEG")
        large = made["large"].convert("RGB")
        assert near(large.getpixel((10, 10)), RED)
        assert near(large.getpixel((310, 150)), BLUE)

    def test_of_a_large_photo_are_made_from_a_smaller_decoding_and_tell_its_real_size(self) -> None:
        body = images.encoded(images.picture(4_000, 2_000), "JPEG", exif=images.exif(6))
        original, made = rendered(body)
        assert original == Original(width=2_000, height=4_000, format="JPEG")
        assert made["large"].size == (200, 400)

    def test_keep_what_is_transparent_and_are_white_there_where_they_cannot(self) -> None:
        image = images.picture(200, 200, "RGBA")
        image.paste((0, 0, 0, 0), (80, 80, 120, 120))
        _, made = rendered(images.encoded(image, "PNG"))
        assert near(made["large"].getpixel((100, 100)), WHITE)
        for name in ("small", "still", "new"):
            found = made[name].convert("RGBA").getpixel((50, 50))
            assert isinstance(found, tuple)
            assert found[3] == 0

    def test_of_sixteen_bits_are_as_bright_as_the_image(self) -> None:
        grey = Image.new("L", (50, 50), 100).convert("I").point(lambda value: value * 257).convert("I;16")
        _, made = rendered(images.encoded(grey, "PNG"))
        assert near(made["still"].convert("RGB").getpixel((25, 25)), (100, 100, 100))

    def test_have_the_colours_that_the_profile_means(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        swapped = profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
        body = images.encoded(Image.new("RGB", (50, 50), RED), "PNG", icc_profile=swapped)
        assert near(rendered(body)[1]["still"].getpixel((25, 25)), BLUE)

    def test_are_made_though_profile_and_notes_are_rubbish(self) -> None:
        body = images.encoded(images.picture(50, 50), "JPEG", icc_profile=b"rubbish", exif=b"Exif\0\0II*\0rubbish")
        assert set(rendered(body)[1]) == {"small", "large", "still", "new"}

    def test_are_never_larger_than_the_image_nor_without_extent(self) -> None:
        _, made = rendered(images.encoded(Image.new("RGB", (1, 1)), "PNG"))
        assert {each.size for each in made.values()} == {(1, 1)}
        _, made = rendered(images.encoded(Image.new("RGB", (4_000, 2)), "PNG"))
        assert made["small"].size == (100, 1)

    def test_are_the_same_bytes_each_time(self) -> None:
        body = images.image(0).body
        assert render(body, RECIPE) == render(body, RECIPE)

    def test_leave_pillows_own_limit_as_it_was(self) -> None:
        before = Image.MAX_IMAGE_PIXELS
        render(images.image(0).body, RECIPE)
        assert before == Image.MAX_IMAGE_PIXELS


class TestRefusal:
    @pytest.mark.parametrize("number", range(1, len(images.REFUSED)), ids=list(images.REFUSED)[1:])
    def test_of_what_is_no_image_says_why(self, number: int) -> None:
        sample = images.refused(number)
        with pytest.raises(RefusedError, match=f"^{sample.reason}$"):
            render(sample.body, RECIPE)

    def test_of_a_bomb_takes_no_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
        with pytest.raises(RefusedError, match=r"^too-many-pixels$"):
            render(images.bomb(7_072, 7_072), RECIPE)

    def test_says_nothing_when_memory_runs_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def load(_: Image.Image) -> None:
            raise MemoryError

        monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
        with pytest.raises(MemoryError):
            render(images.image(6).body, RECIPE)

    @given(
        st.binary(max_size=300),
        st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF", b"BM"]),
    )
    def test_is_all_that_comes_of_any_bytes(self, body: bytes, begin: bytes) -> None:
        with pytest.raises(RefusedError):
            render(begin + body, RECIPE)

    @given(kind=st.integers(0, len(images.IMAGES) - 1), seed=st.integers(0, 2**32))
    def test_or_renditions_come_of_any_damaged_image(self, kind: int, seed: int) -> None:
        chance = random.Random(seed)
        body = bytearray(_small(kind))
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        recipe = Recipe.of({"RENDITIONS": "tiny=16x16.png", "MOST_PIXELS": "1000000"})
        with suppress(RefusedError):
            _, (picture,) = render(bytes(body), recipe)
            Image.open(io.BytesIO(picture.body)).load()


_SMALL: dict[int, bytes] = {}


def _small(kind: int) -> bytes:
    if kind not in _SMALL:
        _SMALL[kind] = images.image(kind, size=(24, 18)).body
    return _SMALL[kind]


def s3_event(*keys: str, bucket: str = "master", name: str = "ObjectCreated:Put") -> dict[str, object]:
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key), "size": 1}},
            }
            for key in keys
        ]
    }


def by_sns(content: object) -> dict[str, object]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": json.dumps(content)}


def by_event_bridge(kind: str = "Object Created") -> dict[str, object]:
    return {
        "source": "aws.s3",
        "detail-type": kind,
        "detail": {"bucket": {"name": "master"}, "object": {"key": "a b+c"}},
    }


class TestReferences:
    A = Reference(bucket="master", key="a b+c")

    @pytest.mark.parametrize(
        ("content", "found"),
        [
            (s3_event("a b+c"), [A]),
            (s3_event("a b+c", "d/\u00e9.png"), [A, Reference(bucket="master", key="d/\u00e9.png")]),
            (s3_event("a b+c", "a b+c"), [A]),
            (s3_event("a b+c", name="ObjectRemoved:Delete"), []),
            (by_sns(s3_event("a b+c")), [A]),
            (by_sns({"bucket": "master", "key": "a b+c"}), [A]),
            (by_event_bridge(), [A]),
            (by_event_bridge("Object Deleted"), []),
            ({"bucket": "master", "key": "a b+c", "more": 1}, [A]),
            ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "master"}, []),
            (by_sns({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "master"}), []),
            ({"Records": []}, []),
        ],
    )
    def test_are_found_however_they_travel(self, content: object, found: list[Reference]) -> None:
        assert references(json.dumps(content)) == found

    @pytest.mark.parametrize(
        "body",
        [
            *(
                "",
                "cat.jpg",
                "[]",
                "null",
                "{}",
                "7",
                "[" * 100_000,
                '{"bucket": "master"}',
                '{"bucket": "m", "key": 1}',
            ),
            *('{"bucket": "", "key": "a"}', '{"Records": [{}]}', '{"Records": [7]}', '{"Records": {}}'),
            '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": 7}, "object": {"key": "a"}}}]}',
            '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "m"}, "object": {"key": 7}}}]}',
            json.dumps({"Type": "Notification", "Message": "cat.jpg"}),
            json.dumps(by_sns(by_sns(s3_event("a")))),
            json.dumps({**by_event_bridge(), "detail": {}}),
        ],
    )
    def test_that_are_none_are_refused(self, body: str) -> None:
        with pytest.raises(RefusedError, match=r"^unreadable-message$"):
            references(body)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["Records", "s3", "bucket", "object", "key", "name", "eventName", "Type", "Message", "detail"]
                    ),
                    inner,
                )
            ),
        )
    )
    def test_or_a_refusal_come_of_any_message(self, content: object) -> None:
        with suppress(RefusedError):
            assert all(each.bucket and each.key for each in references(json.dumps(content)))


class TestRecipe:
    def test_needs_no_settings(self) -> None:
        recipe = Recipe.of({})
        assert [each.name for each in recipe.renditions] == ["thumbnail", "small", "large"]
        assert (recipe.most_bytes, recipe.most_pixels) == (50_000_000, 50_000_000)

    def test_is_read_from_the_environment(self) -> None:
        environment = {"RENDITIONS": "a=1x2.png\n b-2=8192x1.avif", "MOST_BYTES": "10", "MOST_PIXELS": "20"}
        assert Recipe.of(environment) == Recipe(
            renditions=(
                Rendition(name="a", width=1, height=2, kind="png"),
                Rendition(name="b-2", width=8192, height=1, kind="avif"),
            ),
            most_bytes=10,
            most_pixels=20,
        )

    def test_is_refused_with_all_that_is_wrong_at_once(self) -> None:
        many = " ".join(f"r{number}=9x9.png" for number in range(19))
        environment = {
            "RENDITIONS": f"large a=0x9.png a=9x8193.png a=9x9.bmp b=9x9.png b=9x9.png {many}",
            "MOST_BYTES": "0",
            "MOST_PIXELS": "-1",
        }
        with pytest.raises(RecipeError) as raised:
            Recipe.of(environment)
        look = "RENDITIONS must look like large=1920x1920.jpeg, of jpeg, png, webp, avif, got"
        assert str(raised.value).splitlines() == [
            f"{look} 'large'",
            "RENDITIONS must be between 1 and 8192 wide and high, got 'a=0x9.png'",
            "RENDITIONS must be between 1 and 8192 wide and high, got 'a=9x8193.png'",
            f"{look} 'a=9x9.bmp'",
            "RENDITIONS must not name b twice",
            "RENDITIONS must be 20 at most, got 21",
            "MOST_BYTES must be a whole number above 0, got '0'",
            "MOST_PIXELS must be a whole number above 0, got '-1'",
        ]

    def test_stamps_what_was_made_of_what(self) -> None:
        one, other = Recipe.of({}), Recipe.of({"RENDITIONS": "a=1x1.png"})
        assert one.stamp("x") == Recipe.of({}).stamp("x")
        assert len({one.stamp("x"), one.stamp("y"), other.stamp("x")}) == 3

    @given(st.integers(1, 100_000), st.integers(1, 100_000))
    def test_fits_every_image_into_its_renditions(self, width: int, height: int) -> None:
        for each in Recipe.of({}).renditions:
            found = each.fit(width, height)
            assert 1 <= found[0] <= min(each.width, width)
            assert 1 <= found[1] <= min(each.height, height)


@dataclass
class FakeStore:
    """Two buckets."""

    master: str = "master"
    images: dict[str, bytes] = field(default_factory=dict)
    made: dict[str, tuple[bytes, str, Mapping[str, str]]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    when_read: Callable[[], None] = lambda: None
    when_written: Callable[[], None] = lambda: None

    def describe(self, key: str) -> Source | None:
        body = self.images.get(key)
        return None if body is None else Source(size=len(body), etag=f'"{hash(body)}"')

    def read(self, key: str, etag: str) -> bytes:
        assert self.describe(key) == Source(size=len(self.images[key]), etag=etag)
        body = self.images[key]
        self.when_read()
        return body

    def stamp(self, key: str) -> str | None:
        return self.made[key][2].get("stamp") if key in self.made else None

    def write(self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        self.writes.append(key)
        self.made[key] = (body, content_type, metadata)
        self.when_written()


def message(*keys: str, bucket: str = "master") -> Message:
    return Message(id="1", body=json.dumps(s3_event(*keys, bucket=bucket)))


PHOTO = images.encoded(images.picture(200, 100), "JPEG")
TWO = Recipe.of({"RENDITIONS": "small=50x50.webp large=150x150.jpeg", "MOST_BYTES": "100000"})


class TestTranscoding:
    def test_writes_all_renditions_with_what_they_are_and_the_manifest_last(self) -> None:
        store = FakeStore(images={"in/a b.jpg": PHOTO})
        assert transcode(message("in/a b.jpg"), store, TWO) == {"images": 1, "renditions": 2, "done_before": 0}
        assert store.writes == ["in/a b.jpg/small.webp", "in/a b.jpg/large.jpeg", "in/a b.jpg/renditions.json"]
        body, content_type, metadata = store.made["in/a b.jpg/small.webp"]
        assert content_type == "image/webp"
        assert metadata == {
            "rendition": "small",
            "width": "50",
            "height": "25",
            "source-width": "200",
            "source-height": "100",
            "source-format": "JPEG",
            "source-etag": str(hash(PHOTO)),
        }
        manifest = json.loads(store.made["in/a b.jpg/renditions.json"][0])
        assert manifest["source"] == {"width": 200, "height": 100, "format": "JPEG"}
        assert manifest["renditions"][0] == {
            "name": "small",
            "key": "in/a b.jpg/small.webp",
            "content_type": "image/webp",
            "width": 50,
            "height": 25,
            "bytes": len(body),
        }

    def test_that_was_done_before_does_nothing(self) -> None:
        store = FakeStore(images={"a": PHOTO})
        transcode(message("a"), store, TWO)
        assert transcode(message("a"), store, TWO) == {"images": 1, "renditions": 0, "done_before": 1}
        assert len(store.writes) == 3

    def test_that_was_done_to_another_image_or_recipe_is_done_again(self) -> None:
        store = FakeStore(images={"a": PHOTO})
        transcode(message("a"), store, TWO)
        transcode(message("a"), store, RECIPE)
        store.images["a"] = images.encoded(images.picture(60, 60), "PNG")
        transcode(message("a"), store, RECIPE)
        assert len(store.writes) == 3 + 5 + 5

    def test_of_an_image_that_is_replaced_meanwhile_has_to_be_done_again(self) -> None:
        store = FakeStore(images={"a": PHOTO})
        store.when_written = lambda: store.images.update(a=images.encoded(images.picture(60, 60), "PNG"))
        with pytest.raises(SupersededError):
            transcode(message("a"), store, TWO)
        assert transcode(message("a"), store, TWO)["renditions"] == 2

    def test_of_an_image_that_is_deleted_meanwhile_is_done(self) -> None:
        store = FakeStore(images={"a": PHOTO})
        store.when_written = store.images.clear
        assert transcode(message("a"), store, TWO)["renditions"] == 2

    @pytest.mark.parametrize(
        ("body", "reason"), [(b"", "empty-object"), (bytes(100_001), "too-many-bytes"), (b"cat", "not-an-image")]
    )
    def test_is_refused_with_a_reason_that_is_in_the_manifest_too(self, body: bytes, reason: str) -> None:
        store = FakeStore(images={"a": body})
        for _ in range(2):
            # Sent again, as after a redrive, it is looked at again: the recipe may be another one by now.
            with pytest.raises(RefusedError, match=f"^{reason}$"):
                transcode(message("a"), store, TWO)
        assert store.writes == ["a/renditions.json"] * 2
        content, content_type, metadata = store.made["a/renditions.json"]
        assert (json.loads(content), content_type, metadata) == ({"refused": reason}, "application/json", {})

    @pytest.mark.parametrize(
        ("key", "body", "bucket", "reason"),
        [
            ("a", None, "master", "missing-object"),
            ("a", PHOTO, "other", "wrong-bucket"),
            ("\u00e9" * 510, PHOTO, "master", "key-too-long"),
        ],
    )
    def test_that_is_about_no_image_is_refused_without_a_manifest(
        self, key: str, body: bytes | None, bucket: str, reason: str
    ) -> None:
        store = FakeStore(images={} if body is None else {key: body})
        with pytest.raises(RefusedError, match=f"^{reason}$"):
            transcode(message(key, bucket=bucket), store, TWO)
        assert store.writes == []

    def test_of_several_does_what_can_be_done(self) -> None:
        store = FakeStore(images={"a": b"cat", "b": PHOTO, "c": b""})
        with pytest.raises(RefusedError, match=r"^not-an-image$"):
            transcode(message("a", "b", "c"), store, TWO)
        assert store.writes == [
            "a/renditions.json",
            "b/small.webp",
            "b/large.jpeg",
            "b/renditions.json",
            "c/renditions.json",
        ]

    def test_that_was_refused_is_done_once_there_is_an_image(self) -> None:
        store = FakeStore(images={"a": b"cat"})
        with pytest.raises(RefusedError):
            transcode(message("a"), store, TWO)
        store.images["a"] = PHOTO
        assert transcode(message("a"), store, TWO)["renditions"] == 2
        assert "renditions" in json.loads(store.made["a/renditions.json"][0])

    def test_that_is_refused_does_not_write_over_what_was_made_of_a_newer_image(self) -> None:
        store = FakeStore(images={"a": b"cat"})

        def replace() -> None:
            store.when_read = lambda: None
            store.images["a"] = PHOTO
            transcode(message("a"), store, TWO)

        store.when_read = replace
        with pytest.raises(SupersededError):
            transcode(message("a"), store, TWO)
        assert store.writes == ["a/small.webp", "a/large.jpeg", "a/renditions.json"]
        assert "renditions" in json.loads(store.made["a/renditions.json"][0])

    def test_that_is_refused_while_the_image_is_replaced_has_to_be_done_again(self) -> None:
        store = FakeStore(images={"a": b"cat"})
        store.when_written = lambda: store.images.update(a=PHOTO)
        with pytest.raises(SupersededError):
            transcode(message("a"), store, TWO)
        assert transcode(message("a"), store, TWO)["renditions"] == 2

    def test_that_is_refused_leaves_nothing_where_the_image_is_deleted_meanwhile(self) -> None:
        store = FakeStore(images={"a": b"cat"})
        store.when_read = store.images.clear
        with pytest.raises(RefusedError, match=r"^not-an-image$"):
            transcode(message("a"), store, TWO)
        assert store.writes == []

    def test_of_none_is_nothing(self) -> None:
        assert transcode(message(), FakeStore(), TWO) == {"images": 0, "renditions": 0, "done_before": 0}
