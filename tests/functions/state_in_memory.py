"""The state table without AWS: DynamoDB as far as `recovery_state` uses it. Local tests show that DynamoDB agrees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from recovery_state.gateway import StateTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "orders-recovery-state"
Item = Mapping[str, Mapping[str, Any]]


def refusal(code: str, operation: str, **more: object) -> ClientError:
    """What a client raises."""
    response: Any = {"Error": {"Code": code, "Message": "refused"}, **more}
    return ClientError(response, operation)


@dataclass
class InMemory:
    """A client of DynamoDB with one table.

    Attributes:
        items: By key.
        instead: What is raised instead of the next calls of an operation, in order.
        before: Called before each call, with the operation: for what others do in between.
    """

    items: dict[str, Item] = field(default_factory=dict)
    instead: dict[str, list[Exception]] = field(default_factory=dict)
    before: Callable[[str], object] = lambda _: None

    def table(self) -> StateTable:
        """As functions have it."""
        return StateTable(TABLE, client=cast("DynamoDBClient", self))

    def get_item(self, **given: Any) -> dict[str, object]:
        self._called("GetItem", given["TableName"])
        assert given["ConsistentRead"]
        found = self.items.get(given["Key"]["item"]["S"])
        return {"Item": found} if found is not None else {}

    def batch_get_item(self, **given: Any) -> dict[str, object]:
        ((table, wanted),) = given["RequestItems"].items()
        self._called("BatchGetItem", table)
        assert wanted["ConsistentRead"]
        found = [self.items[key["item"]["S"]] for key in wanted["Keys"] if key["item"]["S"] in self.items]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def put_item(self, **given: Any) -> dict[str, object]:
        self._called("PutItem", given["TableName"])
        key = given["Item"]["item"]["S"]
        self._check("PutItem", key, given)
        self.items[key] = given["Item"]
        return {}

    def delete_item(self, **given: Any) -> dict[str, object]:
        self._called("DeleteItem", given["TableName"])
        key = given["Key"]["item"]["S"]
        self._check("DeleteItem", key, given)
        self.items.pop(key, None)
        return {}

    def transact_write_items(self, **given: Any) -> dict[str, object]:
        check, put = given["TransactItems"][0]["ConditionCheck"], given["TransactItems"][1]["Put"]
        self._called("TransactWriteItems", check["TableName"])
        try:
            self._check("ConditionCheckItem", check["Key"]["item"]["S"], check)
        except ClientError:
            reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}]
            raise refusal("TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons) from None
        self.items[put["Item"]["item"]["S"]] = put["Item"]
        return {}

    def _called(self, operation: str, table: str) -> None:
        self.before(operation)
        assert table == TABLE
        if waiting := self.instead.get(operation):
            raise waiting.pop(0)

    def _check(self, operation: str, key: str, condition: Mapping[str, Any]) -> None:
        expression = condition.get("ConditionExpression")
        if expression is None:
            return
        names = condition["ExpressionAttributeNames"]
        known = self.items.get(key)
        if expression == "attribute_not_exists(#key)":
            holds = known is None and names == {"#key": "item"}
        else:
            field, _, value = expression.partition(" = ")
            holds = known is not None and known.get(names[field]) == condition["ExpressionAttributeValues"][value]
        if not holds:
            raise refusal("ConditionalCheckFailedException", operation)
