"""The front of a web tier deployed by the real ``cdk deploy``, and asked: each rule answers what it should.

The emulator's data plane executes rules, weights, stickiness, redirects, fixed responses and health checks. What an
HTTPS listener decrypts, and with which policy, it does not execute: it takes the port for the listener.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk.assertions import Template

from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.content_routing import FixedResponse, PathPattern, Rule, WeightedForward
from aws_patterns.load_balancing.stickiness import ApplicationStickiness, DurationStickiness, Stickiness
from aws_patterns.load_balancing.target_groups import fleet_target_group
from aws_patterns.load_balancing.tls import TlsApproach
from local_aws.embedded import EmbeddedAws, Response
from local_aws.template_stacks import CreateStack, TemplateStack
from tests.local.programs import Program, eventually, program

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.content_routing import *
from aws_patterns.load_balancing.target_groups import fleet_target_group
from aws_patterns.network.multi_az_vpc import MultiAzVpc
from aws_patterns.network.multi_az_vpc_options import NatGateways

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "ApplicationFront")
vpc = MultiAzVpc(
    stack, "Network", nat_gateways=NatGateways.NONE, flow_logs=None, removal_policy=cdk.RemovalPolicy.DESTROY
).vpc
certificate = "arn:aws:acm:us-east-1:000000000000:certificate/0a1b2c3d-0000-1111-2222-333344445555"
front = ApplicationFront(
    stack,
    "Front",
    vpc=vpc,
    certificates=[acm.Certificate.from_certificate_arn(stack, "Certificate", certificate)],
    deletion_protection=False,
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
groups = {
    name: fleet_target_group(stack, name, vpc=vpc, shape=front.shape, target_type=elbv2.TargetType.IP)
    for name in ("Fleet", "Api", "Canary")
}
front.serve(groups["Fleet"])
answer = FixedResponse
for name, conditions, action, priority in (
    ("all-of-the-api", [PathPattern("/api/*")], Forward(groups["Api"]), None),
    ("admins", [PathPattern("/api/admin/*")], answer(403, "admins only"), None),
    ("status", [PathPattern("/api/status")], answer(200, "status"), None),
    ("first", [PathPattern("/api/*"), HostHeader("*.example.com")], answer(200, "1st"), 1),
    ("docs", [HostHeader("docs.example.org")], Redirect(host="www.example.org", path="/d/#{path}", permanent=True), 2),
    ("old", [PathPattern("/old/*")], Redirect(path="/new/#{path}", query="#{query}&moved=1"), None),
    ("methods", [HttpMethod("PUT", "DELETE")], answer(405, "no"), None),
    ("beta", [HttpHeader("X-Beta", "y*")], answer(200, '{"beta":1}', "application/json"), None),
    ("debug", [QueryString("debug", "1*", "yes")], answer(200, "debug"), None),
    ("secret", [QueryString(None, "secret")], answer(404, "none"), None),
    ("inside", [PathPattern("/inside"), SourceIp("127.0.0.0/8")], answer(200, "from here"), None),
    ("there", [PathPattern("/there"), SourceIp("203.0.113.0/24")], answer(200, "from there"), None),
    ("shares", [PathPattern("/shared/*")], WeightedForward({None: 3, groups["Canary"]: 1}), None),
):
    front.add_rule(Rule(name=name, conditions=conditions, action=action, priority=priority))
for name, value in (
    ("Dns", front.load_balancer.load_balancer_dns_name),
    ("Balancer", front.load_balancer.load_balancer_arn),
    ("Listener", front.listener.listener_arn),
    ("Logs", front.access_log_bucket.bucket_name),
    *((f"{name}Group", group.target_group_arn) for name, group in groups.items()),
):
    cdk.CfnOutput(stack, name, value=value)
app.synth()
"""


class Front(NamedTuple):
    """A deployed front, and who answers behind it."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    @property
    def api(self) -> Any:
        return cast("Any", self.aws.client("elbv2"))

    def ask(self, path: str = "/", *, method: str = "GET", scheme: str = "https", **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.aws.http(method, f"{scheme}://{self.outputs['Dns']}{path}", headers=sent)

    def register(self, group: str, *programs: Program) -> None:
        """Let programs be targets. Those of one group need addresses that differ."""
        names = ("127.0.0.1", "localhost")
        targets = [{"Id": name, "Port": one.port} for name, one in zip(names, programs, strict=False)]
        self.api.register_targets(TargetGroupArn=self.outputs[f"{group}Group"], Targets=targets)

    def states(self, group: str) -> list[str]:
        found = self.api.describe_target_health(TargetGroupArn=self.outputs[f"{group}Group"])
        return [one["TargetHealth"]["State"] for one in found["TargetHealthDescriptions"]]

    def attributes(self) -> Mapping[str, str]:
        found = self.api.describe_load_balancer_attributes(LoadBalancerArn=self.outputs["Balancer"])
        return {one["Key"]: one["Value"] for one in found["Attributes"]}


@pytest.fixture(scope="module")
def programs() -> Iterator[Mapping[str, Program]]:
    with ExitStack() as running:
        yield {name: running.enter_context(program(name)) for name in ("one", "two", "api", "canary")}


@pytest.fixture(scope="module")
def front(
    session_aws: EmbeddedAws,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    programs: Mapping[str, Program],
) -> Iterator[Front]:
    """The front, with programs of this machine as targets; destroyed afterwards, and gone."""
    folder: Path = tmp_path_factory.mktemp("front")
    (folder / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws.deploy("ApplicationFront", app=app, folder=folder)
    front = Front(session_aws, outputs)
    front.register("Fleet", programs["one"], programs["two"])
    front.register("Api", programs["api"])
    front.register("Canary", programs["canary"])
    yield front

    session_aws.destroy("ApplicationFront", app=app, folder=folder)
    there = {one["LoadBalancerArn"] for one in front.api.describe_load_balancers()["LoadBalancers"]}
    assert outputs["Balancer"] not in there
    buckets = {one["Name"] for one in session_aws.client("s3").list_buckets()["Buckets"]}
    assert outputs["Logs"] not in buckets


class TestRules:
    @pytest.mark.parametrize(
        ("path", "headers", "status", "text"),
        [
            ("/api/orders", {}, 200, "api"),
            ("/api/status", {}, 200, "status"),
            ("/api/status/more", {}, 200, "api"),
            ("/api/admin/users", {}, 403, "admins only"),
            ("/api/admin/users", {"Host": "www.example.com"}, 200, "1st"),
            ("/API/admin/users", {}, 200, "one or two"),
            ("/", {"X-Beta": "Yes"}, 200, '{"beta":1}'),
            ("/", {"X-Beta": "no"}, 200, "one or two"),
            ("/?debug=1", {}, 200, "debug"),
            ("/?debug=YES&a=b", {}, 200, "debug"),
            ("/?debug=0", {}, 200, "one or two"),
            ("/?anything=secret", {}, 404, "none"),
            ("/inside", {}, 200, "from here"),
            ("/there", {}, 200, "one or two"),
            ("/other", {"Host": "other.example.org"}, 200, "one or two"),
        ],
    )
    def test_answer_what_they_are_for(
        self, path: str, headers: Mapping[str, str], status: int, text: str, front: Front
    ) -> None:
        answer = front.ask(path, **headers)
        assert answer.status == status
        assert answer.text in (("one", "two") if text == "one or two" else (text,))

    @pytest.mark.parametrize(("method", "status"), [("PUT", 405), ("DELETE", 405), ("GET", 200)])
    def test_tell_methods_apart(self, method: str, status: int, front: Front) -> None:
        assert front.ask(method=method).status == status

    def test_answer_in_the_content_type_that_was_asked_for(self, front: Front) -> None:
        assert front.ask(X_Beta="yes").headers["content-type"] == "application/json"

    def test_send_clients_elsewhere_with_the_rest_of_their_address(self, front: Front) -> None:
        moved = front.ask("/old/page?a=1")
        assert (moved.status, moved.headers["location"]) == (
            302,
            f"https://{front.outputs['Dns']}:443/new/old/page?a=1&moved=1",
        )
        docs = front.ask("/guide?a=1", Host="docs.example.org")
        assert (docs.status, docs.headers["location"]) == (301, "https://www.example.org:443/d/guide?a=1")

    def test_share_requests_out_in_proportion(self, front: Front) -> None:
        answers = Counter(front.ask("/shared/x").text for _ in range(16))
        assert answers["canary"] == 4
        assert answers["one"] + answers["two"] == 12

    def test_are_tried_in_the_order_of_their_narrowness(self, front: Front) -> None:
        found = front.api.describe_rules(ListenerArn=front.outputs["Listener"])["Rules"]
        order = [
            condition["PathPatternConfig"]["Values"][0]
            for rule in sorted(
                found, key=lambda rule: (rule["IsDefault"], int(rule["Priority"].replace("default", "0")))
            )
            for condition in rule["Conditions"]
            if condition["Field"] == "path-pattern"
        ]
        paths = ("/api/status", "/api/admin/*", "/api/*")
        # The rule with a host as well has the first place, which was chosen for it.
        assert order[0] == "/api/*"
        assert [path for path in order[1:] if path in paths] == list(paths)


class TestListeners:
    def test_http_clients_are_sent_over_to_https_for_good(self, front: Front) -> None:
        answer = front.ask("/a/b?c=d", scheme="http")
        assert (answer.status, answer.headers["location"]) == (301, f"https://{front.outputs['Dns']}:443/a/b?c=d")

    def test_requests_come_to_the_fleet_as_https_ones(self, front: Front, programs: Mapping[str, Program]) -> None:
        answered = front.ask("/seen").text
        seen = programs[answered].seen
        assert (seen["x-forwarded-proto"], seen["x-forwarded-port"]) == ("https", "443")
        assert seen["x-forwarded-for"] == "127.0.0.1"

    def test_are_described_with_certificate_and_policy(self, front: Front) -> None:
        found = front.api.describe_listeners(LoadBalancerArn=front.outputs["Balancer"])["Listeners"]
        described = {one["Port"]: (one["Protocol"], one.get("SslPolicy")) for one in found}
        assert described == {443: ("HTTPS", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"), 80: ("HTTP", None)}


class TestSafety:
    def test_attributes_are_those_of_the_pattern(self, front: Front) -> None:
        expected = {
            "deletion_protection.enabled": "false",
            "routing.http.drop_invalid_header_fields.enabled": "true",
            "routing.http.desync_mitigation_mode": "defensive",
            "client_keep_alive.seconds": "180",
            "access_logs.s3.bucket": front.outputs["Logs"],
            "connection_logs.s3.bucket": front.outputs["Logs"],
        }
        assert expected.items() <= front.attributes().items()

    def test_load_balancers_may_write_logs_into_the_bucket(self, front: Front) -> None:
        policy = json.loads(front.aws.client("s3").get_bucket_policy(Bucket=front.outputs["Logs"])["Policy"])
        (allowed,) = [one for one in policy["Statement"] if one["Action"] == "s3:PutObject"]
        assert allowed["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
        assert allowed["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":000000000000:loadbalancer/*")

    def test_a_target_that_fails_its_health_check_gets_nothing_until_it_recovers(
        self, front: Front, programs: Mapping[str, Program]
    ) -> None:
        eventually(lambda: front.states("Fleet") == ["healthy", "healthy"], "health at first")
        programs["one"].healthy = False
        eventually(lambda: front.states("Fleet") == ["unhealthy", "healthy"], "failed checks")
        assert {front.ask().text for _ in range(4)} == {"two"}
        programs["one"].healthy = True
        eventually(lambda: front.states("Fleet") == ["healthy", "healthy"], "recovery")
        assert {front.ask().text for _ in range(4)} == {"one", "two"}


def rule(name: str, path: str, body: str, priority: int | None = None) -> Rule:
    return Rule(name=name, conditions=[PathPattern(path)], action=FixedResponse(200, body), priority=priority)


def template(
    *rules: Rule, tls: TlsApproach = TlsApproach.PLAIN_HTTP, stickiness: Stickiness | None = None
) -> Mapping[str, object]:
    """A front without a network of its own."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], public_subnet_ids=["subnet-1", "subnet-2"]
    )
    front = ApplicationFront(stack, "Front", vpc=vpc, tls=tls, rules=rules, access_logs=None, deletion_protection=False)
    kind = elbv2.TargetType.IP
    fleet = fleet_target_group(stack, "Fleet", vpc=vpc, shape=front.shape, target_type=kind, stickiness=stickiness)
    canary = fleet_target_group(stack, "Canary", vpc=vpc, shape=front.shape, target_type=kind)
    front.serve(fleet)
    shares = WeightedForward({None: 1, canary: 1}, sticky_seconds=60)
    front.add_rule(Rule(name="shares", conditions=[PathPattern("/shared")], action=shares))
    for name, value in (
        ("Dns", front.load_balancer.load_balancer_dns_name),
        ("Listener", front.listener.listener_arn),
        ("FleetGroup", fleet.target_group_arn),
        ("CanaryGroup", canary.target_group_arn),
    ):
        cdk.CfnOutput(stack, name, value=value)
    return cast("Mapping[str, object]", Template.from_stack(stack).to_json())


def created(stack: TemplateStack) -> Front:
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    return Front(stack.aws, stack.outputs())


def numbers(front: Front) -> Mapping[str, tuple[str, int]]:
    """Of the rules that answer themselves: ARN and priority by answer."""
    return {
        one["Actions"][0]["FixedResponseConfig"]["MessageBody"]: (one["RuleArn"], int(one["Priority"]))
        for one in front.api.describe_rules(ListenerArn=front.outputs["Listener"])["Rules"]
        if "FixedResponseConfig" in one["Actions"][0]
    }


def test_rules_come_and_go_around_those_that_stay(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> None:
    stays: Sequence[Rule] = [rule("a", "/a/*", "a"), rule("deep", "/a/b/*", "deep"), rule("own", "/own", "own", 7)]
    stack = create_stack(embedded_aws, "front-rules", template(*stays, rule("gone", "/gone", "gone")))
    front = created(stack)
    before = numbers(front)

    assert stack.update(template(rule("new", "/a/b/c", "new"), *reversed(stays))) == "UPDATE_COMPLETE"

    after = numbers(front)
    assert set(before) - set(after) == {"gone"}
    assert {body: before[body] for body in ("a", "deep", "own")} == {body: after[body] for body in ("a", "deep", "own")}
    answers = [front.ask(path, scheme="http").text for path in ("/a/x", "/a/b/x", "/a/b/c", "/own")]
    assert answers == ["a", "deep", "new", "own"]


class TestSessions:
    @pytest.mark.parametrize(
        ("stickiness", "cookie"),
        [
            (DurationStickiness(60), "AWSALB="),
            (ApplicationStickiness("session", 60), "AWSALBAPP-0="),
        ],
        ids=["duration", "application"],
    )
    def test_a_client_comes_back_to_its_target(
        self, stickiness: Stickiness, cookie: str, embedded_aws: EmbeddedAws, create_stack: CreateStack
    ) -> None:
        name = f"front-{type(stickiness).__name__.lower()}"
        front = created(create_stack(embedded_aws, name, template(stickiness=stickiness)))
        with program("one", sets_cookie="session") as one, program("two", sets_cookie="session") as two:
            front.register("Fleet", one, two)
            first = front.ask(scheme="http")
            given = next(part for part in first.headers["set-cookie"].split(", ") if part.startswith(cookie))
            again = {front.ask(scheme="http", Cookie=given.partition(";")[0]).text for _ in range(4)}
            others = {front.ask(scheme="http").text for _ in range(4)}
        assert again == {first.text}
        assert others == {"one", "two"}

    def test_a_client_stays_with_the_group_that_it_came_to_first(
        self, embedded_aws: EmbeddedAws, create_stack: CreateStack
    ) -> None:
        front = created(create_stack(embedded_aws, "front-shares", template()))
        with program("fleet") as fleet, program("canary") as canary:
            front.register("Fleet", fleet)
            front.register("Canary", canary)
            first = front.ask("/shared", scheme="http")
            given = first.headers["set-cookie"].partition(";")[0]
            again = {front.ask("/shared", scheme="http", Cookie=given).text for _ in range(4)}
            others = {front.ask("/shared", scheme="http").text for _ in range(4)}
        assert given.startswith("AWSALBTG=")
        assert again == {first.text}
        assert others == {"fleet", "canary"}
