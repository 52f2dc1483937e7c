"""What is generated into the documentation is what would be generated now."""

from __future__ import annotations

from pathlib import Path


def test_the_generated_documentation_is_up_to_date(project: Path) -> None:
    from docs.generate.pages import stale, wanted
    from docs.generate.synthesis import synthesize

    files = wanted(project, synthesize(project))
    outdated = [
        str(path)
        for path, content in files.items()
        if not (project / path).exists() or (project / path).read_text(encoding="utf-8") != content
    ]
    assert [*outdated, *map(str, stale(project, files))] == [], "run `python -m docs.generate`"
