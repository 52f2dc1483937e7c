"""Workers in containers on Fargate."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from aws_patterns import _defaults as shared_defaults
from aws_patterns._acknowledgments import acknowledge, wildcard
from aws_patterns.compute._fleet_zones import PRIVATE, selected_subnets
from aws_patterns.compute.instances import Architecture
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._worker_metrics import PERIOD
from aws_patterns.messaging.worker_pool_options import FargateWorkers

_SCRATCH = "scratch"


def task_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the worker program in a task has to know."""
    return {**environment, "HOST": "ecs", "SCALE_IN_PROTECTION": "yes"}


def make_cluster(scope: Construct, vpc: ec2.IVpc) -> ecs.Cluster:
    """A cluster that counts its tasks."""
    return ecs.Cluster(
        scope,
        "Cluster",
        vpc=vpc,
        container_insights_v2=ecs.ContainerInsights.ENABLED,
        enable_fargate_capacity_providers=True,
    )


def make_service(
    scope: Construct,
    workers: FargateWorkers,
    *,
    cluster: ecs.ICluster,
    vpc: ec2.IVpc,
    subnets: ec2.SubnetSelection | None,
    environment: Mapping[str, str],
    removal_policy: RemovalPolicy,
) -> ecs.FargateService:
    """The service, and what each of its tasks is."""
    task = _task(scope, workers, environment, removal_policy)
    _let_protect(scope, task.task_role, cluster)
    group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description="Workers in tasks: nobody has to reach them",
        allow_all_outbound=True,
        allow_all_ipv6_outbound=True,
    )
    spot = workers.spot_percentage
    service = ecs.FargateService(
        scope,
        "Service",
        cluster=cluster,
        task_definition=task,
        security_groups=[group],
        vpc_subnets=subnets or PRIVATE,
        assign_public_ip=False,
        capacity_provider_strategies=[
            ecs.CapacityProviderStrategy(
                capacity_provider="FARGATE", weight=100 - spot, base=workers.on_demand_base or None
            ),
            *([ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=spot)] if spot else []),
        ],
        circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        min_healthy_percent=100,
        max_healthy_percent=200,
        propagate_tags=ecs.PropagatedTagSource.SERVICE,
        enable_ecs_managed_tags=True,
    )
    # What starts before its way out exists pulls no image. Its capacity providers come with the cluster's parts.
    service.node.add_dependency(selected_subnets(vpc, subnets).internet_connectivity_established, cluster)
    return service


def tasks_in_service(service: ecs.FargateService, cluster: ecs.ICluster) -> cloudwatch.Metric:
    """How many tasks run."""
    return cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name="RunningTaskCount",
        dimensions_map={"ClusterName": cluster.cluster_name, "ServiceName": service.service_name},
        statistic="Average",
        period=PERIOD,
        label="running",
    )


def _task(
    scope: Construct, workers: FargateWorkers, environment: Mapping[str, str], removal_policy: RemovalPolicy
) -> ecs.FargateTaskDefinition:
    arm = workers.architecture == Architecture.ARM64
    task = ecs.FargateTaskDefinition(
        scope,
        "Task",
        cpu=workers.cpu,
        memory_limit_mib=workers.memory_mib,
        ephemeral_storage_gib=workers.scratch_gib,
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=ecs.CpuArchitecture.ARM64 if arm else ecs.CpuArchitecture.X86_64,
            operating_system_family=ecs.OperatingSystemFamily.LINUX,
        ),
        volumes=[ecs.Volume(name=_SCRATCH)],
    )
    log_group = logs.LogGroup(
        scope,
        "Logs",
        retention=logs.RetentionDays[shared_defaults.LOG_RETENTION],
        removal_policy=removal_policy,
    )
    container = task.add_container(
        "Worker",
        image=workers.image,
        command=list(workers.command) or None,
        environment=dict(environment),
        health_check=ecs.HealthCheck(command=["CMD", *workers.health_command]) if workers.health_command else None,
        logging=ecs.LogDrivers.aws_logs(stream_prefix="worker", log_group=log_group),
        # A task has no other container that could do anything in its place.
        essential=True,
        readonly_root_filesystem=True,
        stop_timeout=Duration.seconds(defaults.NOTICE_SECONDS),
        linux_parameters=ecs.LinuxParameters(scope, "Linux", init_process_enabled=True),
    )
    container.add_mount_points(
        ecs.MountPoint(container_path="/tmp", source_volume=_SCRATCH, read_only=False)  # noqa: S108 - of the task's own
    )
    acknowledge(
        task,
        {
            "AwsSolutions-ECS2": "Names and numbers, none of them secret, which differ from pool to pool.",
            "AwsSolutions-IAM5[Resource::*]": "ECR gives its token for no resource.",
        },
    )
    return task


def _let_protect(scope: Construct, role: iam.IRole, cluster: ecs.ICluster) -> None:
    """Let busy tasks be spared from scale-in and deployments."""
    arn = Stack.of(scope).format_arn(
        service="ecs",
        resource="task",
        resource_name=f"{cluster.cluster_name}/*",
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], resources=[arn])
    )
    acknowledge(role, {wildcard(scope, arn): "ECS names a task when it is there, and a task protects itself."})
