"""Asks instances over HTTP whether they are well."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from fleet_health_check.logic import Instance

_HEALTHY = range(200, 400)

# A hiccup is over by then.
_PAUSE_SECONDS = 1.0

_AT_THE_SAME_TIME = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What is asked, how often, and how long an answer may take."""

    port: int
    path: str
    tls: bool
    attempts: int
    timeout_seconds: float

    def answers(self, instance: Instance) -> bool:
        """Whether any of the attempts gets a healthy answer."""
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(_PAUSE_SECONDS)
            if self._answers_once(instance.address):
                return True
        return False

    def _answers_once(self, address: str) -> bool:
        connection = self._connection(address)
        try:
            connection.request("GET", self.path, headers={"User-Agent": "fleet-health-check", "Connection": "close"})
            return connection.getresponse().status in _HEALTHY
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _connection(self, address: str) -> HTTPConnection:
        if not self.tls:
            return HTTPConnection(address, self.port, timeout=self.timeout_seconds)
        # As a load balancer does with its targets: a certificate is for a name, and an instance has an address only.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return HTTPSConnection(address, self.port, timeout=self.timeout_seconds, context=context)


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """Who was asked in time, and who of them gave no healthy answer."""

    instances: tuple[Instance, ...]
    failing: tuple[str, ...]


def probe_all(instances: Collection[Instance], answers: Callable[[Instance], bool], seconds: float) -> Probed:
    """Ask many at the same time. Nothing is said about those that were not done within so many seconds."""
    asked = [instance for instance in instances if not instance.marked]
    pool = ThreadPoolExecutor(max_workers=_AT_THE_SAME_TIME)
    found = {pool.submit(answers, instance): instance for instance in asked}
    done = wait(found, timeout=seconds).done
    pool.shutdown(wait=False, cancel_futures=True)
    in_time = {found[future].id for future in done}
    return Probed(
        instances=tuple(instance for instance in instances if instance.marked or instance.id in in_time),
        failing=tuple(found[future].id for future in found if future in done and not future.result()),
    )
