"""Typed boto3 clients for the embedded AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import boto3
from botocore.config import Config

from local_aws.project import REGION

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_elasticache import ElastiCacheClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient


# A refusal is to be seen when it happens: trying again would hide an injected fault.
_CONFIG = Config(retries={"total_max_attempts": 1})


class Clients:
    """Clients of one server, in one Region, kept so that each is built once."""

    def __init__(self, endpoint_url: str, region: str = REGION) -> None:
        self._endpoint_url = endpoint_url
        self._region = region
        self._kept: dict[str, BaseClient] = {}

    @overload
    def __call__(self, service: Literal["apigateway"]) -> APIGatewayClient: ...
    @overload
    def __call__(self, service: Literal["apigatewayv2"]) -> ApiGatewayV2Client: ...
    @overload
    def __call__(self, service: Literal["autoscaling"]) -> AutoScalingClient: ...
    @overload
    def __call__(self, service: Literal["backup"]) -> BackupClient: ...
    @overload
    def __call__(self, service: Literal["cloudformation"]) -> CloudFormationClient: ...
    @overload
    def __call__(self, service: Literal["cloudfront"]) -> CloudFrontClient: ...
    @overload
    def __call__(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    def __call__(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def __call__(self, service: Literal["dynamodbstreams"]) -> DynamoDBStreamsClient: ...
    @overload
    def __call__(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    def __call__(self, service: Literal["efs"]) -> EFSClient: ...
    @overload
    def __call__(self, service: Literal["elasticache"]) -> ElastiCacheClient: ...
    @overload
    def __call__(self, service: Literal["elbv2"]) -> ElasticLoadBalancingv2Client: ...
    @overload
    def __call__(self, service: Literal["events"]) -> EventBridgeClient: ...
    @overload
    def __call__(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    def __call__(self, service: Literal["kms"]) -> KMSClient: ...
    @overload
    def __call__(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def __call__(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def __call__(self, service: Literal["rds"]) -> RDSClient: ...
    @overload
    def __call__(self, service: Literal["route53"]) -> Route53Client: ...
    @overload
    def __call__(self, service: Literal["s3"]) -> S3Client: ...
    @overload
    def __call__(self, service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
    @overload
    def __call__(self, service: Literal["sesv2"]) -> SESV2Client: ...
    @overload
    def __call__(self, service: Literal["sns"]) -> SNSClient: ...
    @overload
    def __call__(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    def __call__(self, service: Literal["ssm"]) -> SSMClient: ...
    @overload
    def __call__(self, service: Literal["stepfunctions"]) -> SFNClient: ...
    @overload
    def __call__(self, service: str) -> BaseClient: ...
    def __call__(self, service: str) -> object:
        """The client of a service, acting as the root of the emulated account."""
        if service not in self._kept:
            # The user's own profile and credentials play no part: both keys are given.
            session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=self._region)  # noqa: S106 # dummy
            self._kept[service] = session.client(  # type: ignore[call-overload] # any service
                service, endpoint_url=self._endpoint_url, config=_CONFIG
            )
        return self._kept[service]

    def close(self) -> None:
        """Close their connections."""
        while self._kept:
            self._kept.popitem()[1].close()
