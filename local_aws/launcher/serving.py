"""Patches the emulator and serves it on the loopback."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, cast

from hypercorn.asyncio import serve as hypercorn_serve

from local_aws.launcher import (
    alarms,
    backups,
    balancing,
    buckets,
    cloudformation,
    concurrency_permissions,
    dns,
    embedded_metrics,
    faults,
    function_errors,
    global_cluster_permissions,
    hooks,
    mail_permissions,
    mapping_templates,
    message_moves,
    metrics,
    parameters,
    queue_metrics,
    queue_permissions,
    read_replicas,
    refinements,
    regions,
    scaling,
    secret_rotations,
    sessions,
    tables,
    undelivered,
)
from local_aws.launcher.asgi import Application
from local_aws.launcher.balancing.health import check_all
from local_aws.launcher.balancing.serving import publish_health
from local_aws.launcher.data_servers import trust
from local_aws.launcher.data_servers.manager import DATA_SERVERS
from local_aws.launcher.dns import checking
from local_aws.launcher.dns.serving import Domains
from local_aws.launcher.names import authority, functions
from local_aws.launcher.names.listening import Listening
from local_aws.launcher.periodic import repeating
from local_aws.launcher.programs.supervisor import SUPERVISOR
from local_aws.launcher.regions.border import Border
from local_aws.launcher.scaling import tracking
from local_aws.launcher.scaling.groups import Capacity
from local_aws.launcher.tables import expiry

if TYPE_CHECKING:
    from hypercorn.typing import ASGIFramework

_PROGRAMS_SECONDS = 0.5


class CannotServeError(RuntimeError):
    """The server can't start; says why in one sentence."""


async def serve(port: int, metrics_interval: float, *, programs: bool) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotServeError.

    Args:
        metrics_interval: Seconds between two looks at queues and alarms.
        programs: Whether programs run in the place of instances.
    """
    try:
        hooks.require()
        function_errors.install()
    except hooks.HookMissingError as problem:
        raise CannotServeError(str(problem)) from problem
    balancing.install()
    scaling.install()
    tables.install()
    cloudformation.install(port)
    faults.install()
    parameters.install()
    refinements.install()
    sessions.install()
    mail_permissions.install()
    queue_permissions.install()
    concurrency_permissions.install()
    global_cluster_permissions.install()
    read_replicas.install()
    mapping_templates.install()
    message_moves.install()
    secret_rotations.install()
    trust.install()
    buckets.install()
    backups.install()
    undelivered.install()
    metrics.install()
    embedded_metrics.install()
    queue_metrics.install()
    alarms.install()
    dns.install()
    regions.install()

    trusted = authority.make()
    config = Listening(port, trusted)
    functions.install(port, config.secure_port, trusted)
    application = Domains(Border(Application(cast("hooks.AsgiApp", hooks.APP.get()))))
    try:
        with (
            ExitStack() as running,
            repeating(
                [queue_metrics.Queues().sample, Capacity().sample, expiry.look, alarms.evaluate_all, tracking.go_on],
                metrics_interval,
            ),
            repeating([check_all, publish_health], metrics_interval),
            repeating([checking.check_all], metrics_interval),
        ):
            if programs:
                DATA_SERVERS.enable()
                running.enter_context(closing(DATA_SERVERS))
                SUPERVISOR.enable()
                running.enter_context(closing(SUPERVISOR))
                running.enter_context(repeating([SUPERVISOR.look], _PROGRAMS_SECONDS))
            await hypercorn_serve(cast("ASGIFramework", application), config)
    except OSError as problem:
        raise CannotServeError(f"Port {port} can't be opened: {problem}.") from problem
