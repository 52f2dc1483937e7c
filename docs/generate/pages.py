"""Everything that is generated, as it should be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from docs.generate import (
    architecture,
    delivery,
    dot,
    recovery,
    resilience,
    scaling,
    strategies,
    tables,
    wiring,
    workflow,
)
from docs.generate.drawing import Drawing, svgs
from docs.generate.synthesis import Built, variant_key
from docs.generate.template import Template, at
from docs.generate.variants import SHIPPED, VARIANTS
from stacks.registry import STACKS, StackEntry
from stacks.settings.media_worker_pool import MediaWorkerPoolSettings

_T = TypeVar("_T")

IMAGES = PurePosixPath("docs/images")
PAGES = PurePosixPath("docs/patterns")
_SCALING = IMAGES / "worker-pool-scaling.svg"
_STRATEGIES = IMAGES / "disaster-recovery-strategies.svg"
_SECTION = re.compile(
    r"(?P<begin><!-- generated: (?P<words>[^>]*?) -->\n)(?P<body>.*?)(?P<end><!-- end -->|\Z)", re.DOTALL
)


class PageError(Exception):
    """A page asks for something that can't be generated; the message says where and what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A diagram as the pages refer to it."""

    file: PurePosixPath
    drawing: Drawing

    def seen_from(self, page: PurePosixPath) -> str:
        """The picture in Markdown."""
        return f"![{self.drawing.title}]({_link(page, self.file)})"


def wanted(project: Path, built: Built) -> dict[PurePosixPath, str]:
    """The files that are generated, or have generated parts, with the content that they should have.

    Raises:
        PageError: A page is missing, or asks for something that there is not.
    """
    names = [name for one in STACKS for name in (one.name, *built.further.get(one.name, ()))]
    pictures = {name: list(_pictures(name, built.templates[name])) for name in names}
    all_pictures = [picture for of_stack in pictures.values() for picture in of_stack]
    drawn = svgs([picture.drawing for picture in all_pictures])
    files = {picture.file: svg for picture, svg in zip(all_pictures, drawn, strict=True)}
    files[_SCALING] = _scaling().svg
    files[_STRATEGIES] = strategies.compared().svg
    for page in _pages(project):
        before = (project / page).read_text(encoding="utf-8")
        files[page] = _Page(page, built, pictures).filled(before)
    return files


def stale(project: Path, files: Mapping[PurePosixPath, str]) -> list[PurePosixPath]:
    """Diagrams of an earlier time, which nothing generates any more."""
    found = (PurePosixPath(path.relative_to(project).as_posix()) for path in (project / IMAGES).glob("*.svg"))
    return sorted(path for path in found if path not in files)


def page_of(stack: str) -> PurePosixPath:
    """The page about a stack."""
    return PAGES / f"{tables.slug(stack)}.md"


def _pages(project: Path) -> list[PurePosixPath]:
    for entry in STACKS:
        if not (project / page_of(entry.name)).exists():
            raise PageError(f"{page_of(entry.name)} is missing: every stack has a page, and {entry.name} has none.")
    written = [project / "README.md", *sorted((project / "docs").rglob("*.md"))]
    return [PurePosixPath(path.relative_to(project).as_posix()) for path in written]


def _pictures(stack: str, source: Mapping[str, object]) -> Iterator[Picture]:
    template = Template(source)
    graph = architecture.draw(template)
    title = f"Architecture of {stack}"
    yield Picture(
        file=IMAGES / f"{tables.slug(stack)}.svg",
        drawing=Drawing(
            dot.architecture(graph), title, graph.description(), narrower=dot.architecture(graph, downwards=True)
        ),
    )
    for machine in template.of_type("AWS::StepFunctions::StateMachine"):
        if definition := wiring.definition(machine):
            drawn, spoken = workflow.draw(definition)
            name = graph.nodes[machine.id].title
            yield Picture(
                file=IMAGES / f"{tables.slug(stack)}-{'-'.join(name.lower().split())}.svg",
                drawing=Drawing(drawn, f"{name} of {stack}, state by state", spoken),
            )
    for pipeline in template.of_type("AWS::CodePipeline::Pipeline"):
        drawn, spoken = delivery.draw(at(pipeline.properties, "Stages"))
        yield Picture(
            file=IMAGES / f"{tables.slug(stack)}-stages.svg",
            drawing=Drawing(drawn, f"The pipeline of {stack}, stage by stage", spoken),
        )


def _scaling() -> scaling.Scaling:
    plan = MediaWorkerPoolSettings().plan()
    assert plan is not None, "the defaults have no problems"  # noqa: S101 - for the type checker
    return scaling.day(plan)


class _Page:
    def __init__(self, path: PurePosixPath, built: Built, pictures: Mapping[str, list[Picture]]) -> None:
        self._path = path
        self._built = built
        self._pictures = pictures
        self._sections: dict[str, Callable[[StackEntry], str]] = {
            "architecture": lambda entry: "\n\n".join(
                self._pictures[name][0].seen_from(path) for name in self._with_further(entry)
            ),
            "workflows": lambda entry: "\n\n".join(one.seen_from(path) for one in self._pictures[entry.name][1:]),
            "settings": tables.settings,
            "resources": self._resources,
            "scaling": self._scaling,
            "resilience": lambda entry: resilience.table(_variants(entry.name, self._built.templates)),
            "recovery": self._recovery,
        }

    def filled(self, content: str) -> str:
        """The page with its generated sections as they should be."""
        return _SECTION.sub(self._section, content)

    def _section(self, found: re.Match[str]) -> str:
        name, _, stack = found["words"].strip().partition(" ")
        if not found["end"]:
            raise PageError(f"{self._path}: the generated section {name!r} has no <!-- end -->.")
        if name == "stacks":
            body = tables.catalogue(STACKS, {one.name: _link(self._path, page_of(one.name)) for one in STACKS})
        elif name == "strategies":
            body = self._strategies()
        elif name in self._sections:
            body = self._sections[name](self._entry(name, stack.strip()))
        else:
            known = ", ".join(["stacks", "strategies", *self._sections])
            raise PageError(f"{self._path}: no section is called {name!r}; there are {known}.")
        return f"{found['begin']}{body}\n{found['end']}"

    def _scaling(self, entry: StackEntry) -> str:
        if entry.settings is not MediaWorkerPoolSettings:
            raise PageError(f"{self._path}: {entry.name} has no pool of workers whose scaling could be shown.")
        found = _scaling()
        return f"![{found.title}]({_link(self._path, _SCALING)})\n\n{found.summary}"

    def _strategies(self) -> str:
        found = strategies.compared()
        return f"![{found.title}]({_link(self._path, _STRATEGIES)})\n\n{found.tables}"

    def _with_further(self, entry: StackEntry) -> list[str]:
        return [entry.name, *self._built.further.get(entry.name, ())]

    def _resources(self, entry: StackEntry) -> str:
        found = [(name, tables.resources(self._built.templates[name])) for name in self._with_further(entry)]
        return "\n\n".join(f"`{name}`: {table}" if len(found) > 1 else table for name, table in found)

    def _recovery(self, entry: StackEntry) -> str:
        promises = _variants(entry.name, self._built.promises)
        if not promises:
            raise PageError(f"{self._path}: {entry.name} states no recovery characteristics.")
        return recovery.table(promises)

    def _entry(self, section: str, stack: str) -> StackEntry:
        for entry in STACKS:
            if entry.name == stack or (not stack and page_of(entry.name) == self._path):
                return entry
        names = ", ".join(entry.name for entry in STACKS)
        asked = f"no stack is called {stack!r}" if stack else f"say of which stack {section!r} is to be"
        raise PageError(f"{self._path}: {asked}; there are {names}.")


def _variants(stack: str, found: Mapping[str, _T]) -> dict[str, _T]:
    """What there is of a stack as it is shipped and of its variants, by their names."""
    keys = {SHIPPED: stack, **{name: variant_key(stack, name) for name in VARIANTS.get(stack, {})}}
    return {name: found[key] for name, key in keys.items() if key in found}


def _link(page: PurePosixPath, target: PurePosixPath) -> str:
    return PurePosixPath(os.path.relpath(target, page.parent)).as_posix()
