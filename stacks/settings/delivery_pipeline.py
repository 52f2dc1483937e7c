"""Settings of the stack DeliveryPipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aws_patterns._validation import Problems
from aws_patterns.delivery import _defaults as defaults
from aws_patterns.delivery.delivery_pipeline_options import (
    DeliveryEnvironment,
    PipelineCommands,
    SmokeTest,
    check_delivery_pipeline,
)
from stacks.settings._shared import exactly, renamed
from stacks.settings.load import Request, SettingsError, read_request

if TYPE_CHECKING:
    from stacks.registry import StackEntry

# Says what has to be chosen; nobody has such a repository.
PLACEHOLDER_REPOSITORY = "example/aws-patterns"

_PROJECT = Path(__file__).resolve().parents[2]
# What differs from one environment to the next, as a settings file of its own.
_ENVIRONMENTS = "environments"

# What the pipeline calls it, and what it is called here.
_NAMES = {
    r"^environments\[\d+\]\.name": "environments",
    r"^environments\[\d+\]\.account": "account",
    r"^environments\[\d+\]\.region": "region",
    r"^environments\[\d+\]\.rollback_alarms\[\d+\]": "rollback_alarms",
    r"^environments\[\d+\]\.smoke_test\.outputs\['URL'\]": "smoke_test_output",
    **exactly({"environments": "environments"}),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryPipelineSettings:
    """What may be chosen about the pipeline, and about what it delivers.

    Write them into cdk.json: the pipeline reads them again at every commit. What differs between environments is in a
    settings file of each, ``environments/<name>.toml``: its account, its Region, and settings of the stacks.

    Args:
        repository: Owner and name of the repository that this project is in.
        branch: Whose commits are deployed.
        connection_arn: The connection to where the repository is. Default: one to GitHub is made, which somebody has to
            complete in the console once.
        delivered: Names of the stacks that are deployed to every environment.
        environments: Their names, in the order in which they are deployed.
        approvals: Those of them that somebody has to agree to.
        smoke_test_output: Which stack's output holds the address that is tried after a deployment.
        smoke_test_path: What is asked for there; anything but success takes the environment back. Empty: nothing is.
        rollback_alarms: Names of alarms, in the pipeline's account and Region: one that goes off while they are watched
            takes an environment back.
        alarm_minutes: How long they are watched after a deployment.
        removal_policy: What becomes of what was built and its key when the stack is deleted: retain or destroy.
    """

    repository: str = PLACEHOLDER_REPOSITORY
    branch: str = "main"
    connection_arn: str | None = None
    delivered: tuple[str, ...] = ("PetCuddleOTron",)
    environments: tuple[str, ...] = ("staging", "production")
    approvals: tuple[str, ...] = ("production",)
    smoke_test_output: str = "PetCuddleOTron.SiteUrl"
    smoke_test_path: str = "/"
    rollback_alarms: tuple[str, ...] = ()
    alarm_minutes: int = defaults.ALARM_MINUTES
    removal_policy: Literal["retain", "destroy"] = "retain"

    def requests(self) -> Mapping[str, Request]:
        """What is deployed to each environment, by its name.

        Raises:
            SettingsError: Naming every mistake in an environment's settings.
        """
        return {name: self._request(name) for name in self.environments}

    def delivery_environments(self, requests: Mapping[str, Request]) -> list[DeliveryEnvironment]:
        """The environments as the pipeline knows them."""
        return [
            DeliveryEnvironment(
                name=name,
                account=requests[name].app.account,
                region=requests[name].app.region,
                approval=name in self.approvals,
                smoke_test=self._smoke_test(),
                rollback_alarms=self.rollback_alarms,
            )
            for name in self.environments
        ]

    def commands(self) -> PipelineCommands:
        """What this project's own commands are for."""
        return PipelineCommands(
            install=["make install"],
            synth=["make synth STACKS=DeliveryPipeline"],
            checks={"Test": ["make test"]},
            review=[
                ".venv/bin/python -m aws_patterns.delivery deployed-templates cdk.out --to deployed",
                ".venv/bin/python -m aws_patterns.review deployed cdk.out --fail-on data-loss",
            ],
        )

    def problems(self) -> list[str]:
        """One line for every setting that can't be used; each begins with the setting's name."""
        found = [
            f"approvals must be among environments, got {name!r}"
            for name in self.approvals
            if name not in self.environments
        ]
        if self.smoke_test_path and not self.smoke_test_path.startswith("/"):
            found.append(f"smoke_test_path must begin with a slash, got {self.smoke_test_path!r}")
        if not self.delivered:
            found.append("delivered must name at least one stack")
            return found
        known = [entry.name for entry in _registry() if entry.settings is not DeliveryPipelineSettings]
        unknown = [name for name in self.delivered if name not in known]
        if unknown:
            found += [f"delivered must name some of {', '.join(known)}; got {name!r}" for name in unknown]
            return found
        stack = self.smoke_test_output.partition(".")[0]
        if self.smoke_test_path and stack not in self.delivered:
            found.append(
                f"smoke_test_output must be an output of a stack that is delivered, such as {self.delivered[0]}.Url, "
                f"got {self.smoke_test_output!r}"
            )
        requests: dict[str, Request] = {}
        for name in self.environments:
            try:
                requests[name] = self._request(name)
            except SettingsError as error:
                lines = [line.removeprefix("  - ") for line in str(error).splitlines() if line.startswith("  - ")]
                found += [f"environments names {name!r}, of which {line}" for line in lines]
        if len(requests) < len(self.environments):
            return found
        problems = Problems("")
        check_delivery_pipeline(
            problems,
            repository=self.repository,
            branch=self.branch,
            connection_arn=self.connection_arn,
            commands=self.commands(),
            environments=self.delivery_environments(requests),
            build_timeout_minutes=defaults.BUILD_TIMEOUT_MINUTES,
            alarm_minutes=self.alarm_minutes,
        )
        return [*found, *dict.fromkeys(renamed(problems.found, _NAMES))]

    def _request(self, name: str) -> Request:
        given = ["-c", f"stacks={' '.join(self.delivered)}"]
        file = _PROJECT / _ENVIRONMENTS / f"{name}.toml"
        if file.is_file():
            given += ["-c", f"settings={file}"]
        return read_request(_registry(), arguments=given, environment={}, project=_PROJECT)

    def _smoke_test(self) -> SmokeTest | None:
        if not self.smoke_test_path:
            return None
        curl = (
            "curl --fail --silent --show-error --location --retry 5 --retry-all-errors --max-time 30 --output /dev/null"
        )
        return SmokeTest(
            commands=[f'{curl} "${{URL%/}}{self.smoke_test_path}"'], outputs={"URL": self.smoke_test_output}
        )


def _registry() -> Sequence[StackEntry]:
    from stacks.registry import STACKS  # noqa: PLC0415 - which names this module in turn

    return STACKS
