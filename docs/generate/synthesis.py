"""The templates of all stacks, with the settings that the project ships."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from stacks._node import use_environment_node
from stacks.registry import STACKS
from stacks.settings.load import read_request

Templates = Mapping[str, Mapping[str, object]]
"""CloudFormation templates by the names of their stacks."""


def synthesize(project: Path) -> Templates:
    """Build every stack of the registry, whatever else the environment asks for."""
    request = read_request(STACKS, arguments=[], environment={}, project=project)
    use_environment_node()
    from stacks._synthesis import build_app  # noqa: PLC0415 - starts Node.js, which has to be found first

    with TemporaryDirectory() as folder:
        build_app(request, outdir=folder).synth()
        return {
            entry.name: json.loads(Path(folder, f"{entry.name}.template.json").read_text(encoding="utf-8"))
            for entry in STACKS
        }
