"""The real ``cdk deploy`` and ``cdk destroy``, with IAM enforced: a network as the CDK makes it."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_aws.cdk import CdkError
from local_aws.embedded import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

app = cdk.App(context={"@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": True})
stack = cdk.Stack(app, "Network")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
vpc.add_flow_log("Flow")
vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
vpc.add_interface_endpoint("Sqs", service=ec2.InterfaceVpcEndpointAwsService.SQS)
image = ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64)
ec2.Instance(stack, "Worker", vpc=vpc, machine_image=image, instance_type=ec2.InstanceType("t4g.nano"))
cdk.CfnOutput(stack, "VpcId", value=vpc.vpc_id)
app.synth()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an app in it."""
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def test_a_network_with_nat_gateways_flow_logs_and_endpoints_is_deployed_and_destroyed(
    embedded_aws_enforcing_iam: EmbeddedAws, folder: Path
) -> None:
    aws, app = embedded_aws_enforcing_iam, shlex.join([sys.executable, "app.py"])
    before = {vpc["VpcId"] for vpc in aws.client("ec2").describe_vpcs()["Vpcs"]}

    vpc = aws.deploy("Network", app=app, folder=folder)["VpcId"]

    ec2 = aws.client("ec2")
    of_vpc: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc]}]

    def nat_states() -> set[str]:
        return {nat["State"] for nat in ec2.describe_nat_gateways(Filters=of_vpc)["NatGateways"]}

    assert nat_states() == {"available"}
    assert len(ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]) == 2
    assert [log["ResourceId"] for log in ec2.describe_flow_logs()["FlowLogs"]] == [vpc]
    groups = ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"]
    default = next(group for group in groups if group["GroupName"] == "default")
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])
    assert aws.recorded() == []

    aws.destroy("Network", app=app, folder=folder)

    assert {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]} == before
    assert nat_states() <= {"deleted"}
    assert ec2.describe_addresses()["Addresses"] == []
    assert ec2.describe_flow_logs()["FlowLogs"] == []


def test_a_failed_command_says_what_the_cdk_said_and_where_the_log_is(
    embedded_aws_enforcing_iam: EmbeddedAws, folder: Path
) -> None:
    app = shlex.join([sys.executable, "-c", "raise SystemExit('sender is missing')"])

    with pytest.raises(CdkError) as caught:
        embedded_aws_enforcing_iam.deploy("Network", app=app, folder=folder)

    message = str(caught.value)
    assert message.startswith("cdk deploy failed:")
    assert "sender is missing" in message
    assert message.endswith(f"Whole log: {embedded_aws_enforcing_iam.log}")


def test_a_command_that_takes_too_long_is_ended_with_its_app(
    embedded_aws_enforcing_iam: EmbeddedAws, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_aws.cdk._DEPLOY_SECONDS", 4)
    app = shlex.join([sys.executable, "-c", "import time; time.sleep(600)"])
    started = time.monotonic()

    with pytest.raises(CdkError, match="stopped after 4 s"):
        embedded_aws_enforcing_iam.deploy("Network", app=app, folder=folder)

    assert time.monotonic() - started < 60
