"""Where things are, how large they grow, and what is allowed to stay silent."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.architecture.conftest import Sketch

SOURCES = ("app.py", "constructs/**/*.py", "stacks/**/*.py", "lambda_src/**/*.py", "local_aws/**/*.py")
TESTS = ("tests/**/*.py", "benchmarks/**/*.py")
LIMITS = {**dict.fromkeys(SOURCES, 299), "stacks/[!_]*.py": 80, "app.py": 39}

SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|nosec|pragma:\s*no cover|fmt:\s*(?:off|skip))\b(?P<rest>.*)")
CODES = re.compile(r"^(:\s*[A-Z]+\d+(\s*,\s*[A-Z]+\d+)*|\[[\w, -]+\])?\s*(?P<reason>.*)$")


def misplaced(project: Path) -> list[str]:
    """Files that would hide the package `constructs`, or travel in the library without being part of it."""
    found = [project / "constructs/__init__.py", project / "tests/constructs"]
    found = [path for path in found if path.exists()]
    found += (project / "constructs").glob("**/test_*.py")
    found += (project / "constructs").glob("**/conftest.py")
    return [str(path.relative_to(project)) for path in found]


def oversized(project: Path) -> list[str]:
    found = set()
    for pattern, limit in LIMITS.items():
        for path in project.glob(pattern):
            lines = len(path.read_text().splitlines())
            if lines > limit and path.relative_to(project).as_posix() != "stacks/registry.py":
                found.add(f"{path.relative_to(project)} has {lines} lines, more than {limit}")
    return sorted(found)


def unexplained(project: Path) -> list[str]:
    """Comments that silence a tool and don't say why."""
    return [
        f"{path.relative_to(project)}:{line} {comment}"
        for pattern in (*SOURCES, *TESTS)
        for path in sorted(project.glob(pattern))
        for line, comment in comments(path.read_text())
        if (found := SILENCED.search(comment)) and not is_reason(found["rest"])
    ]


def is_reason(rest: str) -> bool:
    codes = CODES.match(rest)
    return codes is not None and bool(re.search(r"[^\W\d]{2}", codes["reason"]))


def comments(code: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def eager_packages(project: Path) -> list[str]:
    """Packages of the library that do more than say what they are: importing one would import others."""
    return [
        str(path.relative_to(project))
        for path in sorted((project / "constructs").glob("**/__init__.py"))
        if len(ast.parse(path.read_text()).body) != 1 or not ast.get_docstring(ast.parse(path.read_text()))
    ]


def undescribed(project: Path) -> list[str]:
    """Public modules, classes and functions without a docstring. A leading underscore says private."""
    found = []
    for pattern in ("constructs/**/*.py", "stacks/**/*.py", "lambda_src/**/*.py", "local_aws/**/*.py"):
        for path in sorted(project.glob(pattern)):
            tree = ast.parse(path.read_text())
            name = path.relative_to(project)
            if not ast.get_docstring(tree) and path.stat().st_size:
                found.append(f"{name} has no docstring")
            found += [
                f"{name}: {node.name} has no docstring"
                for node in tree.body
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ]
    return found


def exports(project: Path) -> list[str]:
    """Modules with `__all__`: a second list of what is public, beside the leading underscore, goes stale."""
    return [
        f"{path.relative_to(project)} has __all__"
        for pattern in ("constructs/**/*.py", "stacks/**/*.py", "lambda_src/**/*.py")
        for path in sorted(project.glob(pattern))
        if any(isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(ast.parse(path.read_text())))
    ]


def defined_twice(project: Path) -> list[str]:
    """Defaults under a name that an earlier line has given already: readers find one of them, users get the other."""
    return [
        f"{path.relative_to(project)}:{node.lineno} defines {name} again"
        for path in sorted(project.glob("constructs/**/_defaults.py"))
        for node, name in _defined_again(ast.parse(path.read_text()))
    ]


def _defined_again(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    known: set[str] = set()
    for node in tree.body:
        for name in _names(node):
            if name in known:
                yield node, name
            known.add(name)


def _names(node: ast.stmt) -> set[str]:
    """What a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}


def test_nothing_hides_the_package_of_the_cdk(project: Path) -> None:
    assert misplaced(project) == []


@pytest.mark.parametrize(
    "path",
    [
        "constructs/__init__.py",
        "tests/constructs/test_a.py",
        "constructs/aws_patterns/test_a.py",
        "constructs/conftest.py",
    ],
)
def test_a_misplaced_file_is_found(sketch: Sketch, path: str) -> None:
    (found,) = misplaced(sketch(path, ""))
    assert path.startswith(found)


def test_modules_stay_small(project: Path) -> None:
    assert oversized(project) == []


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("app.py", 39), ("stacks/a.py", 80), ("stacks/settings/a.py", 299), ("constructs/aws_patterns/a/b.py", 299)],
)
def test_an_oversized_module_is_found(sketch: Sketch, path: str, allowed: int) -> None:
    assert oversized(sketch(path, "1\n" * allowed)) == []
    assert oversized(sketch(path, "1\n" * (allowed + 1))) == [f"{path} has {allowed + 1} lines, more than {allowed}"]


def test_whatever_silences_a_tool_says_why(project: Path) -> None:
    assert unexplained(project) == []


@pytest.mark.parametrize(
    "comment",
    ["# noqa", "# noqa: S603", "# noqa: S603, E501", "# type: ignore", "# type: ignore[arg-type]", "# noqa: S603 -"],
)
def test_a_silence_without_a_reason_is_found(sketch: Sketch, comment: str) -> None:
    assert unexplained(sketch("stacks/a.py", f"x = 1  {comment}\n")) == [f"stacks/a.py:1 {comment}"]


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # noqa: S603 - fixed words",
        "x = 1  # type: ignore[arg-type]  # a stub is wrong",
        "x = '# noqa'",
        "# quiet",
    ],
)
def test_a_silence_with_a_reason_is_let_through(sketch: Sketch, line: str) -> None:
    assert unexplained(sketch("stacks/a.py", f"{line}\n")) == []


def test_packages_of_the_library_load_nothing(project: Path) -> None:
    assert eager_packages(project) == []


@pytest.mark.parametrize("code", ['"""Doc."""\nfrom aws_cdk import aws_sqs\n', "", '"""Doc."""\n__all__ = []\n'])
def test_a_package_that_loads_something_is_found(sketch: Sketch, code: str) -> None:
    assert eager_packages(sketch("constructs/aws_patterns/a/__init__.py", code)) == [
        "constructs/aws_patterns/a/__init__.py"
    ]


def test_what_is_public_is_described(project: Path) -> None:
    assert undescribed(project) == []


def test_what_is_public_and_not_described_is_found(sketch: Sketch) -> None:
    code = "class A: ...\ndef f(): ...\ndef _g(): ...\n"
    assert undescribed(sketch("stacks/a.py", code)) == [
        "stacks/a.py has no docstring",
        "stacks/a.py: A has no docstring",
        "stacks/a.py: f has no docstring",
    ]


def test_the_underscore_alone_says_what_is_private(project: Path) -> None:
    assert exports(project) == []


def test_a_second_list_of_public_names_is_found(sketch: Sketch) -> None:
    assert exports(sketch("constructs/aws_patterns/a.py", "__all__ = ['A']\n")) == [
        "constructs/aws_patterns/a.py has __all__"
    ]


def test_each_default_is_defined_once(project: Path) -> None:
    assert defined_twice(project) == []


@pytest.mark.parametrize("again", ["A = 2", "A: int = 2", "B = A = 2", "A, C = 2, 3", "def A(): ...", "class A: ..."])
def test_a_default_that_is_defined_twice_is_found(sketch: Sketch, again: str) -> None:
    assert defined_twice(sketch("constructs/aws_patterns/a/_defaults.py", f"A = 1\nD = A\n{again}\n")) == [
        "constructs/aws_patterns/a/_defaults.py:3 defines A again"
    ]
