"""What EventBridge records of its work, in a log group of its own."""

from __future__ import annotations

from aws_cdk import Names, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns._defaults import LOG_RETENTION
from aws_patterns.messaging.event_backbone_options import BusLog

# What is recorded at each level; a level holds those before it (eventbridge/latest/userguide/eb-event-bus-logs.html).
_TYPES = {BusLog.ERRORS: "ERROR_LOGS", BusLog.STEPS: "INFO_LOGS", BusLog.EVERYTHING: "TRACE_LOGS"}
_LONGEST_NAME = 60


class BusLogGroup(Construct):
    """Delivers the logs of a bus to a log group.

    Args:
        bus: Whose logs.
        level: How much of them.
        removal_policy: Of what was recorded.

    Attributes:
        log_group: Holds the records.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-logs.html
    """

    def __init__(
        self, scope: Construct, id: str, *, bus: events.IEventBus, level: BusLog, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        self.log_group = logs.LogGroup(
            self, "LogGroup", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
        )
        destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=self._name("Destination"),
            destination_resource_arn=self.log_group.log_group_arn,
        )
        levels = list(_TYPES)
        for each in levels[: levels.index(level) + 1]:
            part = Construct(self, each.name.capitalize())
            source = logs.CfnDeliverySource(
                part, "Source", name=self._name(each.name), log_type=_TYPES[each], resource_arn=bus.event_bus_arn
            )
            delivery = logs.CfnDelivery(
                part,
                "Delivery",
                delivery_source_name=source.name,
                delivery_destination_arn=destination.attr_arn,
            )
            # It is found by its name, which does not wait for it.
            delivery.node.add_dependency(source)

    def _name(self, what: str) -> str:
        # Deliveries have no names that CloudFormation chooses.
        return Names.unique_resource_name(self, max_length=_LONGEST_NAME - len(what) - 1, separator="-") + f"-{what}"
