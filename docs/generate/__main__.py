"""`python -m docs.generate` writes the generated documentation, `--check` says whether it is up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docs.generate.pages import PageError, stale, wanted
from docs.generate.synthesis import synthesize

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Write or check everything that is generated, and say what was or would be changed."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything is out of date")
    check = parser.parse_args().check
    try:
        files = wanted(PROJECT, synthesize(PROJECT))
    except PageError as error:
        sys.exit(str(error))
    changed = [path for path, content in files.items() if not _is(PROJECT / path, content)]
    gone = stale(PROJECT, files)
    if check and (changed or gone):
        sys.exit("\n".join(["Out of date; run `python -m docs.generate`:", *map(str, [*changed, *gone])]))
    for path in [] if check else changed:
        (PROJECT / path).parent.mkdir(parents=True, exist_ok=True)
        (PROJECT / path).write_text(files[path], encoding="utf-8")
    for path in [] if check else gone:
        (PROJECT / path).unlink()
    said = [f"wrote {path}" for path in changed] + [f"removed {path}" for path in gone]
    print("\n".join(said) or "Everything generated is up to date.")  # noqa: T201 - what was done is the output


def _is(path: Path, content: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == content


if __name__ == "__main__":
    main()
