"""The real CDK command line, against the embedded AWS."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.project import ACCOUNT, REGION, ROOT, Workspace

_BOOTSTRAP_SECONDS = 180
_DEPLOY_SECONDS = 1200
_TAIL_LINES = 25
_QUIET = ("--no-notices", "--no-color", "--ci", "--no-version-reporting")

Line = Callable[[str], None]


class CdkError(RuntimeError):
    """A CDK command failed; holds the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Cdk:
    """CDK commands for one server.

    Attributes:
        workspace: Where their files go.
        port: The server's port.
        app: The command that synthesizes; default: this repository's app.
        folder: Where that command runs.
    """

    workspace: Workspace
    port: int
    app: str = shlex.join([sys.executable, "app.py"])
    folder: Path = ROOT

    def bootstrap(self, on_line: Line = lambda _line: None, *, regions: Sequence[str] = (REGION,)) -> None:
        """Prepare the emulated account for deployments, in some Regions. Raises CdkError."""
        # From a folder without cdk.json: nothing has to be synthesized for it.
        places = [f"aws://{ACCOUNT}/{region}" for region in regions]
        self._run(["bootstrap", *places], self.workspace.folder, _BOOTSTRAP_SECONDS, on_line)

    def deploy(
        self,
        stacks: Sequence[str],
        context: Mapping[str, str],
        output: Path,
        on_line: Line = lambda _line: None,
        *,
        at_once: int = 1,
    ) -> dict[str, dict[str, str]]:
        """Synthesize into a folder and deploy the stacks, some at once; their outputs by stack. Raises CdkError."""
        outputs = self.workspace.temporary / "outputs.json"
        outputs.unlink(missing_ok=True)
        self._run(
            [
                *("deploy", *stacks, "--require-approval", "never", "--progress", "events"),
                *("--concurrency", str(at_once)),
                *("--outputs-file", str(outputs)),
                *self._app(context, output),
            ],
            self.folder,
            _DEPLOY_SECONDS,
            on_line,
        )
        deployed: dict[str, dict[str, str]] = json.loads(outputs.read_text()) if outputs.exists() else {}
        outputs.unlink(missing_ok=True)
        return deployed

    def destroy(self, stacks: Sequence[str], context: Mapping[str, str], output: Path, *, at_once: int = 1) -> None:
        """Destroy the stacks, some at once. Raises CdkError."""
        asked = ["destroy", *stacks, "--force", "--concurrency", str(at_once)]
        self._run([*asked, *self._app(context, output)], self.folder, _DEPLOY_SECONDS)

    def _app(self, context: Mapping[str, str], output: Path) -> list[str]:
        pairs = [part for key, value in context.items() for part in ("-c", f"{key}={value}")]
        return ["--app", self.app, "--output", str(output), *pairs]

    def _run(self, arguments: Sequence[str], folder: Path, seconds: float, on_line: Line = lambda _line: None) -> None:
        command = [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments, *_QUIET]
        tail: list[str] = []
        with (
            self.workspace.log.open("a") as log,
            subprocess.Popen(  # noqa: S603 # the pinned CDK
                command,
                cwd=folder,
                env=self.workspace.environment(self.port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            ) as process,
        ):
            alarm = threading.Timer(seconds, _kill, [process])
            alarm.start()
            try:
                for raw in process.stdout or ():
                    line = raw.rstrip()
                    log.write(f"[cdk] {line}\n")
                    tail = [*tail[1 - _TAIL_LINES :], line] if line else tail
                    on_line(line)
                code = process.wait()
            except BaseException:
                _kill(process)
                raise
            finally:
                alarm.cancel()
        if code:
            late = f" (stopped after {seconds:g} s)" if code == -signal.SIGKILL else ""
            said = "\n".join(f"  {line}" for line in tail)
            raise CdkError(f"cdk {arguments[0]} failed{late}:\n{said}\nWhole log: {self.workspace.log}")


def _kill(process: subprocess.Popen[str]) -> None:
    """End the command and the app that it may be running."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
