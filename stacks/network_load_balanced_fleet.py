"""The network load balanced fleet as it stands, with the sample application on its instances."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.compute.instances import Instances
from aws_patterns.compute.sample_web_app import SampleWebApp
from aws_patterns.load_balancing.network_load_balanced_fleet import NetworkLoadBalancedFleet
from stacks._parts import alarm_topic, certificates, network, outputs, removal_policy
from stacks.settings.network_load_balanced_fleet import NetworkLoadBalancedFleetSettings


class NetworkLoadBalancedFleetStack(cdk.Stack):
    """One fleet behind a Network Load Balancer, wired from its settings."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: NetworkLoadBalancedFleetSettings,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(
            scope, id, env=env, description="Instances behind a Network Load Balancer with one static address per zone"
        )
        app = SampleWebApp(self, "App", version=settings.sample_version, tls=settings.instances_speak_tls)
        service = NetworkLoadBalancedFleet(
            self,
            "Service",
            vpc=network(self, settings).vpc,
            listeners=[settings.listener(certificates(self, settings.certificate_arns))],
            targets=settings.targets(),
            internet_facing=settings.internet_facing,
            allowed_cidrs=settings.allowed_cidrs or None,
            elastic_ip_allocation_ids=settings.elastic_ip_allocation_ids,
            cross_zone=settings.cross_zone,
            capacity=settings.capacity(),
            instances=Instances(instance_types=settings.instance_types, user_data=app.user_data()),
            mixed_fleet=settings.mixed_fleet(),
            scaling_policies=settings.scaling_policies(),
            suspended_processes=settings.suspended_processes,
            access_log_retention_days=settings.access_log_retention_days,
            deletion_protection=settings.deletion_protection,
            alarm_topic=alarm_topic(self, settings.alarm_topic_arn),
            removal_policy=removal_policy(settings),
        )
        app.grant_download(service)
        outputs(
            self,
            {
                "Url": settings.url.format(host=service.load_balancer.load_balancer_dns_name),
                "StaticAddresses": ",".join(service.front.static_addresses),
                "AutoScalingGroupName": service.fleet.group.auto_scaling_group_name,
                "DashboardName": service.monitoring.dashboard.dashboard_name,
            },
        )
