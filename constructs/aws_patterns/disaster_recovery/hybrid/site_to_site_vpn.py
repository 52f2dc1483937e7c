"""The way from a data centre into a network in AWS, encrypted, over the internet, by two tunnels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._defaults import LOG_RETENTION
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.hybrid.hybrid_options import check_site_to_site_vpn

_TUNNELS = 2
_PERIOD_MINUTES = 5


class SiteToSiteVpn(Construct):
    """Two tunnels between a device in a data centre and a virtual private gateway, which end in different zones.

    Use it for replication, administration and file access between both sides. Not for terabytes a day, nor for a
    latency that somebody relies on (AWS: Direct Connect, with this as its standby).

    The device learns AWS's side from the configuration that the console offers for it, and AWS the data centre's: by
    BGP, or by ``on_premises_cidrs``. Keys are made by AWS and are in that configuration alone.

    >>> SiteToSiteVpn(stack, "Vpn", vpc=ec2.Vpc(stack, "Vpc"), on_premises_address="203.0.113.10")

    Args:
        vpc: The network.
        on_premises_address: Public IPv4 address of the device.
        on_premises_cidrs: Networks behind it, up to 100, for devices without BGP. Default: BGP tells.
        bgp_asn: Of the data centre. Default 65000.
        alarm_topic: Told when a tunnel is down. Default: alarms tell nobody.
        removal_policy: Of the tunnels' logs. Default ``RETAIN``.

    Attributes:
        connection: The connection.
        gateway: AWS's end.
        customer_gateway: The data centre's end.
        alarms: ``Down``: no tunnel is left. ``NotRedundant``: one is down, as during AWS's maintenance of it.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/vpn/latest/s2svpn/VPC_VPN.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        on_premises_address: str,
        on_premises_cidrs: Sequence[str] = (),
        bgp_asn: int = defaults.ON_PREMISES_ASN,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"SiteToSiteVpn {self.node.path}") as problems:
            check_site_to_site_vpn(
                problems,
                on_premises_address=on_premises_address,
                on_premises_cidrs=on_premises_cidrs,
                vpc_cidr=vpc.vpc_cidr_block,
                bgp_asn=bgp_asn,
            )
        kind = "ipsec.1"
        self.customer_gateway = ec2.CfnCustomerGateway(
            self, "CustomerGateway", bgp_asn=bgp_asn, ip_address=on_premises_address, type=kind
        )
        self.gateway = ec2.CfnVPNGateway(self, "Gateway", type=kind, amazon_side_asn=defaults.AWS_ASN)
        attachment = ec2.CfnVPCGatewayAttachment(self, "Attachment", vpc_id=vpc.vpc_id, vpn_gateway_id=self.gateway.ref)
        tables = {subnet.route_table.route_table_id: None for subnet in (*vpc.private_subnets, *vpc.isolated_subnets)}
        propagation = ec2.CfnVPNGatewayRoutePropagation(
            self, "Routes", route_table_ids=list(tables), vpn_gateway_id=self.gateway.ref
        )
        propagation.add_resource_dependency(attachment)
        self.connection = ec2.CfnVPNConnection(
            self,
            "Connection",
            type=kind,
            customer_gateway_id=self.customer_gateway.ref,
            vpn_gateway_id=self.gateway.ref,
            static_routes_only=bool(on_premises_cidrs),
            vpn_tunnel_options_specifications=self._tunnels(removal_policy),
        )
        for number, cidr in enumerate(on_premises_cidrs, 1):
            ec2.CfnVPNConnectionRoute(
                self,
                f"Route{number}",
                destination_cidr_block=cidr,
                vpn_connection_id=self.connection.ref,
            )
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._alarms(alarm_topic)

    def _tunnels(
        self, removal_policy: RemovalPolicy
    ) -> list[ec2.CfnVPNConnection.VpnTunnelOptionsSpecificationProperty]:
        """Both alike: the current key exchange alone, told to a log."""
        log = logs.LogGroup(
            self, "TunnelLogs", retention=logs.RetentionDays[LOG_RETENTION], removal_policy=removal_policy
        )
        tunnel = ec2.CfnVPNConnection.VpnTunnelOptionsSpecificationProperty(
            ike_versions=[ec2.CfnVPNConnection.IKEVersionsRequestListValueProperty(value="ikev2")],
            log_options=ec2.CfnVPNConnection.VpnTunnelLogOptionsSpecificationProperty(
                cloudwatch_log_options=ec2.CfnVPNConnection.CloudwatchLogOptionsSpecificationProperty(
                    log_enabled=True, log_group_arn=log.log_group_arn, log_output_format="json"
                )
            ),
        )
        return [tunnel] * _TUNNELS

    def _alarms(self, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, topic)
        for id, statistic, description in (
            ("Down", "Maximum", "Both tunnels are down: look at the device on premises, then at the tunnels' log."),
            ("NotRedundant", "Minimum", "One tunnel is down: the next failure cuts the data centre off."),
        ):
            alarms.add(
                id,
                cloudwatch.Metric(
                    namespace="AWS/VPN",
                    metric_name="TunnelState",
                    dimensions_map={"VpnId": self.connection.ref},
                    statistic=statistic,
                    period=Duration.minutes(_PERIOD_MINUTES),
                ),
                1,
                description,
                periods=3,
                comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            )
        return alarms.by_id
