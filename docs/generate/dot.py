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
_LETTERS_TO_A_SPACE = 8

Attributes = Mapping[str, str]


def architecture(graph: Graph, *, downwards: bool = False) -> str:
    """The diagram of a stack: from those who use it on the left, or at the top, to what it reaches at the other end."""
    lines = [*header(rankdir="TB" if downwards else "LR", nodesep="0.3", ranksep="0.3")]
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes, 1)}
    groups = dict.fromkeys(node.group for node in graph.nodes.values())
    for number, group in enumerate(groups):
        members = [node for node in graph.nodes.values() if node.group == group]
        inside = [_node(names[node.id], node) for node in members]
        lines += cluster(f"c{number}", group, inside) if group else inside
    # At the beginning, the arrows of others would have to lead around what has none.
    alone = [names[node.id] for node in graph.nodes.values() if not node.group and not graph.touches(node.id)]
    lines += [f"{{rank=max; {'; '.join(alone)}}}"] if alone else []
    against = _against_the_stream(graph)
    # Beside an arrow that leads downwards a label needs more room than above one that leads to the right.
    room = "   " if downwards else " "
    for edge in graph.edges:
        lines.append(_edge(names[edge.source], names[edge.target], edge, back=edge in against, room=room))
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
        "label": _with_room(title),
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
    label = "\n".join(filter(None, (_with_room(title), kind)))
    return f"{name} {attribute_list({**look, 'label': label})}"


def _with_room(title: str) -> str:
    """A title may be wider than it is laid out: bold, and in whatever font there is."""
    room = " " * (len(title) // _LETTERS_TO_A_SPACE)
    return f"{room}{title}{room}"


def tint(color: str, *, part: float = _TINT) -> str:
    """A colour for the ground of a box: a little of it on white."""
    channels = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - channel) * part):02x}" for channel in channels)


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


def _edge(source: str, target: str, edge: Edge, *, back: bool, room: str) -> str:
    look = {"label": "\n".join(f"{room}{label}{room}" for label in edge.labels)} if edge.labels else {}
    if edge.failure:
        look |= {"style": "dashed", "color": FAILURE, "fontcolor": FAILURE}
    if edge.mutual:
        look |= {"dir": "both"}
    elif back:
        return f"{target} -> {source} {attribute_list({**look, 'dir': 'back'})}"
    return f"{source} -> {target} {attribute_list(look)}"


def _against_the_stream(graph: Graph) -> frozenset[Edge]:
    """The arrows that lead back to where something came from; given the other way round they bend no others."""
    leads: dict[str, set[str]] = {}
    found = set()
    for edge in graph.edges:
        if _reaches(leads, edge.target, edge.source):
            found.add(edge)
        else:
            leads.setdefault(edge.source, set()).add(edge.target)
    return frozenset(found)


def _reaches(leads: Mapping[str, set[str]], start: str, end: str) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        for following in leads.get(ahead.pop(), set()) - seen:
            seen.add(following)
            ahead.append(following)
    return end in seen
