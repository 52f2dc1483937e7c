"""What the recovery Region knows of a workload in two Regions: one table, there, that no lost Region takes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.database.dynamodb_table import DynamoDbTable
from aws_patterns.disaster_recovery.traffic.recovery_state_options import (
    StateItem,
    check_recovery_name,
    state_table_name,
)
from aws_patterns.recovery import RecoveryCharacteristics

_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem")
_WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
# What a transaction needs that writes one item if another one is as it should be.
_CHECK = ("dynamodb:ConditionCheckItem",)


class RecoveryState(Construct):
    """The state of a workload's recovery: who gets the traffic, where each Region answers, which run is under way, and
    what each run has done.

    In the recovery Region and nowhere else: it must be at hand when the primary is lost, and is of no use when the
    recovery Region is. Its items are told in ``lambda_src/recovery_state``, which functions take along. Not for data of
    the workload itself: it is encrypted with a key that AWS owns, so that no key's policy stands in the way on the day.

    >>> RecoveryState(stack, "State", name="orders")

    Args:
        name: Of the workload, 2 to 32 lowercase letters, digits and hyphens; the table's name begins with it, so that
            the other Region knows it.
        alarm_topic: Told when the table refuses or fails. Default: alarms tell nobody.
        removal_policy: Of the table, which holds the reports of all runs. Default ``RETAIN``.

    Attributes:
        table: The table; its key is ``item``, a text.
        table_name: The table's name, known before deployment.
        workload_name: Of the workload whose state it is.
        alarms: Of the table, by id.
        recovery: What holds after the loss of an instance, a zone, a Region.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_withstand_component_failures_avoid_control_plane.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"RecoveryState {self.node.path}") as problems:
            check_recovery_name(problems, name=name)
        self.workload_name = name
        self.table_name = state_table_name(name)
        made = DynamoDbTable(
            self,
            "Table",
            partition_key="item",
            table_name=self.table_name,
            alarm_topic=alarm_topic,
            removal_policy=removal_policy,
        )
        self.table: dynamodb.TableV2 = made.table
        self.alarms: Mapping[str, cloudwatch.Alarm] = made.alarms
        self.recovery: RecoveryCharacteristics = made.recovery

    def grant_read(self, grantee: iam.IGrantable, items: Sequence[StateItem] = tuple(StateItem)) -> iam.Grant:
        """Let somebody read these items, and no others. Default: all."""
        return self._grant(grantee, _READ, items)

    def grant_write(self, grantee: iam.IGrantable, items: Sequence[StateItem]) -> iam.Grant:
        """Let somebody put, change and delete these items, and no others."""
        return self._grant(grantee, _WRITE, items)

    def grant_move_traffic(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody say who gets the traffic, as long as a run holds the lock."""
        check = self._grant(grantee, _CHECK, [StateItem.LOCK])
        reads = self.grant_read(grantee, [StateItem.SERVING, StateItem.LOCK])
        return check.combine(reads).combine(self.grant_write(grantee, [StateItem.SERVING]))

    def _grant(self, grantee: iam.IGrantable, actions: Sequence[str], items: Sequence[StateItem]) -> iam.Grant:
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[self.table.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [str(item) for item in items]}},
        )
