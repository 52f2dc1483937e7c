"""Groups of EC2 types that the launcher adds, and how a group is written."""

from __future__ import annotations

from collections.abc import Mapping

Resources = Mapping[str, Mapping[str, object]]
# The resources, and an attribute per resource that templates read.
Group = tuple[Resources, Mapping[str, tuple[str, str]]]

VPC: Resources = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.7.0.0/24", "AvailabilityZone": "us-east-1a"},
    },
    "Group": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "a", "VpcId": {"Ref": "Vpc"}},
    },
}


def resource(kind: str, **properties: object) -> Mapping[str, object]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def get(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


NETWORK_GROUPS: Mapping[str, Group] = {
    "addresses and NAT gateways": (
        {
            **VPC,
            "Ip": resource("EC2::EIP", Domain="vpc", Tags=[{"Key": "Name", "Value": "nat"}]),
            "Nat": resource("EC2::NatGateway", AllocationId=get("Ip", "AllocationId"), SubnetId=ref("Subnet")),
            "Routes": resource("EC2::RouteTable", VpcId=ref("Vpc")),
            "Route": resource(
                "EC2::Route",
                RouteTableId=ref("Routes"),
                DestinationCidrBlock="0.0.0.0/0",
                NatGatewayId=ref("Nat"),
            ),
        },
        {"Allocation": ("Ip", "AllocationId"), "Nat": ("Nat", "NatGatewayId"), "Cidr": ("Vpc", "CidrBlock")},
    ),
    "security group rules": (
        {
            **VPC,
            "In": resource(
                "EC2::SecurityGroupIngress",
                GroupId=get("Group", "GroupId"),
                IpProtocol="tcp",
                FromPort=443,
                ToPort=443,
                SourceSecurityGroupId=get("Group", "GroupId"),
            ),
            "Out": resource(
                "EC2::SecurityGroupEgress",
                GroupId=get("Group", "GroupId"),
                IpProtocol="tcp",
                FromPort=5432,
                ToPort=5432,
                CidrIp="10.7.0.0/16",
            ),
        },
        {"In": ("In", "Id"), "Out": ("Out", "Id")},
    ),
    "flow logs": (
        {
            **VPC,
            "Logs": resource("Logs::LogGroup"),
            "Flow": resource(
                "EC2::FlowLog",
                ResourceId=ref("Vpc"),
                ResourceType="VPC",
                TrafficType="ALL",
                LogGroupName=ref("Logs"),
                DeliverLogsPermissionArn="arn:aws:iam::000000000000:role/flow",
            ),
        },
        {"Flow": ("Flow", "Id")},
    ),
    "network access lists": (
        {
            **VPC,
            "Acl": resource("EC2::NetworkAcl", VpcId=ref("Vpc")),
            "Entry": resource(
                "EC2::NetworkAclEntry",
                NetworkAclId=ref("Acl"),
                RuleNumber=100,
                Protocol=6,
                RuleAction="allow",
                CidrBlock="0.0.0.0/0",
                PortRange={"From": 443, "To": 443},
            ),
            "Association": resource(
                "EC2::SubnetNetworkAclAssociation", NetworkAclId=ref("Acl"), SubnetId=ref("Subnet")
            ),
        },
        {"Association": ("Association", "AssociationId")},
    ),
    "dual stack": (
        {
            **VPC,
            "Block": resource("EC2::VPCCidrBlock", VpcId=ref("Vpc"), AmazonProvidedIpv6CidrBlock=True),
            "Egress": resource("EC2::EgressOnlyInternetGateway", VpcId=ref("Vpc")),
            "Six": resource(
                "SSM::Parameter",
                Type="String",
                Value={"Fn::Select": [0, {"Fn::Cidr": [{"Fn::Select": [0, get("Vpc", "Ipv6CidrBlocks")]}, 4, "64"]}]},
            ),
        },
        {"Gateway": ("Egress", "Id")},
    ),
    "gateway and interface endpoints": (
        {
            **VPC,
            "S3": resource("EC2::VPCEndpoint", VpcId=ref("Vpc"), ServiceName="com.amazonaws.us-east-1.s3"),
            "Sqs": resource(
                "EC2::VPCEndpoint",
                VpcId=ref("Vpc"),
                VpcEndpointType="Interface",
                ServiceName="com.amazonaws.us-east-1.sqs",
                SubnetIds=[ref("Subnet")],
                SecurityGroupIds=[get("Group", "GroupId")],
            ),
        },
        {"Sqs": ("Sqs", "Id")},
    ),
    "instances and volumes": (
        {
            **VPC,
            "Instance": resource(
                "EC2::Instance",
                ImageId="ami-0c2023a1b2c3d4e5f",
                InstanceType="t4g.nano",
                SubnetId=ref("Subnet"),
                SecurityGroupIds=[get("Group", "GroupId")],
                Tags=[{"Key": "Name", "Value": "worker"}],
            ),
            "Volume": resource("EC2::Volume", AvailabilityZone="us-east-1a", Size=8, VolumeType="gp3"),
            "Attachment": resource(
                "EC2::VolumeAttachment", VolumeId=ref("Volume"), InstanceId=ref("Instance"), Device="/dev/sdf"
            ),
            "Interface": resource("EC2::NetworkInterface", SubnetId=ref("Subnet")),
            "Ip": resource("EC2::EIP", Domain="vpc"),
            "Association": resource(
                "EC2::EIPAssociation", AllocationId=get("Ip", "AllocationId"), InstanceId=ref("Instance")
            ),
        },
        {"Address": ("Instance", "PrivateIp"), "Zone": ("Instance", "AvailabilityZone")},
    ),
    "connections between networks": (
        {
            **VPC,
            "Other": resource("EC2::VPC", CidrBlock="10.8.0.0/16"),
            "Peering": resource("EC2::VPCPeeringConnection", VpcId=ref("Vpc"), PeerVpcId=ref("Other")),
            "Customer": resource("EC2::CustomerGateway", BgpAsn=65000, IpAddress="192.0.2.1", Type="ipsec.1"),
            "Vpn": resource("EC2::VPNGateway", Type="ipsec.1"),
            "Tunnel": resource(
                "EC2::VPNConnection", CustomerGatewayId=ref("Customer"), VpnGatewayId=ref("Vpn"), Type="ipsec.1"
            ),
            "Dhcp": resource("EC2::DHCPOptions", DomainName="example.internal"),
            "DhcpOnVpc": resource("EC2::VPCDHCPOptionsAssociation", VpcId=ref("Vpc"), DhcpOptionsId=ref("Dhcp")),
            "Prefixes": resource(
                "EC2::PrefixList",
                PrefixListName="offices",
                AddressFamily="IPv4",
                MaxEntries=2,
                Entries=[{"Cidr": "192.0.2.0/24"}],
            ),
            "Placement": resource("EC2::PlacementGroup", Strategy="cluster"),
        },
        {"Peering": ("Peering", "Id"), "Prefixes": ("Prefixes", "PrefixListId")},
    ),
}
