"""Delivery in every variant: no rule pack, nor the CDK, nor cfn-lint has an open finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.stacks.construct_rules import rule_test

if TYPE_CHECKING:
    import aws_cdk as cdk

    from aws_patterns.delivery.delivery_pipeline_options import DeliveryEnvironment

    Build = Callable[[cdk.Stack, cdk.RemovalPolicy], object]


def github_roles(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.delivery.github_deploy_role import GitHubDeployRole
    from aws_patterns.delivery.github_deploy_role_options import DeploymentTarget, GitHubRepository

    return GitHubDeployRole(
        stack,
        "GitHub",
        repository=GitHubRepository(owner="acme", name="shop", owner_id=11, repository_id=22),
        environments=["staging", "production"],
        branches=["main", "release/2"],
        targets=[DeploymentTarget(account="222233334444", region="eu-west-1")],
        publishes_images=True,
    )


def a_parameter(stage: cdk.Stage, environment: DeliveryEnvironment) -> None:
    """A stack about which no rule has anything to say."""
    import aws_cdk as cdk
    from aws_cdk import aws_ssm as ssm

    stack = cdk.Stack(stage, "Shop")
    parameter = ssm.StringParameter(stack, "Parameter", string_value=environment.name)
    cdk.CfnOutput(stack, "Name", value=parameter.parameter_name)


def small_pipeline(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.delivery.delivery_pipeline import DeliveryPipeline
    from aws_patterns.delivery.delivery_pipeline_options import DeliveryEnvironment, PipelineCommands

    return DeliveryPipeline(
        stack,
        "Pipeline",
        repository="acme/shop",
        commands=PipelineCommands(synth=["make synth"]),
        environments=[DeliveryEnvironment(name="production")],
        build_stage=a_parameter,
        removal_policy=removal_policy,
    )


def whole_pipeline(stack: cdk.Stack, removal_policy: cdk.RemovalPolicy) -> object:
    from aws_patterns.delivery.delivery_pipeline import DeliveryPipeline
    from aws_patterns.delivery.delivery_pipeline_options import DeliveryEnvironment, PipelineCommands, SmokeTest

    return DeliveryPipeline(
        stack,
        "Pipeline",
        repository="acme/shop",
        connection_arn="arn:aws:codeconnections:eu-west-1:111122223333:connection/0a1b2c3d",
        commands=PipelineCommands(
            install=["make install"], synth=["make synth"], checks={"Test": ["make test"]}, review=["make review"]
        ),
        environments=[
            DeliveryEnvironment(
                name="staging", smoke_test=SmokeTest(commands=['test -n "$NAME"'], outputs={"NAME": "Shop.Name"})
            ),
            DeliveryEnvironment(name="production", approval=True, rollback_alarms=["Errors"]),
        ],
        build_stage=a_parameter,
        removal_policy=removal_policy,
    )


VARIANTS: Mapping[str, Build] = {
    "roles for GitHub": github_roles,
    "smallest pipeline": small_pipeline,
    "whole pipeline": whole_pipeline,
}


test_no_rule_has_an_open_finding = rule_test(VARIANTS)
