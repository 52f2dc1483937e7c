"""What IAM takes a request to be about, where the emulator looks in the wrong place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from local_aws.launcher import hooks


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came in."""

    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    parameters: Mapping[str, object]
    region: str
    account: str


def ask_first(resource_of: Callable[[Request], str | None]) -> None:
    """Let it say which resource a request is about; for ``None``, who was asked until now does."""
    before = cast("Callable[..., str]", hooks.RESOURCE_ARN.get())

    def resource_of_request(  # noqa: PLR0917 # the emulator's signature
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        parameters: Mapping[str, object],
        region: str,
        account: str,
    ) -> str:
        found = resource_of(Request(service, method, path, headers, body, parameters, region, account))
        return found or before(service, method, path, headers, body, parameters, region, account)

    hooks.RESOURCE_ARN.replace(resource_of_request)
