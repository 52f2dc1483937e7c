"""What may be chosen about keys, in one Region and in several, and what follows for their recovery. Needs no CDK."""

from __future__ import annotations

import re

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.recovery import NONE, Loss, Recovery, RecoveryCharacteristics
from aws_patterns.security import _defaults as defaults

_ALIAS = re.compile(rf"[a-zA-Z0-9/_-]{{1,{defaults.LONGEST_ALIAS}}}", re.ASCII)

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"


@typed
def check_encryption_key(
    problems: Problems,
    *,
    alias: str | None = None,
    rotation_days: int = defaults.ROTATION_DAYS,
    deletion_window_days: int = defaults.DELETION_WINDOW_DAYS,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one key."""
    if alias is not None:
        check_alias(problems, alias)
    longest = defaults.DELETION_WINDOW_DAYS
    rotation = (defaults.SHORTEST_ROTATION_DAYS, defaults.LONGEST_ROTATION_DAYS)
    for name, value, (low, high) in (
        ("rotation_days", rotation_days, rotation),
        ("deletion_window_days", deletion_window_days, (defaults.SHORTEST_DELETION_WINDOW_DAYS, longest)),
    ):
        problems.between(name, value, low, high, " days")


def check_alias(problems: Problems, alias: str, name: str = "alias") -> None:
    """Add to ``problems`` what is wrong with a key's name, which is given without ``alias/``."""
    if is_token(alias):
        return
    if alias.startswith("alias/"):
        problems.add(f"{name} must be given without alias/, which is put in front of it, got {alias!r}")
    elif not _ALIAS.fullmatch(alias):
        problems.add(
            f"{name} must be 1 to {defaults.LONGEST_ALIAS} letters, digits, slashes, dashes or underscores, "
            f"got {alias!r}"
        )
    elif alias.startswith("aws/"):
        problems.add(f"{name} must not begin with aws/, which is for AWS's own keys, got {alias!r}")


def check_region(problems: Problems, name: str, region: str) -> None:
    """Add to ``problems`` what is wrong with a Region's code."""
    if not is_token(region) and not REGION.fullmatch(region):
        problems.add(f"{name} must be a Region's code such as eu-west-1, got {region!r}")


@typed
def check_replica_key(
    problems: Problems,
    *,
    alias: str,
    primary_region: str,
    own_region: str | None = None,
    deletion_window_days: int = defaults.DELETION_WINDOW_DAYS,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of a key's replica, in ``own_region`` if that is known."""
    check_encryption_key(problems, alias=alias, deletion_window_days=deletion_window_days)
    check_region(problems, "primary_region", primary_region)
    if not is_token(primary_region) and primary_region == own_region:
        problems.add(
            f"primary_region must be another Region than the replica's own, got {primary_region!r}: a Region has one "
            "key of a set. Put the replica into a stack of another Region"
        )


def recovery_of(*, multi_region: bool) -> RecoveryCharacteristics:
    """What is left of a key's use after a loss."""
    unnoticed = Recovery(
        recovery_time=NONE,
        recovery_point=NONE,
        automatic=True,
        how="KMS keeps several copies of a key in every Region, and answers from several zones.",
        source=f"{_KMS}disaster-recovery-resiliency.html",
    )
    if multi_region:
        region = Recovery(
            recovery_time=NONE,
            recovery_point=NONE,
            automatic=True,
            how="Each Region has the key itself and asks no other: what was encrypted in the lost one is read with it.",
            source=f"{_KMS}multi-region-keys-overview.html",
        )
    else:
        region = Recovery(
            recovery_time=None,
            recovery_point=None,
            automatic=False,
            how="A key of one Region stays there: what it encrypted can't be read elsewhere. See RegionalKeyPrimary.",
            source=f"{_KMS}multi-region-keys-overview.html",
        )
    return {Loss.INSTANCE: unnoticed, Loss.AVAILABILITY_ZONE: unnoticed, Loss.REGION: region}
