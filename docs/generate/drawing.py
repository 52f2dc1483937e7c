"""From Graphviz's language to SVG that reads well on a light and on a dark page, and aloud."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from pathlib import Path

from stacks._node import use_environment_node

_LAYOUT = Path(__file__).with_name("layout.mjs")
_ROOT = re.compile(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"\s+viewBox="([^"]+)"[^>]*>')
# Graphviz names every part after what it is called in the input, which would show when hovering over it.
_NOISE = re.compile(r"<!--.*?-->\n?|<title>.*?</title>\n?", re.DOTALL)
_BACKGROUND = re.compile(r'<polygon fill="white" stroke="none" points="[^"]*"/>\n')
_NODE = re.compile(r'<g id="node\d+" class="node">.*?</g>', re.DOTALL)
_TEXT = re.compile(r"<text ([^>]*)>")
_SIZE = re.compile(r'font-size="[\d.]+"')
_TITLE_SIZE = 'font-size="12.00"'
_SMALL_SIZE = 'font-size="10.00"'
_FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram to be laid out.

    Attributes:
        dot: The diagram in Graphviz's language.
        title: Its name.
        description: What it shows, in words.
    """

    dot: str
    title: str
    description: str


def svgs(drawings: Sequence[Drawing]) -> list[str]:
    """Lay out all diagrams at once: starting Graphviz takes longer than using it."""
    use_environment_node()
    node = os.environ.get("JSII_NODE", "node")
    found = subprocess.run(  # noqa: S603 - the environment's Node.js with a script of this package
        [node, str(_LAYOUT)],
        input=json.dumps([drawing.dot for drawing in drawings]),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if found.returncode:
        raise RuntimeError(f"Graphviz could not draw the diagrams; after `make install` it can. {found.stderr.strip()}")
    return [_finished(svg, drawing) for svg, drawing in zip(json.loads(found.stdout), drawings, strict=True)]


def _finished(svg: str, drawing: Drawing) -> str:
    root = _ROOT.search(svg)
    if root is None:
        raise RuntimeError("Graphviz wrote something that is not the SVG expected here.")
    width, height, view = root.groups()
    body = _NOISE.sub("", svg[root.end() :])
    body = _BACKGROUND.sub("", body, count=1).replace('font-family="Helvetica"', f'font-family="{_FONTS}"')
    body = _NODE.sub(lambda node: _set(node[0]), body)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{float(width):.0f}" height="{float(height):.0f}" viewBox="{view}" '
        'role="img" aria-labelledby="title desc">\n'
        f'<title id="title">{escape(drawing.title)}</title>\n'
        f'<desc id="desc">{escape(drawing.description)}</desc>\n'
        '<rect width="100%" height="100%" rx="10" fill="#ffffff"/>\n'
    )
    return head + body.strip() + "\n"


def _set(node: str) -> str:
    """A node's first line in bold, the others smaller and paler. Laid out as large, so that any font has room."""
    lines = count()

    def set_line(found: re.Match[str]) -> str:
        if next(lines) == 0:
            return f'<text {_SIZE.sub(_TITLE_SIZE, found[1])} font-weight="bold">'
        return f'<text {_SIZE.sub(_SMALL_SIZE, found[1])} fill-opacity="0.8">'

    return _TEXT.sub(set_line, node)
