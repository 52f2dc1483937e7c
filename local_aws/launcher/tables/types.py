"""What the emulator's CloudFormation leaves out of tables: replicas, how they are kept, and when items end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from typing import cast

from local_aws.launcher import hooks
from local_aws.launcher.extended import extended, replaced, update_of
from local_aws.launcher.hooks import Handler, Properties, Provisioned, Record
from local_aws.launcher.values import flag, items, mapping, text

_TABLE = "AWS::DynamoDB::Table"
_GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handlers, extended."""
    return {_TABLE: extended(known[_TABLE], _after), _GLOBAL_TABLE: _global_table(known[_GLOBAL_TABLE])}


def _after(done: Provisioned, properties: Properties, _before: Properties) -> Provisioned:
    _keep_settings(done[0], properties, properties)
    return done


def _global_table(original: Handler) -> Handler:
    update_original = update_of(original)

    def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        name, _ = original["create"](logical_id, properties, stack)
        return _with_replicas(name, properties)

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Provisioned:
        # The emulator would look for a table named after its logical id, and make another one.
        before, after = ({"TableName": physical_id, **properties} for properties in (old, new))
        name, _ = update_original(physical_id, before, after, stack, logical_id)
        return _with_replicas(name, new)

    def delete(physical_id: str, properties: Properties) -> None:
        regions = _regions(physical_id)
        for region in regions:
            with hooks.scope(hooks.account(), region):
                table = hooks.store(hooks.TABLES).get(physical_id)
                if table and table.get("DeletionProtectionEnabled"):
                    raise ValueError(
                        f"Table {physical_id} in {region} is protected against deletion. To delete the table, disable "
                        "deletion protection."
                    )
        for region in regions:
            with hooks.scope(hooks.account(), region):
                cast("Callable[[Record], object]", hooks.DELETE_TABLE.get())({"TableName": physical_id})
        original["delete"](physical_id, properties)

    return replaced(original, create=create, update=update, delete=delete)


def _with_replicas(name: str, properties: Properties) -> Provisioned:
    """Make and take away replicas, and let each be kept as it says."""
    home = hooks.region()
    replicas = {text(replica, "Region"): replica for replica in map(mapping, items(properties, "Replicas"))}
    table = hooks.store(hooks.TABLES)[name]
    present = set(_regions(name))
    updates = [{"Create": {"RegionName": region}} for region in replicas if region not in {*present, home}]
    updates += [{"Delete": {"RegionName": region}} for region in sorted(present - {*replicas, home})]
    if updates:
        apply = cast("Callable[..., tuple[int, object, object] | None]", hooks.REPLICA_UPDATES.get())
        refused = apply(name, table, updates)
        if refused:
            raise ValueError(f"{_GLOBAL_TABLE} failed: {json.loads(str(_text(refused[2])))['message']}")
    for region, replica in replicas.items():
        with hooks.scope(hooks.account(), region):
            _keep_settings(name, properties, replica)
    attributes = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    return name, {**attributes, **({"StreamArn": table["LatestStreamArn"]} if table.get("LatestStreamArn") else {})}


def _keep_settings(name: str, properties: Properties, of_replica: Properties) -> None:
    """What holds for the table in the Region of the request: its end of items, and how this replica is kept."""
    table = hooks.store(hooks.TABLES)[name]
    table["DeletionProtectionEnabled"] = flag(of_replica, "DeletionProtectionEnabled", default=False)
    if of_replica.get("TableClass"):
        table["TableClassSummary"] = {"TableClass": text(of_replica, "TableClass")}
    encryption = mapping(properties.get("SSESpecification"))
    if flag(encryption, "SSEEnabled", default=False):
        key = mapping(of_replica.get("SSESpecification")).get("KMSMasterKeyId") or encryption.get("KMSMasterKeyId")
        describe = cast("Callable[[Record], Record]", hooks.TABLE_ENCRYPTION.get())
        table["SSEDescription"] = describe({"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    recovery = mapping(of_replica.get("PointInTimeRecoverySpecification"))
    kept = cast("MutableMapping[str, bool]", hooks.RECOVERY_SETTINGS.get())
    kept[name] = flag(recovery, "PointInTimeRecoveryEnabled", default=False)
    expiry = mapping(properties.get("TimeToLiveSpecification"))
    if flag(expiry, "Enabled", default=False):
        settings = {"TimeToLiveStatus": "ENABLED", "AttributeName": text(expiry, "AttributeName")}
        hooks.store(hooks.EXPIRY_SETTINGS)[name] = settings
    else:
        hooks.store(hooks.EXPIRY_SETTINGS).pop(name, None)


def _regions(name: str) -> list[str]:
    """Where the table is, its own Region among them."""
    table = hooks.store(hooks.TABLES).get(name) or {}
    return list(table.get("_global_regions") or [hooks.region()])


def _text(body: object) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)
