"""The table, as writing each item once needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from buffered_writer.logic import (
    FINGERPRINT,
    Held,
    Item,
    NotWrittenError,
    Outcome,
    PermanentError,
    Rules,
    TransientError,
    judge,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutItemInputTypeDef

# A write takes milliseconds. One that takes longer is tried again; what then still fails comes back with its message.
_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})

# DynamoDB's word for an item that it will never take: too large, a number it can't hold, a key of another type.
_PERMANENT_CODES = frozenset({"ValidationException", "ItemCollectionSizeLimitExceededException"})


class Gateway:
    """Writes an item unless the table has it."""

    def __init__(self, *, table: str, rules: Rules, dynamodb: DynamoDBClient) -> None:
        self.rules = rules
        self._table = table
        self._dynamodb = dynamodb
        self._condition, self._names = _condition(rules)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        session = boto3.session.Session()
        return cls(
            table=environment["TABLE"],
            rules=Rules.from_environment(environment),
            dynamodb=session.client("dynamodb", config=_CONFIG),
        )

    def write(self, item: Item) -> Outcome:
        """Write the item, and say what became of it.

        Raises:
            TransientError: When a later attempt may succeed.
            PermanentError: When it would not.
        """
        request: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": _serialized({**item.fields, FINGERPRINT: item.fingerprint}),
            "ConditionExpression": self._condition,
            "ExpressionAttributeNames": self._names,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if item.version is not None:
            request["ExpressionAttributeValues"] = _serialized({":version": item.version})
        try:
            self._dynamodb.put_item(**request)
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return judge(item, self._held(error))
        except (ClientError, BotoCoreError) as error:
            raise _not_written(error) from None
        return Outcome.WRITTEN

    def _held(self, error: ClientError) -> Held:
        found: object = error.response.get("Item")
        if not isinstance(found, dict):
            # Deleted between the refusal and the answer: the next attempt finds the table as it is then.
            raise TransientError("ItemGone")
        of_interest = (FINGERPRINT, self.rules.version_field)
        held = {name: TypeDeserializer().deserialize(found[name]) for name in of_interest if name in found}
        return Held(fingerprint=held.get(FINGERPRINT), version=held.get(self.rules.version_field))


def _condition(rules: Rules) -> tuple[str, dict[str, str]]:
    if rules.version_field:
        names = {"#key": rules.partition_key, "#version": rules.version_field}
        return "attribute_not_exists(#key) OR #version < :version", names
    return "attribute_not_exists(#key)", {"#key": rules.partition_key}


def _serialized(fields: Mapping[str, object]) -> dict[str, AttributeValueTypeDef]:
    return {name: TypeSerializer().serialize(value) for name, value in fields.items()}


def _not_written(error: ClientError | BotoCoreError) -> NotWrittenError:
    # Not the text: it may quote what was to be written.
    if not isinstance(error, ClientError):
        return TransientError(type(error).__name__)
    code = error.response["Error"]["Code"]
    return PermanentError(code) if code in _PERMANENT_CODES else TransientError(code)
