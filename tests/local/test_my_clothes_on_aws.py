"""The shop with its secrets in Secrets Manager and its sessions in a table, both of the embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from psycopg import sql

from local_aws.project import REGION
from tests.functions.running_sample_app import RunningApp, until
from tests.functions.visiting_my_clothes import COOKIE_KEY, Visitor, checks, database_server, shop

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws
    from local_aws.servers.postgresql import PostgreSql

Start = Callable[..., RunningApp]


class Secrets:
    """Some in Secrets Manager, gone after the test."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.client = aws.client("secretsmanager")
        self.made: list[str] = []

    def make(self, value: str) -> str:
        self.made.append(self.client.create_secret(Name=f"shop-{uuid4()}", SecretString=value)["ARN"])
        return self.made[-1]

    def change(self, secret: str, value: str) -> None:
        self.client.put_secret_value(SecretId=secret, SecretString=value)

    def forget(self) -> None:
        for secret in self.made:
            self.client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def secrets(embedded_aws: EmbeddedAws) -> Iterator[Secrets]:
    found = Secrets(embedded_aws)
    yield found
    found.forget()


@pytest.fixture
def login(secrets: Secrets, database: PostgreSql) -> str:
    """As RDS writes it."""
    values = {"username": database.user, "password": database.password, "host": database.host, "port": database.port}
    return secrets.make(json.dumps({**values, "dbname": "shop"}))


@pytest.fixture(scope="module")
def database() -> Iterator[PostgreSql]:
    with database_server() as server:
        yield server


@pytest.fixture
def start(tmp_path: Path, database: PostgreSql, login: str, embedded_aws: EmbeddedAws) -> Iterator[Start]:
    """Starts a process of the shop."""
    told = {
        "DATABASE_SECRET": login,
        "DATABASE_CA": str(database.certificate),
        "AWS_ENDPOINT_URL": embedded_aws.endpoint_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "SECRET_SECONDS": "5",
    }
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(shop(tmp_path, {**told, **environment}))


@pytest.fixture
def table(embedded_aws: EmbeddedAws) -> Iterator[str]:
    dynamodb, name = embedded_aws.client("dynamodb"), f"carts-{uuid4()}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


def test_a_cart_in_a_table_survives_the_death_of_the_process(
    start: Start, table: str, embedded_aws: EmbeddedAws
) -> None:
    first, second = (start(SESSIONS="server", SESSION_TABLE=table) for _ in range(2))
    assert checks(first) == {"disk": "ok", "database": "ok", "sessions": "ok"}
    visitor = Visitor(first.ask)
    visitor.take(1)
    first.process.kill()
    first.process.wait()
    visitor.ask = second.ask
    assert visitor.cart() == {"Linen shirt": 1}
    (item,) = embedded_aws.client("dynamodb").scan(TableName=table)["Items"]
    assert set(item) == {"id", "content", "expires"}
    (value,) = visitor.cookies.values()
    assert value not in json.dumps(item, default=str), "who reads the table is nobody yet"
    assert visitor.order().status == 200


def test_of_what_is_taken_at_once_nothing_is_lost_in_a_table(start: Start, table: str) -> None:
    visitor = Visitor(start(SESSIONS="server", SESSION_TABLE=table).ask)
    visitor.visit("/")
    form = {"token": visitor.hidden("token"), "product": 5, "add": 1}
    twins = [Visitor(visitor.ask, cookies=dict(visitor.cookies)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert {it.status for it in pool.map(lambda twin: twin.request("POST", "/cart", form), twins)} == {303}
    assert visitor.cart() == {"Denim dungarees": 4}


def test_what_is_over_is_not_read_though_the_table_still_has_it(
    start: Start, table: str, embedded_aws: EmbeddedAws
) -> None:
    dynamodb = embedded_aws.client("dynamodb")
    visitor = Visitor(start(SESSIONS="server", SESSION_TABLE=table).ask)
    visitor.take(1)
    (item,) = dynamodb.scan(TableName=table)["Items"]
    dynamodb.put_item(TableName=table, Item={**item, "expires": {"N": "1"}})
    assert visitor.cart() == {}


def test_a_table_that_is_not_there_closes_the_shop(start: Start) -> None:
    app = start(SESSIONS="server", SESSION_TABLE="missing")
    visitor = Visitor(app.ask)
    visitor.cookies["__Host-session"] = "A" * 43
    assert visitor.visit("/").status == 503
    assert checks(app)["sessions"] == "failed: UnavailableError"


def test_a_rotated_password_of_the_database_is_used(
    start: Start, database: PostgreSql, secrets: Secrets, login: str
) -> None:
    app = start(SESSIONS="sticky")
    assert app.get("/").status == 200
    name = sql.Identifier(database.user)
    known = json.loads(secrets.client.get_secret_value(SecretId=login)["SecretString"])
    with database.connect() as administrator:
        administrator.execute(sql.SQL("ALTER ROLE {} PASSWORD 'rotated'").format(name))
        try:
            secrets.change(login, json.dumps({**known, "password": "rotated"}))
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'my_clothes'"
            administrator.execute(ended)
            until(lambda: app.get("/").status == 200, "service with the rotated password")
        finally:
            password = sql.Literal(database.password)
            administrator.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))


def test_carts_signed_with_the_key_of_before_stay_good(start: Start, secrets: Secrets) -> None:
    arn = secrets.make(COOKIE_KEY)
    app = start(SESSIONS="cookie", COOKIE_KEY_SECRET=arn)
    visitor = Visitor(app.ask)
    visitor.take(1)
    secrets.change(arn, "another key, and it is as long as the last")
    second = start(SESSIONS="cookie", COOKIE_KEY_SECRET=arn)
    visitor.ask = second.ask
    assert visitor.cart() == {"Linen shirt": 1}
    visitor.take(8)
    assert visitor.cart() == {"Linen shirt": 1, "Socks": 1}
