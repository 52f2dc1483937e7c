"""How the rotation of a password speaks with Secrets Manager, and what it is called with."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import boto3
import pymysql  # type: ignore[import-untyped] # has none
import pytest
from botocore.stub import Stubber

from database_password_rotation import handler
from database_password_rotation.databases import SqlDatabases
from database_password_rotation.gateway import Gateway
from database_password_rotation.logic import Login, RefusedError, Rotation, RotationError, Stage, Step

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Database-AbCdEf"
VERSION = "1a2b3c4d-1111-2222-3333-444455556666"
BEFORE = "1a2b3c4d-0000-2222-3333-444455556666"
VALUE = {"username": "dbadmin", "password": "hidden-one"}


@pytest.fixture
def answers() -> Iterator[tuple[Gateway, Stubber]]:
    client = boto3.client(
        "secretsmanager", region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    with Stubber(client) as stubber:
        yield Gateway(client), stubber
        stubber.assert_no_pending_responses()


class TestGateway:
    def test_a_versions_stages(self, answers: tuple[Gateway, Stubber]) -> None:
        gateway, stubber = answers
        stubber.add_response(
            "describe_secret",
            {"VersionIdsToStages": {BEFORE: ["AWSCURRENT"], VERSION: ["AWSPENDING"]}},
            {"SecretId": SECRET},
        )
        assert gateway.stages(SECRET) == {BEFORE: {"AWSCURRENT"}, VERSION: {"AWSPENDING"}}

    def test_a_version_is_asked_for_by_stage_and_id(self, answers: tuple[Gateway, Stubber]) -> None:
        gateway, stubber = answers
        asked = {"SecretId": SECRET, "VersionStage": "AWSPENDING", "VersionId": VERSION}
        stubber.add_response("get_secret_value", {"SecretString": json.dumps(VALUE)}, asked)
        assert gateway.read(SECRET, Stage.PENDING, VERSION) == VALUE

    def test_a_version_without_a_value_is_none(self, answers: tuple[Gateway, Stubber]) -> None:
        gateway, stubber = answers
        stubber.add_client_error("get_secret_value", "ResourceNotFoundException", http_status_code=400)
        assert gateway.read(SECRET, Stage.PENDING, VERSION) is None

    @pytest.mark.parametrize(
        "answer", [{"SecretString": "hidden-one"}, {"SecretString": "[1]"}, {"SecretBinary": b"1"}]
    )
    def test_what_is_no_object_is_told_without_its_text(
        self, answer: dict[str, Any], answers: tuple[Gateway, Stubber]
    ) -> None:
        gateway, stubber = answers
        stubber.add_response("get_secret_value", answer, {"SecretId": SECRET, "VersionStage": "AWSCURRENT"})
        with pytest.raises(RotationError) as raised:
            gateway.read(SECRET, Stage.CURRENT)
        assert str(raised.value) == "the secret is no JSON object"
        assert raised.value.__cause__ is None

    def test_a_value_is_kept_as_pending(self, answers: tuple[Gateway, Stubber]) -> None:
        gateway, stubber = answers
        stubber.add_response(
            "put_secret_value",
            {},
            {
                "SecretId": SECRET,
                "ClientRequestToken": VERSION,
                "SecretString": json.dumps(VALUE),
                "VersionStages": ["AWSPENDING"],
            },
        )
        gateway.write_pending(SECRET, VERSION, VALUE)

    def test_the_current_one_changes_and_is_pending_no_more(self, answers: tuple[Gateway, Stubber]) -> None:
        gateway, stubber = answers
        stubber.add_response(
            "update_secret_version_stage",
            {},
            {
                "SecretId": SECRET,
                "VersionStage": "AWSCURRENT",
                "MoveToVersionId": VERSION,
                "RemoveFromVersionId": BEFORE,
            },
        )
        stubber.add_response(
            "update_secret_version_stage",
            {},
            {"SecretId": SECRET, "VersionStage": "AWSPENDING", "RemoveFromVersionId": VERSION},
        )
        gateway.make_current(SECRET, VERSION, instead_of=BEFORE)


class TestHandler:
    def test_each_step_of_secrets_manager_is_known(self) -> None:
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            event = {"Step": step, "SecretId": SECRET, "ClientRequestToken": VERSION, "RotationToken": "any"}
            assert handler.rotation_of(event) == Rotation(step=Step(step), secret=SECRET, version=VERSION)

    @pytest.mark.parametrize("event", [{}, {"Step": "dropSecret", "SecretId": SECRET, "ClientRequestToken": VERSION}])
    def test_anything_else_is_refused(self, event: dict[str, Any]) -> None:
        with pytest.raises(RotationError, match="this is no step of a rotation"):
            handler.rotation_of(event)

    def test_a_step_that_fails_is_a_failed_call(
        self, monkeypatch: pytest.MonkeyPatch, answers: tuple[Gateway, Stubber], context: LambdaContext
    ) -> None:
        gateway, stubber = answers
        stubber.add_response("describe_secret", {"VersionIdsToStages": {BEFORE: ["AWSCURRENT"]}})
        monkeypatch.setattr(handler, "_gateway", lambda: gateway)
        monkeypatch.setattr(handler, "_databases", lambda: None)
        event = {"Step": "createSecret", "SecretId": SECRET, "ClientRequestToken": VERSION}
        with pytest.raises(RotationError, match="no such version"):
            handler.handle(event, context)

    def test_a_step_that_was_taken_is_logged_without_what_it_was_about(
        self,
        monkeypatch: pytest.MonkeyPatch,
        answers: tuple[Gateway, Stubber],
        context: LambdaContext,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        gateway, stubber = answers
        stages = {"VersionIdsToStages": {BEFORE: ["AWSCURRENT"], VERSION: ["AWSPENDING"]}}
        asked = {"SecretId": SECRET, "VersionStage": "AWSPENDING", "VersionId": VERSION}
        stubber.add_response("describe_secret", stages)
        stubber.add_response("get_secret_value", {"SecretString": json.dumps(VALUE)}, asked)
        monkeypatch.setattr(handler, "_gateway", lambda: gateway)
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
