"""Workers behind a queue, as many as its backlog needs: on instances, in tasks, or as calls of a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import jsii
from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from aws_patterns._alarms import Alarms
from aws_patterns._validation import Problems
from aws_patterns.compute._boot_user_data import check_user_data
from aws_patterns.compute._fleet_zones import selected_subnets, zones_of
from aws_patterns.compute.instance_fleet import InstanceFleet
from aws_patterns.messaging import _defaults as defaults
from aws_patterns.messaging._worker_functions import calls_under_way, check_function, make_mapping, timeout_of
from aws_patterns.messaging._worker_instances import instance_environment, instances_in_service, let_finish, make_fleet
from aws_patterns.messaging._worker_metrics import WorkerMetrics
from aws_patterns.messaging._worker_queue import let_consume, make_queue, visibility_of
from aws_patterns.messaging._worker_scaling import scale_group, scale_service
from aws_patterns.messaging._worker_tasks import make_cluster, make_service, task_environment, tasks_in_service
from aws_patterns.messaging.worker_pool_options import (
    FargateWorkers,
    FunctionWorkers,
    InstanceWorkers,
    PoolLimits,
    Workers,
    check_worker_pool,
    slow_reaction_advice,
)
from aws_patterns.network import _defaults as network_defaults
from aws_patterns.network.multi_az_vpc import MultiAzVpc


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class WorkerPool(Construct):
    """Workers that take messages off a queue, as many as it takes to be done with each in time, or none.

    Say how long a message may take from being sent to being done, and how long a worker has it in its hands: the
    target of scaling, the queue's visibility timeout, its heartbeat and the limits follow (``plan``). Use it for work
    that may wait for seconds or hours. What somebody waits for on a page belongs behind a load balancer (see
    ``WebTier``); what needs several steps is a workflow.

    >>> from aws_patterns.messaging.worker_pool_options import FargateWorkers
    >>> from aws_cdk import aws_ecs as ecs
    >>> pool = WorkerPool(
    ...     stack,
    ...     "Thumbnails",
    ...     workers=FargateWorkers(image=ecs.ContainerImage.from_registry("example.com/thumbnails")),
    ...     acceptable_latency_seconds=300,
    ...     processing_seconds=2,
    ...     environment={"JOB": "thumbnails:make"},
    ... )

    *Scaling.* The pool follows the backlog per worker in service: what waits, what is in work, and what arrives within
    the acceptable latency at the present rate, divided by the workers, against acceptable latency / processing time. In
    steady state it so has the workers that the messages keep busy and the share more that the work itself takes of the
    latency. The first time from a few workers to many takes ``plan.reaction_seconds``.

    *From none.* Where the latency allows it, a pool has no workers while it has no work. A message then wakes it, at
    once with as many workers as the backlog needs. A queue that nobody has used for six hours may tell its length a
    quarter of an hour late: a shorter latency keeps one worker.

    *Busy workers* are not chosen for the end: the worker program (``lambda_src/queue_worker``) protects its instance
    or task from scale-in while it holds messages, which AWS knows as instance scale-in protection and task protection.
    What ends them all the same (a deployment, a lost zone, Spot capacity that is taken back) lets them finish or
    return what they hold: an instance waits for its worker in a lifecycle hook, a task has two minutes from SIGTERM.
    Another program gets the same: it reads ``environment`` and does as much of it.

    *On instances* the variables are in ``/etc/worker-pool.env``, for systemd's ``EnvironmentFile=``, before the user
    data runs. *In tasks* the root file system is read-only and ``/tmp`` is not; an image whose user is not root
    declares ``VOLUME /tmp`` after giving it to that user. *A function* is scaled by Lambda.

    Args:
        workers: Who works: ``InstanceWorkers``, ``FargateWorkers`` or ``FunctionWorkers``.
        acceptable_latency_seconds: From when a message is sent until it is done, at most.
        processing_seconds: How long a worker has a message in its hands, usually.
        peak_messages_per_second: What the pool must keep up with; the maximum follows. Default: not said.
        minimum_workers: Default: none where the latency allows waking up, otherwise one.
        maximum_workers: What bounds the bill. Default: what the peak needs and a quarter more; without a peak 10.
        limits: Overrides of what follows.
        late_from_zero: Accepts that the first messages for a pool of no workers take longer than is acceptable.
        queue: Where the work is. Default: a `WorkQueue` of the pool's own, see ``work_queue``.
        vpc: The network of instances and tasks. Default: a `MultiAzVpc` of three zones.
        subnets: Where in it. Default: the private subnets with a way out.
        environment: More variables for the worker program, such as ``JOB``; nothing secret.
        alarm_topic: Told when an alarm changes to ALARM and back to OK. Default: alarms tell nobody.
        removal_policy: Of the queue, the logs and the network's logs that are the pool's own. Default ``RETAIN``.

    Attributes:
        plan: What followed from latency and processing time.
        queue: Where the work is.
        work_queue: The pool's own, with its dead letters and alarms; ``None`` where a queue was given.
        environment: All variables of the worker program. Empty with a function.
        vpc: The network; ``None`` with a function.
        network: The pool's own; ``None`` where a network was given, and with a function.
        fleet: The instances; otherwise ``None``.
        cluster: Of the tasks; otherwise ``None``.
        service: The tasks; otherwise ``None``.
        mapping: What calls the function; otherwise ``None``.
        connections: Who may reach the workers, and whom they reach.
        grant_principal: What the workers may do is granted to.
        alarms: By id. ``AtMaximum``: the pool is as large as it may be, and too small. ``Asleep``: there is work, and
            nothing has woken the pool.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workers: Workers,
        acceptable_latency_seconds: float,
        processing_seconds: float,
        peak_messages_per_second: float | None = None,
        minimum_workers: int | None = None,
        maximum_workers: int | None = None,
        limits: PoolLimits = PoolLimits(),  # noqa: B008 - frozen
        late_from_zero: bool = False,
        queue: sqs.IQueue | None = None,
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        environment: Mapping[str, str] | None = None,
        alarm_topic: sns.ITopic | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self._workers = workers
        with Problems(f"WorkerPool {self.node.path}") as problems:
            if vpc is None and subnets is not None:
                problems.add("vpc is missing: subnets were given, and they are of a network that exists already")
            if isinstance(workers, InstanceWorkers):
                check_user_data(problems, workers.instances.user_data, trusted=False)
            if isinstance(workers, FunctionWorkers):
                check_function(problems, workers.function)
            plan = check_worker_pool(
                problems,
                workers=workers,
                acceptable_latency_seconds=acceptable_latency_seconds,
                processing_seconds=processing_seconds,
                peak_messages_per_second=peak_messages_per_second,
                minimum_workers=minimum_workers,
                maximum_workers=maximum_workers,
                limits=limits,
                late_from_zero=late_from_zero,
                environment=environment,
                function_timeout_seconds=timeout_of(workers.function) if isinstance(workers, FunctionWorkers) else None,
                queue_visibility_seconds=visibility_of(queue),
                queue_given=queue is not None,
                fifo=queue is not None and queue.fifo,
                network_given=vpc is not None or subnets is not None,
                zones=len(zones_of(selected_subnets(vpc, subnets))) if vpc else network_defaults.AVAILABILITY_ZONES,
            )
        assert plan is not None, "without problems there is a plan"  # noqa: S101 - for the type checker
        self.plan = plan
        self.work_queue = None if queue else make_queue(self, workers, plan, alarm_topic, removal_policy)
        self.queue: sqs.IQueue = self.work_queue.queue if self.work_queue else cast("sqs.IQueue", queue)
        self.network: MultiAzVpc | None = None
        self.vpc = vpc
        if vpc is None and not isinstance(workers, FunctionWorkers):
            self.network = MultiAzVpc(self, "Network", removal_policy=removal_policy)
            self.vpc = self.network.vpc
        self.environment: Mapping[str, str] = self._all_variables(environment or {})
        self.fleet: InstanceFleet | None = None
        self.cluster: ecs.ICluster | None = None
        self.service: ecs.FargateService | None = None
        self.mapping: lambda_.EventSourceMapping | None = None
        self._metrics = self._make_workers(subnets, removal_policy)
        self.alarms: Mapping[str, cloudwatch.Alarm] = self._make_alarms(alarm_topic)
        advice = slow_reaction_advice(plan)
        if advice:
            Annotations.of(self).add_warning_v2("aws-patterns:slowReaction", advice)

    @property
    def connections(self) -> ec2.Connections:
        """Who may reach the workers, and whom they reach. A function outside of every network has none."""
        match self._workers:
            case FunctionWorkers():
                return self._workers.function.connections
            case _:
                return cast("InstanceFleet | ecs.FargateService", self.fleet or self.service).connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """What a permission is granted to."""
        match self._workers:
            case FunctionWorkers():
                return self._workers.function.grant_principal
            case InstanceWorkers():
                return cast("InstanceFleet", self.fleet).grant_principal
            case FargateWorkers():
                return cast("ecs.FargateService", self.service).task_definition.task_role.grant_principal

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer give work to the pool."""
        return self.queue.grant_send_messages(grantee)

    def graphs(self, title: str) -> Sequence[cloudwatch.IWidget]:
        """Two widgets of half a dashboard's width: the workers, and the backlog of each."""
        return self._metrics.graphs(title)

    def _all_variables(self, given: Mapping[str, str]) -> dict[str, str]:
        if isinstance(self._workers, FunctionWorkers):
            return {}
        every = {
            **given,
            "QUEUE_URL": self.queue.queue_url,
            "CONCURRENCY": str(self.plan.concurrency),
            "JOB_TIMEOUT_SECONDS": str(self.plan.job_timeout_seconds),
            "GRACE_SECONDS": str(self.plan.grace_seconds),
        }
        on_instances = isinstance(self._workers, InstanceWorkers)
        return instance_environment(every, self) if on_instances else task_environment(every)

    def _make_workers(self, subnets: ec2.SubnetSelection | None, removal_policy: RemovalPolicy) -> WorkerMetrics:
        vpc = cast("ec2.IVpc", self.vpc)
        match self._workers:
            case InstanceWorkers():
                self.fleet = make_fleet(
                    self, self._workers, self.plan, vpc=vpc, subnets=subnets, environment=self.environment
                )
                let_consume(self.queue, self.fleet.role)
                let_finish(self, self.fleet, self.plan)
                metrics = WorkerMetrics(self.queue, instances_in_service(self.fleet), self.plan)
                scale_group(self, self.fleet.group, metrics, self.plan)
            case FargateWorkers():
                self.cluster = self._workers.cluster or make_cluster(self, vpc)
                self.service = make_service(
                    self,
                    self._workers,
                    cluster=self.cluster,
                    vpc=vpc,
                    subnets=subnets,
                    environment=self.environment,
                    removal_policy=removal_policy,
                )
                let_consume(self.queue, self.service.task_definition.task_role)
                metrics = WorkerMetrics(self.queue, tasks_in_service(self.service, self.cluster), self.plan)
                scale_service(self, self.service, self.cluster, metrics, self.plan)
            case FunctionWorkers():
                self.mapping = make_mapping(self, self._workers, self.plan, self.queue)
                metrics = WorkerMetrics(self.queue, calls_under_way(self._workers.function), self.plan)
        return metrics

    def _make_alarms(self, alarm_topic: sns.ITopic | None) -> Mapping[str, cloudwatch.Alarm]:
        alarms = Alarms(self, alarm_topic)
        by_calls = isinstance(self._workers, FunctionWorkers)
        alarms.add(
            "AtMaximum",
            self._metrics.calls_at_maximum() if by_calls else self._metrics.too_few_at_maximum(),
            1,
            f"All {self.plan.maximum} workers are there, and messages take longer than is acceptable. Raise "
            "maximum_workers, or find out what has become slow.",
            periods=defaults.AT_MAXIMUM_MINUTES,
        )
        if self.plan.minimum == 0 and not by_calls:
            alarms.add(
                "Asleep",
                self._metrics.work_for_nobody(),
                1,
                "There is work, and no worker has come for it. Do workers start, and do they stay?",
                periods=self.plan.reaction_seconds // defaults.METRIC_SECONDS + defaults.AT_MAXIMUM_MINUTES,
            )
        return alarms.by_id
