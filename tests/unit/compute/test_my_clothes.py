"""What an instance that installs the shop is told, and what it may do for that."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from aws_patterns.compute._my_clothes_boot import boot_commands
from aws_patterns.compute.my_clothes import MyClothes
from aws_patterns.compute.my_clothes_options import SessionCache, Sessions, recovery_of
from aws_patterns.recovery import Loss
from my_clothes.settings import Place, Settings
from sample_web_app.options import read_options

OPTIONS: dict[str, Any] = {
    "environment": {"SESSIONS": "sticky", "DATABASE_SECRET": "arn:a"},
    "port": 8_080,
    "tls": False,
    "version": "1",
    "notice_seconds": 0,
    "grace_seconds": 35,
}
ENDPOINT = "cache.example"


@pytest.fixture
def secret(stack: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret(stack, "Database")


def table(stack: cdk.Stack) -> dynamodb.ITable:
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return dynamodb.TableV2(stack, "Carts", partition_key=key)


def script_of(shop: MyClothes) -> str:
    """The boot script, with the names of what is known at deployment only."""
    found = cdk.Stack.of(shop).resolve(shop.user_data().render())
    parts = found["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "-".join(map(str, _values(part))) for part in parts)


def _values(part: Mapping[str, Any]) -> list[str]:
    (value,) = part.values()
    return list(value) if isinstance(value, list) else [value]


def variables_in(script: str) -> dict[str, str]:
    """As systemd reads them."""
    found = re.search(r"<<'VARIABLES'\n(.*?)^VARIABLES$", script, re.MULTILINE | re.DOTALL)
    assert found
    return dict(shlex.split(line)[0].split("=", 1) for line in found[1].splitlines())


def statements(stack: cdk.Stack, role: str) -> list[dict[str, Any]]:
    """What a role is allowed."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return [
        statement
        for policy in policies
        if any(attached["Ref"].startswith(role) for attached in policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def moved(text: str, machine: Path) -> str:
    """With the paths of an instance below the folder that stands for its root."""
    return re.sub(r"(?<![\w.])/(opt|etc|var)/", rf"{machine}/\1/", text)


@pytest.fixture
def machine(tmp_path: Path, project: Path) -> Path:
    """A folder that stands for an instance's root, with an AWS CLI that has the shop and what installs it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    with zipfile.ZipFile(tmp_path / "source.zip", "w") as archive:
        for package in ("my_clothes", "sample_web_app", "cache_client"):
            for file in (project / "lambda_src" / package).glob("*.*"):
                archive.writestr(f"{package}/{file.name}", moved(file.read_text(), tmp_path))
    fakes = {
        "aws": f'cp {tmp_path}/source.zip "${{@: -1}}"',
        "systemctl": f'echo "systemctl $*" >> {tmp_path}/calls',
        "dnf": f'echo "dnf $*" >> {tmp_path}/calls',
        "python3.14": f"mkdir -p venv/bin; cp {tools}/pip venv/bin/pip; cp {tools}/pip venv/bin/python",
        "pip": f'echo "pip $*" >> {tmp_path}/calls',
        "sleep": "exit 0",
    }
    for name, code in fakes.items():
        (tools / name).write_text(f"#!/bin/bash\n{code}\n")
        (tools / name).chmod(0o755)
    for folder in ("opt", "etc/systemd/system"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def boot(machine: Path, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Run the commands of the boot script, and what it calls, as the machine would."""
    commands = boot_commands(source="s3://bucket/key.zip", region="eu-west-1", **{**OPTIONS, **changes})
    script = moved("\n".join(commands), machine)
    environment = {**os.environ, "PATH": f"{machine / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


class TestBoot:
    def test_installs_the_shop_and_starts_it(self, machine: Path) -> None:
        done = boot(machine)
        assert (done.returncode, done.stderr) == (0, "")
        calls = (machine / "calls").read_text().splitlines()
        assert calls[-2:] == ["systemctl daemon-reload", "systemctl enable --now my_clothes"]
        assert any("--require-hashes" in call and "my_clothes/wheels.txt" in call for call in calls)
        assert (machine / "etc/my_clothes.env").read_text().splitlines()[:2] == [
            'SESSIONS="sticky"',
            'DATABASE_SECRET="arn:a"',
        ]

    def test_gives_the_service_the_time_that_it_takes_to_end(self, machine: Path) -> None:
        assert boot(machine, notice_seconds=10).returncode == 0
        override = machine / "etc/systemd/system/my_clothes.service.d/options.conf"
        assert override.read_text() == "[Service]\nTimeoutStopSec=50\n"

    def test_makes_a_certificate_that_the_service_gets_from_systemd_alone(self, machine: Path) -> None:
        assert boot(machine, tls=True).returncode == 0
        key = machine / "etc/my_clothes/key.pem"
        assert "PRIVATE KEY" in key.read_text()
        assert key.stat().st_mode & 0o077 == 0
        override = (machine / "etc/systemd/system/my_clothes.service.d/options.conf").read_text()
        assert f"LoadCredential=key.pem:{key}" in override
        options = variables_in("\n".join(boot_commands(source="s", region="r", **{**OPTIONS, "tls": True})))["OPTIONS"]
        assert options.endswith("--key /run/credentials/my_clothes.service/key.pem")

    def test_fails_when_the_shop_can_not_be_had(self, machine: Path) -> None:
        (machine / "bin" / "aws").write_text("#!/bin/bash\nexit 1\n")
        assert boot(machine).returncode != 0
        assert not (machine / "calls").exists(), "nothing is started"


class TestTold:
    def test_the_shop_understands_all_of_it(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        cache = SessionCache(endpoint=ENDPOINT, port=7_000, secret=secretsmanager.Secret(stack, "Cache"))
        shop = MyClothes(stack, "Shop", database_secret=secret, session_cache=cache, session_seconds=600, version="7")
        told = variables_in(script_of(shop))
        options = read_options(shlex.split(told["OPTIONS"]))
        settings = Settings.of(told)
        assert (options.port, options.version_label, options.grace_seconds) == (8_080, "7", 35)
        assert (settings.sessions, settings.session_seconds, settings.secure_cookies) == (Place.SERVER, 600, True)
        assert settings.cache
        assert (settings.cache.host, settings.cache.port, settings.cache.tls) == (ENDPOINT, 7_000, "verified")
        assert settings.cache.secret
        assert settings.database.secret
        assert settings.database.ca == "/opt/my_clothes/rds_certificates.pem"

    def test_cookies_are_signed_with_a_key_of_its_own(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        shop = MyClothes(
            stack, "Shop", database_secret=secret, sessions=Sessions.COOKIE, insecure_cookies=True, tls=True
        )
        settings = Settings.of(variables_in(script_of(shop)))
        assert (settings.sessions, settings.secure_cookies, shop.port) == (Place.COOKIE, False, 8_443)
        assert settings.cookie_key_secret
        template = Template.from_stack(stack)
        template.has_resource(
            "AWS::SecretsManager::Secret",
            {
                "DeletionPolicy": "Retain",
                "Properties": {"GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}},
            },
        )

    def test_the_table_is_named(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        shop = MyClothes(stack, "Shop", database_secret=secret, session_table=table(stack))
        settings = Settings.of(variables_in(script_of(shop)))
        assert settings.session_table
        assert settings.cache is None

    def test_a_cache_may_be_in_the_clear_by_name(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        cache = SessionCache(endpoint=ENDPOINT, in_the_clear=True)
        shop = MyClothes(stack, "Shop", database_secret=secret, session_cache=cache)
        settings = Settings.of(variables_in(script_of(shop)))
        assert settings.cache
        assert (settings.cache.port, settings.cache.tls, settings.cache.secret) == (6_379, "none", None)


class TestGrants:
    def test_a_role_may_fetch_it_and_read_its_secrets_and_nothing_else(
        self, stack: cdk.Stack, secret: secretsmanager.ISecret
    ) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        cache = SessionCache(endpoint=ENDPOINT, secret=secretsmanager.Secret(stack, "Cache"))
        shop = MyClothes(stack, "Shop", database_secret=secret, session_cache=cache)
        shop.grant_run(role).assert_success()
        download, reading = sorted(statements(stack, "Role"), key=lambda found: "secretsmanager" in str(found))
        assert json.dumps(download["Resource"]).endswith(f'/{shop.asset.asset_hash}.zip"]]}}')
        assert set(reading["Action"]) == {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}
        assert sorted(found["Ref"][:5] for found in reading["Resource"]) == ["Cache", "Datab"]

    def test_a_role_may_use_its_table_item_by_item(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        MyClothes(stack, "Shop", database_secret=secret, session_table=table(stack)).grant_run(role)
        (found,) = [one for one in statements(stack, "Role") if "dynamodb" in json.dumps(one["Action"])]
        assert set(found["Action"]) == {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"}
        assert "index" not in json.dumps(found["Resource"])


class TestConstruct:
    def test_the_asset_is_three_packages_and_the_authorities_of_rds(
        self, stack: cdk.Stack, secret: secretsmanager.ISecret
    ) -> None:
        MyClothes(stack, "Shop", database_secret=secret, sessions=Sessions.STICKY)
        stage = cdk.Stage.of(stack)
        assert stage is not None
        (folder,) = Path(stage.synth().directory).glob("asset.*")
        names = sorted(file.name for file in folder.iterdir())
        assert names == ["cache_client", "my_clothes", "rds_certificates.pem", "sample_web_app"]
        assert not list(folder.rglob("__pycache__"))

    def test_two_of_them_share_a_stack(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        for name in ("First", "Second"):
            MyClothes(stack, name, database_secret=secret, sessions=Sessions.COOKIE)
        Template.from_stack(stack).resource_count_is("AWS::SecretsManager::Secret", 3)

    def test_everything_wrong_is_said_at_once(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        message = (
            "MyClothes S/Shop can't be built:\n"
            "  - session_cache or session_table must be given, one of the two, with sessions=server, got both\n"
            "  - session_seconds must be between 60 and 604800 s, got 1 s\n"
            "  - version must be 1 to 64 letters, digits, dots, plus signs, dashes or underscores, got 'a b'\n"
            "  - port must be between 1024 and 65535, got 80\n"
            "  - notice_seconds must be between 0 and 900 s, got -1 s\n"
            "  - grace_seconds must be between 0 and 900 s, got 901 s"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            MyClothes(
                stack,
                "Shop",
                database_secret=secret,
                session_cache=SessionCache(endpoint=ENDPOINT),
                session_table=table(stack),
                session_seconds=1,
                version="a b",
                port=80,
                notice_seconds=-1,
                grace_seconds=901,
            )

    def test_sessions_without_a_place_are_refused(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        message = (
            "MyClothes S/Shop can't be built:\n"
            "  - session_cache or session_table must be given, one of the two, with sessions=server, got neither"
        )
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            MyClothes(stack, "Shop", database_secret=secret)

    def test_a_store_that_nobody_would_use_is_refused(self, stack: cdk.Stack, secret: secretsmanager.ISecret) -> None:
        message = (
            "MyClothes S/Shop can't be built:\n"
            "  - session_cache has no effect with sessions=cookie: choose sessions=server, or leave it out"
        )
        cache = SessionCache(endpoint=ENDPOINT)
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            MyClothes(stack, "Shop", database_secret=secret, sessions=Sessions.COOKIE, session_cache=cache)


class TestRecovery:
    def test_says_what_becomes_of_carts(self) -> None:
        sticky, cookie = recovery_of(Sessions.STICKY), recovery_of(Sessions.COOKIE)
        assert sticky
        assert cookie
        for loss in (Loss.INSTANCE, Loss.AVAILABILITY_ZONE):
            assert sticky[loss].recovery_point is None, "gone"
            assert cookie[loss].recovery_point is not None
        assert set(sticky) == set(cookie) == set(Loss)

    def test_leaves_it_to_the_store_where_there_is_one(self) -> None:
        assert recovery_of(Sessions.SERVER) is None
