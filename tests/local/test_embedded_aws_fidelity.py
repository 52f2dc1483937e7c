"""Where the embedded AWS would differ from AWS in what operators and workflows rely on: errors, policies, metrics."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from local_aws.embedded import EmbeddedAws
from local_aws.launcher.sdk_errors import error_name
from local_aws.template_stacks import CreateStack, Template
from local_aws.template_stacks import create_stack as create_stack_now

DEADLINE_SECONDS = 60
ROLE = "arn:aws:iam::000000000000:role/any"
SENDER = "whiskers@cats.example.com"

FAILING = """
import time

class PictureError(Exception):
    pass

def handle(event, context):
    if event.get("sleep"):
        time.sleep(30)
    raise PictureError("no cat in it")
"""

MAILING = """
import boto3
from botocore.exceptions import ClientError

def handle(event, context):
    client = boto3.client(event["service"])
    try:
        getattr(client, event["operation"])(**event["request"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "sent"
"""

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """What ``look`` finds, within a deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"within {DEADLINE_SECONDS} s: no {what}")


def function_template(code: str, statement: dict[str, object]) -> Template:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [policy],
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.14",
                    "Handler": "index.handle",
                    "Timeout": 3,
                    "Code": {"ZipFile": code},
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                },
            },
        },
        "Outputs": {"Name": {"Value": {"Ref": "Function"}}, "Arn": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}}},
    }


@pytest.fixture
def failing(embedded_aws: EmbeddedAws, create_stack: CreateStack) -> dict[str, str]:
    """Name and ARN of a function that raises PictureError."""
    statement: dict[str, object] = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    name = f"fidelity-{uuid.uuid4().hex[:8]}"
    return create_stack(embedded_aws, name, function_template(FAILING, statement)).outputs()


def run(aws: EmbeddedAws, task: dict[str, object], more: dict[str, object] | None = None) -> tuple[str, str, str]:
    """Run one task as a state machine; how it ended, its output or error, and the machine."""
    machines = aws.client("stepfunctions")
    definition = {"StartAt": "Task", "States": {"Task": {"Type": "Task", "End": True, **task}, **(more or {})}}
    machine = machines.create_state_machine(
        name=f"fidelity-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    ended = eventually(
        lambda: (
            found if (found := machines.describe_execution(executionArn=execution))["status"] != "RUNNING" else None
        ),
        "end of the execution",
    )
    return ended["status"], ended.get("error") or ended.get("output") or "", machine


class TestAFunctionThatRaises:
    def test_reports_class_text_and_stack_as_lambda_does(
        self, embedded_aws: EmbeddedAws, failing: dict[str, str]
    ) -> None:
        answer = embedded_aws.client("lambda").invoke(FunctionName=failing["Name"], Payload=b"{}")

        assert answer["FunctionError"] == "Unhandled"
        error = json.loads(answer["Payload"].read())
        assert (error["errorType"], error["errorMessage"]) == ("PictureError", "no cat in it")
        assert "in handle" in error["stackTrace"][0]
        assert error["requestId"]

    def test_is_caught_by_step_functions_under_the_name_of_the_class(
        self, embedded_aws: EmbeddedAws, failing: dict[str, str]
    ) -> None:
        task: dict[str, object] = {
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": failing["Arn"], "Payload": {}},
        }
        caught = {"Catch": [{"ErrorEquals": ["PictureError"], "Next": "Caught"}]}

        assert run(embedded_aws, task)[:2] == ("FAILED", "PictureError")
        status, output, _ = run(embedded_aws, {**task, **caught}, {"Caught": {"Type": "Pass", "End": True}})
        assert status == "SUCCEEDED"
        assert json.loads(json.loads(output)["Cause"])["errorMessage"] == "no cat in it"

    def test_is_told_from_one_that_takes_too_long(self, embedded_aws: EmbeddedAws, failing: dict[str, str]) -> None:
        answer = embedded_aws.client("lambda").invoke(FunctionName=failing["Name"], Payload=b'{"sleep": true}')

        assert json.loads(answer["Payload"].read())["errorType"] == "Sandbox.Timedout"


@pytest.fixture(scope="module")
def mailing(session_aws_enforcing_iam: EmbeddedAws) -> Iterable[Callable[..., str]]:
    """Calls SES from a function that may send from one address, under one name, to one domain."""
    aws = session_aws_enforcing_iam
    aws.verify_sender("cats.example.com")
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Action": ["ses:SendEmail", "ses:SendRawEmail"],
        "Resource": "arn:aws:ses:us-east-1:000000000000:identity/cats.example.com",
        "Condition": {
            "StringEquals": {"ses:FromAddress": SENDER},
            "StringEqualsIfExists": {"ses:FromDisplayName": "Whiskers", "ses:FeedbackAddress": SENDER},
            "ForAllValues:StringLike": {"ses:Recipients": "*@example.org"},
        },
    }
    stack = create_stack_now(aws, f"mailing-{uuid.uuid4().hex[:8]}", function_template(MAILING, statement))

    def send(service: str, operation: str, request: dict[str, object]) -> str:
        event = json.dumps({"service": service, "operation": operation, "request": request})
        answer = aws.client("lambda").invoke(FunctionName=stack.outputs()["Name"], Payload=event.encode())
        return str(json.loads(answer["Payload"].read()))

    yield send
    stack.delete()


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [
        ((SENDER, ["a@example.org"], ""), "sent"),
        ((f"Whiskers <{SENDER}>", ["a@example.org", "b@example.org"], SENDER), "sent"),
        (("dog@cats.example.com", ["a@example.org"], ""), "denied"),
        ((f"Rex <{SENDER}>", ["a@example.org"], ""), "denied"),
        ((SENDER, ["a@example.org", "b@example.net"], ""), "denied"),
        ((SENDER, ["a@example.org"], "dog@cats.example.com"), "denied"),
    ],
)
@pytest.mark.parametrize("service", ["sesv2", "ses"])
def test_a_policy_on_who_mails_what_to_whom_is_enforced(
    service: str, mail: tuple[str, list[str], str], outcome: str, mailing: Callable[..., str]
) -> None:
    sender, recipients, feedback = mail
    content = {"Subject": {"Data": "Meow"}, "Body": {"Text": {"Data": "Meow"}}}
    request: dict[str, object] = {"Destination": {"ToAddresses": recipients[:1], "CcAddresses": recipients[1:]}}
    if service == "sesv2":
        request |= {"FromEmailAddress": sender, "Content": {"Simple": content}}
        request |= {"FeedbackForwardingEmailAddress": feedback} if feedback else {}
    else:
        request |= {"Source": sender, "Message": content, **({"ReturnPath": feedback} if feedback else {})}

    answer = mailing(service, "send_email", request)

    assert answer == "sent" if outcome == "sent" else answer.startswith("AccessDenied")


@pytest.mark.parametrize(("sender", "outcome"), [(SENDER, "sent"), ("dog@cats.example.com", "denied")])
def test_the_sender_of_a_raw_mail_is_read_from_the_mail(sender: str, outcome: str, mailing: Callable[..., str]) -> None:
    raw = f"From: {sender}\r\nTo: a@example.org\r\nSubject: Meow\r\n\r\nMeow"

    answer = mailing("ses", "send_raw_email", {"RawMessage": {"Data": raw}})

    assert answer == "sent" if outcome == "sent" else answer.startswith("AccessDenied")


def totals(aws: EmbeddedAws, namespace: str, dimensions: dict[str, str], names: Sequence[str]) -> list[float]:
    """What the metrics add up to over the last minutes."""
    now = datetime.now(UTC)
    found = []
    for name in names:
        points = aws.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        found.append(sum(point["Sum"] for point in points))
    return found


class TestMetrics:
    def test_an_execution_and_the_function_it_calls_are_counted_once(
        self, embedded_aws: EmbeddedAws, failing: dict[str, str]
    ) -> None:
        task = {
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": failing["Arn"], "Payload": {}},
        }
        machine = run(embedded_aws, dict(task))[2]

        executions = ["ExecutionsStarted", "ExecutionsFailed", "ExecutionsSucceeded", "ExecutionsTimedOut"]
        of_machine = {"StateMachineArn": machine}
        eventually(lambda: totals(embedded_aws, "AWS/States", of_machine, executions) == [1, 1, 0, 0], "counts")
        calls = ["Invocations", "Errors", "Throttles"]
        assert totals(embedded_aws, "AWS/Lambda", {"FunctionName": failing["Name"]}, calls) == [1, 1, 0]

    def test_a_direct_invocation_is_counted_once(self, embedded_aws: EmbeddedAws, failing: dict[str, str]) -> None:
        embedded_aws.client("lambda").invoke(FunctionName=failing["Name"], Payload=b"{}")

        of_function = {"FunctionName": failing["Name"]}
        assert totals(embedded_aws, "AWS/Lambda", of_function, ["Invocations", "Errors", "Throttles"]) == [1, 1, 0]
        assert totals(embedded_aws, "AWS/Lambda", of_function, ["Duration"])[0] > 0

    def test_a_throttled_invocation_is_counted_as_throttled_alone(
        self, embedded_aws: EmbeddedAws, failing: dict[str, str]
    ) -> None:
        functions = embedded_aws.client("lambda")
        functions.put_function_concurrency(FunctionName=failing["Name"], ReservedConcurrentExecutions=0)

        with pytest.raises(functions.exceptions.TooManyRequestsException):
            functions.invoke(FunctionName=failing["Name"], Payload=b"{}")

        of_function = {"FunctionName": failing["Name"]}
        # The SDK tries again by itself.
        throttles, invocations = totals(embedded_aws, "AWS/Lambda", of_function, ["Throttles", "Invocations"])
        assert throttles >= 1
        assert invocations == 0

    def test_requests_to_a_rest_api_are_counted_by_api_and_by_stage(
        self, embedded_aws: EmbeddedAws, create_stack: CreateStack
    ) -> None:
        name = f"fidelity-{uuid.uuid4().hex[:8]}"
        stack = create_stack(embedded_aws, name, rest_api_template(name))
        url = f"https://{stack.outputs()['Api']}.execute-api.us-east-1.amazonaws.com/prod/"

        statuses = [embedded_aws.http("GET", url + path).status for path in ("", "", "nowhere")]

        assert statuses == [200, 200, 403]
        names = ["Count", "4XXError", "5XXError"]
        for dimensions in ({"ApiName": name}, {"ApiName": name, "Stage": "prod"}):
            assert totals(embedded_aws, "AWS/ApiGateway", dimensions, names) == [3, 1, 0]


def rest_api_template(name: str) -> Template:
    api = {"RestApiId": {"Ref": "Api"}}
    mock = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [{"StatusCode": "200"}],
    }
    return {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}},
            "Get": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    **api,
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "GET",
                    "AuthorizationType": "NONE",
                    "Integration": mock,
                    "MethodResponses": [{"StatusCode": "200"}],
                },
            },
            "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Get", "Properties": api},
            "Stage": {
                "Type": "AWS::ApiGateway::Stage",
                "Properties": {**api, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"},
            },
        },
        "Outputs": {"Api": {"Value": {"Ref": "Api"}}},
    }


@pytest.mark.parametrize(
    ("service", "code", "sdk", "name"),
    [
        ("sns", "Throttled", True, "Sns.ThrottledException"),
        ("sns", "ThrottledException", True, "Sns.ThrottledException"),
        ("sns", "NeverHeardOf", True, "Sns.SnsException"),
        ("sns", "Throttled", False, "SNS.ThrottledException"),
        ("sqs", "RequestThrottled", False, "SQS.RequestThrottled"),
        ("states", "ExecutionDoesNotExist", True, "Sfn.ExecutionDoesNotExistException"),
        ("dynamodb", "ThrottlingException", True, "DynamoDb.ThrottlingException"),
        ("sns", "States.Timeout", True, "States.Timeout"),
    ],
)
def test_step_functions_names_errors_by_the_classes_of_the_sdk(service: str, code: str, sdk: bool, name: str) -> None:
    assert error_name(service, code, sdk=sdk) == name


def test_a_throttled_text_is_retried_under_the_name_that_aws_gives(embedded_aws: EmbeddedAws) -> None:
    text = str(uuid.uuid4())
    task: dict[str, object] = {
        "Resource": "arn:aws:states:::aws-sdk:sns:publish",
        "Parameters": {"PhoneNumber": "+15550102", "Message": text},
        "Retry": [{"ErrorEquals": ["Sns.ThrottledException"], "IntervalSeconds": 1, "MaxAttempts": 2}],
    }
    embedded_aws.inject_fault("sns", "Publish", "Throttled", times=2)

    assert run(embedded_aws, task)[0] == "SUCCEEDED"
    assert [message.text for message in embedded_aws.inbox()].count(text) == 1
