"""KMS of another Region and CloudFormation's mailbox, as looking up a key needs them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from regional_key_lookup.logic import LookupFailedError, Wanted

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

# A permission that was given with this function, a moment ago, is not known everywhere yet; nor is the name of a key
# that was made a moment ago (kms/latest/developerguide/accessing-kms.html, eventual consistency).
_PASSING = frozenset({"AccessDeniedException", "NotFoundException"})
_PAUSES_SECONDS = (1, 2, 4, 8)
_ANSWER_TIMEOUT_SECONDS = 5


class Gateway:
    """Describes keys, and answers CloudFormation."""

    def client(self, region: str) -> KMSClient:
        """KMS of a Region."""
        return boto3.session.Session().client("kms", region_name=region, config=_CONFIG)

    def describe(self, wanted: Wanted) -> Mapping[str, object]:
        """What KMS says of a key.

        Raises:
            LookupFailedError: When KMS says nothing.
        """
        client = self.client(wanted.region)
        for is_last in _attempts():
            try:
                return dict(client.describe_key(KeyId=wanted.alias)["KeyMetadata"])
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
                if code not in _PASSING or is_last:
                    raise LookupFailedError(f"{wanted.alias} in {wanted.region}: {code}: {message}") from None
            except BotoCoreError as error:
                raise LookupFailedError(str(error)) from None
        raise AssertionError  # The last attempt has returned or raised.

    def answer(self, url: str, body: Mapping[str, object]) -> None:
        """Put the answer where CloudFormation waits for it. Raises OSError when it can't be had there."""
        text = json.dumps(body).encode()
        for is_last in _attempts():
            # The signature of the address is for no content type at all.
            request = Request(url, data=text, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's
            try:
                with urlopen(request, timeout=_ANSWER_TIMEOUT_SECONDS):  # noqa: S310 - CloudFormation's
                    return
            except (HTTPError, URLError, TimeoutError):
                if is_last:
                    raise


def _attempts() -> Iterator[bool]:
    """Whether it is the last one, for each; with a pause before the next."""
    for pause in _PAUSES_SECONDS:
        yield False
        time.sleep(pause)
    yield True
