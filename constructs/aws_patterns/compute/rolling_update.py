"""Replacing the instances of a fleet batch by batch, each waited for. Needs no CDK."""

from __future__ import annotations

from dataclasses import dataclass

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute.capacity import Capacity

# Where the size of the fleet is known at deployment only.
_LARGEST_BATCH = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class RollingUpdate:
    """CloudFormation replaces the instances, batch by batch: ``RollingUpdate(batch_size=2)``.

    The next batch follows when the instances of the last one have said that their application answers; otherwise
    CloudFormation returns to the old version. No alarm is looked at: ``InstanceRefresh`` does that.

    Args:
        batch_size: How many are replaced at a time. Default 1.
        minimum_in_service: How many serve meanwhile; less than ``capacity.maximum``, else nothing could be replaced.
            Default: as many as ``capacity`` starts or needs, one less than its maximum at most.
        minimum_successful_percent: How many of those replaced must work. Default 100.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
    """

    batch_size: int = defaults.BATCH_SIZE
    minimum_in_service: int | None = None
    minimum_successful_percent: int = 100

    def in_service(self, capacity: Capacity) -> int:
        """How many serve while others are replaced."""
        if self.minimum_in_service is not None:
            return self.minimum_in_service
        if any(is_token(number) for number in (capacity.running, capacity.needed, capacity.maximum)):
            return capacity.minimum
        return min(max(capacity.running, capacity.needed or 0), capacity.maximum - 1)


def check_rolling_update(
    problems: Problems, update: RollingUpdate, *, capacity: Capacity, name: str = "update"
) -> None:
    """Add to ``problems`` whatever is wrong with how the instances of one fleet are replaced."""
    most = capacity.maximum
    problems.between(f"{name}.batch_size", update.batch_size, 1, _LARGEST_BATCH if is_token(most) else max(most, 1))
    serving = update.minimum_in_service
    if serving is not None and not is_token(serving) and not is_token(most) and not 0 <= serving < max(most, 1):
        problems.add(
            f"{name}.minimum_in_service must be between 0 and {max(most, 1) - 1}, less than capacity.maximum, got "
            f"{serving}: otherwise there is no room to replace any"
        )
    problems.between(f"{name}.minimum_successful_percent", update.minimum_successful_percent, 0, 100, " %")
