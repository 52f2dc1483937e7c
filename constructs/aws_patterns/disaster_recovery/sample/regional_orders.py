"""A sample workload for every strategy of disaster recovery: orders, behind an API, in a table and a bucket."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.choice.workload_profile import WorkloadProfile
from aws_patterns.disaster_recovery.plan import ScaledFunction
from aws_patterns.disaster_recovery.regional_place import RegionalPlace
from aws_patterns.disaster_recovery.sample._regional_orders_api import HEALTH_PATH, RegionalOrdersApi
from aws_patterns.disaster_recovery.sample._regional_orders_data import RegionalOrdersData
from aws_patterns.disaster_recovery.sample.regional_orders_options import (
    check_orders_name,
    check_regional_orders,
    concurrency,
    orders_profile,
)
from aws_patterns.disaster_recovery.workload import HttpFront, RegionalPart


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionalOrders:
    """Takes orders (``PUT /orders/{id}``) and tells of them; a table has the order, a bucket its document.

    Use it to see a strategy at work, to rehearse with, and as the model of a workload of your own: it is a
    ``RegionalWorkload``. Not as a shop: everybody may order, and read what others have ordered.

    The table is a global one, but for ``BackupAndRestore``, which restores it. Documents are in two buckets that copy
    to each other, each with the key of its Region: what is written during a failover comes back. An order is
    acknowledged when this Region has both, and every answer says which Region that is.

    >>> from aws_patterns.disaster_recovery.plan import RegionRole, Strategy
    >>> home = cdk.Stack(stack, "Home", env=cdk.Environment(region="us-east-1"))
    >>> place = RegionalPlace(
    ...     name="orders",
    ...     role=RegionRole.PRIMARY,
    ...     strategy=Strategy.PILOT_LIGHT,
    ...     region="us-east-1",
    ...     other_region="us-west-2",
    ...     capacity_fraction=1,
    ...     removal_policy=cdk.RemovalPolicy.RETAIN,
    ... )
    >>> part = RegionalOrders(full_concurrency=50).build(home, place)

    Attributes:
        full_concurrency: Requests that are answered at the same moment where all users are served, 1 to 900. It is
            reserved in both Regions, and as many must be left for other functions as Lambda asks for. Default 20.
        throttle_rate: Requests per second, over all users, 1 to 10,000. Default 100.
        throttle_burst: Requests that come at the same moment, 1 to 10,000. Default 200.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html
    """

    full_concurrency: int = defaults.ORDERS_CONCURRENCY
    throttle_rate: float = defaults.ORDERS_THROTTLE_RATE
    throttle_burst: int = defaults.ORDERS_THROTTLE_BURST

    def __post_init__(self) -> None:
        with Problems("RegionalOrders") as problems:
            check_regional_orders(
                problems,
                full_concurrency=self.full_concurrency,
                throttle_rate=self.throttle_rate,
                throttle_burst=self.throttle_burst,
            )

    @property
    def profile(self) -> WorkloadProfile:
        """What the arithmetic of objectives needs to know of it."""
        return orders_profile()

    def build(self, scope: Construct, place: RegionalPlace) -> RegionalPart:
        """Make the part of one Region inside ``scope``.

        Raises:
            ValueError: The workload's name is too long for the names that are made of it.
        """
        with Problems(f"RegionalOrders {scope.node.path}") as problems:
            check_orders_name(problems, place.name)
        here = concurrency(self.full_concurrency, place.capacity_fraction)
        data = RegionalOrdersData(scope, "Data", place=place)
        api = RegionalOrdersApi(
            scope,
            "Api",
            name=place.name,
            role=place.role,
            data=data,
            concurrency=here,
            throttle_rate=self.throttle_rate,
            throttle_burst=self.throttle_burst,
            alarm_topic=place.alarm_topic,
            removal_policy=place.removal_policy,
        )
        return RegionalPart(
            endpoint_url=api.url,
            health_path=HEALTH_PATH,
            compute=[ScaledFunction(name=api.function_name, full=self.full_concurrency, standby=here)],
            data=data.data,
            tables_to_back_up=data.tables,
            written_attribute="writtenAt",
            front=HttpFront(api=api.http_api, stage=api.stage),
            always=[data.documents],
            recovery=data.recovery,
        )
