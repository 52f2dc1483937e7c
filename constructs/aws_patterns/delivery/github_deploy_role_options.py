"""Which jobs of GitHub Actions are trusted, where they deploy, and within which limits this may be chosen. No CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_patterns._names import REGION
from aws_patterns._types import typed
from aws_patterns._validation import Problems, is_token

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_QUALIFIER = re.compile(r"[A-Za-z0-9_-]{1,10}", re.ASCII)
# What IAM would take for a wildcard, and what GitHub allows in no name of a branch.
_NOT_IN_NAMES = re.compile(r"[*?\[\s\x00-\x1f~^:\\]")


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHubRepository:
    """A repository on GitHub: ``GitHubRepository(owner="acme", name="shop", owner_id=123456, repository_id=456789)``.

    ``gh api repos/acme/shop --jq '.owner.id, .id'`` prints both ids. A name can be given up and taken by somebody else,
    the repository's id can't: it is asked for in every token. The tokens of repositories that were made or renamed
    since July 2026 have both ids in their subject, those of older ones only names: both are understood, so that nothing
    breaks on the day of a renaming.

    Attributes:
        owner: User or organization, as GitHub spells it.
        name: Of the repository, as GitHub spells it.
        owner_id: The owner's number.
        repository_id: The repository's number.

    Source: https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    """

    owner: str
    name: str
    owner_id: int
    repository_id: int

    def subjects(self, *contexts: str) -> list[str]:
        """The subjects of its tokens in each context, such as ``pull_request``, with and without ids."""
        prefixes = (
            f"repo:{self.owner}@{self.owner_id}/{self.name}@{self.repository_id}",
            f"repo:{self.owner}/{self.name}",
        )
        return [f"{prefix}:{context}" for context in contexts for prefix in prefixes]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentTarget:
    """An account and a Region that were prepared by ``cdk bootstrap``.

    Attributes:
        account: Its 12 digits.
        region: Its code, such as ``eu-west-1``.
    """

    account: str
    region: str


@typed
def check_github_deploy_role(
    problems: Problems,
    *,
    repository: GitHubRepository,
    environments: Sequence[str],
    branches: Sequence[str],
    targets: Sequence[DeploymentTarget],
    bootstrap_qualifier: str,
) -> None:
    """Add to ``problems`` whatever is wrong with whom to trust and where to deploy."""
    _check_repository(problems, repository)
    _check_names(problems, "environments", "environment", environments)
    _check_names(problems, "branches", "branch", branches)
    for place, target in enumerate(targets):
        if not is_token(target.account) and not _ACCOUNT.fullmatch(target.account):
            problems.add(f"targets[{place}].account must be 12 digits, got {target.account!r}")
        if not is_token(target.region) and not REGION.fullmatch(target.region):
            problems.add(f"targets[{place}].region must be a Region's code such as eu-west-1, got {target.region!r}")
        if target in targets[:place]:
            problems.add(f"targets[{place}] is there twice: {target.account} in {target.region}; leave one out")
    if not is_token(bootstrap_qualifier) and not _QUALIFIER.fullmatch(bootstrap_qualifier):
        problems.add(
            f"bootstrap_qualifier must be 1 to 10 letters, digits, dashes or underscores, got {bootstrap_qualifier!r}"
        )


def _check_repository(problems: Problems, repository: GitHubRepository) -> None:
    for name, value, pattern, allowed in (
        ("owner", repository.owner, _OWNER, "a name of GitHub's: 1 to 39 letters, digits and dashes"),
        ("name", repository.name, _NAME, "one repository: 1 to 100 letters, digits, dots, dashes and underscores"),
    ):
        if not pattern.fullmatch(value):
            problems.add(f"repository.{name} must be {allowed}, no wildcards, got {value!r}")
    for name, number in (("owner_id", repository.owner_id), ("repository_id", repository.repository_id)):
        if number < 1:
            problems.add(f"repository.{name} must be 1 or more, as gh api repos/<owner>/<name> says, got {number}")


def _check_names(problems: Problems, option: str, kind: str, names: Sequence[str]) -> None:
    if not names:
        problems.add(f"{option} must name at least one {kind}, got none: any other would deploy")
    for place, name in enumerate(names):
        found = _NOT_IN_NAMES.search(name)
        if found or not name:
            because = f"{found.group()!r} can't be in it" if found else "it is empty"
            problems.add(
                f"{option}[{place}] must be the whole name of one {kind}, no wildcards, got {name!r}: {because}"
            )
        if name in names[:place]:
            problems.add(f"{option}[{place}] is there twice: {name!r}; leave one out")
