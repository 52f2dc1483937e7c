"""What a worker asks of where it runs: is its end near, and not to be ended while it works. No AWS SDK."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import inf
from typing import Protocol, TypeAlias

from queue_worker.logic import CallError, Teller

Ask: TypeAlias = Callable[[str, str, Mapping[str, str], str | None], tuple[int, str]]

_OK = 200
_UNAUTHORIZED = 401
_METADATA = "http://169.254.169.254/latest"
_TOKEN_SECONDS = 21_600

# Spot gives two minutes, and asking costs nothing.
_NOTICE_EVERY_SECONDS = 5.0

# A pause between two messages is no reason to give up protection; each change is a call that AWS limits.
_IDLE_SECONDS = 60.0
_AGAIN_SECONDS = 10.0

# ECS lets a protection lapse, so that a task that hangs is not protected for ever.
_TASK_PROTECTED_MINUTES = 60
_RENEWED_AFTER_SECONDS = 1_200.0


class Host(Protocol):
    """Where a worker runs."""

    def end_is_near(self) -> str | None:
        """Why this worker should stop, if it should. May raise CallError."""

    def protect(self, protected: bool) -> None:
        """Whether this worker should be left alone. May raise CallError."""

    def stopped(self) -> None:
        """The worker holds nothing any more. May raise CallError."""


class Group(Protocol):
    """An Auto Scaling group, for one of its instances. Each call may raise CallError."""

    def protect(self, protected: bool) -> None:
        """Whether scaling in may choose the instance."""

    def release(self, hook: str) -> None:
        """Let the instance be terminated."""


class NoHost:
    """Nobody to ask."""

    def end_is_near(self) -> str | None:
        """Nobody knows."""
        return None

    def protect(self, protected: bool) -> None:
        """Nobody cares."""

    def stopped(self) -> None:
        """Nobody waits."""


class Metadata:
    """The instance's metadata service, version 2."""

    def __init__(self, ask: Ask, url: str = _METADATA) -> None:
        self._ask = ask
        self._url = url
        self._token = ""

    def get(self, path: str) -> str | None:
        """What it says; ``None`` when there is no such thing, or no answer."""
        for _ in range(2):
            if not self._token:
                wanted = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
                status, text = self._ask("PUT", f"{self._url}/api/token", wanted, None)
                self._token = text if status == _OK else ""
            status, text = self._ask(
                "GET", f"{self._url}/meta-data/{path}", {"X-aws-ec2-metadata-token": self._token}, None
            )
            if status != _UNAUTHORIZED:
                return text if status == _OK else None
            self._token = ""
        return None


class Ec2Host:
    """An instance of an Auto Scaling group: notices of Spot and of the group, protection from scaling in, its hook."""

    def __init__(self, metadata: Metadata, group: Group, *, termination_hook: str | None) -> None:
        self._metadata = metadata
        self._group = group
        self._hook = termination_hook
        self._terminating = False

    def end_is_near(self) -> str | None:
        """Spot's notice of two minutes, or that the group has begun to terminate the instance."""
        if self._metadata.get("autoscaling/target-lifecycle-state") == "Terminated":
            self._terminating = True
            return "termination"
        return "spot interruption" if self._metadata.get("spot/instance-action") is not None else None

    def protect(self, protected: bool) -> None:
        """Whether scaling in may choose the instance."""
        self._group.protect(protected)

    def stopped(self) -> None:
        """Let the group go on, which waits for its hook."""
        if self._hook is not None and self._terminating:
            self._group.release(self._hook)


class EcsHost:
    """A task of a service. That its end is near, SIGTERM says."""

    def __init__(self, ask: Ask, agent_url: str) -> None:
        self._ask = ask
        self._url = f"{agent_url}/task-protection/v1/state"

    def end_is_near(self) -> str | None:
        """ECS sends SIGTERM, on Spot as well."""
        return None

    def protect(self, protected: bool) -> None:
        """Whether scaling in and deployments leave the task alone."""
        wanted: dict[str, object] = {"ProtectionEnabled": protected}
        if protected:
            wanted["ExpiresInMinutes"] = _TASK_PROTECTED_MINUTES
        status, _ = self._ask("PUT", self._url, {"Content-Type": "application/json"}, json.dumps(wanted))
        if status != _OK:
            raise CallError(f"TaskProtection{status}")

    def stopped(self) -> None:
        """ECS waits for the process alone."""


class Watch:
    """Asks the host now and then, and has the worker protected from when it is busy until it was idle for a while."""

    def __init__(self, host: Host, teller: Teller, *, protected: bool, renewed: bool) -> None:
        self._host = host
        self._teller = teller
        self._wanted = protected
        self._renewed_after = _RENEWED_AFTER_SECONDS if renewed else inf
        self._look_at = -inf
        self._busy_at = -inf
        self._protected = False
        self._protected_at = -inf
        self._ask_at = -inf

    def look(self, now: float) -> str | None:
        """Why this worker should stop, if it should."""
        if now < self._look_at:
            return None
        self._look_at = now + _NOTICE_EVERY_SECONDS
        return self._host.end_is_near()

    def works(self, busy: bool, now: float) -> None:
        """Say whether the worker has anything to do just now."""
        self._busy_at = now if busy else self._busy_at
        protect = now - self._busy_at < _IDLE_SECONDS
        lapsing = protect and now - self._protected_at >= self._renewed_after
        if not self._wanted or now < self._ask_at or (protect == self._protected and not lapsing):
            return
        try:
            self._host.protect(protect)
        except CallError as error:
            self._ask_at = now + _AGAIN_SECONDS
            self._teller.note("warning", "protection not changed", code=error.code, protected=protect)
        else:
            self._protected, self._protected_at = protect, now

    def stopped(self) -> None:
        """The worker holds nothing any more and takes nothing."""
        try:
            self._host.stopped()
        except CallError as error:
            # The hook ends by itself.
            self._teller.note("warning", "could not let the instance go", code=error.code)
