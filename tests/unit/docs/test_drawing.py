"""The drawn diagrams can be put on any page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from docs.generate.dot import architecture
from docs.generate.drawing import Drawing, svgs
from docs.generate.graph import Category, Edge, Graph, Node

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    graph = Graph()
    graph.add(Node("a", "Mail & <more>", "Lambda function", Category.COMPUTE, group="Delivery"))
    graph.add(Node("b", 'Say "no"', "", Category.OTHER))
    graph.connect(Edge("a", "b", ("when a step fails",), failure=True))
    return Drawing(architecture(graph), "The <title>", graph.description())


@pytest.fixture(scope="module")
def svg(drawing: Drawing) -> str:
    (drawn,) = svgs([drawing])
    return drawn


def test_the_same_diagram_gives_the_same_bytes(drawing: Drawing, svg: str) -> None:
    assert svgs([drawing, drawing]) == [svg, svg]


def test_a_screen_reader_finds_title_and_description(svg: str) -> None:
    root = ET.fromstring(svg)
    labels = [root.find(f"{_SVG}*[@id='{name}']") for name in str(root.get("aria-labelledby")).split()]
    assert root.get("role") == "img"
    assert [label.text for label in labels if label is not None] == [
        "The <title>",
        'Mail & <more> (Lambda function) to Say "no": when a step fails.',
    ]


def test_the_ground_is_solid_so_that_a_dark_page_does_not_swallow_the_text(svg: str) -> None:
    first = ET.fromstring(svg).find(f"{_SVG}rect")
    assert first is not None
    assert (first.get("width"), first.get("height"), first.get("fill")) == ("100%", "100%", "#ffffff")


def test_what_is_written_arrives_as_it_was_written(svg: str) -> None:
    texts = ["".join(found.itertext()).strip() for found in ET.fromstring(svg).iter(f"{_SVG}text")]
    assert {"Mail & <more>", "Lambda function", 'Say "no"', "when a step fails", "Delivery"} <= set(texts)


def test_hovering_shows_no_internal_names(svg: str) -> None:
    assert svg.count("<title") == 1
    assert "<!--" not in svg


def test_a_diagram_that_can_not_be_drawn_is_reported() -> None:
    with pytest.raises(RuntimeError, match="Graphviz could not draw the diagrams"):
        svgs([Drawing("digraph {", "", "")])
