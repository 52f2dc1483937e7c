"""Two versions of an application side by side, and one number that says who gets how much of the traffic."""

from __future__ import annotations

from collections.abc import Mapping

import jsii
from aws_cdk import Duration, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.compute._fleet_zones import selected_subnets, zones_of
from aws_patterns.compute.fleet_scaling import FleetScaling
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._colour_comparison import ColourComparison
from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.rollback_alarms import RollbackAlarms
from aws_patterns.load_balancing.stickiness import DurationStickiness
from aws_patterns.load_balancing.target_groups import fleet_target_group
from aws_patterns.load_balancing.tls import TlsShape
from aws_patterns.load_balancing.web_tier_monitoring import WebTierMonitoring
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds
from aws_patterns.load_balancing.web_tier_options import health_url
from aws_patterns.load_balancing.weighted_fleets_options import (
    Colour,
    FleetVersion,
    check_weighted_fleets,
    percent_of,
)


@jsii.implements(ec2.IConnectable)
class WeightedFleets(Construct):
    """A blue and a green fleet behind one load balancer; ``green_percent`` says how much of the traffic green gets.

    A new version goes to the colour without traffic, gets a few per cent of it, then more, then all. To shift is an
    update of the listener alone: it takes seconds, either way, and touches no instance. The colour that traffic has
    left stays as it is, to go back to, and becomes the one that gets the next version.

    Use it where a release must be tried on real traffic and be undone at once. Not for changes that both versions
    can't live with at the same time (of a database's schema, say), nor where twice the instances are too much:
    `WebTier` replaces its instances step by step.

    >>> from aws_patterns.load_balancing.tls import TlsApproach
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> network = MultiAzVpc(stack, "Network")
    >>> front = ApplicationFront(stack, "Front", vpc=network.vpc, tls=TlsApproach.PLAIN_HTTP)
    >>> WeightedFleets(stack, "Web", vpc=network.vpc, front=front, green_percent=10)

    Args:
        vpc: Where the instances are.
        front: The load balancer. Its listener's default action is this construct's.
        subnets: For the instances. Default: those of the network that are private and have a way out.
        blue: The version that has all traffic at first.
        green: The version that gets ``green_percent`` of it.
        green_percent: 0 to 100. Default 0. Change the versions in one deployment, and this in another.
        colour_stickiness: How long a visitor comes back to the colour that they met first, by a cookie, whatever the
            weights have become: nothing is undone at once for those who have one, and a colour must keep its
            instances until the last cookie has expired. Default: every request is decided anew.
        stickiness: How long they come back to the same instance; needs ``colour_stickiness``. Default: not at all.
        health_check: Of the instances of both.
        slow_start_seconds: In which an instance that is new gets its full share, 30 to 900, or 0. Default 30.
        deregistration_delay_seconds: How long requests may take to end, 1 to 3600. Default 30.
        thresholds: When the alarms ring.
        alarm_topic: Told of them. Default: alarms tell nobody.

    Attributes:
        fleets: By colour.
        target_groups: By colour.
        scaling: By colour, of those that have scaling policies.
        rollback_alarms: By colour: a deployment of a version is rolled back for them.
        comparison: The alarms about one colour doing worse than the other, by their ids.
        monitoring: All other alarms, and the dashboard with both colours beside each other.
        connections: Of the instances of both.

    Raises:
        ValueError: Naming every prop that can't be used.

    Source: https://docs.aws.amazon.com/whitepapers/latest/overview-deployment-options/bluegreen-deployments.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        front: ApplicationFront,
        subnets: ec2.SubnetSelection | None = None,
        blue: FleetVersion = FleetVersion(),  # noqa: B008 - frozen
        green: FleetVersion = FleetVersion(),  # noqa: B008 - frozen
        green_percent: int = 0,
        colour_stickiness: DurationStickiness | None = None,
        stickiness: DurationStickiness | None = None,
        health_check: HealthCheck = HealthCheck(),  # noqa: B008 - frozen
        slow_start_seconds: int = defaults.SLOW_START_SECONDS,
        deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS,
        thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        versions = {Colour.BLUE: blue, Colour.GREEN: green}
        zones = zones_of(selected_subnets(vpc, subnets))
        with Problems(f"WeightedFleets {self.node.path}") as problems:
            check_weighted_fleets(
                problems,
                blue=blue,
                green=green,
                green_percent=green_percent,
                colour_stickiness=colour_stickiness,
                stickiness=stickiness,
                health_check=health_check,
                slow_start_seconds=slow_start_seconds,
                deregistration_delay_seconds=deregistration_delay_seconds,
                thresholds=thresholds,
                zones=len(zones),
            )

        self.target_groups: Mapping[Colour, elbv2.ApplicationTargetGroup] = {
            colour: fleet_target_group(
                self,
                f"{colour.title()}TargetGroup",
                vpc=vpc,
                shape=front.shape,
                health_check=health_check,
                stickiness=stickiness,
                slow_start_seconds=slow_start_seconds,
                deregistration_delay_seconds=deregistration_delay_seconds,
            )
            for colour in versions
        }
        self.rollback_alarms: Mapping[Colour, RollbackAlarms] = {
            colour: RollbackAlarms(
                self,
                f"{colour.title()}RollbackAlarms",
                load_balancer=front.load_balancer,
                target_group=group,
                health=versions[colour].health,
                thresholds=thresholds,
            )
            for colour, group in self.target_groups.items()
        }
        self.fleets: Mapping[Colour, InstanceFleet] = {
            colour: self._make_fleet(
                colour,
                version,
                vpc=vpc,
                subnets=subnets,
                zones=len(zones),
                shape=front.shape,
                health_path=health_check.path,
            )
            for colour, version in versions.items()
        }
        # One object, so that who is let in once is remembered.
        self._connections = ec2.Connections(
            security_groups=[fleet.security_group for fleet in self.fleets.values()],
            default_port=ec2.Port.tcp(front.shape.target_port),
        )
        self._share_traffic(front, green_percent, colour_stickiness)
        self.scaling: Mapping[Colour, FleetScaling] = {
            colour: FleetScaling(
                self,
                f"{colour.title()}Scaling",
                group=self.fleets[colour].group,
                policies=version.scaling_policies,
                capacity=self.fleets[colour].capacity,
                target_group=self.target_groups[colour],
            )
            for colour, version in versions.items()
            if version.scaling_policies
        }
        self.comparison = ColourComparison(
            self,
            "Comparison",
            load_balancer=front.load_balancer,
            target_groups=self.target_groups,
            minimum_requests=thresholds.minimum_requests,
            alarm_topic=alarm_topic,
        ).alarms
        self.monitoring = WebTierMonitoring(
            self,
            "Monitoring",
            load_balancer=front.load_balancer,
            target_groups={colour.title(): group for colour, group in self.target_groups.items()},
            fleets={colour.title(): fleet for colour, fleet in self.fleets.items()},
            availability_zones=zones,
            shape=front.shape,
            thresholds=thresholds,
            alarm_topic=alarm_topic,
            further_alarms=list(self.comparison.values()),
        )

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the instances of both colours, and whom they reach."""
        return self._connections

    def _make_fleet(
        self,
        colour: Colour,
        version: FleetVersion,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None,
        zones: int,
        shape: TlsShape,
        health_path: str,
    ) -> InstanceFleet:
        by_itself = health_url(shape, shape.target_port, health_path)
        # An instance refresh asks the alarms; a rolling update listens to the instances alone.
        watched = isinstance(version.update, InstanceRefresh)
        fleet = InstanceFleet(
            self,
            f"{colour.title()}Fleet",
            vpc=vpc,
            subnets=subnets,
            capacity=version.capacity_over(zones),
            instances=version.instances,
            mixed_fleet=version.mixed_fleet,
            warm_up_seconds=version.warm_up_seconds,
            health=version.health,
            update=version.update,
            rollback_alarms=self.rollback_alarms[colour].alarms if watched else (),
            health_url=None if version.trust_new_instances else by_itself,
            start_seconds=version.start_seconds,
            trust_new_instances=version.trust_new_instances,
        )
        self.target_groups[colour].add_target(fleet.group)
        Tags.of(fleet).add("Colour", colour)
        return fleet

    def _share_traffic(
        self, front: ApplicationFront, green_percent: int, colour_stickiness: DurationStickiness | None
    ) -> None:
        front.serve(
            elbv2.ListenerAction.weighted_forward(
                [
                    elbv2.WeightedTargetGroup(target_group=group, weight=percent_of(colour, green_percent))
                    for colour, group in self.target_groups.items()
                ],
                stickiness_duration=Duration.seconds(colour_stickiness.seconds) if colour_stickiness else None,
            )
        )
        for fleet in self.fleets.values():
            # Where one deployment changes both, instances come before the traffic.
            front.listener.node.add_dependency(fleet.group)
