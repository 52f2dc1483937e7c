"""The worker program: what it is made of, and how instances and tasks come to it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from aws_patterns import _defaults as shared_defaults
from aws_patterns._asset_download import grant_download
from aws_patterns._validation import Problems
from aws_patterns.compute.instances import Architecture
from aws_patterns.messaging._worker_program_boot import boot_commands
from aws_patterns.messaging._worker_program_source import worker_source
from aws_patterns.messaging.worker_program_options import (
    DEFAULT_JOB,
    HEALTH_URL,
    WORKER,
    check_worker_program,
    job_environment,
    package_of,
)

_DOCKERFILE = f"{WORKER}/Dockerfile"


class WorkerProgram(Construct):
    """The program that works behind a queue, for the instances of a `WorkerPool`, and where its log goes.

    It takes messages in batches, keeps them hidden while it works, deletes what is done, gives back what it can't
    finish when it has to stop, and puts what can never be done to the dead letters with a reason. What is done with a
    message is its job: a function in a package beside it (see ``queue_worker.job``). Use it with
    ``InstanceWorkers``; tasks take the image of the same program (``worker_image``). Not for Lambda, which polls by
    itself (see ``FunctionWorkers``).

    >>> from aws_patterns.compute.instances import Instances
    >>> from aws_patterns.messaging.worker_pool import WorkerPool
    >>> from aws_patterns.messaging.worker_pool_options import InstanceWorkers
    >>> program = WorkerProgram(stack, "Program")
    >>> pool = WorkerPool(
    ...     stack,
    ...     "Renditions",
    ...     workers=InstanceWorkers(
    ...         instances=Instances(user_data=program.user_data()), health_url=program.health_url
    ...     ),
    ...     acceptable_latency_seconds=300,
    ...     processing_seconds=2,
    ...     environment={**program.environment, "MASTER_BUCKET": "in", "TRANSCODE_BUCKET": "out"},
    ... )
    >>> program.grant_install(pool)

    Instances are Amazon Linux 2023 with a way to S3 and to PyPI, where the libraries come from, by hash. With a
    ``wheelhouse`` they need no way to the internet.

    Args:
        job: What makes the job: ``package.module:function``. Default: renditions of images.
        job_source: The folder that the job's package is in; of that folder, only the package travels. Its
            ``wheels.txt`` lists libraries with their hashes. Default: none, for a job that comes with the worker.
        wheelhouse: A folder of wheels for the instances' architecture and Python, from which alone they then install.
            Default: PyPI, or what ``PIP_INDEX_URL`` names.
        service: By which name it logs and measures. Default ``queue_worker``.
        log_retention: How long its log is kept. Default: a month.
        removal_policy: Of the log. Default ``RETAIN``.

    Attributes:
        asset: Its source.
        log_group: Where its log and, in the same lines, its metrics go.
        environment: Variables for ``WorkerPool(environment=...)``.
        health_url: For ``InstanceWorkers(health_url=...)``.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        job: str = DEFAULT_JOB,
        job_source: str | None = None,
        wheelhouse: str | None = None,
        service: str = WORKER,
        log_retention: logs.RetentionDays = logs.RetentionDays[shared_defaults.LOG_RETENTION],
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"WorkerProgram {self.node.path}") as problems:
            check_worker_program(problems, job=job, job_source=job_source, wheelhouse=wheelhouse, service=service)
        folder, digest = worker_source(self, job=job, job_source=job_source, wheelhouse=wheelhouse)
        self.asset = s3_assets.Asset(self, "Source", path=folder, asset_hash=digest)
        self.log_group = logs.LogGroup(self, "Logs", retention=log_retention, removal_policy=removal_policy)
        self.environment: Mapping[str, str] = {
            **job_environment(job=job, service=service),
            "LOG_GROUP": self.log_group.log_group_name,
        }
        self.health_url = HEALTH_URL

    def user_data(self) -> ec2.UserData:
        """A boot script that installs and starts it; a new one each time, to be added to at will."""
        script = ec2.UserData.for_linux()
        script.add_commands(*boot_commands(source=self.asset.s3_object_url, region=Stack.of(self).region))
        return script

    def grant_install(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the role of instances that boot with ``user_data()`` fetch the program and write its log."""
        return grant_download(self.asset, grantee).combine(self.log_group.grant_write(grantee))


def worker_image(
    scope: Construct,
    *,
    job: str = DEFAULT_JOB,
    job_source: str | None = None,
    architecture: Architecture = Architecture.ARM64,
) -> ecs.ContainerImage:
    """The same program as an image, for ``FargateWorkers(image=..., health_command=HEALTH_COMMAND)``.

    Docker builds it at deployment. Tasks take its variables from ``job_environment``.

    Args:
        scope: Anything in the app.
        job: As of ``WorkerProgram``.
        job_source: As of ``WorkerProgram``.
        architecture: Of the tasks. Default Arm.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definitions.html
    """
    with Problems(f"The worker's image for {scope.node.path}") as problems:
        check_worker_program(problems, job=job, job_source=job_source)
    folder, _ = worker_source(scope, job=job, job_source=job_source)
    arm = architecture == Architecture.ARM64
    return ecs.ContainerImage.from_asset(
        folder,
        file=_DOCKERFILE,
        build_args={"JOB_PACKAGE": package_of(job)},
        platform=ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64,
    )
