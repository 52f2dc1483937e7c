"""What may be chosen about a secret in several Regions, and what follows for its recovery. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.recovery import MINUTE, NONE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.security import _defaults as defaults
from aws_patterns.security.encryption_key_options import check_alias, check_region

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

# secretsmanager/latest/apireference/API_CreateSecret.html. What ends like an ARN's suffix is not found by its name.
_NAME = re.compile(rf"[\w/+=.@-]{{1,{defaults.LONGEST_SECRET_NAME}}}", re.ASCII)
_LIKE_AN_ARN = re.compile(r".*-[a-zA-Z0-9]{6}")

GENERATED_FIELD = "password"

_GUIDE = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/"


@typed
def check_regional_secret(
    problems: Problems,
    *,
    name: str,
    replica_regions: Sequence[str],
    own_region: str | None = None,
    fields: Mapping[str, str] | None = None,
    length: int = defaults.SECRET_LENGTH,
    replica_key_alias: str | None = None,
    rotation_function: lambda_.IFunction | None = None,
    rotation_days: int | None = None,
    never_rotated: bool = False,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one secret, made in ``own_region`` if that is known."""
    _check_name(problems, name)
    _check_regions(problems, replica_regions, own_region)
    if GENERATED_FIELD in (fields or {}):
        problems.add(f"fields must not hold {GENERATED_FIELD}: that is the one that is generated. Leave it out")
    problems.between("length", length, defaults.SHORTEST_SECRET_LENGTH, defaults.LONGEST_SECRET_LENGTH, " characters")
    if replica_key_alias is not None:
        check_alias(problems, replica_key_alias, "replica_key_alias")
    if rotation_days is not None:
        problems.between("rotation_days", rotation_days, 1, defaults.LONGEST_SECRET_ROTATION_DAYS, " days")
    if rotation_function is None and not never_rotated:
        problems.add(
            "rotation_function is missing: a secret that never changes is known to all who have ever seen it. Give "
            "a function that changes it, or accept that with never_rotated=True"
        )
    if never_rotated:
        problems.found.extend(
            f"{option} has no effect with never_rotated=True: leave out one of the two"
            for option, value in (("rotation_function", rotation_function), ("rotation_days", rotation_days))
            if value is not None
        )


def _check_name(problems: Problems, name: str) -> None:
    if is_token(name):
        problems.add("name must be known at synthesis: the other Regions know the secret by it")
    elif not _NAME.fullmatch(name):
        problems.add(f"name must be 1 to {defaults.LONGEST_SECRET_NAME} letters, digits or /_+=.@-, got {name!r}")
    elif _LIKE_AN_ARN.fullmatch(name):
        problems.add(
            f"name must not end with a dash and six characters, got {name!r}: Secrets Manager takes that for the end "
            "of an ARN and may not find it"
        )


def _check_regions(problems: Problems, regions: Sequence[str], own_region: str | None) -> None:
    if not regions:
        problems.add(
            "replica_regions must name one Region at least, such as eu-central-1: else it is no regional secret"
        )
    for region in dict.fromkeys(regions):
        check_region(problems, "every one of replica_regions", region)
        if regions.count(region) > 1:
            problems.add(f"replica_regions names {region} {regions.count(region)} times: once is enough")
        if not is_token(region) and region == own_region:
            problems.add(f"replica_regions must not name {region}, where the secret itself is")


def recovery_of() -> RecoveryCharacteristics:
    """What is left of the secret after a loss."""
    unnoticed = Recovery(
        recovery_time=NONE,
        recovery_point=NONE,
        automatic=True,
        how="Secrets Manager keeps it in several zones of each Region.",
        source=f"{_GUIDE}disaster-recovery-resiliency.html",
    )
    region = Recovery(
        recovery_time=NONE,
        # An estimate: AWS names no time.
        recovery_point=Span(usual=0, worst=MINUTE),
        automatic=True,
        how="Every Region reads its own replica, by the same name. A change that was being copied may be missing (an "
        "estimate). To be changed there, the replica is promoted by a person.",
        source=f"{_GUIDE}replicate-secrets.html",
    )
    return {Loss.INSTANCE: unnoticed, Loss.AVAILABILITY_ZONE: unnoticed, Loss.REGION: region}
