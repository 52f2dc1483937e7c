"""The programs that are known here, and what differs between them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A program.

    Attributes:
        name: What people call it.
        package: The Python package that is run.
        started: Where a boot script starts it; ``arguments`` are the options that it is started with.
        packed_alone: Whether its archive holds the package's modules, rather than packages.
        ready: What its log says once it is ready.
        port: What the log calls the port there.
        serves: Whether load balancers send it requests. What they find unhealthy is replaced by Auto Scaling.
        restart_seconds: After its end it is started again, so many seconds later; None: never.
        options: The variable that its options are in; none where they are in its command.
        trusts: Variables with files of what servers' certificates are checked by.
    """

    name: str
    package: str
    started: re.Pattern[str]
    packed_alone: bool
    ready: str
    port: str
    serves: bool
    restart_seconds: float | None
    options: str = ""
    trusts: tuple[str, ...] = ()


SAMPLE_APPLICATION = Kind(
    name="sample application",
    package="sample_web_app",
    started=re.compile(r"^ExecStart=\S*python3 .*-m sample_web_app(?P<arguments>.*)$", re.MULTILINE),
    packed_alone=True,
    ready="listening",
    port="port",
    serves=True,
    restart_seconds=None,
)
QUEUE_WORKER = Kind(
    name="queue worker",
    package="queue_worker",
    started=re.compile(r"queue_worker/install\.sh(?P<arguments>)"),
    packed_alone=False,
    ready="working",
    port="health_port",
    serves=False,
    # As queue_worker.service says.
    restart_seconds=5.0,
)
MY_CLOTHES = Kind(
    name="shop MyClothes",
    package="my_clothes",
    started=re.compile(r"my_clothes/install\.sh(?P<arguments>)"),
    packed_alone=False,
    ready="listening",
    port="port",
    serves=True,
    restart_seconds=None,
    options="OPTIONS",
    trusts=("DATABASE_CA", "CACHE_CA"),
)
KINDS = (SAMPLE_APPLICATION, QUEUE_WORKER, MY_CLOTHES)
