"""Which tokens of GitHub Actions get credentials: the policies as generated, judged by the embedded AWS's evaluator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

ACCOUNT = "111122223333"
ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"

# What a job of the environment production, on main of acme/shop, shows.
DEPLOYMENT = {
    "iss": f"https://{ISSUER}",
    "aud": "sts.amazonaws.com",
    "sub": "repo:acme@11/shop@22:environment:production",
    "repository": "acme/shop",
    "repository_id": "22",
    "repository_owner_id": "11",
    "ref": "refs/heads/main",
    "environment": "production",
    "event_name": "push",
}
PULL_REQUEST = {
    **{claim: value for claim, value in DEPLOYMENT.items() if claim != "environment"},
    "sub": "repo:acme@11/shop@22:pull_request",
    "ref": "refs/pull/7/merge",
    "event_name": "pull_request",
}
NEITHER: tuple[str, ...] = ()

TOKENS = [
    ("the environment on the branch", DEPLOYMENT, {}, ("deploy",)),
    ("a pull request", PULL_REQUEST, {}, ("diff",)),
    (
        "before the repository's tokens had ids",
        DEPLOYMENT,
        {"sub": "repo:acme/shop:environment:production"},
        ("deploy",),
    ),
    ("a pull request before that", PULL_REQUEST, {"sub": "repo:acme/shop:pull_request"}, ("diff",)),
    (
        "another repository of the owner",
        DEPLOYMENT,
        {"sub": "repo:acme@11/stock@33:environment:production", "repository_id": "33"},
        NEITHER,
    ),
    (
        "a fork",
        DEPLOYMENT,
        {"sub": "repo:mallory@66/shop@77:environment:production", "repository_id": "77"},
        NEITHER,
    ),
    (
        "a fork's own pull request",
        PULL_REQUEST,
        {"sub": "repo:mallory@66/shop@77:pull_request", "repository_id": "77"},
        NEITHER,
    ),
    (
        "who took the name after it was given up",
        DEPLOYMENT,
        {"sub": "repo:acme/shop:environment:production", "repository_id": "99"},
        NEITHER,
    ),
    ("another branch", DEPLOYMENT, {"ref": "refs/heads/feature"}, NEITHER),
    ("a branch whose name begins like it", DEPLOYMENT, {"ref": "refs/heads/main-2"}, NEITHER),
    ("a tag called like the branch", DEPLOYMENT, {"ref": "refs/tags/main"}, NEITHER),
    (
        "another environment",
        DEPLOYMENT,
        {"sub": "repo:acme@11/shop@22:environment:development", "environment": "development"},
        NEITHER,
    ),
    ("the branch without an environment", DEPLOYMENT, {"sub": "repo:acme@11/shop@22:ref:refs/heads/main"}, NEITHER),
    (
        "a pull request that asks for the environment",
        PULL_REQUEST,
        {"sub": "repo:acme@11/shop@22:environment:production", "environment": "production"},
        NEITHER,
    ),
    ("a token for somebody else", DEPLOYMENT, {"aud": "https://github.com/acme"}, NEITHER),
    ("another spelling", DEPLOYMENT, {"sub": "repo:Acme@11/shop@22:environment:production"}, NEITHER),
    ("an environment called like a wildcard", DEPLOYMENT, {"sub": "repo:acme@11/shop@22:environment:*"}, NEITHER),
    ("a token without the repository's number", DEPLOYMENT, {"repository_id": None}, NEITHER),
    ("a token without a branch", DEPLOYMENT, {"ref": None}, NEITHER),
]


@pytest.fixture(scope="module")
def policies() -> Mapping[str, str]:
    """The trust policy of each role, as CloudFormation would write it."""
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk.assertions import Template

    from aws_patterns.delivery.github_deploy_role import GitHubDeployRole
    from aws_patterns.delivery.github_deploy_role_options import GitHubRepository

    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    GitHubDeployRole(
        stack,
        "GitHub",
        repository=GitHubRepository(owner="acme", name="shop", owner_id=11, repository_id=22),
        environments=["production"],
        provider=iam.OidcProviderNative.from_oidc_provider_arn(stack, "Known", PROVIDER),
    )
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    return {
        role: json.dumps(found["Properties"]["AssumeRolePolicyDocument"])
        for role in ("diff", "deploy")
        for name, found in roles.items()
        if name.startswith(f"GitHub{role.title()}Role")
    }


def taken(policy: str, claims: Mapping[str, Any]) -> bool:
    # STS makes condition keys of these claims (IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
    known = ("aud", "sub", "repository", "repository_id", "ref", "environment", "workflow", "job_workflow_ref", "actor")
    judge = import_module("ministack.core.iam_evaluator")
    context = judge.EvalContext(
        principal_arn=PROVIDER,
        principal_type="WebIdentityUser",
        principal_account=ACCOUNT,
        action="sts:AssumeRoleWithWebIdentity",
        resource_arn=f"arn:aws:iam::{ACCOUNT}:role/any",
        region="eu-west-1",
        service_context={f"{ISSUER}:{claim}": claims[claim] for claim in known if claims.get(claim) is not None},
    )
    return bool(judge.evaluate_trust_policy(policy, PROVIDER, context))


@pytest.mark.parametrize(("token", "changes", "roles"), [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS])
def test_a_token_gets_the_roles_that_it_is_meant_for_and_no_other(
    policies: Mapping[str, str], token: Mapping[str, str], changes: Mapping[str, str | None], roles: tuple[str, ...]
) -> None:
    claims = {**token, **changes}
    assert tuple(role for role, policy in policies.items() if taken(policy, claims)) == roles


def test_another_identity_provider_gets_nothing(policies: Mapping[str, str]) -> None:
    other = PROVIDER.replace(ISSUER, "gitlab.com")
    for policy in policies.values():
        assert PROVIDER in policy
        assert other not in policy
