"""From what was given to what is to be built: the requested stacks with their settings, or every mistake."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, TypeVar, get_type_hints

from stacks.settings._sources import TAG_PREFIX, Given, parse_arguments, read_sources
from stacks.settings.app import AppSettings
from stacks.settings.convert import UnfitError, convert, describe, stand_in
from stacks.settings.regions import region_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from dataclasses import Field
    from pathlib import Path

    from stacks.registry import StackEntry, StackSettings
    from stacks.settings._sources import Sources

    _S = TypeVar("_S", bound=StackSettings)

_STACKS = "stacks"
_FOR_ALL = ("account", "region")
_ANY_TAG = f"{TAG_PREFIX}<name>"


class SettingsError(Exception):
    """The settings can't be used; the message names every mistake, one a line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is to be built.

    Attributes:
        app: Settings of the app as a whole.
        stacks: The requested stacks, in the registry's order, each with its settings.
        cdk_context: The CDK's own part of the context, feature flags above all.
    """

    app: AppSettings
    stacks: tuple[tuple[StackEntry, StackSettings], ...]
    cdk_context: Mapping[str, object]


def read_request(
    entries: Sequence[StackEntry], *, arguments: Sequence[str], environment: Mapping[str, str], project: Path
) -> Request:
    """Read what is to be built from the command line, the environment of the CDK CLI and the project's files.

    Raises:
        SettingsError: Naming every mistake.
    """
    sources = read_sources(
        arguments=parse_arguments(arguments, partial(_overview, entries)), environment=environment, project=project
    )
    return _Reader(entries, sources).request()


class _Reader:
    def __init__(self, entries: Sequence[StackEntry], sources: Sources) -> None:
        self._entries = entries
        self._sources = sources
        self._layers = sources.layers()
        self._problems = list(sources.problems)
        self._list_what_exists = False

    def request(self) -> Request:
        selected = self._selected()
        self._refuse_strangers(selected)
        app = self._app_settings()
        stacks = tuple((entry, self._settings(entry.settings, entry.name, app.region)) for entry in selected)
        if self._problems:
            lines = [
                "The settings can't be used:",
                *(f"  - {line}" for line in dict.fromkeys(self._problems)),
            ]
            raise SettingsError("\n".join([*lines, _overview(self._entries)] if self._list_what_exists else lines))
        return Request(app=app, stacks=stacks, cdk_context=self._sources.cdk_context)

    def _find(self, name: str, stack: str | None = None) -> Given | None:
        for layer in self._layers:
            for key in (f"{stack}.{name}", name):
                if key in layer:
                    return layer[key]
        return None

    def _selected(self) -> list[StackEntry]:
        given = self._find(_STACKS)
        if given is None:
            return list(self._entries)
        value = given.value
        names = value.replace(",", " ").split() if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            self._list_what_exists = True
            self._problems.append(f"stacks must name one stack or more, got {value!r} (from {given.origin})")
            return []
        return self._named(names, given)

    def _named(self, names: Sequence[str], given: Given) -> list[StackEntry]:
        known = [entry.name for entry in self._entries]
        wanted = set(names)
        for name in names:
            if name not in known:
                guess = _closest(name, known)
                wanted.add(guess)  # so that mistakes in the settings of the stack that was meant show as well
                self._list_what_exists = True
                self._problems.append(f"stacks names {name}, which does not exist{_hint(guess)} (from {given.origin})")
        return [entry for entry in self._entries if entry.name in wanted]

    def _refuse_strangers(self, selected: Sequence[StackEntry]) -> None:
        """Name what belongs to no stack, or to none that is asked for. Looks at the others only if it has to."""
        mine = _owners(selected)
        strangers = [
            (layer, key, given)
            for layer in self._layers
            for key, given in layer.items()
            if key not in (*mine, _STACKS, *_FOR_ALL) and not key.startswith(TAG_PREFIX)
        ]
        owners = _owners(self._entries) if strangers else {}
        known = [_STACKS, *_FOR_ALL, _ANY_TAG, *owners]
        for layer, key, given in strangers:
            if key not in owners:
                self._list_what_exists = True
                self._problems.append(f"{key} is not a setting{_hint(_closest(key, known))} (from {given.origin})")
            # Files may speak of every stack; what was typed for this one run should have an effect.
            elif layer is self._sources.command_line and selected:
                self._problems.append(
                    f"{key} has no effect: it belongs to {', '.join(owners[key])}, "
                    f"which stacks leaves out (from {given.origin})"
                )

    def _app_settings(self) -> AppSettings:
        given = {name: found for name in _FOR_ALL if (found := self._find(name)) is not None}
        for layer in reversed(self._layers):
            given |= {key: value for key, value in layer.items() if key.startswith(TAG_PREFIX)}
        texts: dict[str, str] = {}
        for name, value in given.items():
            try:
                texts[name] = str(convert(str, value.value))
            except UnfitError:
                self._unfit(name, str, value)
        app = AppSettings(
            account=texts.get("account") or None,
            region=texts.get("region") or None,
            tags={name.removeprefix(TAG_PREFIX): text for name, text in texts.items() if name.startswith(TAG_PREFIX)},
        )
        self._check(app.problems(), given, {}, ())
        return app

    def _settings(self, kind: type[_S], stack: str, region: str | None) -> _S:
        """The settings of one stack; with stand-ins for what can't be read, so that the rest is checked too."""
        hints = get_type_hints(kind)
        values: dict[str, object] = {}
        origins: dict[str, Given] = {}
        defaults: dict[str, str] = {}
        unreadable: set[str] = set()
        for setting in fields(kind):
            name, hint = setting.name, hints[setting.name]
            defaults[name] = _default(setting)
            given = self._find(name, stack)
            if given is not None:
                origins[name] = given
                try:
                    values[name] = convert(hint, given.value)
                    continue
                except UnfitError:
                    self._unfit(name, hint, given, defaults[name])
            elif not _is_required(setting):
                continue
            else:
                self._problems.append(
                    f"{name} is missing: {stack} needs it, {describe(hint)}; "
                    f"give it as -c {name}=... or in cdk.json, context.aws_patterns.{name}"
                )
            unreadable.add(name)
            if _is_required(setting):
                values[name] = stand_in(hint)
        settings = kind(**values)
        self._check([*settings.problems(), *region_problems(settings, region)], origins, defaults, unreadable)
        return settings

    def _unfit(self, name: str, annotation: object, given: Given, default: str = "") -> None:
        self._problems.append(f"{name} must be {describe(annotation)}, got {given.value!r} {_whence(given, default)}")

    def _check(
        self,
        problems: Iterable[str],
        origins: Mapping[str, Given],
        defaults: Mapping[str, str],
        reported: Collection[str],
    ) -> None:
        for problem in problems:
            name = problem.split(" ", 1)[0]
            if name not in reported:
                whence = f" {_whence(origins[name], defaults.get(name, ''))}" if name in origins else ""
                self._problems.append(f"{problem}{whence}")


def _owners(entries: Sequence[StackEntry]) -> dict[str, list[str]]:
    """Every setting as it may be typed, and the stacks that have it."""
    owners: dict[str, list[str]] = {}
    for entry in entries:
        for name in entry.setting_names():
            owners.setdefault(name, []).append(entry.name)
            owners[f"{entry.name}.{name}"] = [entry.name]
    return owners


def _is_required(setting: Field[object]) -> bool:
    return setting.default is MISSING and setting.default_factory is MISSING


def _whence(given: Given, default: str) -> str:
    return f"(from {given.origin}; default: {default})" if default else f"(from {given.origin})"


def _default(setting: Field[object]) -> str:
    """The default as one would type it; nothing where there is none."""
    value = setting.default
    if value is MISSING or value is None or value == ():
        return ""
    return (
        ",".join(map(str, value))
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else f"{value}"
    )


def _hint(guess: str) -> str:
    return f"; did you mean {guess}?" if guess else ""


def _closest(name: str, known: Iterable[str]) -> str:
    # Letters' case and the ways to join words are the mistakes that a distance of letters overrates.
    by_likeness = {_bare(candidate.partition("<")[0]): candidate for candidate in known}
    beginnings = [candidate for candidate in by_likeness if candidate.startswith(_bare(name))]
    close = get_close_matches(_bare(name), by_likeness, n=1) or beginnings
    return by_likeness[close[0]] if close else ""


def _bare(name: str) -> str:
    return re.sub(r"[-_]", "", name).lower()


def _overview(entries: Sequence[StackEntry]) -> str:
    def lines() -> Iterator[str]:
        yield f"Stacks: {', '.join(entry.name for entry in entries)}"
        yield f"Settings of the app: {', '.join((_STACKS, 'settings', *_FOR_ALL, _ANY_TAG))}"
        for entry in entries:
            yield f"Settings of {entry.name}: {', '.join(entry.setting_names())}"

    return "\n".join(lines())
