"""ElastiCache, as a rotation needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from cache_password_rotation.logic import UserState

if TYPE_CHECKING:
    from mypy_boto3_elasticache import ElastiCacheClient

_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})


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
