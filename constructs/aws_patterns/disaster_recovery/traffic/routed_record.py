"""One of several records of a name, of which Route 53 answers with the one that is meant for whoever asks."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_route53 as route53
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.traffic.routing_options import (
    Failover,
    Geolocation,
    Geoproximity,
    Latency,
    Multivalue,
    Routing,
    Simple,
    Weighted,
    check_routing,
)


class RoutedRecord(Construct):
    """A record with a routing policy, and its health check.

    Records of one name and type have one policy: Route 53 refuses a second one beside it, also when the other record
    belongs to another stack. Give each policy a name of its own and lead to it by an alias (AWS: nested records), as
    ``FrontDoor`` does, where the policy may change one day.

    >>> from aws_cdk import aws_route53 as route53
    >>> from aws_patterns.disaster_recovery.traffic.routing_options import Weighted
    >>> RoutedRecord(
    ...     stack,
    ...     "Record",
    ...     zone=route53.HostedZone(stack, "Zone", zone_name="example.org"),
    ...     record_name="www.example.org",
    ...     target=route53.RecordTarget.from_ip_addresses("192.0.2.1"),
    ...     routing=Weighted(weight=10),
    ...     set_identifier="office",
    ... )

    Args:
        zone: That the record is in.
        record_name: In full, such as ``www.example.org``.
        target: Addresses, or an alias.
        routing: ``Simple``, ``Weighted``, ``Latency``, ``Failover``, ``Geolocation``, ``Geoproximity`` or
            ``Multivalue``.
        set_identifier: What tells this record from the others of its name. Needed with all but ``Simple``.
        record_type: Default: ``A``.
        health_check: Without which the record always counts as healthy. Default: none.
        ignores_target_health: Whether an alias is answered although AWS knows its target to be unhealthy. For targets
            that AWS can't tell of, such as CloudFront's. Default: it is not.
        ttl_seconds: How long others may remember the answer; of an alias its target decides. Default 60.

    Attributes:
        record: The record.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        zone: route53.IHostedZone,
        record_name: str,
        target: route53.RecordTarget,
        routing: Routing,
        set_identifier: str | None = None,
        record_type: route53.RecordType = route53.RecordType.A,
        health_check: route53.IHealthCheck | None = None,
        ignores_target_health: bool = False,
        ttl_seconds: float = defaults.RECORD_TTL_SECONDS,
    ) -> None:
        super().__init__(scope, id)
        is_alias = target.alias_target is not None
        with Problems(f"RoutedRecord {self.node.path}") as problems:
            check_routing(problems, routing=routing, is_alias=is_alias, has_health_check=health_check is not None)
            if not isinstance(routing, Simple) and not set_identifier:
                problems.add("set_identifier is missing: it tells this record from the others of its name")
            problems.between("ttl_seconds", ttl_seconds, 0, defaults.LONGEST_TTL_SECONDS, " seconds")
        self.record = route53.RecordSet(
            self,
            "Record",
            zone=zone,
            record_name=f"{record_name.rstrip('.')}.",
            record_type=record_type,
            target=target,
            health_check=health_check,
            ttl=None if is_alias else Duration.seconds(ttl_seconds),
        )
        resource = self.record.node.default_child
        assert isinstance(resource, route53.CfnRecordSet)  # noqa: S101 - for the type checker
        # The CDK's own settings lack a policy, and make up identifiers.
        resource.set_identifier = set_identifier
        for name, value in _policy(routing, Stack.of(self).region).items():
            resource.add_property_override(name, value)
        if is_alias:
            # Needed for failover, harmless elsewhere (Route53/latest/APIReference/API_ResourceRecordSet.html).
            resource.add_property_override("AliasTarget.EvaluateTargetHealth", not ignores_target_health)


def _policy(routing: Routing, region: str) -> dict[str, object]:
    """What a policy is for CloudFormation."""
    found: dict[str, object] = {}
    match routing:
        case Weighted(weight=weight):
            found = {"Weight": weight}
        case Latency(region=named):
            found = {"Region": named or region}
        case Failover(role=role):
            found = {"Failover": "PRIMARY" if role is RegionRole.PRIMARY else "SECONDARY"}
        case Geolocation():
            found = {"GeoLocation": _location(routing)}
        case Geoproximity(region=named, bias=bias):
            found = {"GeoProximityLocation": {"AWSRegion": named or region, "Bias": bias}}
        case Multivalue():
            found = {"MultiValueAnswer": True}
        case Simple():
            pass
    return found


def _location(routing: Geolocation) -> dict[str, str]:
    if routing.continent is not None:
        return {"ContinentCode": routing.continent}
    country = {"CountryCode": routing.country or "*"}
    return country if routing.subdivision is None else {**country, "SubdivisionCode": routing.subdivision}
