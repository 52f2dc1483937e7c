"""The state table, as everything that runs in the recovery Region, and the registration of the other one, needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from recovery_state.logic import (
    KEY,
    LOCK,
    SERVING,
    Lock,
    Role,
    Serving,
    endpoint_item,
    from_item,
    run_item,
    to_attribute,
    to_item,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

R = TypeVar("R")

# Of a table in the same Region: what takes longer is better asked again.
_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
_CONDITION_FAILED = "ConditionalCheckFailedException"
_CANCELLED = "TransactionCanceledException"
_MISSING = "ResourceNotFoundException"


class StateError(Exception):
    """A call to the state table that failed.

    Attributes:
        operation: DynamoDB's name for it.
        code: DynamoDB's name for the failure.
    """

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation} of the recovery's state: {code}")
        self.operation = operation
        self.code = code

    @property
    def is_missing(self) -> bool:
        """Whether there is no such table."""
        return self.code == _MISSING


class LockLostError(Exception):
    """A run wants to change something and does not hold the lock (any more)."""


class StateTable:
    """The items of one workload. Every read sees every write before it.

    Args:
        table: Name of the table.
        region: Where it is. Default: the Region of the caller.
        client: Of DynamoDB. Default: one for that Region.

    Every method raises ``StateError`` when DynamoDB fails.
    """

    def __init__(self, table: str, *, region: str | None = None, client: DynamoDBClient | None = None) -> None:
        self._table = table
        self._client = client or boto3.session.Session().client("dynamodb", region_name=region, config=_CONFIG)

    def get(self, item: str) -> dict[str, object] | None:
        """What an item holds; ``None`` when there is none."""
        found = _told("GetItem", lambda: self._client.get_item(**self._one(item), ConsistentRead=True))
        return from_item(found["Item"]) if "Item" in found else None

    def get_all(self, *items: str) -> dict[str, dict[str, object]]:
        """What up to 100 items hold, by name, from one request; those that there are not are missing."""
        keys: Any = {"Keys": [{KEY: {"S": item}} for item in items], "ConsistentRead": True}
        found = _told("BatchGetItem", lambda: self._client.batch_get_item(RequestItems={self._table: keys}))
        if found.get("UnprocessedKeys"):
            raise StateError("BatchGetItem", "ProvisionedThroughputExceededException")
        answered = found["Responses"].get(self._table, [])
        return {item[KEY]["S"]: from_item(item) for item in answered}

    def put(self, item: str, values: Mapping[str, object]) -> None:
        """Write an item, whatever it held before."""
        _told("PutItem", lambda: self._client.put_item(TableName=self._table, Item=_sent(to_item(item, values))))

    def remove(self, item: str) -> None:
        """Delete an item, if there is one."""
        _told("DeleteItem", lambda: self._client.delete_item(**self._one(item)))

    def serving(self) -> Serving:
        """Who gets the traffic. Raises InvalidStateError when the item says no such thing."""
        return Serving.of(self.get(SERVING))

    def endpoint(self, role: Role) -> str | None:
        """The address of a Region's own API, without a slash at its end; ``None`` when it has not registered."""
        url = (self.get(endpoint_item(role)) or {}).get("url")
        return url if isinstance(url, str) else None

    def register(self, role: Role, url: str, since: str = "") -> None:
        """Write the address of a Region's own API, and since when it is there, if that is known."""
        self.put(endpoint_item(role), {"url": url, **({"since": since} if since else {})})

    def deregister(self, role: Role, url: str) -> None:
        """Delete that address, unless another one has been registered since."""
        self._delete_if(endpoint_item(role), "url", url)

    def lock(self) -> Lock | None:
        """The run that is under way."""
        found = self.get(LOCK)
        return Lock.of(found) if found is not None else None

    def take_lock(self, wanted: Lock) -> Lock:
        """Take the lock, unless there is one.

        Returns:
            The lock in force: ``wanted``, or the one that this run has already taken, or that of another run.
        """
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item(LOCK, wanted.values()),
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": KEY},
        }
        while True:
            try:
                _told("PutItem", lambda: self._client.put_item(**put))
            except StateError as error:
                if error.code != _CONDITION_FAILED:
                    raise
            else:
                return wanted
            # Released in between: take it.
            if (held := self.lock()) is not None:
                return held

    def release_lock(self, execution: str) -> bool:
        """Release the lock of a run; whether it held it."""
        return self._delete_if(LOCK, "execution", execution)

    def move_traffic(self, wanted: Serving) -> Serving:
        """Say who gets the traffic, in the name of the run that holds the lock. May be said twice.

        Returns:
            What holds from now on: ``wanted``, or what the same run has said before.

        Raises:
            LockLostError: That run does not hold the lock; nothing was written.
        """
        known = self.serving()
        if (known.role, known.execution) == (wanted.role, wanted.execution):
            return known
        holds_lock = {
            "TableName": self._table,
            "Key": {KEY: {"S": LOCK}},
            "ConditionExpression": "#execution = :execution",
            "ExpressionAttributeNames": {"#execution": "execution"},
            "ExpressionAttributeValues": {":execution": to_attribute(wanted.execution)},
        }
        put = {"TableName": self._table, "Item": to_item(SERVING, wanted.values())}
        transaction: Any = [{"ConditionCheck": holds_lock}, {"Put": put}]
        try:
            self._client.transact_write_items(TransactItems=transaction)
        except ClientError as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
            if error.response["Error"]["Code"] == _CANCELLED and "ConditionalCheckFailed" in reasons:
                raise LockLostError(f"{wanted.execution} does not hold the lock: the traffic stays") from None
            raise StateError("TransactWriteItems", _code(error)) from None
        except BotoCoreError as error:
            raise StateError("TransactWriteItems", _code(error)) from None
        return wanted

    def run(self, execution: str) -> dict[str, object] | None:
        """What a run has done."""
        return self.get(run_item(execution))

    def write_run(self, execution: str, report: Mapping[str, object]) -> None:
        """Write what a run has done so far."""
        self.put(run_item(execution), report)

    def _one(self, item: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": {KEY: {"S": item}}}

    def _delete_if(self, item: str, field: str, value: str) -> bool:
        """Whether it was deleted: only if a field has this value."""
        delete: dict[str, Any] = {
            **self._one(item),
            "ConditionExpression": "#field = :value",
            "ExpressionAttributeNames": {"#field": field},
            "ExpressionAttributeValues": {":value": to_attribute(value)},
        }
        try:
            _told("DeleteItem", lambda: self._client.delete_item(**delete))
        except StateError as error:
            if error.code == _CONDITION_FAILED:
                return False
            raise
        return True


def _sent(item: Mapping[str, Mapping[str, object]]) -> Any:
    """An item as the client's types have it."""
    return item


def _told(operation: str, call: Callable[[], R]) -> R:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise StateError(operation, _code(error)) from None


def _code(error: Exception) -> str:
    # Not the text: it may quote what was sent.
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
