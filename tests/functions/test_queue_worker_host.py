"""Where a worker runs: notice of its end, and being left alone while it works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from queue_worker.host import Ec2Host, EcsHost, Host, Metadata, NoHost, Watch
from queue_worker.logic import CallError
from tests.functions.telling import FakeTeller


@dataclass
class Machine:
    """An instance's metadata service and an ECS agent."""

    found: dict[str, str] = field(default_factory=dict)
    token: str = "t1"
    agent_status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    protections: list[dict[str, object]] = field(default_factory=list)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> tuple[int, str]:
        path = url.removeprefix("http://169.254.169.254/latest")
        self.asked.append((method, path))
        if path == "/api/token":
            assert headers == {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}
            return (200, self.token) if self.token else (0, "")
        if url == "http://agent/task-protection/v1/state":
            assert (method, headers) == ("PUT", {"Content-Type": "application/json"})
            self.protections.append(json.loads(body or ""))
            return self.agent_status, "{}"
        if headers != {"X-aws-ec2-metadata-token": self.token} or not self.token:
            return 401, ""
        name = path.removeprefix("/meta-data/")
        return (200, self.found[name]) if name in self.found else (404, "not found")


@dataclass
class FakeGroup:
    protected: list[bool] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    fault: CallError | None = None

    def protect(self, protected: bool) -> None:
        if self.fault is not None:
            raise self.fault
        self.protected.append(protected)

    def release(self, hook: str) -> None:
        if self.fault is not None:
            raise self.fault
        self.released.append(hook)


class TestMetadata:
    def test_is_asked_with_a_token_which_is_kept(self) -> None:
        machine = Machine({"instance-id": "i-1"})
        metadata = Metadata(machine)
        assert (metadata.get("instance-id"), metadata.get("spot/instance-action")) == ("i-1", None)
        assert [path for _, path in machine.asked].count("/api/token") == 1

    def test_is_asked_with_a_new_token_when_the_old_one_has_expired(self) -> None:
        machine = Machine({"instance-id": "i-1"})
        metadata = Metadata(machine)
        metadata.get("instance-id")
        machine.token = "t2"
        assert metadata.get("instance-id") == "i-1"

    def test_says_nothing_where_there_is_none(self) -> None:
        assert Metadata(Machine(token="")).get("instance-id") is None


class TestInstance:
    @pytest.mark.parametrize(
        ("found", "why"),
        [
            ({}, None),
            ({"autoscaling/target-lifecycle-state": "InService"}, None),
            ({"autoscaling/target-lifecycle-state": "Terminated"}, "termination"),
            ({"spot/instance-action": '{"action": "terminate"}'}, "spot interruption"),
        ],
    )
    def test_learns_that_its_end_is_near(self, found: dict[str, str], why: str | None) -> None:
        assert Ec2Host(Metadata(Machine(found)), FakeGroup(), termination_hook=None).end_is_near() == why

    def test_lets_the_group_go_on_that_waits_for_it(self) -> None:
        group = FakeGroup()
        machine = Machine({"autoscaling/target-lifecycle-state": "Terminated"})
        host = Ec2Host(Metadata(machine), group, termination_hook="drain")
        host.end_is_near()
        host.stopped()
        assert group.released == ["drain"]

    @pytest.mark.parametrize(("hook", "state"), [(None, "Terminated"), ("drain", "InService")])
    def test_releases_no_hook_that_does_not_wait(self, hook: str | None, state: str) -> None:
        group = FakeGroup()
        host = Ec2Host(Metadata(Machine({"autoscaling/target-lifecycle-state": state})), group, termination_hook=hook)
        host.end_is_near()
        host.stopped()
        assert group.released == []

    def test_is_protected_by_its_group(self) -> None:
        group = FakeGroup()
        Ec2Host(Metadata(Machine()), group, termination_hook=None).protect(True)
        assert group.protected == [True]


class TestTask:
    def test_is_protected_for_an_hour_at_a_time(self) -> None:
        machine = Machine()
        host = EcsHost(machine, "http://agent")
        host.protect(True)
        host.protect(False)
        assert machine.protections == [
            {"ProtectionEnabled": True, "ExpiresInMinutes": 60},
            {"ProtectionEnabled": False},
        ]

    def test_says_that_it_is_not_protected(self) -> None:
        with pytest.raises(CallError, match=r"^TaskProtection503$"):
            EcsHost(Machine(agent_status=503), "http://agent").protect(True)

    def test_learns_of_its_end_by_a_signal_alone(self) -> None:
        host = EcsHost(Machine(), "http://agent")
        assert host.end_is_near() is None
        host.stopped()


def watch(host: Host, *, protected: bool = True, renewed: bool = False) -> tuple[Watch, FakeTeller]:
    notes = FakeTeller()
    return Watch(host, notes, protected=protected, renewed=renewed), notes


class TestWatch:
    def test_protects_a_worker_from_its_first_message_until_it_was_idle_for_a_while(self) -> None:
        group = FakeGroup()
        watching, _ = watch(Ec2Host(Metadata(Machine()), group, termination_hook=None))
        for now, busy in enumerate([False, True, False, True, *[False] * 80, True]):
            watching.works(busy, float(now))
        assert group.protected == [True, False, True]

    def test_renews_a_protection_that_lapses(self) -> None:
        machine = Machine()
        watching, _ = watch(EcsHost(machine, "http://agent"), renewed=True)
        for now in range(0, 3_600, 60):
            watching.works(True, float(now))
        assert len(machine.protections) == 3

    def test_tries_again_a_little_later_what_was_refused(self) -> None:
        group = FakeGroup(fault=CallError("Throttling"))
        watching, notes = watch(Ec2Host(Metadata(Machine()), group, termination_hook=None))
        for now in range(0, 15):
            watching.works(True, float(now))
        assert notes.notes == [("protection not changed", {"code": "Throttling", "protected": True})] * 2
        group.fault = None
        for now in range(15, 30):
            watching.works(True, float(now))
        assert group.protected == [True]

    def test_asks_nothing_that_was_not_wanted(self) -> None:
        group = FakeGroup()
        watching, _ = watch(Ec2Host(Metadata(Machine()), group, termination_hook=None), protected=False)
        watching.works(True, 0.0)
        assert group.protected == []

    def test_asks_for_its_end_every_few_seconds(self) -> None:
        machine = Machine()
        watching, _ = watch(Ec2Host(Metadata(machine), FakeGroup(), termination_hook=None))
        assert [watching.look(now / 2) for now in range(20)] == [None] * 20
        assert len([path for _, path in machine.asked if path.endswith("instance-action")]) == 2
        machine.found["spot/instance-action"] = "{}"
        assert watching.look(10.0) == "spot interruption"

    def test_survives_a_group_that_does_not_let_it_go(self) -> None:
        machine = Machine({"autoscaling/target-lifecycle-state": "Terminated"})
        group = FakeGroup(fault=CallError("ValidationError"))
        watching, notes = watch(Ec2Host(Metadata(machine), group, termination_hook="drain"))
        assert watching.look(0.0) == "termination"
        watching.stopped()
        assert notes.notes == [("could not let the instance go", {"code": "ValidationError"})]

    def test_has_nothing_to_do_where_there_is_nobody_to_ask(self) -> None:
        watching, notes = watch(NoHost())
        watching.works(True, 0.0)
        assert watching.look(0.0) is None
        watching.stopped()
        assert notes.notes == []
