"""What rotations of passwords have in common: what they are called with, the passwords, and Secrets Manager."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from secret_rotation import logic
from secret_rotation.gateway import SecretVersions
from secret_rotation.logic import Rotation, RotationError, Stage, Step

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:Database-AbCdEf"
VERSION = "1a2b3c4d-1111-2222-3333-444455556666"
BEFORE = "1a2b3c4d-0000-2222-3333-444455556666"
VALUE = {"username": "dbadmin", "password": "hidden-one"}


def test_each_step_of_secrets_manager_is_known() -> None:
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = {"Step": step, "SecretId": SECRET, "ClientRequestToken": VERSION, "RotationToken": "any"}
        assert Rotation.of(event) == Rotation(Step(step), SECRET, VERSION)


@pytest.mark.parametrize("event", [{}, {"Step": "dropSecret", "SecretId": SECRET, "ClientRequestToken": VERSION}])
def test_anything_else_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(RotationError, match=r"^this is no step of a rotation$"):
        Rotation.of(event)


@pytest.mark.parametrize("length", [32, 64])
def test_a_password_passes_everywhere(length: int) -> None:
    passwords = {logic.new_password(length) for _ in range(100)}
    assert len(passwords) == 100
    for password in passwords:
        assert len(password) == length
        assert password.isascii()
        assert password.isalnum()
        assert any(sign.isdigit() for sign in password)
        assert any(sign.isalpha() for sign in password)


@pytest.mark.parametrize("refused", ["aaaa", "1111"])
def test_a_password_of_letters_or_of_digits_alone_is_not_taken(refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    signs = iter(refused + "bbb1")
    monkeypatch.setattr("secret_rotation.logic.secrets.choice", lambda _alphabet: next(signs))
    assert logic.new_password(4) == "bbb1"


class TestSecretVersions:
    def test_a_versions_stages(self, secret_versions: tuple[SecretVersions, Stubber]) -> None:
        versions, stubber = secret_versions
        stubber.add_response(
            "describe_secret",
            {"VersionIdsToStages": {BEFORE: ["AWSCURRENT"], VERSION: ["AWSPENDING"]}},
            {"SecretId": SECRET},
        )
        assert versions.stages(SECRET) == {BEFORE: {"AWSCURRENT"}, VERSION: {"AWSPENDING"}}

    def test_a_version_is_asked_for_by_stage_and_id(self, secret_versions: tuple[SecretVersions, Stubber]) -> None:
        versions, stubber = secret_versions
        asked = {"SecretId": SECRET, "VersionStage": "AWSPENDING", "VersionId": VERSION}
        stubber.add_response("get_secret_value", {"SecretString": json.dumps(VALUE)}, asked)
        assert versions.read(SECRET, Stage.PENDING, VERSION) == VALUE

    def test_a_version_without_a_value_is_none(self, secret_versions: tuple[SecretVersions, Stubber]) -> None:
        versions, stubber = secret_versions
        stubber.add_client_error("get_secret_value", "ResourceNotFoundException", http_status_code=400)
        assert versions.read(SECRET, Stage.PENDING, VERSION) is None

    @pytest.mark.parametrize(
        "answer", [{"SecretString": "hidden-one"}, {"SecretString": "[1]"}, {"SecretBinary": b"1"}]
    )
    def test_what_is_no_object_is_told_without_its_text(
        self, answer: dict[str, Any], secret_versions: tuple[SecretVersions, Stubber]
    ) -> None:
        versions, stubber = secret_versions
        stubber.add_response("get_secret_value", answer, {"SecretId": SECRET, "VersionStage": "AWSCURRENT"})
        with pytest.raises(RotationError) as raised:
            versions.read(SECRET, Stage.CURRENT)
        assert str(raised.value) == "the secret is no JSON object"
        assert raised.value.__cause__ is None

    def test_a_value_is_kept_as_pending(self, secret_versions: tuple[SecretVersions, Stubber]) -> None:
        versions, stubber = secret_versions
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
        versions.write_pending(SECRET, VERSION, VALUE)

    def test_the_current_one_changes_and_is_pending_no_more(
        self, secret_versions: tuple[SecretVersions, Stubber]
    ) -> None:
        versions, stubber = secret_versions
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
        versions.make_current(SECRET, VERSION, instead_of=BEFORE)
