"""Jobs of GitHub Actions that look and deploy without any key that could be lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.delivery import _defaults as defaults
from aws_patterns.delivery._bootstrap_roles import bootstrap_role_arn
from aws_patterns.delivery.github_deploy_role_options import (
    DeploymentTarget,
    GitHubRepository,
    check_github_deploy_role,
)


class GitHubDeployRole(Construct):
    """Two roles for one repository: pull requests may only compare, and one environment on one branch may deploy.

    A job shows the token that GitHub gave it, and gets credentials for an hour. Both roles may do nothing themselves
    but take roles of ``cdk bootstrap``: the first that for lookups, the second those for deployments. Whoever may
    change what is deployed is decided on GitHub: protect the branch, and let the environment ask for approval.

    Not for a repository that others may push to unseen: its branch is all that is trusted. An account has one identity
    provider for GitHub; where there is one, give it as ``provider``.

    >>> acme = GitHubRepository(owner="acme", name="shop", owner_id=123456, repository_id=456789)
    >>> github = GitHubDeployRole(stack, "GitHub", repository=acme, environments=["production"])

    Args:
        repository: Whose jobs are trusted.
        environments: Environments of GitHub whose jobs may deploy, by their whole names.
        branches: Branches whose jobs may deploy, by their whole names. Default ``["main"]``.
        targets: Where they deploy. Default: this stack's account and Region.
        provider: The account's identity provider for GitHub. Default: one is made.
        publishes_images: Whether stacks have container images, which a further role uploads. Default no.
        bootstrap_qualifier: Given to ``cdk bootstrap``. Default ``hnb659fds``, its own.

    Attributes:
        provider: Whose tokens are taken.
        diff_role: For pull requests: ``cdk diff`` and lookups. Reads whatever ``cdk bootstrap``'s lookup role reads,
            which is all but the content of encrypted data.
        deploy_role: For the environments on the branches: ``cdk deploy``.

    Raises:
        ValueError: Naming every option that can't be used; wildcards are among it.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        repository: GitHubRepository,
        environments: Sequence[str],
        branches: Sequence[str] = ("main",),
        targets: Sequence[DeploymentTarget] = (),
        provider: iam.IOidcProvider | None = None,
        publishes_images: bool = False,
        bootstrap_qualifier: str = defaults.BOOTSTRAP_QUALIFIER,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"GitHubDeployRole {self.node.path}") as problems:
            check_github_deploy_role(
                problems,
                repository=repository,
                environments=environments,
                branches=branches,
                targets=targets,
                bootstrap_qualifier=bootstrap_qualifier,
            )
        own = Stack.of(self)
        places = targets or [DeploymentTarget(account=own.account, region=own.region)]
        self.provider = provider or iam.OidcProviderNative(
            self, "Provider", url=f"https://{defaults.GITHUB_ISSUER}", client_ids=[defaults.GITHUB_AUDIENCE]
        )
        self.diff_role = self._role(
            "DiffRole",
            f"Compares what a pull request of {repository.owner}/{repository.name} would deploy",
            {"sub": repository.subjects("pull_request"), "repository_id": [str(repository.repository_id)]},
        )
        self.deploy_role = self._role(
            "DeployRole",
            f"Deploys what was merged in {repository.owner}/{repository.name}",
            {
                "sub": repository.subjects(*(f"environment:{name}" for name in environments)),
                "repository_id": [str(repository.repository_id)],
                # The subject of a job with an environment says nothing of the branch that it runs on.
                "ref": [f"refs/heads/{name}" for name in branches],
            },
        )
        publishing = ("file-publishing", "image-publishing") if publishes_images else ("file-publishing",)
        self._let_take(self.diff_role, ("lookup",), places, bootstrap_qualifier)
        self._let_take(self.deploy_role, ("deploy", *publishing, "lookup"), places, bootstrap_qualifier)

    def _role(self, id: str, description: str, claims: Mapping[str, list[str]]) -> iam.Role:
        expected = {"aud": [defaults.GITHUB_AUDIENCE], **claims}
        conditions = {f"{defaults.GITHUB_ISSUER}:{claim}": values for claim, values in expected.items()}
        return iam.Role(
            self,
            id,
            description=description,
            assumed_by=iam.WebIdentityPrincipal(self.provider.oidc_provider_arn, {"StringEquals": conditions}),
            max_session_duration=Duration.hours(defaults.SESSION_HOURS),
        )

    def _let_take(
        self, role: iam.Role, kinds: Sequence[str], places: Sequence[DeploymentTarget], qualifier: str
    ) -> None:
        roles = [bootstrap_role_arn(self, kind, place, qualifier=qualifier) for place in places for kind in kinds]
        role.add_to_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=roles))
