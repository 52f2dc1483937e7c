"""What an instance that installs the sample application is told, and what it may do for that."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from aws_patterns.compute._sample_web_app_boot import boot_commands, service_unit
from aws_patterns.compute.sample_web_app import SampleWebApp

OPTIONS: dict[str, Any] = {
    "port": 8_080,
    "tls": False,
    "version": "1",
    "dependencies": {},
    "notice_seconds": 0,
    "grace_seconds": 35,
}


def unit(**changes: Any) -> list[str]:
    return service_unit(**{**OPTIONS, **changes}).splitlines()


def started(lines: list[str]) -> list[str]:
    """What systemd would run."""
    (line,) = [line for line in lines if line.startswith("ExecStart=")]
    words = shlex.split(line.removeprefix("ExecStart="))
    return [word.replace("%%", "%").replace("$$", "$") for word in words]


class TestService:
    def test_has_no_privileges_and_nowhere_to_write_but_its_own_folder(self) -> None:
        lines = unit()
        assert {
            "DynamicUser=yes",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "ProtectSystem=strict",
            "PrivateDevices=yes",
            "StateDirectory=sample_web_app",
        } <= set(lines)
        assert "/var/lib/sample_web_app" in started(lines)

    def test_comes_back_however_often_it_ends_and_starts_with_the_machine(self) -> None:
        assert {"Restart=always", "StartLimitIntervalSec=0", "WantedBy=multi-user.target"} <= set(unit())

    def test_is_given_the_time_that_it_takes_to_end(self) -> None:
        lines = unit(notice_seconds=10, grace_seconds=35)
        assert "TimeoutStopSec=50" in lines
        command = " ".join(started(lines))
        assert "--notice-seconds 10 --grace-seconds 35" in command

    def test_passes_on_what_it_was_told(self) -> None:
        command = started(unit(version="2024.1", dependencies={"api": "https://x/?a=%20$b", "db": "tcp://h:1"}))
        assert command[:4] == ["/usr/bin/python3", "-B", "-m", "sample_web_app"]
        assert " ".join(command).endswith("--dependency api=https://x/?a=%20$b --dependency db=tcp://h:1")
        assert command[command.index("--version-label") + 1] == "2024.1"

    def test_reads_its_key_through_systemd_alone(self) -> None:
        lines = unit(tls=True)
        assert "LoadCredential=key.pem:/etc/sample_web_app/key.pem" in lines
        assert "%d/key.pem" in " ".join(lines)
        assert not [line for line in unit() if "LoadCredential" in line or "--key" in line]


@pytest.fixture
def machine(tmp_path: Path, project: Path) -> Path:
    """A folder that stands for an instance's root, with an AWS CLI that has the application and a systemctl."""
    tools = tmp_path / "bin"
    tools.mkdir()
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as archive:
        for file in (project / "lambda_src" / "sample_web_app").glob("*.py"):
            archive.write(file, file.name)
    fakes = {
        # The first attempt fails, as when the role's permission is not known everywhere yet.
        "aws": f'echo "aws $*" >> {tmp_path}/calls\n'
        f'[ -e {tmp_path}/tried ] || {{ touch {tmp_path}/tried; exit 1; }}\ncp {tmp_path}/source.zip "${{@: -1}}"',
        "systemctl": f'echo "systemctl $*" >> {tmp_path}/calls',
        "sleep": "exit 0",
    }
    for name, code in fakes.items():
        (tools / name).write_text(f"#!/bin/bash\n{code}\n")
        (tools / name).chmod(0o755)
    for folder in ("opt", "etc/systemd/system"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def boot(machine: Path, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Run the commands of the boot script as the machine would."""
    commands = boot_commands(source="s3://bucket/key.zip", region="eu-west-1", **{**OPTIONS, **changes})
    script = re.sub(r"(?<![\w.])/(opt|etc|var)/", rf"{machine}/\1/", "\n".join([*commands, "echo the boot goes on"]))
    environment = {**os.environ, "PATH": f"{machine / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


class TestBoot:
    def test_installs_the_application_and_starts_it(self, machine: Path) -> None:
        done = boot(machine)
        assert (done.returncode, done.stdout, done.stderr) == (0, "the boot goes on\n", "")
        download = (
            f"aws s3 cp --only-show-errors --region eu-west-1 s3://bucket/key.zip {machine}/opt/sample_web_app.zip"
        )
        assert (machine / "calls").read_text().splitlines() == [
            *(download, download),
            *("systemctl daemon-reload", "systemctl enable --now sample_web_app"),
        ]
        installed = machine / "opt" / "sample_web_app"
        asked = subprocess.run(
            ["python3", "-B", "-m", "sample_web_app", "--help"],
            cwd=installed,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert asked.returncode == 0
        service = machine / "etc" / "systemd" / "system" / "sample_web_app.service"
        assert service.read_text().splitlines() == [
            line.replace("=/opt", f"={machine}/opt").replace('"/var', f'"{machine}/var') for line in unit()
        ]

    def test_makes_a_certificate_that_only_root_can_use(self, machine: Path) -> None:
        assert boot(machine, tls=True).returncode == 0
        secrets = machine / "etc" / "sample_web_app"
        assert secrets.stat().st_mode & 0o777 == 0o700
        assert "PRIVATE KEY" in (secrets / "key.pem").read_text()
        assert "CERTIFICATE" in (secrets / "certificate.pem").read_text()

    def test_goes_on_without_the_application_when_it_can_not_be_had(self, machine: Path) -> None:
        (machine / "bin" / "aws").write_text("#!/bin/bash\nexit 1\n")
        done = boot(machine)
        assert done.stdout == "the boot goes on\n", "what asks for its health finds out, and has its say"
        assert not (machine / "calls").exists(), "nothing is started"

    def test_holds_together_whatever_the_length(self) -> None:
        many = {f"dependency-{number}": "https://service.internal/health?depth=2" for number in range(20)}
        commands = boot_commands(source="s3://b/k", region="r", **{**OPTIONS, "dependencies": many, "tls": True})
        assert len("\n".join(commands)) < 8_192, "half of what EC2 takes, so that others have room"


class TestConstruct:
    def test_the_role_may_fetch_the_application_and_nothing_else(self, stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        app = SampleWebApp(stack, "App")
        app.grant_download(role).assert_success()
        (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Allow", "s3:GetObject")
        assert json.dumps(statement["Resource"]).endswith(f'/{app.asset.asset_hash}.zip"]]}}')

    def test_an_earlier_version_may_be_fetched_until_the_deployment_has_ended(
        self, stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        from aws_patterns.compute import sample_web_app

        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        SampleWebApp(stack, "Old").grant_download(role)
        SampleWebApp(stack, "Twin").grant_download(role)
        (tmp_path / "sample_web_app").mkdir()
        (tmp_path / "sample_web_app" / "__main__.py").write_text("print('new')")
        monkeypatch.setattr(sample_web_app, "source_root", lambda: tmp_path)
        SampleWebApp(stack, "New").grant_download(role)
        policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        assert len(policies) == 2, "one that is deleted, in the end, and another that is made, at first"
        assert {len(found["Properties"]["PolicyDocument"]["Statement"]) for found in policies.values()} == {1}

    def test_the_asset_is_the_program_and_nothing_else(self, stack: cdk.Stack) -> None:
        SampleWebApp(stack, "App")
        stage = cdk.Stage.of(stack)
        assert stage is not None
        (folder,) = Path(stage.synth().directory).glob("asset.*")
        assert sorted(file.name for file in folder.rglob("*")) == [
            *("__init__.py", "__main__.py", "gateway.py", "handler.py", "logic.py", "options.py")
        ]

    def test_fetches_in_its_own_region_and_shows_its_version(self, stack: cdk.Stack) -> None:
        app = SampleWebApp(stack, "App", version="blue")
        parts = stack.resolve(app.user_data().render())["Fn::Join"][1]
        script = "".join(part if isinstance(part, str) else next(iter(part.values())) for part in parts)
        assert " --region 'AWS::Region' 's3://" in script
        assert f"/{app.asset.asset_hash}.zip' /opt/sample_web_app.zip" in script
        assert '"--version-label" "blue"' in script

    def test_listens_where_the_load_balancer_asks(self, stack: cdk.Stack) -> None:
        from aws_patterns.load_balancing.tls import TlsApproach, shape_of

        assert SampleWebApp(stack, "Plain").port == shape_of(TlsApproach.OFFLOAD).target_port
        assert SampleWebApp(stack, "Encrypted", tls=True).port == shape_of(TlsApproach.BRIDGING).target_port

    def test_each_boot_script_is_its_takers_own(self, stack: cdk.Stack) -> None:
        app = SampleWebApp(stack, "App")
        first = app.user_data()
        first.add_commands("echo mine")
        assert "echo mine" not in app.user_data().render()

    def test_everything_wrong_is_said_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "SampleWebApp S/App can't be built:\n"
            "  - version must be 1 to 64 letters, digits, dots, plus signs, dashes or underscores, got 'a b'\n"
            "  - port must be between 1024 and 65535, got 80\n"
            "  - notice_seconds must be between 0 and 900 s, got -1 s\n"
            "  - grace_seconds must be between 0 and 900 s, got 901 s\n"
            "  - dependencies must have names of up to 64 letters, digits, dashes and underscores, got 'my db'\n"
            "  - dependencies['my db'] must be an address such as tcp://host:5432 or https://host/path, got 'tcp://x'\n"
            "  - dependencies['a'] must be an address such as tcp://host:5432 or https://host/path, got 'tcp://x:y'\n"
            "  - dependencies['b'] must be an address such as tcp://host:5432 or https://host/path, "
            'got "http://x/\';reboot"'
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            SampleWebApp(
                stack,
                "App",
                version="a b",
                port=80,
                notice_seconds=-1,
                grace_seconds=901,
                dependencies={"my db": "tcp://x", "a": "tcp://x:y", "b": "http://x/';reboot"},
            )

    def test_an_address_known_only_at_deployment_is_let_through(self, stack: cdk.Stack) -> None:
        host = cdk.CfnParameter(stack, "Host").value_as_string
        script = SampleWebApp(stack, "App", dependencies={"db": f"tcp://{host}:5432"}).user_data().render()
        assert {"Ref": "Host"} in stack.resolve(script)["Fn::Join"][1]
