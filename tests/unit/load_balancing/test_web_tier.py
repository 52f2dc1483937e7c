"""What a web tier promises to whoever puts an application on it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.custom_health_options import CustomHealth
from aws_patterns.compute.health import FleetHealth, HealthCheckKind
from aws_patterns.compute.instances import Instances
from aws_patterns.compute.lifecycle_hook_options import LifecycleHook, LifecycleTransition, TerminationLogs
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.placement import Placement, PlacementStrategy
from aws_patterns.compute.rolling_update import RollingUpdate
from aws_patterns.compute.scaling_policies import RequestsPerTarget, ScheduledScaling
from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing.application_front_options import AccessLogs
from aws_patterns.load_balancing.content_routing import (
    FixedResponse,
    Forward,
    PathPattern,
    Redirect,
    Rule,
    WeightedForward,
)
from aws_patterns.load_balancing.health_check import HealthCheck
from aws_patterns.load_balancing.stickiness import ApplicationStickiness, DurationStickiness
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier import WebTier
from aws_patterns.network.multi_az_vpc import MultiAzVpc

Resources = Mapping[str, Mapping[str, Any]]
PLAIN = TlsApproach.PLAIN_HTTP
EXPLICIT = cdk.Environment(account="111122223333", region="eu-west-1")
ARN = "arn:aws:acm:eu-west-1:111122223333:certificate/0"


def new_stack(env: cdk.Environment | None = None) -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def tier_of(stack: cdk.Stack, **props: Any) -> WebTier:
    """A tier that needs no certificate, in a network of its stack's own unless it is given one."""
    return WebTier(stack, "Web", **{"tls": PLAIN, **props})


def build(**props: Any) -> Template:
    stack = new_stack()
    tier_of(stack, **props)
    return Template.from_stack(stack)


def of(template: Template, kind: str) -> Resources:
    """The properties of all resources of a type, by logical id."""
    return {name: found.get("Properties", {}) for name, found in template.find_resources(f"AWS::{kind}").items()}


def only(template: Template, kind: str) -> Mapping[str, Any]:
    (found,) = of(template, kind).values()
    return found


def attributes(properties: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {entry["Key"]: entry["Value"] for entry in properties[key]}


def target_group(template: Template) -> dict[str, Any]:
    return attributes(only(template, "ElasticLoadBalancingV2::TargetGroup"), "TargetGroupAttributes")


def load_balancer(template: Template) -> dict[str, Any]:
    return attributes(only(template, "ElasticLoadBalancingV2::LoadBalancer"), "LoadBalancerAttributes")


def group(template: Template) -> Mapping[str, Any]:
    return only(template, "AutoScaling::AutoScalingGroup")


def boot_script(template: Template) -> str:
    return json.dumps(only(template, "EC2::LaunchTemplate")["LaunchTemplateData"]["UserData"])


def subnets(template: Template, tier: str) -> list[dict[str, str]]:
    return [
        {"Ref": name}
        for name, found in of(template, "EC2::Subnet").items()
        if {"Key": "Tier", "Value": tier} in found["Tags"]
    ]


@pytest.fixture(scope="module")
def template() -> Template:
    """Of the least that can be said."""
    return build()


@pytest.fixture(scope="module")
def encrypted() -> Template:
    stack = new_stack()
    certificates = [acm.Certificate.from_certificate_arn(stack, name, f"{ARN}-{name}") for name in ("One", "Two")]
    WebTier(stack, "Web", certificates=certificates)
    return Template.from_stack(stack)


class TestZones:
    def test_the_load_balancer_is_in_every_public_subnet_and_the_instances_in_every_private_one(
        self, template: Template
    ) -> None:
        balancer = only(template, "ElasticLoadBalancingV2::LoadBalancer")
        assert (balancer["Scheme"], balancer["Subnets"]) == ("internet-facing", subnets(template, "public"))
        assert group(template)["VPCZoneIdentifier"] == subnets(template, "private")
        assert len(subnets(template, "public")) == len(subnets(template, "private")) == 3

    @pytest.mark.parametrize("zones", [2, 3])
    def test_each_has_an_instance_and_room_for_a_second(self, zones: int) -> None:
        stack = new_stack()
        tier_of(stack, vpc=MultiAzVpc(stack, "Network", availability_zones=zones).vpc)
        found = group(Template.from_stack(stack))
        assert (found["MinSize"], found["MaxSize"]) == (str(zones), str(2 * zones))
        assert "DesiredCapacity" not in found, "a deployment does not undo what scaling has done"

    def test_a_single_one_is_refused(self) -> None:
        stack = new_stack()
        vpc = ec2.Vpc(stack, "Small", availability_zones=["us-east-1a"])
        message = (
            "WebTier S/Web can't be built:\n"
            "  - vpc must offer the instances subnets in 2 zones or more, got 1: a tier in one zone goes down with it. "
            "Give a network of several, such as MultiAzVpc, or other subnets of it"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            tier_of(stack, vpc=vpc)

    def test_a_load_balancer_in_a_single_one_is_refused(self) -> None:
        stack = new_stack()
        vpc = MultiAzVpc(stack, "Network").vpc
        one = ec2.SubnetSelection(subnets=[vpc.public_subnets[0]])
        message = "  - load_balancer_subnets must be in 2 zones or more, got 1: a load balancer spans zones"
        with pytest.raises(ValueError, match=f"^WebTier S/Web can't be built:\n{re.escape(message)}$"):
            tier_of(stack, vpc=vpc, load_balancer_subnets=one)

    def test_instances_that_must_be_close_together_share_one_when_that_is_said(self) -> None:
        stack = new_stack()
        vpc = MultiAzVpc(stack, "Network").vpc
        tier_of(
            stack,
            vpc=vpc,
            subnets=ec2.SubnetSelection(subnets=[vpc.private_subnets[0]]),
            placement=Placement(strategy=PlacementStrategy.CLUSTER),
            instances=Instances(instance_types=["c7gn.large"]),
        )
        template = Template.from_stack(stack)
        assert len(group(template)["VPCZoneIdentifier"]) == 1
        assert len(only(template, "ElasticLoadBalancingV2::LoadBalancer")["Subnets"]) == 3
        assert only(template, "EC2::PlacementGroup")["Strategy"] == "cluster"

    def test_subnets_of_no_network_are_refused(self, stack: cdk.Stack) -> None:
        message = "  - vpc is missing: subnets were given, and they are of a network that exists already"
        with pytest.raises(ValueError, match=re.escape(message)):
            tier_of(stack, subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS))


class TestInstances:
    def test_are_reached_through_the_load_balancer_alone(self, template: Template) -> None:
        data = only(template, "EC2::LaunchTemplate")["LaunchTemplateData"]
        (fleet,) = data["SecurityGroupIds"]
        (front,) = only(template, "ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"]
        rule = only(template, "EC2::SecurityGroupIngress")
        assert (rule["GroupId"], rule["SourceSecurityGroupId"]) == (fleet, front)
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 8080, 8080)
        inline = {name: found.get("SecurityGroupIngress") for name, found in of(template, "EC2::SecurityGroup").items()}
        assert inline[fleet["Fn::GetAtt"][0]] is None
        assert [rule["FromPort"] for rule in inline[front["Fn::GetAtt"][0]] or ()] == [80]
        assert "KeyName" not in data, "nobody logs in with a key"

    def test_are_all_that_the_load_balancer_reaches(self, template: Template) -> None:
        rule = only(template, "EC2::SecurityGroupEgress")
        (fleet,) = only(template, "EC2::LaunchTemplate")["LaunchTemplateData"]["SecurityGroupIds"]
        assert (rule["DestinationSecurityGroupId"], rule["FromPort"], rule["ToPort"]) == (fleet, 8080, 8080)

    def test_are_made_from_a_launch_template_the_safe_way(self, template: Template) -> None:
        data = only(template, "EC2::LaunchTemplate")["LaunchTemplateData"]
        assert data["InstanceType"] == "t4g.small"
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert data["Monitoring"] == {"Enabled": True}
        (disk,) = data["BlockDeviceMappings"]
        assert (disk["Ebs"]["VolumeType"], disk["Ebs"]["Encrypted"]) == ("gp3", True)
        template.resource_count_is("AWS::AutoScaling::LaunchConfiguration", 0)

    def test_are_replaced_when_their_application_does_not_answer(self, template: Template) -> None:
        found = group(template)
        assert (found["HealthCheckType"], found["HealthCheckGracePeriod"]) == ("ELB", 300)
        health = only(template, "ElasticLoadBalancingV2::TargetGroup")
        assert (health["HealthCheckPath"], health["Matcher"]) == ("/health", {"HttpCode": "200-399"})

    def test_are_there_only_once_a_listener_asks_for_them(self, template: Template) -> None:
        (listener,) = template.find_resources("AWS::ElasticLoadBalancingV2::Listener")
        (found,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        assert listener in found["DependsOn"]

    def test_say_that_they_are_up_when_their_own_application_answers(self, template: Template) -> None:
        assert "'http://127.0.0.1:8080/health'" in boot_script(template)
        other = build(port=3_000, health_check=HealthCheck(path="/ready"))
        assert "'http://127.0.0.1:3000/ready'" in boot_script(other)
        assert only(other, "ElasticLoadBalancingV2::TargetGroup")["Port"] == 3_000
        assert only(other, "EC2::SecurityGroupIngress")["FromPort"] == 3_000

    def test_may_be_trusted_without_a_signal(self) -> None:
        template = build(trust_new_instances=True)
        assert "127.0.0.1" not in boot_script(template)
        (found,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        assert "CreationPolicy" not in found

    def test_run_what_they_are_told(self) -> None:
        script = ec2.UserData.for_linux()
        script.add_commands("echo hello")
        template = build(instances=Instances(instance_types=["m7g.large"], user_data=script))
        assert "echo hello" in boot_script(template)
        assert only(template, "EC2::LaunchTemplate")["LaunchTemplateData"]["InstanceType"] == "m7g.large"

    def test_finish_their_requests_and_begin_with_few(self, template: Template) -> None:
        found = target_group(template)
        assert found["deregistration_delay.timeout_seconds"] == "30"
        assert found["slow_start.duration_seconds"] == "30"
        other = target_group(build(deregistration_delay_seconds=120, slow_start_seconds=0))
        assert other["deregistration_delay.timeout_seconds"] == "120"
        assert other.get("slow_start.duration_seconds", "0") == "0"


class TestTls:
    def test_ends_at_the_load_balancer_and_http_is_sent_over_to_it(self, encrypted: Template) -> None:
        listeners = {found["Port"]: found for found in of(encrypted, "ElasticLoadBalancingV2::Listener").values()}
        assert {port: found["Protocol"] for port, found in listeners.items()} == {443: "HTTPS", 80: "HTTP"}
        assert listeners[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
        assert listeners[443]["Certificates"] == [{"CertificateArn": f"{ARN}-One"}]
        (redirect,) = listeners[80]["DefaultActions"]
        assert (redirect["RedirectConfig"]["Protocol"], redirect["RedirectConfig"]["StatusCode"]) == (
            "HTTPS",
            "HTTP_301",
        )
        assert only(encrypted, "ElasticLoadBalancingV2::TargetGroup")["Protocol"] == "HTTP"

    def test_serves_several_names(self, encrypted: Template) -> None:
        more = only(encrypted, "ElasticLoadBalancingV2::ListenerCertificate")
        assert more["Certificates"] == [{"CertificateArn": f"{ARN}-Two"}]

    def test_begins_anew_behind_the_load_balancer_when_it_is_to(self) -> None:
        stack = new_stack()
        certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", ARN)
        tier = WebTier(stack, "Web", certificates=[certificate], tls=TlsApproach.BRIDGING)
        template = Template.from_stack(stack)
        found = only(template, "ElasticLoadBalancingV2::TargetGroup")
        assert (found["Protocol"], found["Port"], found["HealthCheckProtocol"]) == ("HTTPS", 8443, "HTTPS")
        assert only(template, "EC2::SecurityGroupIngress")["FromPort"] == 8443
        assert "'https://127.0.0.1:8443/health'" in boot_script(template)
        assert tier.port == 8443

    def test_is_left_out_only_by_name(self, template: Template) -> None:
        found = only(template, "ElasticLoadBalancingV2::Listener")
        assert (found["Port"], found["Protocol"]) == (80, "HTTP")

    def test_without_a_certificate_is_refused(self, stack: cdk.Stack) -> None:
        message = (
            "  - certificates must hold at least one for tls='offload', got none: give certificates=[...] of AWS "
            "Certificate Manager, in this Region, or say tls=TlsApproach.PLAIN_HTTP to serve unencrypted"
        )
        with pytest.raises(ValueError, match=f"^WebTier S/Web can't be built:\n{re.escape(message)}$"):
            WebTier(stack, "Web")

    def test_that_passes_through_is_for_another_pattern(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="use NetworkLoadBalancedFleet to pass TLS through"):
            WebTier(stack, "Web", tls=TlsApproach.PASS_THROUGH)


class TestFront:
    def test_is_guarded_and_writes_down_what_it_does(self, template: Template) -> None:
        found = load_balancer(template)
        assert found["deletion_protection.enabled"] == "true"
        assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
        assert found["routing.http.desync_mitigation_mode"] == "defensive"
        assert (found["access_logs.s3.enabled"], found["connection_logs.s3.enabled"]) == ("true", "true")
        assert (found["idle_timeout.timeout_seconds"], found["client_keep_alive.seconds"]) == ("60", "180")

    def test_keeps_no_log_and_may_be_deleted_only_when_told_so(self) -> None:
        template = build(access_logs=None, deletion_protection=False)
        found = load_balancer(template)
        assert found["deletion_protection.enabled"] == "false"
        assert "access_logs.s3.enabled" not in found
        template.resource_count_is("AWS::S3::Bucket", 0)

    def test_is_reached_by_those_alone_who_may(self) -> None:
        template = build(allowed_cidrs=["192.0.2.0/24"], internet_facing=False)
        assert only(template, "ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"
        (front,) = only(template, "ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"]
        (rule,) = of(template, "EC2::SecurityGroup")[front["Fn::GetAtt"][0]]["SecurityGroupIngress"]
        assert rule["CidrIp"] == "192.0.2.0/24"

    def test_has_ipv6_with_the_network_that_is_made_for_it(self) -> None:
        template = build(ipv6=True)
        assert only(template, "ElasticLoadBalancingV2::LoadBalancer")["IpAddressType"] == "dualstack"
        template.resource_count_is("AWS::EC2::EgressOnlyInternetGateway", 1)

    def test_leaves_judging_requests_to_a_web_acl(self) -> None:
        arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0-1"
        template = build(web_acl_arn=arn)
        (balancer,) = template.find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
        assert only(template, "WAFv2::WebACLAssociation") == {"ResourceArn": {"Ref": balancer}, "WebACLArn": arn}

    def test_routes_by_content_to_the_fleet_and_elsewhere(self) -> None:
        template = build(
            rules=[
                Rule(name="app", conditions=[PathPattern("/app/*")], action=Forward()),
                Rule(name="half", conditions=[PathPattern("/half/*")], action=WeightedForward({None: 1})),
                Rule(name="closed", conditions=[PathPattern("/admin/*")], action=FixedResponse(404)),
                Rule(name="moved", conditions=[PathPattern("/old")], action=Redirect(path="/new"), priority=7),
            ]
        )
        (fleet,) = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup")
        rules = of(template, "ElasticLoadBalancingV2::ListenerRule").values()
        actions = {rule["Conditions"][0]["PathPatternConfig"]["Values"][0]: rule["Actions"][0] for rule in rules}
        assert json.dumps(actions["/app/*"]).count(fleet) == json.dumps(actions["/half/*"]).count(fleet) == 1
        assert actions["/admin/*"]["FixedResponseConfig"]["StatusCode"] == "404"
        assert actions["/old"]["RedirectConfig"]["Path"] == "/new"
        assert 7 in {rule["Priority"] for rule in rules}
        assert len({rule["Priority"] for rule in rules}) == 4

    @pytest.mark.parametrize(
        ("stickiness", "expected"),
        [
            (None, {"stickiness.enabled": "false"}),
            (
                DurationStickiness(60),
                {
                    "stickiness.enabled": "true",
                    "stickiness.type": "lb_cookie",
                    "stickiness.lb_cookie.duration_seconds": "60",
                },
            ),
            (
                ApplicationStickiness("SESSION", 90),
                {
                    "stickiness.enabled": "true",
                    "stickiness.type": "app_cookie",
                    "stickiness.app_cookie.cookie_name": "SESSION",
                    "stickiness.app_cookie.duration_seconds": "90",
                },
            ),
        ],
        ids=["none", "duration", "application"],
    )
    def test_brings_clients_back_to_their_instance_only_when_told_so(
        self, stickiness: Any, expected: Mapping[str, str]
    ) -> None:
        found = target_group(build(stickiness=stickiness))
        assert {key: value for key, value in found.items() if key.startswith("stickiness.")} == expected


class TestScaling:
    def test_keeps_processors_half_busy_unless_told_otherwise(self, template: Template) -> None:
        policy = only(template, "AutoScaling::ScalingPolicy")
        tracking = policy["TargetTrackingConfiguration"]
        assert tracking["TargetValue"] == 50
        assert tracking["PredefinedMetricSpecification"] == {"PredefinedMetricType": "ASGAverageCPUUtilization"}

    def test_follows_the_requests_that_the_load_balancer_counts(self) -> None:
        template = build(
            scaling_policies=[
                RequestsPerTarget(requests_per_minute=600),
                ScheduledScaling(name="Morning", recurrence="0 8 * * 1-5", minimum=4),
            ]
        )
        tracking = only(template, "AutoScaling::ScalingPolicy")["TargetTrackingConfiguration"]
        metric = tracking["PredefinedMetricSpecification"]
        assert metric["PredefinedMetricType"] == "ALBRequestCountPerTarget"
        label = json.dumps(metric["ResourceLabel"])
        assert "TargetGroupFullName" in label
        assert only(template, "AutoScaling::ScheduledAction")["MinSize"] == 4

    def test_is_somebodys_own_work_when_there_are_no_policies(self) -> None:
        stack = new_stack()
        tier = tier_of(stack, scaling_policies=[])
        Template.from_stack(stack).resource_count_is("AWS::AutoScaling::ScalingPolicy", 0)
        assert tier.scaling is None

    def test_is_suspended_in_part_when_told_so(self) -> None:
        stack = new_stack()
        tier = tier_of(stack, suspended_processes=[ScalingProcess.AZ_REBALANCE])
        template = Template.from_stack(stack)
        (found,) = template.find_resources("Custom::SuspendedProcesses").values()
        assert found["Properties"]["Processes"] == ["AZRebalance"]
        assert tier.suspended_processes is not None

    def test_is_not_suspended_where_a_policy_needs_it(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="suspended_processes must not hold AlarmNotification while"):
            tier_of(stack, suspended_processes=[ScalingProcess.ALARM_NOTIFICATION])

    def test_says_how_many_instances_the_loss_of_a_zone_asks_for(self) -> None:
        stack = new_stack()
        tier_of(stack, capacity=Capacity(minimum=3, maximum=9, needed=3))
        from aws_cdk.assertions import Annotations, Match

        found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("loss of one of 3 zones"))
        assert len(found) == 1

    def test_mixes_types_and_spot_and_replaces_what_is_about_to_be_taken_back(self) -> None:
        template = build(
            instances=Instances(instance_types=["t4g.small", "t4g.medium"]),
            mixed_fleet=MixedFleet(on_demand_base=3, spot_percentage=50),
        )
        found = group(template)
        assert found["CapacityRebalance"] is True
        distribution = found["MixedInstancesPolicy"]["InstancesDistribution"]
        assert distribution["OnDemandBaseCapacity"] == 3
        assert distribution["OnDemandPercentageAboveBaseCapacity"] == 50


class TestUpdates:
    def test_go_back_for_what_the_load_balancer_sees(self, template: Template) -> None:
        (found,) = template.find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        refresh = found["UpdatePolicy"]["AutoScalingInstanceRefresh"]["Preferences"]
        alarms = [alarm["Ref"] for alarm in refresh["AlarmSpecification"]["Alarms"]]
        assert len(alarms) == 4
        assert set(alarms) <= set(of(template, "CloudWatch::Alarm"))

    def test_may_be_rolling(self) -> None:
        stack = new_stack()
        tier = tier_of(stack, update=RollingUpdate(batch_size=2))
        (found,) = Template.from_stack(stack).find_resources("AWS::AutoScaling::AutoScalingGroup").values()
        assert found["UpdatePolicy"]["AutoScalingRollingUpdate"]["MaxBatchSize"] == 2
        assert tier.rollback_alarms is None


class TestLifecycle:
    def test_hooks_hold_launches_and_terminations(self) -> None:
        stack = new_stack()
        queue = sqs.Queue(stack, "Queue")
        tier = tier_of(
            stack,
            lifecycle_hooks={
                "Register": LifecycleHook(transition=LifecycleTransition.LAUNCH, target=queue),
                "Drain": LifecycleHook(transition=LifecycleTransition.TERMINATE, target=queue, timeout_seconds=60),
            },
        )
        template = Template.from_stack(stack)
        (launch,) = group(template)["LifecycleHookSpecificationList"]
        assert launch["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
        hook = only(template, "AutoScaling::LifecycleHook")
        assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
        assert hook["HeartbeatTimeout"] == 60
        assert list(tier.lifecycle_hooks) == ["Register", "Drain"]

    def test_logs_outlive_their_instance_when_told_so(self) -> None:
        stack = new_stack()
        tier = tier_of(stack, termination_logs=TerminationLogs(paths=["/var/log/nginx"], retention_days=90))
        template = Template.from_stack(stack)
        assert "/var/log/nginx" in json.dumps(only(template, "SSM::Document"))
        assert tier.log_collector is not None
        rules = [found["LifecycleConfiguration"]["Rules"] for found in of(template, "S3::Bucket").values()]
        assert 90 in {rule.get("ExpirationInDays") for found in rules for rule in found}

    def test_a_check_of_ones_own_asks_the_way_the_load_balancer_does(self) -> None:
        stack = new_stack()
        tier = tier_of(stack, port=3_000, custom_health=CustomHealth(path="/deep", interval_minutes=5))
        template = Template.from_stack(stack)
        variables = [
            found["Environment"]["Variables"]
            for found in of(template, "Lambda::Function").values()
            if "HEALTH_PATH" in found.get("Environment", {}).get("Variables", {})
        ]
        (variables_of_check,) = variables
        assert (variables_of_check["PORT"], variables_of_check["HEALTH_PATH"]) == ("3000", "/deep")
        assert variables_of_check["TLS"] == "false"
        ports = {found["FromPort"] for found in of(template, "EC2::SecurityGroupIngress").values()}
        assert ports == {3_000}
        assert tier.custom_health_check is not None


class TestMonitoring:
    def test_watches_every_zone_and_tells_nobody_unless_told_whom(self, template: Template) -> None:
        alarms = of(template, "CloudWatch::Alarm").values()
        zones = [
            dimension["Value"]
            for alarm in alarms
            for dimension in alarm.get("Dimensions", ())
            if dimension["Name"] == "AvailabilityZone"
        ]
        assert len({json.dumps(zone) for zone in zones}) == 3
        assert "AlarmActions" not in only(template, "CloudWatch::CompositeAlarm")
        template.resource_count_is("AWS::CloudWatch::Dashboard", 1)

    def test_tells_of_what_users_notice(self) -> None:
        stack = new_stack()
        tier_of(stack, alarm_topic=sns.Topic(stack, "Topic"))
        template = Template.from_stack(stack)
        (topic,) = template.find_resources("AWS::SNS::Topic")
        assert only(template, "CloudWatch::CompositeAlarm")["AlarmActions"] == [{"Ref": topic}]


class TestData:
    def test_logs_outlive_the_stack_unless_told_otherwise(self, template: Template) -> None:
        kept = build(removal_policy=cdk.RemovalPolicy.DESTROY)
        for kind in ("AWS::S3::Bucket", "AWS::Logs::LogGroup"):
            assert {found["DeletionPolicy"] for found in template.find_resources(kind).values()} == {"Retain"}
            assert {found["DeletionPolicy"] for found in kept.find_resources(kind).values()} == {"Delete"}

    def test_access_logs_are_kept_as_long_as_told(self) -> None:
        template = build(access_logs=AccessLogs(retention_days=365))
        (rule, *_) = only(template, "S3::Bucket")["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == 365


class TestComposition:
    def test_everything_wrong_with_any_part_is_said_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "WebTier S/Web can't be built:\n"
            "  - certificates must hold at least one for tls='offload', got none: give certificates=[...] of AWS "
            "Certificate Manager, in this Region, or say tls=TlsApproach.PLAIN_HTTP to serve unencrypted\n"
            "  - web_acl_arn must be the ARN of a web ACL of AWS WAF, such as "
            "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/name/id, got 'acl'\n"
            "  - idle_timeout_seconds must be between 1 and 4000 s, got 0 s\n"
            "  - stickiness.cookie_name must not begin with AWSALB, AWSALBAPP, AWSALBTG (AWSALB is reserved for the "
            "load balancer), got 'AWSALBAPP': name the cookie that the application sets\n"
            "  - deregistration_delay_seconds must be between 1 and 3600 s, got 0 s\n"
            "  - capacity.minimum must be at least 3, one for each zone, got 1: raise it, use fewer zones, or accept "
            "empty zones with fewer_than_zones=True\n"
            "  - instances.instance_types must be written like t4g.small, got 'small'\n"
            "  - warm_up_seconds must be between 0 and 3600 s, got -1 s\n"
            "  - port must be between 1 and 65535, got 0\n"
            "  - custom_health.attempts must be between 1 and 10, got 0\n"
            "  - lifecycle_hooks must have names of letters and digits, got 'a b'\n"
            "  - lifecycle_hooks['a b'].timeout_seconds must be between 30 and 7200 s, got 1 s\n"
            "  - termination_logs.paths must be absolute, got 'log': begin it with a slash"
        )
        with pytest.raises(ValueError, match="can't be built") as error:
            WebTier(
                stack,
                "Web",
                web_acl_arn="acl",
                idle_timeout_seconds=0,
                stickiness=ApplicationStickiness("AWSALBAPP"),
                deregistration_delay_seconds=0,
                capacity=Capacity(minimum=1, maximum=2),
                instances=Instances(instance_types=["small"]),
                warm_up_seconds=-1,
                port=0,
                custom_health=CustomHealth(attempts=0),
                lifecycle_hooks={
                    "a b": LifecycleHook(
                        transition=LifecycleTransition.TERMINATE, target=sqs.Queue(stack, "Q"), timeout_seconds=1
                    )
                },
                termination_logs=TerminationLogs(paths=["log"]),
            )
        assert str(error.value) == message

    def test_nothing_is_made_of_a_tier_that_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="can't be built"):
            WebTier(stack, "Web")
        assert stack.node.find_child("Web").node.children == []

    def test_works_in_a_network_that_somebody_else_made(self) -> None:
        stack = new_stack(EXPLICIT)
        vpc = ec2.Vpc.from_vpc_attributes(
            stack,
            "Imported",
            vpc_id="vpc-0",
            availability_zones=["eu-west-1a", "eu-west-1b"],
            public_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
        )
        tier = tier_of(stack, vpc=vpc)
        template = Template.from_stack(stack)
        assert group(template)["VPCZoneIdentifier"] == ["subnet-3", "subnet-4"]
        assert group(template)["MinSize"] == "2"
        assert only(template, "ElasticLoadBalancingV2::LoadBalancer")["Subnets"] == ["subnet-1", "subnet-2"]
        template.resource_count_is("AWS::EC2::VPC", 0)
        assert tier.network is None

    def test_works_in_the_network_of_another_stack(self, app: cdk.App) -> None:
        network = MultiAzVpc(cdk.Stack(app, "Network"), "Network")
        other = cdk.Stack(app, "Other")
        tier_of(other, vpc=network.vpc)
        template = Template.from_stack(other)
        template.resource_count_is("AWS::EC2::VPC", 0)
        assert len(group(template)["VPCZoneIdentifier"]) == 3

    def test_fits_twice_into_a_stack_and_into_a_stage(self, app: cdk.App) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Production", env=EXPLICIT), "S")
        vpc = MultiAzVpc(stack, "Network").vpc
        for name in ("One", "Two"):
            WebTier(stack, name, vpc=vpc, tls=PLAIN, termination_logs=TerminationLogs(), custom_health=CustomHealth())
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::AutoScaling::AutoScalingGroup", 2)
        template.resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 2)
        template.resource_count_is("AWS::EC2::VPC", 1)

    def test_its_instances_can_be_let_in_and_granted_to(self, stack: cdk.Stack) -> None:
        tier = tier_of(stack)
        database = ec2.SecurityGroup(stack, "Database", vpc=tier.vpc)
        database.connections.allow_from(tier, ec2.Port.tcp(5432), "The tier")
        bucket = s3.Bucket(stack, "Bucket")
        bucket.grant_read(tier).assert_success()
        template = Template.from_stack(stack)
        rules = {found["FromPort"]: found for found in of(template, "EC2::SecurityGroupIngress").values()}
        (fleet,) = only(template, "EC2::LaunchTemplate")["LaunchTemplateData"]["SecurityGroupIds"]
        assert rules[5432]["SourceSecurityGroupId"] == fleet

    def test_a_host_is_unhealthy_for_as_long_as_its_grace_before_a_version_is_taken_back(
        self, stack: cdk.Stack
    ) -> None:
        tier_of(stack, health=FleetHealth(check=HealthCheckKind.ELB, grace_seconds=900))
        alarms = of(Template.from_stack(stack), "CloudWatch::Alarm").values()
        (minutes,) = [
            alarm["EvaluationPeriods"]
            for alarm in alarms
            if alarm["AlarmDescription"].startswith("Hosts of the fleet fail their health check")
        ]
        assert minutes == 15

    def test_certificates_named_by_an_arn_alone_are_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match=r"certificates\[0\] must be an object of the CDK, got 'arn:aws:acm"):
            WebTier(stack, "Web", certificates=["arn:aws:acm:x"])  # type: ignore[list-item]  # the mistake

    def test_shows_its_parts(self, stack: cdk.Stack) -> None:
        tier = tier_of(stack)
        assert tier.network is not None
        assert tier.vpc is tier.network.vpc
        assert tier.load_balancer is tier.front.load_balancer
        assert (tier.group, tier.port, tier.url) == (tier.fleet.group, 8080, tier.front.url)
        assert stack.resolve(tier.url)["Fn::Join"][1][0] == "http://"
        assert (tier.custom_health_check, tier.log_collector, dict(tier.lifecycle_hooks)) == (None, None, {})
        assert tier.scaling is not None
        assert tier.rollback_alarms is not None
        assert tier.target_group.target_group_full_name
