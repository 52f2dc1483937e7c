"""The CloudFormation types behind which there may be a server."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher.data_servers import caches, databases
from local_aws.launcher.hooks import Handler


def handlers(known: Mapping[str, Handler]) -> dict[str, Handler]:
    """The emulator's handlers, extended."""
    return {**databases.handlers(known), **caches.handlers(known)}
