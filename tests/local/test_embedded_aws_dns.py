"""Route 53 here: health checks that ask, answers that follow them, and requests that go where the answers say."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.local.network_types import VPC, ref, resource
from tests.local.programs import Program, eventually, program
from tests.local.regional_functions import REGIONS, HttpApi, make_api, make_function

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

    from local_aws.embedded import EmbeddedAws
    from local_aws.template_stacks import CreateStack

HOME, AWAY = REGIONS
# Of whatever an alias of this kind leads to.
API_ZONE = "Z1UJRXOUMOOFQ8"


@pytest.fixture
def aws(embedded_aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    """With every Region back, and users where they are by default, afterwards."""
    yield embedded_aws
    embedded_aws.reconnect()
    embedded_aws.place_users()


@pytest.fixture
def route53(aws: EmbeddedAws) -> Route53Client:
    return aws.client("route53")


class Zone:
    """A public hosted zone of one's own, whose records are made and taken away again."""

    def __init__(self, route53: Route53Client) -> None:
        self.name = f"z{uuid4().hex[:8]}.example.org"
        self._route53 = route53
        self.id = route53.create_hosted_zone(Name=self.name, CallerReference=str(uuid4()))["HostedZone"]["Id"]
        self._checks: list[str] = []

    def add(self, name: str = "", *values: str, type: str = "A", **more: Any) -> None:
        """A record; of values, or with what is given."""
        record: dict[str, Any] = {"Name": f"{name}.{self.name}".lstrip("."), "Type": type, **more}
        if values:
            record = {**record, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
        changes: Any = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        self._route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch=changes)

    def alias(self, target: str, *, zone: str = API_ZONE, evaluated: bool = False) -> dict[str, Any]:
        """What makes a record an alias."""
        return {"AliasTarget": {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": evaluated}}

    def own(self, name: str, *, evaluated: bool = True) -> dict[str, Any]:
        """What makes a record an alias of another one of this zone."""
        return self.alias(f"{name}.{self.name}", zone=self.id.rpartition("/")[2], evaluated=evaluated)

    def check(self, **config: Any) -> str:
        """A health check; its id."""
        made = self._route53.create_health_check(CallerReference=str(uuid4()), HealthCheckConfig=config)  # type: ignore[arg-type] # a test's
        self._checks.append(made["HealthCheck"]["Id"])
        return self._checks[-1]

    def answer(self, name: str = "", type: str = "A") -> list[str]:
        """What Route 53 says that it would answer."""
        return self._route53.test_dns_answer(
            HostedZoneId=self.id,
            RecordName=f"{name}.{self.name}".lstrip("."),
            RecordType=type,  # type: ignore[arg-type] # a test's
        )["RecordData"]

    def remove(self) -> None:
        found = self._route53.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        changes: Any = [
            {"Action": "DELETE", "ResourceRecordSet": one} for one in found if one["Type"] not in {"NS", "SOA"}
        ]
        if changes:
            self._route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": changes})
        self._route53.delete_hosted_zone(Id=self.id)
        for check in self._checks:
            self._route53.delete_health_check(HealthCheckId=check)


@pytest.fixture
def zone(aws: EmbeddedAws, route53: Route53Client) -> Iterator[Zone]:
    made = Zone(route53)
    yield made
    aws.reconnect()
    made.remove()


@pytest.fixture
def server() -> Iterator[Program]:
    """A program whose health can be changed."""
    with program("endpoint") as running:
        yield running


def endpoint(server: Program, **more: Any) -> dict[str, Any]:
    of_server = {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": server.port, "ResourcePath": "/health"}
    return {**of_server, "FailureThreshold": 1, **more}


@pytest.fixture
def is_healthy(aws: EmbeddedAws, zone: Zone) -> Callable[[str], bool]:
    """Whether a health check is healthy, by what a record with it answers beside one without."""

    def look(check: str) -> bool:
        name = f"look-{uuid4().hex[:6]}"
        zone.add(name, "192.0.2.1", Failover="PRIMARY", SetIdentifier="first", HealthCheckId=check)
        zone.add(name, "192.0.2.2", Failover="SECONDARY", SetIdentifier="second")
        return zone.answer(name) == ["192.0.2.1"]

    return look


class TestAHealthCheck:
    def test_of_an_endpoint_follows_it(
        self, zone: Zone, server: Program, is_healthy: Callable[[str], bool], route53: Route53Client
    ) -> None:
        server.healthy = False
        check = zone.check(**endpoint(server))
        assert is_healthy(check), "a new one counts as healthy"
        eventually(lambda: not is_healthy(check), "unhealthy endpoint")
        found = route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        assert found[0]["StatusReport"]["Status"] == "Failure: HTTP Status Code 503, Service Unavailable"
        server.healthy = True
        eventually(lambda: is_healthy(check), "healthy endpoint")
        found = route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        assert found[0]["StatusReport"]["Status"] == "Success: HTTP Status Code 200, OK"
        found = route53.get_health_check_last_failure_reason(HealthCheckId=check)["HealthCheckObservations"]
        assert "503" in found[0]["StatusReport"]["Status"], "the last failure is remembered"

    def test_believes_what_it_has_seen_often_enough(
        self, zone: Zone, server: Program, is_healthy: Callable[[str], bool]
    ) -> None:
        server.healthy = False
        quick, slow = (zone.check(**endpoint(server, FailureThreshold=failures)) for failures in (1, 3))
        eventually(lambda: not is_healthy(quick), "failure")
        assert is_healthy(slow), "one look is not three"
        eventually(lambda: not is_healthy(slow), "third failure")

    def test_can_be_inverted_and_disabled(
        self, zone: Zone, server: Program, is_healthy: Callable[[str], bool], route53: Route53Client
    ) -> None:
        check = zone.check(**endpoint(server, Inverted=True))
        assert not is_healthy(check), "a new inverted one counts as unhealthy"
        server.healthy = False
        eventually(lambda: is_healthy(check), "failing endpoint of an inverted check")
        route53.update_health_check(HealthCheckId=check, Disabled=True)
        assert not is_healthy(check), "disabled ones count as healthy, and this one is inverted"

    @pytest.mark.parametrize(("text", "healthy"), [("endpoint", True), ("somebody else", False)])
    def test_can_look_for_a_text(
        self, zone: Zone, server: Program, is_healthy: Callable[[str], bool], text: str, healthy: bool
    ) -> None:
        check = zone.check(**endpoint(server, Type="HTTP_STR_MATCH", SearchString=text))
        never = zone.check(**endpoint(server, Type="HTTP_STR_MATCH", SearchString="never"))
        eventually(lambda: not is_healthy(never), "look")
        assert is_healthy(check) is healthy

    def test_can_be_of_a_port(self, zone: Zone, server: Program, is_healthy: Callable[[str], bool]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            closed = taken.getsockname()[1]
        check = zone.check(Type="TCP", IPAddress="127.0.0.1", Port=server.port, FailureThreshold=1)
        other = zone.check(Type="TCP", IPAddress="127.0.0.1", Port=closed, FailureThreshold=1)
        eventually(lambda: not is_healthy(other), "closed port")
        assert is_healthy(check)

    def test_asks_nobody_outside_this_machine(self, zone: Zone, is_healthy: Callable[[str], bool]) -> None:
        checks = [
            zone.check(Type="HTTP", IPAddress="192.0.2.1", FailureThreshold=1),
            zone.check(Type="HTTPS", FullyQualifiedDomainName="example.net", FailureThreshold=1),
        ]
        eventually(lambda: not any(map(is_healthy, checks)), "failures")

    def test_of_an_api_falls_with_its_region(
        self, aws: EmbeddedAws, zone: Zone, is_healthy: Callable[[str], bool]
    ) -> None:
        api = make_api(aws, AWAY)
        name = api.url.removeprefix("https://")
        check = zone.check(Type="HTTPS", FullyQualifiedDomainName=name, ResourcePath="/health", FailureThreshold=1)
        inverted = zone.check(
            Type="HTTPS", FullyQualifiedDomainName=name, ResourcePath="/", FailureThreshold=1, Inverted=True
        )
        tcp = zone.check(Type="TCP", FullyQualifiedDomainName=name, Port=443, FailureThreshold=1)
        aws.lose(AWAY)
        eventually(lambda: not is_healthy(check) and is_healthy(inverted) and not is_healthy(tcp), "loss")
        aws.reconnect()
        eventually(lambda: is_healthy(check) and not is_healthy(inverted) and is_healthy(tcp), "return")
        api.delete()

    def test_goes_on_when_the_region_that_controls_it_is_lost(
        self, aws: EmbeddedAws, zone: Zone, server: Program
    ) -> None:
        """Route 53's API is out of reach without us-east-1; what is set up already works."""
        check = zone.check(**endpoint(server))
        zone.add("", "192.0.2.1", Failover="PRIMARY", SetIdentifier="first", HealthCheckId=check)
        zone.add("", "192.0.2.2", Failover="SECONDARY", SetIdentifier="second")
        aws.lose(HOME)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            zone.answer()
        assert aws.resolve(zone.name) == ["192.0.2.1"]
        server.healthy = False
        eventually(lambda: aws.resolve(zone.name) == ["192.0.2.2"], "failover")

    @pytest.mark.parametrize(
        ("failing", "expected"), [(0, [True] * 3), (1, [True, True, False]), (2, [True, False, False])]
    )
    def test_can_be_calculated(
        self, zone: Zone, server: Program, is_healthy: Callable[[str], bool], failing: int, expected: list[bool]
    ) -> None:
        """From none, one or both of two; three of two never are."""
        with program("other") as other:
            servers = [server, other]
            children = [zone.check(**endpoint(one)) for one in servers]
            for one in servers[:failing]:
                one.healthy = False
            calculated = [
                zone.check(Type="CALCULATED", ChildHealthChecks=children, HealthThreshold=threshold)
                for threshold in range(3)
            ]
            eventually(lambda: [is_healthy(child) for child in children].count(False) == failing, "looks at all")
            assert [is_healthy(one) for one in calculated] == expected
            assert not is_healthy(zone.check(Type="CALCULATED", ChildHealthChecks=children, HealthThreshold=3))

    def test_can_follow_an_alarm(self, aws: EmbeddedAws, zone: Zone, is_healthy: Callable[[str], bool]) -> None:
        cloudwatch, name = aws.clients_in(AWAY)("cloudwatch"), f"alarm-{uuid4().hex[:8]}"
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Test",
            MetricName=name,
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
        alarm = {"Name": name, "Region": AWAY}
        by_default, strict = (
            zone.check(Type="CLOUDWATCH_METRIC", AlarmIdentifier=alarm, **more)
            for more in ({}, {"InsufficientDataHealthStatus": "Unhealthy"})
        )
        assert (is_healthy(by_default), is_healthy(strict)) == (True, False)
        cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Value": 1}])
        eventually(lambda: not is_healthy(by_default), "alarm")
        aws.lose(AWAY)
        assert not is_healthy(by_default), "the last known status"
        aws.reconnect()
        cloudwatch.delete_alarms(AlarmNames=[name])

    def test_tells_cloudwatch_in_us_east_1(self, aws: EmbeddedAws, zone: Zone, server: Program) -> None:
        check = zone.check(**endpoint(server))

        def value() -> list[float]:
            now = datetime.now(UTC)
            found = aws.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/Route53",
                MetricName="HealthCheckStatus",
                Dimensions=[{"Name": "HealthCheckId", "Value": check}],
                StartTime=now - timedelta(minutes=5),
                EndTime=now + timedelta(minutes=1),
                Period=60,
                Statistics=["Minimum"],
            )
            return [point["Minimum"] for point in found["Datapoints"]]

        eventually(lambda: value() == [1.0] or value() == [1.0, 1.0], "healthy metric")
        server.healthy = False
        eventually(lambda: 0.0 in value(), "unhealthy metric")

    def test_that_is_not_there_has_no_status(self, route53: Route53Client) -> None:
        with pytest.raises(ClientError, match="NoSuchHealthCheck"):
            route53.get_health_check_status(HealthCheckId=str(uuid4()))


class TestAnAnswer:
    def test_is_of_the_name_then_of_the_wildcard(self, zone: Zone) -> None:
        zone.add("", "192.0.2.1")
        zone.add("*", "192.0.2.2")
        zone.add("www", "192.0.2.3")
        assert [zone.answer(name) for name in ("", "any", "deep.down", "www")] == [
            ["192.0.2.1"],
            ["192.0.2.2"],
            ["192.0.2.2"],
            ["192.0.2.3"],
        ]
        assert zone.answer("www", "AAAA") == []

    def test_follows_aliases_through_the_zone_with_their_health(self, zone: Zone, server: Program) -> None:
        """A tree: failover between two groups of weighted records, as the guide draws it."""
        check = zone.check(**endpoint(server))
        zone.add("a", "192.0.2.1", Weight=1, SetIdentifier="one", HealthCheckId=check)
        zone.add("a", "192.0.2.2", Weight=1, SetIdentifier="two", HealthCheckId=check)
        zone.add("b", "192.0.2.3")
        zone.add("", Failover="PRIMARY", SetIdentifier="first", **zone.own("a"))
        zone.add("", Failover="SECONDARY", SetIdentifier="second", **zone.own("b"))
        assert set(zone.answer()) <= {"192.0.2.1", "192.0.2.2"}
        server.healthy = False
        eventually(lambda: zone.answer() == ["192.0.2.3"], "failover of the whole group")

    def test_ignores_the_health_of_an_alias_that_does_not_evaluate_it(self, zone: Zone, server: Program) -> None:
        server.healthy = False
        check = zone.check(**endpoint(server))
        zone.add("a", "192.0.2.1", HealthCheckId=check, Weight=1, SetIdentifier="one")
        zone.add("", Failover="PRIMARY", SetIdentifier="first", **zone.own("a", evaluated=False))
        zone.add("", "192.0.2.2", Failover="SECONDARY", SetIdentifier="second")
        zone.add("evaluated", Failover="PRIMARY", SetIdentifier="first", **zone.own("a"))
        zone.add("evaluated", "192.0.2.2", Failover="SECONDARY", SetIdentifier="second")
        eventually(lambda: zone.answer("evaluated") == ["192.0.2.2"], "failover of the one that does")
        assert zone.answer() == ["192.0.2.1"]

    def test_depends_on_where_users_are(self, aws: EmbeddedAws, zone: Zone) -> None:
        for region, address in ((HOME, "192.0.2.1"), (AWAY, "192.0.2.2")):
            zone.add("latency", address, Region=region, SetIdentifier=region)
        zone.add("area", "192.0.2.3", GeoLocation={"ContinentCode": "EU"}, SetIdentifier="eu")
        zone.add("area", "192.0.2.4", GeoLocation={"CountryCode": "*"}, SetIdentifier="default")
        assert (zone.answer("latency"), zone.answer("area")) == (["192.0.2.1"], ["192.0.2.4"])
        aws.place_users(AWAY, continent="EU", country="DE")
        assert (zone.answer("latency"), zone.answer("area")) == (["192.0.2.2"], ["192.0.2.3"])

    def test_of_several_values_holds_the_healthy_ones(self, zone: Zone, server: Program) -> None:
        check = zone.check(**endpoint(server))
        zone.add("", "192.0.2.1", MultiValueAnswer=True, SetIdentifier="one", HealthCheckId=check)
        zone.add("", "192.0.2.2", MultiValueAnswer=True, SetIdentifier="two")
        assert sorted(zone.answer()) == ["192.0.2.1", "192.0.2.2"]
        server.healthy = False
        eventually(lambda: zone.answer() == ["192.0.2.2"], "one of two")

    def test_is_refused_where_users_are_nowhere(self, aws: EmbeddedAws) -> None:
        answer = aws.http("POST", f"{aws.endpoint_url}/_local_aws/users", body=json.dumps({"planet": "Mars"}))
        problem = "users have continent, country, region, subdivision, got planet"
        assert (answer.status, answer.json()["error"]) == (400, problem)

    def test_needs_a_zone(self, route53: Route53Client) -> None:
        with pytest.raises(ClientError, match="NoSuchHostedZone"):
            route53.test_dns_answer(HostedZoneId="Z000", RecordName="a.example.org", RecordType="A")


@pytest.fixture
def both(aws: EmbeddedAws, zone: Zone) -> Iterator[Mapping[str, HttpApi]]:
    """An API in each Region, both under the zone's own name."""
    made = {region: make_api(aws, region, domain=zone.name) for region in REGIONS}
    yield made
    aws.reconnect()
    for api in made.values():
        api.delete()


def served_by(aws: EmbeddedAws, name: str) -> str:
    answer = aws.http("GET", f"https://{name}/orders")
    return str(answer.json()["region"]) if answer.status == 200 else str(answer.status)


class TestARequest:
    def test_goes_where_failover_leads(self, aws: EmbeddedAws, zone: Zone, both: Mapping[str, HttpApi]) -> None:
        name = both[HOME].url.removeprefix("https://")
        check = zone.check(Type="HTTPS", FullyQualifiedDomainName=name, ResourcePath="/", FailureThreshold=1)
        zone.add("", Failover="PRIMARY", SetIdentifier="p", HealthCheckId=check, **zone.alias(both[HOME].alias))
        zone.add("", Failover="SECONDARY", SetIdentifier="s", **zone.alias(both[AWAY].alias))
        assert aws.resolve(zone.name) == [both[HOME].alias]
        assert served_by(aws, zone.name) == HOME
        aws.lose(HOME)
        assert served_by(aws, zone.name) in {"503", AWAY}, "until health checks have seen it"
        eventually(lambda: served_by(aws, zone.name) == AWAY, "failover")
        aws.reconnect()
        eventually(lambda: served_by(aws, zone.name) == HOME, "failback")

    def test_of_a_function_goes_there_too(self, aws: EmbeddedAws, zone: Zone, both: Mapping[str, HttpApi]) -> None:
        zone.add("", Region=HOME, SetIdentifier=HOME, **zone.alias(both[HOME].alias))
        zone.add("", Region=AWAY, SetIdentifier=AWAY, **zone.alias(both[AWAY].alias))
        code = (
            "import json, urllib.request\n"
            "def handle(event, context):\n"
            "    return json.load(urllib.request.urlopen(event, timeout=10))['region']\n"
        )
        function, lambdas = make_function(aws, HOME, code), aws.client("lambda")

        def by_function() -> str:
            payload = json.dumps(f"https://{zone.name}/orders")
            return str(json.loads(lambdas.invoke(FunctionName=function, Payload=payload)["Payload"].read()))

        for place in REGIONS:
            aws.place_users(place)
            assert by_function() == served_by(aws, zone.name) == place
            with aws.names(), urllib.request.urlopen(f"https://{zone.name}/orders") as answer:
                assert json.load(answer)["region"] == place
        lambdas.delete_function(FunctionName=function)

    def test_is_shared_by_weights(self, aws: EmbeddedAws, zone: Zone, both: Mapping[str, HttpApi]) -> None:
        for region, weight in ((HOME, 1), (AWAY, 3)):
            zone.add("", Weight=weight, SetIdentifier=region, **zone.alias(both[region].alias))
        seen = Counter(served_by(aws, zone.name) for _ in range(100))
        assert set(seen) == set(REGIONS)
        assert seen[AWAY] > seen[HOME]

    def test_is_forbidden_where_nothing_there_has_the_name(
        self, aws: EmbeddedAws, zone: Zone, both: Mapping[str, HttpApi]
    ) -> None:
        zone.add("other", **zone.alias(both[HOME].alias))
        zone.add("direct", both[HOME].url.removeprefix("https://"), type="CNAME")
        assert served_by(aws, f"other.{zone.name}") == "403"
        assert served_by(aws, f"direct.{zone.name}") == "403", "an API answers to its own names only"

    def test_fails_for_a_name_without_a_record(self, aws: EmbeddedAws, zone: Zone) -> None:
        with pytest.raises(socket.gaierror, match="no address in the embedded AWS"):
            aws.http("GET", f"https://nothing.{zone.name}/")
        with aws.names(), pytest.raises(OSError, match="no address in the embedded AWS"):
            urllib.request.urlopen(f"https://nothing.{zone.name}/", timeout=5)

    def test_goes_to_an_address_on_this_machine(self, aws: EmbeddedAws, zone: Zone, server: Program) -> None:
        zone.add("own", "127.0.0.1")
        zone.add("named", f"own.{zone.name}", type="CNAME")
        for name in ("own", "named"):
            assert aws.http("GET", f"http://{name}.{zone.name}:{server.port}/").text == "endpoint"

    def test_goes_to_a_load_balancer_that_has_healthy_targets(
        self, aws: EmbeddedAws, zone: Zone, create_stack: CreateStack, server: Program
    ) -> None:
        other = resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.7.1.0/24", AvailabilityZone="us-east-1b")
        group = resource(
            "ElasticLoadBalancingV2::TargetGroup",
            TargetType="ip",
            Port=server.port,
            Protocol="HTTP",
            VpcId=ref("Vpc"),
            Targets=[{"Id": "127.0.0.1", "Port": server.port}],
            HealthCheckPath="/health",
            UnhealthyThresholdCount=2,
            HealthyThresholdCount=2,
        )
        balancer = resource(
            "ElasticLoadBalancingV2::LoadBalancer", Scheme="internet-facing", Subnets=[ref("Subnet"), ref("Other")]
        )
        listener = resource(
            "ElasticLoadBalancingV2::Listener",
            LoadBalancerArn=ref("Balancer"),
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Group")}],
        )
        resources = {**VPC, "Other": other, "Group": group, "Balancer": balancer, "Listener": listener}
        stack = create_stack(aws, f"dns-{uuid4().hex[:8]}", {"Resources": resources})
        assert stack.settled() == "CREATE_COMPLETE", stack.failures()
        api = aws.client("elbv2")
        found = api.describe_load_balancers(LoadBalancerArns=[stack.physical_id("Balancer")])["LoadBalancers"][0]
        target = found["DNSName"]
        leads = zone.alias(f"dualstack.{target}.", zone=found["CanonicalHostedZoneId"], evaluated=True)
        zone.add("", Failover="PRIMARY", SetIdentifier="p", **leads)
        zone.add("", "127.0.0.1", Failover="SECONDARY", SetIdentifier="s")
        eventually(lambda: aws.resolve(zone.name) == [target.lower()], "healthy target")
        assert aws.http("GET", f"http://{zone.name}/").text == "endpoint"
        assert server.seen["host"] == zone.name
        server.healthy = False
        eventually(lambda: aws.resolve(zone.name) == ["127.0.0.1"], "load balancer without healthy targets")
        server.healthy = True
        eventually(lambda: aws.resolve(zone.name) == [target.lower()], "healthy target again")
        aws.lose(HOME)
        assert aws.resolve(zone.name) == ["127.0.0.1"]
        aws.reconnect()


def test_records_and_checks_of_templates_do_all_that(
    aws: EmbeddedAws, create_stack: CreateStack, server: Program
) -> None:
    name = f"t{uuid4().hex[:8]}.example.org"

    def failover(which: str, address: str, **more: object) -> Mapping[str, object]:
        return resource(
            "Route53::RecordSet",
            HostedZoneId=ref("Zone"),
            Name=name,
            Type="A",
            TTL="60",
            SetIdentifier=which,
            Failover=which,
            ResourceRecords=[address],
            **more,
        )

    near = [
        resource(
            "Route53::RecordSet",
            HostedZoneId=ref("Zone"),
            Name=f"near.{name}",
            Type="A",
            TTL="60",
            SetIdentifier=region,
            GeoProximityLocation={"AWSRegion": region, "Bias": 0},
            ResourceRecords=[address],
        )
        for region, address in ((HOME, "192.0.2.3"), (AWAY, "192.0.2.4"))
    ]
    resources = {
        "Zone": resource("Route53::HostedZone", Name=name),
        "Check": resource("Route53::HealthCheck", HealthCheckConfig=endpoint(server)),
        "First": failover("PRIMARY", "192.0.2.1", HealthCheckId=ref("Check")),
        "Second": failover("SECONDARY", "192.0.2.2"),
        "Near": near[0],
        "Far": near[1],
    }
    stack = create_stack(aws, f"dns-{uuid4().hex[:8]}", {"Resources": resources})
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    assert aws.resolve(name) == ["192.0.2.1"]
    server.healthy = False
    eventually(lambda: aws.resolve(name) == ["192.0.2.2"], "failover")
    assert aws.resolve(f"near.{name}") == ["192.0.2.3"]
    aws.place_users(AWAY)
    assert aws.resolve(f"near.{name}") == ["192.0.2.4"]
    assert stack.delete() == "DELETE_COMPLETE"
    assert aws.resolve(name) == []
