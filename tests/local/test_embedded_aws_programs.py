"""``make local`` runs the sample application in the place of instances: it answers, comes back, and leaves nothing."""

from __future__ import annotations

import base64
import functools
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console
from typer.testing import CliRunner

from aws_patterns.compute._my_clothes_boot import boot_commands as my_clothes_commands
from aws_patterns.compute._sample_web_app_boot import boot_commands
from local_aws import cli, processes, programs, server, state
from local_aws.embedded import EmbeddedAws
from local_aws.launcher.programs.boot_script import program_of
from local_aws.programs import Programs
from local_aws.project import ROOT, Workspace
from local_aws.template_stacks import create_stack
from local_aws.up import up
from tests.local.network_types import VPC, get, ref, resource
from tests.local.programs import eventually

STACK = "MultiAzWebTier"
BUCKET, KEY = "sources", "web.zip"


def user_data(*, tls: bool = False, dependencies: Mapping[str, str] | None = None) -> str:
    """The boot script of an instance with the sample application."""
    commands = boot_commands(
        source=f"s3://{BUCKET}/{KEY}",
        region="us-east-1",
        port=8080,
        tls=tls,
        version="50 % of $1",
        dependencies=dependencies or {},
        notice_seconds=0,
        grace_seconds=35,
    )
    return base64.b64encode("\n".join(["#!/bin/bash", *commands]).encode()).decode()


def fleet(data: str, *, protocol: str = "HTTP") -> Mapping[str, object]:
    """Two instances in two zones, as targets of a group."""
    other = {"VpcId": ref("Vpc"), "CidrBlock": "10.7.1.0/24", "AvailabilityZone": "us-east-1b"}
    booting = {"ImageId": "ami-0c2023a1b2c3d4e5f", "InstanceType": "t4g.small", "UserData": data}
    return {
        "Resources": {
            **VPC,
            "Other": resource("EC2::Subnet", **other),
            "Template": resource("EC2::LaunchTemplate", LaunchTemplateData=booting),
            "Targets": resource("ElasticLoadBalancingV2::TargetGroup", Port=8080, Protocol=protocol, VpcId=ref("Vpc")),
            "Fleet": resource(
                "AutoScaling::AutoScalingGroup",
                MinSize="2",
                MaxSize="2",
                VPCZoneIdentifier=[ref("Subnet"), ref("Other")],
                LaunchTemplate={
                    "LaunchTemplateId": ref("Template"),
                    "Version": get("Template", "LatestVersionNumber"),
                },
                TargetGroupARNs=[ref("Targets")],
            ),
        }
    }


def upload(aws: EmbeddedAws) -> None:
    """The application's archive, as the CDK would make it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for source in (ROOT / "lambda_src" / "sample_web_app").glob("*.py"):
            file.write(source, source.name)
    aws.client("s3").create_bucket(Bucket=BUCKET)
    aws.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=archive.getvalue())


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_over(found: Programs) -> bool:
    """Whether nothing of what has run there still does."""
    return not any(processes.command_line(one.process) or accepts(one.port) for one in found.running)


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    """A server of one's own that runs programs."""
    started = EmbeddedAws(tmp_path / "aws", programs=True)
    upload(started)
    yield started
    started.stop()


@pytest.fixture
def deployed(aws: EmbeddedAws) -> Programs:
    """What runs in the place of a fleet's two instances."""
    stack = create_stack(aws, "fleet", fleet(user_data()))
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    programs.wait(aws.port)
    found = programs.read(aws.port)
    assert len(found.running) == 2
    return found


class Tier:
    """The web tier, brought up as ``make local`` does."""

    def __init__(self, workspace: Workspace) -> None:
        output = io.StringIO()
        up([STACK], workspace, Console(file=output, width=80))
        self.shown = output.getvalue()
        known = state.load(workspace)
        assert known is not None
        self.port = known.server.port
        self._url = known.outputs[STACK]["Url"]

    def who_answers(self) -> set[tuple[str, str]]:
        """Instance and zone of several answers."""
        replies = [self._get("/identity") for _ in range(12)]
        return {(reply["instanceId"], reply["availabilityZone"]) for reply in replies}

    def running(self) -> Programs:
        return programs.read(self.port)

    def _get(self, path: str) -> Mapping[str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": self._url.partition("://")[2]})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return cast("Mapping[str, str]", json.loads(body))
        finally:
            connection.close()


@pytest.fixture(scope="module")
def tier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tier]:
    workspace = Workspace(tmp_path_factory.mktemp("up") / "local_aws")
    with pytest.MonkeyPatch.context() as patch:
        # The grace period of five minutes passes in no time.
        patch.setattr(server, "start", functools.partial(server.start, wait_scale=0.001))
        try:
            brought_up = Tier(workspace)
            yield brought_up
            left = brought_up.running()
            patch.setattr(cli, "LOCAL", workspace)
            assert CliRunner().invoke(cli.app, ["down"]).stdout.strip() == "Stopped. Nothing is left."
            assert is_over(left)
            assert not workspace.folder.exists()
        finally:
            if known := state.load(workspace):
                known.server.stop()


def test_the_printed_address_answers_from_every_zone_as_soon_as_it_is_printed(tier: Tier) -> None:
    found = tier.who_answers()

    assert {zone for _instance, zone in found} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert found == {(one.instance, one.zone) for one in tier.running().running}


def test_what_runs_where_is_shown(tier: Tier) -> None:
    assert "The sample application runs on this machine in the instances' place:\n" in tier.shown
    for zone in ("us-east-1a", "us-east-1b", "us-east-1c"):
        assert re.search(rf"^  i-[0-9a-f]+  {zone}  http://127\.0\.0\.1:\d+  process \d+$", tier.shown, re.MULTILINE)


def test_an_instance_whose_process_is_killed_is_replaced_and_the_new_one_answers(tier: Tier) -> None:
    lost = tier.running().running[0]

    os.kill(lost.process, signal.SIGKILL)

    def is_replaced() -> bool:
        found = [one.instance for one in tier.running().running]
        return len(found) == 3 and lost.instance not in found

    eventually(is_replaced, "process in the new instance's place")
    eventually(
        lambda: tier.who_answers() == {(one.instance, one.zone) for one in tier.running().running}, "answer of all"
    )


def test_a_terminated_instances_process_ends_with_it(aws: EmbeddedAws, deployed: Programs) -> None:
    leaving = deployed.running[0]

    aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=leaving.instance, ShouldDecrementDesiredCapacity=False
    )

    eventually(lambda: not processes.command_line(leaving.process), "end of the process")
    eventually(lambda: len(programs.read(aws.port).running) == 2, "process of the new instance")
    assert leaving.instance not in {one.instance for one in programs.read(aws.port).running}


def test_a_stopped_server_leaves_no_program(aws: EmbeddedAws, deployed: Programs) -> None:
    aws.stop()

    assert is_over(deployed)


def test_a_killed_server_takes_its_programs_with_it(aws: EmbeddedAws, deployed: Programs, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "aws")
    found = subprocess.run(
        ["ps", "-o", "ppid=", "-p", str(deployed.running[0].process)], capture_output=True, text=True, check=True
    )
    server_process = int(found.stdout)
    assert f"--port {aws.port} " in processes.command_line(server_process)

    os.kill(server_process, signal.SIGKILL)

    eventually(lambda: is_over(deployed), "end of the programs")
    state.remove(workspace)
    assert not workspace.folder.exists()


@pytest.mark.parametrize(
    ("data", "protocol"),
    [pytest.param(user_data(tls=True), "HTTPS", id="over TLS"), pytest.param(user_data(), "TCP", id="over TCP")],
)
def test_nothing_runs_where_nothing_could_ask_it_and_that_is_known(data: str, protocol: str, aws: EmbeddedAws) -> None:
    create_stack(aws, "fleet", fleet(data, protocol=protocol))

    found = programs.read(aws.port)

    assert (len(found.running), len(found.waiting), len(found.unreachable)) == (0, 0, 2)


def test_nothing_runs_unless_it_is_asked_for(session_aws: EmbeddedAws) -> None:
    upload(session_aws)
    stack = create_stack(session_aws, "no-programs", fleet(user_data()))

    found = programs.read(session_aws.port)

    assert (found.running, found.waiting, found.unreachable) == ([], [], [])
    stack.delete()
    session_aws.client("s3").delete_object(Bucket=BUCKET, Key=KEY)
    session_aws.client("s3").delete_bucket(Bucket=BUCKET)


def test_a_boot_script_is_understood_with_all_its_options() -> None:
    found = program_of(user_data(dependencies={"database": "tcp://10.0.8.5:5432"}))

    assert found is not None
    assert (found.archives, found.speaks_tls) == (((BUCKET, KEY),), False)
    options = dict(zip(found.arguments[::2], found.arguments[1::2], strict=True))
    assert options["--version-label"] == "50 % of $1"
    assert options["--dependency"] == "database=tcp://10.0.8.5:5432"


def test_a_shops_boot_script_is_understood_with_its_options_and_variables() -> None:
    commands = my_clothes_commands(
        source=f"s3://{BUCKET}/{KEY}",
        region="us-east-1",
        environment={"SESSIONS": "sticky", "DATABASE_SECRET": 'a "secret"'},
        port=8080,
        tls=False,
        version="7",
        notice_seconds=0,
        grace_seconds=35,
    )
    found = program_of(base64.b64encode("\n".join(["#!/bin/bash", *commands]).encode()).decode())

    assert found is not None
    assert (found.kind.package, found.archives) == ("my_clothes", ((BUCKET, KEY),))
    assert found.variables == {"SESSIONS": "sticky", "DATABASE_SECRET": 'a "secret"'}
    assert found.arguments[:4] == ("--port", "8080", "--version-label", "7")


@pytest.mark.parametrize("script", ["", "#!/bin/bash\nyum install -y httpd", "aws s3 cp 's3://a/b' c"])
def test_other_boot_scripts_are_left_alone(script: str) -> None:
    assert program_of(base64.b64encode(script.encode()).decode()) is None
    assert program_of("not Base64") is None
