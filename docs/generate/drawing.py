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
# A page of some nine hundred pixels shrinks it to three quarters, and the smallest letters can still be read.
_PAGE_WIDTH = 1_300
_FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram to be laid out.

    Attributes:
        dot: The diagram in Graphviz's language.
        title: Its name.
        description: What it shows, in words.
        narrower: The same laid out another way, for when the first is too wide for a page.
    """

    dot: str
    title: str
    description: str
    narrower: str = ""


def svgs(drawings: Sequence[Drawing]) -> list[str]:
    """Lay out all diagrams at once: starting Graphviz takes longer than using it."""
    use_environment_node()
    node = os.environ.get("JSII_NODE", "node")
    layouts = [[drawing.dot, *filter(None, [drawing.narrower])] for drawing in drawings]
    found = subprocess.run(  # noqa: S603 - the environment's Node.js with a script of this package
        [node, str(_LAYOUT)],
        input=json.dumps([one for of_drawing in layouts for one in of_drawing]),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if found.returncode:
        raise RuntimeError(f"Graphviz could not draw the diagrams; after `make install` it can. {found.stderr.strip()}")
    laid_out = iter(json.loads(found.stdout))
    return [
        _finished(_fitting([next(laid_out) for _ in of_drawing]), drawing)
        for of_drawing, drawing in zip(layouts, drawings, strict=True)
    ]


def _fitting(found: Sequence[str]) -> str:
    """The first that is not too wide for a page, otherwise the narrowest."""
    fitting = [svg for svg in found if _width(svg) <= _PAGE_WIDTH]
    return fitting[0] if fitting else min(found, key=_width)


def _width(svg: str) -> float:
    return float(_root(svg)[1])


def _root(svg: str) -> re.Match[str]:
    root = _ROOT.search(svg)
    if root is None:
        raise RuntimeError("Graphviz wrote something that is not the SVG expected here.")
    return root


def _finished(svg: str, drawing: Drawing) -> str:
    root = _root(svg)
    width, height, view = root.groups()
    body = _NOISE.sub("", svg[root.end() :])
    body = _BACKGROUND.sub("", body, count=1).replace('font-family="Helvetica"', f'font-family="{_FONTS}"')
    body = _NODE.sub(lambda node: _set(node[0]), body)
    # Graphviz has closed the picture already.
    return _head(float(width), float(height), view, drawing) + body.strip() + "\n"


def framed(width: float, height: float, body: str, title: str, description: str) -> str:
    """A picture that something else has drawn, in the same frame."""
    head = _head(width, height, f"0 0 {width:.0f} {height:.0f}", Drawing("", title, description))
    return f'{head}<g font-family="{_FONTS}">\n{body}\n</g>\n</svg>\n'


def _head(width: float, height: float, view: str, drawing: Drawing) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="{view}" '
        'role="img" aria-labelledby="title desc">\n'
        f'<title id="title">{escape(drawing.title)}</title>\n'
        f'<desc id="desc">{escape(drawing.description)}</desc>\n'
        '<rect width="100%" height="100%" rx="10" fill="#ffffff"/>\n'
    )


def _set(node: str) -> str:
    """A node's first line in bold, the others smaller and paler. Laid out as large, so that any font has room."""
    lines = count()

    def set_line(found: re.Match[str]) -> str:
        if next(lines) == 0:
            return f'<text {_SIZE.sub(_TITLE_SIZE, found[1])} font-weight="bold">'
        return f'<text {_SIZE.sub(_SMALL_SIZE, found[1])} fill-opacity="0.8">'

    return _TEXT.sub(set_line, node)
