"""What is asked of AWS: secrets, and sessions in a table."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cache_client.settings import Tls
from cache_client.store import UnavailableError
from my_clothes.settings import Server

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item: TypeAlias = "Mapping[str, AttributeValueTypeDef]"

_FILE = "file://"
_PREVIOUS = "AWSPREVIOUS"
_CURRENT = "AWSCURRENT"
# As libpq calls the authorities that the machine trusts.
_OF_THE_MACHINE = "system"
_AGAIN_SECONDS = 5.0
_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
_SSL_MODES = {Tls.VERIFIED: "verify-full", Tls.UNVERIFIED: "require", Tls.NONE: "disable"}


class Secret:
    """A secret of Secrets Manager, or a file in its place; read again when it is old, or was of no use.

    Args:
        name: ARN or name, or ``file:///path``.
        seconds: After which it is old.
    """

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._versions: Sequence[str] = ()
        self._client = None if name.startswith(_FILE) else boto3.client("secretsmanager", config=_CONFIG)

    def versions(self, *, previous: bool = False) -> Sequence[str]:
        """The secret, and with ``previous`` the one before, where there is one.

        Raises:
            UnavailableError: It was never read, and can't be now.
        """
        with self._lock:
            if self._read_at is None or time.monotonic() - self._read_at >= self._seconds:
                try:
                    self._versions = self._read(previous=previous)
                except (OSError, BotoCoreError, ClientError) as error:
                    if not self._versions:
                        raise UnavailableError("a secret can't be read") from error
                self._read_at = time.monotonic()
            return self._versions

    def doubt(self) -> None:
        """It was of no use: have it read again, though not for every failure."""
        with self._lock:
            if self._read_at is not None and time.monotonic() - self._read_at >= _AGAIN_SECONDS:
                self._read_at = None

    def login(self) -> Mapping[str, str]:
        """JSON as RDS writes it, or a password alone."""
        text = self.versions()[0]
        try:
            found = json.loads(text)
        except ValueError:
            return {"password": text}
        return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {"password": text}

    def _read(self, *, previous: bool) -> Sequence[str]:
        if self._client is None:
            return [Path(self._name.removeprefix(_FILE)).read_text().strip()]
        versions = [self._client.get_secret_value(SecretId=self._name, VersionStage=_CURRENT)["SecretString"]]
        if previous:
            try:
                found = self._client.get_secret_value(SecretId=self._name, VersionStage=_PREVIOUS)
            except self._client.exceptions.ResourceNotFoundException:
                return versions
            versions.append(found["SecretString"])
        return versions


class DatabaseAddress:
    """Where the database is, and how to log in, for each connection anew."""

    def __init__(self, server: Server, name: str | None, secret: Secret) -> None:
        self._server = server
        self._name = name
        self._secret = secret

    def __call__(self) -> Mapping[str, object]:
        # Connections are seldom made: more of them than usual means that they fail, maybe for the password.
        self._secret.doubt()
        login = self._secret.login()
        ca = {"sslrootcert": self._server.ca or _OF_THE_MACHINE} if self._server.tls is Tls.VERIFIED else {}
        return {
            "host": self._server.host or login.get("host"),
            "port": self._server.port or login.get("port") or 5432,
            "dbname": self._name or login.get("dbname") or "myclothes",
            "user": login.get("username"),
            "password": login.get("password"),
            "sslmode": _SSL_MODES[self._server.tls],
            **ca,
        }


class SessionTable:
    """A store in a DynamoDB table, which forgets within days, so that what is over is not read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client = boto3.client("dynamodb", config=_CONFIG)

    def get(self, key: str) -> bytes | None:
        """What was put, unless its time is over."""
        with _table_errors():
            # The visitor's next page must not show the cart of before.
            found = self._client.get_item(TableName=self._name, Key={"id": {"S": key}}, ConsistentRead=True)
        item = found.get("Item")
        return item["content"]["B"] if item and time.time() < int(item["expires"]["N"]) else None

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for so long."""
        with _table_errors():
            self._client.put_item(TableName=self._name, Item=_item(key, value, seconds))

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep it where nothing is."""
        now: Mapping[str, AttributeValueTypeDef] = {":now": {"N": str(int(time.time()))}}
        return self._put_if("attribute_not_exists(id) OR expires <= :now", now, _item(key, value, seconds))

    def swap(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """Keep it where the old one is."""
        return self._put_if("content = :old", {":old": {"B": old}}, _item(key, new, seconds))

    def delete(self, key: str) -> None:
        """Forget it."""
        with _table_errors():
            self._client.delete_item(TableName=self._name, Key={"id": {"S": key}})

    def check(self) -> None:
        """Whether it answers, with no more rights than are needed anyway."""
        self.get("health")

    def _put_if(self, condition: str, values: Mapping[str, AttributeValueTypeDef], item: Item) -> bool:
        with _table_errors():
            try:
                self._client.put_item(
                    TableName=self._name, Item=item, ConditionExpression=condition, ExpressionAttributeValues=values
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True


def _item(key: str, value: bytes, seconds: float) -> Item:
    return {"id": {"S": key}, "content": {"B": value}, "expires": {"N": str(math.ceil(time.time() + seconds))}}


@contextmanager
def _table_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError("the table does not answer") from error
