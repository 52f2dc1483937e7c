"""The sample workload, deployed by the real ``cdk deploy`` to two Regions: what is written in one is in both."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local_aws.project import ACCOUNT, REGION
from tests.local.programs import eventually
from tests.local.replication_jobs import replicate_existing
from tests.local.roles import role_without, somebody_who_may

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from local_aws.embedded import EmbeddedAws

AWAY = "us-west-2"
OTHER = {REGION: AWAY, AWAY: REGION}
STACKS = {REGION: "OrdersPrimary", AWAY: "OrdersRecovery"}
NAME = "letters"
FUNCTION = f"{NAME}-api"
ALIAS = f"alias/{NAME}-documents"
APP = """
import sys

sys.path[:0] = [LIBRARY, FUNCTIONS]
import aws_cdk as cdk
from aws_patterns.disaster_recovery.plan import RegionRole, Strategy
from aws_patterns.disaster_recovery.sample.regional_orders import RegionalOrders
from aws_patterns.disaster_recovery.regional_place import RegionalPlace

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
home, away = REGIONS
stacks = {}
for role, region, other, id, fraction in (
    (RegionRole.RECOVERY, away, home, "OrdersRecovery", 0.25),
    (RegionRole.PRIMARY, home, away, "OrdersPrimary", 1),
):
    stacks[role] = stack = cdk.Stack(app, id, env=cdk.Environment(region=region))
    place = RegionalPlace(
        name=NAME,
        role=role,
        strategy=Strategy.WARM_STANDBY,
        region=region,
        other_region=other,
        capacity_fraction=fraction,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    part = RegionalOrders(full_concurrency=8).build(stack, place)
    cdk.CfnOutput(stack, f"Url{role.capitalize()}", value=part.endpoint_url)
stacks[RegionRole.PRIMARY].add_stack_dependency(stacks[RegionRole.RECOVERY])
app.synth()
"""


class Orders(NamedTuple):
    """Both Regions, deployed."""

    aws: EmbeddedAws
    urls: Mapping[str, str]

    def ask(self, region: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Ask one Region's own API."""
        text = None if body is None else json.dumps(body)
        answer = self.aws.http(method, f"{self.urls[region]}{path}", body=text)
        return answer.status, answer.json()

    def put(self, region: str, id: str, product: str = "tea") -> None:
        status, told = self.ask(region, "PUT", f"/orders/{id}", {"product": product, "quantity": 2})
        assert (status, told["region"], told["order"]["writtenIn"]) == (200, region, region)

    def settles(self, id: str, product: str) -> None:
        """Wait until both Regions tell the order and its document."""
        for region in OTHER:
            eventually(lambda region=region: self._is_there(region, id, product), f"{product} in {region}")  # type: ignore[misc] # mypy can't infer it

    def _is_there(self, region: str, id: str, product: str) -> bool:
        status, told = self.ask(region, "GET", f"/orders/{id}")
        return (
            status == 200 and told["order"]["product"] == product and told["document"] == f"Order {id}: 2 x {product}\n"
        )

    def role(self, region: str) -> str:
        """Of the function that answers there."""
        found = self.aws.clients_in(region)("lambda").get_function_configuration(FunctionName=FUNCTION)
        return found["Role"].rpartition("/")[2]

    def s3(self, region: str) -> S3Client:
        return self.aws.clients_in(region)("s3")

    def bucket(self, region: str) -> str:
        return f"{NAME}-documents-{ACCOUNT}-{region}"

    def versions(self, region: str, key: str) -> list[str]:
        """What this Region's bucket has had under the key: versions, and marks of deletions."""
        found = self.s3(region).list_object_versions(Bucket=self.bucket(region), Prefix=key)
        return ["version"] * len(found.get("Versions", [])) + ["mark"] * len(found.get("DeleteMarkers", []))

    def write(self, region: str, key: str, text: str) -> None:
        self.s3(region).put_object(Bucket=self.bucket(region), Key=key, Body=text.encode())

    def status(self, region: str, key: str) -> str | None:
        return self.s3(region).head_object(Bucket=self.bucket(region), Key=key).get("ReplicationStatus")

    def text(self, region: str, key: str) -> str | None:
        try:
            return self.s3(region).get_object(Bucket=self.bucket(region), Key=key)["Body"].read().decode()
        except self.s3(region).exceptions.NoSuchKey:
            return None


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orders]:
    """The stacks, where policies are enforced; destroyed afterwards with what is in them, and gone."""
    aws, folder = session_aws_enforcing_iam, tmp_path_factory.mktemp("orders")
    code = APP.replace("NAME", repr(NAME)).replace("REGIONS", repr((REGION, AWAY)))
    code = code.replace("LIBRARY", repr(str(project / "constructs")))
    (folder / "app.py").write_text(code.replace("FUNCTIONS", repr(str(project / "lambda_src"))))
    app = shlex.join([sys.executable, "app.py"])
    outputs = aws.deploy(*STACKS.values(), app=app, folder=folder, regions=[AWAY])
    found = Orders(aws, {REGION: outputs["UrlPrimary"], AWAY: outputs["UrlRecovery"]})
    yield found
    # The primary's first: what sets the way back takes it away while there is a bucket to take it from.
    aws.destroy(STACKS[REGION], app=app, folder=folder)
    with pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        found.s3(AWAY).get_bucket_replication(Bucket=found.bucket(AWAY))
    aws.destroy(STACKS[AWAY], app=app, folder=folder)
    left = {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}
    assert not left & {found.bucket(REGION), found.bucket(AWAY)}
    for region in OTHER:
        assert f"{NAME}-orders" not in aws.clients_in(region)("dynamodb").list_tables()["TableNames"]


@pytest.fixture
def orders(deployed: Orders) -> Iterator[Orders]:
    """With every Region connected again, and no faults."""
    yield deployed
    deployed.aws.reconnect()
    deployed.aws.clear_faults()


@pytest.fixture
def id() -> str:
    """Of an order that no other test knows."""
    return f"order-{uuid4().hex[:8]}"


@pytest.fixture
def key(id: str) -> str:
    """Of a document that no other test knows."""
    return f"orders/{id}.txt"


@pytest.mark.parametrize("region", OTHER)
def test_what_one_region_acknowledges_both_tell(orders: Orders, id: str, region: str) -> None:
    orders.put(region, id)
    orders.settles(id, "tea")
    orders.put(OTHER[region], id, "coffee")
    orders.settles(id, "coffee")
    for each in OTHER:
        status, told = orders.ask(each, "GET", "/orders")
        assert status == 200
        assert {order["id"]: order["product"] for order in told["orders"]}[id] == "coffee"


def test_what_is_written_while_a_region_is_lost_comes_back_to_it(orders: Orders, id: str) -> None:
    before, during = f"{id}-before", f"{id}-during"
    orders.put(REGION, before)
    orders.settles(before, "tea")
    orders.aws.lose(REGION)
    assert orders.ask(AWAY, "GET", f"/orders/{before}")[1]["document"] == f"Order {before}: 2 x tea\n"
    orders.put(AWAY, during)
    orders.put(AWAY, before, "coffee")
    orders.aws.reconnect()
    orders.settles(during, "tea")
    orders.settles(before, "coffee")


@pytest.mark.parametrize("region", OTHER)
def test_a_document_is_copied_once_and_not_back_again(orders: Orders, key: str, region: str) -> None:
    """A copy that were copied back would be one version more, for ever."""
    other = OTHER[region]
    orders.write(region, key, "first")
    eventually(lambda: orders.text(other, key) == "first", "copy")
    orders.write(other, key, "second")
    eventually(lambda: orders.text(region, key) == "second", "copy back")
    orders.write(region, key, "third")
    eventually(lambda: orders.text(other, key) == "third", "copy")
    assert [len(orders.versions(each, key)) for each in (region, other)] == [3, 3]
    assert [orders.status(each, key) for each in (region, other)] == ["COMPLETED", "REPLICA"]


@pytest.mark.parametrize("region", OTHER)
def test_what_is_deleted_disappears_on_both_sides_and_is_kept(orders: Orders, key: str, region: str) -> None:
    other = OTHER[region]
    orders.write(region, key, "kept")
    eventually(lambda: orders.text(other, key) == "kept", "copy")
    orders.s3(other).delete_object(Bucket=orders.bucket(other), Key=key)
    eventually(lambda: orders.text(region, key) is None, "deletion")
    for each in OTHER:
        assert orders.versions(each, key) == ["version", "mark"], "and no mark comes back"


@pytest.mark.parametrize("region", OTHER)
def test_each_side_encrypts_with_the_key_of_its_own_region(orders: Orders, key: str, region: str) -> None:
    orders.write(region, key, "-")
    eventually(lambda: orders.text(OTHER[region], key) == "-", "copy")
    used = {}
    for each in OTHER:
        found = orders.s3(each).head_object(Bucket=orders.bucket(each), Key=key)
        assert found["ServerSideEncryption"] == "aws:kms"
        used[each] = found["SSEKMSKeyId"]
        assert f":{each}:" in used[each]
    assert used[AWAY] == orders.aws.clients_in(AWAY)("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"]


@pytest.mark.parametrize(
    "action", ["s3:ReplicateObject", "s3:GetObjectVersionForReplication", "kms:Decrypt", "kms:Encrypt"]
)
def test_the_role_of_the_way_back_is_allowed_no_more_than_it_needs(orders: Orders, key: str, action: str) -> None:
    rules = orders.s3(AWAY).get_bucket_replication(Bucket=orders.bucket(AWAY))["ReplicationConfiguration"]
    with role_without(orders.aws, rules["Role"].rpartition("/")[2], action):
        orders.write(AWAY, key, "late")
        eventually(lambda: orders.status(AWAY, key) == "FAILED", "failure")
        assert orders.text(REGION, key) is None
    # With what the alarm tells to do about it.
    alarms = orders.aws.clients_in(AWAY)("cloudwatch").describe_alarms()["MetricAlarms"]
    (told,) = (
        alarm["AlarmDescription"]
        for alarm in alarms
        if alarm.get("MetricName") == "OperationsFailedReplication" and orders.bucket(AWAY) in alarm["AlarmDescription"]
    )
    command = told.partition("replicate-existing ")[2].split()
    assert command[:2] == [orders.bucket(AWAY), "--failed-only"]
    role_arn, reports_arn = command[3], command[5]
    bucket = orders.bucket(AWAY)
    replicate_existing(orders.aws, AWAY, bucket, role_arn=role_arn, reports_arn=reports_arn, failed_only=True)
    eventually(lambda: orders.text(REGION, key) == "late", "copy back")


@pytest.mark.parametrize("region", OTHER)
def test_a_document_that_could_not_be_copied_is_refused_on_both_sides(orders: Orders, key: str, region: str) -> None:
    bucket = orders.bucket(region)
    with somebody_who_may(orders.aws, {"s3:PutObject": f"arn:aws:s3:::{bucket}/*"}) as session:
        s3 = session.client("s3", endpoint_url=orders.aws.endpoint_url, region_name=region)
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"-", ServerSideEncryption="AES256")
        s3.put_object(Bucket=bucket, Key=key, Body=b"-")
        s3.close()
    eventually(lambda: orders.text(OTHER[region], key) == "-", "copy")


def test_health_is_that_of_table_and_bucket(orders: Orders) -> None:
    for region, role in ((REGION, "primary"), (AWAY, "recovery")):
        assert orders.ask(region, "GET", "/health") == (
            200,
            {"healthy": True, "table": "answers", "bucket": "answers", "region": region, "role": role},
        )
    orders.aws.inject_fault("dynamodb", "GetItem", "InternalServerError", status=500)
    status, told = orders.ask(REGION, "GET", "/health")
    assert (status, told["table"], told["bucket"]) == (503, "GetItem: InternalServerError", "answers")
    orders.aws.clear_faults()
    with role_without(orders.aws, orders.role(REGION), "s3:ListBucket"):
        status, told = orders.ask(REGION, "GET", "/health")
        assert (status, told["table"], told["bucket"]) == (503, "answers", "ListObjectsV2: AccessDenied")


@pytest.mark.parametrize("region", OTHER)
@pytest.mark.parametrize(
    ("action", "method", "path"),
    [
        ("dynamodb:GetItem", "GET", "/orders/{id}"),
        ("dynamodb:Scan", "GET", "/orders"),
        ("dynamodb:PutItem", "PUT", "/orders/{id}"),
        ("s3:GetObject", "GET", "/orders/{id}"),
        ("s3:PutObject", "PUT", "/orders/{id}"),
    ],
)
def test_the_function_may_do_no_more_than_it_needs(  # noqa: PLR0917 # three are one request
    orders: Orders, id: str, region: str, action: str, method: str, path: str
) -> None:
    body = {"product": "tea", "quantity": 2} if method == "PUT" else None
    orders.put(region, id)
    with role_without(orders.aws, orders.role(region), action):
        assert orders.ask(region, method, path.format(id=id), body)[0] == 503
    assert orders.ask(region, method, path.format(id=id), body)[0] == 200


def test_its_capacity_is_its_reserved_concurrency_and_none_is_off(orders: Orders, id: str) -> None:
    found = {
        region: orders.aws.clients_in(region)("lambda").get_function_concurrency(FunctionName=FUNCTION)
        for region in OTHER
    }
    assert {region: one["ReservedConcurrentExecutions"] for region, one in found.items()} == {REGION: 8, AWAY: 2}
    functions = orders.aws.clients_in(AWAY)("lambda")
    functions.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)
    try:
        status, told = orders.ask(AWAY, "GET", "/health")
        # The gateway's own words, which differ here and on AWS.
        assert status >= 429
        assert "healthy" not in told
    finally:
        functions.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=2)
    orders.put(AWAY, id)
