"""Amazon EC2 types: networks, addresses, rules, instances and volumes. None of them carries traffic."""

from __future__ import annotations

from collections.abc import Mapping

from local_aws.launcher import aws
from local_aws.launcher.added_types.row import REF, Call, Row, by_id, by_properties
from local_aws.launcher.added_types.shapes import Arguments
from local_aws.launcher.hooks import Properties
from local_aws.launcher.values import mapping, text


def _without_tags(properties: Properties) -> Properties:
    """EC2 takes tags in another shape; the row applies them through CreateTags."""
    return {key: value for key, value in properties.items() if key not in {"Tags", "TagSpecifications"}}


def _instance(properties: Properties) -> Properties:
    profile = properties.get("IamInstanceProfile")
    named = {"IamInstanceProfile": {"Name": profile}} if isinstance(profile, str) else {}
    return {**_without_tags(properties), **named, "MinCount": 1, "MaxCount": 1}


def _flow_log(properties: Properties) -> Properties:
    return {**_without_tags(properties), "ResourceIds": [properties.get("ResourceId")]}


def _acl_entry(properties: Properties) -> Properties:
    changed = {**properties, "Egress": properties.get("Egress", False)}
    if "Icmp" in changed:
        changed["IcmpTypeCode"] = changed.pop("Icmp")
    return changed


def _rule(properties: Properties) -> Arguments:
    """The rule of a SecurityGroupIngress or -Egress in the API's shape."""
    described = {"Description": properties["Description"]} if "Description" in properties else {}
    permission: dict[str, object] = {
        key: properties[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in properties
    }
    peers = {
        "CidrIp": ("IpRanges", "CidrIp"),
        "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
        "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
        "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
        "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    for name, (kind, key) in peers.items():
        if name in properties:
            permission[kind] = [{key: properties[name], **described}]
    return {"GroupId": properties.get("GroupId"), "IpPermissions": [permission]}


def _allocation_of(public_ip: str, _properties: Properties) -> Arguments:
    for address in aws.ec2().describe_addresses()["Addresses"]:
        if address.get("PublicIp") == public_ip:
            return {"AllocationId": address["AllocationId"]}
    return {"AllocationId": "eipalloc-gone"}


def _default_acl(association_id: str, properties: Properties) -> Arguments:
    """Deleting an association puts the subnet back on its network's default list."""
    ec2 = aws.ec2()
    subnet = ec2.describe_subnets(SubnetIds=[text(properties, "SubnetId")])["Subnets"][0]
    lists = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])["NetworkAcls"]
    default = next(entry["NetworkAclId"] for entry in lists if entry["IsDefault"])
    return {"AssociationId": association_id, "NetworkAclId": default}


def _security_rule(direction: str) -> Row:
    return Row(
        service="ec2",
        create=f"AuthorizeSecurityGroup{direction}",
        reference="SecurityGroupRules.0.SecurityGroupRuleId",
        attributes={"Id": "SecurityGroupRules.0.SecurityGroupRuleId"},
        prepare=_rule,
        delete=Call(operation=f"RevokeSecurityGroup{direction}", arguments=lambda _id, properties: _rule(properties)),
        gone=frozenset({"InvalidPermission.NotFound", "InvalidGroup.NotFound"}),
    )


def _gateway(kind: str, parameter: str, attributes: Mapping[str, str], found: str) -> Row:
    """A type whose operations are Create…, Delete… with one id."""
    return Row(
        service="ec2",
        create=f"Create{kind}",
        reference=found,
        attributes=attributes,
        prepare=_without_tags,
        delete=Call(operation=f"Delete{kind}", arguments=by_id(parameter)),
        tagged=REF,
    )


NETWORK_TYPES: Mapping[str, Row] = {
    "AWS::EC2::NatGateway": _gateway(
        "NatGateway", "NatGatewayId", {"NatGatewayId": "NatGateway.NatGatewayId"}, "NatGateway.NatGatewayId"
    ),
    "AWS::EC2::EIP": Row(
        service="ec2",
        create="AllocateAddress",
        reference="PublicIp",
        attributes={"PublicIp": "PublicIp", "AllocationId": "AllocationId"},
        prepare=lambda properties: {"Domain": properties.get("Domain", "vpc")},
        delete=Call(operation="ReleaseAddress", arguments=_allocation_of),
        gone=frozenset({"InvalidAllocationID.NotFound"}),
        tagged="AllocationId",
    ),
    "AWS::EC2::EIPAssociation": Row(
        service="ec2",
        create="AssociateAddress",
        reference="AssociationId",
        attributes={"Id": "AssociationId"},
        delete=Call(operation="DisassociateAddress", arguments=by_id("AssociationId")),
    ),
    "AWS::EC2::SecurityGroupIngress": _security_rule("Ingress"),
    "AWS::EC2::SecurityGroupEgress": _security_rule("Egress"),
    "AWS::EC2::FlowLog": Row(
        service="ec2",
        create="CreateFlowLogs",
        reference="FlowLogIds.0",
        attributes={"Id": "FlowLogIds.0"},
        prepare=_flow_log,
        delete=Call(operation="DeleteFlowLogs", arguments=lambda flow_log, _properties: {"FlowLogIds": [flow_log]}),
        tagged=REF,
    ),
    "AWS::EC2::NetworkAcl": _gateway(
        "NetworkAcl", "NetworkAclId", {"Id": "NetworkAcl.NetworkAclId"}, "NetworkAcl.NetworkAclId"
    ),
    "AWS::EC2::NetworkAclEntry": Row(
        service="ec2",
        create="CreateNetworkAclEntry",
        reference=None,
        prepare=_acl_entry,
        delete=Call(
            operation="DeleteNetworkAclEntry",
            arguments=lambda _id, properties: by_properties("NetworkAclId", "RuleNumber", "Egress")(
                _id, {"Egress": False, **properties}
            ),
        ),
        update=Call(operation="ReplaceNetworkAclEntry", arguments=lambda _id, properties: _acl_entry(properties)),
    ),
    "AWS::EC2::SubnetNetworkAclAssociation": Row(
        service="ec2",
        create="ReplaceNetworkAclAssociation",
        reference="NewAssociationId",
        attributes={"AssociationId": "NewAssociationId"},
        # The emulator keeps no association for a subnet on its default list, so there is none to name.
        prepare=lambda properties: {"AssociationId": "aclassoc-default", **properties},
        delete=Call(operation="ReplaceNetworkAclAssociation", arguments=_default_acl),
    ),
    "AWS::EC2::EgressOnlyInternetGateway": _gateway(
        "EgressOnlyInternetGateway",
        "EgressOnlyInternetGatewayId",
        {"Id": "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId"},
        "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
    ),
    "AWS::EC2::CustomerGateway": _gateway(
        "CustomerGateway", "CustomerGatewayId", {}, "CustomerGateway.CustomerGatewayId"
    ),
    "AWS::EC2::VPNGateway": _gateway(
        "VpnGateway", "VpnGatewayId", {"VPNGatewayId": "VpnGateway.VpnGatewayId"}, "VpnGateway.VpnGatewayId"
    ),
    "AWS::EC2::VPNConnection": _gateway(
        "VpnConnection",
        "VpnConnectionId",
        {"VpnConnectionId": "VpnConnection.VpnConnectionId"},
        "VpnConnection.VpnConnectionId",
    ),
    "AWS::EC2::VPCPeeringConnection": Row(
        service="ec2",
        create="CreateVpcPeeringConnection",
        reference="VpcPeeringConnection.VpcPeeringConnectionId",
        attributes={"Id": "VpcPeeringConnection.VpcPeeringConnectionId"},
        prepare=_without_tags,
        # CloudFormation accepts a connection within one account.
        then=(
            Call(
                operation="AcceptVpcPeeringConnection",
                arguments=by_id("VpcPeeringConnectionId"),
                when=lambda properties: "PeerOwnerId" not in properties and "PeerRegion" not in properties,
            ),
        ),
        delete=Call(operation="DeleteVpcPeeringConnection", arguments=by_id("VpcPeeringConnectionId")),
        tagged=REF,
    ),
    "AWS::EC2::DHCPOptions": Row(
        service="ec2",
        create="CreateDhcpOptions",
        reference="DhcpOptions.DhcpOptionsId",
        attributes={"DhcpOptionsId": "DhcpOptions.DhcpOptionsId"},
        prepare=lambda properties: {"DhcpConfigurations": _dhcp(properties)},
        delete=Call(operation="DeleteDhcpOptions", arguments=by_id("DhcpOptionsId")),
        tagged=REF,
    ),
    "AWS::EC2::VPCDHCPOptionsAssociation": Row(
        service="ec2",
        create="AssociateDhcpOptions",
        reference="=DhcpOptionsId|=VpcId",
        delete=Call(
            operation="AssociateDhcpOptions",
            arguments=lambda _id, properties: {"DhcpOptionsId": "default", "VpcId": properties["VpcId"]},
        ),
        update="create",
    ),
    "AWS::EC2::Instance": Row(
        service="ec2",
        create="RunInstances",
        reference="Instances.0.InstanceId",
        attributes={
            "InstanceId": "Instances.0.InstanceId",
            "PrivateIp": "Instances.0.PrivateIpAddress",
            "PrivateDnsName": "Instances.0.PrivateDnsName",
            "PublicIp": "Instances.0.PublicIpAddress",
            "PublicDnsName": "Instances.0.PublicDnsName",
            "AvailabilityZone": "Instances.0.Placement.AvailabilityZone",
            "VpcId": "Instances.0.VpcId",
        },
        prepare=_instance,
        delete=Call(
            operation="TerminateInstances", arguments=lambda instance, _properties: {"InstanceIds": [instance]}
        ),
        tagged=REF,
    ),
    "AWS::EC2::NetworkInterface": Row(
        service="ec2",
        create="CreateNetworkInterface",
        reference="NetworkInterface.NetworkInterfaceId",
        attributes={
            "Id": "NetworkInterface.NetworkInterfaceId",
            "PrimaryPrivateIpAddress": "NetworkInterface.PrivateIpAddress",
            "VpcId": "NetworkInterface.VpcId",
        },
        prepare=lambda properties: {**_without_tags(properties), "Groups": properties.get("GroupSet", [])},
        delete=Call(operation="DeleteNetworkInterface", arguments=by_id("NetworkInterfaceId")),
        tagged=REF,
    ),
    "AWS::EC2::Volume": Row(
        service="ec2",
        create="CreateVolume",
        reference="VolumeId",
        attributes={"VolumeId": "VolumeId"},
        prepare=_without_tags,
        delete=Call(operation="DeleteVolume", arguments=by_id("VolumeId")),
        update=Call(
            operation="ModifyVolume", arguments=by_properties("Size", "VolumeType", "Iops", "Throughput", id="VolumeId")
        ),
        tagged=REF,
    ),
    "AWS::EC2::VolumeAttachment": Row(
        service="ec2",
        create="AttachVolume",
        reference="=VolumeId|=InstanceId",
        delete=Call(operation="DetachVolume", arguments=by_properties("VolumeId", "InstanceId")),
    ),
    "AWS::EC2::PrefixList": Row(
        service="ec2",
        create="CreateManagedPrefixList",
        reference="PrefixList.PrefixListId",
        attributes={"PrefixListId": "PrefixList.PrefixListId", "Arn": "PrefixList.PrefixListArn"},
        prepare=_without_tags,
        delete=Call(operation="DeleteManagedPrefixList", arguments=by_id("PrefixListId")),
        tagged=REF,
    ),
    "AWS::EC2::PlacementGroup": Row(
        service="ec2",
        create="CreatePlacementGroup",
        reference="=GroupName",
        attributes={"GroupName": "=GroupName"},
        prepare=_without_tags,
        name="GroupName",
        delete=Call(operation="DeletePlacementGroup", arguments=by_id("GroupName")),
    ),
}


def _dhcp(properties: Properties) -> list[object]:
    names = {
        "DomainName": "domain-name",
        "DomainNameServers": "domain-name-servers",
        "NtpServers": "ntp-servers",
        "NetbiosNameServers": "netbios-name-servers",
        "NetbiosNodeType": "netbios-node-type",
    }
    given = mapping(properties)
    return [
        {"Key": key, "Values": given[name] if isinstance(given[name], list) else [str(given[name])]}
        for name, key in names.items()
        if name in given
    ]
