"""Small corrections of the emulator's behaviour."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import cast

from local_aws.launcher import hooks


def install() -> None:
    """Apply all of them."""
    _count_loopback_as_tls()
    _note_when_texts_are_sent()
    _find_instances_by_their_ids()
    _leave_health_to_apis()


def _count_loopback_as_tls() -> None:
    """CDK's buckets deny what does not arrive over TLS; nothing leaves the loopback here."""
    hooks.REQUEST_ORIGIN.replace(ContextVar("local_aws_request_origin", default=("127.0.0.1", True)))


def _note_when_texts_are_sent() -> None:
    """The emulator keeps the texts that SNS sent, but not their times."""
    original = cast("Callable[[str], list[Mapping[str, object]]]", hooks.TEXT_MESSAGE_LOG.get())
    hooks.TEXT_MESSAGE_LOG.replace(lambda phone: _TimedLog(original(phone)))


def _find_instances_by_their_ids() -> None:
    """The emulator passes most filters by, and describes every instance then."""
    original = cast("Callable[[hooks.Record, Mapping[str, list[str]]], bool]", hooks.INSTANCE_FILTERS.get())
    members = {
        "instance-id": "InstanceId",
        "private-ip-address": "PrivateIpAddress",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    }

    def matches(instance: hooks.Record, filters: Mapping[str, list[str]]) -> bool:
        wanted = {members[name]: values for name, values in filters.items() if name in members}
        zones = filters.get("availability-zone", [])
        in_zone = not zones or instance["Placement"]["AvailabilityZone"] in zones
        return (
            in_zone and all(instance[key] in values for key, values in wanted.items()) and original(instance, filters)
        )

    hooks.INSTANCE_FILTERS.replace(matches)


def _leave_health_to_apis() -> None:
    """The emulator says how it is under this path of every host; it has two more for that."""
    known = cast("tuple[str, ...]", hooks.HEALTH_PATHS.get())
    hooks.HEALTH_PATHS.replace(tuple(path for path in known if path != "/health"))


class _TimedLog:
    def __init__(self, records: list[Mapping[str, object]]) -> None:
        self._records = records

    def append(self, record: Mapping[str, object]) -> None:
        self._records.append({**record, "Timestamp": time.time()})
