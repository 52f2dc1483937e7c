"""The steps of a rotation that a database takes part in, as `secret_rotation` calls them. Pure: no AWS.

What is true of the database is asked of the database itself: a password is the right one when it lets somebody in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from secret_rotation.logic import Rotation, RotationError, Secrets, Stage, current, pending, take_step

# As many as the database's first password has.
PASSWORD_LENGTH = 32

_ENGINES = ("postgres", "mysql", "mariadb")


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


class Databases(Protocol):
    """The database itself."""

    def check(self, login: Login) -> None: ...

    def change_password(self, login: Login, password: str) -> None: ...


def rotate(rotation: Rotation, secrets_manager: Secrets, databases: Databases) -> None:
    """Take one step.

    Raises:
        RotationError: It can't be taken; Secrets Manager tries the whole rotation again later.
    """
    take_step(
        rotation,
        secrets_manager,
        password_length=PASSWORD_LENGTH,
        give=lambda: _give(rotation, secrets_manager, databases),
        check=lambda: databases.check(Login.of(pending(rotation, secrets_manager))),
    )


def _give(rotation: Rotation, secrets_manager: Secrets, databases: Databases) -> None:
    """Give the database the new password, by whichever one it takes now."""
    new = Login.of(pending(rotation, secrets_manager))
    if _lets_in(databases, new):
        return  # An earlier attempt has done it and did not live to tell.
    old = Login.of(current(rotation, secrets_manager))
    if (new.host, new.username) != (old.host, old.username):
        raise RotationError("the pending version is of another user or another database than the current one")
    known = [old]
    before = secrets_manager.read(rotation.secret, Stage.PREVIOUS)
    if before is not None and before.get("username") == old.username and before.get("password"):
        # Where somebody has set the secret back by hand, the database still has the one before. At the address of now.
        known.append(replace(old, password=str(before["password"])))
    for login in known:
        if _lets_in(databases, login):
            databases.change_password(login, new.password)
            return
    raise RefusedError("the database takes none of the pending, current and previous passwords")


def _lets_in(databases: Databases, login: Login) -> bool:
    try:
        databases.check(login)
    except RefusedError:
        return False
    return True
