"""A cache deployed by the real ``cdk deploy``; what is left of it when its stack goes."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from tests.local.programs import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.embedded import EmbeddedAws

APP = """
import sys

sys.path.insert(0, LIBRARY)
import aws_cdk as cdk
from aws_patterns.database.cache import Cache
from aws_patterns.network.multi_az_vpc import MultiAzVpc, NatGateways

app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Caches")
vpc = MultiAzVpc(
    stack, "Network", nat_gateways=NatGateways.NONE, flow_logs=None, removal_policy=cdk.RemovalPolicy.DESTROY
).vpc
cache = Cache(stack, "Cache", vpc=vpc)
cdk.CfnOutput(stack, "Name", value=cache.resource.ref)
cdk.CfnOutput(stack, "Host", value=cache.endpoint)
cdk.CfnOutput(stack, "Port", value=cache.port)
cdk.CfnOutput(stack, "Secret", value=cache.secret.secret_arn)
cdk.CfnOutput(stack, "User", value=cache.user.ref)
app.synth()
"""


def test_it_is_deployed_as_it_stands_and_leaves_a_last_snapshot(
    session_aws: EmbeddedAws, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    told = session_aws.deploy("Caches", app=app, folder=tmp_path)
    elasticache, secrets = session_aws.client("elasticache"), session_aws.client("secretsmanager")

    (group,) = elasticache.describe_replication_groups(ReplicationGroupId=told["Name"])["ReplicationGroups"]
    assert (group["MultiAZ"], group["TransitEncryptionEnabled"]) == ("enabled", True)
    assert group["NodeGroups"][0]["PrimaryEndpoint"] == {"Address": told["Host"], "Port": int(told["Port"])}
    login = json.loads(secrets.get_secret_value(SecretId=told["Secret"])["SecretString"])
    assert login["username"] == "app"
    assert len(login["password"]) == 64
    (user,) = elasticache.describe_users(UserId=told["User"])["Users"]
    assert user["UserName"] == "app"
    assert user["AccessString"].startswith("on ")

    session_aws.destroy("Caches", app=app, folder=tmp_path)
    left = [group["ReplicationGroupId"] for group in elasticache.describe_replication_groups()["ReplicationGroups"]]
    assert told["Name"] not in left

    def kept() -> bool:
        snapshots = elasticache.describe_snapshots()["Snapshots"]
        return any(snapshot.get("ReplicationGroupId") == told["Name"] for snapshot in snapshots)

    eventually(kept, "snapshot")
