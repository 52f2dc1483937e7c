"""What a diagram shows, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum


class Category(Enum):
    """What a node is about, which decides its colour; the colours are those of AWS's own diagrams."""

    PEOPLE = "#37475a"
    COMPUTE = "#c75b00"
    STORAGE = "#5c7d12"
    DATABASE = "#a31fae"
    NETWORK = "#7136c9"
    INTEGRATION = "#c2185b"
    OPERATIONS = "#64748b"
    SECURITY = "#b3202f"
    OTHER = "#475569"


class Shape(Enum):
    """The outline of a node."""

    BOX = "box"
    STORE = "cylinder"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Node:
    """One box.

    Attributes:
        id: Unique in its graph.
        title: What it is called.
        kind: What it is; more lines may follow.
        category: Decides its colour.
        shape: Its outline.
        group: The cluster that it stands in; empty for none.
    """

    id: str
    title: str
    kind: str
    category: Category
    shape: Shape = Shape.BOX
    group: str = ""

    def spoken(self) -> str:
        """The node's name in a sentence."""
        return f"{self.title} ({', '.join(self.kind.splitlines())})" if self.kind else self.title


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow.

    Attributes:
        source: The node that acts.
        target: The node that is acted upon.
        labels: What happens, one line each.
        failure: Taken only when something went wrong.
        mutual: Whether the same happens the other way round.
    """

    source: str
    target: str
    labels: tuple[str, ...] = ()
    failure: bool = False
    mutual: bool = False


@dataclass(slots=True)
class Graph:
    """Nodes, and at most one arrow from one to another."""

    nodes: dict[str, Node] = field(default_factory=dict)
    _edges: dict[tuple[str, str], Edge] = field(default_factory=dict)

    @property
    def edges(self) -> list[Edge]:
        """The arrows, in the order in which they were found."""
        return list(self._edges.values())

    def add(self, node: Node) -> None:
        """Add a node, or replace the one of the same id."""
        self.nodes[node.id] = node

    def connect(self, edge: Edge) -> None:
        """Add an arrow; one that exists takes up the new labels, and is about failure only if both are."""
        if edge.source == edge.target:
            return
        found = self._edges.get((edge.source, edge.target), replace(edge, labels=()))
        labels = tuple(dict.fromkeys((*found.labels, *edge.labels)))
        self._edges[edge.source, edge.target] = replace(found, labels=labels, failure=found.failure and edge.failure)

    def connected(self, one: str, other: str) -> bool:
        """Whether there is an arrow between two nodes, in whichever direction."""
        return (one, other) in self._edges or (other, one) in self._edges

    def touches(self, node: str) -> bool:
        """Whether any arrow begins or ends at a node."""
        return any(node in ends for ends in self._edges)

    def description(self) -> str:
        """The diagram in words, for those who can't see it."""
        sentences = []
        for edge in self.edges:
            how = f": {', '.join(edge.labels)}" if edge.labels else ""
            failing = " when something fails" if edge.failure and not edge.labels else ""
            back = " and back" if edge.mutual else ""
            ends = f"{self.nodes[edge.source].spoken()} to {self.nodes[edge.target].spoken()}{back}"
            sentences.append(f"{ends}{failing}{how}.")
        if alone := [node.spoken() for node in self.nodes.values() if not self.touches(node.id)]:
            sentences.append(f"Also there: {', '.join(alone)}.")
        return " ".join(sentences)
