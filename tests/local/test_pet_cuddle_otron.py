"""The Pet Cuddle-O-Tron, deployed by the real `cdk deploy`, used through its front door, broken on purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.local.cuddles import EMAIL, PHONE, SENDER, Cuddles, eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws


@pytest.fixture(scope="module")
def deployed(session_aws: EmbeddedAws) -> Iterator[Cuddles]:
    cuddles = Cuddles(session_aws)
    yield cuddles
    cuddles.destroy()


@pytest.fixture
def cuddles(deployed: Cuddles) -> Iterator[Cuddles]:
    yield deployed
    deployed.aws.clear_faults()


class TestDelivery:
    def test_a_mail_arrives_once(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, email=EMAIL)
        assert cuddles.ended(execution)["Channels"] == {"email": "sent"}
        (mail,) = cuddles.received(message)
        assert (mail.channel, mail.to, mail.subject) == ("email", EMAIL, "Whiskers Commands You to attend!")
        assert mail.text == message

    def test_a_text_arrives_once(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, phone=PHONE)
        assert cuddles.ended(execution)["Channels"] == {"sms": "sent"}
        (text,) = cuddles.received(message)
        assert (text.channel, text.to, text.text) == ("sms", PHONE, message)

    def test_both_arrive_once(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, email=EMAIL, phone=PHONE, preference="both")
        ended = cuddles.ended(execution)
        assert ended["State"] == "sent"
        assert ended["Channels"] == {"email": "sent", "sms": "sent"}
        assert sorted(found.channel for found in cuddles.received(message)) == ["email", "sms"]

    def test_the_lab_page_works_unchanged(self, cuddles: Cuddles) -> None:
        """What the original page sends: waitSeconds as text, a lower-case header name, no preference."""
        message = cuddles.new_message()
        reply = cuddles.aws.http(
            "POST",
            cuddles.outputs["ApiUrl"],
            body=json.dumps({"waitSeconds": "1", "message": message, "email": EMAIL, "phone": "NO_PHONE"}),
            headers={"Content-type": "application/json", "Origin": "http://lab.example"},
        )
        assert reply.status == 200
        assert reply.json()["Status"] == "Success"
        assert reply.headers["access-control-allow-origin"] == "*"
        assert cuddles.ended(str(reply.json()["ExecutionId"]))["State"] == "sent"

    def test_the_status_reveals_neither_message_nor_address(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, email=EMAIL, phone=PHONE)
        cuddles.ended(execution)
        reply = cuddles.aws.http("GET", f"{cuddles.outputs['ApiUrl']}/{execution}").text
        for secret in (message, EMAIL, PHONE):
            assert secret not in reply

    def test_the_logs_hold_neither_message_nor_address(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        cuddles.ended(cuddles.accepted(message=message, email=EMAIL, phone=PHONE))
        cuddles.order(None, message=message, email="not an address")
        logs = cuddles.aws.client("logs")
        lines = [
            event["message"]
            for group in logs.describe_log_groups()["logGroups"]
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        ]
        assert [line for line in lines if "reminder accepted" in line], "the functions do log"
        for secret in (message, EMAIL, PHONE, "not an address"):
            assert not [line for line in lines if secret in line]


class TestOnceOnly:
    def test_the_same_request_twice_is_one_reminder(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        first = cuddles.accepted(message=message, email=EMAIL)
        assert cuddles.accepted(message=message, email=EMAIL) == first
        cuddles.ended(first)
        assert cuddles.accepted(message=message, email=EMAIL) == first, "also after it was sent"
        assert len(cuddles.received(message)) == 1

    def test_an_idempotency_key_tells_reminders_apart_and_together(self, cuddles: Cuddles) -> None:
        message = cuddles.new_message()
        replies = [
            cuddles.order({"Idempotency-Key": key}, message=message, email=EMAIL).json()["ExecutionId"]
            for key in (f"{message} a", f"{message} b", f"{message} a")
        ]
        assert replies[0] == replies[2] != replies[1]

    def test_a_key_does_not_serve_two_reminders(self, cuddles: Cuddles) -> None:
        key = {"Idempotency-Key": cuddles.new_message()}
        assert cuddles.order(key, message="first", email=EMAIL).status == 200
        reply = cuddles.order(key, message="second", email=EMAIL)
        assert reply.status == 400
        assert "Idempotency-Key" in str(reply.json()["Reason"])


class TestBadInput:
    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("POST", "", b"{waitSeconds", 400),
            ("POST", "", b"[]", 400),
            ("POST", "", b'"text"', 400),
            ("POST", "", b"\xff\xfe", 400),
            ("POST", "", b"", 400),
            ("POST", "", b"{}", 400),
            ("POST", "", b'{"waitSeconds":true,"message":"m","email":"a@example.net"}', 400),
            ("POST", "", b'{"waitSeconds":"soon","message":"m","email":"a@example.net"}', 400),
            ("POST", "", b'{"waitSeconds":"' + b"9" * 5_000 + b'","message":"m","email":"a@example.net"}', 400),
            ("POST", "", b'{"waitSeconds":"1","message":"m","email":"NO_EMAIL","phone":"NO_PHONE"}', 400),
            ("POST", "", b'{"waitSeconds":"1","message":"m","email":"","phone":""}', 400),
            ("POST", "", b'{"waitSeconds":"1","message":"m","email":"a@example.net","preference":"both"}', 400),
            ("POST", "", b'{"waitSeconds":"1","message":"m","email":"a@example.net","preference":"fax"}', 400),
            ("POST", "", b'{"waitSeconds":1e400,"message":["m"],"email":{},"phone":7}', 400),
            ("POST", "", b'{"message":"' + b"x" * 20_000 + b'"}', 400),
            ("PUT", "", b"{}", 404),
            ("DELETE", "", None, 404),
            ("GET", "", None, 404),
            ("POST", "/elsewhere", b"{}", 404),
            ("GET", "/not-an-id", None, 404),
            ("GET", "/" + "0" * 64, None, 404),
        ],
    )
    def test_is_answered_in_json_with_a_reason_and_starts_nothing(
        self, cuddles: Cuddles, method: str, path: str, body: bytes | None, status: int
    ) -> None:
        before = cuddles.executions()
        url = cuddles.outputs["ApiUrl"] + path
        reply = cuddles.aws.http(method, url, body=body, headers={"Content-Type": "application/json"})
        assert reply.status == status, reply.text
        assert reply.headers["content-type"].startswith("application/json")
        assert reply.headers["access-control-allow-origin"] == "*"
        answer = reply.json()
        assert answer["Status"] == "Error"
        assert answer["Reason"]
        assert cuddles.executions() == before

    @pytest.mark.parametrize("body", [b"{waitSeconds", b"[]", b""])
    def test_what_is_no_object_never_reaches_the_function(self, cuddles: Cuddles, body: bytes) -> None:
        reply = cuddles.aws.http(
            "POST", cuddles.outputs["ApiUrl"], body=body, headers={"Content-Type": "application/json"}
        )
        assert reply.json() == {
            "Status": "Error",
            "Reason": "The body must be a JSON object with waitSeconds, message, and an email or a phone",
        }

    def test_preflight_lets_any_page_send_json(self, cuddles: Cuddles) -> None:
        reply = cuddles.aws.http(
            "OPTIONS",
            cuddles.outputs["ApiUrl"],
            headers={"Origin": "http://lab.example", "Access-Control-Request-Headers": "content-type"},
        )
        assert reply.status in {200, 204}
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "Content-Type" in reply.headers["access-control-allow-headers"]


class TestFaults:
    def test_ses_throttles_twice_then_the_mail_arrives_once(self, cuddles: Cuddles) -> None:
        cuddles.aws.inject_fault("ses", "SendEmail", "TooManyRequestsException", status=429, times=2)
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, email=EMAIL)
        assert cuddles.ended(execution)["State"] == "sent"
        assert len(cuddles.received(message)) == 1

    def test_sns_throttles_twice_then_the_text_arrives_once(self, cuddles: Cuddles) -> None:
        cuddles.aws.inject_fault("sns", "Publish", "Throttled", status=400, times=2)
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, phone=PHONE)
        assert cuddles.ended(execution)["State"] == "sent"
        assert len(cuddles.received(message)) == 1

    def test_a_mail_refused_for_good_is_kept_whole_and_raises_the_alarm(self, cuddles: Cuddles) -> None:
        cuddles.aws.inject_fault("ses", "SendEmail", "MessageRejected")
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, email=EMAIL)
        ended = cuddles.ended(execution)
        assert ended["State"] == "failed"
        assert ended["Channels"] == {"email": "failed"}
        assert cuddles.received(message) == []

        alarms = cuddles.aws.client("cloudwatch")

        def in_alarm() -> set[str]:
            found = alarms.describe_alarms(StateValue="ALARM")["MetricAlarms"]
            return {
                kind for alarm in found for kind in ("DeadLetters", "FailedExecutions") if kind in alarm["AlarmName"]
            }

        eventually(lambda: in_alarm() == {"DeadLetters", "FailedExecutions"}, "alarm about the undelivered reminder")
        (letter,) = eventually(lambda: cuddles.kept(message), "dead letter")
        assert letter["channel"] == "email"
        assert letter["executionName"] == execution
        assert letter["reminder"] == {"waitSeconds": 1, "message": message, "preference": "email", "email": EMAIL}
        assert EMAIL not in json.dumps(letter["error"])

    @pytest.mark.parametrize(
        ("service", "action", "error", "outcome"),
        [
            ("ses", "SendEmail", "MessageRejected", {"email": "failed", "sms": "sent"}),
            ("sns", "Publish", "InvalidParameter", {"email": "sent", "sms": "failed"}),
        ],
    )
    def test_one_channel_fails_the_other_arrives(
        self, cuddles: Cuddles, service: str, action: str, error: str, outcome: dict[str, str]
    ) -> None:
        cuddles.aws.inject_fault(service, action, error)
        message = cuddles.new_message()
        execution = cuddles.accepted(message=message, email=EMAIL, phone=PHONE)
        assert cuddles.ended(execution)["Channels"] == outcome
        (arrived,) = cuddles.received(message)
        (letter,) = eventually(lambda: cuddles.kept(message), "dead letter")
        assert outcome[arrived.channel] == "sent"
        assert outcome[letter["channel"]] == "failed"

    def test_a_redriven_reminder_arrives(self, cuddles: Cuddles) -> None:
        """As the pattern's page says: the dead letter holds the input of a new execution."""
        cuddles.aws.inject_fault("ses", "SendEmail", "MessageRejected", times=1)
        message = cuddles.new_message()
        cuddles.ended(cuddles.accepted(message=message, email=EMAIL))
        (letter,) = eventually(lambda: cuddles.kept(message), "dead letter")
        cuddles.aws.client("stepfunctions").start_execution(
            stateMachineArn=cuddles.outputs["StateMachineArn"],
            input=json.dumps({**letter["reminder"], "preference": letter["channel"], "waitSeconds": 0}),
        )
        eventually(lambda: cuddles.received(message), "redriven mail")

    def test_a_workflow_that_cannot_be_started_is_no_success(self, cuddles: Cuddles) -> None:
        cuddles.aws.inject_fault("states", "StartExecution", "ServiceUnavailable", status=503)
        message = cuddles.new_message()
        reply = cuddles.order(None, message=message, email=EMAIL)
        assert reply.status == 503
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "try again" in str(reply.json()["Reason"])
        cuddles.aws.clear_faults()
        assert cuddles.ended(cuddles.accepted(message=message, email=EMAIL))["State"] == "sent"
        assert len(cuddles.received(message)) == 1


def test_the_site_finds_its_api_by_a_deployed_file(cuddles: Cuddles) -> None:
    page = cuddles.aws.http("GET", cuddles.outputs["SiteUrl"])
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    found = cuddles.aws.http("GET", cuddles.outputs["SiteUrl"] + "config.json").json()
    api = cuddles.aws.localize(cuddles.outputs["ApiUrl"])
    assert found == {"apiUrl": api, "channels": "email,sms"}
    allowed = re.search(r"connect-src 'self' (\S+);", page.headers["content-security-policy"])
    assert allowed
    assert api.startswith(allowed[1])


def test_a_flood_is_throttled_and_nothing_is_left_after_destroy(
    embedded_aws_factory: Callable[..., EmbeddedAws],
) -> None:
    aws = embedded_aws_factory()
    settings = {"sender": SENDER, "removal_policy": "destroy"}
    url = aws.deploy("PetCuddleOTron", context=settings)["ApiUrl"]
    flood = [aws.http("POST", url, body=b"{}", headers={"Content-Type": "application/json"}) for _ in range(40)]
    refused = [reply for reply in flood if reply.status == 429]
    assert refused, "ten requests at once and five per second are the default"
    assert {reply.headers["access-control-allow-origin"] for reply in refused} == {"*"}
    assert {str(reply.json()["Status"]) for reply in refused} == {"Error"}

    aws.destroy("PetCuddleOTron", context=settings)
    left = {
        "stacks": [
            stack["StackName"]
            for stack in aws.client("cloudformation").describe_stacks()["Stacks"]
            if stack["StackName"] != "CDKToolkit"
        ],
        "functions": aws.client("lambda").list_functions()["Functions"],
        "queues": aws.client("sqs").list_queues().get("QueueUrls", []),
        "tables": aws.client("dynamodb").list_tables()["TableNames"],
        "machines": aws.client("stepfunctions").list_state_machines()["stateMachines"],
        "apis": aws.client("apigateway").get_rest_apis()["items"],
        "alarms": aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "distributions": aws.client("cloudfront").list_distributions()["DistributionList"].get("Items", []),
        "buckets": [
            bucket["Name"]
            for bucket in aws.client("s3").list_buckets()["Buckets"]
            if not bucket["Name"].startswith("cdk-")
        ],
        "roles": [
            role["RoleName"]
            for role in aws.client("iam").list_roles()["Roles"]
            # One is the account's by now: other APIs may write their logs through it.
            if role["RoleName"].startswith("PetCuddleOTron") and "RestApiCloudWatchRo" not in role["RoleName"]
        ],
        "log groups": [
            group["logGroupName"]
            for group in aws.client("logs").describe_log_groups()["logGroups"]
            if "PetCuddleOTron" in group["logGroupName"]
        ],
    }
    assert {kind: found for kind, found in left.items() if found} == {}
