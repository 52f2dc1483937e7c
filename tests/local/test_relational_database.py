"""A relational database deployed by the real ``cdk deploy``: its password changes, its data stays, or goes if asked.

A real PostgreSQL stands for it, the function that rotates is the one that ships, and IAM is enforced.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from local_aws import data_servers
from local_aws.embedded import EmbeddedAws
from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef
    from mypy_boto3_secretsmanager import SecretsManagerClient

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_patterns.database.relational_database import RelationalDatabase
from aws_patterns.network.multi_az_vpc import MultiAzVpc

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
network = cdk.Stack(app, "DatabaseNetwork")
vpc = MultiAzVpc(network, "Network", flow_logs=None, removal_policy=cdk.RemovalPolicy.DESTROY).vpc
for name, policy in (("Trial", cdk.RemovalPolicy.DESTROY), ("Production", cdk.RemovalPolicy.RETAIN)):
    stack = cdk.Stack(app, name)
    database = RelationalDatabase(stack, "Database", vpc=vpc, removal_policy=policy)
    cdk.CfnOutput(stack, f"{name}Instance", value=database.database.instance_identifier)
    cdk.CfnOutput(stack, f"{name}Secret", value=database.secret.secret_arn)
    cdk.CfnOutput(stack, f"{name}Function", value=database.rotation.function.function_name)
app.synth()
"""
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"

Login = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class App:
    """The app, and where it is deployed to."""

    aws: EmbeddedAws
    folder: Path

    def deploy(self, stack: str) -> Deployed:
        outputs = self.aws.deploy(stack, app=self.command, folder=self.folder)
        found = Deployed(self.aws, *(outputs[f"{stack}{name}"] for name in ("Instance", "Secret", "Function")))
        # AWS tries the function when it is told of it; nothing can be rotated until that is over.
        eventually(lambda: not found.pending(), "end of the trial")
        assert (found.measured("Invocations"), found.measured("Errors")) == (1, 0)
        return found

    def destroy(self, stack: str) -> None:
        self.aws.destroy(stack, app=self.command, folder=self.folder)

    @property
    def command(self) -> str:
        return shlex.join([sys.executable, "app.py"])


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack of it."""

    aws: EmbeddedAws
    instance: str
    secret: str
    function: str

    @property
    def secrets(self) -> SecretsManagerClient:
        return self.aws.client("secretsmanager")

    def instances(self) -> list[DBInstanceTypeDef]:
        return self.aws.client("rds").describe_db_instances()["DBInstances"]

    def login(self, stage: str = CURRENT) -> Login:
        value = self.secrets.get_secret_value(SecretId=self.secret, VersionStage=stage)
        return dict(json.loads(value["SecretString"]))

    def connect(self, login: Login) -> psycopg.Connection[tuple[object, ...]]:
        """With what the secret says, over TLS that is checked."""
        return psycopg.connect(
            host=login["host"],
            port=login["port"],
            user=login["username"],
            password=login["password"],
            dbname=login["dbname"],
            sslmode="verify-full",
            sslrootcert=str(self.certificate()),
            connect_timeout=10,
        )

    def lets_in(self, login: Login) -> bool:
        try:
            self.connect(login).close()
        except psycopg.OperationalError as refusal:
            if "password authentication failed" not in str(refusal):
                raise
            return False
        return True

    def certificate(self) -> Path:
        (found,) = [one for one in data_servers.read(self.aws.port).running if one.identifier == self.instance]
        return Path(str(found.certificate))

    def pending(self) -> list[str]:
        """The versions that are not the current ones yet."""
        stages = self.secrets.describe_secret(SecretId=self.secret)["VersionIdsToStages"]
        return [version for version, its in stages.items() if PENDING in its and CURRENT not in its]

    def rotate(self) -> None:
        """Ask for a rotation, and wait until it is over."""
        before = self.last_rotated()
        self.secrets.rotate_secret(SecretId=self.secret)
        self.wait_for_rotation(before)

    def wait_for_rotation(self, before: datetime | None) -> None:
        eventually(lambda: self.last_rotated() != before, "rotation")

    def last_rotated(self) -> datetime | None:
        return self.secrets.describe_secret(SecretId=self.secret).get("LastRotatedDate")

    def measured(self, metric: str) -> float:
        """What the function has done by now, as alarms count it."""
        now = datetime.now(UTC)
        found = self.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": self.function}],
            StartTime=now - timedelta(hours=2),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("relational")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    aws = EmbeddedAws(folder / "aws", enforce_iam=True, programs=True)
    try:
        yield App(aws, folder)
    finally:
        aws.stop()


def parts_of(stack: str, found: Deployed) -> list[str]:
    """What is there and has the name of the stack, or of its database."""
    aws = found.aws
    rds, iam = aws.client("rds"), aws.client("iam")
    names = [
        *(one["StackName"] for one in aws.client("cloudformation").describe_stacks()["Stacks"]),
        *(one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]),
        *(one["DBSubnetGroupName"] for one in rds.describe_db_subnet_groups()["DBSubnetGroups"]),
        *(one["DBParameterGroupName"] for one in rds.describe_db_parameter_groups()["DBParameterGroups"]),
        *(one["Name"] for one in aws.client("secretsmanager").list_secrets()["SecretList"]),
        *(one["FunctionName"] for one in aws.client("lambda").list_functions()["Functions"]),
        *(one["logGroupName"] for one in aws.client("logs").describe_log_groups()["logGroups"]),
        *(one["AlarmName"] for one in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        *(one["RoleName"] for one in iam.list_roles()["Roles"]),
        *(one["GroupName"] for one in aws.client("ec2").describe_security_groups()["SecurityGroups"]),
    ]
    return [name for name in names if stack.lower() in name.lower() or found.instance in name]


@pytest.fixture(scope="module")
def trial(app: App) -> Iterator[Deployed]:
    """A database that goes with its stack: destroyed afterwards, and gone."""
    found = app.deploy("Trial")
    assert len(parts_of("Trial", found)) > 10
    yield found
    app.destroy("Trial")
    assert found.instance not in {one.identifier for one in data_servers.read(app.aws.port).running}
    assert parts_of("Trial", found) == []


@contextmanager
def refused(trial: Deployed, action: str) -> Iterator[None]:
    """Secrets Manager refuses an operation to the function, which has the right to it."""
    trial.aws.inject_fault("secretsmanager", action, "InternalServiceError", status=500)
    yield
    trial.aws.clear_faults()


@contextmanager
def hanging(trial: Deployed) -> Iterator[None]:
    """The database takes connections and does not answer them, as one whose machine is lost."""
    server = int((trial.certificate().parent / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


class TestARotation:
    def test_is_scheduled_and_tried_and_leaves_the_first_password_until_then(self, trial: Deployed) -> None:
        described = trial.secrets.describe_secret(SecretId=trial.secret)

        assert described["RotationEnabled"] is True
        assert described["RotationLambdaARN"].endswith(f":{trial.function}")
        assert described["RotationRules"] == {"AutomaticallyAfterDays": 30}
        assert trial.lets_in(trial.login())

    def test_gives_the_database_a_new_password_and_takes_the_old_one_from_it(self, trial: Deployed) -> None:
        before = trial.login()
        assert trial.lets_in(before)

        trial.rotate()

        after = trial.login()
        assert after == {**before, "password": after["password"]}
        assert after["password"] != before["password"]
        assert trial.lets_in(after)
        assert not trial.lets_in(before)
        assert trial.login("AWSPREVIOUS") == before
        assert trial.pending() == []

    def test_ends_no_connection(self, trial: Deployed) -> None:
        with trial.connect(trial.login()) as connection:
            trial.rotate()
            assert connection.execute("SELECT 1").fetchone() == (1,)

    @pytest.mark.parametrize(
        ("fault", "works"),
        [
            pytest.param(lambda trial: refused(trial, "PutSecretValue"), CURRENT, id="before-there-is-a-password"),
            pytest.param(hanging, CURRENT, id="while-the-database-hangs"),
            pytest.param(lambda trial: refused(trial, "UpdateSecretVersionStage"), PENDING, id="after-the-change"),
        ],
    )
    def test_that_ends_half_way_leaves_a_password_that_works_and_is_taken_up_again(
        self, trial: Deployed, fault: Callable[[Deployed], AbstractContextManager[None]], works: str
    ) -> None:
        first, rotated, failures = trial.login(), trial.last_rotated(), trial.measured("Errors")

        with fault(trial):
            trial.secrets.rotate_secret(SecretId=trial.secret)
            eventually(lambda: trial.measured("Errors") > failures, "failure that the alarm sees")

        (unfinished,) = trial.pending()
        assert trial.login() == first, "nobody is told of a password that may not be the one"
        assert trial.lets_in(trial.login(works))
        with pytest.raises(trial.secrets.exceptions.InvalidRequestException, match="A previous rotation isn't"):
            trial.secrets.rotate_secret(SecretId=trial.secret)
        trial.wait_for_rotation(rotated)
        current = trial.secrets.get_secret_value(SecretId=trial.secret)
        assert current["VersionId"] == unfinished
        second = trial.login()
        assert trial.lets_in(second)
        assert not trial.lets_in(first)

        trial.rotate()

        assert trial.lets_in(trial.login())
        assert not trial.lets_in(second)


def test_as_it_ships_the_data_outlives_the_stack(app: App) -> None:
    """Deploy, rotate, write, destroy: database, secret and what was written are there, and can be reached."""
    production = app.deploy("Production")
    production.rotate()
    with production.connect(production.login()) as database:
        database.execute("CREATE TABLE orders (number integer)")
        database.execute("INSERT INTO orders VALUES (42)")

    app.destroy("Production")

    (kept,) = [one for one in production.instances() if one["DBInstanceIdentifier"] == production.instance]
    assert kept["DeletionProtection"] is True
    assert production.secrets.describe_secret(SecretId=production.secret)["RotationEnabled"] is False
    login = production.login()
    assert (login["host"], int(login["port"])) == (kept["Endpoint"]["Address"], kept["Endpoint"]["Port"])
    with production.connect(login) as database:
        assert database.execute("SELECT number FROM orders").fetchall() == [(42,)]
