"""The rotation of a cache's password: nobody is locked out, wherever it ends and however often it begins again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from cache_password_rotation import handler
from cache_password_rotation.gateway import CacheUser
from cache_password_rotation.logic import PASSWORD_LENGTH, Clock, UserState, rotate
from secret_rotation.logic import Rotation, RotationError, Stage, Step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Cache-AbCdEf"
FIRST = {"username": "app", "password": "first"}


class DiedError(BaseException):
    """The function was cut off: nothing in it may catch this."""


@dataclass
class World:
    """Secrets Manager, ElastiCache and a clock; each call of the first two may be the last thing that happens."""

    versions: dict[str, dict[str, Any] | None] = field(default_factory=lambda: {"v0": dict(FIRST)})
    marked: dict[str, set[str]] = field(default_factory=lambda: {"v0": {"AWSCURRENT"}})
    passwords: list[str] = field(default_factory=lambda: ["first"])
    busy_until: float = 0
    time: float = 0
    change_seconds: float = 20
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def begin(self, version: str) -> None:
        """As ``RotateSecret`` does."""
        for its in self.marked.values():
            its.discard("AWSPENDING")
        self.marked.setdefault(version, set()).add("AWSPENDING")

    def step(self, step: Step, version: str = "v1") -> None:
        rotate(Rotation(step, SECRET, version), self, self, Clock(now=lambda: self.time, sleep=self._sleep))

    def all_steps(self, version: str = "v1") -> None:
        for step in Step:
            self.step(step, version)

    def told(self) -> str:
        """The password that everybody reads."""
        (current,) = [version for version, its in self.marked.items() if "AWSCURRENT" in its]
        value = self.versions[current]
        assert value is not None
        return str(value["password"])

    def stages(self, secret: str) -> Mapping[str, frozenset[str]]:
        assert secret == SECRET
        self.before()
        return {version: frozenset(its) for version, its in self.marked.items()}

    def read(self, secret: str, stage: Stage, version: str | None = None) -> dict[str, Any] | None:
        assert secret == SECRET
        self.before()
        found = [each for each, its in self.marked.items() if stage in its and version in (None, each)]
        return self.versions.get(found[0]) if found else None

    def write_pending(self, secret: str, version: str, value: Mapping[str, Any]) -> None:
        assert secret == SECRET
        self.before()
        assert self.versions.get(version) in (None, value), "a version is never written over"
        self.versions[version] = dict(value)
        self.after()

    def make_current(self, secret: str, version: str, instead_of: str) -> None:
        assert secret == SECRET
        self.before()
        self.marked[instead_of].discard("AWSCURRENT")
        self.marked[version] |= {"AWSCURRENT"}
        self.after()
        self.marked[version].discard("AWSPENDING")

    def state(self) -> UserState:
        self.before()
        return UserState(active=self.time >= self.busy_until, passwords=len(self.passwords))

    def set_passwords(self, passwords: Sequence[str]) -> None:
        self.before()
        assert self.time >= self.busy_until, "ElastiCache refuses that"
        assert 1 <= len(passwords) <= 2
        self.passwords = list(passwords)
        self.busy_until = self.time + self.change_seconds
        self.after()

    def _sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def world() -> World:
    world = World()
    world.begin("v1")
    return world


def test_the_new_password_works_and_the_one_before_for_a_while(world: World) -> None:
    world.all_steps()
    new = world.told()
    assert new != "first"
    assert len(new) == PASSWORD_LENGTH
    assert world.passwords == ["first", new]
    assert world.versions["v1"] == {"username": "app", "password": new}, "what else it says stays"
    world.begin("v2")
    world.all_steps("v2")
    assert world.passwords == [new, world.told()], "the first one works no more"


def test_every_node_knows_it_before_anybody_is_told(world: World) -> None:
    world.step(Step.CREATE)
    world.step(Step.SET)
    assert world.time >= world.busy_until
    assert world.told() == "first"


def test_a_step_may_be_taken_twice(world: World) -> None:
    for step in Step:
        world.step(step)
        before = (dict(world.versions), list(world.passwords))
        world.step(step)
        assert (dict(world.versions), list(world.passwords)) == before


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.booleans()), max_size=4))
def test_wherever_it_ends_everybody_gets_in_and_the_next_attempt_succeeds(deaths: list[tuple[int, bool, bool]]) -> None:
    world = World()
    version = 1
    world.begin("v1")

    def somebody_connects() -> None:
        assert world.told() in world.passwords

    for calls, after, anew in deaths:
        left = [calls]

        def die(left: list[int] = left) -> None:
            somebody_connects()
            left[0] -= 1
            if left[0] < 0:
                raise DiedError

        world.before, world.after = (somebody_connects, die) if after else (die, somebody_connects)
        try:
            world.all_steps(f"v{version}")
        except DiedError:
            somebody_connects()
        world.before = world.after = somebody_connects
        if anew:
            version += 1
            world.begin(f"v{version}")
    world.all_steps(f"v{version}")
    somebody_connects()
    assert world.told() == world.versions[f"v{version}"]["password"]  # type: ignore[index] # it was written
    assert world.told() != "first"


def test_a_user_that_is_changed_for_too_long_is_told(world: World) -> None:
    world.step(Step.CREATE)
    world.change_seconds = 1_000
    with pytest.raises(RotationError, match=r"^ElastiCache is still changing the user$"):
        world.step(Step.SET)
    assert world.time < 300, "before Lambda ends it"


def test_a_user_without_the_new_password_is_not_told_to_anybody(world: World) -> None:
    world.step(Step.CREATE)
    with pytest.raises(RotationError, match=r"^the user has 1 passwords and is active$"):
        world.step(Step.TEST)
    world.busy_until = 10
    with pytest.raises(RotationError, match=r"^the user has 1 passwords and is not active$"):
        world.step(Step.TEST)


def test_the_trial_of_a_new_configuration_finds_the_password_that_there_is(world: World) -> None:
    # As Secrets Manager does it where a rotation is not to begin at once: this step alone, with a copy.
    world.begin("v1")
    world.versions["v1"] = dict(FIRST)
    world.step(Step.TEST)
    world.passwords.clear()
    with pytest.raises(RotationError, match=r"^the user has 0 passwords and is active$"):
        world.step(Step.TEST)


@pytest.mark.parametrize("step", [Step.CREATE, Step.SET])
def test_a_secret_without_a_password_is_told(world: World, step: Step) -> None:
    world.versions["v0"] = {"username": "app"}
    with pytest.raises(RotationError, match=r"^the secret's version AWSCURRENT has no password$"):
        world.step(step)


def test_a_version_that_is_none_is_told(world: World) -> None:
    with pytest.raises(RotationError, match=r"^the secret has no such version to rotate to$"):
        world.step(Step.CREATE, "v9")
    world.begin("v2")
    with pytest.raises(RotationError, match=r"^the version is not the pending one: another rotation has begun since$"):
        world.step(Step.CREATE, "v1")


class TestCacheUser:
    def test_is_described_and_given_two_passwords(self) -> None:
        made = boto3.client(
            "elasticache", region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any"
        )
        user = CacheUser(made, "s-cache-1")
        with Stubber(made) as stubber:
            for status, active in (("modifying", False), ("active", True)):
                described = {"Status": status, "Authentication": {"Type": "password", "PasswordCount": 2}}
                stubber.add_response("describe_users", {"Users": [described]}, {"UserId": "s-cache-1"})
                assert user.state() == UserState(active=active, passwords=2)
            mode = {"Type": "password", "Passwords": ["one", "two"]}
            stubber.add_response("modify_user", {}, {"UserId": "s-cache-1", "AuthenticationMode": mode})
            user.set_passwords(["one", "two"])
            stubber.assert_no_pending_responses()


def test_lambda_calls_it(world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_secret_versions", lambda: world)
    monkeypatch.setattr(handler, "_user", lambda: world)
    world.change_seconds = 0
    for step in Step:
        handler.handle({"Step": step.value, "SecretId": SECRET, "ClientRequestToken": "v1"}, context)
    assert world.told() != "first"
