"""What may differ between the Regions of one workload, and why. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """A difference that should be: ``Expected(type="AWS::S3::Bucket", path="Tags*", reason="costs by Region")``.

    Attributes:
        reason: Why it should be.
        type: Of the resource; ``*`` and ``?`` stand for any characters. Default: any.
        logical_id: Of the resource, in the same way. Default: any.
        path: Where the values differ, in the same way; empty: the resource is in one Region only. Default: anywhere,
            in one Region only included.
    """

    reason: str
    type: str = "*"
    logical_id: str = "*"
    path: str = "*"

    def covers(self, type: str, logical_id: str, path: str) -> bool:
        """Whether it is about this difference."""
        patterns = ((type, self.type), (logical_id, self.logical_id), (path, self.path))
        return all(fnmatchcase(text, pattern.replace("[", "[[]")) for text, pattern in patterns)


NAMED: Final = "names its Region or its role"
REPLICA: Final = "its replica is in the other Region"
_CAPACITY: Final = "capacity: each Region runs as much as its strategy asks for"

_SCALED: Final = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("MinCapacity", "MaxCapacity"),
    "AWS::AutoScaling::AutoScalingGroup": ("MinSize", "MaxSize", "DesiredCapacity"),
    "AWS::ECS::Service": ("DesiredCount",),
    "AWS::Lambda::Alias": ("ProvisionedConcurrencyConfig*",),
    "AWS::Lambda::Function": ("ReservedConcurrentExecutions",),
    "AWS::RDS::DBCluster": ("ServerlessV2ScalingConfiguration*",),
    "AWS::DynamoDB::Table": ("ProvisionedThroughput*",),
}
CAPACITY: Final = tuple(
    Expected(type=kind, path=path, reason=_CAPACITY) for kind, paths in _SCALED.items() for path in paths
)
