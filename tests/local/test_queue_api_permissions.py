"""A queue API and its writer under an IAM that is enforced: who may send, and what the writer's role is for."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local_aws.embedded import EmbeddedAws, Response
from local_aws.project import REGION
from tests.local.programs import eventually
from tests.local.roles import WRITTEN_BY_THE_SERVICE, allowed_actions, assumed, role_without

APP = """
import sys

sys.path[:0] = [LIBRARY, PROJECT]
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_patterns.messaging.buffered_writer import BufferedWriter
from aws_patterns.messaging.queue_api import QueueApi

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Guarded")
gone = cdk.RemovalPolicy.DESTROY
writer = BufferedWriter(stack, "Writer", removal_policy=gone)
schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
api = QueueApi(stack, "Api", schema=schema, queue=writer.work_queue.queue, removal_policy=gone)
for name in ("Friend", "Stranger"):
    role = iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal())
    if name == "Friend":
        api.grant_send(role)
    cdk.CfnOutput(stack, f"{name}Role", value=role.role_arn)
cdk.CfnOutput(stack, "Url", value=api.url)
cdk.CfnOutput(stack, "Queue", value=writer.work_queue.queue.queue_url)
cdk.CfnOutput(stack, "Table", value=writer.table.table_name)
cdk.CfnOutput(stack, "WriterRole", value=writer.function.role.role_name)
cdk.CfnOutput(stack, "SenderRole", value=api.role.role_name)
app.synth()
"""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack, and what its roles may do."""

    aws: EmbeddedAws
    outputs: dict[str, str]

    def post(self, item: object, role: str) -> Response:
        """A request signed by somebody with that role."""
        url = self.aws.localize(self.outputs["Url"])
        request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=json.dumps(item))
        credentials = assumed(self.aws, self.outputs[f"{role}Role"]).get_credentials()
        assert credentials is not None
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return self.aws.http("POST", url, body=json.dumps(item), headers=dict(request.headers.items()))

    def ids(self) -> set[str]:
        items = self.aws.client("dynamodb").scan(TableName=self.outputs["Table"], ConsistentRead=True)["Items"]
        return {item["id"]["S"] for item in items}

    def actions(self, role: str) -> set[str]:
        return allowed_actions(self.aws, self.outputs[role])

    def without(self, role: str, action: str) -> AbstractContextManager[None]:
        return role_without(self.aws, self.outputs[role], action)


@pytest.fixture(scope="module")
def deployed(
    session_aws_enforcing_iam: EmbeddedAws, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("guarded")
    text = APP.replace("LIBRARY", repr(str(project / "constructs"))).replace("PROJECT", repr(str(project)))
    (folder / "app.py").write_text(text)
    app = shlex.join([sys.executable, "app.py"])
    outputs = session_aws_enforcing_iam.deploy("Guarded", app=app, folder=folder)
    # What fails comes back sooner than a test wants to wait.
    queues = session_aws_enforcing_iam.client("sqs")
    queues.set_queue_attributes(QueueUrl=outputs["Queue"], Attributes={"VisibilityTimeout": "1"})
    yield Deployed(session_aws_enforcing_iam, outputs)
    session_aws_enforcing_iam.destroy("Guarded", app=app, folder=folder)


def test_who_was_granted_it_may_send_and_the_item_is_stored(deployed: Deployed) -> None:
    reply = deployed.post({"id": "granted"}, "Friend")
    assert reply.status == 202, reply.text
    eventually(lambda: "granted" in deployed.ids(), "stored item")


def test_who_was_not_granted_it_may_not(deployed: Deployed) -> None:
    assert deployed.post({"id": "stranger"}, "Stranger").status == 403
    assert deployed.post({"id": "after"}, "Friend").status == 202
    eventually(lambda: "after" in deployed.ids(), "stored item")
    assert "stranger" not in deployed.ids()


def test_a_writer_that_loses_its_permission_loses_no_item(deployed: Deployed) -> None:
    with deployed.without("WriterRole", "dynamodb:PutItem"):
        assert deployed.post({"id": "patient"}, "Friend").status == 202
        logs = deployed.aws.client("logs")

        def refused() -> bool:
            return any(
                "AccessDeniedException" in event["message"]
                for group in logs.describe_log_groups()["logGroups"]
                for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            )

        eventually(refused, "refused write")
        assert "patient" not in deployed.ids()
    eventually(lambda: "patient" in deployed.ids(), "stored item")


def test_the_writers_role_may_do_nothing_else(deployed: Deployed) -> None:
    assert deployed.actions("WriterRole") - WRITTEN_BY_THE_SERVICE == {
        "dynamodb:PutItem",
        # Of the event source mapping, which the emulator lets through.
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueUrl",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }


def test_the_apis_role_may_send_and_nothing_else(deployed: Deployed) -> None:
    assert deployed.actions("SenderRole") == {"sqs:SendMessage"}
