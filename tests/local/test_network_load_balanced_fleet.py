"""The fleet deployed by the real ``cdk deploy``: what AWS's APIs then say about it, and that nothing outlives it.

The embedded AWS passes no bytes through a Network Load Balancer: what is asserted here is what its API says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pytest

from local_aws.embedded import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import ListenerTypeDef, LoadBalancerTypeDef, TargetGroupTypeDef

STACK = "NetworkLoadBalancedFleet"
SETTINGS = {"deletion_protection": "false", "removal_policy": "destroy", "cross_zone": "false"}


class Deployed(NamedTuple):
    """The deployed fleet."""

    aws: EmbeddedAws
    outputs: Mapping[str, str]

    @property
    def load_balancer(self) -> LoadBalancerTypeDef:
        found = self.aws.client("elbv2").describe_load_balancers()["LoadBalancers"]
        (mine,) = [one for one in found if one["DNSName"] in self.outputs["Url"]]
        return mine

    @property
    def listener(self) -> ListenerTypeDef:
        arn = self.load_balancer["LoadBalancerArn"]
        (listener,) = self.aws.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
        return listener

    @property
    def target_group(self) -> TargetGroupTypeDef:
        arn = self.listener["DefaultActions"][0]["TargetGroupArn"]
        (group,) = self.aws.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        return group


def what_is_there(aws: EmbeddedAws) -> Mapping[str, set[str]]:
    """Names of all that such a fleet is made of, by kind. The CDK's own bucket stays."""
    ec2, balancing = aws.client("ec2"), aws.client("elbv2")
    alarms = aws.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    groups = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return {
        "addresses": {found["AllocationId"] for found in ec2.describe_addresses()["Addresses"]},
        "alarms": {found["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for found in alarms[kind]},
        "fleets": {found["AutoScalingGroupName"] for found in groups},
        "load balancers": {found["LoadBalancerArn"] for found in balancing.describe_load_balancers()["LoadBalancers"]},
        "networks": {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]},
        "security groups": {found["GroupId"] for found in ec2.describe_security_groups()["SecurityGroups"]},
        "target groups": {found["TargetGroupArn"] for found in balancing.describe_target_groups()["TargetGroups"]},
    }


@pytest.fixture(scope="module")
def deployed(session_aws: EmbeddedAws) -> Iterator[Deployed]:
    """The stack as it ships, but for what keeps it from being deleted; destroyed afterwards, and gone."""
    before = what_is_there(session_aws)
    outputs = session_aws.deploy(STACK, context=SETTINGS)
    yield Deployed(session_aws, outputs)
    session_aws.destroy(STACK, context=SETTINGS)
    assert what_is_there(session_aws) == before


def test_one_address_in_each_zone_is_told_and_belongs_to_the_load_balancer(deployed: Deployed) -> None:
    told = deployed.outputs["StaticAddresses"].split(",")
    addresses = {
        found["PublicIp"]: found["AllocationId"]
        for found in deployed.aws.client("ec2").describe_addresses()["Addresses"]
    }
    zones = deployed.load_balancer["AvailabilityZones"]
    assert len(zones) == len(set(told)) == 2
    mapped = {zone["LoadBalancerAddresses"][0]["AllocationId"] for zone in zones}
    assert mapped == {addresses[address] for address in told}


def test_it_is_a_network_load_balancer_of_the_internet(deployed: Deployed) -> None:
    found = deployed.load_balancer
    assert (found["Type"], found["Scheme"], found["IpAddressType"]) == ("network", "internet-facing", "ipv4")
    assert ":loadbalancer/net/" in found["LoadBalancerArn"]
    attributes = deployed.aws.client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=found["LoadBalancerArn"]
    )["Attributes"]
    values = {entry["Key"]: entry["Value"] for entry in attributes}
    assert values["load_balancing.cross_zone.enabled"] == "false"


def test_its_listener_passes_tcp_on_to_the_application(deployed: Deployed) -> None:
    assert (deployed.listener["Protocol"], deployed.listener["Port"]) == ("TCP", 443)
    group = deployed.target_group
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("TCP", 8443, "instance")
    assert (group["HealthCheckProtocol"], group["HealthCheckPath"]) == ("HTTPS", "/health")


def test_instances_of_every_zone_stand_behind_it(deployed: Deployed) -> None:
    (group,) = deployed.aws.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[deployed.outputs["AutoScalingGroupName"]]
    )["AutoScalingGroups"]
    assert group["TargetGroupARNs"] == [deployed.target_group["TargetGroupArn"]]
    assert group["HealthCheckType"] == "ELB"
    zones = {zone["ZoneName"] for zone in deployed.load_balancer["AvailabilityZones"]}
    assert {instance["AvailabilityZone"] for instance in group["Instances"]} == zones


def test_instances_accept_what_the_load_balancer_sends_and_nothing_else(deployed: Deployed) -> None:
    (front,) = deployed.load_balancer["SecurityGroups"]
    ec2 = deployed.aws.client("ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [deployed.load_balancer["VpcId"]]}])[
        "SecurityGroups"
    ]
    reached = [
        (group["GroupId"], rule["IpProtocol"], rule["FromPort"])
        for group in groups
        for rule in group["IpPermissions"]
        if front in {pair["GroupId"] for pair in rule["UserIdGroupPairs"]}
    ]
    assert sorted((protocol, port) for _, protocol, port in reached) == [("icmp", 3), ("tcp", 8443)]
    (fleet,) = {group for group, _, _ in reached}
    (instances,) = [group for group in groups if group["GroupId"] == fleet]
    assert not [rule for rule in instances["IpPermissions"] if rule.get("IpRanges")]


def test_its_alarms_are_there_and_its_degradation_is_one_of_them(deployed: Deployed) -> None:
    found = deployed.aws.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (degraded,) = [alarm for alarm in found["CompositeAlarms"] if alarm["AlarmName"].startswith(STACK)]
    mine = {alarm["AlarmName"]: alarm for alarm in found["MetricAlarms"] if alarm["AlarmName"].startswith(STACK)}
    zones = {
        entry["Value"]
        for alarm in mine.values()
        if alarm.get("MetricName") == "UnHealthyHostCount"
        for entry in alarm["Dimensions"]
        if entry["Name"] == "AvailabilityZone"
    }
    assert zones == {zone["ZoneName"] for zone in deployed.load_balancer["AvailabilityZones"]}
    assert degraded["AlarmRule"].count("ALARM(") == 5
