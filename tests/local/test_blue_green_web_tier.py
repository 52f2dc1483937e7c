"""Two versions of a web application deployed by the real ``cdk deploy``, and the traffic shifted between them."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import pytest

from local_aws.embedded import EmbeddedAws
from tests.local.programs import Program, eventually, program

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

STACK = "BlueGreenWebTier"
COLOURS = ("Blue", "Green")
COOKIE_SECONDS = 3600


def untyped(aws: EmbeddedAws, service: str) -> Any:
    """A client of a service that there are no types for here."""
    return cast("Any", aws.client(cast("Any", service)))


def what_is_there(aws: EmbeddedAws) -> Mapping[str, set[str]]:
    """Names of all that such a tier is made of, by kind. The CDK's own bucket stays."""
    ec2, fleets, balancing = aws.client("ec2"), untyped(aws, "autoscaling"), untyped(aws, "elbv2")
    alarms = aws.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {
        "alarms": {found["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for found in alarms[kind]},
        "buckets": {
            found["Name"]
            for found in aws.client("s3").list_buckets()["Buckets"]
            if not found["Name"].startswith("cdk-")
        },
        "fleets": {
            found["AutoScalingGroupName"] for found in fleets.describe_auto_scaling_groups()["AutoScalingGroups"]
        },
        "instances": {
            instance["InstanceId"]
            for reservation in ec2.describe_instances()["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] not in {"terminated", "shutting-down"}
        },
        "load balancers": {found["LoadBalancerArn"] for found in balancing.describe_load_balancers()["LoadBalancers"]},
        "networks": {found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"]},
        "target groups": {found["TargetGroupArn"] for found in balancing.describe_target_groups()["TargetGroups"]},
    }


class BlueGreen:
    """The deployed tier, with a program in the place of each colour's instances."""

    def __init__(self, aws: EmbeddedAws, programs: Mapping[str, Program]) -> None:
        self.aws = aws
        self.programs = programs
        self.queue, self.topic = self._make_inbox()
        self.settings = {
            "tls": "plain-http",
            "availability_zones": "2",
            "colour_sticky_seconds": "",
            "alarm_topic_arn": self.topic,
            "deletion_protection": "false",
            "removal_policy": "destroy",
        }
        self.outputs: Mapping[str, str] = {}
        self.deploy(green_percent="0")
        self.groups = {colour: self.outputs[f"{colour}GroupName"] for colour in COLOURS}
        self.target_groups = {colour: self.group(colour)["TargetGroupARNs"][0] for colour in COLOURS}
        for colour in COLOURS:
            for instance in self.instances(colour):
                aws.stand_in(instance, "127.0.0.1", programs[colour].port)
        eventually(
            lambda: [self.health(colour) for colour in COLOURS] == [{"healthy"}, {"healthy"}], "health of both colours"
        )

    def deploy(self, **settings: str) -> None:
        """Deploy with these settings changed."""
        changed = {**self.settings, **settings}
        if changed != self.settings:
            self.settings = changed
            self.outputs = self.aws.deploy(STACK, context=changed)

    def group(self, colour: str) -> dict[str, Any]:
        found = untyped(self.aws, "autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.groups[colour]]
        )
        return cast("dict[str, Any]", found["AutoScalingGroups"][0])

    def instances(self, colour: str) -> Mapping[str, str]:
        """Their zones, by id."""
        return {found["InstanceId"]: found["AvailabilityZone"] for found in self.group(colour)["Instances"]}

    def health(self, colour: str) -> set[str]:
        found = untyped(self.aws, "elbv2").describe_target_health(TargetGroupArn=self.target_groups[colour])
        return {target["TargetHealth"]["State"] for target in found["TargetHealthDescriptions"]}

    def answers(self, times: int, **headers: str) -> Counter[str]:
        """Who answers so many requests."""
        replies = [self.aws.http("GET", self.outputs["Url"], headers=headers) for _ in range(times)]
        assert {reply.status for reply in replies} == {200}
        return Counter(reply.text for reply in replies)

    def deployed_resources(self) -> Mapping[str, Any]:
        """As CloudFormation has them."""
        template = self.aws.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
        parsed = json.loads(template) if isinstance(template, str) else template
        return cast("Mapping[str, Any]", parsed["Resources"])

    def report(self, colour: str, *, requests: int, errors: int, seconds: float) -> None:
        """Publish what a load balancer would have, in each of the last minutes."""
        target = self.target_groups[colour].partition(":targetgroup/")[2]
        balancer = untyped(self.aws, "elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
        dimensions = [
            {"Name": "LoadBalancer", "Value": balancer.partition(":loadbalancer/")[2]},
            {"Name": "TargetGroup", "Value": f"targetgroup/{target}"},
        ]
        now = time.time()
        points = {"RequestCount": requests, "HTTPCode_Target_5XX_Count": errors, "TargetResponseTime": seconds}
        data = [
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": now - 60 * minute, "Value": value}
            for name, value in points.items()
            for minute in range(5)
        ]
        self.aws.client("cloudwatch").put_metric_data(
            Namespace="AWS/ApplicationELB", MetricData=cast("list[MetricDatumTypeDef]", data)
        )

    def ringing(self) -> set[str]:
        """What the alarms that ring are about."""
        found = self.aws.client("cloudwatch").describe_alarms(
            StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return {alarm["AlarmDescription"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found[kind]}

    def told(self) -> list[str]:
        """What the topic was told so far of what rings."""
        sqs = self.aws.client("sqs")
        texts: list[str] = []
        while found := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                alarm = json.loads(json.loads(message["Body"])["Message"])
                texts += [alarm["AlarmDescription"]] if alarm["NewStateValue"] == "ALARM" else []
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return texts

    def destroy(self) -> None:
        self.aws.destroy(STACK, context=self.settings)
        self.aws.client("sns").delete_topic(TopicArn=self.topic)
        self.aws.client("sqs").delete_queue(QueueUrl=self.queue)

    def _make_inbox(self) -> tuple[str, str]:
        sqs, sns = self.aws.client("sqs"), self.aws.client("sns")
        queue = sqs.create_queue(QueueName="blue-green-alarms")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = sns.create_topic(Name="blue-green-alarms")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return queue, topic


@pytest.fixture(scope="module")
def web(session_aws: EmbeddedAws) -> Iterator[BlueGreen]:
    before = what_is_there(session_aws)
    with ExitStack() as programs:
        running = {colour: programs.enter_context(program(colour.lower())) for colour in COLOURS}
        deployed = BlueGreen(session_aws, running)
        yield deployed
        deployed.destroy()
    assert what_is_there(session_aws) == before


def within_chance(count: int, percent: int, of: int) -> bool:
    """Whether so many are what chance makes of so many per cent, but for one time in ten thousand."""
    share = percent / 100
    return abs(count - of * share) <= 3.9 * math.sqrt(of * share * (1 - share))


def test_a_colour_without_traffic_is_warm_in_every_zone(web: BlueGreen) -> None:
    zones = [set(web.instances(colour).values()) for colour in COLOURS]
    assert zones[0] == zones[1]
    assert len(zones[0]) == 2
    assert [web.health(colour) for colour in COLOURS] == [{"healthy"}, {"healthy"}]


def test_traffic_is_shifted_by_the_listener_alone_and_back_at_once(web: BlueGreen) -> None:
    web.deploy(green_percent="0")
    assert web.answers(20) == {"blue": 20}
    instances = [web.instances(colour) for colour in COLOURS]

    for percent in (25, 100, 0):
        before = web.deployed_resources()
        web.deploy(green_percent=str(percent))
        found = web.answers(80)
        assert within_chance(found["green"], percent, of=80), found
        assert found["blue"] + found["green"] == 80
        # The emulator reports every resource as updated; what CloudFormation is given is what AWS would look at.
        changed = [after for name, after in web.deployed_resources().items() if after != before[name]]
        assert [resource["Type"] for resource in changed] == ["AWS::ElasticLoadBalancingV2::Listener"]
    assert [web.instances(colour) for colour in COLOURS] == instances


def test_a_visitor_with_a_cookie_stays_with_a_colour(web: BlueGreen) -> None:
    web.deploy(green_percent="50", colour_sticky_seconds=str(COOKIE_SECONDS))
    first = web.aws.http("GET", web.outputs["Url"])
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("AWSALBTG=")
    assert web.answers(10, Cookie=cookie) == {first.text: 10}


def test_a_green_that_fails_is_told_with_the_way_back_and_the_outage_in_one_message(web: BlueGreen) -> None:
    web.told()
    web.report("Blue", requests=900, errors=0, seconds=0.1)
    web.report("Green", requests=100, errors=60, seconds=0.1)

    def rings(words: str) -> bool:
        return any(words in description for description in web.ringing())

    eventually(lambda: rings("green fails 2 % more than blue"), "comparison of the colours")
    eventually(lambda: rings("Green answers with 5xx"), "alarm of the errors")
    eventually(lambda: rings("Users notice"), "alarm of what users notice")
    assert not rings("blue fails 2 % more than green")
    assert not rings("Blue answers with 5xx")
    texts: list[str] = []

    def both_told() -> bool:
        texts.extend(web.told())
        return len(texts) >= 2

    eventually(both_told, "messages")
    assert sum("shift back, green_percent = 0" in text for text in texts) == 1
    assert sum("Users notice" in text for text in texts) == 1
    assert not any("Green answers with 5xx" in text for text in texts), "it is part of what users notice"
