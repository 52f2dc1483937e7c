"""Functions check the servers that run here by the file that holds RDS's authorities, and nothing else is changed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from local_aws import data_servers
from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import create_stack
from tests.local.network_types import VPC, ref, resource

AUTHORITIES = "-----BEGIN CERTIFICATE-----\nof RDS\n"
CODE = """
from pathlib import Path

def handle(event, context):
    return {file.name: file.read_text() for file in Path(__file__).parent.rglob("*.pem")}
"""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[EmbeddedAws]:
    started = EmbeddedAws(tmp_path / "aws", programs=True)
    yield started
    started.stop()


def make_function(aws: EmbeddedAws, *files: str) -> str:
    """A function that answers with such files of its package; the digest of this."""
    package = BytesIO()
    with zipfile.ZipFile(package, "w") as output:
        output.writestr("index.py", CODE)
        for file in files:
            output.writestr(file, AUTHORITIES)
    made = aws.client("lambda").create_function(
        FunctionName="trusting",
        Runtime="python3.14",
        Handler="index.handle",
        Role="arn:aws:iam::000000000000:role/any",
        Code={"ZipFile": package.getvalue()},
    )
    return made["CodeSha256"]


def start_database(aws: EmbeddedAws) -> str:
    """The certificate of its server."""
    other = resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.7.1.0/24", AvailabilityZone="us-east-1b")
    subnets = resource("RDS::DBSubnetGroup", DBSubnetGroupDescription="any", SubnetIds=[ref("Subnet"), ref("Other")])
    database = resource(
        "RDS::DBInstance",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="any-password",
        DBSubnetGroupName=ref("Subnets"),
    )
    stack = create_stack(
        aws, "database", {"Resources": {**VPC, "Other": other, "Subnets": subnets, "Database": database}}
    )
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    (server,) = data_servers.read(aws.port).running
    return Path(str(server.certificate)).read_text()


def files(aws: EmbeddedAws) -> dict[str, str]:
    found: dict[str, str] = json.loads(aws.client("lambda").invoke(FunctionName="trusting")["Payload"].read())
    return found


def test_the_file_has_the_certificates_of_what_runs_when_the_function_is_called(aws: EmbeddedAws) -> None:
    digest = make_function(aws, "package/rds_certificates.pem", "other.pem")
    assert files(aws) == {"rds_certificates.pem": AUTHORITIES, "other.pem": AUTHORITIES}

    certificate = start_database(aws)

    assert files(aws) == {"rds_certificates.pem": AUTHORITIES + certificate, "other.pem": AUTHORITIES}
    assert aws.client("lambda").get_function(FunctionName="trusting")["Configuration"]["CodeSha256"] == digest
