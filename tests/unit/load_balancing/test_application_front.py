"""What clients meet: listeners, certificates, who may connect, what is logged, and the rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_elasticloadbalancingv2_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template

from aws_patterns.load_balancing._rule_priorities import priority_of
from aws_patterns.load_balancing.application_front import ApplicationFront
from aws_patterns.load_balancing.application_front_options import AccessLogs, DesyncMitigation
from aws_patterns.load_balancing.content_routing import (
    FixedResponse,
    Forward,
    HostHeader,
    HttpHeader,
    HttpMethod,
    PathPattern,
    QueryString,
    Redirect,
    Rule,
    SourceIp,
    WeightedForward,
)
from aws_patterns.load_balancing.target_groups import fleet_target_group
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc import MultiAzVpc

EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")
WEB_ACL = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/guard/0a1b2c3d-0000-1111-2222-333344445555"
CERTIFICATES = [f"arn:aws:acm:eu-west-1:111122223333:certificate/{number}" for number in range(3)]


class Site:
    """A stack with a network and room for a front."""

    def __init__(self, env: cdk.Environment | None = None, *, network: ec2.IVpc | None = None) -> None:
        self.app = cdk.App(builtin_cloud_formation_validation=False)
        self.stack = cdk.Stack(self.app, "S", env=env)
        self.vpc = network or ec2.Vpc.from_vpc_attributes(
            self.stack,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=["a", "b"],
            public_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
        )

    def certificates(self, count: int = 1) -> list[acm.ICertificate]:
        return [
            acm.Certificate.from_certificate_arn(self.stack, f"Certificate{number}", arn)
            for number, arn in enumerate(CERTIFICATES[:count])
        ]

    def front(self, id: str = "Front", **props: Any) -> ApplicationFront:
        if "certificates" not in props and props.get("tls", TlsApproach.OFFLOAD) != TlsApproach.PLAIN_HTTP:
            props["certificates"] = self.certificates()
        return ApplicationFront(self.stack, id, vpc=self.vpc, **props)

    def target_group(self, front: ApplicationFront, id: str = "Fleet") -> elbv2.ApplicationTargetGroup:
        return fleet_target_group(self.stack, id, vpc=self.vpc, shape=front.shape)


def build(env: cdk.Environment | None = None, **props: Any) -> Template:
    site = Site(env)
    front = site.front(**props)
    front.serve(site.target_group(front))
    return Template.from_stack(site.stack)


def resources(template: Template, kind: str) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template.find_resources(f"AWS::{kind}").values()]


def one(template: Template, kind: str) -> dict[str, Any]:
    (found,) = resources(template, kind)
    return found


def listeners(template: Template) -> dict[int, dict[str, Any]]:
    return {found["Port"]: found for found in resources(template, "ElasticLoadBalancingV2::Listener")}


def attributes(template: Template) -> dict[str, Any]:
    balancer = one(template, "ElasticLoadBalancingV2::LoadBalancer")
    return {entry["Key"]: entry["Value"] for entry in balancer["LoadBalancerAttributes"]}


def rules(template: Template) -> list[dict[str, Any]]:
    return sorted(resources(template, "ElasticLoadBalancingV2::ListenerRule"), key=lambda found: found["Priority"])


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


class TestListeners:
    def test_serve_https_with_a_modern_policy(self, template: Template) -> None:
        found = listeners(template)[443]
        assert (found["Protocol"], found["SslPolicy"]) == ("HTTPS", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")
        assert found["Certificates"] == [{"CertificateArn": CERTIFICATES[0]}]
        assert found["DefaultActions"] == [{"Type": "forward", "TargetGroupArn": fleet(template)}]

    def test_send_http_clients_over_to_https_for_good(self, template: Template) -> None:
        assert listeners(template)[80]["DefaultActions"] == [
            {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
        ]

    def test_choose_among_several_certificates_by_server_name(self) -> None:
        site = Site()
        front = site.front(certificates=site.certificates(3))
        front.serve(site.target_group(front))
        template = Template.from_stack(site.stack)
        assert listeners(template)[443]["Certificates"] == [{"CertificateArn": CERTIFICATES[0]}]
        more = [
            certificate["CertificateArn"]
            for found in resources(template, "ElasticLoadBalancingV2::ListenerCertificate")
            for certificate in found["Certificates"]
        ]
        assert sorted(more) == CERTIFICATES[1:]

    def test_bridging_encrypts_again_to_the_targets(self) -> None:
        template = build(tls=TlsApproach.BRIDGING)
        assert sorted(listeners(template)) == [80, 443]
        group = one(template, "ElasticLoadBalancingV2::TargetGroup")
        assert (group["Protocol"], group["Port"], group["HealthCheckProtocol"]) == ("HTTPS", 8443, "HTTPS")

    def test_plain_http_is_one_listener_and_said_so(self) -> None:
        site = Site()
        front = site.front(tls=TlsApproach.PLAIN_HTTP)
        front.serve(site.target_group(front))
        template = Template.from_stack(site.stack)
        assert {port: found["Protocol"] for port, found in listeners(template).items()} == {80: "HTTP"}
        assert front.redirect_listener is None
        assert site.stack.resolve(front.url)["Fn::Join"][1][0] == "http://"

    def test_the_address_is_that_of_the_serving_listener(self) -> None:
        site = Site()
        front = site.front()
        assert site.stack.resolve(front.url)["Fn::Join"][1][0] == "https://"

    def test_a_front_that_serves_nothing_is_refused(self) -> None:
        site = Site()
        site.front()
        with pytest.raises(RuntimeError, match=r"Listener needs at least one default action"):
            site.app.synth()

    def test_what_is_served_is_said_once(self) -> None:
        site = Site()
        front = site.front()
        front.serve(site.target_group(front))
        with pytest.raises(ValueError, match=r"^ApplicationFront S/Front serves already: its default is said once$"):
            front.serve(elbv2.ListenerAction.fixed_response(404))

    def test_an_answer_or_shares_may_be_served_as_well(self) -> None:
        site = Site()
        front = site.front()
        front.serve(
            elbv2.ListenerAction.weighted_forward(
                [
                    elbv2.WeightedTargetGroup(target_group=site.target_group(front, colour), weight=weight)
                    for colour, weight in (("Blue", 90), ("Green", 10))
                ]
            )
        )
        (action,) = listeners(Template.from_stack(site.stack))[443]["DefaultActions"]
        assert [share["Weight"] for share in action["ForwardConfig"]["TargetGroups"]] == [90, 10]


def fleet(template: Template) -> dict[str, str]:
    (group,) = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup")
    return {"Ref": group}


class TestLoadBalancer:
    def test_refuses_what_is_malformed_and_forgets_idle_clients(self, template: Template) -> None:
        found = attributes(template)
        assert {name: value for name, value in found.items() if "_logs" not in name} == {
            "deletion_protection.enabled": "true",
            "idle_timeout.timeout_seconds": "60",
            "client_keep_alive.seconds": "180",
            "routing.http.drop_invalid_header_fields.enabled": "true",
            "routing.http.desync_mitigation_mode": "defensive",
        }

    def test_every_choice_arrives(self) -> None:
        found = attributes(
            build(
                deletion_protection=False,
                idle_timeout_seconds=4000,
                client_keep_alive_seconds=3600,
                desync_mitigation=DesyncMitigation.STRICTEST,
                preserve_host_header=True,
                tls_headers=True,
            )
        )
        expected = {
            "deletion_protection.enabled": "false",
            "idle_timeout.timeout_seconds": "4000",
            "client_keep_alive.seconds": "3600",
            "routing.http.desync_mitigation_mode": "strictest",
            "routing.http.preserve_host_header.enabled": "true",
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true",
        }
        assert expected.items() <= found.items()

    def test_faces_the_internet_from_public_subnets_or_nobody_from_private_ones(self, template: Template) -> None:
        balancer = one(template, "ElasticLoadBalancingV2::LoadBalancer")
        assert (balancer["Scheme"], balancer["Subnets"]) == ("internet-facing", ["subnet-1", "subnet-2"])
        balancer = one(build(internet_facing=False), "ElasticLoadBalancingV2::LoadBalancer")
        assert (balancer["Scheme"], balancer["Subnets"]) == ("internal", ["subnet-3", "subnet-4"])

    def test_is_in_the_subnets_that_it_is_given(self) -> None:
        subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        balancer = one(build(subnets=subnets), "ElasticLoadBalancingV2::LoadBalancer")
        assert (balancer["Scheme"], balancer["Subnets"]) == ("internet-facing", ["subnet-3", "subnet-4"])

    def test_spans_every_zone_of_the_network(self, stack: cdk.Stack) -> None:
        vpc = MultiAzVpc(stack, "Network").vpc
        front = ApplicationFront(stack, "Front", vpc=vpc, tls=TlsApproach.PLAIN_HTTP)
        front.serve(fleet_target_group(stack, "Fleet", vpc=vpc, shape=front.shape))
        balancer = one(Template.from_stack(stack), "ElasticLoadBalancingV2::LoadBalancer")
        assert len(balancer["Subnets"]) == 3

    def test_ipv6_lets_everybody_connect_over_both(self) -> None:
        template = build(ipv6=True)
        assert one(template, "ElasticLoadBalancingV2::LoadBalancer")["IpAddressType"] == "dualstack"
        assert ingress(template) == {
            ("0.0.0.0/0", 443),
            ("0.0.0.0/0", 80),
            ("::/0", 443),
            ("::/0", 80),
        }


def ingress(template: Template) -> set[tuple[str, int]]:
    (group,) = resources(template, "EC2::SecurityGroup")
    found = group["SecurityGroupIngress"]
    assert all(rule["FromPort"] == rule["ToPort"] for rule in found)
    assert {rule["IpProtocol"] for rule in found} == {"tcp"}
    return {(rule.get("CidrIp") or rule["CidrIpv6"], rule["FromPort"]) for rule in found}


class TestSecurityGroup:
    def test_lets_everybody_in_to_the_listeners_and_nothing_out_but_to_targets(self, template: Template) -> None:
        assert ingress(template) == {("0.0.0.0/0", 443), ("0.0.0.0/0", 80)}
        (group,) = resources(template, "EC2::SecurityGroup")
        assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]

    def test_lets_the_allowed_networks_in_alone(self) -> None:
        template = build(ipv6=True, allowed_cidrs=["192.0.2.0/24", "2001:db8::/32"])
        assert ingress(template) == {(cidr, port) for cidr in ("192.0.2.0/24", "2001:db8::/32") for port in (80, 443)}
        plain = build(tls=TlsApproach.PLAIN_HTTP, allowed_cidrs=["192.0.2.0/24"])
        assert ingress(plain) == {("192.0.2.0/24", 80)}

    def test_is_what_others_connect_to(self) -> None:
        site = Site()
        front = site.front()
        database = ec2.SecurityGroup(site.stack, "Database", vpc=site.vpc)
        database.connections.allow_from(front, ec2.Port.tcp(5432))
        front.serve(elbv2.ListenerAction.fixed_response(404))
        template = Template.from_stack(site.stack)
        template.resource_properties_count_is("AWS::EC2::SecurityGroupIngress", {"FromPort": 5432}, 1)
        assert front.connections.security_groups == [front.security_group]


class TestAccessLogs:
    @pytest.mark.parametrize("env", [None, EXPLICIT], ids=["any Region", "one Region"])
    def test_requests_and_connections_are_kept_for_a_month_in_any_region(self, env: cdk.Environment | None) -> None:
        template = build(env)
        (bucket,) = template.find_resources("AWS::S3::Bucket")
        found = attributes(template)
        assert {name: value for name, value in found.items() if "_logs" in name} == {
            f"{logs}.s3.{name}": value
            for logs, prefix in (("access_logs", "access"), ("connection_logs", "connections"))
            for name, value in (("enabled", "true"), ("bucket", {"Ref": bucket}), ("prefix", prefix))
        }
        assert one(template, "S3::Bucket")["LifecycleConfiguration"]["Rules"] == [
            {"ExpirationInDays": 30, "Status": "Enabled"}
        ]

    def test_load_balancers_of_this_account_alone_may_write_them(self) -> None:
        (policy,) = resources(build(EXPLICIT), "S3::BucketPolicy")
        (written,) = [found for found in policy["PolicyDocument"]["Statement"] if found["Effect"] == "Allow"]
        assert (written["Action"], written["Principal"]) == (
            "s3:PutObject",
            {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        )
        source = written["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1]
        assert source[-1] == ":elasticloadbalancing:eu-west-1:111122223333:loadbalancer/*"
        assert [found["Fn::Join"][1][-1] for found in written["Resource"]] == [
            "/access/AWSLogs/111122223333/*",
            "/connections/AWSLogs/111122223333/*",
        ]

    def test_the_load_balancer_waits_for_the_permission(self, template: Template) -> None:
        (policy,) = template.find_resources("AWS::S3::BucketPolicy")
        (balancer,) = template.find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
        assert policy in balancer["DependsOn"]

    def test_connections_may_be_left_out_and_lines_kept_for_longer(self) -> None:
        template = build(access_logs=AccessLogs(retention_days=400, connections=False))
        assert not [name for name in attributes(template) if name.startswith("connection_logs")]
        (rule,) = one(template, "S3::Bucket")["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == 400

    def test_are_off_only_when_told_so(self) -> None:
        template = build(access_logs=None)
        template.resource_count_is("AWS::S3::Bucket", 0)
        assert not [name for name in attributes(template) if "_logs" in name]

    def test_go_with_the_stack_only_when_told_so(self, template: Template) -> None:
        template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
        gone = build(removal_policy=cdk.RemovalPolicy.DESTROY)
        gone.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Delete"})
        gone.resource_count_is("Custom::S3AutoDeleteObjects", 1)


class TestWebAcl:
    @pytest.mark.parametrize("later", [False, True])
    def test_guards_the_load_balancer(self, later: bool) -> None:
        site = Site(EXPLICIT)
        front = site.front(web_acl_arn=None if later else WEB_ACL)
        if later:
            front.associate_web_acl(WEB_ACL)
        front.serve(elbv2.ListenerAction.fixed_response(404))
        template = Template.from_stack(site.stack)
        (balancer,) = template.find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
        assert one(template, "WAFv2::WebACLAssociation") == {
            "WebACLArn": WEB_ACL,
            "ResourceArn": {"Ref": balancer},
        }

    def test_there_is_one_at_most(self) -> None:
        front = Site().front(web_acl_arn=WEB_ACL)
        with pytest.raises(ValueError, match="web_acl_arn must be given once: a load balancer has one web ACL"):
            front.associate_web_acl(WEB_ACL)

    @pytest.mark.parametrize(
        ("arn", "message"),
        [
            (
                "guard",
                "web_acl_arn must be the ARN of a web ACL of AWS WAF, such as "
                "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id, got 'guard'",
            ),
            (
                WEB_ACL.replace("regional", "global").replace("eu-west-1", "us-east-1"),
                "web_acl_arn must be of a REGIONAL web ACL, got "
                f"{WEB_ACL.replace('regional', 'global').replace('eu-west-1', 'us-east-1')!r}: CLOUDFRONT ones guard "
                "distributions; make one with scope REGIONAL in this Region",
            ),
            (
                WEB_ACL.replace("eu-west-1", "eu-west-2"),
                "web_acl_arn must be of a web ACL in eu-west-1, where the load balancer is, got one in eu-west-2",
            ),
        ],
    )
    def test_another_kind_is_refused(self, arn: str, message: str) -> None:
        with pytest.raises(ValueError, match=re.escape(message)):
            Site(EXPLICIT).front(web_acl_arn=arn)

    def test_one_of_the_same_stack_is_let_through(self) -> None:
        site = Site(EXPLICIT)
        arn = cdk.CfnParameter(site.stack, "Acl").value_as_string
        assert site.front(web_acl_arn=arn).web_acl_association is not None


API = Rule(name="api", conditions=[PathPattern("/api/*"), HttpMethod("GET", "HEAD")])
OLD = Rule(name="old", conditions=[PathPattern("/old/*")], action=Redirect(path="/new/#{path}", permanent=True))
CLOSED = Rule(name="closed", conditions=[SourceIp("192.0.2.0/24")], action=FixedResponse(403, "No.", "text/html"))
MOBILE = Rule(name="mobile", conditions=[HttpHeader("User-Agent", "*Mobile*"), HostHeader("*.example.com")])
TRIAL = Rule(name="trial", conditions=[QueryString("trial", "1", "2"), QueryString(None, "x")], priority=5)


class TestRules:
    def test_ask_what_they_are_told_to_ask(self) -> None:
        found = rules(build(rules=[API, OLD, CLOSED, MOBILE, TRIAL]))
        assert [rule["Priority"] for rule in found] == sorted(
            priority_of(rule) for rule in (API, OLD, CLOSED, MOBILE, TRIAL)
        )
        asked = {condition["Field"]: condition for rule in found for condition in rule["Conditions"]}
        assert asked["path-pattern"]["PathPatternConfig"]["Values"] in (["/api/*"], ["/old/*"])
        assert asked["http-request-method"]["HttpRequestMethodConfig"] == {"Values": ["GET", "HEAD"]}
        assert asked["source-ip"]["SourceIpConfig"] == {"Values": ["192.0.2.0/24"]}
        assert asked["host-header"]["HostHeaderConfig"] == {"Values": ["*.example.com"]}
        assert asked["http-header"]["HttpHeaderConfig"] == {"HttpHeaderName": "User-Agent", "Values": ["*Mobile*"]}
        queries = [condition["QueryStringConfig"]["Values"] for condition in found[0]["Conditions"]]
        assert queries == [[{"Key": "trial", "Value": "1"}, {"Key": "trial", "Value": "2"}], [{"Value": "x"}]]

    def test_do_what_they_are_told_to_do(self) -> None:
        site = Site()
        front = site.front(rules=[API, OLD, CLOSED])
        fleet = site.target_group(front)
        other = site.target_group(front, "Other")
        front.serve(fleet)
        front.add_rule(Rule(name="other", conditions=[PathPattern("/other")], action=Forward(other)))
        shares = WeightedForward({None: 9, other: 1}, sticky_seconds=60)
        front.add_rule(Rule(name="shared", conditions=[PathPattern("/shared")], action=shares))
        actions = {
            name: site.stack.resolve(cast("elbv2.CfnListenerRule", found.node.default_child).actions)
            for name, found in front.rules.items()
        }
        own, its = (site.stack.resolve(group.target_group_arn) for group in (fleet, other))
        assert actions == {
            "api": [{"type": "forward", "targetGroupArn": own}],
            "old": [
                {
                    "type": "redirect",
                    "redirectConfig": {"path": "/new/#{path}", "statusCode": "HTTP_301"},
                }
            ],
            "closed": [
                {
                    "type": "fixed-response",
                    "fixedResponseConfig": {
                        "statusCode": "403",
                        "contentType": "text/html",
                        "messageBody": "No.",
                    },
                }
            ],
            "other": [{"type": "forward", "targetGroupArn": its}],
            "shared": [
                {
                    "type": "forward",
                    "forwardConfig": {
                        "targetGroups": [
                            {"targetGroupArn": own, "weight": 9},
                            {"targetGroupArn": its, "weight": 1},
                        ],
                        "targetGroupStickinessConfig": {"enabled": True, "durationSeconds": 60},
                    },
                }
            ],
        }

    def test_keep_their_numbers_and_names_when_others_come_and_go(self) -> None:
        def numbers(*given: Rule) -> dict[str, int]:
            found = build(rules=given).find_resources("AWS::ElasticLoadBalancingV2::ListenerRule")
            return {name: rule["Properties"]["Priority"] for name, rule in found.items()}

        every = numbers(API, OLD, CLOSED, MOBILE)
        assert numbers(MOBILE, OLD).items() <= every.items()
        assert numbers(MOBILE, CLOSED, OLD, API) == every
        assert len(every) == 4

    def test_that_lead_to_the_fleet_do_what_is_served(self) -> None:
        site = Site()
        front = site.front(rules=[API])
        front.serve(elbv2.ListenerAction.fixed_response(503))
        (rule,) = rules(Template.from_stack(site.stack))
        assert rule["Actions"] == [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]

    def test_cannot_share_out_to_a_fleet_that_there_is_not(self) -> None:
        site = Site()
        front = site.front()
        front.add_rule(Rule(name="shared", conditions=[PathPattern("/a")], action=WeightedForward({None: 1})))
        message = (
            "ApplicationFront S/Front: rule 'shared' shares requests out to None, the tier's own fleet, and serve was "
            "told no single target group: name one"
        )
        with pytest.raises(ValueError, match=f"^{message}$"):
            front.serve(elbv2.ListenerAction.fixed_response(503))

    def test_that_collide_with_those_that_there_are_are_refused_when_added(self) -> None:
        front = Site().front(rules=[TRIAL])
        message = (
            "ApplicationFront S/Front can't be built:\n"
            "  - rules 'trial' and 'late' both have priority 5: each needs its own"
        )
        with pytest.raises(ValueError, match=f"^{message}$"):
            front.add_rule(Rule(name="late", conditions=[PathPattern("/late")], priority=5))
        front.add_rule(Rule(name="late", conditions=[PathPattern("/late")], priority=6))

    def test_may_lead_to_a_function(self) -> None:
        site = Site()
        front = site.front(rules=[])
        function = lambda_.Function(
            site.stack,
            "Function",
            code=lambda_.Code.from_inline("def handle(event, context): ..."),
            handler="index.handle",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )
        group = elbv2.ApplicationTargetGroup(site.stack, "Code", targets=[targets.LambdaTarget(function)])
        front.serve(site.target_group(front))
        front.add_rule(Rule(name="code", conditions=[PathPattern("/code")], action=Forward(group)))
        (rule,) = rules(Template.from_stack(site.stack))
        assert rule["Actions"][0]["Type"] == "forward"


class TestBadInput:
    @pytest.mark.parametrize(
        ("props", "message"),
        [
            ({"allowed_cidrs": []}, "allowed_cidrs must hold at least one network, got none: nobody could connect"),
            (
                {"allowed_cidrs": ["192.0.2.1/24"]},
                "allowed_cidrs must start on the boundary of its prefix, got '192.0.2.1/24': write 192.0.2.0/24",
            ),
            (
                {"allowed_cidrs": ["192.0.2.0/24", "192.0.2.0/24"]},
                "allowed_cidrs holds 192.0.2.0/24 twice: once is enough",
            ),
            (
                {"allowed_cidrs": ["::/0"]},
                "allowed_cidrs holds ::/0, and ipv6 is off: leave it out or turn it on",
            ),
            (
                {"allowed_cidrs": [f"192.0.2.{number}/32" for number in range(31)]},
                "allowed_cidrs may hold 30 networks, half of a security group's 60 rules as there are two listeners, "
                "got 31: join neighbours, or use a web ACL's IP set",
            ),
            ({"idle_timeout_seconds": 0}, "idle_timeout_seconds must be between 1 and 4000 s, got 0 s"),
            (
                {"client_keep_alive_seconds": 59},
                "client_keep_alive_seconds must be between 60 and 604800 s, got 59 s",
            ),
            (
                {"access_logs": AccessLogs(retention_days=0)},
                "access_logs.retention_days must be between 1 and 36500 days, got 0 days",
            ),
            (
                {"desync_mitigation": "monitor"},
                "desync_mitigation must be one of defensive, strictest, got 'monitor'",
            ),
            (
                {"subnets": ec2.SubnetSelection(subnets=[])},
                "subnets must be in 2 zones or more, got 0: a load balancer spans zones",
            ),
        ],
        ids=lambda value: str(value)[:50],
    )
    def test_is_refused_with_the_reason(self, props: dict[str, Any], message: str) -> None:
        whole = f"ApplicationFront S/Front can't be built:\n  - {message}"
        with pytest.raises(ValueError, match=f"^{re.escape(whole)}$"):
            Site().front(**props)

    def test_a_network_known_only_at_deployment_is_refused(self) -> None:
        site = Site()
        cidr = cdk.CfnParameter(site.stack, "Office").value_as_string
        message = "allowed_cidrs must be known at synthesis: whether one is IPv4 or IPv6 decides its rule"
        with pytest.raises(ValueError, match=message):
            site.front(allowed_cidrs=[cidr])

    def test_everything_wrong_is_said_at_once(self) -> None:
        expected: Sequence[str] = ("certificates", "rule", "allowed_cidrs", "idle_timeout_seconds", "web_acl_arn")
        bad = Rule(name="a", conditions=[])
        with pytest.raises(ValueError, match="can't be built") as raised:
            Site().front(certificates=[], rules=[bad], allowed_cidrs=[], idle_timeout_seconds=0, web_acl_arn="x")
        assert tuple(line.split()[1] for line in str(raised.value).splitlines()[1:]) == expected


class TestComposition:
    def test_two_fit_into_a_stack_and_into_a_stage(self, app: cdk.App) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Production", env=EXPLICIT), "S")
        vpc = MultiAzVpc(stack, "Network").vpc
        for id in ("One", "Two"):
            front = ApplicationFront(stack, id, vpc=vpc, tls=TlsApproach.PLAIN_HTTP, rules=[API])
            front.serve(elbv2.ListenerAction.fixed_response(404))
        Template.from_stack(stack).resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 2)

    def test_stands_in_a_network_of_another_stack(self, app: cdk.App) -> None:
        network = MultiAzVpc(cdk.Stack(app, "Network"), "Network")
        stack = cdk.Stack(app, "Web")
        front = ApplicationFront(stack, "Front", vpc=network.vpc, tls=TlsApproach.PLAIN_HTTP)
        front.serve(fleet_target_group(stack, "Fleet", vpc=network.vpc, shape=front.shape))
        Template.from_stack(stack).has_resource_properties(
            "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Subnets": Match.any_value()}
        )
