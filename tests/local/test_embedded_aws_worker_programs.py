"""``make local`` runs the queue worker in the place of instances: woken by work, as its role, until its end."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shlex
import signal
import sys
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from local_aws import processes, programs
from local_aws.embedded import EmbeddedAws
from local_aws.launcher.programs import roles
from local_aws.launcher.programs.boot_script import Program as BootProgram
from local_aws.launcher.programs.kinds import QUEUE_WORKER
from local_aws.launcher.programs.roles import RoleCredentials, Roles
from local_aws.launcher.programs.wanted import Wanted
from local_aws.programs import Program, Programs
from local_aws.report import show_programs
from local_aws.template_stacks import CreateStack
from tests.local.network_types import get, ref, resource
from tests.local.programs import eventually

PROGRAM = BootProgram(QUEUE_WORKER, (("sources", "worker.zip"),))

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_patterns.compute.instances import Instances
from aws_patterns.messaging.worker_pool import WorkerPool
from aws_patterns.messaging.worker_pool_options import InstanceWorkers
from aws_patterns.messaging.worker_program import WorkerProgram

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Chores")
gone = cdk.RemovalPolicy.DESTROY
results, secrets = (
    s3.Bucket(stack, name, removal_policy=gone, auto_delete_objects=True) for name in ("Kept", "Locked")
)
program = WorkerProgram(stack, "Program", job="chores.jobs:make", job_source=".", removal_policy=gone)
pool = WorkerPool(
    stack,
    "Pool",
    workers=InstanceWorkers(instances=Instances(user_data=program.user_data()), health_url=program.health_url),
    acceptable_latency_seconds=1800,
    processing_seconds=20,
    environment={
        **program.environment,
        "RESULTS": results.bucket_name,
        "SECRETS": secrets.bucket_name,
        # What a crashed worker still waits for is given to nobody.
        "RECEIVE_WAIT_SECONDS": "1",
        "PHRASE": 'a "b" $c \\\\ `d`',
    },
    removal_policy=gone,
)
program.grant_install(pool)
results.grant_put(pool)
cdk.CfnOutput(stack, "Queue", value=pool.queue.queue_url)
cdk.CfnOutput(stack, "Group", value=pool.fleet.group.auto_scaling_group_name)
cdk.CfnOutput(stack, "Role", value=pool.fleet.role.role_name)
cdk.CfnOutput(stack, "Results", value=results.bucket_name)
app.synth()
"""

JOBS = """
import json
import os
import time

import boto3
from botocore.exceptions import ClientError


def make(environment):
    s3 = boto3.client("s3")

    def do(message):
        task = json.loads(message.body)
        found = {"who": boto3.client("sts").get_caller_identity()["Arn"], "phrase": environment["PHRASE"]}
        if "seconds" in task:
            s3.put_object(Bucket=environment["RESULTS"], Key=f"{task['name']}-taken", Body=json.dumps(found).encode())
            time.sleep(task["seconds"])
        try:
            s3.list_objects_v2(Bucket=environment["SECRETS"])
        except ClientError as error:
            found["refused"] = error.response["Error"]["Code"]
        s3.put_object(Bucket=environment["RESULTS"], Key=task["name"], Body=json.dumps(found).encode())

    return do
"""


class Chores(NamedTuple):
    """A deployed pool, and what a test asks of it."""

    aws: EmbeddedAws
    outputs: dict[str, str]

    def send(self, **task: object) -> str:
        """Give the pool something to do; its name."""
        name = uuid.uuid4().hex
        body = json.dumps({"name": name, **task})
        self.aws.client("sqs").send_message(QueueUrl=self.outputs["Queue"], MessageBody=body)
        return name

    def result(self, name: str) -> dict[str, str] | None:
        try:
            found = self.aws.client("s3").get_object(Bucket=self.outputs["Results"], Key=name)
        except ClientError:
            return None
        return dict(json.loads(found["Body"].read()))

    def done(self, **task: object) -> dict[str, str]:
        """Give it something to do and wait for it."""
        name = self.send(**task)
        eventually(lambda: self.result(name) is not None, f"result; the log: {self.aws.log.read_text()[-3000:]}")
        return self.result(name) or {}

    def instances(self) -> dict[str, Any]:
        found = self.aws.client("autoscaling").describe_auto_scaling_instances()["AutoScalingInstances"]
        return {one["InstanceId"]: one for one in found}

    def worker(self) -> Program:
        """One that runs; woken where none does."""
        self.done()
        eventually(lambda: bool(self.running()), "worker that is known to run")
        return self.running()[0]

    def taker(self, name: str) -> Program:
        """Whoever has begun what was sent: of those that are protected, another may only not be idle for long yet."""
        eventually(lambda: self.result(f"{name}-taken") is not None, "worker that takes it")
        taken = self.result(f"{name}-taken") or {}
        (worker,) = [one for one in self.running() if taken["who"].endswith(f"/{one.instance}")]
        return worker

    def running(self) -> Sequence[Program]:
        return programs.read(self.aws.port).running


@pytest.fixture(scope="module")
def chores(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chores]:
    """The pool, on a server of its own that runs programs and enforces IAM; destroyed afterwards."""
    folder = tmp_path_factory.mktemp("chores")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    (folder / "chores").mkdir()
    (folder / "chores" / "__init__.py").touch()
    (folder / "chores" / "jobs.py").write_text(JOBS)
    aws = EmbeddedAws(folder / "aws", enforce_iam=True, programs=True)
    app = shlex.join([sys.executable, "app.py"])
    try:
        yield Chores(aws, aws.deploy("Chores", app=app, folder=folder))
        aws.destroy("Chores", app=app, folder=folder)
        eventually(lambda: not programs.read(aws.port).running, "end of the programs")
    finally:
        aws.stop()


def test_work_wakes_the_pool_and_a_worker_does_it_as_its_instances_role(chores: Chores) -> None:
    found = chores.done()

    _, role, instance = found["who"].split("/")
    assert role == chores.outputs["Role"]
    assert instance in chores.instances()


def test_a_worker_reads_its_variables_as_systemd_does(chores: Chores) -> None:
    assert chores.done()["phrase"] == 'a "b" $c \\ `d`'


def test_a_worker_may_not_do_what_its_role_may_not(chores: Chores) -> None:
    assert chores.done()["refused"] == "AccessDenied"


def test_nothing_is_installed_that_the_role_may_not_fetch(chores: Chores, create_stack: CreateStack) -> None:
    boot = "#!/bin/bash\naws s3 cp 's3://somewhere/queue_worker.zip' /opt/a.zip\nbash /opt/queue_worker/install.sh\n"
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    data = {
        "InstanceType": "t4g.small",
        "IamInstanceProfile": {"Arn": get("Profile", "Arn")},
        "UserData": base64.b64encode(boot.encode()).decode(),
    }
    whole = {
        "Resources": {
            "Role": resource(
                "IAM::Role", AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trust]}, Policies=[]
            ),
            "Profile": resource("IAM::InstanceProfile", Roles=[ref("Role")]),
            "Template": resource("EC2::LaunchTemplate", LaunchTemplateData=data),
            "Fleet": resource(
                "AutoScaling::AutoScalingGroup",
                MinSize="1",
                MaxSize="1",
                AvailabilityZones=["us-east-1a"],
                LaunchTemplate={"LaunchTemplateId": ref("Template"), "Version": "1"},
            ),
        }
    }
    s3 = chores.aws.client("s3")
    s3.create_bucket(Bucket="somewhere")
    s3.put_object(Bucket="somewhere", Key="queue_worker.zip", Body=b"")

    stack = create_stack(chores.aws, "forbidden", whole)

    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    refused = re.compile(r"The queue worker in the place of (i-\w+): .*AccessDenied.* calling the GetObject operation")
    eventually(lambda: bool(refused.search(chores.aws.log.read_text())), "refusal in the log")
    found = refused.search(chores.aws.log.read_text())
    assert found
    assert found[1] in programs.read(chores.aws.port).waiting
    s3.delete_object(Bucket="somewhere", Key="queue_worker.zip")
    s3.delete_bucket(Bucket="somewhere")


def test_credentials_are_renewed_before_the_worker_asks_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([timedelta(minutes=60), timedelta(minutes=19), timedelta(minutes=60)])
    monkeypatch.setattr(
        roles, "_assumed", lambda _wanted: RoleCredentials("role", {"Expiration": datetime.now(UTC) + next(left)})
    )
    wanted = Wanted("i-1", "0" * 12, "us-east-1", "us-east-1a", "t4g.small", "profile", False, PROGRAM, True)
    known = Roles()

    first = known.credentials(wanted)
    assert known.credentials(wanted) is first
    known.forget("i-1")
    late = known.credentials(wanted)
    assert known.credentials(wanted) is not late


def test_a_worker_that_crashes_is_started_again(chores: Chores) -> None:
    before = chores.worker()

    os.kill(before.process, signal.SIGKILL)

    eventually(lambda: before.instance in programs.read(chores.aws.port).restarting, "end that is noticed")
    eventually(lambda: before.instance in {one.instance for one in chores.running()}, "worker again")
    (after,) = [one for one in chores.running() if one.instance == before.instance]
    assert after.process != before.process
    assert chores.done()


def test_a_busy_worker_is_spared_finishes_and_lets_its_instance_go(chores: Chores) -> None:
    scaling = chores.aws.client("autoscaling")
    name = chores.send(seconds=8)
    worker = chores.taker(name)
    eventually(lambda: chores.instances()[worker.instance]["ProtectedFromScaleIn"], "protection")

    scaling.set_desired_capacity(AutoScalingGroupName=chores.outputs["Group"], DesiredCapacity=0)
    assert chores.instances()[worker.instance]["LifecycleState"] == "InService"
    scaling.terminate_instance_in_auto_scaling_group(InstanceId=worker.instance, ShouldDecrementDesiredCapacity=False)

    assert chores.instances()[worker.instance]["LifecycleState"] == "Terminating:Wait"
    eventually(lambda: worker.instance not in chores.instances(), "end of the instance")
    assert chores.result(name)
    eventually(lambda: not processes.command_line(worker.process), "end of the process")


def test_workers_are_shown(chores: Chores) -> None:
    worker = chores.worker()

    shown = io.StringIO()
    show_programs(programs.read(chores.aws.port), Console(file=shown, width=80))

    line = f"  {worker.instance}  {worker.zone}  http://127.0.0.1:{worker.port}  process {worker.process}\n"
    assert f"\nThe queue worker runs on this machine in the instances' place:\n{line}" in shown.getvalue()


def test_what_does_not_run_is_shown_with_its_reason() -> None:
    found = Programs(
        running=[],
        waiting=["i-1"],
        lost=["i-2"],
        restarting=["i-3"],
        unreachable=["i-4", "i-5"],
        sleeping={"Pool-Fleet": "queue worker"},
    )
    shown = io.StringIO()

    show_programs(found, Console(file=shown, width=200))

    assert [line for line in shown.getvalue().splitlines() if line] == [
        "No queue worker runs for Pool-Fleet, which has no instances now: they come when there is work.",
        "Nothing runs yet for i-1.",
        "It has ended for i-2, to be replaced by Auto Scaling.",
        "It has ended for i-3, and is started again.",
        "Nothing runs in the place of 2 instances with a web application: here load balancers reach it over HTTP "
        "alone, and network load balancers carry no traffic.",
    ]
