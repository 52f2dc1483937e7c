"""What clients connect to: an Application Load Balancer over all zones, and the rules by which it routes."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

import jsii
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._validation import Problems
from aws_patterns.load_balancing import _defaults as defaults
from aws_patterns.load_balancing._certificates import check_made
from aws_patterns.load_balancing._listener_rules import make_rule, needs_fleet
from aws_patterns.load_balancing.access_logs import keep_access_logs
from aws_patterns.load_balancing.application_front_options import (
    AccessLogs,
    DesyncMitigation,
    check_front,
    check_web_acl,
    everyone,
)
from aws_patterns.load_balancing.content_routing import Rule, check_rules
from aws_patterns.load_balancing.tls import TlsApproach, TlsShape, check_tls, shape_of

_FEWEST_ZONES = 2
_DESYNC_MODES = {
    DesyncMitigation.DEFENSIVE: elbv2.DesyncMitigationMode.DEFENSIVE,
    DesyncMitigation.STRICTEST: elbv2.DesyncMitigationMode.STRICTEST,
}


@jsii.implements(ec2.IConnectable)
class ApplicationFront(Construct):
    """An Application Load Balancer with its listeners, its rules, its logs, and a security group of its own.

    Ends TLS with a modern policy, sends HTTP clients over to HTTPS, refuses malformed headers and ambiguous requests,
    and forgets idle clients within minutes, so that they leave a zone that fails. Use it in front of whatever speaks
    HTTP: a fleet, containers, functions. Not for other protocols, fixed addresses, or TLS that ends at the instances:
    those are ``NetworkLoadBalancedFleet``'s. What it leads to is told by ``serve``, once:

    >>> from aws_patterns.load_balancing.content_routing import FixedResponse, PathPattern
    >>> from aws_patterns.load_balancing.target_groups import fleet_target_group
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> vpc = MultiAzVpc(stack, "Network").vpc
    >>> front = ApplicationFront(stack, "Front", vpc=vpc, tls=TlsApproach.PLAIN_HTTP)
    >>> front.serve(fleet_target_group(stack, "Fleet", vpc=vpc, shape=front.shape))
    >>> front.add_rule(Rule(name="closed", conditions=[PathPattern("/admin/*")], action=FixedResponse(404)))

    Args:
        vpc: Where it is.
        subnets: In which of its subnets, in two zones or more. Default: public ones, or private ones for a front that
            does not face the internet.
        internet_facing: Whether its addresses are public. Default: they are.
        ipv6: Whether it has IPv6 addresses as well; the subnets must have some. Default off.
        allowed_cidrs: The networks that may connect, 30 at most. Default: all.
        tls: Where the encryption ends: ``OFFLOAD`` here, the default; ``BRIDGING`` here, and again at the targets,
            whose certificates a load balancer doesn't verify; ``PLAIN_HTTP`` nowhere.
        certificates: Of AWS Certificate Manager in this Region; the first is for clients that name no server, and
            each client gets the one that fits. Needed unless ``PLAIN_HTTP``.
        rules: What happens to which requests; to all others, what ``serve`` says. Up to 100. Default: none.
        web_acl_arn: Of a REGIONAL web ACL of AWS WAF that guards it. Default: none.
        access_logs: A line for every request and connection, in a bucket; ``None`` keeps none. Default: 30 days.
        deletion_protection: Whether AWS refuses to delete it; it must be off before the stack can be. Default on.
        idle_timeout_seconds: After which a connection on which nothing moves is closed, 1 to 4000; the targets must
            keep theirs for longer. Default 60.
        client_keep_alive_seconds: After which a client must connect anew, 60 to 604800. Default 180.
        desync_mitigation: What becomes of ambiguous requests. Default: dangerous ones are refused.
        preserve_host_header: Whether targets get the Host header as the client sent it, its port included. Default:
            without the port.
        tls_headers: Whether targets are told the client's TLS version and cipher, in ``x-amzn-tls-version`` and
            ``x-amzn-tls-cipher-suite``. Default off.
        removal_policy: Of the logs. Default ``RETAIN``.

    Attributes:
        load_balancer: It.
        shape: What ``tls`` means for its listeners and for its targets.
        listener: The one that serves, and that has the rules.
        redirect_listener: The one on port 80 that sends clients over to HTTPS; ``None`` with ``PLAIN_HTTP``.
        rules: Made so far, by name.
        security_group: Lets the allowed networks in, and out to the targets alone.
        access_log_bucket: ``None`` without access logs.
        web_acl_association: ``None`` without a web ACL.
        url: By the load balancer's own name, which no certificate is for: give it one of yours in DNS.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None = None,
        internet_facing: bool = True,
        ipv6: bool = False,
        allowed_cidrs: Sequence[str] | None = None,
        tls: TlsApproach = TlsApproach.OFFLOAD,
        certificates: Sequence[acm.ICertificate] = (),
        rules: Sequence[Rule] = (),
        web_acl_arn: str | None = None,
        access_logs: AccessLogs | None = AccessLogs(),  # noqa: B008 - frozen
        deletion_protection: bool = True,
        idle_timeout_seconds: int = defaults.IDLE_TIMEOUT_SECONDS,
        client_keep_alive_seconds: int = defaults.CLIENT_KEEP_ALIVE_SECONDS,
        desync_mitigation: DesyncMitigation = DesyncMitigation.DEFENSIVE,
        preserve_host_header: bool = False,
        tls_headers: bool = False,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        kind = ec2.SubnetType.PUBLIC if internet_facing else ec2.SubnetType.PRIVATE_WITH_EGRESS
        where = subnets or ec2.SubnetSelection(subnet_type=kind)
        with Problems(f"ApplicationFront {self.node.path}") as problems:
            check_tls(problems, approach=tls, certificates=certificates)
            check_rules(problems, rules, https=tls != TlsApproach.PLAIN_HTTP)
            check_front(
                problems,
                allowed_cidrs=allowed_cidrs,
                ipv6=ipv6,
                access_logs=access_logs,
                idle_timeout_seconds=idle_timeout_seconds,
                client_keep_alive_seconds=client_keep_alive_seconds,
                desync_mitigation=desync_mitigation,
            )
            if web_acl_arn is not None:
                check_web_acl(problems, web_acl_arn, region=Stack.of(self).region)
            _check_subnets(problems, vpc, where)
            check_made(problems, certificates)
        self.shape: TlsShape = shape_of(tls)
        self.security_group = self._make_security_group(vpc, allowed_cidrs or everyone(ipv6=ipv6))
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=where,
            internet_facing=internet_facing,
            ip_address_type=elbv2.IpAddressType.DUAL_STACK if ipv6 else None,
            security_group=self.security_group,
            deletion_protection=deletion_protection,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=_DESYNC_MODES[desync_mitigation],
            idle_timeout=Duration.seconds(idle_timeout_seconds),
            client_keep_alive=Duration.seconds(client_keep_alive_seconds),
            preserve_host_header=preserve_host_header,
            x_amzn_tls_version_and_cipher_suite_headers=tls_headers,
        )
        self.access_log_bucket: s3.Bucket | None = None
        if access_logs is None:
            why = "access_logs=None was asked for: requests are not written down."
            acknowledge(self.load_balancer, {"AwsSolutions-ELB2": why})
        else:
            self.access_log_bucket = keep_access_logs(
                self,
                "AccessLogs",
                load_balancer=self.load_balancer,
                settings=access_logs,
                removal_policy=removal_policy,
            )
        self.listener = self._make_listener(certificates)
        self.redirect_listener = self._make_redirect_listener() if self.shape.redirect_http else None
        self.url: str = f"{self.shape.listener_protocol.lower()}://{self.load_balancer.load_balancer_dns_name}"
        self.web_acl_association: wafv2.CfnWebACLAssociation | None = None
        if web_acl_arn is not None:
            self.associate_web_acl(web_acl_arn)
        self.rules: dict[str, elbv2.ApplicationListenerRule] = {}
        self._rule_scope = Construct(self, "Rules")
        self._known_rules = list(rules)
        self._default_action: elbv2.ListenerAction | None = None
        self._fleet: elbv2.IApplicationTargetGroup | None = None

    @property
    def connections(self) -> ec2.Connections:
        """Of the security group."""
        return self.load_balancer.connections

    def serve(self, default: elbv2.IApplicationTargetGroup | elbv2.ListenerAction) -> None:
        """Say what happens to requests that no rule applies to: a target group gets them, or something else is done.

        Raises:
            ValueError: If that was said before, or a rule shares requests out to the fleet and there is no single one.
        """
        if self._default_action is not None:
            raise ValueError(f"ApplicationFront {self.node.path} serves already: its default is said once")
        if isinstance(default, elbv2.ListenerAction):
            self._default_action = default
        else:
            self._default_action = elbv2.ListenerAction.forward([default])
            self._fleet = default
        self.listener.add_action("Default", action=self._default_action)
        for rule in self._known_rules:
            self._make_rule(rule)

    def add_rule(self, rule: Rule) -> None:
        """Add a rule to those that there are.

        Raises:
            ValueError: Naming whatever is wrong with it, by itself or beside the others.
        """
        with Problems(f"ApplicationFront {self.node.path}") as problems:
            check_rules(problems, [*self._known_rules, rule], https=self.redirect_listener is not None)
        self._known_rules.append(rule)
        if self._default_action is not None:
            self._make_rule(rule)

    def associate_web_acl(self, web_acl_arn: str) -> None:
        """Let a REGIONAL web ACL of AWS WAF guard the load balancer.

        Raises:
            ValueError: If it is another kind of ACL, or there is one already.
        """
        with Problems(f"ApplicationFront {self.node.path}") as problems:
            check_web_acl(problems, web_acl_arn, region=Stack.of(self).region)
            if self.web_acl_association is not None:
                problems.add("web_acl_arn must be given once: a load balancer has one web ACL")
        self.web_acl_association = wafv2.CfnWebACLAssociation(
            self, "WebAcl", resource_arn=self.load_balancer.load_balancer_arn, web_acl_arn=web_acl_arn
        )

    def _make_rule(self, rule: Rule) -> None:
        if needs_fleet(rule.action) and self._fleet is None:
            raise ValueError(
                f"ApplicationFront {self.node.path}: rule {rule.name!r} shares requests out to None, the tier's own "
                "fleet, and serve was told no single target group: name one"
            )
        assert self._default_action is not None, "rules are made by those who serve"  # noqa: S101 - for the type checker
        self.rules[rule.name] = make_rule(
            self._rule_scope,
            rule,
            listener=self.listener,
            default_action=self._default_action,
            fleet=self._fleet,
        )

    def _make_security_group(self, vpc: ec2.IVpc, allowed_cidrs: Sequence[str]) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="In: whoever may connect to the load balancer. Out: its targets",
            allow_all_outbound=False,
        )
        ports = [self.shape.listener_port, *([defaults.HTTP_PORT] if self.shape.redirect_http else [])]
        for cidr in allowed_cidrs:
            peer = ec2.Peer.ipv4(cidr) if ip_network(cidr).version == 4 else ec2.Peer.ipv6(cidr)  # noqa: PLR2004 - IPv4
            for port in ports:
                group.add_ingress_rule(peer, ec2.Port.tcp(port), f"Clients, port {port}")
        if set(allowed_cidrs) & set(everyone(ipv6=True)):
            why = "Everybody may connect to the listeners' ports; allowed_cidrs and internet_facing narrow that."
            acknowledge(group, {"AwsSolutions-EC23": why})
        return group

    def _make_listener(self, certificates: Sequence[acm.ICertificate]) -> elbv2.ApplicationListener:
        return self.load_balancer.add_listener(
            "Listener",
            port=self.shape.listener_port,
            protocol=elbv2.ApplicationProtocol[self.shape.listener_protocol],
            certificates=[elbv2.ListenerCertificate.from_certificate_manager(found) for found in certificates],
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ if self.shape.tls_policy else None,
            open=False,
        )

    def _make_redirect_listener(self) -> elbv2.ApplicationListener:
        return self.load_balancer.add_listener(
            "Redirect",
            port=defaults.HTTP_PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            open=False,
            default_action=elbv2.ListenerAction.redirect(
                protocol="HTTPS", port=str(self.shape.listener_port), permanent=True
            ),
        )


def _check_subnets(problems: Problems, vpc: ec2.IVpc, where: ec2.SubnetSelection) -> None:
    selected = vpc.select_subnets(
        subnet_type=where.subnet_type,
        subnets=where.subnets,
        subnet_group_name=where.subnet_group_name,
        availability_zones=where.availability_zones,
        one_per_az=where.one_per_az,
        subnet_filters=where.subnet_filters,
    )
    count = len(selected.subnet_ids)
    if not selected.is_pending_lookup and count < _FEWEST_ZONES:
        problems.add(f"subnets must be in {_FEWEST_ZONES} zones or more, got {count}: a load balancer spans zones")
