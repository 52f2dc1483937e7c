"""What the instances of a fleet are made of. Needs no CDK."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_patterns._validation import Problems, is_token
from aws_patterns.compute import _defaults as defaults

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

# A family, its generation, what it has besides, and a size: m7g.large, u-6tb1.metal, m8i-flex.2xlarge.
_NOTATION = re.compile(r"(?P<family>[a-z]+)(?:-\d+tb)?(?P<generation>\d+)(?P<extras>[a-z0-9-]*)\.[a-z0-9-]+")


_MADE_BY_THE_CDK = MappingProxyType(
    {
        "image": "ec2.MachineImage.generic_linux({region: image_id})",
        "user_data": "ec2.UserData.custom(script)",
    }
)


class Architecture(StrEnum):
    """Whose instructions a processor understands."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instances:
    """What an instance is started from: ``Instances(instance_types=["m7g.large"], user_data=commands)``.

    Args:
        instance_types: One, or several of the same architecture, the preferred first, for a ``MixedFleet``.
            Default t4g.small.
        image: What they boot from. Default: the latest Amazon Linux 2023 at each deployment.
        user_data: A shell script, run once at the first boot. Its failure fails the deployment.
            Default: nothing.
        root_volume_gib: Size of the encrypted gp3 volume. Default 16 GiB.
        root_device: The image's name for that volume. Default ``/dev/xvda``, as Amazon Linux has it; Ubuntu and
            Debian differ.
    """

    instance_types: Sequence[str] = defaults.INSTANCE_TYPES
    image: ec2.IMachineImage | None = None
    user_data: ec2.UserData | None = None
    root_volume_gib: int = defaults.ROOT_VOLUME_GIB
    root_device: str = defaults.ROOT_DEVICE


def architecture_of(instance_type: str) -> Architecture:
    """Which processors a type has: Graviton's types carry a ``g`` behind their generation.

    Raises:
        ValueError: For what is no instance type.
    """
    found = _NOTATION.fullmatch(instance_type)
    if not found:
        raise ValueError(f"{instance_type!r} is no instance type such as t4g.small")
    graviton = "g" in found["extras"] or (found["family"], found["generation"]) == ("a", "1")
    return Architecture.ARM64 if graviton else Architecture.X86_64


def check_instances(problems: Problems, instances: Instances, *, mixed: bool = False, name: str = "instances") -> None:
    """Add to ``problems`` whatever is wrong with what one fleet is made of; several types only where ``mixed``."""
    types = instances.instance_types
    known = [kind for kind in types if not is_token(kind)]
    if isinstance(types, str):
        problems.add(f"{name}.instance_types must be a list, got {types!r}: write [{types!r}]")
        known = []
    elif not types:
        problems.add(f"{name}.instance_types must name at least one type, such as {defaults.INSTANCE_TYPES[0]}")
    elif len(known) < len(types):
        problems.add(f"{name}.instance_types must be known at synthesis: the image depends on their architecture")
    for kind in dict.fromkeys(known):
        if not _NOTATION.fullmatch(kind):
            problems.add(f"{name}.instance_types must be written like t4g.small, got {kind!r}")
        if known.count(kind) > 1:
            problems.add(f"{name}.instance_types names {kind} {known.count(kind)} times: once is enough")
    named = {kind: architecture_of(kind) for kind in known if _NOTATION.fullmatch(kind)}
    if len(set(named.values())) > 1:
        each = ", ".join(f"{kind} ({architecture})" for kind, architecture in named.items())
        problems.add(f"{name}.instance_types must share one architecture, because they share one image, got {each}")
    if len(set(known)) > 1 and not mixed:
        problems.add(
            f"{name}.instance_types must be one type, got {', '.join(known)}: leave the others out, or say with "
            "mixed_fleet=MixedFleet(...) how they are chosen from"
        )
    for part, made in _MADE_BY_THE_CDK.items():
        given = getattr(instances, part)
        if isinstance(given, str) and not is_token(given):
            problems.add(f"{name}.{part} must be an object of the CDK, got a text: make it with {made}")
    problems.between(f"{name}.root_volume_gib", instances.root_volume_gib, 1, 16_384, " GiB")
    if not is_token(instances.root_device) and not instances.root_device.startswith(("/dev/", "xvd")):
        problems.add(f"{name}.root_device must be a device such as /dev/xvda, got {instances.root_device!r}")
