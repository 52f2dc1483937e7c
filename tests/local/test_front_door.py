"""One name for two Regions, deployed by the real ``cdk deploy``: its users are served by the Region they should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from recovery_state.logic import Role
from tests.local.letters import AWAY, HOME, Letters, LettersApp, deployed_letters, letters_of, settle
from tests.local.programs import eventually

if TYPE_CHECKING:
    from local_aws.embedded import EmbeddedAws

NAME = "letters.example.org"
REGIONS = {Role.PRIMARY: HOME, Role.RECOVERY: AWAY}


class Door:
    """What users of the name see."""

    def __init__(self, app: LettersApp, letters: Letters) -> None:
        self.app = app
        self.letters = letters
        self.aws = app.aws

    def region(self, name: str = NAME) -> object:
        """Who serves a user; ``None``: nobody."""
        answer = self.aws.http("GET", f"https://{name}/letters/1")
        return answer.json()["region"] if answer.status == 200 else None

    def settles_in(self, region: str) -> None:
        eventually(lambda: [self.region() for _ in range(4)] == [region] * 4, f"users in {region}")


@pytest.fixture(scope="module")
def deployed(session_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """In a zone that exists already, as domains mostly do."""
    route53 = session_aws.client("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference=str(uuid4()))["HostedZone"]["Id"]
    app = LettersApp(session_aws, tmp_path_factory.mktemp("door"), (NAME, zone.rpartition("/")[2]))
    with deployed_letters(app) as letters:
        yield Door(app, letters)
    left = {record["Type"] for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]}
    assert left <= {"NS", "SOA", "CNAME"}, "certificates leave the records that prove them"
    route53.delete_hosted_zone(Id=zone)


@pytest.fixture
def door(deployed: Door) -> Iterator[Door]:
    yield deployed
    settle(deployed.letters)
    deployed.settles_in(HOME)


def test_each_region_is_called_by_its_own_name_and_the_primary_by_the_workloads(door: Door) -> None:
    assert {role: door.region(f"{role}.{NAME}") for role in Role} == REGIONS
    door.settles_in(HOME)
    assert door.letters.switch == f"https://switch.{NAME}"
    assert door.letters.ask("/traffic/recovery").status == 404


def test_users_follow_what_a_run_says_and_come_back(door: Door) -> None:
    door.letters.move(Role.RECOVERY)
    door.settles_in(AWAY)
    door.letters.move(Role.PRIMARY)
    door.settles_in(HOME)


def test_without_the_primary_region_users_are_moved_by_a_run_and_not_before(door: Door) -> None:
    door.aws.lose(HOME)
    check = f"https://primary.{NAME}/health"
    eventually(lambda: door.aws.http("GET", check).status == 503, "lost endpoint")
    assert door.region() is None, "whether the data may be written elsewhere no health check knows"
    door.letters.move(Role.RECOVERY)
    door.settles_in(AWAY)


def test_without_the_recovery_region_users_stay_where_they_are(door: Door) -> None:
    door.aws.lose(AWAY)
    eventually(lambda: door.letters.ask("/traffic/recovery").status == 503, "lost switch")
    assert door.region() == HOME


def test_another_strategy_is_another_record_beside_the_first(deployed: Door) -> None:
    """With both Regions serving, each of them serves alone when the other is lost; and back again in place."""
    letters = letters_of(deployed.aws, deployed.app.deploy("{'both_serve': Weighted(weight=50)}"))
    assert letters == deployed.letters
    try:
        eventually(lambda: {deployed.region() for _ in range(20)} == {HOME, AWAY}, "users in both Regions")
        deployed.aws.lose(HOME)
        deployed.settles_in(AWAY)
        deployed.aws.reconnect()
        deployed.letters.move(Role.RECOVERY)
        deployed.settles_in(AWAY)
    finally:
        settle(deployed.letters)
        deployed.app.deploy()
    deployed.settles_in(HOME)
