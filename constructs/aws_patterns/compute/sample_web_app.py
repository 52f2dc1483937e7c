"""A small web application that instances install at their first boot."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import IgnoreMode, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from aws_patterns._asset_download import grant_download
from aws_patterns._function_code import source_root
from aws_patterns._validation import Problems
from aws_patterns.compute import _defaults as defaults
from aws_patterns.compute._sample_web_app_boot import boot_commands
from aws_patterns.compute.sample_web_app_options import check_sample_web_app

_PACKAGE = "sample_web_app"


class SampleWebApp(Construct):
    """The sample application: what it is made of, and how an instance installs it.

    It shows who answers (instance, zone, type, version), tells on ``/health`` whether its disk can be written and what
    it depends on can be reached, takes as long as it is told on ``/slow?seconds=``, and finishes what is under way
    when it is stopped. Use it to try out what stands around an application: a load balancer, a deployment, a lost
    zone. Not as a model of a web server: it is Python's own, without anything in front.

    Instances need Python 3.9 or later and the AWS CLI, as on Amazon Linux 2023, and a way to S3; the internet they
    need not. It runs as a systemd service without privileges.

    >>> app = SampleWebApp(stack, "App", version="2", dependencies={"database": "tcp://10.0.8.5:5432"})
    >>> user_data = app.user_data()

    Args:
        version: Shown on the page; another one makes another boot script, and with it a deployment. Default ``1``.
        dependencies: What it is of no use without, by name: ``tcp://host:port``, or an ``http`` or ``https`` address.
            The names are shown on ``/health``, the addresses are not. Default: nothing but its disk.
        tls: Whether it speaks HTTPS, with a certificate that each instance makes for itself. Default: HTTP.
        port: Where it listens. Default 8080, with ``tls`` 8443.
        notice_seconds: Between saying unhealthy and refusing connections, when it is stopped. Default 0: whoever
            replaces instances takes them out of the load balancer first.
        grace_seconds: How long requests that are under way may then take. Default 35, longer than any of its own.

    Attributes:
        asset: Its source.
        port: Where it listens.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        version: str = "1",
        dependencies: Mapping[str, str] | None = None,
        tls: bool = False,
        port: int | None = None,
        notice_seconds: int = 0,
        grace_seconds: int = defaults.SAMPLE_GRACE_SECONDS,
    ) -> None:
        super().__init__(scope, id)
        self.port = port if port is not None else defaults.SAMPLE_HTTPS_PORT if tls else defaults.SAMPLE_HTTP_PORT
        with Problems(f"SampleWebApp {self.node.path}") as problems:
            check_sample_web_app(
                problems,
                version=version,
                dependencies=dependencies,
                port=self.port,
                notice_seconds=notice_seconds,
                grace_seconds=grace_seconds,
            )
        self.asset = s3_assets.Asset(
            self,
            "Source",
            path=str(source_root() / _PACKAGE),
            exclude=["__pycache__"],
            ignore_mode=IgnoreMode.GIT,
        )
        self._commands = boot_commands(
            source=self.asset.s3_object_url,
            region=Stack.of(self).region,
            port=self.port,
            tls=tls,
            version=version,
            dependencies=dependencies or {},
            notice_seconds=notice_seconds,
            grace_seconds=grace_seconds,
        )

    def user_data(self) -> ec2.UserData:
        """A boot script that installs and starts it; a new one each time, to be added to at will."""
        script = ec2.UserData.for_linux()
        script.add_commands(*self._commands)
        return script

    def grant_download(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the role of instances that boot with ``user_data()`` fetch the application, and nothing else there."""
        return grant_download(self.asset, grantee)
