"""A web application over several zones: a load balancer in front, a fleet of instances behind it, and all they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as compute_defaults
from aws_patterns.compute._fleet_zones import selected_subnets, zones_of
from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.custom_health_options import CustomHealth
from aws_patterns.compute.health import FleetHealth
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.lifecycle_hook_options import LifecycleHook, TerminationLogs
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import ScalingPolicy
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.compute.termination_policies import TerminationPolicy
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing import _web_tier_parts as parts
from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.content_routing import Rule
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import Stickiness
from aws_patterns.load_balancing.target_group_options import Algorithm
from aws_patterns.load_balancing.target_groups import fleet_target_group
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier_monitoring import WebTierMonitoring
from aws_patterns.load_balancing.web_tier_monitoring_options import AlarmThresholds
from aws_patterns.load_balancing.web_tier_options import TIER_HEALTH, TIER_SCALING, check_web_tier, health_url
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc import MultiAzVpc


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class WebTier(Construct):
    """An Application Load Balancer over all zones, and behind it a fleet of instances over all zones.

    The loss of an instance or of a zone is noticed within half a minute, and made good for without anybody's help.
    A new version replaces the instances step by step, and goes back by itself when it answers badly. Instances are
    reached through the load balancer alone. Use it for web applications that run on machines of their own. Not for
    what fits into functions or containers, nor for anything but HTTP: that is `NetworkLoadBalancedFleet`'s.

    >>> certificate = acm.Certificate(stack, "Certificate", domain_name="www.example.com")
    >>> WebTier(stack, "Web", certificates=[certificate])

    Args:
        vpc: The network; its own or an imported one. Default: a `MultiAzVpc` of three zones.
        subnets: For the instances. Default: the private ones with a way out, in every zone.
        load_balancer_subnets: For the load balancer. Default: the public ones.
        internet_facing: Whether the internet may reach the load balancer. Default: it may.
        ipv6: Whether it has IPv6 addresses as well; the network must have some. Default off.
        allowed_cidrs: Who may reach it, by network. Default: everybody.
        tls: Where encryption ends. Default: at the load balancer.
        certificates: Of the names that it serves, the default one first; needed unless ``tls`` is ``PLAIN_HTTP``.
        rules: What is not simply passed on to the fleet. Default: nothing.
        web_acl_arn: Of a regional web ACL of AWS WAF that judges requests first. Default: none.
        access_logs: A line for every request and connection, in a bucket; ``None`` keeps none. Default: 30 days.
        idle_timeout_seconds: Of connections; the application must keep its own open for longer. Default 60 s.
        stickiness: Whether a client comes back to the same instance. Default: no.
        algorithm: Which instance gets a request. Default: each in turn.
        instances: What they are made of, and what they run.
        capacity: How many. Default: one in each zone, twice as many at most.
        mixed_fleet: How several types and Spot capacity are mixed. Default: one type, On-Demand.
        placement: How near to each other. Default: as EC2 sees fit.
        scaling_policies: When the fleet grows and shrinks. Default: to keep processors at 50 %.
        suspended_processes: What Auto Scaling is not to do for now. Default: nothing of it.
        termination_policies: Which go first when the fleet shrinks. Default: the outdated ones.
        warm_up_seconds: How long a new instance's readings don't count for scaling. Default 120 s.
        start_seconds: How long an instance may take until its application answers. Default 300 s.
        trust_new_instances: Lets instances send no signal that they are up, for images without Python.
        health: When an instance is replaced. Default: when EC2 or the load balancer says that it is broken.
        health_check: How the load balancer finds out. Default: ``/health`` every 10 s.
        custom_health: A check of your own, made by a function in the network. Default: none.
        port: Where the application listens. Default 8080, with ``TlsApproach.BRIDGING`` 8443.
        update: How a new version replaces the instances. Default ``InstanceRefresh()``, watched by alarms.
        slow_start_seconds: In which a new instance gets its full share of requests, 30 to 900, or 0. Default 30 s.
        deregistration_delay_seconds: How long requests may take to end, 1 to 3600, with Spot 90. Default 30 s.
        lifecycle_hooks: Who is told of launches or terminations and lets them go on, by names of letters and digits.
        termination_logs: What of an instance's logs is kept in a bucket when it goes. Default: nothing.
        thresholds: When the alarms ring.
        alarm_topic: Told of them. Default: alarms tell nobody.
        deletion_protection: Whether the load balancer refuses to be deleted. Default: it does.
        removal_policy: Of what holds data: logs. Default ``RETAIN``.

    Attributes:
        network: The network that was made for it; ``None`` when one was given.
        vpc: The network.
        front: The load balancer, with its listeners and logs.
        load_balancer: Itself.
        url: Where it is reached, by the load balancer's own name.
        fleet: The instances.
        group: Their Auto Scaling group.
        port: Where they listen.
        target_group: How the load balancer knows them.
        scaling: The scaling policies; ``None`` without any.
        suspended_processes: ``None`` without any.
        custom_health_check: ``None`` without.
        log_collector: ``None`` without ``termination_logs``.
        lifecycle_hooks: By the names given.
        rollback_alarms: What takes a bad version back; ``None`` with a ``RollingUpdate``.
        monitoring: Alarms, the one about what users notice, the dashboard.
        connections: Of the instances: ``database.connections.allow_default_port_from(tier)``.
        grant_principal: The instances' role, for ``grant`` methods.

    Raises:
        ValueError: Naming every option that can't be used, whichever part it is of.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/tutorial-ec2-auto-scaling-load-balancer.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        load_balancer_subnets: ec2.SubnetSelection | None = None,
        internet_facing: bool = True,
        ipv6: bool = False,
        allowed_cidrs: Sequence[str] | None = None,
        tls: TlsApproach = TlsApproach.OFFLOAD,
        certificates: Sequence[acm.ICertificate] = (),
        rules: Sequence[Rule] = (),
        web_acl_arn: str | None = None,
        access_logs: AccessLogs | None = AccessLogs(),  # noqa: B008 - frozen
        idle_timeout_seconds: int = defaults.IDLE_TIMEOUT_SECONDS,
        stickiness: Stickiness | None = None,
        algorithm: Algorithm = Algorithm.ROUND_ROBIN,
        instances: Instances = Instances(),  # noqa: B008 - frozen
        capacity: Capacity | None = None,
        mixed_fleet: MixedFleet | None = None,
        placement: Placement | None = None,
        scaling_policies: Sequence[ScalingPolicy] = TIER_SCALING,
        suspended_processes: Sequence[ScalingProcess] = (),
        termination_policies: Sequence[TerminationPolicy] = (TerminationPolicy.DEFAULT,),
        warm_up_seconds: int = compute_defaults.WARM_UP_SECONDS,
        start_seconds: int = compute_defaults.START_SECONDS,
        trust_new_instances: bool = False,
        health: FleetHealth = TIER_HEALTH,
        health_check: HealthCheck = HealthCheck(),  # noqa: B008 - frozen
        custom_health: CustomHealth | None = None,
        port: int | None = None,
        update: InstanceRefresh | RollingUpdate = InstanceRefresh(),  # noqa: B008 - frozen
        slow_start_seconds: int = defaults.SLOW_START_SECONDS,
        deregistration_delay_seconds: int = defaults.DEREGISTRATION_DELAY_SECONDS,
        lifecycle_hooks: Mapping[str, LifecycleHook] | None = None,
        termination_logs: TerminationLogs | None = None,
        thresholds: AlarmThresholds = AlarmThresholds(),  # noqa: B008 - frozen
        alarm_topic: sns.ITopic | None = None,
        deletion_protection: bool = True,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        zones = zones_of(selected_subnets(vpc, subnets)) if vpc else range(network_defaults.AVAILABILITY_ZONES)
        chosen = zones_of(selected_subnets(vpc, load_balancer_subnets)) if vpc and load_balancer_subnets else None
        with Problems(f"WebTier {self.node.path}") as problems:
            if vpc is None and (subnets or load_balancer_subnets):
                problems.add("vpc is missing: subnets were given, and they are of a network that exists already")
            check_web_tier(
                problems,
                zones=len(zones),
                load_balancer_zones=None if chosen is None else len(chosen),
                ipv6=ipv6,
                allowed_cidrs=allowed_cidrs,
                tls=tls,
                certificates=certificates,
                rules=rules,
                web_acl_arn=web_acl_arn,
                access_logs=access_logs,
                idle_timeout_seconds=idle_timeout_seconds,
                stickiness=stickiness,
                algorithm=algorithm,
                slow_start_seconds=slow_start_seconds,
                deregistration_delay_seconds=deregistration_delay_seconds,
                port=port,
                health_check=health_check,
                capacity=capacity,
                instances=instances,
                mixed_fleet=mixed_fleet,
                placement=placement,
                scaling_policies=scaling_policies,
                suspended_processes=suspended_processes,
                termination_policies=termination_policies,
                warm_up_seconds=warm_up_seconds,
                start_seconds=start_seconds,
                trust_new_instances=trust_new_instances,
                health=health,
                custom_health=custom_health,
                update=update,
                lifecycle_hooks=lifecycle_hooks,
                termination_logs=termination_logs,
                thresholds=thresholds,
            )
        self.network = None if vpc else MultiAzVpc(self, "Network", ipv6=ipv6, removal_policy=removal_policy)
        self.vpc: ec2.IVpc = self.network.vpc if self.network else cast("ec2.IVpc", vpc)
        self.front = ApplicationFront(
            self,
            "Front",
            vpc=self.vpc,
            subnets=load_balancer_subnets,
            internet_facing=internet_facing,
            ipv6=ipv6,
            allowed_cidrs=allowed_cidrs,
            tls=tls,
            certificates=certificates,
            rules=rules,
            web_acl_arn=web_acl_arn,
            access_logs=access_logs,
            idle_timeout_seconds=idle_timeout_seconds,
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )
        self.load_balancer = self.front.load_balancer
        self.url = self.front.url
        shape = self.front.shape
        self.port = shape.target_port if port is None else port
        self.target_group = fleet_target_group(
            self,
            "TargetGroup",
            vpc=self.vpc,
            shape=shape,
            port=self.port,
            health_check=health_check,
            stickiness=stickiness,
            algorithm=algorithm,
            slow_start_seconds=slow_start_seconds,
            deregistration_delay_seconds=deregistration_delay_seconds,
        )
        self.front.serve(self.target_group)
        self.rollback_alarms = parts.rollback_alarms(self, update, thresholds, health)
        self.fleet = InstanceFleet(
            self,
            "Fleet",
            vpc=self.vpc,
            subnets=subnets,
            capacity=capacity,
            instances=instances,
            mixed_fleet=mixed_fleet,
            placement=placement,
            termination_policies=termination_policies,
            warm_up_seconds=warm_up_seconds,
            health=health,
            update=update,
            rollback_alarms=self.rollback_alarms.alarms if self.rollback_alarms else (),
            health_url=None if trust_new_instances else health_url(shape, self.port, health_check.path),
            start_seconds=start_seconds,
            trust_new_instances=trust_new_instances,
            down_with_its_zone=len(zones) == 1,  # only in a cluster, which was asked for by name
        )
        self.group = self.fleet.group
        self.target_group.add_target(self.group)
        # Before there is a listener nobody asks the instances for their health, and they would be replaced for it.
        self.group.node.add_dependency(self.front.listener)
        self.scaling = parts.scaling(self, scaling_policies, warm_up_seconds)
        self.suspended_processes = parts.suspended(self, suspended_processes, scaling_policies, removal_policy)
        told_and_kept = (alarm_topic, removal_policy)
        self.custom_health_check = parts.custom_health_check(self, custom_health, subnets, *told_and_kept)
        self.log_collector = parts.log_collector(self, termination_logs, *told_and_kept)
        self.lifecycle_hooks = parts.lifecycle_hooks(self, lifecycle_hooks, *told_and_kept)
        self.monitoring = WebTierMonitoring(
            self,
            "Monitoring",
            load_balancer=self.load_balancer,
            target_groups={"Web": self.target_group},
            fleets={"Web": self.fleet},
            availability_zones=self.fleet.availability_zones,
            shape=shape,
            thresholds=thresholds,
            alarm_topic=alarm_topic,
            further_alarms=parts.alarms_of(
                self.custom_health_check, self.log_collector, *self.lifecycle_hooks.values()
            ),
        )

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the instances, and whom they reach."""
        return self.fleet.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """What a permission is granted to."""
        return self.fleet.grant_principal
