"""The stack deployed by the real ``cdk deploy``: who is sent an order, and what a failure costs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.local.programs import eventually
from tests.local.queues import Queues, fields_of
from tests.local.roles import somebody_who_may

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from local_aws.embedded import EmbeddedAws

STACK = "OrderFanout"
# Not as it ships: what is chosen must be what counts.
SETTINGS = {
    "stacks": STACK,
    "removal_policy": "destroy",
    "large_order_total": "250",
    "raw_delivery": "false",
    "inbox": "true",
    "inbox_prefix": "orders/",
    "inbox_suffix": ".csv",
}
DEPARTMENTS = ("Billing", "Shipping", "LargeOrders", "Analytics")
MANY = 40


@pytest.fixture(scope="module")
def deployed(session_aws_enforcing_iam: EmbeddedAws) -> Iterator[Queues]:
    """The stack, where policies are enforced; destroyed afterwards with what is in it, and gone."""
    aws = session_aws_enforcing_iam
    found = Queues(aws, aws.deploy(STACK, context=SETTINGS))
    yield found
    aws.destroy(STACK, context=SETTINGS)
    assert found.left() == set()
    topics = aws.client("sns").list_topics()["Topics"]
    assert found.outputs["TopicArn"] not in {topic["TopicArn"] for topic in topics}
    buckets = aws.client("s3").list_buckets()["Buckets"]
    assert found.outputs["InboxBucketName"] not in {bucket["Name"] for bucket in buckets}


@pytest.fixture
def queues(deployed: Queues) -> Queues:
    """With nothing in them."""
    deployed.empty()
    return deployed


def order(number: int, total: float) -> str:
    return json.dumps({"orderId": f"o-{number}", "total": total, "currency": "EUR"})


def place(queues: Queues, body: str, fulfilment: str | None = None) -> None:
    said: dict[str, MessageAttributeValueTypeDef] = {}
    if fulfilment:
        said["fulfilment"] = {"DataType": "String", "StringValue": fulfilment}
    queues.aws.client("sns").publish(TopicArn=queues.outputs["TopicArn"], Message=body, MessageAttributes=said)


def plain(department: str, bodies: list[str]) -> list[str]:
    """The orders, out of SNS's envelope where there is one."""
    return bodies if department == "Analytics" else [str(json.loads(body)["Message"]) for body in bodies]


@pytest.mark.parametrize(
    ("total", "fulfilment", "others"),
    [
        (10, "physical", {"Shipping"}),
        (10, "digital", set()),
        (249.99, "physical", {"Shipping"}),
        (250, "digital", {"LargeOrders"}),
        (9000, "physical", {"Shipping", "LargeOrders"}),
        (9000, None, {"LargeOrders"}),
    ],
)
def test_an_order_is_sent_to_the_departments_that_it_concerns(
    queues: Queues, total: float, fulfilment: str | None, others: set[str]
) -> None:
    body = order(1, total)
    place(queues, body, fulfilment)
    taken = {department: plain(department, queues.bodies(department)) for department in DEPARTMENTS}
    assert {department for department, bodies in taken.items() if bodies} == {"Billing", "Analytics"} | others
    assert [bodies for bodies in taken.values() if bodies] == [[body]] * (2 + len(others))


def test_what_no_filter_can_read_is_not_lost(queues: Queues) -> None:
    place(queues, "no JSON")
    assert plain("Billing", queues.bodies("Billing")) == queues.bodies("Analytics") == ["no JSON"]
    assert queues.bodies("LargeOrders") == queues.bodies("LargeOrders", "UndeliveredQueueUrl") == []


def test_a_department_that_is_down_costs_the_others_nothing_and_has_everything_later(queues: Queues) -> None:
    placed = [order(number, 1000) for number in range(MANY)]
    with queues.closed("Shipping"), ThreadPoolExecutor(4) as shops:
        list(shops.map(lambda body: place(queues, body, "physical"), placed))
    for department in ("Billing", "LargeOrders", "Analytics"):
        assert sorted(plain(department, queues.bodies(department))) == sorted(placed)
    assert queues.bodies("Shipping") == []
    assert queues.send_again("Shipping") == {"AccessDenied"}
    assert sorted(plain("Shipping", queues.bodies("Shipping"))) == sorted(placed)


def test_a_file_is_told_of_to_everybody_who_reads_files_and_to_nobody_else(queues: Queues) -> None:
    files, bucket = queues.aws.client("s3"), queues.outputs["InboxBucketName"]
    for key in ("orders/today.csv", "orders/today.txt", "returns/today.csv"):
        files.put_object(Bucket=bucket, Key=key, Body=b"-")
    told: dict[str, list[str]] = {"Import": [], "FileAudit": []}

    def arrived() -> bool:
        for reader, keys in told.items():
            for body in queues.bodies(reader):
                # S3 says once that it can reach the topic, when it is told of it.
                keys += [record["s3"]["object"]["key"] for record in json.loads(body).get("Records", ())]
        return all(told.values())

    eventually(arrived, "message about the file")
    assert told == {"Import": ["orders/today.csv"], "FileAudit": ["orders/today.csv"]}
    assert [queues.bodies(department) for department in DEPARTMENTS] == [[]] * len(DEPARTMENTS)


def test_a_file_that_is_sent_again_does_not_undo_the_first(queues: Queues) -> None:
    files, bucket = queues.aws.client("s3"), queues.outputs["InboxBucketName"]
    first = files.put_object(Bucket=bucket, Key="orders/twice.csv", Body=b"first")
    files.put_object(Bucket=bucket, Key="orders/twice.csv", Body=b"second")
    found = files.get_object(Bucket=bucket, Key="orders/twice.csv", VersionId=first["VersionId"])
    assert found["Body"].read() == b"first"


def test_who_publishes_needs_to_be_allowed_to(queues: Queues) -> None:
    topic, key = queues.outputs["TopicArn"], queues.outputs["TopicKeyArn"]
    publish(queues, {"sns:Publish": topic, "kms:GenerateDataKey": key, "kms:Decrypt": key})
    with pytest.raises(ClientError, match="not authorized"):
        publish(queues, {"sns:ListTopics": "*"})
    assert fields_of(queues.bodies("Analytics"), "orderId") == ["o-1"]


def publish(queues: Queues, allowed: Mapping[str, str]) -> None:
    """As somebody who may do so much."""
    with somebody_who_may(queues.aws, allowed) as session:
        sns = session.client("sns", endpoint_url=queues.aws.endpoint_url)
        try:
            sns.publish(TopicArn=queues.outputs["TopicArn"], Message=order(1, 1))
        finally:
            sns.close()


def test_the_dashboard_shows_every_queue(queues: Queues) -> None:
    page = queues.aws.client("cloudwatch").get_dashboard(DashboardName=queues.outputs["DashboardName"])
    titles = {widget["properties"]["title"] for widget in json.loads(page["DashboardBody"])["widgets"]}
    assert {f"{name}: messages" for name in (*DEPARTMENTS, "Orders", "Files", "Import", "FileAudit")} <= titles
