"""A fleet of instances over several zones that heals itself and is replaced without anybody noticing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import jsii
from aws_cdk import Annotations, CfnResource, Duration, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._boot_user_data import BootUserData, check_user_data
from aws_patterns.compute._fleet_group import creation_signals, health_checks, mixed_instances, update_policy
from aws_patterns.compute._fleet_zones import PRIVATE, selected_subnets, zones_of
from aws_patterns.compute._instance_role import instance_role
from aws_patterns.compute.capacity import Capacity, zone_loss_advice
from aws_patterns.compute.health import FleetHealth
from aws_patterns.compute.instance_fleet_options import check_fleet, default_capacity
from aws_patterns.compute.instance_refresh import InstanceRefresh
from aws_patterns.compute.instances import Architecture, Instances, architecture_of
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.termination_policies import TerminationPolicy

_KNOWN_WARNINGS = {
    "@aws-cdk/aws-autoscaling:desiredCapacitySet": "Capacity says so, where desired is described.",
    "@aws-cdk/aws-autoscaling:signalsNotUsedByInstanceRefresh": "They are for the first deployment.",
}


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class InstanceFleet(Construct):
    """An Auto Scaling group over the zones of a network: what fails is replaced, and so is what is outdated.

    Instances are reached by nobody before ``connections`` say so, have no key pair, answer Session Manager instead,
    keep their disks encrypted and give their credentials to IMDSv2 alone. Use it for what runs on machines of its
    own. What waits behind a load balancer is a `WebTier`; what fits into a function needs no fleet.

    A first deployment fails when its instances don't come up, a later one returns to the version before. For that they
    have to reach CloudFormation: in a network without NAT, through the interface endpoint ``cloudformation``, and
    Session Manager through ``ssm`` and ``ssmmessages``.

    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> network = MultiAzVpc(stack, "Network")
    >>> InstanceFleet(stack, "Fleet", vpc=network.vpc)

    Args:
        vpc: The network; its own or an imported one.
        subnets: Where in it. Default: the private subnets with a way out, in every zone.
        capacity: How many instances. Default: one in each zone, twice as many at most.
        instances: What they are made of, and what they run at their first boot.
        mixed_fleet: How several types and Spot capacity are mixed. Default: one type, On-Demand.
        placement: How near to each other. Default: as EC2 sees fit, which is apart.
        termination_policies: Which go first when the fleet shrinks. Default: the outdated ones.
        warm_up_seconds: How long a new instance's readings don't count for scaling. Default 120 s.
        health: When an instance is replaced. Default: when EC2 says that it is broken.
        update: How a new version replaces the instances. Default ``InstanceRefresh()``.
        rollback_alarms: Up to ten that an ``InstanceRefresh`` gives up for. They must not be about the group itself,
            which is made after them.
        health_url: Of the application, as its own instance reaches it, such as ``http://localhost:8080/health``.
            Default: an instance is up when its user data has ended well.
        start_seconds: How long an instance may take to be up. Default 300 s.
        trust_new_instances: Lets instances send no signal, for images without Python or with other scripts than a
            shell's: a deployment then succeeds whether the application runs or not.
        down_with_its_zone: Accepts subnets of a single zone.
        notification_topic: Told of every launch and termination. Default: nobody is; EventBridge knows.

    Attributes:
        group: The Auto Scaling group.
        launch_template: What an instance is made of; every version is kept.
        role: What the instances may do.
        security_group: Their own, closed to everybody, open to the outside.
        user_data: The fleet's own commands, after those of ``instances`` and before the signal. Add more to it.
        placement_group: ``None`` without ``placement``.
        capacity: How many instances there are.
        availability_zones: Of its subnets.
        zones: How many.
        connections: Who may reach the instances.
        grant_principal: The role, for ``grant`` methods.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-groups.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        capacity: Capacity | None = None,
        instances: Instances = Instances(),  # noqa: B008 - frozen
        mixed_fleet: MixedFleet | None = None,
        placement: Placement | None = None,
        termination_policies: Sequence[TerminationPolicy] = (TerminationPolicy.DEFAULT,),
        warm_up_seconds: int = defaults.WARM_UP_SECONDS,
        health: FleetHealth = FleetHealth(),  # noqa: B008 - frozen
        update: InstanceRefresh | RollingUpdate = InstanceRefresh(),  # noqa: B008 - frozen
        rollback_alarms: Sequence[cloudwatch.IAlarm] = (),
        health_url: str | None = None,
        start_seconds: int = defaults.START_SECONDS,
        trust_new_instances: bool = False,
        down_with_its_zone: bool = False,
        notification_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        selected = selected_subnets(vpc, subnets)
        self.availability_zones: Sequence[str] = zones_of(selected)
        self.zones = len(self.availability_zones)
        self.capacity = capacity or default_capacity(self.zones)
        with Problems(f"InstanceFleet {self.node.path}") as problems:
            check_fleet(
                problems,
                zones=self.zones,
                capacity=self.capacity,
                instances=instances,
                mixed_fleet=mixed_fleet,
                placement=placement,
                termination_policies=termination_policies,
                warm_up_seconds=warm_up_seconds,
                health=health,
                update=update,
                rollback_alarms=len(rollback_alarms),
                health_url=health_url,
                start_seconds=start_seconds,
                trust_new_instances=trust_new_instances,
                down_with_its_zone=down_with_its_zone,
            )
            check_user_data(problems, instances.user_data, trusted=trust_new_instances)

        self.role = instance_role(self)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Instances of the fleet: nobody reaches them before they are told to be reached",
            # Packages, AWS's services, Session Manager: addresses that nobody has a list of.
            allow_all_outbound=True,
            allow_all_ipv6_outbound=True,
        )
        self.user_data = ec2.UserData.for_linux()
        self.placement_group = self._make_placement_group(placement) if placement else None
        self.launch_template = self._make_launch_template(instances, mixed=mixed_fleet is not None)
        signal_seconds = None if trust_new_instances else start_seconds
        self.group = autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=vpc,
            vpc_subnets=subnets or PRIVATE,
            launch_template=None if mixed_fleet else self.launch_template,
            mixed_instances_policy=mixed_instances(mixed_fleet, self.launch_template, instances.instance_types)
            if mixed_fleet
            else None,
            capacity_rebalance=True if mixed_fleet else None,
            min_capacity=self.capacity.minimum,
            max_capacity=self.capacity.maximum,
            desired_capacity=self.capacity.desired,
            default_instance_warmup=Duration.seconds(warm_up_seconds),
            min_healthy_percentage=defaults.HEALTHY_PERCENT[0],
            max_healthy_percentage=defaults.HEALTHY_PERCENT[1],
            health_checks=health_checks(health),
            termination_policies=[autoscaling.TerminationPolicy[policy.name] for policy in termination_policies],
            group_metrics=[autoscaling.GroupMetrics.all()],
            notifications=[autoscaling.NotificationConfiguration(topic=notification_topic)]
            if notification_topic
            else None,
            signals=creation_signals(self.capacity, signal_seconds),
            update_policy=update_policy(
                update,
                capacity=self.capacity,
                rollback_alarms=rollback_alarms,
                signal_seconds=signal_seconds,
                warm_up_seconds=warm_up_seconds,
            ),
        )
        # What boots before its way out exists finds no package and sends no signal.
        self.group.node.add_dependency(selected.internet_connectivity_established)
        Tags.of(self.launch_template).add("Name", self.node.path)
        boot = BootUserData(
            given=instances.user_data, own=self.user_data, health_url=health_url, signal_seconds=signal_seconds
        )
        boot.attach(self, self.launch_template, self.group)
        self._say_what_is_accepted(mixed=mixed_fleet is not None, notified=notification_topic is not None)

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the instances, and whom they reach."""
        return self.group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """What a permission is granted to."""
        return self.role

    def _make_placement_group(self, placement: Placement) -> ec2.PlacementGroup:
        partitions = placement.partitions or defaults.PARTITIONS_PER_ZONE
        return ec2.PlacementGroup(
            self,
            "PlacementGroup",
            strategy=ec2.PlacementGroupStrategy[placement.strategy.name],
            partitions=partitions if placement.strategy == PlacementStrategy.PARTITION else None,
        )

    def _make_launch_template(self, instances: Instances, *, mixed: bool) -> ec2.LaunchTemplate:
        first = instances.instance_types[0]
        arm = architecture_of(first) is Architecture.ARM64
        return ec2.LaunchTemplate(
            self,
            "LaunchTemplate",
            # Read by CloudFormation at each deployment, never at synthesis.
            machine_image=instances.image
            or ec2.MachineImage.latest_amazon_linux2023(
                cpu_type=ec2.AmazonLinuxCpuType.ARM_64 if arm else ec2.AmazonLinuxCpuType.X86_64,
                cached_in_context=False,
            ),
            instance_type=None if mixed else ec2.InstanceType(first),
            role=self.role,
            security_group=self.security_group,
            user_data=self.user_data,
            placement_group=self.placement_group,
            detailed_monitoring=True,
            http_endpoint=True,
            http_tokens=ec2.LaunchTemplateHttpTokens.REQUIRED,
            # A container on the instance is one hop further: it does not get the instance's credentials.
            http_put_response_hop_limit=1,
            block_devices=[
                ec2.BlockDevice(
                    device_name=instances.root_device,
                    volume=ec2.BlockDeviceVolume.ebs(
                        instances.root_volume_gib,
                        encrypted=True,
                        volume_type=ec2.EbsDeviceVolumeType.GP3,
                        delete_on_termination=True,
                    ),
                )
            ],
        )

    def _say_what_is_accepted(self, *, mixed: bool, notified: bool) -> None:
        advice = zone_loss_advice(self.capacity, self.zones)
        if advice:
            Annotations.of(self).add_warning_v2("aws-patterns:zoneLoss", advice)
        for warning, why in _KNOWN_WARNINGS.items():
            Annotations.of(self.group).acknowledge_warning(warning, why)
        if self.capacity.needed is not None:
            # For those who judge the template: CloudFormation has no property for it.
            cast("CfnResource", self.group.node.default_child).add_metadata("aws-patterns:needed", self.capacity.needed)
        if mixed:
            unread = "The launch template encrypts every volume; the rule can't read one behind several types."
            acknowledge(self.group, {"AwsSolutions-EC26": unread})
        if not notified:
            acknowledge(self.group, {"AwsSolutions-AS3": "EventBridge knows every launch and termination."})
