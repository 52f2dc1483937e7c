"""Builds the stacks that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.settings.load import Request


def build_app(request: Request, *, outdir: str | Path, validate: bool = False) -> cdk.App:
    """An app that holds the requested stacks and nothing else.

    Args:
        request: The stacks and their settings.
        outdir: Folder of the cloud assembly.
        validate: Whether the CDK checks the templates against CloudFormation's rules, as errors. That takes
            longer than everything else together, so the tests do it for every stack and the app does not.
    """
    # What the CDK would report about itself depends on its version and adds a resource to every stack.
    app = cdk.App(
        outdir=str(outdir),
        context={**request.cdk_context, "@aws-cdk/core:validateAgainstDefaultRules": validate},
        analytics_reporting=False,
        builtin_cloud_formation_validation=validate,
    )
    settings = request.app
    env = cdk.Environment(account=settings.account, region=settings.region)
    for entry, stack_settings in request.stacks:
        entry.load()(app, entry.name, settings=stack_settings, env=env)
    for name, value in settings.tags.items():
        cdk.Tags.of(app).add(name, value)
    return app
