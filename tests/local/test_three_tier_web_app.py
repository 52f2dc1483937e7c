"""The three-tier application deployed by the real ``cdk deploy``, its shop at work on a real database and cache."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import boto3
import botocore.exceptions
import psycopg
import pytest
from psycopg import sql

from local_aws import data_servers, processes, programs
from local_aws.embedded import EmbeddedAws, Response
from local_aws.programs import Program
from tests.local.programs import eventually

STACK = "ThreeTierWebApp"
SETTINGS = {"stacks": STACK, "tls": "plain-http", "deletion_protection": "false", "removal_policy": "destroy"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
FORM = re.compile(r'<form method="post" action="(?P<action>[^"]+)">(?P<fields>.*?)</form>', re.DOTALL)
COUNT = re.compile(r"Cart \((\d+)\)")


class Shop:
    """The deployed stack."""

    def __init__(self, folder: Path) -> None:
        self.aws = EmbeddedAws(folder / "aws", enforce_iam=True, programs=True)
        self.outputs: Mapping[str, str] = {}

    def deploy(self, **settings: str) -> None:
        """Deploy, and wait until every instance serves."""
        self.outputs = self.aws.deploy(STACK, context={**SETTINGS, **settings})
        self.settle()

    def settle(self) -> None:
        """Wait until there are three instances and each has its process, which load balancers find healthy."""
        programs.wait(self.aws.port)
        eventually(
            lambda: len(self.serving()) == 3 and self.serving() == {one.instance for one in self.running()},
            "shop on each instance",
        )

    def running(self) -> list[Program]:
        return list(programs.read(self.aws.port).running)

    def serving(self) -> set[str]:
        """The instances that the load balancer sends requests to."""
        (group,) = self.aws.client("elbv2").describe_target_groups()["TargetGroups"]
        described = self.aws.client("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        return {
            one["Target"]["Id"]
            for one in described["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        }

    def end(self, instance: str) -> None:
        """Kill the process in the place of an instance, and return once the load balancer leaves that out."""
        (process,) = [one.process for one in self.running() if one.instance == instance]
        os.kill(process, signal.SIGKILL)
        eventually(lambda: not processes.command_line(process), "end of the process")
        eventually(lambda: instance not in self.serving(), "notice of the end")

    def login(self) -> dict[str, str]:
        """What the stack's own secret says."""
        secret = self.aws.client("secretsmanager").get_secret_value(SecretId=self.outputs["DatabaseSecretArn"])
        found: dict[str, str] = json.loads(secret["SecretString"])
        return found

    def database(self, name: str = "app") -> psycopg.Connection[tuple[int]]:
        """As its administrator."""
        login = self.login()
        (server,) = [one for one in data_servers.read(self.aws.port).running if one.kind.startswith("database")]
        return psycopg.connect(
            host=login["host"],
            port=login["port"],
            user=login["username"],
            password=login["password"],
            dbname=name,
            sslmode="verify-full",
            sslrootcert=server.certificate,
        )


class Visitor:
    """Somebody with a browser: sends cookies back, and forms with what is hidden in them."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Response:
        return self._ask("GET", path)

    def send(self, path: str, label: str) -> Response:
        """Press the first button of that name on a page, and follow where it leads."""
        page = self.get(path)
        form = next(one for one in FORM.finditer(page.text) if f">{label}</button>" in one["fields"])
        answer = self._ask("POST", form["action"], urlencode(dict(HIDDEN.findall(form["fields"]))))
        assert answer.status == 303, answer.text
        return self.get(answer.headers["location"])

    def in_cart(self) -> int:
        found = COUNT.search(self.get("/cart").text)
        assert found, self.get("/cart").text
        return int(found[1])

    def served_by(self) -> str:
        found = re.search(r"Served by (i-[0-9a-f]+)", self.get("/cart").text)
        assert found
        return found[1]

    def _ask(self, method: str, path: str, body: str | None = None) -> Response:
        headers = {
            "Host": self._shop.outputs["Url"].partition("://")[2],
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._shop.aws.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            found = Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
            # The load balancer has one of its own.
            given = answer.headers.get_all("Set-Cookie", [])
        finally:
            connection.close()
        for cookie in given:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = Shop(tmp_path_factory.mktemp("three-tier"))
    try:
        yield found
    finally:
        found.aws.stop()


@pytest.fixture(scope="module", params=["server", "cookie", "sticky"])
def shop(stack: Shop, request: pytest.FixtureRequest) -> Shop:
    """The stack with sessions in one of three places; one deployment becomes the next."""
    stack.deploy(sessions=request.param)
    return stack


def place(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["shop"])


def test_a_visitor_orders_what_is_in_the_cart(shop: Shop) -> None:
    visitor = Visitor(shop)

    visitor.send("/", "Add to cart")
    thanks = visitor.send("/cart", "Order")

    assert "Thank you" in thanks.text
    assert visitor.in_cart() == 0
    with shop.database() as database:
        (tables,) = database.execute("SELECT count(*) FROM information_schema.tables WHERE table_name = 'orders'")
    assert tables == (1,)


def test_a_cart_outlives_the_process_that_made_it_unless_it_was_in_there(
    shop: Shop, request: pytest.FixtureRequest
) -> None:
    shop.settle()
    visitor = Visitor(shop)
    visitor.send("/", "Add to cart")
    assert [visitor.in_cart() for _ in range(6)] == [1] * 6
    before = {visitor.served_by() for _ in range(6)}
    if place(request) == "sticky":
        assert len(before) == 1, "that is what stickiness is"
    else:
        assert len(before) == 3, "anybody can answer"

    for instance in before if place(request) == "sticky" else [visitor.served_by()]:
        shop.end(instance)

    assert visitor.in_cart() == (0 if place(request) == "sticky" else 1)


def test_instances_may_read_the_passwords_they_need_and_nothing_else(
    shop: Shop, request: pytest.FixtureRequest
) -> None:
    aws = shop.aws
    aws.client("secretsmanager").create_secret(Name=f"other-{place(request)}", SecretString="not theirs")
    instance = shop.running()[0].instance
    (found,) = aws.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    profile = found["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    (role,) = aws.client("iam").get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    given = boto3.client(
        "sts",
        endpoint_url=aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="t",
    ).assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )

    assert "password" in secrets.get_secret_value(SecretId=shop.outputs["DatabaseSecretArn"])["SecretString"]
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        secrets.get_secret_value(SecretId=f"other-{place(request)}")


def test_a_database_that_is_gone_costs_no_instance(shop: Shop) -> None:
    """A failover takes a minute or two; replacing everybody for it would take longer."""
    shop.settle()
    visitor = Visitor(shop)
    assert visitor.get("/").status == 200
    before = shop.serving()

    with shop.database("postgres") as administrator:
        administrator.execute("ALTER DATABASE app WITH ALLOW_CONNECTIONS false")
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'app'")
        administrator.commit()
        eventually(lambda: visitor.get("/health").status == 503, "notice of the loss")
        assert visitor.get("/").status == 503
        assert visitor.get("/alive").status == 200
        assert shop.serving() == before
        administrator.execute("ALTER DATABASE app WITH ALLOW_CONNECTIONS true")

    eventually(lambda: visitor.get("/").status == 200, "shop after the database is back")
    assert shop.serving() == before


def test_a_changed_password_is_read_from_the_secret(shop: Shop) -> None:
    visitor = Visitor(shop)
    secrets = shop.aws.client("secretsmanager")
    login = shop.login()
    changed = {**login, "password": f"{login['password']}2"}

    with shop.database("postgres") as administrator:
        administrator.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(login["username"]), sql.Literal(changed["password"])
            )
        )
        administrator.commit()
        secrets.put_secret_value(SecretId=shop.outputs["DatabaseSecretArn"], SecretString=json.dumps(changed))
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'app'")

    eventually(lambda: all(visitor.get("/").status == 200 for _ in range(6)), "shop with the new password")


def test_nothing_is_left_of_it(stack: Shop) -> None:
    stack.deploy(sessions="server")
    running = stack.running()
    ports = [one.port for one in data_servers.read(stack.aws.port).running]
    assert len(ports) == 2

    stack.aws.destroy(STACK, context=SETTINGS)

    assert data_servers.read(stack.aws.port).running == []
    eventually(lambda: not any(processes.command_line(one.process) for one in running), "end of the shop")
    assert stack.aws.client("rds").describe_db_instances()["DBInstances"] == []
    assert stack.aws.client("elasticache").describe_replication_groups()["ReplicationGroups"] == []
    secrets = stack.aws.client("secretsmanager").list_secrets()["SecretList"]
    assert [one["Name"] for one in secrets if not one["Name"].startswith("other-")] == []
