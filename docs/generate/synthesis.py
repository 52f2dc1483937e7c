"""The templates of all stacks, with the settings that the project ships and under those of the variants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.generate.recovery import Promises
from docs.generate.variants import VARIANTS
from stacks._node import use_environment_node
from stacks.registry import STACKS
from stacks.settings.load import read_request
from stacks.settings.regions import further_stacks

# Whoever deploys a stack reads its warnings; here they would come once for each variant, about nothing anybody changed.
_QUIET = {"@aws-cdk/core:annotationsInValidationReport": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """Stacks that were built.

    Attributes:
        templates: By their names, or by ``variant_key``.
        promises: By the same names, what those promise that keep data.
        further: What stacks bring along in other Regions: the names of those, which have templates, too.
    """

    templates: dict[str, Mapping[str, object]] = field(default_factory=dict)
    promises: dict[str, Promises] = field(default_factory=dict)
    further: dict[str, Sequence[str]] = field(default_factory=dict)


def variant_key(stack: str, variant: str) -> str:
    """The name of a variant's template."""
    return f"{stack}: {variant}"


def synthesize(project: Path) -> Built:
    """Build every stack of the registry and its variants, whatever else the environment asks for."""
    names = [entry.name for entry in STACKS]
    found = built(project, [], names)
    for name in names:
        for variant, settings in VARIANTS.get(name, {}).items():
            chosen = {"stacks": name, **settings}
            arguments = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
            one, key = built(project, arguments, [name]), variant_key(name, variant)
            found.templates[key] = one.templates[name]
            if name in one.promises:
                found.promises[key] = one.promises[name]
    return found


def built(project: Path, arguments: Sequence[str], names: Sequence[str]) -> Built:
    """Some stacks, with settings as one types them."""
    request = read_request(STACKS, arguments=arguments, environment={}, project=project)
    request = replace(request, cdk_context={**request.cdk_context, **_QUIET})
    use_environment_node()
    from stacks._synthesis import build_app  # noqa: PLC0415 - starts Node.js, which has to be found first

    with TemporaryDirectory() as folder:
        app = build_app(request, outdir=folder)
        app.synth()
        further = {entry.name: tuple(further_stacks(entry.name, settings)) for entry, settings in request.stacks}
        everything = [*names, *(each for name in names for each in further[name])]
        files = {name: Path(folder, f"{name}.template.json") for name in everything}
        promises = {name: getattr(app.node.find_child(name), "recovery", None) for name in names}
        return Built(
            templates={name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()},
            promises={name: found for name, found in promises.items() if found is not None},
            further={name: found for name, found in further.items() if found},
        )
