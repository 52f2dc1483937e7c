"""The review as a person reads it."""

from __future__ import annotations

from aws_patterns.review.changes import Area, Finding, Review, Severity
from aws_patterns.review.report import as_markdown, as_text, worst
from aws_patterns.review.template_review import review_templates
from tests.unit.review.templates import resource, template

OLD = template(
    Orders=resource("S3::Bucket", {"BucketName": "a_b"}),
    One=resource("SNS::Topic"),
    Two=resource("SQS::Queue", {"DelaySeconds": 1}, DeletionPolicy="Retain"),
    Three=resource("SNS::Topic", {"TracingConfig": "Active"}),
    Rule=resource("EC2::SecurityGroup", {"GroupDescription": "g"}),
)
NEW = template(
    Orders=resource("S3::Bucket", {"BucketName": "b_c"}),
    Two=resource("SQS::Queue", {"DelaySeconds": 2}, DeletionPolicy="Retain"),
    Rule=resource(
        "EC2::SecurityGroup",
        {"GroupDescription": "g", "SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]},
    ),
)
REVIEWS = {"Shop": review_templates(OLD, NEW), "Other": review_templates(OLD, OLD)}
KEEPING = (
    "To keep data: leave the logical id and the property as they were, or first deploy the policies Retain, "
    "and import what is left behind."
)


def test_in_a_terminal_what_needs_no_look_is_counted() -> None:
    assert as_text(REVIEWS).splitlines() == [
        "1 change loses data, 3 need a look, 2 more.",
        "",
        "Shop",
        "  DATA WOULD BE LOST",
        "    AWS::S3::Bucket Orders: replaced, DATA LOST (BucketName a_b -> b_c)",
        "  Needs a look",
        "    AWS::SNS::Topic One, Three: removed",
        "    Network: Rule: opened: everything from everywhere",
        "  Other changes: 2 changed in place",
        "",
        KEEPING,
    ]


def test_or_listed_when_all_is_asked_for() -> None:
    assert "    AWS::SQS::Queue Two: changed in place (DelaySeconds 1 -> 2)" in as_text(REVIEWS, complete=True)


def test_as_a_comment_what_needs_no_look_is_folded_and_nothing_is_markup() -> None:
    assert as_markdown(REVIEWS) == (
        "### Template review\n\n1 change loses data, 3 need a look, 2 more.\n\n"
        f"{KEEPING}\n\n"
        "#### Shop\n\n"
        "**DATA WOULD BE LOST**\n\n"
        "- AWS::S3::Bucket Orders: replaced, DATA LOST (BucketName a\\_b -\\> b\\_c)\n\n"
        "**Needs a look**\n\n"
        "- AWS::SNS::Topic One, Three: removed\n"
        "- Network: Rule: opened: everything from everywhere\n\n"
        "<details><summary>Other changes: 2 changed in place</summary>\n\n"
        "- AWS::EC2::SecurityGroup Rule: changed in place "
        '(SecurityGroupIngress = \\[{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}\\])\n'
        "- AWS::SQS::Queue Two: changed in place (DelaySeconds 1 -\\> 2)\n\n"
        "</details>\n"
    )


def test_nothing_is_told_in_one_sentence() -> None:
    same = {"Other": REVIEWS["Other"]}
    assert as_text(same) == "Nothing changes."
    assert as_markdown(same) == "### Template review\n\nNothing changes.\n"
    assert worst(same) is Severity.NOTE


def test_the_worst_of_all_stacks_counts() -> None:
    assert worst(REVIEWS) is Severity.DATA_LOSS
    assert worst({}) is Severity.NOTE


def many(count: int, severity: Severity) -> dict[str, Review]:
    text = "something that nobody expected of it and that takes a whole line to be told in full"
    found = [
        Finding(area=Area.NETWORK, severity=severity, logical_id=f"Resource{number}", text=f"{text} {number}")
        for number in range(count)
    ]
    return {"Shop": Review(resources=[], findings=found)}


def test_a_comment_leaves_out_what_needs_no_look_before_it_grows_too_long() -> None:
    assert as_markdown(many(900, Severity.NOTE)).endswith("#### Shop\n\nOther changes: 900 about network\n")


def test_and_says_where_the_rest_is() -> None:
    comment = as_markdown(many(900, Severity.LOOK))
    assert 59_000 < len(comment) <= 60_000
    assert comment.splitlines()[-1] == (
        "- The rest does not fit into a comment: run python -m aws_patterns.review without --markdown."
    )
    listed = [line for line in comment.splitlines() if line.startswith("- ")][:-1]
    assert all(line.startswith("- Network: Resource") and line[-1].isdigit() for line in listed)
