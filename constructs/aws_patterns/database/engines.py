"""The engines of relational databases: which releases there are, and what each of them can do. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database._engine_versions import VERSIONS

_TLS_RELEASE = "the oldest that can refuse connections without TLS"
_IAM_RELEASE = "the oldest that lets people in by IAM"


class Engine(StrEnum):
    """What the database speaks, by the names that AWS has for them."""

    POSTGRESQL = "postgres"
    MYSQL = "mysql"
    MARIADB = "mariadb"


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineTraits:
    """What is so for every release of one engine, or from one on.

    Attributes:
        version: Chosen where nobody chooses.
        port: Where it listens.
        tls_parameters: With these it refuses connections without TLS.
        oldest_with_tls: The first major release that has them.
        oldest_with_iam: The first one that lets people in by IAM.
        logs: What is worth sending to CloudWatch Logs.
        all_logs: What can be sent there.
        bytes_per_connection: The memory of an instance over this is how many connections it lets in by default.
        most_connections: As many at most, by default.
        longest_name: Of the first database.
        longest_user: Of the name of its owner.
        reserved_users: Names that nobody may have.
    """

    version: str
    port: int
    tls_parameters: Mapping[str, str]
    oldest_with_tls: str
    oldest_with_iam: str
    logs: tuple[str, ...]
    all_logs: tuple[str, ...]
    bytes_per_connection: int
    most_connections: int
    longest_name: int
    longest_user: int
    reserved_users: tuple[str, ...]


_SECURE_TRANSPORT = {"require_secure_transport": "1"}
_MYSQL_LOGS = ("error", "slowquery")
_ALL_MYSQL_LOGS = ("audit", "error", "general", "iam-db-auth-error", "slowquery")
_EVERYBODYS_RESERVED = ("rdsadmin", "rdsrepladmin", "root")

# Sources, all of AmazonRDS/latest/UserGuide: PostgreSQL.Concepts.General.SSL.html, mysql-ssl-connections.html,
# mariadb-ssl-connections.require-ssl.html; Concepts.RDS_Fea_Regions_DB-eng.Feature.IamDatabaseAuthentication.html;
# CHAP_Limits.html for the connections, and CHAP_Limits.html#RDS_Limits.Constraints for the names.
TRAITS: Mapping[Engine, EngineTraits] = {
    Engine.POSTGRESQL: EngineTraits(
        version=defaults.POSTGRESQL_VERSION,
        port=5432,
        tls_parameters={"rds.force_ssl": "1"},
        oldest_with_tls="10",
        oldest_with_iam="10",
        logs=("postgresql", "upgrade"),
        all_logs=("iam-db-auth-error", "postgresql", "upgrade"),
        bytes_per_connection=9_531_392,
        most_connections=5_000,
        longest_name=63,
        longest_user=63,
        reserved_users=("admin", "postgres_fdw", "public", *_EVERYBODYS_RESERVED),
    ),
    Engine.MYSQL: EngineTraits(
        version=defaults.MYSQL_VERSION,
        port=3306,
        tls_parameters=_SECURE_TRANSPORT,
        oldest_with_tls="5.7",
        oldest_with_iam="5.7",
        logs=_MYSQL_LOGS,
        all_logs=_ALL_MYSQL_LOGS,
        bytes_per_connection=12_582_880,
        most_connections=100_000,
        longest_name=64,
        longest_user=16,
        reserved_users=_EVERYBODYS_RESERVED,
    ),
    Engine.MARIADB: EngineTraits(
        version=defaults.MARIADB_VERSION,
        port=3306,
        tls_parameters=_SECURE_TRANSPORT,
        oldest_with_tls="10.5",
        oldest_with_iam="10.11",
        logs=_MYSQL_LOGS,
        all_logs=_ALL_MYSQL_LOGS,
        bytes_per_connection=25_165_760,
        most_connections=12_000,
        longest_name=64,
        longest_user=16,
        reserved_users=_EVERYBODYS_RESERVED,
    ),
}


def major_of(engine: Engine, version: str) -> str:
    """The major release that a version belongs to: 17 for PostgreSQL's 17.6, 8.4 for MySQL's 8.4.5."""
    parts = version.split(".")
    old = engine == Engine.POSTGRESQL and parts[0] == "9"
    return ".".join(parts[: 1 if engine == Engine.POSTGRESQL and not old else 2])


def known_versions(engine: Engine) -> frozenset[str]:
    """Every version that the CDK knows, and the major releases by themselves."""
    releases = VERSIONS[engine]
    return frozenset(releases) | {f"{major}.{minor}" for major, minors in releases.items() for minor in minors.split()}


def check_engine_version(problems: Problems, engine: Engine, version: str, *, iam_authentication: bool) -> None:
    """Add to ``problems`` that there is no such version, or that it can't do what is asked of it."""
    if is_token(version):
        return
    traits = TRAITS[engine]
    known = known_versions(engine)
    if version not in known:
        near = get_close_matches(version, sorted(known), n=1)
        problems.add(
            f"engine_version must be a release of {engine} such as {', '.join(VERSIONS[engine])}, or a minor one "
            f"of these that the CDK knows, got {version!r}" + (f": did you mean {near[0]!r}?" if near else "")
        )
        return
    if _older(engine, version, traits.oldest_with_tls):
        problems.add(
            f"engine_version must be {traits.oldest_with_tls} or later for {engine}, {_TLS_RELEASE}, got {version!r}"
        )
    elif iam_authentication and _older(engine, version, traits.oldest_with_iam):
        problems.add(
            f"iam_authentication needs {engine} {traits.oldest_with_iam} or later, {_IAM_RELEASE}, got {version!r}: "
            "choose that, or iam_authentication=False"
        )


def _older(engine: Engine, version: str, than: str) -> bool:
    return _numbers(major_of(engine, version)) < _numbers(than)


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
