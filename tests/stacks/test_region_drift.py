"""The recovery Region of every strategy is like its primary Region, or this file says why it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aws_patterns.disaster_recovery.drift.drift_expectations import Expected
from aws_patterns.disaster_recovery.drift.region_drift import RegionDrift, compare_regions

STACKS = ("DrBackupAndRestore", "DrPilotLight", "DrWarmStandby", "DrMultiSite")
HOME, AWAY = "us-east-1", "us-west-2"
# What waits for a restore is compared as it will run.
RUNNING = {"WorkloadRunning": "yes"}

AT_WORK_WHEN_THE_PRIMARY_IS_LOST = "it is at work when the primary Region is lost"
BACKED_UP_WHERE_USERS_WRITE = "backups are made where users write, and copied"
SET_FROM_THE_PRIMARY = "the primary's stack, deployed last, sets both directions of the copies"
BY_ITS_NAME = "the primary's stack makes the table with its replica, and the other one knows its name"
EXPECTED = (
    Expected(logical_id="Orders*State*", path="", reason=AT_WORK_WHEN_THE_PRIMARY_IS_LOST),
    Expected(logical_id="Orders*Switch*", path="", reason=AT_WORK_WHEN_THE_PRIMARY_IS_LOST),
    Expected(logical_id="Orders*Runbook*", path="", reason=AT_WORK_WHEN_THE_PRIMARY_IS_LOST),
    Expected(logical_id="Orders*Watch*", path="", reason=AT_WORK_WHEN_THE_PRIMARY_IS_LOST),
    Expected(logical_id="Orders*Backups*", path="", reason=BACKED_UP_WHERE_USERS_WRITE),
    Expected(logical_id="Orders*WorkloadDataDocuments*", path="", reason=SET_FROM_THE_PRIMARY),
    Expected(type="AWS::S3::Bucket", path="ReplicationConfiguration", reason=SET_FROM_THE_PRIMARY),
    Expected(logical_id="Orders*DocumentsKey*", path="Description", reason="it says whether originals or copies"),
    Expected(logical_id="Orders*RestoreTest*", path="", reason="copies are restored where they are"),
    Expected(type="AWS::CloudWatch::Alarm", logical_id="Orders*DataTable*", path="Dimensions*", reason=BY_ITS_NAME),
    Expected(type="AWS::CloudWatch::Alarm", logical_id="Orders*DataTable*", path="Metrics*", reason=BY_ITS_NAME),
    Expected(
        logical_id="Orders*DataTableReplicationLatency*", path="", reason="each says how late the other Region is"
    ),
)
RESTORED = Expected(type="AWS::DynamoDB::GlobalTable", logical_id="Orders*DataTable*", reason="it is restored")


@pytest.fixture(params=STACKS)
def drift(request: pytest.FixtureRequest, synthesize: Callable[..., Any]) -> RegionDrift:
    found = synthesize(request.param)
    return compare_regions(
        found.template,
        found.further[AWAY],
        primary_region=HOME,
        recovery_region=AWAY,
        names=[(request.param, f"{request.param}Recovery")],
        expected=(*EXPECTED, RESTORED) if request.param == STACKS[0] else EXPECTED,
        parameters=RUNNING,
    )


def test_the_regions_differ_only_where_they_should(drift: RegionDrift) -> None:
    assert drift.findings == [], f"\n{drift}"


def test_they_do_differ(drift: RegionDrift) -> None:
    """Without this, templates that are compared with themselves would do."""
    assert {"BucketName", ""} <= {each.path for each in drift.expected}
