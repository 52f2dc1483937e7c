"""What the settings of several stacks have in common."""

import re
from collections.abc import Mapping, Sequence

from aws_patterns.compute.capacity import Capacity
from aws_patterns.compute.mixed_fleet import MixedFleet
from aws_patterns.compute.scaling_policies import CpuTarget, RequestsPerTarget, TargetTracking
from aws_patterns.network.multi_az_vpc_options import NatGateways

_TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?", re.ASCII)
_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", re.ASCII)
_CERTIFICATE_ARN = re.compile(r"arn:[\w-]+:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+", re.ASCII)


def topic_problems(arn: str | None, *, name: str = "alarm_topic_arn") -> list[str]:
    """What is wrong with the ARN of a topic for alarms."""
    if arn is None or _TOPIC_ARN.fullmatch(arn):
        return []
    return [f"{name} must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got {arn!r}"]


def key_problems(arn: str | None) -> list[str]:
    """What is wrong with ``encryption_key_arn``."""
    if arn is None or _KEY_ARN.fullmatch(arn):
        return []
    return [f"encryption_key_arn must look like arn:aws:kms:eu-west-1:111122223333:key/..., got {arn!r}"]


def certificate_problems(
    arns: Sequence[str], *, name: str = "certificate_arns", region: str = "eu-west-1"
) -> list[str]:
    """What is wrong with the ARNs of certificates, which belong into this Region for instance."""
    return [
        f"{name} must look like arn:aws:acm:{region}:111122223333:certificate/..., got {arn!r}"
        for arn in arns
        if not _CERTIFICATE_ARN.fullmatch(arn)
    ]


def zones_of(availability_zones: int) -> int:
    """How many zones; some number that there may be where one was given that may not: that is said elsewhere."""
    return min(max(availability_zones, 2), 3)


def capacity_of(
    zones: int, *, minimum: int | None, maximum: int | None, desired: int | None, needed: int | None = None
) -> Capacity:
    """One instance in each zone, and twice as many at most, unless something else is asked for."""
    least = zones if minimum is None else minimum
    most = 2 * (least or zones) if maximum is None else maximum
    return Capacity(minimum=least, maximum=most, desired=desired, needed=needed)


def mixed_fleet_of(zones: int, *, spot_percentage: int | None, on_demand_base: int | None) -> MixedFleet | None:
    """No Spot instances unless a share is named; then one On-Demand instance in each zone comes first."""
    if spot_percentage is None:
        return None
    base = zones if on_demand_base is None else on_demand_base
    return MixedFleet(on_demand_base=base, spot_percentage=spot_percentage)


def mixed_fleet_problems(*, spot_percentage: int | None, on_demand_base: int | None) -> list[str]:
    """What is wrong with naming one of the two."""
    if spot_percentage is not None or on_demand_base is None:
        return []
    return ["spot_percentage is missing: on_demand_base was given, and says what is not Spot"]


def targets_of(*, cpu_percent: float | None, requests_per_minute: float | None = None) -> list[TargetTracking]:
    """What a fleet is kept at."""
    targets: list[TargetTracking] = []
    if cpu_percent is not None:
        targets.append(CpuTarget(percent=cpu_percent))
    if requests_per_minute is not None:
        targets.append(RequestsPerTarget(requests_per_minute=requests_per_minute))
    return targets


def signal_problems(nat_gateways: NatGateways, interface_endpoints: Sequence[str]) -> list[str]:
    """Whether new instances can tell CloudFormation that they are up."""
    if nat_gateways is not NatGateways.NONE or "cloudformation" in interface_endpoints:
        return []
    return [
        "interface_endpoints must hold cloudformation with nat_gateways=none: new instances tell CloudFormation that "
        "they are up, and have no other way to it"
    ]


def exactly(names: Mapping[str, str]) -> dict[str, str]:
    """Patterns of problems that begin with these names."""
    return {rf"^{re.escape(name)}(?=\s)": here for name, here in names.items()}


# How the parts speak to people who write Python.
_SPOKEN = {
    r"give certificates=\[\.\.\.\] of": "give certificate_arns of",
    r"tls=TlsApproach\.PLAIN_HTTP": "tls=plain-http",
}


def renamed(problems: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """With the names that things have here (by the patterns of what the parts call them), each problem once."""
    found = []
    for problem in problems:
        changed = problem
        for pattern, name in {**names, **_SPOKEN}.items():
            changed = re.sub(pattern, name, changed)
        found.append(changed)
    return list(dict.fromkeys(found))
