"""Graphs in Graphviz's language, and the look that all diagrams share."""

from __future__ import annotations

from collections.abc import Mapping

from docs.generate.graph import Category, Edge, Graph, Node, Shape

FONT = "Helvetica"
INK = "#1f2937"
MUTED = "#5b6472"
LINE = "#64748b"
FAILURE = "#b3202f"
_PAPER = "#ffffff"
_CLUSTER = "#f6f8fa"
_CLUSTER_LINE = "#d0d7de"
_TINT = 0.08

Attributes = Mapping[str, str]


def architecture(graph: Graph) -> str:
    """The diagram of a stack: from those who use it on the left to what it reaches on the right."""
    lines = [*header(rankdir="LR", nodesep="0.3", ranksep="0.3")]
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes, 1)}
    groups = dict.fromkeys(node.group for node in graph.nodes.values())
    for number, group in enumerate(groups):
        members = [node for node in graph.nodes.values() if node.group == group]
        inside = [_node(names[node.id], node) for node in members]
        lines += cluster(f"c{number}", group, inside) if group else inside
    lines += [_edge(names[edge.source], names[edge.target], edge) for edge in graph.edges]
    return "\n".join([*lines, "}"])


def header(**attributes: str) -> list[str]:
    """The beginning of a diagram."""
    graph = {"bgcolor": _PAPER, "fontname": FONT, "fontsize": "11", "pad": "0.25", **attributes}
    node = {"fontname": FONT, "fontsize": "13", "fontcolor": INK, "margin": "0.15,0.07", "penwidth": "1.3"}
    edge = {"fontname": FONT, "fontsize": "9.5", "fontcolor": MUTED, "color": LINE, "arrowsize": "0.7"}
    return [
        "digraph {",
        f"graph {attribute_list(graph)}",
        f"node {attribute_list(node)}",
        f"edge {attribute_list(edge)}",
    ]


def cluster(name: str, title: str, lines: list[str], *, dashed: bool = False) -> list[str]:
    """A frame with a title around some nodes."""
    look = {
        "label": title,
        "style": "rounded,filled,dashed" if dashed else "rounded,filled",
        "fillcolor": _CLUSTER,
        "color": _CLUSTER_LINE,
        "fontcolor": MUTED,
        "labeljust": "l",
        "margin": "12",
    }
    return [f"subgraph cluster_{name} {{", f"graph {attribute_list(look)}", *lines, "}"]


def box(name: str, title: str, kind: str, color: str, **attributes: str) -> str:
    """A node with its name, and below it in small what it is."""
    look = {"shape": "box", "style": "rounded,filled", "color": color, "fillcolor": tint(color), **attributes}
    # `drawing` sets the first line in bold and the others smaller; markup here would not be centred.
    label = "\n".join(filter(None, (title, kind)))
    return f"{name} {attribute_list({**look, 'label': label})}"


def tint(color: str) -> str:
    """A colour for the ground of a box: a little of it on white."""
    channels = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - channel) * _TINT):02x}" for channel in channels)


def attribute_list(attributes: Attributes) -> str:
    """Attributes in square brackets."""
    return f"[{' '.join(f'{key}={_quoted(value)}' for key, value in attributes.items())}]"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _node(name: str, node: Node) -> str:
    color = node.category.value
    if node.shape is Shape.PERSON:
        return box(name, node.title, node.kind, color, fillcolor=color, fontcolor=_PAPER)
    if node.shape is Shape.STORE:
        return box(name, node.title, node.kind, color, shape="cylinder", style="filled", margin="0.18,0.06")
    if node.category is Category.OPERATIONS:
        return box(name, node.title, node.kind, color, penwidth="1", style="rounded,filled,dashed")
    return box(name, node.title, node.kind, color)


def _edge(source: str, target: str, edge: Edge) -> str:
    look = {"label": "\n".join(f" {label} " for label in edge.labels)} if edge.labels else {}
    if edge.failure:
        look |= {"style": "dashed", "color": FAILURE, "fontcolor": FAILURE}
    return f"{source} -> {target} {attribute_list(look)}"
