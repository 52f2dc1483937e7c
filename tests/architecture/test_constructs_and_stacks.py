"""How a construct looks from outside, and that stacks only compose."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.architecture.conftest import Sketch


def construct_breaches(project: Path) -> list[str]:
    return [
        f"{path.relative_to(project)}: {breach}"
        for path in sorted(project.glob("constructs/aws_patterns/**/*.py"))
        for breach in _breaches_in_library(ast.parse(path.read_text()), public=not path.name.startswith("_"))
    ]


def _breaches_in_library(tree: ast.Module, *, public: bool) -> Iterator[str]:
    if any(isinstance(node, ast.Call) and _name(node.func) == "CfnOutput" for node in ast.walk(tree)):
        yield "CfnOutput: outputs belong to stacks"
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and "Construct" in map(_name, node.bases):
            yield from _breaches_in_signature(node)
            if public and not node.name.startswith("_"):
                yield from _breaches_in_docstring(node)


def _breaches_in_signature(node: ast.ClassDef) -> Iterator[str]:
    constructor = _constructor(node)
    if constructor is None:
        yield f"{node.name} has no constructor of its own"
        return
    arguments = constructor.args
    if [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)] != ["self", "scope", "id"]:
        yield f"{node.name} takes more than scope and id by position"
    if arguments.vararg or arguments.kwarg:
        yield f"{node.name} takes *args or **kwargs"
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and "Any" in map(_name, ast.walk(method.args)):
            yield f"{node.name}.{method.name} takes Any"
    if node.name.endswith("Construct"):
        yield f"{node.name}: the suffix Construct says nothing"


def _breaches_in_docstring(node: ast.ClassDef) -> Iterator[str]:
    text = ast.get_docstring(node) or ""
    if not re.search(r"^Source: https://\S+", text, re.MULTILINE):
        yield f"{node.name} names no Source"
    constructor = _constructor(node)
    props = [argument.arg for argument in constructor.args.kwonlyargs] if constructor else []
    described = re.findall(r"^    (\w+): ", _section(text, "Args"), re.MULTILINE)
    if described != props:
        taken, told = (", ".join(names) or "nothing" for names in (props, described))
        yield f"{node.name} takes {taken}, its Args describe {told}"


def _section(text: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?:    .*\n|\n)*)", f"{text}\n", re.MULTILINE)
    return found[1] if found else ""


def _constructor(node: ast.ClassDef) -> ast.FunctionDef | None:
    return next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def stack_breaches(project: Path) -> list[str]:
    """Resources made in a stack. Looking one up (`Topic.from_topic_arn`) is composition and allowed."""
    return [
        f"{path.relative_to(project)}:{node.lineno} makes a {_name(node.func)}"
        for path in sorted(project.glob("stacks/[!_]*.py"))
        if (tree := ast.parse(path.read_text()))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _is_made_by(node.func, _services(tree))
    ]


def _services(tree: ast.Module) -> set[str]:
    """Names by which a module knows the CDK's services, and what it imported out of them."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "aws_cdk"
        for alias in node.names
        if alias.name.startswith("aws_") or (node.module or "").startswith("aws_cdk.")
    }


def _is_made_by(function: ast.expr, services: set[str]) -> bool:
    if isinstance(function, ast.Name):
        return function.id in services
    return (
        isinstance(function, ast.Attribute)
        and function.attr[0].isupper()
        and isinstance(function.value, ast.Name)
        and function.value.id in services
    )


def test_constructs_keep_their_form(project: Path) -> None:
    assert construct_breaches(project) == []


GOOD = '''
class A(Construct):
    """A thing.

    Args:
        size: Of the thing, in metres.
            Default 1.

    Source: https://docs.aws.amazon.com/a
    """

    def __init__(self, scope: Construct, id: str, *, size: int = 1) -> None:
        super().__init__(scope, id)
'''


def test_a_construct_of_the_right_form_is_let_through(sketch: Sketch) -> None:
    assert construct_breaches(sketch("constructs/aws_patterns/a.py", GOOD)) == []


@pytest.mark.parametrize(
    ("good", "bad", "breach"),
    [
        ("*, size: int = 1", "size: int = 1", "A takes more than scope and id by position"),
        ("size: int = 1", "size: int = 1, **rest: int", "A takes *args or **kwargs"),
        ("size: int = 1", "size: list[Any] | None = None", "A.__init__ takes Any"),
        ("    Source: https://docs.aws.amazon.com/a\n", "", "A names no Source"),
        ("        size: Of", "        length: Of", "A takes size, its Args describe length"),
        ("    Args:\n", "", "A takes size, its Args describe nothing"),
        ("super().__init__(scope, id)", "cdk.CfnOutput(self, 'X')", "CfnOutput: outputs belong to stacks"),
        ("def __init__", "def make", "A has no constructor of its own"),
        ("class A", "class AConstruct", "AConstruct: the suffix Construct says nothing"),
    ],
)
def test_a_construct_of_another_form_is_found(sketch: Sketch, good: str, bad: str, breach: str) -> None:
    assert good in GOOD
    project = sketch("constructs/aws_patterns/a.py", GOOD.replace(good, bad))
    assert f"constructs/aws_patterns/a.py: {breach}" in construct_breaches(project)


def test_stacks_only_compose(project: Path) -> None:
    assert stack_breaches(project) == []


def test_a_stack_that_makes_a_resource_is_found(sketch: Sketch) -> None:
    code = """
        from aws_cdk import aws_sqs as sqs
        from aws_cdk.aws_sns import Topic
        sqs.Queue(self, "Q")
        Topic(self, "T")
    """
    assert stack_breaches(sketch("stacks/a.py", code)) == [
        "stacks/a.py:4 makes a Queue",
        "stacks/a.py:5 makes a Topic",
    ]


def test_a_stack_may_look_up_and_output(sketch: Sketch) -> None:
    code = """
        import aws_cdk as cdk
        from aws_cdk import aws_sns as sns
        sns.Topic.from_topic_arn(self, "T", arn)
        cdk.CfnOutput(self, "O", value="")
    """
    assert stack_breaches(sketch("stacks/a.py", code)) == []
