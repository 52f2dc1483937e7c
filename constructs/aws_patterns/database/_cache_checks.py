"""Within which limits the parts of a cache are chosen, and which of them belong together. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.cache_engines import CacheEngine

if TYPE_CHECKING:
    from aws_patterns.database.cache_options import CacheThresholds, Serverless

_NODE_TYPE = re.compile(r"(?:cache\.)?[a-z]+\d[a-z]*\.([a-z0-9]+)")
_SIZES_OF_TWO_CORES = {"micro", "small", "medium", "large"}
_PASSWORD_IN_ACCESS_STRING = re.compile(r"(^|\s)([<>#!]\S|nopass|resetpass|reset\b)")


def has_two_cores(node_type: str) -> bool:
    """Whether half of the machine is all that the engine can use."""
    match = None if is_token(node_type) else _NODE_TYPE.fullmatch(node_type)
    return match is not None and match[1] in _SIZES_OF_TWO_CORES


def check_what_belongs_together(
    problems: Problems,
    engine: CacheEngine,
    *,
    serverless: bool,
    multi_az: bool,
    of_nodes: Mapping[str, object],
    of_users: Mapping[str, object],
    eviction: object,
) -> None:
    """Options that the engine, or a cache without nodes, does not have."""
    if serverless:
        _refuse(problems, {**of_nodes, "eviction": eviction}, "a serverless cache chooses that by itself")
        if not multi_az:
            problems.add("availability must be multi-az for a serverless cache: there is no other; leave it out")
    if engine == CacheEngine.MEMCACHED:
        structures = {**of_users, "eviction": eviction} if not serverless else of_users
        _refuse(problems, structures, "Memcached has neither users nor eviction policies")
        if not serverless:
            shards = {name: of_nodes[name] for name in ("shards", "replicas")}
            _refuse(problems, shards, "Memcached has nodes, which hold a part each")
    elif not serverless:
        _refuse(problems, {"nodes": of_nodes["nodes"]}, "Valkey and Redis OSS have shards and replicas")


def _refuse(problems: Problems, options: Mapping[str, object], because: str) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        problems.add(f"{' and '.join(given)} must be left out: {because}")


def check_serverless(problems: Problems, limits: Serverless) -> None:
    """What it may grow to."""
    size = (defaults.SMALLEST_SERVERLESS_GB, defaults.LARGEST_SERVERLESS_GB)
    problems.between("serverless.maximum_gb", limits.maximum_gb, *size, " GB")
    pace = (defaults.SMALLEST_SERVERLESS_ECPUS, defaults.LARGEST_SERVERLESS_ECPUS)
    problems.between("serverless.maximum_ecpus_per_second", limits.maximum_ecpus_per_second, *pace)


def check_shards(problems: Problems, *, shards: int | None, replicas: int | None, multi_az: bool) -> None:
    """How many there are, and that a cache in several zones has something in another one."""
    before = len(problems.found)
    if shards is not None:
        problems.between("shards", shards, 1, defaults.MOST_CACHE_NODES)
    if replicas is not None:
        if multi_az and replicas == 0:
            problems.add(
                f"replicas must be between 1 and {defaults.MOST_CACHE_REPLICAS} with CacheAvailability.MULTI_AZ, got "
                "0: nothing would take over. Have a replica, or say CacheAvailability.SINGLE_POINT_OF_FAILURE"
            )
        elif not multi_az and not is_token(replicas) and replicas != 0:
            problems.add(
                f"replicas must be 0 with CacheAvailability.SINGLE_POINT_OF_FAILURE, got {replicas}: say "
                "CacheAvailability.MULTI_AZ, which costs the same"
            )
        else:
            problems.between("replicas", replicas, 0, defaults.MOST_CACHE_REPLICAS)
    if len(problems.found) == before and not is_token(shards) and not is_token(replicas):
        total = (shards or 1) * (1 + (defaults.CACHE_REPLICAS if replicas is None and multi_az else replicas or 0))
        if total > defaults.MOST_CACHE_NODES:
            problems.add(
                f"shards x (1 + replicas) must be at most {defaults.MOST_CACHE_NODES} nodes, got {total}: have fewer "
                "of either, or larger nodes"
            )


def check_nodes(problems: Problems, *, nodes: int | None, multi_az: bool) -> None:
    """How many Memcached has."""
    if nodes is None:
        return
    if multi_az and nodes == 1:
        problems.add(
            f"nodes must be between 2 and {defaults.MOST_MEMCACHED_NODES} with CacheAvailability.MULTI_AZ, got 1: one "
            "node is in one zone. Have another, or say CacheAvailability.SINGLE_POINT_OF_FAILURE"
        )
    else:
        problems.between("nodes", nodes, 1, defaults.MOST_MEMCACHED_NODES)


def check_node_type(problems: Problems, node_type: str | None) -> None:
    """That it looks like one: which there are changes faster than this."""
    if node_type is not None and not is_token(node_type) and not _NODE_TYPE.fullmatch(node_type):
        problems.add(f"node_type must be a node type such as '{defaults.CACHE_NODE_TYPE}', got {node_type!r}")


def check_users(problems: Problems, access_string: str | None, rotation_days: int | None) -> None:
    """What the user may do, and how long a password lives."""
    if access_string is not None and not is_token(access_string):
        if access_string.split()[:1] != ["on"]:
            problems.add(f"access_string must begin with 'on', or nobody can log in, got {access_string!r}")
        if _PASSWORD_IN_ACCESS_STRING.search(access_string):
            problems.add("access_string must hold no password and no rule about one: ElastiCache takes none there")
    if rotation_days is not None:
        problems.between("rotation_days", rotation_days, 1, defaults.LONGEST_ROTATION_DAYS, " days")


def check_thresholds(problems: Problems, thresholds: CacheThresholds) -> None:
    """When alarms ring."""
    problems.between("thresholds.cpu_percent", thresholds.cpu_percent, 1, 100)
    problems.between("thresholds.memory_percent", thresholds.memory_percent, 1, 100)
    problems.between("thresholds.connections", thresholds.connections, 1, defaults.MOST_CACHE_CONNECTIONS)
    lag = thresholds.replication_lag_seconds
    if not is_token(lag) and not lag > 0:
        problems.add(f"thresholds.replication_lag_seconds must be more than 0 seconds, got {lag:.15g} seconds")
