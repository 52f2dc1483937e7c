"""What may be chosen about a pipeline and the environments that it deploys to, within which limits. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token
from aws_patterns.delivery import _defaults as defaults

_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)+", re.ASCII)
_CONNECTION = re.compile(r"arn:[\w-]+:code(connections|star-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,29}", re.ASCII)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
# What the check is called that compares with what is deployed.
_REVIEW = "Review"
# Names of stages that CDK Pipelines makes itself.
_TAKEN = frozenset({"source", "build", "updatepipeline", "assets", "checks"})


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineCommands:
    """What the build machines type: ``PipelineCommands(synth=["npx cdk synth"])``, in the root of the repository.

    Attributes:
        install: Before each of the others.
        synth: Leaves the cloud assembly in ``cdk.out``.
        checks: Before anything deploys, by their titles; side by side. Each begins from a clean checkout, with
            ``cdk.out`` in it. Default: none.
        review: Before anything deploys: has the roles to read the templates that are deployed. Default: none.
    """

    synth: Sequence[str]
    install: Sequence[str] = ()
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    review: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SmokeTest:
    """A few requests through the front door of what was just deployed.

    Attributes:
        commands: Fail when it does not answer as it should.
        outputs: Variables of the commands, each with the stack's output that it is filled from:
            ``{"URL": "Shop.SiteUrl"}``. Default: none.
    """

    commands: Sequence[str]
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryEnvironment:
    """One environment that is deployed to.

    Attributes:
        name: In the names of its stacks and in the pipeline, 1 to 30 letters, digits and dashes.
        account: Its account. Default: the pipeline's.
        region: Its Region. Default: the pipeline's.
        approval: Whether somebody has to agree first. Default no.
        smoke_test: Afterwards. Default: none.
        rollback_alarms: Names of alarms, in the pipeline's account and Region: one that goes off while they are watched
            takes the environment back to what was deployed before. Default: none.
    """

    name: str
    account: str | None = None
    region: str | None = None
    approval: bool = False
    smoke_test: SmokeTest | None = None
    rollback_alarms: Sequence[str] = ()


@typed
def check_delivery_pipeline(
    problems: Problems,
    *,
    repository: str,
    branch: str,
    connection_arn: str | None,
    commands: PipelineCommands,
    environments: Sequence[DeliveryEnvironment],
    build_timeout_minutes: int,
    alarm_minutes: int,
) -> None:
    """Add to ``problems`` whatever is wrong with a pipeline's options."""
    if not is_token(repository) and not _REPOSITORY.fullmatch(repository):
        problems.add(f"repository must be owner and name such as acme/shop, got {repository!r}")
    if not is_token(branch) and not branch:
        problems.add("branch must name the branch whose commits are deployed, got ''")
    if connection_arn is not None and not is_token(connection_arn) and not _CONNECTION.fullmatch(connection_arn):
        problems.add(
            "connection_arn must look like arn:aws:codeconnections:eu-west-1:111122223333:connection/..., got "
            f"{connection_arn!r}"
        )
    if not commands.synth:
        problems.add("commands.synth must hold at least one command that leaves the cloud assembly in cdk.out")
    for title, lines in commands.checks.items():
        if not _NAME.fullmatch(title):
            problems.add(
                f"commands.checks must have titles of 1 to 30 letters, digits and dashes that begin with a letter, "
                f"got {title!r}"
            )
        elif title == _REVIEW:
            problems.add(f"commands.checks must not have the title {_REVIEW}: that is commands.review")
        if not lines:
            problems.add(f"commands.checks[{title!r}] must hold at least one command")
    problems.between("build_timeout_minutes", build_timeout_minutes, 5, 480, " minutes")
    problems.between("alarm_minutes", alarm_minutes, 1, defaults.LONGEST_ALARM_MINUTES, " minutes")
    if not 1 <= len(environments) <= defaults.MOST_ENVIRONMENTS:
        problems.add(f"environments must be 1 to {defaults.MOST_ENVIRONMENTS}, got {len(environments)}")
    seen: set[str] = set()
    for place, environment in enumerate(environments):
        _check_environment(problems, f"environments[{place}]", environment, seen)
        seen.add(environment.name.lower())


def _check_environment(problems: Problems, at: str, environment: DeliveryEnvironment, seen: set[str]) -> None:
    name = environment.name
    if not _NAME.fullmatch(name):
        problems.add(f"{at}.name must be 1 to 30 letters, digits and dashes and begin with a letter, got {name!r}")
    elif name.lower() in _TAKEN:
        problems.add(f"{at}.name must not be that of one of the pipeline's own stages, got {name!r}")
    elif name.lower() in seen:
        problems.add(f"{at}.name must differ from the others, got {name!r} again")
    if environment.account is not None and not re.fullmatch(r"\d{12}", environment.account, re.ASCII):
        problems.add(f"{at}.account must be 12 digits, got {environment.account!r}")
    if environment.region is not None and not REGION.fullmatch(environment.region):
        problems.add(f"{at}.region must be a Region's code such as eu-west-1, got {environment.region!r}")
    for index, alarm in enumerate(environment.rollback_alarms):
        if not alarm:
            problems.add(f"{at}.rollback_alarms[{index}] must be the name of an alarm, got ''")
    test = environment.smoke_test
    if test is None:
        return
    if not test.commands:
        problems.add(f"{at}.smoke_test.commands must hold at least one command")
    for variable, output in test.outputs.items():
        if not _VARIABLE.fullmatch(variable):
            problems.add(
                f"{at}.smoke_test.outputs must fill variables called like SITE_URL: letters, digits and underscores, "
                f"got {variable!r}"
            )
        if output.count(".") != 1:
            problems.add(
                f"{at}.smoke_test.outputs[{variable!r}] must be a stack's output such as Shop.SiteUrl, got {output!r}"
            )
