"""KMS of another Region, as looking up a key needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from custom_resource.gateway import attempts
from custom_resource.logic import RefusedError
from regional_key_lookup.logic import Wanted

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

# A permission that was given with this function, a moment ago, is not known everywhere yet; nor is the name of a key
# that was made a moment ago (kms/latest/developerguide/accessing-kms.html, eventual consistency).
_PASSING = frozenset({"AccessDeniedException", "NotFoundException"})


class Gateway:
    """Describes keys."""

    def client(self, region: str) -> KMSClient:
        """KMS of a Region."""
        return boto3.session.Session().client("kms", region_name=region, config=_CONFIG)

    def describe(self, wanted: Wanted) -> Mapping[str, object]:
        """What KMS says of a key.

        Raises:
            RefusedError: When KMS says nothing.
        """
        client = self.client(wanted.region)
        for is_last in attempts():
            try:
                return dict(client.describe_key(KeyId=wanted.alias)["KeyMetadata"])
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
                if code not in _PASSING or is_last:
                    raise RefusedError(f"{wanted.alias} in {wanted.region}: {code}: {message}") from None
            except BotoCoreError as error:
                raise RefusedError(str(error)) from None
        raise AssertionError  # The last attempt has returned or raised.
