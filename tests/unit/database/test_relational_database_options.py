"""What is told about the options of a relational database before there is one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.database.engines import TRAITS, Engine, known_versions, major_of
from aws_patterns.database.instance_classes import memory_bytes
from aws_patterns.database.maintenance_windows import check_windows
from aws_patterns.database.relational_database_options import (
    AlarmThresholds,
    Availability,
    BackupCopy,
    Backups,
    Monitoring,
    ReadReplicas,
    Storage,
    check_relational_database,
    connections_threshold,
    free_storage_threshold,
    maximum_storage_gib,
    recovery_of,
)
from aws_patterns.recovery import Loss, in_words
from aws_patterns.recovery_objectives import Objective

GIB = 1024**3


def problems_of(**options: Any) -> list[str]:
    problems = Problems("it")
    check_relational_database(problems, **options)
    return problems.found


class TestEngines:
    def test_every_engine_is_right_as_it_stands(self) -> None:
        for engine in Engine:
            assert problems_of(engine=engine) == []

    @pytest.mark.parametrize(
        ("version", "major"),
        [("17", "17"), ("17.6", "17"), ("9.6.24", "9.6"), ("12.22-rds.20250220", "12")],
    )
    def test_the_major_release_of_postgresql(self, version: str, major: str) -> None:
        assert major_of(Engine.POSTGRESQL, version) == major

    @pytest.mark.parametrize(("version", "major"), [("8.4", "8.4"), ("8.4.5", "8.4"), ("5.7.44-rds.20240408", "5.7")])
    def test_the_major_release_of_mysql(self, version: str, major: str) -> None:
        assert major_of(Engine.MYSQL, version) == major

    def test_the_versions_are_those_that_the_cdk_knows(self) -> None:
        from aws_cdk import aws_rds as rds

        of_cdk = {
            Engine.POSTGRESQL: (rds.PostgresEngineVersion, "postgres_full_version"),
            Engine.MYSQL: (rds.MysqlEngineVersion, "mysql_full_version"),
            Engine.MARIADB: (rds.MariaDbEngineVersion, "maria_db_full_version"),
        }
        for engine, (kind, attribute) in of_cdk.items():
            names = [name for name in dir(kind) if name.startswith("VER_")]
            known = {getattr(getattr(kind, name), attribute) for name in names}
            assert known <= known_versions(engine)
            assert known_versions(engine) - known <= {major_of(engine, version) for version in known}

    def test_a_version_that_is_not_there_is_told_with_the_nearest(self) -> None:
        (problem,) = problems_of(engine=Engine.MYSQL, engine_version="8.4.99")
        assert problem == (
            "engine_version must be a release of mysql such as 5.5, 5.7, 8.0, 8.4, or a minor one of these that the "
            "CDK knows, got '8.4.99': did you mean '8.4.9'?"
        )

    def test_a_version_of_another_engine(self) -> None:
        (problem,) = problems_of(engine=Engine.MARIADB, engine_version="17")
        assert problem.startswith("engine_version must be a release of mariadb such as 10.2, 10.3,")

    @pytest.mark.parametrize(
        ("engine", "version", "oldest"),
        [(Engine.MYSQL, "5.5.54", "5.7"), (Engine.MARIADB, "10.4.34", "10.5"), (Engine.POSTGRESQL, "9.6.24", "10")],
    )
    def test_a_version_that_can_not_force_tls(self, engine: Engine, version: str, oldest: str) -> None:
        assert problems_of(engine=engine, engine_version=version) == [
            f"engine_version must be {oldest} or later for {engine}, the oldest that can refuse connections without "
            f"TLS, got {version!r}"
        ]

    def test_iam_on_an_engine_that_has_it_not(self) -> None:
        assert problems_of(engine=Engine.MARIADB, engine_version="10.6") == [
            "iam_authentication needs mariadb 10.11 or later, the oldest that lets people in by IAM, got '10.6': "
            "choose that, or iam_authentication=False"
        ]
        assert problems_of(engine=Engine.MARIADB, engine_version="10.6", iam_authentication=False) == []

    def test_tls_is_not_up_for_choice(self) -> None:
        assert problems_of(parameters={"rds.force_ssl": "0"}) == [
            "parameters must not name rds.force_ssl, which refuses connections without TLS, got '0': leave it out"
        ]

    def test_names_that_the_engine_refuses(self) -> None:
        assert problems_of(database_name="my-shop", master_username="admin") == [
            "database_name must be 1 to 63 letters, digits and underscores, a letter first, for postgres, got "
            "'my-shop'",
            "master_username must not be one that postgres on RDS keeps for itself, got 'admin'",
        ]
        assert problems_of(engine=Engine.MYSQL, master_username="a" * 17) == [
            "master_username must be 1 to 16 letters, digits and underscores, a letter first, for mysql, got "
            f"'{'a' * 17}'"
        ]

    def test_logs_of_another_engine(self) -> None:
        (problem,) = problems_of(monitoring=Monitoring(logs=["slowquery"]))
        assert problem == ("monitoring.logs must be one of iam-db-auth-error, postgresql, upgrade, got 'slowquery'")


class TestWindows:
    @pytest.mark.parametrize(
        ("backup", "maintenance"),
        [
            ("02:00-03:00", "sun:02:30-sun:03:30"),
            ("02:00-03:00", "sun:01:30-sun:02:01"),
            ("23:30-00:30", "mon:00:00-mon:00:30"),
            ("23:30-00:30", "sun:23:45-mon:00:15"),
            ("04:00-04:30", "sat:22:00-sun:05:00"),
            ("02:10-02:45", "wed:02:00-wed:03:00"),
        ],
    )
    def test_those_that_overlap_are_told(self, backup: str, maintenance: str) -> None:
        problems = Problems("it")
        check_windows(problems, backup_window=backup, maintenance_window=maintenance)
        assert problems.found == [
            f"backups.window and maintenance.window must not overlap, got {backup!r} and {maintenance!r}: move one of "
            "them"
        ]

    @pytest.mark.parametrize(
        ("backup", "maintenance"),
        [
            ("02:00-03:00", "sun:03:00-sun:04:00"),
            ("03:00-04:00", "sun:02:00-sun:03:00"),
            ("23:30-00:00", "mon:00:00-mon:00:30"),
            (None, "Mon:00:00-Mon:00:30"),
        ],
    )
    def test_those_that_touch_do_not(self, backup: str | None, maintenance: str) -> None:
        problems = Problems("it")
        check_windows(problems, backup_window=backup, maintenance_window=maintenance)
        assert problems.found == []

    def test_what_is_no_window(self) -> None:
        problems = Problems("it")
        check_windows(problems, backup_window="2:00-3:00", maintenance_window="sunday 4am")
        check_windows(problems, backup_window="02:00-02:29", maintenance_window="sun:04:00-mon:04:01")
        assert problems.found == [
            "backups.window must be hours of the day in UTC such as '02:00-03:00', got '2:00-3:00'",
            "maintenance.window must be hours of the week in UTC such as 'sun:04:00-sun:05:00', with days mon, tue, "
            "wed, thu, fri, sat, sun, got 'sunday 4am'",
            "backups.window must be 30 to 1440 minutes long, got 29 minutes ('02:00-02:29')",
            "maintenance.window must be 30 to 1440 minutes long, got 1441 minutes ('sun:04:00-mon:04:01')",
        ]


class TestStorageAndBackups:
    def test_growth_that_rds_refuses(self) -> None:
        assert problems_of(storage=Storage(gib=100, maximum_gib=109)) == [
            "storage.maximum_gib must be at least 10 % more than storage.gib, or the same for storage that does not "
            "grow, got 109 GiB and 100 GiB"
        ]
        assert problems_of(storage=Storage(gib=100, maximum_gib=110)) == []
        assert problems_of(storage=Storage(gib=100, maximum_gib=100)) == []

    def test_too_small(self) -> None:
        assert problems_of(storage=Storage(gib=10)) == ["storage.gib must be between 20 and 65536 GiB, got 10 GiB"]

    @pytest.mark.parametrize(
        ("storage", "maximum"),
        [(Storage(), 1_000), (Storage(gib=20), 1_000), (Storage(gib=500), 5_000), (Storage(gib=60_000), 65_536)],
    )
    def test_how_far_it_grows(self, storage: Storage, maximum: int) -> None:
        assert maximum_storage_gib(storage) == maximum

    def test_no_backups_by_number(self) -> None:
        assert problems_of(backups=Backups(retention_days=0)) == [
            "backups.retention_days must be between 1 and 35 days, got 0 days: write backups=None to keep no backup, "
            "and to lose everything with the next mistake"
        ]

    def test_replicas_without_backups(self) -> None:
        assert problems_of(backups=None, read_replicas=ReadReplicas()) == [
            "read_replicas are made from backups, got backups=None: keep backups for a day at least"
        ]

    @pytest.mark.parametrize("count", [0, 16])
    def test_how_many_replicas(self, count: int) -> None:
        assert problems_of(read_replicas=ReadReplicas(count=count)) == [
            f"read_replicas.count must be between 1 and 15, got {count}"
        ]

    def test_copies_that_can_not_be_made(self) -> None:
        copy = BackupCopy(region="Frankfurt", retention_days=36, encryption_key_arn="alias/mine")
        assert problems_of(backups=Backups(copy=copy)) == [
            "backups.copy.retention_days must be between 1 and 35 days, got 36 days",
            "backups.copy.region must be a Region such as 'eu-central-1', got 'Frankfurt'",
            "backups.copy.encryption_key_arn must be the ARN of a key such as "
            "'arn:aws:kms:Frankfurt:111122223333:key/mrk-1234', got 'alias/mine'",
        ]
        here = BackupCopy(region="eu-central-1", encryption_key_arn="arn:aws:kms:eu-west-1:111122223333:key/mrk-1")
        assert problems_of(backups=Backups(copy=here)) == [
            "backups.copy.encryption_key_arn must be a key in eu-central-1, where the copies are, got one in eu-west-1"
        ]


class TestMonitoring:
    def test_values_that_aws_does_not_take(self) -> None:
        assert problems_of(monitoring=Monitoring(enhanced_seconds=20, insights_days=8, log_retention_days=31)) == [
            "monitoring.enhanced_seconds must be one of 1, 5, 10, 15, 30, 60 seconds, got 20 seconds",
            "monitoring.insights_days must be 7, a multiple of 31 up to 713, or 731 days, got 8 days",
            "monitoring.log_retention_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, "
            "731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 days, got 31 days",
        ]

    @pytest.mark.parametrize(
        ("instance_type", "gib"),
        [("t4g.micro", 1), ("m7g.large", 8), ("db.r7g.xlarge", 32), ("r6i.16xlarge", 512), ("x2g.large", None)],
    )
    def test_the_memory_of_instances(self, instance_type: str, gib: int | None) -> None:
        assert memory_bytes(instance_type) == (None if gib is None else gib * GIB)

    @pytest.mark.parametrize(
        ("engine", "instance_type", "threshold"),
        [
            (Engine.POSTGRESQL, "m7g.large", 720),
            (Engine.POSTGRESQL, "r7g.16xlarge", 4_000),
            (Engine.MYSQL, "m7g.large", 545),
            (Engine.MARIADB, "m7g.large", 272),
        ],
    )
    def test_too_many_connections_follows_what_the_engine_lets_in(
        self, engine: Engine, instance_type: str, threshold: int
    ) -> None:
        assert connections_threshold(engine, instance_type, None) == threshold
        assert connections_threshold(engine, instance_type, 12) == 12

    def test_a_class_whose_memory_nobody_knows_needs_a_number(self) -> None:
        assert problems_of(instance_type="x2g.large") == [
            "thresholds.connections must be given with instance_type='x2g.large', whose memory, and with it the number "
            "of connections that the engine lets in, only AWS knows"
        ]
        assert problems_of(instance_type="x2g.large", thresholds=AlarmThresholds(connections=500)) == []

    def test_free_storage_is_less_than_what_it_grows_at(self) -> None:
        assert free_storage_threshold(Storage(gib=200), None) == 10 * GIB
        assert free_storage_threshold(Storage(gib=200), 3) == 3 * GIB

    def test_thresholds_that_mean_nothing(self) -> None:
        assert problems_of(thresholds=AlarmThresholds(cpu_percent=0, connections=0, free_storage_gib=-1)) == [
            "thresholds.cpu_percent must be between 1 and 100 %, got 0 %",
            "thresholds.free_storage_gib must be more than 0, got -1",
            "thresholds.connections must be more than 0, got 0",
        ]


class TestRecovery:
    def test_a_standby_takes_over_in_two_minutes_without_loss(self) -> None:
        found = recovery_of()
        for loss in (Loss.INSTANCE, Loss.AVAILABILITY_ZONE):
            assert in_words(found[loss].recovery_time) == "1 to 2 minutes"
            assert in_words(found[loss].recovery_point) == "none"
            assert found[loss].automatic
        assert found[Loss.REGION].recovery_time is None

    def test_one_zone_is_restored_by_somebody(self) -> None:
        found = recovery_of(availability=Availability.SINGLE_POINT_OF_FAILURE)
        assert found[Loss.INSTANCE].automatic
        assert in_words(found[Loss.INSTANCE].recovery_time) == "10 to 30 minutes"
        zone = found[Loss.AVAILABILITY_ZONE]
        assert not zone.automatic
        assert in_words(zone.recovery_point) == "5 minutes"

    def test_without_backups_the_zone_takes_it_along(self) -> None:
        found = recovery_of(availability=Availability.SINGLE_POINT_OF_FAILURE, backups=None)
        assert found[Loss.AVAILABILITY_ZONE].recovery_point is None

    def test_copies_elsewhere_outlive_the_region(self) -> None:
        found = recovery_of(backups=Backups(copy=BackupCopy(region="eu-central-1")))[Loss.REGION]
        assert in_words(found.recovery_point) == "5 to 30 minutes"
        assert "eu-central-1" in found.how

    def test_every_loss_has_a_source(self) -> None:
        for availability in Availability:
            for entry in recovery_of(availability=availability, backups=None).values():
                assert entry.source.startswith("https://")

    def test_an_objective_that_is_not_reached_is_told_with_what_reaches_it(self) -> None:
        asked = {Loss.AVAILABILITY_ZONE: Objective(recovery_time_seconds=300, recovery_point_seconds=0)}
        zone = recovery_of(availability=Availability.SINGLE_POINT_OF_FAILURE)[Loss.AVAILABILITY_ZONE]
        assert problems_of(availability=Availability.SINGLE_POINT_OF_FAILURE, objectives=asked) == [
            f"objectives[Loss.AVAILABILITY_ZONE].recovery_time_seconds is 300, and what was chosen has 1 to 4 hours. "
            f"{zone.how} Use availability=Availability.MULTI_AZ, or ask for less.",
            f"objectives[Loss.AVAILABILITY_ZONE].recovery_point_seconds is 0, and what was chosen has 5 minutes. "
            f"{zone.how} Use availability=Availability.MULTI_AZ, or ask for less.",
        ]
        assert problems_of(objectives=asked) == []

    def test_a_regions_objective_without_copies(self) -> None:
        (problem,) = problems_of(objectives={Loss.REGION: Objective(recovery_point_seconds=3600)})
        assert problem == (
            "objectives[Loss.REGION].recovery_point_seconds is 3600, and what was chosen does not recover from it. "
            "Nothing "
            "of it is in another Region. Use backups=Backups(copy=BackupCopy(region=...)), or ask for less "
            "(GlobalDatabase does more)."
        )

    def test_no_backups_with_an_objective(self) -> None:
        found = problems_of(
            availability=Availability.SINGLE_POINT_OF_FAILURE,
            backups=None,
            objectives={Loss.AVAILABILITY_ZONE: Objective(recovery_point_seconds=60)},
        )
        assert len(found) == 1
        assert "There is neither a standby in another zone nor a backup." in found[0]


class TestTypes:
    def test_everything_of_another_type_is_told_at_once(self) -> None:
        text_for_number: Any = "20"
        found = problems_of(
            engine="oracle",
            availability="sometimes",
            storage=Storage(gib=text_for_number),
            rotation_days=1_001,
            port=80,
        )
        text = "\n".join(found)
        for expected in (
            "engine must be one of postgres, mysql, mariadb, got 'oracle'",
            "availability must be one of multi-az, single-az, got 'sometimes'",
            "storage.gib must be a whole number, got '20'",
            "rotation_days must be between 1 and 1000 days, got 1001 days",
            "port must be between 1150 and 65535, got 80",
        ):
            assert re.search(re.escape(expected), text), text

    def test_traits_are_there_for_every_engine(self) -> None:
        assert set(TRAITS) == set(Engine)
