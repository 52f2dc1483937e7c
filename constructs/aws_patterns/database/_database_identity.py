"""The name of a database, known before it is there, and what must be there before it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Fn, Names, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns.network.multi_az_vpc_options import RETENTION_NAMES

# rds: 63 letters, digits and single hyphens (AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints).
_LONGEST_IDENTIFIER = 63
_STACK_UUID_LENGTH = 36
_LONGEST_SUFFIX = "-r15"


def identifier_of(scope: Construct, suffix: str = "") -> str:
    """Made of the construct's path and of the id that CloudFormation gives each stack, so that nobody else has it."""
    uuid = Fn.select(2, Fn.split("/", Stack.of(scope).stack_id))
    room = _LONGEST_IDENTIFIER - _STACK_UUID_LENGTH - len(f"-{_LONGEST_SUFFIX}")
    path = Names.unique_resource_name(scope, max_length=room, separator="-").lower().strip("-")
    return f"{path}-{uuid}{suffix}"


def log_groups_of(
    scope: Construct,
    id: str,
    *,
    kind: str,
    identifier: str,
    exported: Sequence[str],
    retention_days: int,
    removal_policy: RemovalPolicy,
) -> list[logs.LogGroup]:
    """Where RDS sends its logs. It would make them itself, and keep them for ever.

    Args:
        scope: What they belong to.
        id: Theirs begin with it.
        kind: ``instance`` or ``cluster``.
        identifier: Of the database.
        exported: The logs.
        retention_days: How long they are kept.
        removal_policy: Of them.
    """
    return [
        logs.LogGroup(
            scope,
            f"{id}{''.join(part.title() for part in name.split('-'))}Log",
            log_group_name=f"/aws/rds/{kind}/{identifier}/{name}",
            retention=logs.RetentionDays[RETENTION_NAMES[retention_days]],
            removal_policy=removal_policy,
        )
        for name in exported
    ]
