"""The Pet Cuddle-O-Tron under an IAM that is enforced: its roles allow what it needs, and nothing it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

from tests.local.cuddles import EMAIL, Cuddles, eventually
from tests.local.roles import WRITTEN_BY_THE_SERVICE, allowed_actions, role_without

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws, Response


class Deployment(Cuddles):
    """A Pet Cuddle-O-Tron whose functions can lose permissions."""

    def order_one(self) -> Response:
        return self.order(None, message=self.new_message(), email=EMAIL)

    def outcome(self, execution_id: str) -> str:
        """How the execution ended, asked for past the API, which may be the one without permission."""
        machine = self.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")

        def look() -> str | None:
            found = self.aws.client("stepfunctions").describe_execution(executionArn=f"{machine}:{execution_id}")
            return None if found["status"] == "RUNNING" else str(found["status"])

        return eventually(look, "end of the execution")

    def outcome_of_one(self) -> str:
        reply = self.order_one()
        assert reply.status == 200, reply.text
        return self.outcome(str(reply.json()["ExecutionId"]))

    def records(self, claim: str) -> list[str]:
        """The states of the idempotency records whose key has this prefix."""
        (table,) = self.aws.client("dynamodb").list_tables()["TableNames"]
        items = self.aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        return [item["status"]["S"] for item in items if item["id"]["S"].startswith(claim)]

    def role(self, function: str) -> str:
        (found,) = (
            configuration["Role"].rpartition("/")[2]
            for configuration in self.aws.client("lambda").list_functions()["Functions"]
            if configuration["Handler"] == f"{function}.handler.handle"
        )
        return str(found)

    def actions(self, function: str) -> set[str]:
        return allowed_actions(self.aws, self.role(function))

    def without(self, function: str, action: str) -> AbstractContextManager[None]:
        return role_without(self.aws, self.role(function), action)


@pytest.fixture(scope="module")
def deployed(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[Deployment]:
    deployment = Deployment(session_aws_enforcing_iam)
    yield deployment
    deployment.destroy()


@pytest.fixture
def deployment(deployed: Deployment) -> Iterator[Deployment]:
    yield deployed
    deployed.aws.clear_faults()


def test_the_whole_flow_works_under_enforcement(deployment: Deployment) -> None:
    reply = deployment.order_one()
    assert reply.status == 200, reply.text
    execution = str(reply.json()["ExecutionId"])
    assert deployment.outcome(execution) == "SUCCEEDED"
    assert deployment.follow(execution).json()["State"] == "sent"
    assert deployment.aws.inbox()[-1].to == EMAIL


class TestTheApiFunctionNeeds:
    FUNCTION = "pet_cuddle_otron_api"

    @pytest.mark.parametrize("action", ["states:StartExecution", "dynamodb:PutItem", "dynamodb:UpdateItem"])
    def test_to_take_a_reminder(self, deployment: Deployment, action: str) -> None:
        with deployment.without(self.FUNCTION, action):
            assert deployment.order_one().status == 503
        assert deployment.order_one().status == 200

    def test_to_tell_the_status(self, deployment: Deployment) -> None:
        execution = str(deployment.order_one().json()["ExecutionId"])
        with deployment.without(self.FUNCTION, "states:DescribeExecution"):
            assert deployment.follow(execution).status == 503
        assert deployment.follow(execution).status == 200

    def test_nothing_else(self, deployment: Deployment) -> None:
        assert deployment.actions(self.FUNCTION) - WRITTEN_BY_THE_SERVICE == {
            "states:StartExecution",
            "states:DescribeExecution",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        }


class TestTheEmailFunctionNeeds:
    FUNCTION = "pet_cuddle_otron_email"

    @pytest.mark.parametrize("action", ["ses:SendEmail", "dynamodb:PutItem"])
    def test_to_send(self, deployment: Deployment, action: str) -> None:
        with deployment.without(self.FUNCTION, action):
            assert deployment.outcome_of_one() == "FAILED"
        assert deployment.outcome_of_one() == "SUCCEEDED"

    def test_to_remember_that_it_has_sent(self, deployment: Deployment) -> None:
        with deployment.without(self.FUNCTION, "dynamodb:UpdateItem"):
            deployment.outcome_of_one()
            assert "INPROGRESS" in deployment.records("pet-cuddle-otron-email")

    def test_to_try_again_at_once_after_a_refusal(self, deployment: Deployment) -> None:
        deployment.aws.inject_fault("ses", "SendEmail", "TooManyRequestsException", status=429)
        before = deployment.records("pet-cuddle-otron-email").count("INPROGRESS")
        with deployment.without(self.FUNCTION, "dynamodb:DeleteItem"):
            deployment.outcome_of_one()
        assert deployment.records("pet-cuddle-otron-email").count("INPROGRESS") > before

    def test_nothing_else(self, deployment: Deployment) -> None:
        assert deployment.actions(self.FUNCTION) - WRITTEN_BY_THE_SERVICE == {
            "ses:SendEmail",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        }


def test_mail_from_another_address_is_denied(deployment: Deployment) -> None:
    """The role allows the sender's identity only; a function sending as somebody else gets nothing out."""
    functions = deployment.aws.client("lambda")
    (name,) = (
        found["FunctionName"]
        for found in functions.list_functions()["Functions"]
        if found["Handler"] == "pet_cuddle_otron_email.handler.handle"
    )
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    deployment.aws.verify_sender("impostor@example.org")
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "SENDER": "impostor@example.org"}}
    )
    try:
        assert deployment.outcome_of_one() == "FAILED"
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
