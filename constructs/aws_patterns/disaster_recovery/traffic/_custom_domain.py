"""A name of its own for an HTTP API, in one Region: certificate, custom domain, mapping."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.workload import HttpFront


def hosted_zone(scope: Construct, domain: RegionalDomain) -> route53.IHostedZone:
    """The zone that a domain's records are in. Its own name is not known: records name themselves in full."""
    return route53.HostedZone.from_hosted_zone_attributes(
        scope, "HostedZone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.domain_name
    )


def certificate(scope: Construct, zone: route53.IHostedZone, names: Sequence[str]) -> acm.Certificate:
    """One for these names, in the stack's Region, which ACM renews as long as the zone has its records.

    Each Region's certificate for a name is proven by the same record, so that it does not matter who writes it.
    """
    return acm.Certificate(
        scope,
        "Certificate",
        domain_name=names[0],
        subject_alternative_names=list(names[1:]) or None,
        validation=acm.CertificateValidation.from_dns_multi_zone(dict.fromkeys(names, zone)),
    )


def custom_domain(
    scope: Construct, id: str, *, name: str, front: HttpFront, proven_by: acm.ICertificate
) -> tuple[apigatewayv2.DomainName, apigatewayv2.ApiMapping]:
    """Let an HTTP API answer to a name, with TLS 1.2 at least. Only the mapping needs it to be there."""
    domain = apigatewayv2.DomainName(
        scope,
        id,
        domain_name=name,
        certificate=proven_by,
        endpoint_type=apigatewayv2.EndpointType.REGIONAL,
        security_policy=apigatewayv2.SecurityPolicy.TLS_1_2,
    )
    mapping = apigatewayv2.ApiMapping(scope, f"{id}Mapping", api=front.api, domain_name=domain, stage=front.stage)
    return domain, mapping


def alias_of(domain: apigatewayv2.DomainName) -> route53.RecordTarget:
    """The target of records that lead to a custom domain."""
    return route53.RecordTarget.from_alias(
        targets.ApiGatewayv2DomainProperties(domain.regional_domain_name, domain.regional_hosted_zone_id)
    )
