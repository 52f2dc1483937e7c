"""Changes and refusals of the types that the launcher adds, and the types that are only recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack


def one(kind: str, **properties: object) -> dict[str, object]:
    """A template that holds one resource."""
    return {"Resources": {"Thing": {"Type": kind, "Properties": properties}}}


def tags(**values: str) -> list[Mapping[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.fixture
def name() -> str:
    """A stack name of one's own."""
    return f"resources-{uuid.uuid4().hex[:8]}"


def test_new_tags_leave_an_address_as_it_is(embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str) -> None:
    stack = create_stack(embedded_aws, name, one("AWS::EC2::EIP", Tags=tags(team="cats", old="yes")))
    address = stack.physical_id("Thing")

    status = stack.update(one("AWS::EC2::EIP", Tags=tags(team="dogs")))

    assert status == "UPDATE_COMPLETE", stack.failures()
    assert stack.physical_id("Thing") == address
    found = embedded_aws.client("ec2").describe_addresses()["Addresses"]
    assert [entry["Tags"] for entry in found if entry["PublicIp"] == address] == [tags(team="dogs")]


def test_a_volume_grows_in_place(embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str) -> None:
    stack = create_stack(embedded_aws, name, one("AWS::EC2::Volume", AvailabilityZone="us-east-1a", Size=8))
    volume = stack.physical_id("Thing")

    stack.update(one("AWS::EC2::Volume", AvailabilityZone="us-east-1a", Size=9))

    assert stack.physical_id("Thing") == volume
    assert embedded_aws.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"] == 9


def test_a_change_that_needs_another_volume_replaces_it(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    resource = "AWS::EC2::EgressOnlyInternetGateway"
    stack = create_stack(embedded_aws, name, one(resource, VpcId="vpc-1"))
    before = stack.physical_id("Thing")

    stack.update(one(resource, VpcId="vpc-2"))

    gateways = embedded_aws.client("ec2").describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]
    known = {gateway["EgressOnlyInternetGatewayId"] for gateway in gateways}
    assert before not in known
    assert stack.physical_id("Thing") in known


def test_a_composite_alarm_gets_its_new_rule_under_its_old_name(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    stack = create_stack(embedded_aws, name, one("AWS::CloudWatch::CompositeAlarm", AlarmRule="FALSE"))
    alarm = stack.physical_id("Thing")

    stack.update(one("AWS::CloudWatch::CompositeAlarm", AlarmRule="TRUE"))

    found = embedded_aws.client("cloudwatch").describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"])
    assert [entry["AlarmRule"] for entry in found["CompositeAlarms"]] == ["TRUE"]
    assert stack.physical_id("Thing") == alarm


def test_an_ip_set_gets_its_new_addresses(embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str) -> None:
    properties = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4"}
    stack = create_stack(embedded_aws, name, one("AWS::WAFv2::IPSet", **properties, Addresses=["192.0.2.0/24"]))
    before = stack.physical_id("Thing")

    status = stack.update(one("AWS::WAFv2::IPSet", **properties, Addresses=["198.51.100.0/24"]))

    assert status == "UPDATE_COMPLETE", stack.failures()
    assert stack.physical_id("Thing") == before


def test_security_group_rules_are_in_force_and_go_with_their_stack(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    ec2 = embedded_aws.client("ec2")
    group = ec2.create_security_group(GroupName=name, Description="a")["GroupId"]

    def ports() -> list[int]:
        found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        return sorted(rule["FromPort"] for rule in found)

    def rule(port: int) -> dict[str, object]:
        peer = {"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/8"}
        return one("AWS::EC2::SecurityGroupIngress", **peer)

    stack = create_stack(embedded_aws, name, rule(443))
    assert ports() == [443]
    stack.update(rule(8443))
    assert ports() == [8443]
    stack.delete()
    assert ports() == []


def test_a_refused_deletion_fails_the_resource_and_says_why(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    stack = create_stack(embedded_aws, name, one("AWS::EC2::Volume", AvailabilityZone="us-east-1a", Size=8))
    volume, ec2 = stack.physical_id("Thing"), embedded_aws.client("ec2")
    instance = ec2.run_instances(ImageId="ami-0c2023a1b2c3d4e5f", MinCount=1, MaxCount=1)["Instances"][0]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance["InstanceId"], Device="/dev/sdf")

    assert stack.delete() == "DELETE_FAILED"

    assert any(f"Volume {volume} is currently attached" in reason for reason in stack.failures())
    ec2.detach_volume(VolumeId=volume)
    assert stack.delete() == "DELETE_COMPLETE"
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def test_an_unknown_type_is_recorded_and_listed_until_its_stack_goes(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    template = one("AWS::Budgets::BudgetsAction", ActionType="APPLY_IAM_POLICY")
    template["Outputs"] = {
        "Arn": {"Value": {"Fn::GetAtt": ["Thing", "Arn"]}},
        "Id": {"Value": {"Fn::GetAtt": ["Thing", "ActionId"]}},
    }

    stack = create_stack(embedded_aws, name, template)

    entry = {"type": "AWS::Budgets::BudgetsAction", "logical_id": "Thing", "stack": name}
    assert entry in embedded_aws.recorded()
    assert stack.outputs()["Arn"].startswith("arn:aws:budgets:us-east-1:000000000000:budgetsaction/")
    assert stack.outputs()["Id"] == stack.physical_id("Thing")
    assert stack.delete() == "DELETE_COMPLETE"
    assert entry not in embedded_aws.recorded()


def test_a_misspelt_type_outside_of_aws_is_refused(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    with pytest.raises(embedded_aws.client("cloudformation").exceptions.ClientError, match="Unrecognized resource"):
        create_stack(embedded_aws, name, one("Amazon::S3::Bucket"))


def test_the_default_security_group_of_a_vpc_loses_its_rules(
    embedded_aws: EmbeddedAws, create_stack: CreateStack, name: str
) -> None:
    template = {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
            "Restrict": {
                "Type": "Custom::VpcRestrictDefaultSG",
                "Properties": {
                    "ServiceToken": "unused",
                    "DefaultSecurityGroupId": {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]},
                    "Account": {"Ref": "AWS::AccountId"},
                },
            },
        },
        "Outputs": {"Group": {"Value": {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}}},
    }

    stack = create_stack(embedded_aws, name, template)

    group = stack.outputs()["Group"]
    found = embedded_aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])
    assert stack.delete() == "DELETE_COMPLETE", stack.failures()


@pytest.mark.parametrize(
    "parameter",
    [
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64",
        "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    ],
)
def test_public_image_parameters_name_an_image(parameter: str, embedded_aws: EmbeddedAws) -> None:
    value = embedded_aws.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]

    assert value.startswith("ami-")
