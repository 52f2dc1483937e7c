"""An environment that fails goes back to what it had before."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam

_ALARM_RULE = {"Category": "Rule", "Owner": "AWS", "Provider": "CloudWatchAlarm", "Version": "1"}


def roll_back(pipeline: codepipeline.Pipeline, stage: str, alarms: Sequence[str], *, alarm_minutes: int) -> None:
    """Have a stage taken back when it fails, or when one of its alarms goes off.

    CDK Pipelines makes the stages itself and has no words for it.

    Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
    """
    resource = pipeline.node.default_child
    assert isinstance(resource, codepipeline.CfnPipeline)  # noqa: S101 - for the type checker
    place = [each.stage_name for each in pipeline.stages].index(stage)
    resource.add_property_override(f"Stages.{place}.OnFailure", {"Result": "ROLLBACK"})
    if alarms:
        own = Stack.of(pipeline)
        pipeline.add_to_role_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:DescribeAlarms"],
                resources=[
                    own.format_arn(
                        service="cloudwatch",
                        resource="alarm",
                        resource_name=alarm,
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                    for alarm in alarms
                ],
            )
        )
        rules = [
            {
                "Name": f"Alarm{number}",
                "RuleTypeId": _ALARM_RULE,
                "Configuration": {"AlarmName": alarm, "WaitTime": str(alarm_minutes)},
            }
            for number, alarm in enumerate(alarms, 1)
        ]
        resource.add_property_override(
            f"Stages.{place}.OnSuccess", {"Conditions": [{"Result": "ROLLBACK", "Rules": rules}]}
        )
