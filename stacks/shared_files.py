"""A web tier whose instances share files, as it stands."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from aws_patterns.compute.sample_web_app import SampleWebApp
from aws_patterns.load_balancing.tls import TlsApproach
from aws_patterns.load_balancing.web_tier import WebTier
from aws_patterns.storage.shared_file_system import SharedFileSystem
from stacks._parts import (
    alarm_topic,
    certificates,
    encryption_key,
    network,
    outputs,
    removal_policy,
    warn_of_plain_http,
)
from stacks.settings.shared_files import SharedFilesSettings


class SharedFilesStack(cdk.Stack):
    """One network, one file system and a web tier whose instances mount it, wired from their settings."""

    def __init__(
        self, scope: Construct, id: str, *, settings: SharedFilesSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="Web application over several zones, with shared files")
        warn_of_plain_http(self, settings.tls)
        topic, keeps = alarm_topic(self, settings.alarm_topic_arn), removal_policy(settings)
        vpc = network(self, settings).vpc
        files = SharedFileSystem(
            self,
            "Files",
            vpc=vpc,
            access_points=settings.access_points(),
            infrequent_access_after_days=settings.infrequent_access_after_days,
            archive_after_days=settings.archive_after_days,
            throughput=settings.throughput,
            provisioned_mib_per_second=settings.provisioned_mib_per_second,
            encryption_key=encryption_key(self, settings.encryption_key_arn),
            automatic_backups=settings.automatic_backups,
            replication=settings.replication(),
            alarm_topic=topic,
            removal_policy=keeps,
        )
        app = SampleWebApp(self, "App", version=settings.sample_version, tls=settings.tls is TlsApproach.BRIDGING)
        script = ec2.UserData.for_linux()
        mount = files.mount_commands(settings.mount_path, read_only=settings.read_only)
        script.add_commands(*mount, app.user_data().render())
        tier = WebTier(
            self,
            "Web",
            vpc=vpc,
            internet_facing=settings.internet_facing,
            tls=settings.tls,
            certificates=certificates(self, settings.certificate_arns),
            access_logs=settings.access_logs(),
            instances=settings.instances(script),
            port=app.port,
            capacity=settings.capacity(),
            alarm_topic=topic,
            deletion_protection=settings.deletion_protection,
            removal_policy=keeps,
        )
        app.grant_download(tier)
        files.let_mount(tier.group, read_only=settings.read_only)
        self.recovery = settings.recovery()
        outputs(
            self,
            {
                "Url": tier.url,
                "AutoScalingGroupName": tier.group.auto_scaling_group_name,
                "FileSystemId": files.file_system.file_system_id,
                "DashboardName": tier.monitoring.dashboard.dashboard_name,
            },
        )
