"""The pipeline as it stands: it deploys itself, and then this project's stacks to one environment after the other."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from aws_patterns.delivery.delivery_pipeline import DeliveryPipeline
from aws_patterns.delivery.delivery_pipeline_options import DeliveryEnvironment
from stacks._parts import outputs, removal_policy
from stacks.settings.delivery_pipeline import PLACEHOLDER_REPOSITORY, DeliveryPipelineSettings


class DeliveryPipelineStack(cdk.Stack):
    """One pipeline, wired from its settings, and a stage for each environment."""

    def __init__(
        self, scope: Construct, id: str, *, settings: DeliveryPipelineSettings, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, id, env=env, description="From a commit to deployed stacks, one environment at a time")
        if settings.repository == PLACEHOLDER_REPOSITORY:
            cdk.Annotations.of(self).add_warning_v2(
                "aws-patterns:placeholderRepository",
                f"repository is the placeholder {PLACEHOLDER_REPOSITORY}, from which nothing will come. "
                f"Pass -c {id}.repository=<owner>/<name>",
            )
        requests = settings.requests()

        def build_stage(stage: cdk.Stage, environment: DeliveryEnvironment) -> None:
            request = requests[environment.name]
            for entry, chosen in request.stacks:
                entry.load()(stage, entry.name, settings=chosen)
            for name, value in request.app.tags.items():
                cdk.Tags.of(stage).add(name, value)

        delivery = DeliveryPipeline(
            self,
            "Delivery",
            repository=settings.repository,
            branch=settings.branch,
            connection_arn=settings.connection_arn,
            commands=settings.commands(),
            environments=settings.delivery_environments(requests),
            build_stage=build_stage,
            alarm_minutes=settings.alarm_minutes,
            removal_policy=removal_policy(settings),
        )
        outputs(
            self,
            {
                "PipelineName": delivery.pipeline.pipeline.pipeline_name,
                "ConnectionArn": delivery.connection.attr_connection_arn if delivery.connection else None,
            },
        )
