"""What may be chosen about the worker program, and within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from aws_patterns._validation import Problems, is_token

WORKER = "queue_worker"
WHEELHOUSE = "wheelhouse"

DEFAULT_JOB = "media_renditions.handler:make"

HEALTH_URL = "http://127.0.0.1:8081/health"
"""Of the worker on an instance, for ``InstanceWorkers(health_url=...)``."""

HEALTH_COMMAND = ("python", "-m", "queue_worker", "health")
"""Of the worker in a task, for ``FargateWorkers(health_command=...)``."""

# As the worker program reads it, with a package around the module.
_JOB = re.compile(r"(?P<package>[A-Za-z_]\w*)(?P<modules>(\.[A-Za-z_]\w*)+):[A-Za-z_]\w*", re.ASCII)
_SERVICE = re.compile(r"[A-Za-z0-9._#/-]{1,255}")


def job_environment(*, job: str = DEFAULT_JOB, service: str = WORKER) -> Mapping[str, str]:
    """The variables by which the worker finds its job, and by whose name it logs and measures."""
    return {"JOB": job, "POWERTOOLS_SERVICE_NAME": service}


def package_of(job: str) -> str:
    """The package that a job is in."""
    return job.partition(".")[0]


def check_worker_program(
    problems: Problems,
    *,
    job: str = DEFAULT_JOB,
    job_source: str | None = None,
    wheelhouse: str | None = None,
    service: str = WORKER,
) -> None:
    """Add to ``problems`` whatever is wrong with the options of one worker program."""
    found = None if is_token(job) else _JOB.fullmatch(job)
    if is_token(job):
        problems.add("job must be known at synthesis, where its package is looked for")
    elif found is None:
        problems.add(f"job must look like package.module:function, got {job!r}")
    elif job_source is None:
        if found["package"] != package_of(DEFAULT_JOB):
            problems.add(
                f"job_source is missing: {found['package']} does not come with the worker. Name the folder that it is "
                "in"
            )
    elif found["package"] == WORKER:
        problems.add(f"job must be in a package of another name than {WORKER}, which is the worker itself")
    else:
        _check_source(problems, found, Path(job_source))
    if wheelhouse is not None and not any(Path(wheelhouse).glob("*.whl")):
        problems.add(f"wheelhouse must be a folder with wheels, which `pip download` fills, got {wheelhouse!r}")
    if not is_token(service) and not _SERVICE.fullmatch(service):
        problems.add(f"service must be 1 to 255 letters, digits and characters of ._#/-, got {service!r}")


def _check_source(problems: Problems, job: re.Match[str], folder: Path) -> None:
    module = folder / job["package"] / Path(*job["modules"].strip(".").split("."))
    if not module.with_suffix(".py").is_file() and not (module / "__init__.py").is_file():
        problems.add(
            f"job_source must be the folder with the package {job['package']}, got {str(folder)!r}, where "
            f"{module.relative_to(folder)}.py is not"
        )
