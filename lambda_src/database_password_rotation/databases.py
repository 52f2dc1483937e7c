"""PostgreSQL, MySQL and MariaDB, over TLS that is verified, with drivers in pure Python."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import ssl
from collections.abc import Collection
from contextlib import closing

import pg8000.native  # type: ignore[import-untyped] # has none
import pymysql  # type: ignore[import-untyped] # has none

from database_password_rotation.logic import Login, RefusedError
from secret_rotation.logic import RotationError

_CONNECT_SECONDS = 5

# PostgreSQL: invalid_password, invalid_authorization_specification. MySQL and MariaDB: access denied.
_POSTGRESQL_REFUSALS = ("28P01", "28000")
_MYSQL_REFUSALS = (1045,)
# What a user may do without any privilege; each refuses the other's.
_OWN_PASSWORD = {"mysql": "ALTER USER USER() IDENTIFIED BY %s", "mariadb": "SET PASSWORD = PASSWORD(%s)"}
# Of the driver itself: CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR, CR_SERVER_GONE_ERROR, CR_SERVER_LOST.
_MYSQL_UNREACHABLE = (2002, 2003, 2006, 2013)

# What operators see in the list of connections.
_NAME = "password rotation"

_SCRAM_ITERATIONS = 4096
_SCRAM_SALT_BYTES = 16


class SqlDatabases:
    """Connects as the user whose password is in question.

    Args:
        tls: Verifies the database's certificate.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls

    def check(self, login: Login) -> None:
        """Connect, and ask for something.

        Raises:
            RefusedError: Not with this password.
            RotationError: The database can't be reached.
        """
        self._ask(login, None)

    def change_password(self, login: Login, password: str) -> None:
        """Of the user who is connected; connections that are open stay open."""
        self._ask(login, password)

    def _ask(self, login: Login, password: str | None) -> None:
        if login.engine == "postgres":
            self._ask_postgresql(login, password)
        else:
            self._ask_mysql(login, password)

    def _ask_postgresql(self, login: Login, password: str | None) -> None:
        try:
            connection = pg8000.native.Connection(
                user=login.username,
                password=login.password,
                host=login.host,
                port=login.port,
                database=login.database or "postgres",
                ssl_context=self._tls,
                timeout=_CONNECT_SECONDS,
                application_name=_NAME,
            )
            with closing(connection):
                connection.run("SELECT 1")
                if password is not None:
                    # A verifier, not the password: whatever the server logs of the statement is of no use.
                    user, value = pg8000.native.identifier(login.username), pg8000.native.literal(_scram(password))
                    connection.run(f"ALTER USER {user} PASSWORD {value}")
        except pg8000.native.DatabaseError as error:
            code = error.args[0].get("C") if error.args and isinstance(error.args[0], dict) else None
            raise _refused(login, code, _POSTGRESQL_REFUSALS) from None
        except (pg8000.native.InterfaceError, OSError) as error:
            raise _unreachable(login, error) from None

    def _ask_mysql(self, login: Login, password: str | None) -> None:
        try:
            connection = pymysql.connect(
                user=login.username,
                password=login.password,
                host=login.host,
                port=login.port,
                ssl=self._tls,
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_CONNECT_SECONDS,
                write_timeout=_CONNECT_SECONDS,
                program_name=_NAME,
            )
            with closing(connection), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                if password is not None:
                    # The servers leave passwords out of what they log of these.
                    cursor.execute(_OWN_PASSWORD[login.engine], (password,))
        except pymysql.err.MySQLError as error:
            code = error.args[0] if error.args else None
            if isinstance(code, int) and code in _MYSQL_UNREACHABLE:
                raise _unreachable(login, error) from None
            raise _refused(login, code, _MYSQL_REFUSALS) from None


def _refused(login: Login, code: object, refusals: Collection[object]) -> RotationError:
    if code in refusals:
        return RefusedError(f"{login.username} is not let into {login.host}:{login.port}")
    return RotationError(f"{login.engine} at {login.host}:{login.port} answers with error {code}")


def _unreachable(login: Login, error: Exception) -> RotationError:
    return RotationError(f"{login.engine} at {login.host}:{login.port} can't be reached: {type(error).__name__}")


def _scram(password: str) -> str:
    """What PostgreSQL keeps of a password: RFC 5803. Letters and digits need no preparation before it."""
    salt = os.urandom(_SCRAM_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    kept, stored, server = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${_SCRAM_ITERATIONS}:{kept}${stored}:{server}"
