"""AWS in both Regions, and the workload's own addresses, as the steps need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_OWN = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})
# Of a Region that may be lost: what it does not say soon, it does not say.
_OTHER = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 1})
_PROBE_SECONDS = 4
_SERVER_ERRORS = 500
# Of an answer of the workload: more than that is no health check.
_LONGEST_ANSWER = 65_536


class AwsError(Exception):
    """AWS has refused a call.

    Attributes:
        operation: Its name.
        region: Where it was made.
        code: AWS's name for the refusal.
    """

    def __init__(self, operation: str, region: str, code: str, message: str) -> None:
        super().__init__(f"{operation} in {region}: {code}: {message}".removesuffix(": "))
        self.operation = operation
        self.region = region
        self.code = code


class LostError(AwsError):
    """A Region does not answer, or only that it can't."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an address of the workload says.

    Attributes:
        status: Of HTTP; 0: it did not answer.
        url: Where it came from in the end.
        text: The body, or why there is no answer.
    """

    status: int
    url: str
    text: str


class Aws:
    """Calls of AWS by their names: ``aws.call("lambda", region, "put_function_concurrency", ...)``.

    Args:
        region: The Region of the runbook; calls to any other one are given up soon.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str], Any] = {}

    def call(self, service: str, region: str, operation: str, **parameters: object) -> dict[str, Any]:
        """What a call answers.

        Raises:
            LostError: The Region does not answer.
            AwsError: It refuses.
        """
        try:
            client = self._client(service, region)
            return cast("dict[str, Any]", getattr(client, operation)(**parameters))
        except ClientError as error:
            found = error.response["Error"]
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            kind = LostError if status >= _SERVER_ERRORS else AwsError
            raise kind(error.operation_name, region, found.get("Code", ""), found.get("Message", "")) from None
        except BotoCoreError as error:
            raise LostError(operation, region, type(error).__name__, "") from None

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._clients:
            config = _OWN if region == self._region else _OTHER
            # No overload for a service that is known at run time alone.
            make: Any = self._session.client
            self._clients[key] = make(service, region_name=region, config=config)
        return self._clients[key]


def ask(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What an address answers, wherever it sends the request on to."""
    try:
        request = Request(url, headers={"Cache-Control": "no-cache", **(headers or {})})  # noqa: S310 - the workload's own
        with urlopen(request, timeout=_PROBE_SECONDS) as answer:  # noqa: S310 - the workload's own
            body = answer.read(_LONGEST_ANSWER).decode(errors="replace")
            return Answer(status=answer.status, url=answer.url, text=body)
    except HTTPError as error:
        return Answer(status=error.code, url=error.url or url, text=f"HTTP {error.code}")
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Answer(status=0, url=url, text=f"no answer ({reason})")
