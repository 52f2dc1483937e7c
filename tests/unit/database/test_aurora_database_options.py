"""What may be chosen about an Aurora database: every limit, told in one go, and what follows for the day of a loss."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_rds as rds
from hypothesis import given
from hypothesis import strategies as st

from aws_patterns._validation import Problems
from aws_patterns.database._aurora_versions import (
    VERSIONS,
    cdk_name,
    chosen_version,
    known_versions,
    largest_acu,
    pauses,
)
from aws_patterns.database.aurora_database_options import (
    backtrack_of,
    check_aurora_database,
    connections_threshold,
    recovery_of,
)
from aws_patterns.database.aurora_parts import (
    AuroraThresholds,
    ConnectionProxy,
    Provisioned,
    ReaderMetric,
    ReaderScaling,
    ServerlessV2,
)
from aws_patterns.database.engines import Engine
from aws_patterns.database.relational_database_options import BackupCopy, Backups, Maintenance, Monitoring
from aws_patterns.recovery import NONE, Loss, Span
from aws_patterns.recovery_objectives import Objective

CDK = {Engine.POSTGRESQL: rds.AuroraPostgresEngineVersion, Engine.MYSQL: rds.AuroraMysqlEngineVersion}


def problems(**options: Any) -> list[str]:
    found = Problems("AuroraDatabase S/Data")
    check_aurora_database(found, **options)
    return found.found


class TestVersions:
    @pytest.mark.parametrize("engine", CDK)
    def test_the_cdk_knows_each(self, engine: Engine) -> None:
        for version in known_versions(engine):
            known = getattr(CDK[engine], cdk_name(version))
            full = known.aurora_mysql_full_version if engine is Engine.MYSQL else known.aurora_postgres_full_version
            assert full.removeprefix("8.0.mysql_aurora.") == version

    def test_none_that_the_cdk_knows_of_these_releases_is_missing(self) -> None:
        """But those that AWS no longer offers, which the CDK has marked."""
        for engine, of_cdk in CDK.items():
            for name in dir(of_cdk):
                version = name.removeprefix("VER_").replace("_", ".")
                major = version.rpartition(".")[0]
                if not name.startswith("VER_") or major not in VERSIONS[engine] or version in known_versions(engine):
                    continue
                text = of_cdk.__dict__[name].fget.__func__.__doc__
                assert "deprecated" in text, f"{engine} {version} is missing"

    def test_no_newer_major_release_is_missing(self) -> None:
        majors = {int(name.split("_")[1]) for name in dir(rds.AuroraPostgresEngineVersion) if name.startswith("VER_")}
        assert max(majors) == max(map(int, VERSIONS[Engine.POSTGRESQL]))
        minors = {
            "_".join(name.split("_")[1:3]) for name in dir(rds.AuroraMysqlEngineVersion) if name.startswith("VER_3_")
        }
        assert max(minors).replace("_", ".") == max(VERSIONS[Engine.MYSQL])

    def test_mysql_as_aws_writes_it(self) -> None:
        assert problems(engine=Engine.MYSQL, engine_version="8.0.mysql_aurora.3.10.4") == []
        assert chosen_version(Engine.MYSQL, "8.0.mysql_aurora.3.10.4") == "3.10.4"

    def test_one_that_there_is_not(self) -> None:
        assert problems(engine_version="17.99") == [
            "engine_version must be a release of Aurora PostgreSQL such as 18.3, 18.4, 18.6, one that the CDK knows "
            "and AWS still offers, got '17.99': did you mean '17.9'?"
        ]

    def test_what_no_version_is_near(self) -> None:
        assert problems(engine=Engine.MYSQL, engine_version="?") == [
            "engine_version must be a release of Aurora MySQL such as 3.11.0, 3.11.1, 3.12.0, one that the CDK knows "
            "and AWS still offers, got '?'"
        ]

    def test_it_must_be_known(self) -> None:
        assert problems(engine_version=cdk.Token.as_string({"Ref": "Version"})) == [
            "engine_version must be known at synthesis: what a database can do depends on it"
        ]

    @pytest.mark.parametrize(
        ("engine", "version", "pausing", "largest"),
        [
            (Engine.POSTGRESQL, "17.4", True, 256),
            (Engine.POSTGRESQL, "16.4", True, 256),
            (Engine.POSTGRESQL, "15.8", True, 256),
            (Engine.POSTGRESQL, "14.13", True, 256),
            (Engine.POSTGRESQL, "14.6", False, 128),
            (Engine.MYSQL, "3.04.6", False, 128),
            (Engine.MYSQL, "3.08.0", True, 256),
            (Engine.MYSQL, "3.10.4", True, 256),
        ],
    )
    def test_what_serverless_instances_can_do(
        self, engine: Engine, version: str, *, pausing: bool, largest: int
    ) -> None:
        assert pauses(engine, version) is pausing
        assert largest_acu(engine, version) == largest

    def test_mariadb_is_not_there(self) -> None:
        assert problems(engine=Engine.MARIADB) == [
            "engine must be Engine.POSTGRESQL or Engine.MYSQL for Aurora, got 'mariadb': MariaDB is there as a "
            "RelationalDatabase"
        ]


class TestCapacity:
    def test_acus_out_of_range(self) -> None:
        assert problems(capacity=ServerlessV2(minimum_acu=-1, maximum_acu=512)) == [
            "capacity.minimum_acu must be between 0 and 256 ACUs, got -1 ACUs",
            "capacity.maximum_acu must be between 1 and 256 ACUs, got 512 ACUs",
        ]

    def test_acus_of_an_older_version(self) -> None:
        assert problems(engine_version="14.6", capacity=ServerlessV2(minimum_acu=0, maximum_acu=256)) == [
            "capacity.maximum_acu must be between 1 and 128 ACUs, got 256 ACUs",
            "capacity.minimum_acu must be at least 0.5 ACUs with Aurora PostgreSQL 14.6, got 0 ACUs: its instances "
            "can't pause",
        ]

    def test_more_at_least_than_at_most(self) -> None:
        assert problems(capacity=ServerlessV2(minimum_acu=8, maximum_acu=4)) == [
            "capacity.maximum_acu must be at least capacity.minimum_acu, got 4 and 8 ACUs"
        ]

    def test_halves_only(self) -> None:
        assert problems(capacity=ServerlessV2(minimum_acu=0.7, maximum_acu=4)) == [
            "capacity.minimum_acu must be in steps of 0.5 ACUs, got 0.7 ACUs"
        ]

    def test_pauses(self) -> None:
        assert problems(capacity=ServerlessV2(minimum_acu=0, maximum_acu=4, pause_seconds=60)) == [
            "capacity.pause_seconds must be between 300 and 86400 seconds, got 60 seconds"
        ]
        assert problems(capacity=ServerlessV2(pause_seconds=600)) == [
            "capacity.pause_seconds has no effect with capacity.minimum_acu=2: only what may go down to 0 ACUs pauses"
        ]

    @pytest.mark.parametrize("kind", ["t4g.medium", "m7g.large", "r7g.medium", "large", "db.t3.medium"])
    def test_instances_that_are_not_for_aurora(self, kind: str) -> None:
        assert problems(capacity=Provisioned(instance_type=kind)) == [
            "capacity.instance_type must be a memory-optimised type (r5, r6g, r6gd, r6i, r6id, r7g, r7i, r8g, r8gd, "
            f"r8i) such as 'r7g.large', got '{kind}': for less than that use ServerlessV2"
        ]

    @pytest.mark.parametrize("kind", ["r7g.large", "r8g.xlarge", "db.r6i.24xlarge"])
    def test_instances_that_are(self, kind: str) -> None:
        assert problems(capacity=Provisioned(instance_type=kind)) == []

    @given(low=st.integers(0, 512), high=st.integers(2, 512))
    def test_every_half_between_is_allowed(self, low: int, high: int) -> None:
        found = problems(capacity=ServerlessV2(minimum_acu=low / 2, maximum_acu=high / 2))
        assert (found == []) == (low <= high)


class TestReaders:
    def test_none_must_be_said(self) -> None:
        assert problems(readers=0) == [
            "readers must be between 1 and 15, got 0: the loss of the only instance is a matter of ten minutes, that "
            "of its zone one of the zone's return. Say single_point_of_failure=True if that will do"
        ]
        assert problems(readers=0, single_point_of_failure=True) == []

    def test_it_is_said_of_none_only(self) -> None:
        assert problems(readers=2, single_point_of_failure=True) == [
            "single_point_of_failure=True says that there are no readers, got readers=2"
        ]

    @pytest.mark.parametrize("readers", [-1, 16])
    def test_too_few_and_too_many(self, readers: int) -> None:
        assert problems(readers=readers) == [f"readers must be between 0 and 15, got {readers}"]

    def test_they_must_be_known(self) -> None:
        assert problems(readers=cdk.Token.as_number({"Ref": "Readers"})) == [
            "readers must be known at synthesis: each is a resource of its own"
        ]

    def test_scaling(self) -> None:
        assert problems(
            readers=3,
            reader_scaling=ReaderScaling(
                maximum=3, target=101, scale_in_cooldown_seconds=-1, scale_out_cooldown_seconds=-2
            ),
        ) == [
            "reader_scaling.maximum must be more than readers, which stay, got 3 and 3",
            "reader_scaling.target must be between 1 and 100 %, got 101 %",
            "reader_scaling.scale_in_cooldown_seconds must be at least 0 seconds, got -1 seconds",
            "reader_scaling.scale_out_cooldown_seconds must be at least 0 seconds, got -2 seconds",
        ]
        assert problems(reader_scaling=ReaderScaling(maximum=16, metric=ReaderMetric.CONNECTIONS, target=0)) == [
            "reader_scaling.maximum must be between 1 and 15, got 16",
            "reader_scaling.target must be at least 1 connections, got 0 connections",
        ]


class TestOptions:
    def test_everything_at_once(self) -> None:
        found = problems(
            engine=Engine.POSTGRESQL,
            engine_version="1",
            capacity=ServerlessV2(minimum_acu=0, maximum_acu=4),
            readers=0,
            proxy=ConnectionProxy(
                iam_required=True,
                maximum_connections_percent=0,
                borrow_timeout_seconds=301,
                idle_client_timeout_seconds=59,
            ),
            iam_authentication=False,
            backtrack_hours=24,
            backups=Backups(retention_days=0, window="04:00-04:30", copy=BackupCopy(region="eu-central-1")),
            maintenance=Maintenance(window="sun:04:00-sun:05:00", major_version_upgrades=True),
            monitoring=Monitoring(logs=["slowquery"]),
            objectives={Loss.INSTANCE: Objective(recovery_time_seconds=60)},
            database_name="1",
            master_username="rdsadmin",
            port=80,
            parameters={"rds.force_ssl": "0"},
            rotation_days=0,
            thresholds=AuroraThresholds(cpu_percent=0, acu_percent=101, connections=0, replica_lag_milliseconds=-1),
        )
        assert [line.split(" ")[0] for line in found] == [
            "engine_version",
            "readers",
            "proxy.maximum_connections_percent",
            "proxy.borrow_timeout_seconds",
            "proxy.idle_client_timeout_seconds",
            "capacity.minimum_acu=0",
            "proxy.read_only_endpoint",
            "proxy.iam_required=True",
            "backtrack_hours",
            "backups.retention_days",
            "backups.copy",
            "backups.window",
            "maintenance.major_version_upgrades",
            "monitoring.logs",
            "database_name",
            "master_username",
            "parameters",
            "port",
            "rotation_days",
            "thresholds.cpu_percent",
            "thresholds.acu_percent",
            "thresholds.connections",
            "thresholds.replica_lag_milliseconds",
            "objectives[Loss.INSTANCE].recovery_time_seconds",
        ]

    def test_backtrack_is_mysqls(self) -> None:
        assert problems(backtrack_hours=24) == [
            "backtrack_hours is there for MySQL only, got 24 hours with PostgreSQL: leave it out, and go back in time "
            "by restoring a backup into another cluster"
        ]
        assert problems(engine=Engine.MYSQL, backtrack_hours=73) == [
            "backtrack_hours must be between 0 and 72 hours, got 73 hours"
        ]
        assert (backtrack_of(Engine.MYSQL, None), backtrack_of(Engine.POSTGRESQL, None)) == (24, 0)
        assert backtrack_of(Engine.MYSQL, 0) == 0

    def test_what_a_proxy_keeps_from_happening(self) -> None:
        assert problems(capacity=ServerlessV2(minimum_acu=0, maximum_acu=4), proxy=ConnectionProxy()) == [
            "capacity.minimum_acu=0 has no effect with a proxy, which stays connected: nothing ever pauses"
        ]

    def test_backups_elsewhere_are_something_else(self) -> None:
        assert problems(backups=Backups(copy=BackupCopy(region="eu-central-1"))) == [
            "backups.copy is not there for Aurora: have GlobalDatabasePrimary, or let AWS Backup copy snapshots"
        ]

    def test_a_retention_of_nothing(self) -> None:
        assert problems(backups=Backups(retention_days=0)) == [
            "backups.retention_days must be between 1 and 35 days, got 0 days"
        ]

    def test_tokens_are_let_through(self) -> None:
        number: Any = cdk.Token.as_number({"Ref": "Number"})
        text = cdk.Token.as_string({"Ref": "Text"})
        assert (
            problems(
                capacity=ServerlessV2(minimum_acu=number, maximum_acu=number),
                backups=Backups(retention_days=number, window=text),
                maintenance=Maintenance(window=text),
                database_name=text,
                master_username=text,
                port=number,
            )
            == []
        )

    def test_a_wrong_type_is_told_with_the_rest(self) -> None:
        found = problems(readers="3", backtrack_hours=1)
        assert found[0] == "readers must be a whole number, got '3'"
        assert found[1].startswith("backtrack_hours is there for MySQL only")


class TestRecovery:
    def test_a_reader_takes_over(self) -> None:
        promised = recovery_of(readers=1)
        for loss in (Loss.INSTANCE, Loss.AVAILABILITY_ZONE):
            assert promised[loss].recovery_time == Span(usual=30, worst=60)
            assert promised[loss].recovery_point == NONE
            assert promised[loss].automatic
        assert promised[Loss.REGION].recovery_time is None
        assert promised[Loss.REGION].recovery_point is None

    def test_alone_it_is_made_again(self) -> None:
        promised = recovery_of(readers=0)
        assert promised[Loss.INSTANCE].recovery_time == Span(usual=600, worst=600)
        assert promised[Loss.INSTANCE].automatic
        assert not promised[Loss.AVAILABILITY_ZONE].automatic
        assert promised[Loss.AVAILABILITY_ZONE].recovery_point == NONE, "storage is in three zones all the same"

    def test_a_proxy_is_told_of(self) -> None:
        assert "proxy" in recovery_of(readers=1, proxy=True)[Loss.INSTANCE].how
        assert "proxy" not in recovery_of(readers=1)[Loss.INSTANCE].how

    def test_an_objective_that_is_not_reached(self) -> None:
        asked = {Loss.REGION: Objective(recovery_time_seconds=900), Loss.INSTANCE: Objective(recovery_time_seconds=60)}
        assert problems(objectives=asked) == [
            "objectives[Loss.REGION].recovery_time_seconds is 900, and what was chosen does not recover from it. "
            "Data and "
            "backups are in this Region alone. Use GlobalDatabasePrimary, of which another Region has every change "
            "within seconds, or ask for less."
        ]


class TestConnections:
    @pytest.mark.parametrize(
        ("engine", "capacity", "threshold"),
        [
            (Engine.POSTGRESQL, Provisioned(instance_type="r7g.large"), 1441),
            (Engine.POSTGRESQL, Provisioned(instance_type="r7g.16xlarge"), 4000),
            (Engine.POSTGRESQL, ServerlessV2(minimum_acu=2, maximum_acu=16), 2883),
            (Engine.POSTGRESQL, ServerlessV2(minimum_acu=0.5, maximum_acu=16), 1600),
            (Engine.MYSQL, Provisioned(instance_type="r7g.large"), 855),
            (Engine.MYSQL, Provisioned(instance_type="r7g.4xlarge"), 3255),
        ],
    )
    def test_four_fifths_of_what_is_let_in(
        self, engine: Engine, capacity: ServerlessV2 | Provisioned, threshold: int
    ) -> None:
        """r5.large lets in 1,000 with MySQL, 4xlarge 4,000, by AWS's table, which rounds memory up."""
        assert connections_threshold(engine, capacity, None) == threshold

    def test_what_was_asked_for(self) -> None:
        assert connections_threshold(Engine.MYSQL, ServerlessV2(), 7) == 7

    def test_of_what_is_known_at_deployment_only(self) -> None:
        token = cdk.Token.as_number({"Ref": "Most"})
        assert connections_threshold(Engine.MYSQL, ServerlessV2(maximum_acu=token), None) is None
