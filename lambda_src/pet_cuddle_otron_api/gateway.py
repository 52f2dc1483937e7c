"""Step Functions and the idempotency table, as the API needs them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from http_api.gateway import SOMEBODY_WAITS, AwsError, asking, code_of
from pet_cuddle_otron_api.logic import Claim, Execution, Reminder

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

# The other request has two small writes to do; past this it is taken for dead.
_PATIENCE_SECONDS = 2.0
_POLL_SECONDS = 0.1


class KeyReusedError(Exception):
    """The idempotency key belongs to a different reminder."""


class Gateway:
    """What the API does in AWS.

    A reminder's execution gets its name first, and the name is stored, and only then is the execution started.
    Starting by name is harmless to repeat, so a request may be cut off anywhere: the next one like it finds the
    same name and finishes the work. The name is random because it is all one needs to ask for the status.
    """

    def __init__(
        self,
        *,
        state_machine_arn: str,
        table: str,
        window_seconds: int,
        states: SFNClient,
        dynamodb: DynamoDBClient,
    ) -> None:
        self._state_machine_arn = state_machine_arn
        self._states = states
        self._config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="digest",
            expires_after_seconds=window_seconds,
            hash_function="sha256",
        )
        self._remembered_name: Callable[..., Mapping[str, str]] = idempotent_function(
            _new_name,
            data_keyword_argument="claim",
            persistence_store=DynamoDBPersistenceLayer(table_name=table, boto3_client=dynamodb),
            config=self._config,
            key_prefix="pet-cuddle-otron-api",
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Gateway:
        session = boto3.session.Session()
        return cls(
            state_machine_arn=environment["STATE_MACHINE_ARN"],
            table=environment["IDEMPOTENCY_TABLE"],
            window_seconds=int(environment.get("IDEMPOTENCY_WINDOW_SECONDS", "300")),
            states=session.client("stepfunctions", config=SOMEBODY_WAITS),
            dynamodb=session.client("dynamodb", config=SOMEBODY_WAITS),
        )

    def execution_name(self, claim: Claim, context: LambdaContext) -> str:
        """The same name for the same claim inside the window.

        Raises:
            KeyReusedError: When the claim's key came with a different reminder.
            AwsError: When the table can't be used, or another request with this claim never finished.
        """
        self._config.register_lambda_context(context)
        for _ in range(round(_PATIENCE_SECONDS / _POLL_SECONDS)):
            try:
                return self._remembered_name(claim=asdict(claim))["executionName"]
            except IdempotencyAlreadyInProgressError:
                time.sleep(_POLL_SECONDS)
            except IdempotencyValidationError:
                raise KeyReusedError from None
            except IdempotencyInconsistentStateError:
                raise AwsError("Idempotency", "InconsistentState") from None
            except IdempotencyPersistenceLayerError as error:
                raise AwsError("Idempotency", code_of(error.__cause__)) from None
        raise AwsError("Idempotency", "AlreadyInProgress")

    def start(self, name: str, reminder: Reminder) -> datetime:
        """Start the execution of that name unless it has been started, and say when it was."""
        with asking("StartExecution"):
            try:
                return self._states.start_execution(
                    stateMachineArn=self._state_machine_arn, name=name, input=reminder.to_json()
                )["startDate"]
            except self._states.exceptions.ExecutionAlreadyExists:
                execution = self.describe(name)
        if execution is None:
            raise AwsError("DescribeExecution", "ExecutionDoesNotExist")
        return execution.started

    def describe(self, name: str) -> Execution | None:
        """What Step Functions knows about the execution of that name."""
        machine = self._state_machine_arn.replace(":stateMachine:", ":execution:")
        with asking("DescribeExecution"):
            try:
                found = self._states.describe_execution(executionArn=f"{machine}:{name}")
            except self._states.exceptions.ExecutionDoesNotExist:
                return None
        return Execution(
            status=found["status"],
            started=found["startDate"],
            input=found.get("input", ""),
            cause=found.get("cause", ""),
        )


def _new_name(*, claim: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001 - the decorator reads it
    return {"executionName": secrets.token_hex(32)}
