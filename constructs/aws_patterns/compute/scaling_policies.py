"""When a fleet of instances grows and shrinks. Plain values, and the rules about them. Needs no CDK.

No policy at all is *manual* scaling: the fleet keeps the size that somebody gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from aws_patterns._types import typed
from aws_patterns.compute import _defaults as defaults

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

    from aws_patterns._validation import Problems
    from aws_patterns.compute.capacity import Capacity


class FleetMetric(StrEnum):
    """What every fleet measures about itself: averages over its instances, once a minute."""

    CPU = "cpu"
    """Percent of the processors' time."""
    NETWORK_IN = "network-in"
    """Bytes that an instance receives in a minute."""
    NETWORK_OUT = "network-out"
    """Bytes that an instance sends in a minute."""
    MEMORY = "memory"
    """Percent of the memory: only with the CloudWatch agent on the instances, see ``MemoryTarget``."""
    REQUESTS_PER_TARGET = "requests-per-target"
    """Requests that an instance gets in a minute: only behind an application load balancer."""


class Statistic(StrEnum):
    """How the values of a minute become one."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    SUM = "Sum"
    SAMPLE_COUNT = "SampleCount"


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomMetric:
    """A metric that is in CloudWatch every minute; others are given as ``cloudwatch.Metric``, with their period.

    Attributes:
        namespace: For instance ``CWAgent``.
        metric_name: Its name there.
        statistic: How the values of a minute become one.
        dimensions: What it is about.
        of_group: Whether it has the fleet's own name as dimension ``AutoScalingGroupName`` as well.
    """

    namespace: str
    metric_name: str
    statistic: Statistic = Statistic.AVERAGE
    dimensions: Mapping[str, str] = field(default_factory=dict)
    of_group: bool = False


Metric: TypeAlias = "FleetMetric | CustomMetric | cloudwatch.IMetric"


class AdjustmentType(StrEnum):
    """What the number of a change means."""

    CHANGE_IN_CAPACITY = "ChangeInCapacity"
    """So many instances more, or (negative) fewer."""
    PERCENT_CHANGE_IN_CAPACITY = "PercentChangeInCapacity"
    """So many percent more, or (negative) fewer."""
    EXACT_CAPACITY = "ExactCapacity"
    """So many instances, however many there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledScaling:
    """At a time, other limits or another size: ``ScheduledScaling(name="Morning", recurrence="0 8 * * 1-5", ...)``.

    The limits hold until another action changes them: what grows in the morning needs an action for the evening.

    Attributes:
        name: Of the action, unique in the fleet.
        minimum: From then on. Default: as it was.
        maximum: From then on. Default: as it was.
        desired: Size to take at that moment; scaling policies may change it afterwards. Default: as it was.
        recurrence: A cron expression of five fields, for instance ``0 8 * * 1-5``. Default: once, at ``start``.
        time_zone: Of the recurrence, by its IANA name, for instance ``Europe/Vienna``: follows its summer time.
        start: When it happens once, or begins to recur, in UTC: ``2027-12-24T08:00:00Z``. In the future.
        end: When it stops recurring, in UTC.
    """

    name: str
    minimum: int | None = None
    maximum: int | None = None
    desired: int | None = None
    recurrence: str | None = None
    time_zone: str = "UTC"
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimpleScaling:
    """One alarm, one change, then a pause. Prefer ``StepScaling``, which does not have to wait, or a target.

    Attributes:
        name: Of the policy, unique in the fleet.
        metric: What is watched.
        change: By how much the fleet changes; negative for fewer.
        at_least: Acts when the metric is this high or higher.
        at_most: Acts when the metric is this low or lower. Exactly one of the two.
        adjustment_type: What the number means.
        min_adjustment_magnitude: With percent, the fewest instances of one change.
        cooldown_seconds: Pause after a change, in which no simple policy acts; should outlast the warm-up.
        periods: For how many minutes (or periods of a metric of yours) before it acts.
    """

    name: str
    metric: Metric
    change: int
    at_least: float | None = None
    at_most: float | None = None
    adjustment_type: AdjustmentType = AdjustmentType.CHANGE_IN_CAPACITY
    min_adjustment_magnitude: int | None = None
    cooldown_seconds: int = defaults.COOLDOWN_SECONDS
    periods: int = defaults.ALARM_PERIODS


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Change while the metric is from ``lower`` to ``upper``, in the metric's own unit; ``None`` has no end."""

    change: int
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepScaling:
    """The further off, the larger the change: ``steps=(Step(lower=60, upper=80, change=1), Step(lower=80, change=3))``.

    One policy watches one side: the steps follow each other without a gap and are open to the top (more load) or to
    the bottom (less). Growing and shrinking are two policies.

    Attributes:
        name: Of the policy, unique in the fleet.
        metric: What is watched.
        steps: What to do where, in any order.
        adjustment_type: What their numbers mean.
        min_adjustment_magnitude: With percent, the fewest instances of one change.
        periods: For how many minutes (or periods of a metric of yours) before it acts.
    """

    name: str
    metric: Metric
    steps: Sequence[Step]
    adjustment_type: AdjustmentType = AdjustmentType.CHANGE_IN_CAPACITY
    min_adjustment_magnitude: int | None = None
    periods: int = defaults.ALARM_PERIODS


@dataclass(frozen=True, kw_only=True, slots=True)
class CpuTarget:
    """As many instances as keep their processors busy for ``percent`` of the time."""

    percent: float
    disable_scale_in: bool = False
    name: str = "Cpu"


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestsPerTarget:
    """As many instances as get ``requests_per_minute`` each. Needs an application load balancer in front."""

    requests_per_minute: float
    disable_scale_in: bool = False
    name: str = "Requests"


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkInTarget:
    """As many instances as receive ``bytes_per_minute`` each."""

    bytes_per_minute: float
    disable_scale_in: bool = False
    name: str = "NetworkIn"


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkOutTarget:
    """As many instances as send ``bytes_per_minute`` each."""

    bytes_per_minute: float
    disable_scale_in: bool = False
    name: str = "NetworkOut"


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryTarget:
    """As many instances as use ``percent`` of their memory.

    EC2 does not see an instance's memory: the CloudWatch agent must run on it, put ``mem_used_percent`` into the
    namespace ``CWAgent`` and aggregate it over the dimension ``AutoScalingGroupName``. ``memory_agent`` installs it.
    """

    percent: float
    disable_scale_in: bool = False
    name: str = "Memory"


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomMetricTarget:
    """As many instances as keep a metric at ``target``.

    The metric must fall when instances are added, as load per instance does; the length of a queue does not.
    """

    name: str
    metric: CustomMetric | cloudwatch.IMetric
    target: float
    disable_scale_in: bool = False


class PredictiveMode(StrEnum):
    """What becomes of a forecast."""

    FORECAST_ONLY = "ForecastOnly"
    """To be looked at: nothing is scaled by it."""
    FORECAST_AND_SCALE = "ForecastAndScale"
    """The fleet grows ahead of it. It never shrinks by it: that takes another policy beside it."""


class MaxCapacityBehavior(StrEnum):
    """What happens when a forecast comes near the fleet's maximum."""

    HONOR = "HonorMaxCapacity"
    """The maximum holds."""
    INCREASE = "IncreaseMaxCapacity"
    """The maximum gives way, to the forecast and a buffer. What a fleet costs has no limit then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictiveScaling:
    """Grows before the load comes, for load that repeats by day or week. Forecasts begin after a day of data.

    Attributes:
        target: What the metric should be per instance, in its unit.
        metric: CPU, network in or out, or requests per target.
        mode: Only looked at by default: compare the forecasts with what came before letting them act.
        scheduling_buffer_seconds: How long before it is needed an instance is launched, up to an hour.
        max_capacity: What happens when a forecast comes near the fleet's maximum.
        max_capacity_buffer_percent: Room above such a forecast. Only and always with ``INCREASE``.
        name: Of the policy, unique in the fleet.
    """

    target: float
    metric: FleetMetric = FleetMetric.CPU
    mode: PredictiveMode = PredictiveMode.FORECAST_ONLY
    scheduling_buffer_seconds: int = defaults.SCHEDULING_BUFFER_SECONDS
    max_capacity: MaxCapacityBehavior = MaxCapacityBehavior.HONOR
    max_capacity_buffer_percent: int | None = None
    name: str = "Predictive"


TargetTracking: TypeAlias = (
    CpuTarget | RequestsPerTarget | NetworkInTarget | NetworkOutTarget | MemoryTarget | CustomMetricTarget
)
ScalingPolicy: TypeAlias = ScheduledScaling | SimpleScaling | StepScaling | TargetTracking | PredictiveScaling


@typed
def check_scaling(
    problems: Problems,
    policies: Sequence[ScalingPolicy],
    *,
    capacity: Capacity,
    has_load_balancer: bool,
    name: str = "scaling_policies",
    group_name: str | None = None,
) -> None:
    """Add to ``problems`` whatever is wrong with the policies of one fleet, each alone and all together.

    A metric about the Auto Scaling group ``group_name`` is known to be about this fleet.
    """
    from aws_patterns.compute import _scaling_rules as rules  # noqa: PLC0415 - the rules import the values above

    rules.check(
        problems, policies, capacity=capacity, has_load_balancer=has_load_balancer, name=name, group_name=group_name
    )
