"""Whom the two roles trust, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from aws_patterns.delivery.github_deploy_role import GitHubDeployRole
from aws_patterns.delivery.github_deploy_role_options import DeploymentTarget, GitHubRepository

ACME = GitHubRepository(owner="acme", name="shop", owner_id=11, repository_id=22)
ISSUER = "token.actions.githubusercontent.com"


def new_stack(name: str = "S") -> cdk.Stack:
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), name, env=env)


def build(stack: cdk.Stack | None = None, **props: Any) -> tuple[GitHubDeployRole, Template]:
    stack = stack or new_stack()
    github = GitHubDeployRole(stack, "GitHub", **{"repository": ACME, "environments": ["production"], **props})
    return github, Template.from_stack(stack)


def conditions(template: Template, id: str) -> Mapping[str, Any]:
    (role,) = (
        found["Properties"]
        for name, found in template.find_resources("AWS::IAM::Role").items()
        if name.startswith(f"GitHub{id}")
    )
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert list(statement["Condition"]) == ["StringEquals"], "which knows no wildcards"
    return dict(statement["Condition"]["StringEquals"])


def may_take(template: Template, id: str) -> Sequence[str]:
    (policy,) = (
        found["Properties"]["PolicyDocument"]["Statement"]
        for name, found in template.find_resources("AWS::IAM::Policy").items()
        if name.startswith(f"GitHub{id}")
    )
    (statement,) = policy
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    found = statement["Resource"]
    roles = [found] if isinstance(found, dict) else found
    return ["".join(part if isinstance(part, str) else "aws" for part in role["Fn::Join"][1]) for role in roles]


def bootstrapped(kind: str, account: str = "111122223333", region: str = "eu-west-1") -> str:
    return f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-role-{account}-{region}"


def test_pull_requests_of_that_repository_may_compare() -> None:
    _, template = build()
    assert conditions(template, "DiffRole") == {
        f"{ISSUER}:aud": ["sts.amazonaws.com"],
        f"{ISSUER}:sub": ["repo:acme@11/shop@22:pull_request", "repo:acme/shop:pull_request"],
        f"{ISSUER}:repository_id": ["22"],
    }
    assert may_take(template, "DiffRole") == [bootstrapped("lookup")]


def test_the_environment_on_the_branch_may_deploy() -> None:
    _, template = build()
    assert conditions(template, "DeployRole") == {
        f"{ISSUER}:aud": ["sts.amazonaws.com"],
        f"{ISSUER}:sub": ["repo:acme@11/shop@22:environment:production", "repo:acme/shop:environment:production"],
        f"{ISSUER}:repository_id": ["22"],
        f"{ISSUER}:ref": ["refs/heads/main"],
    }
    assert may_take(template, "DeployRole") == [
        bootstrapped("deploy"),
        bootstrapped("file-publishing"),
        bootstrapped("lookup"),
    ]


def test_both_roles_last_an_hour_and_may_do_nothing_else() -> None:
    _, template = build()
    roles = template.find_resources("AWS::IAM::Role").values()
    assert [role["Properties"]["MaxSessionDuration"] for role in roles] == [3600, 3600]
    assert not [role for role in roles if "ManagedPolicyArns" in role["Properties"]]
    template.resource_count_is("AWS::IAM::Policy", 2)


def test_tokens_are_for_aws_and_from_github() -> None:
    _, template = build()
    (provider,) = template.find_resources("AWS::IAM::OIDCProvider").values()
    assert provider["Properties"] == {"ClientIdList": ["sts.amazonaws.com"], "Url": f"https://{ISSUER}"}


def test_several_branches_and_environments_of_several_places() -> None:
    targets = [
        DeploymentTarget(account="222233334444", region="eu-west-1"),
        DeploymentTarget(account="333344445555", region="eu-central-1"),
    ]
    _, template = build(
        environments=["staging", "production"],
        branches=["main", "release/2"],
        targets=targets,
        publishes_images=True,
    )
    trusted = conditions(template, "DeployRole")
    assert trusted[f"{ISSUER}:ref"] == ["refs/heads/main", "refs/heads/release/2"]
    assert [subject for subject in trusted[f"{ISSUER}:sub"] if "@" in subject] == [
        "repo:acme@11/shop@22:environment:staging",
        "repo:acme@11/shop@22:environment:production",
    ]
    kinds = ("deploy", "file-publishing", "image-publishing", "lookup")
    assert may_take(template, "DeployRole") == [
        bootstrapped(kind, target.account, target.region) for target in targets for kind in kinds
    ]
    assert may_take(template, "DiffRole") == [
        bootstrapped("lookup", target.account, target.region) for target in targets
    ]


def test_another_qualifier_means_other_roles() -> None:
    _, template = build(bootstrap_qualifier="acme")
    assert may_take(template, "DiffRole") == [bootstrapped("lookup").replace("hnb659fds", "acme")]


def test_an_account_has_one_provider_that_two_repositories_share() -> None:
    stack = new_stack()
    first = GitHubDeployRole(stack, "GitHub", repository=ACME, environments=["production"])
    other = GitHubRepository(owner="acme", name="stock", owner_id=11, repository_id=33)
    second = GitHubDeployRole(stack, "Stock", repository=other, environments=["production"], provider=first.provider)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::IAM::OIDCProvider", 1)
    template.resource_count_is("AWS::IAM::Role", 4)
    assert second.provider is first.provider


def test_a_provider_that_exists_is_taken_by_its_arn() -> None:
    stack = new_stack()
    arn = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
    existing = iam.OidcProviderNative.from_oidc_provider_arn(stack, "Existing", arn)
    _, template = build(stack, provider=existing)
    template.resource_count_is("AWS::IAM::OIDCProvider", 0)
    for role in template.find_resources("AWS::IAM::Role").values():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": arn}


def test_works_in_a_stage_and_where_the_account_is_not_known() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    _, template = build(cdk.Stack(cdk.Stage(app, "Stage"), "S"))
    assert may_take(template, "DiffRole") == ["arn:aws:iam::aws:role/cdk-hnb659fds-lookup-role-aws-aws"]


BRANCH = "must be the whole name of one branch, no wildcards"


@pytest.mark.parametrize(
    ("props", "problems"),
    [
        (
            {"branches": ["*"], "environments": ["prod*", "", "a", "a"]},
            [
                "environments[0] must be the whole name of one environment, no wildcards, got 'prod*': '*' can't be in "
                "it",
                "environments[1] must be the whole name of one environment, no wildcards, got '': it is empty",
                "environments[3] is there twice: 'a'; leave one out",
                f"branches[0] {BRANCH}, got '*': '*' can't be in it",
            ],
        ),
        (
            {"branches": ["release/?", "a b"]},
            [
                f"branches[0] {BRANCH}, got 'release/?': '?' can't be in it",
                f"branches[1] {BRANCH}, got 'a b': ' ' can't be in it",
            ],
        ),
        (
            {"branches": [], "environments": []},
            [
                "environments must name at least one environment, got none: any other would deploy",
                "branches must name at least one branch, got none: any other would deploy",
            ],
        ),
        (
            {"repository": GitHubRepository(owner="*", name="shop/*", owner_id=0, repository_id=-1)},
            [
                "repository.owner must be a name of GitHub's: 1 to 39 letters, digits and dashes, no wildcards, got "
                "'*'",
                "repository.name must be one repository: 1 to 100 letters, digits, dots, dashes and underscores, no "
                "wildcards, got 'shop/*'",
                "repository.owner_id must be 1 or more, as gh api repos/<owner>/<name> says, got 0",
                "repository.repository_id must be 1 or more, as gh api repos/<owner>/<name> says, got -1",
            ],
        ),
        (
            {
                "targets": [
                    DeploymentTarget(account="*", region="eu-west-*"),
                    DeploymentTarget(account="111122223333", region="eu-west-1"),
                    DeploymentTarget(account="111122223333", region="eu-west-1"),
                ],
                "bootstrap_qualifier": "cdk-*",
            },
            [
                "targets[0].account must be 12 digits, got '*'",
                "targets[0].region must be a Region's code such as eu-west-1, got 'eu-west-*'",
                "targets[2] is there twice: 111122223333 in eu-west-1; leave one out",
                "bootstrap_qualifier must be 1 to 10 letters, digits, dashes or underscores, got 'cdk-*'",
            ],
        ),
        ({"branches": "main"}, ["branches must be a list, got 'main': write ['main']"]),
    ],
)
def test_every_problem_is_told_at_once(props: Mapping[str, Any], problems: Sequence[str]) -> None:
    with pytest.raises(ValueError, match="can't be built") as refused:
        build(**props)
    assert str(refused.value) == "\n  - ".join(["GitHubDeployRole S/GitHub can't be built:", *problems])
