"""A workload in two Regions with a domain name, by the real ``cdk deploy``; the rest of it is a game day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws.project import REGION
from tests.local.orders_days import SETTINGS, Orders, left_behind
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws


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
