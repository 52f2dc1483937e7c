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


def _lines(dot: str) -> list[str]:
    return [line for line in dot.splitlines() if " -> " in line]


def test_an_arrow_that_leads_back_bends_no_others() -> None:
    graph = Graph()
    for name in "abc":
        graph.add(Node(name, name, "", Category.OTHER))
    for ends in ("ab", "bc", "ca", "ac"):
        graph.connect(Edge(ends[0], ends[1], (ends,)))
    found = _lines(architecture(graph))
    assert [line.partition(" [")[0] for line in found] == ["n1 -> n2", "n2 -> n3", "n1 -> n3", "n1 -> n3"]
    assert ['dir="back"' in line for line in found] == [False, False, True, False]
    assert '" ca "' in found[2]


def test_what_has_no_arrows_stands_out_of_their_way() -> None:
    graph = Graph()
    for name, group in (("a", ""), ("b", ""), ("alone", ""), ("framed", "A frame")):
        graph.add(Node(name, name, "", Category.OTHER, group=group))
    graph.connect(Edge("a", "b"))
    assert "{rank=max; n3}" in architecture(graph).splitlines()


def test_what_is_too_wide_for_a_page_is_laid_out_another_way() -> None:
    graph = Graph()
    for number in range(12):
        graph.add(Node(str(number), f"Number {number}", "Anything", Category.OTHER))
    for number in range(11):
        graph.connect(Edge(str(number), str(number + 1)))
    wide, high = architecture(graph), architecture(graph, downwards=True)
    first, second, fitted, kept = (
        ET.fromstring(svg)
        for svg in svgs(
            [
                Drawing(wide, "", ""),
                Drawing(high, "", ""),
                Drawing(wide, "", "", narrower=high),
                Drawing(high, "", "", narrower=wide),
            ]
        )
    )
    assert int(first.get("width", "0")) > 1_300 > int(second.get("width", "0"))
    assert [one.get("width") for one in (fitted, kept)] == [second.get("width")] * 2


def test_a_diagram_that_can_not_be_drawn_is_reported() -> None:
    with pytest.raises(RuntimeError, match="Graphviz could not draw the diagrams"):
        svgs([Drawing("digraph {", "", "")])
