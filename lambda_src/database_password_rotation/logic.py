"""The four steps of a rotation, each of which may run twice, or after one that ended half-way. Pure: no AWS.

Secrets Manager marks a version of the secret as pending, and makes it the current one at the end. What is true of the
database is asked of the database itself: a password is the right one when it lets somebody in.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

# As many as the database's first password has; letters and digits pass through every URL, shell and driver unharmed.
PASSWORD_LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits

_ENGINES = ("postgres", "mysql", "mariadb")


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


class RefusedError(RotationError):
    """The database does not let the user in with this password."""


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody gets into a database. Never in a log: its text leaves out the password."""

    engine: str
    host: str
    port: int
    username: str
    password: str
    database: str | None

    def __repr__(self) -> str:
        return f"Login({self.engine}, {self.host}:{self.port}, {self.username})"

    @classmethod
    def of(cls, secret: Mapping[str, Any]) -> Login:
        """What the secret of a database says, in the fields that AWS gives it."""
        missing = [name for name in ("engine", "host", "username", "password") if not secret.get(name)]
        if missing:
            raise RotationError(f"the secret has no {', '.join(missing)}: attach it to its database")
        engine = str(secret["engine"]).removeprefix("aurora-").replace("postgresql", "postgres")
        if engine not in _ENGINES:
            raise RotationError(f"the secret's engine must be one of {', '.join(_ENGINES)}, got {engine!r}")
        default = 5432 if engine == "postgres" else 3306
        return cls(
            engine=engine,
            host=str(secret["host"]),
            port=int(secret.get("port") or default),
            username=str(secret["username"]),
            password=str(secret["password"]),
            database=str(secret["dbname"]) if secret.get("dbname") else None,
        )


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation of one secret: its version is there already, or is made by the first step."""

    step: Step
    secret: str
    version: str


class Secrets(Protocol):
    """Secrets Manager."""

    def stages(self, secret: str) -> Mapping[str, frozenset[str]]: ...

    def read(self, secret: str, stage: Stage, version: str | None = None) -> dict[str, Any] | None: ...

    def write_pending(self, secret: str, version: str, value: Mapping[str, Any]) -> None: ...

    def make_current(self, secret: str, version: str, instead_of: str) -> None: ...


class Databases(Protocol):
    """The database itself."""

    def check(self, login: Login) -> None: ...

    def change_password(self, login: Login, password: str) -> None: ...


def rotate(rotation: Rotation, secrets_manager: Secrets, databases: Databases) -> None:
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
            _set(rotation, secrets_manager, databases)
        case Step.TEST:
            databases.check(Login.of(_pending(rotation, secrets_manager)))
        case _:  # FINISH
            _finish(rotation, secrets_manager)


def new_password() -> str:
    """With a letter and a digit at least, for whoever checks that."""
    while True:
        password = "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))
        if any(sign.isdigit() for sign in password) and any(sign.isalpha() for sign in password):
            return password


def _create(rotation: Rotation, secrets_manager: Secrets) -> None:
    """Keep the new password before anything has it, and the one that an earlier attempt kept."""
    if secrets_manager.read(rotation.secret, Stage.PENDING, rotation.version) is not None:
        return
    current = _current(rotation, secrets_manager)
    secrets_manager.write_pending(rotation.secret, rotation.version, {**current, "password": new_password()})


def _set(rotation: Rotation, secrets_manager: Secrets, databases: Databases) -> None:
    """Give the database the new password, by whichever one it takes now."""
    pending = Login.of(_pending(rotation, secrets_manager))
    if _lets_in(databases, pending):
        return  # An earlier attempt has done it and did not live to tell.
    current = Login.of(_current(rotation, secrets_manager))
    if (pending.host, pending.username) != (current.host, current.username):
        raise RotationError("the pending version is of another user or another database than the current one")
    known = [current]
    before = secrets_manager.read(rotation.secret, Stage.PREVIOUS)
    if before is not None and before.get("username") == current.username and before.get("password"):
        # Where somebody has set the secret back by hand, the database still has the one before. At the address of now.
        known.append(replace(current, password=str(before["password"])))
    for login in known:
        if _lets_in(databases, login):
            databases.change_password(login, pending.password)
            return
    raise RefusedError("the database takes none of the pending, current and previous passwords")


def _lets_in(databases: Databases, login: Login) -> bool:
    try:
        databases.check(login)
    except RefusedError:
        return False
    return True


def _finish(rotation: Rotation, secrets_manager: Secrets) -> None:
    """Tell everybody the new password."""
    stages = secrets_manager.stages(rotation.secret)
    current = next(version for version, its in stages.items() if Stage.CURRENT in its)
    secrets_manager.make_current(rotation.secret, rotation.version, instead_of=current)


def _pending(rotation: Rotation, secrets_manager: Secrets) -> dict[str, Any]:
    value = secrets_manager.read(rotation.secret, Stage.PENDING, rotation.version)
    if value is None:
        raise RotationError("the pending version is empty: the first step was not taken")
    return value


def _current(rotation: Rotation, secrets_manager: Secrets) -> dict[str, Any]:
    value = secrets_manager.read(rotation.secret, Stage.CURRENT)
    if value is None:
        raise RotationError("the secret has no current version")
    return value
