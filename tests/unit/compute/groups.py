"""A group to try things on that need no more than one."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

from aws_patterns.compute.capacity import Capacity


def make_group(scope: cdk.Stack, capacity: Capacity | None = None, id: str = "Group") -> autoscaling.AutoScalingGroup:
    """An Auto Scaling group of small instances, in a network of its own called like it and ``Vpc``."""
    vpc = ec2.Vpc(scope, f"{id}Vpc", max_azs=2, nat_gateways=0)
    template = ec2.LaunchTemplate(
        scope,
        f"{id}Template",
        instance_type=ec2.InstanceType("t4g.small"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
        security_group=ec2.SecurityGroup(scope, f"{id}Instances", vpc=vpc),
    )
    return autoscaling.AutoScalingGroup(
        scope,
        id,
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        launch_template=template,
        min_capacity=capacity.minimum if capacity else None,
        max_capacity=capacity.maximum if capacity else None,
    )
