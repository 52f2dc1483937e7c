"""One name for a workload in two Regions, and who gets its traffic."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.traffic._custom_domain import alias_of, certificate, custom_domain, hosted_zone
from aws_patterns.disaster_recovery.traffic.front_door_options import (
    BothServe,
    check_front_door,
    regional_domain_name,
    routed_domain_name,
)
from aws_patterns.disaster_recovery.traffic.health_checks import (
    AlarmHealthCheck,
    CalculatedHealthCheck,
    EndpointHealthCheck,
)
from aws_patterns.disaster_recovery.traffic.routed_record import RoutedRecord
from aws_patterns.disaster_recovery.traffic.routing_options import Failover, Simple
from aws_patterns.disaster_recovery.traffic.traffic_switch_options import RECOVERY_PATH, switch_domain_name
from aws_patterns.disaster_recovery.workload import HttpFront


class FrontDoor(Construct):
    """One Region's share of a workload's name: its certificate, its custom domains, its records, its health checks.

    Use one in each of the two Regions, with a ``TrafficSwitch`` in the recovery Region. Users call ``domain``; each
    Region is called by ``primary.`` or ``recovery.`` before it, whoever serves. By default one Region serves: the
    primary, until the runbook has told the switch otherwise, for whether data can be written in the other Region is
    known to the runbook and not to a health check. With ``both_serve`` each healthy Region gets its users, and the
    switch takes the primary out.

    To move the traffic nothing of Route 53 is called but its checkers and name servers, which work without any one
    Region. The records of a policy have a name of their own (``failover.`` before the domain), to which the domain's
    alias leads: another strategy is then another record beside the first, and no policies ever meet.

    >>> from aws_cdk import aws_apigatewayv2 as apigatewayv2
    >>> from aws_patterns.disaster_recovery.regional_place import RegionalDomain
    >>> api = apigatewayv2.HttpApi(stack, "Api")
    >>> FrontDoor(
    ...     stack,
    ...     "FrontDoor",
    ...     domain=RegionalDomain(domain_name="orders.example.org", hosted_zone_id="Z0123456789ABCDEFGHIJ"),
    ...     role=RegionRole.PRIMARY,
    ...     front=HttpFront(api=api, stage=api.default_stage),
    ... )

    Args:
        domain: By which users call the workload.
        role: What this Region is there for.
        front: What answers in this Region.
        health_path: Answered with 200 by a Region that can serve. Default ``/health``.
        both_serve: How users are spread when both Regions serve: ``Latency()``, ``Weighted(weight=...)`` or
            ``Geoproximity()``; the same in both Regions. Default: one Region serves.
        automatic_failover: Whether Route 53 also moves the traffic by itself while the primary's endpoint does not
            answer, and back when it does. For workloads that may be written to in both Regions at any time, whose
            standby runs: nobody fences the primary then. Default: only the runbook moves it.
        check_interval_seconds: How often health checks ask, 10 or 30. Default 30.
        check_failures: After how many answers in a row they are believed, 1 to 10. Default 3.
        private_health_alarm: What tells of this Region's health where Route 53 can't reach the endpoint. Default: the
            endpoint is asked.

    Attributes:
        certificate: Of the names below.
        domain: The custom domain of ``domain``.
        regional_domain: The custom domain of this Region alone.
        mappings: Of both to what answers: all that needs it to be there.
        regional_url: Where this Region is called, ``https://...`` without a slash at the end.
        url: Where users call the workload, likewise.
        endpoint_check: Whether this Region's endpoint is healthy.
        health_check: By which the record in ``record`` is chosen. ``None``: by that of the primary alone.
        record: Of this Region, that is chosen or not.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain: RegionalDomain,
        role: RegionRole,
        front: HttpFront,
        health_path: str = "/health",
        both_serve: BothServe | None = None,
        automatic_failover: bool = False,
        check_interval_seconds: int = defaults.CHECK_INTERVAL_SECONDS,
        check_failures: int = defaults.CHECK_FAILURES,
        private_health_alarm: cloudwatch.IAlarm | None = None,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"FrontDoor {self.node.path}") as problems:
            check_front_door(
                problems,
                domain=domain,
                role=role,
                health_path=health_path,
                both_serve=both_serve,
                automatic_failover=automatic_failover,
                check_interval_seconds=check_interval_seconds,
                check_failures=check_failures,
            )
        self._name = domain.domain_name
        self._role = role
        self._every, self._failures = check_interval_seconds, check_failures
        self._zone = hosted_zone(self, domain)
        regional = regional_domain_name(self._name, role)
        self.certificate: acm.Certificate = certificate(self, self._zone, [self._name, regional])
        self.domain, mapping = custom_domain(self, "Domain", name=self._name, front=front, proven_by=self.certificate)
        self.regional_domain, regional_mapping = custom_domain(
            self, "RegionalDomain", name=regional, front=front, proven_by=self.certificate
        )
        self.mappings: Sequence[apigatewayv2.ApiMapping] = (mapping, regional_mapping)
        self.url, self.regional_url = f"https://{self._name}", f"https://{regional}"
        RoutedRecord(
            self,
            "RegionalRecord",
            zone=self._zone,
            record_name=regional,
            target=alias_of(self.regional_domain),
            routing=Simple(),
        )
        self.endpoint_check: route53.IHealthCheck = (
            self._endpoint_check(regional, health_path)
            if private_health_alarm is None
            else AlarmHealthCheck(self, "AlarmCheck", alarm=private_health_alarm).health_check
        )
        self.health_check = self._health_check(both=both_serve is not None or automatic_failover)
        self.record = self._routed(both_serve)

    def _endpoint_check(self, name: str, path: str) -> route53.IHealthCheck:
        return EndpointHealthCheck(
            self,
            "EndpointCheck",
            domain_name=name,
            path=path,
            interval_seconds=self._every,
            failures=self._failures,
        ).health_check

    def _health_check(self, *, both: bool) -> route53.IHealthCheck | None:
        """What decides over this Region's record; ``both``: its endpoint as well as the switch."""
        if self._role is RegionRole.RECOVERY:
            # Once the primary's is not healthy, this one is answered, whatever its health: there is nobody else.
            return self.endpoint_check if both else None
        # Whoever answers here in time is the recovery Region that serves. All else leaves the traffic where it is.
        switch = EndpointHealthCheck(
            self,
            "SwitchCheck",
            domain_name=switch_domain_name(self._name),
            path=RECOVERY_PATH,
            interval_seconds=self._every,
            failures=self._failures,
            inverted=True,
        ).health_check
        if not both:
            return switch
        return CalculatedHealthCheck(self, "BothChecks", children=[self.endpoint_check, switch]).health_check

    def _routed(self, both_serve: BothServe | None) -> RoutedRecord:
        routing = both_serve or Failover(role=self._role)
        routed = RoutedRecord(
            self,
            f"{routing.label.capitalize()}Record",
            zone=self._zone,
            record_name=routed_domain_name(self._name, routing),
            target=alias_of(self.domain),
            routing=routing,
            set_identifier=str(self._role),
            health_check=self.health_check,
        )
        if self._role is RegionRole.PRIMARY:
            # The primary's stack is deployed last: by then both records are there.
            RoutedRecord(
                self,
                "Record",
                zone=self._zone,
                record_name=self._name,
                target=route53.RecordTarget.from_alias(targets.Route53RecordTarget(routed.record)),
                routing=Simple(),
            ).node.add_dependency(routed)
        return routed
