"""The steps of a rotation that ElastiCache takes part in, as `secret_rotation` calls them. Pure: no AWS.

A user of ElastiCache can have two passwords. A rotation gives it the current one and the new one: whoever has read the
secret before still gets in, until the next rotation. So no step can lock anybody out, and none has to be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from secret_rotation.logic import Rotation, RotationError, Secrets, current, pending, take_step

# As many as the first password has.
PASSWORD_LENGTH = 64

# ElastiCache takes a minute or two to tell all nodes.
PATIENCE_SECONDS = 240.0
PAUSE_SECONDS = 5.0
_BOTH = 2


@dataclass(frozen=True, slots=True)
class UserState:
    """What ElastiCache says about a user."""

    active: bool
    passwords: int


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
    take_step(
        rotation,
        secrets_manager,
        password_length=PASSWORD_LENGTH,
        give=lambda: _give(rotation, secrets_manager, users, clock),
        check=lambda: _check(rotation, secrets_manager, users),
    )


def _give(rotation: Rotation, secrets_manager: Secrets, users: Users, clock: Clock) -> None:
    """Give the user both passwords, and wait until every node knows them."""
    both = [
        str(value["password"]) for value in (current(rotation, secrets_manager), pending(rotation, secrets_manager))
    ]
    # ElastiCache changes nothing about a user that is being changed, for instance by an earlier attempt.
    _wait_until_active(users, clock)
    users.set_passwords(both)
    _wait_until_active(users, clock)


def _check(rotation: Rotation, secrets_manager: Secrets, users: Users) -> None:
    """Nobody outside of the network can log in; ElastiCache says whether what was asked for is so.

    Secrets Manager also asks for this step alone, with a copy of the current value, when a rotation is configured that
    does not begin at once: then the user has the password that it was made with.
    """
    trial = pending(rotation, secrets_manager)["password"] == current(rotation, secrets_manager)["password"]
    state = users.state()
    if not state.active or state.passwords < (1 if trial else _BOTH):
        raise RotationError(f"the user has {state.passwords} passwords and is {'' if state.active else 'not '}active")


def _wait_until_active(users: Users, clock: Clock) -> None:
    end = clock.now() + PATIENCE_SECONDS / 2
    while not users.state().active:
        if clock.now() >= end:
            raise RotationError("ElastiCache is still changing the user")
        clock.sleep(PAUSE_SECONDS)
