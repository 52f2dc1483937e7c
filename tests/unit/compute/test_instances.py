"""What the instances of a fleet may be made of."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns._validation import Problems
from aws_patterns.compute.instances import Architecture, Instances, architecture_of, check_instances


def problems(*, mixed: bool = False, **options: Any) -> list[str]:
    found = Problems("Thing")
    check_instances(found, Instances(**options), mixed=mixed)
    return found.found


@pytest.mark.parametrize(
    ("instance_type", "architecture"),
    [
        *((kind, "arm64") for kind in ("t4g.small", "m7g.large", "c7gn.16xlarge", "im4gn.large", "is4gen.medium")),
        *((kind, "arm64") for kind in ("x2gd.metal", "g5g.xlarge", "a1.medium", "hpc7g.4xlarge", "r8g.metal-48xl")),
        *((kind, "x86_64") for kind in ("t3.micro", "t3a.nano", "m7i.large", "m8i-flex.2xlarge", "g4dn.xlarge")),
        *((kind, "x86_64") for kind in ("gr6.4xlarge", "g6e.xlarge", "u-6tb1.112xlarge", "x2iedn.xlarge", "i4i.large")),
        *((kind, "x86_64") for kind in ("mac1.metal", "trn1.2xlarge", "inf2.xlarge", "p4de.24xlarge", "c6id.large")),
    ],
)
def test_a_type_says_whose_instructions_it_understands(instance_type: str, architecture: str) -> None:
    assert architecture_of(instance_type) == architecture


def test_the_cdk_agrees_on_every_kind_of_name() -> None:
    from aws_cdk import aws_ec2 as ec2

    for kind in ("t4g.small", "c7gn.large", "is4gen.medium", "a1.large", "g4dn.xlarge", "m7i.large", "x2iedn.xlarge"):
        arm = ec2.InstanceType(kind).architecture == ec2.InstanceArchitecture.ARM_64
        assert (architecture_of(kind) is Architecture.ARM64) is arm


def test_what_is_no_type_has_no_architecture() -> None:
    with pytest.raises(ValueError, match=r"^'huge' is no instance type such as t4g\.small$"):
        architecture_of("huge")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"instance_types": ["m7i.large"]},
        {"instance_types": ["m7g.large", "c7g.large", "t4g.large"], "mixed": True},
        {"root_volume_gib": 1, "root_device": "/dev/sda1"},
        {"root_volume_gib": 16_384, "root_device": "xvda"},
    ],
    ids=str,
)
def test_what_is_allowed_is_accepted(options: dict[str, Any]) -> None:
    assert problems(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"instance_types": []}, "instances.instance_types must name at least one type, such as t4g.small"),
        (
            {"instance_types": "t4g.small"},
            "instances.instance_types must be a list, got 't4g.small': write ['t4g.small']",
        ),
        ({"instance_types": ["T4G.small"]}, "instances.instance_types must be written like t4g.small, got 'T4G.small'"),
        ({"instance_types": ["t4g"]}, "instances.instance_types must be written like t4g.small, got 't4g'"),
        (
            {"instance_types": ["t4g.small", "t4g.small"], "mixed": True},
            "instances.instance_types names t4g.small 2 times: once is enough",
        ),
        (
            {"instance_types": ["m7g.large", "m7i.large"], "mixed": True},
            "instances.instance_types must share one architecture, because they share one image, got "
            "m7g.large (arm64), m7i.large (x86_64)",
        ),
        (
            {"instance_types": ["m7g.large", "m6g.large"]},
            "instances.instance_types must be one type, got m7g.large, m6g.large: leave the others out, or say with "
            "mixed_fleet=MixedFleet(...) how they are chosen from",
        ),
        ({"root_volume_gib": 0}, "instances.root_volume_gib must be between 1 and 16384 GiB, got 0 GiB"),
        ({"root_volume_gib": 16_385}, "instances.root_volume_gib must be between 1 and 16384 GiB, got 16385 GiB"),
        ({"root_device": "C:"}, "instances.root_device must be a device such as /dev/xvda, got 'C:'"),
    ],
    ids=str,
)
def test_what_is_not_allowed_is_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_a_type_known_at_deployment_only_has_no_image() -> None:
    import aws_cdk as cdk

    assert problems(instance_types=[cdk.Token.as_string({"Ref": "Type"})]) == [
        "instances.instance_types must be known at synthesis: the image depends on their architecture"
    ]


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(instance_types=["m7g.large", "m7i.large", "huge"], root_volume_gib=0, root_device="C:")
    assert [problem.split()[0] for problem in found] == [
        *["instances.instance_types"] * 3,
        "instances.root_volume_gib",
        "instances.root_device",
    ]


def test_a_text_in_place_of_an_object_of_the_cdk_is_refused() -> None:
    problems = Problems("Fleet")
    check_instances(problems, Instances(image="ami-0", user_data="#!/bin/bash"))  # type: ignore[arg-type]  # the mistake
    assert problems.found == [
        "instances.image must be an object of the CDK, got a text: make it with "
        "ec2.MachineImage.generic_linux({region: image_id})",
        "instances.user_data must be an object of the CDK, got a text: make it with ec2.UserData.custom(script)",
    ]
