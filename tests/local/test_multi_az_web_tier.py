"""The web tier deployed by the real ``cdk deploy``, with the application that it deploys in its instances' place."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from local_aws.embedded import EmbeddedAws, Response
from tests.functions.running_sample_app import RunningApp, metadata_service
from tests.local.programs import eventually

STACK = "MultiAzWebTier"
SETTINGS = {
    "tls": "plain-http",
    "spot_percentage": "50",
    "instance_types": "t4g.small,t4g.medium",
    "log_collection": "true",
    "deletion_protection": "false",
    "removal_policy": "destroy",
}


def what_is_there(aws: EmbeddedAws) -> Mapping[str, set[str]]:
    """Names of all that a tier is made of, by kind. The CDK's own bucket stays."""
    ec2, balancing = aws.client("ec2"), aws.client("elbv2")
    scaling, lambda_ = aws.client("autoscaling"), aws.client("lambda")
    alarms = aws.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {
        "alarms": {found["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for found in alarms[kind]},
        "buckets": {
            found["Name"]
            for found in aws.client("s3").list_buckets()["Buckets"]
            if not found["Name"].startswith("cdk-")
        },
        "fleets": {
            found["AutoScalingGroupName"] for found in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        },
        "functions": {found["FunctionName"] for found in lambda_.list_functions()["Functions"]},
        "instances": {
            instance["InstanceId"]
            for reservation in ec2.describe_instances()["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] not in {"terminated", "shutting-down"}
        },
        "launch templates": {found["LaunchTemplateId"] for found in ec2.describe_launch_templates()["LaunchTemplates"]},
        "load balancers": {found["LoadBalancerArn"] for found in balancing.describe_load_balancers()["LoadBalancers"]},
        "networks": {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]},
        "target groups": {found["TargetGroupArn"] for found in balancing.describe_target_groups()["TargetGroups"]},
    }


class Tier:
    """The deployed tier. What its instances would download runs in their place, each knowing who it is."""

    def __init__(self, aws: EmbeddedAws, folder: Path, programs: ExitStack) -> None:
        self.aws = aws
        self._folder = folder
        self._programs = programs
        self.outputs = aws.deploy(STACK, context=SETTINGS)
        self._sources = folder / "sources"
        self._download()
        self.apps: dict[str, RunningApp] = {}
        for instance, zone in self.instances().items():
            self.boot(instance, zone)
        eventually(lambda: self.health() == {"healthy": 3}, "health of every instance")

    def group(self) -> dict[str, Any]:
        name = self.outputs["AutoScalingGroupName"]
        found = self.aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return cast("dict[str, Any]", found["AutoScalingGroups"][0])

    def instances(self) -> Mapping[str, str]:
        """Those in service: their zones, by id."""
        return {
            found["InstanceId"]: found["AvailabilityZone"]
            for found in self.group()["Instances"]
            if found["LifecycleState"] == "InService"
        }

    def user_data(self) -> str:
        """The boot script, as an instance would get it."""
        template = self.group()["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
        (version,) = self.aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
        )["LaunchTemplateVersions"]
        return base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()

    def _download(self) -> None:
        """Fetch the application from where the boot script fetches it."""
        address = re.search(r"'s3://([^/']+)/([^']+)'", self.user_data())
        assert address is not None, self.user_data()
        body = self.aws.client("s3").get_object(Bucket=address[1], Key=address[2])["Body"].read()
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            archive.extractall(self._sources / "sample_web_app")

    def boot(self, instance: str, zone: str) -> None:
        """Run the application in an instance's place."""
        state = self.disk(instance)
        state.mkdir()
        metadata = self._programs.enter_context(metadata_service(instance=instance, zone=zone, kind="t4g.small"))
        app = RunningApp("--metadata-url", metadata, folder=state, sources=self._sources)
        self.apps[instance] = self._programs.enter_context(app)
        self.aws.stand_in(instance, "127.0.0.1", app.port)

    def disk(self, instance: str) -> Path:
        """What the application there has to be able to write to."""
        return self._folder / instance

    def boot_what_took_the_place_of(self, lost: str) -> None:
        """Run the application in the place of the instance that was started instead."""
        eventually(lambda: len(self.instances()) == 3 and lost not in self.instances(), "replacement")
        ((instance, zone),) = [found for found in self.instances().items() if found[0] not in self.apps]
        self.boot(instance, zone)
        eventually(lambda: self.health()["healthy"] == 3, "health of the new one")

    def get(self, path: str, **headers: str) -> Response:
        """Ask at the front door."""
        return self.aws.http("GET", self.outputs["Url"] + path, headers=headers)

    def who_answers(self, times: int) -> Counter[tuple[object, object]]:
        """Instance and zone, of so many requests."""
        replies = [self.get("/identity") for _ in range(times)]
        assert {reply.status for reply in replies} == {200}
        return Counter((reply.json()["instanceId"], reply.json()["availabilityZone"]) for reply in replies)

    def states(self) -> Mapping[str, str]:
        """What the load balancer thinks of each instance."""
        arn = self.group()["TargetGroupARNs"][0]
        found = self.aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {target["Target"]["Id"]: target["TargetHealth"]["State"] for target in found}

    def health(self) -> Counter[str]:
        return Counter(self.states().values())


@pytest.fixture(scope="module")
def tier(session_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tier]:
    before = what_is_there(session_aws)
    with ExitStack() as programs:
        yield Tier(session_aws, tmp_path_factory.mktemp("instances"), programs)
    session_aws.destroy(STACK, context=SETTINGS)
    assert what_is_there(session_aws) == before


def test_every_zone_answers_with_the_application_that_was_deployed(tier: Tier) -> None:
    assert len(set(tier.instances().values())) == 3
    found = tier.who_answers(30)
    assert set(found) == set(tier.instances().items())
    page = tier.get("/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert any(f"<dd>{instance}</dd>" in page.text for instance in tier.instances())


def test_the_boot_script_ends_with_the_applications_own_health(tier: Tier) -> None:
    script = tier.user_data()
    assert "systemctl enable --now sample_web_app" in script
    assert "'http://127.0.0.1:8080/health'" in script.partition("systemctl enable --now sample_web_app")[2]
    assert f"--stack '{STACK}'" in script or "arn:aws:cloudformation" in script


def test_a_request_is_found_again_in_the_instances_log(tier: Tier) -> None:
    trace = "1-67891233-abcdef012345678912345678"
    answered = tier.get("/identity", **{"X-Amzn-Trace-Id": f"Root={trace}"}).json()["instanceId"]
    app = tier.apps[str(answered)]
    roots: list[object] = []

    def logged() -> bool:
        roots.append(app.logged("request")["trace"])
        return trace in roots

    eventually(logged, "log line of the request")


def test_whatever_is_asked_gets_an_answer_of_the_application(tier: Tier) -> None:
    assert tier.get("/slow?seconds=0.1").json()["waited"] == 0.1
    assert tier.get("/nothing").status == 404
    assert tier.aws.http("POST", tier.outputs["Url"] + "/", body="x").status == 405


def test_an_instance_that_can_not_do_its_work_gets_none_and_is_replaced(tier: Tier) -> None:
    ill = next(iter(tier.instances()))
    shutil.rmtree(tier.disk(ill))
    eventually(lambda: tier.states().get(ill) != "healthy", "notice of the failure")
    assert ill not in {instance for instance, _ in tier.who_answers(12)}
    tier.boot_what_took_the_place_of(ill)
    assert set(tier.who_answers(30)) == set(tier.instances().items())


def test_an_instance_that_ends_loses_no_request_and_is_replaced(tier: Tier) -> None:
    leaving = next(iter(tier.instances()))
    app = tier.apps[leaving]
    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(tier.get, "/slow?seconds=2") for _ in range(6)]
        app.logged("waiting")
        tier.aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=leaving, ShouldDecrementDesiredCapacity=False
        )
        eventually(lambda: tier.states().get(leaving) != "healthy", "deregistration")
        app.terminate()
        answers = [reply.result() for reply in slow]
    assert {reply.status for reply in answers} == {200}
    assert leaving in {reply.json()["instanceId"] for reply in answers}, "it had something to finish"
    assert app.exit_code() == 0
    tier.boot_what_took_the_place_of(leaving)
    assert set(tier.who_answers(30)) == set(tier.instances().items())


def test_what_watches_over_it_is_there(tier: Tier) -> None:
    cloudwatch = tier.aws.client("cloudwatch")
    dashboard = json.loads(cloudwatch.get_dashboard(DashboardName=tier.outputs["DashboardName"])["DashboardBody"])
    assert len(dashboard["widgets"]) > 3
    (degraded,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert degraded["AlarmRule"].count("ALARM(") >= 5
    hooks = tier.aws.client("autoscaling").describe_lifecycle_hooks(
        AutoScalingGroupName=tier.outputs["AutoScalingGroupName"]
    )["LifecycleHooks"]
    assert [hook["LifecycleTransition"] for hook in hooks] == ["autoscaling:EC2_INSTANCE_TERMINATING"]


def test_the_load_balancer_is_as_it_was_asked_for(tier: Tier) -> None:
    balancing = tier.aws.client("elbv2")
    balancer = next(
        found
        for found in balancing.describe_load_balancers()["LoadBalancers"]
        if found["DNSName"] in tier.outputs["Url"]
    )
    assert (balancer["Scheme"], len(balancer["AvailabilityZones"])) == ("internet-facing", 3)
    found = balancing.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    attributes = {entry["Key"]: entry["Value"] for entry in found}
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == "false"
