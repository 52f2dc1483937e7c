"""What instances and tasks that run the worker program are told, what they may do for it, and what travels to them."""

from __future__ import annotations

import base64
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
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from aws_patterns.compute.instances import Architecture, Instances
from aws_patterns.messaging import worker_program_options as options
from aws_patterns.messaging._worker_program_boot import boot_commands
from aws_patterns.messaging.worker_pool import WorkerPool
from aws_patterns.messaging.worker_pool_options import FargateWorkers, InstanceWorkers
from aws_patterns.messaging.worker_program import WorkerProgram, worker_image
from queue_worker.job import is_entry
from queue_worker.settings import Settings

WORKER = "queue_worker"
PACKAGES = (WORKER, "media_renditions")


def source_of(stack: cdk.Stack, program: WorkerProgram) -> Path:
    """The folder that is uploaded."""
    stage = cdk.Stage.of(stack)
    assert stage is not None
    directory = Path(stage.synth().directory)
    files = json.loads(next(directory.glob("*.assets.json")).read_text())["files"]
    return directory / str(files[program.asset.asset_hash]["source"]["path"])


def network(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-a", "subnet-b"],
        private_subnet_route_table_ids=["rtb-a", "rtb-b"],
    )


def pool_of(stack: cdk.Stack, program: WorkerProgram, **variables: str) -> WorkerPool:
    workers = InstanceWorkers(instances=Instances(user_data=program.user_data()), health_url=program.health_url)
    return WorkerPool(
        stack,
        "Pool",
        workers=workers,
        acceptable_latency_seconds=300,
        processing_seconds=2,
        vpc=network(stack),
        environment={**program.environment, **variables},
    )


def boot_script(stack: cdk.Stack) -> str:
    """What instances run, with references by name in angle brackets."""
    (template,) = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    joined = template["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else part.get("Fn::Sub") or f"<{part['Ref']}>" for part in joined)


def own_job(folder: Path, *, wheels: str | None = "") -> Path:
    """A package of somebody's own, in a folder with more than that."""
    package = folder / "thumbnails"
    (package / "tools").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "handler.py").write_text("def make(environment):\n    return print\n")
    (package / "tools" / "scale.py").write_text("")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "handler.cpython-311.pyc").write_text("")
    (folder / "secrets.txt").write_text("nothing that travels")
    if wheels is not None:
        (package / "wheels.txt").write_text(wheels)
    return folder


class TestSource:
    def test_holds_all_that_the_installation_needs_and_nothing_else(self, stack: cdk.Stack, project: Path) -> None:
        folder = source_of(stack, WorkerProgram(stack, "Program"))
        travelled = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
        sources = project / "lambda_src"
        expected = {
            str(file.relative_to(sources))
            for package in PACKAGES
            for file in (sources / package).iterdir()
            if file.is_file() and file.name != "requirements.txt"
        }
        assert travelled == expected
        script = (folder / WORKER / "install.sh").read_text()
        used = re.findall(rf"(?<![\w/]){WORKER}/[\w.]+", script)
        assert f"{WORKER}/queue_worker.service" in used
        assert [name for name in used if not (folder / name).is_file()] == []
        assert {str(file.relative_to(folder)) for file in folder.glob("*/wheels.txt")} == {
            f"{package}/wheels.txt" for package in PACKAGES
        }, "what install.sh installs from"

    def test_of_a_job_of_ones_own_is_its_package_and_nothing_beside_it(self, stack: cdk.Stack, tmp_path: Path) -> None:
        program = WorkerProgram(
            stack, "Program", job="thumbnails.handler:make", job_source=str(own_job(tmp_path / "mine"))
        )
        folder = source_of(stack, program)
        assert sorted(file.name for file in folder.iterdir()) == [WORKER, "thumbnails"]
        own = {str(file.relative_to(folder / "thumbnails")) for file in (folder / "thumbnails").rglob("*.*")}
        assert own == {"__init__.py", "handler.py", "tools/scale.py", "wheels.txt"}
        assert program.environment["JOB"] == "thumbnails.handler:make"

    def test_can_be_run_where_it_was_unpacked(self, stack: cdk.Stack, tmp_path: Path) -> None:
        mine = own_job(tmp_path / "mine", wheels=None)
        program = WorkerProgram(stack, "Program", job="thumbnails.handler:make", job_source=str(mine))
        folder = source_of(stack, program)
        code = (
            "from queue_worker.job import load; import thumbnails.handler; print(load('thumbnails.handler:make')({}))"
        )
        done = subprocess.run(
            [os.environ.get("PYTHON", "python3"), "-I", "-B", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == "<built-in function print>\n", done.stderr
        assert (folder / "thumbnails" / "wheels.txt").read_text() == "", "without a list, nothing more is installed"

    def test_brings_wheels_along(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "pillow-1-py3-none-any.whl").write_bytes(b"wheel")
        (tmp_path / "readme.txt").write_text("-")
        folder = source_of(stack, WorkerProgram(stack, "Program", wheelhouse=str(tmp_path)))
        assert [file.name for file in (folder / "wheelhouse").iterdir()] == ["pillow-1-py3-none-any.whl"]
        assert "[ -d wheelhouse ]" in (folder / WORKER / "install.sh").read_text()

    def test_is_the_same_for_the_same_files_and_another_for_others(self, stack: cdk.Stack, tmp_path: Path) -> None:
        def digest(id: str, **props: Any) -> str:
            return WorkerProgram(stack, id, **props).asset.asset_hash

        mine = own_job(tmp_path / "mine")
        job = {"job": "thumbnails.handler:make", "job_source": str(mine)}
        before = digest("Before", **job)
        assert digest("Twin", **job) == before
        assert digest("Default") not in (before, digest("Wheels", wheelhouse=str(self.wheelhouse(tmp_path))))
        (mine / "thumbnails" / "tools" / "scale.py").write_text("SCALE = 2\n")
        assert digest("After", **job) != before

    def wheelhouse(self, folder: Path) -> Path:
        made = folder / "wheels"
        made.mkdir()
        (made / "a-1-py3-none-any.whl").write_bytes(b"wheel")
        return made


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that stands for an instance's root, with an AWS CLI that has an archive with an install.sh."""
    tools = tmp_path / "bin"
    tools.mkdir()
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as archive:
        archive.writestr("queue_worker/install.sh", f"echo installed from $0 >> {tmp_path}/calls\n")
    fakes = {
        # The first attempt fails, as when the role's permission is not known everywhere yet.
        "aws": f'echo "aws $*" >> {tmp_path}/calls\n'
        f'[ -e {tmp_path}/tried ] || {{ touch {tmp_path}/tried; exit 1; }}\ncp {tmp_path}/source.zip "${{@: -1}}"',
        "sleep": "exit 0",
    }
    for name, code in fakes.items():
        (tools / name).write_text(f"#!/bin/bash\n{code}\n")
        (tools / name).chmod(0o755)
    (tmp_path / "opt").mkdir()
    return tmp_path


def boot(machine: Path) -> subprocess.CompletedProcess[str]:
    commands = "\n".join(boot_commands(source="s3://bucket/key.zip", region="eu-west-1"))
    script = re.sub(r"(?<![\w.])/opt/", f"{machine}/opt/", commands)
    environment = {**os.environ, "PATH": f"{machine / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


class TestBoot:
    def test_fetches_unpacks_and_installs(self, machine: Path) -> None:
        done = boot(machine)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        download = f"aws s3 cp --only-show-errors --region eu-west-1 s3://bucket/key.zip {machine}/opt/queue_worker.zip"
        script = f"{machine}/opt/queue_worker/queue_worker/install.sh"
        assert (machine / "calls").read_text().splitlines() == [download, download, f"installed from {script}"]
        assert not (machine / "opt" / "queue_worker.zip").exists()

    @pytest.mark.parametrize("broken", ["aws", "archive", "install.sh"])
    def test_that_fails_is_a_failure(self, machine: Path, broken: str) -> None:
        """CloudFormation is told by it, and Auto Scaling by the health that nobody answers for."""
        if broken == "aws":
            (machine / "bin" / "aws").write_text("#!/bin/bash\nexit 1\n")
        elif broken == "archive":
            (machine / "source.zip").write_bytes(b"half of it")
            (machine / "opt" / "queue_worker" / "queue_worker").mkdir(parents=True)
            (machine / "opt" / "queue_worker" / "queue_worker" / "install.sh").write_text("exit 0\n")
        else:
            with zipfile.ZipFile(machine / "source.zip", "w") as archive:
                archive.writestr("queue_worker/install.sh", "exit 3\n")
        assert boot(machine).returncode != 0

    def test_tells_the_worker_its_variables_before_it_is_installed(self, stack: cdk.Stack) -> None:
        program = WorkerProgram(stack, "Program", service="Media")
        pool_of(stack, program, MASTER_BUCKET="originals")
        script = boot_script(stack)
        file, _, rest = script.partition("VARIABLES\n(")
        assert "/opt/queue_worker/queue_worker/install.sh" in rest
        assert "install.sh" not in file
        lines = file.partition("cat > /etc/worker-pool.env <<'VARIABLES'\n")[2].splitlines()
        variables = dict(shlex.split(line)[0].split("=", 1) for line in lines)
        log = stack.resolve(program.log_group.log_group_name)["Ref"]
        expected = {"JOB": "media_renditions.handler:make", "POWERTOOLS_SERVICE_NAME": "Media", "HOST": "ec2"}
        assert variables.items() >= {**expected, "LOG_GROUP": f"<{log}>", "MASTER_BUCKET": "originals"}.items()
        assert Settings.of(variables, cpus=2).job == "media_renditions.handler:make"

    def test_is_found_to_be_the_worker_by_the_embedded_aws(self, stack: cdk.Stack) -> None:
        from local_aws.launcher.programs.boot_script import program_of

        program = WorkerProgram(stack, "Program")
        pool_of(stack, program)
        found = program_of(base64.b64encode(boot_script(stack).encode()).decode())
        assert found is not None
        ((_, key),) = found.archives
        assert key == f"{program.asset.asset_hash}.zip"
        assert found.variables["JOB"] == "media_renditions.handler:make"

    def test_each_boot_script_is_its_takers_own(self, stack: cdk.Stack) -> None:
        program = WorkerProgram(stack, "Program")
        first = program.user_data()
        first.add_commands("echo mine")
        assert "echo mine" not in program.user_data().render()


class TestPermissions:
    def test_are_for_this_source_and_this_log(self, stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        program = WorkerProgram(stack, "Program")
        program.grant_install(role).assert_success()
        statements = [
            statement
            for policy in Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]
        allowed = {json.dumps(statement["Action"]): statement["Resource"] for statement in statements}
        assert allowed.keys() == {'"s3:GetObject"', '["logs:CreateLogStream", "logs:PutLogEvents"]'}
        assert json.dumps(allowed['"s3:GetObject"']).endswith(f'/{program.asset.asset_hash}.zip"]]}}')
        log = stack.resolve(program.log_group.log_group_arn)
        assert allowed['["logs:CreateLogStream", "logs:PutLogEvents"]'] == log

    def test_of_an_earlier_version_stay_until_the_deployment_has_ended(self, stack: cdk.Stack, tmp_path: Path) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        for id in ("Old", "Twin"):
            WorkerProgram(stack, id).grant_install(role)
        mine = str(own_job(tmp_path / "mine"))
        WorkerProgram(stack, "New", job="thumbnails.handler:make", job_source=mine).grant_install(role)
        names = [id for id in Template.from_stack(stack).find_resources("AWS::IAM::Policy") if "Download" in id]
        assert len(names) == 2, "one that is deleted, in the end, and another that is made, at first"


class TestLog:
    def test_is_kept_for_a_month_and_outlives_the_stack(self, stack: cdk.Stack) -> None:
        WorkerProgram(stack, "Program")
        Template.from_stack(stack).has_resource(
            "AWS::Logs::LogGroup", {"Properties": {"RetentionInDays": 30}, "DeletionPolicy": "Retain"}
        )

    def test_may_be_kept_for_less(self, stack: cdk.Stack) -> None:
        WorkerProgram(
            stack, "Program", log_retention=logs.RetentionDays.ONE_DAY, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        Template.from_stack(stack).has_resource(
            "AWS::Logs::LogGroup", {"Properties": {"RetentionInDays": 1}, "DeletionPolicy": "Delete"}
        )


class TestImage:
    @pytest.mark.parametrize(("architecture", "platform"), [("arm64", "linux/arm64"), ("x86_64", "linux/amd64")])
    def test_is_built_for_the_tasks_of_the_job_that_was_named(
        self, stack: cdk.Stack, tmp_path: Path, architecture: str, platform: str
    ) -> None:
        chosen = Architecture(architecture)
        mine = str(own_job(tmp_path / "mine", wheels=None))
        image = worker_image(stack, job="thumbnails.handler:make", job_source=mine, architecture=chosen)
        built = self.built(stack, image, chosen)
        assert built["dockerBuildArgs"] == {"JOB_PACKAGE": "thumbnails"}
        assert (built["dockerFile"], built["platform"]) == ("queue_worker/Dockerfile", platform)
        folder = Path(built["directory"])
        assert (folder / built["dockerFile"]).is_file()
        copied = re.findall(r"^COPY (\S+)", (folder / built["dockerFile"]).read_text(), re.MULTILINE)
        named = [path.replace("${JOB_PACKAGE}", "thumbnails") for path in copied]
        assert [path for path in named if not list(folder.glob(path))] == []

    def test_is_the_programs_own_by_default(self, stack: cdk.Stack) -> None:
        built = self.built(stack, worker_image(stack), Architecture.ARM64)
        assert built["dockerBuildArgs"] == {"JOB_PACKAGE": "media_renditions"}
        assert (Path(built["directory"]) / "media_renditions" / "handler.py").is_file()

    def test_is_asked_for_its_health_by_itself(self, project: Path) -> None:
        dockerfile = (project / "lambda_src/queue_worker/Dockerfile").read_text()
        assert f"CMD {json.dumps(list(options.HEALTH_COMMAND))}" in dockerfile

    def built(self, stack: cdk.Stack, image: ecs.ContainerImage, architecture: Architecture) -> dict[str, Any]:
        WorkerPool(
            stack,
            "Pool",
            workers=FargateWorkers(image=image, architecture=architecture, health_command=options.HEALTH_COMMAND),
            acceptable_latency_seconds=300,
            processing_seconds=2,
            vpc=network(stack),
            environment=options.job_environment(),
        )
        stage = cdk.Stage.of(stack)
        assert stage is not None
        directory = Path(stage.synth().directory)
        assets = json.loads(next(directory.glob("*.assets.json")).read_text())
        ((source),) = [image["source"] for image in assets["dockerImages"].values()]
        return {**source, "directory": str(directory / source["directory"])}


class TestOptions:
    def test_everything_wrong_is_said_at_once(self, stack: cdk.Stack, tmp_path: Path) -> None:
        message = (
            "WorkerProgram S/Program can't be built:\n"
            "  - job must look like package.module:function, got 'make'\n"
            f"  - wheelhouse must be a folder with wheels, which `pip download` fills, got '{tmp_path}'\n"
            "  - service must be 1 to 255 letters, digits and characters of ._#/-, got 'my service'"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            WorkerProgram(stack, "Program", job="make", wheelhouse=str(tmp_path), service="my service")

    @pytest.mark.parametrize(
        ("job", "source", "problem"),
        [
            (
                "mine.a:b",
                None,
                "job_source is missing: mine does not come with the worker. Name the folder that it is in",
            ),
            (
                "queue_worker.job:load",
                ".",
                "job must be in a package of another name than queue_worker, which is the worker itself",
            ),
            (
                "mine.a.b:make",
                "elsewhere",
                "job_source must be the folder with the package mine, got 'elsewhere', where mine/a/b.py is not",
            ),
        ],
    )
    def test_a_job_that_is_not_there_is_told(
        self, stack: cdk.Stack, job: str, source: str | None, problem: str
    ) -> None:
        for make in (
            lambda: WorkerProgram(stack, "Program", job=job, job_source=source),
            lambda: worker_image(stack, job=job, job_source=source),
        ):
            with pytest.raises(ValueError, match=f"built:\n  - {re.escape(problem)}$"):
                make()

    def test_a_job_may_be_a_package_in_a_package(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "mine" / "deep").mkdir(parents=True)
        (tmp_path / "mine" / "deep" / "__init__.py").write_text("")
        WorkerProgram(stack, "Program", job="mine.deep:make", job_source=str(tmp_path))

    def test_what_is_taken_for_a_job_the_worker_takes_too(self) -> None:
        for job in ("a.b:c", "a.b.c:d", "_a._b:_c", options.DEFAULT_JOB):
            assert options._JOB.fullmatch(job)
            assert is_entry(job)
        for job in ("", "a", "a:b", "a.b", "a.b:", "a..b:c", "a.b:c d", ".a:b", "a.b:c.d"):
            assert not options._JOB.fullmatch(job), job

    def test_health_is_asked_for_where_the_worker_listens(self) -> None:
        settings = Settings.of({"QUEUE_URL": "q", "JOB": "a.b:c"}, cpus=1)
        assert f"http://{settings.health_address}:{settings.health_port}/health" == options.HEALTH_URL


def test_two_programs_live_in_one_stack_and_in_a_stage(app: cdk.App) -> None:
    stack = cdk.Stack(cdk.Stage(app, "Production"), "S")
    for id in ("A", "B"):
        program = WorkerProgram(stack, id)
        role = iam.Role(stack, f"{id}Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        program.grant_install(role)
    Template.from_stack(stack).resource_count_is("AWS::Logs::LogGroup", 2)
