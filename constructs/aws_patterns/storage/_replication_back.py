"""What is written to a copy is copied back: rules of a bucket in another Region, set from the stack of the originals.

Each of the two buckets is named in the rules of the other one, and S3 refuses rules to a bucket that is not there: the
stack of the copies, deployed first, can't have them. CloudFormation leaves alone what its template does not speak of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._python_function import python_function
from aws_patterns.storage import _defaults as defaults
from aws_patterns.storage._replication_alarms import Way, alarm_when_late
from aws_patterns.storage._replication_role import bucket_arn, replication_role
from aws_patterns.storage._replication_rules import in_words_of_the_api, replication_rule
from aws_patterns.storage.replicated_bucket_options import Replica, ReplicaClass


class ReplicationBack(Construct):
    """The way back from one copy, as its `Replica` says of the way there.

    Args:
        originals: The bucket here as those see it that copy to it: its name, Region and the ARN of its key.
        replica: The bucket there.
        bucket: The bucket here: there before the rules that name it.
        locked: Whether objects are locked, on both sides.
        alarm_topic: Of this Region.
        removal_policy: Of the function's log group.

    Attributes:
        role: Whom S3 is when it copies back.
        alarms: By id. ``ReplicationLate``: what was written there is not here.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mrap-create-two-way-replication-rules.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        originals: Replica,
        replica: Replica,
        bucket: s3.Bucket,
        locked: bool,
        alarm_topic: sns.ITopic | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        back = replace(
            replica,
            bucket_name=originals.bucket_name,
            region=originals.region,
            key=originals.key,
            # What was moved to a cheaper class there is used here.
            storage_class=ReplicaClass.STANDARD,
        )
        self.role = replication_role(self, "Role", source=replica, destinations=[back], locked=locked)
        function = python_function(
            self,
            "Function",
            package="bucket_replication_back",
            description="Sets what a bucket of another Region copies to one here",
            environment={},
            timeout_seconds=defaults.REPLICATION_BACK_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
        )
        allowed = self._allow(function, replica)
        rules = [in_words_of_the_api(replication_rule(self, back, id=replica.back_rule_id))]
        resource = CustomResource(
            self,
            "Rules",
            resource_type="Custom::ReplicationBack",
            service_token=function.function_arn,
            service_timeout=Duration.seconds(defaults.REPLICATION_BACK_PATIENCE_SECONDS),
            properties={
                "Bucket": replica.bucket_name,
                "Region": replica.region,
                "Role": self.role.role_arn,
                # As text: CloudFormation would make texts of the numbers in it.
                "Rules": Stack.of(self).to_json_string(rules),
            },
        )
        resource.node.add_dependency(allowed, bucket, self.role.node.find_child("DefaultPolicy"))
        alarms = Alarms(self, alarm_topic)
        way = Way(source=replica.bucket_name, destination=originals.bucket_name, rule_id=replica.back_rule_id)
        alarm_when_late(alarms, way)
        self.alarms: Mapping[str, cloudwatch.Alarm] = alarms.by_id

    def _allow(self, function: lambda_.Function, replica: Replica) -> iam.Policy:
        """What the function may do: of that bucket alone, and with that role alone."""
        allowed = iam.Policy(
            self,
            "MaySet",
            statements=[
                iam.PolicyStatement(
                    actions=["s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration"],
                    resources=[bucket_arn(replica.bucket_name)],
                ),
                iam.PolicyStatement(actions=["iam:PassRole"], resources=[self.role.role_arn]),
            ],
        )
        assert function.role is not None, "a function of ours has a role"  # noqa: S101 - for the type checker
        allowed.attach_to_role(function.role)
        return allowed
