"""A process of its own, run by path: a program, and around it what an instance has.

``python -I instance.py METADATA FOLDER PACKAGE [option ...]`` runs the package in FOLDER with a metadata service that
tells what the file METADATA says at the moment, a JSON object of texts by path. Options may hold ``{metadata}``: the
service's address. The program's process group ends at once, and its TMPDIR with it, when its standard input does:
whoever started it is gone then, however it went.
"""

from __future__ import annotations

import json
import os
import runpy
import secrets
import shutil
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_LOOPBACK = "127.0.0.1"


def main() -> None:
    """Run the program until it is told to stop."""
    facts, folder, package, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    address = f"http://{_LOOPBACK}:{_serve_metadata(Path(facts), secrets.token_urlsafe())}"
    # For the AWS SDK, and for the queue worker.
    os.environ.update({"AWS_EC2_METADATA_SERVICE_ENDPOINT": address, "METADATA_URL": f"{address}/latest"})
    sys.path.insert(0, folder)
    sys.argv = [package, *(argument.replace("{metadata}", address) for argument in arguments)]
    runpy.run_module(package, run_name="__main__")


def _end_with_standard_input() -> None:
    # Past Python's buffer: its lock, held at the very end, would abort the process.
    while os.read(0, 1):
        pass
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _serve_metadata(facts: Path, token: str) -> int:
    """Version 2 only: nothing without the token. Its port."""

    class Metadata(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked = self.path == "/latest/api/token"
            self._answer(HTTPStatus.OK if asked else HTTPStatus.NOT_FOUND, token if asked else "")

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") != token:
                self._answer(HTTPStatus.UNAUTHORIZED)
                return
            fact = json.loads(facts.read_text()).get(self.path.removeprefix("/latest/meta-data/"))
            self._answer(HTTPStatus.NOT_FOUND if fact is None else HTTPStatus.OK, fact or "")

        def _answer(self, status: HTTPStatus, text: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the log is the program's."""

    server = ThreadingHTTPServer((_LOOPBACK, 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


if __name__ == "__main__":
    main()
