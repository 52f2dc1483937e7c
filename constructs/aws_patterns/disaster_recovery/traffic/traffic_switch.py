"""Who gets the traffic, told by an HTTP API in the recovery Region: to health checks, and to users without a domain."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns._alarms import Alarms
from aws_patterns._execute_api import execute_api_url
from aws_patterns._http_stage import http_stage
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.regional_place import RegionalDomain
from aws_patterns.disaster_recovery.traffic._custom_domain import alias_of, certificate, custom_domain, hosted_zone
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.recovery_state_options import StateItem
from aws_patterns.disaster_recovery.traffic.traffic_switch_options import (
    RECOVERY_PATH,
    check_traffic_switch,
    switch_domain_name,
)
from aws_patterns.disaster_recovery.workload import HttpFront

_READ = (StateItem.SERVING, StateItem.PRIMARY_ENDPOINT, StateItem.RECOVERY_ENDPOINT)
_PERIOD_MINUTES = 5


class TrafficSwitch(Construct):
    """Moves the traffic of a workload to its recovery Region and back, without a call to any control plane: the runbook
    writes one item, and this says so.

    ``GET /traffic/recovery`` is answered with 200 only while the recovery Region serves. The health check of the
    primary's record in Route 53 takes that the other way round (standby takes over primary): as long as nobody answers,
    the recovery Region itself may be lost, and the traffic stays with the primary. ``GET /serving`` tells people who
    serves and where. All other requests are sent on (307) to where the Region that serves answers: enough for a
    laboratory, not for users, because a switch in one Region is lost with it. Give real users a ``domain``.

    Open to everyone, as health checkers are, and throttled; it tells nothing but roles and public addresses.

    >>> from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
    >>> TrafficSwitch(stack, "Switch", state=RecoveryState(stack, "State", name="orders"))

    Args:
        state: Of the workload, in the same stack or Region.
        domain: By which users call the workload; the switch gets ``switch.`` before it. Default: there is none, and the
            switch is the front door.
        throttle_rate: Requests per second, over everybody. Default 200.
        throttle_burst: Requests at the same moment. Default 400.
        alarm_topic: Told when the switch fails. Default: alarms tell nobody.
        removal_policy: Of its logs. Default ``RETAIN``.

    Attributes:
        function: Answers.
        http_api: The API.
        stage: Its only stage.
        url: Where it answers, ``https://...`` without a slash at the end.
        alarms: ``Errors`` and ``ServerErrors``: nobody is told who serves.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://aws.amazon.com/blogs/networking-and-content-delivery/creating-disaster-recovery-mechanisms-using-amazon-route-53/
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        state: RecoveryState,
        domain: RegionalDomain | None = None,
        throttle_rate: float = defaults.SWITCH_THROTTLE_RATE,
        throttle_burst: int = defaults.SWITCH_THROTTLE_BURST,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"TrafficSwitch {self.node.path}") as problems:
            check_traffic_switch(problems, domain=domain, throttle_rate=throttle_rate, throttle_burst=throttle_burst)
        self.function: lambda_.Function = python_function(
            self,
            "Function",
            package="traffic_switch",
            description="Says which Region serves",
            environment={"STATE_TABLE": state.table_name},
            timeout_seconds=defaults.SWITCH_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
        )
        state.grant_read(self.function, _READ)
        self.http_api = apigatewayv2.HttpApi(
            self,
            "HttpApi",
            api_name=f"{state.workload_name}-traffic-switch",
            description="Says which Region serves",
            create_default_stage=False,
        )
        self.stage = http_stage(
            self,
            http_api=self.http_api,
            throttle_rate=throttle_rate,
            throttle_burst=throttle_burst,
            removal_policy=removal_policy,
        )
        self._answer()
        if domain is None:
            self.url = execute_api_url(self.http_api.api_id)
            self._warn()
        else:
            self.url = self._named(domain)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._alarms(alarm_topic)

    def _answer(self) -> None:
        integration = integrations.HttpLambdaIntegration("Integration", self.function)
        get = [apigatewayv2.HttpMethod.GET]
        routes = [
            *self.http_api.add_routes(path="/serving", methods=get, integration=integration),
            *self.http_api.add_routes(path=RECOVERY_PATH, methods=get, integration=integration),
        ]
        everything_else = apigatewayv2.HttpRoute(
            self,
            "EverythingElse",
            http_api=self.http_api,
            route_key=apigatewayv2.HttpRouteKey.DEFAULT,
            integration=integration,
        )
        public = "Health checkers can't sign in; it tells who serves and where, which is public, and is throttled."
        for route in (*routes, everything_else):
            acknowledge(route, {"AwsSolutions-APIG4": public})

    def _named(self, domain: RegionalDomain) -> str:
        name = switch_domain_name(domain.domain_name)
        zone = hosted_zone(self, domain)
        front = HttpFront(api=self.http_api, stage=self.stage)
        made, _ = custom_domain(self, "Domain", name=name, front=front, proven_by=certificate(self, zone, [name]))
        route53.ARecord(self, "Record", zone=zone, record_name=f"{name}.", target=alias_of(made))
        return f"https://{name}"

    def _warn(self) -> None:
        warning = (
            "There is no domain: users are sent to the Region that serves by an API of the recovery Region, and are "
            "lost with it. Name a domain_name and the hosted_zone_id of its public hosted zone"
        )
        Annotations.of(self).add_warning_v2("aws-patterns:noDomain", warning)

    def _alarms(self, topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        period = Duration.minutes(_PERIOD_MINUTES)
        alarms = Alarms(self, topic)
        alarms.add(
            "Errors",
            self.function.metric_errors(statistic="Sum", period=period),
            1,
            "The traffic switch raised an error. See its function's log.",
        )
        alarms.add(
            "ServerErrors",
            self.http_api.metric_server_error(statistic="Sum", period=period),
            1,
            "The traffic switch could not tell who serves: see the state table and the function's log.",
        )
        return alarms.by_id
