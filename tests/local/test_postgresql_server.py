"""A real PostgreSQL on this machine: as RDS offers one, and gone with whoever started it. And what installs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from database_password_rotation.certificates import PACKAGED
from local_aws.servers import __main__ as servers
from local_aws.servers import programs
from local_aws.servers.postgresql import PostgreSql, postgresql
from local_aws.servers.programs import POSTGRESQL, Program, ServerError
from local_aws.servers.running import Folder, Running
from tests.functions.running_sample_app import until
from tests.functions.visiting_my_clothes import database_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    with database_server() as found:
        yield found


def test_forces_tls_and_a_password(server: PostgreSql) -> None:
    with server.connect() as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("shop",)
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(server.url.replace("verify-full", "disable"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url, password="wrong")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(server.url, sslrootcert=str(PACKAGED))


def test_keeps_its_data_over_a_crash_and_a_stop(server: PostgreSql) -> None:
    with server.connect() as connection:
        connection.execute("CREATE TABLE kept (id integer)")
        connection.execute("INSERT INTO kept VALUES (1)")
    for end in (server.server.crash, server.server.stop):
        end()
        with pytest.raises(psycopg.OperationalError):
            server.connect()
        server.server.start()
        with server.connect() as connection:
            assert connection.execute("SELECT id FROM kept").fetchall() == [(1,)]


def test_a_crash_is_over_when_the_last_of_the_server_has_gone(tmp_path: Path) -> None:
    """Helpers in sessions of their own, as PostgreSQL has them, hold on to what the next start needs."""
    started, gone = tmp_path / "started", tmp_path / "gone"
    helper = f"import time; open({str(started)!r}, 'w'); time.sleep(1); open({str(gone)!r}, 'w')"
    program = (
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-c', {helper!r}], start_new_session=True, close_fds=False); time.sleep(60)"
    )
    folder = Folder("helper", ())
    server = Running("It", [sys.executable, "-c", program], folder, started.exists, stop_signal=signal.SIGTERM)
    server.start()
    server.crash()
    assert gone.exists()
    server.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="it runs as whoever started it, otherwise")
def test_is_nobody_special(server: PostgreSql) -> None:
    folder = Path(str(server.certificate)).parent
    assert folder.owner() in ("postgres", "nobody")
    assert folder.stat().st_mode & 0o077 == 0


def test_can_be_had_as_a_stack_wants_it() -> None:
    if POSTGRESQL.find() is None:
        pytest.skip("PostgreSQL is not installed")
    with (
        postgresql(user="db admin", password="p@ss/w:rd", database="a b", tls=False, names=()) as found,
        found.connect() as connection,
    ):
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("db admin", "a b")


def test_is_gone_with_whoever_started_it_however_that_went(project: Path) -> None:
    if POSTGRESQL.find() is None:
        pytest.skip("PostgreSQL is not installed")
    code = """
from local_aws.servers.postgresql import postgresql
with postgresql() as server:
    print(server.certificate.parent, flush=True)
    input()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert (folder / "data").is_dir()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    until(lambda: not folder.exists(), "end of the server and its folder")


def test_says_why_it_does_not_start_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    if POSTGRESQL.find() is None:
        pytest.skip("PostgreSQL is not installed")
    made: list[Path] = []
    make = tempfile.mkdtemp

    def remembered(*arguments: Any, **options: Any) -> str:
        made.append(Path(make(*arguments, **options)))
        return str(made[-1])

    with postgresql(tls=False) as first:
        monkeypatch.setattr(tempfile, "mkdtemp", remembered)
        with pytest.raises(ServerError, match=r"(?s)ended instead.*Address already in use"):
            postgresql(tls=False, port=first.port).__enter__()
    assert made
    assert [folder for folder in made if folder.exists()] == []


class TestInstallation:
    """On a machine that has none of the servers."""

    WORKS = "#!/bin/sh\nexit 0\n"

    @pytest.fixture
    def bin(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        commands = tmp_path / "bin"
        commands.mkdir()
        for tool in ("env", "cp"):
            (commands / tool).symlink_to(str(shutil.which(tool)))
        monkeypatch.setenv("PATH", str(commands))
        monkeypatch.setattr(programs, "_ELSEWHERE", ())
        only = (Program("Alpha", "alpha-server", "alpha"), Program("Beta", "beta-server", "beta"))
        monkeypatch.setattr(servers, "PROGRAMS", only)
        monkeypatch.setattr("os.geteuid", lambda: 0)
        monkeypatch.setattr(sys, "argv", ["servers", "--install"])
        return commands

    def script(self, path: Path, text: str) -> Path:
        path.write_text(text)
        path.chmod(0o755)
        return path

    def test_installs_what_is_missing_once(self, bin: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.script(bin / "alpha-server", self.WORKS)
        log, ready = tmp_path / "log", self.script(tmp_path / "ready", self.WORKS)
        self.script(
            bin / "apt-get",
            f'#!/bin/sh\necho "$@" >> {log}\ncase "$*" in *install*) cp {ready} {bin}/beta-server;; esac\n',
        )
        assert [servers.main(), servers.main()] == [0, 0]
        assert log.read_text() == "-q -y update\n-q -y install --no-install-recommends beta\n"
        assert capfd.readouterr().out == f"{bin}/alpha-server\n{bin}/beta-server\n" * 2

    @pytest.mark.usefixtures("bin")
    def test_says_in_a_sentence_what_to_do_elsewhere(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert servers.main() == 1
        assert capfd.readouterr().err == (
            "error: Install Alpha, Beta by hand, then run this again: here is no apt-get, or no right to use it\n"
        )

    def test_says_which_command_failed(self, bin: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.script(bin / "apt-get", "#!/bin/sh\nexit 100\n")
        assert servers.main() == 1
        said = capfd.readouterr().err.splitlines()[-2:]
        assert said[0].startswith("error: exit code 100 from: env DEBIAN_FRONTEND=noninteractive apt-get -q -y update")
        assert said[1] == "Install Alpha, Beta by hand."

    def test_is_not_taken_for_done_when_it_was_not(self, bin: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.script(bin / "apt-get", self.WORKS)
        assert servers.main() == 1
        said = "error: the installation ended without an error, and still: Install Alpha, Beta by hand\n"
        assert capfd.readouterr().err.endswith(said)

    def test_only_looks_unless_it_is_asked_to(
        self, bin: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.script(bin / "apt-get", "#!/bin/sh\nexit 100\n")
        monkeypatch.setattr(sys, "argv", ["servers"])
        assert servers.main() == 1
        assert capfd.readouterr().err == (
            "error: Alpha is not installed: run `python -m local_aws.servers --install`\n"
        )
