"""Auto Scaling and EC2, as a health check needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from fleet_health_check.logic import Group, Instance

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})

# What EC2 takes as values of one filter.
_IDS_PER_FILTER = 200

_GONE = "ValidationError"


class Gateway:
    """Lists a group's instances in service, and tells Auto Scaling which are unhealthy."""

    def __init__(self, *, group: str, autoscaling: AutoScalingClient, ec2: EC2Client) -> None:
        self._group = group
        self._autoscaling = autoscaling
        self._ec2 = ec2

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        session = boto3.session.Session()
        return cls(
            group=environment["GROUP"],
            autoscaling=session.client("autoscaling", config=_CONFIG),
            ec2=session.client("ec2", config=_CONFIG),
        )

    def in_service(self) -> Group:
        """The group's instances in service; none when the group is gone."""
        groups = self._autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self._group])[
            "AutoScalingGroups"
        ]
        if not groups:
            return Group(instances=())
        marked = {
            found["InstanceId"]: found["HealthStatus"] != "Healthy"
            for found in groups[0]["Instances"]
            if found["LifecycleState"] == "InService"
        }
        described = {found["InstanceId"]: found for found in self._describe(list(marked))}
        instances = tuple(
            Instance(id=name, address=found["PrivateIpAddress"], launched=found["LaunchTime"], marked=unhealthy)
            for name, unhealthy in marked.items()
            # One that ends right now is not described, or has no address any more.
            if (found := described.get(name)) and found.get("PrivateIpAddress")
        )
        return Group(instances=instances, grace=timedelta(seconds=groups[0].get("HealthCheckGracePeriod", 0)))

    def mark(self, instance: str) -> bool:
        """Tell Auto Scaling to replace an instance; ``False`` when it is gone already."""
        try:
            self._autoscaling.set_instance_health(
                InstanceId=instance, HealthStatus="Unhealthy", ShouldRespectGracePeriod=True
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == _GONE:
                return False
            raise
        return True

    def _describe(self, ids: Sequence[str]) -> Iterator[InstanceTypeDef]:
        pages = self._ec2.get_paginator("describe_instances")
        for start in range(0, len(ids), _IDS_PER_FILTER):
            # By filter: one that is unknown by now is left out, where a list of ids would fail as a whole.
            wanted = list(ids[start : start + _IDS_PER_FILTER])
            for page in pages.paginate(Filters=[{"Name": "instance-id", "Values": wanted}]):
                for reservation in page["Reservations"]:
                    yield from reservation["Instances"]
