"""The page of media uploads, the API behind it and the store beside it, for the browser."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from importlib.resources import files
from typing import cast

from tests import images
from tests.browser.fake_service import Asked, Json, Reply, Script, serve, site_file

SITE = files("aws_patterns.serverless") / "sites" / "media_uploads"
MAXIMUM_BYTES = 300_000
PRINT = images.encoded(images.picture(160, 120), "PNG")
FRESH = Reply(body={"state": "uploaded", "renditions": [], "reason": None})

# As StaticSite and MediaUploads write it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {store}/; "
    "connect-src 'self' {api} {store}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A file that reached the store, with the fields before it, in their order."""

    fields: Mapping[str, str]
    body: bytes


@dataclass
class Store:
    """The two buckets: takes forms from any page, and shows prints to whoever has a link."""

    answer: Reply = field(default_factory=lambda: Reply(status=201, body=b""))
    sent: list[Sent] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, method: str, asked: Asked) -> Reply:
        if method == "GET":
            self.shown.append(asked.path)
            return Reply(body=PRINT, headers={"Content-Type": "image/png"})
        cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST"}
        if method == "OPTIONS":
            return Reply(status=200, body=b"", headers=cors)
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
            self.sent.append(_parsed(asked))
        answer = self.answer
        if answer.held:
            answer.held.wait(timeout=30)
        with self._lock:
            self.at_once -= 1
        return Reply(status=answer.status, body=answer.body, headers=cors, dropped=answer.dropped)


class FakeUploads:
    """The page at ``site_url``; on two other origins the API at ``api_url`` and the store. A context manager.

    Attributes:
        asked: What uploads the page asked for.
        signing: Answers in the place of a form.
        looks: How each upload is doing, by the name of its file. Default: done.
        store: The two buckets.
        ready: Selects what can be seen once the page has started.
    """

    ready = "#tray"

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.signing: list[Reply] = []
        self.looks: dict[str, Script] = {}
        self.methods: list[str] = []
        self.store = Store()
        self._names: dict[str, str] = {}
        self._api, self._store, self._site = serve(self._answer_api), serve(self.store), serve(self._answer_site)
        self._api_origin = f"http://127.0.0.1:{self._api.server_port}"
        self.store_url = f"http://127.0.0.1:{self._store.server_port}"
        self.api_url = f"{self._api_origin}/uploads"
        self.site_url = f"http://127.0.0.1:{self._site.server_port}/"
        self.configuration = Reply(body={"apiUrl": self.api_url, "maximumBytes": str(MAXIMUM_BYTES)})

    def __enter__(self) -> FakeUploads:
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self._api, self._store, self._site):
            server.shutdown()
            server.server_close()

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the page may ask."""
        return (self.site_url, self.api_url, self.store_url)

    def will_be(self, name: str, *replies: Reply) -> None:
        """How the upload of that file is doing, one look after the other."""
        self.looks[name] = Script(*replies)

    def done(self, *, link: str = "1") -> Reply:
        """Printed; ``link`` tells the links of one answer from those of another."""
        sizes = {"thumbnail": (160, 120), "small": (640, 480), "large": (1920, 1440)}
        renditions = [
            {
                "name": name,
                "url": f"{self.store_url}/transcode/{name}.png?X-Amz-Signature={link}",
                "type": "image/png",
                "width": width,
                "height": height,
                "bytes": width * 100,
            }
            for name, (width, height) in sizes.items()
        ]
        return Reply(body={"state": "done", "renditions": renditions, "reason": None})

    def id_of(self, name: str) -> str:
        return next(id for id, each in self._names.items() if each == name)

    def _answer_api(self, method: str, asked: Asked) -> Reply:
        self.methods.append(method)
        reply = self._sign(asked) if method == "POST" else self._look(asked)
        cors = {"Access-Control-Allow-Origin": self.site_url.rstrip("/")}
        return Reply(status=reply.status, body=reply.body, headers=cors, held=reply.held, dropped=reply.dropped)

    def _sign(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.signing:
            return self.signing.pop(0)
        id = f"{len(self.asked):032x}"
        self._names[id] = str(asked.json["name"])
        fields = {"key": f"uploads/{id}/cat.jpg", "Content-Type": str(asked.json["type"]), "policy": "signed"}
        return Reply(status=201, body={"id": id, "form": {"url": f"{self.store_url}/master", "fields": fields}})

    def _look(self, asked: Asked) -> Reply:
        name = self._names.get(asked.path.removeprefix("/uploads/"), "")
        return self.looks.setdefault(name, Script(self.done())).next(asked)

    def _answer_site(self, _method: str, asked: Asked) -> Reply:
        if asked.path == "/config.json":
            return self.configuration
        return site_file(SITE, asked.path, _POLICY.format(api=self._api_origin, store=self.store_url))


def refused(reason: str) -> Reply:
    return Reply(body={"state": "refused", "renditions": [], "reason": reason})


def not_signed(status: int, *problems: tuple[str, str]) -> Reply:
    body: Json = {"error": "x", "problems": [{"field": name, "reason": why} for name, why in problems]}
    return Reply(status=status, body=json.loads(json.dumps(body)))


def _parsed(asked: Asked) -> Sent:
    kind = asked.headers["Content-Type"]
    parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + asked.body)
    fields: dict[str, str] = {}
    body = b""
    for part in parts.walk():
        if part.is_multipart():
            continue
        name = cast("re.Match[str]", re.search(r'name="([^"]+)"', str(part["Content-Disposition"])))[1]
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert not body, f"{name} comes after the file, where S3 does not look"
        if name == "file":
            body = content
        else:
            fields[name] = content.decode()
    return Sent(fields=fields, body=body)
