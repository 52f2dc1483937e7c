"""Findings of rule packs about what CDK Pipelines makes, each with its reason."""

from __future__ import annotations

from aws_cdk import Stack, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from aws_patterns._acknowledgments import acknowledge, wildcard

# The CDK's grants name families of actions; none of them reaches beyond one bucket and its key.
_READ = ("s3:GetBucket*", "s3:GetObject*", "s3:List*")
_WRITE = ("s3:Abort*", "s3:DeleteObject*")
_KEY = ("kms:GenerateDataKey*", "kms:ReEncrypt*")
_ON_ARTIFACTS = {
    **{f"AwsSolutions-IAM5[Action::{action}]": "On the bucket of the artifacts alone." for action in (*_READ, *_WRITE)},
    **{f"AwsSolutions-IAM5[Action::{action}]": "On the key of the artifacts alone." for action in _KEY},
}


def accept_findings(pipeline: pipelines.CodePipeline, artifacts: s3.IBucket) -> None:
    """Record why each finding is accepted, on the role or project that it is about."""
    inside = pipeline.node.find_all()
    for each in inside:
        if isinstance(each, iam.Role):
            objects = wildcard(each, artifacts.arn_for_objects("*"))
            acknowledge(each, {**_ON_ARTIFACTS, objects: "The name of an artifact is chosen by CodePipeline."})
        elif isinstance(each, codebuild.Project):
            _accept_of_build(each)
    _accept_of_publishing(pipeline)
    account = Stack.of(pipeline).account
    acknowledge(
        pipeline.self_mutation_project,
        {
            wildcard(pipeline, f"arn:*:iam::{account}:role/*"): (
                "Only roles that cdk bootstrap has tagged: the statement's condition says so."
            ),
            "AwsSolutions-IAM5[Resource::*]": (
                "cdk deploy looks for its own stack, and learns from cdk bootstrap's what its bucket is called."
            ),
        },
    )


def _accept_of_publishing(pipeline: pipelines.CodePipeline) -> None:
    """The one role of all projects that publish assets, which there are as many of as assets."""
    assets = pipeline.node.try_find_child("Assets")
    role = assets.node.try_find_child("FileRole") if assets else None
    if role is None:
        return
    own = Stack.of(pipeline)
    at = f"{own.region}:{own.account}"
    acknowledge(
        role,
        {
            wildcard(role, f"arn:{own.partition}:logs:{at}:log-group:/aws/codebuild/*"): (
                "One role for the projects that publish assets; CodeBuild names their logs."
            ),
            wildcard(role, f"arn:{own.partition}:codebuild:{at}:report-group/*"): (
                "One role for the projects that publish assets; the CDK has them write reports."
            ),
            "AwsSolutions-IAM5[Resource::*]": (
                "Starts the builds that publish assets: a project for each asset, and one role for all of them."
            ),
        },
    )


def _accept_of_build(project: codebuild.Project) -> None:
    own = Stack.of(project)
    logs = f"arn:{own.partition}:logs:{own.region}:{own.account}:log-group:/aws/codebuild/{project.project_name}:*"
    reports = f"arn:{own.partition}:codebuild:{own.region}:{own.account}:report-group/{project.project_name}-*"
    acknowledge(
        project,
        {
            wildcard(project, logs): "The streams of its own log group; CodeBuild names them.",
            wildcard(project, reports): "Its own reports; a build may write any number of them.",
        },
    )
