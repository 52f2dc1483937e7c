"""Secrets Manager and ElastiCache, as a rotation needs them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from cache_password_rotation.logic import RotationError, Stage, UserState

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})


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


class CacheUser:
    """The user whose password it is."""

    def __init__(self, client: ElastiCacheClient, user_id: str) -> None:
        self._client = client
        self._user_id = user_id

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> CacheUser:
        return cls(boto3.session.Session().client("elasticache", config=_CONFIG), environment["USER_ID"])

    def state(self) -> UserState:
        """As ElastiCache has it now."""
        (user,) = self._client.describe_users(UserId=self._user_id)["Users"]
        return UserState(
            active=user.get("Status") == "active", passwords=user.get("Authentication", {}).get("PasswordCount", 0)
        )

    def set_passwords(self, passwords: Sequence[str]) -> None:
        """These and no others."""
        self._client.modify_user(
            UserId=self._user_id, AuthenticationMode={"Type": "password", "Passwords": list(passwords)}
        )
