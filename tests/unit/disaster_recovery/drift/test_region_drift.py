"""Two Regions of one workload: what differs, and whether it should."""

from __future__ import annotations

from typing import Any

import pytest

from aws_patterns.disaster_recovery.drift.drift_expectations import Expected
from aws_patterns.disaster_recovery.drift.region_drift import RegionDrift, compare_regions
from tests.unit.review.templates import Template, resource, template

HOME, AWAY = "eu-west-1", "eu-central-1"
NAMED = "names its Region or its role"
CAPACITY = "capacity: each Region runs as much as its strategy asks for"


def drift(primary: Template, recovery: Template, *expected: Expected, **parameters: str) -> RegionDrift:
    return compare_regions(
        primary, recovery, primary_region=HOME, recovery_region=AWAY, expected=expected, parameters=parameters
    )


def of_one(kind: str, primary: dict[str, Any], recovery: dict[str, Any], *expected: Expected) -> RegionDrift:
    return drift(template(It=resource(kind, primary)), template(It=resource(kind, recovery)), *expected)


def test_the_same_in_both_is_no_difference() -> None:
    one = template(It=resource("SQS::Queue", {"DelaySeconds": 1}))
    assert str(drift(one, one)) == "The Regions are alike."


@pytest.mark.parametrize(
    ("kind", "primary", "recovery", "line"),
    [
        (
            "Lambda::Function",
            {"MemorySize": 512},
            {"MemorySize": 256},
            "MemorySize is 512 in the primary Region, 256 in the recovery Region",
        ),
        (
            "Lambda::Function",
            {"Layers": ["a"]},
            {},
            'Layers is ["a"] in the primary Region, nothing in the recovery Region',
        ),
        (
            "SSM::Parameter",
            {"Value": f"{HOME} large"},
            {"Value": f"{AWAY} small"},
            f"Value is {HOME} large in the primary Region, {AWAY} small in the recovery Region",
        ),
        # Neither its own Region nor the twin of what the other template names.
        (
            "SSM::Parameter",
            {"Value": HOME},
            {"Value": "us-east-1"},
            f"Value is {HOME} in the primary Region, us-east-1 in the recovery Region",
        ),
        (
            "SSM::Parameter",
            {"Value": HOME},
            {"Value": "recovery"},
            f"Value is {HOME} in the primary Region, recovery in the recovery Region",
        ),
    ],
)
def test_what_should_not_differ_is_a_finding(
    kind: str, primary: dict[str, Any], recovery: dict[str, Any], line: str
) -> None:
    found = of_one(kind, primary, recovery)
    assert [str(each) for each in found.findings] == [f"AWS::{kind} It: {line}"]
    assert found.expected == []


@pytest.mark.parametrize(
    ("kind", "primary", "recovery", "reason"),
    [
        (
            "S3::Bucket",
            {"BucketName": f"orders-{HOME}"},
            {"BucketName": f"orders-{AWAY}"},
            NAMED,
        ),
        (
            "S3::Bucket",
            {"BucketName": "orders-primary"},
            {"BucketName": "orders-recovery"},
            NAMED,
        ),
        (
            "SSM::Parameter",
            {"Value": f"from {HOME} to {AWAY}; {AWAY} holds it"},
            {"Value": f"from {AWAY} to {HOME}; {AWAY} holds it"},
            NAMED,
        ),
        (
            "Lambda::Function",
            {"ReservedConcurrentExecutions": 100},
            {"ReservedConcurrentExecutions": 0},
            CAPACITY,
        ),
        (
            "AutoScaling::AutoScalingGroup",
            {"MinSize": "4"},
            {"MinSize": "1"},
            CAPACITY,
        ),
    ],
)
def test_names_and_capacity_should_differ(
    kind: str, primary: dict[str, Any], recovery: dict[str, Any], reason: str
) -> None:
    found = of_one(kind, primary, recovery)
    assert found.findings == []
    assert [each.reason for each in found.expected] == [reason]


def test_policies_name_each_their_own_region_in_any_order() -> None:
    def policy(own: str, other: str) -> dict[str, Any]:
        statements = [
            {"Effect": "Allow", "Action": "sqs:*", "Resource": [f"arn:aws:sqs:{own}:1:a", f"arn:aws:sqs:{other}:1:a"]},
            {"Effect": "Allow", "Action": "dynamodb:*", "Resource": f"arn:aws:dynamodb:{AWAY}:1:table/state"},
        ]
        return {"PolicyDocument": {"Statement": statements}}

    assert of_one("IAM::Policy", policy(HOME, AWAY), policy(AWAY, HOME)).findings == []
    wider = policy(AWAY, HOME)
    wider["PolicyDocument"]["Statement"][0]["Action"] = "*"
    (finding,) = of_one("IAM::Policy", policy(HOME, AWAY), wider).findings
    assert finding.path == "PolicyDocument"


def test_entries_in_any_order_are_told_apart_by_what_they_mean() -> None:
    def tags(region: str, *more: str) -> dict[str, Any]:
        return {"Tags": [{"Key": "where", "Value": region}, *({"Key": each, "Value": "1"} for each in more)]}

    assert of_one("S3::Bucket", tags(HOME), tags(AWAY)).findings == []
    (finding,) = of_one("S3::Bucket", tags(HOME, "cost"), tags(AWAY)).findings
    assert finding.primary == '{"Key": "cost", "Value": "1"}'


def test_deletion_policies_are_compared() -> None:
    kept = template(It=resource("S3::Bucket", DeletionPolicy="Retain"))
    assert str(drift(kept, template(It=resource("S3::Bucket")))).splitlines() == [
        "Should not differ:",
        "  AWS::S3::Bucket It: DeletionPolicy is Retain in the primary Region, Delete in the recovery Region",
    ]


class TestInOneRegionOnly:
    def test_is_a_finding(self) -> None:
        found = drift(template(A=resource("SNS::Topic")), template(B=resource("SQS::Queue")))
        assert [str(each) for each in found.findings] == [
            "AWS::SNS::Topic A: only in the primary Region",
            "AWS::SQS::Queue B: only in the recovery Region",
        ]

    def test_so_is_another_type(self) -> None:
        found = drift(template(A=resource("SNS::Topic")), template(A=resource("SQS::Queue")))
        assert len(found.findings) == 2

    def test_unless_it_is_a_global_table_with_a_replica_there(self) -> None:
        def table(*regions: str) -> Template:
            return template(T=resource("DynamoDB::GlobalTable", {"Replicas": [{"Region": each} for each in regions]}))

        assert [each.reason for each in drift(table(HOME, AWAY), template()).expected] == [
            "its replica is in the other Region"
        ]
        assert len(drift(table(HOME), template()).findings) == 1
        assert len(drift(template(), table(HOME, AWAY)).findings) == 1

    def test_or_under_a_logical_id_that_names_the_other_region(self) -> None:
        def stack(region: str, delay: int) -> Template:
            return template(
                **{f"Copies{region}1234ABCD": resource("SQS::Queue", {"DelaySeconds": delay})},
                R=resource("SSM::Parameter", {"Value": {"Ref": f"Copies{region}1234ABCD"}}),
            )

        assert str(drift(stack("euwest1", 1), stack("eucentral1", 1))) == "The Regions are alike."
        assert str(drift(stack("EuWest1", 1), stack("EuCentral1", 1))) == "The Regions are alike."
        assert [each.path for each in drift(stack("euwest1", 1), stack("eucentral1", 2)).findings] == ["DelaySeconds"]
        assert len(drift(stack("euwest1", 1), stack("useast1", 1)).findings) == 3


def test_names_of_their_own_are_expected() -> None:
    one, other = (template(It=resource("KMS::Key", {"Description": f"of {name}/It"})) for name in ("Shop", "ShopAway"))
    found = compare_regions(one, other, primary_region=HOME, recovery_region=AWAY, names=[("Shop", "ShopAway")])
    assert [each.reason for each in found.expected] == [NAMED]
    assert len(drift(one, other).findings) == 1


class TestExpectations:
    REASON = "a smaller one will do until it is needed"

    def test_a_reason_makes_a_finding_an_expectation(self) -> None:
        expected = Expected(type="AWS::Lambda::*", logical_id="I?", path="Memory*", reason=self.REASON)
        found = of_one("Lambda::Function", {"MemorySize": 512}, {"MemorySize": 256}, expected)
        assert (found.findings, found.idle) == ([], [])
        assert str(found).splitlines() == [
            "Should differ:",
            "  AWS::Lambda::Function It: MemorySize is 512 in the primary Region, 256 in the recovery Region "
            f"({self.REASON})",
        ]

    @pytest.mark.parametrize(
        "expected",
        [
            Expected(type="AWS::SQS::*", reason=REASON),
            Expected(logical_id="Other", reason=REASON),
            Expected(path="", reason=REASON),
        ],
    )
    def test_of_something_else_it_is_idle(self, expected: Expected) -> None:
        found = of_one("Lambda::Function", {"MemorySize": 512}, {"MemorySize": 256}, expected)
        assert len(found.findings) == 1
        assert found.idle == [expected]


def test_what_waits_for_its_restore_is_compared_as_it_will_run() -> None:
    parts = {
        "Parameters": {"Running": {"Type": "String", "Default": "no"}},
        "Conditions": {"IsRunning": {"Fn::Equals": [{"Ref": "Running"}, "yes"]}},
    }
    primary = template(It=resource("SQS::Queue", {"DelaySeconds": 1}))
    recovery = template(parts, It=resource("SQS::Queue", {"DelaySeconds": 2}, Condition="IsRunning"))
    assert [each.path for each in drift(primary, recovery, Running="yes").findings] == ["DelaySeconds"]
    assert [each.path for each in drift(primary, recovery, Running="no").findings] == [""]
    assert [each.path for each in drift(primary, recovery).findings] == ["DelaySeconds"]
