"""What may be chosen about an Aurora database, and what follows on the day of a loss. Needs no CDK."""

from __future__ import annotations

import math
from collections.abc import Mapping

from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _aurora_checks as checks
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._aurora_versions import SPOKEN
from aws_patterns.database._relational_database_checks import check_names, check_parameters
from aws_patterns.database.aurora_parts import (
    AuroraThresholds,
    ConnectionProxy,
    Provisioned,
    ReaderScaling,
    ServerlessV2,
)
from aws_patterns.database.engines import TRAITS, Engine
from aws_patterns.database.instance_classes import memory_bytes
from aws_patterns.database.relational_database_options import Backups, Maintenance, Monitoring
from aws_patterns.recovery import HOUR, MINUTE, NONE, Loss, Recovery, RecoveryCharacteristics, Span
from aws_patterns.recovery_objectives import Objective, check_objectives

_GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/"
# AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
_BYTES_PER_ACU = 2 * 1024**3
_SMALL = 0.5
_MOST_OF_SMALL = 2_000
HIGH_AVAILABILITY = f"{_GUIDE}Concepts.AuroraHighAvailability.html"

_REACHED_BY = {
    Loss.INSTANCE: "Have readers=1, which takes over in another zone, or ask for less.",
    Loss.AVAILABILITY_ZONE: "Have readers=1, which takes over in another zone, or ask for less.",
    Loss.REGION: "Use GlobalDatabasePrimary, of which another Region has every change within seconds, or ask for less.",
}


@typed
def check_aurora_database(
    problems: Problems,
    *,
    engine: Engine = Engine.POSTGRESQL,
    engine_version: str | None = None,
    capacity: ServerlessV2 | Provisioned = ServerlessV2(),  # noqa: B008 - frozen
    readers: int = defaults.AURORA_READERS,
    single_point_of_failure: bool = False,
    reader_scaling: ReaderScaling | None = None,
    proxy: ConnectionProxy | None = None,
    backtrack_hours: float | None = None,
    io_optimized: bool = False,  # noqa: ARG001 - its type is judged
    backups: Backups = Backups(),  # noqa: B008 - frozen
    maintenance: Maintenance = Maintenance(),  # noqa: B008 - frozen
    monitoring: Monitoring = Monitoring(),  # noqa: B008 - frozen
    objectives: Mapping[Loss, Objective] | None = None,
    database_name: str = defaults.DATABASE_NAME,
    master_username: str = defaults.MASTER_USERNAME,
    port: int | None = None,
    parameters: Mapping[str, str] | None = None,
    iam_authentication: bool = True,
    rotation_days: int | None = defaults.ROTATION_DAYS,
    thresholds: AuroraThresholds = AuroraThresholds(),  # noqa: B008 - frozen
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one Aurora database."""
    version = checks.check_engine(problems, engine, engine_version)
    checks.check_capacity(problems, capacity, engine, version)
    checks.check_readers(problems, readers, reader_scaling, single_point_of_failure=single_point_of_failure)
    checks.check_proxy(problems, proxy, capacity=capacity, readers=readers, iam_authentication=iam_authentication)
    checks.check_backtrack(problems, backtrack_hours, engine)
    if engine in SPOKEN:
        checks.check_operation(
            problems, engine=Engine(engine), backups=backups, maintenance=maintenance, monitoring=monitoring
        )
        check_names(problems, Engine(engine), database_name=database_name, master_username=master_username)
        check_parameters(problems, Engine(engine), parameters or {})
    if port is not None:
        problems.between("port", port, 1_150, 65_535)
    if rotation_days is not None:
        problems.between("rotation_days", rotation_days, 1, defaults.LONGEST_ROTATION_DAYS, " days")
    checks.check_thresholds(problems, thresholds)
    if not is_token(readers):
        check_objectives(
            problems, objectives or {}, recovery_of(readers=readers, proxy=proxy is not None), fixes=_REACHED_BY
        )


def recovery_of(*, readers: int = defaults.AURORA_READERS, proxy: bool = False) -> RecoveryCharacteristics:
    """What a cluster promises for the day on which something is lost.

    Without a reader Aurora makes a new instance in the writer's own zone, as far as that zone can; how long a person
    takes to make one elsewhere is an estimate.
    """
    if readers:
        recovery = Recovery(
            recovery_time=Span(usual=30, worst=MINUTE),
            recovery_point=NONE,
            automatic=True,
            how=_takes_over(proxy=proxy),
            source=HIGH_AVAILABILITY,
        )
        here = {Loss.INSTANCE: recovery, Loss.AVAILABILITY_ZONE: recovery}
    else:
        here = {
            Loss.INSTANCE: Recovery(
                recovery_time=Span(usual=10 * MINUTE, worst=10 * MINUTE),
                recovery_point=NONE,
                automatic=True,
                how="Aurora makes a new instance in the same zone; the data is in three zones.",
                source=HIGH_AVAILABILITY,
            ),
            Loss.AVAILABILITY_ZONE: Recovery(
                recovery_time=Span(usual=10 * MINUTE, worst=HOUR),
                recovery_point=NONE,
                automatic=False,
                how="A person adds an instance in another zone (an estimate); the data is in three zones.",
                source=HIGH_AVAILABILITY,
            ),
        }
    return {
        **here,
        Loss.REGION: Recovery(
            recovery_time=None,
            recovery_point=None,
            automatic=False,
            how="Data and backups are in this Region alone.",
            source=f"{_GUIDE}disaster-recovery-resiliency.html",
        ),
    }


def _takes_over(*, proxy: bool) -> str:
    kept = "; the proxy keeps the clients' connections" if proxy else ""
    return f"A reader in another zone becomes the writer, on the same storage in three zones{kept}."


def backtrack_of(engine: Engine, hours: float | None) -> float:
    """How many hours back a cluster can be turned; 0: not at all."""
    if hours is not None:
        return hours
    return defaults.BACKTRACK_HOURS if engine is Engine.MYSQL else 0


def connections_threshold(engine: Engine, capacity: ServerlessV2 | Provisioned, asked: int | None) -> int | None:
    """As many connections to one instance are too many: four fifths of what it lets in by default.

    ``None`` where only AWS knows how large it is. Sources: AuroraUserGuide/AuroraPostgreSQL.Managing.html and
    AuroraMySQL.Managing.Performance.html; a serverless instance lets in as many as its maximum does.
    """
    if asked is not None:
        return asked
    if isinstance(capacity, Provisioned):
        memory = memory_bytes(capacity.instance_type)
    else:
        memory = None if is_token(capacity.maximum_acu) else int(capacity.maximum_acu * _BYTES_PER_ACU)
    if memory is None:
        return None
    if engine is Engine.POSTGRESQL:
        traits = TRAITS[engine]
        most = min(memory / traits.bytes_per_connection, traits.most_connections)
        if isinstance(capacity, ServerlessV2) and not is_token(capacity.minimum_acu) and capacity.minimum_acu <= _SMALL:
            most = min(most, _MOST_OF_SMALL)
    else:
        most = max(45 * math.log2(memory / 805_306_368), 1_000 * math.log2(memory / 8_187_281_408))
    return int(most * defaults.CONNECTIONS_PERCENT / 100)
