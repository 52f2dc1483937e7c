"""AWS Backup, as emptying a vault needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from custom_resource.logic import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

_CONFIG = Config(connect_timeout=2, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 4})
_GONE = "ResourceNotFoundException"
_PASSING = frozenset({_GONE, "InvalidResourceStateException", "InvalidRequestException"})


class Gateway:
    """Lists recovery points and deletes them."""

    def __init__(self, backup: BackupClient | None = None) -> None:
        self._backup = backup or boto3.session.Session().client("backup", config=_CONFIG)

    def points(self, vault: str) -> list[str]:
        """The recovery points of a vault; none where it is gone. Raises RefusedError."""
        try:
            pages = self._backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=vault)
            return [str(found["RecoveryPointArn"]) for page in pages for found in page["RecoveryPoints"]]
        except ClientError as error:
            if error.response["Error"]["Code"] == _GONE:
                return []
            raise RefusedError(f"{vault}: {error}") from None
        except BotoCoreError as error:
            raise RefusedError(f"{vault}: {error}") from None

    def delete(self, vault: str, point: str) -> None:
        """Ask for the end of a recovery point. Raises RefusedError."""
        try:
            self._backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
        except ClientError as error:
            # One that is being deleted refuses a second time, as one does that is just being copied or restored.
            if error.response["Error"]["Code"] not in _PASSING:
                raise RefusedError(f"{point}: {error}") from None
        except BotoCoreError as error:
            raise RefusedError(f"{point}: {error}") from None
