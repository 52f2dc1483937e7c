"""A pipeline that changes itself first, and then carries what was merged from environment to environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aws_cdk import CfnOutput, Duration, Environment, RemovalPolicy, Stack, Stage, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codeconnections as codeconnections
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from constructs import Construct

from aws_patterns._validation import Problems
from aws_patterns.delivery import _defaults as defaults
from aws_patterns.delivery._bootstrap_roles import bootstrap_role_arn
from aws_patterns.delivery._pipeline_findings import accept_findings
from aws_patterns.delivery._pipeline_rollback import roll_back
from aws_patterns.delivery.delivery_pipeline_options import (
    DeliveryEnvironment,
    PipelineCommands,
    check_delivery_pipeline,
)
from aws_patterns.delivery.github_deploy_role_options import DeploymentTarget
from aws_patterns.security.encryption_key import EncryptionKey
from aws_patterns.storage.data_bucket import DataBucket

BuildStage = Callable[[Stage, DeliveryEnvironment], None]
"""Puts the stacks of an environment into its stage."""

_CHECKS = "Checks"


class DeliveryPipeline(Construct):
    """What is merged is built once, checked, and deployed to one environment after the other; nothing by hand.

    The pipeline first deploys its own changes, so that a new environment or check is a commit like any other. Then all
    checks run side by side; then each environment is deployed, after somebody agreed where that is asked for, and
    tested through its front door. An environment whose deployment, test or alarm fails is taken back to what it had
    before, and the next one is not touched.

    Not for a first look at a pattern: ``cdk deploy`` does that. For a repository whose workflows run on GitHub, see
    ``GitHubDeployRole``.

    >>> from aws_patterns.delivery.delivery_pipeline_options import DeliveryEnvironment, PipelineCommands
    >>> def shop(stage: cdk.Stage, environment: DeliveryEnvironment) -> None:
    ...     cdk.Stack(stage, "Shop")  # and what is in it
    >>> DeliveryPipeline(
    ...     stack,
    ...     "Pipeline",
    ...     repository="acme/shop",
    ...     commands=PipelineCommands(install=["npm ci", "pip install -r requirements.txt"], synth=["npx cdk synth"]),
    ...     environments=[DeliveryEnvironment(name="staging"), DeliveryEnvironment(name="production", approval=True)],
    ...     build_stage=shop,
    ... )

    Args:
        repository: Owner and name, such as ``acme/shop``.
        commands: What the build machines type.
        environments: In the order in which they are deployed. Those of other accounts must trust this one:
            ``cdk bootstrap --trust``.
        build_stage: Puts the stacks of an environment into its stage.
        branch: Whose commits are deployed. Default ``main``.
        connection_arn: The connection to where the repository is. Default: one to GitHub is made, which somebody has to
            complete in the console once.
        build_timeout_minutes: After which a build machine gives up, 5 to 480. Default 60.
        alarm_minutes: How long ``rollback_alarms`` are watched after a deployment, 1 to 1,440. Default 20.
        removal_policy: Of what was built and its key. Default ``RETAIN``.

    Attributes:
        pipeline: The pipeline, as CDK Pipelines has it. It is complete: add nothing to it.
        connection: To where the repository is; ``None`` where it was given.
        artifacts: What was built: encrypted with a key of its own, which the environments' accounts may use.
        stages: The stage of each environment, by its name.

    Raises:
        ValueError: Naming every option that can't be used.

    Source: https://docs.aws.amazon.com/cdk/v2/guide/cdk-pipeline.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        repository: str,
        commands: PipelineCommands,
        environments: Sequence[DeliveryEnvironment],
        build_stage: BuildStage,
        branch: str = "main",
        connection_arn: str | None = None,
        build_timeout_minutes: int = defaults.BUILD_TIMEOUT_MINUTES,
        alarm_minutes: int = defaults.ALARM_MINUTES,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        with Problems(f"DeliveryPipeline {self.node.path}") as problems:
            check_delivery_pipeline(
                problems,
                repository=repository,
                branch=branch,
                connection_arn=connection_arn,
                commands=commands,
                environments=environments,
                build_timeout_minutes=build_timeout_minutes,
                alarm_minutes=alarm_minutes,
            )
        self.connection = None if connection_arn else self._new_connection(repository)
        arn = connection_arn or (self.connection.attr_connection_arn if self.connection else "")
        key = EncryptionKey(self, "Key", removal_policy=removal_policy)
        self.artifacts = DataBucket(
            self,
            "Artifacts",
            encryption_key=key.key,
            retention_days=defaults.ARTIFACT_DAYS,
            earlier_version_days=1,
            removal_policy=removal_policy,
        )
        source = pipelines.CodePipelineSource.connection(repository, branch, connection_arn=arn)
        synth = pipelines.ShellStep(
            "Synth", input=source, install_commands=[*commands.install], commands=[*commands.synth]
        )
        self.pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            synth=synth,
            artifact_bucket=self.artifacts.bucket,
            # Of the buckets that the CDK makes in the Regions of other environments.
            cross_account_keys=True,
            enable_key_rotation=True,
            pipeline_type=codepipeline.PipelineType.V2,
            # A commit that comes while another is under way takes its place, instead of all waiting in a row.
            execution_mode=codepipeline.ExecutionMode.SUPERSEDED,
            # npm's "latest" of the CDK CLI is an old one that can't read what is written here.
            cli_version=defaults.CDK_CLI_VERSION,
            cdk_assets_cli_version=defaults.CDK_ASSETS_VERSION,
            code_build_defaults=pipelines.CodeBuildOptions(
                build_environment=codebuild.BuildEnvironment(
                    build_image=codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0
                ),
                timeout=Duration.minutes(build_timeout_minutes),
            ),
        )
        self._add_checks(commands, environments, source, synth)
        self.stages = {each.name: self._deploy_to(each, build_stage) for each in environments}
        self.pipeline.build_pipeline()
        for environment in environments:
            stage = self.stages[environment.name].stage_name
            roll_back(self.pipeline.pipeline, stage, environment.rollback_alarms, alarm_minutes=alarm_minutes)
        accept_findings(self.pipeline, self.artifacts.bucket)

    def _new_connection(self, repository: str) -> codeconnections.CfnConnection:
        return codeconnections.CfnConnection(
            self, "Connection", connection_name=repository.rpartition("/")[2][:32], provider_type="GitHub"
        )

    def _add_checks(
        self,
        commands: PipelineCommands,
        environments: Sequence[DeliveryEnvironment],
        source: pipelines.CodePipelineSource,
        synth: pipelines.ShellStep,
    ) -> None:
        built = {"cdk.out": synth}
        checks: list[pipelines.Step] = [
            pipelines.ShellStep(
                title,
                input=source,
                additional_inputs=built,
                install_commands=[*commands.install],
                commands=[*typed],
            )
            for title, typed in commands.checks.items()
        ]
        if commands.review:
            looking = iam.PolicyStatement(actions=["sts:AssumeRole"], resources=self._lookup_roles(environments))
            checks.append(
                pipelines.CodeBuildStep(
                    "Review",
                    input=source,
                    additional_inputs=built,
                    install_commands=[*commands.install],
                    commands=[*commands.review],
                    role_policy_statements=[looking],
                )
            )
        if checks:
            self.pipeline.add_wave(_CHECKS, post=checks)

    def _lookup_roles(self, environments: Sequence[DeliveryEnvironment]) -> list[str]:
        own = Stack.of(self)
        places = [
            DeploymentTarget(account=each.account or own.account, region=each.region or own.region)
            for each in environments
        ]
        return [
            bootstrap_role_arn(self, "lookup", place, qualifier=defaults.BOOTSTRAP_QUALIFIER)
            for place in dict.fromkeys(places)
        ]

    def _deploy_to(self, environment: DeliveryEnvironment, build_stage: BuildStage) -> Stage:
        own = Stack.of(self)
        stage = Stage(
            self,
            environment.name,
            env=Environment(account=environment.account or own.account, region=environment.region or own.region),
        )
        build_stage(stage, environment)
        before: list[pipelines.Step] = []
        if environment.approval:
            before.append(
                pipelines.ManualApprovalStep(
                    "Approve", comment=f"Deploy to {environment.name}? See the review of changes."
                )
            )
        after: list[pipelines.Step] = []
        if environment.smoke_test:
            test = environment.smoke_test
            with Problems(f"DeliveryPipeline {self.node.path}") as problems:
                found = {name: _output(problems, stage, output) for name, output in test.outputs.items()}
            outputs = {name: output for name, output in found.items() if output is not None}
            after.append(pipelines.ShellStep("SmokeTest", commands=[*test.commands], env_from_cfn_outputs=outputs))
        self.pipeline.add_stage(stage, pre=before, post=after)
        return stage


def _output(problems: Problems, stage: Stage, name: str) -> CfnOutput | None:
    outputs = {
        f"{stack.node.id}.{output.node.id}": output
        for stack in stage.node.children
        for output in stack.node.children
        if isinstance(output, CfnOutput)
    }
    if name not in outputs:
        problems.add(
            f"smoke_test.outputs names {name}, which environment {stage.node.id} does not have; it has "
            f"{', '.join(outputs) or 'none'}"
        )
    return outputs.get(name)
