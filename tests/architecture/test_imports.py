"""Imports point inward, and nothing that is slow or reads the outside world is loaded at synthesis."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.architecture.conftest import Sketch

AROUND = ("local_aws", "tests", "benchmarks")
CDK = ("aws_cdk", "constructs", "jsii", "cdk_nag")
AWS = ("boto3", "botocore")
# A synthesis works offline and gives the same bytes twice.
OUTSIDE_WORLD = (
    *("requests", "urllib.request", "http", "socket", "ssl", "subprocess", "asyncio", "getpass"),
    *("time", "datetime", "random", "secrets", "uuid"),
)
OPERATORS_TOOLS = (
    *("redrive.py", "redrive_copies.py", "existing_objects.py", "deployed_templates.py"),
    *("runbook_client.py", "_run_reading.py"),
)


class Rule(NamedTuple):
    """Modules that match `where`, less `but`, import nothing that `forbidden` names."""

    where: str
    forbidden: tuple[str, ...]
    but: tuple[str, ...] = ()
    when_loaded_only: bool = False


def rules(functions: tuple[str, ...]) -> tuple[Rule, ...]:
    return (
        Rule("constructs/aws_patterns/**/*.py", ("stacks", *AROUND, *functions)),
        Rule("constructs/aws_patterns/**/*.py", (*AWS, *OUTSIDE_WORLD), but=OPERATORS_TOOLS),
        # What an operator runs meets AWS and needs no CDK; no construct may need it.
        Rule("constructs/aws_patterns/messaging/redrive*.py", CDK),
        Rule("constructs/aws_patterns/storage/existing_objects.py", CDK),
        Rule("constructs/aws_patterns/disaster_recovery/runbook/runbook_client.py", CDK),
        Rule(
            "constructs/aws_patterns/**/*.py",
            (
                "aws_patterns.messaging.redrive",
                "aws_patterns.messaging.redrive_copies",
                "aws_patterns.storage.existing_objects",
                "aws_patterns.disaster_recovery.runbook.runbook_client",
                "aws_patterns.delivery.deployed_templates",
            ),
            but=("__main__.py", *OPERATORS_TOOLS),
        ),
        # A review reads templates and cfn-lint's schemas, which only tests and pipelines have.
        Rule("constructs/aws_patterns/review/**/*.py", CDK),
        Rule("constructs/aws_patterns/[!r]*/**/*.py", ("aws_patterns.review",), but=("region_drift.py",)),
        Rule("stacks/**/*.py", (*AROUND, *functions, *AWS, *OUTSIDE_WORLD)),
        Rule("app.py", (*AROUND, *functions, *AWS, *OUTSIDE_WORLD)),
        Rule("lambda_src/**/*.py", ("aws_patterns", "stacks", *AROUND, *CDK)),
        Rule("lambda_src/**/*.py", AWS, but=("gateway.py",)),
        Rule("lambda_src/**/*.py", ("aws_lambda_powertools", "aws_xray_sdk"), but=("gateway.py", "handler.py")),
        Rule("lambda_src/**/gateway.py", tuple(f"{name}.handler" for name in functions)),
        Rule("local_aws/**/*.py", ("tests", "benchmarks")),
        # What says a mistake in the settings must not wait for Node.js to start.
        Rule("app.py", CDK, when_loaded_only=True),
        Rule("stacks/settings/**/*.py", CDK, when_loaded_only=True),
        Rule("stacks/registry.py", CDK, when_loaded_only=True),
        Rule("stacks/_node.py", CDK, when_loaded_only=True),
        Rule("constructs/aws_patterns/_validation.py", CDK, when_loaded_only=True),
        Rule("constructs/aws_patterns/**/*_options.py", CDK, when_loaded_only=True),
        Rule("constructs/aws_patterns/**/_defaults.py", CDK, when_loaded_only=True),
    )


def breaches(project: Path) -> list[str]:
    functions = tuple(path.name for path in (project / "lambda_src").glob("*") if path.is_dir())
    found = {
        f"{path.relative_to(project)}:{line} imports {name}"
        for rule in rules(functions)
        for path in project.glob(rule.where)
        if path.name not in rule.but
        for name, line in imports(ast.parse(path.read_text()), when_loaded_only=rule.when_loaded_only)
        if any(name == forbidden or name.startswith(f"{forbidden}.") for forbidden in rule.forbidden)
    }
    return sorted(found)


def imports(tree: ast.AST, *, when_loaded_only: bool) -> Iterator[tuple[str, int]]:
    """Whole dotted names, so that `from urllib import request` counts as urllib.request."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif not (when_loaded_only and is_skipped_when_loaded(node)):
            yield from imports(node, when_loaded_only=when_loaded_only)


def is_skipped_when_loaded(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def test_imports_point_inward(project: Path) -> None:
    assert breaches(project) == []


@pytest.mark.parametrize(
    ("path", "code", "named"),
    [
        ("constructs/aws_patterns/a.py", "import stacks.registry", "stacks.registry"),
        ("constructs/aws_patterns/a/b.py", "from local_aws import server", "local_aws.server"),
        ("constructs/aws_patterns/a.py", "def f():\n    import subprocess", "subprocess"),
        ("constructs/aws_patterns/a.py", "from datetime import datetime", "datetime.datetime"),
        ("constructs/aws_patterns/a.py", "from urllib import request", "urllib.request"),
        ("constructs/aws_patterns/a.py", "import boto3", "boto3"),
        ("constructs/aws_patterns/messaging/redrive.py", "import stacks", "stacks"),
        ("constructs/aws_patterns/messaging/redrive.py", "import aws_cdk", "aws_cdk"),
        (
            "constructs/aws_patterns/messaging/work_queue.py",
            "from aws_patterns.messaging import redrive",
            "aws_patterns.messaging.redrive",
        ),
        ("constructs/aws_patterns/_validation.py", "import aws_cdk", "aws_cdk"),
        ("constructs/aws_patterns/a/x_options.py", "from aws_cdk import aws_sqs", "aws_cdk.aws_sqs"),
        ("stacks/settings/x.py", "try:\n    import aws_cdk\nexcept ImportError: pass", "aws_cdk"),
        ("stacks/registry.py", "from constructs import Construct", "constructs.Construct"),
        ("stacks/x.py", "import local_aws", "local_aws"),
        ("app.py", "import aws_cdk", "aws_cdk"),
        ("lambda_src/f/logic.py", "import boto3", "boto3"),
        ("lambda_src/f/handler.py", "from botocore.exceptions import ClientError", "botocore.exceptions.ClientError"),
        ("lambda_src/f/logic.py", "from aws_lambda_powertools import Logger", "aws_lambda_powertools.Logger"),
        ("lambda_src/f/gateway.py", "import aws_patterns", "aws_patterns"),
    ],
)
def test_an_import_that_points_outward_is_found(sketch: Sketch, path: str, code: str, named: str) -> None:
    (breach,) = breaches(sketch(path, code))
    assert breach.startswith(f"{path}:")
    assert breach.endswith(f" imports {named}")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (
            "constructs/aws_patterns/a.py",
            "from aws_cdk import aws_sqs\nfrom urllib.parse import urlsplit\nimport timeit",
        ),
        ("constructs/aws_patterns/messaging/redrive.py", "import boto3\nimport time"),
        ("constructs/aws_patterns/messaging/__main__.py", "from aws_patterns.messaging import redrive"),
        ("stacks/registry.py", "if TYPE_CHECKING:\n    import aws_cdk"),
        ("app.py", "def main():\n    import aws_cdk"),
        ("lambda_src/f/gateway.py", "import boto3\nfrom aws_lambda_powertools import Logger"),
    ],
)
def test_an_import_that_points_inward_is_let_through(sketch: Sketch, path: str, code: str) -> None:
    assert breaches(sketch(path, code)) == []


def loaded_after(*modules: str) -> set[str]:
    code = f"import json, sys\nimport {', '.join(modules)}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(done.stdout))


def test_the_library_loads_nothing_before_it_is_used() -> None:
    ours = {name for name in loaded_after("aws_patterns") if name.split(".")[0] in (*CDK, "aws_patterns")}
    assert ours == {"aws_patterns"}


def test_what_needs_no_cdk_loads_none(project: Path) -> None:
    library = project / "constructs"
    files = [*library.glob("**/_validation.py"), *library.glob("**/*_options.py"), *library.glob("**/_defaults.py")]
    modules = [".".join(path.relative_to(library).with_suffix("").parts) for path in files]
    assert len(modules) >= 3
    assert not set(CDK) & loaded_after(*modules, "stacks._node", "stacks.registry", "stacks.settings.load")


def test_a_cdk_that_is_loaded_is_noticed() -> None:
    assert "aws_cdk" in loaded_after("aws_cdk")
