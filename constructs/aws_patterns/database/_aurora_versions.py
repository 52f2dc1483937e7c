"""The engine versions of Aurora that the CDK knows and AWS still offers; a test compares. Needs no CDK."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.engines import Engine

# By major release, the minor ones that are in standard support. MySQL's are those of Aurora MySQL version 3, which is
# MySQL 8.0 to its clients.
VERSIONS = MappingProxyType(
    {
        Engine.POSTGRESQL: {
            "14": "6 13 15 17 18 19 20 22",
            "15": "8 10 12 13 14 15 17",
            "16": "4 6 8 9 10 11 13",
            "17": "4 5 6 7 9",
            "18": "3 4 6",
        },
        Engine.MYSQL: {
            "3.04": "0 1 2 3 4 6",
            "3.08": "0 1 2",
            "3.09": "0",
            "3.10": "0 1 2 3 4",
            "3.11": "0 1",
            "3.12": "0",
        },
    }
)

# AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html: from these on an instance may pause, and may
# have 256 ACUs; before them 0.5 to 128.
_FIRST_THAT_PAUSE = MappingProxyType({"14": 12, "15": 7, "16": 3})
_FIRST_WITH_MOST = MappingProxyType({"14": 10, "15": 5, "16": 1})
_MYSQL_FIRST_THAT_PAUSE = (3, 8)
_MYSQL_FIRST_WITH_MOST = (3, 6)

SPOKEN = MappingProxyType({Engine.POSTGRESQL: "PostgreSQL", Engine.MYSQL: "MySQL"})
# How AWS writes the versions of Aurora MySQL.
_MYSQL_PREFIX = "8.0.mysql_aurora."

LARGEST_ACU = 256
LARGEST_ACU_BEFORE = 128


_CHOSEN = MappingProxyType(
    {Engine.POSTGRESQL: defaults.AURORA_POSTGRESQL_VERSION, Engine.MYSQL: defaults.AURORA_MYSQL_VERSION}
)


def check_version(problems: Problems, engine: Engine, version: str | None) -> str | None:
    """The version that is chosen, when there is such a one; otherwise tell ``problems``."""
    if version is not None and is_token(version):
        problems.add("engine_version must be known at synthesis: what a database can do depends on it")
        return None
    short = chosen_version(engine, version)
    known = known_versions(engine)
    if short in known:
        return short
    near = get_close_matches(short, sorted(known), n=1)
    problems.add(
        f"engine_version must be a release of Aurora {SPOKEN[engine]} such as {', '.join(sorted(known)[-3:])}, one "
        f"that the CDK knows and AWS still offers, got {version!r}" + (f": did you mean {near[0]!r}?" if near else "")
    )
    return None


def chosen_version(engine: Engine, version: str | None) -> str:
    """The release that is meant, of those that were found to be there."""
    return _CHOSEN[engine] if version is None else version.removeprefix(_MYSQL_PREFIX)


def known_versions(engine: Engine) -> frozenset[str]:
    """Every release that may be chosen."""
    releases = VERSIONS[engine]
    return frozenset(f"{major}.{minor}" for major, minors in releases.items() for minor in minors.split())


def pauses(engine: Engine, version: str) -> bool:
    """Whether serverless instances of that version can go down to nothing."""
    return _from(engine, version, _MYSQL_FIRST_THAT_PAUSE, _FIRST_THAT_PAUSE)


def largest_acu(engine: Engine, version: str) -> int:
    """How many ACUs a serverless instance of that version may have."""
    most = _from(engine, version, _MYSQL_FIRST_WITH_MOST, _FIRST_WITH_MOST)
    return LARGEST_ACU if most else LARGEST_ACU_BEFORE


def cdk_name(version: str) -> str:
    """What the CDK calls it: ``VER_17_9``."""
    return f"VER_{version.replace('.', '_')}"


def _from(engine: Engine, version: str, mysql: tuple[int, int], postgresql: Mapping[str, int]) -> bool:
    numbers = [int(part) for part in version.split(".")]
    if engine is Engine.MYSQL:
        return (numbers[0], numbers[1]) >= mysql
    return numbers[1] >= postgresql.get(str(numbers[0]), 0)
