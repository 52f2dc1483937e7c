"""Static site: files in a private bucket, served to the world by CloudFront only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._validation import Problems
from aws_patterns.edge import _defaults as defaults


class StaticSite(Construct):
    """A private S3 bucket behind CloudFront with origin access control, HTTPS only, and strict response headers.

    Use it for pages made of files. Not for pages made per request (put an origin behind your own distribution),
    nor for private content (see signed URLs).

    >>> StaticSite(stack, "Site", files="site", connects_to=["https://api.example.org"])

    Args:
        files: Folder whose files are the site; ``index.html`` answers ``/``.
        configuration: Written to ``config.json`` beside the files, so that the same files serve every
            deployment; may hold values known only at deployment. Default: no such file.
        connects_to: Origins or URLs other than its own that the page's scripts may call.
        images_from: Origins or URLs other than its own that the page may show images from.
        domain_name: The site's own host name; needs ``certificate``. Default: CloudFront's name.
        certificate: For ``domain_name``, in us-east-1.
        removal_policy: ``DESTROY`` also empties the bucket. Default: ``RETAIN``.

    Attributes:
        bucket: Holds the files.
        distribution: Serves them.
        url: Where visitors go, with a trailing slash.

    Raises:
        ValueError: When only one of ``domain_name`` and ``certificate`` was given.

    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        files: str,
        configuration: Mapping[str, str] | None = None,
        connects_to: Sequence[str] = (),
        images_from: Sequence[str] = (),
        domain_name: str | None = None,
        certificate: acm.ICertificate | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"StaticSite {self.node.path}") as problems:
            if (domain_name is None) != (certificate is None):
                problems.add("domain_name and certificate must be given together, got only one of them")

        destroy = removal_policy == RemovalPolicy.DESTROY
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=removal_policy,
            auto_delete_objects=destroy or None,
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                response_headers_policy=self._response_headers(connects_to, images_from),
                compress=True,
            ),
            error_responses=[
                # A private bucket answers 403 for what isn't there.
                cloudfront.ErrorResponse(http_status=403, response_http_status=404, response_page_path="/404.html")
            ],
            # CloudFront's own certificate comes with a fixed policy.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if certificate else None,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            domain_names=[domain_name] if domain_name else None,
            certificate=certificate,
        )
        content = s3_assets.Asset(self, "Files", path=files)
        sources = [s3_deployment.Source.bucket(content.bucket, content.s3_object_key)]
        if configuration is not None:
            sources.append(s3_deployment.Source.json_data("config.json", dict(configuration)))
        self._deployment = s3_deployment.BucketDeployment(
            self,
            "Deployment",
            sources=sources,
            destination_bucket=self.bucket,
            # Lambda would make one without an end, which outlives the stack.
            log_group=logs.LogGroup(
                self, "DeploymentLogs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
            ),
            # Files keep their names from one version to the next: browsers and CloudFront ask again each time,
            # so a deployment shows at once and needs no invalidation.
            cache_control=[s3_deployment.CacheControl.no_cache()],
        )
        self.url = f"https://{domain_name or self.distribution.distribution_domain_name}/"
        self._acknowledge_findings(content.bucket, custom_domain=domain_name is not None)

    def _response_headers(
        self, connects_to: Sequence[str], images_from: Sequence[str]
    ) -> cloudfront.ResponseHeadersPolicy:
        policy = "; ".join(
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                " ".join(["img-src 'self'", *images_from]),
                " ".join(["connect-src 'self'", *connects_to]),
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ]
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            "ResponseHeaders",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(defaults.HSTS_MAX_AGE_DAYS),
                    include_subdomains=True,
                    override=True,
                ),
            ),
        )

    def _acknowledge_findings(self, asset_bucket: s3.IBucket, *, custom_domain: bool) -> None:
        visitors = "An access log is a record of visitors' addresses; requests and errors are counted in CloudWatch."
        acknowledge(self.bucket, {"AwsSolutions-S1": "Only CloudFront reads this bucket. " + visitors})
        acknowledge(
            self.distribution,
            {
                "AwsSolutions-CFR1": "The site is for everyone, everywhere.",
                "AwsSolutions-CFR2": "Static files behind a cache; the API has its own throttling and web ACL.",
                "AwsSolutions-CFR3": visitors,
            },
        )
        if not custom_domain:
            acknowledge(
                self.distribution,
                {"AwsSolutions-CFR4": "CloudFront's own certificate fixes the policy; domain_name brings TLS 1.2."},
            )
        copies = "CDK's own deployment handler: copies assets into the site's bucket and removes what is gone."
        versions = "CDK's own deployment handler: its runtime and settings come with aws-cdk-lib."
        acknowledge(
            self._deployment.handler_role.node.scope or self._deployment,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AWSLambdaBasicExecutionRole]": versions,
                "AwsSolutions-L1": versions,
                "Serverless-LambdaLatestVersion": versions,
                "Serverless-LambdaTracing": versions,
                "Serverless-LambdaDLQ": versions,
                wildcard(self, asset_bucket.arn_for_objects("*")): copies,
                wildcard(self, self.bucket.arn_for_objects("*")): copies,
                **{
                    f"AwsSolutions-IAM5[Action::s3:{action}*]": copies
                    for action in ("GetObject", "GetBucket", "List", "DeleteObject", "Abort")
                },
            },
        )
