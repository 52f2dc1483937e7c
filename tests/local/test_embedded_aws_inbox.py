"""The inbox holds what SES and SNS have sent, in the order of sending."""

from __future__ import annotations

import datetime
import io

from rich.console import Console

from local_aws import report
from local_aws.embedded import EmbeddedAws
from local_aws.inbox import Message


def test_mails_and_texts_are_listed_with_their_time_in_the_order_of_sending(embedded_aws: EmbeddedAws) -> None:
    embedded_aws.verify_sender("whiskers@example.com")
    started = datetime.datetime.now(datetime.UTC)
    embedded_aws.client("sns").publish(PhoneNumber="+15550199", Message="first")
    embedded_aws.client("sesv2").send_email(
        FromEmailAddress="whiskers@example.com",
        Destination={"ToAddresses": ["a@example.org", "b@example.org"]},
        Content={"Simple": {"Subject": {"Data": "Attend!"}, "Body": {"Text": {"Data": "second"}}}},
    )
    embedded_aws.client("sns").publish(PhoneNumber="+15550199", Message="third")

    messages = [message for message in embedded_aws.inbox() if message.time >= started]

    assert [(message.channel, message.to, message.subject, message.text) for message in messages] == [
        ("sms", "+15550199", "", "first"),
        ("email", "a@example.org, b@example.org", "Attend!", "second"),
        ("sms", "+15550199", "", "third"),
    ]
    assert all(message.time <= datetime.datetime.now(datetime.UTC) for message in messages)


def test_a_message_that_looks_like_markup_is_shown_as_it_is() -> None:
    now = datetime.datetime.now(datetime.UTC)
    output = io.StringIO()

    report.show_messages([Message(now, "sms", "+1", "", "[bold]Feed me[/bold] [/]")], Console(file=output, width=100))

    assert "[bold]Feed me[/bold] [/]" in output.getvalue()


def test_an_empty_inbox_says_so() -> None:
    output = io.StringIO()

    report.show_messages([], Console(file=output, width=100))

    assert output.getvalue() == "Nothing has been sent yet.\n"
