"""A deployed workload gets other strategies by the real ``cdk deploy``, and one has a domain from the beginning."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from local_aws.project import REGION
from tests.local.orders_days import AWAY, SETTINGS, STRATEGIES, Orders, left_behind
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws


def test_a_deployed_workload_gets_another_strategy_and_keeps_its_data(session_aws: EmbeddedAws) -> None:
    """In the same stacks; up to the dearest one, down to the cheapest, and up again."""
    same = {**SETTINGS, "stack_name": "Letters", "workload_name": "letters"}
    route = ("DrPilotLight", "DrMultiSite", "DrBackupAndRestore", "DrWarmStandby")
    seen: set[tuple[str, str]] = set()
    acknowledged: dict[str, datetime] = {}
    for stack in route:
        session_aws.deploy(stack, context=same)
        letters = Orders(session_aws, "Letters", "letters", STRATEGIES[stack][1], acknowledged)
        table = session_aws.client("dynamodb").describe_table(TableName="letters-orders")["Table"]
        replica = [one["RegionName"] for one in table.get("Replicas", [])]
        assert replica == ([] if letters.standby is None else [AWAY])
        seen.add((table["TableId"], str(table["CreationDateTime"])))
        letters.order(2, REGION)
        assert letters.lost() == set()
    assert len(seen) == 1, "the same table all the time"
    # What came in between is in the replica that came back.
    letters.has_arrived()
    session_aws.destroy(f"{route[-1]}Recovery", context={**same, "stacks": route[-1]})
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
    letters = Orders(session_aws, "DrPilotLight", "named", 0)
    # An inverted check counts as unhealthy until it has asked often enough: until then the other Region is answered.
    eventually(lambda: letters.ask(outputs["ServiceUrl"], "GET", "/health")[0] == 200, "way to the primary")
    letters.order(1, REGION)
    for label, status in (("primary", 200), ("recovery", 429)):
        assert letters.ask(f"https://{label}.orders.example.org", "GET", "/health")[0] == status
    session_aws.destroy("DrPilotLightRecovery", context={**named, "stacks": "DrPilotLight"})
    left = route_53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert {record["Type"] for record in left} == {"NS", "SOA"}
    assert route_53.list_health_checks()["HealthChecks"] == []
    assert left_behind(session_aws, "named") == {}
