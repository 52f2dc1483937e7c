"""The variants whose resilience is shown are ones that somebody can really deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generate.variants import VARIANTS
from stacks.registry import STACKS
from stacks.settings.load import read_request


@pytest.fixture
def project() -> Path:
    return Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("stack", "variant"), [(stack, variant) for stack, of in VARIANTS.items() for variant in of])
def test_a_variant_has_settings_that_its_stack_takes_and_that_differ_from_the_shipped(
    stack: str, variant: str, project: Path
) -> None:
    selected = ["-c", f"stacks={stack}"]
    chosen = [part for name, value in VARIANTS[stack][variant].items() for part in ("-c", f"{name}={value}")]

    (_, shipped), *_ = read_request(STACKS, arguments=selected, environment={}, project=project).stacks
    (_, settings), *_ = read_request(STACKS, arguments=[*selected, *chosen], environment={}, project=project).stacks

    assert settings != shipped
