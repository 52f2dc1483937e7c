"""A program in the place of one instance: its files, its process, and what its log says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local_aws.launcher.data_servers.manager import DATA_SERVERS
from local_aws.launcher.programs.boot_script import Program
from local_aws.launcher.programs.roles import RoleCredentials
from local_aws.launcher.programs.wanted import Wanted

_INSTANCE = Path(__file__).with_name("instance.py")
_LOOPBACK = "127.0.0.1"
_KILL_SECONDS = 5.0


class Place:
    """Where an instance would be.

    Attributes:
        zone: Of the instance.
        program: What runs.
        port: Where it listens; None until it does.
        ended_at: When its process was found to have ended; None while it runs.
    """

    def __init__(self, wanted: Wanted, folder: Path) -> None:
        self.zone = wanted.zone
        self.program: Program = wanted.program
        self.port: int | None = None
        self.ended_at: float | None = None
        self._folder = folder
        self._disk = folder / "disk"
        self._log = folder / "log.txt"
        self._metadata = folder / "metadata.json"
        self._told = ""
        self._log_read_from = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._disk.mkdir(parents=True, exist_ok=True)
        # Not below the folder, however deep that is: the address of a socket is a hundred characters at most.
        self._temporary = tempfile.mkdtemp(prefix="instance-", dir="/tmp")

    @property
    def process(self) -> int:
        """The process's id; 0 before there was one."""
        return self._process.pid if self._process else 0

    def tell(self, wanted: Wanted, credentials: RoleCredentials | None) -> None:
        """Let the metadata service say how things are now. What else is asked there does not exist, as on AWS."""
        facts = {
            "instance-id": wanted.instance,
            "instance-type": wanted.instance_type,
            "placement/availability-zone": wanted.zone,
            "placement/region": wanted.region,
            "autoscaling/target-lifecycle-state": "Terminated" if wanted.leaving else "InService",
        }
        if credentials:
            facts["iam/security-credentials/"] = credentials.role
            facts[f"iam/security-credentials/{credentials.role}"] = json.dumps(credentials.document())
        if (text := json.dumps(facts)) == self._told:
            return
        draft = self._metadata.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(text)
        # In one piece: it is read at any time.
        draft.replace(self._metadata)
        self._told = text

    def start(self, sources: Path) -> None:
        """Start the program, for the first time or again."""
        kind = self.program.kind
        self._log.touch()
        self._log_read_from = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 # a program of this project, as deployed
                [
                    *(sys.executable, "-I", "-B", "-u", str(_INSTANCE)),
                    *(str(self._metadata), str(sources), kind.package, *self._arguments()),
                ],
                cwd=self._disk,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own, that ends as a whole.
                start_new_session=True,
            )
        self.port, self.ended_at = None, None

    def look(self) -> int | None:
        """Notice that it listens, or that it has ended; the exit code where that is new."""
        if self._process is None or self.ended_at is not None:
            return None
        if (code := self._process.poll()) is not None:
            self.ended_at = time.monotonic()
            self._sweep()
            return code
        if self.port is None:
            self.port = self._listening()
        return None

    def last_words(self) -> str:
        """The last line of its log."""
        return next(iter(self._lines()[-1:]), "nothing in its log")

    def terminate(self) -> None:
        """Let it finish what is under way, as the service does when its instance is shut down."""
        if self._process:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Return when it has ended."""
        if self._process:
            self._process.wait(_KILL_SECONDS)
        self._clear()

    def is_over(self) -> bool:
        """Whether it has ended; then nothing of it is left."""
        if self._process and self._process.poll() is None:
            return False
        self._sweep()
        self._clear()
        return True

    def _clear(self) -> None:
        for folder in (self._temporary, self._folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """After its end: nothing of its group outlives it."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.stdin:
            self._process.stdin.close()

    def _arguments(self) -> Sequence[str]:
        if not self.program.kind.serves:
            return self.program.arguments
        # The last of each option counts: where it listens here is nothing that its script could know.
        here = ("--bind", _LOOPBACK, "--port", "0", "--metadata-url", "{metadata}")
        return [*self.program.arguments, *here, "--state-directory", str(self._disk)]

    def _environment(self) -> Mapping[str, str]:
        # Nothing of the user's own: no credentials, no configuration, no address but the emulator's.
        return {
            **self.program.variables,
            **self._trusted(),
            "PATH": os.environ["PATH"],
            "HOME": str(self._disk),
            "TMPDIR": self._temporary,
            "HEALTH_PORT": "0",
            "AWS_ENDPOINT_URL": f"http://{_LOOPBACK}:{os.environ['GATEWAY_PORT']}",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def _trusted(self) -> Mapping[str, str]:
        """In the place of what AWS's servers are checked by: the certificates of those that run here."""
        certificates = [file.read_text() for file in DATA_SERVERS.certificates()]
        if not (self.program.kind.trusts and certificates):
            return {}
        trusted = self._folder / "trusted.pem"
        trusted.write_text("".join(certificates))
        return dict.fromkeys(self.program.kind.trusts, str(trusted))

    def _listening(self) -> int | None:
        """The port that it says it listens on."""
        kind = self.program.kind
        for line in self._lines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict) and said.get("message") == kind.ready:
                return int(said[kind.port])
        return None

    def _lines(self) -> list[str]:
        """What it has said since it was started."""
        with self._log.open("rb") as log:
            log.seek(self._log_read_from)
            return log.read().decode(errors="replace").splitlines()
