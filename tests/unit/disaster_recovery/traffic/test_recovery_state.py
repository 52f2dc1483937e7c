"""Where the state is, who may read and write which part of it, and that its names are those of the functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from aws_patterns.disaster_recovery.plan import RegionRole
from aws_patterns.disaster_recovery.traffic.recovery_state import RecoveryState
from aws_patterns.disaster_recovery.traffic.recovery_state_options import StateItem, state_table_name
from aws_patterns.disaster_recovery.traffic.registration_options import ITEMS
from aws_patterns.recovery import Loss
from recovery_state import logic


def granted(stack: cdk.Stack, grant: Callable[[RecoveryState, iam.Role], object]) -> list[Mapping[str, Any]]:
    """The statements of somebody who was granted something."""
    state = RecoveryState(stack, "State", name="orders")
    role = iam.Role(stack, "Runbook", assumed_by=iam.AccountRootPrincipal())
    grant(state, role)
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    statements: list[Mapping[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return statements


def allowed(statements: list[Mapping[str, Any]]) -> list[tuple[object, list[str]]]:
    """Actions, and the items that they may be about."""
    return [
        (statement["Action"], statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        for statement in statements
    ]


def test_it_is_one_table_with_a_name_that_the_other_region_knows(stack: cdk.Stack) -> None:
    state = RecoveryState(stack, "State", name="orders")
    template = Template.from_stack(stack)
    template.has_resource(
        "AWS::DynamoDB::GlobalTable",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "TableName": "orders-recovery-state",
                "KeySchema": [{"AttributeName": "item", "KeyType": "HASH"}],
                "Replicas": [
                    {
                        "Region": {"Ref": "AWS::Region"},
                        "DeletionProtectionEnabled": True,
                        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    }
                ],
            },
        },
    )
    assert (state.table_name, state.workload_name) == ("orders-recovery-state", "orders")
    assert state.recovery[Loss.REGION].recovery_time is None
    assert set(state.alarms) == {"ReadThrottles", "WriteThrottles", "SystemErrors"}


def test_reading_is_of_the_items_asked_for(stack: cdk.Stack) -> None:
    (statement,) = granted(stack, lambda state, role: state.grant_read(role, [StateItem.SERVING]))
    assert statement["Resource"] == {"Fn::GetAtt": ["StateTable49C3C1E9", "Arn"]}
    assert allowed([statement]) == [(["dynamodb:BatchGetItem", "dynamodb:GetItem"], ["serving"])]


def test_reading_is_of_everything_by_default(stack: cdk.Stack) -> None:
    ((_, items),) = allowed(granted(stack, lambda state, role: state.grant_read(role)))
    assert items == [
        "endpoint#primary",
        "endpoint#recovery",
        "serving",
        "run",
        "run#*",
        "heartbeat",
        "watch",
    ]


def test_writing_is_of_the_items_named(stack: cdk.Stack) -> None:
    statements = granted(stack, lambda state, role: state.grant_write(role, [StateItem.LOCK, StateItem.RUNS]))
    actions = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    assert allowed(statements) == [(actions, ["run", "run#*"])]


def test_moving_traffic_asks_for_the_lock_and_writes_who_serves(stack: cdk.Stack) -> None:
    statements = granted(stack, lambda state, role: state.grant_move_traffic(role))
    assert allowed(statements) == [
        ("dynamodb:ConditionCheckItem", ["run"]),
        (["dynamodb:BatchGetItem", "dynamodb:GetItem"], ["serving", "run"]),
        (["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], ["serving"]),
    ]


def test_the_items_are_those_that_the_functions_know() -> None:
    assert {str(ITEMS[role]) for role in RegionRole} == {logic.endpoint_item(role) for role in logic.Role}
    assert [str(role) for role in RegionRole] == [str(role) for role in logic.Role]
    assert logic.run_item("*") == StateItem.RUNS
    assert (logic.SERVING, logic.LOCK, logic.HEARTBEAT, logic.WATCH) == (
        StateItem.SERVING,
        StateItem.LOCK,
        StateItem.HEARTBEAT,
        StateItem.WATCH,
    )


@pytest.mark.parametrize("name", ["", "o", "Orders", "1orders", "orders-", "or--ders", "or_ders", "o" * 33, "ördérs"])
def test_a_name_that_has_no_room_is_refused(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(ValueError, match="can't be built") as raised:
        RecoveryState(stack, "State", name=name)
    assert str(raised.value) == (
        "RecoveryState S/State can't be built:\n"
        "  - name must be 2 to 32 lowercase letters, digits and single hyphens, with a letter at the start and no "
        f"hyphen at the end, got {name!r}: names in both Regions begin with it"
    )


@pytest.mark.parametrize("name", ["or", "o1", "eu-orders-2", "o" * 32])
def test_other_names_are_taken(stack: cdk.Stack, name: str) -> None:
    assert RecoveryState(stack, "State", name=name).table_name == state_table_name(name)


def test_two_workloads_may_be_in_one_stack(stack: cdk.Stack) -> None:
    for name in ("orders", "letters"):
        RecoveryState(stack, name, name=name, removal_policy=cdk.RemovalPolicy.DESTROY)
    Template.from_stack(stack).resource_count_is("AWS::DynamoDB::GlobalTable", 2)
