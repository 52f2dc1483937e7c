"""What IAM calls a global database cluster, which has no Region: the emulator asks for a right to everything.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
"""

from __future__ import annotations

from local_aws.launcher import request_resources
from local_aws.launcher.request_resources import Request

_PARAMETER = "GlobalClusterIdentifier"


def install() -> None:
    """Name global clusters."""
    request_resources.ask_first(_global_cluster)


def _global_cluster(request: Request) -> str | None:
    given = request.parameters.get(_PARAMETER)
    if request.service != "rds" or not given:
        return None
    return f"arn:aws:rds::{request.account}:global-cluster:{given[0] if isinstance(given, list) else given}"
