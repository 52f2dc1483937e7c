from __future__ import annotations

from pathlib import Path

import pytest

from aws_patterns.serverless.pet_cuddle_otron_options import Channel
from stacks.registry import STACKS
from stacks.settings.load import SettingsError, read_request
from stacks.settings.pet_cuddle_otron import PetCuddleOTronSettings


def settings(*arguments: str) -> PetCuddleOTronSettings:
    pairs = [part for argument in ("stacks=PetCuddleOTron", *arguments) for part in ("-c", argument)]
    request = read_request(STACKS, arguments=pairs, environment={}, project=Path(__file__).parents[2])
    ((_, found),) = request.stacks
    assert isinstance(found, PetCuddleOTronSettings)
    return found


def test_the_project_as_it_comes_needs_no_settings() -> None:
    assert settings() == PetCuddleOTronSettings(sender="whiskers@example.com")


def test_what_holds_data_outlives_the_stack_unless_said_otherwise() -> None:
    assert settings().removal_policy == "retain"
    assert settings("removal_policy=destroy").removal_policy == "destroy"


def test_every_setting_can_be_given_on_the_command_line() -> None:
    assert settings(
        "sender=cats@mail.example.org",
        "sender_identity=example.org",
        "channels=email,sms",
        "throttle_rate=0.5",
        "throttle_burst=3",
        "allowed_email_domains=example.org,example.net",
        "allowed_phone_prefixes=+44,+4930",
        "web_acl_rate_limit=100",
        "alarm_topic_arn=arn:aws:sns:eu-west-1:111122223333:alarms",
        "domain_name=cuddle.example.org",
        "certificate_arn=arn:aws:acm:us-east-1:111122223333:certificate/0-1",
    ) == PetCuddleOTronSettings(
        sender="cats@mail.example.org",
        sender_identity="example.org",
        channels=(Channel.EMAIL, Channel.SMS),
        throttle_rate=0.5,
        throttle_burst=3,
        allowed_email_domains=("example.org", "example.net"),
        allowed_phone_prefixes=("+44", "+4930"),
        web_acl_rate_limit=100,
        alarm_topic_arn="arn:aws:sns:eu-west-1:111122223333:alarms",
        domain_name="cuddle.example.org",
        certificate_arn="arn:aws:acm:us-east-1:111122223333:certificate/0-1",
    )


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("channels=", "channels must hold at least one of email, sms, got none"),
        ("throttle_burst=0", "throttle_burst must be between 1 and 5000 requests, got 0 requests"),
        ("allowed_phone_prefixes=44", "allowed_phone_prefixes must hold a plus sign and 1 to 15 digits"),
        ("web_acl_rate_limit=1", "web_acl_rate_limit must be between 10 and "),
        (
            "alarm_topic_arn=alarms",
            "alarm_topic_arn must look like arn:aws:sns:eu-west-1:111122223333:my-topic, got 'alarms'",
        ),
        ("domain_name=cuddle.example.org", "certificate_arn is missing: domain_name was given"),
        ("sender=whiskers", "sender must be an email address verified in SES, got 'whiskers'"),
    ],
)
def test_a_setting_is_held_to_the_rules_of_the_construct(argument: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as error:
        settings(argument)
    (line,) = str(error.value).splitlines()[1:]
    assert line.startswith(f"  - {complaint}")


def test_a_certificate_without_a_domain_and_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(SettingsError) as error:
        settings("certificate_arn=arn:aws:iam::111122223333:server-certificate/x")
    assert str(error.value).splitlines()[1:] == [
        "  - domain_name is missing: certificate_arn was given, and a custom domain needs both",
        "  - certificate_arn must look like arn:aws:acm:us-east-1:111122223333:certificate/..., "
        "got 'arn:aws:iam::111122223333:server-certificate/x' (from -c certificate_arn)",
    ]
