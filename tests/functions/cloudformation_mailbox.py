"""Where CloudFormation waits for the answers of custom resources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


@dataclass
class Mailbox:
    """The address of an S3 object, written once by whoever has it."""

    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    refuse: int = 0

    properties: Mapping[str, object] = field(default_factory=dict)

    def request(self, kind: str, **more: object) -> dict[str, object]:
        """As CloudFormation sends it, which adds two properties."""
        return {
            "RequestType": kind,
            "ResponseURL": self.url,
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Resource",
            "ResourceType": "Custom::Resource",
            "ResourceProperties": {"ServiceToken": "arn", "ServiceTimeout": "180", **self.properties},
            **more,
        }


def told(physical_id: str, *, reason: str = "", data: Mapping[str, object] | None = None) -> dict[str, object]:
    """What CloudFormation is told of a request: with a reason, why it failed."""
    return {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason,
        "PhysicalResourceId": physical_id,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Resource",
        "Data": dict(data or {}),
    }


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A server that takes answers, and refuses as many as it is told to."""
    box = Mailbox()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if box.refuse:
                box.refuse -= 1
                self.send_response(503)
            else:
                box.answers.append(json.loads(body))
                box.content_types.append(self.headers["Content-Type"])
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: pytest shows what is written."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        box.url = f"http://127.0.0.1:{server.server_port}/answer?signature=secret"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield box
        server.shutdown()
        thread.join()
