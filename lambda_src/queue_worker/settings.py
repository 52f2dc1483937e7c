"""What the environment says about how to work, checked as a whole. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from queue_worker.job import is_entry

# SQS keeps no message from others for longer than twelve hours, heartbeat or not; ending a job takes a moment too.
LONGEST_JOB_SECONDS = 42_000

_MOST_PROCESSES = 256
_LONGEST_WAIT_SECONDS = 20
_LONGEST_GRACE_SECONDS = 3_600
_LARGEST_PORT = 65_535


class Host(StrEnum):
    """Where a worker runs, as far as it asks: for notice of its end, and not to be ended while it works."""

    NONE = "none"
    """Nobody is asked; SIGTERM says when to stop."""
    EC2 = "ec2"
    """An instance of an Auto Scaling group."""
    ECS = "ecs"
    """A task of an ECS service."""


class SettingsError(ValueError):
    """The environment says something that can't be; the text says all of it, a line each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How to work.

    Attributes:
        queue_url: ``QUEUE_URL``, required. How often a message is tried, for how long it is hidden and where dead
            letters go are the queue's own attributes, and read from it.
        job: ``JOB``, required: ``package.module:function``, see ``queue_worker.job``.
        concurrency: ``CONCURRENCY``: jobs at a time, each in a process of its own, 1 to 256. Default: the CPUs.
        receive_wait_seconds: ``RECEIVE_WAIT_SECONDS``: for a message, at most, 0 to 20. Default: 20.
        job_timeout_seconds: ``JOB_TIMEOUT_SECONDS``: after which a job's process is ended and the message tried
            again, 1 to 42,000. Default: 900.
        grace_seconds: ``GRACE_SECONDS``: from SIGTERM to the end, at most. What is under way after all of it but
            the last tenth goes back to the queue. More than the wait for a message. Default: 90.
        health_address: ``HEALTH_ADDRESS``: to listen on. Default: 127.0.0.1, for this machine alone.
        health_port: ``HEALTH_PORT``: 0 to 65,535, where 0 takes any. Default: 8081.
        host: ``HOST``: none, ec2 or ecs. Default: none.
        protected: ``SCALE_IN_PROTECTION``: whether the host is asked not to end this worker while it works, yes or
            no. Default: yes where the host is ec2 or ecs.
        termination_hook: ``TERMINATION_HOOK``: the name of the Auto Scaling group's hook that waits for this worker
            to return what it holds. Default: none.
    """

    queue_url: str
    job: str
    concurrency: int
    receive_wait_seconds: int = 20
    job_timeout_seconds: float = 900
    grace_seconds: float = 90
    health_address: str = "127.0.0.1"
    health_port: int = 8_081
    host: Host = Host.NONE
    protected: bool = False
    termination_hook: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str], *, cpus: int) -> Settings:
        """From environment variables.

        Raises:
            SettingsError: With all that is wrong.
        """
        read = _Reader(environment)
        host = read.choice("HOST", tuple(Host), Host.NONE)
        settings = cls(
            queue_url=read.required("QUEUE_URL", "the URL of a queue"),
            job=read.required("JOB", "package.module:function"),
            concurrency=int(read.number("CONCURRENCY", 1, _MOST_PROCESSES, min(cpus, _MOST_PROCESSES))),
            receive_wait_seconds=int(read.number("RECEIVE_WAIT_SECONDS", 0, _LONGEST_WAIT_SECONDS, 20)),
            job_timeout_seconds=read.number("JOB_TIMEOUT_SECONDS", 1, LONGEST_JOB_SECONDS, 900),
            grace_seconds=read.number("GRACE_SECONDS", 1, _LONGEST_GRACE_SECONDS, 90),
            health_address=environment.get("HEALTH_ADDRESS") or "127.0.0.1",
            health_port=int(read.number("HEALTH_PORT", 0, _LARGEST_PORT, 8_081)),
            host=Host(host),
            protected=read.choice("SCALE_IN_PROTECTION", ("yes", "no"), "no" if host == Host.NONE else "yes") == "yes",
            termination_hook=environment.get("TERMINATION_HOOK") or None,
        )
        if settings.job and not is_entry(settings.job):
            read.problems.append(f"JOB must look like package.module:function, got {settings.job!r}")
        if settings.grace_seconds * 0.9 <= settings.receive_wait_seconds:
            # A message may arrive with the last breath of a wait that has begun, and has to be given back.
            read.problems.append(
                f"GRACE_SECONDS must be so long that nine tenths of it are more than RECEIVE_WAIT_SECONDS "
                f"({settings.receive_wait_seconds}), got {settings.grace_seconds:g}"
            )
        if settings.protected and host == Host.NONE:
            read.problems.append("SCALE_IN_PROTECTION must be no where HOST is none: there is nobody to ask for it")
        if settings.termination_hook and host != Host.EC2:
            read.problems.append("TERMINATION_HOOK must not be set unless HOST is ec2")
        if read.problems:
            raise SettingsError("\n".join(read.problems))
        return settings


class _Reader:
    """Reads values one by one and remembers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def required(self, name: str, what: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self.problems.append(f"{name} must be set: {what}")
        return value

    def number(self, name: str, lowest: float, highest: float, default: float) -> float:
        text = self._environment.get(name) or str(default)
        if not text.isascii() or not text.isdecimal() or not lowest <= int(text) <= highest:
            self.problems.append(f"{name} must be a whole number between {lowest:,} and {highest:,}, got {text!r}")
            return default
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._environment.get(name) or default
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
            return default
        return value
