"""Alarms of one pattern, all told to the same topic."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct


class Alarms:
    """Makes alarms in ``scope`` and keeps them by their ids.

    Args:
        scope: What they belong to.
        topic: Told when an alarm changes to ALARM and back to OK. ``None``: alarms tell nobody.

    Attributes:
        by_id: Every alarm, by its id.
    """

    def __init__(self, scope: Construct, topic: sns.ITopic | None) -> None:
        self._scope = scope
        self._topic = topic
        self.by_id: dict[str, cloudwatch.Alarm] = {}

    def add(
        self,
        id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        description: str,
        *,
        periods: int = 1,
        of_periods: int | None = None,
        treat_missing_data: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    ) -> cloudwatch.Alarm:
        """An alarm at ``threshold`` in ``periods`` periods of the last ``of_periods`` (default: as many)."""
        alarm = cloudwatch.Alarm(
            self._scope,
            id,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=of_periods or periods,
            datapoints_to_alarm=periods if of_periods else None,
            comparison_operator=comparison,
            treat_missing_data=treat_missing_data,
        )
        self.tell(alarm)
        self.by_id[id] = alarm
        return alarm

    def tell(self, alarm: cloudwatch.AlarmBase) -> None:
        """Let the topic know of this alarm too, for instance a composite one."""
        if self._topic is not None:
            alarm.add_alarm_action(actions.SnsAction(self._topic))
            alarm.add_ok_action(actions.SnsAction(self._topic))
