"""Static addresses for an Application Load Balancer, which has none of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_elasticloadbalancingv2_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.load_balancing._network_target_group import health_check as as_cdk_takes_it
from aws_patterns.load_balancing.network_flow_alarms import NetworkFlowAlarms
from aws_patterns.load_balancing.network_front import NetworkFront, zones_of_front
from aws_patterns.load_balancing.network_front_options import check_front
from aws_patterns.load_balancing.network_listener_options import (
    HttpHealthCheck,
    Targets,
    TcpListener,
    shape_of_listener,
)
from aws_patterns.load_balancing.static_ip_front_options import check_page, check_ports


@jsii.implements(ec2.IConnectable)
class StaticIpFront(Construct):
    """A Network Load Balancer with one Elastic IP per zone in front of an Application Load Balancer.

    For clients that must put addresses into their firewalls, and for PrivateLink. Everything else, TLS, rules, web
    ACL and health of the instances, stays with the load balancer behind: what comes in on a port of it is passed on to
    the same port, and it sees the clients' own addresses. An internal one is enough; an internet-facing one can be
    reached past this front as well. Not needed for names only: an alias record follows a load balancer by itself.

    >>> vpc = ec2.Vpc(stack, "Vpc")
    >>> behind = elbv2.ApplicationLoadBalancer(stack, "Behind", vpc=vpc)
    >>> http = behind.add_listener("Http", port=80, open=False, default_action=elbv2.ListenerAction.fixed_response(200))
    >>> StaticIpFront(stack, "Front", listeners=[http])

    Args:
        listeners: What is to be reached, of one Application Load Balancer; for an ``ApplicationFront``, for instance
            its ``listener`` and ``redirect_listener``. AWS passes TCP on to them, nothing else.
        subnets: Where it stands, one subnet in each zone, of the same network. Default: the public ones.
        internet_facing: Whether it has addresses of the internet. Default: yes.
        allowed_cidrs: Networks that may connect. Default: everybody; when internal, this network.
        elastic_ip_allocation_ids: Addresses that exist already, one for each subnet. Default: new ones.
        health_check: Of the load balancer behind, through its listeners; whether one is asked over HTTPS follows from
            the listener.
        cross_zone: Whether each zone's node passes on to all zones. Default off.
        deletion_protection: Whether it can't be deleted until this is turned off. Default on.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.

    Attributes:
        front: The Network Load Balancer with its addresses.
        load_balancer: The same, as the CDK knows it.
        connections: Who may reach it.
        static_addresses: Its own addresses; empty when they came from outside, or when it is internal.
        target_groups: By port.
        listeners: By port.
        alarms: Every alarm, by its id.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        listeners: Sequence[elbv2.ApplicationListener],
        subnets: ec2.SubnetSelection | None = None,
        internet_facing: bool = True,
        allowed_cidrs: Sequence[str] | None = None,
        elastic_ip_allocation_ids: Sequence[str] = (),
        health_check: HttpHealthCheck = HttpHealthCheck(),  # noqa: B008 - frozen
        cross_zone: bool = False,
        deletion_protection: bool = True,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        behind = [listener.load_balancer for listener in listeners]
        by_port = {int(listener.port): listener for listener in listeners}
        vpc = behind[0].vpc if behind else None
        with Problems(f"StaticIpFront {self.node.path}") as problems:
            check_ports(
                problems,
                ports=[int(listener.port) for listener in listeners],
                load_balancers=[found.load_balancer_arn for found in behind],
            )
            check_page(problems, health_check)
            if behind and vpc is None:
                problems.add("listeners must be of a load balancer whose network is known: pass vpc when importing it")
            if vpc is not None:
                check_front(
                    problems,
                    shapes=[shape_of_listener(TcpListener(port=port), Targets()) for port in by_port],
                    zones=zones_of_front(vpc, subnets, public=internet_facing),
                    internet_facing=internet_facing,
                    allowed_cidrs=allowed_cidrs,
                    elastic_ip_allocation_ids=elastic_ip_allocation_ids,
                    ipv6=False,
                )
        assert vpc is not None, "a front without problems has a network"  # noqa: S101 - for the type checker
        self.front = NetworkFront(
            self,
            "Front",
            vpc=vpc,
            subnets=subnets,
            internet_facing=internet_facing,
            allowed_cidrs=allowed_cidrs,
            elastic_ip_allocation_ids=elastic_ip_allocation_ids,
            cross_zone=cross_zone,
            deletion_protection=deletion_protection,
            access_log_retention_days=None,
            # Keeps no records: the load balancer behind does.
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.load_balancer = self.front.load_balancer
        self.static_addresses = self.front.static_addresses
        self.target_groups: Mapping[int, elbv2.NetworkTargetGroup] = {
            port: self._make_target_group(vpc, listener, health_check) for port, listener in by_port.items()
        }
        self.listeners: Mapping[int, elbv2.NetworkListener] = {
            port: self.front.listen(TcpListener(port=port), group) for port, group in self.target_groups.items()
        }
        for listener in listeners:
            reached = listener.load_balancer.connections
            reached.allow_from(self.front, ec2.Port.tcp(listener.port), "Its front with static addresses")
        self.alarms = NetworkFlowAlarms(
            self, "FlowAlarms", load_balancer=self.load_balancer, alarm_topic=alarm_topic
        ).alarms

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach it."""
        return self.front.connections

    def _make_target_group(
        self, vpc: ec2.IVpc, listener: elbv2.ApplicationListener, check: HttpHealthCheck
    ) -> elbv2.NetworkTargetGroup:
        # AWS keeps the attributes of such a group to itself: none may be set.
        return elbv2.NetworkTargetGroup(
            self,
            f"TargetGroup{listener.port}",
            vpc=vpc,
            target_type=elbv2.TargetType.ALB,
            protocol=elbv2.Protocol.TCP,
            port=listener.port,
            health_check=as_cdk_takes_it(replace(check, encrypted=_speaks_tls(listener))),
            targets=[targets.AlbListenerTarget(listener)],
        )


def _speaks_tls(listener: elbv2.ApplicationListener) -> bool:
    resource = listener.node.default_child
    return isinstance(resource, elbv2.CfnListener) and resource.protocol == elbv2.ApplicationProtocol.HTTPS.value
