"""The places that settings come from, read into layers of equal shape."""

from __future__ import annotations

import argparse
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OWN_OBJECT = "aws_patterns"
SETTINGS_FILE = "settings"
TAG_PREFIX = "tags."

# How the CDK CLI hands the context over: cdk.json merged with every -c. What doesn't fit into a variable
# is in a file, whose name is in a variable that is really called so.
_CONTEXT = "CDK_CONTEXT_JSON"
_CONTEXT_OVERFLOW = "CONTEXT_OVERFLOW_LOCATION_ENV"

# Keys of the CDK CLI that look like ours. All others hold a character that only the names of tags share.
_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "cdk-migrate", "cli-telemetry"})
_CDK_CHARACTERS = frozenset("@:/")


@dataclass(frozen=True, slots=True)
class Given:
    """One value, and the words that lead a reader to it."""

    value: object
    origin: str


@dataclass(slots=True)
class Sources:
    """Everything that was given, strongest layer first. Keys are `setting` or `Stack.setting`."""

    command_line: dict[str, Given] = field(default_factory=dict)
    settings_file: dict[str, Given] = field(default_factory=dict)
    project: dict[str, Given] = field(default_factory=dict)
    cdk_context: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def layers(self) -> tuple[dict[str, Given], ...]:
        return (self.command_line, self.settings_file, self.project)


def read_sources(*, arguments: Mapping[str, str], environment: Mapping[str, str], project: Path) -> Sources:
    """Read every place that may hold settings; `arguments` are the `-c` of `python app.py` itself."""
    sources = Sources()
    cdk_json = _read_object(project / "cdk.json", sources.problems)
    in_cdk_json = cdk_json.get("context", {})
    if not isinstance(in_cdk_json, dict):
        sources.problems.append("context must be an object (from cdk.json)")
        in_cdk_json = {}
    from_cli = _context_of_cli(environment)
    context = {**(_cli_defaults(cdk_json) | in_cdk_json if from_cli is None else from_cli), **arguments}

    for key, value in context.items():
        if _is_of_cdk(key):
            sources.cdk_context[key] = value
        elif key == OWN_OBJECT:
            _add_project(sources, value)
        elif key != SETTINGS_FILE:
            in_file = key not in arguments and key in in_cdk_json and in_cdk_json[key] == value
            origin = f"cdk.json, context.{key}" if in_file else f"-c {key}"
            sources.command_line |= _flatten({key: value}, origin.removesuffix(key))
    if SETTINGS_FILE in context:
        _add_settings_file(sources, context[SETTINGS_FILE])
    return sources


class _Parser(argparse.ArgumentParser):
    """Looks for what is below the options when somebody asks for help, and not before."""

    overview: Callable[[], str]

    def format_help(self) -> str:
        self.epilog = self.overview()
        return super().format_help()


def parse_arguments(arguments: Sequence[str], overview: Callable[[], str]) -> dict[str, str]:
    """The `-c key=value` of `python app.py`, which means by itself what it means to `cdk`."""
    parser = _Parser(
        prog="app.py",
        description="Synthesizes the stacks into cdk.out. `cdk synth`, `cdk deploy` and the like call it.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.overview = overview
    parser.add_argument(
        "-c",
        "--context",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting; may be repeated",
    )
    given: dict[str, str] = {}
    for pair in parser.parse_args(arguments).context:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            parser.error(f"-c {pair}: write -c key=value")
        given[key] = value
    return given


def _is_of_cdk(key: str) -> bool:
    return key in _CDK_KEYS or not (key.startswith(TAG_PREFIX) or _CDK_CHARACTERS.isdisjoint(key))


def _context_of_cli(environment: Mapping[str, str]) -> dict[str, object] | None:
    if _CONTEXT not in environment:
        return None
    context: dict[str, object] = json.loads(environment[_CONTEXT])
    if overflow := environment.get(_CONTEXT_OVERFLOW):
        context |= json.loads(Path(overflow).read_text(encoding="utf-8"))
    return context


def _cli_defaults(cdk_json: Mapping[str, object]) -> dict[str, object]:
    # The CLI adds these two, which end up in templates: without the CLI the template must be the same.
    return {
        "aws:cdk:enable-path-metadata": cdk_json.get("pathMetadata", True),
        "aws:cdk:enable-asset-metadata": cdk_json.get("assetMetadata", True),
    }


def _add_project(sources: Sources, value: object) -> None:
    if isinstance(value, dict):
        sources.project |= _flatten(value, f"cdk.json, context.{OWN_OBJECT}.")
    else:
        sources.problems.append(
            f"{OWN_OBJECT} must be an object in cdk.json, got {value!r}; "
            "on the command line give each setting by itself, as in -c sender=me@example.org"
        )


def _add_settings_file(sources: Sources, name: object) -> None:
    if not isinstance(name, str) or not name.endswith((".toml", ".json")):
        sources.problems.append(
            f"settings must name a .toml or .json file, got {name!r}; as in -c settings=production.toml"
        )
        return
    path = Path(name)
    sources.settings_file |= _flatten(_read_object(path, sources.problems), f"{name}, ")


def _read_object(path: Path, problems: list[str]) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        problems.append(f"{path} can't be read: {error.strerror}")
    except ValueError as error:
        problems.append(f"{path} is not valid {path.suffix.removeprefix('.').upper()}: {error}")
    else:
        if isinstance(content, dict):
            return content
        problems.append(f"{path} must hold an object, got {type(content).__name__}")
    return {}


def _flatten(table: Mapping[str, object], place: str) -> dict[str, Given]:
    return {key: Given(value, f"{place}{key}") for key, value in _pairs(table)}


def _pairs(table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            yield key, value
