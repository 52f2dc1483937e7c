"""What a backup of a DynamoDB table holds, and making a table of it.

As on AWS a restored table has the items, the keys and the indexes, and neither streams, expiry nor point-in-time
recovery.

Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-dynamodb.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from local_aws.launcher import aws, hooks
from local_aws.launcher.backups.permissions import JobFailedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BACKUP_ACTIONS = ("dynamodb:StartAwsBackupJob", "dynamodb:ListTagsOfResource")
RESTORE_ACTIONS = (
    "dynamodb:RestoreTableFromAwsBackup",
    "dynamodb:DescribeTable",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
)
_BATCH = 25
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class TableContent:
    """A table as it was."""

    definition: Mapping[str, Any]
    items: tuple[Mapping[str, Any], ...]

    @property
    def size(self) -> int:
        """In bytes, about."""
        return sum(len(str(item)) for item in self.items)

    def restore_metadata(self) -> dict[str, str]:
        """What the API tells of it."""
        return {"originalTableName": str(self.definition["TableName"]), "encryptionType": "Default"}


def read(arn: str) -> TableContent:
    """The table as it is. Raises JobFailedError."""
    name = arn.rpartition("/")[2]
    try:
        table = cast("dict[str, Any]", _dynamodb().describe_table(TableName=name)["Table"])
        pages = _dynamodb().get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
        items = tuple(cast("Mapping[str, Any]", item) for page in pages for item in page["Items"])
    except ClientError as error:
        raise JobFailedError(str(error)) from None
    return TableContent(_definition(table), items)


def restore(content: TableContent, metadata: Mapping[str, str]) -> str:
    """Make a table of it, whose ARN is given. Raises JobFailedError."""
    given = {name.lower(): value for name, value in metadata.items()}
    name = given.get("targettablename", "")
    if not name:
        raise JobFailedError("The restore metadata lack targetTableName.")
    wanted: dict[str, Any] = {**content.definition, "TableName": name}
    kind = given.get("encryptiontype", _DEFAULT).lower()
    if kind != _DEFAULT:
        key = given.get("kmsmasterkeyarn")
        wanted["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}
    try:
        arn = _dynamodb().create_table(**wanted)["TableDescription"]["TableArn"]
        _dynamodb().get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        for start in range(0, len(content.items), _BATCH):
            puts = [{"PutRequest": {"Item": dict(item)}} for item in content.items[start : start + _BATCH]]
            _dynamodb().batch_write_item(RequestItems={name: cast("Any", puts)})
    except ClientError as error:
        raise JobFailedError(str(error)) from None
    return arn


def target_arn(metadata: Mapping[str, str]) -> str:
    """Of the table that a restore makes."""
    name = next((value for key, value in metadata.items() if key.lower() == "targettablename"), "")
    return f"arn:aws:dynamodb:{hooks.region()}:{hooks.account()}:table/{name}"


def delete(arn: str) -> None:
    """Delete a table that was restored for a test."""
    _dynamodb().delete_table(TableName=arn.rpartition("/")[2])


def _definition(table: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateTable takes of what DescribeTable tells."""
    provisioned = (table.get("BillingModeSummary") or {}).get("BillingMode") != "PAY_PER_REQUEST"
    throughput = {"ProvisionedThroughput": _throughput(table)} if provisioned else {}
    globals_ = [
        {
            **{name: index[name] for name in ("IndexName", "KeySchema", "Projection")},
            **({"ProvisionedThroughput": _throughput(index)} if provisioned else {}),
        }
        for index in table.get("GlobalSecondaryIndexes") or ()
    ]
    locals_ = [
        {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
        for index in table.get("LocalSecondaryIndexes") or ()
    ]
    return {
        "TableName": table["TableName"],
        "KeySchema": table["KeySchema"],
        "AttributeDefinitions": table["AttributeDefinitions"],
        "BillingMode": "PROVISIONED" if provisioned else "PAY_PER_REQUEST",
        **throughput,
        **({"GlobalSecondaryIndexes": globals_} if globals_ else {}),
        **({"LocalSecondaryIndexes": locals_} if locals_ else {}),
    }


def _throughput(described: Mapping[str, Any]) -> dict[str, int]:
    found = described.get("ProvisionedThroughput") or {}
    return {name: int(found.get(name) or 1) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def _dynamodb() -> DynamoDBClient:
    return cast("DynamoDBClient", aws.client("dynamodb"))
