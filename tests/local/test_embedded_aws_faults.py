"""Injected faults are met over HTTP and by Step Functions' own integrations, so many times as asked for."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from local_aws.embedded import EmbeddedAws

ROLE = "arn:aws:iam::000000000000:role/any"
Definition = dict[str, object]


def send_mail(aws: EmbeddedAws, subject: str) -> None:
    aws.client("sesv2").send_email(
        FromEmailAddress="whiskers@example.com",
        Destination={"ToAddresses": ["me@example.org"]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "Meow"}}}},
    )


@pytest.fixture
def aws(embedded_aws: EmbeddedAws) -> EmbeddedAws:
    """The server, with a sender."""
    embedded_aws.verify_sender("whiskers@example.com")
    return embedded_aws


@pytest.fixture
def queue_url(aws: EmbeddedAws) -> Iterator[str]:
    """A queue of one's own."""
    url = aws.client("sqs").create_queue(QueueName=f"faults-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    yield url
    aws.client("sqs").delete_queue(QueueUrl=url)


def run(aws: EmbeddedAws, task: Definition) -> tuple[str, str]:
    """Run one task as a state machine; how it ended, and the error."""
    machines = aws.client("stepfunctions")
    definition = json.dumps({"StartAt": "Task", "States": {"Task": {"Type": "Task", "End": True, **task}}})
    name = f"faults-{uuid.uuid4().hex[:8]}"
    machine = machines.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = machines.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            machines.delete_state_machine(stateMachineArn=machine)
            return found["status"], found.get("error", "")
        time.sleep(0.05)
    raise TimeoutError(execution)


def test_a_mail_is_refused_twice_and_then_accepted(aws: EmbeddedAws) -> None:
    subject = str(uuid.uuid4())
    aws.inject_fault("ses", "SendEmail", "TooManyRequestsException", status=429, times=2)

    for _ in range(2):
        with pytest.raises(ClientError, match="TooManyRequestsException") as refused:
            send_mail(aws, subject)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    send_mail(aws, subject)

    assert [message.subject for message in aws.inbox()].count(subject) == 1


def test_a_fault_without_a_number_of_times_lasts_until_it_is_cleared(aws: EmbeddedAws) -> None:
    aws.inject_fault("sns", "Publish", "InvalidParameter", status=400)
    for _ in range(3):
        with pytest.raises(ClientError, match="InvalidParameter"):
            aws.client("sns").publish(PhoneNumber="+15550100", Message="x")

    aws.clear_faults()

    assert aws.client("sns").publish(PhoneNumber="+15550100", Message="x")["MessageId"]


def test_a_fault_is_met_by_its_own_operation_only(aws: EmbeddedAws, queue_url: str) -> None:
    aws.inject_fault("sqs", "SendMessage", "OverLimit", status=400)

    assert aws.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    with pytest.raises(ClientError, match="OverLimit"):
        aws.client("sqs").send_message(QueueUrl=queue_url, MessageBody="x")


def test_a_text_sent_by_step_functions_meets_the_fault_and_its_retry_succeeds(aws: EmbeddedAws) -> None:
    text = str(uuid.uuid4())
    task: Definition = {
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"PhoneNumber": "+15550101", "Message": text},
    }
    aws.inject_fault("sns", "Publish", "ThrottledException", times=3)

    assert run(aws, task) == ("FAILED", "SNS.ThrottledException")
    retry = {"Retry": [{"ErrorEquals": ["SNS.ThrottledException"], "IntervalSeconds": 1, "MaxAttempts": 2}]}
    assert run(aws, {**task, **retry}) == ("SUCCEEDED", "")
    assert [message.text for message in aws.inbox()].count(text) == 1


def test_a_message_queued_by_step_functions_meets_the_fault(aws: EmbeddedAws, queue_url: str) -> None:
    task: Definition = {
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue_url, "MessageBody": "kept"},
    }
    aws.inject_fault("sqs", "SendMessage", "RequestThrottled", times=1)

    assert run(aws, task) == ("FAILED", "SQS.RequestThrottled")
    assert run(aws, task) == ("SUCCEEDED", "")


def test_the_sdk_integration_of_step_functions_meets_the_fault(aws: EmbeddedAws) -> None:
    task: Definition = {
        "Resource": "arn:aws:states:::aws-sdk:sesv2:sendEmail",
        "Parameters": {"FromEmailAddress": "whiskers@example.com"},
    }
    aws.inject_fault("ses", "SendEmail", "SesV2.TooManyRequestsException", times=1)

    assert run(aws, task) == ("FAILED", "SesV2.TooManyRequestsException")


@pytest.mark.parametrize(
    ("status", "times", "problem"),
    [
        (200, None, "status must be an HTTP error from 400 to 599, got 200"),
        (400, 0, "times must be a positive whole number or null, got 0"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(
    aws: EmbeddedAws, status: int, times: int | None, problem: str
) -> None:
    with pytest.raises(ValueError, match="^" + problem + "$"):
        aws.inject_fault("sns", "Publish", "Nothing", status=status, times=times)
