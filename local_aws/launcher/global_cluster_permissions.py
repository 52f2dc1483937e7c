"""What IAM calls a global database cluster, which has no Region: the emulator asks for a right to everything.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from local_aws.launcher import hooks

_PARAMETER = "GlobalClusterIdentifier"


def install() -> None:
    """Name global clusters."""
    known = cast("Callable[..., str]", hooks.RESOURCE_ARN.get())

    def arn(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        parameters: Mapping[str, object],
        *place: str,
    ) -> str:
        if service == "rds" and (given := parameters.get(_PARAMETER)):
            name = given[0] if isinstance(given, list) else given
            return f"arn:aws:rds::{hooks.account()}:global-cluster:{name}"
        return known(service, method, path, headers, body, parameters, *place)

    hooks.RESOURCE_ARN.replace(arn)
