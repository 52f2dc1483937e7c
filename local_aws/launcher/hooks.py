"""MiniStack's private names, checked, and its state by them.

MiniStack has no plugin interface, so its internals are patched, for one pinned version. Nothing else in the
launcher imports MiniStack: when a name moves, this module says so in one sentence, and only ``hook_table`` has to
change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from importlib.metadata import version
from typing import cast

from local_aws.launcher.hook import (
    PINNED_VERSION,
    AccountStore,
    AsgiApp,
    Attributes,
    Handler,
    Hook,
    HookMissingError,
    Lists,
    Properties,
    Provisioned,
    Receive,
    Record,
    Scope,
    ScopedStore,
    Send,
    Store,
)
from local_aws.launcher.hook_table import *  # noqa: F403 # one table, which everybody reads from here
from local_aws.launcher.hook_table import GET_ACCOUNT, GET_REGION, HANDLERS, HOOKS, REQUEST_SCOPE

__all__ = [
    "PINNED_VERSION",
    "AccountStore",
    "AsgiApp",
    "Attributes",
    "Handler",
    "Hook",
    "HookMissingError",
    "Lists",
    "Properties",
    "Provisioned",
    "Receive",
    "Record",
    "Scope",
    "ScopedStore",
    "Send",
    "Store",
]

# Handlers of the emulator that the launcher wraps.
WRAPPED_TYPES: tuple[str, ...] = (
    "AWS::ApiGateway::Method",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::Backup::BackupVault",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPC",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::User",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Lambda::Function",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
)


def require(hooks: Iterable[Hook] = HOOKS) -> None:
    """Raise HookMissingError for the first private name or wrapped type that is gone."""
    for hook in hooks:
        hook.get()
    handlers = resource_handlers()
    for name in WRAPPED_TYPES:
        if name not in handlers:
            raise HookMissingError(
                f"MiniStack {version('ministack')} no longer provisions {name}, which local_aws extends: "
                f"install the version it is written for, ministack=={PINNED_VERSION}."
            )


def resource_handlers() -> dict[str, Handler]:
    """The emulator's table of CloudFormation types."""
    return cast("dict[str, Handler]", HANDLERS.get())


def store(hook: Hook) -> Store:
    """The emulator's state of one kind, in the account and the region of the request being served."""
    return cast("Store", hook.get())


def scoped(hook: Hook) -> ScopedStore:
    """The emulator's state of one kind, of every account and region."""
    return cast("ScopedStore", hook.get())


def by_account(hook: Hook) -> dict[tuple[str, str], Record]:
    """The emulator's state of one kind that belongs to no region, by account and name."""
    return cast("AccountStore", hook.get()).to_dict()


def lists(hook: Hook) -> Lists:
    """Like ``store``, of what the emulator keeps in lists."""
    return cast("Lists", hook.get())


def region() -> str:
    """The region of the request being served."""
    return cast("Callable[[], str]", GET_REGION.get())()


def account() -> str:
    """The account of the request being served."""
    return cast("Callable[[], str]", GET_ACCOUNT.get())()


def scope(account: str, region: str) -> AbstractContextManager[None]:
    """Act in an account and a region."""
    return cast("Callable[[str, str], AbstractContextManager[None]]", REQUEST_SCOPE.get())(account, region)
