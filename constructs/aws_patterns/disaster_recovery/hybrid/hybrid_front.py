"""One name for what runs on premises and for what runs in AWS, and how the users are shared out."""

from __future__ import annotations

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.hybrid.hybrid_options import check_hybrid_front
from aws_patterns.disaster_recovery.traffic.health_checks import EndpointHealthCheck
from aws_patterns.disaster_recovery.traffic.routed_record import RoutedRecord
from aws_patterns.disaster_recovery.traffic.routing_options import Routing, Simple, Weighted


class HybridFront(Construct):
    """Sends so many of the users to a data centre and so many to AWS, and all of them to the one that is left.

    Use it to move to AWS step by step, or to have AWS take over when the data centre is lost: with ``aws_weight=0``
    nobody is sent there until the data centre does not answer. Not between two Regions (``FrontDoor``), and only where
    both sides may serve at any time: Route 53 moves users by health alone, and back again.

    Each side has a name of its own as well: ``on-premises.`` and ``aws.`` before the domain. The load balancer's
    certificate must have the domain's name and that of the AWS side, the data centre's its own two.

    >>> from aws_cdk import aws_ec2 as ec2
    >>> balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=ec2.Vpc(stack, "Vpc"), internet_facing=True)
    >>> HybridFront(
    ...     stack,
    ...     "Front",
    ...     domain_name="shop.example.org",
    ...     on_premises_address="203.0.113.10",
    ...     load_balancer=balancer,
    ... )

    Args:
        domain_name: By which users call it.
        on_premises_address: Public IPv4 address of the data centre's side.
        load_balancer: The side in AWS.
        hosted_zone: Public zone that the domain is in. Default: one of its own, called like the domain, whose name
            servers the zone above must be told.
        on_premises_weight: So many parts of the users, 0 to 255. Default 100.
        aws_weight: So many parts of the users, 0 to 255. Default 0: AWS is on standby.
        health_path: Answered with 2xx or 3xx by a side that can serve. Default ``/health``.
        plain_http: Whether health checks ask without TLS. Default off.

    Attributes:
        hosted_zone: The zone of the records.
        on_premises_check: Whether the data centre answers.
        aws_check: Whether AWS does.
        on_premises_record: The record that leads to the data centre.
        aws_record: The record that leads to AWS.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_name: str,
        on_premises_address: str,
        load_balancer: elbv2.IApplicationLoadBalancer,
        hosted_zone: route53.IHostedZone | None = None,
        on_premises_weight: int = defaults.ON_PREMISES_WEIGHT,
        aws_weight: int = defaults.AWS_WEIGHT,
        health_path: str = "/health",
        plain_http: bool = False,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"HybridFront {self.node.path}") as problems:
            check_hybrid_front(
                problems,
                domain_name=domain_name,
                on_premises_address=on_premises_address,
                on_premises_weight=on_premises_weight,
                aws_weight=aws_weight,
                health_path=health_path,
            )
        self._path, self._plain_http = health_path, plain_http
        self.hosted_zone: route53.IHostedZone = hosted_zone or route53.PublicHostedZone(
            self, "HostedZone", zone_name=domain_name
        )
        address = route53.RecordTarget.from_ip_addresses(on_premises_address)
        balancer = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(load_balancer))
        self.on_premises_check = self._check("OnPremises", f"on-premises.{domain_name}", address)
        self.aws_check = self._check("Aws", f"aws.{domain_name}", balancer)
        self.on_premises_record = self._record(
            "OnPremisesRecord",
            domain_name,
            address,
            routing=Weighted(weight=on_premises_weight),
            set_identifier="on-premises",
            health_check=self.on_premises_check,
        )
        self.aws_record = self._record(
            "AwsRecord",
            domain_name,
            balancer,
            routing=Weighted(weight=aws_weight),
            set_identifier="aws",
            health_check=self.aws_check,
        )

    def _check(self, id: str, name: str, target: route53.RecordTarget) -> route53.IHealthCheck:
        """Of one side by its own name, which has a record for it."""
        self._record(f"{id}Name", name, target, routing=Simple())
        return EndpointHealthCheck(
            self, f"{id}Check", domain_name=name, path=self._path, plain_http=self._plain_http
        ).health_check

    def _record(
        self,
        id: str,
        name: str,
        target: route53.RecordTarget,
        *,
        routing: Routing,
        set_identifier: str | None = None,
        health_check: route53.IHealthCheck | None = None,
    ) -> RoutedRecord:
        return RoutedRecord(
            self,
            id,
            zone=self.hosted_zone,
            record_name=name,
            target=target,
            routing=routing,
            set_identifier=set_identifier,
            health_check=health_check,
        )
