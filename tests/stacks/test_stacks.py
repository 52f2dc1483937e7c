"""Every stack: its template is the one reviewed, and no rule has an open finding about it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacks.registry import STACKS
from tests.stacks.construct_rules import lint_findings

NAMES = [entry.name for entry in STACKS]

# Variants whose findings differ from those of the stack as it stands.
TOPIC = "alarm_topic_arn=arn:aws:sns:us-east-1:111122223333:alarms"
RECOVERY_TOPIC = "recovery_alarm_topic_arn=arn:aws:sns:us-west-2:111122223333:alarms"
DOMAIN = ("domain_name=orders.example.org", "hosted_zone_id=Z0123456789ABCDEFGHIJ")
REPLICA_TOPIC = "replica_alarm_topic_arn=arn:aws:sns:us-west-2:111122223333:alarms"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
KEY = "encryption_key_arn=arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"
TABLE_KEYS = ",".join(f"arn:aws:kms:{region}:111122223333:key/mrk-0" for region in ("us-east-1", "us-west-2"))
AGENT = "arn:aws:datasync:us-east-1:111122223333:agent/agent-0123456789abcdef0"
QUEUE = "arn:aws:sqs:us-east-1:444455556666:orders"
WEB_ACL = "web_acl_arn=arn:aws:wafv2:us-east-1:111122223333:regional/webacl/Web/00000000-0000-0000-0000-000000000000"
ONE_ACCOUNT = ("account=111122223333", "region=eu-west-1")
OFFLOAD = ("tls=offload", f"certificate_arns={CERTIFICATE}")
BRIDGING = ("tls=bridging", f"certificate_arns={CERTIFICATE}")
DESTROY = "removal_policy=destroy"
VARIANTS: list[tuple[str, ...]] = [
    ("PetCuddleOTron", "channels=email"),
    ("PetCuddleOTron", "channels=sms"),
    ("PetCuddleOTron", DESTROY),
    ("PetCuddleOTron", "web_acl_rate_limit=100"),
    ("PetCuddleOTron", "account_log_role=false"),
    ("PetCuddleOTron", "sandbox_recipients=me@example.net"),
    ("PetCuddleOTron", TOPIC),
    ("PetCuddleOTron", *ONE_ACCOUNT),
    ("PetCuddleOTron", "domain_name=cuddle.example.org", f"certificate_arn={CERTIFICATE}"),
    ("MultiAzWebTier", *OFFLOAD),
    ("MultiAzWebTier", *BRIDGING, TOPIC),
    ("MultiAzWebTier", *ONE_ACCOUNT),
    ("MultiAzWebTier", DESTROY, "log_collection=true", "custom_health_check=true"),
    ("MultiAzWebTier", TOPIC, "log_collection=true", "custom_health_check=true", "suspended_processes=AZRebalance"),
    ("MultiAzWebTier", "availability_zones=2", "nat_gateways=single", "internet_facing=false"),
    ("MultiAzWebTier", "nat_gateways=none", "interface_endpoints=cloudformation,ssm,ssmmessages", "ipv6=true"),
    ("MultiAzWebTier", WEB_ACL, "access_log_retention_days=", "deletion_protection=false", "sticky_seconds=3600"),
    ("MultiAzWebTier", "spot_percentage=50", "instance_types=t4g.small,t4g.medium", "requests_per_target=600"),
    ("MultiAzWebTier", "peak_minimum=6", "peak_begins=45 7 * * 1-5", "peak_ends=0 18 * * 1-5"),
    ("NetworkLoadBalancedFleet", *ONE_ACCOUNT),
    ("NetworkLoadBalancedFleet", DESTROY, TOPIC, "cross_zone=true"),
    ("NetworkLoadBalancedFleet", "availability_zones=2", "nat_gateways=single", "internet_facing=false"),
    ("NetworkLoadBalancedFleet", *OFFLOAD),
    ("NetworkLoadBalancedFleet", *BRIDGING),
    ("NetworkLoadBalancedFleet", "tls=pass-through"),
    ("BlueGreenWebTier", *ONE_ACCOUNT),
    ("BlueGreenWebTier", "green_percent=10", "colour_sticky_seconds=600", "sticky_seconds=300", TOPIC, DESTROY),
    ("BlueGreenWebTier", *OFFLOAD, "green_capacity_minimum=0", "green_slow_to_take_over=true"),
    ("BlueGreenWebTier", *BRIDGING, WEB_ACL, "availability_zones=2", "nat_gateways=single"),
    ("MediaWorkerPool", *ONE_ACCOUNT),
    ("MediaWorkerPool", DESTROY, TOPIC, "minimum_workers=2", "peak_messages_per_second=5"),
    ("MediaWorkerPool", "spot_percentage=80", "on_demand_base=1", "instance_types=m7g.large,m6g.large"),
    ("MediaWorkerPool", "workers=tasks"),
    ("MediaWorkerPool", "workers=tasks", "spot_percentage=50", "task_architecture=x86_64", TOPIC),
    ("OrderFanout", "inbox=true", "inbox_prefix=orders/", "inbox_retention_days=90", DESTROY, TOPIC),
    ("OrderFanout", KEY, f"external_queues={QUEUE}", "inbox=true", "logged_success_percent="),
    ("OrderFanout", *ONE_ACCOUNT),
    ("OrderedFanout", "high_throughput=true", "content_based_deduplication=true", "archive_days=30", TOPIC),
    ("OrderedFanout", KEY, f"external_queues={QUEUE},{QUEUE}.fifo", "logged_success_percent=10", DESTROY),
    ("OrderedFanout", *ONE_ACCOUNT),
    ("QueueApi", "authorization=open-to-everyone", "cors_origin=*", "web_acl_rate_limit=100"),
    ("QueueApi", "ordered=true", "deduplicate_by=body", DESTROY),
    ("QueueApi", "ordered=true", "high_throughput=true", "account_log_role=false"),
    ("QueueApi", "batch_size=1000", "batching_window_seconds=5", TOPIC),
    ("QueueApi", *ONE_ACCOUNT),
    ("EventBackbone", "schema_discovery=true", "producer_accounts=444455556666", "producer_organization=o-a1b2c3d4e5"),
    ("EventBackbone", KEY, TOPIC, "log_level=TRACE", DESTROY),
    ("EventBackbone", "archive_days=", "log_level=OFF"),
    ("EventBackbone", *ONE_ACCOUNT),
    ("GlobalTable", "account=111122223333", "region=us-west-2", TOPIC, DESTROY),
    ("GlobalTable", f"encryption_key_arns={TABLE_KEYS}", "sort_key=n", "time_to_live_attribute=ends", "recovery_days="),
    ("GlobalTable", "capacity=provisioned", "maximum_read_units=100", "maximum_write_units=50", "table_name=carts"),
    ("GlobalTable", "regions=eu-west-1", "aws_managed_key=true", "maximum_read_units=100"),
    ("AuroraDatabase", *ONE_ACCOUNT),
    ("AuroraDatabase", DESTROY, KEY, TOPIC, "connections=proxy", "maximum_readers=4", "nat_gateways=single"),
    ("AuroraDatabase", "engine=mysql", "instance_type=r7g.large", "readers=2", "connections=proxy-iam"),
    ("AuroraDatabase", "minimum_acu=0", "readers=0", "single_point_of_failure=true", "availability_zones=2"),
    ("AuroraDatabase", "rotation_days=", "interface_endpoints=", "iam_authentication=false", "io_optimized=true"),
    ("ReplicatedBucket", *ONE_ACCOUNT),
    ("ReplicatedBucket", DESTROY, TOPIC, REPLICA_TOPIC, "delete_markers=true", "replica_class=STANDARD_IA"),
    ("ReplicatedBucket", "customer_managed_keys=false", "time_control=false", "lifecycle=recoverable"),
    ("ReplicatedBucket", "locked_days=30", "lock_mode=COMPLIANCE", "lifecycle=ageing", "retention_days=400"),
    ("SharedFiles", *ONE_ACCOUNT),
    ("SharedFiles", *OFFLOAD, KEY, TOPIC, "throughput=bursting", "replica_region=eu-west-3", "replica_key_alias=k"),
    ("SharedFiles", DESTROY, "archive_after_days=90", "automatic_backups=false", "read_only=true", "folder=/site"),
    ("SharedFiles", "throughput=provisioned", "provisioned_mib_per_second=10", "infrequent_access_after_days="),
    ("SharedFiles", *BRIDGING, "availability_zones=2", "nat_gateways=single", "internet_facing=false"),
    ("ThreeTierWebApp", *ONE_ACCOUNT),
    ("ThreeTierWebApp", *OFFLOAD, DESTROY, TOPIC, "sessions=cookie", "database=aurora"),
    ("ThreeTierWebApp", *BRIDGING, WEB_ACL, "session_store=table", "access_log_retention_days="),
    ("ThreeTierWebApp", "sessions=sticky", "database_availability=single-az", "nat_gateways=single"),
    ("ThreeTierWebApp", DESTROY, "cache_availability=single-az", "availability_zones=2", "internet_facing=false"),
    ("DrBackupAndRestore", *ONE_ACCOUNT),
    (
        "DrBackupAndRestore",
        *DOMAIN,
        "backup_hours=6",
        "vault_lock_days=3",
        "vault_lock_mode=compliance",
        "approval=true",
    ),
    ("DrBackupAndRestore", DESTROY, TOPIC, RECOVERY_TOPIC, "drill_schedule="),
    ("DrPilotLight", *ONE_ACCOUNT),
    ("DrPilotLight", *DOMAIN, TOPIC, RECOVERY_TOPIC, "approval=true", "check_interval_seconds=10"),
    ("DrPilotLight", DESTROY, "stack_name=Orders", "workload_name=orders", "concurrency=100", "vault_lock_days="),
    ("DrWarmStandby", *ONE_ACCOUNT),
    ("DrWarmStandby", *DOMAIN, TOPIC, RECOVERY_TOPIC, "capacity_percent=50"),
    ("DrMultiSite", *ONE_ACCOUNT),
    ("DrMultiSite", *DOMAIN, DESTROY, RECOVERY_TOPIC, "recovery_time_seconds=300"),
    ("DrHybrid", *ONE_ACCOUNT),
    ("DrHybrid", *OFFLOAD, DESTROY, TOPIC, f"datasync_agent_arns={AGENT}", "on_premises_cidrs=192.168.0.0/16"),
    ("DrHybrid", *BRIDGING, "hosted_zone_id=Z0123456789ABCDEFGHIJ", "aws_weight=10", "nat_gateways=single"),
]


@pytest.mark.parametrize("name", NAMES)
def test_template_is_the_reviewed_one(
    name: str, synthesize: Callable[..., Any], assert_accepted: Callable[[dict[str, Any]], None]
) -> None:
    """`make snapshots` accepts a change, after a look at what it does."""
    assert_accepted(synthesize(name).without_asset_hashes())


@pytest.mark.parametrize("variant", [*((name,) for name in NAMES), *VARIANTS], ids=" ".join)
class TestRules:
    def test_no_open_finding_of_cdk_nag_or_the_cdk(
        self, variant: tuple[str, ...], synthesize: Callable[..., Any]
    ) -> None:
        assert synthesize(*variant).findings == []

    def test_no_finding_of_cfn_lint(self, variant: tuple[str, ...], synthesize: Callable[..., Any]) -> None:
        found = synthesize(*variant)
        assert lint_findings(found.template) == []
        assert [lint_findings(template, region) for region, template in found.further.items()] == [[]] * len(
            found.further
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_stack_as_shipped_says_what_it_gives_up_to_be_deployed_at_once(
    name: str, synthesize: Callable[..., Any]
) -> None:
    """Without a certificate there is no HTTPS, and a first deployment has none; who sends mail is for each to say."""
    plain_http = ["MultiAzWebTier", "BlueGreenWebTier", "SharedFiles", "ThreeTierWebApp"]
    no_domain = ["DrBackupAndRestore", "DrPilotLight", "DrWarmStandby", "DrMultiSite"]
    remarks = {
        "DrHybrid": ["plainHttp", "domain_name", "on_premises_address"],
        **{each: ["plainHttp"] for each in plain_http},
        **{each: ["noDomain"] for each in no_domain},
        "DeliveryPipeline": ["placeholderSender"] * 2,
    }
    expected = remarks.get(name, [])
    assert [advice.split(": ")[0].rpartition(":")[2] for advice in synthesize(name).advice] == expected


@pytest.mark.parametrize("name", ["MultiAzWebTier", "BlueGreenWebTier", "NetworkLoadBalancedFleet"])
def test_with_a_certificate_there_is_nothing_to_remark(name: str, synthesize: Callable[..., Any]) -> None:
    assert synthesize(name, *OFFLOAD).advice == []


def test_two_syntheses_give_the_same_bytes(project: Path, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        subprocess.run(
            [sys.executable, "app.py"],
            cwd=project,
            env={"CDK_OUTDIR": str(tmp_path / folder), "CDK_VALIDATION": "false", "HOME": str(tmp_path)},
            check=True,
            timeout=300,
        )
    names = [f"{name}.template.json" for name in NAMES]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_the_rules_have_teeth(tmp_path: Path, judge: Callable[..., list[str]]) -> None:
    """A queue nobody should deploy is found by every judge; without this, silence would prove nothing."""
    import aws_cdk as cdk

    app = cdk.App(
        outdir=str(tmp_path / "cdk.out"),
        context={"@aws-cdk/core:validateAgainstDefaultRules": True},
        builtin_cloud_formation_validation=True,
    )
    stack = cdk.Stack(app, "Bad")
    cdk.CfnResource(stack, "Queue", type="AWS::SQS::Queue", properties={"VisibilityTimeout": "soon", "Colour": "red"})
    cdk.aws_sqs.CfnQueue(stack, "Plain")
    findings = judge(app)
    template = json.loads((tmp_path / "cdk.out" / "Bad.template.json").read_text())
    assert [found for found in findings if "AwsSolutions-SQS" in found]
    assert [found for found in findings if "Serverless-SQS" in found]
    assert [found for found in findings if "Colour" in found]
    assert [found for found in lint_findings(template) if "Colour" in found]


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_acknowledgments_hold_wherever_a_construct_is_put(
    tmp_path: Path, judge: Callable[..., list[str]], region: str | None
) -> None:
    """Twice in one stack, inside a Stage, under names of somebody else's choosing."""
    import aws_cdk as cdk

    from aws_patterns.serverless.pet_cuddle_otron import PetCuddleOTron

    app = cdk.App(outdir=str(tmp_path / "cdk.out"), builtin_cloud_formation_validation=False)
    stage = cdk.Stage(app, "Production", env=cdk.Environment(account="111122223333", region=region))
    stack = cdk.Stack(stage, "Pets")
    PetCuddleOTron(stack, "Cats", sender="cats@example.org")
    PetCuddleOTron(stack, "Dogs", sender="dogs@example.org", account_log_role=False)
    assert judge(app) == []
