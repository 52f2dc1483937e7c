"""What becomes of a pool's work without a worker, a zone, a way out, or launches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from docs.generate.resilience import Answer, Loss, assess

Resources = dict[str, Mapping[str, Any]]
YES, DEGRADED, NO = Answer.YES, Answer.DEGRADED, Answer.NO
MakePool = Callable[..., Resources]


def _resource(resource_type: str, /, **properties: object) -> dict[str, object]:
    return {"Type": f"AWS::{resource_type}", "Properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _network(zones: int, gateways: int) -> Resources:
    found: Resources = {}
    for zone in range(zones):
        place = {"Fn::Select": [zone, {"Fn::GetAZs": ""}]}
        found[f"Public{zone}"] = _resource("EC2::Subnet", AvailabilityZone=place)
        found[f"Private{zone}"] = _resource("EC2::Subnet", AvailabilityZone=place)
        found[f"Table{zone}"] = _resource("EC2::RouteTable")
        found[f"Association{zone}"] = _resource(
            "EC2::SubnetRouteTableAssociation", RouteTableId=_ref(f"Table{zone}"), SubnetId=_ref(f"Private{zone}")
        )
        if gateways:
            found[f"Route{zone}"] = _resource(
                "EC2::Route",
                RouteTableId=_ref(f"Table{zone}"),
                DestinationCidrBlock="0.0.0.0/0",
                NatGatewayId=_ref(f"Nat{zone % gateways}"),
            )
    for gateway in range(gateways):
        found[f"Nat{gateway}"] = _resource("EC2::NatGateway", SubnetId=_ref(f"Public{gateway}"))
    return found


def _role(queue: str) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
        "Resource": {"Fn::GetAtt": [queue, "Arn"]},
    }
    return _resource("IAM::Role", Policies=[{"PolicyDocument": {"Statement": [statement]}}])


def _instances(minimum: int = 0, zones: int = 3, gateways: int = 3, **group: object) -> Resources:
    return {
        **_network(zones, gateways),
        "Queue": _resource("SQS::Queue", VisibilityTimeout=45, MessageRetentionPeriod=86_400),
        "Role": _role("Queue"),
        "Profile": _resource("IAM::InstanceProfile", Roles=[_ref("Role")]),
        "Boot": _resource("EC2::LaunchTemplate", LaunchTemplateData={"IamInstanceProfile": _ref("Profile")}),
        "Workers": _resource(
            "AutoScaling::AutoScalingGroup",
            MinSize=str(minimum),
            VPCZoneIdentifier=[_ref(f"Private{zone}") for zone in range(zones)],
            **{"LaunchTemplate": {"LaunchTemplateId": _ref("Boot")}, **group},
        ),
    }


def _tasks(minimum: int = 0, zones: int = 3, gateways: int = 3, **service: object) -> Resources:
    subnets = [_ref(f"Private{zone}") for zone in range(zones)]
    return {
        **_network(zones, gateways),
        "Queue": _resource("SQS::Queue", VisibilityTimeout=45, MessageRetentionPeriod=86_400),
        "Role": _role("Queue"),
        "Task": _resource("ECS::TaskDefinition", TaskRoleArn=_ref("Role")),
        "Range": _resource(
            "ApplicationAutoScaling::ScalableTarget", MinCapacity=minimum, ResourceId={"Fn::Sub": "service/${Workers}"}
        ),
        "Workers": _resource(
            "ECS::Service",
            TaskDefinition=_ref("Task"),
            NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": subnets}},
            **service,
        ),
    }


@pytest.fixture(params=[(_instances, "instance"), (_tasks, "task")], ids=["instances", "tasks"])
def flavour(request: pytest.FixtureRequest) -> tuple[MakePool, str]:
    found: tuple[MakePool, str] = request.param
    return found


def _judged(loss: Loss, resources: Resources) -> tuple[Answer, str]:
    verdict = assess({"Resources": resources})[loss]
    return verdict.answer, verdict.reason


def test_a_lost_worker_gives_its_messages_to_another(flavour: tuple[MakePool, str]) -> None:
    pool, noun = flavour
    assert _judged(Loss.INSTANCE, pool()) == (
        YES,
        f"what the {noun} had in hand is in the queue again within 45 s, for another",
    )


def test_a_lost_zone_leaves_the_others(flavour: tuple[MakePool, str]) -> None:
    pool, noun = flavour
    answer, reason = _judged(Loss.ZONE, pool())
    assert answer is DEGRADED
    assert reason.startswith(f"{noun}s work, and more start, in 2 of 3 zones; what the lost ones had in hand is in ")


def test_the_only_zone_is_everybodys(flavour: tuple[MakePool, str]) -> None:
    pool, _ = flavour
    answer, reason = _judged(Loss.ZONE, pool(zones=1, gateways=1))
    assert answer is NO
    assert "all workers are in one zone; messages wait, for up to 1 day" in reason


def test_subnets_that_the_template_does_not_hold_are_not_guessed(flavour: tuple[MakePool, str]) -> None:
    pool, _ = flavour
    resources = pool(zones=0, gateways=0)
    assert _judged(Loss.ZONE, resources)[0] is DEGRADED


@pytest.mark.parametrize(
    ("gateways", "answer", "part"),
    [
        (3, DEGRADED, "workers there reach no queue; what they had in hand goes to others after 45 s"),
        (1, NO, "no worker reaches the queue: messages wait, for up to 1 day"),
    ],
)
def test_without_a_way_out_there_is_no_queue(
    flavour: tuple[MakePool, str], gateways: int, answer: Answer, part: str
) -> None:
    pool, _ = flavour
    found = _judged(Loss.NAT, pool(gateways=gateways))
    assert found[0] is answer
    assert part in found[1]


def test_with_an_endpoint_there_is(flavour: tuple[MakePool, str]) -> None:
    pool, _ = flavour
    endpoint = _resource("EC2::VPCEndpoint", ServiceName="com.amazonaws.eu-west-1.sqs")
    assert "reach" not in _judged(Loss.NAT, {**pool(), "Endpoint": endpoint})[1].replace("can be reached", "")


@pytest.mark.parametrize(
    ("minimum", "reason"),
    [
        (0, "those that run go on; where there is none, messages wait, for up to 1 day"),
        (1, "the one that always runs goes on, and messages wait, for up to 1 day"),
        (2, "the 2 that always run go on, and messages wait, for up to 1 day"),
    ],
)
def test_without_launches_messages_wait(flavour: tuple[MakePool, str], minimum: int, reason: str) -> None:
    pool, _ = flavour
    assert _judged(Loss.LAUNCHES, pool(minimum=minimum)) == (DEGRADED, reason)


@pytest.mark.parametrize(
    ("resources", "kept"),
    [
        (
            _instances(
                LaunchTemplate=None,
                MixedInstancesPolicy={
                    "LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": _ref("Boot")}},
                    "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0},
                },
            ),
            "all but 1",
        ),
        (_tasks(CapacityProviderStrategy=[{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]), "all"),
        (
            _tasks(
                CapacityProviderStrategy=[
                    {"CapacityProvider": "FARGATE", "Base": 2},
                    {"CapacityProvider": "FARGATE_SPOT", "Weight": 1},
                ]
            ),
            "all but 2",
        ),
    ],
)
def test_spot_capacity_may_be_reclaimed(resources: Resources, kept: str) -> None:
    _, reason = _judged(Loss.LAUNCHES, resources)
    assert reason.endswith(f"; {kept} are Spot, may be reclaimed and would not come back")


def test_a_fleet_that_takes_from_no_queue_is_no_pool() -> None:
    resources = _instances(minimum=1)
    resources["Role"] = _resource("IAM::Role")
    assert _judged(Loss.INSTANCE, resources) == (NO, "the only instance, until Auto Scaling has replaced it")


def test_a_fleet_beside_a_pool_is_a_fleet_still() -> None:
    beside = _resource("AutoScaling::AutoScalingGroup", MinSize="2", VPCZoneIdentifier=[_ref("Private0")])
    found = _judged(Loss.INSTANCE, {**_instances(), "Beside": beside, "Other": _resource("IAM::Role")})
    assert found[0] is DEGRADED
    assert "1 of 2 serve until Auto Scaling has replaced the other" in found[1]
    assert found[1].count("had in hand") == 1
