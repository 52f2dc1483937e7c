"""Secrets are rotated as by Secrets Manager: by their function, in four steps, and again where that ended half-way."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.template_stacks import CreateStack, TemplateStack
from tests.local.network_types import get, ref, resource
from tests.local.programs import eventually

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

CODE = """
import json, os, boto3
secrets = boto3.client("secretsmanager")

def handle(event, context):
    secret, token = event["SecretId"], event["ClientRequestToken"]
    named = {"SecretId": secret, "VersionId": token, "VersionStage": "AWSPENDING"}
    try:
        value = secrets.get_secret_value(**named)["SecretString"]
    except secrets.exceptions.ResourceNotFoundException:
        value = None
    body = json.dumps({"event": event, "value": value})
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=body)
    if event["Step"] == "createSecret" and value is None:
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString="new", VersionStages=["AWSPENDING"]
        )
    if event["Step"] == "setSecret":
        boto3.client("ssm").get_parameter(Name=os.environ["PARAMETER"])
    if event["Step"] == "finishSecret":
        stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
        (current,) = [version for version, its in stages.items() if "AWSCURRENT" in its]
        moved = {"MoveToVersionId": token, "RemoveFromVersionId": current}
        secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", **moved)
        secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token)
"""
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
LET_IN: Mapping[str, object] = {"SourceAccount": ref("AWS::AccountId")}


def template(
    *, days: int = 30, let_in: Mapping[str, object] | None = LET_IN, **schedule: object
) -> dict[str, dict[str, object]]:
    """A secret whose function tells a queue what it is asked for."""
    permission = {
        "Called": resource(
            "Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=get("Function", "Arn"),
            Principal="secretsmanager.amazonaws.com",
            **(let_in or {}),
        )
    }
    rotation = resource(
        "SecretsManager::RotationSchedule",
        SecretId=ref("Secret"),
        RotationLambdaARN=get("Function", "Arn"),
        RotationRules={"AutomaticallyAfterDays": days},
        **schedule,
    )
    return {
        "Resources": {
            "Secret": resource("SecretsManager::Secret", SecretString="old"),
            "Asked": resource("SQS::Queue"),
            "Parameter": resource("SSM::Parameter", Type="String", Value="any"),
            "Role": resource("IAM::Role", AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": []}),
            "Function": resource(
                "Lambda::Function",
                Runtime="python3.14",
                Handler="index.handle",
                Code={"ZipFile": CODE},
                Role=get("Role", "Arn"),
                Environment={"Variables": {"QUEUE": ref("Asked"), "PARAMETER": ref("Parameter")}},
            ),
            **(permission if let_in is not None else {}),
            "Rotation": {**rotation, "DependsOn": list(permission) if let_in is not None else []},
        },
        "Outputs": {
            "Secret": {"Value": ref("Secret")},
            "Asked": {"Value": ref("Asked")},
            "Function": {"Value": get("Function", "Arn")},
            "Rotation": {"Value": ref("Rotation")},
        },
    }


class Rotated:
    """The secret."""

    def __init__(self, stack: TemplateStack) -> None:
        assert stack.settled() == "CREATE_COMPLETE", stack.failures()
        self.stack, self.aws, self.outputs = stack, stack.aws, stack.outputs()
        self.id = self.outputs["Secret"]
        self._asked: list[dict[str, str]] = []

    @property
    def secrets(self) -> SecretsManagerClient:
        return self.aws.client("secretsmanager")

    def described(self) -> DescribeSecretResponseTypeDef:
        return self.secrets.describe_secret(SecretId=self.id)

    def value(self) -> str:
        return self.secrets.get_secret_value(SecretId=self.id)["SecretString"]

    def pending(self) -> list[str]:
        stages = self.described()["VersionIdsToStages"]
        return [version for version, its in stages.items() if "AWSPENDING" in its]

    def asked(self, count: int) -> Sequence[Mapping[str, str]]:
        """That many events that the function was called with, each with what was pending then."""
        queue = self.aws.client("sqs")

        def look() -> bool:
            answer = queue.receive_message(QueueUrl=self.outputs["Asked"], MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                queue.delete_message(QueueUrl=self.outputs["Asked"], ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                self._asked.append({**body["event"], "value": body["value"]})
            return len(self._asked) >= count

        eventually(look, f"{count} calls of the function")
        found, self._asked = self._asked, []
        assert len(found) == count
        return found

    def settle(self) -> None:
        """Wait for the end of a rotation, or of what tries it."""
        eventually(lambda: not self.pending(), "end of the rotation")


@pytest.fixture
def waiting(session_aws: EmbeddedAws, create_stack: CreateStack) -> Iterator[Rotated]:
    """A secret that is not rotated at once; its function was tried."""
    found = Rotated(create_stack(session_aws, "rotated", template(RotateImmediatelyOnUpdate=False)))
    found.asked(1)
    found.settle()
    yield found
    session_aws.clear_faults()


class TestASchedule:
    def test_rotates_at_once_by_four_steps(self, session_aws: EmbeddedAws, create_stack: CreateStack) -> None:
        rotated = Rotated(create_stack(session_aws, "rotated", template()))

        asked = rotated.asked(4)

        assert [one["Step"] for one in asked] == STEPS
        assert [one["value"] for one in asked] == [None, "new", "new", "new"]
        assert {one["SecretId"] for one in asked} == {rotated.id} == {rotated.outputs["Rotation"]}
        (version,) = {one["ClientRequestToken"] for one in asked}
        eventually(lambda: "LastRotatedDate" in rotated.described(), "end of the rotation")
        assert rotated.secrets.get_secret_value(SecretId=rotated.id)["VersionId"] == version
        assert rotated.value() == "new"
        assert (
            rotated.secrets.get_secret_value(SecretId=rotated.id, VersionStage="AWSPREVIOUS")["SecretString"] == "old"
        )

    def test_only_tries_the_function_if_asked_to(self, session_aws: EmbeddedAws, create_stack: CreateStack) -> None:
        rotated = Rotated(create_stack(session_aws, "rotated", template(RotateImmediatelyOnUpdate=False)))

        (asked,) = rotated.asked(1)

        assert (asked["Step"], asked["value"]) == ("testSecret", "old")
        rotated.settle()
        assert asked["ClientRequestToken"] not in rotated.described()["VersionIdsToStages"]
        assert rotated.value() == "old"

    def test_is_described_and_ends_with_its_resource(self, waiting: Rotated) -> None:
        described = waiting.described()
        assert described["RotationEnabled"] is True
        assert described["RotationLambdaARN"] == waiting.outputs["Function"]
        assert described["RotationRules"] == {"AutomaticallyAfterDays": 30}
        assert "LastRotatedDate" not in described

        assert waiting.stack.update(template(days=7, RotateImmediatelyOnUpdate=False)) == "UPDATE_COMPLETE"
        waiting.settle()
        assert waiting.described()["RotationRules"] == {"AutomaticallyAfterDays": 7}

        without = template()
        del without["Resources"]["Rotation"], without["Outputs"]["Rotation"]
        assert waiting.stack.update(without) == "UPDATE_COMPLETE"
        assert waiting.described()["RotationEnabled"] is False

    @pytest.mark.parametrize(
        "let_in", [None, {"SourceAccount": "111111111111"}, {"SourceArn": "arn:aws:secretsmanager:*:*:secret:other-*"}]
    )
    def test_needs_a_function_that_lets_secrets_manager_in(
        self, session_aws: EmbeddedAws, create_stack: CreateStack, let_in: Mapping[str, object] | None
    ) -> None:
        stack = create_stack(session_aws, "refused-rotation", template(let_in=let_in))

        assert stack.settled() == "ROLLBACK_COMPLETE"
        assert "Secrets Manager cannot invoke the specified Lambda function." in str(stack.failures())


class TestRotateSecret:
    def test_rotates_to_the_version_that_is_named_once(self, waiting: Rotated) -> None:
        token = str(uuid.uuid4())

        answer = waiting.secrets.rotate_secret(SecretId=waiting.id, ClientRequestToken=token)

        assert answer["VersionId"] == token
        assert [one["ClientRequestToken"] for one in waiting.asked(4)] == [token] * 4
        eventually(lambda: "LastRotatedDate" in waiting.described(), "end of the rotation")
        again = waiting.secrets.rotate_secret(SecretId=waiting.id, ClientRequestToken=token)
        assert again["VersionId"] == token
        assert waiting.pending() == []

    def test_that_ends_half_way_is_refused_and_taken_up_by_the_next(self, waiting: Rotated) -> None:
        waiting.aws.inject_fault("ssm", "GetParameter", "InternalServerError", times=1)
        token = waiting.secrets.rotate_secret(SecretId=waiting.id)["VersionId"]
        assert [one["Step"] for one in waiting.asked(2)] == STEPS[:2]
        assert waiting.pending() == [token]
        assert waiting.value() == "old"

        with pytest.raises(
            waiting.secrets.exceptions.InvalidRequestException,
            match=r"A previous rotation isn't complete\. That rotation will be reattempted\.",
        ):
            waiting.secrets.rotate_secret(SecretId=waiting.id)

        asked = waiting.asked(4)
        assert [one["Step"] for one in asked] == STEPS
        assert {one["ClientRequestToken"] for one in asked} == {token}
        waiting.settle()
        assert waiting.value() == "new"

    def test_needs_a_function(self, session_aws: EmbeddedAws) -> None:
        secrets = session_aws.client("secretsmanager")
        made = secrets.create_secret(Name=f"lonely-{uuid.uuid4().hex}", SecretString="any")["ARN"]

        with pytest.raises(secrets.exceptions.InvalidRequestException, match="No Lambda rotation function ARN"):
            secrets.rotate_secret(SecretId=made)

        assert secrets.get_secret_value(SecretId=made)["SecretString"] == "any"

    def test_of_a_secret_that_is_not_there_is_refused(self, session_aws: EmbeddedAws) -> None:
        secrets = session_aws.client("secretsmanager")
        with pytest.raises(secrets.exceptions.ResourceNotFoundException):
            secrets.rotate_secret(SecretId="none")
