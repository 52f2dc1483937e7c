"""The four strategies deployed by the real ``cdk deploy`` to both Regions, changed into each other, and destroyed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from local_aws.project import ACCOUNT, REGION
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

AWAY = "us-west-2"
REGIONS = (REGION, AWAY)
# By the stack: what its workload is called, and what runs in the recovery Region of 8 executions.
STRATEGIES = {
    "DrBackupAndRestore": ("orders-backup", None),
    "DrPilotLight": ("orders-pilot", 0),
    "DrWarmStandby": ("orders-warm", 2),
    "DrMultiSite": ("orders-multi", 8),
}
SETTINGS = {"concurrency": "8", "removal_policy": "destroy"}
TEA = {"product": "tea", "quantity": 2}


class Deployed(NamedTuple):
    """A workload in both Regions."""

    aws: EmbeddedAws
    stack: str
    name: str
    standby: int | None
    outputs: Mapping[str, str]

    def ask(self, url: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Ask one Region's own API, or follow the front door to the one that serves."""
        text = None if body is None else json.dumps(body)
        answer = self.aws.http(method, f"{url}{path}", body=text)
        if answer.status == 307:
            answer = self.aws.http(method, answer.headers["location"], body=text)
        return answer.status, answer.json()

    def order(self, id: str) -> None:
        status, told = self.ask(self.outputs["ServiceUrl"], "PUT", f"/orders/{id}", TEA)
        assert (status, told["region"]) == (200, REGION), told

    def parameter(self, region: str, stack: str, **values: str) -> None:
        """Change parameters of a deployed stack as the runbook does: the template stays."""
        cloudformation = self.aws.clients_in(region)("cloudformation")
        known = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Parameters"]
        cloudformation.update_stack(
            StackName=stack,
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": values[key]}
                if key in values
                else {"ParameterKey": key, "UsePreviousValue": True}
                for key in (one["ParameterKey"] for one in known)
            ],
        )

        def status() -> str:
            return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]

        eventually(lambda: not status().endswith("_IN_PROGRESS"), f"end of the update of {stack}")
        assert status() == "UPDATE_COMPLETE"


def left_behind(aws: EmbeddedAws, name: str) -> dict[str, list[str]]:
    """What a Region still has of a workload."""
    found: dict[str, list[str]] = {}
    for region in REGIONS:
        clients = aws.clients_in(region)
        names = [
            *clients("dynamodb").list_tables()["TableNames"],
            *(bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"]),
            *(function["FunctionName"] for function in clients("lambda").list_functions()["Functions"]),
            *(machine["name"] for machine in clients("stepfunctions").list_state_machines()["stateMachines"]),
            *(vault["BackupVaultName"] for vault in clients("backup").list_backup_vaults()["BackupVaultList"]),
        ]
        found[region] = [one for one in names if one.startswith(f"{name}-")]
    return {region: names for region, names in found.items() if names}


@pytest.fixture(scope="module", params=STRATEGIES)
def deployed(request: pytest.FixtureRequest, session_aws: EmbeddedAws) -> Iterator[Deployed]:
    """Each strategy; destroyed afterwards in both Regions, with everything in it."""
    stack = str(request.param)
    name, standby = STRATEGIES[stack]
    outputs = session_aws.deploy(stack, context=SETTINGS)
    yield Deployed(session_aws, stack, name, standby, outputs)
    # The CLI destroys what depends on a stack, too: this is both.
    session_aws.destroy(f"{stack}Recovery", context={**SETTINGS, "stacks": stack})
    for region in REGIONS:
        stacks = session_aws.clients_in(region)("cloudformation").list_stacks()["StackSummaries"]
        mine = {one["StackStatus"] for one in stacks if one["StackName"].startswith(stack)}
        assert mine == {"DELETE_COMPLETE"}
    assert left_behind(session_aws, name) == {}


def test_users_are_served_by_the_primary_region(deployed: Deployed) -> None:
    deployed.order("served")
    status, told = deployed.ask(deployed.outputs["PrimaryUrl"], "GET", "/orders/served")
    assert (status, told["order"]["writtenIn"]) == (200, REGION)
    status, told = deployed.ask(deployed.outputs["PrimaryUrl"], "GET", "/health")
    assert (status, told["role"]) == (200, "primary")
    status, told = deployed.ask(deployed.outputs["SwitchUrl"], "GET", "/serving")
    assert (status, told["serving"], told["endpoint"]) == (200, "primary", deployed.outputs["PrimaryUrl"])


def test_the_recovery_region_runs_what_its_strategy_says(deployed: Deployed) -> None:
    functions = deployed.aws.clients_in(AWAY)("lambda")
    if deployed.standby is None:
        with pytest.raises(functions.exceptions.ResourceNotFoundException):
            functions.get_function(FunctionName=f"{deployed.name}-api")
        assert "RecoveryUrl" not in deployed.outputs
        return
    found = functions.get_function_concurrency(FunctionName=f"{deployed.name}-api")
    assert found["ReservedConcurrentExecutions"] == deployed.standby
    status, told = deployed.ask(deployed.outputs["RecoveryUrl"], "GET", "/health")
    # Switched off, Lambda throttles: the API passes that on.
    assert status == (200 if deployed.standby else 429), told


def test_what_is_written_is_in_the_recovery_region(deployed: Deployed) -> None:
    deployed.order("copied")
    bucket = f"{deployed.name}-documents-{ACCOUNT}-{AWAY}"
    documents, tables = deployed.aws.clients_in(AWAY)("s3"), deployed.aws.clients_in(AWAY)("dynamodb")
    eventually(lambda: _keys(documents.list_objects_v2(Bucket=bucket)) >= {"copied"}, "document")
    if deployed.standby is None:
        assert tables.list_tables()["TableNames"].count(f"{deployed.name}-orders") == 0, "restored when it is needed"
        return
    eventually(
        lambda: "Item" in tables.get_item(TableName=f"{deployed.name}-orders", Key={"id": {"S": "copied"}}), "order"
    )
    if deployed.standby:
        status, told = deployed.ask(deployed.outputs["RecoveryUrl"], "GET", "/orders/copied")
        assert (status, told["region"], told["order"]["writtenIn"]) == (200, AWAY, REGION)


def _keys(found: Mapping[str, Any]) -> set[str]:
    """Of orders whose documents a bucket has."""
    return {one["Key"].rpartition("/")[2].partition(".")[0] for one in found.get("Contents", [])}


def test_what_a_failover_needs_is_in_the_recovery_region(deployed: Deployed) -> None:
    clients = deployed.aws.clients_in(AWAY)
    machines = clients("stepfunctions").list_state_machines()["stateMachines"]
    assert f"{deployed.name}-recovery-runbook" in {machine["name"] for machine in machines}
    items = clients("dynamodb").scan(TableName=deployed.outputs["StateTableName"])["Items"]
    known = {item["item"]["S"] for item in items}
    expected = {"endpoint#primary"} | (set() if deployed.standby is None else {"endpoint#recovery"})
    assert {one for one in known if one.startswith("endpoint#")} == expected
    assert "Concurrent executions of Lambda functions: 8" in deployed.outputs["RecoveryRegionNeeds"]


def test_backups_are_made_and_copied(deployed: Deployed) -> None:
    """With every strategy: what is copied as it is written has mistakes copied, too."""
    home = deployed.aws.clients_in(REGION)("backup")
    (plan,) = (plan for plan in home.list_backup_plans()["BackupPlansList"] if plan["BackupPlanName"] == deployed.name)
    (rule,) = home.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
    assert rule["TargetBackupVaultName"] == f"{deployed.name}-primary"
    (copy,) = rule["CopyActions"]
    assert copy["DestinationBackupVaultArn"].endswith(f":{AWAY}:{ACCOUNT}:backup-vault:{deployed.name}-recovery")
    vaults = deployed.aws.clients_in(AWAY)("backup").list_backup_vaults()["BackupVaultList"]
    assert f"{deployed.name}-recovery" in {vault["BackupVaultName"] for vault in vaults}


@pytest.mark.parametrize("deployed", ["DrBackupAndRestore"], indirect=True)
def test_with_backups_the_workload_comes_when_it_is_called(deployed: Deployed) -> None:
    """By a change of parameters alone, in the recovery Region alone; and goes again, and nothing of it stays."""
    clients, stack, table = deployed.aws.clients_in(AWAY), f"{deployed.stack}Recovery", "restored"
    tables = clients("dynamodb")
    tables.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    before = left_behind(deployed.aws, deployed.name)
    deployed.order("restored")
    found = deployed.aws.client("dynamodb").get_item(
        TableName=f"{deployed.name}-orders", Key={"id": {"S": "restored"}}
    )["Item"]
    tables.put_item(TableName=table, Item=found)

    deployed.parameter(AWAY, stack, WorkloadRunning="yes", RestoredOrdersName=table)
    item = tables.get_item(TableName=deployed.outputs["StateTableName"], Key={"item": {"S": "endpoint#recovery"}})
    url = item["Item"]["url"]["S"]
    status, told = deployed.ask(url, "GET", "/orders/restored")
    assert (status, told["region"], told["document"]) == (200, AWAY, "Order restored: 2 x tea\n")

    deployed.parameter(AWAY, stack, WorkloadRunning="no")
    assert left_behind(deployed.aws, deployed.name) == before
    item = tables.get_item(TableName=deployed.outputs["StateTableName"], Key={"item": {"S": "endpoint#recovery"}})
    assert "Item" not in item
    tables.delete_table(TableName=table)


def test_a_deployed_workload_gets_another_strategy_and_keeps_its_data(session_aws: EmbeddedAws) -> None:
    """In the same stacks; up to the dearest one, down to the cheapest, and up again."""
    same = {**SETTINGS, "stack_name": "Letters", "workload_name": "letters"}
    route = ("DrPilotLight", "DrWarmStandby", "DrMultiSite", "DrBackupAndRestore", "DrPilotLight")
    seen: set[tuple[str, str]] = set()
    written: list[str] = []
    for step, stack in enumerate(route):
        outputs = session_aws.deploy(stack, context=same)
        letters = Deployed(session_aws, stack, "letters", STRATEGIES[stack][1], outputs)
        table = session_aws.client("dynamodb").describe_table(TableName="letters-orders")["Table"]
        replica = [one["RegionName"] for one in table.get("Replicas", [])]
        assert replica == ([] if letters.standby is None else [AWAY])
        seen.add((table["TableId"], str(table["CreationDateTime"])))
        letters.order(f"letter-{step}")
        written.append(f"letter-{step}")
        for id in written:
            status, told = letters.ask(outputs["PrimaryUrl"], "GET", f"/orders/{id}")
            assert (status, told["document"]) == (200, f"Order {id}: 2 x tea\n")
    assert len(seen) == 1, "the same table all the time"
    # What came in between is in the replica that came back.
    tables = session_aws.clients_in(AWAY)("dynamodb")

    def kept() -> set[str]:
        return {item["id"]["S"] for item in tables.scan(TableName="letters-orders")["Items"]}

    eventually(lambda: kept() >= {*written}, "every letter")
    session_aws.destroy("DrPilotLightRecovery", context={**same, "stacks": "DrPilotLight"})
    assert left_behind(session_aws, "letters") == {}


def test_with_a_domain_users_call_one_name(session_aws: EmbeddedAws) -> None:
    """Certificates, custom domains, records and health checks of both Regions; and nothing of it is left."""
    route_53 = session_aws.client("route53")
    zone = route_53.create_hosted_zone(Name="example.org.", CallerReference="orders")["HostedZone"]["Id"]
    named = {
        **SETTINGS,
        "workload_name": "named",
        "domain_name": "orders.example.org",
        "hosted_zone_id": zone.rpartition("/")[2],
    }
    outputs = session_aws.deploy("DrPilotLight", context=named)
    assert outputs["ServiceUrl"] == "https://orders.example.org"
    letters = Deployed(session_aws, "DrPilotLight", "named", 0, outputs)
    # An inverted check counts as unhealthy until it has asked often enough: until then the other Region is answered.
    eventually(lambda: letters.ask(outputs["ServiceUrl"], "GET", "/health")[0] == 200, "way to the primary")
    letters.order("named")
    for label, status in (("primary", 200), ("recovery", 429)):
        assert letters.ask(f"https://{label}.orders.example.org", "GET", "/health")[0] == status
    session_aws.destroy("DrPilotLightRecovery", context={**named, "stacks": "DrPilotLight"})
    left = route_53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert {record["Type"] for record in left} == {"NS", "SOA"}
    assert route_53.list_health_checks()["HealthChecks"] == []
    assert left_behind(session_aws, "named") == {}
