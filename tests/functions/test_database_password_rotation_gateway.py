"""How the rotation of a database's password is called, and how it speaks with MySQL."""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import pymysql  # type: ignore[import-untyped] # has none
import pytest
from botocore.stub import Stubber

from database_password_rotation import handler
from database_password_rotation.databases import SqlDatabases
from database_password_rotation.logic import Login, RefusedError
from secret_rotation.gateway import SecretVersions
from secret_rotation.logic import RotationError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Database-AbCdEf"
VERSION = "1a2b3c4d-1111-2222-3333-444455556666"
BEFORE = "1a2b3c4d-0000-2222-3333-444455556666"
VALUE = {"username": "dbadmin", "password": "hidden-one"}


class TestHandler:
    def test_a_step_that_fails_is_a_failed_call(
        self, monkeypatch: pytest.MonkeyPatch, secret_versions: tuple[SecretVersions, Stubber], context: LambdaContext
    ) -> None:
        versions, stubber = secret_versions
        stubber.add_response("describe_secret", {"VersionIdsToStages": {BEFORE: ["AWSCURRENT"]}})
        monkeypatch.setattr(handler, "_secret_versions", lambda: versions)
        monkeypatch.setattr(handler, "_databases", lambda: None)
        event = {"Step": "createSecret", "SecretId": SECRET, "ClientRequestToken": VERSION}
        with pytest.raises(RotationError, match="no such version"):
            handler.handle(event, context)

    def test_a_step_that_was_taken_is_logged_without_what_it_was_about(
        self,
        monkeypatch: pytest.MonkeyPatch,
        secret_versions: tuple[SecretVersions, Stubber],
        context: LambdaContext,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        versions, stubber = secret_versions
        stages = {"VersionIdsToStages": {BEFORE: ["AWSCURRENT"], VERSION: ["AWSPENDING"]}}
        asked = {"SecretId": SECRET, "VersionStage": "AWSPENDING", "VersionId": VERSION}
        stubber.add_response("describe_secret", stages)
        stubber.add_response("get_secret_value", {"SecretString": json.dumps(VALUE)}, asked)
        monkeypatch.setattr(handler, "_secret_versions", lambda: versions)
        monkeypatch.setattr(handler, "_databases", lambda: None)
        handler.handle({"Step": "createSecret", "SecretId": SECRET, "ClientRequestToken": VERSION}, context)
        assert "hidden-one" not in capsys.readouterr().out


class TestMySql:
    """By what the driver is told; there is no such server among those that the tests start."""

    LOGIN = Login(engine="mysql", host="h", port=3306, username="dbadmin", password="old", database="app")

    @pytest.fixture
    def databases(self) -> SqlDatabases:
        return SqlDatabases(ssl.create_default_context())

    @pytest.mark.parametrize(
        ("engine", "statement"),
        [("mysql", "ALTER USER USER() IDENTIFIED BY %s"), ("mariadb", "SET PASSWORD = PASSWORD(%s)")],
    )
    def test_the_password_of_whoever_is_connected_changes(
        self, engine: str, statement: str, monkeypatch: pytest.MonkeyPatch, databases: SqlDatabases
    ) -> None:
        connection = MagicMock()
        connect = MagicMock(return_value=connection)
        monkeypatch.setattr(pymysql, "connect", connect)
        databases.check(self.LOGIN)
        cursor = connection.cursor.return_value.__enter__.return_value
        cursor.execute.assert_called_once_with("SELECT 1")
        connection.close.assert_called_once_with()
        databases.change_password(replace(self.LOGIN, engine=engine), "new")
        assert cursor.execute.call_args.args == (statement, ("new",))
        assert isinstance(connect.call_args.kwargs["ssl"], ssl.SSLContext)

    @pytest.mark.parametrize(
        ("code", "refused", "message"),
        [
            (1045, True, "dbadmin is not let into h:3306"),
            (2003, False, "mysql at h:3306 can't be reached: OperationalError"),
            (1040, False, "mysql at h:3306 answers with error 1040"),
        ],
    )
    def test_a_wrong_password_is_told_from_a_server_that_is_away(
        self, *, code: int, refused: bool, message: str, monkeypatch: pytest.MonkeyPatch, databases: SqlDatabases
    ) -> None:
        failure = MagicMock(side_effect=pymysql.err.OperationalError(code, "with the password old"))
        monkeypatch.setattr(pymysql, "connect", failure)
        with pytest.raises(RotationError) as raised:
            databases.check(self.LOGIN)
        assert isinstance(raised.value, RefusedError) is refused
        assert str(raised.value) == message
