"""What one secret in several Regions promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from aws_patterns._validation import Problems
from aws_patterns.recovery import NONE, Loss
from aws_patterns.security.regional_secret import RegionalSecret
from aws_patterns.security.regional_secret_options import check_regional_secret

SECRET = "AWS::SecretsManager::Secret"


def new_stack(region: str | None = None) -> cdk.Stack:
    env = cdk.Environment(account="111122223333", region=region) if region else None
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S", env=env)


def make(stack: cdk.Stack, **props: Any) -> RegionalSecret:
    given = {"name": "orders/token", "replica_regions": ["eu-west-3"], "never_rotated": True, **props}
    return RegionalSecret(stack, "Token", **given)


def one(template: Template, kind: str) -> Mapping[str, Any]:
    (found,) = template.find_resources(kind).values()
    return dict(found)


def built(**props: Any) -> Mapping[str, Any]:
    stack = new_stack()
    make(stack, **props)
    return dict(one(Template.from_stack(stack), SECRET)["Properties"])


def test_is_generated_and_has_the_same_name_everywhere() -> None:
    found = built(replica_regions=["eu-west-3", "eu-central-1"])
    assert found["Name"] == "orders/token"
    assert found["GenerateSecretString"] == {"PasswordLength": 32}
    assert found["ReplicaRegions"] == [{"Region": "eu-west-3"}, {"Region": "eu-central-1"}]
    assert "KmsKeyId" not in found


def test_outlives_the_stack_unless_it_is_given_up() -> None:
    for policy, expected in ((cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")):
        stack = new_stack()
        make(stack, removal_policy=policy)
        assert one(Template.from_stack(stack), SECRET)["DeletionPolicy"] == expected


def test_what_was_chosen_is_what_is_made() -> None:
    generated = built(fields={"username": "app"}, length=64, exclude_characters="/@")["GenerateSecretString"]
    assert json.loads(generated.pop("SecretStringTemplate")) == {"username": "app"}
    assert generated == {"GenerateStringKey": "password", "PasswordLength": 64, "ExcludeCharacters": "/@"}


def test_each_region_encrypts_with_the_key_of_the_name_there() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    make(stack, encryption_key=key, replica_key_alias="orders", replica_regions=["eu-west-3", "eu-central-1"])
    found = one(Template.from_stack(stack), SECRET)["Properties"]
    assert found["KmsKeyId"] == stack.resolve(key.key_arn)
    assert found["ReplicaRegions"] == [
        {"Region": region, "KmsKeyId": "alias/orders"} for region in ("eu-west-3", "eu-central-1")
    ]


@pytest.mark.parametrize(("days", "expected"), [(None, 30), (7, 7)])
def test_is_changed_by_the_function(days: int | None, expected: int) -> None:
    stack = new_stack()
    function = lambda_.Function(
        stack,
        "Rotate",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handle",
        code=lambda_.Code.from_inline("def handle(event, context): ..."),
    )
    secret = make(stack, rotation_function=function, rotation_days=days, never_rotated=False)
    assert secret.rotation is not None
    rotation = one(Template.from_stack(stack), "AWS::SecretsManager::RotationSchedule")["Properties"]
    assert rotation["RotationRules"]["ScheduleExpression"] == f"rate({expected} days)"
    assert rotation["RotationLambdaARN"] == stack.resolve(function.function_arn)


def test_is_read_by_whom_it_was_granted() -> None:
    stack = new_stack()
    secret = make(stack)
    secret.grant_read(iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal()))
    (statement,) = one(Template.from_stack(stack), "AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    assert statement["Resource"] == stack.resolve(secret.secret.secret_arn)


def test_is_read_in_the_other_region_when_one_is_lost() -> None:
    lost = make(new_stack()).recovery[Loss.REGION]
    assert (lost.recovery_time, lost.automatic) == (NONE, True)
    assert lost.recovery_point is not None
    assert lost.recovery_point.worst == 60


def complaints(**options: Any) -> list[str]:
    problems = Problems("Token")
    given = {"name": "orders/token", "replica_regions": ["eu-west-3"], "never_rotated": True, **options}
    check_regional_secret(problems, **given)
    return problems.found


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"name": "my token"}, "name must be 1 to 512 letters, digits or /_+=.@-, got 'my token'"),
        (
            {"name": "orders-tokens"},
            "name must not end with a dash and six characters, got 'orders-tokens': Secrets Manager takes that for the "
            "end of an ARN and may not find it",
        ),
        (
            {"replica_regions": []},
            "replica_regions must name one Region at least, such as eu-central-1: else it is no regional secret",
        ),
        (
            {"replica_regions": ["Paris"]},
            "every one of replica_regions must be a Region's code such as eu-west-1, got 'Paris'",
        ),
        (
            {"replica_regions": ["eu-west-3", "eu-west-3"]},
            "replica_regions names eu-west-3 2 times: once is enough",
        ),
        (
            {"own_region": "eu-west-3"},
            "replica_regions must not name eu-west-3, where the secret itself is",
        ),
        ({"replica_regions": "eu-west-3"}, "replica_regions must be a list, got 'eu-west-3': write ['eu-west-3']"),
        (
            {"fields": {"password": "cat"}},
            "fields must not hold password: that is the one that is generated. Leave it out",
        ),
        ({"length": 8}, "length must be between 16 and 4096 characters, got 8 characters"),
        (
            {"replica_key_alias": "alias/orders"},
            "replica_key_alias must be given without alias/, which is put in front of it, got 'alias/orders'",
        ),
        (
            {"never_rotated": False},
            "rotation_function is missing: a secret that never changes is known to all who have ever seen it. Give a "
            "function that changes it, or accept that with never_rotated=True",
        ),
        (
            {"rotation_days": 30},
            "rotation_days has no effect with never_rotated=True: leave out one of the two",
        ),
    ],
)
def test_what_can_not_be_is_told_with_what_can(options: dict[str, Any], complaint: str) -> None:
    assert complaints(**options) == [complaint]


def test_everything_is_told_at_once_with_the_constructs_path() -> None:
    with pytest.raises(ValueError, match="can't be built") as error:
        make(new_stack("eu-west-3"), name="", length=1)
    assert str(error.value) == (
        "RegionalSecret S/Token can't be built:\n"
        "  - name must be 1 to 512 letters, digits or /_+=.@-, got ''\n"
        "  - replica_regions must not name eu-west-3, where the secret itself is\n"
        "  - length must be between 16 and 4096 characters, got 1 characters"
    )
