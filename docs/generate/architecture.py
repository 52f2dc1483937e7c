"""The diagram of a whole stack, out of its template."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from docs.generate import balancing, copies, messaging, notes, permissions, wiring
from docs.generate.graph import Category, Edge, Graph, Node, Shape
from docs.generate.kinds import ANY, Kind, kind_of
from docs.generate.template import Resource, Template, at, items, text
from docs.generate.titles import Titles, sentence
from docs.generate.topology import Topology

VISITORS = "visitors"
CLIENTS = "clients"
_ALL = "all "
_LOG_BUCKETS = "access log buckets"
_OPERATIONS = "Operations"
_MACHINE = "AWS::StepFunctions::StateMachine"
_ALARM = "AWS::CloudWatch::Alarm"
_WATCHING = "AWS::CloudWatch::"
# What a workflow sets in motion is drawn beside it, not in it.
_NEXT_GROUP = {"Workflow": "Delivery"}


def draw(template: Template) -> Graph:
    """Everything in a template that a reader should know about, and how it works together."""
    return _Drawing(template).graph()


class _Drawing:
    def __init__(self, template: Template) -> None:
        self._template = template
        self._topology = Topology(template)
        self._graph = Graph()
        self._helpers = _helpers(template)
        self._log_buckets = _log_buckets(template)
        self._titles = Titles(one for one in template.resources.values() if self._is_shown(one))
        self._wired: list[Edge] = []

    def graph(self) -> Graph:
        for resource in self._template.resources.values():
            if self._is_shown(resource):
                self._graph.add(self._node(resource, kind_of(resource.type)))
        self._count_gathered()
        self._wire()
        self._permit()
        self._let_visitors_in()
        self._group()
        self._copy()
        self._note_alarms()
        self._join_bystanders()
        return self._graph

    def _is_shown(self, resource: Resource) -> bool:
        kind = kind_of(resource.type)
        part = kind.part_of and self._template.references(at(resource.properties, kind.part_of))
        return bool(kind.label) and not kind.contains and not part and resource.id not in self._helpers

    def _node(self, resource: Resource, kind: Kind) -> Node:
        if kind.gathered:
            return Node(f"{_ALL}{resource.type}", kind.gathered, kind.label, kind.category, kind.shape, kind.group)
        if resource.id in self._log_buckets:
            return Node(f"{_ALL}{_LOG_BUCKETS}", _LOG_BUCKETS, kind.label, Category.OPERATIONS, kind.shape, _OPERATIONS)
        title = self._titles.of(resource) or copies.bucket_name(resource) or kind.label
        label = ", ".join(filter(None, ("" if title == kind.label else kind.label, notes.qualifier(resource))))
        lines = "\n".join(filter(None, (label, notes.note(self._topology, resource))))
        return Node(resource.id, title, lines, kind.category, kind.shape, kind.group)

    def _count_gathered(self) -> None:
        counts = Counter(one.type for one in self._template.resources.values() if one.id not in self._helpers)
        counts[_LOG_BUCKETS] = len(self._log_buckets)
        for gathered, count in counts.items():
            if node := self._graph.nodes.get(f"{_ALL}{gathered}"):
                title = f"{count} {node.title}" if count > 1 else sentence(node.title.removesuffix("s"))
                self._graph.add(replace(node, title=title))

    def _owned_by(self, name: str, on_the_way: frozenset[str] = frozenset()) -> list[str]:
        """The nodes that a resource counts as: its own, or those of what it is a part of."""
        resource = self._template.resources[name]
        kind = kind_of(resource.type)
        if name in self._helpers or name in on_the_way:
            return []
        if kind.gathered:
            return [f"{_ALL}{resource.type}"]
        if name in self._log_buckets:
            return [f"{_ALL}{_LOG_BUCKETS}"]
        if self._is_shown(resource) or kind.contains:
            return [name]
        owners = (self._owned_by(one, on_the_way | {name}) for one in self._holders(resource, kind))
        return list(dict.fromkeys(owner for found in owners for owner in found))

    def _holders(self, resource: Resource, kind: Kind) -> list[str]:
        if kind.part_of:
            return self._template.references(at(resource.properties, kind.part_of))
        referrers = self._template.referrers(resource.id)
        if kind.claimed_by == ANY:
            return [one.id for one in referrers if _uses(one)]
        return [one.id for one in referrers if one.type in kind.claimed_by]

    def _nodes_at(self, resource: Resource, path: str) -> list[str]:
        if not path:
            return [node for node in self._owned_by(resource.id) if node in self._graph.nodes]
        return self._nodes(self._template.references(at(resource.properties, path)))

    def _nodes(self, names: list[str]) -> list[str]:
        found = [owner for name in names for owner in self._owned_by(name)]
        return [node for node in dict.fromkeys(found) if node in self._graph.nodes]

    def _wire(self) -> None:
        for machine in self._template.of_type(_MACHINE):
            for task in wiring.tasks(self._template, machine):
                label = "when a step fails" if task.failure else task.action
                for target in self._nodes(task.references):
                    labels: tuple[str, ...] = (label,) if label else ()
                    self._graph.connect(Edge(machine.id, target, labels, failure=task.failure))
        for wire in wiring.WIRES:
            for resource in self._template.of_type(wire.type):
                told = wire.labels(self._template, resource)
                for source in self._nodes_at(resource, wire.source):
                    for target in self._nodes_at(resource, wire.target):
                        if not (wire.last_resort and self._graph.connected(source, target)):
                            self._graph.connect(Edge(source, target, told, failure=wire.failure))
        self._wired = self._graph.edges

    def _permit(self) -> None:
        wired = {ends for edge in self._wired for ends in ((edge.source, edge.target), (edge.target, edge.source))}
        dead_letters = {edge.target for edge in self._wired if edge.failure}
        acting: dict[tuple[str, str], list[permissions.Allowed]] = {}
        for allowed in permissions.allowed(self._template):
            holders = self._nodes([allowed.role])
            targets = self._nodes(list(allowed.resources))
            for holder in holders:
                for target in targets:
                    if (holder, target) not in wired:
                        ends = (target, holder) if allowed.takes() else (holder, target)
                        acting.setdefault(ends, []).append(allowed)
                if not targets:
                    self._reach_outside(holder, allowed)
        for ends, granted in acting.items():
            self._graph.connect(Edge(*ends, permissions.labels(granted), failure=ends[1] in dead_letters))

    def _reach_outside(self, holder: str, allowed: permissions.Allowed) -> None:
        for service in allowed.outside():
            actions = tuple(a.partition(":")[2] for a in allowed.actions if service.actions.fullmatch(a))
            self._graph.add(Node(service.kind, service.title, service.kind, service.category, service.shape))
            self._graph.connect(Edge(holder, service.kind, actions))

    def _let_visitors_in(self) -> None:
        for resource in self._template.resources.values():
            public = kind_of(resource.type).public
            if resource.id in self._graph.nodes and public is not None and self._is(resource, *public):
                path, _ = public
                if messaging.signed(self._template, resource):
                    self._come(CLIENTS, "Client", "signs its requests", resource, ("HTTPS",))
                else:
                    labels = balancing.doors(self._template, resource) if path else ("HTTPS",)
                    self._come(VISITORS, "Visitor", "web browser", resource, labels)

    def _come(self, name: str, title: str, kind: str, to: Resource, labels: tuple[str, ...]) -> None:
        if name not in self._graph.nodes:
            person = Node(name, title, kind, Category.PEOPLE, Shape.PERSON)
            self._graph.nodes = {name: person, **self._graph.nodes}
        self._graph.connect(Edge(name, to.id, labels))

    @staticmethod
    def _is(resource: Resource, path: str, value: str) -> bool:
        if "PRIVATE" in [text(one) for one in items(at(resource.properties, "EndpointConfiguration.Types"))]:
            return False
        return not path or text(at(resource.properties, path)) == value

    def _group(self) -> None:
        for _ in range(len(self._graph.nodes)):
            for target in {edge.target for edge in self._wired}:
                node = self._graph.nodes[target]
                around = {self._graph.nodes[edge.source].group for edge in self._wired if edge.target == target}
                if not node.group and self._belongs(node) and len(around) == 1:
                    group = around.pop()
                    self._graph.add(replace(node, group=_NEXT_GROUP.get(group, group)))
        sizes = Counter(node.group for node in self._graph.nodes.values())
        for name, node in list(self._graph.nodes.items()):
            if sizes[node.group] == 1:  # a frame around one says nothing
                self._graph.add(replace(node, group=""))
            if network := self._network_of(name):
                self._graph.add(replace(node, group=network))

    def _belongs(self, node: Node) -> bool:
        """Whether a node may be a part of what uses it, and not what two parts have between them."""
        resource = self._template.resources.get(node.id)
        between = resource is not None and kind_of(resource.type).between
        failing = any(edge.failure for edge in self._wired if edge.target == node.id)
        return node.shape is not Shape.PERSON and (failing or not between)

    def _network_of(self, name: str) -> str:
        resources = self._template.of_type(name.removeprefix(_ALL)) if name.startswith(_ALL) else []
        resources += [self._template.resources[name], *self._parts(name)] if name in self._template.resources else []
        for reference in self._template.references([resource.properties for resource in resources]):
            for owner in self._owned_by(reference):
                network = self._template.resources.get(owner)
                if network and kind_of(network.type).contains:
                    title = f"{self._titles.of(network)} {kind_of(network.type).label}".strip()
                    return ", ".join(filter(None, (title, notes.zones_of_network(self._topology, network))))
        return ""

    def _parts(self, name: str) -> list[Resource]:
        referring = ((one, kind_of(one.type).part_of) for one in self._template.referrers(name))
        return [one for one, path in referring if path and name in self._template.references(at(one.properties, path))]

    def _copy(self) -> None:
        for copy in copies.copies(self._template):
            if own := self._graph.nodes.get(copy.of):
                group, place = (f"Region {copy.region}", f" in {copy.region}") if copy.region else ("", "")
                kind = copy.kind or f"{kind_of(self._template.resources[copy.of].type).label}{place}"
                self._graph.add(replace(own, id=copy.id, title=copy.title or own.title, kind=kind, group=group))
                ends = (copy.id, copy.of) if copy.arrives else (copy.of, copy.id)
                self._graph.connect(Edge(*ends, copy.labels))
        for table in self._template.of_type(copies.TABLE):
            self._spread(table)

    def _spread(self, table: Resource) -> None:
        """A frame around the Regions of a global table, each of which takes writes and sends them to all others."""
        home, others = copies.regions(self._template, table)
        if not others:
            return
        group = f"{self._titles.of(table)} {kind_of(table.type).label}".strip()
        kind = "DynamoDB table"
        own = replace(self._graph.nodes[table.id], title=home, kind=f"{kind}\nRegion of this stack", group=group)
        nodes = [own, *(replace(own, id=f"{table.id} {region}", title=region, kind=kind) for region in others)]
        for place, node in enumerate(nodes):
            self._graph.add(node)
            for before in nodes[:place]:
                self._graph.connect(Edge(before.id, node.id, ("replicates",), mutual=True))

    def _note_alarms(self) -> None:
        counts: Counter[str] = Counter()
        for alarm in self._template.of_type(_ALARM):
            watched = [alarm.properties.get("Dimensions"), alarm.properties.get("Metrics")]
            names = [*self._template.references(watched), *copies.named(self._template, alarm)]
            counts.update(self._nodes(names))
        for name, count in counts.items():
            node = self._graph.nodes[name]
            note = f"{count} alarm{'s' if count > 1 else ''}"
            self._graph.add(replace(node, kind=f"{node.kind}\n{note}".strip()))

    def _join_bystanders(self) -> None:
        """One node for what stands in a group of its own accord and has no arrows; its members are its lines."""
        alone: dict[str, list[Node]] = {}
        for name, node in self._graph.nodes.items():
            gathered = name.removeprefix(_ALL) if name.startswith(_ALL) else ""
            group = _OPERATIONS if gathered == _LOG_BUCKETS else kind_of(gathered).group
            if group and not self._graph.touches(name):
                alone.setdefault(group, []).append(node)
        for group, members in alone.items():
            for node in members:
                del self._graph.nodes[node.id]
            self._graph.add(Node(group, group, "\n".join(node.title for node in members), members[0].category))


def _helpers(template: Template) -> frozenset[str]:
    """What serves the deployment and not the running system: custom resources and what they call."""
    custom = [one for one in template.resources.values() if one.type.startswith("Custom::")]
    called = {name for one in custom for name in template.references(one.properties.get("ServiceToken"))}
    inside = {one.id for one in template.resources.values() if any(part.startswith("Custom::") for part in one.path)}
    return frozenset(called | inside)


def _log_buckets(template: Template) -> frozenset[str]:
    """Buckets that only hold what other buckets note about those who use them."""
    buckets = template.of_type("AWS::S3::Bucket")
    named = {name for one in buckets for name in template.references(one.properties.get("LoggingConfiguration"))}
    return frozenset(name for name in named if all(_only_logs(template, one) for one in template.referrers(name)))


def _only_logs(template: Template, resource: Resource) -> bool:
    """Whether what refers to a bucket leaves it one for logs: what it permits, it permits nobody in the template."""
    if resource.type == "AWS::IAM::Policy":
        roles = template.references(resource.properties.get("Roles"))
        return not any(_uses(one) for role in roles for one in template.referrers(role))
    return resource.type in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy") or resource.type.startswith(_WATCHING)


def _uses(resource: Resource) -> bool:
    """Whether a resource does something with what it refers to, and does not only speak of it."""
    return not permissions.only_permits(resource) and not resource.type.startswith(_WATCHING)
