"""What may be chosen about a cache, and what follows from it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.database.cache_engines import CacheAuthentication, CacheEngine, Eviction
from aws_patterns.database.cache_options import (
    CacheAvailability,
    CacheBackups,
    CacheMaintenance,
    CacheThresholds,
    Serverless,
    check_cache,
    recovery_of,
)
from aws_patterns.recovery import Loss, Span
from aws_patterns.recovery_objectives import Objective

SINGLE = CacheAvailability.SINGLE_POINT_OF_FAILURE
MEMCACHED = CacheEngine.MEMCACHED


def problems_of(**options: Any) -> list[str]:
    problems = Problems("Cache")
    check_cache(problems, **options)
    return problems.found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"engine": CacheEngine.REDIS_OSS, "engine_version": "6.2", "access_string": "on ~app:* +@read"},
        {"availability": SINGLE, "replicas": 0, "backups": None, "rotation_days": None},
        {"shards": 1, "node_type": "cache.r7g.16xlarge", "replicas": 5},
        {"shards": 83, "replicas": 5},
        {"engine": MEMCACHED, "nodes": 60},
        {"engine": MEMCACHED, "availability": SINGLE, "nodes": 1},
        {"serverless": Serverless(), "engine_version": "9", "authentication": CacheAuthentication.IAM},
        {"engine": MEMCACHED, "serverless": Serverless(maximum_gb=5_000, maximum_ecpus_per_second=1_000)},
        {"objectives": {Loss.AVAILABILITY_ZONE: Objective(recovery_time_seconds=120, recovery_point_seconds=10)}},
    ],
)
def test_what_can_be_built_is_let_through(options: dict[str, Any]) -> None:
    assert problems_of(**options) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"engine": "oracle"}, "engine must be one of valkey, redis, memcached, got 'oracle'"),
        ({"availability": "maybe"}, "availability must be one of multi-az, single-az, got 'maybe'"),
        (
            {"engine_version": "6.2"},
            "engine_version of a valkey cache must be one of 7.2, 8.0, 8.1, 8.2, 9.0, 9.1, got '6.2'",
        ),
        (
            {"serverless": Serverless(), "engine_version": "8.2"},
            "engine_version of a serverless valkey cache must be one of 7, 8, 9, got '8.2'",
        ),
        (
            {"engine": CacheEngine.REDIS_OSS, "engine_version": "6.2", "authentication": CacheAuthentication.IAM},
            "authentication=CacheAuthentication.IAM needs Redis OSS 7.0 or Valkey 7.2 at least, got engine_version "
            "'6.2': take a newer one, or CacheAuthentication.PASSWORD",
        ),
        (
            {"replicas": 0},
            "replicas must be between 1 and 5 with CacheAvailability.MULTI_AZ, got 0: nothing would take over. Have a "
            "replica, or say CacheAvailability.SINGLE_POINT_OF_FAILURE",
        ),
        ({"replicas": 6}, "replicas must be between 0 and 5, got 6"),
        (
            {"availability": SINGLE, "replicas": 2},
            "replicas must be 0 with CacheAvailability.SINGLE_POINT_OF_FAILURE, got 2: say "
            "CacheAvailability.MULTI_AZ, which costs the same",
        ),
        ({"shards": 0}, "shards must be between 1 and 500, got 0"),
        (
            {"shards": 100, "replicas": 5},
            "shards x (1 + replicas) must be at most 500 nodes, got 600: have fewer of either, or larger nodes",
        ),
        (
            {"shards": 251},
            "shards x (1 + replicas) must be at most 500 nodes, got 502: have fewer of either, or larger nodes",
        ),
        ({"nodes": 3}, "nodes must be left out: Valkey and Redis OSS have shards and replicas"),
        (
            {"engine": MEMCACHED, "shards": 2, "replicas": 1},
            "shards and replicas must be left out: Memcached has nodes, which hold a part each",
        ),
        (
            {"engine": MEMCACHED, "authentication": CacheAuthentication.PASSWORD, "eviction": Eviction.NOEVICTION},
            "authentication and eviction must be left out: Memcached has neither users nor eviction policies",
        ),
        (
            {"engine": MEMCACHED, "nodes": 1},
            "nodes must be between 2 and 60 with CacheAvailability.MULTI_AZ, got 1: one node is in one zone. Have "
            "another, or say CacheAvailability.SINGLE_POINT_OF_FAILURE",
        ),
        ({"engine": MEMCACHED, "nodes": 61}, "nodes must be between 1 and 60, got 61"),
        (
            {"serverless": Serverless(), "node_type": "m7g.large", "shards": 2, "eviction": Eviction.NOEVICTION},
            "node_type and shards and eviction must be left out: a serverless cache chooses that by itself",
        ),
        (
            {"serverless": Serverless(), "availability": SINGLE},
            "availability must be multi-az for a serverless cache: there is no other; leave it out",
        ),
        ({"serverless": Serverless(maximum_gb=0)}, "serverless.maximum_gb must be between 1 and 5000 GB, got 0 GB"),
        (
            {"serverless": Serverless(maximum_ecpus_per_second=999)},
            "serverless.maximum_ecpus_per_second must be between 1000 and 15000000, got 999",
        ),
        ({"node_type": "large"}, "node_type must be a node type such as 'm7g.large', got 'large'"),
        ({"access_string": "~* +@all"}, "access_string must begin with 'on', or nobody can log in, got '~* +@all'"),
        (
            {"access_string": "on >secret ~* +@all"},
            "access_string must hold no password and no rule about one: ElastiCache takes none there",
        ),
        ({"rotation_days": 0}, "rotation_days must be between 1 and 1000 days, got 0 days"),
        (
            {"eviction": "random"},
            "eviction must be one of volatile-lru, volatile-lfu, volatile-ttl, allkeys-lru, allkeys-lfu, noeviction, "
            "got 'random'",
        ),
        ({"authentication": "token"}, "authentication must be one of password, iam, got 'token'"),
        (
            {"backups": CacheBackups(retention_days=0)},
            "backups.retention_days must be between 1 and 35 days, got 0 days",
        ),
        (
            {"backups": CacheBackups(window="04:30-05:30")},
            "backups.window and maintenance.window must not overlap, got '04:30-05:30' and 'sun:04:00-sun:05:00': "
            "move one of them",
        ),
        (
            {"backups": CacheBackups(window="02:00-02:45")},
            "backups.window must be 60 to 1440 minutes long, got 45 minutes ('02:00-02:45')",
        ),
        (
            {"maintenance": CacheMaintenance(window="sunday")},
            "maintenance.window must be hours of the week in UTC such as 'sun:04:00-sun:05:00', with days mon, tue, "
            "wed, thu, fri, sat, sun, got 'sunday'",
        ),
        (
            {"thresholds": CacheThresholds(replication_lag_seconds=0)},
            "thresholds.replication_lag_seconds must be more than 0 seconds, got 0 seconds",
        ),
        ({"thresholds": CacheThresholds(connections=0)}, "thresholds.connections must be between 1 and 65000, got 0"),
        ({"nodes": "3"}, "nodes must be a whole number or None, got '3'"),
        (
            {"availability": SINGLE, "objectives": {Loss.INSTANCE: Objective(recovery_time_seconds=60)}},
            "objectives[Loss.INSTANCE].recovery_time_seconds is 60, and what was chosen has 5 to 15 minutes. "
            "ElastiCache replaces the node, which begins empty; the time is an estimate. Use "
            "CacheAvailability.MULTI_AZ with Valkey or Redis OSS, or ask for less.",
        ),
        (
            {"objectives": {Loss.REGION: Objective(recovery_point_seconds=60)}},
            "objectives[Loss.REGION].recovery_point_seconds is 60, and what was chosen does not recover from it. "
            "Nothing of "
            "it is in another Region: another cache begins empty there. Keep in a GlobalTable what must survive its "
            "Region, or ask for less.",
        ),
    ],
)
def test_what_can_not_be_is_told_with_its_fix(options: dict[str, Any], problem: str) -> None:
    assert problems_of(**options) == [problem]


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=re.escape("Cache can't be built:\n  - ")), Problems("Cache") as problems:
        check_cache(problems, replicas=0, nodes=3, node_type="x", rotation_days=0, access_string="off")
    assert len(problems.found) == 5


class TestRecovery:
    def test_a_replica_takes_over(self) -> None:
        found = recovery_of()
        assert found[Loss.INSTANCE] == found[Loss.AVAILABILITY_ZONE]
        assert found[Loss.INSTANCE].automatic
        assert found[Loss.INSTANCE].recovery_time == Span(usual=30, worst=120)

    def test_a_single_node_is_replaced_by_an_empty_one(self) -> None:
        found = recovery_of(availability=SINGLE)
        assert found[Loss.INSTANCE].recovery_point is None
        assert not found[Loss.AVAILABILITY_ZONE].automatic
        assert found[Loss.AVAILABILITY_ZONE].recovery_point is not None, "of the last snapshot"
        assert recovery_of(availability=SINGLE, backups=None)[Loss.AVAILABILITY_ZONE].recovery_time is None

    def test_memcached_forgets_what_its_lost_nodes_held(self) -> None:
        found = recovery_of(engine=MEMCACHED)
        assert found[Loss.INSTANCE].recovery_point is None
        assert found[Loss.AVAILABILITY_ZONE] == found[Loss.INSTANCE]
        assert recovery_of(engine=MEMCACHED, availability=SINGLE)[Loss.AVAILABILITY_ZONE].recovery_time is None

    def test_a_serverless_one_goes_on(self) -> None:
        assert recovery_of(serverless=True)[Loss.AVAILABILITY_ZONE].automatic

    @pytest.mark.parametrize("engine", CacheEngine)
    @pytest.mark.parametrize("availability", CacheAvailability)
    @pytest.mark.parametrize("serverless", [True, False])
    def test_each_loss_is_answered_with_a_source(
        self, engine: CacheEngine, availability: CacheAvailability, *, serverless: bool
    ) -> None:
        found = recovery_of(engine=engine, availability=availability, serverless=serverless)
        assert set(found) == set(Loss)
        assert all(each.source.startswith("https://docs.aws.amazon.com/AmazonElastiCache/") for each in found.values())
        assert found[Loss.REGION].recovery_time is None
