"""A site behind CloudFront opens over plain HTTP under its local name, and may call its local API."""

from __future__ import annotations

import uuid

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack

POLICY = "default-src 'self'; connect-src https://a1b2c3d4.execute-api.us-east-1.amazonaws.com; {upgrade}"
TEMPLATE = {
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": {"Ref": "AWS::StackName"},
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Headers": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "Name": {"Ref": "AWS::StackName"},
                    "SecurityHeadersConfig": {
                        "ContentSecurityPolicy": {
                            "ContentSecurityPolicy": POLICY.format(upgrade="upgrade-insecure-requests"),
                            "Override": True,
                        }
                    },
                }
            },
        },
        "Site": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "DefaultRootObject": "index.html",
                    "Origins": [
                        {
                            "Id": "bucket",
                            "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]},
                            "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "bucket",
                        "ViewerProtocolPolicy": "redirect-to-https",
                        "ResponseHeadersPolicyId": {"Ref": "Headers"},
                        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                    },
                }
            },
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": {"AWS": "*"},
                            "Action": "s3:*",
                            "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        },
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:GetObject",
                            "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
                        },
                    ],
                },
            },
        },
    },
    "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${Site.DomainName}"}}},
}


@pytest.mark.parametrize("server", ["embedded_aws", "embedded_aws_enforcing_iam"])
def test_a_private_site_opens_under_its_local_name(
    server: str, request: pytest.FixtureRequest, create_stack: CreateStack
) -> None:
    aws: EmbeddedAws = request.getfixturevalue(server)
    stack = create_stack(aws, f"site-{uuid.uuid4().hex[:8]}", TEMPLATE)
    assert stack.settled() == "CREATE_COMPLETE", stack.failures()
    bucket, s3 = stack.physical_id("Bucket"), aws.client("s3")
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>Meow", ContentType="text/html")

    answer = aws.http("GET", stack.outputs()["Url"])

    assert (answer.status, answer.text) == (200, "<p>Meow")
    api = f"http://a1b2c3d4.execute-api.localhost:{aws.port}"
    assert answer.headers["content-security-policy"].strip() == f"default-src 'self'; connect-src {api}"
    s3.delete_object(Bucket=bucket, Key="index.html")
