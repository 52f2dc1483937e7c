"""The four steps of a rotation, each of which may run twice, or after one that ended half-way. Pure: no AWS.

Secrets Manager marks a version of the secret as pending, and makes it the current one at the end. Whose password it is
knows the function that takes the steps between.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

# Letters and digits pass through every URL, shell and driver unharmed.
_ALPHABET = string.ascii_letters + string.digits


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
    PREVIOUS = "AWSPREVIOUS"


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


class Secrets(Protocol):
    """Secrets Manager."""

    def stages(self, secret: str) -> Mapping[str, frozenset[str]]: ...

    def read(self, secret: str, stage: Stage, version: str | None = None) -> dict[str, Any] | None: ...

    def write_pending(self, secret: str, version: str, value: Mapping[str, Any]) -> None: ...

    def make_current(self, secret: str, version: str, instead_of: str) -> None: ...


def take_step(
    rotation: Rotation,
    secrets_manager: Secrets,
    *,
    password_length: int,
    give: Callable[[], None],
    check: Callable[[], None],
) -> None:
    """Take one step.

    Args:
        rotation: Which.
        secrets_manager: Holds the secret.
        password_length: Of a new password, in characters.
        give: Lets whoever asks for the password take the pending one.
        check: Whether they do; raises ``RotationError`` where they don't.

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
            _create(rotation, secrets_manager, password_length)
        case Step.SET:
            give()
        case Step.TEST:
            check()
        case _:  # FINISH
            _finish(rotation, secrets_manager)


def current(rotation: Rotation, secrets_manager: Secrets) -> dict[str, Any]:
    """What everybody reads now.

    Raises:
        RotationError: There is none, or no password in it.
    """
    value = secrets_manager.read(rotation.secret, Stage.CURRENT)
    if value is None:
        raise RotationError("the secret has no current version")
    return _with_password(value, Stage.CURRENT)


def pending(rotation: Rotation, secrets_manager: Secrets) -> dict[str, Any]:
    """What everybody is to read after this rotation.

    Raises:
        RotationError: There is none, or no password in it.
    """
    value = secrets_manager.read(rotation.secret, Stage.PENDING, rotation.version)
    if value is None:
        raise RotationError("the pending version is empty: the first step was not taken")
    return _with_password(value, Stage.PENDING)


def new_password(length: int) -> str:
    """With a letter and a digit at least, for whoever checks that."""
    while True:
        password = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        if any(sign.isdigit() for sign in password) and any(sign.isalpha() for sign in password):
            return password


def _create(rotation: Rotation, secrets_manager: Secrets, password_length: int) -> None:
    """Keep the new password before anything has it, and the one that an earlier attempt kept."""
    if secrets_manager.read(rotation.secret, Stage.PENDING, rotation.version) is None:
        value = {**current(rotation, secrets_manager), "password": new_password(password_length)}
        secrets_manager.write_pending(rotation.secret, rotation.version, value)


def _finish(rotation: Rotation, secrets_manager: Secrets) -> None:
    """Tell everybody the new password."""
    stages = secrets_manager.stages(rotation.secret)
    former = next(version for version, its in stages.items() if Stage.CURRENT in its)
    secrets_manager.make_current(rotation.secret, rotation.version, instead_of=former)


def _with_password(value: dict[str, Any], stage: Stage) -> dict[str, Any]:
    if not value.get("password"):
        raise RotationError(f"the secret's version {stage} has no password")
    return value
