"""The templates of all stacks, with the settings that the project ships and under those of the variants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.generate.variants import VARIANTS
from stacks._node import use_environment_node
from stacks.registry import STACKS
from stacks.settings.load import read_request

# Whoever deploys a stack reads its warnings; here they would come once for each variant, about nothing anybody changed.
_QUIET = {"@aws-cdk/core:annotationsInValidationReport": False}

Templates = Mapping[str, Mapping[str, object]]
"""CloudFormation templates by the names of their stacks, or by ``variant_key``."""


def variant_key(stack: str, variant: str) -> str:
    """The name of a variant's template."""
    return f"{stack}: {variant}"


def synthesize(project: Path) -> Templates:
    """Build every stack of the registry and its variants, whatever else the environment asks for."""
    names = [entry.name for entry in STACKS]
    found = built(project, [], names)
    for name in names:
        for variant, settings in VARIANTS.get(name, {}).items():
            chosen = {"stacks": name, **settings}
            arguments = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
            found[variant_key(name, variant)] = built(project, arguments, [name])[name]
    return found


def built(project: Path, arguments: Sequence[str], names: Sequence[str]) -> dict[str, Mapping[str, object]]:
    """The templates of some stacks, with settings as one types them."""
    request = read_request(STACKS, arguments=arguments, environment={}, project=project)
    request = replace(request, cdk_context={**request.cdk_context, **_QUIET})
    use_environment_node()
    from stacks._synthesis import build_app  # noqa: PLC0415 - starts Node.js, which has to be found first

    with TemporaryDirectory() as folder:
        build_app(request, outdir=folder).synth()
        files = {name: Path(folder, f"{name}.template.json") for name in names}
        return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}
