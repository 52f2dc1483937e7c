"""A process of its own, run by path: the sample application, and around it what an instance has.

``python -I instance.py FOLDER INSTANCE ZONE TYPE [option ...]`` runs the package in FOLDER with a metadata service
that tells who it is. It ends at once when its standard input does: whoever started it is gone then, however it went.
"""

from __future__ import annotations

import os
import runpy
import secrets
import signal
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PACKAGE = "sample_web_app"
_LOOPBACK = "127.0.0.1"


def main() -> None:
    """Run the application until it is told to stop."""
    folder, instance, zone, kind, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    port = _serve_metadata(
        {"instance-id": instance, "placement/availability-zone": zone, "instance-type": kind}, secrets.token_urlsafe()
    )
    sys.path.insert(0, folder)
    # The last of each option counts: where it listens here is nothing that its script could know.
    here = ["--bind", _LOOPBACK, "--port", "0", "--metadata-url", f"http://{_LOOPBACK}:{port}"]
    sys.argv = [_PACKAGE, *arguments, *here]
    runpy.run_module(_PACKAGE, run_name="__main__")


def _end_with_standard_input() -> None:
    # Past Python's buffer: its lock, held at the very end, would abort the process.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


def _serve_metadata(facts: Mapping[str, str], token: str) -> int:
    """Version 2 only: nothing without the token. Its port."""

    class Metadata(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked = self.path == "/latest/api/token"
            self._answer(HTTPStatus.OK if asked else HTTPStatus.NOT_FOUND, token if asked else "")

        def do_GET(self) -> None:
            fact = facts.get(self.path.removeprefix("/latest/meta-data/"))
            if self.headers.get("X-aws-ec2-metadata-token") != token:
                self._answer(HTTPStatus.UNAUTHORIZED)
            elif fact is None:
                self._answer(HTTPStatus.NOT_FOUND)
            else:
                self._answer(HTTPStatus.OK, fact)

        def _answer(self, status: HTTPStatus, text: str = "") -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the log is the application's."""

    server = ThreadingHTTPServer((_LOOPBACK, 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


if __name__ == "__main__":
    main()
