"""What survives which loss, judged from the resources and properties of a template alone.

Each loss has its assessors: functions that look at one thing and say what becomes of it. A new kind of resource is
one more function in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from docs.generate.pools import Pool, pools
from docs.generate.template import Template
from docs.generate.topology import Fleet, Topology

_DAY_SECONDS = 86_400


class Answer(IntEnum):
    """Whether the service goes on; the worst is the greatest."""

    YES = 0
    DEGRADED = 1
    NO = 2

    @property
    def word(self) -> str:
        """As a reader sees it."""
        return self.name.lower()


class Loss(StrEnum):
    """What may be lost."""

    INSTANCE = "an instance"
    ZONE = "a zone"
    NAT = "a NAT gateway"
    LAUNCHES = "launches"


MEANINGS: Mapping[Loss, str] = {
    Loss.INSTANCE: "one instance ends or stops answering",
    Loss.ZONE: "an Availability Zone is gone, with everything in it",
    Loss.NAT: "one NAT gateway forwards nothing",
    Loss.LAUNCHES: "no instance can be started: no capacity, image or parameter",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a loss does.

    Attributes:
        answer: Whether the service goes on.
        reason: Why, with the numbers of the template.
    """

    answer: Answer
    reason: str


Assessor = Callable[[Topology], Iterable[Verdict]]


def assess(source: Mapping[str, object]) -> dict[Loss, Verdict]:
    """What each loss does to what a template describes: the worst answer, and all reasons."""
    topology = Topology(Template(source))
    return {
        loss: _sum_up(one for assessor in assessors for one in assessor(topology)) for loss, assessors in TABLE.items()
    }


def _sum_up(verdicts: Iterable[Verdict]) -> Verdict:
    # The most important first; as found among equals.
    found = sorted(dict.fromkeys(verdicts), key=lambda one: -one.answer)
    if not found:
        return Verdict(Answer.YES, "nothing here depends on one")
    return Verdict(found[0].answer, "; ".join(one.reason for one in found))


def _fleet_without_an_instance(topology: Topology) -> Iterator[Verdict]:
    for fleet in _serving(topology):
        if fleet.running == 0:
            yield Verdict(Answer.NO, f"{_name(fleet)}no instance runs")
            continue
        left = fleet.running - 1
        if left == 0:
            yield Verdict(Answer.NO, f"{_name(fleet)}the only instance, until Auto Scaling has replaced it")
        elif left >= fleet.needed:
            yield Verdict(Answer.YES, f"{_name(fleet)}{left} of {fleet.running} serve, no fewer than {_enough(fleet)}")
        else:
            reason = f"{_name(fleet)}{left} of {fleet.running} serve until Auto Scaling has replaced the other"
            yield Verdict(Answer.DEGRADED, reason)
        if fleet.share is not None and not fleet.asks_balancer:
            reason = "one that runs without answering gets no requests, and is not replaced either"
            yield Verdict(Answer.DEGRADED, f"{_name(fleet)}{reason}")


def _fleet_without_a_zone(topology: Topology) -> Iterator[Verdict]:
    for fleet in _serving(topology):
        zones, left = len(fleet.zones), fleet.running - fleet.lost_with_a_zone()
        if zones == 0:
            yield Verdict(Answer.DEGRADED, f"{_name(fleet)}its subnets are not in this template, so nothing is certain")
            continue
        remain = f"{_name(fleet)}{zones - 1} of {zones} zones and {left} of {fleet.running} instances remain"
        if left == 0:
            yield Verdict(Answer.NO, remain)
        elif left >= fleet.needed:
            yield Verdict(Answer.YES, f"{remain}, no fewer than {_enough(fleet)}: nothing has to be launched")
        else:
            more = fleet.running - left
            yield Verdict(Answer.DEGRADED, f"{remain} until {more} more run{'s' * (more == 1)} in the others")


def _instances_of_their_own(topology: Topology) -> Iterator[Verdict]:
    count = len(topology.template.of_type("AWS::EC2::Instance"))
    if count:
        alone = "an instance of its own is not replaced" if count == 1 else "instances of their own are not replaced"
        yield Verdict(Answer.NO, alone)


def _balancer_without_a_zone(topology: Topology) -> Iterator[Verdict]:
    for balancer in topology.balancers:
        count = len(balancer.zones)
        if count == 0:
            yield Verdict(Answer.DEGRADED, "the load balancer's subnets are not in this template")
        elif count == 1:
            yield Verdict(Answer.NO, "the load balancer is in one zone")
        elif balancer.addresses:
            left = f"{balancer.addresses - 1} of {balancer.addresses} Elastic IPs answer"
            yield Verdict(Answer.YES, f"{left}, and DNS leaves out the other")
        else:
            yield Verdict(Answer.YES, f"the load balancer answers from {count - 1} of {count} zones")
        if balancer.kind == "network" and not balancer.cross_zone:
            reason = "without cross-zone balancing, DNS leaves out a zone whose targets are all unhealthy"
            yield Verdict(Answer.YES, reason)


def _ways_out_without_a_zone(topology: Topology) -> Iterator[Verdict]:
    for gateway, zones in topology.ways_out.items():
        others = [zone for zone in zones if zone != topology.gateway_zones[gateway]]
        if others:
            many = _count(others, "other zone")
            reason = f"if it is the zone of the NAT gateway, the private subnets of {many} are cut off"
            yield Verdict(Answer.DEGRADED, f"{reason} from the internet")
    if topology.ways_out and all(zones == (topology.gateway_zones[one],) for one, zones in topology.ways_out.items()):
        yield Verdict(Answer.YES, "each zone leaves through its own NAT gateway")


def _subnets_without_a_nat(topology: Topology) -> Iterator[Verdict]:
    if not topology.ways_out:
        return
    most = max(topology.ways_out.values(), key=len)
    zones = len({zone for of_gateway in topology.ways_out.values() for zone in of_gateway})
    which = f"{len(most)} of {zones} zones" if len(most) < zones else f"all {zones} zones"
    reason = f"the private subnets of {which} are cut off from the internet"
    served = ", and requests from the load balancer are still served" if topology.balancers else ""
    reached = f"; only {', '.join(topology.endpoints)} can be reached from there" if topology.endpoints else ""
    yield Verdict(Answer.DEGRADED, f"{reason}{served}{reached}")


def _fleet_without_launches(topology: Topology) -> Iterator[Verdict]:
    for fleet in _serving(topology):
        if fleet.running == 0:
            yield Verdict(Answer.NO, f"{_name(fleet)}no instance runs")
            continue
        going_on = f"{_name(fleet)}the {fleet.running} running go on"
        left = fleet.running - fleet.lost_with_a_zone()
        if left >= fleet.needed and left > 0:
            yield Verdict(Answer.YES, f"{going_on}, and even without a zone {left} are no fewer than {_enough(fleet)}")
        else:
            reason = (
                f"{going_on}, but nothing that is lost is replaced: without a zone as well, {left} {_are(left)} left"
            )
            yield Verdict(Answer.DEGRADED, reason)
        if fleet.on_demand < fleet.running:
            spot = fleet.running - fleet.on_demand
            reason = f"{_name(fleet)}up to {spot} are Spot, may be reclaimed and would not come back"
            yield Verdict(Answer.DEGRADED, f"{reason} ({fleet.types} types to choose from)")
        if fleet.looked_up:
            yield Verdict(Answer.DEGRADED, f"{_name(fleet)}the image's parameter is looked up at each launch")


def _pool_without_a_worker(topology: Topology) -> Iterator[Verdict]:
    for pool in pools(topology):
        reason = f"what the {pool.noun} had in hand is in the queue again within {pool.hidden_seconds} s, for another"
        yield Verdict(Answer.YES, reason)


def _pool_without_a_zone(topology: Topology) -> Iterator[Verdict]:
    for pool in pools(topology):
        zones = len(pool.zones)
        if zones == 0:
            yield Verdict(Answer.DEGRADED, "the workers' subnets are not in this template, so nothing is certain")
        elif zones == 1:
            yield Verdict(Answer.NO, f"all workers are in one zone; {_wait(pool)}")
        else:
            others = f"{pool.noun}s work, and more start, in {zones - 1} of {zones} zones"
            reason = f"{others}; what the lost ones had in hand is in the queue again within {pool.hidden_seconds} s"
            yield Verdict(Answer.DEGRADED, reason)


def _pool_without_a_nat(topology: Topology) -> Iterator[Verdict]:
    cut_off = {zone for gateway in topology.ways_out.values() for zone in gateway}
    for pool in pools(topology):
        if "sqs" in topology.endpoints or not cut_off & set(pool.zones):
            continue
        if len(topology.ways_out) == 1:
            yield Verdict(Answer.NO, f"no worker reaches the queue: {_wait(pool)}")
        else:
            reason = f"workers there reach no queue; what they had in hand goes to others after {pool.hidden_seconds} s"
            yield Verdict(Answer.DEGRADED, reason)


def _pool_without_launches(topology: Topology) -> Iterator[Verdict]:
    for pool in pools(topology):
        always = f"the {pool.minimum} that always run go on" if pool.minimum > 1 else "the one that always runs goes on"
        running = always if pool.minimum else "those that run go on"
        asleep = f"; where there is none, {_wait(pool)}" if pool.minimum == 0 else f", and {_wait(pool)}"
        yield Verdict(Answer.DEGRADED, f"{running}{asleep}")
        if pool.spot:
            kept = f"all but {pool.on_demand}" if pool.on_demand else "all"
            yield Verdict(Answer.DEGRADED, f"{kept} are Spot, may be reclaimed and would not come back")


def _wait(pool: Pool) -> str:
    days = pool.kept_seconds / _DAY_SECONDS
    return f"messages wait, for up to {days:.3g} day{'s' * (days != 1)}"


def _serverless(topology: Topology) -> Iterator[Verdict]:
    """Where nothing runs in a zone of one's own, AWS's own services decide; those named here span zones."""
    own = topology.fleets or pools(topology) or topology.balancers or topology.template.of_type("AWS::EC2::Instance")
    if not own and topology.template.of_type("AWS::Lambda::Function"):
        yield Verdict(Answer.YES, "functions run in several zones by themselves")


TABLE: Mapping[Loss, tuple[Assessor, ...]] = {
    Loss.INSTANCE: (_fleet_without_an_instance, _instances_of_their_own, _pool_without_a_worker),
    Loss.ZONE: (
        _balancer_without_a_zone,
        _fleet_without_a_zone,
        _ways_out_without_a_zone,
        _pool_without_a_zone,
        _instances_of_their_own,
        _serverless,
    ),
    Loss.NAT: (_subnets_without_a_nat, _pool_without_a_nat),
    Loss.LAUNCHES: (_fleet_without_launches, _pool_without_launches),
}


def table(variants: Mapping[str, Mapping[str, object]]) -> str:
    """The losses and what each does to each variant, in Markdown.

    Args:
        variants: Templates by the names of the variants.
    """
    head = ["Variant", *(f"Without {loss}" for loss in Loss)]
    rows = [[name, *map(_cell, assess(template).values())] for name, template in variants.items()]
    lines = [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows]]
    meanings = "; ".join(f"without {loss}: {meaning}" for loss, meaning in MEANINGS.items())
    degraded = "**Degraded**: it goes on with less than it is to have, or parts of it do."
    return "\n".join([*lines, "", f"{meanings[:1].upper()}{meanings[1:]}. {degraded}"])


def _cell(verdict: Verdict) -> str:
    return f"**{verdict.answer.word}**: {verdict.reason}"


def _serving(topology: Topology) -> list[Fleet]:
    """The fleets that requests come to, or that work without any; one without a weight carries nothing.

    Those that work on a queue are judged by what becomes of its messages.
    """
    working = {pool.id for pool in pools(topology)}
    return [one for one in topology.fleets if one.id not in working and (one.share is None or one.share > 0)]


def _name(fleet: Fleet) -> str:
    share = f" ({fleet.share:.3g} % of requests)" if fleet.share not in (None, 100.0) else ""
    return f"{fleet.title}{share}: " if fleet.title else ""


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _enough(fleet: Fleet) -> str:
    return f"the {fleet.needed} that carry the load" if fleet.known else f"the minimum of {fleet.needed}"


def _count(things: list[str], noun: str) -> str:
    return f"{len(things)} {noun}{'s' if len(things) != 1 else ''}"
