"""Media uploads: a web page from which images go straight into a bucket, and on which their renditions appear."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns._alarms import Alarms
from aws_patterns._function_code import package_file
from aws_patterns._python_function import python_function
from aws_patterns._validation import Problems
from aws_patterns.edge.static_site import StaticSite
from aws_patterns.serverless import _defaults as defaults
from aws_patterns.serverless.media_uploads_api import MediaUploadsApi
from aws_patterns.serverless.media_uploads_options import check_media_uploads

# Where in the Master bucket uploads are; workers put their renditions below the same key of the Transcode bucket.
PREFIX = "uploads/"


class MediaUploads(Construct):
    """A static page, an open HTTP API, and a function that signs uploads and reads how they are doing.

    Files never pass through the API: it hands out a form that S3 accepts for one key, one content type and one size,
    for 15 minutes, and the browser sends the file to the Master bucket with it. How an upload is doing is read
    from the two buckets alone, so there is no table to keep in step with them: ``waiting`` until the object is there,
    ``uploaded`` until there is a manifest ``KEY/renditions.json`` in the Transcode bucket, then ``done`` or
    ``refused``. The id of an upload is random, and all that one needs to see its renditions.

    Use it in front of a worker pool that makes renditions (``lambda_src/media_renditions``). Not for files of more
    than 5 GB (multipart uploads), and not as it stands where uploads belong to somebody who signs in.

    >>> from aws_cdk import aws_s3 as s3
    >>> master, transcode = s3.Bucket(stack, "Master"), s3.Bucket(stack, "Transcode")
    >>> MediaUploads(stack, "Uploads", master=master, transcode=transcode)

    Args:
        master: Takes the originals, below ``uploads/``. A bucket of the same app gets the CORS rule that browsers
            ask for; the owner of any other adds ``MediaUploads.cors_rule()``.
        transcode: Holds the renditions.
        maximum_bytes: Of one file. 1 to 5,000,000,000, default 50,000,000.
        throttle_rate: Requests to the API per second, over all visitors. Default 20.
        throttle_burst: Requests at the same moment. Default 40.
        alarm_topic: Told when an alarm changes state. Default: alarms tell nobody.
        removal_policy: Of the logs. Default ``RETAIN``.

    Attributes:
        site: The page.
        api: The HTTP API.
        api_url: Where uploads are asked for.
        function: Signs uploads, and tells how they are doing.
        alarms: By id. ``ServerErrors``: the API answered 5xx. ``FunctionErrors``, ``FunctionThrottles``.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        master: s3.IBucket,
        transcode: s3.IBucket,
        maximum_bytes: int = defaults.UPLOAD_MAXIMUM_BYTES,
        throttle_rate: float = defaults.UPLOAD_THROTTLE_RATE,
        throttle_burst: int = defaults.UPLOAD_THROTTLE_BURST,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"MediaUploads {self.node.path}") as problems:
            check_media_uploads(
                problems, maximum_bytes=maximum_bytes, throttle_rate=throttle_rate, throttle_burst=throttle_burst
            )
        self.api = MediaUploadsApi(
            self,
            "Api",
            throttle_rate=throttle_rate,
            throttle_burst=throttle_burst,
            removal_policy=removal_policy,
        )
        self.api_url = self.api.url
        self.site = StaticSite(
            self,
            "Site",
            files=package_file("serverless/sites/media_uploads"),
            configuration={"apiUrl": self.api_url, "maximumBytes": str(maximum_bytes)},
            connects_to=[self.api.origin, f"https://{master.bucket_regional_domain_name}"],
            images_from=[f"https://{transcode.bucket_regional_domain_name}/"],
            # Rebuilt from the library at every deployment: nothing in it would be missed.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.function = self._make_function(master, transcode, maximum_bytes, removal_policy)
        self.api.answer_with(self.function)
        if isinstance(master, s3.Bucket):
            _let_browsers_post(master, self.cors_rule())
        self._alarms = Alarms(self, alarm_topic)
        self._watch()

    @property
    def alarms(self) -> Mapping[str, cloudwatch.Alarm]:
        """Every alarm, by its id."""
        return self._alarms.by_id

    @staticmethod
    def cors_rule() -> s3.CorsRule:
        """What the Master bucket must allow browsers: to post forms from any page.

        Not from this page alone: its content security policy names the bucket, which therefore can't name the page.
        Nothing is given away by it. What a browser may post is in a signed form, which the API gives to this page
        alone, and the bucket answers nobody else whatever page asks.
        """
        return s3.CorsRule(
            allowed_methods=[s3.HttpMethods.POST],
            allowed_origins=["*"],
            max_age=defaults.UPLOAD_FORM_SECONDS,
        )

    def _make_function(
        self, master: s3.IBucket, transcode: s3.IBucket, maximum_bytes: int, removal_policy: RemovalPolicy
    ) -> lambda_.Function:
        function = python_function(
            self,
            "Function",
            package="media_uploads",
            description="Signs uploads, and tells how they are doing",
            timeout_seconds=defaults.API_FUNCTION_TIMEOUT_SECONDS,
            removal_policy=removal_policy,
            environment={
                "MASTER_BUCKET": master.bucket_name,
                "TRANSCODE_BUCKET": transcode.bucket_name,
                "PREFIX": PREFIX,
                "MAXIMUM_BYTES": str(maximum_bytes),
                "FORM_SECONDS": str(defaults.UPLOAD_FORM_SECONDS),
                "LINK_SECONDS": str(defaults.UPLOAD_LINK_SECONDS),
                "PAGE_ORIGIN": f"https://{self.site.distribution.distribution_domain_name}",
            },
        )
        for bucket, action in ((master, "s3:PutObject"), (transcode, "s3:GetObject")):
            objects = bucket.arn_for_objects(f"{PREFIX}*")
            function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[objects]))
            function.add_to_role_policy(
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": f"{PREFIX}*"}},
                )
            )
            acknowledge(
                function.role or function,
                {wildcard(self, objects): f"{action} for any upload: their ids are not known before."},
            )
        # Forms and links are used in the function's name.
        if master.encryption_key:
            master.encryption_key.grant(function, "kms:GenerateDataKey")
        if transcode.encryption_key:
            transcode.encryption_key.grant(function, "kms:Decrypt")
        return function

    def _watch(self) -> None:
        period = Duration.minutes(5)
        for id, metric, why in (
            ("ServerErrors", self.api.http_api.metric_server_error, "The API answered 5xx. See the function's log."),
            ("FunctionErrors", self.function.metric_errors, "The function failed or ran out of time. See its log."),
            (
                "FunctionThrottles",
                self.function.metric_throttles,
                "The function was throttled: the account's concurrency is exhausted.",
            ),
        ):
            self._alarms.add(id, metric(statistic="Sum", period=period), 1, why)


def _let_browsers_post(bucket: s3.Bucket, rule: s3.CorsRule) -> None:
    bucket.add_cors_rule(
        allowed_methods=rule.allowed_methods, allowed_origins=rule.allowed_origins, max_age=rule.max_age
    )
