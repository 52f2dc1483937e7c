"""A lost Region refuses everything and keeps its data; replication brings up what is behind once it is back."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.local.programs import eventually
from tests.local.regional_functions import REGIONS, ROLE, HttpApi, make_api, make_function

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

HOME, AWAY = REGIONS


@pytest.fixture
def aws(embedded_aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    """With every Region back afterwards."""
    yield embedded_aws
    embedded_aws.reconnect()


@pytest.fixture
def table(aws: EmbeddedAws) -> Iterator[str]:
    """A table with a replica in each Region."""
    name, home = f"regions-{uuid4().hex[:8]}", aws.client("dynamodb")
    home.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    home.update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    yield name
    aws.reconnect()
    home.update_table(TableName=name, ReplicaUpdates=[{"Delete": {"RegionName": AWAY}}])
    home.delete_table(TableName=name)


@pytest.fixture
def buckets(aws: EmbeddedAws) -> Iterator[dict[str, str]]:
    """One in each Region; each has what is written to the other."""
    names = {region: f"regions-{region}-{uuid4().hex[:8]}" for region in REGIONS}
    for region, name in names.items():
        s3 = aws.clients_in(region)("s3")
        if region == HOME:
            s3.create_bucket(Bucket=name)
        else:
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item] # a Region
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for source, destination in ((HOME, AWAY), (AWAY, HOME)):
        aws.clients_in(source)("s3").put_bucket_replication(
            Bucket=names[source],
            ReplicationConfiguration={
                "Role": ROLE,
                "Rules": [
                    {
                        "ID": "all",
                        "Status": "Enabled",
                        "Priority": 1,
                        "Filter": {"Prefix": ""},
                        "DeleteMarkerReplication": {"Status": "Enabled"},
                        "Destination": {"Bucket": f"arn:aws:s3:::{names[destination]}"},
                    }
                ],
            },
        )
    yield names
    aws.reconnect()
    for region, name in names.items():
        s3 = aws.clients_in(region)("s3")
        found = s3.list_object_versions(Bucket=name)
        for one in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=name)


@pytest.fixture
def api(aws: EmbeddedAws) -> Iterator[Callable[..., HttpApi]]:
    """Makes APIs."""
    made: list[HttpApi] = []

    def make(region: str, **more: Any) -> HttpApi:
        made.append(make_api(aws, region, **more))
        return made[-1]

    yield make
    aws.reconnect()
    for one in made:
        one.delete()


def read(aws: EmbeddedAws, region: str, bucket: str, key: str) -> bytes | None:
    s3 = aws.clients_in(region)("s3")
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def calls(aws: EmbeddedAws, region: str) -> dict[str, Callable[[], object]]:
    """Of each protocol one."""
    clients = aws.clients_in(region)
    return {
        "json": lambda: clients("dynamodb").list_tables(),
        "query": lambda: clients("sns").list_topics(),
        "rest-json": lambda: clients("lambda").list_functions(),
        "rest-xml": lambda: clients("s3").list_buckets(),
        "query, not SNS": lambda: clients("cloudformation").describe_stacks(),
    }


class TestALostRegion:
    @pytest.mark.parametrize("protocol", ["json", "query", "rest-json", "rest-xml", "query, not SNS"])
    def test_refuses_every_call_of_its_api(self, aws: EmbeddedAws, protocol: str) -> None:
        aws.lose(AWAY)
        with pytest.raises(ClientError) as refused:
            calls(aws, AWAY)[protocol]()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
        calls(aws, HOME)[protocol]()
        aws.reconnect()
        calls(aws, AWAY)[protocol]()

    def test_takes_its_endpoints_with_it(self, aws: EmbeddedAws, api: Callable[..., HttpApi]) -> None:
        here, there = api(HOME), api(AWAY, domain="lost.example.test")
        lambdas = aws.clients_in(AWAY)("lambda")
        url = lambdas.create_function_url_config(FunctionName=there.function, AuthType="NONE")["FunctionUrl"]
        addresses = [there.url, aws.localize(there.url), "https://lost.example.test/", url]
        assert [aws.http("GET", address).status for address in addresses] == [200] * 4

        aws.lose(AWAY)

        assert [aws.http("GET", address).status for address in addresses] == [503] * 4
        assert aws.http("GET", here.url).status == 200
        aws.reconnect()
        assert [aws.http("GET", address).status for address in addresses] == [200] * 4

    def test_can_be_silent(self, aws: EmbeddedAws, api: Callable[..., HttpApi]) -> None:
        """As when a network is gone: whoever asks waits as long as he does."""
        there = api(AWAY)
        impatient = Config(read_timeout=0.3, connect_timeout=0.3, retries={"total_max_attempts": 1})
        client = boto3.client(
            "dynamodb",
            region_name=AWAY,
            endpoint_url=aws.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=impatient,
        )
        aws.lose(AWAY, silent=True)
        with pytest.raises(ReadTimeoutError):
            client.list_tables()
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(aws.http("GET", there.url).status))
        asking.start()
        asking.join(0.5)
        assert answers == []
        aws.reconnect()
        asking.join(30)
        assert answers == [503], "who waited until then is refused"
        client.list_tables()
        client.close()

    def test_refuses_what_a_bucket_there_holds_wherever_it_is_asked_for(
        self, aws: EmbeddedAws, buckets: dict[str, str]
    ) -> None:
        aws.clients_in(AWAY)("s3").put_object(Bucket=buckets[AWAY], Key="a", Body=b"kept")
        aws.lose(AWAY)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            aws.client("s3").get_object(Bucket=buckets[AWAY], Key="a")
        aws.reconnect()
        assert read(aws, HOME, buckets[AWAY], "a") == b"kept"

    def test_takes_the_services_that_aws_controls_from_there_with_it(self, aws: EmbeddedAws) -> None:
        """A failover out of us-east-1 that changes roles, records or distributions fails when it is needed."""
        aws.lose(HOME)
        for service, call in (
            ("iam", "list_roles"),
            ("route53", "list_hosted_zones"),
            ("cloudfront", "list_functions"),
        ):
            with pytest.raises(ClientError) as refused:
                getattr(aws.clients_in(AWAY)(service), call)()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        aws.reconnect()
        aws.lose(AWAY)
        aws.clients_in(AWAY)("iam").list_roles()

    @pytest.mark.parametrize(
        ("request_", "problem"),
        [
            ({"region": "nowhere"}, "a Region to lose needs the text region, such as us-west-2, got 'nowhere'"),
            ({"region": AWAY, "silent": "yes"}, "silent must be true or false, got 'yes'"),
        ],
    )
    def test_must_be_a_region(self, aws: EmbeddedAws, request_: dict[str, object], problem: str) -> None:
        answer = aws.http("POST", f"{aws.endpoint_url}/_local_aws/lost-regions", body=json.dumps(request_))
        assert (answer.status, answer.json()["error"]) == (400, problem)


class TestReplication:
    def test_of_a_table_catches_up_both_ways(self, aws: EmbeddedAws, table: str) -> None:
        def items(region: str) -> set[str]:
            return {one["id"]["S"] for one in aws.clients_in(region)("dynamodb").scan(TableName=table)["Items"]}

        aws.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "before"}})
        eventually(lambda: items(AWAY) == {"before"}, "item in the other Region")
        aws.isolate(HOME)
        aws.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "on the way"}})
        aws.lose(HOME)
        aws.clients_in(AWAY)("dynamodb").put_item(TableName=table, Item={"id": {"S": "meanwhile"}})
        assert items(AWAY) == {"before", "meanwhile"}

        aws.reconnect()

        for region in REGIONS:
            eventually(lambda region=region: items(region) == {"before", "on the way", "meanwhile"}, "all items")  # type: ignore[misc] # mypy can't infer it

    def test_of_a_bucket_catches_up_both_ways(self, aws: EmbeddedAws, buckets: dict[str, str]) -> None:
        home, away = (aws.clients_in(region)("s3") for region in REGIONS)
        home.put_object(Bucket=buckets[HOME], Key="before", Body=b"1")
        assert read(aws, AWAY, buckets[AWAY], "before") == b"1"
        aws.isolate(HOME)
        home.put_object(Bucket=buckets[HOME], Key="on the way", Body=b"2", Tagging="kind=late")
        home.put_object(Bucket=buckets[HOME], Key="on the way", Body=b"3", Tagging="kind=late")
        home.delete_object(Bucket=buckets[HOME], Key="before")
        assert home.head_object(Bucket=buckets[HOME], Key="on the way")["ReplicationStatus"] == "PENDING"
        aws.lose(HOME)
        away.put_object(Bucket=buckets[AWAY], Key="meanwhile", Body=b"4")
        assert read(aws, AWAY, buckets[AWAY], "on the way") is None
        assert read(aws, AWAY, buckets[AWAY], "before") == b"1"
        assert away.head_object(Bucket=buckets[AWAY], Key="meanwhile")["ReplicationStatus"] == "PENDING"

        aws.reconnect()

        for region in REGIONS:
            found = {key: read(aws, region, buckets[region], key) for key in ("before", "on the way", "meanwhile")}
            assert found == {"before": None, "on the way": b"3", "meanwhile": b"4"}
        assert home.head_object(Bucket=buckets[HOME], Key="on the way")["ReplicationStatus"] == "COMPLETED"
        assert away.head_object(Bucket=buckets[AWAY], Key="on the way")["ReplicationStatus"] == "REPLICA"
        tags = away.get_object_tagging(Bucket=buckets[AWAY], Key="on the way")["TagSet"]
        assert tags == [{"Key": "kind", "Value": "late"}]
        for region in REGIONS:
            versions = aws.clients_in(region)("s3").list_object_versions(Bucket=buckets[region])
            assert [one["Key"] for one in versions["Versions"]].count("on the way") == 2, "each once"

    def test_does_not_wait_for_a_bucket_that_is_gone(self, aws: EmbeddedAws, buckets: dict[str, str]) -> None:
        home = aws.client("s3")
        short_lived = f"regions-short-{uuid4().hex[:8]}"
        home.create_bucket(Bucket=short_lived)
        home.put_bucket_versioning(Bucket=short_lived, VersioningConfiguration={"Status": "Enabled"})
        rules = home.get_bucket_replication(Bucket=buckets[HOME])["ReplicationConfiguration"]
        home.put_bucket_replication(Bucket=short_lived, ReplicationConfiguration=rules)
        aws.isolate(AWAY)
        version = home.put_object(Bucket=short_lived, Key="gone", Body=b"1")["VersionId"]
        home.put_object(Bucket=buckets[HOME], Key="stays", Body=b"2")
        home.delete_object(Bucket=short_lived, Key="gone", VersionId=version)
        home.delete_bucket(Bucket=short_lived)
        aws.reconnect()
        assert read(aws, AWAY, buckets[AWAY], "stays") == b"2"


class TestInALostRegion:
    def test_functions_do_not_start_and_lose_nothing(self, aws: EmbeddedAws, table: str) -> None:
        """Messages wait in their queue, uncounted; those of the Region that is there are taken."""
        code = (
            "import boto3, os, time\n"
            "def handle(event, context):\n"
            "    began = time.time()\n"
            "    for record in event['Records']:\n"
            "        boto3.client('dynamodb').put_item(\n"
            "            TableName=os.environ['TABLE'], Item={'id': {'S': record['body']}, 'count': "
            "{'N': record['attributes']['ApproximateReceiveCount']}, 'began': {'N': str(began)}})\n"
        )
        functions = {region: make_function(aws, region, code, {"TABLE": table}) for region in REGIONS}
        queues = {}
        for region in REGIONS:
            sqs, name = aws.clients_in(region)("sqs"), f"regions-{uuid4().hex[:8]}"
            queues[region] = sqs.create_queue(QueueName=name)["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=queues[region], AttributeNames=["QueueArn"])["Attributes"]
            aws.clients_in(region)("lambda").create_event_source_mapping(
                EventSourceArn=arn["QueueArn"], FunctionName=functions[region], BatchSize=1
            )

        def items() -> dict[str, dict[str, Any]]:
            found = aws.clients_in(AWAY)("dynamodb").scan(TableName=table)["Items"]
            return {one["id"]["S"]: dict(one) for one in found}

        def counts() -> dict[str, str]:
            return {id: item["count"]["N"] for id, item in items().items()}

        aws.isolate(HOME)
        for number in range(3):
            aws.client("sqs").send_message(QueueUrl=queues[HOME], MessageBody=f"lost-{number}", DelaySeconds=1)
        aws.lose(HOME)
        time_of_loss = time.monotonic()
        aws.clients_in(AWAY)("sqs").send_message(QueueUrl=queues[AWAY], MessageBody="there", DelaySeconds=2)
        eventually(lambda: "there" in counts(), "message of the Region that is there")
        assert time.monotonic() - time_of_loss > 1, "so that those of the other could have been taken too"
        assert counts() == {"there": "1"}

        back = time.time()
        aws.reconnect()

        eventually(lambda: counts() == {"there": "1", **{f"lost-{n}": "1" for n in range(3)}}, "the rest")
        assert all(float(item["began"]["N"]) > back for id, item in items().items() if id != "there")
        for region in REGIONS:
            clients = aws.clients_in(region)
            for source in clients("lambda").list_event_source_mappings(FunctionName=functions[region])[
                "EventSourceMappings"
            ]:
                clients("lambda").delete_event_source_mapping(UUID=source["UUID"])
            clients("lambda").delete_function(FunctionName=functions[region])
            clients("sqs").delete_queue(QueueUrl=queues[region])

    def test_state_machines_wait_before_their_next_task(self, aws: EmbeddedAws, table: str) -> None:
        machines = aws.client("stepfunctions")
        put = {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": table, "Item": {"id": {"S": "by the machine"}}},
            "End": True,
        }
        definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 20, "Next": "Put"}, "Put": put}}
        machine = machines.create_state_machine(
            name=f"regions-{uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
        aws.lose(HOME)
        started = time.monotonic()
        eventually(lambda: time.monotonic() - started > 2, "end of the wait, which is of one second here")
        away = aws.clients_in(AWAY)("dynamodb")
        assert away.scan(TableName=table)["Items"] == []
        back = datetime.now(UTC)
        aws.reconnect()
        eventually(
            lambda: machines.describe_execution(executionArn=execution)["status"] == "SUCCEEDED", "end of the machine"
        )
        eventually(lambda: away.scan(TableName=table)["Count"] == 1, "item in the other Region")
        events = machines.get_execution_history(executionArn=execution)["events"]
        assert [one["timestamp"] > back for one in events if one["type"] == "TaskSucceeded"] == [True]
        machines.delete_state_machine(stateMachineArn=machine)

    def test_alarms_stay_as_they_are(self, aws: EmbeddedAws) -> None:
        names = {}
        for region in REGIONS:
            cloudwatch = aws.clients_in(region)("cloudwatch")
            names[region] = f"regions-{uuid4().hex[:8]}"
            cloudwatch.put_metric_alarm(
                AlarmName=names[region],
                Namespace="Test",
                MetricName=names[region],
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="LessThanThreshold",
                TreatMissingData="notBreaching",
            )

        def state(region: str) -> str:
            found = aws.clients_in(region)("cloudwatch").describe_alarms(AlarmNames=[names[region]])
            return found["MetricAlarms"][0]["StateValue"]

        def since(region: str) -> datetime:
            found = aws.clients_in(region)("cloudwatch").describe_alarms(AlarmNames=[names[region]])
            return found["MetricAlarms"][0]["StateUpdatedTimestamp"]

        for region in REGIONS:
            eventually(lambda region=region: state(region) == "OK", "first look")  # type: ignore[misc] # mypy can't infer it
            aws.clients_in(region)("cloudwatch").set_alarm_state(
                AlarmName=names[region], StateValue="ALARM", StateReason="test"
            )
        aws.lose(HOME)
        for _ in range(2):
            eventually(lambda: state(AWAY) == "OK", "look at the alarm of the Region that is there")
            aws.clients_in(AWAY)("cloudwatch").set_alarm_state(
                AlarmName=names[AWAY], StateValue="ALARM", StateReason="test"
            )
        # Times of alarms are in whole seconds; between two looks there are more.
        back = datetime.now(UTC).replace(microsecond=0)
        aws.reconnect()
        eventually(lambda: state(HOME) == "OK", "look at the other, once it is back")
        assert since(HOME) >= back
        for region in REGIONS:
            aws.clients_in(region)("cloudwatch").delete_alarms(AlarmNames=[names[region]])


def test_a_cut_off_region_can_be_reached(aws: EmbeddedAws, api: Callable[..., HttpApi]) -> None:
    there = api(AWAY)
    aws.isolate(AWAY)
    assert aws.http("GET", there.url).status == 200
    aws.clients_in(AWAY)("dynamodb").list_tables()


def test_a_function_asks_a_lost_region_in_vain(aws: EmbeddedAws, api: Callable[..., HttpApi]) -> None:
    there = api(AWAY)
    code = (
        "import urllib.request, urllib.error\n"
        "def handle(event, context):\n"
        "    try:\n"
        "        return urllib.request.urlopen(event, timeout=5).status\n"
        "    except urllib.error.HTTPError as refused:\n"
        "        return refused.code\n"
    )
    function, lambdas = make_function(aws, HOME, code), aws.client("lambda")

    def asked() -> int:
        return int(lambdas.invoke(FunctionName=function, Payload=json.dumps(there.url))["Payload"].read())

    assert asked() == 200
    aws.lose(AWAY)
    assert asked() == 503
    aws.reconnect()
    assert asked() == 200
    lambdas.delete_function(FunctionName=function)


def test_a_connection_of_a_web_socket_is_refused(aws: EmbeddedAws) -> None:
    gateway = aws.clients_in(AWAY)("apigatewayv2")
    identifier = gateway.create_api(Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.a")[
        "ApiId"
    ]
    gateway.create_stage(ApiId=identifier, StageName="prod")

    def status() -> bytes:
        host = f"{identifier}.execute-api.{AWAY}.amazonaws.com"
        lines = (
            "GET /prod HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
        with socket.create_connection(("127.0.0.1", aws.port), 10) as connection:
            connection.sendall("\r\n".join((*lines, "", "")).encode())
            return connection.recv(4096).split(b"\r\n")[0]

    assert b"101" in status()
    aws.lose(AWAY)
    assert b"403" in status()
    aws.reconnect()
    gateway.delete_api(ApiId=identifier)
