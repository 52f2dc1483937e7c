"""The table and the bucket of this Region, as the API needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3

from http_api.gateway import SOMEBODY_WAITS, asking
from regional_orders.logic import Order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_FOLDER = "orders/"
_PAGE = 100
# What runbook and watch write to see it arrive in the other Region is no order.
_MARKERS = "recovery-marker#"
# No order is looked for: whether the table answers.
_NOBODYS_ID = "health"


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
            session.client("dynamodb", config=SOMEBODY_WAITS),
            session.client("s3", config=SOMEBODY_WAITS),
            table=environment["TABLE_NAME"],
            bucket=environment["BUCKET_NAME"],
        )

    def put(self, order: Order) -> None:
        """Keep an order. The document first: an order that can be found has one.

        Raises:
            AwsError: It may be kept or not; sent again, it is.
        """
        with asking("PutObject"):
            self._s3.put_object(
                Bucket=self._bucket, Key=_key(order.id), Body=order.document.encode(), ContentType="text/plain"
            )
        item = {
            "id": {"S": order.id},
            "product": {"S": order.product},
            "quantity": {"N": str(order.quantity)},
            "writtenIn": {"S": order.written_in},
            "writtenAt": {"S": order.written_at},
        }
        with asking("PutItem"):
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def get(self, id: str) -> Order | None:
        """An order; ``None`` where there is none. Raises AwsError."""
        with asking("GetItem"):
            answer = self._dynamodb.get_item(TableName=self._table, Key={"id": {"S": id}}, ConsistentRead=True)
        found = answer.get("Item")
        return _order(found) if found else None

    def document(self, id: str) -> str | None:
        """The document of an order; ``None`` where it has not arrived in this Region yet. Raises AwsError."""
        with asking("GetObject"):
            try:
                return self._s3.get_object(Bucket=self._bucket, Key=_key(id))["Body"].read().decode()
            except self._s3.exceptions.NoSuchKey:
                return None

    def list(self, after: str | None) -> tuple[list[Order], str | None]:
        """Some orders, and the id after which the others come, if there are more. Raises AwsError."""
        start: dict[str, Any] = {"ExclusiveStartKey": {"id": {"S": after}}} if after else {}
        with asking("Scan"):
            found = self._dynamodb.scan(TableName=self._table, Limit=_PAGE, **start)
        last = found.get("LastEvaluatedKey")
        items = [item for item in found["Items"] if not item["id"]["S"].startswith(_MARKERS)]
        return [_order(item) for item in items], last["id"]["S"] if last else None

    def check_table(self) -> None:
        """Whether the table answers, from its own storage and not from a copy that may be behind. Raises AwsError."""
        self.get(_NOBODYS_ID)

    def check_bucket(self) -> None:
        """Whether the bucket answers. Raises AwsError."""
        with asking("ListObjectsV2"):
            self._s3.list_objects_v2(Bucket=self._bucket, Prefix=_FOLDER, MaxKeys=1)


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
