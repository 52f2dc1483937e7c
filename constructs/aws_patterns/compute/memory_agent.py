"""What an instance needs so that its fleet can be scaled by memory."""

from __future__ import annotations

import json

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.compute._scaling_metrics import GROUP_DIMENSION, OF_FLEET
from aws_patterns.compute.scaling_policies import FleetMetric

_AGENT = "/opt/aws/amazon-cloudwatch-agent"
_METRIC = OF_FLEET[FleetMetric.MEMORY]

# One metric for the whole fleet, and none for each instance: those would cost by the instance, and nobody asked.
_CONFIGURATION = {
    "agent": {"metrics_collection_interval": 60},
    "metrics": {
        "namespace": _METRIC.namespace,
        "append_dimensions": {GROUP_DIMENSION: f"${{aws:{GROUP_DIMENSION}}}"},
        "aggregation_dimensions": [[GROUP_DIMENSION]],
        "metrics_collected": {"mem": {"measurement": [_METRIC.metric_name]}},
    },
}


def install_memory_agent(*, user_data: ec2.UserData, role: iam.Role) -> None:
    """Let instances report the memory that ``MemoryTarget`` and ``FleetMetric.MEMORY`` are about.

    Adds commands to the user data that install the CloudWatch agent from Amazon Linux's own packages, and to the role
    the two permissions that it takes. It needs a way to CloudWatch and EC2: NAT, or the interface endpoints
    ``monitoring`` and ``ec2``. Another configuration of the agent is replaced: who has one adds these lines to it.

    >>> from aws_patterns.compute.instance_fleet import InstanceFleet
    >>> from aws_patterns.network.multi_az_vpc import MultiAzVpc
    >>> fleet = InstanceFleet(stack, "Fleet", vpc=MultiAzVpc(stack, "Network").vpc)
    >>> install_memory_agent(user_data=fleet.user_data, role=fleet.role)

    Args:
        user_data: Of the fleet; for Amazon Linux 2023.
        role: Of its instances.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
    """
    file = f"{_AGENT}/etc/fleet-memory.json"
    user_data.add_commands(
        "dnf install -y amazon-cloudwatch-agent",
        f"cat > {file} <<'CONFIGURATION'\n{json.dumps(_CONFIGURATION, indent=1)}\nCONFIGURATION",
        f"{_AGENT}/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:{file}",
    )
    allowed = iam.Policy(
        # Inside of the role, so that no instance is launched before it may.
        role,
        "MemoryAgent",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": _METRIC.namespace}},
            ),
            # How the agent learns which fleet its instance belongs to.
            iam.PolicyStatement(actions=["ec2:DescribeTags"], resources=["*"]),
        ],
    )
    acknowledge(
        allowed,
        {
            "AwsSolutions-IAM5[Resource::*]": "Neither action takes a resource; metrics are limited to the agent's own "
            "namespace, and tags are only read."
        },
    )
