"""What media uploads promise to whoever builds with them."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Match, Template

from aws_patterns.serverless.media_uploads import MediaUploads


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


def build(stack: cdk.Stack | None = None, *, key: kms.IKey | None = None, **props: Any) -> Template:
    stack = stack or new_stack()
    master, transcode = (s3.Bucket(stack, name, encryption_key=key) for name in ("Master", "Transcode"))
    MediaUploads(stack, "Uploads", **{"master": master, "transcode": transcode, **props})
    return Template.from_stack(stack)


def function(template: Template) -> Any:
    return only(resources(template, "AWS::Lambda::Function", {"Handler": "media_uploads.handler.handle"}))


def statements(template: Template) -> list[dict[str, Any]]:
    """What the function's role may do."""
    (role,) = function(template)["Role"]["Fn::GetAtt"][:1]
    return [
        statement
        for policy in resources(template, "AWS::IAM::Policy", {"Roles": [{"Ref": role}]}).values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_the_function_signs_below_one_prefix_and_sees_nothing_else() -> None:
    template = build()
    (master,) = resources(template, "AWS::S3::Bucket", {"CorsConfiguration": Match.any_value()})
    (transcode,) = (each for each in resources(template, "AWS::S3::Bucket") if each.startswith("Transcode"))
    about_buckets = [each for each in statements(template) if str(each["Action"]).startswith("s3:")]
    assert [(each["Action"], text(each["Resource"]), each.get("Condition")) for each in about_buckets] == [
        ("s3:PutObject", f"{master}.Arn/uploads/*", None),
        ("s3:ListBucket", f"{master}.Arn", {"StringLike": {"s3:prefix": "uploads/*"}}),
        ("s3:GetObject", f"{transcode}.Arn/uploads/*", None),
        ("s3:ListBucket", f"{transcode}.Arn", {"StringLike": {"s3:prefix": "uploads/*"}}),
    ]
    assert not [each for each in statements(template) if "kms" in json.dumps(each)]


def test_the_function_may_use_the_buckets_keys_for_what_it_signs() -> None:
    stack = new_stack()
    template = build(stack, key=kms.Key(stack, "Key"))
    actions = [each["Action"] for each in statements(template) if "kms:" in json.dumps(each["Action"])]
    assert actions in ([["kms:Decrypt", "kms:GenerateDataKey"]], ["kms:GenerateDataKey", "kms:Decrypt"])


def test_the_function_knows_the_limits_and_the_page() -> None:
    template = build(maximum_bytes=1_000)
    (site,) = resources(template, "AWS::CloudFront::Distribution")
    environment = function(template)["Environment"]["Variables"]
    assert {name: text(environment[name]) for name in ("PREFIX", "MAXIMUM_BYTES", "FORM_SECONDS", "LINK_SECONDS")} == {
        "PREFIX": "uploads/",
        "MAXIMUM_BYTES": "1000",
        "FORM_SECONDS": "900",
        "LINK_SECONDS": "900",
    }
    assert text(environment["PAGE_ORIGIN"]) == f"https://{site}.DomainName"


def test_the_api_has_two_routes_is_throttled_and_logs_nobody() -> None:
    template = build(throttle_rate=3, throttle_burst=5)
    routes = resources(template, "AWS::ApiGatewayV2::Route").values()
    assert {each["Properties"]["RouteKey"] for each in routes} == {"POST /uploads", "GET /uploads/{id}"}
    stage = only(resources(template, "AWS::ApiGatewayV2::Stage"))
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {
        "DetailedMetricsEnabled": True,
        "ThrottlingRateLimit": 3,
        "ThrottlingBurstLimit": 5,
    }
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["requestId"] == "$context.requestId"
    assert not re.search(r"identity|userAgent|path", json.dumps(logged)), "neither who asked, nor for which upload"
    # The function says which page may read its answers.
    assert "CorsConfiguration" not in only(resources(template, "AWS::ApiGatewayV2::Api"))
    assert resources(template, "AWS::ApiGateway::Account") == {}, "nothing for the whole account is needed"


def test_the_page_may_ask_the_api_post_to_one_bucket_and_show_images_of_the_other() -> None:
    template = build()
    (api,) = resources(template, "AWS::ApiGatewayV2::Api")
    (master, transcode) = (
        next(each for each in resources(template, "AWS::S3::Bucket") if each.startswith(name))
        for name in ("Master", "Transcode")
    )
    headers = only(resources(template, "AWS::CloudFront::ResponseHeadersPolicy"))["ResponseHeadersPolicyConfig"]
    policy = text(headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    directives = dict(each.split(" ", 1) for each in policy.split("; "))
    assert directives["img-src"] == f"'self' https://{transcode}.RegionalDomainName/"
    asked = f"https://{api}.execute-api.AWS::Region.AWS::URLSuffix https://{master}.RegionalDomainName"
    assert directives["connect-src"] == f"'self' {asked}"
    assert directives["script-src"] == directives["style-src"] == "'self'"


def test_browsers_may_post_to_the_master_bucket_alone() -> None:
    template = build()
    rules = {
        name: bucket["Properties"]["CorsConfiguration"]["CorsRules"]
        for name, bucket in resources(template, "AWS::S3::Bucket").items()
        if "CorsConfiguration" in bucket.get("Properties", {})
    }
    ((name, rule),) = rules.items()
    assert name.startswith("Master")
    assert rule == [{"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "MaxAge": 900}]


def test_the_owner_of_a_bucket_from_elsewhere_gets_the_rule_to_add() -> None:
    stack = new_stack()
    master, transcode = (s3.Bucket.from_bucket_name(stack, name, f"their-{name.lower()}") for name in ("In", "Out"))
    template = build(stack, master=master, transcode=transcode)
    assert resources(template, "AWS::S3::Bucket", {"CorsConfiguration": Match.any_value()}) == {}
    rule = MediaUploads.cors_rule()
    assert (rule.allowed_methods, rule.allowed_origins) == ([s3.HttpMethods.POST], ["*"])


def test_operators_are_told_of_failures() -> None:
    stack = new_stack()
    topic = sns.Topic(stack, "Operators")
    template = build(stack, alarm_topic=topic)
    alarms = resources(template, "AWS::CloudWatch::Alarm").values()
    assert {(each["Properties"]["Namespace"], each["Properties"]["MetricName"]) for each in alarms} == {
        ("AWS/ApiGateway", "5xx"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
    }
    for each in alarms:
        assert each["Properties"]["AlarmActions"] == each["Properties"]["OKActions"] == [stack.resolve(topic.topic_arn)]


@pytest.mark.parametrize(
    ("removal", "kept"), [({}, "Retain"), ({"removal_policy": cdk.RemovalPolicy.DESTROY}, "Delete")]
)
def test_the_logs_stay_unless_told_otherwise(removal: dict[str, Any], kept: str) -> None:
    groups = resources(build(**removal), "AWS::Logs::LogGroup")
    own = [group for name, group in groups.items() if not name.startswith("UploadsSite")]
    assert [group["DeletionPolicy"] for group in own] == [kept] * 2


def test_everything_wrong_is_said_at_once() -> None:
    message = (
        "MediaUploads S/Uploads can't be built:\n"
        "  - maximum_bytes must be between 1 and 5000000000 bytes, got 0 bytes\n"
        "  - throttle_rate must be between 0.1 and 10000 requests per second, got 0 requests per second\n"
        "  - throttle_burst must be between 1 and 5000 requests, got 5001 requests"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        build(maximum_bytes=0, throttle_rate=0, throttle_burst=5001)


def test_a_limit_may_be_known_at_deployment_only() -> None:
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Maximum", type="Number")
    template = build(stack, maximum_bytes=parameter.value_as_number)
    assert text(function(template)["Environment"]["Variables"]["MAXIMUM_BYTES"]) == "Maximum"


def test_two_fit_into_a_stack_and_into_a_stage() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    stack = cdk.Stack(stage, "S")
    master, transcode = s3.Bucket(stack, "Master"), s3.Bucket(stack, "Transcode")
    for name in ("One", "Other"):
        MediaUploads(stack, name, master=master, transcode=transcode)
    Template.from_stack(stack).resource_count_is("AWS::ApiGatewayV2::Api", 2)


def test_the_buckets_may_be_of_another_stack() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    storage, front = cdk.Stack(app, "Storage"), cdk.Stack(app, "Front")
    master, transcode = s3.Bucket(storage, "Master"), s3.Bucket(storage, "Transcode")
    MediaUploads(front, "Uploads", master=master, transcode=transcode)
    app.synth()
    assert [each.node.id for each in front.dependencies] == ["Storage"]
    assert storage.dependencies == []
