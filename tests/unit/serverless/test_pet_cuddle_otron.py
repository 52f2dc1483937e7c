"""What the Pet Cuddle-O-Tron promises to whoever builds with it."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns.serverless.pet_cuddle_otron import PetCuddleOTron
from aws_patterns.serverless.pet_cuddle_otron_options import Channel

SENDER = "whiskers@example.org"


def resources(template: Template, type_name: str, properties: object | None = None) -> dict[str, Any]:
    return dict(template.find_resources(type_name, {"Properties": properties} if properties else None))


def only(found: dict[str, Any]) -> Any:
    assert len(found) == 1, f"expected one resource, found {sorted(found)}"
    return next(iter(found.values()))["Properties"]


def text(value: object) -> str:
    """A property that may be joined from parts, as one string; references become their logical ids."""
    if isinstance(value, dict):
        if "Fn::Join" in value:
            return "".join(text(part) for part in value["Fn::Join"][1])
        return str(value.get("Ref") or ".".join(value.get("Fn::GetAtt", [])))
    return str(value)


def definition(template: Template) -> dict[str, Any]:
    machine = only(resources(template, "AWS::StepFunctions::StateMachine"))
    return dict(json.loads(text(machine["DefinitionString"])))


def statements(template: Template) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for policy in resources(template, "AWS::IAM::Policy").values():
        found += policy["Properties"]["PolicyDocument"]["Statement"]
    for role in resources(template, "AWS::IAM::Role").values():
        for inline in role["Properties"].get("Policies", []):
            found += inline["PolicyDocument"]["Statement"]
    return found


def statement_for(template: Template, action: str, effect: str = "Allow") -> dict[str, Any]:
    matching = [
        found
        for found in statements(template)
        if found["Effect"] == effect
        and action in ([found["Action"]] if isinstance(found["Action"], str) else found["Action"])
    ]
    assert len(matching) == 1, f"{action} is {effect.lower()}ed {len(matching)} times"
    return matching[0]


def build(**props: Any) -> Template:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "S")
    PetCuddleOTron(stack, "Cuddles", **{"sender": SENDER, **props})
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def states(template: Template) -> dict[str, Any]:
    return dict(definition(template)["States"])


class TestWorkflow:
    def test_keeps_the_shape_of_the_lab(self, template: Template, states: dict[str, Any]) -> None:
        assert definition(template)["StartAt"] == "Timer"
        assert states["Timer"] == {"Type": "Wait", "SecondsPath": "$.waitSeconds", "Next": "Which channels?"}
        choices = {choice["StringEquals"]: choice["Next"] for choice in states["Which channels?"]["Choices"]}
        assert choices == {"email": "EmailOnly", "sms": "SMSOnly", "both": "EmailandSMS"}
        assert states["EmailandSMS"]["Type"] == "Parallel"
        assert [branch["StartAt"] for branch in states["EmailandSMS"]["Branches"]] == ["Email", "SMS"]

    @pytest.mark.parametrize("state", ["EmailOnly", "SMSOnly"])
    def test_retries_with_backoff_and_jitter_and_keeps_what_fails(self, states: dict[str, Any], state: str) -> None:
        (retry,) = states[state]["Retry"]
        assert (retry["IntervalSeconds"], retry["BackoffRate"], retry["MaxAttempts"]) == (2, 2, 10)
        assert (retry["JitterStrategy"], retry["MaxDelaySeconds"]) == ("FULL", 300)
        assert "States.ALL" not in retry["ErrorEquals"], "a permanent refusal must not be tried ten times"
        assert states[state]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": f"Keep {state}"}]

    def test_in_both_each_channel_fails_for_itself(self, states: dict[str, Any]) -> None:
        for branch, name in zip(states["EmailandSMS"]["Branches"], ("Email", "SMS"), strict=True):
            assert branch["States"][name]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": f"Keep {name}"}]
            assert branch["States"][f"Keep {name}"]["End"] is True

    def test_a_kept_reminder_is_whole(self, template: Template, states: dict[str, Any]) -> None:
        queue = next(iter(resources(template, "AWS::SQS::Queue")))
        kept = states["Keep SMSOnly"]["Arguments"]
        assert kept["QueueUrl"] == queue
        assert kept["MessageBody"] == {
            "executionArn": "{% $states.context.Execution.Id %}",
            "executionName": "{% $states.context.Execution.Name %}",
            "channel": "sms",
            "reminder": "{% $states.context.Execution.Input %}",
            "error": "{% $states.input %}",
        }

    def test_ends_as_failed_when_a_channel_failed(self, states: dict[str, Any]) -> None:
        assert states["Delivered?"]["Choices"][0]["Next"] == "Undelivered"
        assert states["Delivered?"]["Default"] == "Reminded"
        assert states["Undelivered"]["Error"] == "ReminderUndelivered"

    def test_logs_and_traces_without_personal_data(self, template: Template) -> None:
        machine = only(resources(template, "AWS::StepFunctions::StateMachine"))
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
        assert machine["TracingConfiguration"] == {"Enabled": True}

    @pytest.mark.parametrize(("channel", "gone"), [("email", "SMSOnly"), ("sms", "EmailOnly")])
    def test_a_channel_left_out_is_not_there_at_all(self, channel: str, gone: str) -> None:
        template = build(channels=[Channel(channel)])
        states = definition(template)["States"]
        assert gone not in states
        assert "EmailandSMS" not in states
        allowed = {action for found in statements(template) for action in [found["Action"]] if isinstance(action, str)}
        assert ("sns:Publish" in allowed) is (channel == "sms")
        assert ("ses:SendEmail" in allowed) is (channel == "email")


class TestApi:
    def test_is_regional_throttled_traced_and_logged(self, template: Template) -> None:
        template.has_resource_properties("AWS::ApiGateway::RestApi", {"EndpointConfiguration": {"Types": ["REGIONAL"]}})
        stage = only(resources(template, "AWS::ApiGateway::Stage"))
        assert stage["StageName"] == "prod"
        assert stage["TracingEnabled"] is True
        (settings,) = stage["MethodSettings"]
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (5, 10)
        assert settings["DataTraceEnabled"] is False

    def test_access_log_is_json_without_addresses(self, template: Template) -> None:
        line = only(resources(template, "AWS::ApiGateway::Stage"))["AccessLogSetting"]["Format"]
        assert "sourceIp" not in line
        assert "identity" not in line
        assert json.loads(re.sub(r"\$context\.[\w.]+", "x", line))["status"] == "x"

    def test_every_refusal_of_the_gateway_is_json_with_cors(self, template: Template) -> None:
        found = resources(template, "AWS::ApiGateway::GatewayResponse")
        types = {entry["Properties"]["ResponseType"] for entry in found.values()}
        assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "BAD_REQUEST_BODY", "MISSING_AUTHENTICATION_TOKEN"} <= types
        for entry in found.values():
            parameters = entry["Properties"]["ResponseParameters"]
            assert parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
            body = entry["Properties"]["ResponseTemplates"]["application/json"]
            reply = json.loads(body.replace("$context.error.messageString", '"why"'))
            assert reply["Status"] == "Error"
            assert reply["Reason"]

    def test_preflight_allows_what_the_pages_send(self, template: Template) -> None:
        for method in resources(template, "AWS::ApiGateway::Method", {"HttpMethod": "OPTIONS"}).values():
            (reply,) = method["Properties"]["Integration"]["IntegrationResponses"]
            headers = reply["ResponseParameters"]
            assert headers["method.response.header.Access-Control-Allow-Headers"] == "'Content-Type,Idempotency-Key'"
            assert headers["method.response.header.Access-Control-Allow-Origin"] == "'*'"

    def test_a_body_that_is_no_object_never_reaches_the_function(self, template: Template) -> None:
        template.has_resource_properties("AWS::ApiGateway::Model", {"Schema": Match.object_like({"type": "object"})})
        template.has_resource_properties(
            "AWS::ApiGateway::Method", {"HttpMethod": "POST", "RequestValidatorId": Match.any_value()}
        )

    def test_throttle_is_a_choice(self) -> None:
        stage = only(resources(build(throttle_rate=50, throttle_burst=80), "AWS::ApiGateway::Stage"))
        (settings,) = stage["MethodSettings"]
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (50, 80)

    def test_web_acl_only_where_asked_for(self, template: Template) -> None:
        template.resource_count_is("AWS::WAFv2::WebACL", 0)
        limited = build(web_acl_rate_limit=100)
        rule = only(resources(limited, "AWS::WAFv2::WebACL"))["Rules"][0]
        assert rule["Action"] == {"Block": {}}
        assert rule["Statement"]["RateBasedStatement"] == {"AggregateKeyType": "IP", "Limit": 100}
        limited.resource_count_is("AWS::WAFv2::WebACLAssociation", 1)

    def test_account_log_role_can_be_left_to_another_stack(self, template: Template) -> None:
        template.resource_count_is("AWS::ApiGateway::Account", 1)
        build(account_log_role=False).resource_count_is("AWS::ApiGateway::Account", 0)


class TestPermissions:
    def test_mail_leaves_from_the_sender_only(self, template: Template) -> None:
        statement = statement_for(template, "ses:SendEmail")
        assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": SENDER}}
        assert text(statement["Resource"]).endswith(f":identity/{SENDER}")

    def test_a_verified_domain_and_sandbox_recipients_can_be_named(self) -> None:
        template = build(sender_identity="example.org", sandbox_recipients=["me@example.net"])
        named = [text(arn).rpartition("/")[2] for arn in statement_for(template, "ses:SendEmail")["Resource"]]
        assert named == ["example.org", "me@example.net", SENDER]

    def test_texts_go_to_numbers_and_never_to_a_topic(self, template: Template) -> None:
        assert statement_for(template, "sns:Publish")["Resource"] == "*"
        assert text(statement_for(template, "sns:Publish", "Deny")["Resource"]) == "arn:AWS::Partition:sns:*:*:*"

    def test_the_api_starts_and_describes_this_machine_only(self, template: Template) -> None:
        machine = next(iter(resources(template, "AWS::StepFunctions::StateMachine")))
        assert statement_for(template, "states:StartExecution")["Resource"] == {"Ref": machine}
        described = text(statement_for(template, "states:DescribeExecution")["Resource"])
        assert described.endswith(f":execution:{machine}.Name:*")

    def test_the_workflow_invokes_exactly_the_email_function(self, template: Template) -> None:
        statement = statement_for(template, "lambda:InvokeFunction")
        assert isinstance(statement["Resource"], dict), "one ARN, no versions, no wildcard"

    def test_no_role_of_the_pattern_has_a_managed_policy_but_the_gateways(self, template: Template) -> None:
        managed = {
            text(arn)
            for logical_id, role in resources(template, "AWS::IAM::Role").items()
            if logical_id.startswith("Cuddles")
            for arn in role["Properties"].get("ManagedPolicyArns", [])
        }
        assert managed == {"arn:AWS::Partition:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"}


class TestFunctions:
    def test_run_on_arm_traced_with_json_logs(self, template: Template) -> None:
        own = {
            logical_id: function
            for logical_id, function in resources(template, "AWS::Lambda::Function").items()
            if logical_id.startswith("Cuddles")
        }
        handlers = {function["Properties"]["Handler"] for function in own.values()}
        assert handlers == {"pet_cuddle_otron_api.handler.handle", "pet_cuddle_otron_email.handler.handle"}
        for function in own.values():
            assert function["Properties"]["Architectures"] == ["arm64"]
            assert function["Properties"]["Runtime"] == "python3.14"
            assert function["Properties"]["TracingConfig"] == {"Mode": "Active"}
            assert function["Properties"]["LoggingConfig"]["LogFormat"] == "JSON"

    def test_the_api_knows_channels_and_allow_lists(self) -> None:
        template = build(allowed_email_domains=["example.org", "example.net"], allowed_phone_prefixes=["+44"])
        template.has_resource_properties(
            "AWS::Lambda::Function",
            {
                "Environment": {
                    "Variables": Match.object_like(
                        {
                            "CHANNELS": "email,sms",
                            "ALLOWED_EMAIL_DOMAINS": "example.org,example.net",
                            "ALLOWED_PHONE_PREFIXES": "+44",
                            "IDEMPOTENCY_WINDOW_SECONDS": "300",
                        }
                    )
                }
            },
        )

    def test_every_log_group_has_a_retention(self, template: Template) -> None:
        groups = resources(template, "AWS::Logs::LogGroup")
        assert len(groups) == 5
        assert {group["Properties"]["RetentionInDays"] for group in groups.values()} == {30}


class TestMonitoring:
    def test_alarms_on_every_way_to_lose_a_reminder(self, template: Template) -> None:
        watched = {
            (alarm["Properties"]["Namespace"], alarm["Properties"]["MetricName"], alarm["Properties"]["Threshold"])
            for alarm in resources(template, "AWS::CloudWatch::Alarm").values()
        }
        assert watched == {
            ("AWS/ApiGateway", "5XXError", 1),
            ("AWS/Lambda", "Errors", 1),
            ("AWS/Lambda", "Throttles", 1),
            ("AWS/States", "ExecutionsFailed", 1),
            ("AWS/States", "ExecutionsTimedOut", 1),
            ("AWS/SQS", "ApproximateNumberOfMessagesVisible", 1),
            ("AWS/SES", "Reputation.BounceRate", 0.05),
            ("AWS/SES", "Reputation.ComplaintRate", 0.001),
        }
        template.resource_count_is("AWS::CloudWatch::Dashboard", 1)

    def test_alarms_tell_the_topic_passed_in(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "S")
        PetCuddleOTron(stack, "Cuddles", sender=SENDER, alarm_topic=sns.Topic(stack, "Alarms"))
        template = Template.from_stack(stack)
        topic = next(iter(resources(template, "AWS::SNS::Topic")))
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values():
            assert alarm["Properties"]["AlarmActions"] == [{"Ref": topic}]
            assert alarm["Properties"]["OKActions"] == [{"Ref": topic}]

    def test_without_a_topic_alarms_tell_nobody(self, template: Template) -> None:
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values():
            assert "AlarmActions" not in alarm["Properties"]


class TestKeeping:
    def test_undelivered_reminders_stay_fourteen_days_encrypted(self, template: Template) -> None:
        queue = only(resources(template, "AWS::SQS::Queue"))
        assert queue["MessageRetentionPeriod"] == 1_209_600
        assert queue["SqsManagedSseEnabled"] is True

    def test_what_would_be_missed_outlives_the_stack(self, template: Template) -> None:
        (queue,) = resources(template, "AWS::SQS::Queue").values()
        assert queue["DeletionPolicy"] == "Retain"
        kept = [
            group
            for group in resources(template, "AWS::Logs::LogGroup").values()
            if group["DeletionPolicy"] == "Retain"
        ]
        assert len(kept) == 4, "all but the log of copying the site's files"

    def test_destroy_leaves_nothing_but_what_other_apis_log_through(self) -> None:
        everything = build(removal_policy=cdk.RemovalPolicy.DESTROY).to_json()["Resources"]
        kept = [found["Type"] for found in everything.values() if found.get("DeletionPolicy") == "Retain"]
        assert sorted(kept) == ["AWS::ApiGateway::Account", "AWS::IAM::Role"]

    def test_idempotency_records_expire(self, template: Template) -> None:
        template.has_resource_properties(
            "AWS::DynamoDB::Table",
            {
                "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
                "BillingMode": "PAY_PER_REQUEST",
            },
        )


class TestComposition:
    def test_twice_in_one_stack(self, stack: cdk.Stack) -> None:
        PetCuddleOTron(stack, "Cats", sender=SENDER)
        PetCuddleOTron(stack, "Dogs", sender=SENDER, account_log_role=False)
        Template.from_stack(stack).resource_count_is("AWS::StepFunctions::StateMachine", 2)

    def test_in_a_stage_of_a_known_environment(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Prod", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        stack = cdk.Stack(stage, "S")
        PetCuddleOTron(stack, "Cuddles", sender=SENDER)
        assert text(statement_for(Template.from_stack(stack), "ses:SendEmail")["Resource"]) == (
            f"arn:aws:ses:eu-west-1:111122223333:identity/{SENDER}"
        )

    def test_own_domain(self, stack: cdk.Stack) -> None:
        certificate = acm.Certificate.from_certificate_arn(
            stack, "Certificate", "arn:aws:acm:us-east-1:111122223333:certificate/abc"
        )
        pattern = PetCuddleOTron(
            stack, "Cuddles", sender=SENDER, domain_name="cuddle.example.org", certificate=certificate
        )
        assert pattern.site.url == "https://cuddle.example.org/"

    def test_values_known_only_at_deployment_are_let_through(self, stack: cdk.Stack) -> None:
        sender = cdk.CfnParameter(stack, "Sender").value_as_string
        PetCuddleOTron(stack, "Cuddles", sender=sender)
        assert statement_for(Template.from_stack(stack), "ses:SendEmail")["Condition"] == {
            "StringEquals": {"ses:FromAddress": {"Ref": "Sender"}}
        }

    def test_the_page_learns_its_api_from_the_deployment(self, template: Template) -> None:
        deployment = only(resources(template, "Custom::CDKBucketDeployment"))
        api = next(iter(resources(template, "AWS::ApiGateway::RestApi")))
        markers = [text(value) for source in deployment["SourceMarkers"] for value in source.values()]
        assert markers == [f"https://{api}.execute-api.AWS::Region.AWS::URLSuffix/prod/petcuddleotron"] or any(
            api in marker for marker in markers
        )


class TestMistakes:
    def test_all_are_reported_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "PetCuddleOTron S/Cuddles can't be built:\n"
            "  - sender must be an email address verified in SES, got 'whiskers': "
            "An email address must have an @-sign.\n"
            "  - channels must be one of email, sms, got 'pigeon'\n"
            "  - throttle_rate must be between 0.1 and 10000 requests per second, got 0 requests per second\n"
            "  - throttle_burst must be between 1 and 5000 requests, got 9999 requests\n"
            "  - web_acl_rate_limit must be between 10 and 2000000000 requests in 5 minutes, "
            "got 1 requests in 5 minutes\n"
            "  - domain_name must be a lower-case host name such as cuddle.example.org, got 'Cuddle'\n"
            "  - certificate is missing: domain_name was given, and a custom domain needs both"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            PetCuddleOTron(
                stack,
                "Cuddles",
                sender="whiskers",
                channels=["pigeon"],  # type: ignore[list-item]  # what an untyped caller can pass
                throttle_rate=0,
                throttle_burst=9_999,
                web_acl_rate_limit=1,
                domain_name="Cuddle",
            )
        assert len(stack.node.find_all()) == 2, "nothing is created before the checks"
