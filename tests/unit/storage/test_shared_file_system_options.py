"""What can't be chosen about a shared file system, and how that is said; what follows for its recovery."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.recovery import DAY, HOUR, MINUTE, NONE, Loss, Span
from aws_patterns.recovery_objectives import Objective
from aws_patterns.storage.shared_file_system_options import (
    AccessPoint,
    FileReplication,
    Throughput,
    check_shared_file_system,
    recovery_of,
)


def complaints(**options: Any) -> list[str]:
    problems = Problems("Files")
    check_shared_file_system(problems, **options)
    return problems.found


def test_as_it_comes_nothing_is_wrong() -> None:
    assert complaints(zones=["a", "b", "c"], own_region="eu-west-1") == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            {"zones": ["a"]},
            "subnets must be in two Availability Zones at least, got 1: the files would be out of reach with their "
            "zone. Choose more, or accept that with down_with_its_zone=True",
        ),
        (
            {"zones": ["a", "b", "a"]},
            "subnets must be in different Availability Zones, because EFS has one mount target in each, got several "
            "in a",
        ),
        (
            {"access_points": {}},
            "access_points must name 1 to 1000 folders, got 0: without one nobody but root could write",
        ),
        (
            {"access_points": {"my site": AccessPoint()}},
            "access_points must have names of 1 to 64 letters and digits, a letter first, got 'my site'",
        ),
        (
            {"access_points": {"Site": AccessPoint(path="site")}},
            "access_points['Site'].path must be a folder such as /files, up to 4 deep and 100 characters long, got "
            "'site'",
        ),
        (
            {"access_points": {"Site": AccessPoint(path="/a/b/c/d/e")}},
            "access_points['Site'].path must be a folder such as /files, up to 4 deep and 100 characters long, got "
            "'/a/b/c/d/e'",
        ),
        (
            {"access_points": {"Site": AccessPoint(uid=-1)}},
            "access_points['Site'].uid must be between 0 and 4294967295, got -1",
        ),
        (
            {"access_points": {"Site": AccessPoint(permissions="rwx")}},
            "access_points['Site'].permissions must be 3 or 4 digits from 0 to 7 such as 750, got 'rwx'",
        ),
        (
            {"access_points": {"A": AccessPoint(), "B": AccessPoint()}},
            "access_points has 2 of the path /files: EFS would make it for one of them",
        ),
        (
            {"infrequent_access_after_days": 45},
            "infrequent_access_after_days must be one of 1, 7, 14, 30, 60, 90, 180, 270, 365 days, or None for never, "
            "got 45",
        ),
        (
            {"archive_after_days": 7},
            "archive_after_days must be more than infrequent_access_after_days (30 days), got 7 days",
        ),
        (
            {"archive_after_days": 90, "infrequent_access_after_days": None},
            "archive_after_days needs infrequent_access_after_days: EFS archives what it moved there before",
        ),
        (
            {"archive_after_days": 90, "throughput": Throughput.BURSTING},
            "archive_after_days needs throughput=Throughput.ELASTIC, got Throughput.BURSTING: EFS archives with no "
            "other",
        ),
        (
            {"archive_after_days": 90, "down_with_its_zone": True},
            "archive_after_days can't be combined with down_with_its_zone=True: one zone has no archive",
        ),
        ({"throughput": "slow"}, "throughput must be one of elastic, bursting, provisioned, got 'slow'"),
        (
            {"throughput": Throughput.PROVISIONED},
            "provisioned_mib_per_second is missing: throughput=Throughput.PROVISIONED is so much and no more",
        ),
        (
            {"provisioned_mib_per_second": 10},
            "provisioned_mib_per_second has no effect without throughput=Throughput.PROVISIONED: leave it out",
        ),
        (
            {"throughput": Throughput.PROVISIONED, "provisioned_mib_per_second": 0.5},
            "provisioned_mib_per_second must be between 1 and 3414 MiB/s, got 0.5 MiB/s",
        ),
        (
            {"replication": FileReplication(region="paris")},
            "replication.region must be a Region's code such as eu-west-1, got 'paris'",
        ),
        (
            {"replication": FileReplication(region="eu-west-1"), "own_region": "eu-west-1"},
            "replication.region must be another Region than the file system's own, got 'eu-west-1': what takes the one "
            "takes the other",
        ),
        (
            {"replication": FileReplication(region="eu-west-3", key_alias="alias/files")},
            "replication.key_alias must be given without alias/, which is put in front of it, got 'alias/files'",
        ),
        (
            {"replication": FileReplication(region="eu-west-3", file_system_id="files")},
            "replication.file_system_id must be an id such as fs-0123456789abcdef0, got 'files'",
        ),
        (
            {"replication": FileReplication(region="eu-west-3", file_system_id="fs-0123abcd", key_alias="files")},
            "replication.key_alias has no effect with file_system_id: that file system has a key already. Leave it out",
        ),
        (
            {"replication": FileReplication(region="eu-west-3"), "overwritten_by_replication": True},
            "replication can't be combined with overwritten_by_replication=True: a file system is the source of a "
            "replication or its destination. Leave out one of the two",
        ),
        (
            {"objectives": {Loss.REGION: Objective(recovery_point_seconds=HOUR)}},
            "objectives[Loss.REGION].recovery_point_seconds is 3600, and what was chosen does not recover from it. "
            "No copy of "
            "the files is anywhere else. Give a replication, or ask for less.",
        ),
        (
            {"automatic_backups": "yes"},
            "automatic_backups must be True or False, got 'yes'",
        ),
    ],
)
def test_what_can_not_be_is_told_with_what_can(options: dict[str, Any], complaint: str) -> None:
    assert complaints(**options) == [complaint]


def test_everything_is_told_at_once() -> None:
    found = complaints(zones=["a"], access_points={}, infrequent_access_after_days=2, throughput=Throughput.PROVISIONED)
    assert [line.split(" ")[0] for line in found] == [
        "subnets",
        "access_points",
        "infrequent_access_after_days",
        "provisioned_mib_per_second",
    ]


def test_backups_that_are_off_reach_no_objective() -> None:
    asked = {Loss.AVAILABILITY_ZONE: Objective(recovery_point_seconds=DAY)}
    assert complaints(down_with_its_zone=True, objectives=asked) == []
    (found,) = complaints(down_with_its_zone=True, automatic_backups=False, objectives=asked)
    assert found.endswith("Leave out down_with_its_zone, or ask for less.")


class TestRecovery:
    def test_over_several_zones_nobody_notices_the_loss_of_one(self) -> None:
        found = recovery_of()
        for loss in (Loss.INSTANCE, Loss.AVAILABILITY_ZONE):
            assert (found[loss].recovery_time, found[loss].recovery_point, found[loss].automatic) == (NONE, NONE, True)

    def test_backups_are_in_the_same_region(self) -> None:
        region = recovery_of(automatic_backups=True)[Loss.REGION]
        assert (region.recovery_time, region.recovery_point) == (None, None)

    def test_with_one_zone_go_the_files_of_the_day(self) -> None:
        zone = recovery_of(down_with_its_zone=True)[Loss.AVAILABILITY_ZONE]
        assert zone.recovery_point == Span(usual=12 * HOUR, worst=DAY)
        assert not zone.automatic

    @pytest.mark.parametrize("loss", [Loss.AVAILABILITY_ZONE, Loss.REGION])
    def test_a_copy_elsewhere_is_minutes_old(self, loss: Loss) -> None:
        found = recovery_of(down_with_its_zone=True, replicated=True)[loss]
        assert found.recovery_point == Span(usual=MINUTE, worst=15 * MINUTE)
        assert found.recovery_time == Span(usual=5 * MINUTE, worst=HOUR)
        assert not found.automatic
