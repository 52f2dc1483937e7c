"""The four steps of a rotation, each of which may run twice, or after one that ended half-way. Pure: no AWS.

A user of ElastiCache can have two passwords. A rotation gives it the current one and the new one: whoever has read the
secret before still gets in, until the next rotation. So no step can lock anybody out, and none has to be undone.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

# As many as the first password has. Letters and digits pass through every URL, shell and client unharmed.
PASSWORD_LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits

# ElastiCache takes a minute or two to tell all nodes.
PATIENCE_SECONDS = 240.0
PAUSE_SECONDS = 5.0
_BOTH = 2


class Step(StrEnum):
    """What Secrets Manager asks for, one after the other."""

    CREATE = "createSecret"
    SET = "setSecret"
    TEST = "testSecret"
    FINISH = "finishSecret"


class Stage(StrEnum):
    """Which version of a secret."""

    CURRENT = "AWSCURRENT"
    PENDING = "AWSPENDING"


class RotationError(Exception):
    """The rotation can't go on. Its text names no password."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of one secret: its version is there already, or is made by the first step."""

    step: Step
    secret: str
    version: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Rotation:
        """What Secrets Manager asks for.

        Raises:
            RotationError: It is nothing that it asks for.
        """
        try:
            return cls(Step(event["Step"]), str(event["SecretId"]), str(event["ClientRequestToken"]))
        except (KeyError, ValueError):
            raise RotationError("this is no step of a rotation") from None


@dataclass(frozen=True, slots=True)
class UserState:
    """What ElastiCache says about a user."""

    active: bool
    passwords: int


class Secrets(Protocol):
    """Secrets Manager."""

    def stages(self, secret: str) -> Mapping[str, frozenset[str]]: ...

    def read(self, secret: str, stage: Stage, version: str | None = None) -> dict[str, Any] | None: ...

    def write_pending(self, secret: str, version: str, value: Mapping[str, Any]) -> None: ...

    def make_current(self, secret: str, version: str, instead_of: str) -> None: ...


class Users(Protocol):
    """ElastiCache's user."""

    def state(self) -> UserState: ...

    def set_passwords(self, passwords: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """How time goes by."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


def rotate(rotation: Rotation, secrets_manager: Secrets, users: Users, clock: Clock) -> None:
    """Take one step.

    Raises:
        RotationError: It can't be taken; Secrets Manager tries the whole rotation again later.
    """
    stages = secrets_manager.stages(rotation.secret).get(rotation.version)
    if stages is None:
        raise RotationError("the secret has no such version to rotate to")
    if Stage.CURRENT in stages:
        return  # Was finished before: this is the same call once more.
    if Stage.PENDING not in stages:
        raise RotationError("the version is not the pending one: another rotation has begun since")
    match rotation.step:
        case Step.CREATE:
            _create(rotation, secrets_manager)
        case Step.SET:
            _set(rotation, secrets_manager, users, clock)
        case Step.TEST:
            _test(rotation, secrets_manager, users)
        case _:
            _finish(rotation, secrets_manager)


def new_password() -> str:
    """One that nobody guesses."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))


def _create(rotation: Rotation, secrets_manager: Secrets) -> None:
    """Keep the new password before anything has it, and the one that an earlier attempt kept."""
    if secrets_manager.read(rotation.secret, Stage.PENDING, rotation.version) is None:
        current = _value(rotation, secrets_manager, Stage.CURRENT)
        secrets_manager.write_pending(rotation.secret, rotation.version, {**current, "password": new_password()})


def _set(rotation: Rotation, secrets_manager: Secrets, users: Users, clock: Clock) -> None:
    """Give the user both passwords, and wait until every node knows them."""
    both = [
        str(_value(rotation, secrets_manager, stage, version)["password"])
        for stage, version in ((Stage.CURRENT, None), (Stage.PENDING, rotation.version))
    ]
    # ElastiCache changes nothing about a user that is being changed, for instance by an earlier attempt.
    _wait_until_active(users, clock)
    users.set_passwords(both)
    _wait_until_active(users, clock)


def _test(rotation: Rotation, secrets_manager: Secrets, users: Users) -> None:
    """Nobody outside of the network can log in; ElastiCache says whether what was asked for is so.

    Secrets Manager also asks for this step alone, with a copy of the current value, when a rotation is configured that
    does not begin at once: then the user has the password that it was made with.
    """
    pending = _value(rotation, secrets_manager, Stage.PENDING, rotation.version)
    trial = pending["password"] == _value(rotation, secrets_manager, Stage.CURRENT)["password"]
    state = users.state()
    if not state.active or state.passwords < (1 if trial else _BOTH):
        raise RotationError(f"the user has {state.passwords} passwords and is {'' if state.active else 'not '}active")


def _finish(rotation: Rotation, secrets_manager: Secrets) -> None:
    """Tell everybody the new password."""
    stages = secrets_manager.stages(rotation.secret)
    current = next(version for version, its in stages.items() if Stage.CURRENT in its)
    secrets_manager.make_current(rotation.secret, rotation.version, instead_of=current)


def _wait_until_active(users: Users, clock: Clock) -> None:
    end = clock.now() + PATIENCE_SECONDS / 2
    while not users.state().active:
        if clock.now() >= end:
            raise RotationError("ElastiCache is still changing the user")
        clock.sleep(PAUSE_SECONDS)


def _value(rotation: Rotation, secrets_manager: Secrets, stage: Stage, version: str | None = None) -> dict[str, Any]:
    value = secrets_manager.read(rotation.secret, stage, version)
    if value is None or not value.get("password"):
        raise RotationError(f"the secret's version {stage} has no password")
    return value
