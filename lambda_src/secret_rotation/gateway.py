"""Secrets Manager, as a rotation needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from secret_rotation.logic import RotationError, Stage

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})


class SecretVersions:
    """Reads and writes the versions of a secret."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    @classmethod
    def from_environment(cls) -> SecretVersions:
        return cls(boto3.session.Session().client("secretsmanager", config=_CONFIG))

    def stages(self, secret: str) -> Mapping[str, frozenset[str]]:
        """By version, what it is marked as."""
        answer = self._client.describe_secret(SecretId=secret)
        return {version: frozenset(stages) for version, stages in answer.get("VersionIdsToStages", {}).items()}

    def read(self, secret: str, stage: Stage, version: str | None = None) -> dict[str, Any] | None:
        """One version; ``None`` where it is not there, or has no value yet."""
        wanted = {"VersionId": version} if version else {}
        try:
            answer = self._client.get_secret_value(SecretId=secret, VersionStage=stage, **wanted)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        try:
            value = json.loads(answer["SecretString"])
        except (KeyError, ValueError):
            raise RotationError("the secret is no JSON object") from None  # Its text would hold the password.
        if not isinstance(value, dict):
            raise RotationError("the secret is no JSON object")
        return value

    def write_pending(self, secret: str, version: str, value: Mapping[str, Any]) -> None:
        """Keep a value that nobody uses yet."""
        self._client.put_secret_value(
            SecretId=secret,
            ClientRequestToken=version,
            SecretString=json.dumps(value),
            VersionStages=[Stage.PENDING],
        )

    def make_current(self, secret: str, version: str, instead_of: str) -> None:
        """From now on everybody reads this version; the other one is the previous one."""
        self._client.update_secret_version_stage(
            SecretId=secret, VersionStage=Stage.CURRENT, MoveToVersionId=version, RemoveFromVersionId=instead_of
        )
        self._client.update_secret_version_stage(
            SecretId=secret, VersionStage=Stage.PENDING, RemoveFromVersionId=version
        )
