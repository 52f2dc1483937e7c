"""What a queue API promises to whoever builds with it."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from aws_patterns.messaging.queue_api import QueueApi
from aws_patterns.messaging.queue_api_options import Authorization, DeduplicateBy, IdempotentFifo

SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["customer"],
    "properties": {"customer": {"type": "string"}},
}
WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/00000000-0000-0000-0000-000000000000"


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


def new_stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")


def build(**props: Any) -> Template:
    stack = new_stack()
    QueueApi(stack, "Orders", **{"schema": SCHEMA, **props})
    return Template.from_stack(stack)


def post(template: Template) -> Any:
    return only(resources(template, "AWS::ApiGateway::Method", {"HttpMethod": "POST"}))


def request(template: Template) -> str:
    return str(post(template)["Integration"]["RequestTemplates"]["application/json"])


def reply(template: Template, status: str) -> Any:
    (found,) = [one for one in post(template)["Integration"]["IntegrationResponses"] if one["StatusCode"] == status]
    return found


def work(template: Template) -> tuple[str, Any]:
    """The queue that messages go to: the one with a dead-letter queue."""
    ((name, found),) = resources(template, "AWS::SQS::Queue", {"RedrivePolicy": Match.any_value()}).items()
    return name, found["Properties"]


def statements(template: Template) -> list[dict[str, Any]]:
    return [
        statement
        for policy in resources(template, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


@pytest.fixture(scope="module")
def template() -> Template:
    return build()


@pytest.fixture(scope="module")
def keyed() -> Template:
    return build(fifo=IdempotentFifo(group_field="customer"))


class TestSending:
    def test_api_gateway_itself_sends_the_body_as_it_is(self, template: Template) -> None:
        integration = post(template)["Integration"]
        queue, _ = work(template)
        assert integration["Type"] == "AWS"
        assert text(integration["Uri"]) == (
            f"arn:AWS::Partition:apigateway:AWS::Region:sqs:path/AWS::AccountId/{queue}.QueueName"
        )
        assert request(template) == "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
        template.resource_count_is("AWS::Lambda::Function", 0)

    def test_its_role_may_send_to_that_queue_and_nothing_else(self, template: Template) -> None:
        queue, _ = work(template)
        assert statements(template) == [
            {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": {"Fn::GetAtt": [queue, "Arn"]}}
        ]
        role = post(template)["Integration"]["Credentials"]["Fn::GetAtt"][0]
        (policy,) = resources(template, "AWS::IAM::Policy").values()
        assert policy["Properties"]["Roles"] == [{"Ref": role}]

    def test_with_a_key_of_its_own_it_may_use_that_for_sending(self) -> None:
        stack = new_stack()
        QueueApi(stack, "Orders", schema=SCHEMA, encryption_key=kms.Key(stack, "Key"))
        template = Template.from_stack(stack)
        actions = [statement["Action"] for statement in statements(template)]
        assert actions == ["sqs:SendMessage", ["kms:GenerateDataKey", "kms:Decrypt"]]
        assert "KmsMasterKeyId" in work(template)[1]

    def test_what_is_not_json_by_its_content_type_is_refused(self, template: Template) -> None:
        assert post(template)["Integration"]["PassthroughBehavior"] == "NEVER"

    def test_success_is_answered_only_when_sqs_says_so(self, template: Template) -> None:
        accepted = reply(template, "202")
        assert accepted["SelectionPattern"] == r"2\d{2}"
        assert accepted["ResponseTemplates"]["application/json"] == (
            '{"Status":"Accepted","MessageId":"$input.path(\'$.SendMessageResponse.SendMessageResult.MessageId\')"}'
        )
        anything_else = reply(template, "503")
        assert "SelectionPattern" not in anything_else
        assert anything_else["ResponseParameters"] == {"method.response.header.Retry-After": "'5'"}

    def test_sqs_is_asked_for_json_whatever_the_client_accepts(self, template: Template) -> None:
        headers = post(template)["Integration"]["RequestParameters"]
        assert headers["integration.request.header.Accept"] == "'application/json'"

    def test_a_queue_that_is_gone_or_busy_is_not_called_the_senders_fault(self, template: Template) -> None:
        refused = reply(template, "400")
        assert refused["SelectionPattern"] == "400"
        blamed, excused = refused["ResponseTemplates"]["application/json"].split("#else")
        assert '"InvalidParameterValue"' in blamed
        assert "it is over 65536 bytes" in blamed
        assert "#set($context.responseOverride.status = 503)" in excused
        assert "#set($context.responseOverride.header.Retry-After = '5')" in excused
        assert "please send it again" in excused

    def test_a_queue_that_is_given_is_used_as_it_is(self) -> None:
        stack = new_stack()
        queue = sqs.Queue.from_queue_arn(stack, "Theirs", "arn:aws:sqs:eu-west-1:444455556666:theirs")
        api = QueueApi(stack, "Orders", schema=SCHEMA, queue=queue)
        template = Template.from_stack(stack)
        template.resource_count_is("AWS::SQS::Queue", 0)
        assert api.work_queue is None
        assert api.queue is queue
        assert text(post(template)["Integration"]["Uri"]) == (
            "arn:AWS::Partition:apigateway:eu-west-1:sqs:path/444455556666/theirs"
        )
        assert statements(template)[0]["Resource"] == "arn:aws:sqs:eu-west-1:444455556666:theirs"

    def test_its_own_queue_keeps_what_fails_and_takes_messages_of_one_billing_unit(self, template: Template) -> None:
        _, queue = work(template)
        assert queue["MaximumMessageSize"] == 65_536
        assert "FifoQueue" not in queue


class TestValidation:
    def test_a_body_is_checked_before_the_queue_is_asked(self, template: Template) -> None:
        model = only(resources(template, "AWS::ApiGateway::Model"))
        assert model["Schema"] == {"$schema": "http://json-schema.org/draft-04/schema#", **SCHEMA}
        validator = only(resources(template, "AWS::ApiGateway::RequestValidator"))
        assert (validator["ValidateRequestBody"], validator["ValidateRequestParameters"]) == (True, True)
        (name,) = resources(template, "AWS::ApiGateway::Model")
        assert post(template)["RequestModels"] == {"application/json": {"Ref": name}}
        (name,) = resources(template, "AWS::ApiGateway::RequestValidator")
        assert post(template)["RequestValidatorId"] == {"Ref": name}

    def test_a_changed_schema_is_deployed(self, template: Template) -> None:
        changed = build(schema={**SCHEMA, "maxProperties": 1})
        assert set(resources(template, "AWS::ApiGateway::Deployment")) != set(
            resources(changed, "AWS::ApiGateway::Deployment")
        )

    @pytest.mark.parametrize("props", [{}, {"cors_origin": "*"}, {"authorization": Authorization.OPEN_TO_EVERYONE}])
    def test_every_refusal_of_the_gateway_is_json_with_a_reason(self, props: dict[str, Any]) -> None:
        found = [one["Properties"] for one in resources(build(**props), "AWS::ApiGateway::GatewayResponse").values()]
        for refusal in found:
            body = refusal["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"why"')
            told = json.loads(body)
            assert told["Status"] == "Error"
            assert told["Reason"]
        kinds = {refusal["ResponseType"]: refusal.get("StatusCode") for refusal in found}
        assert kinds["BAD_REQUEST_BODY"] == "400"
        assert kinds["UNSUPPORTED_MEDIA_TYPE"] == "415"
        assert kinds["THROTTLED"] == "429"
        is_open = "authorization" in props
        assert kinds["MISSING_AUTHENTICATION_TOKEN"] == ("404" if is_open else "403")


class TestIdempotency:
    def test_a_message_has_its_group_and_its_key(self, keyed: Template) -> None:
        # Both spellings: HTTP/2 has lower case only.
        key = "$input.params('Idempotency-Key')$input.params('idempotency-key')"
        assert request(keyed) == (
            "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
            "&MessageGroupId=$util.urlEncode($input.path('$.customer'))"
            f'#set($key = "{key}")&MessageDeduplicationId=$util.urlEncode($key)'
        )

    def test_the_key_is_required_before_the_queue_is_asked(self, keyed: Template) -> None:
        assert post(keyed)["RequestParameters"] == {"method.request.header.Idempotency-Key": True}
        keyed.has_resource_properties(
            "AWS::ApiGateway::GatewayResponse", {"ResponseType": "BAD_REQUEST_PARAMETERS", "StatusCode": "400"}
        )

    def test_the_queue_is_a_fifo_queue_that_looks_at_the_key_only(self, keyed: Template) -> None:
        _, queue = work(keyed)
        assert queue["FifoQueue"] is True
        assert not queue.get("ContentBasedDeduplication")
        assert "FifoThroughputLimit" not in queue

    def test_by_body_sqs_hashes_it_and_no_key_is_asked_for(self) -> None:
        template = build(fifo=IdempotentFifo(group_field="customer", deduplicate_by=DeduplicateBy.BODY))
        assert work(template)[1]["ContentBasedDeduplication"] is True
        assert "MessageDeduplicationId" not in request(template)
        assert "RequestParameters" not in post(template)

    def test_high_throughput_makes_limits_those_of_each_group(self) -> None:
        template = build(fifo=IdempotentFifo(group_field="customer", high_throughput=True), throttle_rate=5000)
        _, queue = work(template)
        assert (queue["DeduplicationScope"], queue["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")

    def test_the_group_is_required_and_fits_sqs(self, keyed: Template) -> None:
        model = only(resources(keyed, "AWS::ApiGateway::Model"))
        (rule,) = model["Schema"]["allOf"]
        assert rule["required"] == ["customer"]
        assert rule["properties"]["customer"]["maxLength"] == 128


class TestAccess:
    def test_by_default_iam_is_asked(self, template: Template) -> None:
        assert post(template)["AuthorizationType"] == "AWS_IAM"

    def test_only_those_who_were_granted_it_may_send(self) -> None:
        stack = new_stack()
        api = QueueApi(stack, "Orders", schema=SCHEMA)
        api.grant_send(iam.Role(stack, "Shop", assumed_by=iam.AccountRootPrincipal()))
        (statement,) = [one for one in statements(Template.from_stack(stack)) if one["Action"] == "execute-api:Invoke"]
        assert re.search(r":\w+/\w+/POST/messages$", text(statement["Resource"]))

    def test_open_is_an_explicit_choice(self) -> None:
        assert post(build(authorization=Authorization.OPEN_TO_EVERYONE))["AuthorizationType"] == "NONE"

    def test_an_authorizer_takes_the_place_of_iam(self) -> None:
        stack = new_stack()
        pool = cognito.UserPool.from_user_pool_id(stack, "Pool", "eu-west-1_abc")
        authorizer = apigateway.CognitoUserPoolsAuthorizer(stack, "Users", cognito_user_pools=[pool])
        QueueApi(stack, "Orders", schema=SCHEMA, authorizer=authorizer)
        assert post(Template.from_stack(stack))["AuthorizationType"] == "COGNITO_USER_POOLS"

    def test_no_page_of_another_origin_may_send(self, template: Template) -> None:
        assert resources(template, "AWS::ApiGateway::Method", {"HttpMethod": "OPTIONS"}) == {}
        assert "Access-Control-Allow-Origin" not in json.dumps(template.to_json())

    def test_a_page_that_was_named_may_send_and_read_every_reply(self) -> None:
        template = build(cors_origin="https://shop.example.org", fifo=IdempotentFifo(group_field="customer"))
        preflight = only(resources(template, "AWS::ApiGateway::Method", {"HttpMethod": "OPTIONS"}))
        (answer,) = preflight["Integration"]["IntegrationResponses"]
        assert "Idempotency-Key" in answer["ResponseParameters"]["method.response.header.Access-Control-Allow-Headers"]
        for status in ("202", "400", "503"):
            parameters = reply(template, status)["ResponseParameters"]
            assert parameters["method.response.header.Access-Control-Allow-Origin"] == "'https://shop.example.org'"
        for refusal in resources(template, "AWS::ApiGateway::GatewayResponse").values():
            parameters = refusal["Properties"]["ResponseParameters"]
            assert parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://shop.example.org'"

    def test_a_flood_stops_at_the_gateway(self, template: Template) -> None:
        (settings,) = only(resources(template, "AWS::ApiGateway::Stage"))["MethodSettings"]
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)

    def test_a_limit_per_address_is_a_web_acl_of_its_own(self) -> None:
        template = build(web_acl_rate_limit=100)
        (rule,) = only(resources(template, "AWS::WAFv2::WebACL"))["Rules"]
        assert rule["Statement"]["RateBasedStatement"] == {"Limit": 100, "AggregateKeyType": "IP"}
        assert rule["Action"] == {"Block": {}}
        template.resource_count_is("AWS::WAFv2::WebACLAssociation", 1)

    def test_a_web_acl_that_there_is_can_be_used(self) -> None:
        template = build(web_acl_arn=WEB_ACL)
        template.resource_count_is("AWS::WAFv2::WebACL", 0)
        assert only(resources(template, "AWS::WAFv2::WebACLAssociation"))["WebACLArn"] == WEB_ACL


class TestOperation:
    def test_every_request_is_logged_without_what_it_said_or_who_sent_it(self, template: Template) -> None:
        stage = only(resources(template, "AWS::ApiGateway::Stage"))
        logged = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
        assert {"$context.requestId", "$context.status", "$context.integration.status"} <= logged
        assert not [value for value in logged if "identity" in value or "authorizer" in value]
        assert stage["TracingEnabled"] is True
        assert stage["MethodSettings"][0]["DataTraceEnabled"] is False

    def test_operators_are_told_when_messages_are_not_accepted(self) -> None:
        stack = new_stack()
        topic = sns.Topic(stack, "Operators")
        QueueApi(stack, "Orders", schema=SCHEMA, alarm_topic=topic)
        template = Template.from_stack(stack)
        alarm = only(resources(template, "AWS::CloudWatch::Alarm", {"MetricName": "5XXError"}))
        (name,) = resources(template, "AWS::SNS::Topic")
        assert (alarm["Threshold"], alarm["AlarmActions"], alarm["OKActions"]) == (1, [{"Ref": name}], [{"Ref": name}])
        for one in resources(template, "AWS::CloudWatch::Alarm").values():
            assert one["Properties"]["AlarmActions"] == [{"Ref": name}], "those of the queue too"

    def test_the_accounts_log_role_can_be_somebody_elses(self) -> None:
        build(account_log_role=False).resource_count_is("AWS::ApiGateway::Account", 0)

    def test_what_would_be_missed_outlives_the_stack(self, template: Template) -> None:
        for type_name in ("AWS::SQS::Queue", "AWS::Logs::LogGroup"):
            for found in resources(template, type_name).values():
                assert found["DeletionPolicy"] == "Retain"

    def test_destroy_leaves_nothing_but_what_other_apis_log_through(self) -> None:
        everything = build(removal_policy=cdk.RemovalPolicy.DESTROY).to_json()["Resources"]
        kept = [found["Type"] for found in everything.values() if found.get("DeletionPolicy") == "Retain"]
        assert sorted(kept) == ["AWS::ApiGateway::Account", "AWS::IAM::Role"]
        alone = build(removal_policy=cdk.RemovalPolicy.DESTROY, account_log_role=False).to_json()["Resources"]
        assert [name for name, found in alone.items() if found.get("DeletionPolicy") == "Retain"] == []

    def test_outputs_are_left_to_the_stack(self, template: Template) -> None:
        assert template.to_json().get("Outputs", {}) == {}


class TestComposition:
    def test_twice_in_one_stack(self, stack: cdk.Stack) -> None:
        QueueApi(stack, "Orders", schema=SCHEMA)
        QueueApi(stack, "Returns", schema=SCHEMA, path="returns", account_log_role=False)
        Template.from_stack(stack).resource_count_is("AWS::ApiGateway::RestApi", 2)

    def test_in_a_stage_of_a_known_environment(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Prod", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        stack = cdk.Stack(stage, "S")
        QueueApi(stack, "Orders", schema=SCHEMA)
        template = Template.from_stack(stack)
        queue, _ = work(template)
        assert text(post(template)["Integration"]["Uri"]) == (
            f"arn:aws:apigateway:eu-west-1:sqs:path/111122223333/{queue}.QueueName"
        )

    def test_values_known_only_at_deployment_are_let_through(self, stack: cdk.Stack) -> None:
        rate = cdk.CfnParameter(stack, "Rate", type="Number").value_as_number
        origin = cdk.CfnParameter(stack, "Origin").value_as_string
        QueueApi(stack, "Orders", schema=SCHEMA, throttle_rate=rate, cors_origin=origin)
        (settings,) = only(resources(Template.from_stack(stack), "AWS::ApiGateway::Stage"))["MethodSettings"]
        assert settings["ThrottlingRateLimit"] == {"Ref": "Rate"}

    def test_the_address_is_where_messages_are_posted_to(self, stack: cdk.Stack) -> None:
        api = QueueApi(stack, "Orders", schema=SCHEMA, path="orders")
        url = text(stack.resolve(api.url))
        assert re.fullmatch(r"https://\w+\.execute-api\.AWS::Region\.AWS::URLSuffix/prod/orders", url)


class TestMistakes:
    def test_all_are_reported_at_once(self, stack: cdk.Stack) -> None:
        message = (
            "QueueApi S/Orders can't be built:\n"
            '  - schema must describe an object ("type": "object"): a message is a JSON object\n'
            "  - path must be one part of a URL, of letters, digits, '.', '_' and '-', such as messages, got ''\n"
            "  - fifo is missing: the queue is a FIFO queue, whose messages need a group\n"
            "  - maximum_message_bytes must be between 1024 and 1048576 bytes, got 1 bytes\n"
            "  - maximum_message_bytes is for the API's own queue: set it on the queue that is given\n"
            "  - throttle_burst must be between 1 and 5000 requests, got 0 requests\n"
            "  - encryption_key is for the API's own queue: set it on the queue that is given"
        )
        theirs = sqs.Queue.from_queue_arn(stack, "Theirs", "arn:aws:sqs:eu-west-1:444455556666:theirs.fifo")
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:444455556666:key/a")
        before = len(stack.node.find_all())
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            QueueApi(
                stack,
                "Orders",
                schema={},
                path="",
                queue=theirs,
                maximum_message_bytes=1,
                encryption_key=key,
                throttle_burst=0,
            )
        assert len(stack.node.find_all()) == before + 1, "nothing is created before the checks"
