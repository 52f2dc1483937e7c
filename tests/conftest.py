"""What all suites share. Nothing here imports the CDK before a test asks for it: it starts Node.js."""

from __future__ import annotations

import gc
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from stacks._node import use_environment_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk

pytest_plugins = ["local_aws.pytest_plugin"]

PROJECT = Path(__file__).resolve().parent.parent

use_environment_node()

# Each collection walks all that the CDK and cfn-lint have loaded. With fewer of them the suites take a quarter less.
gc.set_threshold(50_000, 20, 50)

# The same examples every time, so that a red test stays red until it is mended; `make soak` looks for new ones.
hypothesis_settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis_settings.register_profile("soak", max_examples=10_000, deadline=None, print_blob=True)
hypothesis_settings.load_profile("steady")


# What these do takes longer than it computes.
_WAITING = (PROJECT / "tests" / "local", PROJECT / "tests" / "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait evenly among those that compute, so that neither kind is alone at the end."""
    files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    files.sort(key=len, reverse=True)
    kinds: tuple[list[list[pytest.Item]], ...] = ([], [])
    for tests in files:
        kinds[any(folder in tests[0].path.parents for folder in _WAITING)].append(tests)
    places = [((at + 0.5) / len(kind), tests) for kind in kinds for at, tests in enumerate(kind)]
    items[:] = [item for _, tests in sorted(places, key=lambda place: place[0]) for item in tests]


def pytest_configure() -> None:
    """Say in one sentence what would otherwise be an import error in every module."""
    constructs = find_spec("constructs")
    if constructs is None or constructs.origin is None:
        raise pytest.UsageError("`constructs` is not installed: run `make install` and use .venv/bin/pytest.")
    if Path(constructs.origin) == PROJECT / "constructs" / "__init__.py":
        raise pytest.UsageError("Remove constructs/__init__.py: it hides the package `constructs` that the CDK needs.")


@pytest.fixture(scope="session")
def project() -> Path:
    """The repository's folder."""
    return PROJECT


@pytest.fixture(scope="session")
def cdk_context() -> Mapping[str, object]:
    """The feature flags and the like that every app of this project runs with."""
    from stacks.registry import STACKS
    from stacks.settings.load import read_request

    return read_request(STACKS, arguments=[], environment={}, project=PROJECT).cdk_context


@pytest.fixture
def app(cdk_context: Mapping[str, object], tmp_path: Path) -> cdk.App:
    """An empty app. The CDK's own template validation takes seconds and runs in the stacks suite alone."""
    import aws_cdk as cdk

    return cdk.App(
        outdir=str(tmp_path / "cdk.out"),
        context=dict(cdk_context),
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        tree_metadata=False,
    )


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    """An empty stack for any account and Region."""
    import aws_cdk as cdk

    return cdk.Stack(app, "S")
