"""AWS Backup, as watching a vault needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from recovery_point_watch.logic import Point

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

_CONFIG = Config(connect_timeout=2, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})
_USABLE = frozenset({"COMPLETED", "AVAILABLE"})


class Gateway:
    """Lists recovery points."""

    def __init__(self, backup: BackupClient | None = None) -> None:
        self._backup = backup or boto3.session.Session().client("backup", config=_CONFIG)

    def points(self, vault: str, resource: str) -> Iterator[Point]:
        """Those of a resource that could be restored."""
        pages = self._backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
            BackupVaultName=vault, ByResourceArn=resource
        )
        for page in pages:
            for found in page["RecoveryPoints"]:
                if found.get("Status") in _USABLE:
                    # Of a copy the first says when the data was read, where there is one.
                    taken = min(found["CreationDate"], found.get("InitiationDate") or found["CreationDate"])
                    yield Point(resource=resource, taken=taken)
