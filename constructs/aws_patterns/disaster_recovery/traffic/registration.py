"""How the recovery Region learns where a Region's own API answers: it is told at deployment, never asked for later."""

from __future__ import annotations

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.disaster_recovery import _defaults as defaults
from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.traffic.recovery_state_options import state_table_name
from aws_patterns.disaster_recovery.traffic.registration_options import ITEMS, check_registration


class EndpointRegistration(Construct):
    """Writes the address of a Region's own API into the workload's ``RecoveryState``, in the recovery Region.

    Nothing is handed from stack to stack, and nothing is asked of the primary Region on the day it is lost: its stack
    writes there, whenever it is deployed, what only it knows. The recovery Region's stack does the same for its own
    address. Deploy that stack first. The address goes with the stack that wrote it.

    >>> EndpointRegistration(
    ...     stack,
    ...     "Registration",
    ...     name="orders",
    ...     role=RegionRole.PRIMARY,
    ...     url="https://api.example.org",
    ...     recovery_region="eu-west-1",
    ... )

    Args:
        name: Of the workload.
        role: Of the Region whose API it is.
        url: Of its API, ``https://...`` without a slash at the end; usually a token.
        recovery_region: Where the state is.
        removal_policy: Of the function's log. Default ``RETAIN``.

    Attributes:
        function: Writes the address; CloudFormation calls it.
        resource: The address, as CloudFormation keeps it; let it depend on what must be there before.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_withstand_component_failures_static_stability.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        role: RegionRole,
        url: str,
        recovery_region: str,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"EndpointRegistration {self.node.path}") as problems:
            check_registration(problems, name=name, role=role, url=url, recovery_region=recovery_region)
        self.function: lambda_.Function = python_function(
            self,
            "Function",
            package="recovery_registration",
            description="Tells the recovery Region where an API answers",
            environment={},
            timeout_seconds=defaults.REGISTRATION_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
        )
        table = state_table_name(name)
        arn = Stack.of(self).format_arn(
            service="dynamodb", region=recovery_region, resource="table", resource_name=table
        )
        allowed = iam.Policy(
            self,
            "MayRegister",
            statements=[
                iam.PolicyStatement(
                    actions=["dynamodb:PutItem", "dynamodb:DeleteItem"],
                    resources=[arn],
                    conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [str(ITEMS[role])]}},
                )
            ],
        )
        assert self.function.role is not None, "a function of ours has a role"  # noqa: S101 - for the type checker
        allowed.attach_to_role(self.function.role)
        self.resource = CustomResource(
            self,
            "Endpoint",
            resource_type="Custom::RecoveryEndpoint",
            service_token=self.function.function_arn,
            service_timeout=Duration.seconds(defaults.REGISTRATION_PATIENCE_SECONDS),
            properties={"Table": table, "Region": recovery_region, "Role": str(role), "Url": url},
        )
        self.resource.node.add_dependency(allowed)
