"""What the roles may do that S3 takes when it copies, where IAM is enforced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from local_aws.launcher import hooks

_ALLOWED = "Allow"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What S3 does with a key, in which Region, for objects of which bucket."""

    action: str
    key: str
    region: str
    bucket: str


def may_replicate(  # noqa: PLR0917 # all of one copy
    role: str, source: str, destination: str, key: str, action: str, uses: Iterable[KeyUse]
) -> bool:
    """Whether the role may read there, write here, and use the keys."""
    wanted = [(action, f"arn:aws:s3:::{destination}/{key}")]
    if action == "s3:ReplicateObject":
        wanted.append(("s3:GetObjectVersionForReplication", f"arn:aws:s3:::{source}/{key}"))
    return all(may(role, one, resource) for one, resource in wanted) and all(_may_use(role, use, key) for use in uses)


def may(role: str, action: str, resource: str, context: Mapping[str, object] | None = None) -> bool:
    """Whether the role's policies allow it; always, where IAM is not enforced."""
    if os.environ.get("AUTH") != "true":
        return True
    account, name = role.split(":")[4], role.rpartition("/")[2]
    policies = cast("Callable[[str, str], list[Any]]", hooks.ROLE_POLICIES.get())(name, account)
    request = cast("Callable[..., object]", hooks.IAM_REQUEST.get())(
        principal_arn=role,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=hooks.region(),
        service_context=dict(context or {}),
    )
    decided = cast("Callable[..., Any]", hooks.IAM_DECISION.get())(request, policies)
    return bool(decided.decision == _ALLOWED)


def key_arn(key: str) -> str:
    """Of the key that an alias or an ARN names; empty where there is none."""
    if ":alias/" not in key:
        return key
    _, _, _, region, account, _ = key.split(":", 5)
    with hooks.scope(account, region):
        found = cast("Mapping[str, str]", hooks.KEY_ALIASES.get()).get(key)
        return _arn_of(found) if found else ""


def _arn_of(key_id: str) -> str:
    return str((hooks.store(hooks.KEYS).get(key_id) or {}).get("Arn", ""))


def _may_use(role: str, use: KeyUse, object_key: str) -> bool:
    arn = key_arn(use.key)
    if not arn:
        return False
    with hooks.scope(arn.split(":")[4], use.region):
        aliases = cast("Mapping[str, str]", hooks.KEY_ALIASES.get())
        names = [name.partition(":alias/")[2] for name, key_id in aliases.items() if _arn_of(key_id) == arn]
        keyed = "<BucketKeyEnabled>true" in str(hooks.store(hooks.BUCKET_ENCRYPTION).get(use.bucket) or "")
        bucket = f"arn:aws:s3:::{use.bucket}"
        context = {
            "kms:viaservice": f"s3.{use.region}.amazonaws.com",
            "kms:encryptioncontext:aws:s3:arn": bucket if keyed else f"{bucket}/{object_key}",
            "kms:resourcealiases": [f"alias/{name}" for name in names],
        }
        return may(role, use.action, arn, context)
