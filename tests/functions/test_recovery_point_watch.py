"""The worst of the newest recovery points is published, and nothing where something has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from recovery_point_watch import handler
from recovery_point_watch.gateway import Gateway
from recovery_point_watch.logic import Point, ages

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_backup import BackupClient

NOW = datetime(2027, 1, 15, tzinfo=UTC)
TABLE, BUCKET = "arn:aws:dynamodb:us-east-1:111122223333:table/orders", "arn:aws:s3:::orders"
ENVIRONMENT = {"VAULT": "copies", "WATCH": "Watch", "RESOURCES": json.dumps([TABLE, BUCKET])}


def point(resource: str, hours: float) -> Point:
    return Point(resource=resource, taken=NOW - timedelta(hours=hours))


def test_the_newest_of_each_counts_and_the_oldest_of_these_is_told() -> None:
    points = [point(TABLE, 30), point(TABLE, 2), point(BUCKET, 5), point("arn:other", 99)]
    found = ages([TABLE, BUCKET], points, NOW)
    assert (found.seconds, found.worst) == ({TABLE: 7200, BUCKET: 18_000}, 18_000)


def test_something_without_any_is_worse_than_old() -> None:
    found = ages([TABLE, BUCKET], [point(TABLE, 1)], NOW)
    assert (found.missing, found.worst) == ([BUCKET], None)


@pytest.fixture
def backup() -> Iterator[tuple[BackupClient, Stubber]]:
    client = boto3.client("backup", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_only_what_can_be_restored_counts_and_a_copy_is_as_old_as_its_data(
    backup: tuple[BackupClient, Stubber],
) -> None:
    client, stubber = backup
    listed = [
        {"Status": "COMPLETED", "CreationDate": NOW, "InitiationDate": NOW - timedelta(hours=2)},
        {"Status": "PARTIAL", "CreationDate": NOW},
        {"Status": "AVAILABLE", "CreationDate": NOW - timedelta(hours=1)},
    ]
    asked = {"BackupVaultName": "copies", "ByResourceArn": TABLE}
    stubber.add_response("list_recovery_points_by_backup_vault", {"RecoveryPoints": listed}, asked)
    found = [found.taken for found in Gateway(client).points("copies", TABLE)]
    assert found == [NOW - timedelta(hours=2), NOW - timedelta(hours=1)]


@pytest.mark.parametrize("has_bucket", [True, False])
def test_the_worst_age_is_published_or_nothing(
    has_bucket: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    context: LambdaContext,
) -> None:
    class Vault:
        def points(self, vault: str, resource: str) -> list[Point]:
            assert vault == "copies"
            taken = datetime.now(UTC) - timedelta(hours=3)
            return [Point(resource=resource, taken=taken)] if has_bucket or resource == TABLE else []

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(handler.metrics, "namespace", "Test")
    handler.metrics.clear_metrics()
    monkeypatch.setattr(handler, "Gateway", Vault)
    answer = handler.handle({}, context)
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert answer["missing"] == ([] if has_bucket else [BUCKET])
    (published,) = written
    assert (published["Vault"], published["Watch"]) == ("copies", "Watch")
    assert published["RecoveryPointsMissing"] == [0 if has_bucket else 1]
    assert ("RecoveryPointAge" in published) is has_bucket
    if has_bucket:
        assert published["RecoveryPointAge"][0] == pytest.approx(3 * 3600, abs=60)
