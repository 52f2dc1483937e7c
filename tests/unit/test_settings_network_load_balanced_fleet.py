from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from aws_patterns.compute.scaling_process import ScalingProcess
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.network.multi_az_vpc_options import NatGateways
from stacks.network_load_balanced_fleet import NetworkLoadBalancedFleetStack
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.network_load_balanced_fleet import NetworkLoadBalancedFleetSettings

(ENTRY,) = (entry for entry in STACKS if entry.name == "NetworkLoadBalancedFleet")
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0-1"
IDS = ("eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1", "eipalloc-0123456789abcdef2")


@pytest.fixture
def empty_project(tmp_path: Path) -> Path:
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {}}))
    return tmp_path


def settings(project: Path, *arguments: str) -> NetworkLoadBalancedFleetSettings:
    pairs = [part for argument in arguments for part in ("-c", argument)]
    request = read_request([ENTRY], arguments=pairs, environment={}, project=project)
    ((_, found),) = request.stacks
    assert isinstance(found, NetworkLoadBalancedFleetSettings)
    return found


def synthesized(chosen: NetworkLoadBalancedFleetSettings) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    return Template.from_stack(NetworkLoadBalancedFleetStack(app, "Fleet", settings=chosen))


def test_the_project_as_it_comes_needs_no_settings_and_no_certificate(empty_project: Path) -> None:
    assert settings(empty_project) == NetworkLoadBalancedFleetSettings()


def test_every_setting_can_be_given_on_the_command_line(empty_project: Path) -> None:
    assert settings(
        empty_project,
        "availability_zones=3",
        "vpc_cidr=10.7.0.0/16",
        "nat_gateways=single",
        "tls=bridging",
        "port=8883",
        f"certificate_arns={CERTIFICATE},{CERTIFICATE}2",
        "internet_facing=true",
        "allowed_cidrs=192.0.2.0/24,198.51.100.0/24",
        f"elastic_ip_allocation_ids={','.join(IDS)}",
        "cross_zone=true",
        "preserve_client_ip=false",
        "source_ip_stickiness=false",
        "deregistration_delay_seconds=5",
        "capacity_minimum=3",
        "capacity_maximum=9",
        "capacity_desired=3",
        "capacity_needed=2",
        "instance_types=t4g.small,t4g.medium",
        "spot_percentage=50",
        "on_demand_base=1",
        "cpu_target_percent=70",
        "suspended_processes=AZRebalance",
        "sample_version=2",
        "alarm_topic_arn=arn:aws:sns:eu-west-1:111122223333:alarms",
        "access_log_retention_days=7",
        "deletion_protection=false",
        "removal_policy=destroy",
    ) == NetworkLoadBalancedFleetSettings(
        availability_zones=3,
        vpc_cidr="10.7.0.0/16",
        nat_gateways=NatGateways.SINGLE_POINT_OF_FAILURE,
        tls=TlsApproach.BRIDGING,
        port=8883,
        certificate_arns=(CERTIFICATE, f"{CERTIFICATE}2"),
        allowed_cidrs=("192.0.2.0/24", "198.51.100.0/24"),
        elastic_ip_allocation_ids=IDS,
        cross_zone=True,
        preserve_client_ip=False,
        deregistration_delay_seconds=5,
        capacity_minimum=3,
        capacity_maximum=9,
        capacity_desired=3,
        capacity_needed=2,
        instance_types=("t4g.small", "t4g.medium"),
        spot_percentage=50,
        on_demand_base=1,
        cpu_target_percent=70,
        suspended_processes=(ScalingProcess.AZ_REBALANCE,),
        sample_version="2",
        alarm_topic_arn="arn:aws:sns:eu-west-1:111122223333:alarms",
        access_log_retention_days=7,
        deletion_protection=False,
        removal_policy="destroy",
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tls=offload"], "certificate_arns is missing: TLS ends at the load balancer; pass one"),
        (["tls=plain-http", f"certificate_arns={CERTIFICATE}"], "certificate_arns must be empty with tls=plain-http"),
        (["tls=pass-through", f"certificate_arns={CERTIFICATE}"], "certificate_arns must be empty with pass-through"),
        (["tls=offload", "certificate_arns=mine"], "certificate_arns must look like arn:aws:acm:eu-west-1:1111222"),
        (["port=70000"], "port must be between 1 and 65535, got 70000 (from -c port)"),
        (
            ["tls=offload", f"certificate_arns={CERTIFICATE}", "source_ip_stickiness=true"],
            "source_ip_stickiness must be None for listeners[0] (TlsListener): AWS has it for TCP and UDP only",
        ),
        (["deregistration_delay_seconds=-1"], "deregistration_delay_seconds must be between 0 and 3600 seconds"),
        (["elastic_ip_allocation_ids=mine"], "elastic_ip_allocation_ids must hold one for each of the 2 zones, got 1"),
        (["capacity_minimum=1"], "capacity_minimum must be at least 2, one for each zone, got 1"),
        (["spot_percentage=50"], "spot_percentage needs several instance_types, got t4g.small alone"),
        (["on_demand_base=1"], "spot_percentage is missing: on_demand_base was given"),
        (["cpu_target_percent=101"], "cpu_target_percent"),
        (["availability_zones=1"], "availability_zones must be 2 or 3, got 1"),
        (["vpc_cidr=8.8.0.0/16"], "vpc_cidr must lie in 10.0.0.0/8"),
        (["allowed_cidrs=everybody"], "allowed_cidrs must be a network such as 10.0.0.0/16, got 'everybody'"),
        (["access_log_retention_days=0"], "access_log_retention_days must be between 1 and 36500 days"),
        (["sample_version=a b"], "sample_version must be"),
        (["alarm_topic_arn=alarms"], "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_setting_is_held_to_the_rules_of_the_construct(
    empty_project: Path, arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SettingsError) as error:
        settings(empty_project, *arguments)
    assert [line for line in str(error.value).splitlines()[1:] if line.startswith(f"  - {complaint}")]


def test_as_it_comes_everybody_is_served_encrypted_and_without_a_certificate_of_acm(empty_project: Path) -> None:
    template = synthesized(settings(empty_project))
    template.has_resource_properties("AWS::ElasticLoadBalancingV2::Listener", {"Protocol": "TCP", "Port": 443})
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {"Port": 8443, "HealthCheckProtocol": "HTTPS", "HealthCheckPath": "/health"},
    )
    template.has_resource_properties(
        "AWS::AutoScaling::AutoScalingGroup", {"MinSize": "2", "MaxSize": "4", "HealthCheckType": "ELB"}
    )
    outputs = template.to_json()["Outputs"]
    assert set(outputs) == {"Url", "StaticAddresses", "AutoScalingGroupName", "DashboardName"}
    assert outputs["Url"]["Value"]["Fn::Join"][1][0] == "https://"
    assert outputs["Url"]["Value"]["Fn::Join"][1][-1] == ":443/"


@pytest.mark.parametrize(
    ("approach", "listener", "target", "port"),
    [("offload", "TLS", "TCP", 8080), ("bridging", "TLS", "TLS", 8443), ("pass-through", "TCP", "TCP", 8443)],
)
def test_encryption_ends_where_it_is_told_to(
    empty_project: Path, approach: str, listener: str, target: str, port: int
) -> None:
    certificates = [] if approach == "pass-through" else [f"certificate_arns={CERTIFICATE}"]
    template = synthesized(settings(empty_project, f"tls={approach}", *certificates))
    template.has_resource_properties("AWS::ElasticLoadBalancingV2::Listener", {"Protocol": listener, "Port": 443})
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {
            "Protocol": target,
            "Port": port,
            "HealthCheckProtocol": "HTTP" if approach == "offload" else "HTTPS",
        },
    )


def test_instances_fetch_the_sample_application_and_nothing_else_of_its_bucket(empty_project: Path) -> None:
    template = synthesized(settings(empty_project))
    statements = [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "s3:GetObject"
    ]
    (found,) = statements
    assert json.dumps(found["Resource"]).endswith('.zip"]]}')


def test_without_a_way_out_instances_reach_what_they_need_of_aws(empty_project: Path) -> None:
    template = synthesized(settings(empty_project, "nat_gateways=none"))
    names = [
        found["Properties"]["ServiceName"]["Fn::Join"][1][-1]
        for found in template.find_resources(
            "AWS::EC2::VPCEndpoint", {"Properties": {"VpcEndpointType": "Interface"}}
        ).values()
    ]
    assert sorted(names) == [".cloudformation", ".ssm", ".ssmmessages"]


def test_an_internal_one_has_no_static_addresses_to_tell(empty_project: Path) -> None:
    template = synthesized(settings(empty_project, "internet_facing=false"))
    assert "StaticAddresses" not in template.to_json()["Outputs"]
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internal", "SubnetMappings": Match.absent()}
    )


def test_alarms_tell_the_topic(empty_project: Path) -> None:
    arn = "arn:aws:sns:eu-west-1:111122223333:alarms"
    synthesized(settings(empty_project, f"alarm_topic_arn={arn}")).has_resource_properties(
        "AWS::CloudWatch::CompositeAlarm", {"AlarmActions": [arn]}
    )
