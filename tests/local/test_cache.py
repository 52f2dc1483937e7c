"""A cache deployed by the real ``cdk deploy``: as it stands, and kept with all that it needs when its stack goes."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

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
network = cdk.Stack(app, "CacheNetwork")
vpc = MultiAzVpc(
    network, "Network", nat_gateways=NatGateways.NONE, flow_logs=None, removal_policy=cdk.RemovalPolicy.DESTROY
).vpc
stack = cdk.Stack(app, "Caches")
cache = Cache(stack, "Cache", vpc=vpc, removal_policy=cdk.RemovalPolicy.RETAIN)
cdk.CfnOutput(stack, "Name", value=cache.resource.ref)
cdk.CfnOutput(stack, "Host", value=cache.endpoint)
cdk.CfnOutput(stack, "Port", value=cache.port)
cdk.CfnOutput(stack, "Secret", value=cache.secret.secret_arn)
cdk.CfnOutput(stack, "User", value=cache.user.ref)
cdk.CfnOutput(stack, "Group", value=cache.security_group.security_group_id)
cdk.CfnOutput(stack, "Subnets", value=cache.resource.cache_subnet_group_name)
app.synth()
"""


def test_a_cache_that_stays_is_there_with_its_login_when_its_stack_is_gone(
    session_aws: EmbeddedAws, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(APP.replace("LIBRARY", repr(str(project / "constructs"))))
    app = shlex.join([sys.executable, "app.py"])
    told = session_aws.deploy("Caches", app=app, folder=tmp_path)
    elasticache, secrets = session_aws.client("elasticache"), session_aws.client("secretsmanager")

    def check() -> None:
        (group,) = elasticache.describe_replication_groups(ReplicationGroupId=told["Name"])["ReplicationGroups"]
        assert (group["MultiAZ"], group["TransitEncryptionEnabled"]) == ("enabled", True)
        assert group["NodeGroups"][0]["PrimaryEndpoint"] == {"Address": told["Host"], "Port": int(told["Port"])}
        login = json.loads(secrets.get_secret_value(SecretId=told["Secret"])["SecretString"])
        assert login["username"] == "app"
        assert len(login["password"]) == 64
        (user,) = elasticache.describe_users(UserId=told["User"])["Users"]
        assert user["UserName"] == "app"
        assert user["AccessString"].startswith("on ")
        assert group["UserGroupIds"] == user["UserGroupIds"]

    check()
    session_aws.destroy("Caches", app=app, folder=tmp_path)
    check()

    elasticache.delete_replication_group(ReplicationGroupId=told["Name"])
    elasticache.delete_user_group(UserGroupId=told["User"])
    elasticache.delete_user(UserId=told["User"])
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName=told["Subnets"])
    # Without it the network could not go either: what stays keeps it.
    session_aws.client("ec2").delete_security_group(GroupId=told["Group"])
    secrets.delete_secret(SecretId=told["Secret"], ForceDeleteWithoutRecovery=True)
    session_aws.destroy("CacheNetwork", app=app, folder=tmp_path)
