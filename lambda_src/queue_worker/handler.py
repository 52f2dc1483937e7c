"""The program: its log, its metrics, its health, and the order in which it comes and goes."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from queue_worker.children import UnfitError
from queue_worker.gateway import AutoScalingGroup, SqsQueue, ask, children
from queue_worker.host import Ec2Host, EcsHost, Host, Metadata, NoHost, Watch
from queue_worker.logic import CallError, in_batches
from queue_worker.settings import Host as HostKind
from queue_worker.settings import Settings, SettingsError
from queue_worker.worker import Worker

if TYPE_CHECKING:
    from types import FrameType

_STOPPED, _LEFT_OVER, _UNUSABLE = 0, 1, 2
_LOOK_SECONDS = 0.5
_METRICS_EVERY_SECONDS = 60.0
# A line of EMF takes 100 values of a metric, and Powertools writes it by itself when there are so many.
_MOST_VALUES = 90
# Of the grace time: for giving back what had to be ended.
_RESERVE = 0.1
_HEALTH_SECONDS = 5.0


class Reporter:
    """Log and metrics, as lines of JSON on standard output: CloudWatch makes metrics of those in its own format."""

    def __init__(self) -> None:
        self._logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "queue_worker"))
        self._metrics = Metrics(
            namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "QueueWorker"), service=self._logger.service
        )
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._times: dict[str, list[float]] = {}

    def note(self, level: str, message: str, **facts: object) -> None:
        """A line of the log."""
        getattr(self._logger, level)(message, extra=facts)

    def count(self, name: str, value: float = 1) -> None:
        """So many more of something."""
        with self._lock:
            self._counts[name] += int(value)

    def measure(self, name: str, seconds: float) -> None:
        """How long something took."""
        with self._lock:
            times = self._times.setdefault(name, [])
            times.append(seconds)
            full = len(times) >= _MOST_VALUES
        if full:
            self.flush({})

    def flush(self, gauges: Mapping[str, float]) -> None:
        """Write the metrics gathered since the last time."""
        with self._lock:
            counts, times = {**self._counts, **gauges}, self._times
            self._counts.clear()
            self._times = {}
            for name, value in counts.items():
                self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
            self._write_if(bool(counts))
            for name, values in times.items():
                for portion in in_batches(values, _MOST_VALUES):
                    for value in portion:
                        self._metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=value)
                    self._write_if(True)

    def _write_if(self, anything: bool) -> None:
        if anything:
            # In one piece: the lines of several threads must not mix.
            sys.stdout.write(json.dumps(self._metrics.serialize_metric_set()) + "\n")
            sys.stdout.flush()
            self._metrics.clear_metrics()


class _HealthHandler(BaseHTTPRequestHandler):
    timeout = _HEALTH_SECONDS
    worker: Worker

    def do_GET(self) -> None:
        """Answer ``/health``, and nothing else."""
        health = self.worker.health()
        found = self.path == "/health"
        status = http.client.NOT_FOUND if not found else _status(health.status)
        body = json.dumps({"status": health.status, "held": self.worker.held, "checks": dict(health.checks)}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if found else 0))
        self.end_headers()
        self.wfile.write(body if found else b"")

    def version_string(self) -> str:
        """What the header Server says: no versions."""
        return "queue-worker"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would be every few seconds."""


def _status(status: str) -> int:
    return http.client.SERVICE_UNAVAILABLE if status == "failing" else http.client.OK


class _HealthServer:
    """Listens from the beginning, so that trouble with the address is known; answers once it is begun."""

    def __init__(self, settings: Settings, worker: Worker) -> None:
        handler = type("Handler", (_HealthHandler,), {"worker": worker})
        self._server = ThreadingHTTPServer((settings.health_address, settings.health_port), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def begin(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Work until SIGTERM or SIGINT, then give back what is not done in time.

    Gives 0 when everything was done or given back, 1 when something was left to reappear by itself, 2 when the
    settings or the job can't be used.
    """
    reporter = Reporter()
    try:
        settings = Settings.of(environment, cpus=os.cpu_count() or 1)
    except SettingsError as error:
        reporter.note("error", "settings can't be used", problems=str(error).splitlines())
        return _UNUSABLE
    if list(arguments) == ["health"]:
        return _ask_health(settings)
    try:
        return _run(settings, reporter, environment)
    except OSError as error:
        address = f"{settings.health_address}:{settings.health_port}"
        reporter.note("error", "health can't be told", address=address, kind=type(error).__name__)
    except UnfitError as error:
        reporter.note("error", "job can't be run", job=settings.job, reason=str(error))
    except _HostError as error:
        reporter.note("error", "host can't be asked", code=error.code)
    except CallError as error:
        reporter.note("error", "queue can't be used", code=error.code)
    return _UNUSABLE


def _ask_health(settings: Settings) -> int:
    address = "127.0.0.1" if settings.health_address in ("0.0.0.0", "127.0.0.1") else settings.health_address  # noqa: S104 - compared
    status, body = ask("GET", f"http://{address}:{settings.health_port}/health", {})
    sys.stdout.write(f"{body or 'no answer'}\n")
    return 0 if status == http.client.OK else 1


def _run(settings: Settings, reporter: Reporter, environment: Mapping[str, str]) -> int:
    told, tell = os.pipe()

    def told_to_stop(_number: int, _frame: FrameType | None) -> None:
        # No lock is taken: the signal may have come while this thread held it.
        os.write(tell, b".")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_stop)
    host = _host(settings, environment)
    watch = Watch(host, reporter, protected=settings.protected, renewed=settings.host is HostKind.ECS)
    queue = SqsQueue.connect(settings)
    if queue.terms.dead_letters is None:
        reporter.note("warning", "queue without dead letters: what can't be done is tried until it expires")
    worker = Worker(
        queue,
        children(settings.job, settings.concurrency),
        queue.terms,
        reporter,
        job_timeout_seconds=settings.job_timeout_seconds,
    )
    try:
        server = _HealthServer(settings, worker)
        worker.start()
        server.begin()
        reporter.note("info", "working", job=settings.job, concurrency=settings.concurrency, health_port=server.port)
        return _Shift(settings, worker, watch, reporter, told).work()
    finally:
        # Processes that hear no SIGTERM, and that Python would wait for.
        worker.cut()


class _HostError(CallError):
    """Whoever should be asked for notice and protection is not there."""


def _host(settings: Settings, environment: Mapping[str, str]) -> Host:
    if settings.host is HostKind.EC2:
        metadata = Metadata(ask, environment.get("METADATA_URL", "http://169.254.169.254/latest"))
        instance, region = metadata.get("instance-id"), metadata.get("placement/region")
        if instance is None or region is None:
            raise _HostError("NoInstanceMetadata")
        return Ec2Host(metadata, AutoScalingGroup.of(instance, region), termination_hook=settings.termination_hook)
    if settings.host is HostKind.ECS:
        if "ECS_AGENT_URI" not in environment:
            raise _HostError("NoEcsAgent")
        return EcsHost(ask, environment["ECS_AGENT_URI"])
    return NoHost()


class _Shift:
    """From the first message to the last."""

    def __init__(self, settings: Settings, worker: Worker, watch: Watch, reporter: Reporter, told: int) -> None:
        self._settings = settings
        self._worker = worker
        self._watch = watch
        self._reporter = reporter
        self._told = told
        self._flush_at = time.monotonic() + _METRICS_EVERY_SECONDS

    def work(self) -> int:
        """Until somebody says stop."""
        notice = None
        while notice is None and not self._signalled(_LOOK_SECONDS) and not self._worker.broken.is_set():
            self._watch.works(not self._worker.idle, time.monotonic())
            self._flush(now=False)
            notice = self._watch.look(time.monotonic())
        left = self._stop(notice or ("fault" if self._worker.broken.is_set() else "signal"))
        if notice is not None:
            # Started again, it would take messages that it has no time for: better to wait for the end.
            self._watch.stopped()
            self._signalled(None)
        self._flush(now=True)
        return _LEFT_OVER if left or self._worker.broken.is_set() else _STOPPED

    def _stop(self, why: str) -> int:
        began = time.monotonic()
        self._reporter.note("info", "stopping", why=why, held=self._worker.held, grace=self._settings.grace_seconds)
        self._worker.stop()
        end = began + self._settings.grace_seconds
        if not self._done_by(end - self._settings.grace_seconds * _RESERVE):
            self._worker.cut()
            self._done_by(end)
        left = self._worker.held
        self._worker.close()
        seconds = round(time.monotonic() - began, 1)
        self._reporter.note("error" if left else "info", "stopped", left=left, seconds=seconds)
        return left

    def _done_by(self, end: float) -> bool:
        """Whether everything was done or given back; nobody is waited for after a second signal."""
        while (left := end - time.monotonic()) > 0:
            if self._worker.wait(min(_LOOK_SECONDS, left)):
                return True
            if self._signalled(0) or self._worker.broken.is_set():
                return False
        return False

    def _signalled(self, seconds: float | None) -> bool:
        if not select.select([self._told], [], [], seconds)[0]:
            return False
        return bool(os.read(self._told, 1))

    def _flush(self, *, now: bool) -> None:
        if now or time.monotonic() >= self._flush_at:
            self._flush_at = time.monotonic() + _METRICS_EVERY_SECONDS
            self._reporter.flush({"MessagesHeld": self._worker.held})
