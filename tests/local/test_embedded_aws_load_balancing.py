"""Load balancers of the embedded AWS route as deployed: by rules and weights, to healthy targets, with sessions."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, cast

import pytest

from local_aws import template_stacks
from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack, TemplateStack
from tests.local.network_types import VPC, get, ref, resource
from tests.local.programs import Program, eventually, program

BALANCER = "ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "ElasticLoadBalancingV2::Listener"
RULE = "ElasticLoadBalancingV2::ListenerRule"
GROUP = "ElasticLoadBalancingV2::TargetGroup"


def forward(**weights: int) -> dict[str, object]:
    groups = [{"TargetGroupArn": ref(name), "Weight": weight} for name, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def answer(status: int, body: str = "") -> dict[str, object]:
    fixed = {"StatusCode": str(status), "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": fixed}


def group(**more: object) -> Mapping[str, object]:
    checks = {"HealthCheckPath": "/health", "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
    return resource(GROUP, Port=80, Protocol="HTTP", VpcId=ref("Vpc"), TargetType="instance", **checks, **more)


def attributes(**values: str) -> list[Mapping[str, str]]:
    return [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]


def template(action: Mapping[str, object], **more: object) -> dict[str, object]:
    """A load balancer that answers plain HTTP by one action, and redirects HTTP on port 8080 to it."""
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    return {
        "Resources": {
            **VPC,
            "Blue": group(),
            "Green": group(),
            "Balancer": resource(BALANCER, Subnets=[ref("Subnet")], Scheme="internet-facing"),
            "Redirect": resource(
                LISTENER,
                LoadBalancerArn=ref("Balancer"),
                Port=8080,
                Protocol="HTTP",
                DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
            ),
            "Listener": resource(
                LISTENER, LoadBalancerArn=ref("Balancer"), Port=80, Protocol="HTTP", DefaultActions=[action]
            ),
            **more,
        },
        "Outputs": {
            "Dns": {"Value": get("Balancer", "DNSName")},
            "FullName": {"Value": get("Balancer", "LoadBalancerFullName")},
            "Zone": {"Value": get("Balancer", "CanonicalHostedZoneID")},
            "GroupName": {"Value": get("Blue", "TargetGroupFullName")},
        },
    }


class Front:
    """A deployed load balancer, and who answers behind it."""

    def __init__(self, aws: EmbeddedAws, stack: TemplateStack) -> None:
        assert stack.settled() == "CREATE_COMPLETE", stack.failures()
        self.aws, self.stack = aws, stack
        self.dns = stack.outputs()["Dns"]
        self.api = aws.client("elbv2")

    def add(self, group_id: str, *programs: Program) -> None:
        arn = self.stack.physical_id(group_id)
        targets = [{"Id": "127.0.0.1" if one is programs[0] else "localhost", "Port": one.port} for one in programs]
        self.api.register_targets(TargetGroupArn=arn, Targets=cast("Any", targets))

    def get(self, path: str = "/", **headers: str) -> tuple[int, str, Mapping[str, str]]:
        found = self.aws.http(
            "GET",
            f"http://{self.dns}{path}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        return found.status, found.text, found.headers

    def answers(self, times: int, **headers: str) -> Counter[str]:
        return Counter(self.get("/", **headers)[1] for _ in range(times))

    def states(self, group_id: str) -> list[str]:
        found = self.api.describe_target_health(TargetGroupArn=self.stack.physical_id(group_id))
        return [one["TargetHealth"]["State"] for one in found["TargetHealthDescriptions"]]


Deploy = Callable[[Mapping[str, object]], Front]


@pytest.fixture
def deploy(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> Deploy:
    return lambda wanted: Front(embedded_aws, create_stack(embedded_aws, f"balancing-{uuid.uuid4().hex[:8]}", wanted))


@pytest.fixture
def programs() -> Iterator[tuple[Program, Program]]:
    with program("blue") as blue, program("green") as green:
        yield blue, green


class TestWeights:
    def test_share_the_requests_and_change_with_an_update(
        self, deploy: Deploy, programs: tuple[Program, Program]
    ) -> None:
        front = deploy(template(forward(Blue=90, Green=10)))
        front.add("Blue", programs[0])
        front.add("Green", programs[1])

        assert front.answers(20) == {"blue": 18, "green": 2}
        assert front.stack.update(template(forward(Blue=0, Green=100))) == "UPDATE_COMPLETE"
        assert front.answers(5) == {"green": 5}

    def test_are_described(self, deploy: Deploy) -> None:
        front = deploy(template(forward(Blue=3, Green=1)))

        found = front.api.describe_listeners(ListenerArns=[front.stack.physical_id("Listener")])["Listeners"][0]

        weights = [one["Weight"] for one in found["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]]
        assert weights == [3, 1]

    def test_set_through_the_api_take_effect(self, deploy: Deploy, programs: tuple[Program, Program]) -> None:
        front = deploy(template(forward(Blue=1, Green=0)))
        front.add("Blue", programs[0])
        front.add("Green", programs[1])
        groups = [
            {"TargetGroupArn": front.stack.physical_id(one), "Weight": weight}
            for one, weight in (("Blue", 0), ("Green", 1))
        ]

        front.api.modify_listener(
            ListenerArn=front.stack.physical_id("Listener"),
            DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": cast("Any", groups)}}],
        )

        assert front.answers(3) == {"green": 3}

    def test_of_nothing_leave_nobody_to_answer(self, deploy: Deploy) -> None:
        front = deploy(template(forward(Blue=0, Green=0)))

        assert front.get()[0] == 503


class TestSessions:
    @pytest.fixture
    def two(self) -> Iterator[tuple[Program, Program]]:
        with program("one", sets_cookie="OWN") as one, program("two", sets_cookie="OWN") as two:
            yield one, two

    @pytest.mark.parametrize(
        ("settings", "cookie"),
        [
            ({"stickiness__type": "lb_cookie", "stickiness__lb_cookie__duration_seconds": "60"}, "AWSALB"),
            ({"stickiness__type": "app_cookie", "stickiness__app_cookie__cookie_name": "OWN"}, "AWSALBAPP-0"),
        ],
    )
    def test_stay_with_their_target(
        self,
        settings: Mapping[str, str],
        cookie: str,
        deploy: Deploy,
        two: tuple[Program, Program],
    ) -> None:
        sticky = group(TargetGroupAttributes=attributes(stickiness__enabled="true", **settings))
        front = deploy(template(forward(Blue=1), Blue=sticky))
        front.add("Blue", *two)

        _, first, headers = front.get()
        given = next(part for part in headers["set-cookie"].split(", ") if part.startswith(f"{cookie}="))

        assert front.answers(4) == {"one": 2, "two": 2}
        assert front.answers(4, Cookie=given.partition(";")[0]) == {first: 4}

    def test_stay_with_their_group_even_without_a_weight(
        self, deploy: Deploy, programs: tuple[Program, Program]
    ) -> None:
        def sticky(**weights: int) -> dict[str, object]:
            action = forward(**weights)
            stickiness = {"Enabled": True, "DurationSeconds": 60}
            action["ForwardConfig"] = {
                **cast("Any", action["ForwardConfig"]),
                "TargetGroupStickinessConfig": stickiness,
            }
            return template(action)

        front = deploy(sticky(Blue=1, Green=1))
        front.add("Blue", programs[0])
        front.add("Green", programs[1])
        _, first, headers = front.get()
        cookie = headers["set-cookie"].partition(";")[0]

        assert cookie.startswith("AWSALBTG=")
        assert front.answers(4, Cookie=cookie) == {first: 4}
        others = {"blue": {"Blue": 0, "Green": 1}, "green": {"Blue": 1, "Green": 0}}
        front.stack.update(sticky(**others[first]))
        assert first not in front.answers(4)
        assert front.answers(4, Cookie=cookie) == {first: 4}


@pytest.fixture(scope="module")
def rules(session_aws: EmbeddedAws) -> Iterator[Front]:

    conditions: Mapping[str, list[Mapping[str, object]]] = {
        "path": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a[1]/*"]}}],
        "host": [{"Field": "host-header", "HostHeaderConfig": {"Values": ["*.Example.org"]}}],
        "value": [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "V", "Value": "2*"}]}}],
        "any": [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "secret"}]}}],
        "header": [
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["y*"]}},
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}},
        ],
        "nobody": [{"Field": "source-ip", "SourceIpConfig": {"Values": ["203.0.113.0/24"]}}],
    }
    added = {
        f"Rule{number}": resource(
            RULE,
            ListenerArn=ref("Listener"),
            Priority=number,
            Conditions=conditions[body],
            Actions=[answer(200, body)],
        )
        for number, body in enumerate(conditions, 1)
    }
    wanted = template(answer(404, "default"), **added)
    stack = template_stacks.create_stack(session_aws, f"rules-{uuid.uuid4().hex[:8]}", wanted)
    yield Front(session_aws, stack)
    stack.delete()


class TestRules:
    @pytest.mark.parametrize(
        ("path", "headers", "body"),
        [
            ("/", {}, "default"),
            ("/a[1]/x", {}, "path"),
            ("/a1/x", {}, "default"),
            ("/", {"Host": "WWW.example.ORG"}, "host"),
            ("/", {"Host": "example.org"}, "default"),
            ("/?v=23", {}, "value"),
            ("/?v=3", {}, "default"),
            ("/?x=SECRET", {}, "any"),
            ("/", {"X-Beta": "yes"}, "header"),
            ("/", {"X-Beta": "no"}, "default"),
        ],
    )
    def test_are_met_by_what_they_ask_for(self, path: str, headers: Mapping[str, str], body: str, rules: Front) -> None:
        assert rules.get(path, **headers)[1] == body


class TestTargets:
    def test_that_fail_their_health_checks_get_nothing_until_they_recover(
        self, deploy: Deploy, programs: tuple[Program, Program]
    ) -> None:
        front = deploy(template(forward(Blue=1)))
        front.add("Blue", *programs)
        eventually(lambda: front.states("Blue") == ["healthy", "healthy"], "health at first")

        programs[0].healthy = False
        eventually(lambda: front.states("Blue") == ["unhealthy", "healthy"], "failed check")
        assert front.answers(4) == {"green": 4}
        programs[0].healthy = True
        eventually(lambda: front.states("Blue") == ["healthy", "healthy"], "recovery")
        assert front.answers(4) == {"blue": 2, "green": 2}

    def test_all_get_requests_where_none_is_healthy(self, deploy: Deploy, programs: tuple[Program, Program]) -> None:
        for one in programs:
            one.healthy = False
        front = deploy(template(forward(Blue=1)))
        front.add("Blue", *programs)
        eventually(lambda: front.states("Blue") == ["unhealthy", "unhealthy"], "failed checks")

        assert front.answers(4) == {"blue": 2, "green": 2}

    def test_declared_in_a_template_are_registered(self, deploy: Deploy, programs: tuple[Program, Program]) -> None:
        declared = group(Targets=[{"Id": "127.0.0.1", "Port": programs[0].port}])
        front = deploy(template(forward(Blue=1), Blue=declared))

        assert front.get()[:2] == (200, "blue")
        assert front.get("/health")[1] == "blue"
        assert programs[0].seen["x-forwarded-proto"] == "http"
        assert programs[0].seen["host"] == front.dns

    def test_by_the_id_of_an_instance_are_reached_where_a_program_stands_in(
        self, deploy: Deploy, embedded_aws: EmbeddedAws, programs: tuple[Program, Program]
    ) -> None:
        wanted = template(forward(Blue=1), Blue=group(Targets=[{"Id": "i-0123456789abcdef0"}]))
        front = deploy(wanted)

        assert front.states("Blue") == ["unhealthy"]
        assert front.get()[0] == 504
        embedded_aws.stand_in("i-0123456789abcdef0", "127.0.0.1", programs[0].port)
        assert front.get()[:2] == (200, "blue")

    def test_stand_in_only_for_instances(self, embedded_aws: EmbeddedAws) -> None:
        with pytest.raises(ValueError, match="needs the texts instance"):
            embedded_aws.stand_in("web", "127.0.0.1")
        with pytest.raises(ValueError, match="port must be from 1 to 65535 or null, got 0"):
            embedded_aws.stand_in("i-0123456789abcdef0", "127.0.0.1", 0)


class TestAddresses:
    def test_name_the_load_balancer_as_alarms_and_records_need_it(self, deploy: Deploy) -> None:
        front = deploy(template(answer(200)))

        outputs = front.stack.outputs()

        assert front.stack.physical_id("Balancer").endswith(f":loadbalancer/{outputs['FullName']}")
        assert outputs["FullName"].startswith("app/")
        assert front.stack.physical_id("Blue").endswith(f":{outputs['GroupName']}")
        assert outputs["Zone"] == "Z35SXDOTRQ7X7K"

    def test_of_the_public_kind_redirect_as_on_aws_and_local_ones_to_local_ones(
        self, deploy: Deploy, embedded_aws: EmbeddedAws
    ) -> None:
        front = deploy(template(answer(200, "served")))
        public = f"http://{front.dns}:8080/a?b=c"

        assert embedded_aws.http("GET", public).headers["location"] == f"https://{front.dns}:443/a?b=c"
        local = embedded_aws.http("GET", embedded_aws.localize(public)).headers["location"]
        assert local == embedded_aws.localize(f"https://{front.dns}:443/a?b=c")
        assert embedded_aws.http("GET", embedded_aws.localize(f"http://{front.dns}/")).text == "served"


def test_requests_and_health_become_metrics_that_alarms_on_metric_math_follow(
    deploy: Deploy, embedded_aws: EmbeddedAws
) -> None:
    def metric(identifier: str, name: str) -> dict[str, object]:
        dimensions = [{"Name": "LoadBalancer", "Value": get("Balancer", "LoadBalancerFullName")}]
        found = {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions}
        stat = {"Metric": found, "Period": 60, "Stat": "Sum"}
        return {"Id": identifier, "MetricStat": stat, "ReturnData": False}

    expression = "IF(requests >= 4, 100 * FILL(errors, 0) / requests, 0)"
    alarm = resource(
        "CloudWatch::Alarm",
        Metrics=[
            {"Id": "rate", "Expression": expression},
            metric("errors", "HTTPCode_Target_5XX_Count"),
            metric("requests", "RequestCount"),
        ],
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=2,
        DatapointsToAlarm=1,
        Threshold=40,
        TreatMissingData="notBreaching",
    )
    composite = resource("CloudWatch::CompositeAlarm", AlarmRule={"Fn::Sub": 'ALARM("${Alarm.Arn}")'})
    wanted = template(forward(Blue=1), Alarm=alarm, Degraded=composite)
    with ExitStack() as stack:
        broken = stack.enter_context(program("blue"))
        front = deploy(wanted)
        front.add("Blue", broken)
        cloudwatch = embedded_aws.client("cloudwatch")

        def states() -> tuple[str, str]:
            names = [front.stack.physical_id("Alarm"), front.stack.physical_id("Degraded")]
            found = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
            return found["MetricAlarms"][0]["StateValue"], found["CompositeAlarms"][0]["StateValue"]

        eventually(lambda: states() == ("OK", "OK"), "calm before")
        for _ in range(4):
            front.get("/broken")
        eventually(lambda: states() == ("ALARM", "ALARM"), "alarm")
        full_name = front.stack.outputs()["FullName"]

        def watched() -> set[str]:
            found = cloudwatch.list_metrics(Namespace="AWS/ApplicationELB", MetricName="HealthyHostCount")["Metrics"]
            return {one["Dimensions"][0]["Value"] for one in found}

        eventually(lambda: full_name in watched(), "count of healthy targets")


def test_a_load_balancer_under_deletion_protection_is_not_deleted(deploy: Deploy) -> None:
    def protected(value: str) -> dict[str, object]:
        settings = attributes(deletion_protection__enabled=value)
        balancer = resource(
            BALANCER, Subnets=[ref("Subnet")], Scheme="internet-facing", LoadBalancerAttributes=settings
        )
        return template(answer(200), Balancer=balancer)

    front = deploy(protected("true"))

    assert front.stack.delete() == "DELETE_FAILED"
    assert any("deletion protection is enabled" in reason for reason in front.stack.failures())
    front.api.modify_load_balancer_attributes(
        LoadBalancerArn=front.stack.physical_id("Balancer"),
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
    )
    assert front.stack.delete() == "DELETE_COMPLETE", front.stack.failures()


def test_further_certificates_belong_to_their_listener_until_they_are_taken_off(deploy: Deploy) -> None:
    arns = [f"arn:aws:acm:us-east-1:000000000000:certificate/{uuid.uuid4()}" for _ in range(2)]
    first, second = ([{"CertificateArn": arn}] for arn in arns)
    listener = resource(
        LISTENER,
        LoadBalancerArn=ref("Balancer"),
        Port=443,
        Protocol="HTTPS",
        Certificates=first,
        DefaultActions=[answer(200)],
    )
    kind = "ElasticLoadBalancingV2::ListenerCertificate"
    more = resource(kind, ListenerArn=ref("Secure"), Certificates=second)
    front = deploy(template(answer(200), Secure=listener, More=more))
    arn = front.stack.physical_id("Secure")

    def known() -> dict[str, bool]:
        found = front.api.describe_listener_certificates(ListenerArn=arn)["Certificates"]
        return {one["CertificateArn"]: one["IsDefault"] for one in found}

    assert known() == {arns[0]: True, arns[1]: False}
    front.stack.update(template(answer(200), Secure=listener))
    assert known() == {arns[0]: True}


class TestANetworkLoadBalancer:
    def test_is_described_with_its_addresses_and_names(
        self, embedded_aws: EmbeddedAws, create_stack: CreateStack
    ) -> None:
        resources = {
            **VPC,
            "Ip": resource("EC2::EIP", Domain="vpc"),
            "Balancer": resource(
                BALANCER,
                Type="network",
                Scheme="internet-facing",
                SubnetMappings=[{"SubnetId": ref("Subnet"), "AllocationId": get("Ip", "AllocationId")}],
            ),
            "Group": resource(GROUP, Port=443, Protocol="TCP", VpcId=ref("Vpc")),
            "Listener": resource(
                LISTENER,
                LoadBalancerArn=ref("Balancer"),
                Port=443,
                Protocol="TCP",
                DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Group")}],
                ListenerAttributes=attributes(tcp__idle_timeout__seconds="400"),
            ),
        }
        outputs = {
            "FullName": {"Value": get("Balancer", "LoadBalancerFullName")},
            "Allocation": {"Value": get("Ip", "AllocationId")},
            "Vpc": {"Value": ref("Vpc")},
        }

        stack = create_stack(
            embedded_aws, f"network-{uuid.uuid4().hex[:8]}", {"Resources": resources, "Outputs": outputs}
        )

        assert stack.settled() == "CREATE_COMPLETE", stack.failures()
        api, arn, told = embedded_aws.client("elbv2"), stack.physical_id("Balancer"), stack.outputs()
        found = api.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
        assert arn.endswith(f":loadbalancer/{told['FullName']}")
        assert told["FullName"].startswith("net/")
        assert found["VpcId"] == told["Vpc"]
        assert found["CanonicalHostedZoneId"] == "Z26RNL4JYFTOTI"
        assert found["DNSName"].endswith(".elb.us-east-1.amazonaws.com")
        zone = found["AvailabilityZones"][0]
        assert (zone["ZoneName"], zone["LoadBalancerAddresses"]) == (
            "us-east-1a",
            [{"AllocationId": told["Allocation"]}],
        )
        listener = stack.physical_id("Listener")
        assert ":listener/net/" in listener
        assert api.describe_listener_attributes(ListenerArn=listener)["Attributes"] == [
            {"Key": "tcp.idle_timeout.seconds", "Value": "400"}
        ]
        assert api.describe_target_groups()["TargetGroups"][-1]["HealthCheckProtocol"] == "TCP"
        assert stack.delete() == "DELETE_COMPLETE"
        assert arn not in {one["LoadBalancerArn"] for one in api.describe_load_balancers()["LoadBalancers"]}
