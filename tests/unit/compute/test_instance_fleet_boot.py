"""The script of an instance's first boot, run by a real shell: CloudFormation hears what has become of it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from aws_patterns.compute._boot_script import is_shell_script, plain_boot, signalled_boot, without_shebang

HEALTH_URL = "http://localhost:8080/health"


@dataclass(frozen=True)
class Boot:
    """What an instance did."""

    code: int
    output: str
    calls: list[list[str]]

    @property
    def signals(self) -> list[list[str]]:
        return [words for name, *words in self.calls if name == "cfn-signal"]


class Instance:
    """A machine of which only the programs are pretended. `sleep` takes no time; the clock of bash goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.calls = folder / "calls"
        self.calls.touch()
        self.has("sleep", "exit 0")
        self.has("cfn-signal")
        self.has("curl", "printf 200")

    def has(self, program: str, answer: str = "exit 0") -> None:
        path = self.programs / program
        path.write_text(
            f'#!/bin/bash\nprintf "%s\\t" "{program}" "$@" >> {self.calls}; echo >> {self.calls}\n{answer}\n'
        )
        path.chmod(0o755)

    def lacks(self, program: str) -> None:
        (self.programs / program).unlink()

    def boot(self, commands: str = "", *, health_url: str = HEALTH_URL, seconds: int = 30) -> Boot:
        script = signalled_boot(
            commands, stack="Web", region="eu-west-1", resource="Group", health_url=health_url, seconds=seconds
        )
        return self.run(script)

    def run(self, script: str) -> Boot:
        file = self.folder / "user-data"
        file.write_text(script)
        done = subprocess.run(
            ["bash", str(file)],
            env={"PATH": f"{self.programs}:{os.defpath}"},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        calls = [line.rstrip("\t").split("\t") for line in self.calls.read_text().splitlines()]
        return Boot(done.returncode, done.stdout + done.stderr, calls)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def signal(code: int) -> list[list[str]]:
    """The one signal that is sent."""
    return [["--exit-code", str(code), "--stack", "Web", "--resource", "Group", "--region", "eu-west-1"]]


def asked(boot: Boot) -> int:
    return sum(name == "curl" for name, *_ in boot.calls)


@pytest.mark.parametrize("status", [200, 204, 301, 399])
def test_an_application_that_answers_is_a_success(instance: Instance, status: int) -> None:
    instance.has("curl", f"printf {status}")
    boot = instance.boot("touch started")
    assert (boot.code, boot.signals, asked(boot)) == (0, signal(0), 1)
    assert (instance.folder / "started").exists()


def test_an_application_that_answers_late_is_a_success(instance: Instance) -> None:
    instance.has("curl", f"[ $(grep -c ^curl {instance.calls}) -lt 4 ] && printf 503 || printf 200")
    boot = instance.boot()
    assert (boot.code, boot.signals, asked(boot)) == (0, signal(0), 4)


@pytest.mark.parametrize("answer", ["printf 500", "printf 404", "printf 000; exit 7", "exit 28"])
def test_an_application_that_does_not_answer_is_a_failure_when_its_time_is_up(instance: Instance, answer: str) -> None:
    instance.has("curl", answer)
    boot = instance.boot(seconds=1)
    assert (boot.code, boot.signals) == (1, signal(1))
    assert asked(boot) > 1
    assert f"No answer from {HEALTH_URL} in 1 s" in boot.output


def test_a_question_waits_five_seconds_and_takes_any_certificate_of_its_own_machine(instance: Instance) -> None:
    (curl,) = [words for name, *words in instance.boot().calls if name == "curl"]
    assert curl == [
        *("--silent", "--insecure", "--output", "/dev/null", "--max-time", "5"),
        *("--write-out", "%{http_code}", HEALTH_URL),
    ]


def test_without_a_url_the_commands_decide(instance: Instance) -> None:
    boot = instance.boot("true", health_url="")
    assert (boot.code, boot.signals, asked(boot)) == (0, signal(0), 0)


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        ("exit 7", 7),
        ("false", 1),
        ("set -e\nfalse\ntouch reached", 1),
        ("set -u\necho $unknown", 1),
        ("no-such-program", 127),
        ("if then", 2),
        ("trap 'exit 9' EXIT\nexit 3", 9),
        ("exec false", 1),
    ],
)
def test_commands_that_fail_are_a_failure_at_once(instance: Instance, commands: str, code: int) -> None:
    boot = instance.boot(commands)
    assert (boot.code, boot.signals, asked(boot)) == (code, signal(code), 0)
    assert not (instance.folder / "reached").exists()


@pytest.mark.parametrize(
    "commands",
    [
        "",
        "# a comment",
        "exit 0",
        "set -euo pipefail\ntrap 'true' EXIT\ncd /",
        "cat > file <<'END'\n)\nEND",
        "export PATH=/nowhere",
        "exec > log 2>&1",
        "SECONDS=100000",
    ],
)
def test_commands_can_do_what_they_like_in_a_shell_of_their_own(instance: Instance, commands: str) -> None:
    boot = instance.boot(commands)
    assert (boot.code, boot.signals) == (0, signal(0))


def test_a_signal_that_nobody_waits_for_is_no_failure(instance: Instance) -> None:
    instance.has("cfn-signal", "exit 1")
    boot = instance.boot()
    assert boot.code == 0
    assert "CloudFormation does not wait for a signal" in boot.output


def test_what_sends_the_signal_is_installed_where_it_is_missing(instance: Instance) -> None:
    instance.lacks("cfn-signal")
    # The package brings the program: here, a copy of the one that is pretended otherwise.
    instance.has("packaged")
    packaged = instance.programs / "packaged"
    packaged.write_text(packaged.read_text().replace('"packaged"', '"cfn-signal"'))
    instance.has("dnf", f"mv {packaged} {instance.programs / 'cfn-signal'}")
    boot = instance.boot()
    assert ["dnf", "install", "--assumeyes", "--quiet", "aws-cfn-bootstrap"] in boot.calls
    assert boot.signals == signal(0)


def test_an_image_without_any_way_to_signal_still_boots(instance: Instance) -> None:
    instance.lacks("cfn-signal")
    instance.has("dnf", "exit 1")
    assert instance.boot().code == 0


def test_a_trusted_instance_runs_its_commands_and_sends_nothing(instance: Instance) -> None:
    boot = instance.run(plain_boot("touch started"))
    assert (boot.code, boot.calls) == (0, [])
    assert (instance.folder / "started").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((f"{first}\ntrue", True) for first in ("#!/bin/bash", "#!/bin/sh", "#!/bin/bash -xe", "#!/usr/bin/env bash")),
        *((f"{first}\ntrue", False) for first in ("#cloud-config", "#!/usr/bin/python3", "<powershell>", "")),
        ("Content-Type: multipart/mixed", False),
    ],
)
def test_only_what_a_shell_can_run_is_taken_for_it(text: str, expected: bool) -> None:
    assert is_shell_script(text) is expected


def test_the_commands_of_a_script_are_without_its_first_line() -> None:
    assert without_shebang("#!/bin/bash\none\ntwo") == "one\ntwo"
    assert without_shebang("one\ntwo") == "one\ntwo"
    assert without_shebang("#!/bin/bash") == ""
