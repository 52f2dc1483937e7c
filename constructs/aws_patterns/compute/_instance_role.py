"""What every instance of a fleet may do before anything is granted to it."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge

# Systems Manager's agent is known as an instance, and talks with it: enough for sessions and commands. AWS's own
# AmazonSSMManagedInstanceCore lets it read every parameter of the account as well
# (systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html).
_ACTIONS = (
    "ssm:UpdateInstanceInformation",
    *(f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")),
    # Agents older than 3.3.40, which other images may have.
    *(f"ec2messages:{verb}Message" for verb in ("Acknowledge", "Delete", "Fail")),
    *("ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply"),
)


def instance_role(scope: Construct) -> iam.Role:
    """A role for the instances of one fleet, with which Session Manager takes the place of SSH."""
    role = iam.Role(
        scope,
        "Role",
        description="What the instances of this fleet may do",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
    )
    policy = iam.Policy(
        # Inside of the role, so that no instance is launched before it may.
        role,
        "SystemsManager",
        roles=[role],
        statements=[iam.PolicyStatement(actions=list(_ACTIONS), resources=["*"])],
    )
    acknowledge(
        policy,
        {"AwsSolutions-IAM5[Resource::*]": "Systems Manager knows no resource for an agent's own channels."},
    )
    return role
