"""The table and the bucket of this Region, as the API needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from regional_orders.logic import Order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_Answer = TypeVar("_Answer")

# Somebody is waiting: better an early "try again" than a late answer.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
_FOLDER = "orders/"
_PAGE = 100
# What runbook and watch write to see it arrive in the other Region is no order.
_MARKERS = "recovery-marker#"
# No order is looked for: whether the table answers.
_NOBODYS_ID = "health"


class AwsError(Exception):
    """AWS did not do what was asked. Says which call and why, never with what."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code


class Gateway:
    """Keeps orders, and finds them."""

    def __init__(self, dynamodb: DynamoDBClient, s3: S3Client, *, table: str, bucket: str) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._table = table
        self._bucket = bucket

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        session = boto3.session.Session()
        return cls(
            session.client("dynamodb", config=_CONFIG),
            session.client("s3", config=_CONFIG),
            table=environment["TABLE_NAME"],
            bucket=environment["BUCKET_NAME"],
        )

    def put(self, order: Order) -> None:
        """Keep an order. The document first: an order that can be found has one.

        Raises:
            AwsError: It may be kept or not; sent again, it is.
        """
        _ask(
            lambda: self._s3.put_object(
                Bucket=self._bucket, Key=_key(order.id), Body=order.document.encode(), ContentType="text/plain"
            )
        )
        item = {
            "id": {"S": order.id},
            "product": {"S": order.product},
            "quantity": {"N": str(order.quantity)},
            "writtenIn": {"S": order.written_in},
            "writtenAt": {"S": order.written_at},
        }
        _ask(lambda: self._dynamodb.put_item(TableName=self._table, Item=item))

    def get(self, id: str) -> Order | None:
        """An order; ``None`` where there is none. Raises AwsError."""
        found = _ask(
            lambda: self._dynamodb.get_item(TableName=self._table, Key={"id": {"S": id}}, ConsistentRead=True)
        ).get("Item")
        return _order(found) if found else None

    def document(self, id: str) -> str | None:
        """The document of an order; ``None`` where it has not arrived in this Region yet. Raises AwsError."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=_key(id))["Body"].read().decode()
        except self._s3.exceptions.NoSuchKey:
            return None
        except (ClientError, BotoCoreError) as error:
            raise _aws_error(error) from None

    def list(self, after: str | None) -> tuple[list[Order], str | None]:
        """Some orders, and the id after which the others come, if there are more. Raises AwsError."""
        start: dict[str, Any] = {"ExclusiveStartKey": {"id": {"S": after}}} if after else {}
        found = _ask(lambda: self._dynamodb.scan(TableName=self._table, Limit=_PAGE, **start))
        last = found.get("LastEvaluatedKey")
        items = [item for item in found["Items"] if not item["id"]["S"].startswith(_MARKERS)]
        return [_order(item) for item in items], last["id"]["S"] if last else None

    def check_table(self) -> None:
        """Whether the table answers, from its own storage and not from a copy that may be behind. Raises AwsError."""
        self.get(_NOBODYS_ID)

    def check_bucket(self) -> None:
        """Whether the bucket answers. Raises AwsError."""
        _ask(lambda: self._s3.list_objects_v2(Bucket=self._bucket, Prefix=_FOLDER, MaxKeys=1))


def _key(id: str) -> str:
    return f"{_FOLDER}{id}.txt"


def _order(item: Mapping[str, Any]) -> Order:
    return Order(
        id=item["id"]["S"],
        product=item["product"]["S"],
        quantity=int(item["quantity"]["N"]),
        written_in=item["writtenIn"]["S"],
        written_at=item["writtenAt"]["S"],
    )


def _ask(call: Callable[[], _Answer]) -> _Answer:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise _aws_error(error) from None


def _aws_error(error: ClientError | BotoCoreError) -> AwsError:
    # Not the text: it may quote what was sent.
    if isinstance(error, ClientError):
        return AwsError(error.operation_name, error.response["Error"]["Code"])
    return AwsError(type(error).__name__, "no answer")
