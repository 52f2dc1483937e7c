"""What a static site promises: private files, HTTPS, strict headers, configuration at deployment."""

from __future__ import annotations

import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from aws_patterns.edge.static_site import StaticSite


@pytest.fixture
def files(tmp_path: Path) -> str:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Cats</title>")
    return str(folder)


def test_only_cloudfront_reads_the_bucket(stack: cdk.Stack, files: str) -> None:
    StaticSite(stack, "Site", files=files)
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "BucketEncryption": Match.any_value(),
        },
    )
    template.resource_count_is("AWS::CloudFront::OriginAccessControl", 1)
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
                        Match.object_like(
                            {"Action": "s3:GetObject", "Principal": {"Service": "cloudfront.amazonaws.com"}}
                        ),
                    ]
                )
            }
        },
    )


def test_visitors_are_sent_to_https(stack: cdk.Stack, files: str) -> None:
    StaticSite(stack, "Site", files=files)
    Template.from_stack(stack).has_resource_properties(
        "AWS::CloudFront::Distribution",
        {"DistributionConfig": {"DefaultCacheBehavior": {"ViewerProtocolPolicy": "redirect-to-https"}}},
    )


def test_scripts_may_call_only_what_was_named(stack: cdk.Stack, files: str) -> None:
    StaticSite(stack, "Site", files=files, connects_to=["https://api.example.org"])
    Template.from_stack(stack).has_resource_properties(
        "AWS::CloudFront::ResponseHeadersPolicy",
        {
            "ResponseHeadersPolicyConfig": {
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {
                        "ContentSecurityPolicy": (
                            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                            "connect-src 'self' https://api.example.org; base-uri 'none'; form-action 'self'; "
                            "frame-ancestors 'none'"
                        )
                    },
                    "FrameOptions": {"FrameOption": "DENY"},
                    "StrictTransportSecurity": {"AccessControlMaxAgeSec": 63_072_000},
                    "ContentTypeOptions": Match.any_value(),
                    "ReferrerPolicy": {"ReferrerPolicy": "no-referrer"},
                }
            }
        },
    )


def test_images_come_from_the_site_and_from_where_was_named(stack: cdk.Stack, files: str) -> None:
    StaticSite(stack, "Site", files=files, images_from=["https://pictures.example.org/"])
    policy = Match.string_like_regexp("; img-src 'self' https://pictures.example.org/; connect-src 'self'; ")
    Template.from_stack(stack).has_resource_properties(
        "AWS::CloudFront::ResponseHeadersPolicy",
        {
            "ResponseHeadersPolicyConfig": {
                "SecurityHeadersConfig": {"ContentSecurityPolicy": {"ContentSecurityPolicy": policy}}
            }
        },
    )


def test_half_a_custom_domain_is_refused(stack: cdk.Stack, files: str) -> None:
    message = (
        "StaticSite S/Site can't be built:\n"
        "  - domain_name and certificate must be given together, got only one of them"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        StaticSite(stack, "Site", files=files, domain_name="www.example.org")


@pytest.mark.parametrize(("policy", "emptied"), [(cdk.RemovalPolicy.RETAIN, 0), (cdk.RemovalPolicy.DESTROY, 1)])
def test_the_bucket_stays_unless_told_otherwise(
    stack: cdk.Stack, files: str, policy: cdk.RemovalPolicy, emptied: int
) -> None:
    StaticSite(stack, "Site", files=files, removal_policy=policy)
    Template.from_stack(stack).resource_count_is("Custom::S3AutoDeleteObjects", emptied)
