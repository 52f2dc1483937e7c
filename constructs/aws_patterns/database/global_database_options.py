"""What may be chosen about an Aurora database in several Regions, and what follows from it. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _aurora_checks as checks
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._aurora_versions import SPOKEN
from aws_patterns.database._relational_database_checks import check_parameters
from aws_patterns.database.aurora_parts import AuroraThresholds, Provisioned, ServerlessV2
from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring
from aws_patterns.recovery import MINUTE, Loss, Recovery, RecoveryCharacteristics, Span

# AmazonRDS/latest/APIReference/API_CreateGlobalCluster.html. 63 characters are what a cluster may have, and a secondary
# one adds its Region.
_NAME = re.compile(r"[a-z](-?[a-z0-9])*")
_LONGEST_NAME = 40
_DISASTER = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html"

# AWS advises against a bound with one secondary Region alone (aurora-global-database-disaster-recovery.html).
_REGIONS_FOR_A_BOUND = 2

# Small ones hold replication up (AuroraUserGuide/aurora-serverless-v2.setting-capacity.html).
GLOBAL_CAPACITY = ServerlessV2(minimum_acu=defaults.GLOBAL_MINIMUM_ACU, maximum_acu=defaults.GLOBAL_MAXIMUM_ACU)


@typed
def check_global_primary(
    problems: Problems,
    *,
    name: str,
    secondary_regions: Sequence[str],
    own_region: str | None = None,
    engine: Engine = Engine.POSTGRESQL,
    capacity: ServerlessV2 | Provisioned = GLOBAL_CAPACITY,
    readers: int = defaults.AURORA_READERS,
    most_readers: int | None = None,
    backtrack_hours: float = 0,
    maximum_loss_seconds: int | None = None,
) -> None:
    """Add to ``problems`` what is wrong with a global database, and with the database that it is made of."""
    _check_name(problems, name)
    _check_regions(problems, secondary_regions, own_region)
    if backtrack_hours:
        problems.add(
            f"database must have backtrack_hours=0, got {backtrack_hours:.15g} hours: a global database can't be "
            "turned back"
        )
    if isinstance(capacity, ServerlessV2) and not is_token(capacity.minimum_acu):
        least = defaults.GLOBAL_MINIMUM_ACU
        if capacity.minimum_acu < least:
            problems.add(
                f"database must have at least {least} ACUs in a global database, got capacity.minimum_acu="
                f"{capacity.minimum_acu:.15g}: a small writer holds replication up"
            )
    most = readers if most_readers is None else max(readers, most_readers)
    if most + len(secondary_regions) > defaults.MOST_AURORA_READERS:
        problems.add(
            f"database may have {defaults.MOST_AURORA_READERS} readers less one for each secondary Region, got up to "
            f"{most} readers and {len(secondary_regions)} Regions"
        )
    _check_loss(problems, maximum_loss_seconds, engine, len(secondary_regions))


@typed
def check_global_secondary(
    problems: Problems,
    *,
    name: str,
    primary_region: str,
    own_region: str | None = None,
    engine: Engine = Engine.POSTGRESQL,
    engine_version: str | None = None,
    capacity: ServerlessV2 | Provisioned = GLOBAL_CAPACITY,
    instances: int = defaults.SECONDARY_INSTANCES,
    backups: Backups = Backups(),  # noqa: B008 - frozen
    maintenance: Maintenance = Maintenance(),  # noqa: B008 - frozen
    monitoring: Monitoring = Monitoring(),  # noqa: B008 - frozen
    port: int | None = None,
    parameters: Mapping[str, str] | None = None,
    thresholds: AuroraThresholds = AuroraThresholds(),  # noqa: B008 - frozen
    lag_seconds: float = defaults.GLOBAL_LAG_SECONDS,
) -> None:
    """Add to ``problems`` what is wrong with the part of a global database that is in another Region."""
    _check_name(problems, name)
    if not is_token(primary_region):
        if not REGION.fullmatch(primary_region):
            problems.add(f"primary_region must be a Region such as 'eu-central-1', got {primary_region!r}")
        elif primary_region == own_region:
            problems.add(f"primary_region must be another Region than this stack's, got {primary_region!r} for both")
    version = checks.check_engine(problems, engine, engine_version)
    checks.check_capacity(problems, capacity, engine, version)
    problems.between("instances", instances, 1, defaults.MOST_SECONDARY_INSTANCES)
    if is_token(instances):
        problems.add("instances must be known at synthesis: each is a resource of its own")
    if engine in SPOKEN:
        checks.check_operation(
            problems, engine=Engine(engine), backups=backups, maintenance=maintenance, monitoring=monitoring
        )
        check_parameters(problems, Engine(engine), parameters or {})
    if port is not None:
        problems.between("port", port, 1_150, 65_535)
    checks.check_thresholds(problems, thresholds)
    if not is_token(lag_seconds) and not lag_seconds > 0:
        problems.add(f"lag_seconds must be more than 0, got {lag_seconds:.15g}")


def global_recovery_of(
    here: RecoveryCharacteristics, *, maximum_loss_seconds: int | None = None
) -> RecoveryCharacteristics:
    """What a database in one Region promises, and that another one can take over."""
    worst = defaults.GLOBAL_LAG_SECONDS if maximum_loss_seconds is None else maximum_loss_seconds
    bound = (
        f"an alarm is raised at {defaults.GLOBAL_LAG_SECONDS} seconds behind"
        if maximum_loss_seconds is None
        else "no change is confirmed that every secondary Region would be later with"
    )
    return {
        **here,
        Loss.REGION: Recovery(
            recovery_time=Span(usual=MINUTE, worst=10 * MINUTE),
            recovery_point=Span(usual=1, worst=max(worst, 1)),
            automatic=False,
            how="Somebody decides, and lets a secondary Region take over (aws rds failover-global-cluster "
            f"--allow-data-loss), which AWS counts in minutes; {bound}.",
            source=_DISASTER,
        ),
    }


def _check_name(problems: Problems, name: str) -> None:
    if is_token(name):
        problems.add("name must be known at synthesis: the other Regions know the database by it")
    elif not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        problems.add(
            f"name must be 1 to {_LONGEST_NAME} lower-case letters, digits and single hyphens, a letter first, got "
            f"{name!r}"
        )


def _check_regions(problems: Problems, regions: Sequence[str], own_region: str | None) -> None:
    most = defaults.MOST_SECONDARY_REGIONS
    if not 1 <= len(regions) <= most:
        problems.add(f"secondary_regions must name 1 to {most} Regions, got {len(regions)}")
    for region in dict.fromkeys(regions):
        if is_token(region):
            continue
        if not REGION.fullmatch(region):
            problems.add(f"secondary_regions must be Regions such as 'eu-central-1', got {region!r}")
        elif region == own_region:
            problems.add(f"secondary_regions must be other Regions than this stack's, got {region!r}")
        if list(regions).count(region) > 1:
            problems.add(f"secondary_regions must name each Region once, got {region!r} more than once")


def _check_loss(problems: Problems, seconds: int | None, engine: Engine, regions: int) -> None:
    if seconds is None:
        return
    if engine is not Engine.POSTGRESQL:
        problems.add("maximum_loss_seconds is there for PostgreSQL only: leave it out, and watch the alarm")
        return
    problems.between(
        "maximum_loss_seconds",
        seconds,
        defaults.SHORTEST_GLOBAL_LOSS_SECONDS,
        defaults.LONGEST_GLOBAL_LOSS_SECONDS,
        " seconds",
    )
    if regions < _REGIONS_FOR_A_BOUND:
        problems.add(
            "maximum_loss_seconds needs two secondary Regions at least: with one alone, its outage stops every write"
        )


def secret_name_of(name: str) -> str:
    """Of a global database's secret, in every Region."""
    return f"{name}/master"


def own_region_of(region: str) -> str | None:
    """The Region of a stack, where it is known."""
    return None if is_token(region) else region
