"""What RDS records about a database, as the CDK has it."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge
from aws_patterns.database import _defaults as defaults
from aws_patterns.database.relational_database_options import Monitoring

_ROLE_ID = "MonitoringRole"
_POLICY = "service-role/AmazonRDSEnhancedMonitoringRole"


def monitoring_role(scope: Construct, removal_policy: RemovalPolicy) -> iam.Role:
    """Lets RDS write down what the operating system does: one for all of a scope, kept for as long as the database."""
    known = scope.node.try_find_child(_ROLE_ID)
    if isinstance(known, iam.Role):
        return known
    role = iam.Role(
        scope,
        _ROLE_ID,
        assumed_by=iam.ServicePrincipal(
            "monitoring.rds.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        ),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_POLICY)],
    )
    role.apply_removal_policy(removal_policy)
    acknowledge(
        role,
        {
            f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_POLICY}]": "What RDS asks for, and AWS "
            "keeps up to date: one log group of the account."
        },
    )
    return role


def insights_retention(monitoring: Monitoring) -> rds.PerformanceInsightRetention:
    """How long statements are kept."""
    days = monitoring.insights_days
    if days == defaults.INSIGHTS_DAYS:
        return rds.PerformanceInsightRetention.DEFAULT
    if days == defaults.LONGEST_INSIGHTS_DAYS:
        return rds.PerformanceInsightRetention.LONG_TERM
    return rds.PerformanceInsightRetention[f"MONTHS_{days // defaults.INSIGHTS_MONTH_DAYS}"]


def insights_mode(monitoring: Monitoring) -> rds.DatabaseInsightsMode:
    """The Advanced mode has 15 months, neither less nor more."""
    advanced = monitoring.insights_days == defaults.INSIGHTS_ADVANCED_DAYS
    return rds.DatabaseInsightsMode.ADVANCED if advanced else rds.DatabaseInsightsMode.STANDARD
