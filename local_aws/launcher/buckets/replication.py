"""Replication by all that a rule says, and by what its role may do; the emulator knows prefix, tags and one bucket.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from local_aws.launcher import hooks
from local_aws.launcher.buckets import permissions, waiting
from local_aws.launcher.hooks import Record

Rule = Mapping[str, Any]
Destination = tuple[str, str, Record]
_Find = Callable[[str, str, Rule, str], Destination | None]

ALGORITHM = "x-amz-server-side-encryption"
KEY = f"{ALGORITHM}-aws-kms-key-id"
_OF_KMS = frozenset({"aws:kms", "aws:kms:dsse"})

# Which rule is being followed, for what, and how the object at hand is encrypted.
_following: ContextVar[tuple[Rule, str, Record] | None] = ContextVar("local_aws_replication", default=None)


@dataclass(frozen=True, slots=True)
class _Written:
    """An object that somebody has written: the emulator's record of it, and what is in it."""

    bucket: str
    key: str
    record: Record
    data: object
    tags: Mapping[str, str]


def install() -> None:
    """Take the place of what the emulator does when objects come and go."""
    _install_destinations()
    replicate = cast("Callable[..., None]", hooks.REPLICATE.get())

    def follow(rule: Rule, written: _Written) -> None:
        encryption = written.record.get("preserved_headers") or {}
        with _follow(rule, "s3:ReplicateObject", encryption):
            replicate(written.bucket, written.key, written.record, written.data, written.tags)
        if written.record.get("replication_status") == "COMPLETED":
            _encrypt(written.key, written.record["_replica"], rule, encryption)

    def follow_later(rule: Rule, written: _Written) -> None:
        follow(rule, written)
        _complete(written)

    def replicate_by_all_rules(
        bucket: str, key: str, obj: Record, data: object, tags: Mapping[str, str] | None = None
    ) -> None:
        written = _Written(bucket, key, obj, data, dict(tags or {}))
        seen = set()
        for rule in _rules(bucket, key, written.tags, obj.get("preserved_headers") or {}):
            if waiting.is_connected(bucket, rule):
                follow(rule, written)
                seen.add(obj.get("replication_status"))
            else:
                waiting.put_off(bucket, partial(follow_later, rule, written))
                seen.add("PENDING")
        for status in ("PENDING", "FAILED"):
            if status in seen:
                obj["replication_status"] = status

    def replicate_delete_marker(bucket: str, key: str) -> None:
        for rule in _rules(bucket, key, {}, {}):
            tagged = bool(_tags(rule))
            if "Filter" in rule and (tagged or (rule.get("DeleteMarkerReplication") or {}).get("Status") != "Enabled"):
                continue
            if waiting.is_connected(bucket, rule):
                _mark(rule, bucket, key)
            else:
                waiting.put_off(bucket, partial(_mark, rule, bucket, key))

    hooks.REPLICATE.replace(replicate_by_all_rules)
    hooks.REPLICATE_DELETE_MARKER.replace(replicate_delete_marker)


def _install_destinations() -> None:
    """Let the emulator follow the rule at hand, as far as the role may."""
    rule_for = cast("Callable[..., tuple[Rule | None, str]]", hooks.REPLICATION_RULE.get())
    destination = cast("_Find", hooks.REPLICATION_DESTINATION.get())

    def rule_at_hand(bucket: str, key: str, tags: Mapping[str, str] | None) -> tuple[Rule | None, str]:
        now = _following.get()
        return (now[0], _role(bucket)) if now else rule_for(bucket, key, tags)

    def destination_allowed(bucket: str, key: str, rule: Rule, role: str) -> Destination | None:
        found, now = destination(bucket, key, rule, role), _following.get()
        if found is None or now is None:
            return found
        _, action, encryption = now
        allowed = permissions.may_replicate(role, bucket, found[0], key, action, _keys(bucket, found, rule, encryption))
        return found if allowed else None

    hooks.REPLICATION_RULE.replace(rule_at_hand)
    hooks.REPLICATION_DESTINATION.replace(destination_allowed)


def _mark(rule: Rule, bucket: str, key: str) -> None:
    """Let a destination have a delete marker too."""
    mark = cast("Callable[[str, str, Record | None], str]", hooks.DELETE_MARKER.get())
    with _follow(rule, "s3:ReplicateDelete", {}):
        found = cast("_Find", hooks.REPLICATION_DESTINATION.get())(bucket, key, rule, _role(bucket))
    if found is not None:
        name, account, record = found
        with _in_account(account):
            mark(name, key, record["objects"].get(key))
            record["objects"].pop(key, None)


def _complete(written: _Written) -> None:
    """Say of the version that was copied late how that went, and give its copy its tags."""
    record, key = written.record, written.key
    known = cast("Mapping[tuple[str, str], list[Record]]", hooks.OBJECT_VERSIONS.get())
    for version in known.get((written.bucket, key), []):
        if version["version_id"] == record.get("version_id"):
            version["replication_status"] = record.get("replication_status")
    if written.tags and record.get("replication_status") == "COMPLETED":
        name, version_id, account = record["_replica"]
        with _in_account(account):
            cast("MutableMapping[object, object]", hooks.OBJECT_TAGS.get())[name, key, version_id] = dict(written.tags)


def is_eligible(bucket: str, key: str, tags: Mapping[str, str], obj: Record) -> bool:
    """Whether a rule speaks of the object."""
    return any(True for _rule in _rules(bucket, key, tags, obj.get("preserved_headers") or {}))


def _rules(bucket: str, key: str, tags: Mapping[str, str], encryption: Mapping[str, str]) -> Iterator[Rule]:
    """The rules that hold, one for each destination: that of the highest priority."""
    rules = (hooks.store(hooks.REPLICATIONS).get(bucket) or {}).get("Rules", [])
    if cast("Mapping[str, str]", hooks.VERSIONING.get()).get(bucket) != "Enabled":
        return
    seen = set()
    for rule in sorted(rules, key=lambda one: -int(one.get("Priority", 0))):
        place = rule["Destination"]["Bucket"]
        if (
            rule.get("Status") == "Enabled"
            and key.startswith(_prefix(rule))
            and all(tags.get(name) == value for name, value in _tags(rule).items())
            and place not in seen
        ):
            seen.add(place)
            of_kms = encryption.get(ALGORITHM) in _OF_KMS
            selected = rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {}).get("Status")
            if not of_kms or selected == "Enabled":
                yield rule


def _prefix(rule: Rule) -> str:
    return cast("Callable[[Rule], str]", hooks.REPLICATION_PREFIX.get())(rule)


def _tags(rule: Rule) -> Mapping[str, str]:
    return cast("Callable[[Rule], Mapping[str, str]]", hooks.REPLICATION_TAGS.get())(rule)


def _role(bucket: str) -> str:
    return str((hooks.store(hooks.REPLICATIONS).get(bucket) or {}).get("Role", ""))


def _in_account(account: str) -> AbstractContextManager[None]:
    return cast("Callable[[str], AbstractContextManager[None]]", hooks.IN_ACCOUNT.get())(account)


@contextmanager
def _follow(rule: Rule, action: str, encryption: Record) -> Iterator[None]:
    before = _following.set((rule, action, encryption))
    try:
        yield
    finally:
        _following.reset(before)


def _keys(bucket: str, found: Destination, rule: Rule, encryption: Mapping[str, str]) -> tuple[permissions.KeyUse, ...]:
    """What is done with which keys."""
    if encryption.get(ALGORITHM) not in _OF_KMS:
        return ()
    name, _, record = found
    here, there = waiting.region_of(hooks.store(hooks.BUCKETS)[bucket]), waiting.region_of(record)
    return (
        permissions.KeyUse("kms:Decrypt", encryption.get(KEY, ""), here, bucket),
        permissions.KeyUse("kms:Encrypt", _replica_key(rule), there, name),
    )


def _replica_key(rule: Rule) -> str:
    return str((rule["Destination"].get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID", ""))


def _encrypt(key: str, replica: tuple[str, str, str], rule: Rule, encryption: Mapping[str, str]) -> None:
    """Say of the replica that it is encrypted as the rule asks for; in the emulator nothing is encrypted."""
    if encryption.get(ALGORITHM) not in _OF_KMS:
        return
    name, version, account = replica
    with _in_account(account):
        record = hooks.store(hooks.BUCKETS)[name]["objects"][key]
        versions = cast("MutableMapping[tuple[str, str], list[Record]]", hooks.OBJECT_VERSIONS.get())[name, key]
    arn = permissions.key_arn(_replica_key(rule))
    for one in (record, *(found for found in versions if found["version_id"] == version)):
        one["preserved_headers"] = {**one.get("preserved_headers", {}), ALGORITHM: "aws:kms", KEY: arn}
