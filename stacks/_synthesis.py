"""Builds the stacks that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.settings.load import Request


def build_app(request: Request, *, outdir: str | Path) -> cdk.App:
    """An app that holds the requested stacks and nothing else."""
    # What the CDK would report about itself depends on its version and adds a resource to every stack.
    app = cdk.App(outdir=str(outdir), context=dict(request.cdk_context), analytics_reporting=False)
    settings = request.app
    env = cdk.Environment(account=settings.account, region=settings.region)
    for entry, stack_settings in request.stacks:
        entry.load()(app, entry.name, settings=stack_settings, env=env)
    for name, value in settings.tags.items():
        cdk.Tags.of(app).add(name, value)
    return app
